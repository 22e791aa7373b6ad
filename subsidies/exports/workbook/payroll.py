"""发放表: a row for each person paid, a subtotal for each community, the total in capitals."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import count, groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.capitals import in_capitals
from jygroups.lib.printed import FIRST_ROW, HEADER_ROW, Cells, Column, Formula
from registry.models import Community, Position
from subsidies.explanations.decisions import reason
from subsidies.exports.workbook.book import Book, Table
from subsidies.models import Outcome, SheetLine
from subsidies.month import heads, signed

COMMUNITY, GROUP, NAME, POSITION, BASE = 1, 2, 3, 5, 8
AMOUNTS = ("rate", "increment", "gross", "adjustment", "net")  # the columns from BASE on
BASE_TO_NET = range(BASE, BASE + len(AMOUNTS))


def add(book: Book) -> dict[Community, Cells]:
    """Write the sheet; returns the rows of each community on it."""
    table = Table(book, _("Payroll"), _("stipends of residents' committee and group members"), _columns())
    made = _("Prepared on: %(date)s") % {"date": signed.day(book.sheet.computed_at)}
    table.notes(
        {
            0: book.unit,
            5: "\n".join(filter(None, [made, signed.approved_on([book.sheet])])),
            9: _("Number: %(number)s") % {"number": book.number},
            14: _("Unit: yuan"),
        }
    )
    table.worksheet.freeze_panes(FIRST_ROW, NAME + 1)
    places: dict[Community, Cells] = {}
    ordinals = count(1)
    for community, lines in groupby(book.payroll, key=lambda line: line.community):
        people = list(lines)
        first = table.row
        for line in people:
            table.add(_row(next(ordinals), line))
        places[community] = Cells(table.name, first, table.row - 1)
        table.add(_sums(places[community], people, community.name, _("Subtotal")), bold=True)
    if not places:
        table.sentence(_("Nobody is paid this month."))
    everyone = Cells(table.name, FIRST_ROW, table.row - 1)
    table.worksheet.autofilter(HEADER_ROW, 0, everyone.last, table.last_column)
    table.add(_sums(everyone, book.payroll, _("Grand total"), ""), bold=True)
    net = _total(book.payroll, "net")
    words = _("Total paid, in capitals: %(words)s") % {"words": in_capitals(net)}
    table.span(table.row, 0, table.last_column, words, "text", bold=True)
    table.worksheet.set_row(table.row, 28)
    table.row += 1
    table.remark(book.people)
    table.signatures(book.signatures)
    return places


def _columns() -> list[Column]:
    return [
        Column(_("No."), 5, "number"),
        Column(_("Community"), 9.5, "center"),
        Column(_("Residents' group"), 12.5, "center"),
        Column(_("Full name"), 8.5, "center"),
        Column(_("ID card number"), 19, "code"),
        Column(_("Position"), 12, "center"),
        Column(_("Deemed start of service"), 11, "date"),
        Column(_("Full years"), 6.5, "number"),
        Column(_("Base stipend"), 10.5, "money"),
        Column(_("Growth with years"), 10.5, "money"),
        Column(_("Due this month"), 11, "money"),
        Column(_("Settled correction"), 9.5, "money"),
        Column(_("Paid out"), 11, "money"),
        Column(_("Bank of deposit"), 15.5, "center"),
        Column(_("Bank account number"), 22.5, "code"),
        Column(_("Signature of receipt"), 10, "center"),
        Column(_("Remarks"), 10),
    ]


def _row(ordinal: int, line: SheetLine) -> list[object]:
    return [
        ordinal,
        line.community.name,
        line.group.name if line.group else None,
        line.name,
        line.id_number,
        str(Position(line.position).label) if line.position else None,
        line.deemed_start,
        line.full_years,
        *(getattr(line, amount) for amount in AMOUNTS),
        line.bank,
        line.account,
        None,
        _note(line),
    ]


def _note(line: SheetLine) -> str:
    """Why the amount differs from that of the position and the years."""
    notes = [reason(line.outcome)] if line.outcome != Outcome.PAID else []
    if line.adjustment > 0:
        notes.append(_("with back pay"))
    elif line.adjustment < 0:
        notes.append(_("less overpayment"))
    return _("; ").join(notes)


def _sums(cells: Cells, lines: list[SheetLine], first: str, second: str) -> Iterable[object]:
    """The number of people paid, and sums that follow the filter; a total skips the subtotals within it."""
    paid = heads.of(lines).paid
    people = ngettext("%(count)s person", "%(count)s people", paid) % {"count": paid}
    yield from (None, first, second, people, *[None] * (BASE - NAME - 1))
    for place, amount in zip(BASE_TO_NET, AMOUNTS, strict=True):
        yield Formula(f"=SUBTOTAL(9,{cells.address(place)})", _total(lines, amount))
    yield from [None] * 4


def _total(lines: Iterable[SheetLine], amount: str) -> Decimal:
    return sum((getattr(line, amount) or Decimal(0) for line in lines), Decimal(0))
