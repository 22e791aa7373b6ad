"""What groups have to meet for: a review every half-year 〔四(三)〕, and the election of their leader 〔三(二)〕."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Exists, Min, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from jygroups.lib.half_years import HalfYear
from registry.compliance.kinds import Finding, Kind
from registry.models import Activity, ActivityKind, Appointment, Position, ResidentsGroup, User, on_day

GRACE = timedelta(days=31)  # after its end in which a half-year may still be reviewed
BEFORE = timedelta(days=180)  # how long before taking office a leader may have been elected


def kept_since() -> date | None:
    """Since when minutes are kept here at all: of what was before there is nothing to compare with."""
    return Activity.objects.meetings().aggregate(first=Min("day"))["first"]


def due_half_year(day: date) -> HalfYear:
    """The last half-year whose review should be held by the day."""
    last = HalfYear.of(day).previous
    return last if day > last.last_day + GRACE else last.previous


def with_review(groups, half: HalfYear):
    """Groups, each with whether it has held its review (`reviewed`) of the half-year, as far as it was to hold one.

    Left out are groups that nobody held an office in when the half-year ended.
    """
    reviews = Activity.objects.filter(kind=ActivityKind.REVIEW, group=OuterRef("pk"), half_year=half.first_day)
    people = Appointment.objects.filter(on_day(half.last_day), group=OuterRef("pk"))
    return groups.filter(Exists(people)).annotate(reviewed=Exists(reviews))


def reviews_missing(user: User, day: date, since: date) -> Iterator[Finding]:
    """Groups that have not held the review of the last half-year 〔四(三) 每半年组织1次小结会〕."""
    half = due_half_year(day)
    if since > half.last_day:
        return
    groups = ResidentsGroup.objects.visible_to(user).standing_on(day).select_related("committee__community")
    adds = user.has_perm("registry.add_activity")
    for group in with_review(groups, half).filter(reviewed=False):
        community = group.committee.community
        url = reverse("group-meeting-add", args=["review", group.pk]) if adds else group.get_absolute_url()
        text = _("has held no review of the %(half)s") % {"half": half}
        yield Finding(Kind.REVIEW, f"{community.name}{group.name}", text, url, community.pk, group.pk)


def leaders_and_elections(user: User, day: date) -> tuple[list[Appointment], dict[int, list[Activity]]]:
    """Who leads which group on the day, and each group's elections up to then, the newest first."""
    leaders = Appointment.objects.visible_to(user).in_office(day).filter(position=Position.GROUP_LEADER)
    leaders = leaders.select_related("member", "committee__community", "group").order_by(
        "committee__community__code", "group__ordinal"
    )
    held = Activity.objects.visible_to(user).filter(kind=ActivityKind.ELECTION, day__lte=day).exclude(elected=None)
    elections: dict[int, list[Activity]] = {}
    rows = held.select_related("elected", "group__committee__community").order_by("-day", "-pk")
    for each in rows.prefetch_related("resolutions", "attendances"):
        if each.elects:
            elections.setdefault(each.group_id, []).append(each)  # type: ignore[arg-type]
    return list(leaders.defer("member__id_number", "member__phone", "member__account")), elections


def is_elected(leader: Appointment, elections: list[Activity]) -> bool:
    """Whether the group's meeting elected who leads it, before taking office or later on."""
    return any(each.elected_id == leader.member_id and each.day >= leader.first_day - BEFORE for each in elections)


def leaders_without_election(user: User, day: date, since: date) -> Iterator[Finding]:
    """Leaders whom no meeting elected, and elections after which nobody changed the leader 〔三(二)〕."""
    leaders, elections = leaders_and_elections(user, day)
    adds = user.has_perm("registry.add_activity")
    by_group = {leader.group_id: leader for leader in leaders}
    for leader in leaders:
        community = leader.committee.community
        if leader.first_day < since or is_elected(leader, elections.get(leader.group_id, [])):  # type: ignore[arg-type]
            continue
        page, args = ("group-meeting-add", ["election", leader.group_id]) if adds else ("group", [leader.group_id])
        words = {"name": leader.member.name, "position": leader.get_position_display(), "day": leader.first_day}
        text = _("%(name)s is %(position)s since %(day)s; no minutes of the election are kept") % words
        place = f"{community.name}{leader.group}"
        yield Finding(Kind.NOT_ELECTED, place, text, reverse(page, args=args), community.pk, leader.group_id)
    people = Appointment.objects.visible_to(user).in_office(day).exclude(group=None)
    in_office = set(people.values_list("group", "member"))
    for key, held in elections.items():
        newest, now = held[0], by_group.get(key)
        leads = now and now.member_id == newest.elected_id and not now.acting
        if leads or (now and now.first_day > newest.day) or (key, newest.elected_id) not in in_office:
            continue
        community = newest.group.committee.community  # type: ignore[union-attr]
        words = {"name": newest.elected.name, "day": newest.day}  # type: ignore[union-attr]
        text = _("elected %(name)s its leader on %(day)s; the change of leader is not entered") % words
        place = f"{community.name}{newest.group}"
        yield Finding(Kind.ELECTED, place, text, newest.get_absolute_url(), community.pk, key)
