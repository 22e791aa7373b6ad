"""Lines of the workbench: each states something to be done and leads to where it is done.

A package declares its lines in its todo.py; the workbench imports these.
"""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from registry.models import User

FEW = 8  # lines shown one by one; more are shown together


class Urgency(Enum):
    """How a line concerns its reader; each has its colour, its icon and its word (components/badge.html)."""

    WRONG = "wrong", gettext_lazy("To be fixed")
    YOU = "you", gettext_lazy("Waiting for you")
    OTHERS = "others", gettext_lazy("Waiting for others")
    NEWS = "done", gettext_lazy("Answered")  # nothing to do: what became of something; shown for some days

    def __init__(self, key: str, word: str | Promise):
        self.key, self.word = key, word


LAST = [Urgency.OTHERS, Urgency.NEWS]


@dataclass(frozen=True)
class Line:
    urgency: Urgency
    text: str
    url: str
    act: str


Source = Callable[[User, date], Iterable[Line]]
SOURCES: list[tuple[int, str, Source]] = []  # by their order on the workbench


def source(order: int, needs: str = "") -> Callable[[Source], Source]:
    """Register the decorated function as a source of lines, for users with the permission `needs`."""

    def register(lines: Source) -> Source:
        insort(SOURCES, (order, needs, lines), key=lambda each: each[0])
        return lines

    return register


def lines(user: User, today: date) -> list[Line]:
    """What all packages have for the user to do; then what waits for others, then news."""
    found = [
        line
        for _order, needs, of_package in SOURCES
        if not needs or user.has_perm(needs)
        for line in of_package(user, today)
    ]
    return sorted(found, key=lambda line: LAST.index(line.urgency) if line.urgency in LAST else -1)
