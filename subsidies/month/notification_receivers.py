"""What users are notified of about sheets and their money: kinds of notifications, and what is overdue."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.months import Month
from registry.models import Topic, User
from registry.notifications import services
from registry.notifications.kinds import KINDS, Kind, Place, declare, of_subdistrict
from subsidies.models import STEPS, PayResult, PayStep, Sheet, SheetLine, State, Step
from subsidies.month import approval_flow, arrivals, checks


def _month(row: Any) -> date:
    return row.month


def _place(sheet: Sheet) -> Place:
    return of_subdistrict(sheet.subdistrict)


def _of_communities(sheet: Sheet) -> Place:
    """The communities that have still to confirm their lines."""
    [confirmations] = checks.confirmations([sheet]).values()
    missing = [key for key, found in confirmations.items() if found is None]
    return Place(sheet.subdistrict.name, sheet.subdistrict, Q(community__in=missing))


def _payment(sheet: Sheet) -> str:
    return reverse("payment", args=[Month.of(sheet.month), sheet.subdistrict.code])


SHEET: dict[str, Any] = {
    "model": Sheet, "steps": STEPS, "place": _place, "month": _month, "related": ("subdistrict",),
}  # fmt: skip
CONFIRM: dict[str, Any] = {
    **SHEET, "place": _of_communities, "permission": STEPS[Step.CONFIRM].permission, "asks": "subsidies.view_sheet",
    "when": lambda sheet: sheet.is_draft,
}  # fmt: skip
LATE = {
    Step.SUBMIT: _("%(area)s, %(month)s: submitting the sheet is overdue"),
    Step.ENDORSE: _("%(area)s, %(month)s: endorsing the sheet is overdue"),
    Step.APPROVE: _("%(area)s, %(month)s: approving the sheet is overdue"),
}
BANK = _("%(area)s, %(month)s: the bank refused payments or sent them back")
OWN = _("%(month)s: the bank did not accept your stipend; have your account checked by your community")

declare(
    Kind("sheet-computed", topic=Topic.WAITS, text=_("%(area)s, %(month)s: the list is computed; confirm your lines"),
         on=(Step.PREPARE,), **CONFIRM),
    Kind("sheet-confirmed", topic=Topic.WAITS, text=_("%(area)s, %(month)s: all have confirmed; submit the sheet"),
         on=(Step.CONFIRM,), next=Step.SUBMIT, when=lambda sheet: not checks.unconfirmed(sheet), **SHEET),
    Kind("sheet-submitted", topic=Topic.WAITS, text=_("%(area)s, %(month)s: the sheet waits for your endorsement"),
         on=(Step.SUBMIT,), next=Step.ENDORSE, **SHEET),
    Kind("sheet-endorsed", topic=Topic.WAITS, text=_("%(area)s, %(month)s: the sheet waits for your approval"),
         on=(Step.ENDORSE,), next=Step.APPROVE, **SHEET),
    Kind("sheet-returned", topic=Topic.DECIDED, text=_("%(area)s, %(month)s: the sheet was returned; correct it"),
         on=(Step.RETURN,), is_returned=True, next=Step.SUBMIT, **SHEET),
    Kind("sheet-approved", topic=Topic.DECIDED, text=_("%(area)s, %(month)s: the sheet is approved"),
         on=(Step.APPROVE,), signers=("submitted_by", "endorsed_by"), **SHEET),
    Kind(f"late-{Step.CONFIRM}", topic=Topic.OVERDUE, text=_("%(area)s, %(month)s: confirming the lines is overdue"),
         **CONFIRM),
    *(Kind(f"late-{step}", topic=Topic.OVERDUE, text=text, next=step, **SHEET) for step, text in LATE.items()),
    # The clerk of the area, who sees to it that the account is corrected.
    Kind("bank-refused", topic=Topic.BANK, text=BANK, permission="subsidies.prepare_sheet", url=_payment, **SHEET),
    Kind("own-refused", model=SheetLine, topic=Topic.BANK, text=OWN, month=_month, is_personal=True,
         place=lambda line: Place(line.community.name, line.community.subdistrict),
         related=("community__subdistrict",)),
)  # fmt: skip


@services.DUE.append
def tell_what_is_overdue(today: date) -> None:
    """Each user of the next step is notified once of each sheet that is late."""
    rows = Sheet.objects.filter(state__in=[State.DRAFT, State.SUBMITTED, State.ENDORSED])
    for flow in approval_flow.of(rows.select_related("subdistrict", "standard")).values():
        kind = KINDS.get(f"late-{flow.awaited}")
        if flow.late and kind and not flow.unposted:
            services.notify(kind, flow.sheet, services.recipients(kind, flow.sheet), once=True)


@receiver(arrivals.recorded)
def tell_of_refusals(sender, *, made: Sequence[PayResult], **_signal) -> None:
    if lines := [row.line_id for row in made if row.step in (PayStep.REFUSE, PayStep.BOUNCE)]:
        transaction.on_commit(partial(_tell_of_refused, lines), robust=True)


def _tell_of_refused(keys: list[int]) -> None:
    lines = SheetLine.objects.filter(pk__in=keys)
    for sheet in Sheet.objects.filter(pk__in=lines.values("sheet")).select_related("subdistrict"):
        kind = KINDS["bank-refused"]
        services.notify(kind, sheet, services.recipients(kind, sheet))
    own = {user.member_id: user for user in User.objects.filter(is_active=True, member__in=lines.values("member"))}
    for line in lines.filter(member__in=own).select_related("community__subdistrict").defer("facts"):
        services.notify(KINDS["own-refused"], line, [own[line.member_id]])
