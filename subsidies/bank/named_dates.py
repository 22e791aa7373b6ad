"""The months and days that a text of the bank names.

The Chinese here is the file format itself, not text of the site.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from jygroups.lib.months import Month

NUMBER = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
NO_DAY = r"(?!\d|[-/.]\d|[一二三四五六七八九十])"
OF_YEAR = re.compile(  # 2024年4月, 2024-04, 202404, but no day such as 2024年4月3日
    rf"(?<!\d)(?P<year>20\d\d)(?:\s*[-/.年]\s*{NUMBER}(?:月份?)?+|(?P<digits>0[1-9]|1[0-2])){NO_DAY}"
)
OF_NO_YEAR = re.compile(rf"(?<![\d年\-/.一二三四五六七八九十]){NUMBER}月份?+{NO_DAY}")
CHINESE = {word: number for number, word in enumerate([*"一二三四五六七八九十", "十一", "十二"], 1)}
DAY = re.compile(  # 2024年5月3日, 2024-5-3, 20240503, 20240503093000
    r"(?<![\d.])(?P<year>(?:19|20)\d\d)(?:\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d)"
    r"|(?P<digits>(?:0[1-9]|1[0-2])[0-3]\d)(?:\d{6})?(?!\d))"
)
IN_CHINESE = re.compile(  # 二〇二四年五月二十日; also without a day
    r"(?P<year>二[〇○零][〇○零一二三四五六七八九]{2})年(?:(?P<month>十[一二]?|[一二三四五六七八九])月(?:(?P<day>[一二三十四五六七八九]{1,3})日)?)?"
)
SERIAL = re.compile(r"4\d{4}(\.\d+)?")  # a day as a spreadsheet counts them, from 2009 to 2036
SERIAL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True)
class Named:
    """A month that a file names; the year may be left out."""

    month: int
    year: int | None = None

    def is_of(self, month: Month) -> bool:
        return self.month == month.number and self.year in (None, month.year)

    def is_after(self, month: Month) -> bool:
        return (self.year or month.year, self.month) > (month.year, month.number)


def months_alone(text: str) -> set[Named]:
    """The months that the text names without a day."""
    text = _in_digits(text)
    dated = {Named(_number(match["month"] or match["digits"]), int(match["year"])) for match in OF_YEAR.finditer(text)}
    return dated | {Named(_number(match["month"])) for match in OF_NO_YEAR.finditer(text)}


def days(text: str) -> list[date]:
    """The days that the text names with their year, each time it names them; no such day of the calendar is none."""
    found = []
    for match in DAY.finditer(_in_digits(text)):
        month, day = (match["month"], match["day"]) if match["month"] else (match["digits"][:2], match["digits"][2:])
        try:
            found.append(date(int(match["year"]), int(month), int(day)))
        except ValueError:
            continue
    return found


def day_of_cell(text: str) -> list[date]:
    """The days of a cell in a column of dates, which may be a spreadsheet's number of a day."""
    if SERIAL.fullmatch(text):
        return [SERIAL_EPOCH + timedelta(int(float(text)))]
    return days(text)


def _in_digits(text: str) -> str:
    """The text with its dates in Chinese numerals as digits."""

    def western(match: re.Match) -> str:
        year = "".join(f"{'〇一二三四五六七八九'.index(sign)}" for sign in re.sub("[○零]", "〇", match["year"]))
        month = f"{CHINESE[match['month']]}月" if match["month"] else ""
        return f"{year}年{month}" + (f"{_day(match['day'])}日" if match["day"] else "")

    return IN_CHINESE.sub(western, text)


def _day(word: str) -> int:
    """二十一 as 21."""
    tens, ten, ones = word.rpartition("十")
    return (CHINESE.get(tens, 1) * 10 if ten else 0) + (CHINESE.get(ones, 0) if ten else CHINESE.get(word, 0))


def _number(word: str) -> int:
    return CHINESE.get(word) or int(word)
