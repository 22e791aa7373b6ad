"""The permissions lead_training and lead_evaluationround go: the post at the subdistrict says the same."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_transfers_between_subdistricts")]

    operations = [
        migrations.AlterModelOptions(
            name="activity",
            options={
                "ordering": ["-day", "-begins_at", "-pk"],
                "permissions": [("hold_training", "Can hold trainings and sign people in")],
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
            },
        ),
        migrations.AlterModelOptions(
            name="evaluationround",
            options={
                "ordering": ["-last_day", "-pk"],
                "verbose_name": "evaluation round",
                "verbose_name_plural": "evaluation rounds",
            },
        ),
    ]
