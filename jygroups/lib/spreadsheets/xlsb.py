"""Hidden, merged, struck-through and commented cells of .xlsb; the library gives only their values."""

import struct
from collections.abc import Iterator
from enum import IntEnum

from jygroups.lib.spreadsheets.errors import Malformed
from jygroups.lib.spreadsheets.number_formats import least_digits
from jygroups.lib.spreadsheets.structures import PLAIN, STRUCK_FONT, Structure, Styles, styles_of


class Kind(IntEnum):
    """Of records, by their names in the format's specification without Brt."""

    ROW_HDR = 0
    CELL_RK = 2  # a short number, the first kind of cells with a value
    CELL_ERROR = 3
    CELL_REAL = 5
    CELL_ISST = 7  # a shared text
    FMLA_STRING = 8
    FMLA_NUM = 9
    FMLA_ERROR = 11  # the last kind of cells with a value
    SST_ITEM = 19
    FONT = 43
    FMT = 44
    XF = 47
    COL_INFO = 60
    BUNDLE_SH = 156
    END_FILTER_COLUMN = 164
    MERGE_CELL = 176
    BEGIN_CONDITIONAL_FORMATTING = 461
    BEGIN_CF_RULE = 463
    DXF = 507
    BEGIN_CELL_XFS = 617
    END_CELL_XFS = 618
    COMMENT_AUTHOR = 632
    BEGIN_COMMENT = 635
    COMMENT_TEXT = 637


FILLED = range(Kind.CELL_RK, Kind.FMLA_ERROR + 1)
NUMBERS = (Kind.CELL_RK, Kind.CELL_REAL, Kind.FMLA_NUM)
STRIKE = 0x1D  # a property of a differential style


def of_xlsb(part: bytes, styles: Styles = PLAIN) -> Structure:
    """The structure of one sheet's part. Raises Malformed."""
    found, row = Structure(), 0
    under_condition: list[tuple[int, ...]] = []  # the ranges of the conditional format that is read
    try:
        for kind, data in _binary_records(part):
            if kind in FILLED and any(styles):
                column, style = struct.unpack_from("<I", data)[0], int.from_bytes(data[4:7], "little")
                is_struck = (
                    styles.texts and kind == Kind.CELL_ISST and struct.unpack_from("<I", data, 8)[0] in styles.texts
                )
                if style in styles.struck or is_struck:
                    found.strike(row, column)
                if kind in NUMBERS:
                    found.pad(styles.digits.get(style), row, column)
            match kind:
                case Kind.ROW_HDR:
                    row = struct.unpack_from("<I", data)[0]
                    if len(data) > 11 and (data[11] & 0x10 or not struct.unpack_from("<H", data, 8)[0]):  # of no height
                        found.hide_rows(row)
                case Kind.CELL_ERROR | Kind.FMLA_ERROR:
                    found.break_cells(row, struct.unpack_from("<I", data)[0])
                case Kind.FMLA_STRING if not struct.unpack_from("<I", data, 8)[0]:
                    found.blank_cells(row, struct.unpack_from("<I", data)[0])
                case Kind.COL_INFO if data[16] & 1 or not struct.unpack_from("<I", data, 8)[0]:  # of no width
                    found.hide_columns(*struct.unpack_from("<II", data))
                case Kind.MERGE_CELL:
                    first, last, left, right = struct.unpack_from("<4I", data)
                    found.merge(first, left, last, right)
                case Kind.BEGIN_CONDITIONAL_FORMATTING:
                    [count] = struct.unpack_from("<I", data, 8)
                    under_condition = [*struct.iter_unpack("<4I", data[12 : 12 + 16 * count])]
                case Kind.BEGIN_CF_RULE if struct.unpack_from("<I", data, 8)[0] in styles.rules:
                    for first, last, left, right in under_condition:
                        found.strike_if(first, left, last, right)
                case Kind.END_FILTER_COLUMN:
                    found.is_filtered = True
    except (struct.error, IndexError) as error:
        raise Malformed(str(error)) from error
    return found


def xlsb_sheets(workbook: bytes) -> list[tuple[str, str]]:
    """The name of each sheet, and the key of its part. Raises Malformed."""
    found = []
    try:
        for kind, data in _binary_records(workbook):
            if kind == Kind.BUNDLE_SH:
                key, place = _wide(data, 8)
                found.append((_wide(data, place)[0], key))
    except (struct.error, IndexError, ValueError) as error:
        raise Malformed(str(error)) from error
    return found


def xlsb_styles(part: bytes, texts: bytes = b"") -> Styles:
    """Of the parts with the styles and the shared texts. Raises Malformed."""
    fonts, styles, formats, rules, are_cells = [], [], {}, [], False
    try:
        for kind, data in _binary_records(part):
            if kind == Kind.FONT:
                fonts.append(bool(struct.unpack_from("<H", data, 2)[0] & STRUCK_FONT))
            elif kind == Kind.FMT:
                formats[struct.unpack_from("<H", data)[0]] = least_digits(_wide(data, 2)[0])
            elif kind in (Kind.BEGIN_CELL_XFS, Kind.END_CELL_XFS):
                are_cells = kind == Kind.BEGIN_CELL_XFS
            elif kind == Kind.XF and are_cells:
                number_format, font = struct.unpack_from("<HH", data, 2)
                styles.append((font, number_format))
            elif kind == Kind.DXF:
                rules.append(_strikes(data))
        lines = frozenset(place for place, is_struck in enumerate(fonts) if is_struck)
        struck = _struck_texts(_binary_records(texts), lines) if lines else frozenset()
    except (struct.error, IndexError, ValueError) as error:
        raise Malformed(str(error)) from error
    struck_rules = frozenset(place for place, is_struck in enumerate(rules) if is_struck)
    return styles_of(styles, fonts, formats)._replace(texts=struck, rules=struck_rules)


def _strikes(style: bytes) -> bool:
    """Whether a differential style strikes through; its properties have their kind and size in front."""
    place = 6
    for _property in range(struct.unpack_from("<H", style, 4)[0]):
        kind, size = struct.unpack_from("<HH", style, place)
        if kind == STRIKE:
            return bool(style[place + 4])
        place += size
    return False


def xlsb_comments(part: bytes, left_out: str) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of each comment, but for those of one author. Raises Malformed."""
    authors, place, author = [], (0, 0), 0
    try:
        for kind, data in _binary_records(part):
            if kind == Kind.COMMENT_AUTHOR:
                authors.append(_wide(data, 0)[0])
            elif kind == Kind.BEGIN_COMMENT:
                author, row, _last, column = struct.unpack_from("<4I", data)
                place = row, column
            elif kind == Kind.COMMENT_TEXT and authors[author : author + 1] != [left_out]:
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


def _struck_texts(records: Iterator[tuple[int, bytes]], fonts: frozenset[int]) -> frozenset[int]:
    """Numbers, from 0, of the shared texts with a character in one of the fonts. Raises struct.error."""
    texts = [data for kind, data in records if kind == Kind.SST_ITEM]
    return frozenset(number for number, data in enumerate(texts) if data[0] & 1 and not fonts.isdisjoint(_runs(data)))


def _runs(data: bytes) -> list[int]:
    length = struct.unpack_from("<I", data, 1)[0]
    place = 5 + 2 * length
    count = struct.unpack_from("<I", data, place)[0]
    runs = struct.iter_unpack("<HH", data[place + 4 : place + 4 + 4 * count])
    return [font for first, font in runs if first < length]
