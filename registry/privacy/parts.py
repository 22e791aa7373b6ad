"""Parts of papers about personal data: a title and a table of texts, on the page, in print and in a workbook.

Packages of either app declare theirs: of the copy of one person's data with `of_person`, of the yearly report with
`of_year`, in their privacy.py.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib import id_numbers
from jygroups.lib.shown import LANGUAGE
from jygroups.lib.spreadsheets.workbooks import Book, Column, PrintedSheet
from registry.models import Member
from registry.provisions import retention

LONGEST_NAME = 31  # of a sheet of a workbook


@dataclass(frozen=True)
class Part:
    """A table with its title; `note` is what stands under the title, `empty` what stands in the place of no rows."""

    title: str
    titles: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""
    empty: str = field(default_factory=lambda: _("None."))

    @property
    def cells(self) -> list[list[tuple[str, object]]]:
        """The rows for a page: each cell after the title of its column."""
        return [list(zip(self.titles, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Person:
    """Whose copy is made, with the keys of records merged into the person's; `number` shows an ID or account number."""

    member: Member
    keys: Sequence[int]
    whole: bool

    def number(self, text: str) -> str:
        return text if self.whole else id_numbers.masked(text)


OfPerson = Callable[[Person], Part]
OfYear = Callable[[date, date], Part]  # first and last day, both inclusive
_OF_PERSON: list[tuple[int, OfPerson]] = []
_OF_YEAR: list[tuple[int, OfYear]] = []


def of_person(order: int) -> Callable[[OfPerson], OfPerson]:
    def register(make: OfPerson) -> OfPerson:
        insort(_OF_PERSON, (order, make), key=lambda each: each[0])
        return make

    return register


def of_year(order: int) -> Callable[[OfYear], OfYear]:
    def register(make: OfYear) -> OfYear:
        insort(_OF_YEAR, (order, make), key=lambda each: each[0])
        return make

    return register


def copy_of(member: Member, *, whole: bool = False) -> list[Part]:
    """All that the system has of the person; with `whole` numbers they are not masked."""
    keys = [member.pk, *Member.objects.filter(merged_into=member).values_list("pk", flat=True)]
    person = Person(member, keys, whole)
    retention.load_declarations()
    return [make(person) for _order, make in _OF_PERSON]


def report_of(year: int) -> list[Part]:
    """The yearly report on personal data."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    retention.load_declarations()
    return [make(first, last) for _order, make in _OF_YEAR]


def numbered(parts: Iterable[Part]) -> list[tuple[str, Part]]:
    numerals = "一二三四五六七八九十"
    return [
        (numerals[place - 1] if place <= 10 else f"十{numerals[place - 11]}", part)
        for place, part in enumerate(parts, 1)
    ]


def as_workbook(title: str, make: Callable[[], list[Part]], note: str = "") -> bytes:
    """A sheet for each part, in Chinese, to be printed and filed."""
    with override(LANGUAGE), Book(title=title) as book:
        for number, part in numbered(make()):
            columns = [Column(str(each)) for each in part.titles]
            name = f"{number}、{part.title}"[:LONGEST_NAME]
            sheet = PrintedSheet(book, name, f"{title} · {part.title}", columns, notes={0: part.note or note})
            for row in part.rows:
                sheet.add(list(row))
            if not part.rows:
                sheet.add([part.empty, *[""] * (len(columns) - 1)])
    return book.content
