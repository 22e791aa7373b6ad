"""公示 of a subdistrict as a workbook: people and amounts, posted where residents see them, without personal data.

The page of one community is printed by subsidies/notices.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from jygroups.lib.shown import LANGUAGE
from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, Cells, Column, Formula
from subsidies.exports.workbook.book import Book, TitledSheet, position
from subsidies.models import Sheet, SheetLine
from subsidies.month import notice_states, signed
from subsidies.month.notice_words import hanging_and_objections

AMOUNT = 5
ROW = 16.5  # points: nobody signs here


@dataclass(frozen=True)
class Objections:
    """The days of the posting, and the place for objections; empty: the Standard's days, each committee."""

    days: int = 0
    place: str = ""


def notice(sheet: Sheet, objections: Objections) -> bytes:
    """The sheet's notice as a workbook to print; the same lines give the same bytes."""
    with override(LANGUAGE):
        subject = _("public notice of stipends")
        if not sheet.is_final:
            subject = _("%(subject)s (trial)") % {"subject": subject}
        with Book(sheet, subject) as book:
            _add(book, subject, objections)
    return book.content


def _add(book: Book, subject: str, objections: Objections) -> None:
    lines = [line for line in book.lines if line.net > 0]
    people = ngettext("%(count)s person", "%(count)s people", len(lines)) % {"count": len(lines)}
    if left := book.heads.left:
        people = _("%(people)s (of these %(left)s left office: earlier months only)") % {"people": people, "left": left}
    posted = _("Posted by: %(office)s") % {"office": book.office}
    notes = {0: f"{posted}\n{signed.grounds([book.sheet])}", 4: _("Paid: %(people)s, in yuan") % {"people": people}}
    table = TitledSheet(book, _("Notice"), subject, _columns(), notes=notes, height=ROW, posted=True)
    for line in lines:
        table.record(line)
    if not lines:
        table.sentence(_("Nobody is paid this month."))
    total = sum((line.net for line in lines), book.sheet.net * 0)
    everyone = Cells(table.name, FIRST_ROW, table.row - 1)
    table.add(
        [None, _("Grand total"), None, None, None, Formula(f"=SUM({everyone.address(AMOUNT)})", total)], bold=True
    )
    sentences = hanging_and_objections(
        notice_states.of(book.sheet).values(),
        days=objections.days or notice_states.days_of(book.sheet),
        office=objections.place or _("the residents' committee of each community"),
    )
    table.remark("\n".join(sentences), height=16 * (len(sentences) + 1))
    table.signatures([_("Posted on:"), _("Unit (seal):")])


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Community"), 15, "center", "community.name"),
        Column(_("Residents' group"), 18, "center", _group),
        Column(_("Full name"), 15, "center", "name"),
        Column(_("Position"), 24, "center", _position),
        Column(_("Amount"), 14, "money", "net"),
    ]


def _group(line: SheetLine) -> str:
    return line.group.name if line.group else _("Residents' committee")


def _position(line: SheetLine) -> str:
    """Who gets money of earlier months alone has none; then what became of this month."""
    return position(line) or line.get_outcome_display()
