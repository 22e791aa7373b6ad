"""不发放人员: people in office who are not paid, with the reason; people who begin after the reference day."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from jygroups.lib.printed import HEADER_ROW, Column
from registry.models import Position
from subsidies import engine
from subsidies.explanations.decisions import why_not
from subsidies.exports.workbook.book import Book, Table
from subsidies.models import SheetLine


def add(book: Book) -> None:
    table = Table(book, _("People not paid"), _("people in office who are not paid"), _columns())
    table.notes({0: _("Prepared by unit: %(office)s") % {"office": book.office}, 4: book.people})
    for ordinal, line in enumerate(book.unpaid, 1):
        decision = line.decision()
        table.add(
            [
                ordinal,
                line.community.name,
                line.group.name if line.group else None,
                line.name,
                line.id_number,
                _("; ").join(_offices(decision, line)),
                why_not(line, decision),
            ]
        )
    for ordinal, each in enumerate(book.newcomers, len(book.unpaid) + 1):
        table.add(
            [
                ordinal,
                each.community.name,
                each.group.name if each.group else None,
                each.member.name,
                each.member.id_number,
                "; ".join(each.offices),
                each.why,
            ]
        )
    if book.unpaid or book.newcomers:
        table.worksheet.autofilter(HEADER_ROW, 0, table.row - 1, table.last_column)
    else:
        table.sentence(_("Everyone in office is paid this month."))


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 13, "center"),
        Column(_("Residents' group"), 15, "center"),
        Column(_("Full name"), 12, "center"),
        Column(_("ID card number"), 22, "code"),
        Column(_("Offices held"), 44),
        Column(_("Why nothing is paid"), 44),
    ]


def _offices(decision: engine.Decision, line: SheetLine) -> Iterator[str]:
    """Each office in office on the reference date, with its body."""
    bodies = line.facts["bodies"]
    for considered in decision.considered:
        office = considered.appointment
        if office.in_office(decision.reference_date):
            yield f"{bodies.get(office.body, office.body)} {Position(office.position).label}"
