"""The month's workbook: whose it is, what it is called, and who signs it."""

from collections.abc import Sequence
from functools import cached_property

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from jygroups.lib import printed
from jygroups.lib.months import Month
from jygroups.lib.printed import Column
from subsidies import newcomers
from subsidies.models import Outcome, Sheet, SheetLine


class Book(printed.Book):
    """The workbook being written, and the month's sheet it is about."""

    def __init__(self, file: Workbook, sheet: Sheet):
        super().__init__(file)
        self.sheet = sheet
        self.month = Month.of(sheet.month)
        made = timezone.localtime(sheet.computed_at)
        # The figures' own time, not the clock's: the same figures make the same file.
        file.set_properties({"title": self.title, "company": self.office, "created": made.replace(tzinfo=None)})

    @cached_property
    def lines(self) -> list[SheetLine]:
        return list(self.sheet.lines.select_related("community", "group").order_by("ordinal"))

    @cached_property
    def payroll(self) -> list[SheetLine]:
        """Who is paid, is on hold, or has an earlier month put right."""
        return [line for line in self.lines if line.outcome in (Outcome.PAID, Outcome.HELD) or line.adjustment]

    @cached_property
    def unpaid(self) -> list[SheetLine]:
        paid = {line.pk for line in self.payroll}
        return [line for line in self.lines if line.pk not in paid]

    @cached_property
    def newcomers(self) -> list[newcomers.Newcomer]:
        return newcomers.newcomers(self.sheet, newcomers.offices(self.sheet))

    @property
    def month_in_words(self) -> str:
        return date_format(self.sheet.month, "YEAR_MONTH_FORMAT")

    @property
    def office(self) -> str:
        return _("%(subdistrict)s office") % {"subdistrict": self.sheet.subdistrict.name}

    @property
    def title(self) -> str:
        return self.titled(_("stipends of residents' committee and group members"))

    def titled(self, subject: str) -> str:
        """The city, the subdistrict, the month and the subject, and whether all this is but a draft."""
        title = _("%(city)s %(subdistrict)s, %(month)s: %(subject)s") % {
            "city": settings.CITY_NAME,
            "subdistrict": self.sheet.subdistrict.name,
            "month": self.month_in_words,
            "subject": subject,
        }
        return title if self.sheet.is_final else _("%(title)s (draft)") % {"title": title}

    @property
    def number(self) -> str:
        """What the voucher is filed under, such as 雄关-2024-05."""
        return f"{self.sheet.subdistrict.name.removesuffix(_('subdistrict'))}-{self.month}"


class Table(printed.Table):
    """One sheet of it, titled with the area, the month and a subject."""

    book: Book

    def __init__(self, book: Book, name: str, subject: str, columns: Sequence[Column], **layout):
        super().__init__(book, name, book.titled(subject), columns, draft=not book.sheet.is_final, **layout)


def signed_by() -> list[str]:
    """The three who answer for a voucher."""
    return [_("Prepared by:"), _("Checked by:"), _("Head of the unit (seal):")]
