"""Each payment event gets a keyed digest, chained by line, and each approved sheet a seal over their number.

Events recorded before are covered from now on as they stand: what was changed before this cannot be found.
"""

import hashlib
import hmac
import json

from django.conf import settings
from django.db import migrations, models

NAMES = ('line_id', 'ordinal', 'step', 'source', 'stage', 'item_id', 'answer_id', 'reason', 'day', 'by_id')


def _keyed(content):
    """What month/seals.py computes, as of this migration."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hmac.new(settings.SEAL_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def _digest(apps, schema_editor):
    alias = schema_editor.connection.alias
    results = apps.get_model('subsidies', 'PayResult').objects.using(alias)
    seals = apps.get_model('subsidies', 'ResultSeal').objects.using(alias)
    for sheet in apps.get_model('subsidies', 'Sheet').objects.using(alias).filter(state__in=['approved', 'paid']):
        events, counts, newest = list(results.filter(line__sheet_id=sheet.pk).order_by('line', 'ordinal')), {}, {}
        for event in events:
            values = {name: getattr(event, name) for name in NAMES}
            previous = newest.get(str(event.line_id), '')
            event.digest = _keyed({**values, 'at': event.at.timestamp(), 'previous': previous})
            counts[str(event.line_id)], newest[str(event.line_id)] = event.ordinal, event.digest
        results.bulk_update(events, ['digest'], batch_size=500)
        seal = _keyed({'sheet': sheet.pk, 'counts': counts, 'newest': newest})
        seals.update_or_create(sheet_id=sheet.pk, defaults={'counts': counts, 'seal': seal})
    schema_editor.connection.check_constraints()  # PostgreSQL alters no table with deferred checks waiting


class Migration(migrations.Migration):

    dependencies = [('subsidies', '0017_given_up_before_corrections')]

    operations = [
        migrations.AddField(
            model_name='payresult', name='digest',
            field=models.CharField(default='', editable=False, max_length=64),
        ),
        migrations.CreateModel(
            name='ResultSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counts', models.JSONField(default=dict)),
                ('seal', models.CharField(editable=False, max_length=64)),
                ('sheet', models.OneToOneField(on_delete=models.deletion.PROTECT, related_name='result_seal', to='subsidies.sheet', verbose_name='sheet')),
            ],
            options={
                'verbose_name': 'seal of payment results',
                'verbose_name_plural': 'seals of payment results',
            },
        ),
        migrations.RunPython(_digest, migrations.RunPython.noop),
    ]
