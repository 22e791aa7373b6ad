"""Bind each encrypted value to its table, row and column. Interrupted, it can be run again and continues."""

from django.db import migrations

from jygroups.lib.binding import bind, unbind


class Migration(migrations.Migration):
    atomic = False  # each batch of rows is a transaction

    dependencies = [("subsidies", "0008_row_key")]

    operations = [migrations.RunPython(bind("subsidies"), unbind("subsidies"))]
