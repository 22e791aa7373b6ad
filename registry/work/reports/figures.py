"""What the reports add up to: by month, by kind, by place; in time or late."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib import charts
from jygroups.lib.months import Month
from registry.models import HANDLED_IN_TIME, ReportKind, is_overdue

MONTHS = 12
WORST = 12  # places on the chart
BUILDINGS = 10


@dataclass(frozen=True)
class Counted:
    """Of some reports: all, handled in time, and those of which it is known whether they were."""

    reports: int
    in_time: int
    decided: int


def counts(day: date) -> dict:
    """For an `annotate` or `aggregate`: what `Counted` holds."""
    late = Q(handled_at=None) & is_overdue(day)
    return {
        "reports": Count("pk"),
        "in_time": Count("pk", filter=HANDLED_IN_TIME),
        "decided": Count("pk", filter=Q(handled_at__isnull=False) | late),
    }


def of(rows, readable, day: date, place: str, names: dict[str, str]) -> dict:
    """The page's figures; `place` is the lookup by which places are distinguished, `names` their names by key.

    Buildings are named for the `readable` rows alone: a dispute in one points to its parties.
    """
    rows = rows.order_by()
    months = Month.of(day).run_up(MONTHS)
    named = rows.filter(pk__in=readable.order_by().values("pk"))
    total = Counted(**rows.aggregate(**counts(day)))
    matrix = _matrix(rows, months)
    by_kind = {row.pop("kind"): Counted(**row) for row in rows.values("kind").annotate(**counts(day))}
    by_place = {row.pop(place): Counted(**row) for row in rows.values(place).annotate(**counts(day))}
    places = charts.bars((names[key], "", each.in_time, each.decided) for key, each in by_place.items() if key in names)
    return {
        "total": total,
        "open": rows.open().count(),
        "overdue": rows.overdue(day).count(),
        "months": months,
        "matrix": matrix,
        "month_totals": [sum(column) for column in zip(*(counted for _kind, counted, _sum in matrix), strict=True)],
        "chart": _chart(rows, months),
        "chart_title": _by_month(matrix, months),
        "kinds": charts.bars((str(kind.label), f"{reverse('reports')}?kind={kind}", each.in_time, each.decided)
                             for kind in ReportKind if (each := by_kind.get(kind))),
        "kinds_title": _in_time(total),
        "places": places[:WORST],
        "places_title": _places(places),
        "buildings": named.exclude(building=None).values("building", "building__name", "group__name",
                          "group__committee__community__name").annotate(reports=Count("pk"), open=Count(
                              "pk", filter=Q(handled_at=None))).order_by("-reports", "building")[:BUILDINGS],
    }  # fmt: skip


def _matrix(rows, months: list[Month]) -> list[tuple[ReportKind, list[int], int]]:
    """Of each kind how many were noticed in each month, and in all of them."""
    found = rows.annotate(month=TruncMonth("noticed_on")).values_list("kind", "month").annotate(Count("pk"))
    count = Counter({(kind, month): number for kind, month, number in found})
    matrix = [(kind, [count[kind, month.first_day] for month in months]) for kind in ReportKind]
    return [(kind, counted, sum(counted)) for kind, counted in matrix]


def _chart(rows, months: list[Month]) -> charts.LineChart | None:
    """Noticed and handled, month by month."""
    noticed = dict(rows.annotate(month=TruncMonth("noticed_on")).values_list("month").annotate(Count("pk")))
    handled = rows.annotate(month=TruncMonth("handled_at__date")).values_list("month").annotate(Count("pk"))
    settled = dict(handled)
    return charts.lines(
        [str(month) for month in months],
        [
            (_("noticed"), [Decimal(noticed.get(month.first_day, 0)) for month in months]),
            (_("handled"), [Decimal(settled.get(month.first_day, 0)) for month in months]),
        ],
    )


def _by_month(matrix, months: list[Month]) -> str:
    totals = [sum(column) for column in zip(*(counted for _kind, counted, _sum in matrix), strict=True)]
    most = max(matrix, key=lambda row: row[2])
    words = {
        "count": sum(totals),
        "kind": most[0].label,
        "most": most[2],
        "month": date_format(months[totals.index(max(totals))].first_day, "YEAR_MONTH_FORMAT"),
    }
    return _("%(count)s reports in twelve months, most of them in %(month)s; %(most)s are of %(kind)s") % words


def _in_time(total: Counted) -> str:
    if not total.decided:
        return _("Nothing was due yet")
    words = {"share": f"{100 * total.in_time // total.decided}%", "late": total.decided - total.in_time}
    return _("%(share)s were handled in time; %(late)s were or are late") % words


def _places(places: list[charts.Bar]) -> str:
    late = [bar for bar in places if not bar.is_whole]
    if not late:
        return _("Everywhere all was handled in time")
    return _("The least in time: %(place)s, %(share)s") % {"place": late[0].label, "share": late[0].share}
