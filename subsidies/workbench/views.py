"""The workbench: what needs doing, and where things stand."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from subsidies.workbench import page


@require_safe
def workbench(request):
    """Open to everyone who is signed in; each part shows what the user may see."""
    months = 2 * page.CHART_MONTHS if request.GET.get("months") == str(2 * page.CHART_MONTHS) else page.CHART_MONTHS
    return render(request, "subsidies/workbench/workbench.html", page.of(request.user, clock.today(), months))
