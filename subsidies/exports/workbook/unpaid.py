"""不发放人员: people in office who are not paid, with the reason; people who begin after the reference day."""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.workbooks import HEADER_ROW, Column
from registry.models import Community, Member, Position, ResidentsGroup
from subsidies import engine
from subsidies.explanations.decisions import why_not
from subsidies.exports.workbook.book import Book, TitledSheet
from subsidies.models import SheetLine


class _Unpaid(NamedTuple):
    person: SheetLine | Member
    community: Community
    group: ResidentsGroup | None
    offices: str
    why: str


def add(book: Book) -> None:
    notes = {0: _("Prepared by unit: %(office)s") % {"office": book.office}, 4: book.people}
    table = TitledSheet(book, _("People not paid"), _("people in office who are not paid"), _columns(), notes=notes)
    for line in book.unpaid:
        decision = line.decision()
        offices = _("; ").join(_offices(decision, line))
        table.record(_Unpaid(line, line.community, line.group, offices, why_not(line, decision)))
    for each in book.newcomers:
        table.record(_Unpaid(each.member, each.community, each.group, "; ".join(each.offices), each.why))
    if book.unpaid or book.newcomers:
        table.worksheet.autofilter(HEADER_ROW, 0, table.row - 1, table.last_column)
    else:
        table.sentence(_("Everyone in office is paid this month."))


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 13, "center", "community.name"),
        Column(_("Residents' group"), 15, "center", "group.name"),
        Column(_("Full name"), 12, "center", "person.name"),
        Column(_("ID card number"), 22, "code", "person.id_number"),
        Column(_("Offices held"), 44, "text", "offices"),
        Column(_("Why nothing is paid"), 44, "text", "why"),
    ]


def _offices(decision: engine.Decision, line: SheetLine) -> Iterator[str]:
    """Each office in office on the reference date, with its body."""
    bodies = line.facts["bodies"]
    for considered in decision.considered:
        office = considered.appointment
        if office.in_office(decision.reference_date):
            yield f"{bodies.get(office.body, office.body)} {Position(office.position).label}"
