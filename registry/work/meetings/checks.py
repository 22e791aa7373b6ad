"""Whether groups meet: to review each half-year 〔四(三)〕, to elect their leader 〔三(二)〕, to work."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from jygroups.lib.half_years import HalfYear
from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Position,
    Report,
    Representative,
    ResidentsGroup,
    Task,
    User,
    Visit,
    on_day,
)
from registry.records.duties import GROUPS, Measure, MeasureContext, Measured, Period, duty
from registry.records.findings import Finding, Kind, check

ELECTED = Kind(
    "elected",
    90,
    word=gettext_lazy("Leader elected"),
    several=ngettext_lazy("%(count)s elected leader to be entered", "%(count)s elected leaders to be entered", "count"),
    act=gettext_lazy("Enter the change"),
    is_breach=True,
)
REVIEW = Kind(
    "review",
    100,
    word=gettext_lazy("No review"),
    several=ngettext_lazy(
        "%(count)s group without its half-year review", "%(count)s groups without their half-year review", "count"
    ),
    act=gettext_lazy("Keep its minutes"),
    is_breach=True,
    fixed_by_group="registry.add_activity",
)
NOT_ELECTED = Kind(
    "not-elected",
    230,
    word=gettext_lazy("Election not on record"),
    several=ngettext_lazy(
        "%(count)s leader without minutes of the election",
        "%(count)s leaders without minutes of the election",
        "count",
    ),
    act=gettext_lazy("Keep its minutes"),
    fixed_by_group="registry.add_activity",
)

GRACE = timedelta(days=31)  # after its end in which a half-year may still be reviewed
ELECTED_BEFORE = timedelta(days=180)  # how long before taking office a leader may have been elected


@check(ELECTED, REVIEW, NOT_ELECTED, needs=["registry.view_activity"])
def not_held(user: User, day: date) -> Iterator[Finding]:
    if since := recorded_since():
        yield from reviews_missing(user, day, since)
        yield from leaders_without_election(user, day, since)


def recorded_since() -> date | None:
    """Since when minutes are recorded at all: nothing is found of the time before."""
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
        form = f"{reverse('group-meeting-add', args=['review', group.pk])}?half_year={half.first_day}"
        url = form if adds else group.get_absolute_url()
        text = _("has held no review of the %(half)s") % {"half": half}
        yield Finding(REVIEW, f"{community.name}{group.name}", text, url, community.pk, group.pk)


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
    earliest = leader.first_day - ELECTED_BEFORE
    return any(each.elected_id == leader.member_id and each.day >= earliest for each in elections)


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
        text = _("%(name)s is %(position)s since %(day)s; there are no minutes of the election") % words
        place = f"{community.name}{leader.group}"
        yield Finding(NOT_ELECTED, place, text, reverse(page, args=args), community.pk, leader.group_id)
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
        yield Finding(ELECTED, place, text, newest.get_absolute_url(), community.pk, key)


@duty(
    "at-work",
    "二(一)",
    gettext_lazy("At work"),
    gettext_lazy("The group sees to its affairs: something of the half-year is on record"),
    GROUPS,
    Period.HALF_YEAR,
    "meetings",
)
def at_work(context: MeasureContext) -> Iterator[Measured]:
    """Groups of which there is any record of the half-year: a meeting, a visit, a report, a task done."""
    period = (context.half.first_day, context.day)
    busy = {group for group, _kind in context.held}
    for rows in (
        Visit.objects.filter(day__range=period),
        Report.objects.filter(noticed_on__range=period),
        Task.objects.filter(done_on__range=period),
    ):
        busy |= set(rows.filter(group__in=context.groups).values_list("group", flat=True).order_by().distinct())
    return context.of_each_group(busy)


@duty(
    "representatives",
    "二(二)",
    gettext_lazy("Represent."),
    gettext_lazy("Residents' representatives are recommended for the term"),
    GROUPS,
    Period.TERM,
    "representatives",
)
def represented(context: MeasureContext) -> Iterator[Measured]:
    """Groups that have somebody to speak for them in the running term."""
    rows = Representative.objects.filter(term=context.term, group__in=context.groups)
    rows = rows.filter(Q(last_day=None) | Q(last_day__gte=context.day))
    return context.of_each_group(set(rows.values_list("group", flat=True).order_by()))


@duty(
    "leader",
    "三(二)",
    gettext_lazy("Elected"),
    gettext_lazy("The leader is elected by a meeting of the group"),
    GROUPS,
    Period.ALWAYS,
    "meetings",
    query="kind=election",
    place=1,
)
def leaders_elected(context: MeasureContext) -> Iterator[Measured]:
    """By a meeting of the group on or before the first day in office, with minutes."""
    held = Activity.objects.filter(kind=ActivityKind.ELECTION, group__in=context.groups, day__lte=context.day)
    rows = held.exclude(elected=None).select_related("elected").prefetch_related("resolutions", "attendances")
    elected = {(each.group_id, each.elected_id) for each in rows if each.elects}
    leaders = Appointment.objects.in_office(context.day).filter(
        position=Position.GROUP_LEADER, acting=False, group__in=context.groups
    )
    for office in leaders.select_related("committee"):
        done = (office.group_id, office.member_id) in elected
        yield Measured(office.committee.community_id, office.group_id, int(done))


def holding(*kinds: str) -> Measure:
    """Groups that held an activity of one of the kinds in the half-year."""

    def measure(context: MeasureContext) -> Iterator[Measured]:
        return context.of_each_group({group for group, kind in context.held if kind in kinds})

    return measure


duty(
    "civic",
    "二(七)",
    gettext_lazy("Pact"),
    gettext_lazy("Residents are led to keep the residents' pact"),
    GROUPS,
    Period.HALF_YEAR,
    "meetings",
    query="kind=civic",
)(holding(ActivityKind.CIVIC))
duty(
    "meetings",
    "四(一)",
    gettext_lazy("Met"),
    gettext_lazy("The group meets, alone or jointly with others"),
    GROUPS,
    Period.HALF_YEAR,
    "meetings",
)(holding(ActivityKind.MEETING, ActivityKind.JOINT))
duty(
    "study",
    "四(三)",
    gettext_lazy("Study"),
    gettext_lazy("The group studies"),
    GROUPS,
    Period.HALF_YEAR,
    "meetings",
    query="kind=study",
)(holding(ActivityKind.STUDY))


@duty(
    "review",
    "四(三)",
    gettext_lazy("Reviewed"),
    gettext_lazy("The group reviews each half-year"),
    GROUPS,
    Period.HALF_YEAR,
    "meetings",
    query="kind=review",
)
def reviewing(context: MeasureContext) -> Iterator[Measured]:
    """Groups that reviewed the half-year 〔四(三) 每半年组织1次小结会〕; it may be held after its end."""
    rows = Activity.objects.filter(
        kind=ActivityKind.REVIEW, half_year=context.half.first_day, group__in=context.groups, day__lte=context.today
    )
    return context.of_each_group(set(rows.values_list("group", flat=True)))
