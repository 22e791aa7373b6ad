"""The account of a person, and of an area's year: as pages to read and print, and as workbooks to file."""

from dataclasses import replace

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Community, Member
from registry.records.filters import AreaFilters
from registry.records.list_pages import ROWS, prints_whole
from subsidies.corrections import ledger as ledgers
from subsidies.corrections import ledger_words, yearbook
from subsidies.corrections.ledger import NOTHING, Account, Sums
from subsidies.exports import services as exports
from subsidies.exports.accounts import person_account, person_title, year_account, year_title
from subsidies.exports.views import response
from subsidies.models import CLOSED_STATES, SheetLine

YEARS = range(2000, 3000)


class YearFilters(AreaFilters):
    area_path = "community"

    class Meta:
        model = SheetLine
        fields: list[str] = []


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("subsidies.view_correction", raise_exception=True)
def ledger(request, pk):
    """Each closed month: paid, due, corrected, and the balance; POST exports it as a workbook."""
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    book = ledgers.of(member, request.user)
    years = book.years
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, years) else None
    if request.method == "POST":
        return _workbook(request, member, book, year)
    entries = book.of_year(year)
    for entry in entries:
        entry.given_up_notes = [*ledger_words.given_up(entry)]
    context = {
        "member": member,
        "book": book,
        "years": years,
        "year": year,
        "entries": entries,
        "before": book.before(year),
        "legend": ledger_words.legend(entries),
    }
    return render(request, "subsidies/exports/member_ledger.html", context | {"total": book.account(year)})


def _workbook(request, member: Member, book: ledgers.Book, year: int | None):
    name, lines = person_title(member, year), len(book.of_year(year))
    return response(exports.workbook_of(name, person_account(member, book, year), lines=lines, actor=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("subsidies.view_sheet", raise_exception=True)
def of_year(request, year):
    """A row for each person; POST exports all rows as a workbook."""
    if year not in YEARS or year > Month.of(clock.today()).next.year:  # of which no month can be computed
        raise Http404
    user = request.user
    filters = YearFilters(request.GET, queryset=yearbook.lines(user, year), request=request)
    by_database, communities = yearbook.total(filters.qs), _communities(user, filters)
    area, found = _area(communities), yearbook.rows(communities, year)
    total = sum((row.account for row in found), Account())
    foots = _foots(found, total, by_database)
    if request.method == "POST":
        content = year_account(found, area=area, year=year, foots=foots)
        return response(exports.workbook_of(year_title(area, year), content, lines=len(found), actor=request.user))
    size = max(len(found), 1) if prints_whole(request) else ROWS
    shown = Paginator(found, size).get_page(request.GET.get("page"))
    rows = list(shown.object_list)
    own = Member.objects.visible_to(user).filter(pk__in=[row.member.pk for row in rows])
    closed = SheetLine.objects.visible_to(user).filter(sheet__state__in=CLOSED_STATES)
    context = {
        "year": year,
        "years": [day.year for day in closed.dates("month", "year", order="DESC")],
        "area": area,
        "filter": filters,
        "page": shown,
        "pages": shown.paginator.get_elided_page_range(shown.number),
        "rows": rows,
        "total": total,
        "foots": foots,
        "legend": yearbook.legend(found),
        "partly": any(row.partly for row in rows),
        "linked": set(own.values_list("pk", flat=True)) if user.has_perm("subsidies.view_correction") else set(),
    }
    return render(request, "subsidies/exports/year_accounts.html", context)


def _foots(rows: list[yearbook.YearRow], total: Account, by_database: Sums) -> bool:
    """Whether every row adds up, and whether their total equals the database's sums."""
    return all(row.foots for row in rows) and replace(total.sums, repaid=NOTHING) == by_database


def _communities(user, filters: YearFilters) -> list[Community]:
    """The selected communities that the user may see."""
    shown = Community.objects.visible_to(user)
    if "subdistrict" in filters.asked:
        shown = shown.filter(subdistrict=filters.asked["subdistrict"])
    if "community" in filters.asked:
        shown = shown.filter(pk=filters.asked["community"].pk)
    return list(shown.distinct())


def _area(communities: list[Community]) -> str:
    """The area's name: empty for the city, else the whole subdistricts or single communities."""
    every = list(Community.objects.select_related("subdistrict").order_by("code"))
    keys = {each.pk for each in communities}
    own = [each for each in every if each.pk in keys]
    if len(own) == len(every):
        return ""
    areas = dict.fromkeys(each.subdistrict for each in own)
    if all(each.pk in keys for each in every if each.subdistrict in areas):
        return _(", ").join(area.name for area in areas)
    return _(", ").join(each.name for each in own)
