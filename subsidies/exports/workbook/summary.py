"""汇总表: a row for each community, summed live over its rows on the payroll."""

from collections import Counter, defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from jygroups.lib.printed import FIRST_ROW, Cells, Column, Formula
from registry.models import Community, Position
from subsidies.exports.workbook.book import Book, Table, signed_by
from subsidies.exports.workbook.payroll import AMOUNTS, BASE_TO_NET, POSITION
from subsidies.models import SheetLine

HEADS = 2  # the column of the first position's heads
PEOPLE = HEADS + len(Position)


def add(book: Book, places: dict[Community, Cells]) -> str:
    """Write the sheet; returns the address of the month's net total on it."""
    columns = _columns()
    table = Table(book, _("Summary by community"), _("summary of stipends"), columns)
    table.notes({0: _("Prepared by unit: %(office)s") % {"office": book.office}, 9: _("Unit: yuan")})
    lines_of: dict[Community, list[SheetLine]] = defaultdict(list)
    for line in book.payroll:
        lines_of[line.community].append(line)
    totals: Counter[int] = Counter()
    for ordinal, (community, cells) in enumerate(places.items(), 1):
        sums = _sums(lines_of[community], cells, table.row, columns)
        table.add([ordinal, community.name, *sums])
        for place, formula in enumerate(sums, HEADS):
            totals[place] += formula.value  # type: ignore[assignment]
    if not places:
        table.sentence(_("Nobody is paid this month."))
    everyone = Cells(table.name, FIRST_ROW, table.row - 1)
    live = [Formula(f"=SUM({everyone.address(place)})", totals[place]) for place in range(HEADS, len(columns))]
    row = table.add([None, _("Grand total"), *live], bold=True)
    table.signatures(signed_by())
    return Cells(table.name, row, row).address(table.last_column, elsewhere=True).partition(":")[0]


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 14, "center"),
        *(Column(str(position.label), 12, "count") for position in Position),
        Column(_("People paid"), 10, "count"),
        Column(_("Base stipend"), 14, "money"),
        Column(_("Growth with years"), 14, "money"),
        Column(_("Due this month"), 14, "money"),
        Column(_("Put right"), 13, "money"),
        Column(_("Paid out"), 15, "money"),
    ]


def _sums(lines: list[SheetLine], cells: Cells, row: int, columns: list[Column]) -> list[Formula]:
    heads = Counter(line.position for line in lines)
    words = cells.address(POSITION, elsewhere=True)
    formulas = [
        Formula(f'=COUNTIF({words},"{column.title}")', heads[position])
        for position, column in zip(Position, columns[HEADS:PEOPLE], strict=True)
    ]
    counted = Cells("", row, row)
    first, last = (counted.address(place).partition(":")[0] for place in (HEADS, PEOPLE - 1))
    formulas.append(Formula(f"=SUM({first}:{last})", sum(heads[position] for position in Position)))
    for place, amount in zip(BASE_TO_NET, AMOUNTS, strict=True):
        yuan = sum((getattr(line, amount) or Decimal(0) for line in lines), Decimal(0))
        formulas.append(Formula(f"=SUM({cells.address(place, elsewhere=True)})", yuan))
    return formulas
