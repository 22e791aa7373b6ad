"""The menu, with the permission behind each entry, and what else stands on every page."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType

from django.conf import settings
from django.urls import ResolverMatch, resolve, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from registry.models.roles import GROUP_ROLES, Role

SHORT = 9  # entries, up to which a menu has no folds
FOLDS_COOKIE = "folds"  # the keys of the folds that the reader has left open, set by jygroups.js


@dataclass(frozen=True)
class Entry:
    """A line of the menu. It is marked as the current one on every page whose view is in the same package as its own.

    `more` names further packages or modules of views, and pages (URL names), on which it is. `own` is its label for
    those who see one community only.
    """

    label: str | Promise
    page: str
    permission: str | None  # None: everyone signed in
    more: str = ""
    own: str | Promise = ""

    def label_for(self, user) -> str | Promise:
        return self.own if self.own and user.only_community else self.label

    def open_to(self, user) -> bool:
        return self.permission is None or user.has_perm(self.permission)

    @property
    def views(self) -> str:
        """The package of its view; of SUBJECT_views.py the module alone, as others may share its package."""
        return _module(resolve(reverse(self.page))).removesuffix(".views")


def _module(match: ResolverMatch) -> str:
    return match.func.__module__


START = [Entry(_("Workbench"), "workbench", None, "registry.compliance.finding_views")]
REGISTRATION = [
    Entry(
        _("Communities and groups"),
        "city",
        "registry.view_subdistrict",
        "registry.people registry.compliance.annex registry.imports.paste_views by-election",
        own=_("My community"),
    ),
    Entry(
        _("Look up"),
        "members",
        "registry.view_community",
        "registry.people.members registry.people.employment subsidies.month.member_views member-ledger",
    ),
    Entry(_("Possible duplicates"), "duplicates", "registry.view_community"),
]
WORK = [
    Entry(_("Compliance"), "compliance", "registry.view_community"),
    Entry(_("Tasks given to groups"), "tasks", "registry.view_task"),
    Entry(_("Meetings"), "meetings", "registry.view_activity"),
    Entry(_("Reports"), "reports", "registry.view_report"),
    Entry(_("Visits"), "visits", "registry.view_visit"),
    Entry(_("Visits in figures"), "visit-coverage", "registry.count_visit"),
    Entry(_("Adjustment plans"), "plans", "registry.view_groupplan"),
    Entry(_("Trainings"), "trainings", "registry.view_attendance"),
    Entry(_("Evaluations"), "evaluations", "registry.view_evaluationround"),
]
TASKS = [
    Entry(_("Terms and re-elections"), "terms", "registry.view_term"),
    Entry(_("Prescribed figures and deadlines"), "provisions", "registry.view_provision"),
    Entry(_("Imports"), "imports", "registry.view_importrun"),
    Entry(_("Document templates"), "document-templates", "registry.view_documenttemplate"),
    Entry(_("Transfers between subdistricts"), "transfers", "registry.view_transfer"),
]
PAYMENTS = [
    Entry(_("Stipends"), "months", "subsidies.view_sheet", "subsidies.exports subsidies.notices"),
    Entry(_("What if"), "forecast", "subsidies.view_budget"),
    Entry(_("Comparisons with old spreadsheets"), "parallel-runs", "subsidies.compare_month"),
    Entry(_("Seals"), "seals", "subsidies.verify_seals"),
    Entry(_("Corrections"), "corrections", "subsidies.view_correction"),
    Entry(_("Debts and repayments"), "debts", "subsidies.view_correction"),
    Entry(_("Payments on hold"), "holds", "subsidies.view_hold"),
    Entry(_("Standards"), "standards", "subsidies.view_standard"),
    Entry(_("Bank payments"), "payments", "subsidies.view_payment"),
]
OF_USERS = "user-code user-second-factor-remove user-account-release"  # pages whose views are those of other packages
MANAGEMENT = [
    Entry(_("Users and posts"), "users", "registry.view_user", f"registry.access.posts {OF_USERS}"),
    Entry(_("Posts to agree to"), "posts", "registry.agree_post", "post post-agree post-refuse"),
    Entry(_("Personal data"), "retention", "registry.view_erasure"),
    Entry(_("Audit log"), "audit", "registry.view_auditentry"),
    Entry(_("Audit chain"), "audit-chain", "registry.verify_audit"),
    Entry(_("Messages sent"), "deliveries", "registry.view_delivery"),
]
ACCOUNT = Entry(_("My account"), "account", None)  # in the menu of the user's name


@dataclass(frozen=True)
class Part:
    """A fold of the menu: the entries that do not stand open for the reader. `key` is its name in the cookie."""

    key: str
    heading: str | Promise
    entries: list[Entry]


MENU = [
    Part("start", "", START),
    Part("registration", _("Registration"), REGISTRATION),
    Part("work", _("Work of the groups"), WORK),
    Part("tasks", _("Terms, rules and data"), TASKS),
    Part("payments", _("Payments"), PAYMENTS),
    Part("management", _("Management"), MANAGEMENT),
]
BY_PAGE = {entry.page: entry for entry in (*(entry for part in MENU for entry in part.entries), ACCOUNT)}
# At the foot of a phone, for a group's own people: label, page, and the path of a 24 × 24 icon.
TABS = [
    (_("Home"), "workbench", "M3 11 12 3l9 8M5 9.5V21h14V9.5"),
    (_("To do"), "todo", "M9 6h12M9 12h12M9 18h12M3 6l1.5 1.5L7 4.5M3 12l1.5 1.5L7 10.5M3 18l1.5 1.5L7 16.5"),
    (_("Report"), "report-add", "M12 3 2 21h20zM12 10v5M12 17.5v.5"),
    (_("Me"), "account", "M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M4 21c0-4.5 3.5-6.5 8-6.5s8 2 8 6.5"),
]
# What each role works at every day stands open in its menu, in this order; the rest is in folds.
DESKS = {
    Role.SECRETARY: ["workbench", "city", "months", "reports", "visits"],
    Role.CLERK: ["workbench", "city", "months", "corrections"],
    Role.LEADER: ["workbench", "city", "months", "reports"],
    Role.FINANCE: ["workbench", "months", "payments", "forecast"],
    Role.CIVIL_AFFAIRS: ["workbench", "city", "compliance", "terms"],
    Role.AUDITOR: ["workbench", "seals", "audit", "audit-chain"],
}


def entry(page: str) -> Entry:
    """The entry of the menu that opens this page. Raises KeyError."""
    return BY_PAGE[page]


@cache
def _marked() -> dict[str, Entry]:
    """By page, module of views and package, the entry that is marked there; of several the first one."""
    found = {name: each for each in reversed(BY_PAGE.values()) for name in (each.views, *each.more.split())}
    return found | BY_PAGE


def current(match: ResolverMatch | None) -> Entry | None:
    """The entry to which a page belongs: by its name, else by the module of its view, else by the nearest package."""
    if match is None:
        return None
    module = _module(match)
    packages = [module.rsplit(".", count)[0] for count in range(module.count(".") + 1)]
    return next((_marked()[name] for name in (match.view_name, *packages) if name in _marked()), None)


def menu(
    user, marked: Entry | None, open_keys: Container[str] = (), waiting: Mapping[str, int] = MappingProxyType({})
) -> list[dict]:
    """The entries open to the user: those of the desk, then a fold for each part; no fold for one entry alone.

    A fold is open that holds the marked entry or that the reader has left open. `waiting` says by page how much waits
    for the reader there.
    """

    def lines(entries: Iterable[Entry]) -> list[dict]:
        return [
            {
                "label": each.label_for(user),
                "url": reverse(each.page),
                "current": each is marked,
                "waiting": waiting.get(each.page, 0),
            }
            for each in entries
        ]

    open_to = {part.key: [each for each in part.entries if each.open_to(user)] for part in MENU}
    desk = list(dict.fromkeys(BY_PAGE[page] for post in user.posts_today for page in DESKS.get(post.role, ())))
    if sum(map(len, open_to.values())) <= SHORT:
        desk = [each for entries in open_to.values() for each in entries]
    desk = [each for each in desk if each.open_to(user)]
    found: list[dict] = [{"heading": "", "lines": lines(desk)}]
    for part in MENU:
        rest = [each for each in open_to[part.key] if each not in desk]
        if len(rest) == 1:
            found.append({"heading": "", "lines": lines(rest)})
        elif rest:
            found.append(
                {
                    "key": part.key,
                    "heading": part.heading,
                    "open": marked in rest or part.key in open_keys,
                    "waiting": sum(waiting.get(each.page, 0) for each in rest),
                    "lines": lines(rest),
                }
            )
    return found


def tabs(user, match: ResolverMatch | None) -> list[dict]:
    """The tabs of a phone with the one of this page marked; none for who has a post outside the groups."""
    if not user.posts_today or any(post.role not in GROUP_ROLES for post in user.posts_today):
        return []
    marked = current(match)
    here = match.view_name if match else ""
    if here not in (page for _label, page, _icon in TABS):
        here = marked.page if marked else ""
    return [{"label": label, "url": reverse(page), "icon": icon, "current": page == here} for label, page, icon in TABS]


def left_open(request) -> list[str]:
    """The keys of the folds that the reader has left open."""
    return request.COOKIES.get(FOLDS_COOKIE, "").split(".")


def frame(request) -> dict:
    """Context of every page: the city, and for who is signed in the menu and the posts held today."""
    context = {"city_name": settings.CITY_NAME, "large_text": bool(request.COOKIES.get("large-text"))}
    if settings.OIDC_ISSUER:
        context["oidc_name"] = settings.OIDC_NAME
    user = getattr(request, "user", None)  # missing where an error came before the sign-in was read
    if user is not None and user.is_authenticated:
        marked = current(request.resolver_match)
        context |= {"menu": menu(user, marked, left_open(request)), "menu_page": marked.page if marked else ""}
        context["posts"], context["phone_tabs"] = user.posts_today, tabs(user, request.resolver_match)
        # Counted by its index, up to one more than the bell shows, and where a page shows it.
        context["unread"] = SimpleLazyObject(lambda: user.notifications.unread().order_by()[:100].count())
        if before := request.session.get("previous_sign_in"):
            context["previous_sign_in"] = datetime.fromisoformat(before)
    return context
