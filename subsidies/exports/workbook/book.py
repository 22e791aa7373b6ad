"""The month's workbook: its office, its titles, and its signers."""

from collections.abc import Sequence
from functools import cached_property

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets import workbooks
from jygroups.lib.spreadsheets.workbooks import Column
from registry.models import Position
from subsidies.models import Sheet, SheetLine
from subsidies.month import heads, newcomers, signed


class Book(workbooks.Book):
    """The workbook being written, and the month's sheet it is about."""

    def __init__(self, sheet: Sheet, subject: str = ""):
        super().__init__()
        self.sheet = sheet
        self.month = Month.of(sheet.month)
        title = self.titled(subject or _("stipends of residents' committee and group members"))
        self.set_properties(signed.properties(title, self.office, [sheet]))

    @cached_property
    def lines(self) -> list[SheetLine]:
        return list(self.sheet.lines.select_related("community", "group").order_by("ordinal"))

    @cached_property
    def payroll(self) -> list[SheetLine]:
        """The lines with an amount for the month, even if recoveries use all of it, and those on hold."""
        return [line for line in self.lines if heads.is_listed(line)]

    @cached_property
    def unpaid(self) -> list[SheetLine]:
        """The lines without money: on hold, or with nothing to be paid."""
        return [line for line in self.lines if line.net <= 0]

    @cached_property
    def heads(self) -> heads.Heads:
        return heads.of(self.lines)

    @cached_property
    def signatures(self) -> list[str]:
        return signed.signed_by(self.sheet)

    @property
    def people(self) -> str:
        """The numbers of people of the month, in the same words on every paper."""
        return _("People %(heads)s") % {"heads": self.heads}

    @cached_property
    def unit(self) -> str:
        """The office of the paper, the document that it pays by, and the funds."""
        prepared = _("Prepared by unit: %(office)s") % {"office": self.office}
        return "\n".join([prepared, signed.grounds([self.sheet]), *signed.funds([self.sheet])])

    @cached_property
    def newcomers(self) -> list[newcomers.Newcomer]:
        return newcomers.newcomers(self.sheet, newcomers.offices(self.sheet))

    @property
    def month_in_words(self) -> str:
        return date_format(self.sheet.month, "YEAR_MONTH_FORMAT")

    @property
    def office(self) -> str:
        return signed.office(self.sheet.subdistrict)

    def titled(self, subject: str) -> str:
        """The city, the subdistrict, the month and the subject; a draft is marked."""
        title = _("%(city)s %(subdistrict)s, %(month)s: %(subject)s") % {
            "city": settings.CITY_NAME,
            "subdistrict": self.sheet.subdistrict.name,
            "month": self.month_in_words,
            "subject": subject,
        }
        return title if self.sheet.is_final else _("%(title)s (draft)") % {"title": title}

    @property
    def number(self) -> str:
        """The number for filing the voucher, such as 中山-2024-05."""
        return f"{self.sheet.subdistrict.name.removesuffix(_('subdistrict'))}-{self.month}"


class TitledSheet(workbooks.PrintedSheet):
    """One sheet of it, titled with the area, the month and a subject."""

    book: Book

    def __init__(self, book: Book, name: str, subject: str, columns: Sequence[Column], **layout):
        super().__init__(book, name, book.titled(subject), columns, draft=not book.sheet.is_final, **layout)


def position(line: SheetLine) -> str:
    return str(Position(line.position).label) if line.position else ""
