"""What tests of public notices do."""

from datetime import date, timedelta

from django.utils import timezone

from jygroups.lib.months import Month
from subsidies.models import Objection, ObjectionOutcome
from subsidies.month import notice_states
from subsidies.notices import services

MAY = Month(2024, 5)
DAY = date(2024, 5, 6)


def post(sheet, communities, actor, *, days=5, first=DAY, **kwargs):
    until = first + timedelta(days=days - 1)
    return services.post(
        sheet=sheet, communities=communities, place="公示栏", posted_on=first, until=until, actor=actor, **kwargs
    )


def objection(notice, actor, **fields):
    row = Objection(**{"notice": notice, "received_on": timezone.localdate(), "text": "在职人员", **fields})
    services.record_objection(row, actor=actor)
    return row


def answered(row, actor, outcome=ObjectionOutcome.NOT_UPHELD):
    services.answer(row, outcome=outcome, answer="经核实属实", answered_on=timezone.localdate(), actor=actor)


def states(sheet):
    return {posting.community.name: posting.state for posting in notice_states.of(sheet).values()}
