"""Hidden, merged, struck-through and commented cells of .xls and .et; the library gives only their values.

A conditional format is a record with its ranges and one for each of its rules, each in two versions; the newer begins
with a header. A rule has what it changes in blocks: flags for these, then a number format, then a font.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum

from jygroups.lib.spreadsheets.errors import Malformed, PasswordNeeded
from jygroups.lib.spreadsheets.number_formats import least_digits
from jygroups.lib.spreadsheets.structures import STRUCK_FONT, Structure, Styles, styles_of


class Kind(IntEnum):
    """Of records, by their names in the format's specification."""

    FORMULA = 0x0006
    EOF = 0x000A
    NOTE = 0x001C
    FILE_PASS = 0x002F
    FONT = 0x0031
    CONTINUE = 0x003C
    OBJ = 0x005D
    COL_INFO = 0x007D
    BOUND_SHEET = 0x0085
    FILTER_MODE = 0x009B
    MUL_RK = 0x00BD  # several numbers side by side
    R_STRING = 0x00D6
    XF = 0x00E0
    MERGE_CELLS = 0x00E5
    SST = 0x00FC  # shared texts
    LABEL_SST = 0x00FD
    COND_FMT = 0x01B0  # a conditional format's ranges
    CF = 0x01B1  # one of its rules
    TXO = 0x01B6  # the text of an object
    NUMBER = 0x0203
    LABEL = 0x0204
    BOOL_ERR = 0x0205
    ROW = 0x0208
    RK = 0x027E
    FORMAT = 0x041E
    COND_FMT_12 = 0x0879
    CF_12 = 0x087A


BEGIN_OF_PART = (0x0809, 0x0409, 0x0209)
NUMBERS = (Kind.NUMBER, Kind.RK)
STYLED = (Kind.LABEL_SST, Kind.LABEL, Kind.R_STRING, *NUMBERS, Kind.BOOL_ERR, Kind.FORMULA)  # cells
RANGES: dict[int, int] = {Kind.COND_FMT: 0, Kind.COND_FMT_12: 12}  # where a conditional format begins in the record
RULES: dict[int, int] = {Kind.CF: 6, Kind.CF_12: 22}  # where the flags of a rule do
HAS_FORMAT, HAS_FONT, IS_OWN_FORMAT, STRUCK_RULE = 1 << 25, 1 << 26, 1, 0x80  # bits of a rule
FONT_LINES, FONT_UNCHANGED = 68, 88  # within its font
NO_FONT = 4  # a number that is left out in counting fonts
BIFF8 = 0x0600

IS_WIDE, HAS_MORE, HAS_RUNS = 0x01, 0x04, 0x08  # bits of a text of .xls
NO_NUMBER, ERROR, EMPTY_TEXT = b"\xff\xff", 2, 3  # what a formula gives


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
        offsets, styles = _workbook(stream, is_new)
        return [_xls_sheet(stream, offset, styles, is_new) for offset in offsets]
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Malformed(str(error)) from error


def _workbook(stream: bytes, is_new: bool) -> tuple[list[int], Styles]:
    """Where its sheets begin, and its styles. Raises PasswordNeeded, IndexError and struct.error."""
    offsets, fonts, styles, formats = [], [], [], {}
    texts: list[bytes] = []
    before = 0
    for kind, data in _records(stream, 0):
        is_text = kind == Kind.SST or (kind == Kind.CONTINUE and before == Kind.SST)
        before = Kind.SST if is_text else kind
        match before:
            case Kind.SST:
                texts.append(data)
            case Kind.FILE_PASS:
                raise PasswordNeeded
            case Kind.BOUND_SHEET:
                offsets.append(struct.unpack_from("<I", data)[0])
            case Kind.FONT:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK_FONT))
            case Kind.FORMAT:
                is_wide = is_new and data[4] & 1
                code = data[5 if is_new else 3 :].decode("utf-16-le" if is_wide else "latin-1", "replace")
                formats[struct.unpack_from("<H", data)[0]] = least_digits(code)
            case Kind.XF:
                styles.append(struct.unpack_from("<HH", data))
    fonts.insert(NO_FONT, False)
    lines = frozenset(place for place, is_struck in enumerate(fonts) if is_struck)
    struck = _struck_texts(texts, lines) if lines and texts else frozenset()
    return offsets, styles_of(styles, fonts, formats)._replace(texts=struck)


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Records to the end of the part that begins there; parts within it, such as charts, are left out."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        data = stream[place + 4 : place + 4 + size]
        place += 4 + size
        if kind in BEGIN_OF_PART:
            depth += 1
        elif kind == Kind.EOF:
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
        given = data[6] if kind == Kind.FORMULA and data[12:14] == NO_NUMBER else None  # by a formula
        if kind in STYLED and any(styles):
            row, column, style = struct.unpack_from("<HHH", data)
            is_struck = kind == Kind.LABEL_SST and struct.unpack_from("<I", data, 6)[0] in styles.texts
            if style in styles.struck or is_struck:
                found.strike(row, column)
            if kind in NUMBERS or (kind == Kind.FORMULA and given is None):
                found.pad(styles.digits.get(style), row, column)
        match kind:
            case Kind.MERGE_CELLS:
                for place in range(struct.unpack_from("<H", data)[0]):
                    first, last, left, right = struct.unpack_from("<4H", data, 2 + 8 * place)
                    found.merge(first, left, last, right)
            case Kind.ROW if data[12] & 0x20 or not struct.unpack_from("<H", data, 6)[0]:  # of no height
                found.hide_rows(struct.unpack_from("<H", data)[0])
            case Kind.COL_INFO if data[8] & 1 or not struct.unpack_from("<H", data, 4)[0]:  # of no width
                found.hide_columns(*struct.unpack_from("<HH", data))
            case Kind.FILTER_MODE:
                found.is_filtered = True
            case Kind.BOOL_ERR if data[7]:
                found.break_cells(*struct.unpack_from("<HH", data))
            case Kind.FORMULA if given == ERROR:
                found.break_cells(*struct.unpack_from("<HH", data))
            case Kind.FORMULA if given == EMPTY_TEXT:  # also if not yet calculated
                found.blank_cells(*struct.unpack_from("<HH", data))
            case Kind.MUL_RK:
                row, first = struct.unpack_from("<HH", data)
                for place in range((len(data) - 6) // 6):
                    [style] = struct.unpack_from("<H", data, 4 + 6 * place)
                    if style in styles.struck:
                        found.strike(row, first + place)
                    found.pad(styles.digits.get(style), row, first + place)
            case Kind.COND_FMT | Kind.COND_FMT_12:
                place = RANGES[kind] + 12
                [count] = struct.unpack_from("<H", data, place)
                under_condition = [*struct.iter_unpack("<4H", data[place + 2 : place + 2 + 8 * count])]
            case Kind.CF | Kind.CF_12 if _strikes(data[RULES[kind] :]):
                for first, last, left, right in under_condition:
                    found.strike_if(first, left, last, right)
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
        if kind == Kind.OBJ and len(data) >= 8:
            self.number = struct.unpack_from("<H", data, 6)[0]
        elif kind == Kind.TXO:
            self.left = struct.unpack_from("<H", data, 10)[0]
            self.texts[self.number] = ""
        elif kind == Kind.CONTINUE and self.left > 0 and data:
            text = data[1:].decode("utf-16-le" if data[0] & 1 else "latin-1", "replace")
            self.texts[self.number] += text
            self.left -= len(text)
        elif kind == Kind.NOTE and self.is_new:
            row, column, _shown, number = struct.unpack_from("<4H", data)
            self.places.append((row, column, number))
        elif kind == Kind.NOTE:
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
