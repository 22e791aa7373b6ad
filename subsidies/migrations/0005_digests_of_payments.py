"""Each person of a payment gets a keyed digest, so that a row changed in the database is not paid by it."""

import hashlib
import hmac
import json

from django.conf import settings
from django.db import migrations, models

BATCH = 1_000
NAMES = ('payment_id', 'line_id', 'ordinal', 'name', 'id_number', 'bank', 'account')


def _of(item):
    """What services/seals.py computes for a payment's person, as of this migration."""
    values = {name: getattr(item, name) for name in NAMES} | {'amount': f'{item.amount:.2f}'}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hmac.new(settings.SEAL_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def _digest(apps, schema_editor):
    items = apps.get_model('subsidies', 'PaymentItem').objects.using(schema_editor.connection.alias)
    last = 0
    while batch := list(items.filter(digest='', pk__gt=last).order_by('pk')[:BATCH]):
        for item in batch:
            item.digest = _of(item)
        items.bulk_update(batch, ['digest'])
        last = batch[-1].pk


class Migration(migrations.Migration):

    dependencies = [('subsidies', '0004_choices_of_parallel_runs')]

    operations = [
        migrations.AddField(
            model_name='paymentitem', name='digest',
            field=models.CharField(default='', editable=False, max_length=64),
        ),
        migrations.RunPython(_digest, migrations.RunPython.noop),
    ]
