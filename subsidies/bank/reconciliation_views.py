"""The reconciliation of a month or a year, as a page to read and print."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.months import Month
from subsidies.bank import reconciliation
from subsidies.bank.reconciliation import TITLES, Figures
from subsidies.models import CLOSED_STATES, Sheet

VIEW = "subsidies.view_payment"


@require_safe
@permission_required(VIEW, raise_exception=True)
def page(request):
    """The approved sheets of the requested month or year, else of the newest month."""
    final = Sheet.objects.visible_to(request.user, VIEW).filter(state__in=CLOSED_STATES)
    months = {str(Month.of(day)): Month.of(day) for day in final.dates("month", "month", order="DESC")}
    years = sorted({month.year for month in months.values()}, reverse=True)
    year, month = request.GET.get("year", ""), months.get(request.GET.get("month", ""))
    if year not in map(str, years):
        month = month or next(iter(months.values()), None)
        year = month.year if month else clock.today().year
    else:
        month, year = None, int(year)
    asked = final.of(month) if month else final.filter(month__year=year)
    sheets = asked.select_related("subdistrict", "standard").order_by("month", "subdistrict__code")
    rows = reconciliation.of(sheets, verify=month is not None)
    context = {
        "year": year,
        "month": month,
        "years": years,
        "months": [each for each in reversed(months.values()) if each.year == year],
        "titles": TITLES.values(),
        "rows": [{"sheet": r.sheet, "month": Month.of(r.sheet.month), "amounts": _amounts(r.figures)} for r in rows],
        "sources": [(source, _amounts(found)) for source, found in reconciliation.by_source(rows).items()],
        "total": _amounts(reconciliation.total(rows)),
        "doubles": [double for row in rows for double in row.doubles],
        "faults": [f"{row.sheet} · {fault}" for row in rows for fault in row.faults],
    }
    return render(request, "subsidies/bank/reconciliation.html", context)


def _amounts(figures: Figures) -> list:
    return [getattr(figures, name) for name in TITLES]
