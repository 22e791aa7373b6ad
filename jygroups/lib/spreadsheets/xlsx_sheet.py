"""The structure of an .xlsx sheet that its parser does not report: merged, hidden and struck-through cells, formulas
without a value.

Any legal XML is understood, whichever namespace prefix, quotes and order of attributes its writer uses.
"""

import re
from collections.abc import Iterable
from xml.parsers import expat

from jygroups.lib.spreadsheets.errors import Malformed
from jygroups.lib.spreadsheets.structures import MOST_RANGES, PLAIN, Structure, Styles, cell_place

# Without any of these a sheet has no structure beside its rows.
NOTABLE = re.compile(
    rb"""<(?:[\w.-]+:)?(?:f|mergeCell)[\s/>]|hidden|\b(?:ht|width)\s*=\s*["']0|filterMode|=\s*["']e["']"""
    # values that the library reads as empty; see _SheetHandler.is_odd
    rb"""|<!\[CDATA|["']inlineStr["'][^<]*<(?:[\w.-]+:)?v[\s/>]|<(?:[\w.-]+:)?is>\s*[^<\s]"""
    rb"""|</(?:[\w.-]+:)?(?:v|is)>\s*<(?:[\w.-]+:)?(?:v|is)[\s/>]"""
    rb"""|<(?:[\w.-]+:)?strike[\s/>]"""
)
LAST_ROW = re.compile(rb"""<(?:[\w.-]+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
EMPTY_ROW = re.compile(rb"""<(?:[\w.-]+:)?row\s[^>]*(?:/>|>\s*</)""")
MOST_EMPTY_ROWS = 20  # at the end of a sheet, passed over in looking for its last row
DECLARED = re.compile(rb"""<(?:[\w.-]+:)?dimension\s[^>]*?\bref\s*=\s*["'][A-Z]+\d+:[A-Z]+(\d+)""")
TRUE = ("1", "true", "on")


def last_row(content: bytes) -> int:
    """The number of the last row that the sheet declares or has, from 1; 0 where neither is written.

    Rows without cells at the end do not count: some programs write one for the height of all rows below the table.
    """
    declared, last, place = DECLARED.search(content[:4_000]), None, len(content)
    for _step in range(MOST_EMPTY_ROWS):
        place = max(content.rfind(b"<row ", 0, place), content.rfind(b":row ", 0, place))
        begin = content.rfind(b"<", 0, place + 1) if place >= 0 else len(content)
        last = LAST_ROW.match(content, begin)
        if not EMPTY_ROW.match(content, begin):
            break
    return max((int(found[1]) for found in (declared, last) if found), default=0)


def structure(content: bytes, styles: Styles = PLAIN) -> Structure:
    """Raises Malformed."""
    if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and not any(styles) and not NOTABLE.search(content):
        return Structure()
    return _SheetHandler(styles).read(content)


def covered(ranges: Iterable[str]) -> list[tuple[int, int, int, int]]:
    return [
        (*cell_place(first), *cell_place(last))
        for first, _colon, last in (each.partition(":") for each in ranges)
        if last
    ]


class _SheetHandler:
    def __init__(self, styles: Styles) -> None:
        self.styles, self.found = styles, Structure()
        self.ranges: list[str] = []
        self.under_condition: list[str] = []  # the ranges of the conditional format that is read
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
                own = cell_place(attributes["r"]) if "r" in attributes else (self.row, self.column + 1)
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
            case "conditionalFormatting":
                self.under_condition = attributes.get("sqref", "").split()
            case "cfRule" if int(attributes.get("dxfId", -1)) in self.styles.rules:
                for each in self.under_condition:
                    begin, _colon, end = each.partition(":")
                    self.found.strike_if(*cell_place(begin), *cell_place(end or begin))
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
