"""汇总表: a row for each community, summed live over its rows on the payroll."""

from collections import Counter, defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, Cells, Column, Formula
from registry.models import Community, Position
from subsidies.exports.workbook.book import Book, TitledSheet
from subsidies.exports.workbook.payroll import AMOUNTS, BASE_TO_NET, POSITION
from subsidies.models import SheetLine

HEADS = 2  # the column of the first position's heads
SETTLED_ONLY = HEADS + len(Position)


def add(book: Book, places: dict[Community, Cells]) -> str:
    """Write the sheet; returns the address of the month's net total on it."""
    columns = _columns()
    notes = {0: book.unit, 9: _("Unit: yuan")}
    table = TitledSheet(book, _("Summary by community"), _("summary of stipends"), columns, notes=notes)
    lines_of: dict[Community, list[SheetLine]] = defaultdict(list)
    for line in book.payroll:
        lines_of[line.community].append(line)
    totals: Counter[int] = Counter()
    for ordinal, (community, cells) in enumerate(places.items(), 1):
        sums = _sums(lines_of[community], cells, columns)
        table.add([ordinal, community.name, *sums])
        for place, formula in enumerate(sums, HEADS):
            totals[place] += formula.value  # type: ignore[assignment]
    if not places:
        table.sentence(_("Nobody is paid this month."))
    everyone = Cells(table.name, FIRST_ROW, table.row - 1)
    live = [Formula(f"=SUM({everyone.address(place)})", totals[place]) for place in range(HEADS, len(columns))]
    row = table.add([None, _("Grand total"), *live], bold=True)
    table.remark(book.people)
    table.signatures(book.signatures)
    return Cells(table.name, row, row).address(table.last_column, elsewhere=True).partition(":")[0]


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 14, "center"),
        *(Column(str(position.label), 12, "count") for position in Position),
        Column(_("Earlier months only"), 9, "count"),
        Column(_("People paid"), 10, "count"),
        Column(_("Base stipend"), 14, "money"),
        Column(_("Growth with years"), 14, "money"),
        Column(_("Due this month"), 14, "money"),
        Column(_("Settled correction"), 13, "money"),
        Column(_("Paid out"), 15, "money"),
    ]


def _sums(lines: list[SheetLine], cells: Cells, columns: list[Column]) -> list[Formula]:
    """The people who are given money by position, those who are for earlier months only, all of them; the yuan."""
    held = Counter(line.position for line in lines if line.net > 0)
    words, net = (cells.address(place, elsewhere=True) for place in (POSITION, BASE_TO_NET[-1]))
    formulas = [
        Formula(f'=COUNTIFS({words},"{column.title}",{net},">0")', held[position])
        for position, column in zip(Position, columns[HEADS:SETTLED_ONLY], strict=True)
    ]
    paid = sum(held.values())
    formulas.append(Formula(f'=COUNTIFS({words},"",{net},">0")', held[""]))
    formulas.append(Formula(f'=COUNTIF({net},">0")', paid))
    for place, amount in zip(BASE_TO_NET, AMOUNTS, strict=True):
        yuan = sum((getattr(line, amount) or Decimal(0) for line in lines), Decimal(0))
        formulas.append(Formula(f"=SUM({cells.address(place, elsewhere=True)})", yuan))
    return formulas
