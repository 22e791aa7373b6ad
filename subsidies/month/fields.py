"""What documents may name of the stipends."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.documents.fields import LIST, PERSON, Field, Target, Value, add
from subsidies import facts
from subsidies.month import pay_preview
from subsidies.standards.rules import Rules


def _this_month(target: Target) -> Mapping[int, Value]:
    """Of each person, in yuan: this month's stipend by today's register; empty where another community pays."""
    if not target.user.has_perm("subsidies.view_sheet"):
        return {}
    rules, codes, month = Rules(), pay_preview.visible_codes(target.user), Month.of(clock.today())
    people = facts.people({each.member_id for each in target.offices})
    decided = {pk: rules.decide(person.life, month) for pk, person in people.items()}
    return {
        pk: float(decision.amount) if pay_preview.is_visible(decision, codes) else ""
        for pk, decision in decided.items()
        if decision
    }


add(
    *(
        Field(part, gettext_lazy("stipend this month"), by_member=_this_month, example="450.00")
        for part in (PERSON, LIST)
    )
)
