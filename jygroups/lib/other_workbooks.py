"""Hidden, merged, struck-through and commented cells of .xls, .xlsb and .ods; the library gives only their values.

The result is a Structure for each sheet, as jygroups.lib.sheet_xml gives for .xlsx, in the order of the workbook.
"""

import io
import struct
import zipfile
from collections.abc import Collection, Iterator
from xml.parsers import expat

from jygroups.lib.sheet_xml import MOST_COLUMNS, OWN_AUTHOR, Malformed, Structure

END_OF_PART, SHEET, PASSWORD = 0x000A, 0x0085, 0x002F
BEGIN_OF_PART = (0x0809, 0x0409, 0x0209)
MERGED, ROW, COLUMNS, FILTERED, ERROR, FORMULA = 0x00E5, 0x0208, 0x007D, 0x009B, 0x0205, 0x0006
FONT, STYLE, SEVERAL_NUMBERS = 0x0031, 0x00E0, 0x00BD
STYLED = (0x00FD, 0x0204, 0x00D6, 0x0203, 0x027E, ERROR, FORMULA)  # cells: a text, number, error or formula
NOTE, OBJECT, OBJECT_TEXT, CONTINUED = 0x001C, 0x005D, 0x01B6, 0x003C
NO_FONT = 4  # a number that is left out in counting fonts
STRUCK = 0x08  # bit of a font
BIFF8 = 0x0600

MOST_BLANKS = 100  # in a row, of a text
MOST_PARENTS = 10  # of a style
EMPTY_TEXT = 3  # what a formula gives
VALUES = ("value", "date-value", "time-value", "boolean-value", "string-value")


class Locked(Exception):
    """The workbook has a password."""


# .xls, and .et of the same format ---------------------------------------------------------------------------


def of_xls(content: bytes) -> list[Structure]:
    """Raises Malformed and Locked."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as archive:
            name = next((name for name in ("Workbook", "Book") if archive.exists(name)), "")
            if not name:
                raise Locked if archive.exists("EncryptedPackage") else Malformed("no workbook")
            stream = archive.openstream(name).read()
        offsets, fonts, styles = [], [], []
        for kind, data in _records(stream, 0):
            if kind == PASSWORD:
                raise Locked
            if kind == SHEET:
                offsets.append(struct.unpack_from("<I", data)[0])
            elif kind == FONT:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK))
            elif kind == STYLE:
                styles.append(struct.unpack_from("<H", data)[0])
        fonts.insert(NO_FONT, False)
        struck = frozenset(place for place, font in enumerate(styles) if font < len(fonts) and fonts[font])
        is_new = struct.unpack_from("<H", stream, 4)[0] >= BIFF8
        return [_xls_sheet(stream, offset, struck, is_new) for offset in offsets]
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Malformed(str(error)) from error


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Records to the end of the part that begins there; parts within it, such as charts, are left out."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        data = stream[place + 4 : place + 4 + size]
        place += 4 + size
        if kind in BEGIN_OF_PART:
            depth += 1
        elif kind == END_OF_PART:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, data


def _xls_sheet(stream: bytes, offset: int, struck: Collection[int], is_new: bool) -> Structure:
    found, notes = Structure(), _Notes(is_new)
    for kind, data in _records(stream, offset):
        notes.take(kind, data)
        if kind in STYLED and struck and struct.unpack_from("<H", data, 4)[0] in struck:
            found.strike(*struct.unpack_from("<HH", data))
        if kind == MERGED:
            for place in range(struct.unpack_from("<H", data)[0]):
                first, last, left, right = struct.unpack_from("<4H", data, 2 + 8 * place)
                found.merge(first, left, last, right)
        elif kind == ROW and struct.unpack_from("<H", data, 12)[0] & 0x20:
            found.hide_rows(struct.unpack_from("<H", data)[0])
        elif kind == COLUMNS and struct.unpack_from("<H", data, 8)[0] & 1:
            found.hide_columns(*struct.unpack_from("<HH", data))
        elif kind == FILTERED:
            found.is_filtered = True
        elif (kind == ERROR and data[7]) or (kind == FORMULA and data[12:14] == b"\xff\xff" and data[6] == 2):
            found.break_cells(*struct.unpack_from("<HH", data))
        elif kind == FORMULA and data[12:14] == b"\xff\xff" and data[6] == EMPTY_TEXT:  # also if not yet calculated
            found.blank_cells(*struct.unpack_from("<HH", data))
        elif kind == SEVERAL_NUMBERS:
            row, first = struct.unpack_from("<HH", data)
            for place in range((len(data) - 6) // 6):
                if struct.unpack_from("<H", data, 4 + 6 * place)[0] in struck:
                    found.strike(row, first + place)
    for row, column, text in notes.found():
        found.comment(row, column, text)
    return found


class _Notes:
    """The comments of an .xls sheet: a drawn object has the text, a later record the cell and the object's number."""

    def __init__(self, is_new: bool):
        self.is_new = is_new
        self.texts: dict[int, str] = {}
        self.places: list[tuple[int, int, int]] = []
        self.old: list[tuple[int, int, str]] = []
        self.number = self.left = 0

    def take(self, kind: int, data: bytes) -> None:
        if kind == OBJECT and len(data) >= 8:
            self.number = struct.unpack_from("<H", data, 6)[0]
        elif kind == OBJECT_TEXT:
            self.left = struct.unpack_from("<H", data, 10)[0]
            self.texts[self.number] = ""
        elif kind == CONTINUED and self.left > 0 and data:
            text = data[1:].decode("utf-16-le" if data[0] & 1 else "latin-1", "replace")
            self.texts[self.number] += text
            self.left -= len(text)
        elif kind == NOTE and self.is_new:
            row, column, _shown, number = struct.unpack_from("<4H", data)
            self.places.append((row, column, number))
        elif kind == NOTE:
            self.old.append((*struct.unpack_from("<HH", data), data[6:].decode("gb18030", "replace")))

    def found(self) -> Iterator[tuple[int, int, str]]:
        """Row, column and text of each; a comment of no known text is still one."""
        yield from ((row, column, self.texts.get(number) or "?") for row, column, number in self.places)
        yield from self.old


# .xlsb ------------------------------------------------------------------------------------------------------

FILLED = range(2, 12)  # kinds of cells with a value


def of_xlsb(part: bytes, struck: Collection[int] = ()) -> Structure:
    """The structure of one sheet's part; `struck` are the struck-through cell styles. Raises Malformed."""
    found, row = Structure(), 0
    try:
        for kind, data in _binary_records(part):
            if kind in FILLED and struck and int.from_bytes(data[4:7], "little") in struck:
                found.strike(row, struct.unpack_from("<I", data)[0])
            match kind:
                case 0:
                    row = struct.unpack_from("<I", data)[0]
                    if len(data) > 11 and data[11] & 0x10:
                        found.hide_rows(row)
                case 3 | 11:
                    found.break_cells(row, struct.unpack_from("<I", data)[0])
                case 8 if not struct.unpack_from("<I", data, 8)[0]:
                    found.blank_cells(row, struct.unpack_from("<I", data)[0])
                case 60 if struct.unpack_from("<H", data, 16)[0] & 1:
                    found.hide_columns(*struct.unpack_from("<II", data))
                case 176:
                    first, last, left, right = struct.unpack_from("<4I", data)
                    found.merge(first, left, last, right)
                case 164:
                    found.is_filtered = True
    except (struct.error, IndexError) as error:
        raise Malformed(str(error)) from error
    return found


def xlsb_sheets(workbook: bytes) -> list[tuple[str, str]]:
    """The name of each sheet, and the key of its part. Raises Malformed."""
    found = []
    try:
        for kind, data in _binary_records(workbook):
            if kind == 156:
                key, place = _wide(data, 8)
                found.append((_wide(data, place)[0], key))
    except (struct.error, IndexError, ValueError) as error:
        raise Malformed(str(error)) from error
    return found


def xlsb_struck(part: bytes) -> frozenset[int]:
    """The struck-through styles of cells. Raises Malformed."""
    fonts, found, count, are_cells = [], set(), 0, False
    try:
        for kind, data in _binary_records(part):
            if kind == 43:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK))
            elif kind in (617, 618):  # the beginning and end of the styles of cells
                are_cells = kind == 617
            elif kind == 47 and are_cells:
                font = struct.unpack_from("<H", data, 4)[0]
                if font < len(fonts) and fonts[font]:
                    found.add(count)
                count += 1
    except (struct.error, IndexError) as error:
        raise Malformed(str(error)) from error
    return frozenset(found)


def xlsb_comments(part: bytes, left_out: str) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of each comment, but for those of one author. Raises Malformed."""
    authors, place, author = [], (0, 0), 0
    try:
        for kind, data in _binary_records(part):
            if kind == 632:
                authors.append(_wide(data, 0)[0])
            elif kind == 635:
                author, row, _last, column = struct.unpack_from("<4I", data)
                place = row, column
            elif kind == 637 and authors[author : author + 1] != [left_out]:
                yield *place, _wide(data, 1)[0]
    except (struct.error, IndexError, ValueError) as error:
        raise Malformed(str(error)) from error


def _wide(data: bytes, place: int) -> tuple[str, int]:
    """The text that begins there with its length, and the place after it."""
    last = place + 4 + 2 * struct.unpack_from("<I", data, place)[0]
    return data[place + 4 : last].decode("utf-16-le"), last


def _binary_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Records, each begun by its kind in one or two bytes and its size in one to four."""
    place = 0
    while place < len(part):
        kind = part[place]
        place += 1
        if kind & 0x80:
            kind, place = (kind & 0x7F) | (part[place] & 0x7F) << 7, place + 1
        size = shift = 0
        while True:
            byte = part[place]
            size, shift, place = size | (byte & 0x7F) << shift, shift + 7, place + 1
            if not byte & 0x80 or shift > 21:
                break
        yield kind, part[place : place + size]
        place += size


# .ods -------------------------------------------------------------------------------------------------------


def of_ods(content: bytes) -> list[Structure]:
    """Raises Malformed and Locked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise Locked
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
        match tag:
            case "style:style":
                self.style = own.get("name", "")
                self.parents[self.style] = own.get("parent-style-name", "")
            case "style:text-properties":
                if line := own.get("text-line-through-style") or own.get("text-line-through-type"):
                    self.lines[self.style] = line != "none"
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
                if own.get("visibility") in ("collapse", "filter"):
                    self.sheets[-1].hide_columns(self.table_column, self.table_column + count - 1)
                self.table_column += count
            case "table:table-row" if self.depth == 1:
                self.rows, self.column = int(own.get("number-rows-repeated", 1)), 0
                self.row_style = own.get("default-cell-style-name", "")
                if own.get("visibility") in ("collapse", "filter"):
                    self.sheets[-1].hide_rows(self.row, self.rows)
                    self.sheets[-1].is_filtered |= own["visibility"] == "filter"
            case "table:table-cell" | "table:covered-table-cell" if self.depth == 1:
                self.cell, self.texts, self.aside = (own, int(own.get("number-columns-repeated", 1))), [], 0
                self.comment, self.author, self.within = [], "", ""
                style = own.get("style-name") or self.row_style or self.defaults.get(self.column, "")
                self.is_struck = self._strikes(style)
            case "office:annotation":
                self.aside += 1
            case "text:p" if self.texts and not self.aside:
                self.texts.append("\n")
            case "text:s" if not self.aside:
                self.texts.append(" " * min(int(own.get("c", 1)), MOST_BLANKS))
            case "text:tab" | "text:line-break" if not self.aside:
                self.texts.append(" ")

    def text(self, data: str) -> None:
        if self.cell and not self.aside:
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
        if is_error or ("formula" in own and not has_value and kind != "string"):
            self.sheets[-1].break_cells(self.row, self.column, self.rows, count)
        elif "formula" in own and not has_value and not text:
            self.sheets[-1].blank_cells(self.row, self.column, self.rows, count)
        elif text and not has_value and (kind != "string" or "string-value" in own):
            self.sheets[-1].untyped_cells(text, self.row, self.column, self.rows, count)

    def end(self, tag: str) -> None:
        if tag == "table:table":
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
