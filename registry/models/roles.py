"""The roles and what each may do: the one table of permissions. Where it counts is said by the post that gives it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a post lets its holder do; PERMISSIONS has what is behind each."""

    SYSTEM_ADMINISTRATOR = "system_administrator", _("system administrator")
    CIVIL_AFFAIRS = "civil_affairs", _("civil affairs officer")
    FINANCE = "finance", _("finance officer")
    AUDITOR = "auditor", _("auditor")
    CLERK = "clerk", _("subdistrict clerk")
    LEADER = "leader", _("subdistrict leader")
    SECRETARY = "secretary", _("community secretary")
    GROUP_LEADER = "group_leader", _("group leader")
    GROUP_MEMBER = "group_member", _("group member")


CITY_ROLES = [Role.SYSTEM_ADMINISTRATOR, Role.CIVIL_AFFAIRS, Role.FINANCE, Role.AUDITOR]
SUBDISTRICT_ROLES = [Role.CLERK, Role.LEADER]
GROUP_ROLES = [Role.GROUP_LEADER, Role.GROUP_MEMBER]


def area_of(role: str) -> str:
    """The field of a post that says where: subdistrict, community, group; empty for the city."""
    if role in CITY_ROLES:
        return ""
    if role in SUBDISTRICT_ROLES:
        return "subdistrict"
    return "group" if role in GROUP_ROLES else "community"


# Keeps users and posts; people's records are no business of this one.
WITHOUT_SIGHT = [Role.SYSTEM_ADMINISTRATOR]
# Whose posts a role gives and ends, within its own area; and so whom among the users it sees.
GIVES: dict[str, list[Role]] = {
    Role.SYSTEM_ADMINISTRATOR: list(Role),
    Role.CLERK: [Role.SECRETARY, *GROUP_ROLES],
}

REGISTRY = ["subdistrict", "community", "residentscommittee", "residentsgroup", "term", "building", "member",
            "employmentspell", "appointment", "memberfile", "election", "history", "importrun", "groupplan", "report",
            "activity", "representative", "task", "evaluationround", "evaluation", "attendance",
            "transfer", "provision"]  # fmt: skip
SEE_REGISTRY = {f"registry.view_{model}" for model in REGISTRY} | {"registry.count_visit"}
# What a group's own people see of it.
SEE_GROUP = {f"registry.view_{model}" for model in ("residentsgroup", "activity", "representative", "task")}
SEE_SHEETS = {f"subsidies.view_{model}" for model in ("sheet", "standard", "correction", "hold", "notice")}
# Public notices of a month: who objects is known to the community and its subdistrict only.
SEE_OBJECTORS = {"subsidies.view_objector"}
POST_NOTICES = SEE_OBJECTORS | {"subsidies.post_notice"}
# Rosters, in the community or subdistrict of the post.
KEEP_ROSTERS = (
    {
        f"registry.{act}_{model}"
        for act in ("add", "change")
        for model in ("member", "employmentspell", "appointment", "building", "election")
    }
    | {"registry.export_appointment", "registry.import_appointment", "registry.reveal_member"}
    | {f"registry.{act}_memberfile" for act in ("add", "delete")}
)
# The users who enter minutes of meetings and the residents' representatives.
KEEP_MEETINGS = {f"registry.{act}_activity" for act in ("add", "change", "delete")} | {
    f"registry.{act}_representative" for act in ("add", "change")
}
KEEP_TASKS = {"registry.add_task", "registry.change_task", "registry.finish_task"}

# The groups' own people report, and say whether it is settled 〔四(四)〕; the users of their community handle it.
MAKE_REPORTS = {f"registry.{act}_report" for act in ("view", "add", "change", "confirm")}
HANDLE_REPORTS = MAKE_REPORTS | {"registry.handle_report"}

# Notes on what residents said at home: for the group, its community and its subdistrict alone.
SEE_VISITS = {"registry.view_visit"}
NOTE_VISITS = SEE_VISITS | {"registry.add_visit"}  # and change the own ones
KEEP_VISITS = NOTE_VISITS | {"registry.change_visit", "registry.change_assignment"}

# Committees' own, and those of subdistricts for who has a post there or at the city.
KEEP_TRAINING = {"registry.add_evaluationround", "registry.change_evaluationround", "registry.hold_training"}

# Users and posts: their keepers; GIVES and the area of the post say which.
KEEP_USERS = {"registry.view_user", "registry.keep_user", "registry.view_post", "registry.give_post"}

# Who may take which step of a month's sheet; subsidies/models/steps.py has from where to where each leads.
SHEET_STEPS: dict[str, set[Role]] = {
    "subsidies.prepare_sheet": {Role.CLERK},
    "subsidies.prepare_lines": {Role.CLERK, Role.SECRETARY},
    "subsidies.confirm_lines": {Role.CLERK, Role.SECRETARY},
    "subsidies.submit_sheet": {Role.CLERK},
    "subsidies.endorse_sheet": {Role.LEADER},
    "subsidies.approve_sheet": {Role.FINANCE},
    "subsidies.return_sheet": {Role.LEADER, Role.FINANCE},
    "subsidies.settle_sheet": {Role.FINANCE},
}

GRANTED: dict[str, set[str]] = {
    Role.SYSTEM_ADMINISTRATOR: KEEP_USERS | {"registry.view_history"},
    Role.CIVIL_AFFAIRS: SEE_REGISTRY
    | SEE_SHEETS
    | KEEP_TRAINING
    | {
        "registry.add_term",
        "registry.change_term",
        "registry.add_provision",
        "registry.change_provision",
        "registry.decide_groupplan",
        "subsidies.draft_standard",
        "subsidies.view_budget",
    },
    Role.FINANCE: SEE_REGISTRY
    | SEE_SHEETS
    | {
        "registry.reveal_member",
        "subsidies.change_deadlines",
        "subsidies.verify_seals",
        "subsidies.view_payment",
        "subsidies.export_bank_file",
        "subsidies.change_banktemplate",
        "subsidies.propose_correction",
        "subsidies.decide_large_correction",
        "subsidies.reverse_repayment",
        "subsidies.adopt_standard",
        "subsidies.compare_month",
        "subsidies.export_sheet",
        "subsidies.view_budget",
        "subsidies.change_budget",
    },
    Role.AUDITOR: SEE_REGISTRY
    | SEE_SHEETS
    | {"registry.view_auditentry", "subsidies.verify_seals", "subsidies.view_payment", "subsidies.view_budget"},
    Role.CLERK: SEE_REGISTRY
    | SEE_SHEETS
    | KEEP_VISITS
    | KEEP_ROSTERS
    | KEEP_MEETINGS
    | KEEP_TASKS
    | KEEP_TRAINING
    | KEEP_USERS
    | HANDLE_REPORTS
    | POST_NOTICES
    | {
        "registry.handle_escalated_report",
        "registry.change_community",
        "registry.import_residentsgroup",
        "registry.merge_member",
        "registry.hand_over_member",
        "registry.send_transfer",
        "registry.answer_transfer",
        "registry.close_term",  # the subdistrict leads re-elections 〔六〕: secretaries prepare, the clerk carries out
        "registry.tie_member",
        "registry.add_groupplan",
        "registry.change_groupplan",
        "subsidies.propose_correction",
        "subsidies.decide_correction",
        "subsidies.add_repayment",
        "subsidies.reverse_repayment",
        "subsidies.add_debtnotice",
        "subsidies.hold_payment",
        "subsidies.compare_month",
        "subsidies.export_sheet",
        "subsidies.view_payment",
    },
    Role.LEADER: SEE_REGISTRY
    | SEE_SHEETS
    | SEE_VISITS
    | SEE_OBJECTORS
    | {"registry.submit_groupplan", "subsidies.view_payment"},
    Role.SECRETARY: SEE_REGISTRY
    | SEE_SHEETS
    | KEEP_VISITS
    | KEEP_ROSTERS
    | KEEP_MEETINGS
    | KEEP_TASKS
    | KEEP_TRAINING
    | HANDLE_REPORTS
    | POST_NOTICES,
    Role.GROUP_LEADER: MAKE_REPORTS
    | KEEP_VISITS
    | SEE_GROUP
    | {"registry.view_member", "registry.view_appointment", "registry.add_activity", "registry.change_activity"}
    | {"registry.finish_task"},
    Role.GROUP_MEMBER: MAKE_REPORTS | NOTE_VISITS | SEE_GROUP,
}
PERMISSIONS: dict[str, set[str]] = {
    role: granted | {step for step, roles in SHEET_STEPS.items() if role in roles} for role, granted in GRANTED.items()
}


def roles_with(permission: str) -> list[Role]:
    """The roles whose posts give the permission."""
    return [role for role in Role if permission in PERMISSIONS[role]]
