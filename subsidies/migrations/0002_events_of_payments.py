"""Payment results become events: each moves a line's whole net from one stage to another (rules.md §5)."""

from collections import defaultdict

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

import jygroups.lib.constraints

STAGES = [
    ('to_pay', 'to be paid'), ('in_transit', 'in transit'), ('arrived', 'arrived'),
    ('refused', 'refused by the bank'), ('bounced', 'sent back by the bank'), ('given_up', 'given up'),
]
STEPS = [
    ('send', 'handed to the bank'), ('arrive', 'paid by the bank'), ('refuse', 'refused by the bank'),
    ('bounce', 'sent back by the bank'), ('give_up', 'given up'), ('reinstate', 'reinstated'),
    ('revoke', "the bank's answer revoked"),
]
BATCH = 1_000


def _to_events(apps, schema_editor):
    """Each person of a payment was handed to the bank, then paid or refused; what was written off is given up."""
    Item, Result = (apps.get_model('subsidies', name) for name in ('PaymentItem', 'PayResult'))
    using = schema_editor.connection.alias
    results = defaultdict(list)
    for row in Result.objects.using(using).order_by('pk'):
        results[row.line_id].append(row)
    sent, changed = [], []
    items = Item.objects.using(using).select_related('payment').defer('id_number', 'account')
    by_line = defaultdict(list)
    for item in items.order_by('payment__ordinal'):
        by_line[item.line_id].append(item)
    for line, own in by_line.items():
        ordinal, stage, last = 0, 'to_pay', None
        words = {row.item_id: row for row in results[line]}
        for item in own:
            ordinal, last = ordinal + 1, item
            sent.append(
                Result(line_id=line, ordinal=ordinal, step='send', source=stage, stage='in_transit', item=item,
                       day=timezone.localtime(item.payment.at).date(), by_id=item.payment.by_id, at=item.payment.at)
            )
            stage = 'in_transit'
            if row := words.get(item.pk):
                ordinal += 1
                row.ordinal, row.source = ordinal, stage
                row.step, row.stage = ('arrive', 'arrived') if row.state == 'paid' else ('refuse', 'refused')
                stage = row.stage
                changed.append(row)
        for row in results[line]:
            if row.state == 'written_off':
                ordinal += 1
                row.ordinal, row.source, row.step, row.stage, row.item = ordinal, stage, 'give_up', 'given_up', last
                stage = row.stage
                changed.append(row)
    Result.objects.using(using).bulk_update(changed, ['ordinal', 'step', 'source', 'stage', 'item'], BATCH)
    Result.objects.using(using).bulk_create(sent, BATCH)
    schema_editor.connection.check_constraints()  # PostgreSQL alters no table with deferred checks waiting


def _from_events(apps, schema_editor):
    """What the earlier table could hold: the bank's newest word on each payment, and what is given up now."""
    Result = apps.get_model('subsidies', 'PayResult')
    rows = Result.objects.using(schema_editor.connection.alias)
    keep, gone, given_up = {}, [], []
    for row in rows.order_by('line', 'ordinal'):
        if row.step in ('arrive', 'refuse', 'bounce'):
            gone += [keep[row.item_id].pk] if row.item_id in keep else []
            keep[row.item_id] = row
            row.state = 'paid' if row.step == 'arrive' else 'refused'
        elif row.step == 'give_up':
            given_up.append(row)
        else:
            if row.step == 'revoke' and row.item_id in keep:
                gone.append(keep.pop(row.item_id).pk)
            gone.append(row.pk)
    newest = dict(rows.order_by('line', 'ordinal').values_list('line', 'pk'))
    for row in given_up:
        row.state, row.item = 'written_off', None
        gone += [] if newest[row.line_id] == row.pk else [row.pk]
    rows.bulk_update([*keep.values(), *given_up], ['state', 'item'], BATCH)
    rows.filter(pk__in=gone).delete()
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='payresult',
            options={'ordering': ['line', 'ordinal'], 'verbose_name': 'payment result', 'verbose_name_plural': 'payment results'},
        ),
        migrations.RemoveConstraint(model_name='bankanswer', name='bank_answer_frozen_once_taken_in'),
        migrations.RemoveConstraint(model_name='payresult', name='pay_result_settles_once'),
        migrations.RemoveConstraint(model_name='payresult', name='pay_result_of_a_payment_or_written_off'),
        migrations.AddField(
            model_name='bankanswer', name='bounced',
            field=models.PositiveIntegerField(default=0, verbose_name='sent back'),
        ),
        migrations.AddField(
            model_name='bankanswer', name='in_transit',
            field=models.PositiveIntegerField(default=0, verbose_name='still in transit'),
        ),
        migrations.AddField(
            model_name='bankanswer', name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='revoked at'),
        ),
        migrations.AddField(
            model_name='bankanswer', name='revoked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by'),
        ),
        migrations.AlterField(
            model_name='payresult', name='item',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='results', to='subsidies.paymentitem', verbose_name='person of a payment'),
        ),
        # For the way back: rows of an earlier commit had a state and none of the others.
        migrations.AlterField(model_name='payresult', name='state', field=models.CharField(default='', max_length=12)),
        migrations.AddField(
            model_name='payresult', name='ordinal',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='ordinal'),
        ),
        *(
            migrations.AddField(
                model_name='payresult', name=name,
                field=models.CharField(choices=choices, default='', max_length=10, verbose_name=words),
            )
            for name, choices, words in (('step', STEPS, 'step'), ('source', STAGES, 'from'), ('stage', STAGES, 'to'))
        ),
        migrations.RunPython(_to_events, _from_events),
        migrations.RemoveField(model_name='payresult', name='state'),
        migrations.AlterField(
            model_name='payresult', name='ordinal', field=models.PositiveSmallIntegerField(verbose_name='ordinal'),
        ),
        *(
            migrations.AlterField(
                model_name='payresult', name=name,
                field=models.CharField(choices=choices, max_length=10, verbose_name=words),
            )
            for name, choices, words in (('step', STEPS, 'step'), ('source', STAGES, 'from'), ('stage', STAGES, 'to'))
        ),
        migrations.AddConstraint(
            model_name='bankanswer',
            constraint=jygroups.lib.constraints.Frozen(closed='{row}.taken_at IS NOT NULL', closes_itself=True, name='bank_answer_frozen_once_taken_in', open_columns=('content', 'revoked_at', 'revoked_by_id')),
        ),
        migrations.AddConstraint(
            model_name='bankanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False), ('taken_at__isnull', False), models.Q(('revoked_by', models.F('taken_by')), _negated=True)), _connector='OR'), name='bank_answer_revoked_by_a_second_person'),
        ),
        migrations.AddConstraint(
            model_name='paymentitem',
            constraint=jygroups.lib.constraints.Requires(condition='EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_payment payment ON payment.sheet_id = line.sheet_id WHERE line.id = NEW.line_id AND payment.id = NEW.payment_id AND line.net = NEW.amount)', name='payment_item_pays_the_whole_line'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=models.UniqueConstraint(models.F('line'), models.F('ordinal'), name='pay_result_ordinal_once'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 'to_pay'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'refused'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'bounced'), ('stage', 'in_transit'), ('step', 'send')), models.Q(('source', 'in_transit'), ('stage', 'arrived'), ('step', 'arrive')), models.Q(('source', 'in_transit'), ('stage', 'refused'), ('step', 'refuse')), models.Q(('source', 'arrived'), ('stage', 'bounced'), ('step', 'bounce')), models.Q(('source', 'to_pay'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'refused'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'bounced'), ('stage', 'given_up'), ('step', 'give_up')), models.Q(('source', 'given_up'), ('stage', 'to_pay'), ('step', 'reinstate')), models.Q(('source', 'given_up'), ('stage', 'refused'), ('step', 'reinstate')), models.Q(('source', 'given_up'), ('stage', 'bounced'), ('step', 'reinstate')), models.Q(('source', 'arrived'), ('stage', 'in_transit'), ('step', 'revoke')), models.Q(('source', 'refused'), ('stage', 'in_transit'), ('step', 'revoke')), models.Q(('source', 'bounced'), ('stage', 'arrived'), ('step', 'revoke')), _connector='OR'), name='pay_result_is_a_move'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', ['give_up', 'reinstate']), ('item__isnull', False), _connector='OR'), name='pay_result_of_a_payment'),
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=jygroups.lib.constraints.Requires(condition="EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_sheet sheet ON sheet.id = line.sheet_id WHERE line.id = NEW.line_id AND line.net > 0 AND sheet.state IN ('approved', 'paid')) AND NEW.source = COALESCE((SELECT before.stage FROM subsidies_payresult before WHERE before.line_id = NEW.line_id AND before.ordinal = NEW.ordinal - 1), CASE WHEN NEW.ordinal = 1 THEN 'to_pay' END)", name='pay_result_follows'),
        ),
    ]
