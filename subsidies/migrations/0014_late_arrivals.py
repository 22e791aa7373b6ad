"""The bank may say later that it paid what was refused, sent back or given up; a revoked event leads back to its source."""

from django.db import migrations, models
from django.db.models import Q

import jygroups.lib.constraints

UNPAID = ('refused', 'bounced', 'given_up')
# The way to "in transit" and back, in steps that the earlier rules know.
TO = {
    'refused': [('send', 'in_transit')],
    'bounced': [('send', 'in_transit')],
    'given_up': [('reinstate', 'refused'), ('send', 'in_transit')],
}
BACK = {
    'refused': [('refuse', 'refused')],
    'bounced': [('arrive', 'arrived'), ('bounce', 'bounced')],
    'given_up': [('refuse', 'refused'), ('give_up', 'given_up')],
}


def _by_way_of_transit(apps, schema_editor):
    """What arrived late goes through a further sending, as the earlier rules have it."""
    Result = apps.get_model('subsidies', 'PayResult')
    rows = Result.objects.using(schema_editor.connection.alias)
    late = rows.filter(Q(step='arrive', source__in=UNPAID) | Q(step='revoke', source='arrived', stage__in=UNPAID))
    for line in list(late.order_by().values_list('line', flat=True).distinct()):
        moved, made, ordinal = [], [], 0
        for row in rows.filter(line=line).order_by('ordinal'):
            steps = []
            if row.step == 'arrive' and row.source in UNPAID:
                steps = [*TO[row.source], ('arrive', 'arrived')]
            elif row.step == 'revoke' and row.stage in UNPAID and row.source == 'arrived':
                steps = [('revoke', 'in_transit'), *BACK[row.stage]]
            source = row.source
            for step, stage in steps or [(row.step, row.stage)]:
                ordinal += 1
                if step == row.step:
                    row.ordinal, row.source, row.stage = ordinal, source, stage
                    moved.append(row)
                else:
                    made.append(
                        Result(line_id=line, ordinal=ordinal, step=step, source=source, stage=stage,
                               item_id=row.item_id, day=row.day, by_id=row.by_id, at=row.at)
                    )
                source = stage
        for row in reversed(moved):  # the last first, so that no ordinal is taken twice
            row.save(update_fields=['ordinal', 'source', 'stage'])
        rows.bulk_create(made)
    schema_editor.connection.check_constraints()  # PostgreSQL alters no table with deferred checks waiting


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0013_result_of_upheld_objections'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payresult',
            name='pay_result_is_a_move',
        ),
        migrations.RemoveConstraint(
            model_name='payresult',
            name='pay_result_follows',
        ),
        migrations.RunPython(migrations.RunPython.noop, _by_way_of_transit),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 'to_pay'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'refused'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'bounced'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'in_transit'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'refused'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'bounced'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'given_up'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'in_transit'), ('stage', 'refused'), ('step', 'refuse')), models.Q(('source', 'arrived'), ('stage', 'bounced'), ('step', 'bounce')), models.Q(('source', 'to_pay'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'refused'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'bounced'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'given_up'), ('stage', 'to_pay'), ('step', 'reinstate')), models.Q(('source', 'given_up'), ('stage', 'refused'), ('step', 'reinstate')), models.Q(('source', 'given_up'), ('stage', 'bounced'), ('step', 'reinstate')), models.Q(('source', 'arrived'), ('stage', 'in_transit'), ('step', 'revoke')), models.Q(('source', 'arrived'), ('stage', 'refused'), ('step', 'revoke')), models.Q(('source', 'arrived'), ('stage', 'bounced'), ('step', 'revoke')), models.Q(('source', 'arrived'), ('stage', 'given_up'), ('step', 'revoke')), models.Q(('source', 'refused'), ('stage', 'in_transit'), ('step', 'revoke')), models.Q(('source', 'bounced'), ('stage', 'arrived'), ('step', 'revoke')), _connector='OR'), name='pay_result_is_a_move'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=jygroups.lib.constraints.Requires(condition="EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_sheet sheet ON sheet.id = line.sheet_id WHERE line.id = NEW.line_id AND line.net > 0 AND sheet.state IN ('approved', 'paid')) AND NEW.source = COALESCE((SELECT before.stage FROM subsidies_payresult before WHERE before.line_id = NEW.line_id AND before.ordinal = NEW.ordinal - 1), CASE WHEN NEW.ordinal = 1 THEN 'to_pay' END) AND COALESCE(NEW.item_id, 0) = COALESCE((SELECT MAX(own.id) FROM subsidies_paymentitem own WHERE own.line_id = NEW.line_id), 0) AND (NEW.step <> 'revoke' OR EXISTS (SELECT 1 FROM subsidies_payresult revoked WHERE revoked.line_id = NEW.line_id AND revoked.answer_id = NEW.answer_id AND revoked.step <> 'revoke' AND revoked.source = NEW.stage AND revoked.stage = NEW.source))", name='pay_result_follows'),
        ),
    ]
