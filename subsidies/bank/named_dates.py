"""The months and days that a text of the bank names.

The Chinese here is the file format itself, not text of the site.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jygroups.lib import cells
from jygroups.lib.months import Month

NUMBER = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
NO_DAY = r"(?!\d|[-/.]\d|[一二三四五六七八九十])"
OF_YEAR = re.compile(  # 2024年4月, 2024-04, 202404, but no day such as 2024年4月3日
    rf"(?<!\d)(?P<year>20\d\d)(?:\s*[-/.年]\s*{NUMBER}(?:月份?)?+|(?P<digits>0[1-9]|1[0-2])){NO_DAY}"
)
OF_NO_YEAR = re.compile(rf"(?<![\d年\-/.一二三四五六七八九十]){NUMBER}月份?+{NO_DAY}")
CHINESE = {word: number for number, word in enumerate([*"一二三四五六七八九十", "十一", "十二"], 1)}
DAY = re.compile(  # 2024年5月3日, 2024-5-3, 20240503, 20240503093000, but not the months 2024年9-10月
    r"(?<![\d.])(?P<year>(?:19|20)\d\d)"
    r"(?:\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d|\s*月)"
    r"|(?P<digits>(?:0[1-9]|1[0-2])[0-3]\d)(?:\d{6})?(?!\d))"
)
IN_CHINESE = re.compile(  # 二〇二四年五月二十日; also without a day
    r"(?P<year>二[〇○零][〇○零一二三四五六七八九]{2})年(?:(?P<month>十[一二]?|[一二三四五六七八九])月(?:(?P<day>[一二三十四五六七八九]{1,3})日)?)?"
)
NUMERAL = re.compile(r"(?<=[\d年月])([一二三四五六七八九十]{1,3})(?=[月日号])")  # 2024年5月三日
YEAR_OF_TWO = re.compile(r"(?<!\d)(\d\d)年(?=\s*\d{1,2}\s*月)")
SEVERAL = re.compile(  # 2026年9-10月, 9月至10月
    r"(?<![\d\-/.])(?P<year>20\d\d年)?(?P<first>\d{1,2})\s*(?:月份?)?\s*[-~至到、,和]\s*(?P<last>\d{1,2})(?=月)"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?<![a-z])(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
BETWEEN = r"[\s\-/.,_]*"
IN_ENGLISH = [  # 6-Nov-26, March 3 2024, and months: 2026 Oct, Oct 2026, Oct or Oct-26, which may be a day
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{BETWEEN}{MONTH}{BETWEEN}(?P<year>20\d\d|\d\d)(?!\d)",
        rf"{MONTH}{BETWEEN}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,\-/]+(?P<year>\d{{4}})(?!\d)",
        rf"(?<!\d)(?P<year>20\d\d){BETWEEN}{MONTH}(?!{BETWEEN}\d)",
        rf"{MONTH}{BETWEEN}(?P<year>20\d\d)(?!\d)",
        rf"{MONTH}(?:[\s\-'’]*\d\d(?!\d))?(?!{BETWEEN}\d)",
    )
]
# A day with the time after it, which cells.day does not read: 20240503 093000, 2024-05-03-09.30.15.123456, 9时30分.
WITH_TIME = re.compile(
    r"(?P<date>\d{4}(?:(?P<sign>[-/.])\d{1,2}(?P=sign)\d{1,2}|年\d{1,2}月\d{1,2}[日号]?|\d{4}))"
    r"[-T\s]*(?:\d{6}|\d{1,2}[:.时点]\d{1,2}(?:[:.分](?:\d{1,2}秒?)?)?)(?:[.:]\d+)?"
)
ANY_ORDER = re.compile(r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4})")  # 06/11/2026
TIME = re.compile(r"\d{1,2}[时点]\d{1,2}分?(?:\d{1,2}秒?)?", re.ASCII)  # beside those of cells.TIME
TIME_DIGITS = re.compile(r"([01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII)
NEVER = re.compile(r"[0\-/:. ]+")  # 00000000, 0000-00-00


@dataclass(frozen=True)
class Named:
    """A month that a file names; the year may be left out."""

    month: int
    year: int | None = None

    def is_of(self, month: Month) -> bool:
        return self.month == month.number and self.year in (None, month.year)

    def is_after(self, month: Month) -> bool:
        return (self.year or month.year, self.month) > (month.year, month.number)


@dataclass(frozen=True)
class Cell:
    """What a cell in a column of days names; `readings` are the days that it may be.

    Two for 06/11/2026, that of the day first and that of the month first; one if only one is in the calendar.
    """

    readings: tuple[date, ...] = ()
    months: frozenset[Named] = frozenset()
    is_nothing: bool = False
    is_day_first: bool | None = None  # of 25/11/2026, which is in the calendar in one order only


def months_alone(text: str) -> set[Named]:
    """The months that the text names without a day."""
    text = SEVERAL.sub(r"\g<year>\g<first>月、\g<year>\g<last>", _in_digits(text))
    dated = {Named(_number(match["month"] or match["digits"]), int(match["year"])) for match in OF_YEAR.finditer(text)}
    return dated | {Named(_number(match["month"])) for match in OF_NO_YEAR.finditer(text)}


def days(text: str) -> list[date]:
    """The days that the text names with their year, each time it names them; no such day of the calendar is none."""
    found = []
    for match in DAY.finditer(_in_digits(text)):
        month, day = (match["month"], match["day"]) if match["month"] else (match["digits"][:2], match["digits"][2:])
        found += _dates((int(match["year"]), int(month), int(day)))
    return found


@lru_cache(cells.CACHED)
def of_cell(text: str) -> Cell:
    """The days or months in a cell of a column of days; a filled one without readings and months is not understood."""
    if cells.is_nothing(text) or any(each.fullmatch(cells.plain(text)) for each in (NEVER, TIME, cells.TIME)):
        return Cell(is_nothing=True)
    if serial := cells.serial_day(text):
        return Cell((serial,))
    written = _in_digits(cells.unwrapped(text)).strip()
    if match := WITH_TIME.fullmatch(written):
        written = match["date"]
    if stated := cells.day(written):
        if stated.day is None:
            return Cell(months=frozenset(months_alone(written)))
        return Cell(tuple(_dates((stated.year, stated.month, stated.day))))
    if match := ANY_ORDER.fullmatch(cells.plain(written.split(" ")[0])):
        year, one, two = int(match["year"]), int(match["one"]), int(match["two"])
        found = tuple(dict.fromkeys(_dates((year, two, one), (year, one, two))))
        return Cell(found, is_day_first=one > two if len(found) == 1 and one != two else None)
    return Cell()


def _dates(*parts: tuple[int, int, int]) -> list[date]:
    """Those of the years, months and days that are in the calendar."""
    found = []
    for each in parts:
        with suppress(ValueError):
            found.append(date(*each))
    return found


@lru_cache(cells.CACHED)
def _in_digits(text: str) -> str:
    """The text in half width, with its dates in Chinese numerals or English as digits."""

    def western(match: re.Match) -> str:
        year = "".join(f"{'〇一二三四五六七八九'.index(sign)}" for sign in re.sub("[○零]", "〇", match["year"]))
        month = f"{CHINESE[match['month']]}月" if match["month"] else ""
        return f"{year}年{month}" + (f"{_day(match['day'])}日" if match["day"] else "")

    text = cells.DASHES.sub("-", unicodedata.normalize("NFKC", text))
    text = NUMERAL.sub(lambda match: f"{_day(match[1])}", IN_CHINESE.sub(western, text))
    text = YEAR_OF_TWO.sub(r"20\1年", text)
    for pattern in IN_ENGLISH:
        text = pattern.sub(_from_english, text)
    return text


def _from_english(match: re.Match) -> str:
    parts = {"year": "", "day": ""} | match.groupdict()
    year = f"{'20' if len(parts['year']) == 2 else ''}{parts['year']}年" if parts["year"] else ""
    day = f"{parts['day']}日" if parts["day"] else ""
    return f"{year}{MONTHS.index(parts['name'][:3].lower()) + 1}月{day}"


def _day(word: str) -> int:
    """二十一 as 21."""
    tens, ten, ones = word.rpartition("十")
    return (CHINESE.get(tens, 1) * 10 if ten else 0) + (CHINESE.get(ones, 0) if ten else CHINESE.get(word, 0))


def _number(word: str) -> int:
    return CHINESE.get(word) or int(word)
