"""How many people groups and committees have, and who leads them 〔一(二), 三(二)〕."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.compliance.kinds import Finding, Kind
from registry.models import COMMITTEE_POSITIONS, Position, ResidentsCommittee, ResidentsGroup, User, on_day


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


def short_or_leaderless_groups(user: User, day: date) -> Iterator[Finding]:
    """Groups of fewer or more people than the document has, and groups without a leader 〔三(二)〕."""
    size = size_on(day, GROUP_SIZES)
    rows = counted_groups(ResidentsGroup.objects.visible_to(user).standing_on(day), day)
    for group in rows.exclude(people__range=(size.smallest, size.largest), leaders__gt=0):
        community = group.committee.community
        for kind, text in _faults(group.people, group.leaders, size):
            place = f"{community.name}{group.name}"
            yield Finding(kind, place, text, group.get_absolute_url(), community.pk, group.pk)


def _faults(people: int, leaders: int, size: Size) -> Iterator[tuple[Kind, str]]:
    if people == 0:
        yield Kind.EMPTY, _("has nobody in office")
        return
    if people < size.smallest:
        yield (
            Kind.TOO_FEW,
            _("has only %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(people, size),
        )
    if people > size.largest:
        yield Kind.TOO_MANY, _("has %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(people, size)
    if not leaders:
        yield Kind.NO_LEADER, _("has no leader; its meeting elects one")


def _bounds(people: int, size: Size) -> dict:
    return {"count": people, "smallest": size.smallest, "largest": size.largest}


def incomplete_committees(user: User, day: date) -> Iterator[Finding]:
    """Committees of the wrong size, or without a director 〔一(二)〕. One with nobody is not entered yet."""
    size = size_on(day, COMMITTEE_SIZES)
    rows = counted_committees(ResidentsCommittee.objects.visible_to(user), day)
    for committee in rows.filter(people__gt=0):
        faults = []
        if not committee.directors:
            faults.append(_("has no director"))
        if not size.holds(committee.people):
            faults.append(
                _("has %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(committee.people, size)
            )
        if faults:
            place, url = str(committee), reverse("committee", args=[committee.community.code])
            yield Finding(Kind.COMMITTEE, place, _(", ").join(faults), url, committee.community_id)
