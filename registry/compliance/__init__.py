"""The rules of the document and of the law as checks: what is amiss in the registry on a day, and where to mend it."""

from dataclasses import replace
from datetime import date

from django.urls import reverse

from registry.compliance import bodies, meetings, offices, plans, reports, tasks, training, visits
from registry.compliance.bodies import COMMITTEE_SIZES, GROUP_SIZES, Size, counted_committees, counted_groups, size_on
from registry.compliance.kinds import Finding, Kind
from registry.compliance.offices import SOON, communities_waiting, held_over, over
from registry.models import Community, Position, User

__all__ = [
    "COMMITTEE_SIZES",
    "GROUP_SIZES",
    "SOON",
    "Finding",
    "Kind",
    "Size",
    "communities_waiting",
    "counted_committees",
    "counted_groups",
    "findings",
    "held_over",
    "over",
    "size_on",
]


def findings(user: User, day: date) -> list[Finding]:
    """All that is amiss in what the user sees, the most urgent first, each kind by community."""
    found = [*bodies.short_or_leaderless_groups(user, day), *bodies.incomplete_committees(user, day)]
    found += plans.changed_without_plan(user, day)
    if user.has_perm("registry.view_groupplan"):
        found += plans.plans_left_over(user, day)
    if user.has_perm("registry.view_appointment"):
        is_over = offices.over(day)
        found += [
            *offices.terms_over(user, day, is_over),
            *offices.terms_ending(user, day),
            *offices.without_term(user, day, is_over),
        ]
    if user.has_perm("registry.view_employmentspell"):
        found += offices.accounts(user, day)
    if user.has_perm("registry.view_report"):
        found += reports.asleep(user, day)
    if user.has_perm("registry.view_task"):
        found += tasks.overdue(user, day)
    if user.has_perm("registry.view_activity") and (since := meetings.kept_since()):
        found += [
            *meetings.reviews_missing(user, day, since),
            *meetings.leaders_without_election(user, day, since),
        ]
    if user.has_perm("registry.view_visit"):
        found += visits.unanswered(user, day)
    if user.has_perm("registry.view_visit") or user.has_perm("registry.count_visit"):
        found += visits.behind(user, day)
    if user.has_perm("registry.view_attendance") and training.is_kept():
        found += [*training.behind(user, day), *training.missed(user, day), *training.not_evaluated(user, day)]
    order = list(Kind)
    found = sorted(found, key=lambda finding: order.index(finding.kind))
    return _led_to_by_elections(found, user)


def _led_to_by_elections(found: list[Finding], user: User) -> list[Finding]:
    """What a by-election mends leads there whoever may hold one; everybody else to the body."""
    lacking = [Kind.TOO_FEW, Kind.COMMITTEE]
    if not user.has_perm("registry.add_appointment"):
        return found
    codes = dict(Community.objects.visible_to(user, "registry.add_appointment").values_list("pk", "code"))
    return [
        replace(each, url=_by_election(codes[each.community], each.group))
        if each.kind in lacking and each.community in codes
        else each
        for each in found
    ]


def _by_election(code: str, group: int | None) -> str:
    address = reverse("by-election", args=[code])
    return f"{address}?seat=group-{group}:{Position.GROUP_MEMBER}" if group else address
