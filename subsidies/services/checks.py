"""What stands in the way of a sheet: findings that block it, and those that only deserve a look."""

from collections import defaultdict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import Community
from subsidies.models import Confirmation, Sheet, SheetLine
from subsidies.services import seals

SHOWN = 5  # names in a message; the page lists them all


def confirmed(sheet: Sheet) -> dict[int, Confirmation | None]:
    """For each community with lines: its confirmation if that still stands, else None."""
    digests: dict[int, list[str]] = defaultdict(list)
    for community, digest in sheet.lines.order_by("ordinal").values_list("community", "digest"):
        digests[community].append(digest)
    newest = {each.community_id: each for each in sheet.confirmations.order_by("id").select_related("by")}
    return {
        community: newest[community]
        if community in newest and newest[community].digest == seals.lines_digest(found)
        else None
        for community, found in digests.items()
    }


def unconfirmed(sheet: Sheet) -> list[str]:
    missing = [community for community, found in confirmed(sheet).items() if found is None]
    names = list(Community.objects.filter(pk__in=missing).values_list("name", flat=True))
    return [_("Not confirmed yet: %(names)s.") % {"names": _(", ").join(names)}] if names else []


def without_account(sheet: Sheet) -> list[SheetLine]:
    """Lines with money and nowhere to send it."""
    return [line for line in sheet.lines.filter(net__gt=0).defer("facts") if not line.account]


def same_account(sheet: Sheet) -> list[SheetLine]:
    """Lines with money whose account another person of the month has too, on whichever sheet."""
    holders: dict[str, set[int]] = defaultdict(set)
    lines = list(SheetLine.objects.filter(month=sheet.month, net__gt=0).defer("facts"))
    for line in lines:
        if line.account:
            holders[line.account].add(line.member_id)
    return [line for line in lines if line.sheet_id == sheet.pk and len(holders[line.account]) > 1]


def blocking(sheet: Sheet) -> list[str]:
    """What must be mended before the sheet is submitted, in words."""
    problems = []
    if lines := without_account(sheet):
        text = ngettext(
            "%(count)s person without a bank account: %(names)s.",
            "%(count)s people without a bank account: %(names)s.",
            len(lines),
        )
        problems.append(text % {"count": len(lines), "names": _names(lines)})
    if lines := same_account(sheet):
        problems.append(_("One bank account for several people: %(names)s.") % {"names": _names(lines)})
    return problems


def unsettled(sheet: Sheet) -> list[str]:
    """What the bank has not answered for yet."""
    return []


def _names(lines: list[SheetLine]) -> str:
    names = _(", ").join(line.name for line in lines[:SHOWN])
    return names if len(lines) <= SHOWN else _("%(names)s and others") % {"names": names}
