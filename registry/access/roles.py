"""What each role may do. The one table of permissions; areas of sight are `visible_to`'s affair."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q

from registry.models import CITY_ROLES, Community, ResidentsGroup, Role, Subdistrict, User

REGISTRY = ["subdistrict", "community", "residentscommittee", "residentsgroup", "term", "building", "member",
            "employmentspell", "appointment", "memberfile", "election", "history", "importrun", "groupplan", "report",
            "activity", "representative", "task", "evaluationround", "evaluation", "attendance",
            "transfer"]  # fmt: skip
SEE_REGISTRY = {f"registry.view_{model}" for model in REGISTRY} | {"registry.count_visit"}
# What a group's own people see of it.
SEE_GROUP = {f"registry.view_{model}" for model in ("residentsgroup", "activity", "representative", "task")}
SEE_SHEETS = {f"subsidies.view_{model}" for model in ("sheet", "standard", "correction", "hold", "notice")}
# Public notices of a month: who objects is known to the community and its subdistrict only.
SEE_OBJECTORS = {"subsidies.view_objector"}
POST_NOTICES = SEE_OBJECTORS | {"subsidies.post_notice"}
# Whoever keeps a roster; `communities` says which.
KEEP_ROSTERS = (
    {
        f"registry.{act}_{model}"
        for act in ("add", "change")
        for model in ("member", "employmentspell", "appointment", "building", "election")
    }
    | {"registry.export_appointment", "registry.import_appointment", "registry.reveal_member"}
    | {f"registry.{act}_memberfile" for act in ("add", "delete")}
)
# Whoever keeps the minutes of meetings, and who represents residents.
KEEP_MEETINGS = {f"registry.{act}_activity" for act in ("add", "change", "delete")} | {
    f"registry.{act}_representative" for act in ("add", "change")
}
KEEP_TASKS = {"registry.add_task", "registry.change_task", "registry.finish_task"}

# The groups' own people report, and say whether it is settled 〔四(四)〕; whoever keeps their community handles it.
MAKE_REPORTS = {f"registry.{act}_report" for act in ("view", "add", "change", "confirm")}
HANDLE_REPORTS = MAKE_REPORTS | {"registry.handle_report"}

# Notes on what residents said at home: for the group, its community and its subdistrict alone.
SEE_VISITS = {"registry.view_visit"}
NOTE_VISITS = SEE_VISITS | {"registry.add_visit"}  # and change the own ones
KEEP_VISITS = NOTE_VISITS | {"registry.change_visit", "registry.change_assignment"}

# Committees' own; those of subdistricts are led by who has a post there or at the city.
KEEP_TRAINING = {"registry.add_evaluationround", "registry.change_evaluationround", "registry.hold_training"}

# Whoever keeps users and gives posts; GIVES and the area of the post say which.
KEEP_USERS = {"registry.view_user", "registry.keep_user", "registry.view_post", "registry.give_post"}

PERMISSIONS: dict[str, set[str]] = {
    Role.SYSTEM_ADMINISTRATOR: KEEP_USERS | {"registry.view_history"},
    Role.CIVIL_AFFAIRS: SEE_REGISTRY
    | SEE_SHEETS
    | KEEP_TRAINING
    | {
        "registry.add_term",
        "registry.change_term",
        "registry.decide_groupplan",
        "registry.lead_evaluationround",
        "registry.lead_training",
        "subsidies.draft_standard",
        "subsidies.view_budget",
    },
    Role.FINANCE: SEE_REGISTRY
    | SEE_SHEETS
    | {
        "registry.reveal_member",
        "subsidies.approve_sheet",
        "subsidies.return_sheet",
        "subsidies.settle_sheet",
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
        "registry.lead_evaluationround",
        "registry.lead_training",
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
        "subsidies.prepare_sheet",
        "subsidies.prepare_lines",
        "subsidies.confirm_lines",
        "subsidies.submit_sheet",
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
    | {"registry.submit_groupplan", "subsidies.endorse_sheet", "subsidies.return_sheet", "subsidies.view_payment"},
    Role.SECRETARY: SEE_REGISTRY
    | SEE_SHEETS
    | KEEP_VISITS
    | KEEP_ROSTERS
    | KEEP_MEETINGS
    | KEEP_TASKS
    | KEEP_TRAINING
    | HANDLE_REPORTS
    | POST_NOTICES
    | {"subsidies.prepare_lines", "subsidies.confirm_lines"},
    Role.GROUP_LEADER: MAKE_REPORTS
    | KEEP_VISITS
    | SEE_GROUP
    | {"registry.view_member", "registry.view_appointment", "registry.add_activity", "registry.change_activity"}
    | {"registry.finish_task"},
    Role.GROUP_MEMBER: MAKE_REPORTS | NOTE_VISITS | SEE_GROUP,
}


class PostsBackend(ModelBackend):
    """Permissions of a user: those of the posts held today, and all for the superuser kept for repair."""

    def get_all_permissions(self, user_obj, obj=None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        return set().union(*(PERMISSIONS[post.role] for post in user_obj.posts_today))


def communities(user: User, permission: str):
    """The communities for which one of the user's posts gives the permission.

    Sight alone is not enough: one user may be the secretary of one community and the leader of another subdistrict.
    """
    posts = [post for post in user.posts_today if permission in PERMISSIONS[post.role]]
    if user.is_superuser or any(post.role in CITY_ROLES for post in posts):
        return Community.objects.all()
    return Community.objects.filter(
        Q(pk__in=[post.community_id for post in posts if post.community_id])
        | Q(subdistrict__in=[post.subdistrict_id for post in posts if post.subdistrict_id])
    )


def organises(user: User, row, *, committee: str, subdistrict: str) -> bool:
    """Whether a post gives the permission for what a committee holds, or the other one for what a subdistrict does."""
    if row.committee:
        return row.committee.community in communities(user, committee)
    return row.subdistrict in subdistricts(user, subdistrict)


def groups(user: User, permission: str):
    """The groups for which one of the user's posts gives the permission: of its communities, or the user's own."""
    own = [post.group_id for post in user.posts_today if post.group_id and permission in PERMISSIONS[post.role]]
    return ResidentsGroup.objects.filter(Q(pk__in=own) | Q(committee__community__in=communities(user, permission)))


def subdistricts(user: User, permission: str):
    """The subdistricts for which a post of the user's there, or at the city, gives a permission that no other has."""
    return Subdistrict.objects.filter(pk__in=communities(user, permission).values("subdistrict").order_by())
