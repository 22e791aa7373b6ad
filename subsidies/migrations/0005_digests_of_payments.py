"""Each person of a payment gets a keyed digest, so that a row changed in the database is not paid by it."""

from django.db import migrations, models

from subsidies.services.seals import item_digest

BATCH = 1_000


def _digest(apps, schema_editor):
    Item = apps.get_model('subsidies', 'PaymentItem')
    items = Item.objects.using(schema_editor.connection.alias)
    batch = []
    for item in items.filter(digest='').iterator(BATCH):
        item.digest = item_digest(item)
        batch.append(item)
        if len(batch) == BATCH:
            items.bulk_update(batch, ['digest'])
            batch = []
    items.bulk_update(batch, ['digest'])


class Migration(migrations.Migration):

    dependencies = [('subsidies', '0004_choices_of_parallel_runs')]

    operations = [
        migrations.AddField(
            model_name='paymentitem', name='digest',
            field=models.CharField(default='', editable=False, max_length=64),
        ),
        migrations.RunPython(_digest, migrations.RunPython.noop),
    ]
