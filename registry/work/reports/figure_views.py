"""信息报告 in figures: by kind, by place and by month."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Community, Report, ResidentsGroup
from registry.work.reports import figures as report_figures
from registry.work.reports.filters import PeriodFilters

COMMUNITY = "group__committee__community"


@require_safe
@permission_required("registry.view_report", raise_exception=True)
def figures(request):
    """Of twelve months, or of the days asked for; by the areas one below what is asked for."""
    today = clock.today()
    rows = Report.objects.counted_for(request.user)
    filters = PeriodFilters(request.GET, rows, request=request)
    found = filters.qs if filters.form.is_valid() else rows
    if not request.GET.get("since"):
        found = found.filter(noticed_on__gte=Month.of(today).run_up(report_figures.MONTHS)[0].first_day)
    readable = Report.objects.visible_to(request.user)
    context = report_figures.of(found, readable, today, *_places(request, filters))
    narrowed = any(request.GET.values())
    return render(request, "registry/work/report_figures.html", context | {"filter": filters, "narrowed": narrowed})


def _places(request, filters) -> tuple[str, dict]:
    """By what places are distinguished, and their names: communities, or the groups of a single one."""
    asked = filters.asked if filters.form.is_valid() else {}
    communities = Community.objects.visible_to(request.user)
    if "subdistrict" in asked:
        communities = communities.filter(subdistrict=asked["subdistrict"])
    if "community" in asked:
        communities = communities.filter(pk=asked["community"].pk)
    found = dict(communities.values_list("pk", "name"))
    if len(found) > 1:
        return COMMUNITY, found
    groups = ResidentsGroup.objects.visible_to(request.user)
    if found:
        groups = groups.filter(committee__community__in=found)
    return "group", dict(groups.values_list("pk", "name"))
