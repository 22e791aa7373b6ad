"""补扣明细表: the sheet's settlements of earlier months, by person, with the changed facts."""

from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.printed import FIRST_ROW, HEADER_ROW, Cells, Column, Formula
from subsidies.explanations import changed_fact_texts
from subsidies.exports.workbook.book import Book, Table
from subsidies.month import review

AMOUNT = 9


def add(book: Book) -> None:
    """Write the sheet, where the month settles anything."""
    rows = review.settled(book.sheet.lines.all(), whole=False)
    if not rows:
        return
    table = Table(book, _("Corrections settled"), _("corrections settled"), _columns())
    table.notes({0: _("Prepared by unit: %(office)s") % {"office": book.office}, 8: _("Unit: yuan")})
    ordinal = 0
    for row in rows:
        line = row.line
        for settlement, _reasons in row.settlements:
            ordinal += 1
            correction = settlement.correction
            month = date_format(correction.month, "YEAR_MONTH_FORMAT")
            facts = _("; ").join(changed_fact_texts.changes(correction))
            amounts = [correction.was, correction.should_be, correction.difference]
            person = [line.community.name, line.name, line.id_number]
            table.add([ordinal, *person, month, *amounts, facts, settlement.amount])
    everything = Cells(table.name, FIRST_ROW, table.row - 1)
    table.worksheet.autofilter(HEADER_ROW, 0, everything.last, table.last_column)
    total = sum((each.amount for row in rows for each, _reasons in row.settlements), Decimal(0))
    live = Formula(f"=SUBTOTAL(9,{everything.address(AMOUNT)})", total)
    table.add([None, _("Grand total"), *[None] * (AMOUNT - 2), live], bold=True)
    words = {"people": len(rows), "count": ordinal}
    table.remark(_("%(people)s people, %(count)s corrections of earlier months") % words)
    for pair in (book.signatures[:2], book.signatures[2:]):  # too few columns for all of them side by side
        table.signatures(pair)
        table.row += 1


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 13, "center"),
        Column(_("Full name"), 12, "center"),
        Column(_("ID card number"), 22, "code"),
        Column(_("Month corrected"), 13, "center"),
        Column(_("Decided and corrected before"), 17, "money"),
        Column(_("Should be"), 12, "money"),
        Column(_("Difference"), 12, "money"),
        Column(_("What changed"), 52),
        Column(_("Settled by this sheet"), 14, "money"),
    ]
