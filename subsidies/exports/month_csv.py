"""The month as a csv that other systems read: a line for each person considered."""

from collections.abc import Callable, Iterable
from functools import cache

from django.utils.translation import override

from jygroups.lib.exports import records_as_csv
from jygroups.lib.shown import LANGUAGE
from jygroups.lib.spreadsheets.workbooks import Column
from registry.models import Position
from subsidies.explanations.decisions import reason
from subsidies.models import Sheet, SheetLine

POSITION = cache(lambda position: str(Position(position).label) if position else "")
REASON = cache(lambda outcome: str(reason(outcome)))


def _yuan(name: str) -> Callable[..., str]:
    def in_cents(row) -> str:
        amount = getattr(row, name)
        return "" if amount is None else f"{amount:.2f}"

    return in_cents


COLUMNS = [  # the titles are a contract
    Column("month", value=lambda row: f"{row.month:%Y-%m}"),
    Column("subdistrict_code", value="sheet__subdistrict__code"),
    Column("community_code", value="community__code"),
    Column("community", value="community__name"),
    Column("group", value="group__name"),
    Column("name", value="name"),
    Column("id_number", value="id_number"),
    Column("position", value=lambda row: POSITION(row.position)),
    Column("deemed_start", value="deemed_start"),
    Column("full_years", value="full_years"),
    *(Column(name, value=_yuan(name)) for name in ("rate", "increment", "gross", "adjustment", "net")),
    Column("outcome", value="outcome"),
    Column("reason", value=lambda row: REASON(row.outcome)),
]
FIELDS = [column.title if callable(column.value) else column.value for column in COLUMNS if column.title != "reason"]


def month_csv(sheets: Iterable[Sheet]) -> bytes:
    """The lines of these sheets of one month, in order of subdistrict; the same bytes from the same lines."""
    lines = SheetLine.objects.filter(sheet__in=sheets).order_by("sheet__subdistrict__code", "ordinal")
    with override(LANGUAGE):
        return records_as_csv(COLUMNS, lines.values_list(*FIELDS, named=True).iterator())
