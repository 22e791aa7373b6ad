"""What a document may be filled for, and which templates there are for it."""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.documents import fields
from registry.documents.fields import Target
from registry.models import (
    COMMITTEE_FIRST,
    Appointment,
    Building,
    Community,
    DocumentTemplate,
    Member,
    ResidentsGroup,
    Subdistrict,
    User,
)
from registry.people.areas.figures import employed_on
from registry.people.members.queries import people_named
from registry.people.offices.queries import RANK

CITY = "city"
MOST_FOUND = 20  # groups or people for whom a template is offered
OFFICE = ("group", "committee__community__subdistrict", "committee__community__committee")
# By what stands before the colon in an address: the rows, and the field that is after it.
PLACES: dict[str, tuple[Callable[[], Any], str]] = {
    "subdistrict": (lambda: Subdistrict.objects, "code"),
    "community": (lambda: Community.objects.select_related("subdistrict", "committee"), "code"),
    "group": (lambda: ResidentsGroup.objects.select_related("committee__community__subdistrict"), "pk"),
    "member": (lambda: Member.objects.select_related("community__subdistrict"), "pk"),
    "appointment": (lambda: Appointment.objects.select_related("member", *OFFICE), "pk"),
}


def place(user: User, asked: str):
    """The area, group or person of an address such as community:CODE; None for one out of the user's sight."""
    kind, _colon, key = asked.partition(":")
    rows, field = PLACES.get(kind, (None, ""))
    if rows is None or not key.isascii() or not key.isdigit() or len(key) > 18:
        return None
    row = rows().visible_to(user).filter(**{field: key}).first()
    # Filled for a subdistrict by somebody who sees a part of it, the figures would be of that part.
    return None if isinstance(row, Subdistrict) and not user.reach().covers(row.pk) else row


def address(row) -> str:
    """What `place` finds the row by."""
    kind = {ResidentsGroup: "group"}.get(type(row), row._meta.model_name)
    return f"{kind}:{getattr(row, PLACES[kind][1])}"


def in_words(row) -> str:
    """The place as a heading has it, a group after its community; the city without any."""
    if row is None:
        return str(_("the whole city"))
    if isinstance(row, ResidentsGroup):
        return f"{row.committee.community.name} {row.name}"
    return f"{row.member.name} {row.get_position_display()}" if isinstance(row, Appointment) else row.name


def single(row, user: User) -> list:
    """The row, or for a person with several offices today each of these: a document is about one."""
    if not isinstance(row, Member):
        return [row]
    offices = Appointment.objects.visible_to(user).in_office(clock.today()).filter(member=row)
    found = list(offices.select_related("member", *OFFICE).order_by(RANK, "pk"))
    return found if len(found) > 1 else [row]


def target(user: User, row) -> Target:
    """The place or person with what lies within it today, as far as the user sees it; the whole city without one."""
    today = clock.today()
    offices = Appointment.objects.visible_to(user).in_office(today)
    buildings = Building.objects.visible_to(user).order_by("community__code", "id")
    communities = Community.objects.visible_to(user)
    groups = ResidentsGroup.objects.visible_to(user).standing_on(today)
    about: dict[str, Any] = {}
    match row:
        case Subdistrict():
            about = {"subdistrict": row}
            offices = offices.filter(committee__community__subdistrict=row)
            buildings = buildings.filter(community__subdistrict=row)
            communities = communities.filter(subdistrict=row)
            groups = groups.filter(committee__community__subdistrict=row)
        case Community():
            about = {"community": row, "subdistrict": row.subdistrict}
            offices, buildings = offices.filter(committee__community=row), buildings.filter(community=row)
            communities, groups = communities.filter(pk=row.pk), groups.filter(committee__community=row)
        case ResidentsGroup():
            community = row.committee.community
            about = {"group": row, "community": community, "subdistrict": community.subdistrict}
            offices, buildings = offices.filter(group=row), buildings.filter(group=row)
            communities, groups = communities.filter(pk=community.pk), groups.filter(pk=row.pk)
        case Appointment():
            community = row.committee.community
            about = {"member": row.member, "community": community, "subdistrict": community.subdistrict}
            about["group"], offices = row.group, offices.filter(pk=row.pk)
            buildings = buildings.filter(group=row.group_id) if row.group_id else buildings.none()
            communities, groups = communities.filter(pk=community.pk), groups.filter(pk=row.group_id)
        case Member():
            about = {"member": row, "community": row.community, "subdistrict": row.community.subdistrict}
            offices = offices.filter(member=row)
            buildings = buildings.filter(group__in=offices.values("group"))
            communities, groups = communities.filter(pk=row.community_id), groups.filter(appointments__in=offices)
    spells = employed_on(today).filter(member=OuterRef("member"))
    offices = offices.select_related("member", "committee__community", "group").annotate(is_employed=Exists(spells))
    held = list(offices.order_by("committee__community__code", COMMITTEE_FIRST, RANK, "member__pinyin", "pk"))
    if isinstance(row, Member) and held and held[0].group:
        about["group"] = held[0].group
    return Target(
        user=user,
        offices=held,
        buildings=list(buildings),
        communities=communities.count(),
        groups=groups.distinct().count(),
        **about,
    )


def found(user: User, template: DocumentTemplate, words: str) -> list[tuple[str, str]]:
    """The groups, or for a template about a person the people, of its area whom words find: address and words."""
    if not words:
        return []
    if not fields.asked_of(template.fields) & {"member", "office"}:
        groups = ResidentsGroup.objects.visible_to(user).standing_on(clock.today()).filter(name__icontains=words)
        groups = groups.filter(_within(template, "committee__community")).select_related("committee__community")
        return [(address(each), in_words(each)) for each in groups[:MOST_FOUND]]
    places: list[tuple[str, str]] = []
    for person in people_named(user, words, MOST_FOUND, _within(template, "community")):
        offices = person.offices  # type: ignore[attr-defined]
        rows = offices if len(offices) > 1 else [person]
        where = [each.in_words for each in offices] or [person.community.name]
        places += [(address(row), f"{person.name} {text}") for row, text in zip(rows, where, strict=True)]
    return places


def _within(template: DocumentTemplate, path: str) -> Q:
    """Rows of the template's area, by the lookup from a row to its community."""
    if template.community_id:
        return Q(**{path: template.community_id})
    return Q(**{f"{path}__subdistrict": template.subdistrict_id}) if template.subdistrict_id else Q()


def usable(user: User, row):
    """The templates that the user sees, of the place and of the areas around it."""
    rows = DocumentTemplate.objects.visible_to(user).select_related("subdistrict", "community")
    match row:
        case Subdistrict():
            return rows.filter(Q(subdistrict=row) | Q(community__subdistrict=row) | Q(subdistrict=None, community=None))
        case Community() | ResidentsGroup() | Appointment() | Member():
            community = row.committee.community if isinstance(row, ResidentsGroup | Appointment) else row
            community = community.community if isinstance(community, Member) else community
            within = Q(community=community) | Q(subdistrict=community.subdistrict)
            return rows.filter(within | Q(subdistrict=None, community=None))
    return rows
