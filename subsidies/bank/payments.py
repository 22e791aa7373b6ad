"""Payments of approved sheets: who is paid in one go, and who is tried once more."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib.printed import LANGUAGE
from registry.models import Member, User
from subsidies.bank import arrivals
from subsidies.bank.arrivals import Move
from subsidies.bank.files import Payee
from subsidies.models import Payment, PaymentItem, PayStep, Sheet, SheetLine
from subsidies.models.payments import OPEN
from subsidies.services import seals
from subsidies.services.sheets import Refused

BATCH = 1_000


@transaction.atomic
def first(sheet: Sheet, *, actor: User | None) -> Payment:
    """The payment of all the sheet's lines with money, made when it is asked for first. Raises Refused."""
    sheet = _locked(sheet)
    if payment := sheet.payments.order_by("ordinal").first():
        return payment
    lines = list(sheet.lines.filter(net__gt=0).order_by("ordinal").defer("facts"))
    if without := [line.name for line in lines if not line.account]:
        raise Refused(_("Without a bank account: %(names)s.") % {"names": _(", ").join(without)})
    if not lines:
        raise Refused(_("Nobody on %(sheet)s is to be paid.") % {"sheet": sheet})
    return _open(sheet, [(line, line) for line in lines], actor)


@transaction.atomic
def retry(sheet: Sheet, lines: Iterable[int], *, actor: User) -> Payment:
    """A payment of just these refused lines, to the accounts that the people have today. Raises Refused."""
    sheet = _locked(sheet)
    refused = {line.pk: line for line in open_lines(sheet)}
    asked = {*lines}
    keys = [key for key in refused if key in asked]
    if not keys or len(keys) < len(asked):
        raise Refused(_("Choose among the lines that the bank has refused."))
    chosen = [(refused[key], today(refused[key].member)) for key in keys]
    if without := [line.name for line, member in chosen if not member.account]:
        raise Refused(_("Without a bank account: %(names)s.") % {"names": _(", ").join(without)})
    return _open(sheet, chosen, actor)


def open_lines(sheet: Sheet) -> list[SheetLine]:
    """The lines that a payment may take once the first is made, in their order, each with its `stage`.

    Those that the bank has refused or sent back, and those that no payment took yet.
    """
    lines = arrivals.with_stage(sheet.lines.all()).filter(stage__in=OPEN).defer("facts")
    return list(
        lines.select_related("community", "group", "member__merged_into", "member__community").order_by("ordinal")
    )


def today(member: Member) -> Member:
    """The person's record as it is kept now: what was registered twice has gone into another."""
    while member.merged_into:
        member = member.merged_into
    return member


def payees(payment: Payment) -> list[Payee]:
    """The payment's people as a bank's file has them. Raises Refused, as `as_approved` does."""
    as_approved(payment.sheet)
    with override(LANGUAGE):
        month = date_format(payment.sheet.month, "YEAR_MONTH_FORMAT")
        remark = _("stipend of %(month)s") % {"month": month}
    items = list(payment.items.select_related("line__community").order_by("ordinal").defer("line__facts"))
    _verified([*items])
    return [
        Payee(item.name, item.id_number, item.bank, item.account, item.amount, item.line.community.name, remark)
        for item in items
    ]


def _locked(sheet: Sheet) -> Sheet:
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict").get(pk=sheet.pk)
    if not sheet.is_final:
        raise Refused(_("%(sheet)s is not approved yet: only what is approved goes to the bank.") % {"sheet": sheet})
    as_approved(sheet)
    return sheet


def as_approved(sheet: Sheet) -> None:
    """Raises Refused for a closed sheet that is not as it was approved, naming each line that differs."""
    if found := seals.differing_lines(sheet):
        raise Refused("\n".join(map(str, found)))


def _verified(rows: Iterable[SheetLine | PaymentItem | Member]) -> None:
    """Raises Refused where a stored number or account cannot be verified, naming whose it is."""
    if found := [f"{row.name}: {words}" for row in rows if (words := seals.unverified(row))]:
        raise Refused("\n".join(found))


def _open(sheet: Sheet, chosen: Sequence[tuple[SheetLine, SheetLine | Member]], actor: User | None) -> Payment:
    """A payment of these lines; name, ID number and account of each from the second. Raises Refused."""
    _verified(source for _line, source in chosen)
    payment = Payment.objects.create(
        sheet=sheet,
        ordinal=sheet.payments.count() + 1,
        lines=len(chosen),
        amount=sum((line.net for line, _source in chosen), Decimal(0)),
        by=actor,
        at=timezone.now(),
    )
    items = PaymentItem.objects.bulk_create(
        [
            PaymentItem(
                payment=payment,
                line=line,
                ordinal=ordinal,
                name=source.name,
                id_number=source.id_number,
                bank=source.bank,
                account=source.account,
                amount=line.net,
            )
            for ordinal, (line, source) in enumerate(chosen, 1)
        ],
        BATCH,
    )
    arrivals.record(PayStep.SEND, sheet, [Move(item.line_id, item) for item in items], actor=actor)
    return payment
