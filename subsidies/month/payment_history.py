"""The history of approved money: event by event for a person's months, and for a sheet as a whole (rules.md §5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry.models import User
from subsidies.models import (
    BankAnswer,
    Payment,
    PayResult,
    PayStage,
    PayStep,
    Repayment,
    Sheet,
    SheetLine,
    State,
    Step,
)
from subsidies.models.payments import UNPAID
from subsidies.month.arrivals import SETTLED

LEDGER = "subsidies.view_correction"


@dataclass(frozen=True)
class Event:
    """One event of the yuan of a person's month."""

    month: date
    day: date  # of the bank or the voucher; else the day of the act
    at: datetime  # when it was recorded
    what: str
    amount: Decimal
    by: User | None
    reason: str = ""
    batch: int | None = None
    batch_url: str = ""
    answer: BankAnswer | None = None
    correction: str = ""  # the address of the correction that a repayment is of


def of_lines(lines: QuerySet[SheetLine], user: User) -> list[Event]:
    """The events of these lines' money and the visible repayments, newest month first; two queries.

    Within a month they are in the order in which they were recorded. `lines` must not be sliced.
    """
    results = PayResult.objects.filter(line__in=lines.order_by().values("pk"))
    undownloaded = Payment.objects.undownloaded().filter(pk=OuterRef("item__payment"))
    results = results.annotate(undownloaded=Exists(undownloaded))
    results = results.select_related("line__sheet__subdistrict", "item__payment", "answer", "by")
    results = results.defer("line__facts", "line__id_number", "line__account", "answer__content")
    of_month = lines.order_by().filter(month=OuterRef("correction__month"))
    own = of_month.filter(
        Q(member=OuterRef("correction__member")) | Q(member__merged_into=OuterRef("correction__member"))
    )
    repaid = Repayment.objects.visible_to(user, LEDGER).filter(Exists(own)).select_related("correction", "by")
    found = [*map(_of_result, results.order_by("ordinal")), *map(_of_repayment, repaid)]
    return sorted(sorted(found, key=lambda each: each.at), key=lambda each: each.month, reverse=True)


def _of_result(result: Any) -> Event:
    return Event(
        month=result.line.month,
        day=result.day,
        at=result.at,
        what=_step(result),
        amount=result.line.net,
        by=result.by,
        reason=result.reason,
        batch=result.item.payment.ordinal if result.item else None,
        batch_url=reverse("payment", args=[Month.of(result.line.month), result.line.sheet.subdistrict.code]),
        answer=result.answer,
    )


def _step(result: Any) -> str:
    """The event in words, which name a retry, a late arrival, and the stage after a revoked answer.

    `undownloaded`: the bank has not received the payment's file yet.
    """
    words = {"before": PayStage(result.source).label, "after": result.get_stage_display()}
    if result.step == PayStep.SEND and result.undownloaded:
        return _("payment made, its file not downloaded yet")
    if result.step == PayStep.SEND and result.source != PayStage.TO_PAY:
        return _("handed to the bank again (before: %(before)s)") % words
    if result.step == PayStep.ARRIVE and result.source in UNPAID:
        return _("paid by the bank after all (before: %(before)s)") % words
    if result.step in (PayStep.REINSTATE, PayStep.REVOKE):
        return _("%(step)s, now: %(after)s") % (words | {"step": result.get_step_display()})
    return result.get_step_display()


def _of_repayment(repayment: Repayment) -> Event:
    what = _("repayment reversed") if repayment.reverses_id else _("repaid")
    details = [repayment.get_method_display(), repayment.voucher, repayment.note]
    return Event(
        month=repayment.correction.month,
        day=repayment.day,
        at=repayment.at,
        what=what,
        amount=repayment.amount,
        by=repayment.by,
        reason=_("; ").join(filter(None, details)),
        correction=repayment.correction.get_absolute_url(),
    )


@dataclass(frozen=True)
class Entry:
    """One event of a sheet between the draft and the last payment."""

    at: datetime
    kind: str
    title: str
    by: User | None
    detail: str = ""  # beside the title
    comment: str = ""  # below it
    url: str = ""


def of_sheet(sheet: Sheet) -> list[Entry]:
    """Batches made, files downloaded, answers recorded and revoked, and what reopened the settled month.

    Four queries; six for a sheet that is paid out.
    """
    if not sheet.is_final:
        return []
    return [*_batches(sheet), *_answers(sheet), *_reopenings(sheet)]


def _batches(sheet: Sheet) -> Iterator[Entry]:
    for each in sheet.payments.with_retry().select_related("by", "withdrawal__by").prefetch_related("exports__by"):
        yield Entry(each.at, "batch", _("payment made"), each.by, each.in_words())
        for file in each.exports.all():
            name = _("batch %(number)s, %(name)s") % {"number": each.ordinal, "name": file.name}
            yield Entry(file.at, "file", _("bank's file downloaded"), file.by, name, file.purpose)
        if gone := getattr(each, "withdrawal", None):
            yield Entry(gone.at, "return", _("payment withdrawn"), gone.by, each.in_words(), gone.reason)


def _answers(sheet: Sheet) -> Iterator[Entry]:
    answers = BankAnswer.objects.filter(payment__sheet=sheet).select_related("payment", "taken_by", "revoked_by")
    for each in answers.defer("content"):
        url, name = each.get_absolute_url(), _("batch %(number)s, %(name)s")
        name %= {"number": each.payment.ordinal, "name": each.name}
        if each.taken_at:
            yield Entry(each.taken_at, "answer", _("bank's answer taken in"), each.taken_by, name, _counts(each), url)
        if each.revoked_at:
            yield Entry(each.revoked_at, "return", _("bank's answer revoked"), each.revoked_by, name, "", url)


def _reopenings(sheet: Sheet) -> Iterator[Entry]:
    """When the settled month opened again because money is no longer with its people, and when it closed again."""
    settled = sheet.events.filter(step=Step.SETTLE).order_by("id").first() if sheet.state == State.PAID else None
    if settled is None:
        return
    rows = PayResult.objects.filter(line__sheet=sheet, at__gt=settled.at).select_related("by", "answer")
    rows = rows.defer("answer__content").order_by("pk")
    is_open: set[int] = set()
    for _act, of_act in groupby(rows, lambda row: (row.answer_id or row.at, row.step == PayStep.REVOKE)):
        moved = list(of_act)
        was_open, last = bool(is_open), moved[-1]
        answer = last.answer if last.step != PayStep.REVOKE else None
        at = answer.taken_at if answer and answer.taken_at else last.at  # after the entry of the answer
        for row in moved:
            (is_open.discard if row.stage in SETTLED else is_open.add)(row.line_id)
        if is_open and not was_open:
            text = _("%(count)s people, whose money has to be paid again or given up") % {"count": len(is_open)}
            yield Entry(at, "return", _("month opened again"), last.by, text)
        elif was_open and not is_open:
            text = _("by itself: all its money has arrived or is given up")
            yield Entry(at, "settle", _("month closed again"), last.by, text)


def _counts(answer: BankAnswer) -> str:
    words = {name: getattr(answer, name) for name in ("paid", "refused", "bounced", "in_transit")}
    return _("arrived %(paid)s, refused %(refused)s, sent back %(bounced)s, still in transit %(in_transit)s") % words
