"""The days and months that a table of the bank gives of its rows, in columns of their own and around the table."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from jygroups.lib import cells, clock
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.months import Month
from jygroups.lib.spreadsheets import row_kinds, structures
from subsidies.bank import named_dates, words

LONGEST_SHOWN = 30  # characters of a cell that is not understood


class Dates:
    """Which columns of a table have days or months, and the newest day in the lines above and below its rows."""

    def __init__(self, titles: Sequence[str], rows: structures.TextRows, body: row_kinds.TableBody):
        self.days, self.months = [], []
        for place, title in enumerate(map(cells.plain, titles)):
            if words.DAYS.search(title) and not words.OTHER_DAYS.search(title):
                self.days.append(place)
            elif words.MONTHS.search(title) or (words.PURPOSE.search(title) and _most_name_months(place, body)):
                self.months.append(place)
        self.titles = titles
        self.is_day_first = {place: _is_day_first(place, body) for place in self.days}
        outside = (row_kinds.Reason.HEADING, row_kinds.Reason.FOOTER)
        lines = [" ".join(rows[each.number - 1]) for each in body.skipped if each.reason in outside]
        days = [day for line in lines if not words.NO_PRINT.search(line) for day in _days_of_line(line)]
        self.printed: date | None = max(days, default=None)

    def of(self, row: Sequence[str]) -> dict[str, Any]:
        """By field of `reading.AnswerRow`, the row's days and months, and the newest day around the table."""
        days: list[date] = []
        months = [month for place in self.months for month in named_dates.months_alone(row[place])]
        unclear = []
        for place in self.days:
            cell = named_dates.of_cell(row[place])
            readings = cell.readings
            if len(readings) > 1 and (is_day_first := self.is_day_first[place]) is not None:
                readings = (readings[0 if is_day_first else 1],)
            if len(readings) == 1:
                days += readings
            elif cell.months:
                months += cell.months
            elif not cell.is_nothing and not self._is_time(place, row[place]):
                unclear.append(masked_within(row[place])[:LONGEST_SHOWN])
        return {"days": tuple(days), "months": tuple(months), "printed": self.printed, "unclear": tuple(unclear)}

    def _is_time(self, place: int, cell: str) -> bool:
        """Whether it is a time such as 093000, whose day is in another column."""
        is_of_times = words.TIMES.search(self.titles[place]) and len(self.days) > 1
        return bool(is_of_times and named_dates.TIME_DIGITS.fullmatch(cells.plain(cell)))


def _days_of_line(line: str) -> list[date]:
    """The days of a line; one in a number of a batch may be that of its agreement, so it stands for its month."""
    found, today = named_dates.days(line), clock.today()
    if not words.NUMBERED.search(line):
        return found
    return [max(day, min(Month.of(day).next.first_day - timedelta(1), today)) for day in found]


def _most_name_months(place: int, body: row_kinds.TableBody) -> bool:
    """Whether most rows name a month in this column of remarks, as the purpose of their payment."""
    return 2 * sum(bool(named_dates.months_alone(row[place])) for _number, row in body.rows) > len(body.rows)


def _is_day_first(place: int, body: row_kinds.TableBody) -> bool | None:
    """Whether days such as 06/11/2026 begin with the day, as others of the column show; None if nothing shows it."""
    orders = {named_dates.of_cell(row[place]).is_day_first for _number, row in body.rows} - {None}
    return orders.pop() if len(orders) == 1 else None
