"""Offices held at the same time."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from django.utils.translation import gettext as _

from registry.imports.base import Row
from registry.models import Appointment


def days_in_words(office: Appointment) -> str:
    words = {"first": office.first_day, "last": office.last_day}
    return (_("from %(first)s to %(last)s") if office.last_day else _("from %(first)s on")) % words


def is_same(one: Appointment, other: Appointment) -> bool:
    """Whether two of one body have the same person in the same office on the same days."""
    is_one = one.member is other.member and one.position == other.position
    return is_one and (one.first_day, one.last_day) == (other.first_day, other.last_day)


def pairs(offices: list[Appointment]) -> Iterator[tuple[Appointment, Appointment]]:
    """Pairs that share a day, the one that began earlier first."""
    longest = None
    for office in sorted(offices, key=lambda office: office.first_day):
        if longest and office.first_day <= (longest.last_day or date.max):
            yield longest, office
        if longest is None or (office.last_day or date.max) > (longest.last_day or date.max):
            longest = office


def past(most: Callable[[date], int], offices: list[Appointment]) -> Iterator[tuple[Appointment, int]]:
    """The offices that bring more people together on a day than `most` gives for it; new offices are counted last.

    With each the most people on a day of it, all offices counted.
    """
    starts = sorted({office.first_day for office in offices})  # where the number of people can grow
    limits, people = [most(day) for day in starts], [0] * len(starts)
    found = []
    for office in sorted(offices, key=lambda office: (office.pk is None, office.first_day)):
        held = range(bisect_left(starts, office.first_day), bisect_right(starts, office.last_day or date.max))
        for place in held:
            people[place] += 1
        if any(people[place] > limits[place] for place in held):
            found.append((office, held))
    return ((office, max(people[place] for place in held)) for office, held in found)


def refuse(rows: Mapping[int, Row], offices: list[Appointment], column: str, message: str) -> None:
    """Refuse the rows, by the key of their office, of offices that overlap; `message` has words for the other one."""
    for earlier, later in pairs(offices):
        # The later of the two is refused, unless the register has that one.
        wrong, other = (later, earlier) if id(later) in rows else (earlier, later)
        row, there = rows.get(id(wrong)), rows.get(id(other))
        if row and column not in row.errors:
            words = {
                "days": days_in_words(other),
                "where": _("row %(row)s") % {"row": there.number} if there else _("the register"),
                "cure": _("end the other or correct the days"),
            }
            if not there and column == "任职日期":
                cure = _("write %(day)s if it is the same office; else end the other or correct the days")
                words["cure"] = cure % {"day": other.first_day}
            if there and is_same(wrong, other):
                row.refuse(column, _("the same as row %(row)s; delete one") % {"row": there.number})
            else:
                row.refuse(column, message % words)


def warn_of_size(rows: Mapping[int, Row], offices: list[Appointment], most: Callable[[date], int]) -> None:
    """Warn once of each number of people that is more than `most` gives for the day, on the first row with it."""
    message = _("once this is saved, the group will have %(people)s people at a time; at most %(most)s are prescribed")
    warned = set()
    for office, people in past(most, offices):
        text = message % {"people": people, "most": most(office.first_day)}
        if (row := rows.get(id(office))) and text not in warned:
            warned.add(text)
            row.warn("居民小组", text)
