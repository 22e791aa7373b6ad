"""The texts of .xls and .xlsb that stand apart from their cells: which of them are in part struck through."""

import struct
from collections.abc import Iterator, Sequence

IS_WIDE, HAS_MORE, HAS_RUNS = 0x01, 0x04, 0x08  # bits of a text of .xls


def struck_of_xls(parts: Sequence[bytes], fonts: frozenset[int]) -> frozenset[int]:
    """Numbers of the texts with a character in one of the fonts; `parts` are the record and those that continue it.

    Raises IndexError or struct.error for parts that are no texts.
    """
    source = _Continued(parts)
    _all, count = struct.unpack("<II", source.take(8))
    return frozenset(number for number in range(count) if not fonts.isdisjoint(source.fonts_of_text()))


class _Continued:
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


def struck_of_xlsb(records: Iterator[tuple[int, bytes]], fonts: frozenset[int]) -> frozenset[int]:
    """The same of the records of a part. Raises struct.error."""
    texts = [data for kind, data in records if kind == 19]
    return frozenset(number for number, data in enumerate(texts) if data[0] & 1 and not fonts.isdisjoint(_runs(data)))


def _runs(data: bytes) -> list[int]:
    length = struct.unpack_from("<I", data, 1)[0]
    place = 5 + 2 * length
    count = struct.unpack_from("<I", data, place)[0]
    runs = struct.iter_unpack("<HH", data[place + 4 : place + 4 + 4 * count])
    return [font for first, font in runs if first < length]
