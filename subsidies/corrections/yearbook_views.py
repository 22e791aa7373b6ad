"""The year's account of an area, as a page to look at and to print, and as a workbook to file."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry.models import Community, Member
from registry.people.registers.filters import AreaFilters
from registry.records.pages import ROWS
from subsidies.corrections import yearbook
from subsidies.corrections.ledger import Sums
from subsidies.exports import services as exports
from subsidies.exports.accounts import year_account, year_title
from subsidies.exports.views import by, response
from subsidies.models import SheetLine

YEARS = range(2000, 3000)


class YearFilters(AreaFilters):
    area_path = "community"

    class Meta:
        model = SheetLine
        fields: list[str] = []


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("subsidies.view_sheet", raise_exception=True)
def page(request, year):
    """A row for each person; POST hands out everybody as a workbook."""
    if year not in YEARS:
        raise Http404
    user = request.user
    filters = YearFilters(request.GET, queryset=yearbook.lines(user, year), request=request)
    lines = filters.qs
    people, total, area = yearbook.people(lines), yearbook.total(lines), _area(user, filters)
    if request.method == "POST":
        rows = yearbook.rows(lines, people, user, year)
        content = year_account(rows, area=area, year=year, foots=_foots(rows, total, whole=True))
        return response(exports.workbook_of(year_title(area, year), content, lines=len(rows), **by(request)))
    shown = Paginator(people, ROWS).get_page(request.GET.get("page"))
    rows = yearbook.rows(lines, list(shown.object_list), user, year)
    whole = shown.paginator.num_pages == 1
    own = Member.objects.visible_to(user).filter(pk__in=[row.member.pk for row in rows])
    closed = SheetLine.objects.visible_to(user).filter(sheet__state__in=yearbook.CLOSED)
    context = {
        "year": year,
        "years": [day.year for day in closed.dates("month", "year", order="DESC")],
        "area": area,
        "filter": filters,
        "page": shown,
        "pages": shown.paginator.get_elided_page_range(shown.number),
        "rows": rows,
        "total": total,
        "sums": {name: yearbook.added(rows, name) for name in ("should_be", "balance")} if whole else None,
        "foots": _foots(rows, total, whole=whole),
        "partly": any(row.balance is None for row in rows),
        "linked": set(own.values_list("pk", flat=True)) if user.has_perm("subsidies.view_correction") else set(),
    }
    return render(request, "subsidies/year_accounts.html", context)


def _foots(rows: list[yearbook.Row], total: Sums, *, whole: bool) -> bool:
    """Whether every row and the total foot; where the rows are the whole, also whether they add up to the total."""
    added = sum((row.sums for row in rows), Sums())
    return total.foots and all(row.foots for row in rows) and (added == total or not whole)


def _area(user, filters: YearFilters) -> str:
    """What the selection is of: the city, subdistricts as a whole, or single communities."""
    communities = Community.objects.select_related("subdistrict").order_by("code")
    shown = Community.objects.visible_to(user)
    if "subdistrict" in filters.asked:
        shown = shown.filter(subdistrict=filters.asked["subdistrict"])
    if "community" in filters.asked:
        shown = shown.filter(pk=filters.asked["community"].pk)
    keys, every = set(shown.values_list("pk", flat=True)), list(communities)
    own = [each for each in every if each.pk in keys]
    if len(own) == len(every):
        return ""
    areas = dict.fromkeys(each.subdistrict for each in own)
    if all(each.pk in keys for each in every if each.subdistrict in areas):
        return _(", ").join(area.name for area in areas)
    return _(", ").join(each.name for each in own)
