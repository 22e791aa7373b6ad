"""The workbench: what needs doing, and where things stand."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry import compliance, figures
from registry.models import ResidentsGroup, Subdistrict
from subsidies.models import Sheet
from subsidies.seen import seen

MOST_FINDINGS = 8


@require_safe
def workbench(request):
    """Open to everyone who is signed in; each part shows what the user may see."""
    user, today = request.user, timezone.localdate()
    context: dict = {"today": today}
    if user.has_perm("registry.view_residentsgroup"):
        found = compliance.findings(user, today)
        context |= {"findings": found[:MOST_FINDINGS], "count": len(found), "rest": max(0, len(found) - MOST_FINDINGS)}
    if user.has_perm("registry.view_community"):
        context |= {
            "figures": figures.of_all(user, today),
            "subdistricts": Subdistrict.objects.visible_to(user).count(),
        }
    if groups := user.own_groups():
        own = ResidentsGroup.objects.visible_to(user).filter(pk__in=groups)
        context["groups"] = own.select_related("committee__community")
    if user.has_perm("subsidies.view_sheet"):
        visible = Sheet.objects.visible_to(user)
        newest = visible.order_by("-month").values("month")[:1]
        sheets = visible.filter(month=newest).select_related("subdistrict").order_by("subdistrict__code")
        context["seen"] = seen(user, list(sheets))
    return render(request, "subsidies/workbench.html", context)
