"""Every building is visited, and what residents ask is answered 〔四(二)〕."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from jygroups.lib.half_years import HalfYear
from registry.models import ResidentsGroup, User, Visit
from registry.records.duties import BUILDINGS, MATTERS, MeasureContext, Measured, Period, duty, in_time
from registry.records.findings import Finding, Kind, check
from registry.work.visits import coverage

UNANSWERED = Kind(
    "unanswered",
    180,
    word=gettext_lazy("Residents wait for an answer"),
    several=ngettext_lazy(
        "%(count)s group whose residents wait for an answer",
        "%(count)s groups whose residents wait for an answer",
        "count",
    ),
    act=gettext_lazy("Enter the outcome"),
    is_breach=True,
    fixed_by_group="registry.change_visit",
)
NOT_VISITED = Kind(
    "not-visited",
    190,
    word=gettext_lazy("Not all visited"),
    several=ngettext_lazy(
        "%(count)s group that did not visit all its buildings",
        "%(count)s groups that did not visit all their buildings",
        "count",
    ),
    act=gettext_lazy("Look at the visiting list"),
    is_breach=True,
    fixed_by_group="registry.add_visit",
)
TO_VISIT = Kind(
    "to-visit",
    200,
    word=gettext_lazy("Still to visit"),
    several=ngettext_lazy(
        "%(count)s group with buildings still to visit", "%(count)s groups with buildings still to visit", "count"
    ),
    act=gettext_lazy("Look at the visiting list"),
    fixed_by_group="registry.add_visit",
)

LAST_DAYS = timedelta(days=60)  # of a half-year, in which what is still to be visited is a finding


@check(NOT_VISITED, TO_VISIT, needs=["registry.view_visit", "registry.count_visit"])
def behind(user: User, day: date) -> Iterator[Finding]:
    """Groups whose buildings were not all visited in the last half-year; towards its end, in the one under way."""
    half = HalfYear.of(day)
    is_over = half.last_day - day > LAST_DAYS
    if is_over:
        half = half.previous
    if not Visit.objects.filter(day__lte=half.last_day).exists():
        return  # no visits were recorded yet
    for group in coverage.groups(user, half).order_by("committee__community__code", "ordinal"):
        if group.part == group.whole:
            continue
        words = {"half": half, "part": group.part, "whole": group.whole, "rest": group.whole - group.part}
        text = (
            _("visited only %(part)s of its %(whole)s buildings in the %(half)s")
            if is_over
            else _("has %(rest)s of its %(whole)s buildings still to visit in the %(half)s")
        )
        yield _finding(NOT_VISITED if is_over else TO_VISIT, user, group, text % words)


@check(UNANSWERED, needs=["registry.view_visit"])
def unanswered(user: User, day: date) -> Iterator[Finding]:
    """Groups in which something residents asked for is past its day; what it is stands on the visit alone."""
    late = Visit.objects.visible_to(user).waiting().filter(due_on__lt=day)
    counts = dict(late.order_by().values_list("group").annotate(count=Count("pk")))
    groups = ResidentsGroup.objects.visible_to(user).select_related("committee__community").filter(pk__in=counts)
    for group in groups:
        text = ngettext(
            "has %(count)s request of residents past its day",
            "has %(count)s requests of residents past their day",
            counts[group.pk],
        )
        yield _finding(UNANSWERED, user, group, text % {"count": counts[group.pk]})


def _finding(kind: Kind, user: User, group: ResidentsGroup, text: str) -> Finding:
    community = group.committee.community
    if kind is UNANSWERED:
        url = f"{reverse('visits')}?group={group.pk}&asked=overdue"
    elif user.has_perm("registry.view_visit"):
        url = reverse("visiting-list", args=[group.pk])
    else:
        url = f"{reverse('visit-coverage')}?community={community.code}"
    return Finding(kind, f"{community.name}{group.name}", text, url, community.pk, group.pk)


@duty(
    "visits",
    "四(二)",
    gettext_lazy("Visited"),
    gettext_lazy("Every building is visited in full-coverage rounds"),
    BUILDINGS,
    Period.HALF_YEAR,
    "visit-coverage",
)
def buildings_visited(context: MeasureContext) -> Iterator[Measured]:
    visited = Count("buildings", filter=Q(buildings__in=coverage.covered(context.half)), distinct=True)
    rows = ResidentsGroup.objects.filter(pk__in=[group.pk for group in context.groups]).annotate(
        whole=Count("buildings", distinct=True)
    )
    for group, community, due, done in rows.annotate(part=visited).values_list(
        "pk", "committee__community", "whole", "part"
    ):
        yield Measured(community, group, done, due)


@duty(
    "requests",
    "四(二)",
    gettext_lazy("Asked"),
    gettext_lazy("What residents ask on visits is answered in time"),
    MATTERS,
    Period.ALWAYS,
    "visit-coverage",
)
def requests_answered(context: MeasureContext) -> Iterator[Measured]:
    """What residents asked on visits, answered by the day that was set."""
    rows = Visit.objects.filter(group__in=context.groups, due_on__range=(context.half.first_day, context.day))
    return in_time(rows.exclude(due_on=context.today, settled_on=None), Q(settled_on__lte=F("due_on")))
