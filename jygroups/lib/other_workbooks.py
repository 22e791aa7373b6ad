"""The structure of sheets of .xls, .xlsb and .ods that their parser does not report; as that of jygroups.lib.sheet_xml.

Sheets come in the order in which their workbook lists them.
"""

import io
import struct
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from jygroups.lib.sheet_xml import MOST_RANGES, Malformed, Structure

END_OF_PART, SHEET, PASSWORD = 0x000A, 0x0085, 0x002F
BEGIN_OF_PART = (0x0809, 0x0409, 0x0209)
MERGED, ROW, COLUMNS, FILTERED, ERROR, FORMULA = 0x00E5, 0x0208, 0x007D, 0x009B, 0x0205, 0x0006


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
        offsets = []
        for kind, data in _records(stream, 0):
            if kind == PASSWORD:
                raise Locked
            if kind == SHEET:
                offsets.append(struct.unpack_from("<I", data)[0])
        return [_xls_sheet(stream, offset) for offset in offsets]
    except (OSError, ValueError, struct.error) as error:
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


def _xls_sheet(stream: bytes, offset: int) -> Structure:
    found = Structure()
    for kind, data in _records(stream, offset):
        if kind == MERGED:
            for place in range(struct.unpack_from("<H", data)[0]):
                first, last, left, right = struct.unpack_from("<4H", data, 2 + 8 * place)
                found.merged.append((first, left, last, right))
            if len(found.merged) > MOST_RANGES:
                raise Malformed("merged")
        elif kind == ROW and struct.unpack_from("<H", data, 12)[0] & 0x20:
            found.hidden_rows.append(struct.unpack_from("<H", data)[0])
        elif kind == COLUMNS and struct.unpack_from("<H", data, 8)[0] & 1:
            found.hidden_columns.append(struct.unpack_from("<HH", data))
        elif kind == FILTERED:
            found.is_filtered = True
        elif (kind == ERROR and data[7]) or (kind == FORMULA and data[12:14] == b"\xff\xff" and data[6] == 2):
            found.broken.append(struct.unpack_from("<HH", data))
    return found


# .xlsb ------------------------------------------------------------------------------------------------------


def of_xlsb(part: bytes) -> Structure:
    """The structure of one sheet's part. Raises Malformed."""
    found, row = Structure(), 0
    try:
        for kind, data in _binary_records(part):
            match kind:
                case 0:
                    row = struct.unpack_from("<I", data)[0]
                    if len(data) > 11 and data[11] & 0x10:
                        found.hidden_rows.append(row)
                case 3 | 11:
                    found.broken.append((row, struct.unpack_from("<I", data)[0]))
                case 60 if struct.unpack_from("<H", data, 16)[0] & 1:
                    found.hidden_columns.append(struct.unpack_from("<II", data))
                case 176:
                    first, last, left, right = struct.unpack_from("<4I", data)
                    found.merged.append((first, left, last, right))
                    if len(found.merged) > MOST_RANGES:
                        raise Malformed("merged")
                case 164:
                    found.is_filtered = True
    except (struct.error, IndexError) as error:
        raise Malformed(str(error)) from error
    return found


def xlsb_sheets(workbook: bytes) -> list[tuple[str, str]]:
    """The name of each sheet, and the key of its part."""
    found = []
    for kind, data in _binary_records(workbook):
        if kind == 156:
            key, place = _wide(data, 8)
            found.append((_wide(data, place)[0], key))
    return found


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
        return _OpenDocument().read(archive.read("content.xml"))


class _OpenDocument:
    """Rows and cells that repeat stand once, with how often; those after the last cell with a text do not matter."""

    def __init__(self) -> None:
        self.sheets: list[Structure] = []
        self.row = self.column = self.table_column = 0
        self.depth = self.rows = 0

    def read(self, content: bytes) -> list[Structure]:
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.EntityDeclHandler = self.refuse
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError) as error:
            raise Malformed(str(error)) from error
        return self.sheets

    def refuse(self, *_declared) -> None:
        raise Malformed("entity")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        own = {name.rpartition(":")[2]: value for name, value in attributes.items() if name != "calcext:value-type"}
        own["error"] = attributes.get("calcext:value-type", "")
        match tag:
            case "table:table":
                self.depth += 1
                if self.depth == 1:
                    self.sheets.append(Structure())
                    self.row = self.table_column = 0
            case "table:table-column" if self.depth == 1:
                count = int(own.get("number-columns-repeated", 1))
                if own.get("visibility") in ("collapse", "filter"):
                    self.sheets[-1].hidden_columns.append((self.table_column, self.table_column + count - 1))
                self.table_column += count
            case "table:table-row" if self.depth == 1:
                self.rows, self.column = int(own.get("number-rows-repeated", 1)), 0
                if own.get("visibility") in ("collapse", "filter"):
                    self.sheets[-1].hidden_rows += range(self.row, self.row + min(self.rows, 10_000))
                    self.sheets[-1].is_filtered |= own["visibility"] == "filter"
            case "table:table-cell" | "table:covered-table-cell" if self.depth == 1:
                self._cell(own)
                self.column += int(own.get("number-columns-repeated", 1))

    def _cell(self, own: dict[str, str]) -> None:
        down, right = int(own.get("number-rows-spanned", 1)), int(own.get("number-columns-spanned", 1))
        if (down, right) != (1, 1):
            self.sheets[-1].merged.append((self.row, self.column, self.row + down - 1, self.column + right - 1))
        is_error = own["error"] == "error"
        if is_error or ("formula" in own and "value-type" not in own):
            self.sheets[-1].broken.append((self.row, self.column))

    def end(self, tag: str) -> None:
        if tag == "table:table":
            self.depth -= 1
        elif tag == "table:table-row" and self.depth == 1:
            self.row += self.rows
