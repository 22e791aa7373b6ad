"""What a cell below the titles may be by its text: a label of totals, a count, a day, a name.

The Chinese here is the file format itself, not text of the site.
"""

import re
from collections.abc import Collection, Sequence

from jygroups.lib import cells

TOTAL = re.compile(
    r".{0,14}([合小总共累]计|总[额数]|总(笔数|人数|金额)).{0,14}|共\d+[人笔户条].{0,14}|(sub)?total.{0,3}",
    re.IGNORECASE,
)
CAPITALS = re.compile(r"[零〇壹贰叁肆伍陆柒捌玖拾佰仟万亿]+[元圆][零壹贰叁肆伍陆柒捌玖角分整正]*")
DAY = re.compile(r"(19|20)\d\d([-/.年]\d.*|\d{4})")  # as far as a row is known by it
COUNT = re.compile(r"[共计]{0,2}([\d.,]+|[一二三四五六七八九十百千]+)[人名户栋幢条个笔元]?")

MADE_BY = "制表|制单|填表|填报|编制|经办|经手|审核|复核|审批|核准|批准|出纳|会计|主管|负责|分管|签字|盖章"
MADE_BEFORE = re.compile(rf"({MADE_BY})[^:]{{0,12}}:")
SIGNED = re.compile(rf"({MADE_BY}|以下[空无]).{{0,6}}|.{{0,8}}\(?([签盖][字名章]|公章)\)?.{{0,4}}")
FOOTER = re.compile(  # before a colon
    rf"({MADE_BY}|签|财务|领导|单位|社区|街道|主任|书记|公章|日期|时间|联系|电话|说明|备注|附注|注).{{0,12}}"
)


def is_day(text: str) -> bool:
    return DAY.fullmatch(text) is not None or cells.serial_day(text) is not None


def is_label(text: str) -> bool:
    return TOTAL.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether it may be a person's name: letters, no digit, no label, no amount in capitals."""
    if re.search(r"[\d:]", text) or is_label(text) or CAPITALS.fullmatch(text):
        return False
    return any(character.isalpha() or "\ue000" <= character <= "\uf8ff" for character in text)


def is_signed(texts: Collection[str]) -> bool:
    """Whether the row is only who made or checked the table, and the day of it: 制表人：李, 2026年1月5日."""
    first, *others = texts
    is_made = any(MADE_BEFORE.match(text) for text in texts)
    return is_made and ":" in first and all(":" in text or is_day(text) for text in others)


ID_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?!\d)", re.IGNORECASE
)
LONG_NUMBER = re.compile(r"(?=.*\d)[\d*xX-]{8,}")  # of an identity or an account, also masked or mistyped
SERIAL = re.compile(r"[\d.、-]*")


def has_id_number(text: str) -> bool:
    """Whether an ID number stands in the cell, alone or within a text."""
    return len(text) >= 18 and ID_NUMBER.search(cells.plain(text)) is not None


def filled_cells(row: Sequence[str]) -> dict[int, str]:
    """By place, from 0, the cells with a text."""
    return {place: cell for place, cell in enumerate(row) if cell}
