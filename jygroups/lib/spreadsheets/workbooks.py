"""Workbooks: rows are compressed one by one as they come, and every text stays a text.

Those that are printed and filed have type, borders, paper, and sums that are live and already right.
"""

import gzip
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, reduce
from itertools import pairwise
from math import ceil
from operator import attrgetter
from shutil import copyfileobj
from types import MappingProxyType
from typing import IO, Any
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import CellBlankTuple, CellNumberTuple, CellStringTuple, Worksheet

from jygroups.lib.spreadsheets import page_marks
from jygroups.lib.spreadsheets.cell_styles import FONT, STYLES

A4 = 9
ROW = 30  # points: two lines of text, and room to sign
LINE = 15
TITLE_ROW, NOTE_ROW, HEADER_ROW = 0, 1, 2
FIRST_ROW = 3
LONG = 16_000  # characters, below which no text is too long for a cell
SPECIAL = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x|^\s|\s$")  # what XML or XlsxWriter writes otherwise
column_name = cache(xl_col_to_name)
TITLE_SIZE = 1.8  # of the title's letters, in those of the rows
WIDEST = 60  # digits, of a column without a width of its own


@dataclass(frozen=True)
class Column:
    title: str
    width: float = 0  # in digits; 0: as wide as its longest text
    style: str = "text"
    value: Callable[[Any], object] | str = ""  # what it has of a record, or the path to that; empty: its ordinal number

    @property
    def getter(self) -> Callable[[Any], object]:
        """What gives its value of a record; of a path None where a part of it is."""
        if callable(self.value):
            return self.value
        first, *rest = map(attrgetter, self.value.split("."))
        if not rest:
            return first
        return lambda record: reduce(lambda found, get: None if found is None else get(found), rest, first(record))


@dataclass(frozen=True)
class Cells:
    """A stretch of cells in one column, both ends inclusive and counted from 0."""

    sheet: str
    first: int
    last: int

    def address(self, column: int, *, elsewhere: bool = False) -> str:
        name = column_name(column)
        cells = f"{name}{self.first + 1}:{name}{self.last + 1}"
        return f"'{self.sheet}'!{cells}" if elsewhere else cells


@dataclass(frozen=True)
class Formula:
    """A live formula, and what it comes to: viewers that do not calculate show that."""

    text: str
    value: Decimal | int


class _Worksheet(Worksheet):
    """Rows from top to bottom: each is compressed as soon as the next one begins.

    XlsxWriter's constant memory without its file on the disk.
    """

    def _initialize(self, init_data) -> None:
        super()._initialize(init_data)
        self.constant_memory = True
        self.compressed = io.BytesIO()
        file = gzip.GzipFile(fileobj=self.compressed, mode="wb", compresslevel=1)
        self.fh = self.row_data_fh = io.TextIOWrapper(file, "utf-8")

    def _check_dimensions(self, row, col, ignore_row=False, ignore_col=False) -> int:
        if super()._check_dimensions(row, col, ignore_row, ignore_col):
            raise ValueError(f"row {row}, column {col}: beyond the sheet, or above a row that is written")
        return 0

    def _write_single_row(self, current_row_num=0) -> None:
        written = self.previous_row
        super()._write_single_row(current_row_num)
        self.row_info.pop(written, None)
        self.row_sizes.pop(written, None)

    def begin(self, row: int, columns: int) -> dict[int, object]:
        """The row's cells, to fill in: several times as fast as the methods that write one cell."""
        self._check_dimensions(row, 0)
        self._check_dimensions(row, columns - 1)
        if row > self.previous_row:
            self._write_single_row(row)
        return self.table[row]

    def _write_cell(self, row, col, cell) -> None:
        """Plain texts, numbers and blanks at once; the rest as XlsxWriter does it."""
        kind = None if cell.format is None and col in self.col_info else type(cell)
        if kind is CellNumberTuple:
            body = f"><v>{cell.number:.16G}</v></c>"
        elif kind is CellBlankTuple:
            body = "/>"
        elif kind is CellStringTuple and not SPECIAL.search(cell.string):
            body = f' t="inlineStr"><is><t>{cell.string}</t></is></c>'
        else:
            super()._write_cell(row, col, cell)
            return
        style = f' s="{cell.format._get_xf_index()}"' if cell.format else ""
        self.fh.write(f'<c r="{column_name(col)}{row + 1}"{style}{body}')

    def _xml_rich_inline_string(self, string, attributes) -> None:
        self._xml_inline_string(string, False, attributes)  # a text like any other, even if it begins with <r>

    def _write_optimized_sheet_data(self) -> None:
        self._xml_empty_tag("sheetData")

    def complete(self, xml: bytes, target: IO[bytes]) -> None:
        """The sheet with its rows."""
        self.row_data_fh.close()
        self.compressed.seek(0)
        head, mark, tail = xml.partition(b"<sheetData/>")
        target.write(head + b"<sheetData>")
        with gzip.GzipFile(fileobj=self.compressed) as rows:
            copyfileobj(rows, target)
        target.write(b"</sheetData>" + tail)


class Book(xlsxwriter.Workbook):
    """A workbook that takes every text for text, with the styles that its sheets share; complete once it is left.

    It goes through no file. `font` is that of all its cells; empty for the program's own. The rest are its properties.
    """

    worksheet_class = _Worksheet

    def __init__(self, *, font: Mapping[str, Any] = FONT, **properties: Any):
        as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._draft, self._final = io.BytesIO(), io.BytesIO()
        super().__init__(self._draft, {**as_text, "in_memory": True, "default_date_format": "yyyy-mm-dd"})
        self.font, self.sheets, self.mark = font, list[SheetWriter](), page_marks.of_pages()
        self._styles: dict[tuple[str, bool], Format | None] = {}
        if font:  # columns are as wide as this many digits of the default type
            self.formats[0].set_font_name(font["font_name"])
            self.formats[0].set_font_size(font["font_size"])
        if properties:
            self.set_properties(properties)

    def style(self, name: str, *, bold: bool = False) -> Format | None:
        """The format; None for that of a cell without any."""
        if (name, bold) not in self._styles:
            properties = {**self.font, **STYLES[name], **({"bold": True} if bold else {})}
            self._styles[name, bold] = self.add_format(properties) if properties else None
        return self._styles[name, bold]

    def close(self) -> None:
        for rows in self.sheets:
            rows.fit()
        for sheet in self.worksheets_objs if self.mark else ():
            sheet.set_header(self.mark + sheet.header)
        super().close()
        sheets = {f"xl/worksheets/sheet{place}.xml": sheet for place, sheet in enumerate(self.worksheets_objs, 1)}
        with ZipFile(self._draft) as draft, ZipFile(self._final, "w", ZIP_DEFLATED) as final:
            for entry in draft.infolist():
                xml, sheet = draft.read(entry), sheets.get(entry.filename)
                with final.open(entry, "w") as target:
                    if sheet:
                        sheet.complete(xml, target)
                    else:
                        target.write(xml)

    @property
    def content(self) -> bytes:
        """The same bytes for the same cells and properties."""
        return self._final.getvalue()


class SheetWriter:
    """One sheet of the workbook: rows from top to bottom, their cells in the styles of the columns."""

    row = 0  # the next one

    def __init__(self, book: Book, name: str, columns: Sequence[Column]):
        self.book, self.name, self.columns = book, name, columns
        self.worksheet: _Worksheet = book.add_worksheet(name)
        self.ordinal = 0
        self._getters = [column.getter if column.value else None for column in columns]
        self._fitted = {place: 0 for place, column in enumerate(columns) if not column.width}
        for place, column in enumerate(columns):
            if column.width:
                self.worksheet.set_column(place, place, column.width)
        self._formats = {bold: [book.style(column.style, bold=bold) for column in columns] for bold in (False, True)}
        book.sheets.append(self)

    @property
    def last_column(self) -> int:
        return len(self.columns) - 1

    def titles(self, style: str) -> None:
        """The row of the columns' titles."""
        titles = [column.title for column in self.columns]
        self._measure(titles)
        self.line(titles, style)

    def line(self, values: Sequence[object], style: str) -> None:
        """A row in one style, which makes no column wider."""
        for place, value in enumerate(values):
            self.put(self.row, place, value, style)
        self.row += 1

    def record(self, record: object) -> int:
        """A row of what the columns have of the record. Returns its number."""
        self.ordinal += 1
        return self.add([get(record) if get else self.ordinal for get in self._getters])

    def add(self, values: Sequence[object], *, bold: bool = False) -> int:
        """A row of values by the columns' styles. Returns its number."""
        row, cells = self.row, self.worksheet.begin(self.row, len(values))
        for place, (value, cell) in enumerate(zip(values, self._formats[bold], strict=True)):
            if isinstance(value, str) and 0 < len(value) < LONG:
                cells[place] = CellStringTuple(value.replace("\0", ""), cell)
            elif isinstance(value, (Decimal, int)):
                cells[place] = CellNumberTuple(float(value), cell)
            else:
                self._write(row, place, value, cell)
        if self._fitted:
            self._measure(values)
        self.row += 1
        return row

    def put(self, row: int, place: int, value: object, style: str, *, bold: bool = False) -> None:
        self._write(row, place, value, self.book.style(style, bold=bold))

    def _write(self, row: int, place: int, value: object, cell: Format | None) -> None:
        sheet = self.worksheet
        match value:
            case str() if value:
                sheet.write_string(row, place, value.replace("\0", ""), cell)
            case Decimal() | int() | float():
                sheet.write_number(row, place, float(value), cell)
            case None | "":
                sheet.write_blank(row, place, None, cell)
            case date():
                sheet.write_datetime(row, place, value, cell)
            case Formula():
                sheet.write_formula(row, place, value.text, cell, float(value.value))
            case _:
                sheet.write_string(row, place, str(value), cell)

    def _measure(self, values: Sequence[object]) -> None:
        for place, widest in self._fitted.items():
            text = str(values[place])
            if len(text) * 2 > widest and (width := digits(text)) > widest:
                self._fitted[place] = width

    def fit(self) -> None:
        for place, width in self._fitted.items():
            self.worksheet.set_column(place, place, min(width, WIDEST) + 2)

    def on_paper(self, first: int, last: int, *, footer: str = "", upright: bool = False) -> None:
        """A4, one page wide: the rows from first to last on each page, with its number and what it belongs to."""
        sheet = self.worksheet
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
        # An ID or account number is meant to be text: no green corners.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


class PrintedSheet(SheetWriter):
    """A sheet that is printed and filed: title, notes, header, rows.

    `notes` is the line under the title: a text from each of these columns on, the last one set right; a text may have
    several lines. `height` is that of a row with one line of text, in points. What hangs page beside page is `posted`:
    upright, each page under the title.
    """

    def __init__(
        self,
        book: Book,
        name: str,
        title: str,
        columns: Sequence[Column],
        *,
        notes: Mapping[int, str] = MappingProxyType({}),
        draft: bool = False,
        height: float = ROW,
        posted: bool = False,
    ):
        super().__init__(book, name, columns)
        self.title, self.height = title, height
        self.worksheet.set_row(TITLE_ROW, 36)
        self.span(TITLE_ROW, 0, self.last_column, title, "title")
        self._notes(notes)
        self.worksheet.set_row(HEADER_ROW, 32)
        self.row = HEADER_ROW
        self.titles("header")
        self.on_paper(TITLE_ROW if posted else HEADER_ROW, HEADER_ROW, footer=title, upright=posted)
        self.worksheet.freeze_panes(FIRST_ROW, 0)
        if draft:
            self.worksheet.set_header("&R" + _("Draft"))

    def fit(self) -> None:
        """A sheet without set widths is at least as wide as its title, which would be cut off."""
        if len(self._fitted) == len(self.columns):
            needed = digits(self.title) * TITLE_SIZE - sum(min(width, WIDEST) + 2 for width in self._fitted.values())
            more = max(ceil(needed / len(self.columns)), 0)
            self._fitted = {place: width + more for place, width in self._fitted.items()}
        super().fit()

    def _notes(self, texts: Mapping[int, str]) -> None:
        lines = max((text.count("\n") for text in texts.values()), default=0)
        self.worksheet.set_row(NOTE_ROW, 20 + (LINE + 1) * lines)
        for place, (start, end) in enumerate(pairwise([*texts, self.last_column + 1]), 1):
            style = "note_right" if place == len(texts) > 1 else "note"
            style = "note_lines" if "\n" in texts[start] else style
            self.span(NOTE_ROW, start, end - 1, texts[start], style)

    def span(self, row: int, first: int, last: int, text: str, style: str, *, bold: bool = False) -> None:
        """A text over several cells of a row."""
        cell = self.book.style(style, bold=bold)
        if first < last:
            self.worksheet.merge_range(row, first, row, last, "", cell)
        self._write(row, first, text, cell)

    def add(self, values: Sequence[object], *, bold: bool = False) -> int:
        """A row as above, high enough for the longest text."""
        lines = 1
        for column, value in zip(self.columns, values, strict=True):
            if isinstance(value, str) and len(value) * 2 > column.width - 1:
                lines = max(lines, ceil(digits(value) / (column.width - 1)))
        self.worksheet.set_row(self.row, max(self.height, LINE * lines))
        return super().add(values, bold=bold)

    def sentence(self, text: str) -> None:
        """A row with the reason why there is none."""
        self.remark(text, style="center", height=ROW)

    def remark(self, text: str, *, style: str = "text", bold: bool = False, height: float = 20) -> None:
        """A row of one text, such as a note on what the sums above count."""
        self.span(self.row, 0, self.last_column, text, style, bold=bold)
        self.worksheet.set_row(self.row, height)
        self.row += 1

    def signatures(self, texts: Sequence[str]) -> None:
        """Who signs, side by side, a row below the table."""
        row = self.row + 1
        width = len(self.columns) // len(texts)
        self.worksheet.set_row(row, 36)
        for place, text in enumerate(texts):
            last = self.last_column if place == len(texts) - 1 else (place + 1) * width - 1
            self.span(row, place * width, last, text, "note")


def digits(text: str) -> int:
    """How wide the text is, in digits; a Chinese character is as wide as two."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)
