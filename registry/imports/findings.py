"""The findings of an import: where, what, and what to do about it."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets import headers
from jygroups.lib.spreadsheets.file_tables import FileTable
from jygroups.lib.spreadsheets.structures import OWN_AUTHOR
from jygroups.lib.spreadsheets.workbooks import Book, Column, SheetWriter

LONGEST_SHOWN = 60
SHOWN_ROWS, MOST_NAMED_ROWS = 5, 1_000  # of a cause, shown at first and at most
WIDTH_BESIDE = 60  # digits
NUMBERS = re.compile(  # of rows and cells, within a message
    r"第\d+(?:、\d+)*行|\brows? \d+(?:, \d+)*"
    r"|(?:单元格 ?|\bcells? )[A-Z]{1,3}\d+(?:(?::|、|, )[A-Z]{1,3}\d+)*"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, which refuses the file, or a warning, which does not."""

    row: int | None  # its number in the file; None for the file as a whole
    column: str
    value: str
    message: str  # the error and how to correct it
    is_warning: bool = False

    def __str__(self):
        where = _("row %(row)s") % {"row": self.row} if self.row else _("file")
        value = " ".join(self.value.split())
        value = value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
        return " · ".join(part for part in (where, self.column, value, self.message) if part)


@dataclass
class Cause:
    """Findings of one column with the same message, with the rows that they are about."""

    column: str
    message: str
    is_warning: bool
    value: str  # of the first
    rows: list[Any] = field(default_factory=list)
    count: int = 0

    @classmethod
    def of(cls, stored: Sequence[Any]) -> "Cause":
        """From `stored`; of earlier versions a finding with its row, or None, and without value and count."""
        rows, column, message, is_warning, value, count = [*stored, "", 1][:6]
        rows = rows if isinstance(rows, list) else [row for row in [rows] if row]
        return cls(column, message, is_warning, value, rows, count)

    def stored(self) -> list[Any]:
        return [self.named_rows, self.column, self.message, self.is_warning, self.value, self.count]

    @property
    def is_of_column(self) -> bool:
        """Whether it is about a whole column of the file."""
        return bool(self.column and not self.rows)

    @property
    def findings(self) -> list[Finding]:
        rows: Sequence[int | None] = self.rows or [None]
        return [Finding(row, self.column, self.value, self.message, self.is_warning) for row in rows]

    @property
    def first_rows(self) -> list[Any]:
        return self.rows[:SHOWN_ROWS]

    @property
    def has_more(self) -> bool:
        return len(self.rows) > SHOWN_ROWS

    @property
    def named_rows(self) -> list[Any]:
        return self.rows[:MOST_NAMED_ROWS]

    def __str__(self):
        row = self.rows[0] if self.rows else None
        if self.count == 1:
            return str(Finding(row, self.column, self.value, self.message))
        text = " · ".join(filter(None, [self.column, self.message]))
        rows = _(", ").join(map(str, self.first_rows)) + ("…" if self.has_more else "")
        words = {"finding": text, "count": self.count, "rows": rows}
        return (_("%(finding)s × %(count)s: rows %(rows)s") if rows else _("%(finding)s × %(count)s")) % words


def causes(findings: Iterable[Finding]) -> list[Cause]:
    """The findings by cause, problems first, in the order of their first rows."""
    found: dict[tuple[bool, str, str], Cause] = {}
    for each in findings:
        key = each.is_warning, each.column, each.message
        cause = found.setdefault(key, Cause(each.column, each.message, each.is_warning, each.value))
        cause.count += 1
        if each.row:
            cause.rows.append(each.row)
    return sorted(found.values(), key=lambda cause: cause.is_warning)


def report(table: FileTable, findings: Iterable[Finding], only: Container[int] | None = None) -> bytes:
    """The table again as a workbook, each finding beside its row and as a note on its cell.

    With `only` these of the rows below the titles, one below the other. Merged cells have on each row what was read.
    The texts name the columns and the row numbers of the workbook.
    """
    by_row: dict[int | None, list[Finding]] = {}
    for finding in findings:
        by_row.setdefault(finding.row, []).append(finding)
    places = {title: place for place, title in enumerate(table.titles)}
    numbered = [
        (number, row)
        for number, row in enumerate(_rows(table), 1)
        if only is None or number <= table.head.last + 1 or number in only
    ]
    names = dict(zip(table.titles, map(headers.without_number, table.head.names), strict=True))
    new_numbers = {number: str(place) for place, (number, _row) in enumerate(numbered, 1)}

    def text_of(found: Iterable[Finding]) -> str:
        named = ((names.get(each.column, each.column), _renumbered(each.message, new_numbers)) for each in found)
        return "; ".join(": ".join(filter(None, each)) for each in named)

    general = "; ".join(filter(None, [_("Findings"), text_of(by_row.get(None, []))]))
    columns = [Column(title, style="plain") for title in numbered[table.head.first][1]]
    with Book(font={}) as book:
        sheet = SheetWriter(book, "", [*columns, Column(general, WIDTH_BESIDE, "plain")])
        for place, (number, row) in enumerate(numbered):
            found = by_row.get(number, [])
            values = [*row, text_of(found)]
            if place < table.head.first:
                sheet.line(values, "plain")
            elif place == table.head.first:
                sheet.titles("bold")
            else:
                sheet.add(values)
            for column in dict.fromkeys(places[each.column] for each in found if each.column in places):
                own = [each for each in found if places.get(each.column) == column]
                sheet.put(place, column, values[column], "unusual" if all(each.is_warning for each in own) else "wrong")
                text = _renumbered("; ".join(each.message for each in own), new_numbers)
                sheet.worksheet.write_comment(place, column, text, {"author": OWN_AUTHOR})
        sheet.worksheet.freeze_panes(table.head.first + 1, 0)
        sheet.on_paper(table.head.first, table.head.first)
    return book.content


def _rows(table: FileTable) -> list[list[str]]:
    """The rows as they stand in the file, all as wide, with what was read of merged cells."""
    read, blank = dict(table.located.rows), [""] * max(map(len, table.rows))
    return [
        [own or cell or "" for own, cell, _blank in zip_longest(row, read.get(number, ()), blank)]
        for number, row in enumerate(table.rows, 1)
    ]


def _renumbered(message: str, numbers: Mapping[int, str]) -> str:
    """The message with the new numbers of the rows and cells in it; where a row has none, with the old ones as such."""

    def renumbered(found: re.Match) -> str:
        if {*map(int, re.findall(r"\d+", found[0]))} <= numbers.keys():
            return re.sub(r"\d+", lambda number: numbers[int(number[0])], found[0])
        return _("%(rows)s of the first file") % {"rows": found[0]}

    return NUMBERS.sub(renumbered, message)
