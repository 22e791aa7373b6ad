"""Hidden, merged, struck-through and commented cells of .xls and .xlsb; the library gives only their values.

The result is a Structure for each sheet, as xlsx_sheet gives for .xlsx, in the order of the workbook.
"""

import io
import struct
from collections.abc import Iterator

from jygroups.lib.spreadsheets import shared_texts
from jygroups.lib.spreadsheets.number_formats import least_digits
from jygroups.lib.spreadsheets.xlsx_sheet import PLAIN, Malformed, Structure, Styles

END_OF_PART, SHEET, PASSWORD = 0x000A, 0x0085, 0x002F
BEGIN_OF_PART = (0x0809, 0x0409, 0x0209)
MERGED, ROW, COLUMNS, FILTERED, ERROR, FORMULA = 0x00E5, 0x0208, 0x007D, 0x009B, 0x0205, 0x0006
FONT, FORMAT, STYLE, SEVERAL_NUMBERS = 0x0031, 0x041E, 0x00E0, 0x00BD
TEXTS, TEXT, NUMBERS = 0x00FC, 0x00FD, (0x0203, 0x027E)
STYLED = (0x00FD, 0x0204, 0x00D6, 0x0203, 0x027E, ERROR, FORMULA)  # cells: a text, number, error or formula
NOTE, OBJECT, OBJECT_TEXT, CONTINUED = 0x001C, 0x005D, 0x01B6, 0x003C
NO_FONT = 4  # a number that is left out in counting fonts
STRUCK = 0x08  # bit of a font
BIFF8 = 0x0600

EMPTY_TEXT = 3  # what a formula gives


class PasswordNeeded(Exception):
    """The workbook has a password."""


# .xls, and .et of the same format ---------------------------------------------------------------------------


def of_xls(content: bytes) -> list[Structure]:
    """Raises Malformed and PasswordNeeded."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as archive:
            name = next((name for name in ("Workbook", "Book") if archive.exists(name)), "")
            if not name:
                raise PasswordNeeded if archive.exists("EncryptedPackage") else Malformed("no workbook")
            stream = archive.openstream(name).read()
        is_new = struct.unpack_from("<H", stream, 4)[0] >= BIFF8
        offsets, fonts, styles, formats = [], [], [], {}
        texts: list[bytes] = []
        before = 0
        for kind, data in _records(stream, 0):
            if kind == PASSWORD:
                raise PasswordNeeded
            if kind == TEXTS or (kind == CONTINUED and before == TEXTS):
                texts.append(data)
                kind = TEXTS
            before = kind
            if kind == SHEET:
                offsets.append(struct.unpack_from("<I", data)[0])
            elif kind == FONT:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK))
            elif kind == FORMAT:
                is_wide = is_new and data[4] & 1
                code = data[5 if is_new else 3 :].decode("utf-16-le" if is_wide else "latin-1", "replace")
                formats[struct.unpack_from("<H", data)[0]] = least_digits(code)
            elif kind == STYLE:
                styles.append(struct.unpack_from("<HH", data))
        fonts.insert(NO_FONT, False)
        own = _styles(styles, fonts, formats)
        lines = frozenset(place for place, is_struck in enumerate(fonts) if is_struck)
        if lines and texts:
            own = own._replace(texts=shared_texts.struck_of_xls(texts, lines))
        return [_xls_sheet(stream, offset, own, is_new) for offset in offsets]
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Malformed(str(error)) from error


def _styles(styles: list[tuple[int, int]], fonts: list[bool], formats: dict[int, int]) -> Styles:
    """Of styles with their font and format; `fonts` are whether each strikes through, `formats` the digits shown."""
    return Styles(
        frozenset(place for place, (font, _format) in enumerate(styles) if font < len(fonts) and fonts[font]),
        digits={place: digits for place, (_font, each) in enumerate(styles) if (digits := formats.get(each, 1)) > 1},
    )


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


def _xls_sheet(stream: bytes, offset: int, styles: Styles, is_new: bool) -> Structure:
    found, notes = Structure(), _Notes(is_new)
    for kind, data in _records(stream, offset):
        notes.take(kind, data)
        if kind in STYLED and any(styles):
            row, column, style = struct.unpack_from("<HHH", data)
            if style in styles.struck or (kind == TEXT and struct.unpack_from("<I", data, 6)[0] in styles.texts):
                found.strike(row, column)
            if kind in NUMBERS or (kind == FORMULA and data[12:14] != b"\xff\xff"):
                found.pad(styles.digits.get(style), row, column)
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
                [style] = struct.unpack_from("<H", data, 4 + 6 * place)
                if style in styles.struck:
                    found.strike(row, first + place)
                found.pad(styles.digits.get(style), row, first + place)
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


def of_xlsb(part: bytes, styles: Styles = PLAIN) -> Structure:
    """The structure of one sheet's part. Raises Malformed."""
    found, row = Structure(), 0
    try:
        for kind, data in _binary_records(part):
            if kind in FILLED and any(styles):
                column, style = struct.unpack_from("<I", data)[0], int.from_bytes(data[4:7], "little")
                is_struck = styles.texts and kind == 7 and struct.unpack_from("<I", data, 8)[0] in styles.texts
                if style in styles.struck or is_struck:
                    found.strike(row, column)
                if kind in (2, 5, 9):
                    found.pad(styles.digits.get(style), row, column)
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


def xlsb_styles(part: bytes, texts: bytes = b"") -> Styles:
    """Of the parts with the styles and the shared texts. Raises Malformed."""
    fonts, styles, formats, are_cells = [], [], {}, False
    try:
        for kind, data in _binary_records(part):
            if kind == 43:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK))
            elif kind == 44:
                formats[struct.unpack_from("<H", data)[0]] = least_digits(_wide(data, 2)[0])
            elif kind in (617, 618):  # the beginning and end of the styles of cells
                are_cells = kind == 617
            elif kind == 47 and are_cells:
                number_format, font = struct.unpack_from("<HH", data, 2)
                styles.append((font, number_format))
        lines = frozenset(place for place, is_struck in enumerate(fonts) if is_struck)
        struck = shared_texts.struck_of_xlsb(_binary_records(texts), lines) if lines else frozenset()
    except (struct.error, IndexError, ValueError) as error:
        raise Malformed(str(error)) from error
    return _styles(styles, fonts, formats)._replace(texts=struck)


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
