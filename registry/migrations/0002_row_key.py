"""Give each row with encrypted values a key; it stays empty until the row's values are bound to it."""

from django.db import migrations

from jygroups.lib.encryption import RowKeyField

MODELS = ['electionline', 'historicalelectionline', 'historicalmember', 'importrow', 'importrun', 'member']


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AddField(model_name=model, name="row_key", field=RowKeyField(default="")) for model in MODELS
            ],
            state_operations=[
                migrations.AddField(model_name=model, name="row_key", field=RowKeyField()) for model in MODELS
            ],
        )
    ]
