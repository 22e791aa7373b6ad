"""补扣明细表: the sheet's settlements of earlier months, by person, with the changed facts."""

from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, HEADER_ROW, Cells, Column, Formula
from subsidies.explanations import changed_fact_texts
from subsidies.exports.workbook.book import Book, TitledSheet
from subsidies.models import Correction, Settlement, SheetLine
from subsidies.month import review

AMOUNT = 9


class _Settled(NamedTuple):
    line: SheetLine
    settlement: Settlement
    correction: Correction


def add(book: Book) -> None:
    """Write the sheet, where the month settles anything."""
    rows = review.settled(book.sheet.lines.all(), whole=False)
    if not rows:
        return
    notes = {0: _("Prepared by unit: %(office)s") % {"office": book.office}, 8: _("Unit: yuan")}
    table = TitledSheet(book, _("Corrections settled"), _("corrections settled"), _columns(), notes=notes)
    for row in rows:
        for settlement, _reasons in row.settlements:
            table.record(_Settled(row.line, settlement, settlement.correction))
    everything = Cells(table.name, FIRST_ROW, table.row - 1)
    table.worksheet.autofilter(HEADER_ROW, 0, everything.last, table.last_column)
    total = sum((each.amount for row in rows for each, _reasons in row.settlements), Decimal(0))
    live = Formula(f"=SUBTOTAL(9,{everything.address(AMOUNT)})", total)
    table.add([None, _("Grand total"), *[None] * (AMOUNT - 2), live], bold=True)
    words = {"people": len(rows), "count": table.ordinal}
    table.remark(_("%(people)s people, %(count)s corrections of earlier months") % words)
    for pair in (book.signatures[:2], book.signatures[2:]):  # too few columns for all of them side by side
        table.signatures(pair)
        table.row += 1


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 13, "center", "line.community.name"),
        Column(_("Full name"), 12, "center", "line.name"),
        Column(_("ID card number"), 22, "code", "line.id_number"),
        Column(_("Month corrected"), 13, "center", lambda row: date_format(row.correction.month, "YEAR_MONTH_FORMAT")),
        Column(_("Decided and corrected before"), 17, "money", "correction.was"),
        Column(_("Should be"), 12, "money", "correction.should_be"),
        Column(_("Difference"), 12, "money", "correction.difference"),
        Column(_("What changed"), 52, "text", lambda row: _("; ").join(changed_fact_texts.changes(row.correction))),
        Column(_("Settled by this sheet"), 14, "money", "settlement.amount"),
    ]
