"""发放表: a row for each person paid, a subtotal for each community, the total in capitals."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.capitals import in_capitals
from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, HEADER_ROW, Cells, Column, Formula
from registry.models import Community
from subsidies.explanations.decisions import reason
from subsidies.exports.workbook.book import Book, TitledSheet, position
from subsidies.models import Outcome, SheetLine
from subsidies.month import heads, signed

COMMUNITY, GROUP, NAME, POSITION, BASE = 1, 2, 3, 5, 8
AMOUNTS = ("rate", "increment", "gross", "adjustment", "net")  # the columns from BASE on
BASE_TO_NET = range(BASE, BASE + len(AMOUNTS))


def add(book: Book) -> dict[Community, Cells]:
    """Write the sheet; returns the rows of each community on it."""
    made = _("Prepared on: %(date)s") % {"date": signed.day(book.sheet.computed_at)}
    notes = {
        0: book.unit,
        5: "\n".join(filter(None, [made, signed.approved_on([book.sheet])])),
        9: _("Number: %(number)s") % {"number": book.number},
        14: _("Unit: yuan"),
    }
    subject = _("stipends of residents' committee and group members")
    table = TitledSheet(book, _("Payroll"), subject, _columns(), notes=notes)
    table.worksheet.freeze_panes(FIRST_ROW, NAME + 1)
    places: dict[Community, Cells] = {}
    for community, lines in groupby(book.payroll, key=lambda line: line.community):
        people = list(lines)
        first = table.row
        for line in people:
            table.record(line)
        places[community] = Cells(table.name, first, table.row - 1)
        table.add(_sums(places[community], people, community.name, _("Subtotal")), bold=True)
    if not places:
        table.sentence(_("Nobody is paid this month."))
    everyone = Cells(table.name, FIRST_ROW, table.row - 1)
    table.worksheet.autofilter(HEADER_ROW, 0, everyone.last, table.last_column)
    table.add(_sums(everyone, book.payroll, _("Grand total"), ""), bold=True)
    net = _total(book.payroll, "net")
    words = _("Total paid, in capitals: %(words)s") % {"words": in_capitals(net)}
    table.remark(words, bold=True, height=28)
    table.remark(book.people)
    table.signatures(book.signatures)
    return places


def _columns() -> list[Column]:
    return [
        Column(_("No."), 5, "number"),
        Column(_("Community"), 9.5, "center", "community.name"),
        Column(_("Residents' group"), 12.5, "center", "group.name"),
        Column(_("Full name"), 8.5, "center", "name"),
        Column(_("ID card number"), 19, "code", "id_number"),
        Column(_("Position"), 12, "center", position),
        Column(_("Deemed start of service"), 11, "date", "deemed_start"),
        Column(_("Full years"), 6.5, "number", "full_years"),
        Column(_("Base stipend"), 10.5, "money", "rate"),
        Column(_("Growth with years"), 10.5, "money", "increment"),
        Column(_("Due this month"), 11, "money", "gross"),
        Column(_("Settled correction"), 9.5, "money", "adjustment"),
        Column(_("Paid out"), 11, "money", "net"),
        Column(_("Bank of deposit"), 15.5, "center", "bank"),
        Column(_("Bank account number"), 22.5, "code", "account"),
        Column(_("Signature of receipt"), 10, "center", lambda line: None),
        Column(_("Remarks"), 10, "text", _note),
    ]


def _note(line: SheetLine) -> str:
    """Why the amount differs from that of the position and the years."""
    notes = [reason(line.outcome)] if line.outcome != Outcome.PAID else []
    if line.adjustment > 0:
        notes.append(_("with back pay"))
    elif line.adjustment < 0:
        notes.append(_("less overpayment"))
    return _("; ").join(notes)


def _sums(cells: Cells, lines: list[SheetLine], first: str, second: str) -> list[object]:
    """The number of people paid, and sums that follow the filter; a total skips the subtotals within it."""
    paid = heads.of(lines).paid
    people = ngettext("%(count)s person", "%(count)s people", paid) % {"count": paid}
    sums = [
        Formula(f"=SUBTOTAL(9,{cells.address(place)})", _total(lines, amount))
        for place, amount in zip(BASE_TO_NET, AMOUNTS, strict=True)
    ]
    return [None, first, second, people, *[None] * (BASE - NAME - 1), *sums, *[None] * 4]


def _total(lines: Iterable[SheetLine], amount: str) -> Decimal:
    return sum((getattr(line, amount) or Decimal(0) for line in lines), Decimal(0))
