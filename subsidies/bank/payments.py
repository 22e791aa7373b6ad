"""Payments of approved sheets: who is to be paid in one go, where each line stands, and who is tried once more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Sum, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from jygroups.lib.printed import LANGUAGE
from registry.models import Member, User
from subsidies.bank.files import Payee
from subsidies.models import Payment, PaymentItem, PayResult, PayState, Sheet, SheetLine
from subsidies.services.sheets import Refused

BATCH = 1_000


class PayStage(models.TextChoices):
    """Where a line with money stands between the sheet and the person's account."""

    UNSENT = "unsent", gettext_lazy("not sent to the bank")
    WAITING = "waiting", gettext_lazy("waiting for the bank")
    REFUSED = "refused", gettext_lazy("refused by the bank")
    PAID = "paid", gettext_lazy("paid")
    WRITTEN_OFF = "written_off", gettext_lazy("written off")


SETTLED = (PayStage.PAID, PayStage.WRITTEN_OFF)


def with_stage(lines: models.QuerySet[SheetLine]) -> models.QuerySet[Any]:
    """The lines with money, each with its `stage`."""
    items = PaymentItem.objects.filter(line=OuterRef("pk"))
    results = PayResult.objects.filter(line=OuterRef("pk"))
    stage = Case(
        When(Exists(results.filter(state=PayState.PAID)), then=Value(PayStage.PAID)),
        When(Exists(results.filter(state=PayState.WRITTEN_OFF)), then=Value(PayStage.WRITTEN_OFF)),
        When(Exists(items.filter(result=None)), then=Value(PayStage.WAITING)),
        When(Exists(items), then=Value(PayStage.REFUSED)),
        default=Value(PayStage.UNSENT),
        output_field=models.CharField(),
    )
    return lines.filter(net__gt=0).annotate(stage=stage)


@dataclass(frozen=True)
class Share:
    """So many lines, and their yuan."""

    count: int = 0
    yuan: Decimal = Decimal(0)


def shares(sheets: Iterable[Sheet]) -> dict[int, dict[str, Share]]:
    """Of each sheet, what share of it stands where; one query."""
    found: dict[int, dict[str, Share]] = {sheet.pk: {} for sheet in sheets}
    lines = with_stage(SheetLine.objects.filter(sheet__in=found)).order_by()
    for row in lines.values("sheet", "stage").annotate(count=Count("pk"), yuan=Sum("net")):
        found[row["sheet"]][row["stage"]] = Share(row["count"], row["yuan"])
    return found


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
    refused = {line.pk: line for line in refused_lines(sheet)}
    asked = {*lines}
    keys = [key for key in refused if key in asked]
    if not keys or len(keys) < len(asked):
        raise Refused(_("Choose among the lines that the bank has refused."))
    chosen = [(refused[key], today(refused[key].member)) for key in keys]
    if without := [line.name for line, member in chosen if not member.account]:
        raise Refused(_("Without a bank account: %(names)s.") % {"names": _(", ").join(without)})
    return _open(sheet, chosen, actor)


def refused_lines(sheet: Sheet) -> list[SheetLine]:
    """The lines whose last try the bank has refused and which nobody has written off, in their order."""
    lines = with_stage(sheet.lines.all()).filter(stage=PayStage.REFUSED).defer("facts")
    return list(
        lines.select_related("community", "group", "member__merged_into", "member__community").order_by("ordinal")
    )


def today(member: Member) -> Member:
    """The person's record as it is kept now: what was registered twice has gone into another."""
    while member.merged_into:
        member = member.merged_into
    return member


def last_tries(lines: Iterable[SheetLine]) -> dict[int, PaymentItem]:
    """Of each line the item of its newest payment, with its result; one query."""
    items = PaymentItem.objects.filter(line__in=lines).select_related("result", "payment")
    return {item.line_id: item for item in items.order_by("payment__ordinal")}


def payees(payment: Payment) -> list[Payee]:
    """The payment's people as a bank's file has them."""
    with override(LANGUAGE):
        month = date_format(payment.sheet.month, "YEAR_MONTH_FORMAT")
        remark = _("stipend of %(month)s") % {"month": month}
    items = payment.items.select_related("line__community").order_by("ordinal").defer("line__facts")
    return [
        Payee(item.name, item.id_number, item.bank, item.account, item.amount, item.line.community.name, remark)
        for item in items
    ]


def _locked(sheet: Sheet) -> Sheet:
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict").get(pk=sheet.pk)
    if not sheet.is_final:
        raise Refused(_("%(sheet)s is not approved yet: only what is approved goes to the bank.") % {"sheet": sheet})
    return sheet


def _open(sheet: Sheet, chosen: Sequence[tuple[SheetLine, SheetLine | Member]], actor: User | None) -> Payment:
    """A payment of these lines; name, ID number and account of each from the second."""
    payment = Payment.objects.create(
        sheet=sheet,
        ordinal=sheet.payments.count() + 1,
        lines=len(chosen),
        amount=sum((line.net for line, _source in chosen), Decimal(0)),
        by=actor,
        at=timezone.now(),
    )
    PaymentItem.objects.bulk_create(
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
    return payment
