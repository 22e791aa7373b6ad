import csv

from django.conf import settings
from django.db import migrations
from django.utils import timezone


def fill(apps, schema_editor):
    """The periods of a database that has its provisions already; `setup` enters those of a new one."""
    provision, history = (apps.get_model("registry", name) for name in ("Provision", "HistoricalProvision"))
    known = set(provision.objects.values_list("key", flat=True))
    if not known:
        return
    with (settings.BASE_DIR / "fixtures" / "provisions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["key"].startswith("keep_") and row["key"] not in known]
    for row in rows:
        fields = {"key": row["key"], "value": int(row["value"]), "clause": row["clause"]}
        made = provision.objects.create(**fields)
        history.objects.create(
            id=made.pk, created_at=made.created_at, updated_at=made.updated_at, history_date=timezone.now(),
            history_type="+", history_change_reason="setup", **fields,
        )


class Migration(migrations.Migration):

    dependencies = [
        ("registry", "0023_erasures"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
