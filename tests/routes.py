"""Every route of the site, with who may use it: the table that tests/test_routes.py checks against the site.

A new route without its row here fails the build.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.world import MONTH

CITY = {"finance", "civil", "auditor"}
SUBDISTRICT = {"clerk", "leader"}
OFFICES = {"secretary", *SUBDISTRICT, *CITY}  # the roles that work with the registers
KEEPERS = {"secretary", "clerk"}  # of rosters
MINUTES = {*KEEPERS, "group_leader"}  # the roles that write those of meetings
USERS = {"sysadmin", "clerk"}  # the roles that edit users and posts
BANK = {"clerk", "leader", "finance", "auditor"}  # the roles that see what became of the money
EVALUATORS = {*KEEPERS, "civil"}
TEMPLATES = {*EVALUATORS, "finance"}  # the roles that hand them in
GROUP = {"group_leader", "group_member"}
REPORTERS = {*KEEPERS, *GROUP}
EVERYONE = {*OFFICES, *GROUP, "sysadmin"}


@dataclass(frozen=True)
class Route:
    """Who may use a route, on what, and how.

    `args` makes the address's arguments of a place; a route without any is of no place. `reach` names which places'
    rows a role sees: its community's, for `subdistrict` all places of the subdistricts it has a community in, or
    those `everywhere`; for `users` the system administrator sees all, of `visits` nobody of the city sees any,
    and of `reader` only who it is for, none of the world's.
    """

    roles: set[str]
    args: Callable[[Any], list] = field(default=lambda place: [])
    method: str = "get"
    data: Callable[[Any], dict] = field(default=lambda place: {})
    reach: str = "community"
    forms: bool = False  # its page has forms (class «edit») that, sent unchanged, change nothing
    query: str = ""

    @property
    def of_place(self) -> bool:
        return bool(self.args(_Anything()))


def sees(role: str, place: str, route: Route) -> bool:
    """Whether the role's area of sight holds the place."""
    if route.reach == "reader" or (route.reach == "visits" and role in {*CITY, "sysadmin"}):
        return False
    if role in CITY or route.reach == "everywhere" or (role == "sysadmin" and route.reach == "users"):
        return True
    if role in SUBDISTRICT or (role == "secretary" and route.reach == "subdistrict"):
        return place in ("own", "sibling")
    return place == "own"


class _Anything:
    def __getattr__(self, name):
        return self

    def __str__(self):
        return "1"


# Open without signing in, or of the framework itself, with tests of their own.
APART = {
    "admin-password", "attachment-kept", "home", "login", "login-code", "logout", "manifest", "offline",
    "oidc", "oidc-callback", "worker",
    "set_language", "sign-in-code",
}  # fmt: skip

OF_USER = Route(USERS, lambda place: [place.user.pk], reach="users")
WAITING_POST = Route({"sysadmin", "leader"}, lambda place: [place.waiting_post.pk], reach="users")
LOST_FACTOR = Route({"sysadmin", "leader"}, lambda place: [place.lost_factor.pk], reach="users")
ROUTES: dict[str, Route] = {
    # The frame
    "workbench": Route(EVERYONE),
    "todo": Route(EVERYONE),
    "search": Route(OFFICES | {"group_leader"}, query="?q=金雀"),
    "suggest": Route(OFFICES | {"group_leader"}, method="post", data=lambda place: {"q": "金雀"}),
    "menu": Route(EVERYONE),
    **dict.fromkeys(["text-size", "undo"], Route(EVERYONE, method="post")),
    "view-save": Route(OFFICES, lambda place: ["document-templates"], reach="everywhere", query="?sort=title"),
    "findings": Route(OFFICES | GROUP),
    "audit": Route({"auditor"}),
    # Personal data: its periods, and its erasure
    "retention": Route(CITY),
    "retention-over": Route(CITY, lambda place: ["keep_contact"], reach="everywhere"),
    "erasure-propose": Route({"civil"}, lambda place: ["keep_contact"], reach="everywhere"),
    "erasure": Route(CITY, lambda place: [place.erasure.pk], reach="everywhere"),
    "accesses": Route({"auditor"}),
    "privacy-report": Route(CITY),
    "personal-data": Route(KEEPERS, lambda place: [place.member.pk]),
    "own-data": Route(EVERYONE),
    "erasure-agree": Route({"civil", "finance"}, lambda place: [place.erasure.pk], reach="everywhere"),
    "erasure-refuse": Route({"civil", "finance"}, lambda place: [place.erasure.pk], reach="everywhere"),
    "audit-chain": Route({"auditor", "sysadmin"}),
    **dict.fromkeys(["audit-chain-verify", "audit-chain-head"], Route({"auditor", "sysadmin"}, method="post")),
    "issued-head": Route({"auditor", "sysadmin"}, lambda place: [place.head.pk], reach="everywhere"),
    # Areas
    "city": Route(OFFICES),
    "subdistrict": Route(OFFICES, lambda place: [place.subdistrict.code], reach="subdistrict"),
    "community": Route(OFFICES, lambda place: [place.community.code]),
    "group": Route(OFFICES | GROUP, lambda place: [place.group.pk]),
    "community-edit": Route({"clerk"}, lambda place: [place.community.code], forms=True),
    "committee-edit": Route({"clerk"}, lambda place: [place.community.code], forms=True),
    # Compliance with the document
    "compliance": Route(OFFICES),
    "compliance-subdistrict": Route(OFFICES, lambda place: [place.subdistrict.code], reach="subdistrict"),
    "compliance-community": Route(OFFICES, lambda place: [place.community.code]),
    "compliance-report": Route(OFFICES),
    # What committees give their groups to do
    "tasks": Route(OFFICES | GROUP),
    "task-give": Route(KEEPERS),
    "task": Route(OFFICES | GROUP, lambda place: [place.task.pk]),
    "task-edit": Route(KEEPERS, lambda place: [place.task.pk], forms=True),
    "task-done": Route({*KEEPERS, "group_leader"}, lambda place: [place.task.pk]),
    "community-buildings": Route(OFFICES, lambda place: [place.community.code]),
    "building-add": Route(KEEPERS, lambda place: [place.community.code]),
    "building-edit": Route(KEEPERS, lambda place: [place.building.pk], forms=True),
    "buildings-cover": Route(
        KEEPERS, lambda place: [place.community.code], method="post",
        data=lambda place: {"buildings": [place.bare_building.pk], "group": place.group.pk},
    ),
    "city-committees-annex": Route(OFFICES),
    "city-groups-annex": Route(OFFICES),
    "committees-annex": Route(OFFICES, lambda place: [place.subdistrict.code], reach="subdistrict"),
    "groups-annex": Route(OFFICES, lambda place: [place.subdistrict.code], reach="subdistrict"),
    # Lists
    **{
        name: Route(OFFICES)
        for name in ("members", "appointments", "groups", "committees", "buildings", "vacancies", "expiring")
    },
    "committee": Route(OFFICES, lambda place: [place.community.code]),
    # Transfers between subdistricts
    "transfers": Route(OFFICES),
    "transfer": Route(OFFICES, lambda place: [place.transfer.pk]),
    "member-transfer": Route({"clerk"}, lambda place: [place.member.pk]),
    "transfer-accept": Route({"clerk"}, lambda place: [place.incoming.pk]),
    "transfer-decline": Route({"clerk"}, lambda place: [place.incoming.pk]),
    "transfer-withdraw": Route({"clerk"}, lambda place: [place.transfer.pk]),
    # Rosters
    "roster-person": Route(KEEPERS, lambda place: [place.appointment.pk], forms=True),
    "office-end": Route(KEEPERS, lambda place: [place.appointment.pk]),
    "office-move": Route(KEEPERS, lambda place: [place.appointment.pk]),
    "office-correct": Route(KEEPERS, lambda place: [place.appointment.pk], forms=True),
    "office-employment": Route(KEEPERS, lambda place: [place.appointment.pk], forms=True),
    "leader-change": Route(KEEPERS, lambda place: [place.group.pk]),
    "group-appoint": Route(KEEPERS, lambda place: [place.group.pk]),
    "committee-appoint": Route(KEEPERS, lambda place: [place.committee.pk]),
    "group-paste": Route(KEEPERS, lambda place: [place.group.pk]),
    "committee-paste": Route(KEEPERS, lambda place: [place.committee.pk]),
    "export-roster": Route(KEEPERS, lambda place: [place.community.code], method="post"),
    "document-templates": Route(OFFICES),
    **{"document-fields": Route(OFFICES), "document-template-add": Route(TEMPLATES)},
    "document-choose": Route(OFFICES, lambda place: ["community", place.community.code]),
    "document-template": Route(OFFICES, lambda place: [place.document.pk]),
    "document-template-remove": Route(TEMPLATES, lambda place: [place.document.pk]),
    "document-blank": Route(OFFICES, lambda place: [place.document.pk], "post"),
    "document-fill": Route(OFFICES, lambda place: [place.document.pk], "post", lambda place: {"place": place.address}),
    "imports": Route(OFFICES),
    "import-template": Route(KEEPERS, query="?kind=roster"),
    "import-upload": Route(KEEPERS),
    "import-run": Route(OFFICES, lambda place: [place.run.pk]),
    "import-progress": Route(OFFICES, lambda place: [place.run.pk]),
    "import-report": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-columns": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-rows": Route(KEEPERS, lambda place: [place.run.pk]),
    "import-answers": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-good": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-wrong": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-restart": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-confirm": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    "import-undo": Route(KEEPERS, lambda place: [place.run.pk]),
    "import-abandon": Route(KEEPERS, lambda place: [place.run.pk], method="post"),
    # Members
    "member": Route(OFFICES | {"group_leader"}, lambda place: [place.member.pk]),
    "member-edit": Route(KEEPERS, lambda place: [place.member.pk], forms=True),
    "member-hand-over": Route({"clerk"}, lambda place: [place.member.pk], forms=True),
    "reveal": Route({*KEEPERS, "finance"}, lambda place: [place.member.pk, "id_number"]),
    "employment-add": Route(KEEPERS, lambda place: [place.member.pk]),
    "employment-edit": Route(KEEPERS, lambda place: [place.spell.pk], forms=True),
    "employment-end": Route(KEEPERS, lambda place: [place.spell.pk], forms=True),
    "employment-remove": Route(KEEPERS, lambda place: [place.spell.pk]),
    "file-add": Route(KEEPERS, lambda place: [place.member.pk]),
    "file": Route(OFFICES, lambda place: [place.file.pk], method="post"),
    "file-remove": Route(KEEPERS, lambda place: [place.file.pk]),
    # Visits
    "visits": Route(REPORTERS | {"leader"}),
    "visit-add": Route(REPORTERS),
    "visit": Route(REPORTERS | {"leader"}, lambda place: [place.visit.pk]),
    "visit-edit": Route(REPORTERS, lambda place: [place.visit.pk], forms=True),
    "visit-settle": Route(REPORTERS, lambda place: [place.visit.pk]),
    "visiting-list": Route(REPORTERS | {"leader"}, lambda place: [place.group.pk]),
    "assignments": Route(REPORTERS - {"group_member"}, lambda place: [place.group.pk], forms=True),
    "visit-coverage": Route(OFFICES),
    "attachment": Route(EVERYONE, lambda place: [place.attachment.pk], reach="visits"),
    "attachment-remove": Route(REPORTERS, lambda place: [place.attachment.pk]),
    "duplicates": Route(OFFICES),
    "merge": Route({"clerk"}, lambda place: [place.member.pk, place.committee_member.pk]),
    "tell-apart": Route({"clerk", "civil"}, lambda place: [place.member.pk, place.committee_member.pk]),
    "ask-again": Route({"clerk", "civil"}, lambda place: [place.member.pk, place.committee_member.pk]),
    "history": Route(OFFICES, lambda place: ["member", place.member.pk]),
    # Reports
    "reports": Route(OFFICES | GROUP),
    "report-add": Route(REPORTERS),
    "report-figures": Route(OFFICES | GROUP),
    "report": Route(OFFICES | GROUP, lambda place: [place.report.pk]),
    "report-edit": Route(REPORTERS, lambda place: [place.report.pk], forms=True),
    **{f"report-{step}": Route(KEEPERS, lambda place: [place.report.pk]) for step in ("take", "handle", "escalate")},
    **{
        f"report-{step}": Route(REPORTERS, lambda place: [place.report.pk])
        for step in ("confirm", "give-back", "visit-back", "note")
    },
    # Terms and re-elections
    "terms": Route(OFFICES),
    "term": Route(OFFICES, lambda place: [place.term.pk], reach="everywhere"),
    "term-add": Route({"civil"}),
    "term-edit": Route({"civil"}, lambda place: [place.term.pk], reach="everywhere", forms=True),
    "provisions": Route(OFFICES),
    "provision-add": Route({"civil"}, lambda place: ["group_size"], reach="everywhere"),
    "provision-edit": Route({"civil"}, lambda place: [place.provision.pk], reach="everywhere", forms=True),
    "election": Route(OFFICES, lambda place: [place.term.pk, place.community.code]),
    "election-edit": Route(KEEPERS, lambda place: [place.term.pk, place.community.code], forms=True),
    "election-confirm": Route({"clerk"}, lambda place: [place.term.pk, place.community.code]),
    "elections-confirm": Route({"clerk"}, lambda place: [place.term.pk, place.subdistrict.code], reach="subdistrict"),
    "election-workbook": Route(KEEPERS, lambda place: [place.term.pk, place.community.code], method="post"),
    "election-upload": Route(KEEPERS, lambda place: [place.term.pk, place.community.code]),
    "election-stipends": Route(OFFICES, lambda place: [place.term.pk, place.community.code]),
    "overdue": Route(KEEPERS),
    "by-election": Route(KEEPERS, lambda place: [place.community.code]),
    # Adjustment plans
    "plans": Route(OFFICES),
    "plan-begin": Route({"clerk"}),
    "plan": Route(OFFICES, lambda place: [place.plan.pk]),
    "plan-edit": Route({"clerk"}, lambda place: [place.plan.pk], forms=True),
    "plan-request": Route(OFFICES, lambda place: [place.plan.pk]),
    "plan-submit": Route({"leader"}, lambda place: [place.plan.pk]),
    "plan-take-back": Route({"leader"}, lambda place: [place.plan.pk], method="post"),
    "plan-decide": Route({"civil"}, lambda place: [place.plan.pk]),
    "plan-apply": Route({"civil"}, lambda place: [place.plan.pk]),
    "plan-stipends": Route(OFFICES, lambda place: [place.plan.pk]),
    "plan-discard": Route({"clerk"}, lambda place: [place.plan.pk]),
    # Trainings and evaluations
    **{name: Route(OFFICES) for name in ("trainings", "training-people", "evaluations", "evaluation-results")},
    **{name: Route(EVALUATORS) for name in ("training-add", "evaluation-add")},
    "training": Route(OFFICES, lambda place: [place.training.pk]),
    "training-edit": Route(EVALUATORS, lambda place: [place.training.pk], forms=True),
    "training-remove": Route(EVALUATORS, lambda place: [place.training.pk]),
    "training-invite": Route(EVALUATORS, lambda place: [place.training.pk], method="post"),
    "training-sheet": Route(OFFICES, lambda place: [place.training.pk]),
    "training-sign-in": Route(EVALUATORS, lambda place: [place.training.pk, place.community.code], forms=True),
    "evaluation-round": Route(OFFICES, lambda place: [place.open_round.pk]),
    "evaluation-edit": Route(EVALUATORS, lambda place: [place.open_round.pk], forms=True),
    "evaluation-remove": Route(EVALUATORS, lambda place: [place.open_round.pk]),
    "evaluation-finish": Route(EVALUATORS, lambda place: [place.open_round.pk], method="post"),
    "evaluation-reopen": Route(EVALUATORS, lambda place: [place.open_round.pk], method="post"),
    "evaluation-close": Route(EVALUATORS, lambda place: [place.open_round.pk]),
    "evaluation-notices": Route(OFFICES, lambda place: [place.closed_round.pk]),
    "evaluation-notice": Route(OFFICES, lambda place: [place.evaluation.pk]),
    # Meetings and residents' representatives
    "meetings": Route(OFFICES | GROUP),
    "meeting-start": Route(MINUTES),
    "group-meeting-add": Route(MINUTES, lambda place: ["review", place.group.pk]),
    "committee-meeting-add": Route(KEEPERS, lambda place: [place.community.code]),
    "meeting": Route(OFFICES | GROUP, lambda place: [place.meeting.pk]),
    "meeting-edit": Route(MINUTES, lambda place: [place.meeting.pk], forms=True),
    "minutes": Route(OFFICES | GROUP, lambda place: [place.meeting.pk]),
    "meeting-remove": Route(KEEPERS, lambda place: [place.meeting.pk]),
    "representatives": Route(OFFICES | GROUP),
    "representative-add": Route(KEEPERS, lambda place: [place.group.pk]),
    "representative-edit": Route(KEEPERS, lambda place: [place.representative.pk], forms=True),
    # Users and posts
    "users": Route(USERS),
    "user-add": Route(USERS),
    **dict.fromkeys(["user", "user-active", "user-code", "user-password"], OF_USER),
    **dict.fromkeys(["user-account-release", "user-second-factor-remove"], OF_USER),
    "user-edit": Route(USERS, lambda place: [place.user.pk], reach="users", forms=True),
    "user-unlock": Route(USERS, lambda place: [place.user.pk], method="post", reach="users"),
    "user-member": Route({"clerk"}, lambda place: [place.user.pk], forms=True),
    "post-add": Route(USERS, lambda place: [place.user.pk], reach="users"),
    "post-end": Route(USERS, lambda place: [place.post.pk], reach="users"),
    "post-withdraw": Route(USERS, lambda place: [place.post.pk], method="post", reach="users"),  # has begun
    "post-transfer": Route(USERS, lambda place: [place.post.pk], reach="users"),
    "posts": Route({"sysadmin", "leader"}),
    **dict.fromkeys(["post", "post-agree", "post-refuse"], WAITING_POST),
    **dict.fromkeys(["factor-removal-agree", "factor-removal-refuse"], LOST_FACTOR),
    **{
        name: Route(EVERYONE)
        for name in (
            "roles", "account", "second-factor", "second-factor-set-up", "second-factor-off", "recovery-codes",
            "passkey-add", "passkey-remove", "password", "confirm-password", "notifications", "notification-settings",
        )
    },
    **dict.fromkeys(["sessions-end", "notifications-read"], Route(EVERYONE, method="post")),
    **dict.fromkeys(["view-edit", "view-remove"], Route(EVERYONE, lambda place: [place.saved_view.pk], reach="reader")),
    "notification": Route(EVERYONE, lambda place: [place.notification.pk], reach="reader"),
    **{name: Route({"sysadmin"}) for name in ("deliveries", "robots", "robot-add")},
    "robot-edit": Route({"sysadmin"}, lambda place: [place.robot.pk], reach="everywhere", forms=True),
    "robot-test": Route({"sysadmin"}, lambda place: [place.robot.pk], method="post", reach="everywhere"),
    # Stipends
    "months": Route(OFFICES),
    "compute": Route({"clerk"}, method="post"),
    "sheet": Route(OFFICES, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    **{
        name: Route(OFFICES, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict")
        for name in (
            "sheet-changes", "sheet-unpaid", "sheet-settlements", "sheet-unusual", "sheet-events", "sheet-outdated",
        )
    },
    "sheet-confirm": Route(KEEPERS, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "community-compute": Route(KEEPERS, lambda place: [MONTH, place.community.code], method="post"),
    "community-confirm": Route(KEEPERS, lambda place: [MONTH, place.community.code]),
    "sheet-submit": Route({"clerk"}, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "sheet-endorse": Route({"leader"}, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "sheet-return": Route({"leader", "finance"}, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "sheet-approve": Route({"finance"}, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "audit-pack": Route({"auditor"}, lambda place: [MONTH, place.subdistrict.code], method="post", reach="subdistrict"),
    # Public notices
    "notices": Route(OFFICES, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "notices-post": Route(KEEPERS, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "notices-close": Route(KEEPERS, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "notice-paper": Route(OFFICES, lambda place: [MONTH, place.community.code]),
    "notice": Route(OFFICES, lambda place: [place.notice.pk]),
    "notice-edit": Route(KEEPERS, lambda place: [place.notice.pk], forms=True),
    "notice-close": Route(KEEPERS, lambda place: [place.notice.pk]),
    "objection-add": Route(KEEPERS, lambda place: [place.notice.pk]),
    "objection-edit": Route(KEEPERS, lambda place: [place.objection.pk], forms=True),
    "objection-answer": Route(KEEPERS, lambda place: [place.objection.pk]),
    "notice-photo": Route(OFFICES, lambda place: [place.notice_photo.pk]),
    "notice-photo-remove": Route(KEEPERS, lambda place: [place.notice_photo.pk]),
    "forecast": Route(CITY, query="?rate_group_leader=400&rate_group_member=200&yearly_increment=50&reference_day=1"
                      "&service_basis=cumulative&counts_employed_service=on&since=2099-01"),
    "forecast-workbook": Route(CITY, method="post"),
    "budget": Route(CITY, lambda place: [2027], reach="everywhere"),
    "budget-edit": Route({"finance"}, lambda place: [2027, place.subdistrict.code], reach="everywhere", forms=True),
    "parallel-runs": Route({"clerk", "finance"}),
    "parallel-add": Route({"clerk", "finance"}),
    "parallel-run": Route({"clerk", "finance"}, lambda place: [place.parallel.pk], reach="subdistrict"),
    "parallel-columns": Route({"clerk", "finance"}, lambda place: [place.parallel.pk], reach="subdistrict"),
    "parallel-remove": Route({"clerk", "finance"}, lambda place: [place.parallel.pk], reach="subdistrict"),
    "seals": Route({"auditor", "finance"}),
    "seals-verify": Route({"auditor", "finance"}, method="post"),
    "deadlines": Route(OFFICES),
    "usual-deadlines": Route({"finance"}, forms=True),
    "month-deadlines": Route({"finance"}, lambda place: [MONTH], reach="everywhere", forms=True),
    "line-statement": Route(OFFICES | {"group_member"}, lambda place: [MONTH, place.member.pk]),
    "export": Route({"clerk", "finance"}, lambda place: [MONTH, place.subdistrict.code], reach="subdistrict"),
    "city-export": Route({"finance"}, lambda place: [MONTH], reach="everywhere"),
    "payments": Route(BANK),
    "reconciliation": Route(BANK),
    "payment": Route(BANK, lambda place: [MONTH.previous, place.subdistrict.code], reach="subdistrict"),
    "payment-make": Route({"finance"}, lambda place: [MONTH.previous, place.subdistrict.code], reach="subdistrict"),
    "payment-settle": Route({"finance"}, lambda place: [MONTH.previous, place.subdistrict.code], reach="subdistrict"),
    "payment-withdraw": Route({"finance"}, lambda place: [place.answer.payment.pk], reach="subdistrict"),
    "bank-answer-add": Route({"finance"}, lambda place: [MONTH.previous, place.subdistrict.code], reach="subdistrict"),
    "bank-answer": Route(BANK, lambda place: [place.answer.pk], reach="subdistrict"),
    "bank-answer-discard": Route({"finance"}, lambda place: [place.answer.pk]),
    "bank-answer-revoke": Route({"finance"}, lambda place: [place.answer.pk]),
    "give-up": Route({"finance"}, lambda place: [MONTH.previous, place.member.pk]),
    "reinstate": Route({"finance"}, lambda place: [MONTH.previous, place.member.pk]),
    "bank-templates": Route({"finance"}),
    "bank-template-add": Route({"finance"}),
    "bank-templates-ready": Route({"finance"}, method="post"),
    "bank-template": Route({"finance"}, lambda place: [place.template.pk], reach="everywhere", forms=True),
    "line": Route(OFFICES | {"group_member"}, lambda place: [MONTH, place.member.pk]),
    # Corrections, holds, ledgers, Standards
    "corrections": Route(OFFICES),
    "corrections-propose": Route({"clerk", "finance"}, method="post"),
    "corrections-decide": Route({"clerk", "finance"}, query="?state=accepted"),
    "correction": Route(OFFICES, lambda place: [place.correction.pk]),
    "debts": Route(OFFICES),
    "debt": Route(OFFICES, lambda place: [place.debtor.pk]),
    "repayment-add": Route({"clerk"}, lambda place: [place.debtor.pk]),
    "debt-notice-add": Route({"clerk"}, lambda place: [place.debtor.pk]),
    "debt-notice": Route(OFFICES, lambda place: [place.debt_notice.pk]),
    "repayment-reverse": Route({"clerk", "finance"}, lambda place: [place.repayment.pk]),
    "holds": Route(OFFICES),
    "hold-add": Route({"clerk"}),
    "hold-release": Route({"clerk"}, lambda place: [place.hold.pk]),
    "year-accounts": Route(OFFICES, lambda place: [2026], reach="everywhere"),
    "member-ledger": Route(OFFICES, lambda place: [place.member.pk]),
    "standards": Route(OFFICES),
    "standard-add": Route({"civil"}),
    "standard-edit": Route({"civil"}, lambda place: [place.draft.pk], reach="everywhere", forms=True),
    "standard-discard": Route({"civil"}, lambda place: [place.draft.pk], reach="everywhere"),
    "standard-adopt": Route({"finance"}, lambda place: [place.draft.pk], reach="everywhere"),
    "member-stipends": Route(OFFICES, lambda place: [place.member.pk]),
    "stipend-preview": Route(
        KEEPERS, lambda place: ["office-end", place.appointment.pk], method="post",
        data=lambda place: {"last_day": "2026-11-30", "end_reason": "resignation"},
    ),
    "group-stipends": Route(OFFICES, lambda place: [place.group.pk]),
    "committee-stipends": Route(OFFICES, lambda place: [place.committee.pk]),
    "stipend-now": Route(OFFICES, lambda place: [place.member.pk]),
    "newest-line": Route(OFFICES, lambda place: [place.member.pk]),
}  # fmt: skip
