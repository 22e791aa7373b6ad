"""What a cell below the titles may be by its text: a label of totals, a count, a day, a name.

The Chinese here is the file format itself, not text of the site.
"""

import re

from jygroups.lib import cells

TOTAL = re.compile(
    r".{0,14}([合小总共累]计|总[额数]|总(笔数|人数|金额)).{0,14}|共\d+[人笔户条].{0,14}|(sub)?total.{0,3}",
    re.IGNORECASE,
)
CAPITALS = re.compile(r"[零〇壹贰叁肆伍陆柒捌玖拾佰仟万亿]+[元圆][零壹贰叁肆伍陆柒捌玖角分整正]*")
DAY = re.compile(r"(19|20)\d\d([-/.年]\d.*|\d{4})")  # as far as a row is known by it
COUNT = re.compile(r"[共计]{0,2}([\d.,]+|[一二三四五六七八九十百千]+)[人名户栋幢条个笔元]?")


def is_day(text: str) -> bool:
    return DAY.fullmatch(text) is not None or cells.serial_day(text) is not None


def is_label(text: str) -> bool:
    return TOTAL.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether it may be a person's name: letters, no digit, no label, no amount in capitals."""
    if re.search(r"[\d:]", text) or is_label(text) or CAPITALS.fullmatch(text):
        return False
    return any(character.isalpha() or "\ue000" <= character <= "\uf8ff" for character in text)
