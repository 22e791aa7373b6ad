"""The tabs of a sheet's page: changes, people not paid, settlements, unusual lines, and the approval flow."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from subsidies.month import changes, drift, heads, newcomers, review, sheet_pages
from subsidies.month.tables import ChangeTable, OutdatedTable, UnpaidTable, UnusualTable
from subsidies.month.visible_totals import visible_totals


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def differences(request, month, code):
    """The differences from last month with their reasons; the sums by kind add up to the difference of the totals."""
    sheet = sheet_pages.find(request.user, month, code)
    found = changes.against_previous(sheet, request.user)
    by_kind = found.by_kind()
    kinds = [
        {
            "kind": kind,
            "count": count,
            "yuan": yuan,
            "changes": ChangeTable([change for change in found.changes if change.kind == kind]),
        }
        for kind, (count, yuan) in sorted(by_kind.items(), key=lambda pair: pair[0].rank)
    ]
    [before] = visible_totals(request.user, [found.previous]) if found.previous else [None]
    return sheet_pages.page(
        request,
        sheet,
        "sheet-changes",
        "subsidies/month/sheet_changes.html",
        compared=found,
        kinds=kinds,
        before=before,
    )


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def unpaid(request, month, code):
    sheet = sheet_pages.find(request.user, month, code)
    lines = sheet_pages.lines_of(request.user, sheet).exclude(heads.PAID).select_related("community", "group")
    rows = [
        {"line": each.line, "community": each.line.community, "offices": each.offices, "why": each.why}
        for each in review.unpaid(lines.order_by("ordinal"), sheet)
    ]
    begun = newcomers.offices(sheet).visible_to(request.user)
    rows += [
        {"line": each.member, "community": each.community, "offices": _("; ").join(each.offices), "why": each.why}
        for each in newcomers.newcomers(sheet, begun)
    ]
    table = UnpaidTable(rows)
    return sheet_pages.page(request, sheet, "sheet-unpaid", "subsidies/month/sheet_unpaid.html", rows=table)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def settlements(request, month, code):
    sheet = sheet_pages.find(request.user, month, code)
    [of_sheet] = visible_totals(request.user, [sheet])
    rows = review.settled(sheet_pages.lines_of(request.user, sheet), whole=of_sheet.whole)
    return sheet_pages.page(request, sheet, "sheet-settlements", "subsidies/month/sheet_settlements.html", rows=rows)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def unusual(request, month, code):
    sheet = sheet_pages.find(request.user, month, code)
    found = changes.against_previous(sheet, request.user)
    [of_sheet] = visible_totals(request.user, [sheet])
    odd = review.unusual(sheet, sheet_pages.lines_of(request.user, sheet), found, whole=of_sheet.whole)
    found_lines = [
        (each.kind, UnusualTable([{"line": line, "detail": detail} for line, detail in each.lines])) for each in odd
    ]
    template = "subsidies/month/sheet_unusual.html"
    return sheet_pages.page(request, sheet, "sheet-unusual", template, compared=found, odd=odd, found=found_lines)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def events(request, month, code):
    sheet = sheet_pages.find(request.user, month, code)
    return sheet_pages.page(request, sheet, "sheet-events", "subsidies/month/sheet_events.html")


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def outdated(request, month, code):
    """For a draft older than the registry's changes: the lines that would differ, and who changed what."""
    sheet = sheet_pages.find(request.user, month, code)
    communities = request.user.community_keys()
    rows = OutdatedTable(drift.of(sheet, communities))
    return render(request, "subsidies/month/sheet_outdated.html", {"sheet": sheet, "month": month, "rows": rows})
