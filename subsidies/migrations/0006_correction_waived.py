"""Corrections state what of a difference was given up or written off before (rules.md §5)."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models import F, Q


def _fold_in(apps, schema_editor):
    """Backwards: what the month stood at is again just what the difference leaves."""
    for name in ('Correction', 'HistoricalCorrection'):
        rows = apps.get_model('subsidies', name).objects.using(schema_editor.connection.alias)
        rows.exclude(was=F('should_be') - F('difference')).update(was=F('should_be') - F('difference'))


def _waived():
    return models.DecimalField(
        decimal_places=2, default=Decimal('0'), max_digits=10, verbose_name='given up or written off before'
    )


def _was():
    return models.DecimalField(decimal_places=2, max_digits=10, verbose_name='stands at')


class Migration(migrations.Migration):
    dependencies = [('subsidies', '0005_digests_of_payments')]

    operations = [
        migrations.RemoveConstraint(model_name='correction', name='correction_difference_adds_up'),
        migrations.RunPython(migrations.RunPython.noop, _fold_in),
        migrations.AddField(model_name='correction', name='waived', field=_waived()),
        migrations.AddField(model_name='historicalcorrection', name='waived', field=_waived()),
        migrations.AlterField(model_name='correction', name='was', field=_was()),
        migrations.AlterField(model_name='historicalcorrection', name='was', field=_was()),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(
                condition=Q(difference=F('should_be') - F('was') - F('waived')), name='correction_difference_adds_up'
            ),
        ),
    ]
