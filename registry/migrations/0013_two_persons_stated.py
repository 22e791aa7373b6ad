from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0012_answers_on_same_persons"),
    ]

    operations = [
        migrations.AddField(
            model_name="distinctpersons",
            name="is_decided",
            field=models.BooleanField(default=True, verbose_name="decided"),
        ),
        migrations.AddField(
            model_name="historicaldistinctpersons",
            name="is_decided",
            field=models.BooleanField(default=True, verbose_name="decided"),
        ),
    ]
