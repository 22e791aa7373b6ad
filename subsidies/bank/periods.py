"""The months that a bank's answer names, and the sheets of it that are not about this payment's month."""

import re
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib import reader
from jygroups.lib.months import Month
from subsidies.bank import words
from subsidies.bank.reading import SHEETS, SKIP, Choices, File, Question, Table

NUMBER = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
NO_DAY = r"(?!\d|[-/.]\d|[一二三四五六七八九十])"
OF_YEAR = re.compile(  # 2024年4月, 2024-04, 202404, but no day such as 2024年4月3日
    rf"(?<!\d)(?P<year>20\d\d)(?:\s*[-/.年]\s*{NUMBER}(?:月份?)?+|(?P<digits>0[1-9]|1[0-2])){NO_DAY}"
)
OF_NO_YEAR = re.compile(rf"(?<![\d年\-/.一二三四五六七八九十]){NUMBER}月份?+{NO_DAY}")
CHINESE = {word: number for number, word in enumerate([*"一二三四五六七八九十", "十一", "十二"], 1)}


@dataclass(frozen=True)
class Named:
    """A month that a file names; the year may be left out."""

    month: int
    year: int | None = None

    def is_of(self, month: Month) -> bool:
        return self.month == month.number and self.year in (None, month.year)

    def is_after(self, month: Month) -> bool:
        return (self.year or month.year, self.month) > (month.year, month.number)


def months(file: File) -> set[Month]:
    """The months that the file names above its titles, or as days in its columns of dates."""
    found: set[Month] = set()
    for table in file.tables:
        days = [cell for title in table.titles.names if words.DAYS.search(title) for cell in table.column(title)]
        for match in words.MONTH.finditer(" ".join([*_above(table), *days])):
            found.add(Month(int(match["year"]), int(match["month"] or match["digits"])))
    return found


def questions(file: File, choices: Choices, month: Month) -> list[Question]:
    """Which sheets to read: asked of one that names another month while a sheet beside it does not, or is hidden."""
    named = {table.name: _named(table) for table in file.tables if choices.sheets.get(table.name) != SKIP}
    own = {name for name, each in named.items() if any(one.is_of(month) for one in each)}
    others = {  # a later month alone may be the one in which the bank answered
        name: each
        for name, each in named.items()
        if name not in own and each and (own or any(not one.is_after(month) for one in each))
    }
    are_alike = all(each == next(iter(named.values())) for each in named.values())  # a doubt about the whole file
    found = []
    for table in file.tables:
        is_hidden = reader.HIDDEN in table.name
        is_other = table.name in others and not are_alike and len(named) > 1
        if not (is_other or is_hidden) or table.name in [*choices.sheets, *choices.chosen]:
            continue
        if is_other:
            text = _(
                "The sheet names %(named)s, and the payment is of %(month)s: is it about this payment at all? Say what "
                "all its rows are, or leave it out."
            )
            about = {"named": _(", ").join(sorted(map(_in_words, others[table.name])))}
        else:
            text = _("The sheet is hidden: is it about this payment? Say what all its rows are, or leave it out.")
            about = {}
        about["month"] = date_format(month.first_day, "YEAR_MONTH_FORMAT")
        found.append(Question(SHEETS, table.labelled(text % about), {"sheets": {table.name: SKIP}}, table.name))
    return found


def _above(table: Table) -> list[str]:
    return [cell for row in table.rows[: max(table.titles.first, 0)] for cell in row]


def _named(table: Table) -> set[Named]:
    """The months of the sheet's name, else of the lines above its titles; a day only where no month stands alone."""
    above = " ".join(_above(table))
    if found := _alone(table.name) or _alone(above):
        return found
    return {Named(int(match["month"] or match["digits"]), int(match["year"])) for match in words.MONTH.finditer(above)}


def _alone(text: str) -> set[Named]:
    dated = {Named(_number(match["month"] or match["digits"]), int(match["year"])) for match in OF_YEAR.finditer(text)}
    return dated | {Named(_number(match["month"])) for match in OF_NO_YEAR.finditer(text)}


def _number(word: str) -> int:
    return CHINESE.get(word) or int(word)


def _in_words(named: Named) -> str:
    if named.year:
        return date_format(Month(named.year, named.month).first_day, "YEAR_MONTH_FORMAT")
    return _("month %(number)s") % {"number": named.month}
