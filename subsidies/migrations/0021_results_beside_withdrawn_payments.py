"""An event is of the line's newest payment that is not withdrawn, not of the newest of all."""

import jygroups.lib.constraints
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('subsidies', '0020_withdrawn_payments')]

    operations = [
        migrations.RemoveConstraint(
            model_name='payresult',
            name='pay_result_follows',
        ),
        migrations.AddConstraint(
            model_name='payresult',
            constraint=jygroups.lib.constraints.Requires(condition="EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_sheet sheet ON sheet.id = line.sheet_id WHERE line.id = NEW.line_id AND line.net > 0 AND sheet.state IN ('approved', 'paid')) AND NEW.source = COALESCE((SELECT before.stage FROM subsidies_payresult before WHERE before.line_id = NEW.line_id AND before.ordinal = NEW.ordinal - 1), CASE WHEN NEW.ordinal = 1 THEN 'to_pay' END) AND COALESCE(NEW.item_id, 0) = COALESCE((SELECT MAX(own.id) FROM subsidies_paymentitem own WHERE own.line_id = NEW.line_id AND (NEW.step = 'withdraw' OR NOT EXISTS (SELECT 1 FROM subsidies_withdrawal gone WHERE gone.payment_id = own.payment_id))), 0) AND (NEW.step <> 'revoke' OR EXISTS (SELECT 1 FROM subsidies_payresult revoked WHERE revoked.line_id = NEW.line_id AND revoked.answer_id = NEW.answer_id AND revoked.step <> 'revoke' AND revoked.source = NEW.stage AND revoked.stage = NEW.source)) AND (NEW.step <> 'withdraw' OR EXISTS (SELECT 1 FROM subsidies_payresult sent JOIN subsidies_paymentitem item ON item.id = sent.item_id JOIN subsidies_withdrawal gone ON gone.payment_id = item.payment_id WHERE sent.line_id = NEW.line_id AND sent.item_id = NEW.item_id AND sent.step = 'send' AND sent.source = NEW.stage))", name='pay_result_follows'),
        ),
    ]
