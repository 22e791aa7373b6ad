"""Whether a text in a file means that somebody has left office.

The Chinese here is what files have in their cells and remarks.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from jygroups.lib import cells

LEAVING = (  # a pattern of the words for it
    "离任|离职|离岗|免职|卸任|退出|退任|退职|辞职|辞任|辞去|罢免|撤职|除名|解聘|届满|停发(?!低保)|"
    "死亡|去世|病故|病逝|离世|逝世|过世|亡故|身故|调离|调出|搬离|搬走|搬出|迁出|迁走|迁离|外迁"
)
PLACE = "([本该原我]?(社区|小区|辖区|网格|居民小组|小组|居委会|街道))"  # what somebody leaves
DUTY = "([本该原]?(社区|居民小组|小组)?(小?组长|副组长|成员|主任|副主任|委员|职务|工作|该职))"
MOVING = "(转|调|换)[至到往]"  # on the first day it is how somebody came
LEFT = re.compile(  # a cell
    rf"(因.{{1,4}}|个人原因)?(本?人)?(现?已经?|现|被)?从?{PLACE}?({LEAVING})了?{PLACE}?(补贴|补助)?了?|已故|已退|不干了|"
    rf"(现?已经?)?不再?(在任|在岗|任职|履职|担任|兼任){DUTY}?了?"
)
DAY = r"(?<!\d)((?:19|20)\d\d)(?:[-/.年](\d{1,2})(?!\d)(?:[-/.月](\d{1,2}))?|(\d\d)(\d\d)(?!\d))"  # within a text
ANY_DAY = r"(?<!\d)(?:19|20)\d\d(?:[-/.年]\d|\d{4}(?!\d))"
LEFT_ON = re.compile(rf"{ANY_DAY}.*({LEAVING}|不再[担兼]?任)|({LEAVING}).*{ANY_DAY}")
# Of a day without its year nobody knows whether it is since then, so it counts.
LEFT_IN_A_MONTH = re.compile(
    rf"([今本]年)?\d{{1,2}}(月份?(\d{{1,2}}日?)?|\.\d{{1,2}})(起|底|初|中旬)?(已经?|现已)?({LEAVING})了?"
)
MOVED_ON = re.compile(rf"{ANY_DAY}.*{MOVING}|{MOVING}.*{ANY_DAY}")
UNTIL = re.compile(rf"(任期|任职|在任|履职|聘期|任至|任到).*[至到]{ANY_DAY}")
SPAN = re.compile(rf"({ANY_DAY}[^至到~-]*([-/.]\d+)*月?日?)?[至到~—–-]+{ANY_DAY}.*")  # a cell: days from and to
NO_SPAN = re.compile("有效|证|合同|保险|培训|学习|学历")  # in a title of other spans
# Somebody left something else, or somebody else did.
OTHERS = re.compile("接替|接任|继任|前任|补选|递补|拟|单位|公司|企业|厂|退休|下岗")
NOT_LEFT = re.compile("否|未|没有|在任|在岗|在职|正常|[未没](离任|离职|免职|卸任)|现任|继任|0")
LONGEST_END = 25  # characters; a longer text is about something else


def means_nobody(text: str) -> bool:
    """Whether a cell of a column of those who left means that nobody did."""
    return cells.is_nothing(text, until_now=True) or NOT_LEFT.fullmatch(cells.plain(text)) is not None


def means_left(text: str) -> bool:
    """Whether a cell means it, with or without a day."""
    plain = cells.plain(text)
    return LEFT.fullmatch(plain) is not None or (len(plain) <= LONGEST_END and LEFT_ON.search(plain) is not None)


def is_span(text: str, title: str = "") -> bool:
    """Whether a cell has days from and to, which below this title may be those of an office."""
    return SPAN.fullmatch(cells.plain(text)) is not None and not NO_SPAN.search(title)


def left_since(text: str, first_day: date, today: date) -> bool:
    """Whether a remark means that somebody in office since then left it; not another person, nor a work place."""
    plain = cells.plain(text).strip("()")
    clauses = {plain, *re.split("[,;。]", plain)}
    if any(LEFT.fullmatch(clause) or LEFT_IN_A_MONTH.fullmatch(clause) for clause in clauses):
        return True
    for clause in clauses:
        if OTHERS.search(clause):
            continue
        days = [*_days(clause)] if len(clause) <= LONGEST_END else []
        if LEFT_ON.search(clause) and any(day >= first_day for day in days):
            return True
        if MOVED_ON.search(clause) and any(day > first_day for day in days):
            return True
        if UNTIL.search(clause) and any(first_day <= day <= today for day in days[-1:]):
            return True
    return False


def _days(text: str) -> Iterator[date]:
    for year, month, day, month8, day8 in re.findall(DAY, text):
        with suppress(ValueError):
            yield date(int(year), int(month or month8), int(day or day8 or 1))
