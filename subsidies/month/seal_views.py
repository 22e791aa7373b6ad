"""The seals of closed sheets: each subdistrict's chain, and whether the sheets still match what was approved."""

import time

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import clock
from subsidies import proof
from subsidies.models import CLOSED_STATES, Sheet
from subsidies.month import seals
from subsidies.month.tables import SealTable
from subsidies.proof import verify as verify_pack


@require_safe
@permission_required("subsidies.verify_seals", raise_exception=True)
def chains(request):
    return _page(request, None)


@require_POST
@permission_required("subsidies.verify_seals", raise_exception=True)
def verify(request):
    """Decide every closed line again from its frozen facts, and check each seal and its chain. Nothing is written."""
    began = time.monotonic()
    found = list(seals.verify())
    return _page(request, found, took=time.monotonic() - began)


def _page(request, found: list[seals.Broken] | None, took: float = 0):
    closed = Sheet.objects.visible_to(request.user).filter(state__in=CLOSED_STATES)
    sheets = closed.select_related("subdistrict", "approved_by").order_by("subdistrict__code", "-month")
    broken: dict[int, list[seals.Broken]] = {}
    for each in found or ():
        if each.sheet:
            broken.setdefault(each.sheet.pk, []).append(each)
    chains: dict = {}
    for sheet in sheets:
        chains.setdefault(sheet.subdistrict, []).append(sheet)
    context = {
        "chains": {area: SealTable(rows, broken=None if found is None else broken) for area, rows in chains.items()},
        "count": sum(len(rows) for rows in chains.values()),
        "verified": found is not None,
        "broken": len(broken),
        "missing": [each for each in found or () if not each.sheet],
        "verifier": proof.digest_of(verify_pack),
        "at": clock.now(),
        "took": took,
    }
    return render(request, "subsidies/month/seals.html", context)
