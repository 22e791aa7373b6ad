"""Hidden, merged, struck-through and commented cells of .ods; the library gives only their values."""

import io
import re
import zipfile
from xml.parsers import expat

from jygroups.lib.spreadsheets.errors import Malformed, PasswordNeeded
from jygroups.lib.spreadsheets.number_formats import ADDED
from jygroups.lib.spreadsheets.structures import MOST_COLUMNS, OWN_AUTHOR, Structure, cell_place

MOST_TEXT_BLANKS = 100  # in a row, of a text
MOST_PARENTS = 10  # of a style
DRAWN = ("draw:text-box", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:caption")
RANGE = re.compile(r"\.(\$?[A-Z]{1,3}\$?\d+)(?::[^ ]*?\.?(\$?[A-Z]{1,3}\$?\d+)(?![^ ]))?")
HIDDEN = ("collapse", "filter")
NO_SIZE = re.compile(r"0+(\.0*)?(?![\d.])")
VALUES = ("value", "date-value", "time-value", "boolean-value", "string-value")


def of_ods(content: bytes) -> list[Structure]:
    """Raises Malformed and PasswordNeeded."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise PasswordNeeded
        named = archive.read("styles.xml") if "styles.xml" in archive.namelist() else b""
        reader = _OpenDocument()
        if b"line-through" in named:
            reader.read(named)
        return reader.read(archive.read("content.xml"))


class _OpenDocument:
    """Rows and cells that repeat stand once, with how often; those after the last cell with a text do not matter."""

    def __init__(self) -> None:
        self.sheets: list[Structure] = []
        self.row = self.column = self.table_column = 0
        self.depth = self.rows = self.aside = 0
        self.cell: tuple[dict[str, str], int] | None = None
        self.texts: list[str] = []
        self.comment: list[str] = []
        self.author = self.style = ""
        self.within = ""  # of a comment, the element that is read
        self.parents: dict[str, str] = {}  # by style
        self.lines: dict[str, bool] = {}  # by style whether it strikes a text through, where it has anything of that
        self.defaults: dict[int, str] = {}  # by column the style of its cells
        self.empty: set[str] = set()  # styles of rows without height and of columns without width
        self.drawn, self.box = 0, list[str]()  # how deep within shapes, and their text
        self.under_condition: list[tuple[str, str]] = []  # the ranges of the conditional format that is read
        self.row_style = ""
        self.is_struck = False

    def read(self, content: bytes) -> list[Structure]:
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        parser.EntityDeclHandler = self.refuse
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError) as error:
            raise Malformed(str(error)) from error
        return self.sheets

    def _strikes(self, style: str) -> bool:
        """Whether the style, or the first of those that it is made of, strikes through."""
        for _step in range(MOST_PARENTS):
            if style in self.lines:
                return self.lines[style]
            if not (style := self.parents.get(style, "")):
                break
        return False

    def refuse(self, *_declared) -> None:
        raise Malformed("entity")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        own = {name.rpartition(":")[2]: value for name, value in attributes.items() if name != "calcext:value-type"}
        own["error"] = attributes.get("calcext:value-type", "")
        self.drawn += tag in DRAWN
        if self.drawn:
            self.box += [" "] if tag == "text:p" else []
            return
        match tag:
            case "style:style":
                self.style = own.get("name", "")
                self.parents[self.style] = own.get("parent-style-name", "")
                if shown := own.get("display-name"):  # by which conditional formats name it
                    self.parents.setdefault(shown, self.style)
            case "style:text-properties":
                if line := own.get("text-line-through-style") or own.get("text-line-through-type"):
                    self.lines[self.style] = line != "none"
            case "style:table-row-properties" | "style:table-column-properties":
                if NO_SIZE.match(own.get("row-height") or own.get("column-width") or ""):
                    self.empty.add(self.style)
            case "text:span" if self.cell and not self.aside:
                self.is_struck |= self._strikes(own.get("style-name", ""))
            case "dc:creator" | "text:p" if self.aside:
                self.within = tag
                self.comment.append(" ")
            case "table:table":
                self.depth += 1
                if self.depth == 1:
                    self.sheets.append(Structure())
                    self.row = self.table_column = 0
                    self.defaults = {}
            case "table:table-column" if self.depth == 1:
                count = int(own.get("number-columns-repeated", 1))
                style = own.get("default-cell-style-name", "")
                last = min(self.table_column + count, MOST_COLUMNS)
                self.defaults |= dict.fromkeys(range(self.table_column, last), style) if self._strikes(style) else {}
                if own.get("visibility") in HIDDEN or own.get("style-name") in self.empty:
                    self.sheets[-1].hide_columns(self.table_column, self.table_column + count - 1)
                self.table_column += count
            case "table:table-row" if self.depth == 1:
                self.rows, self.column = int(own.get("number-rows-repeated", 1)), 0
                self.row_style = own.get("default-cell-style-name", "")
                if own.get("visibility") in HIDDEN or own.get("style-name") in self.empty:
                    self.sheets[-1].hide_rows(self.row, self.rows)
                    self.sheets[-1].is_filtered |= own.get("visibility") == "filter"
            case "table:table-cell" | "table:covered-table-cell" if self.depth == 1:
                self.cell, self.texts, self.aside = (own, int(own.get("number-columns-repeated", 1))), [], 0
                self.comment, self.author, self.within = [], "", ""
                style = own.get("style-name") or self.row_style or self.defaults.get(self.column, "")
                self.is_struck = self._strikes(style)
            case "office:annotation":
                self.aside += 1
            case "calcext:conditional-format":
                self.under_condition = RANGE.findall(own.get("target-range-address", ""))
            case "calcext:condition" if self._strikes(own.get("apply-style-name", "")):
                for begin, end in self.under_condition:
                    self.sheets[-1].strike_if(*cell_place(begin), *cell_place(end or begin))
            case "text:p" if self.texts and not self.aside:
                self.texts.append("\n")
            case "text:s" if not self.aside:
                self.texts.append(" " * min(int(own.get("c", 1)), MOST_TEXT_BLANKS))
            case "text:tab" | "text:line-break" if not self.aside:
                self.texts.append(" ")

    def text(self, data: str) -> None:
        if self.drawn:
            self.box.append(data)
        elif self.cell and not self.aside:
            self.texts.append(data)
        elif self.within == "dc:creator":
            self.author += data
        elif self.within:
            self.comment.append(data)

    def _cell(self, own: dict[str, str], count: int, text: str) -> None:
        down, right = int(own.get("number-rows-spanned", 1)), int(own.get("number-columns-spanned", 1))
        if (down, right) != (1, 1):
            self.sheets[-1].merge(self.row, self.column, self.row + down - 1, self.column + right - 1)
        if text and self.is_struck:
            self.sheets[-1].strike(self.row, self.column, self.rows, count)
        if self.author != OWN_AUTHOR:
            self.sheets[-1].comment(self.row, self.column, "".join(self.comment))
        is_error = own["error"] == "error"
        kind, has_value = own.get("value-type"), any(map(own.get, VALUES))
        whole, digits = own.get("value", "").partition(".")[0], re.sub(r"\D", "", text.partition(".")[0])
        if kind == "float" and len(digits) > len(whole):
            self.sheets[-1].pad(ADDED, self.row, self.column, self.rows, count)
        if is_error or ("formula" in own and not has_value and kind != "string"):
            self.sheets[-1].break_cells(self.row, self.column, self.rows, count)
        elif "formula" in own and not has_value and not text:
            self.sheets[-1].blank_cells(self.row, self.column, self.rows, count)
        elif text and not has_value and (kind != "string" or "string-value" in own):
            self.sheets[-1].untyped_cells(text, self.row, self.column, self.rows, count)

    def end(self, tag: str) -> None:
        if self.drawn:
            self.drawn -= tag in DRAWN
            if not self.drawn and self.sheets:
                self.sheets[-1].box("".join(self.box))
                self.box = []
        elif tag == "table:table":
            self.depth -= 1
        elif tag == "office:annotation":
            self.aside -= 1
        elif tag == self.within:
            self.within = ""
        elif tag in ("table:table-cell", "table:covered-table-cell") and self.depth == 1 and self.cell:
            own, count = self.cell
            self._cell(own, count, "".join(self.texts).strip())
            self.column, self.cell = self.column + count, None
        elif tag == "table:table-row" and self.depth == 1:
            self.row += self.rows
