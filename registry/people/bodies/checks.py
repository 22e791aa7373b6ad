"""Duties and findings of groups and committees: how many people they have, and who leads them 〔一(二), 三(二)〕."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import Appointment, Community, Position, ProvisionKey, ResidentsCommittee, ResidentsGroup, User
from registry.people.bodies.queries import counted_committees, counted_groups
from registry.provisions import queries as provisions
from registry.provisions.queries import Size
from registry.records.duties import COMMITTEES, GROUPS, MeasureContext, Measured, Period, duty
from registry.records.findings import Finding, Kind, check

EMPTY = Kind(
    "empty",
    20,
    word=gettext_lazy("Nobody in office"),
    several=ngettext_lazy("%(count)s group with nobody in office", "%(count)s groups with nobody in office", "count"),
    act=gettext_lazy("Enter its people"),
    is_breach=True,
)
TOO_FEW = Kind(
    "too-few",
    30,
    word=gettext_lazy("Too few"),
    several=ngettext_lazy("%(count)s group with too few people", "%(count)s groups with too few people", "count"),
    act=gettext_lazy("Hold a by-election"),
    is_breach=True,
)
NO_LEADER = Kind(
    "no-leader",
    40,
    word=gettext_lazy("No leader"),
    several=ngettext_lazy("%(count)s group without a leader", "%(count)s groups without a leader", "count"),
    act=gettext_lazy("Enter the leader"),
    is_breach=True,
)
TOO_MANY = Kind(
    "too-many",
    50,
    word=gettext_lazy("Too many"),
    several=ngettext_lazy("%(count)s group with too many people", "%(count)s groups with too many people", "count"),
    act=gettext_lazy("Look at the roster"),
    is_breach=True,
)
COMMITTEE = Kind(
    "committee",
    60,
    word=gettext_lazy("Committee incomplete"),
    several=ngettext_lazy(
        "%(count)s incomplete residents' committee", "%(count)s incomplete residents' committees", "count"
    ),
    act=gettext_lazy("Hold a by-election"),
    is_breach=True,
)


@check(EMPTY, TOO_FEW, NO_LEADER, TOO_MANY, COMMITTEE)
def incomplete_bodies(user: User, day: date) -> Iterator[Finding]:
    """What a by-election fixes leads to it for users who may hold one, and to the body for others."""
    codes: dict[int, str] = {}
    if user.has_perm("registry.add_appointment"):
        codes = dict(Community.objects.visible_to(user, "registry.add_appointment").values_list("pk", "code"))
    for finding in [*short_or_leaderless_groups(user, day), *incomplete_committees(user, day)]:
        if finding.kind in (TOO_FEW, COMMITTEE) and finding.community in codes:
            yield replace(finding, url=_by_election(codes[finding.community], finding.group))
        else:
            yield finding


def short_or_leaderless_groups(user: User, day: date) -> Iterator[Finding]:
    """Groups of fewer or more people than prescribed, and groups without a leader 〔三(二)〕."""
    size = provisions.on(day).size(ProvisionKey.GROUP_SIZE)
    rows = counted_groups(ResidentsGroup.objects.visible_to(user).standing_on(day), day)
    for group in rows.exclude(people__range=(size.smallest, size.largest), leaders__gt=0):
        community = group.committee.community
        for kind, text in _faults(group.people, group.leaders, size):
            place = f"{community.name}{group.name}"
            yield Finding(kind, place, text, group.get_absolute_url(), community.pk, group.pk)


def _faults(people: int, leaders: int, size: Size) -> Iterator[tuple[Kind, str]]:
    if people == 0:
        yield EMPTY, _("has nobody in office")
        return
    if people < size.smallest:
        yield (
            TOO_FEW,
            _("has only %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(people, size),
        )
    if people > size.largest:
        yield TOO_MANY, _("has %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(people, size)
    if not leaders:
        yield NO_LEADER, _("has no leader; its meeting elects one")


def _bounds(people: int, size: Size) -> dict:
    return {"count": people, "smallest": size.smallest, "largest": size.largest}


def incomplete_committees(user: User, day: date) -> Iterator[Finding]:
    """Committees of the wrong size, or without a director 〔一(二)〕. One with nobody is not entered yet."""
    size = provisions.on(day).size(ProvisionKey.COMMITTEE_SIZE)
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
            yield Finding(COMMITTEE, place, _(", ").join(faults), url, committee.community_id)


def _by_election(code: str, group: int | None) -> str:
    address = reverse("by-election", args=[code])
    return f"{address}?seat=group-{group}:{Position.GROUP_MEMBER}" if group else address


@duty(
    "director",
    "一(二)",
    gettext_lazy("Director"),
    gettext_lazy("The director is the community's party secretary"),
    COMMITTEES,
    Period.ALWAYS,
    "committees",
)
def directors_are_party_secretaries(context: MeasureContext) -> Iterator[Measured]:
    directors = Appointment.objects.in_office(context.day).filter(position=Position.DIRECTOR)
    by_community = dict(directors.values_list("committee__community", "member").order_by())
    for community in context.communities:
        director = by_community.get(community.pk)
        yield Measured(community.pk, None, int(director is not None and director == community.party_secretary_id))


@duty(
    "size",
    "三(二)",
    gettext_lazy("Group size"),
    gettext_lazy("A group has the prescribed number of people"),
    GROUPS,
    Period.ALWAYS,
    "groups",
)
def groups_of_right_size(context: MeasureContext) -> Iterator[Measured]:
    size = provisions.on(context.day).size(ProvisionKey.GROUP_SIZE)
    rows = counted_groups(ResidentsGroup.objects.filter(pk__in=[group.pk for group in context.groups]), context.day)
    yield from context.of_each_group({group.pk for group in rows if size.holds(group.people)})


@duty(
    "committee",
    "三(四)",
    gettext_lazy("Committee"),
    gettext_lazy("Each community has a committee of the lawful size"),
    COMMITTEES,
    Period.ALWAYS,
    "committees",
)
def committees_of_right_size(context: MeasureContext) -> Iterator[Measured]:
    size = provisions.on(context.day).size(ProvisionKey.COMMITTEE_SIZE)
    for committee in counted_committees(
        ResidentsCommittee.objects.filter(pk__in=[committee.pk for committee in context.committees]), context.day
    ):
        yield Measured(committee.community_id, None, int(size.holds(committee.people)))
