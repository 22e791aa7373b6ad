"""How much of each duty is done: set-based, a constant number of queries each, whatever the rows.

Each measure yields counts by community or group. What has a deadline of its own counts in the half-year in which the
deadline passed.
"""

from collections.abc import Callable, Iterator

from django.db.models import Count as CountOf
from django.db.models import F, Q

from registry.compliance import offices
from registry.compliance.bodies import COMMITTEE_SIZES, GROUP_SIZES, counted_committees, counted_groups, size_on
from registry.compliance.scene import Count, Scene
from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Attendance,
    Building,
    Evaluation,
    GroupPlan,
    PlanState,
    Position,
    Report,
    Representative,
    ResidentsCommittee,
    ResidentsGroup,
    RoundState,
    Task,
    Visit,
)
from registry.models.reports import HANDLED_IN_TIME
from registry.work.visits import coverage

TRAININGS = 2  # 〔五(一) 每届至少2次〕

Measure = Callable[[Scene], Iterator[Count]]


# How groups and committees are set up 〔一(二), 三〕 -------------------------------------------------------


def buildings_covered(scene: Scene) -> Iterator[Count]:
    rows = Building.objects.filter(community__in=scene.communities).order_by()
    for community, due, done in rows.values_list("community").annotate(whole=CountOf("pk"), part=CountOf("group")):
        yield Count(community, None, done, due)


def committees_of_right_size(scene: Scene) -> Iterator[Count]:
    size = size_on(scene.day, COMMITTEE_SIZES)
    for committee in counted_committees(
        ResidentsCommittee.objects.filter(pk__in=[committee.pk for committee in scene.committees]), scene.day
    ):
        yield Count(committee.community_id, None, int(size.holds(committee.people)))


def directors_are_party_secretaries(scene: Scene) -> Iterator[Count]:
    directors = Appointment.objects.in_office(scene.day).filter(position=Position.DIRECTOR)
    by_community = dict(directors.values_list("committee__community", "member").order_by())
    for community in scene.communities:
        director = by_community.get(community.pk)
        yield Count(community.pk, None, int(director is not None and director == community.party_secretary_id))


def groups_of_right_size(scene: Scene) -> Iterator[Count]:
    size = size_on(scene.day, GROUP_SIZES)
    rows = counted_groups(ResidentsGroup.objects.filter(pk__in=[group.pk for group in scene.groups]), scene.day)
    yield from scene.of_each_group({group.pk for group in rows if size.holds(group.people)})


def leaders_elected(scene: Scene) -> Iterator[Count]:
    """By a meeting of the group on or before the first day in office, of which minutes are kept."""
    held = Activity.objects.filter(kind=ActivityKind.ELECTION, group__in=scene.groups, day__lte=scene.day)
    rows = held.exclude(elected=None).select_related("elected").prefetch_related("resolutions", "attendances")
    elected = {(each.group_id, each.elected_id) for each in rows if each.elects}
    leaders = Appointment.objects.in_office(scene.day).filter(
        position=Position.GROUP_LEADER, acting=False, group__in=scene.groups
    )
    for office in leaders.select_related("committee"):
        done = (office.group_id, office.member_id) in elected
        yield Count(office.committee.community_id, office.group_id, int(done))


def offices_within_their_term(scene: Scene) -> Iterator[Count]:
    rows = Appointment.objects.in_office(scene.day).filter(committee__in=scene.committees).order_by()
    past = CountOf("pk", filter=offices.over(scene.day))
    for community, group, due, over in rows.values_list("committee__community", "group").annotate(
        whole=CountOf("pk"), past=past
    ):
        yield Count(community, group, due - over, due)


def changed_by_plan(scene: Scene) -> Iterator[Count]:
    """Groups set up or dissolved in the half-year, each by a plan that the city approved."""
    period = (scene.half.first_day, scene.day)
    changed = ResidentsGroup.objects.filter(committee__in=scene.committees, placeholder=False).filter(
        Q(established_on__range=period) | Q(dissolved_on__range=period)
    )
    applied = GroupPlan.objects.filter(state=PlanState.APPLIED, items__group__isnull=False)
    planned = set(applied.values_list("items__group", flat=True).order_by())
    for group in changed.select_related("committee"):
        yield Count(
            group.committee.community_id, group.pk, int(group.pk in planned or group.approved_by_id is not None)
        )


# What groups do 〔二, 四〕 ---------------------------------------------------------------------------------


def at_work(scene: Scene) -> Iterator[Count]:
    """Groups of which there is any record of the half-year: a meeting, a visit, a report, a task done."""
    period = (scene.half.first_day, scene.day)
    busy = {group for group, _kind in scene.held}
    for rows in (
        Visit.objects.filter(day__range=period),
        Report.objects.filter(noticed_on__range=period),
        Task.objects.filter(done_on__range=period),
    ):
        busy |= set(rows.filter(group__in=scene.groups).values_list("group", flat=True).order_by().distinct())
    return scene.of_each_group(busy)


def holding(*kinds: str) -> Measure:
    """Groups that held an activity of one of the kinds in the half-year."""

    def measure(scene: Scene) -> Iterator[Count]:
        return scene.of_each_group({group for group, kind in scene.held if kind in kinds})

    return measure


def reviewing(scene: Scene) -> Iterator[Count]:
    """Groups that reviewed the half-year 〔四(三) 每半年组织1次小结会〕; it may be held after its end."""
    rows = Activity.objects.filter(
        kind=ActivityKind.REVIEW, half_year=scene.half.first_day, group__in=scene.groups, day__lte=scene.today
    )
    return scene.of_each_group(set(rows.values_list("group", flat=True)))


def represented(scene: Scene) -> Iterator[Count]:
    """Groups that have somebody to speak for them in the running term."""
    rows = Representative.objects.filter(term=scene.term, group__in=scene.groups)
    rows = rows.filter(Q(last_day=None) | Q(last_day__gte=scene.day))
    return scene.of_each_group(set(rows.values_list("group", flat=True).order_by()))


def buildings_visited(scene: Scene) -> Iterator[Count]:
    visited = CountOf("buildings", filter=Q(buildings__in=coverage.covered(scene.half)), distinct=True)
    rows = ResidentsGroup.objects.filter(pk__in=[group.pk for group in scene.groups]).annotate(
        whole=CountOf("buildings", distinct=True)
    )
    for group, community, due, done in rows.annotate(part=visited).values_list(
        "pk", "committee__community", "whole", "part"
    ):
        yield Count(community, group, done, due)


def requests_answered(scene: Scene) -> Iterator[Count]:
    """What residents asked on visits, answered by the day that was set."""
    rows = Visit.objects.filter(group__in=scene.groups, due_on__range=(scene.half.first_day, scene.day))
    return _in_time(rows.exclude(due_on=scene.today, settled_on=None), Q(settled_on__lte=F("due_on")))


def reports_handled(*kinds: str) -> Measure:
    """Reports of the kinds, handled by the day that their severity sets."""

    def measure(scene: Scene) -> Iterator[Count]:
        rows = Report.objects.filter(
            kind__in=kinds, group__in=scene.groups, handle_by__range=(scene.half.first_day, scene.day)
        )
        return _in_time(rows.exclude(handle_by=scene.today, handled_at=None), HANDLED_IN_TIME)

    return measure


def reporting(scene: Scene) -> Iterator[Count]:
    """Groups from which anything was reported in the half-year."""
    rows = Report.objects.filter(group__in=scene.groups, noticed_on__range=(scene.half.first_day, scene.day))
    return scene.of_each_group(set(rows.values_list("group", flat=True).order_by().distinct()))


def tasks_done(scene: Scene) -> Iterator[Count]:
    """What the committee gave, done by the day that was set."""
    rows = Task.objects.filter(withdrawn=False, group__in=scene.groups, due_on__range=(scene.half.first_day, scene.day))
    return _in_time(rows.exclude(due_on=scene.today, done_on=None), Q(done_on__lte=F("due_on")))


def _in_time(rows, in_time: Q) -> Iterator[Count]:
    counted = rows.order_by().values_list("group__committee__community", "group")
    for community, group, due, done in counted.annotate(whole=CountOf("pk"), part=CountOf("pk", filter=in_time)):
        yield Count(community, group, done, due)


# How they are made fit for it 〔五〕 ------------------------------------------------------------------------


def trained(scene: Scene) -> Iterator[Count]:
    """Groups of whose people somebody came to two trainings of the term, or to more."""
    came = Attendance.objects.filter(
        activity__kind=ActivityKind.TRAINING, activity__term=scene.term, activity__day__lte=scene.day,
        came=True, group__in=scene.groups,
    )  # fmt: skip
    counts = came.order_by().values_list("group").annotate(times=CountOf("activity", distinct=True))
    return scene.of_each_group({group for group, times in counts if times >= TRAININGS})


def evaluated(scene: Scene) -> Iterator[Count]:
    """Groups evaluated in a round that was closed and whose period ends within a year before the day."""
    year_ago = scene.day.replace(year=scene.day.year - 1, day=min(scene.day.day, 28))
    rows = Evaluation.objects.filter(
        round__state=RoundState.CLOSED, round__last_day__range=(year_ago, scene.day), total__isnull=False,
        member=None, group__in=scene.groups,
    )  # fmt: skip
    return scene.of_each_group(set(rows.values_list("group", flat=True).order_by()))
