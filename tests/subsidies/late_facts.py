"""Facts of earlier months that become known late, at random, and what a person's closed months then come to."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from jygroups.lib.months import Month
from subsidies.models import Correction, CorrectionState, SheetLine, State
from tests import factories

CLOSED = [State.APPROVED, State.PAID]


@dataclass(frozen=True)
class Ledger:
    """A member's closed months in yuan, read row by row."""

    paid: Decimal  # net of the closed lines
    outstanding: Decimal  # accepted, and settled by no closed sheet yet; signed
    written_off: Decimal  # signed
    undecided: Decimal  # signed

    @property
    def due(self) -> Decimal:
        """What today's facts give, as far as nothing was written off."""
        return self.paid + self.outstanding + self.undecided


def own_lines(member):
    return SheetLine.objects.filter(Q(member=member) | Q(member__merged_into=member), sheet__state__in=CLOSED)


def left(correction: Correction) -> Decimal:
    """Signed yuan that no closed sheet has settled."""
    parts = correction.settlements.filter(line__sheet__state__in=CLOSED)
    return correction.difference - sum((part.amount for part in parts), Decimal(0))


def ledger(member) -> Ledger:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for correction in Correction.objects.filter(member=member):
        sums[correction.state] += left(correction)
    return Ledger(
        paid=sum((line.net for line in own_lines(member)), Decimal(0)),
        outstanding=sums[CorrectionState.ACCEPTED],
        written_off=sums[CorrectionState.WRITTEN_OFF],
        undecided=sums[CorrectionState.PROPOSED] + sums[CorrectionState.DEFERRED],
    )


def assert_stands_at(member, month: date, due: Decimal) -> None:
    """With what is undecided the month comes to what is due, but for what was written off in that direction."""
    missing = due - sum((line.gross for line in own_lines(member).filter(month=month)), Decimal(0))
    undecided, waived = Decimal(0), []
    for row in Correction.objects.filter(member=member, month=month):
        if row.state == CorrectionState.WRITTEN_OFF:
            missing -= row.difference - left(row)
            waived.append(left(row))
        elif row.state == CorrectionState.ACCEPTED:
            missing -= row.difference
        else:
            undecided += row.difference
    most = sum(part for part in waived if part * missing > 0)
    expected = missing - most if abs(most) < abs(missing) else 0
    assert undecided == expected, (member, month, due, missing, waived)


def news(rng: random.Random, month: Month, people: list, bodies: list) -> None:
    """Something is learnt in the month about somebody, mostly of months before it."""
    person = rng.choice(people)
    past = month.first_day - timedelta(days=rng.randrange(150))
    office = person.appointments.order_by("-first_day").first()
    match rng.randrange(6):
        case 0:  # had left already
            if office and office.last_day is None and office.first_day <= past:
                office.last_day = past
                office.save()
        case 1:  # was employed
            factories.employment(person, past, past + timedelta(days=rng.randrange(90)))
        case 2:  # had begun earlier, or later
            if office:
                first = office.first_day + timedelta(days=rng.randrange(-400, 400))
                if first <= (office.last_day or month.first_day) and not person.appointments.exclude(
                    pk=office.pk
                ).filter(group=office.group, last_day__gte=first):
                    office.first_day = first
                    office.save()
        case 3:  # had been taken into another body
            body = rng.choice(bodies)
            held = person.appointments.filter(committee=getattr(body, "committee", body))
            if not held.filter(group=body if hasattr(body, "ordinal") else None).exists():
                factories.appointment(person, body, first_day=past)
        case 4:  # came back to where the office had ended
            if office and office.last_day and office.last_day < past:
                factories.appointment(person, office.body, office.position, first_day=past)
        case 5:  # was never employed after all
            if spell := person.employment_spells.first():
                spell.delete()
