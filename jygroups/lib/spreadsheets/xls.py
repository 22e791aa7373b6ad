"""Hidden, merged, struck-through and commented cells of .xls and .et; the library gives only their values.

A conditional format is a record with its ranges and one for each of its rules, each in two versions; the newer begins
with a header. A rule has what it changes in blocks: flags for these, then a number format, then a font.
"""

import io
import struct
from collections.abc import Iterator, Sequence

from jygroups.lib.spreadsheets.errors import Malformed, PasswordNeeded
from jygroups.lib.spreadsheets.number_formats import least_digits
from jygroups.lib.spreadsheets.structures import STRUCK_FONT, Structure, Styles, styles_of

END_OF_PART, SHEET, PASSWORD = 0x000A, 0x0085, 0x002F
BEGIN_OF_PART = (0x0809, 0x0409, 0x0209)
MERGED, ROW, COLUMNS, FILTERED, ERROR, FORMULA = 0x00E5, 0x0208, 0x007D, 0x009B, 0x0205, 0x0006
FONT, FORMAT, STYLE, SEVERAL_NUMBERS = 0x0031, 0x041E, 0x00E0, 0x00BD
TEXTS, TEXT, NUMBERS = 0x00FC, 0x00FD, (0x0203, 0x027E)
STYLED = (0x00FD, 0x0204, 0x00D6, 0x0203, 0x027E, ERROR, FORMULA)  # cells: a text, number, error or formula
NOTE, OBJECT, OBJECT_TEXT, CONTINUED = 0x001C, 0x005D, 0x01B6, 0x003C
RANGES, RULES = {0x01B0: 0, 0x0879: 12}, {0x01B1: 6, 0x087A: 22}  # of a conditional format; where they begin in each
HAS_FORMAT, HAS_FONT, IS_OWN_FORMAT, STRUCK_RULE = 1 << 25, 1 << 26, 1, 0x80  # bits of a rule
FONT_LINES, FONT_UNCHANGED = 68, 88  # within its font
NO_FONT = 4  # a number that is left out in counting fonts
BIFF8 = 0x0600

IS_WIDE, HAS_MORE, HAS_RUNS = 0x01, 0x04, 0x08  # bits of a text of .xls
EMPTY_TEXT = 3  # what a formula gives


def of_xls(content: bytes) -> list[Structure]:
    """The structures of the sheets, in the order of the workbook. Raises Malformed and PasswordNeeded."""
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
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK_FONT))
            elif kind == FORMAT:
                is_wide = is_new and data[4] & 1
                code = data[5 if is_new else 3 :].decode("utf-16-le" if is_wide else "latin-1", "replace")
                formats[struct.unpack_from("<H", data)[0]] = least_digits(code)
            elif kind == STYLE:
                styles.append(struct.unpack_from("<HH", data))
        fonts.insert(NO_FONT, False)
        own = styles_of(styles, fonts, formats)
        lines = frozenset(place for place, is_struck in enumerate(fonts) if is_struck)
        if lines and texts:
            own = own._replace(texts=_struck_texts(texts, lines))
        return [_xls_sheet(stream, offset, own, is_new) for offset in offsets]
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


def _xls_sheet(stream: bytes, offset: int, styles: Styles, is_new: bool) -> Structure:
    found, notes = Structure(), _Notes(is_new)
    under_condition: list[tuple[int, ...]] = []  # the ranges of the conditional format that is read
    for kind, data in _records(stream, offset):
        notes.take(kind, data)
        if kind in RANGES:
            place = RANGES[kind] + 12
            [count] = struct.unpack_from("<H", data, place)
            under_condition = [*struct.iter_unpack("<4H", data[place + 2 : place + 2 + 8 * count])]
        elif kind in RULES and _strikes(data[RULES[kind] :]):
            for first, last, left, right in under_condition:
                found.strike_if(first, left, last, right)
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
        elif kind == ROW and (data[12] & 0x20 or not struct.unpack_from("<H", data, 6)[0]):  # of no height
            found.hide_rows(struct.unpack_from("<H", data)[0])
        elif kind == COLUMNS and (data[8] & 1 or not struct.unpack_from("<H", data, 4)[0]):  # of no width
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
    for text in notes.boxes():
        found.box(text)
    return found


def _strikes(rule: bytes) -> bool:
    """Whether the rule strikes text through; `rule` begins with its flags."""
    if len(rule) < 6:  # it changes nothing
        return False
    flags, more = struct.unpack_from("<IH", rule)
    if not flags & HAS_FONT:
        return False
    font = 6
    if flags & HAS_FORMAT:
        font += struct.unpack_from("<H", rule, font)[0] if more & IS_OWN_FORMAT else 2
    [lines] = struct.unpack_from("<I", rule, font + FONT_LINES)
    [unchanged] = struct.unpack_from("<I", rule, font + FONT_UNCHANGED)
    return bool(lines & ~unchanged & STRUCK_RULE)


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

    def boxes(self) -> list[str]:
        """The texts of objects that are no comments."""
        comments = {number for _row, _column, number in self.places}
        return [text for number, text in self.texts.items() if number not in comments]


def _struck_texts(parts: Sequence[bytes], fonts: frozenset[int]) -> frozenset[int]:
    """Numbers of the texts with a character in one of the fonts; `parts` are the record and those that continue it.

    Raises IndexError or struct.error for parts that are no texts.
    """
    source = _Continued(parts)
    _all, count = struct.unpack("<II", source.take(8))
    return frozenset(number for number in range(count) if not fonts.isdisjoint(source.fonts_of_text()))


class _Continued:
    """The bytes of a record that others continue."""

    def __init__(self, parts: Sequence[bytes]):
        self.parts, self.part, self.place = parts, 0, 0

    def take(self, size: int) -> bytes:
        taken = b""
        while len(taken) < size:
            piece = self.parts[self.part][self.place : self.place + size - len(taken)]
            taken, self.place = taken + piece, self.place + len(piece)
            if len(taken) < size:
                self.part, self.place = self.part + 1, 0
        return taken

    def fonts_of_text(self) -> list[int]:
        """Those of the next text's parts, which follow it."""
        length, flags = struct.unpack("<HB", self.take(3))
        runs = struct.unpack("<H", self.take(2))[0] if flags & HAS_RUNS else 0
        more = struct.unpack("<I", self.take(4))[0] if flags & HAS_MORE else 0
        self._skip(length, 1 + (flags & IS_WIDE))
        found = [font for first, font in struct.iter_unpack("<HH", self.take(4 * runs)) if first < length]
        self.take(more)
        return found

    def _skip(self, count: int, width: int) -> None:
        """Skip characters; where a record ends within them, the next begins with their width."""
        while count:
            fitting = min(count, (len(self.parts[self.part]) - self.place) // width)
            self.place, count = self.place + fitting * width, count - fitting
            if count:
                self.part, self.place = self.part + 1, 1
                width = 1 + (self.parts[self.part][0] & IS_WIDE)
