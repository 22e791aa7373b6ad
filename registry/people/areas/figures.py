"""The figures of areas: how many of what there are on a day, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Count, F, Q, Value
from django.db.models.expressions import Combinable

from jygroups.lib.once import once
from registry.models import (
    Appointment,
    Building,
    Community,
    EmploymentSpell,
    ResidentsCommittee,
    ResidentsGroup,
    ScopedQuerySet,
    User,
)


@dataclass
class Figures:
    """Counts of one area, or of all that a user sees; a person in two offices counts once."""

    communities: int = 0
    committees: int = 0
    groups: int = 0
    people: int = 0  # in office
    employed: int = 0  # of these, employed elsewhere
    buildings: int = 0
    covered: int = 0  # of these, by a group

    @property
    def uncovered(self) -> int:
        return self.buildings - self.covered


class _Source(NamedTuple):
    figure: str
    rows: ScopedQuerySet
    counted: str


def employed_on(day: date):
    """The people employed elsewhere on the day; a spell without a first day began before anything known."""
    began = Q(first_day=None) | Q(first_day__lte=day)
    spells = EmploymentSpell.objects.filter(began, Q(last_day=None) | Q(last_day__gte=day))
    return spells.values("member")


def _sources(user: User, day: date) -> Iterator[_Source]:
    in_office = Appointment.objects.visible_to(user).in_office(day)
    buildings = Building.objects.visible_to(user)
    yield _Source("communities", Community.objects.visible_to(user), "pk")
    yield _Source("committees", ResidentsCommittee.objects.visible_to(user), "pk")
    yield _Source("groups", ResidentsGroup.objects.visible_to(user).standing_on(day), "pk")
    yield _Source("people", in_office, "member")
    yield _Source("employed", in_office.filter(member__in=employed_on(day)), "member")
    yield _Source("buildings", buildings, "pk")
    yield _Source("covered", buildings.exclude(group=None), "pk")


@once
def of_all(user: User, day: date) -> Figures:
    """The figures of everything the user sees."""
    return _by(user, day, lambda source: Value(0))[0]


@once
def by_community(user: User, day: date) -> dict[int, Figures]:
    """The figures of each community, by its primary key, as far as the user sees it."""
    return _by(user, day, lambda source: F(source.rows.scope_path))


@once
def by_subdistrict(user: User, day: date) -> dict[int, Figures]:
    """The same of each subdistrict."""
    return _by(user, day, lambda source: F(f"{source.rows.scope_path}__subdistrict".removeprefix("pk__")))


def _by(user: User, day: date, area: Callable[[_Source], Combinable]) -> dict[int, Figures]:
    """By the key of an area; one query for all figures."""
    found: dict[int, Figures] = defaultdict(Figures)
    counts = [
        source.rows.order_by()
        .annotate(figure=Value(source.figure), area=area(source))
        .values("figure", "area")
        .annotate(count=Count(source.counted, distinct=True))
        .values_list("figure", "area", "count")
        for source in _sources(user, day)
    ]
    for figure, key, count in counts[0].union(*counts[1:], all=True):
        setattr(found[key], figure, count)
    return found
