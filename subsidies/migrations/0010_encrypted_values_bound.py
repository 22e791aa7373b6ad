"""Have the database refuse an encrypted value of another row or column, and a change of a row's key."""

from django.db import migrations

from jygroups.lib.constraints import Fixed
from jygroups.lib.encryption import BoundValue, UniqueRowKey

FIELDS = {
    "historicalobjection": ["objector", "contact"],
    "parallelrun": ["content"],
    "objection": ["objector", "contact"],
    'bankanswer': ['content'],
    'parallelline': ['id_number'],
    'paymentitem': ['id_number', 'account'],
    'sheetline': ['id_number', 'account'],
}
FILES = {"bankanswer", "parallelrun"}


def constraints(model, fields):
    yield from (
        BoundValue(name=f"{model}_{field}_bound", field=field, is_file=model in FILES) for field in fields
    )
    yield Fixed(name=f"{model}_row_key_fixed", field="row_key")
    if not model.startswith("historical"):
        yield UniqueRowKey(name=f"{model}_row_key_once", fields=["row_key"])


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0009_bind_encrypted_values")]

    operations = [
        migrations.AddConstraint(model_name=model, constraint=constraint)
        for model, fields in FIELDS.items()
        for constraint in constraints(model, fields)
    ]
