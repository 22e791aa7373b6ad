"""What a sheet has beside the values of its cells, whatever the format of its file."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from jygroups.lib.spreadsheets.errors import Malformed, TooManyRows

MOST_RANGES = 50_000  # merged, and ranges of hidden rows or columns; more are no table of people
MOST_BROKEN_CELLS = 100_000  # cells of a sheet, as below
MOST_BLANK_CELLS = 500_000
MOST_MERGED_CELLS = 500_000  # cells in merged ranges of a sheet
MOST_COLUMNS = 16_384
OWN_AUTHOR = "jygroups"  # of the comments in a file with findings, which its user may correct and upload again
MOST_COMMENTS, LONGEST_COMMENT = 20_000, 500  # of a sheet; characters


class Styles(NamedTuple):
    """What is common to cells, by its number: what is struck through, and what shows digits that a number lacks."""

    struck: frozenset[int] = frozenset()  # styles
    texts: frozenset[int] = frozenset()  # shared ones that are in part struck through
    rules: frozenset[int] = frozenset()  # differential styles of conditional formats that strike through
    digits: Mapping[int, int] = {}  # by style how many are shown at least, where that is more than one


PLAIN = Styles()


Cell = tuple[int, int]  # row and column, from 0


@dataclass
class Structure:
    """What a sheet has beside the values of its cells; rows and columns from 0, ranges with both ends."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row and column, last row and column
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)  # first and last row
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last column
    is_filtered: bool = False
    broken: list[Cell] = field(default_factory=list)  # with an error, or a formula that was never calculated
    blank: list[Cell] = field(default_factory=list)  # with a formula that gives the empty text, or was not calculated
    untyped: list[tuple[int, int, str]] = field(
        default_factory=list
    )  # cells with texts that the library reads as empty
    struck: list[Cell] = field(default_factory=list)  # whose text is struck through, all of it or a part
    struck_if: list[tuple[int, int, int, int]] = field(default_factory=list)  # ranges struck through under a condition
    comments: list[tuple[int, int, str]] = field(default_factory=list)  # of cells
    boxes: list[str] = field(default_factory=list)  # texts of text boxes and other shapes
    padded: list[tuple[int, int, int]] = field(default_factory=list)  # cells with numbers; least digits that are shown

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
        """Note cells of this range as broken; this and the next methods raise TooManyRows and Malformed."""
        self._add_cells(self.broken, (row, column, rows, columns), MOST_BROKEN_CELLS)

    def blank_cells(self, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self._add_cells(self.blank, (row, column, rows, columns), MOST_BLANK_CELLS)

    def untyped_cells(self, text: str, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self._add_cells(self.untyped, (row, column, rows, columns), MOST_BLANK_CELLS, text)

    def strike(self, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self._add_cells(self.struck, (row, column, rows, columns), MOST_BROKEN_CELLS)

    def strike_if(self, first: int, left: int, last: int, right: int) -> None:
        self._add(self.struck_if, (first, left, last, right), MOST_RANGES)

    def pad(self, digits: int | None, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        if digits:
            self._add_cells(self.padded, (row, column, rows, columns), MOST_BLANK_CELLS, digits)

    def comment(self, row: int, column: int, text: str) -> None:
        """Note what is written beside the cell, in one line; nothing of an empty comment."""
        if text := " ".join(text.split())[:LONGEST_COMMENT]:
            self._add(self.comments, (row, column, text), MOST_COMMENTS)

    def box(self, text: str) -> None:
        if text := " ".join(text.split())[:LONGEST_COMMENT]:
            self._add(self.boxes, text, MOST_COMMENTS)

    def _add_cells(self, entries: list, area: tuple[int, int, int, int], most: int, *what: object) -> None:
        """Add an entry for each cell of an area: its first row and column, and how many of both it has."""
        row, column, rows, columns = area
        if rows * columns > most:
            raise TooManyRows("cells")
        for at in range(row, row + rows):
            for place in range(column, column + columns):
                self._add(entries, (at, place, *what), most)

    @staticmethod
    def _add(entries: list, entry: object, most: int) -> None:
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
        if area > MOST_MERGED_CELLS:
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


def cell_place(reference: str) -> tuple[int, int]:
    """Row and column of a cell by its name: B3 is (2, 1). Raises Malformed."""
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


STRUCK_FONT = 0x08  # bit of a font of .xls and .xlsb


def styles_of(styles: list[tuple[int, int]], fonts: list[bool], formats: dict[int, int]) -> Styles:
    """Of styles with their font and format; `fonts` are whether each strikes through, `formats` the digits shown."""
    return Styles(
        frozenset(place for place, (font, _format) in enumerate(styles) if font < len(fonts) and fonts[font]),
        digits={place: digits for place, (_font, each) in enumerate(styles) if (digits := formats.get(each, 1)) > 1},
    )


TextRows = list[list[str]]
