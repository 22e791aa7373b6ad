"""How many people groups and committees have and should have 〔一(二), 三(二)〕."""

from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q

from registry.models import COMMITTEE_POSITIONS, Position, on_day


class Size(NamedTuple):
    """How many people a body has, both inclusive, from a day on."""

    since: date
    smallest: int
    largest: int

    def holds(self, people: int) -> bool:
        return self.smallest <= people <= self.largest


# Newest first. A later document or law adds its line; what was right before it stays right.
GROUP_SIZES = [Size(date.min, 3, 5)]  # 〔三(二) 居民小组原则上为3—5人〕


COMMITTEE_SIZES = [Size(date.min, 5, 9)]  # director, deputies and members 〔居民委员会组织法 五至九人〕


def size_on(day: date, sizes: list[Size]) -> Size:
    return next(size for size in sizes if size.since <= day)


def counted_groups(rows, day: date):
    """Groups, each with how many people and leaders it has on the day."""
    in_office = on_day(day, "appointments__")
    return rows.select_related("committee__community").annotate(
        people=Count("appointments__member", filter=in_office, distinct=True),
        leaders=Count(
            "appointments", filter=in_office & Q(appointments__position=Position.GROUP_LEADER), distinct=True
        ),
    )


def counted_committees(rows, day: date):
    """Committees, each with how many people, directors, deputies and supervisory directors it has on the day."""
    in_office = on_day(day, "appointments__")

    def count(*positions: Position) -> Count:
        return Count("appointments__member", filter=in_office & Q(appointments__position__in=positions), distinct=True)

    return rows.select_related("community").annotate(
        people=count(*COMMITTEE_POSITIONS),
        directors=count(Position.DIRECTOR),
        deputies=count(Position.DEPUTY_DIRECTOR),
        supervisors=count(Position.SUPERVISION_DIRECTOR),
    )
