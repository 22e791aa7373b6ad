"""Half a calendar year, as 小结会 and coverage are counted by."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.utils.translation import gettext as _


@dataclass(frozen=True, order=True, slots=True)
class HalfYear:
    """January to June (half 1) or July to December (half 2) of a year.

    >>> HalfYear.of(date(2026, 6, 30)).next
    HalfYear(year=2026, half=2)
    >>> HalfYear.of(date(2026, 6, 30)).previous.last_day
    datetime.date(2025, 12, 31)
    """

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The half-year that holds the day."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def first_day(self) -> date:
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    @property
    def next(self) -> Self:
        return type(self).of(self.last_day + timedelta(days=1))

    @property
    def previous(self) -> Self:
        return type(self).of(self.first_day - timedelta(days=1))

    def __str__(self) -> str:
        """2026年上半年."""
        words = _("first half of %(year)s") if self.half == 1 else _("second half of %(year)s")
        return words % {"year": self.year}
