"""A calendar month."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.utils.formats import date_format

FIRST_YEAR, LAST_YEAR = 1949, 2100


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """One month of the calendar, written 2024-05 in addresses and files, and `in_words` for people.

    >>> Month.parse("2024-12").next
    Month(year=2025, number=1)
    >>> str(Month.of(date(2024, 5, 20)).previous)
    '2024-04'
    """

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 2024-05. Raises ValueError on anything else, or for a year that cannot be meant."""
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            raise ValueError(f"{text!r} is not a month like 2024-05")
        month = cls.of(date(int(text[:4]), int(text[5:]), 1))
        if not FIRST_YEAR <= month.year <= LAST_YEAR:
            raise ValueError(f"{text} lies outside {FIRST_YEAR} to {LAST_YEAR}")
        return month

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that holds the day."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def next(self) -> Self:
        return type(self).of(self.last_day + timedelta(days=1))

    @property
    def previous(self) -> Self:
        return type(self).of(self.first_day - timedelta(days=1))

    def run_up(self, count: int) -> list[Self]:
        """So many months in order, of which this is the last."""
        months = [self]
        while len(months) < count:
            months.insert(0, months[0].previous)
        return months

    @property
    def in_words(self) -> str:
        """As a sentence has it in the active language: 2024年5月."""
        return date_format(self.first_day, "YEAR_MONTH_FORMAT")

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


class MonthConverter:
    """The month in an address: /sheets/2024-05/."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> Month:
        return Month.parse(value)

    def to_url(self, value: Month) -> str:
        return str(value)
