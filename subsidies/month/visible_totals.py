"""What of a sheet one user sees: the totals of the visible lines, never those of others."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count

from jygroups.lib.yuan import YuanSum
from registry.models import User
from subsidies.bank import arrivals
from subsidies.models import Sheet, SheetLine, State
from subsidies.month.heads import PAID


class Totals(NamedTuple):
    """The people paid, as heads.py counts them, and yuan."""

    people: int = 0
    gross: Decimal = Decimal(0)
    adjustment: Decimal = Decimal(0)
    net: Decimal = Decimal(0)


@dataclass(frozen=True)
class Seen:
    """A sheet, and the totals of the lines that the user sees of it."""

    sheet: Sheet
    totals: Totals
    whole: bool  # whether these are all its lines
    reopened: int = 0  # of these, the people for whom the settled month is open again


def seen(user: User, sheets: list[Sheet]) -> list[Seen]:
    """The sheets in their order; three queries, however many they are."""
    reach = user.reach("subsidies.view_sheet")
    lines = SheetLine.objects.visible_to(user).filter(sheet__in=sheets)
    rows = (
        lines.order_by()
        .values_list("sheet")
        .annotate(people=Count("pk", filter=PAID))
        .annotate(YuanSum("gross"), YuanSum("adjustment"), YuanSum("net"))
    )
    totals = {sheet: Totals(*amounts) for sheet, *amounts in rows}
    reopened = arrivals.reopened(lines) if any(sheet.state == State.PAID for sheet in sheets) else {}
    return [
        Seen(sheet, totals.get(sheet.pk, Totals()), reach.covers(sheet.subdistrict_id), reopened.get(sheet.pk, 0))
        for sheet in sheets
    ]
