"""全覆盖走访 〔四(二)〕 in figures: which buildings were visited in which half-year. Counts alone, never a note.

A building is covered in a half-year once a full-coverage visit of it is on record; key visits are counted beside.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q

from jygroups.lib.half_years import HalfYear
from registry.models import ResidentsGroup, User, Visit, VisitKind


class Visited(NamedTuple):
    """Visits of one building in one half-year."""

    full: int = 0
    key: int = 0


def half_years(today: date, count: int) -> list[HalfYear]:
    """The one under way and those before it, oldest first."""
    found = [HalfYear.of(today)]
    while len(found) < count:
        found.append(found[-1].previous)
    return found[::-1]


def covered(half: HalfYear):
    """The keys of the buildings that were covered in the half-year, for a subquery."""
    return Visit.objects.filter(
        kind=VisitKind.FULL, day__range=(half.first_day, half.last_day), building__isnull=False
    ).values("building")


def groups(user: User, half: HalfYear):
    """The groups in sight that stood in the half-year and cover buildings: how many (`whole`), how many of them
    were visited (`part`).
    """
    stood = Q(established_on=None) | Q(established_on__lte=half.last_day)
    return (
        ResidentsGroup.objects.visible_to(user)
        .standing_on(half.first_day)
        .filter(stood)
        .select_related("committee__community__subdistrict")
        .annotate(
            whole=Count("buildings", distinct=True),
            part=Count("buildings", filter=Q(buildings__in=covered(half)), distinct=True),
        )
        .filter(whole__gt=0)
    )


class Figures(NamedTuple):
    """Counts of the visits of some groups in a half-year, and of what residents asked on them."""

    full: int
    key: int
    asked: int
    settled: int
    overdue: int  # of these, past their day today


def figures(groups: Iterable[ResidentsGroup], half: HalfYear, today: date) -> Figures:
    rows = Visit.objects.filter(
        group__in=[group.pk for group in groups], day__range=(half.first_day, half.last_day)
    ).order_by()
    return Figures(
        **rows.aggregate(
            full=Count("pk", filter=Q(kind=VisitKind.FULL)),
            key=Count("pk", filter=Q(kind=VisitKind.KEY)),
            asked=Count("pk", filter=~Q(asked="")),
            settled=Count("pk", filter=Q(settled_on__isnull=False)),
            overdue=Count("pk", filter=Q(settled_on=None, due_on__lt=today)),
        )
    )


def of_buildings(buildings: Iterable[int], halves: list[HalfYear]) -> dict[int, dict[HalfYear, Visited]]:
    """By the key of a building and half-year the visits it had; what is not there had none."""
    found: dict[int, dict[HalfYear, Visited]] = defaultdict(dict)
    rows = (
        Visit.objects.filter(building__in=list(buildings), day__range=(halves[0].first_day, halves[-1].last_day))
        .order_by()
        .values_list("building", "day__year", "day__month", "kind")
        .annotate(count=Count("pk"))
    )
    for building, year, month, kind, count in rows:
        half = HalfYear(year, 1 if month <= 6 else 2)
        before = found[building].get(half, Visited())
        found[building][half] = (
            before._replace(full=before.full + count)
            if kind == VisitKind.FULL
            else before._replace(key=before.key + count)
        )
    return found
