"""The geometry of charts that the server draws: across in per cent, down in pixels, so that text does not scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

HEIGHT, TOP, BOTTOM = 190, 26, 166  # pixels: of the chart, of the highest value, of the lowest
LEFT, RIGHT = 15, 96  # per cent: of the first value, of the last
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
INTERVALS = 4  # about so many between the lines of the scale
LEAST_SPAN = Decimal("0.1")  # of the highest value: less would make a mountain of any change
MOST_LABELS = 4  # below the chart, on the width of a phone


@dataclass(frozen=True)
class Dot:
    """One value of a series; `x` and `y` as SVG attributes take them."""

    x: str
    y: str
    label: str
    value: Decimal


@dataclass(frozen=True)
class Segment:
    """What joins two neighbouring dots."""

    start: Dot
    end: Dot


@dataclass(frozen=True)
class Series:
    name: str
    values: list[Decimal | None]
    dots: list[Dot]
    segments: list[Segment]
    above: bool  # whether the name stands above the last dot, rather than below it

    @property
    def last(self) -> Dot:
        return self.dots[-1]


@dataclass(frozen=True)
class Tick:
    y: str
    value: Decimal


@dataclass(frozen=True)
class Label:
    x: str
    text: str
    shown: bool  # room is short: not every label stands below the chart


@dataclass(frozen=True)
class LineChart:
    """Series over the same labels; a value that is missing leaves a gap."""

    series: list[Series]
    labels: list[Label]
    ticks: list[Tick]
    height: int = HEIGHT
    base: int = BOTTOM

    @property
    def rows(self) -> list[tuple[str, list[Decimal | None]]]:
        """The same as a table: of each label the value of each series."""
        return [(label.text, [each.values[place] for each in self.series]) for place, label in enumerate(self.labels)]


def lines(labels: Sequence[str], series: Iterable[tuple[str, Sequence[Decimal | None]]]) -> LineChart | None:
    """A chart of series by name, each with a value or None per label; None when there is no value at all."""
    named = [(name, list(values)) for name, values in series if any(value is not None for value in values)]
    every = [value for _name, values in named for value in values if value is not None]
    if not every:
        return None
    marks = scale(min(every), max(every))
    xs = [_per_cent(x) for x in _spread(len(labels))]
    highest = max(values[-1] if values[-1] is not None else Decimal(0) for _name, values in named)
    drawn = []
    for name, values in named:
        dots = [
            Dot(xs[place], _pixels(value, marks), labels[place], value) if value is not None else None
            for place, value in enumerate(values)
        ]
        drawn.append(
            Series(
                name,
                values,
                [dot for dot in dots if dot],
                [Segment(one, next_) for one, next_ in zip(dots, dots[1:], strict=False) if one and next_],
                above=values[-1] is None or values[-1] == highest,
            )
        )
    every_nth = -(-len(labels) // MOST_LABELS)
    return LineChart(
        drawn,
        [
            Label(x, text, (len(labels) - 1 - place) % every_nth == 0)
            for place, (x, text) in enumerate(zip(xs, labels, strict=True))
        ],
        [Tick(_pixels(mark, marks), mark) for mark in marks],
    )


def scale(lowest: Decimal, highest: Decimal) -> list[Decimal]:
    """Round values from at most the lowest to at least the highest, from zero unless the values lie far above it."""
    if lowest >= 0 and (lowest == highest or lowest * 2 < highest):
        lowest = Decimal(0)
    span = max(highest - lowest, abs(highest) * LEAST_SPAN) or Decimal(1)
    power = Decimal(10) ** (span / INTERVALS).adjusted()
    step = next(power * step for step in STEPS if power * step >= span / INTERVALS)
    first = (lowest / step).to_integral_value(ROUND_FLOOR)
    last = max((highest / step).to_integral_value(ROUND_CEILING), first + 1)
    return [step * place for place in range(int(first), int(last) + 1)]


def _spread(count: int) -> list[float]:
    if count == 1:
        return [(LEFT + RIGHT) / 2]
    return [LEFT + (RIGHT - LEFT) * place / (count - 1) for place in range(count)]


def _per_cent(x: float) -> str:
    return f"{x:.2f}%"


def _pixels(value: Decimal, marks: list[Decimal]) -> str:
    share = (value - marks[0]) / (marks[-1] - marks[0])
    return f"{BOTTOM - float(share) * (BOTTOM - TOP):.1f}"


@dataclass(frozen=True)
class Bar:
    """A part of a whole: 46 of 48."""

    label: str
    url: str
    part: int
    whole: int

    @property
    def width(self) -> str:
        return _per_cent(100 * self.part / self.whole if self.whole else 0)

    @property
    def share(self) -> str:
        """In whole per cent, rounded down: only all is 100 %."""
        return f"{100 * self.part // self.whole}%" if self.whole else "–"

    @property
    def is_whole(self) -> bool:
        return self.part == self.whole


def bars(parts: Iterable[tuple[str, str, int, int]]) -> list[Bar]:
    """Bars of (label, url, part, whole), the smallest share first; what has no whole is left out."""
    found = [Bar(*part) for part in parts]
    return sorted((bar for bar in found if bar.whole), key=lambda bar: (bar.part / bar.whole, bar.part - bar.whole))
