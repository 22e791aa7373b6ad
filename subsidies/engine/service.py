"""The days a person has served, and the start that unbroken service of that length would have had."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from .life import Life
from .standard import ServiceBasis, Standard

# A first and a last day, both inclusive, as the ordinals of `date.toordinal`.
Days: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ServiceSpell:
    """Consecutive days that count toward full years, both ends inclusive."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


def days_served(life: Life, on: date, standard: Standard) -> tuple[ServiceSpell, ...]:
    """The days up to and including `on` that count toward full years, earliest spell first.

    Days in any body and any position count, a day served in two of them once. No two spells touch.
    """
    spells = _joined(
        (appointment.first_day.toordinal(), min(appointment.last_day or on, on).toordinal())
        for appointment in life.appointments
        if appointment.first_day <= on
    )
    for first, last in _uncounted(life, standard):
        spells = [
            (start, end)
            for spell in spells
            for start, end in ((spell[0], min(spell[1], first - 1)), (max(spell[0], last + 1), spell[1]))
            if start <= end
        ]
    if standard.service_basis == ServiceBasis.CONTINUOUS:
        spells = spells[-1:]
    return tuple(ServiceSpell(date.fromordinal(start), date.fromordinal(end)) for start, end in spells)


def deemed_start(days: int, on: date) -> date | None:
    """The first of `days` unbroken days that end with `on` (视同任职起始日); None for no days."""
    return date.fromordinal(on.toordinal() - days + 1) if days else None


def _joined(spells: Iterable[Days]) -> list[Days]:
    """The same days in order, those that overlap or follow one another on the next day made one."""
    joined: list[Days] = []
    for first, last in sorted(spells):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _uncounted(life: Life, standard: Standard) -> Iterator[Days]:
    if standard.service_counted_from is not None:
        yield date.min.toordinal(), standard.service_counted_from.toordinal() - 1
    if not standard.counts_employed_service:
        for spell in life.employment:
            yield (spell.first_day or date.min).toordinal(), (spell.last_day or date.max).toordinal()
