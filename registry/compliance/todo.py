"""What needs doing, as lines that each lead to where it is done: one by one while few, else by kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import groupby

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from registry.compliance import Finding, Kind
from registry.models import Community, GroupPlan, ImportRun, PlanState, Report, ReportState, User
from registry.work.reports import deadlines as report_rules

FEW = 8  # told one by one


class Meaning(Enum):
    """How a line concerns its reader; each has its colour, its icon and its word (components/badge.html)."""

    WRONG = "wrong", gettext_lazy("To be put right")
    YOU = "you", gettext_lazy("Waiting for you")
    OTHERS = "others", gettext_lazy("Waiting for others")

    def __init__(self, key: str, word: str | Promise):
        self.key, self.word = key, word


@dataclass(frozen=True)
class Line:
    meaning: Meaning
    text: str
    url: str
    act: str


# What a group's own people mend, by the permission it takes.
BY_GROUPS = {
    Kind.REVIEW: "registry.add_activity",
    Kind.VISIT_BACK: "registry.change_report",
    Kind.UNANSWERED: "registry.change_visit",
    Kind.NOT_VISITED: "registry.add_visit",
    Kind.TO_VISIT: "registry.add_visit",
    Kind.TASKS_OVERDUE: "registry.finish_task",
    Kind.NOT_ELECTED: "registry.add_activity",
}


def mended_by(user: User) -> Callable[[Finding], bool]:
    """Whether a finding is the user's to mend: in a community whose roster the user keeps, or of the user's group."""
    communities = {*Community.objects.visible_to(user, "registry.change_appointment").values_list("pk", flat=True)}
    own = {(kind, group) for kind, permission in BY_GROUPS.items() for group in user.reach(permission).groups}
    return lambda finding: finding.community in communities or (finding.kind, finding.group) in own


def lines(user: User, findings: list[Finding]) -> list[Line]:
    """The findings, which come in the order of their kinds, as lines for the user."""
    is_mine = mended_by(user)
    if len(findings) <= FEW:
        return [line(finding, is_mine) for finding in findings]
    told = []
    for _kind, found in groupby(findings, lambda finding: finding.kind):
        alike = list(found)
        told.append(line(alike[0], is_mine) if len(alike) == 1 else _together(alike, is_mine))
    return told


def imports(user: User) -> list[Line]:
    """Imports that somebody has to go on with: the user's own, and those of others in the same area."""
    told = []
    found = list(ImportRun.objects.visible_to(user).needing_attention().select_related("uploaded_by"))
    for meaning, own in ((Meaning.YOU, True), (Meaning.OTHERS, False)):
        runs = [run for run in found if (run.uploaded_by_id == user.pk) is own]
        if len(runs) == 1:
            words = {"file": runs[0].name, "state": runs[0].get_state_display(), "user": runs[0].uploaded_by}
            text = _("Import of %(file)s by %(user)s: %(state)s") % words
            told.append(Line(meaning, text, runs[0].get_absolute_url(), _("Go on") if own else _("See")))
        elif runs:
            text = ngettext("%(count)s import not finished", "%(count)s imports not finished", len(runs))
            told.append(Line(meaning, text % {"count": len(runs)}, reverse("imports"), _("See")))
    return told


def plans(user: User) -> list[Line]:
    """Adjustment plans that wait for the user's own step: to be submitted, decided, or drafted anew."""
    steps = [
        (PlanState.SUBMITTED, "registry.decide_groupplan", _("Decide")),
        (PlanState.DRAFT, "registry.submit_groupplan", _("Look it over")),
        (PlanState.REJECTED, "registry.change_groupplan", _("Mend it")),
    ]
    own = [(state, act) for state, permission, act in steps if user.has_perm(permission)]
    if not own:
        return []
    acts: dict[str, str] = dict(own)
    found = GroupPlan.objects.visible_to(user).filter(state__in=acts).select_related("community")
    return [
        Line(Meaning.YOU, f"{plan.title} · {plan.get_state_display()}", plan.get_absolute_url(), acts[plan.state])
        for plan in found[:FEW]
    ]


def reports(user: User, today: date) -> list[Line]:
    """Reports whose next step is the user's, by step; and what a subdistrict is told of while communities handle it."""
    above, handles = user.has_perm("registry.handle_escalated_report"), user.has_perm("registry.handle_report")
    is_told = bool(user.reach().subdistricts)
    if not (is_told or user.has_perm("registry.confirm_report")):
        return []
    mine = Q(at_subdistrict=above) if handles else Q(pk=None)
    told = Q(at_subdistrict=False, severity__in=report_rules.told_at_once(today)) if is_told else Q(pk=None)
    handled = Q(pk=None) if is_told else Q(state=ReportState.HANDLED)
    count = Report.objects.visible_to(user).aggregate(
        reported=Count("pk", filter=mine & Q(state=ReportState.REPORTED)),
        taken=Count("pk", filter=mine & Q(state=ReportState.TAKEN)),
        handled=Count("pk", filter=handled),
        told=Count("pk", filter=told & Q(state__in=[ReportState.REPORTED, ReportState.TAKEN])),
    )
    found = []
    for key, (meaning, words, act) in REPORTS.items():
        if count[key]:
            state = "subdistrict" if above and key in ("reported", "taken") else key
            url = f"{reverse('reports')}?state={state}"
            found.append(Line(meaning, words % {"count": count[key]}, url, str(act)))
    return found


# What reports wait for, by the state that lists them: whom it concerns, in words, and what to do there.
REPORTS = {
    "reported": (
        Meaning.YOU,
        ngettext_lazy("%(count)s report to be taken up", "%(count)s reports to be taken up", "count"),
        gettext_lazy("Take it up"),
    ),
    "taken": (
        Meaning.YOU,
        ngettext_lazy("%(count)s report to be handled", "%(count)s reports to be handled", "count"),
        gettext_lazy("Handle it"),
    ),
    "handled": (
        Meaning.YOU,
        ngettext_lazy(
            "%(count)s report to be confirmed as settled", "%(count)s reports to be confirmed as settled", "count"
        ),
        gettext_lazy("Confirm"),
    ),
    "told": (
        Meaning.OTHERS,
        ngettext_lazy(
            "%(count)s serious or urgent report handled in communities",
            "%(count)s serious or urgent reports handled in communities",
            "count",
        ),
        gettext_lazy("See"),
    ),
}


def line(finding: Finding, is_mine: Callable[[Finding], bool]) -> Line:
    """`is_mine`: whether the reader mends it."""
    act = str(finding.kind.act) if is_mine(finding) else _("See")
    return Line(_meaning(finding, is_mine), finding.sentence, finding.url, act)


def _together(findings: list[Finding], is_mine: Callable[[Finding], bool]) -> Line:
    kind = findings[0].kind
    url = f"{reverse('findings')}?kind={kind.key}"
    return Line(_meaning(findings[0], is_mine), kind.together(len(findings)), url, _("See"))


def _meaning(finding: Finding, is_mine: Callable[[Finding], bool]) -> Meaning:
    if finding.kind.is_breach:
        return Meaning.WRONG
    return Meaning.YOU if is_mine(finding) else Meaning.OTHERS
