"""The menu, with the permission behind each entry, and what else stands on every page."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The menu's parts, in order; each has its heading once the menu is long.
REGISTRATION, WORK, TASKS = _("Registration"), _("Work of the groups"), _("Tasks")
PAYMENTS, MANAGEMENT = _("Payments"), _("Management")
SECTIONS = [None, REGISTRATION, WORK, TASKS, PAYMENTS, MANAGEMENT]
LONG = 5  # entries


@dataclass(frozen=True)
class Entry:
    """A line of the menu, and the pages (URL names) on which it is marked as the current one."""

    label: str | Promise
    page: str
    permission: str | None  # None: everyone signed in
    pages: frozenset[str] = frozenset()
    section: str | Promise | None = REGISTRATION

    def open_to(self, user) -> bool:
        return self.permission is None or user.has_perm(self.permission)

    def marked_on(self, page: str) -> bool:
        return page == self.page or page in self.pages


MENU = [
    Entry(_("Workbench"), "workbench", None, frozenset({"findings"}), section=None),
    Entry(
        _("Communities and groups"),
        "city",
        "registry.view_subdistrict",
        frozenset(
            {"subdistrict", "community", "community-edit", "committee-edit", "group"}
            | {"community-buildings", "building-add", "building-edit", "buildings-cover"}
            | {"city-committees-annex", "city-groups-annex", "committees-annex", "groups-annex"}
        ),
    ),
    Entry(
        _("Look up"),
        "members",
        "registry.view_community",
        frozenset({"appointments", "groups", "committees", "buildings", "vacancies", "expiring"}),
    ),
    Entry(
        _("Compliance"),
        "compliance",
        "registry.view_community",
        frozenset({"compliance-subdistrict", "compliance-community", "compliance-report"}),
        section=WORK,
    ),
    Entry(
        _("Tasks given to groups"),
        "tasks",
        "registry.view_task",
        frozenset({"task", "task-give", "task-edit", "task-done"}),
        section=WORK,
    ),
    Entry(
        _("Meetings"),
        "meetings",
        "registry.view_activity",
        frozenset(
            {"meeting", "meeting-start", "group-meeting-add", "committee-meeting-add", "meeting-edit", "minutes"}
            | {"meeting-remove", "representatives", "representative-add", "representative-edit"}
        ),
        section=WORK,
    ),
    Entry(
        _("Reports"),
        "reports",
        "registry.view_report",
        frozenset({"report", "report-add", "report-edit", "report-figures"})
        | {f"report-{step}" for step in ("take", "handle", "confirm", "visit-back", "give-back", "escalate", "note")},
        section=WORK,
    ),
    Entry(
        _("Visits"),
        "visits",
        "registry.view_visit",
        frozenset({"visit", "visit-add", "visit-edit", "visit-settle", "visiting-list", "assignments"}),
        section=WORK,
    ),
    Entry(_("Visits in figures"), "visit-coverage", "registry.count_visit", section=WORK),
    Entry(
        _("Terms and re-elections"),
        "terms",
        "registry.view_term",
        frozenset(
            {
                "term",
                "term-add",
                "term-edit",
                "election",
                "election-edit",
                "election-confirm",
                "elections-confirm",
                "election-upload",
                "overdue",
            }
        ),
        section=TASKS,
    ),
    Entry(
        _("Adjustment plans"),
        "plans",
        "registry.view_groupplan",
        frozenset({"plan", "plan-begin", "plan-edit", "plan-request", "plan-submit", "plan-take-back"})
        | {"plan-decide", "plan-apply", "plan-discard"},
        section=WORK,
    ),
    Entry(
        _("Figures and deadlines laid down"),
        "provisions",
        "registry.view_provision",
        frozenset({"provision-add", "provision-edit"}),
        section=TASKS,
    ),
    Entry(
        _("Imports"),
        "imports",
        "registry.view_importrun",
        frozenset({"import-upload", "import-run", "import-undo"}),
        section=TASKS,
    ),
    Entry(
        _("Transfers between subdistricts"),
        "transfers",
        "registry.view_transfer",
        frozenset({"transfer", "member-transfer", "transfer-accept", "transfer-decline", "transfer-withdraw"}),
        section=TASKS,
    ),
    Entry(_("Possible duplicates"), "duplicates", "registry.view_community", frozenset({"merge"})),
    Entry(
        _("Trainings"),
        "trainings",
        "registry.view_attendance",
        frozenset({"training", "training-add", "training-edit", "training-remove", "training-people"})
        | {"training-sheet", "training-sign-in"},
        section=WORK,
    ),
    Entry(
        _("Evaluations"),
        "evaluations",
        "registry.view_evaluationround",
        frozenset({"evaluation-round", "evaluation-add", "evaluation-edit", "evaluation-remove", "evaluation-close"})
        | {"evaluation-results", "evaluation-notices", "evaluation-notice"},
        section=WORK,
    ),
    Entry(
        _("Stipends"),
        "months",
        "subsidies.view_sheet",
        frozenset(
            {"sheet", "line", "compute", "sheet-confirm", "community-confirm"}
            | {"sheet-changes", "sheet-unpaid", "sheet-settlements", "sheet-unusual", "sheet-events", "sheet-outdated"}
            | {"sheet-submit", "sheet-endorse", "sheet-return", "sheet-approve", "export", "city-export"}
            | {"deadlines", "usual-deadlines", "month-deadlines", "line-statement", "year-accounts"}
        ),
        section=PAYMENTS,
    ),
    Entry(
        _("What if"),
        "forecast",
        "subsidies.view_budget",
        frozenset({"forecast-workbook", "budget", "budget-edit"}),
        section=PAYMENTS,
    ),
    Entry(
        _("Parallel runs"),
        "parallel-runs",
        "subsidies.compare_month",
        frozenset({"parallel-run", "parallel-add", "parallel-columns", "parallel-remove"}),
        section=PAYMENTS,
    ),
    Entry(_("Seals"), "seals", "subsidies.verify_seals", frozenset({"seals-verify"}), section=PAYMENTS),
    Entry(
        _("Corrections"),
        "corrections",
        "subsidies.view_correction",
        frozenset({"correction", "corrections-decide", "member-ledger"}),
        section=PAYMENTS,
    ),
    Entry(
        _("Debts and repayments"),
        "debts",
        "subsidies.view_correction",
        frozenset({"debt", "repayment-add", "repayment-reverse", "debt-notice", "debt-notice-add"}),
        section=PAYMENTS,
    ),
    Entry(
        _("Payments on hold"),
        "holds",
        "subsidies.view_hold",
        frozenset({"hold-add", "hold-release"}),
        section=PAYMENTS,
    ),
    Entry(
        _("Standards"),
        "standards",
        "subsidies.view_standard",
        frozenset({"standard-add", "standard-edit", "standard-discard", "standard-adopt"}),
        section=PAYMENTS,
    ),
    Entry(
        _("Bank payments"),
        "payments",
        "subsidies.view_payment",
        frozenset(
            {"payment", "payment-retry", "payment-settle", "write-off", "bank-answer", "bank-answer-add"}
            | {"bank-templates", "bank-template", "bank-template-add"}
        ),
        section=PAYMENTS,
    ),
    Entry(
        _("Users and posts"),
        "users",
        "registry.view_user",
        frozenset({"user", "user-add", "user-edit", "user-active", "user-password", "user-member"})
        | {"post-add", "post-end", "post-transfer"},
        section=MANAGEMENT,
    ),
    Entry(_("Audit log"), "audit", "registry.view_auditentry", section=MANAGEMENT),
]


BY_PAGE = {each.page: each for each in MENU}


def entry(page: str) -> Entry:
    """The entry of the menu that opens this page. Raises KeyError."""
    return BY_PAGE[page]


def menu(user, page: str) -> list[dict]:
    """The entries open to the user, by section, with the one the page belongs to marked."""
    entries = sorted((entry for entry in MENU if entry.open_to(user)), key=lambda entry: SECTIONS.index(entry.section))  # type: ignore[arg-type]
    return [
        {
            "label": entry.label,
            "url": reverse(entry.page),
            "current": entry.marked_on(page),
            "heading": entry.section if len(entries) >= LONG else None,
        }
        for entry in entries
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
