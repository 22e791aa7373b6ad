"""Workbooks that are printed and filed: type, borders, paper, and a table whose sums are live and already right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any
from unicodedata import east_asian_width

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

LANGUAGE = "zh-hans"  # filed papers are in Chinese, for every user
A4 = 9
# A Song typeface by the name that every office suite knows; the character set says which to take in its stead.
FONT = {"font_name": "SimSun", "font_charset": 134, "font_family": 1, "font_size": 10, "valign": "vcenter"}
MONEY = '#,##0.00_ ;-#,##0.00_ ;"–"_ '
SIGNED = '"+"#,##0.00_ ;"−"#,##0.00_ ;"–"_ '  # as shown.signed has it
COUNT = '0;-0;"–"'
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "align": "center", "text_wrap": True},
    "note": {"align": "left"},
    "note_right": {"align": "right"},
    "note_lines": {"align": "left", "text_wrap": True},
    "header": {"bold": True, "align": "center", "text_wrap": True, "border": 1, "bg_color": "#EDEDED"},
    "text": {"align": "left", "indent": 1, "text_wrap": True, "border": 1},
    "center": {"align": "center", "text_wrap": True, "border": 1},
    "code": {"align": "center", "num_format": "@", "border": 1},
    "date": {"align": "center", "num_format": "yyyy-mm-dd", "border": 1},
    "number": {"align": "center", "num_format": "0", "border": 1},
    "count": {"align": "center", "num_format": COUNT, "border": 1},
    "money": {"align": "right", "num_format": MONEY, "border": 1},
    "signed": {"align": "right", "num_format": SIGNED, "border": 1},
}
ROW = 30  # points: two lines of text, and room to sign
LINE = 15
TITLE_ROW, NOTE_ROW, HEADER_ROW = 0, 1, 2
FIRST_ROW = 3


@dataclass(frozen=True)
class Column:
    title: str
    width: float  # in digits
    style: str = "text"


@dataclass(frozen=True)
class Cells:
    """A stretch of cells in one column, both ends inclusive and counted from 0."""

    sheet: str
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def address(self, column: int, *, elsewhere: bool = False) -> str:
        name = xl_col_to_name(column)
        cells = f"{name}{self.first + 1}:{name}{self.last + 1}"
        return f"'{self.sheet}'!{cells}" if elsewhere else cells


@dataclass(frozen=True)
class Formula:
    """A live formula, and what it comes to: viewers that do not calculate show that."""

    text: str
    value: Decimal | int


class Book:
    """The workbook being written, with the type and borders that its sheets share."""

    def __init__(self, file: Workbook):
        self.file = file
        self._formats: dict[tuple[str, bool], Format] = {}
        # Columns are as wide as this many digits of the default type.
        file.formats[0].set_font_name(FONT["font_name"])
        file.formats[0].set_font_size(FONT["font_size"])

    def style(self, name: str, *, bold: bool = False) -> Format:
        if (name, bold) not in self._formats:
            properties = FONT | STYLES[name] | ({"bold": True} if bold else {})
            self._formats[name, bold] = self.file.add_format(properties)
        return self._formats[name, bold]


def on_paper(sheet: Worksheet, first: int, last: int, *, footer: str, upright: bool = False) -> None:
    """A4, one page wide: the rows from first to last on each page, which says its number and what it belongs to."""
    sheet.set_paper(A4)
    if not upright:
        sheet.set_landscape()
    sheet.set_margins(left=0.3, right=0.3, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    if first <= last:
        sheet.repeat_rows(first, last)
    page = _("page %(page)s of %(pages)s") % {"page": "&P", "pages": "&N"}
    sheet.set_footer(f"&L{footer.replace('&', '&&')}&R{page}")


class Table:
    """One sheet of the workbook: title, notes, header, rows.

    `height` is that of a row with one line of text, in points. What hangs page beside page is `posted`: upright,
    each page under the title.
    """

    def __init__(
        self,
        book: Book,
        name: str,
        title: str,
        columns: Sequence[Column],
        *,
        draft: bool = False,
        height: float = ROW,
        posted: bool = False,
    ):
        self.book, self.name, self.columns, self.height = book, name, columns, height
        self.worksheet: Worksheet = book.file.add_worksheet(name)
        self.row = FIRST_ROW
        for place, column in enumerate(columns):
            self.worksheet.set_column(place, place, column.width)
            self.worksheet.write_string(HEADER_ROW, place, column.title, book.style("header"))
        self.span(TITLE_ROW, 0, self.last_column, title, "title")
        self.worksheet.set_row(TITLE_ROW, 36)
        self.worksheet.set_row(NOTE_ROW, 20)
        self.worksheet.set_row(HEADER_ROW, 32)
        self._lay_out(title, draft, posted)

    @property
    def last_column(self) -> int:
        return len(self.columns) - 1

    def _lay_out(self, title: str, draft: bool, posted: bool) -> None:
        sheet = self.worksheet
        on_paper(sheet, TITLE_ROW if posted else HEADER_ROW, HEADER_ROW, footer=title, upright=posted)
        sheet.freeze_panes(FIRST_ROW, 0)
        # An ID number is meant to be text: no green corners.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        if draft:
            sheet.set_header("&R" + _("Draft"))

    def notes(self, texts: dict[int, str]) -> None:
        """The line under the title: a text from each of these columns on, the last one set right.

        A text may have several lines, which are below each other in its cell.
        """
        self.worksheet.set_row(NOTE_ROW, 20 + (LINE + 1) * max(text.count("\n") for text in texts.values()))
        starts = [*texts, self.last_column + 1]
        for place, (start, end) in enumerate(zip(starts, starts[1:], strict=False), 1):
            style = "note_right" if place == len(texts) > 1 else "note"
            style = "note_lines" if "\n" in texts[start] else style
            self.span(NOTE_ROW, start, end - 1, texts[start], style)

    def span(self, row: int, first: int, last: int, text: str, style: str, *, bold: bool = False) -> None:
        """A text over several cells of a row."""
        cell = self.book.style(style, bold=bold)
        if first < last:
            self.worksheet.merge_range(row, first, row, last, "", cell)
        self.worksheet.write_string(row, first, text, cell)

    def add(self, values: Iterable[object], *, bold: bool = False) -> int:
        """A row of values by the columns' styles, high enough for the longest. Returns its number."""
        row, lines = self.row, 1
        for place, (column, value) in enumerate(zip(self.columns, values, strict=True)):
            self.put(row, place, value, column.style, bold=bold)
            if isinstance(value, str):
                lines = max(lines, ceil(_digits(value) / (column.width - 1)))
        self.worksheet.set_row(row, max(self.height, LINE * lines))
        self.row += 1
        return row

    def put(self, row: int, place: int, value: object, style: str, *, bold: bool = False) -> None:
        cell, sheet = self.book.style(style, bold=bold), self.worksheet
        match value:
            case None | "":
                sheet.write_blank(row, place, None, cell)
            case Formula():
                sheet.write_formula(row, place, value.text, cell, float(value.value))
            case Decimal() | int():
                sheet.write_number(row, place, float(value), cell)
            case date():
                sheet.write_datetime(row, place, value, cell)
            case _:
                sheet.write_string(row, place, str(value), cell)

    def sentence(self, text: str) -> None:
        """A row that says why there is none."""
        self.span(self.row, 0, self.last_column, text, "center")
        self.worksheet.set_row(self.row, ROW)
        self.row += 1

    def remark(self, text: str) -> None:
        """A row below the sums that says what they count."""
        self.span(self.row, 0, self.last_column, text, "text")
        self.worksheet.set_row(self.row, 20)
        self.row += 1

    def signatures(self, texts: Sequence[str]) -> None:
        """Who signs, side by side, a row below the table."""
        row = self.row + 1
        width = len(self.columns) // len(texts)
        self.worksheet.set_row(row, 36)
        for place, text in enumerate(texts):
            last = self.last_column if place == len(texts) - 1 else (place + 1) * width - 1
            self.span(row, place * width, last, text, "note")


def _digits(text: str) -> int:
    """How wide the text is, in digits."""
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)
