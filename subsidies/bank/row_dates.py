"""The days and months that a table of the bank gives of its rows, in columns of their own and around the table."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from jygroups.lib import located, reader
from jygroups.lib.months import Month
from subsidies.bank import named_dates, words


class Dates:
    """Which columns of a table have days or months, and the newest day in the lines above and below its rows."""

    def __init__(self, titles: Sequence[str], rows: reader.Rows, body: located.Body):
        self.days, self.months = [], []
        for place, title in enumerate(titles):
            if words.DAYS.search(title) and not words.OTHER_DAYS.search(title):
                self.days.append(place)
            elif words.MONTHS.search(title) or (located.REMARK.search(title) and _all_name_months(place, body)):
                self.months.append(place)
        outside = (located.Reason.HEADING, located.Reason.FOOTER)
        lines = [" ".join(rows[each.number - 1]) for each in body.skipped if each.reason in outside]
        days = [day for line in lines if not words.NO_PRINT.search(line) for day in _days_of_line(line)]
        self.printed: date | None = max(days, default=None)

    def of(self, row: Sequence[str]) -> dict[str, Any]:
        """By field of `reading.Said`, the row's days and months, and the newest day around the table."""
        days = tuple(day for place in self.days for day in named_dates.day_of_cell(row[place]))
        months = tuple(month for place in self.months for month in named_dates.months_alone(row[place]))
        return {"days": days, "months": months, "printed": self.printed}


def _days_of_line(line: str) -> list[date]:
    """The days of a line; one in a number of a batch may be that of its agreement, so it stands for its month."""
    found, today = named_dates.days(line), timezone.localdate()
    if not words.NUMBERED.search(line):
        return found
    return [max(day, min(Month.of(day).next.first_day - timedelta(1), today)) for day in found]


def _all_name_months(place: int, body: located.Body) -> bool:
    """Whether each row names a month in this column of remarks, as the purpose of its payment."""
    return bool(body.rows) and all(named_dates.months_alone(row[place]) for _number, row in body.rows)
