"""What the bank's side of a month asks for: files to hand out, answers to record, accounts to correct."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from jygroups.lib.months import Month
from registry.models import Community, User
from registry.todo import Line, Meaning
from subsidies.bank import arrivals
from subsidies.bank.arrivals import SETTLED, Share
from subsidies.models import Payment, PayResult, PayStage, Sheet, SheetLine, State

REOPENED = (PayStage.TO_PAY, PayStage.IN_TRANSIT, PayStage.REFUSED, PayStage.BOUNCED)  # of a settled month


def lines(user: User) -> list[Line]:
    """For finance what is next of each approved sheet; for who keeps a roster the accounts that the bank refused."""
    found: list[Line] = []
    if user.has_perm("subsidies.settle_sheet"):
        rows = Sheet.objects.visible_to(user, "subsidies.settle_sheet")
        reopened = SheetLine.objects.filter(pay_results__in=PayResult.objects.newest().filter(stage__in=REOPENED))
        rows = rows.filter(Q(state=State.APPROVED) | Q(state=State.PAID, pk__in=reopened.values("sheet")))
        sheets = list(rows.select_related("subdistrict").order_by("month", "subdistrict__code"))
        shares = arrivals.shares(sheets)
        unexported = set(Payment.objects.filter(sheet__in=sheets, exports=None).values_list("sheet", flat=True))
        for sheet in sheets:
            found += _of_sheet(sheet, shares[sheet.pk], has_file=sheet.pk not in unexported)
    if user.has_perm("registry.change_member"):
        found += _to_correct(user)
    return found


def _of_sheet(sheet: Sheet, shares: dict[str, Share], *, has_file: bool) -> Iterator[Line]:
    args = [Month.of(sheet.month), sheet.subdistrict.code]
    words = {"area": sheet.subdistrict.name, "month": date_format(sheet.month, "YEAR_MONTH_FORMAT")}
    count = {stage: share.count for stage, share in shares.items()}
    page = reverse("payment", args=args)
    if count.get(PayStage.TO_PAY):
        text = _("%(area)s, %(month)s: approved, the bank's file is not handed out yet") % words
        yield Line(Meaning.YOU, text, reverse("payment-make", args=args), _("Make the payment"))
    if not has_file:
        text = _("%(area)s, %(month)s: a payment is made, its file is not downloaded yet") % words
        yield Line(Meaning.YOU, text, f"{reverse('export', args=args)}?format=bank", _("Export"))
    if waiting := count.get(PayStage.IN_TRANSIT):
        text = ngettext(
            "%(area)s, %(month)s: the bank's answer for %(count)s person is to be recorded",
            "%(area)s, %(month)s: the bank's answer for %(count)s people is to be recorded",
            waiting,
        )
        yield Line(Meaning.YOU, text % {**words, "count": waiting}, page, _("Record"))
    if refused := count.get(PayStage.REFUSED):
        text = ngettext(
            "%(area)s, %(month)s: the bank refused %(count)s person, to be retried or given up",
            "%(area)s, %(month)s: the bank refused %(count)s people, to be retried or given up",
            refused,
        )
        yield Line(Meaning.WRONG, text % {**words, "count": refused}, page, _("See"))
    if bounced := count.get(PayStage.BOUNCED):
        text = ngettext(
            "%(area)s, %(month)s: the bank sent back %(count)s payment that had arrived, to be retried or given up",
            "%(area)s, %(month)s: the bank sent back %(count)s payments that had arrived, to be retried or given up",
            bounced,
        )
        yield Line(Meaning.WRONG, text % {**words, "count": bounced}, page, _("See"))
    if sheet.state == State.APPROVED and not {*count} - {*SETTLED}:
        yield Line(
            Meaning.YOU, _("%(area)s, %(month)s: all is paid, to be closed") % words, page, pgettext("month", "Close")
        )


def _to_correct(user: User) -> Iterator[Line]:
    """The people of the user's communities whose account the bank refused and which has not been corrected since.

    Those whose record is kept there, and those whose line is there though another community keeps the record.
    """
    kept = set(Community.objects.visible_to(user, "registry.change_member").values_list("pk", flat=True))
    lines = SheetLine.objects.filter(Q(member__community__in=kept) | Q(community__in=kept))
    for event in arrivals.refused(lines):
        line, item = event.line, event.item
        if item and line.member.account in ("", item.account):
            words = {"name": line.name, "reason": event.reason or "–"}
            text = _("%(name)s: the bank refused the account (%(reason)s); ask for the right one") % words
            if line.member.community_id in kept:
                yield Line(Meaning.WRONG, text, reverse("member-edit", args=[line.member_id]), _("Correct"))
            else:
                yield Line(Meaning.WRONG, text, line.get_absolute_url(), _("See"))
