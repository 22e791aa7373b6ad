"""The roles and what each may do: the one table of permissions. The post that gives a role defines its area."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a post lets its holder do, as ROLE_ACTS has it."""

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


# They compute, endorse, approve, lay down or administer: the password alone does not let them in (SECOND_FACTOR).
SECOND_FACTOR_ROLES = [Role.SYSTEM_ADMINISTRATOR, Role.CIVIL_AFFAIRS, Role.FINANCE, Role.CLERK, Role.LEADER]
# Manages users and posts, and sees no people's records.
WITHOUT_SIGHT = [Role.SYSTEM_ADMINISTRATOR]
# Whose posts a role gives and ends, within its own area; and so whom among the users it sees.
GIVES: dict[str, list[Role]] = {
    Role.SYSTEM_ADMINISTRATOR: list(Role),
    Role.CLERK: [Role.SECRETARY, *GROUP_ROLES],
}


@dataclass(frozen=True)
class InWords:
    """A role: where its posts are, and what it is for."""

    role: Role
    where: str | Promise
    purpose: str | Promise


ROLES = [
    InWords(Role.SECRETARY, _("at a community"), _("Keeps the rosters of the community's committee and groups.")),
    InWords(
        Role.CLERK,
        _("at a subdistrict"),
        _("Keeps the registers of all its communities, computes the month and gives posts to their secretaries."),
    ),
    InWords(
        Role.LEADER,
        _("at a subdistrict"),
        _("Sees all of the subdistrict; endorses or returns its sheets and answers for them."),
    ),
    InWords(
        Role.FINANCE,
        _("at the city"),
        _("Sees all; approves or returns the month's sheets and takes them to the bank."),
    ),
    InWords(Role.CIVIL_AFFAIRS, _("at the city"), _("Sees all, keeps terms and watches that the document is kept to.")),
    InWords(Role.AUDITOR, _("at the city"), _("Reads all, and what was done; changes nothing.")),
    InWords(
        Role.SYSTEM_ADMINISTRATOR,
        _("at the city"),
        _("Keeps users and posts, and sees nothing of members and money. Nobody changes the own posts."),
    ),
    InWords(Role.GROUP_LEADER, _("at a residents' group"), _("Sees the own group and its people.")),
    InWords(Role.GROUP_MEMBER, _("at a residents' group"), _("Sees the own group.")),
]

# Who sees the records of their area: all but users' administrators and the groups' own people.
STAFF = {Role.CIVIL_AFFAIRS, Role.FINANCE, Role.AUDITOR, Role.CLERK, Role.LEADER, Role.SECRETARY}
OFFICES = {Role.CLERK, Role.SECRETARY}  # in a subdistrict, and in a community
GROUPS = set(GROUP_ROLES)


@dataclass(frozen=True)
class Act:
    """Something a role may do: in words, the roles that may, and the permissions behind it, separated by spaces.

    A post whose role has an act with `is_power` takes effect only when a second person agrees to it.
    """

    words: str | Promise
    roles: set[Role]
    permissions: str
    is_power: bool = False


# By part of the page that shows them; a permission belongs to one act. Between which states each step of a sheet
# leads is in subsidies/models/steps.py.
ROLE_ACTS: list[tuple[str | Promise, list[Act]]] = [
    (
        _("Registration"),
        [
            Act(
                _("See areas, committees, terms, re-elections and buildings"),
                STAFF,
                "registry.view_subdistrict registry.view_community registry.view_residentscommittee registry.view_term "
                "registry.view_building registry.view_election",
            ),
            Act(_("See residents' groups"), STAFF | GROUPS, "registry.view_residentsgroup"),
            Act(
                _("See members and their offices"),
                STAFF | {Role.GROUP_LEADER},
                "registry.view_member registry.view_appointment",
            ),
            Act(_("See who was employed elsewhere, and when"), STAFF, "registry.view_employmentspell"),
            Act(_("See who changed what, when and why"), STAFF | {Role.SYSTEM_ADMINISTRATOR}, "registry.view_history"),
            Act(_("Register members and change their records"), OFFICES, "registry.add_member registry.change_member"),
            Act(
                _("Appoint, end, move and correct offices"),
                OFFICES,
                "registry.add_appointment registry.change_appointment",
            ),
            Act(_("Register employment"), OFFICES, "registry.add_employmentspell registry.change_employmentspell"),
            Act(_("Register buildings and who covers them"), OFFICES, "registry.add_building registry.change_building"),
            Act(_("Load a roster from a workbook"), OFFICES, "registry.import_appointment"),
            Act(_("Load groups and their buildings from a workbook"), {Role.CLERK}, "registry.import_residentsgroup"),
            Act(_("See what was loaded from workbooks"), STAFF, "registry.view_importrun"),
            Act(_("Download a roster"), OFFICES, "registry.export_appointment"),
            Act(_("Show a whole ID or account number, saying why"), OFFICES | {Role.FINANCE}, "registry.reveal_member"),
            Act(_("Give people a copy of their personal data"), OFFICES, "registry.copy_member"),
            Act(_("See the files kept with a record"), STAFF, "registry.view_memberfile"),
            Act(
                _("Keep files with a record, and take them away"),
                OFFICES,
                "registry.add_memberfile registry.delete_memberfile",
            ),
            Act(_("See templates of documents, and fill them in"), STAFF, "registry.view_documenttemplate"),
            Act(
                _("Hand in templates of documents, and delete them"),
                OFFICES | {Role.CIVIL_AFFAIRS, Role.FINANCE},
                "registry.add_documenttemplate registry.delete_documenttemplate",
            ),
            Act(
                _("Share saved views of lists with the users of the own area"),
                OFFICES | {Role.CIVIL_AFFAIRS, Role.FINANCE},
                "registry.share_savedview",
            ),
            Act(_("Merge persons registered twice"), {Role.CLERK}, "registry.merge_member"),
            # At the city: of two records that no one subdistrict keeps.
            Act(
                _("Decide whether two records are one person"), {Role.CLERK, Role.CIVIL_AFFAIRS}, "registry.tell_apart"
            ),
            Act(_("Hand a record over to another community"), {Role.CLERK}, "registry.hand_over_member"),
            Act(_("See transfers between subdistricts"), STAFF, "registry.view_transfer"),
            Act(
                _("Send members to another subdistrict, and accept or decline those sent"),
                {Role.CLERK},
                "registry.send_transfer registry.answer_transfer",
            ),
            Act(_("Change what is registered of a community"), {Role.CLERK}, "registry.change_community"),
            Act(_("Lay down terms"), {Role.CIVIL_AFFAIRS}, "registry.add_term registry.change_term"),
            Act(_("See sizes, deadlines and other figures of the law and the city"), STAFF, "registry.view_provision"),
            Act(
                _("Lay down the city's sizes, deadlines and other figures"),
                {Role.CIVIL_AFFAIRS},
                "registry.add_provision registry.change_provision",
                is_power=True,
            ),
            # The subdistrict leads re-elections 〔六〕: secretaries prepare, the clerk carries out.
            Act(_("Prepare a re-election"), OFFICES, "registry.add_election registry.change_election"),
            Act(_("Confirm a re-election and close the term"), {Role.CLERK}, "registry.close_term"),
            Act(_("See adjustment plans of groups"), STAFF, "registry.view_groupplan"),
            Act(_("Draft adjustment plans"), {Role.CLERK}, "registry.add_groupplan registry.change_groupplan"),
            Act(_("Submit adjustment plans to the city"), {Role.LEADER}, "registry.submit_groupplan", is_power=True),
            Act(
                _("Enter the city's decision on adjustment plans"),
                {Role.CIVIL_AFFAIRS},
                "registry.decide_groupplan",
                is_power=True,
            ),
        ],
    ),
    (
        _("Work of the groups"),
        [
            Act(
                _("See minutes of meetings and representatives"),
                STAFF | GROUPS,
                "registry.view_activity registry.view_representative",
            ),
            Act(
                _("Keep minutes of meetings"),
                OFFICES | {Role.GROUP_LEADER},
                "registry.add_activity registry.change_activity",
            ),
            Act(_("Delete minutes"), OFFICES, "registry.delete_activity"),
            Act(
                _("Keep who represents residents"),
                OFFICES,
                "registry.add_representative registry.change_representative",
            ),
            Act(_("See the tasks given to groups"), STAFF | GROUPS, "registry.view_task"),
            Act(_("Give tasks to groups, change and withdraw them"), OFFICES, "registry.add_task registry.change_task"),
            Act(_("Say that a task is done"), OFFICES | {Role.GROUP_LEADER}, "registry.finish_task"),
            # The groups' own people report, and say whether it is settled 〔四(四)〕; their community handles it.
            Act(_("See reports of hazards, disputes, opinions and the like"), STAFF | GROUPS, "registry.view_report"),
            Act(
                _("Report, and say whether it is settled"),
                OFFICES | GROUPS,
                "registry.add_report registry.change_report registry.confirm_report",
            ),
            Act(
                _("Take reports up and handle them, or pass them on to the subdistrict"),
                OFFICES,
                "registry.handle_report",
            ),
            Act(_("Handle what was passed on to the subdistrict"), {Role.CLERK}, "registry.handle_escalated_report"),
            # Notes on what residents said at home: for the group, its community and its subdistrict alone.
            Act(_("See what was noted on visits"), OFFICES | GROUPS | {Role.LEADER}, "registry.view_visit"),
            Act(
                _("See evaluation rounds and their results"),
                STAFF,
                "registry.view_evaluationround registry.view_evaluation",
            ),
            Act(
                _("Open evaluation rounds and give points"),
                OFFICES | {Role.CIVIL_AFFAIRS},
                "registry.add_evaluationround registry.change_evaluationround",
            ),
            Act(_("See trainings and who took part in them"), STAFF, "registry.view_attendance"),
            Act(_("Hold trainings, and sign people in"), OFFICES | {Role.CIVIL_AFFAIRS}, "registry.hold_training"),
            Act(_("Note visits"), OFFICES | GROUPS, "registry.add_visit"),
            Act(
                _("Change visits of others, and say who visits which building"),
                OFFICES | {Role.GROUP_LEADER},
                "registry.change_visit registry.change_assignment",
            ),
            Act(_("See which buildings were visited, in figures"), STAFF, "registry.count_visit"),
        ],
    ),
    (
        _("Payments"),
        [
            Act(_("See the months' sheets"), STAFF, "subsidies.view_sheet"),
            Act(_("See the Standards"), STAFF, "subsidies.view_standard"),
            Act(_("Draft Standards"), {Role.CIVIL_AFFAIRS}, "subsidies.draft_standard"),
            Act(_("Put a Standard into force"), {Role.FINANCE}, "subsidies.adopt_standard", is_power=True),
            Act(_("Compute a month"), {Role.CLERK}, "subsidies.prepare_sheet"),
            Act(_("Recalculate a community's lines of a draft"), OFFICES, "subsidies.prepare_lines"),
            Act(_("Confirm a community's lines"), OFFICES, "subsidies.confirm_lines"),
            Act(
                _("See corrections of closed months, ledgers and payments on hold"),
                STAFF,
                "subsidies.view_correction subsidies.view_hold",
            ),
            Act(_("See public notices and what was objected"), STAFF, "subsidies.view_notice"),
            Act(_("Post a community's list, record and answer objections"), OFFICES, "subsidies.post_notice"),
            # Who objects is known to the community and its subdistrict only.
            Act(_("See who objects to a list"), OFFICES | {Role.LEADER}, "subsidies.view_objector"),
            Act(_("Look for corrections of closed months"), {Role.FINANCE, Role.CLERK}, "subsidies.propose_correction"),
            Act(
                _("Correct closed months, as far as the subdistrict decides"),
                {Role.CLERK},
                "subsidies.decide_correction",
                is_power=True,
            ),
            Act(
                _("Correct closed months by large amounts"),
                {Role.FINANCE},
                "subsidies.decide_large_correction",
                is_power=True,
            ),
            Act(
                _("Record repayments and issue notices to repay"),
                {Role.CLERK},
                "subsidies.add_repayment subsidies.add_debtnotice",
            ),
            Act(
                _("Reverse a repayment that another user recorded"),
                {Role.FINANCE, Role.CLERK},
                "subsidies.reverse_repayment",
            ),
            Act(_("Hold a payment back"), {Role.CLERK}, "subsidies.hold_payment"),
            Act(_("Submit a sheet"), {Role.CLERK}, "subsidies.submit_sheet", is_power=True),
            Act(_("Endorse a sheet"), {Role.LEADER}, "subsidies.endorse_sheet", is_power=True),
            Act(_("Approve a sheet"), {Role.FINANCE}, "subsidies.approve_sheet", is_power=True),
            Act(_("Return a sheet with a comment"), {Role.FINANCE, Role.LEADER}, "subsidies.return_sheet"),
            Act(
                _("See what the bank paid and refused"),
                {Role.FINANCE, Role.AUDITOR, Role.CLERK, Role.LEADER},
                "subsidies.view_payment",
            ),
            Act(
                _("Ask what other rules would cost, and look ahead"),
                {Role.CIVIL_AFFAIRS, Role.FINANCE, Role.AUDITOR},
                "subsidies.view_budget",
            ),
            Act(_("Set the year's budget"), {Role.FINANCE}, "subsidies.change_budget"),
            Act(_("Hand out the bank's files"), {Role.FINANCE}, "subsidies.export_bank_file"),
            Act(_("Say how a bank wants its files"), {Role.FINANCE}, "subsidies.change_banktemplate"),
            Act(_("Record what the bank paid and refused"), {Role.FINANCE}, "subsidies.settle_sheet"),
            Act(_("Set the deadlines of a month"), {Role.FINANCE}, "subsidies.change_deadlines"),
            Act(_("Verify the seals of closed sheets"), {Role.FINANCE, Role.AUDITOR}, "subsidies.verify_seals"),
            Act(_("Download the finance workbook"), {Role.FINANCE, Role.CLERK}, "subsidies.export_sheet"),
            Act(_("Compare a month with an old spreadsheet"), {Role.FINANCE, Role.CLERK}, "subsidies.compare_month"),
        ],
    ),
    (
        _("Management"),
        [
            # GIVES and the area of the post define which users and posts.
            Act(
                _("See users and their posts"),
                {Role.SYSTEM_ADMINISTRATOR, Role.CLERK},
                "registry.view_user registry.view_post",
            ),
            Act(
                _("Add users, set one-time passwords, let in and keep out"),
                {Role.SYSTEM_ADMINISTRATOR, Role.CLERK},
                "registry.keep_user",
                is_power=True,
            ),
            Act(
                _("Give posts, end them, hand them on"),
                {Role.SYSTEM_ADMINISTRATOR, Role.CLERK},
                "registry.give_post",
                is_power=True,
            ),
            # Of whom neither gave the post nor receives it; a leader, of the own subdistrict.
            Act(
                _("Agree to posts that submit, endorse, approve or administer, or refuse them"),
                {Role.SYSTEM_ADMINISTRATOR, Role.LEADER},
                "registry.agree_post",
                is_power=True,
            ),
            Act(_("Say which member a user is"), {Role.CLERK}, "registry.tie_member"),
            Act(_("Read the audit log"), {Role.AUDITOR}, "registry.view_auditentry"),
            Act(
                _("See how long personal data is kept, and what was erased"),
                {Role.CIVIL_AFFAIRS, Role.FINANCE, Role.AUDITOR},
                "registry.view_erasure",
            ),
            Act(_("Propose to erase personal data"), {Role.CIVIL_AFFAIRS}, "registry.add_erasure", is_power=True),
            Act(
                _("Agree to erase personal data that another user proposed, or refuse it"),
                {Role.CIVIL_AFFAIRS, Role.FINANCE},
                "registry.agree_erasure",
                is_power=True,
            ),
            Act(
                _("Set where chat robots send notifications, and see what was sent"),
                {Role.SYSTEM_ADMINISTRATOR},
                "registry.view_robot registry.add_robot registry.change_robot registry.view_delivery",
            ),
            Act(
                _("Verify the chain of the audit log"),
                {Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR},
                "registry.verify_audit",
            ),
        ],
    ),
]
PERMISSIONS: dict[str, set[str]] = {
    role: {each for _title, acts in ROLE_ACTS for act in acts if role in act.roles for each in act.permissions.split()}
    for role in Role
}


def powers(role: str) -> list[Act]:
    """The acts of a role because of which a second person agrees to its posts."""
    return [act for _title, acts in ROLE_ACTS for act in acts if act.is_power and role in act.roles]


# The roles whose posts need the agreement of a second person.
POWERFUL = [role for role in Role if powers(role)]


def roles_with(permission: str) -> list[Role]:
    """The roles whose posts give the permission."""
    return [role for role in Role if permission in PERMISSIONS[role]]
