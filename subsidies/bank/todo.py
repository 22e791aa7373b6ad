"""The bank's part of the to-do list: files to export, answers to record, accounts to correct."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from jygroups.lib.months import Month
from registry.models import User
from registry.records.todo import Line, Urgency, source
from subsidies.bank import payments
from subsidies.models import BankAnswer, Payment, PayStage, Sheet, SheetLine, State
from subsidies.month import arrivals
from subsidies.month.arrivals import SETTLED, Share
from subsidies.month.sheet_pages import PAYMENT_ACTS


@source(20)
def lines(user: User, today: date) -> list[Line]:
    """For finance the next act of each approved sheet; for editors of a roster the accounts that the bank refused."""
    found: list[Line] = []
    if user.has_perm("subsidies.settle_sheet"):
        rows = Sheet.objects.visible_to(user, "subsidies.settle_sheet")
        reopened = arrivals.reopened(SheetLine.objects.filter(sheet__in=rows))
        rows = rows.filter(Q(state=State.APPROVED) | Q(pk__in=reopened))
        for sheet, acts in next_acts(list(rows.select_related("subdistrict").order_by("month", "subdistrict__code"))):
            words = {"area": sheet.subdistrict.name, "month": date_format(sheet.month, "YEAR_MONTH_FORMAT")}
            for act in acts:
                found.append(replace(act, text=_("%(area)s, %(month)s: %(what)s") % {**words, "what": act.text}))
    if user.has_perm("registry.change_member"):
        found += _to_correct(user)
    return found


def next_acts(sheets: list[Sheet]) -> list[tuple[Sheet, list[Line]]]:
    """The next act of finance for each of these approved sheets; three queries."""
    shares = arrivals.shares(sheets)
    unsent = Payment.objects.filter(sheet__in=sheets).undownloaded()
    unexported = set(unsent.values_list("sheet", flat=True))
    waiting: dict[int, list[BankAnswer]] = defaultdict(list)
    for answer in arrivals.waiting_answers(sheets):
        waiting[answer.payment.sheet_id].append(answer)
    return [
        (
            sheet,
            list(_of_sheet(sheet, shares[sheet.pk], waiting[sheet.pk], has_file=sheet.pk not in unexported)),
        )
        for sheet in sheets
    ]


@PAYMENT_ACTS.append
def acts_of(sheet: Sheet) -> list[Line]:
    [(_sheet, acts)] = next_acts([sheet])
    return acts


def _of_sheet(sheet: Sheet, shares: dict[str, Share], answers: list[BankAnswer], *, has_file: bool) -> Iterator[Line]:
    args = [Month.of(sheet.month), sheet.subdistrict.code]
    count = {stage: share.count for stage, share in shares.items()}
    page = reverse("payment", args=args)
    if count.get(PayStage.TO_PAY):
        text = _("approved, the bank's file is not handed out yet")
        yield Line(Urgency.YOU, text, reverse("payment-make", args=args), _("Make the payment"))
    if not has_file:
        text = _("a payment is made, its file is not downloaded yet")
        yield Line(Urgency.YOU, text, f"{reverse('export', args=args)}?format=bank", _("Export"))
    if waiting := count.get(PayStage.IN_TRANSIT):
        text = ngettext(
            "the bank's answer for %(count)s person is to be recorded",
            "the bank's answer for %(count)s people is to be recorded",
            waiting,
        )
        yield Line(Urgency.YOU, text % {"count": waiting}, page, _("Record"))
    if refused := count.get(PayStage.REFUSED):
        text = ngettext(
            "the bank refused %(count)s person, to be retried or given up",
            "the bank refused %(count)s people, to be retried or given up",
            refused,
        )
        yield Line(Urgency.WRONG, text % {"count": refused}, page, _("See"))
    if bounced := count.get(PayStage.BOUNCED):
        text = ngettext(
            "the bank sent back %(count)s payment that had arrived, to be retried or given up",
            "the bank sent back %(count)s payments that had arrived, to be retried or given up",
            bounced,
        )
        yield Line(Urgency.WRONG, text % {"count": bounced}, page, _("See"))
    for answer in answers:
        text = _("the bank's answer %(name)s is not taken in yet") % {"name": answer.name}
        yield Line(Urgency.YOU, text, answer.get_absolute_url(), _("See"))
    if sheet.state == State.APPROVED and not answers and not {*count} - {*SETTLED}:
        yield Line(Urgency.YOU, _("all is paid, to be closed"), page, pgettext("month", "Close"))


def _to_correct(user: User) -> Iterator[Line]:
    """The people of the user's communities whose account the bank refused and nobody has corrected since.

    They are the people whose record belongs to such a community, and those whose line does.
    """
    editable = user.community_keys("registry.change_member")
    own = Q(member__community__in=editable) | Q(member__merged_into__community__in=editable)
    lines = SheetLine.objects.filter(own | Q(community__in=editable))
    for event in arrivals.refused(lines):
        line, item, member = event.line, event.item, payments.today(event.line.member)
        if item and member.account in ("", item.account):
            words = {"name": line.name, "reason": event.reason or "–"}
            text = _("%(name)s: the bank refused the account (%(reason)s); ask for the right one") % words
            if member.community_id in editable:
                yield Line(Urgency.WRONG, text, reverse("member-edit", args=[member.pk]), _("Correct"))
            else:
                yield Line(Urgency.WRONG, text, line.get_absolute_url(), _("See"))
