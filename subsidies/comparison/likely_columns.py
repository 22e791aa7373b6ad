"""Which columns of an office's old spreadsheet may hold the name, the ID number and the amount.

The Chinese here is the file format itself, not text of the site.
"""

import re

from jygroups.lib import cells, clock, id_numbers
from jygroups.lib.spreadsheets import headers
from jygroups.lib.spreadsheets.file_sheets import FileSheet

# Titles that offices and the month's csv use, the likeliest first; each may end with a unit: 金额(元).
NAME = ("姓名", "人员姓名", "成员姓名", "领取人姓名", "领取人", "收款人", "户名", "name")
ID_NUMBER = (
    "身份证号",
    "身份证号码",
    "公民身份号码",
    "居民身份证号",
    "居民身份证号码",
    "身份证",
    "证件号码",
    "证件号",
    "id_number",
)
# Kinds of amounts, the paid amount first; the sum of an office's parts before the parts.
NET, GROSS, PLAIN, PART = (
    re.compile(r"实[发领付收际]|到手|净发|^net$"),
    re.compile(r"应[发领付]|合计|总[额计]|小计|^gross$"),
    re.compile(r"金额|补贴|补助|津贴|报酬|工资|发放数|发放额"),
    re.compile(r"基础|标准|基本|年限|增长|工龄|满年"),
)
NO_AMOUNT = re.compile(
    r"[卡账帐]|号|原因|备注|时间|日期|方式|人数|[月年天]数|扣|补发|比例|签|类型|类别|状态|是否|银行|职务|月份|对象|名"
)
KNOWN = {
    "name": NAME,
    "id_number": (*ID_NUMBER, "证件"),
    "amount": ("金额", "补贴", "补助", "津贴", "实发", "应发", "合计", "报酬", "工资", "gross"),
}


def candidates(sheet: FileSheet) -> dict[str, list[str]]:
    """The titles that may hold the name, the ID number and the amount, by their words and the cells below."""
    return {"name": _by_words(sheet, NAME, "姓名"), "id_number": _id_numbers(sheet), "amount": _amounts(sheet)}


def _by_words(sheet: FileSheet, words: tuple[str, ...], part: str) -> list[str]:
    """The likeliest exact title alone; else all that contain the word."""
    exact = sheet.head.fitting(words)
    return exact[:1] or [name for name in sheet.head.names if part in name]


def _id_numbers(sheet: FileSheet) -> list[str]:
    """By title; else the columns in which most cells are ID numbers."""
    return _by_words(sheet, ID_NUMBER, "身份证") or [
        name
        for name, below in sheet.texts.items()
        if (filled := [cell for cell in below if cell])
        and sum(map(_is_id_number, filled)) * 2 >= sum(len(cell) > 1 for cell in filled) > 0
    ]


def _amounts(sheet: FileSheet) -> list[str]:
    """The columns of the likeliest kind of amounts; several whose cells are all the same count as one."""
    fits = [(kind, name) for name in sheet.head.names if (kind := _kind(name)) is not None]
    fits = [fit for fit in fits if any(map(cells.amount, sheet.texts[fit[1]]))] or fits
    best = [name for kind, name in fits if kind == min(fits)[0]]
    differing = {(*sheet.texts[name],): name for name in reversed(best)}
    return [name for name in best if name in differing.values()]


def _kind(title: str) -> int | None:
    """The kind of amount that the title means, 0 the likeliest; None for no amount. A group's last line decides."""
    *groups, last = title.split("/")
    for part in (last, *reversed(groups)):
        text = re.sub(r"\(.*?\)", "", headers.without_number(cells.plain(part)))
        if not text or re.fullmatch(r"元|\d+月", text):
            continue
        if NO_AMOUNT.search(text):
            return None
        if NET.search(text):
            return 0
        if PART.search(text):
            return 3
        kind = next((kind for kind, words in ((1, GROSS), (2, PLAIN)) if words.search(text)), None)
        if kind is not None:
            return kind
    return None


def _is_id_number(cell: str) -> bool:
    try:
        id_numbers.check(id_numbers.normalised(cell), today=clock.today())
    except ValueError:
        return False
    return True
