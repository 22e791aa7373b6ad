"""The steps of a month's sheet in one table: from where to where, with which permission, and who may not take it.

Whose posts give the permission stands in registry/access/roles.py. The database, the service, the pages and the
workbench all read this table.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a sheet stands on its way to the bank."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    ENDORSED = "endorsed", _("endorsed")
    APPROVED = "approved", _("approved")
    PAID = "paid", _("paid")


class Step(models.TextChoices):
    """What is done to a sheet, or to the lines of a community of it."""

    PREPARE = "prepare", _("computed")
    CONFIRM = "confirm", _("confirmed by the community")
    SUBMIT = "submit", _("submitted")
    ENDORSE = "endorse", _("endorsed")
    APPROVE = "approve", _("approved")
    RETURN = "return", _("returned")
    SETTLE = "settle", _("paid out")


@dataclass(frozen=True)
class SheetStep:
    """One step: `signature` is the sheet's field for who took it, `signer` that person in a constraint's name."""

    permission: str
    sources: tuple[State, ...]
    target: State
    signature: str = ""
    signer: str = ""
    not_by: tuple[Step, ...] = ()  # separation of duties: nobody who took one of these on the same sheet
    needs_comment: bool = False

    def signed_before(self, sheet) -> set[int]:
        """The keys of the users who may not take the step on this sheet."""
        return {key for step in self.not_by if (key := getattr(sheet, f"{STEPS[step].signature}_id"))}


STEPS = {
    Step.PREPARE: SheetStep("subsidies.prepare_sheet", (State.DRAFT,), State.DRAFT),
    Step.CONFIRM: SheetStep("subsidies.confirm_lines", (State.DRAFT,), State.DRAFT),
    Step.SUBMIT: SheetStep("subsidies.submit_sheet", (State.DRAFT,), State.SUBMITTED, "submitted_by", "submitter"),
    Step.ENDORSE: SheetStep(
        "subsidies.endorse_sheet", (State.SUBMITTED,), State.ENDORSED, "endorsed_by", "endorser", (Step.SUBMIT,)
    ),
    Step.APPROVE: SheetStep(
        "subsidies.approve_sheet",
        (State.ENDORSED,),
        State.APPROVED,
        "approved_by",
        "approver",
        (Step.SUBMIT, Step.ENDORSE),
    ),
    Step.RETURN: SheetStep(
        "subsidies.return_sheet", (State.SUBMITTED, State.ENDORSED), State.DRAFT, needs_comment=True
    ),
    Step.SETTLE: SheetStep("subsidies.settle_sheet", (State.APPROVED,), State.PAID),
}
_ORDER = list(State)
# Each state with those a sheet may go to from it, the next one first.
MOVES = tuple(
    sorted(
        {(source, each.target) for each in STEPS.values() for source in each.sources if source != each.target},
        key=lambda move: (_ORDER.index(move[0]), -_ORDER.index(move[1])),
    )
)
# What a sheet in each state waits for; a draft waits for its communities first.
NEXT = {each.sources[0]: step for step, each in STEPS.items() if each.target != State.DRAFT}
