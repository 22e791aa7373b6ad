"""The time at which the application acts: now, or the moment that a block of code is to be dated to.

Whatever dates an act or asks for today's date asks here, so that the demo can write a year's history day by day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.db import models
from django.utils import timezone

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The aware time of what is done now."""
    return _moment.get() or timezone.now()


def today() -> date:
    """The date of `now` in the time zone of the settings."""
    return timezone.localdate(now())


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; for 29 February the 28th where that year has none."""
    year = max(day.year - years, 1)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def full_years(since: date, until: date) -> int:
    """How many full years lie between two days, such as of age."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Date everything in the block to an aware time."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)


class StampField(models.DateTimeField):
    """A DateTimeField whose `auto_now` and `auto_now_add` follow this clock; for migrations a plain one."""

    def pre_save(self, model_instance, add):
        if self.auto_now or (self.auto_now_add and add):
            setattr(model_instance, self.attname, now())
        return getattr(model_instance, self.attname)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
