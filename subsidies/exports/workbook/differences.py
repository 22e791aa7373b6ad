"""变动表: why this month's total differs from last month's."""

from decimal import Decimal

from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, HEADER_ROW, Cells, Column, Formula
from subsidies.exports.workbook.book import Book, TitledSheet
from subsidies.month.changes import Changes, against_previous

KIND, DETAIL, DIFFERENCE = 1, 6, 9


def add(book: Book, this_month: str) -> None:
    """Write the sheet. `this_month` is the address of the month's net total."""
    found = against_previous(book.sheet)
    month = Month.of(book.sheet.month).previous.in_words
    notes = {0: _("Compared with %(month)s") % {"month": month}, DETAIL: _("Unit: yuan")}
    subject = _("changes of stipends since the month before")
    table = TitledSheet(book, _("Changes since last month"), subject, _columns(), notes=notes)
    if found.previous is None:
        table.sentence(_("There is no sheet of %(month)s: nothing is compared.") % {"month": month})
        return
    for change in found.changes:
        table.record(change)
    if not found.changes:
        table.sentence(_("Nothing has changed."))
    rows = Cells(table.name, FIRST_ROW, table.row - 1)
    if found.changes:
        table.worksheet.autofilter(HEADER_ROW, 0, rows.last, table.last_column)
    _sum_up(table, found, rows, this_month)


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Kind of change"), 12, "center", lambda change: str(change.kind.label)),
        Column(_("Community"), 12, "center", "line.community.name"),
        Column(_("Residents' group"), 15, "center", "line.group.name"),
        Column(_("Full name"), 11, "center", "line.name"),
        Column(_("ID card number"), 22, "code", "line.id_number"),
        Column(_("What changed"), 38, "text", "detail"),
        Column(_("Before the change"), 13, "money", "before"),
        Column(_("After the change"), 13, "money", "after"),
        Column(_("Difference in yuan"), 14, "money", "difference"),
    ]


def _sum_up(table: TitledSheet, found: Changes, rows: Cells, this_month: str) -> None:
    """The changes by kind, and the check that last month's total plus the changes is this month's."""
    assert found.previous is not None
    kinds, yuan = rows.address(KIND), rows.address(DIFFERENCE)
    for kind, (count, difference) in found.by_kind().items():
        label = str(kind.label)
        counted = Formula(f'=COUNTIF({kinds},"{label}")', count)
        summed = Formula(f'=SUMIF({kinds},"{label}",{yuan})', difference)
        _sum(table, _("of these, %(kind)s: changes and yuan") % {"kind": label}, summed, counted)
    changed = _sum(table, _("changes together"), Formula(f"=SUM({yuan})", found.difference), bold=True)
    last = _sum(table, _("paid out last month"), found.previous.net, bold=True)
    _sum(table, _("paid out this month"), Formula(f"={this_month}", found.sheet.net), bold=True)
    left = found.sheet.net - found.previous.net - found.difference
    left_over = Formula(f"={_net(last + 1)}-{_net(last)}-{_net(changed)}", left)
    _sum(table, _("not explained (should be nothing)"), left_over)


def _sum(
    table: TitledSheet, label: str, yuan: Formula | Decimal, count: Formula | None = None, *, bold: bool = False
) -> int:  # fmt: skip
    """A row with a label, perhaps a count, and an amount under the differences."""
    row = table.row
    table.span(row, 0, DETAIL - 1, label, "text", bold=bold)
    for place in range(DETAIL, DIFFERENCE):
        table.put(row, place, count if place == DETAIL else None, "count", bold=bold)
    table.put(row, DIFFERENCE, yuan, "money", bold=bold)
    table.worksheet.set_row(row, 20)
    table.row += 1
    return row


def _net(row: int) -> str:
    return Cells("", row, row).address(DIFFERENCE).partition(":")[0]
