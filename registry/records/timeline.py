"""A life in office drawn to scale: lanes of bars along the years, for a page to draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

OFFICE, EMPLOYMENT, SERVICE = "office", "employment", "service"
MOST_YEARS = 8  # written along the foot; more would not fit a phone
LANE, FOOT = 42, 22  # heights


class Span(NamedTuple):
    """Days from the first to the last, both inclusive; None leaves that end open."""

    first: date | None
    last: date | None

    @property
    def days(self) -> int:
        """How many days; both ends have to be known."""
        assert self.first
        assert self.last
        return (self.last - self.first).days + 1


@dataclass
class Bar:
    """A stretch of days, with its place in percent of the width."""

    span: Span
    kind: str = OFFICE
    x: str = ""
    width: str = ""


@dataclass
class Mark:
    """One day and what it is called, such as a full year reached."""

    on: date
    label: str
    x: str = ""


@dataclass
class Lane:
    label: str
    bars: list[Bar]
    marks: list[Mark] = field(default_factory=list)
    top: int = 0

    @property
    def bar_top(self) -> int:
        return self.top + 20


class Timeline:
    """Lanes under one scale: from the year in which the first office began to the end of the year of the last day.

    Today is within it. A bar that is open goes to the edge; what lies before, such as an early employment, is cut off.
    """

    def __init__(self, lanes: Sequence[Lane], *, today: date) -> None:
        self.lanes, self.today = lanes, today
        known = [day for lane in lanes for bar in lane.bars for day in bar.span if day]
        begun = [bar.span.first for lane in lanes for bar in lane.bars if bar.kind != EMPLOYMENT and bar.span.first]
        self.first = date(min([*begun, today]).year, 1, 1)
        self.last = date(max([*known, today]).year, 12, 31)
        for place, lane in enumerate(lanes):
            lane.top = place * LANE
            lane.bars = [bar for bar in lane.bars if (bar.span.last or self.last) >= self.first]
            for bar in lane.bars:
                start = max(bar.span.first or self.first, self.first)
                end = bar.span.last or self.last
                bar.x = self.at(start)
                bar.width = self._percent((end - start).days + 1)
            for mark in lane.marks:
                mark.x = self.at(mark.on)

    @property
    def height(self) -> int:
        return len(self.lanes) * LANE + FOOT

    @property
    def foot(self) -> int:
        """Where the lanes end and the years stand."""
        return len(self.lanes) * LANE

    @property
    def foot_text(self) -> int:
        return self.height - 6

    @property
    def now(self) -> str:
        return self.at(self.today)

    @property
    def is_late(self) -> bool:
        """Today stands so far right that its name must stand left of it."""
        return (self.today - self.first).days * 2 > (self.last - self.first).days

    @property
    def years(self) -> list[tuple[str, int | str]]:
        """Where each year begins, and what is written there."""
        years = range(self.first.year, self.last.year + 1)
        step = -(-len(years) // MOST_YEARS)
        return [(self.at(date(year, 1, 1)), "" if place % step else year) for place, year in enumerate(years)]

    def at(self, day: date) -> str:
        return self._percent((day - self.first).days)

    def _percent(self, days: int) -> str:
        return f"{days * 100 / ((self.last - self.first).days + 1):.3f}%"


def joined(spans: Iterable[Span], *, until: date) -> list[Span]:
    """The same days up to `until` in order; spans that overlap or follow one another on the next day made one."""
    found: list[Span] = []
    for first, last in sorted((span.first or date.min, min(span.last or until, until)) for span in spans):
        if last < first:
            continue
        if found and first <= (found[-1].last or until) + timedelta(days=1):
            found[-1] = Span(found[-1].first, max(found[-1].last or until, last))
        else:
            found.append(Span(first, last))
    return found


def gaps(spans: Iterable[Span], *, until: date) -> list[Span]:
    """The stretches between the spans on which none of them is."""
    found = joined(spans, until=until)
    return [
        Span(before.last + timedelta(days=1), after.first - timedelta(days=1))
        for before, after in zip(found, found[1:], strict=False)
        if before.last and after.first
    ]
