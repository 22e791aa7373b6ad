"""The days that a person has served, and the first day of unbroken service of the same length."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
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


class Reason(StrEnum):
    """Why days in office do not count toward full years."""

    BEFORE_COUNTING = "before"  # they lie before `service_counted_from`
    EMPLOYED = "employed"  # employed elsewhere, and `counts_employed_service` is false
    BREAK = "break"  # they lie before the last break, and the service basis is `continuous`


def days_served(life: Life, on: date, standard: Standard) -> tuple[ServiceSpell, ...]:
    """The days up to and including `on` that count toward full years, earliest spell first.

    Days in any body and any position count, a day served in two of them once. No two spells touch.
    """
    *_earlier, (_reason, counted) = _stages(life, on, standard)
    return _spells(counted)


def days_left_out(life: Life, on: date, standard: Standard) -> dict[Reason, tuple[ServiceSpell, ...]]:
    """The days in office up to and including `on` that do not count, by the first parameter that excludes them."""
    found = {}
    stages = _stages(life, on, standard)
    for (_reason, before), (reason, after) in zip(stages, stages[1:], strict=False):
        if reason and (out := _without(before, after)):
            found[reason] = _spells(out)
    return found


def _stages(life: Life, on: date, standard: Standard) -> list[tuple[Reason | None, list[Days]]]:
    """The days in office, then the days that remain after each parameter that applies."""
    in_office = _joined(
        (appointment.first_day.toordinal(), min(appointment.last_day or on, on).toordinal())
        for appointment in life.appointments
        if appointment.first_day <= on
    )
    stages: list[tuple[Reason | None, list[Days]]] = [(None, in_office)]
    if standard.service_counted_from is not None:
        early = [(date.min.toordinal(), standard.service_counted_from.toordinal() - 1)]
        stages.append((Reason.BEFORE_COUNTING, _without(stages[-1][1], early)))
    if not standard.counts_employed_service:
        employed = [
            ((spell.first_day or date.min).toordinal(), (spell.last_day or date.max).toordinal())
            for spell in life.employment
        ]
        stages.append((Reason.EMPLOYED, _without(stages[-1][1], employed)))
    if standard.service_basis == ServiceBasis.CONTINUOUS:
        stages.append((Reason.BREAK, stages[-1][1][-1:]))
    return stages


def deemed_start(days: int, on: date) -> date | None:
    """The first of `days` unbroken days that end with `on` (视同任职起始日); None for no days."""
    return date.fromordinal(on.toordinal() - days + 1) if days else None


def _joined(spells: Iterable[Days]) -> list[Days]:
    """The same days in order; spells that overlap or follow without a gap are joined."""
    joined: list[Days] = []
    for first, last in sorted(spells):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _without(spells: list[Days], cuts: Iterable[Days]) -> list[Days]:
    """The days of the spells without the days of the cuts."""
    for first, last in cuts:
        spells = [
            (start, end)
            for spell in spells
            for start, end in ((spell[0], min(spell[1], first - 1)), (max(spell[0], last + 1), spell[1]))
            if start <= end
        ]
    return spells


def _spells(days: Iterable[Days]) -> tuple[ServiceSpell, ...]:
    return tuple(ServiceSpell(date.fromordinal(start), date.fromordinal(end)) for start, end in days)
