"""Have the database refuse an encrypted value of another row or column, and a change of a row's key."""

from django.db import migrations

from jygroups.lib.constraints import Fixed
from jygroups.lib.encryption import BoundValue, UniqueRowKey

FIELDS = {
    'electionline': ['id_number'],
    'historicalelectionline': ['id_number'],
    'historicalmember': ['id_number', 'phone', 'account'],
    'importrow': ['content'],
    'importrun': ['file'],
    'member': ['id_number', 'phone', 'account'],
}
FILES = {"importrun"}


def constraints(model, fields):
    yield from (
        BoundValue(name=f"{model}_{field}_bound", field=field, is_file=model in FILES) for field in fields
    )
    yield Fixed(name=f"{model}_row_key_fixed", field="row_key")
    if not model.startswith("historical"):
        yield UniqueRowKey(name=f"{model}_row_key_once", fields=["row_key"])


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_bind_encrypted_values")]

    operations = [
        migrations.AddConstraint(model_name=model, constraint=constraint)
        for model, fields in FIELDS.items()
        for constraint in constraints(model, fields)
    ]
