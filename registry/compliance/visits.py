"""Whether residents are visited, and what they ask is followed up to its end 〔四(二)〕."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.half_years import HalfYear
from registry.compliance.kinds import Finding, Kind
from registry.models import ResidentsGroup, User, Visit
from registry.work.visits import coverage

LAST_DAYS = timedelta(days=60)  # of a half-year, in which what is still to be visited is told


def behind(user: User, day: date) -> Iterator[Finding]:
    """Groups whose buildings were not all visited in the last half-year; towards its end, in the one under way."""
    half = HalfYear.of(day)
    is_over = half.last_day - day > LAST_DAYS
    if is_over:
        half = half.previous
    if not Visit.objects.filter(day__lte=half.last_day).exists():
        return  # visits were not kept here yet
    for group in coverage.groups(user, half).order_by("committee__community__code", "ordinal"):
        if group.part == group.whole:
            continue
        words = {"half": half, "part": group.part, "whole": group.whole, "rest": group.whole - group.part}
        text = (
            _("visited only %(part)s of its %(whole)s buildings in the %(half)s")
            if is_over
            else _("has %(rest)s of its %(whole)s buildings still to visit in the %(half)s")
        )
        yield _finding(Kind.NOT_VISITED if is_over else Kind.TO_VISIT, user, group, text % words)


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
        yield _finding(Kind.UNANSWERED, user, group, text % {"count": counts[group.pk]})


def _finding(kind: Kind, user: User, group: ResidentsGroup, text: str) -> Finding:
    community = group.committee.community
    if kind is Kind.UNANSWERED:
        url = f"{reverse('visits')}?group={group.pk}&asked=overdue"
    elif user.has_perm("registry.view_visit"):
        url = reverse("visiting-list", args=[group.pk])
    else:
        url = f"{reverse('visit-coverage')}?community={community.code}"
    return Finding(kind, f"{community.name}{group.name}", text, url, community.pk, group.pk)
