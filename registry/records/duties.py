"""Duties of the document: clause by clause, where each is done and how it is measured.

A package declares its duties in its checks.py; these are imported when the app starts (registry/apps.py).
"""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jygroups.lib.half_years import HalfYear
from registry.models import Activity, Community, ResidentsCommittee, ResidentsGroup, Term

NUMERALS = "一二三四五六七八九十"
GROUPS, BUILDINGS, COMMITTEES = _("groups"), _("buildings"), _("committees")
OFFICES, MATTERS = _("offices"), _("matters")


class Period(Enum):
    """By when a duty is to be done: at any time, by the end of the half-year, or of the term."""

    ALWAYS = _("at all times")
    HALF_YEAR = _("each half-year")
    TERM = _("each term")


@dataclass(frozen=True)
class Measured:
    """How much of what is due is done, in a community, or in one group of it."""

    community: int
    group: int | None
    done: int
    due: int = 1


@dataclass
class MeasureContext:
    """What is measured: communities in a half-year.

    `day` is today, or the half-year's last day once it is over; groups and offices are counted as on that day.
    """

    communities: list[Community]
    half: HalfYear
    today: date

    @property
    def day(self) -> date:
        return min(self.today, self.half.last_day)

    @property
    def is_over(self) -> bool:
        """Whether the half-year is: what has not been done by then will not be."""
        return self.today > self.half.last_day

    @cached_property
    def term(self) -> Term | None:
        return Term.objects.of(self.day)

    @property
    def is_term_over(self) -> bool:
        return self.term is None or self.today > self.term.last_day

    @cached_property
    def committees(self) -> list[ResidentsCommittee]:
        return list(ResidentsCommittee.objects.filter(community__in=self.communities))

    @cached_property
    def groups(self) -> list[ResidentsGroup]:
        """Those that stand on the day."""
        rows = ResidentsGroup.objects.standing_on(self.day).filter(committee__in=self.committees)
        return list(rows.select_related("committee__community"))

    @cached_property
    def held(self) -> Counter[tuple[int, str]]:
        """By group and kind, how many activities it held in the half-year."""
        rows = Activity.objects.filter(group__in=self.groups, day__range=(self.half.first_day, self.day))
        return Counter(rows.values_list("group", "kind").order_by())

    def of_each_group(self, done) -> Iterator[Measured]:
        """A count for each group, by whether its key is `done`."""
        for group in self.groups:
            yield Measured(group.committee.community_id, group.pk, int(group.pk in done))


# Counts by community or group, in a constant number of queries, whatever the rows. What has a deadline of its own
# counts in the half-year in which the deadline passed.
Measure = Callable[[MeasureContext], Iterator[Measured]]


@dataclass(frozen=True)
class Duty:
    """`short` heads a narrow column; `page` is the URL name of where it is done, `query` what is to be shown there."""

    key: str
    clause: str
    short: Promise
    words: Promise
    unit: Promise
    period: Period
    page: str
    measure: Measure
    query: str = ""
    place: int = 0  # among the duties of its clause

    @property
    def order(self) -> tuple[int, int, int]:
        """Its place in the document: 三(二) is chapter 3, section 2."""
        return NUMERALS.index(self.clause[0]), NUMERALS.index(self.clause[2]), self.place


DUTIES: list[Duty] = []  # in the document's order


def duty(
    key: str, clause: str, short: Promise, words: Promise, unit: Promise, period: Period, page: str, **options
) -> Callable[[Measure], Measure]:
    """Register the duty that the decorated function measures."""

    def register(measure: Measure) -> Measure:
        insort(
            DUTIES,
            Duty(key, clause, short, words, unit, period, page, measure, **options),
            key=lambda each: each.order,
        )
        return measure

    return register


def in_time(rows, condition: Q) -> Iterator[Measured]:
    """Rows of groups whose deadline has passed, and those of them done in time, by group."""
    counted = rows.order_by().values_list("group__committee__community", "group")
    for community, group, due, done in counted.annotate(whole=Count("pk"), part=Count("pk", filter=condition)):
        yield Measured(community, group, done, due)
