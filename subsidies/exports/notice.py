"""公示: people and amounts, posted where residents see them, without any personal data."""

import io
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from jygroups.lib.printed import FIRST_ROW, LANGUAGE, Cells, Column, Formula
from jygroups.lib.sheets import safe_workbook
from registry.models import Position
from subsidies.exports.workbook.book import Book, Table
from subsidies.models import Sheet, SheetLine
from subsidies.month import signed
from subsidies.month.notice_states import DAYS

AMOUNT = 5
ROW = 16.5  # points: nobody signs here


@dataclass(frozen=True)
class Objections:
    """The days of the posting, and the place for objections; empty: the subdistrict's office."""

    days: int = DAYS
    place: str = ""


def notice(sheet: Sheet, objections: Objections) -> bytes:
    """The sheet's notice as a workbook to print; the same lines give the same bytes."""
    target = io.BytesIO()
    with override(LANGUAGE), safe_workbook(target) as file:
        subject = _("public notice of stipends")
        if not sheet.is_final:
            subject = _("%(subject)s (trial)") % {"subject": subject}
        _add(Book(file, sheet, subject), subject, objections)
    return target.getvalue()


def _add(book: Book, subject: str, objections: Objections) -> None:
    lines = [line for line in book.lines if line.net > 0]
    table = Table(book, _("Notice"), subject, _columns(), height=ROW, posted=True)
    people = ngettext("%(count)s person", "%(count)s people", len(lines)) % {"count": len(lines)}
    if left := book.heads.left:
        people = _("%(people)s (of these %(left)s left office: earlier months only)") % {"people": people, "left": left}
    posted = _("Posted by: %(office)s") % {"office": book.office}
    table.notes(
        {0: f"{posted}\n{signed.grounds([book.sheet])}", 4: _("Paid: %(people)s, in yuan") % {"people": people}}
    )
    ordinal = 0
    for _community, of_community in groupby(lines, key=lambda line: line.community):
        for line in of_community:
            ordinal += 1
            table.add(_row(ordinal, line))
    if not lines:
        table.sentence(_("Nobody is paid this month."))
    total = sum((line.net for line in lines), book.sheet.net * 0)
    everyone = Cells(table.name, FIRST_ROW, table.row - 1)
    table.add(
        [None, _("Grand total"), None, None, None, Formula(f"=SUM({everyone.address(AMOUNT)})", total)], bold=True
    )
    words = {"days": objections.days, "place": objections.place or book.office}
    text = (
        _(
            "This notice is posted for %(days)s days from the day of posting. Send objections to %(place)s within "
            "that time, with your name and the facts."
        )
        % words
    )
    table.span(table.row, 0, table.last_column, text, "text")
    table.worksheet.set_row(table.row, 48)
    table.row += 1
    table.signatures([_("Posted on:"), _("Unit (seal):")])


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 15, "center"),
        Column(_("Residents' group"), 18, "center"),
        Column(_("Full name"), 15, "center"),
        Column(_("Position"), 24, "center"),
        Column(_("Amount"), 14, "money"),
    ]


def _row(ordinal: int, line: SheetLine) -> list[object]:
    return [
        ordinal,
        line.community.name,
        line.group.name if line.group else None,
        line.name,
        str(Position(line.position).label) if line.position else None,
        line.net,
    ]
