"""What the bank's side of a month asks for: files to hand out, answers to record, accounts to correct."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.months import Month
from registry import roles
from registry.models import User
from registry.todo import Line, Meaning
from subsidies.bank import payments
from subsidies.bank.payments import PayStage, Share
from subsidies.models import PaymentItem, Sheet, SheetLine, State
from subsidies.permissions import subdistricts


def lines(user: User) -> list[Line]:
    """For finance what is next of each approved sheet; for who keeps a roster the accounts that the bank refused."""
    found: list[Line] = []
    if user.has_perm("subsidies.settle_sheet"):
        rows = Sheet.objects.filter(state=State.APPROVED, subdistrict__in=subdistricts(user, "subsidies.settle_sheet"))
        sheets = list(rows.select_related("subdistrict").order_by("month", "subdistrict__code"))
        shares = payments.shares(sheets)
        for sheet in sheets:
            found += _of_sheet(sheet, shares[sheet.pk])
    if user.has_perm("registry.change_member"):
        found += _to_correct(user)
    return found


def _of_sheet(sheet: Sheet, shares: dict[str, Share]) -> Iterator[Line]:
    args = [Month.of(sheet.month), sheet.subdistrict.code]
    words = {"area": sheet.subdistrict.name, "month": date_format(sheet.month, "YEAR_MONTH_FORMAT")}
    count = {stage: share.count for stage, share in shares.items()}
    page = reverse("payment", args=args)
    if count.get(PayStage.UNSENT):
        text = _("%(area)s, %(month)s: approved, the bank's file is not handed out yet") % words
        yield Line(Meaning.YOU, text, f"{reverse('export', args=args)}?format=bank", _("Export"))
    if waiting := count.get(PayStage.WAITING):
        text = ngettext(
            "%(area)s, %(month)s: the bank's answer for %(count)s person is to be recorded",
            "%(area)s, %(month)s: the bank's answer for %(count)s people is to be recorded",
            waiting,
        )
        yield Line(Meaning.YOU, text % {**words, "count": waiting}, page, _("Record"))
    if refused := count.get(PayStage.REFUSED):
        text = ngettext(
            "%(area)s, %(month)s: the bank refused %(count)s person, to be tried once more or written off",
            "%(area)s, %(month)s: the bank refused %(count)s people, to be tried once more or written off",
            refused,
        )
        yield Line(Meaning.WRONG, text % {**words, "count": refused}, page, _("See"))
    if not {*count} - {*payments.SETTLED}:
        yield Line(Meaning.YOU, _("%(area)s, %(month)s: all is paid, to be closed") % words, page, _("Close"))


def _to_correct(user: User) -> Iterator[Line]:
    """The people in the user's keeping whose account the bank refused and which has not been corrected since."""
    kept = roles.communities(user, "registry.change_member")
    rows = SheetLine.objects.filter(sheet__state=State.APPROVED, member__community__in=kept)
    refused = payments.with_stage(rows).filter(stage=PayStage.REFUSED).select_related("member").defer("facts")
    tries: dict[int, PaymentItem] = payments.last_tries(refused)
    for line in refused:
        item = tries[line.pk]
        if line.member.account in ("", item.account):
            words = {"name": line.name, "reason": item.result.reason or "–"}
            text = _("%(name)s: the bank refused the account (%(reason)s); ask for the right one") % words
            yield Line(Meaning.WRONG, text, reverse("member-edit", args=[line.member_id]), _("Correct"))
