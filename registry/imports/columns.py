"""What a cell of a roster may hold, and how it is read. Each `clean` raises ValueError with the cure in words.

The Chinese here is the file format itself (see README), not text of the site.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import Widget
from stdnum import luhn, numdb

from jygroups.lib import cells, clock, id_numbers, names
from jygroups.lib.cells import plain
from jygroups.lib.spreadsheets.parser import BROKEN
from jygroups.lib.spreadsheets.row_texts import is_label
from registry.imports.leaving import LEAVING
from registry.models import EndReason, Position, Source

# The template's example is known by these, and left out.
EXAMPLE_ID_NUMBER = "620299190001010015"
DEMO_COUNTY = EXAMPLE_ID_NUMBER[:6]  # of no county; all people of the demo and the examples
EXAMPLE_BUILDING = "示例1号楼"
WARNINGS = "\0warnings"  # under this key a row collects (column, message) pairs that do not refuse it

POSITIONS = {
    Position.DIRECTOR: ["居委会主任", "居民委员会主任", "主任"],
    Position.DEPUTY_DIRECTOR: ["居委会副主任", "居民委员会副主任", "副主任"],
    Position.SUPERVISION_DIRECTOR: ["居务监督委员会主任", "居务监督主任", "监委会主任", "监督委员会主任"],
    Position.COMMITTEE_MEMBER: ["居民委员会成员", "居委会成员", "居民委员会委员", "居委会委员", "委员"],
    Position.GROUP_LEADER: ["居民小组长", "居民小组组长", "小组长", "组长"],
    Position.GROUP_MEMBER: ["居民小组成员", "小组成员", "居民小组组员", "组员", "小组组员"],
}
SOURCES = {
    Source.COMMUNITY_STAFF: ["社区聘用工作者"],
    Source.GRID_WORKER: ["联防员(网格员)", "联防员", "网格员"],
    Source.ASSISTANT: ["协管员"],
    Source.NO_EMPLOYMENT_FAMILY: ["零就业人员", "零就业家庭"],
    Source.OTHER: ["其他"],
}
END_REASONS = {
    EndReason.EXPIRY: ["任期届满", "任期满", "届满"],
    EndReason.RESIGNATION: ["辞职"],
    EndReason.RECALL: ["罢免"],
    EndReason.DEATH: ["死亡", "去世", "病故"],
    EndReason.INCAPACITY: ["丧失行为能力"],
    EndReason.SENTENCE: ["被判处刑罚", "判刑"],
    EndReason.TRANSFER: ["职务变动", "转任", "职务调整", "换组", "改任"],
    EndReason.OTHER: ["其他"],
}
EMPLOYED = {True: ["在职", "是"], False: ["非在职", "不在职", "未在职", "否"]}
# Within a name: what became of the person, another name, or that there is nobody.
NO_NAME = re.compile("离任|离职|免职|卸任|辞职|死亡|去世|病故|已故|原名|曾用名|又名|^(同上|同前|空缺|暂缺|缺额|待定)$")
ROUNDED = re.compile(r"\d(\.\d+)?[Ee]\+?\d+")


def code_of(text: str, words: Mapping[Any, list[str]]):
    """The code whose words hold the text; None when none does."""
    return next((code for code, spellings in words.items() if plain(text) in map(plain, spellings)), None)


class Column(Widget):
    """A text; an empty cell, or one that means nothing (无, —), reads as None, which leaves registered data alone."""

    until_now = False  # 至今 and 在任 mean nothing too

    def __init__(self, longest: int = 100):
        super().__init__()
        self.longest = longest

    def clean(self, value, row=None, **kwargs):
        text = cells.unwrapped(value or "")
        if text == BROKEN:
            raise ValueError(_("its formula gives an error or no value; put the value itself there"))
        return None if cells.is_nothing(text, until_now=self.until_now) else self.read(text, row)

    def read(self, text, row):
        if len(text) > self.longest:
            raise ValueError(_("it is longer than %(count)s characters; shorten it") % {"count": self.longest})
        return text


class Required(Column):
    def clean(self, value, row=None, **kwargs):
        if (cleaned := super().clean(value, row, **kwargs)) is None:
            raise ValueError(_("it is empty; fill it in"))
        return cleaned


class Name(Required):
    def read(self, text, row):
        name = names.normalised(text)
        if len(name) > names.LONGEST:
            raise ValueError(_("it is longer than %(count)s characters; shorten it") % {"count": names.LONGEST})
        if not names.is_name(name) or is_label(name):
            raise ValueError(str(names.validate_name.message))
        if NO_NAME.search(name):
            raise ValueError(_("it says something else than a name; write the name alone"))
        return name


class IDNumber(Required):
    def read(self, text, row):
        number = id_numbers.normalised(text)
        cure = _("a spreadsheet has rounded it; set the column's format to text and type it again")
        if ROUNDED.fullmatch(number):
            raise ValueError(cure)
        try:
            id_numbers.check(number, today=clock.today())
        except ValueError:
            if len(number) == 18 and number.endswith("000"):
                raise ValueError(cure) from None
            raise
        if number[:6] != DEMO_COUNTY and not _is_county(number[:6]):
            warn(row, "身份证号", _("its county code is not in the table of counties; compare it with the card"))
        return number


class NoDay(Column):
    """A text that is no date: one that is belongs into another column, and may be the end of an office."""

    def read(self, text, row):
        if is_day(text):
            raise ValueError(_("this is a date, which does not belong here; put it into the column that it is of"))
        return super().read(text, row)


class Phone(NoDay):
    def read(self, text, row):
        super().read(text, row)
        number = cells.phone(text)
        if not re.fullmatch(r"1\d{10}|(0\d{2,3}-?)?\d{7,8}", number, re.ASCII):
            raise ValueError(_("a mobile has 11 digits, a landline 7 or 8 after its area code"))
        return number


class Account(NoDay):
    def read(self, text, row):
        super().read(text, row)
        number = cells.number(text)
        if ROUNDED.fullmatch(number):
            raise ValueError(_("a spreadsheet has rounded it; set the column's format to text and type it again"))
        if not re.fullmatch(r"\d{12,23}", number, re.ASCII):
            raise ValueError(_("an account number has 12 to 23 digits and nothing else"))
        if 16 <= len(number) <= 19 and not luhn.is_valid(number):
            warn(row, "银行账号", _("its check digit does not fit; compare it with the card"))
        return number


class Choice(Column):
    """One of some words, in any of their spellings."""

    def __init__(self, words: Mapping[Any, list[str]]):
        super().__init__()
        self.words = words

    def read(self, text, row):
        if (code := code_of(text, self.words)) is None:
            raise ValueError(
                _("it is none of %(choices)s")
                % {"choices": _(", ").join(spellings[0] for spellings in self.words.values())}
            )
        return code

    def render(self, value, obj=None, **kwargs):
        return "" if value in (None, "") else self.words[value][0]


class RequiredChoice(Choice, Required):
    pass


class Employed(RequiredChoice):
    """Whether the person is employed elsewhere; some take it for whether they are still in office."""

    def __init__(self):
        super().__init__(EMPLOYED)

    def read(self, text, row):
        if re.search(LEAVING, text):
            raise ValueError(
                _(
                    "this column is whether the person is employed elsewhere (在职 or 非在职); put the end of the "
                    "office into 离任日期 and 离任原因"
                )
            )
        return super().read(text, row)


class Ending(Choice):
    """A reason for leaving; one that has no word of its own is kept as 其他."""

    until_now = True

    def read(self, text, row):
        if (code := code_of(text, self.words)) is None:
            warn(row, "离任原因", _("it is not one of the usual reasons; it is kept as 其他"))
            return EndReason.OTHER
        return code


class Day(Column):
    """A day, in the usual spellings; where `month_allowed`, a month alone means its first day."""

    def __init__(self, column: str, *, month_allowed: bool = False, until_now: bool = False):
        super().__init__()
        self.column = column
        self.month_allowed = month_allowed
        self.until_now = until_now

    def clean(self, value, row=None, **kwargs):
        if self.until_now and cells.is_unknown(value or ""):
            raise ValueError(
                _("the day is marked as unknown; write the day, or leave the cell empty if there is none yet")
            )
        return super().clean(value, row, **kwargs)

    def read(self, text, row):
        if (written := cells.day(text)) is None:
            if serial := cells.serial_day(text):
                message = _(
                    "it is a spreadsheet's serial number, of %(day)s if it counts from 1900; give the column the "
                    "format of a date, or write the day like 2021-01-05"
                )
                raise ValueError(message % {"day": serial})
            raise ValueError(_("it is no date; write it like 2021-01-05"))
        year, month, day, separator = written
        try:
            read = date(year, month, day or 1)
        except ValueError:
            raise ValueError(_("there is no such day in the calendar; write it like 2021-01-05")) from None
        if day is None and not self.month_allowed:
            raise ValueError(_("it is a month; give the day"))
        if day is None and separator == "." and plain(text).endswith(".1"):
            # A number cell shows 2021.10 as 2021.1.
            raise ValueError(_("it may be January or October; write it like 2021-01-05"))
        if not 1949 <= read.year <= 2100:
            raise ValueError(_("the year cannot be right; write it like 2021-01-05"))
        if day is None:
            warn(row, self.column, _("a month alone is taken for its first day"))
        return read

    def render(self, value, obj=None, **kwargs):
        return value.isoformat() if value else ""


class Building(Column):
    """The name of a building, in one spelling."""

    def read(self, text, row):
        return super().read(cells.building(text), row)


class RequiredDay(Day, Required):
    pass


def is_day(text: str) -> bool:
    """Whether it is a day or month of 1900 to 2099, also in eight digits or as a spreadsheet's serial number."""
    if (written := cells.day(text)) is None:
        return cells.serial_day(text) is not None
    try:
        return 1900 <= date(written.year, written.month, written.day or 1).year <= 2099
    except ValueError:
        return False


@lru_cache(maxsize=10_000)
def _is_county(code: str) -> bool:
    """Whether it is a county's, now or earlier, or that of a city's districts together (市辖区), which ends with 01."""
    is_known = any("county" in words for _part, words in numdb.get("cn/loc").info(code))
    return is_known or (code.endswith("01") and _is_county(f"{code[:4]}00"))


def warn(row, column: str, message: str) -> None:
    row.setdefault(WARNINGS, []).append((column, message))


def unwarn(row, column: str) -> None:
    """Take the column's warnings back, where another finding is more exact."""
    row[WARNINGS] = [each for each in row.get(WARNINGS, ()) if each[0] != column]
