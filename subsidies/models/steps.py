"""The steps of a month's sheet in one table: states from and to, the permission, and the excluded users.

registry/models/roles.py lists the roles with each permission. The database, the service, the pages and the workbench
all read this table.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.transitions import Transition, moves


class State(models.TextChoices):
    """The state of a sheet in the approval flow."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    ENDORSED = "endorsed", _("endorsed")
    APPROVED = "approved", _("approved")
    PAID = "paid", _("paid")


class Step(models.TextChoices):
    """A step taken on a sheet, or on the lines of one of its communities."""

    PREPARE = "prepare", _("computed")
    CONFIRM = "confirm", _("confirmed by the community")
    SUBMIT = "submit", _("submitted")
    ENDORSE = "endorse", _("endorsed")
    APPROVE = "approve", _("approved")
    RETURN = "return", _("returned")
    SETTLE = "settle", _("paid out")


STEPS = {
    Step.PREPARE: Transition("subsidies.prepare_sheet", (State.DRAFT,), State.DRAFT),
    Step.CONFIRM: Transition("subsidies.confirm_lines", (State.DRAFT,), State.DRAFT),
    Step.SUBMIT: Transition("subsidies.submit_sheet", (State.DRAFT,), State.SUBMITTED, "submitted_by", "submitter"),
    Step.ENDORSE: Transition(
        "subsidies.endorse_sheet", (State.SUBMITTED,), State.ENDORSED, "endorsed_by", "endorser", (Step.SUBMIT,)
    ),
    Step.APPROVE: Transition(
        "subsidies.approve_sheet",
        (State.ENDORSED,),
        State.APPROVED,
        "approved_by",
        "approver",
        (Step.SUBMIT, Step.ENDORSE),
    ),
    Step.RETURN: Transition(
        "subsidies.return_sheet", (State.SUBMITTED, State.ENDORSED), State.DRAFT, needs_comment=True
    ),
    Step.SETTLE: Transition("subsidies.settle_sheet", (State.APPROVED,), State.PAID),
}
CLOSED_STATES = (State.APPROVED, State.PAID)  # of a sheet that is sealed
_ORDER = list(State)
# Each state with those a sheet may go to from it, the next one first.
MOVES = tuple(sorted(moves(STEPS), key=lambda move: (_ORDER.index(move[0]), -_ORDER.index(move[1]))))
# What a sheet in each state waits for; a draft waits for its communities first.
NEXT = {each.sources[0]: step for step, each in STEPS.items() if each.target != State.DRAFT}
