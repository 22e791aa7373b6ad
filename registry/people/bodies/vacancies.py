"""Vacancies: what a body lacks on a day 〔三(二)〕, how many, and since when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from registry.models import (
    COMMITTEE_POSITIONS,
    Appointment,
    Community,
    Position,
    ProvisionKey,
    ResidentsCommittee,
    ResidentsGroup,
    User,
)
from registry.people.bodies.queries import counted_committees, counted_groups
from registry.provisions import queries as provisions
from registry.provisions.queries import InForce


class Lack(models.TextChoices):
    """What is lacking; each is one line of the list, however many people it takes."""

    DIRECTOR = "director", _("no committee director")
    DEPUTY_DIRECTOR = "deputy_director", _("no committee deputy director")
    SUPERVISION_DIRECTOR = "supervision_director", _("no supervisory committee director")
    COMMITTEE_SIZE = "committee_size", _("committee too small")
    GROUP_LEADER = "group_leader", _("no group leader")
    GROUP_SIZE = "group_size", _("group too small")


# Whose offices fill it.
FILLED_BY: dict[str, list[Position]] = {
    Lack.DIRECTOR: [Position.DIRECTOR],
    Lack.DEPUTY_DIRECTOR: [Position.DEPUTY_DIRECTOR],
    Lack.SUPERVISION_DIRECTOR: [Position.SUPERVISION_DIRECTOR],
    Lack.COMMITTEE_SIZE: COMMITTEE_POSITIONS,
    Lack.GROUP_LEADER: [Position.GROUP_LEADER],
    Lack.GROUP_SIZE: [Position.GROUP_LEADER, Position.GROUP_MEMBER],
}


@dataclass(frozen=True)
class Vacancy:
    """Something a body lacks."""

    body: ResidentsGroup | ResidentsCommittee
    lack: Lack
    seats: int  # people wanting
    since: date | None  # the first day of the lack; None: it was never filled as far as is known

    @property
    def committee(self) -> ResidentsCommittee:
        return self.body.committee if isinstance(self.body, ResidentsGroup) else self.body

    @property
    def group(self) -> ResidentsGroup | None:
        return self.body if isinstance(self.body, ResidentsGroup) else None

    @property
    def community(self) -> Community:
        return self.committee.community

    @property
    def url(self) -> str:
        return (self.group or self.community).get_absolute_url()

    @property
    def by_election(self) -> str:
        """Where somebody is elected into it 〔补选〕."""
        if self.group:
            body = f"group-{self.group.pk}"
        else:
            body = "supervision" if self.lack == Lack.SUPERVISION_DIRECTOR else "committee"
        asked = {"body": body, "office": FILLED_BY[self.lack][-1].value}
        return f"{reverse('by-election', args=[self.community.code])}?{urlencode(asked)}"


class _Office(NamedTuple):
    """What of an appointment decides since when a seat is empty."""

    position: str
    member: int
    first_day: date
    last_day: date | None

    def held_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def of_group(group, rules: InForce) -> Iterator[tuple[Lack, int]]:
    """What a counted group lacks of the prescribed offices and size, and how many people that is."""
    if not group.leaders:
        yield Lack.GROUP_LEADER, 1
    if (wanting := rules.size(ProvisionKey.GROUP_SIZE).smallest - group.people) > 0:
        yield Lack.GROUP_SIZE, wanting


def of_committee(committee, rules: InForce) -> Iterator[tuple[Lack, int]]:
    """The same of a counted committee."""
    if not committee.directors:
        yield Lack.DIRECTOR, 1
    if not committee.deputies:
        yield Lack.DEPUTY_DIRECTOR, 1
    if not committee.supervisors:
        yield Lack.SUPERVISION_DIRECTOR, 1
    if (wanting := rules.size(ProvisionKey.COMMITTEE_SIZE).smallest - committee.people) > 0:
        yield Lack.COMMITTEE_SIZE, wanting


def find(user: User, day: date) -> list[Vacancy]:
    """All that the bodies the user sees lack on the day, by community, the committee before its groups."""
    rules = provisions.on(day)
    committees = counted_committees(ResidentsCommittee.objects.visible_to(user), day)
    groups = counted_groups(ResidentsGroup.objects.visible_to(user).standing_on(day), day)
    lacking = [
        *((body, [*of_committee(body, rules)]) for body in committees.select_related("community__subdistrict")),
        *((body, [*of_group(body, rules)]) for body in groups.select_related("committee__community__subdistrict")),
    ]
    offices = _offices(user, [body for body, lacks in lacking if lacks])
    found = [
        Vacancy(body, lack, seats, _since(offices[_key(body)], lack, day, rules))
        for body, lacks in lacking
        for lack, seats in lacks
    ]
    return sorted(found, key=lambda each: (each.community.code, each.group.ordinal if each.group else 0))


def _key(body) -> tuple[int, int | None]:
    return (body.committee_id, body.pk) if isinstance(body, ResidentsGroup) else (body.pk, None)


def _offices(user: User, bodies: list) -> dict[tuple[int, int | None], list[_Office]]:
    """All offices ever held in the bodies, in one query."""
    groups = [body.pk for body in bodies if isinstance(body, ResidentsGroup)]
    committees = [body.pk for body in bodies if isinstance(body, ResidentsCommittee)]
    rows = Appointment.objects.visible_to(user).filter(Q(group__in=groups) | Q(group=None, committee__in=committees))
    found = defaultdict(list)
    for committee, group, *office in rows.values_list(
        "committee", "group", "position", "member", "first_day", "last_day"
    ):
        found[committee, group].append(_Office(*office))  # type: ignore[arg-type]
    return found  # type: ignore[return-value]


def _since(offices: Iterable[_Office], lack: Lack, day: date, rules: InForce) -> date | None:
    """The first day from which on, up to the day, there were too few."""
    key = {Lack.GROUP_SIZE: ProvisionKey.GROUP_SIZE, Lack.COMMITTEE_SIZE: ProvisionKey.COMMITTEE_SIZE}.get(lack)
    wanted = rules.size(key).smallest if key else 1
    held = [office for office in offices if office.position in FILLED_BY[lack]]
    ends = {office.last_day + timedelta(1) for office in held if office.last_day and office.last_day < day}
    for end in sorted(ends, reverse=True):
        eve = end - timedelta(1)
        if len({office.member for office in held if office.held_on(eve)}) >= wanted:
            return end
    return None
