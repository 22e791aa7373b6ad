"""Rows below a header that have column titles once more, of the same table or of another one.

Texts are plain, by place; a line is a line of the header.
"""

import re
from collections.abc import Mapping, Sequence

PAGE = re.compile(r"第\d+页.*|\d+/\d+|-\d+-")


def repeats(texts: Mapping[int, str], line: Sequence[str]) -> bool:
    """Whether the row has this line's titles in the same places and nothing else but the number of a page."""
    own = _without_page(texts)
    return 0 < len(own) == len(_same(own, line))


def differs(texts: Mapping[int, str], line: Sequence[str]) -> bool:
    """Whether the row has this line's titles in other places, or others beside them: the header of another table."""
    own = _without_page(texts)
    same = _same(own, line)
    if len(same) == len(own) == len([*filter(None, line)]):
        return False
    return 2 <= len(same) >= len(own) / 2 or (len(own) >= 2 and {*own.values()} <= {*line})


def is_numbering(texts: Mapping[int, str]) -> bool:
    """Whether the row numbers the columns: 1, 2, 3 …, or 甲, 1, 2 …"""
    numbers = [text for text in texts.values() if text not in ("甲", "乙", "丙", "丁")]
    return len(numbers) > 2 and numbers == [str(number) for number in range(1, len(numbers) + 1)]


def _without_page(texts: Mapping[int, str]) -> dict[int, str]:
    return {place: text for place, text in texts.items() if not PAGE.fullmatch(text)}


def _same(texts: Mapping[int, str], line: Sequence[str]) -> list[int]:
    return [place for place, text in texts.items() if place < len(line) and line[place] == text]
