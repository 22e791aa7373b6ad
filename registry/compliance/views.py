"""How far the document is fulfilled: the city, each area, and the half-year's report."""

import re

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import clock
from jygroups.lib.half_years import HalfYear
from jygroups.lib.shown import LANGUAGE
from registry.compliance import set_up, standing
from registry.compliance.half_year import workbook as half_year
from registry.compliance.half_year.queries import HalfYearReport
from registry.models import Community, Subdistrict
from registry.records.duties import DUTIES
from registry.records.pages import export

SHOWN = 6  # half-years to choose among


def asked_half(request) -> HalfYear:
    """The half-year in the address, such as 2026-1; the one under way without it, or for nonsense."""
    today = HalfYear.of(clock.today())
    if found := re.fullmatch(r"(20\d\d)-([12])", request.GET.get("half", "")):
        return min(HalfYear(int(found[1]), int(found[2])), today)
    return today


def _halves() -> list[tuple[str, HalfYear]]:
    halves = [HalfYear.of(clock.today())]
    while len(halves) < SHOWN:
        halves.append(halves[-1].previous)
    return [(f"{half.year}-{half.half}", half) for half in halves]


@require_safe
@permission_required("registry.view_community", raise_exception=True)
def area(request, code=None):
    """All that the user sees, or one subdistrict of it: each duty in figures, and each community with each duty."""
    subdistrict = get_object_or_404(Subdistrict.objects.visible_to(request.user), code=code) if code else None
    communities = standing.visible_communities(request.user)
    if subdistrict:
        communities = communities.filter(subdistrict=subdistrict)
    communities, half, today = list(communities), asked_half(request), clock.today()
    found = standing.of(communities, half, today)
    return render(
        request,
        "registry/compliance/area.html",
        {
            "subdistrict": subdistrict,
            "half": half,
            "halves": _halves(),
            "day": found.context.day,
            "duties": DUTIES,
            "rows": found.rows(communities),
            "matrix": [(each, found.rows([each])) for each in communities],
            "set_up": _set_up(communities, found.context.day),
        },
    )


@require_safe
@permission_required("registry.view_community", raise_exception=True)
def community(request, code):
    """One community: each duty with what is done, what lacks, and where it is corrected."""
    visible = Community.objects.visible_to(request.user).select_related("subdistrict")
    here = get_object_or_404(visible, code=code)
    half = asked_half(request)
    found = standing.of([here], half, clock.today())
    groups = found.groups()
    rows = [
        (row, [groups[key] for key in row.lacking if key in groups], _link(row.duty, here))
        for row in found.rows([here])
    ]
    return render(
        request,
        "registry/compliance/community.html",
        {"community": here, "half": half, "halves": _halves(), "day": found.context.day, "rows": rows},
    )


def _link(duty, here: Community) -> str:
    return f"{reverse(duty.page)}?{'&'.join(filter(None, [duty.query, f'community={here.code}']))}"


def _set_up(communities, day):
    """Of the subdistricts all of whose communities are in question."""
    subdistricts = {each.subdistrict for each in communities}
    whole = [
        each for each in sorted(subdistricts, key=lambda each: each.code)
        if each.communities.count() == sum(one.subdistrict_id == each.pk for one in communities)
    ]  # fmt: skip
    return set_up.of(whole, day)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("registry.view_community", raise_exception=True)
def report(request):
    """The half-year's report to the municipal government, of all that the user sees; a POST hands out the workbook."""
    half, communities = asked_half(request), list(standing.visible_communities(request.user))
    if request.method == "POST":
        with override(LANGUAGE):
            made = HalfYearReport(communities, half, clock.today())
            content = half_year.workbook(made)
            title = made.title
        details = {"what": "half-year report", "lines": len(communities)}
        return export(request, content, f"{title}.xlsx", subject=title, **details)
    made = HalfYearReport(communities, half, clock.today())
    context = {
        "report": made,
        "half": half,
        "halves": _halves(),
        "here": _("Half-year report"),
    }
    return render(request, "registry/compliance/report.html", context)
