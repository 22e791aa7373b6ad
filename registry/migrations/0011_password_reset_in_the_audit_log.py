from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0010_import_rows_and_columns'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='act',
            field=models.CharField(choices=[('export', 'export'), ('import', 'import'), ('prepare', 'month computed'), ('reveal', 'number shown'), ('file', 'file opened'), ('undo', 'change undone'), ('merge', 'persons merged'), ('reelection', 're-election'), ('transfer', 'transfer between subdistricts'), ('post', 'post given or ended'), ('password', 'password reset'), ('discard', 'file discarded')], max_length=20, verbose_name='act'),
        ),
    ]
