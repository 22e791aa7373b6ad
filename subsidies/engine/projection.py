"""The decisions of one life over many months, without deciding anew where nothing can have changed."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from .decision import decide
from .life import Appointment, EmploymentSpell, Life
from .standard import Standard
from .trace import Decision, Outcome

DAY = timedelta(days=1)


def project(life: Life, months: Iterable[tuple[date, Standard]]) -> Iterator[Decision]:
    """For each month, a decision with its outcome, amount and position.

    The months follow each other, each given by its first day and the Standard in force. Where nothing can have
    changed, the decision is that of an earlier month, and so are its month, reference date and days.
    """
    turns = _turns(life)
    last: Decision | None = None
    for month, standard in months:
        if last is None or standard is not last.standard or _may_differ(turns, last, standard.reference_date(month)):
            last = decide(life, month, standard)
        yield last


def _turns(life: Life) -> list[date]:
    """The days on which an office or an employment begins, or is over for the first day."""
    spells: list[Appointment | EmploymentSpell] = [*life.appointments, *life.employment]
    begun = {spell.first_day for spell in spells if spell.first_day}
    return sorted(begun | {spell.last_day + DAY for spell in spells if spell.last_day and spell.last_day < date.max})


def _may_differ(turns: list[date], last: Decision, on: date) -> bool:
    if bisect_right(turns, last.reference_date) < bisect_right(turns, on):
        return True
    if last.outcome is not Outcome.PAID:
        return False
    # While nothing turns, only an anniversary of the deemed start changes what is paid: it is first seen in its own
    # month or in the next. Whose days do not count yet has no deemed start.
    return last.deemed_start is None or (on.month - last.deemed_start.month) % 12 in (0, 1)
