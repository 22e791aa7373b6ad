import jygroups.lib.encryption
from django.db import migrations, models


def forget_rows_of_sheets(apps, schema_editor):
    """Backwards a row has its number alone, which must be that of one line."""
    apps.get_model("subsidies", "ParallelLine").objects.exclude(sheet="").update(number=None)


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0001_initial'),
        ('subsidies', '0003_notices'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='parallelline',
            options={'ordering': ['run', 'sheet', 'number', 'id'], 'verbose_name': 'line of a parallel run', 'verbose_name_plural': 'lines of parallel runs'},
        ),
        migrations.RemoveConstraint(
            model_name='parallelline',
            name='parallel_line_once',
        ),
        migrations.AddField(
            model_name='parallelline',
            name='sheet',
            field=models.CharField(blank=True, help_text='Empty where there is only one.', max_length=100, verbose_name='Sheet'),
        ),
        migrations.AddField(
            model_name='parallelrun',
            name='choice',
            field=models.JSONField(blank=True, default=dict, verbose_name='chosen sheet, titles and columns'),
        ),
        migrations.AddField(
            model_name='parallelrun',
            name='content',
            field=jygroups.lib.encryption.EncryptedFileField(blank=True, default=b''),
        ),
        migrations.AddField(
            model_name='parallelrun',
            name='is_compared',
            field=models.BooleanField(default=True, help_text='Otherwise columns must be chosen.', verbose_name='compared'),
        ),
        migrations.AddField(
            model_name='parallelrun',
            name='skipped',
            field=models.JSONField(blank=True, default=dict, verbose_name='rows skipped'),
        ),
        migrations.AlterField(
            model_name='parallelrun',
            name='column',
            field=models.CharField(blank=True, max_length=100, verbose_name='column of the amounts'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_rows_of_sheets),
        migrations.AddConstraint(
            model_name='parallelline',
            constraint=models.UniqueConstraint(models.F('run'), models.F('sheet'), models.F('number'), name='parallel_line_once'),
        ),
    ]
