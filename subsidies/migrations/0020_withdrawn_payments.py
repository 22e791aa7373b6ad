"""A payment that was never sent may be withdrawn; its people return to where they were sent from."""

from importlib import import_module

import django.db.models.deletion
import jygroups.lib.constraints
from django.conf import settings
from django.db import migrations, models

DIGESTS = import_module('subsidies.migrations.0018_digests_of_pay_results')


def _as_refused(apps, schema_editor):
    """For the earlier rules a withdrawn payment is refused, whole, and sent again from there."""
    rows = apps.get_model('subsidies', 'PayResult').objects.using(schema_editor.connection.alias)
    for line in list(rows.filter(step='withdraw').order_by().values_list('line', flat=True).distinct()):
        stage, trail = 'to_pay', []  # and the events that nothing has undone
        for row in rows.filter(line=line).order_by('ordinal'):
            row.source = stage
            undone = trail.pop() if row.step in ('revoke', 'reinstate', 'withdraw') else None
            if undone is None:
                trail.append(row)
            elif row.step == 'withdraw':
                row.step, row.stage = 'refuse', 'refused'
            else:
                row.stage = undone.source
                if (row.step, row.source, row.stage) == ('revoke', 'refused', 'arrived'):
                    row.step = 'arrive'  # of a return that was revoked; the seals name its answer from then on
            stage = row.stage
            row.save(update_fields=['step', 'source', 'stage'])
    # The withdrawals themselves go with their table.
    DIGESTS._digest(apps, schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0019_repayments_of_what_has_not_lapsed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'withdrawal of a payment',
                'verbose_name_plural': 'withdrawals of payments',
            },
        ),
        migrations.RemoveConstraint(
            model_name='payresult',
            name='pay_result_is_a_move',
        ),
        migrations.RemoveConstraint(
            model_name='payresult',
            name='pay_result_follows',
        ),
        migrations.RunPython(migrations.RunPython.noop, _as_refused),
        migrations.AlterField(
            model_name='payresult',
            name='step',
            field=models.CharField(choices=[('send', 'handed to the bank'), ('arrive', 'paid by the bank'), ('refuse', 'refused by the bank'), ('bounce', 'sent back by the bank'), ('give_up', 'given up'), ('reinstate', 'reinstated'), ('revoke', "the bank's answer revoked"), ('withdraw', 'payment withdrawn before it was sent')], max_length=10, verbose_name='step'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 'to_pay'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'refused'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'bounced'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'in_transit'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'refused'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'bounced'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'given_up'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'in_transit'), ('stage', 'refused'), ('step', 'refuse')), models.Q(('source', 'arrived'), ('stage', 'bounced'), ('step', 'bounce')), models.Q(('source', 'to_pay'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'refused'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'bounced'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'given_up'), ('stage', 'to_pay'), ('step', 'reinstate')), models.Q(('source', 'given_up'), ('stage', 'refused'), ('step', 'reinstate')), models.Q(('source', 'given_up'), ('stage', 'bounced'), ('step', 'reinstate')), models.Q(('source', 'arrived'), ('stage', 'in_transit'), ('step', 'revoke')), models.Q(('source', 'arrived'), ('stage', 'refused'), ('step', 'revoke')), models.Q(('source', 'arrived'), ('stage', 'bounced'), ('step', 'revoke')), models.Q(('source', 'arrived'), ('stage', 'given_up'), ('step', 'revoke')), models.Q(('source', 'refused'), ('stage', 'in_transit'), ('step', 'revoke')), models.Q(('source', 'bounced'), ('stage', 'arrived'), ('step', 'revoke')), models.Q(('source', 'in_transit'), ('stage', 'to_pay'), ('step', 'withdraw')), models.Q(('source', 'in_transit'), ('stage', 'refused'), ('step', 'withdraw')), models.Q(('source', 'in_transit'), ('stage', 'bounced'), ('step', 'withdraw')), _connector='OR'), name='pay_result_is_a_move'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=jygroups.lib.constraints.Requires(condition="EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_sheet sheet ON sheet.id = line.sheet_id WHERE line.id = NEW.line_id AND line.net > 0 AND sheet.state IN ('approved', 'paid')) AND NEW.source = COALESCE((SELECT before.stage FROM subsidies_payresult before WHERE before.line_id = NEW.line_id AND before.ordinal = NEW.ordinal - 1), CASE WHEN NEW.ordinal = 1 THEN 'to_pay' END) AND COALESCE(NEW.item_id, 0) = COALESCE((SELECT MAX(own.id) FROM subsidies_paymentitem own WHERE own.line_id = NEW.line_id), 0) AND (NEW.step <> 'revoke' OR EXISTS (SELECT 1 FROM subsidies_payresult revoked WHERE revoked.line_id = NEW.line_id AND revoked.answer_id = NEW.answer_id AND revoked.step <> 'revoke' AND revoked.source = NEW.stage AND revoked.stage = NEW.source)) AND (NEW.step IN ('give_up', 'reinstate', 'withdraw') OR NOT EXISTS (SELECT 1 FROM subsidies_withdrawal gone JOIN subsidies_paymentitem item ON item.payment_id = gone.payment_id WHERE item.id = NEW.item_id)) AND (NEW.step <> 'withdraw' OR EXISTS (SELECT 1 FROM subsidies_payresult sent JOIN subsidies_paymentitem item ON item.id = sent.item_id JOIN subsidies_withdrawal gone ON gone.payment_id = item.payment_id WHERE sent.line_id = NEW.line_id AND sent.item_id = NEW.item_id AND sent.step = 'send' AND sent.source = NEW.stage))", name='pay_result_follows'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='payment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='subsidies.payment', verbose_name='payment'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=jygroups.lib.constraints.Requires(condition="NOT EXISTS (SELECT 1 FROM subsidies_payresult event JOIN subsidies_paymentitem item ON item.id = event.item_id WHERE item.payment_id = NEW.payment_id AND event.step <> 'send')", name='withdrawal_of_what_was_not_answered'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=jygroups.lib.constraints.AppendOnly(name='withdrawal_append_only'),
        ),
    ]
