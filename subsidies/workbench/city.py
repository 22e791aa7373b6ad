"""The workbench's part about the whole city's stipends: why the month differs, and the yuan by position."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib import charts
from jygroups.lib.months import Month
from jygroups.lib.shown import amount
from jygroups.lib.yuan import YuanSum
from registry.models import Position, Subdistrict, User
from subsidies.models import Budget, SheetLine
from subsidies.month.changes import Changes, Kind
from subsidies.month.visible_totals import VisibleTotals

CENT = Decimal("0.01")
NOTHING = Decimal(0)


def of(
    user: User, sheets: list[VisibleTotals], newest: list[VisibleTotals], compared: list[Changes], months: list[Month]
) -> dict:
    """`sheets` of at least the months, of which the last is that of the newest; `compared` are the newest's changes."""
    return {
        "moved": moved(compared),
        "heads": _heads(sheets, months),
        "heads_title": _heads_title(sheets, months),
        **_positions(user, newest),
    }


def budgets(user: User, year: int) -> dict[int, Decimal]:
    """By subdistrict, the year's budget, if the user may see it."""
    if not user.has_perm("subsidies.view_budget"):
        return {}
    return dict(Budget.objects.visible_to(user).filter(year=year).values_list("subdistrict", "amount"))


def share(part: Decimal, whole: Decimal | None) -> str:
    """The share in whole per cent, rounded down; empty without a whole."""
    return f"{100 * part // whole}%" if whole else ""


@dataclass(frozen=True)
class Moved:
    """A kind of change since last month: how many, their yuan; of each subdistrict where they stand and the yuan."""

    kind: Kind
    count: int
    yuan: Decimal
    areas: list[tuple[str, Decimal]]


def moved(compared: list[Changes]) -> dict | None:
    """The kinds of change of all sheets, each exactly; None where there is no month before to compare with."""
    if not compared or any(each.previous is None for each in compared):
        return None
    by_kind = [each.by_kind() for each in compared]
    rows = [
        Moved(
            kind,
            sum(found[kind][0] for found in by_kind if kind in found),
            sum((found[kind][1] for found in by_kind if kind in found), NOTHING),
            [
                (f"{_changes_url(each)}#{kind}", found[kind][1] if kind in found else NOTHING)
                for each, found in zip(compared, by_kind, strict=True)
            ],
        )
        for kind in Kind
        if any(kind in found for found in by_kind)
    ]
    return {
        "rows": rows,
        "areas": [(each.sheet.subdistrict, _changes_url(each), each.difference) for each in compared],
        "yuan": sum((each.difference for each in compared), NOTHING),
        "month": compared[0].sheet.month,
    }


def _changes_url(each: Changes) -> str:
    return reverse("sheet-changes", args=[Month.of(each.sheet.month), each.sheet.subdistrict.code])


def _heads(sheets: list[VisibleTotals], months: list[Month]) -> charts.LineChart | None:
    """The yuan per paid person and month, for each subdistrict."""
    averages: dict[Subdistrict, dict] = defaultdict(dict)
    for each in sheets:
        averages[each.sheet.subdistrict][each.sheet.month] = _average(each.totals.gross, each.totals.people)
    return charts.lines(
        [str(month) for month in months],
        [
            (subdistrict.name, [found.get(month.first_day) for month in months])
            for subdistrict, found in averages.items()
        ],
    )


def _heads_title(sheets: list[VisibleTotals], months: list[Month]) -> str:
    """«2026年11月人均 448.20 元,比2025年12月多 12.30 元»."""
    found = {}
    for month in months:
        of_month = [each.totals for each in sheets if each.sheet.month == month.first_day]
        average = _average(sum((each.gross for each in of_month), NOTHING), sum(each.people for each in of_month))
        if average is not None:
            found[month] = average
    if not found:
        return ""
    first, last = min(found), max(found)
    difference = found[last] - found[first]
    words = {
        "month": date_format(last.first_day, "YEAR_MONTH_FORMAT"),
        "average": amount(found[last]),
        "before": date_format(first.first_day, "YEAR_MONTH_FORMAT"),
        "difference": amount(abs(difference)),
    }
    if difference > 0:
        return _("%(month)s: %(average)s yuan by head, %(difference)s more than in %(before)s") % words
    if difference < 0:
        return _("%(month)s: %(average)s yuan by head, %(difference)s less than in %(before)s") % words
    return _("%(month)s: %(average)s yuan by head") % words


def _average(yuan: Decimal, people: int) -> Decimal | None:
    return (yuan / people).quantize(CENT) if people else None


@dataclass(frozen=True)
class OfPosition:
    """The people paid for a position, with their yuan in total and per person."""

    position: Position
    people: int
    yuan: Decimal
    whole: Decimal

    @property
    def average(self) -> Decimal | None:
        return _average(self.yuan, self.people)

    @property
    def share(self) -> str:
        return share(self.yuan, self.whole)

    @property
    def width(self) -> str:
        """As an SVG attribute takes it."""
        return f"{100 * self.yuan / self.whole:.2f}%"


def _positions(user: User, newest: list[VisibleTotals]) -> dict:
    """Of each position that is paid in the newest month the people and yuan, by rank; with the chart's title."""
    lines = SheetLine.objects.visible_to(user).filter(sheet__in=[each.sheet for each in newest], gross__gt=0)
    rows = list(lines.order_by().values_list("position").annotate(Count("pk"), YuanSum("gross")))
    whole = sum((yuan for _position, _people, yuan in rows), NOTHING)
    found = [OfPosition(Position(position), people, yuan, whole) for position, people, yuan in rows if yuan]
    if not found:
        return {"positions": []}
    most = max(found, key=lambda row: row.yuan)
    words = {"position": most.position.label, "share": most.share, "people": most.people, "yuan": amount(whole)}
    title = _("%(position)s takes %(share)s of the %(yuan)s yuan due, for %(people)s people") % words
    return {"positions": sorted(found, key=lambda row: row.position.rank), "positions_title": title}
