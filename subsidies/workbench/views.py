"""The workbench: what needs doing, and where things stand."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from registry.records import findings
from subsidies.workbench import page


@require_safe
def needs_doing(request):
    """The part of the workbench that waits for the user, and what has been answered."""
    user, today = request.user, clock.today()
    may_see = user.has_perm("registry.view_residentsgroup")
    context = page.needs_doing(user, today, findings.findings(user, today) if may_see else [])
    return render(request, "subsidies/workbench/todo.html", {"today": today, **context})


@require_safe
def workbench(request):
    """Open to everyone who is signed in; each part shows what the user may see."""
    months = 2 * page.CHART_MONTHS if request.GET.get("months") == str(2 * page.CHART_MONTHS) else page.CHART_MONTHS
    return render(request, "subsidies/workbench/workbench.html", page.of(request.user, clock.today(), months))
