"""A known key says what it is by columns of its own; until now its name was `DATA_KEYS id`, `INDEX_KEY` or `SEAL_KEY`.

`INDEX_KEY fingerprint` was one that is being rotated to, `SEAL_KEY fingerprint` a retired one. Of several DATA_KEYS the
oldest is taken for the one in use, the others for keys that are being rotated to: a rotation brings all to the first.
"""

from django.db import migrations, models

import registry.models.keys

DATA, INDEX, SEAL = "DATA_KEYS", "INDEX_KEY", "SEAL_KEY"


def split(apps, schema_editor):
    is_data_key_in_use, seen = False, set()
    for row in apps.get_model("registry", "KnownKey").objects.order_by("created_at", "pk"):
        row.kind, _space, rest = row.name.partition(" ")
        if row.kind == DATA:
            row.name, row.state = rest, "next" if is_data_key_in_use else "in_use"
            is_data_key_in_use = True
        else:
            row.name, row.state = "", ("next" if row.kind == INDEX else "retired") if rest else "in_use"
        if row.state != "retired" and (row.kind, row.fingerprint) in seen:  # on the way back to the one in use
            row.delete()
            continue
        seen.add((row.kind, row.fingerprint))
        row.save(update_fields=["kind", "name", "state"])


def join(apps, schema_editor):
    rows = apps.get_model("registry", "KnownKey").objects
    rows.exclude(kind=SEAL).filter(state="retired").delete()
    for row in rows.all():
        rest = row.name if row.kind == DATA else "" if row.state == "in_use" else row.fingerprint
        row.name = f"{row.kind} {rest}".strip()
        row.save(update_fields=["name"])


class Migration(migrations.Migration):
    dependencies = [("registry", "0029_document_templates")]

    operations = [
        migrations.AddField(
            "knownkey",
            "kind",
            models.CharField(
                choices=[("DATA_KEYS", "Data"), ("INDEX_KEY", "Index"), ("SEAL_KEY", "Seal")],
                default="",
                max_length=10,
                verbose_name="kind",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "knownkey",
            "state",
            models.CharField(
                choices=[("in_use", "in use"), ("next", "being rotated to"), ("retired", "retired")],
                default="",
                max_length=10,
                verbose_name="state",
            ),
            preserve_default=False,
        ),
        migrations.AlterModelOptions(
            "knownkey",
            {"ordering": ["kind", "id"], "verbose_name": "known key", "verbose_name_plural": "known keys"},
        ),
        migrations.AlterField(
            "knownkey", "name", models.CharField(blank=True, max_length=100, verbose_name="ID of the key")
        ),
        migrations.RunPython(split, join),
        migrations.RenameField("knownkey", "name", "key_id"),
        migrations.AddConstraint(
            "knownkey",
            models.UniqueConstraint(
                condition=models.Q(("state", "in_use")), fields=("kind",), name="known_key_in_use_once"
            ),
        ),
        migrations.AddConstraint(
            "knownkey",
            models.UniqueConstraint(
                condition=models.Q(("state", "retired"), _negated=True),
                fields=("kind", "fingerprint"),
                name="known_key_needed_once",
            ),
        ),
        migrations.AddConstraint(
            "knownkey", registry.models.keys.ChangedByRotation(name="known_key_changed_by_rotation")
        ),
    ]
