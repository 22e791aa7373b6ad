"""What each role may do, in plain words: one text for each permission, and the table of them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.models import Role
from registry.models.roles import PERMISSIONS


@dataclass(frozen=True)
class Words:
    """A role: where its posts are, and what it is for."""

    role: Role
    where: str | Promise
    purpose: str | Promise


ROLES = [
    Words(Role.SECRETARY, _("at a community"), _("Keeps the rosters of the community's committee and groups.")),
    Words(
        Role.CLERK,
        _("at a subdistrict"),
        _("Keeps the registers of all its communities, computes the month and gives posts to their secretaries."),
    ),
    Words(Role.LEADER, _("at a subdistrict"), _("Sees all of the subdistrict and answers for its sheets.")),
    Words(Role.FINANCE, _("at the city"), _("Sees all and takes the month's sheets to the bank.")),
    Words(Role.CIVIL_AFFAIRS, _("at the city"), _("Sees all, keeps terms and watches that the document is kept to.")),
    Words(Role.AUDITOR, _("at the city"), _("Reads all, and what was done; changes nothing.")),
    Words(
        Role.SYSTEM_ADMINISTRATOR,
        _("at the city"),
        _("Keeps users and posts, and sees nothing of members and money. Nobody changes the own posts."),
    ),
    Words(Role.GROUP_LEADER, _("at a residents' group"), _("Sees the own group and its people.")),
    Words(Role.GROUP_MEMBER, _("at a residents' group"), _("Sees the own group.")),
]

# Part of the table → act in words → the permissions behind it; a role has all of an act's or none.
ACTS: dict[str | Promise, dict[str | Promise, set[str]]] = {
    _("Registration"): {
        _("See areas, committees, terms, re-elections and buildings"): {
            "registry.view_subdistrict",
            "registry.view_community",
            "registry.view_residentscommittee",
            "registry.view_term",
            "registry.view_building",
            "registry.view_election",
        },
        _("See residents' groups"): {"registry.view_residentsgroup"},
        _("See members and their offices"): {"registry.view_member", "registry.view_appointment"},
        _("See who was employed elsewhere, and when"): {"registry.view_employmentspell"},
        _("See who changed what, when and why"): {"registry.view_history"},
        _("Register members and change their records"): {"registry.add_member", "registry.change_member"},
        _("Appoint, end, move and correct offices"): {"registry.add_appointment", "registry.change_appointment"},
        _("Register employment"): {"registry.add_employmentspell", "registry.change_employmentspell"},
        _("Register buildings and who covers them"): {"registry.add_building", "registry.change_building"},
        _("Load a roster from a workbook"): {"registry.import_appointment"},
        _("Load groups and their buildings from a workbook"): {"registry.import_residentsgroup"},
        _("See what was loaded from workbooks"): {"registry.view_importrun"},
        _("Download a roster"): {"registry.export_appointment"},
        _("Show a whole ID or account number, saying why"): {"registry.reveal_member"},
        _("See the files kept with a record"): {"registry.view_memberfile"},
        _("Keep files with a record, and take them away"): {"registry.add_memberfile", "registry.delete_memberfile"},
        _("Merge persons registered twice"): {"registry.merge_member"},
        _("Hand a record over to another community"): {"registry.hand_over_member"},
        _("See transfers between subdistricts"): {"registry.view_transfer"},
        _("Send members to another subdistrict, and accept or decline those sent"): {
            "registry.send_transfer",
            "registry.answer_transfer",
        },
        _("Change what is registered of a community"): {"registry.change_community"},
        _("Lay down terms"): {"registry.add_term", "registry.change_term"},
        _("See sizes, deadlines and other figures of the law and the city"): {"registry.view_provision"},
        _("Lay down the city's sizes, deadlines and other figures"): {
            "registry.add_provision",
            "registry.change_provision",
        },
        _("Prepare a re-election"): {"registry.add_election", "registry.change_election"},
        _("Confirm a re-election and close the term"): {"registry.close_term"},
        _("See adjustment plans of groups"): {"registry.view_groupplan"},
        _("Draft adjustment plans"): {"registry.add_groupplan", "registry.change_groupplan"},
        _("Submit adjustment plans to the city"): {"registry.submit_groupplan"},
        _("Enter the city's decision on adjustment plans"): {"registry.decide_groupplan"},
    },
    _("Work of the groups"): {
        _("See minutes of meetings and representatives"): {
            "registry.view_activity",
            "registry.view_representative",
        },
        _("Keep minutes of meetings"): {"registry.add_activity", "registry.change_activity"},
        _("Delete minutes"): {"registry.delete_activity"},
        _("Keep who represents residents"): {"registry.add_representative", "registry.change_representative"},
        _("See the tasks given to groups"): {"registry.view_task"},
        _("Give tasks to groups, change and withdraw them"): {"registry.add_task", "registry.change_task"},
        _("Say that a task is done"): {"registry.finish_task"},
        _("See reports of hazards, disputes, opinions and the like"): {"registry.view_report"},
        _("Report, and say whether it is settled"): {
            "registry.add_report",
            "registry.change_report",
            "registry.confirm_report",
        },
        _("Take reports up and handle them, or pass them on to the subdistrict"): {"registry.handle_report"},
        _("Handle what was passed on to the subdistrict"): {"registry.handle_escalated_report"},
        _("See what was noted on visits"): {"registry.view_visit"},
        _("See evaluation rounds and their results"): {"registry.view_evaluationround", "registry.view_evaluation"},
        _("Open evaluation rounds and give points"): {
            "registry.add_evaluationround",
            "registry.change_evaluationround",
        },
        _("See trainings and who took part in them"): {"registry.view_attendance"},
        _("Hold trainings, and sign people in"): {"registry.hold_training"},
        _("Note visits"): {"registry.add_visit"},
        _("Change visits of others, and say who visits which building"): {
            "registry.change_visit",
            "registry.change_assignment",
        },
        _("See which buildings were visited, in figures"): {"registry.count_visit"},
    },
    _("Payments"): {
        _("See the months' sheets"): {"subsidies.view_sheet"},
        _("See the Standards"): {"subsidies.view_standard"},
        _("Draft Standards"): {"subsidies.draft_standard"},
        _("Put a Standard into force"): {"subsidies.adopt_standard"},
        _("Compute a month"): {"subsidies.prepare_sheet"},
        _("Recalculate a community's lines of a draft"): {"subsidies.prepare_lines"},
        _("Confirm a community's lines"): {"subsidies.confirm_lines"},
        _("See corrections of closed months, ledgers and payments on hold"): {
            "subsidies.view_correction",
            "subsidies.view_hold",
        },
        _("See public notices and what was objected"): {"subsidies.view_notice"},
        _("Post a community's list, record and answer objections"): {"subsidies.post_notice"},
        _("See who objects to a list"): {"subsidies.view_objector"},
        _("Look for corrections of closed months"): {"subsidies.propose_correction"},
        _("Correct closed months, as far as the subdistrict decides"): {"subsidies.decide_correction"},
        _("Correct closed months by large amounts"): {"subsidies.decide_large_correction"},
        _("Record repayments and issue notices to repay"): {"subsidies.add_repayment", "subsidies.add_debtnotice"},
        _("Reverse a repayment that another user recorded"): {"subsidies.reverse_repayment"},
        _("Hold a payment back"): {"subsidies.hold_payment"},
        _("Submit a sheet"): {"subsidies.submit_sheet"},
        _("Endorse a sheet"): {"subsidies.endorse_sheet"},
        _("Approve a sheet"): {"subsidies.approve_sheet"},
        _("Return a sheet with a comment"): {"subsidies.return_sheet"},
        _("See what the bank paid and refused"): {"subsidies.view_payment"},
        _("Ask what other rules would cost, and look ahead"): {"subsidies.view_budget"},
        _("Set the year's budget"): {"subsidies.change_budget"},
        _("Hand out the bank's files"): {"subsidies.export_bank_file"},
        _("Say how a bank wants its files"): {"subsidies.change_banktemplate"},
        _("Record what the bank paid and refused"): {"subsidies.settle_sheet"},
        _("Set the deadlines of a month"): {"subsidies.change_deadlines"},
        _("Verify the seals of closed sheets"): {"subsidies.verify_seals"},
        _("Download the finance workbook"): {"subsidies.export_sheet"},
        _("Compare a month with an old spreadsheet"): {"subsidies.compare_month"},
    },
    _("Management"): {
        _("See users and their posts"): {"registry.view_user", "registry.view_post"},
        _("Add users, set one-time passwords, let in and keep out"): {"registry.keep_user"},
        _("Give posts, end them, hand them on"): {"registry.give_post"},
        _("Say which member a user is"): {"registry.tie_member"},
        _("Read the audit log"): {"registry.view_auditentry"},
    },
}


def table() -> list[tuple]:
    """Each part's title and its rows: an act, and for each of ROLES whether the role may do it."""
    return [
        (title, [(act, [needed <= PERMISSIONS[each.role] for each in ROLES]) for act, needed in acts.items()])
        for title, acts in ACTS.items()
    ]
