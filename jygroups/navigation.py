"""The menu, with the permission behind each entry, and what else stands on every page."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONG = 5  # entries, from which on the parts of the menu have their headings


@dataclass(frozen=True)
class Entry:
    """A line of the menu; `more_pages` are the other pages (URL names) on which it is marked as the current one."""

    label: str | Promise
    page: str
    permission: str | None  # None: everyone signed in
    more_pages: str = ""

    def open_to(self, user) -> bool:
        return self.permission is None or user.has_perm(self.permission)

    def marked_on(self, page: str) -> bool:
        return page in {self.page, *self.more_pages.split()}


START = [Entry(_("Workbench"), "workbench", None, "findings")]
REGISTRATION = [
    Entry(
        _("Communities and groups"),
        "city",
        "registry.view_subdistrict",
        "subdistrict community community-edit committee-edit group community-buildings building-add building-edit "
        "buildings-cover city-committees-annex city-groups-annex committees-annex groups-annex",
    ),
    Entry(
        _("Look up"),
        "members",
        "registry.view_community",
        "appointments groups committees buildings vacancies expiring",
    ),
    Entry(_("Possible duplicates"), "duplicates", "registry.view_community", "merge"),
]
WORK = [
    Entry(
        _("Compliance"),
        "compliance",
        "registry.view_community",
        "compliance-subdistrict compliance-community compliance-report",
    ),
    Entry(_("Tasks given to groups"), "tasks", "registry.view_task", "task task-give task-edit task-done"),
    Entry(
        _("Meetings"),
        "meetings",
        "registry.view_activity",
        "meeting meeting-start group-meeting-add committee-meeting-add meeting-edit minutes meeting-remove "
        "representatives representative-add representative-edit",
    ),
    Entry(
        _("Reports"),
        "reports",
        "registry.view_report",
        "report report-add report-edit report-figures report-take report-handle report-confirm report-visit-back "
        "report-give-back report-escalate report-note",
    ),
    Entry(
        _("Visits"),
        "visits",
        "registry.view_visit",
        "visit visit-add visit-edit visit-settle visiting-list assignments",
    ),
    Entry(_("Visits in figures"), "visit-coverage", "registry.count_visit"),
    Entry(
        _("Adjustment plans"),
        "plans",
        "registry.view_groupplan",
        "plan plan-begin plan-edit plan-request plan-submit plan-take-back plan-decide plan-apply plan-discard",
    ),
    Entry(
        _("Trainings"),
        "trainings",
        "registry.view_attendance",
        "training training-add training-edit training-remove training-people training-sheet training-sign-in",
    ),
    Entry(
        _("Evaluations"),
        "evaluations",
        "registry.view_evaluationround",
        "evaluation-round evaluation-add evaluation-edit evaluation-remove evaluation-close evaluation-results "
        "evaluation-notices evaluation-notice",
    ),
]
TASKS = [
    Entry(
        _("Terms and re-elections"),
        "terms",
        "registry.view_term",
        "term term-add term-edit election election-edit election-confirm elections-confirm election-upload overdue",
    ),
    Entry(
        _("Figures and deadlines laid down"),
        "provisions",
        "registry.view_provision",
        "provision-add provision-edit",
    ),
    Entry(_("Imports"), "imports", "registry.view_importrun", "import-upload import-run import-undo"),
    Entry(
        _("Transfers between subdistricts"),
        "transfers",
        "registry.view_transfer",
        "transfer member-transfer transfer-accept transfer-decline transfer-withdraw",
    ),
]
PAYMENTS = [
    Entry(
        _("Stipends"),
        "months",
        "subsidies.view_sheet",
        "sheet line compute sheet-confirm community-confirm sheet-changes sheet-unpaid sheet-settlements "
        "sheet-unusual sheet-events sheet-outdated sheet-submit sheet-endorse sheet-return sheet-approve export "
        "city-export deadlines usual-deadlines month-deadlines line-statement year-accounts",
    ),
    Entry(_("What if"), "forecast", "subsidies.view_budget", "forecast-workbook budget budget-edit"),
    Entry(
        _("Parallel runs"),
        "parallel-runs",
        "subsidies.compare_month",
        "parallel-run parallel-add parallel-columns parallel-remove",
    ),
    Entry(_("Seals"), "seals", "subsidies.verify_seals", "seals-verify"),
    Entry(_("Corrections"), "corrections", "subsidies.view_correction", "correction corrections-decide member-ledger"),
    Entry(
        _("Debts and repayments"),
        "debts",
        "subsidies.view_correction",
        "debt repayment-add repayment-reverse debt-notice debt-notice-add",
    ),
    Entry(_("Payments on hold"), "holds", "subsidies.view_hold", "hold-add hold-release"),
    Entry(
        _("Standards"),
        "standards",
        "subsidies.view_standard",
        "standard-add standard-edit standard-discard standard-adopt",
    ),
    Entry(
        _("Bank payments"),
        "payments",
        "subsidies.view_payment",
        "payment payment-retry payment-settle write-off bank-answer bank-answer-add bank-templates bank-template "
        "bank-template-add",
    ),
]
MANAGEMENT = [
    Entry(
        _("Users and posts"),
        "users",
        "registry.view_user",
        "user user-add user-edit user-active user-password user-member post-add post-end post-transfer",
    ),
    Entry(_("Audit log"), "audit", "registry.view_auditentry"),
]
# The parts, each with its heading.
MENU: list[tuple[str | Promise | None, list[Entry]]] = [
    (None, START),
    (_("Registration"), REGISTRATION),
    (_("Work of the groups"), WORK),
    (_("Tasks"), TASKS),
    (_("Payments"), PAYMENTS),
    (_("Management"), MANAGEMENT),
]
BY_PAGE = {entry.page: entry for _part, entries in MENU for entry in entries}


def entry(page: str) -> Entry:
    """The entry of the menu that opens this page. Raises KeyError."""
    return BY_PAGE[page]


def menu(user, page: str) -> list[dict]:
    """The entries open to the user, by section, with the one the page belongs to marked."""
    entries = [(part, entry) for part, of_it in MENU for entry in of_it if entry.open_to(user)]
    return [
        {
            "label": entry.label,
            "url": reverse(entry.page),
            "current": entry.marked_on(page),
            "heading": part if len(entries) >= LONG else None,
        }
        for part, entry in entries
    ]


def frame(request) -> dict:
    """Context of every page: the city, and for who is signed in the menu and the posts held today."""
    context = {"city_name": settings.CITY_NAME, "large_text": bool(request.COOKIES.get("large-text"))}
    user = getattr(request, "user", None)  # missing where an error came before the sign-in was read
    if user is not None and user.is_authenticated:
        page = request.resolver_match.view_name if request.resolver_match else ""
        context |= {"menu": menu(user, page), "posts": user.posts_today}
        if before := request.session.get("previous_sign_in"):
            context["previous_sign_in"] = datetime.fromisoformat(before)
    return context
