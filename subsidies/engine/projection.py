"""The decisions of one life over many months; a month is decided only where something may have changed."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from .decision import decide
from .life import Appointment, EmploymentSpell, Life
from .standard import Standard, standard_in_force
from .trace import Decision, Outcome

DAY = timedelta(days=1)
ANNIVERSARY_MONTHS = 15  # checked after the last change of facts: one of them has an anniversary
RAISE_HORIZON_MONTHS = 1200  # how far ahead a raise is searched for


def project(life: Life, months: Iterable[tuple[date, Standard]]) -> Iterator[Decision]:
    """For each month, a decision with its outcome, amount and position.

    The months follow each other, each given by its first day and the Standard in force. Where nothing can have
    changed, the decision is that of an earlier month, and so are its month, reference date and days.
    """
    change_days = _change_days(life)
    last: Decision | None = None
    for month, standard in months:
        if (
            last is None
            or standard is not last.standard
            or _may_differ(change_days, last, standard.reference_date(month))
        ):
            last = decide(life, month, standard)
        yield last


def first_raise(
    decision: Decision, standards: Iterable[Standard] = (), is_held: Callable[[date], bool] = lambda month: False
) -> Decision | None:
    """The first later month that pays more than this one, if the facts stay as they are; None when none will.

    `standards` are the adopted ones that take effect after the month; until then the decision's own holds.
    `is_held` returns whether the payment of a month, given by its first day, is on hold and therefore 0.
    """
    known = [decision.standard, *standards]
    starts = [each.service_counted_from for each in known if each.service_counted_from]
    last = max(
        [decision.reference_date, *_change_days(decision.life), *starts, *(each.effective_month for each in known)]
    )
    months: list[tuple[date, Standard]] = []
    month, rest = _next(decision.month), ANNIVERSARY_MONTHS
    while rest and len(months) < RAISE_HORIZON_MONTHS:
        months.append((month, standard_in_force(known, month) or decision.standard))
        rest -= month > last
        month = _next(month)
    for (month, standard), projected in zip(months, project(decision.life, months), strict=True):
        if projected.amount > decision.amount and not is_held(month):
            return decide(decision.life, month, standard)
    return None


def _next(month: date) -> date:
    """The first day of the month after the one that begins on `month`."""
    return (month + timedelta(days=31)).replace(day=1)


def _change_days(life: Life) -> list[date]:
    """The days on which an office or an employment begins, and the first days after one ends."""
    spells: list[Appointment | EmploymentSpell] = [*life.appointments, *life.employment]
    begun = {spell.first_day for spell in spells if spell.first_day}
    return sorted(begun | {spell.last_day + DAY for spell in spells if spell.last_day and spell.last_day < date.max})


def _may_differ(change_days: list[date], last: Decision, on: date) -> bool:
    if bisect_right(change_days, last.reference_date) < bisect_right(change_days, on):
        return True
    if last.outcome is not Outcome.PAID:
        return False
    # While no fact changes, only an anniversary of the deemed start changes what is paid: it first shows in its own
    # month or in the next. A person without counted days has no deemed start.
    return last.deemed_start is None or (on.month - last.deemed_start.month) % 12 in (0, 1)
