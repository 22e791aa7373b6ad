"""The structure of an .xlsx sheet that its parser does not report: merged and hidden cells, formulas without a value.

Any legal XML is understood, whichever namespace prefix, quotes and order of attributes its writer uses.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any
from xml.parsers import expat

# Without any of these a sheet has no structure beside its rows.
NOTABLE = re.compile(
    rb"""<(?:[\w.-]+:)?(?:f|mergeCell)[\s/>]|hidden|\b(?:ht|width)\s*=\s*["']0|filterMode|=\s*["']e["']"""
)
LAST_ROW = re.compile(rb"""<(?:[\w.-]+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
DECLARED = re.compile(rb"""<(?:[\w.-]+:)?dimension\s[^>]*?\bref\s*=\s*["'][A-Z]+\d+:[A-Z]+(\d+)""")
MOST_RANGES = 50_000  # merged ranges; more are no table of people
MOST_COLUMNS = 16_384
TRUE = ("1", "true", "on")


@dataclass
class Structure:
    """What a sheet has beside the values of its cells; rows and columns from 0, inclusive."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row and column, last row and column
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last
    is_filtered: bool = False
    broken: list[tuple[int, int]] = field(default_factory=list)  # cells with an error, or a formula without a value

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Structure":
        return cls(**stored)

    def stored(self) -> dict[str, Any]:
        return asdict(self)

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


def structure(content: bytes) -> Structure:
    """Raises Malformed."""
    if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and not NOTABLE.search(content):
        return Structure()
    return _Reader().read(content)


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


class _Reader:
    def __init__(self) -> None:
        self.found = Structure()
        self.ranges: list[str] = []
        self.row = self.column = -1
        self.is_error = self.is_text = self.has_formula = self.has_value = self.in_value = False

    def read(self, content: bytes) -> Structure:
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
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
                    self.found.hidden_rows.append(self.row)
            case "c":
                own = cell(attributes["r"]) if "r" in attributes else (self.row, self.column + 1)
                self.row, self.column = own
                kind = attributes.get("t", "n")
                self.is_error, self.is_text = kind == "e", kind in ("str", "inlineStr", "s")
                self.has_formula = self.has_value = False
            case "f":
                self.has_formula = True
            case "v" | "is":
                self.in_value = True
                self.has_value |= self.is_text  # the empty text is a value
            case "mergeCell":
                self.ranges.append(attributes.get("ref", ""))
                if len(self.ranges) > MOST_RANGES:
                    raise Malformed("merged")
            case "col":
                if _is(attributes, "hidden") or _is_nothing(attributes.get("width")):
                    first, last = int(attributes.get("min", 1)) - 1, int(attributes.get("max", 1)) - 1
                    self.found.hidden_columns.append((first, min(last, MOST_COLUMNS)))
            case "sheetPr":
                self.found.is_filtered |= _is(attributes, "filterMode")
            case "filterColumn":
                self.found.is_filtered = True

    def end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "v" | "is":
                self.in_value = False
            case "c":
                if self.is_error or (self.has_formula and not self.has_value):
                    self.found.broken.append((self.row, self.column))

    def text(self, data: str) -> None:
        if self.in_value and data.strip():
            self.has_value = True


def _is(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name) in TRUE


def _is_nothing(size: str | None) -> bool:
    return size is not None and re.fullmatch(r"0+(\.0*)?", size) is not None
