"""The structure of an .xlsx sheet that its parser does not report: merged, hidden and struck-through cells, formulas
without a value.

Any legal XML is understood, whichever namespace prefix, quotes and order of attributes its writer uses.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple
from xml.parsers import expat

# Without any of these a sheet has no structure beside its rows.
NOTABLE = re.compile(
    rb"""<(?:[\w.-]+:)?(?:f|mergeCell)[\s/>]|hidden|\b(?:ht|width)\s*=\s*["']0|filterMode|=\s*["']e["']"""
    # values that the library reads as empty; see _Reader.is_odd
    rb"""|<!\[CDATA|["']inlineStr["'][^<]*<(?:[\w.-]+:)?v[\s/>]|<(?:[\w.-]+:)?is>\s*[^<\s]"""
    rb"""|</(?:[\w.-]+:)?(?:v|is)>\s*<(?:[\w.-]+:)?(?:v|is)[\s/>]"""
    rb"""|<(?:[\w.-]+:)?strike[\s/>]"""
)
LAST_ROW = re.compile(rb"""<(?:[\w.-]+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
DECLARED = re.compile(rb"""<(?:[\w.-]+:)?dimension\s[^>]*?\bref\s*=\s*["'][A-Z]+\d+:[A-Z]+(\d+)""")
MOST_RANGES = 50_000  # merged, and ranges of hidden rows or columns; more are no table of people
MOST_BROKEN = 100_000
MOST_BLANK = 500_000
MOST_MERGED = 500_000  # cells in merged ranges of a sheet
MOST_COLUMNS = 16_384
OWN_AUTHOR = "jygroups"  # of the comments in a file with findings, which its user may correct and upload again
MOST_COMMENTS, LONGEST_COMMENT = 20_000, 500  # of a sheet; characters
TRUE = ("1", "true", "on")


class Styles(NamedTuple):
    """What is common to cells, by its number: what is struck through, and what shows digits that a number lacks."""

    struck: frozenset[int] = frozenset()  # styles
    texts: frozenset[int] = frozenset()  # shared ones that are in part struck through
    digits: Mapping[int, int] = {}  # by style how many are shown at least, where that is more than one


PLAIN = Styles()


@dataclass
class Structure:
    """What a sheet has beside the values of its cells; rows and columns from 0, inclusive."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row and column, last row and column
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)  # first and last
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last
    is_filtered: bool = False
    broken: list[tuple[int, int]] = field(default_factory=list)  # cells with an error, or a formula without a value
    blank: list[tuple[int, int]] = field(
        default_factory=list
    )  # formulas that give the empty text, or were not calculated
    untyped: list[tuple[int, int, str]] = field(default_factory=list)  # texts that the library reads as empty
    struck: list[tuple[int, int]] = field(default_factory=list)  # cells whose text is struck through, or a part of it
    comments: list[tuple[int, int, str]] = field(default_factory=list)
    padded: list[tuple[int, int, int]] = field(default_factory=list)  # numbers shown with at least so many digits

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Structure":
        return cls(**stored)

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def merge(self, first: int, left: int, last: int, right: int) -> None:
        self._add(self.merged, (first, left, last, right), MOST_RANGES)

    def hide_rows(self, first: int, count: int = 1) -> None:
        """Hide these rows too; those next to the last hidden ones are one range with them."""
        if self.hidden_rows and self.hidden_rows[-1][1] == first - 1:
            self.hidden_rows[-1] = (self.hidden_rows[-1][0], first + count - 1)
        else:
            self._add(self.hidden_rows, (first, first + count - 1), MOST_RANGES)

    def hide_columns(self, first: int, last: int) -> None:
        self._add(self.hidden_columns, (first, min(last, MOST_COLUMNS)), MOST_RANGES)

    def break_cells(self, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        """Raises Malformed where more are broken than a table of people has."""
        for cell in self._cells(row, column, rows, columns):
            self._add(self.broken, cell, MOST_BROKEN)

    def blank_cells(self, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        for cell in self._cells(row, column, rows, columns):
            self._add(self.blank, cell, MOST_BLANK)

    def untyped_cells(self, text: str, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        for cell in self._cells(row, column, rows, columns):
            self._add(self.untyped, (*cell, text), MOST_BLANK)

    def strike(self, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        for cell in self._cells(row, column, rows, columns):
            self._add(self.struck, cell, MOST_BROKEN)

    def pad(self, digits: int | None, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        for cell in self._cells(row, column, rows, columns) if digits else ():
            self._add(self.padded, (*cell, digits), MOST_BLANK)

    def comment(self, row: int, column: int, text: str) -> None:
        """Note what is written beside the cell, in one line; nothing of an empty comment."""
        if text := " ".join(text.split())[:LONGEST_COMMENT]:
            self._add(self.comments, (row, column, text), MOST_COMMENTS)

    @staticmethod
    def _cells(row: int, column: int, rows: int, columns: int) -> Iterator[tuple[int, int]]:
        if rows * columns > MOST_BROKEN:
            raise Malformed("broken")
        return ((at, place) for at in range(row, row + rows) for place in range(column, column + columns))

    @staticmethod
    def _add(entries: list, entry: tuple, most: int) -> None:
        if len(entries) >= most:
            raise Malformed("too many")
        entries.append(entry)

    def clip(self, rows: int, columns: int) -> None:
        """Leave of the merged ranges what lies within so many rows and columns. Raises Malformed where two overlap."""
        clipped = [
            (first, left, min(last, rows - 1), min(right, columns - 1))
            for first, left, last, right in self.merged
            if first <= last and left <= right and first < rows and left < columns
        ]
        area = sum((last - first + 1) * (right - left + 1) for first, left, last, right in clipped)
        if area > MOST_MERGED:
            raise Malformed("merged")
        cells = {
            (row, column)
            for first, left, last, right in clipped
            for row in range(first, last + 1)
            for column in range(left, right + 1)
        }
        if len(cells) < area:
            raise Malformed("overlapping")
        self.merged = clipped

    def is_hidden(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self.hidden_columns)


class Malformed(Exception):
    """The sheet is no XML that a spreadsheet writes."""


def last_row(content: bytes) -> int:
    """The number of the last row that the sheet declares or has, from 1; 0 where neither is written."""
    declared = DECLARED.search(content[:4_000])
    place = max(content.rfind(b"<row "), content.rfind(b":row "))
    last = LAST_ROW.match(content[content.rfind(b"<", 0, place + 1) :]) if place >= 0 else None
    return max((int(found[1]) for found in (declared, last) if found), default=0)


def structure(content: bytes, styles: Styles = PLAIN) -> Structure:
    """Raises Malformed."""
    if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and not any(styles) and not NOTABLE.search(content):
        return Structure()
    return _SheetHandler(styles).read(content)


def cell(reference: str) -> tuple[int, int]:
    """Row and column from 0: B3 is (2, 1). Raises Malformed."""
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", reference)
    if not found:
        raise Malformed(reference)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


def reference(row: int, column: int) -> str:
    """The cell's name: (2, 1) is B3."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def covered(ranges: Iterable[str]) -> list[tuple[int, int, int, int]]:
    return [(*cell(first), *cell(last)) for first, _colon, last in (each.partition(":") for each in ranges) if last]


class _SheetHandler:
    def __init__(self, styles: Styles) -> None:
        self.styles, self.found = styles, Structure()
        self.ranges: list[str] = []
        self.row = self.column = -1
        self.is_error = self.is_text = self.has_formula = self.has_value = self.is_struck = False
        self.kind = self.within = ""  # of the cell; of its value the element, v or is
        self.texts: list[str] = []
        # Whether the library may read the value as empty: one in front of its formula or of a second one, in CDATA, in
        # v where is is meant, or in is without t.
        self.is_odd = self.in_text = False

    def read(self, content: bytes) -> Structure:
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler, parser.StartCdataSectionHandler = self.text, self.literal
        parser.EntityDeclHandler = self.refuse
        parser.buffer_text = True
        try:
            parser.Parse(content, True)
            self.found.merged = covered(self.ranges)
        except (expat.ExpatError, ValueError) as error:
            raise Malformed(str(error)) from error
        return self.found

    def refuse(self, *_declared) -> None:
        raise Malformed("entity")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "row":
                self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
                self.column = -1
                if _is(attributes, "hidden") or _is_nothing(attributes.get("ht")):
                    self.found.hide_rows(self.row)
            case "c":
                own = cell(attributes["r"]) if "r" in attributes else (self.row, self.column + 1)
                self.row, self.column = own
                self.kind = attributes.get("t", "n")
                self.is_error, self.is_text = self.kind == "e", self.kind in ("str", "inlineStr", "s")
                self.has_formula = self.has_value = self.is_odd = self.in_text = False
                style = int(attributes.get("s", 0))
                self.is_struck, self.digits = style in self.styles.struck, self.styles.digits.get(style)
                self.texts = []
            case "f":
                self.has_formula = True
                self.is_odd |= bool(self.texts)
            case "v" | "is" as within:
                self.is_odd |= bool(self.texts)
                self.within = within
                self.has_value |= self.is_text  # the empty text is a value, though perhaps of no calculation
            case "t":
                self.in_text = True
            case "strike" if self.within:
                self.is_struck |= attributes.get("val", "1") in TRUE
            case "mergeCell":
                self.ranges.append(attributes.get("ref", ""))
                if len(self.ranges) > MOST_RANGES:
                    raise Malformed("merged")
            case "col":
                if _is(attributes, "hidden") or _is_nothing(attributes.get("width")):
                    first, last = int(attributes.get("min", 1)) - 1, int(attributes.get("max", 1)) - 1
                    self.found.hide_columns(first, last)
            case "sheetPr":
                self.found.is_filtered |= _is(attributes, "filterMode")
            case "filterColumn":
                self.found.is_filtered = True

    def end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "v" | "is":
                self.within = ""
            case "t":
                self.in_text = False
            case "c":
                is_lost = self.is_odd and bool(self.texts)
                is_number = self.kind == "s"  # of a text elsewhere
                if self.texts and (self.is_struck or (is_number and int("".join(self.texts)) in self.styles.texts)):
                    self.found.strike(self.row, self.column)
                if self.texts and self.kind == "n":
                    self.found.pad(self.digits, self.row, self.column)
                if self.is_error or (self.has_formula and not self.has_value) or (is_lost and is_number):
                    self.found.break_cells(self.row, self.column)
                elif is_lost:
                    self.found.untyped_cells("".join(self.texts).strip(), self.row, self.column)
                elif self.has_formula and not self.texts:
                    self.found.blank_cells(self.row, self.column)

    def literal(self) -> None:
        self.is_odd |= self.within == "v"

    def text(self, data: str) -> None:
        if self.within and data.strip():
            self.has_value = True
            self.texts.append(data)
            self.is_odd |= self.kind == "inlineStr" and self.within == "v" or self.within == "is" and not self.in_text


def _is(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name) in TRUE


def _is_nothing(size: str | None) -> bool:
    return size is not None and re.fullmatch(r"0+(\.0*)?", size) is not None
