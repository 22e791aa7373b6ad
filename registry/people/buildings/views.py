"""The buildings of a community: entered, edited, and given to groups."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib.forms import key
from jygroups.lib.shortcuts import get_permitted
from registry.models import Building, Community
from registry.people.areas.forms import BuildingForm, CoverForm
from registry.people.buildings import services
from registry.records import undo, versions
from registry.records.pages import answer

CHANGE = "registry.change_building"
COMMUNITIES = Community.objects.select_related("subdistrict")


@require_safe
@permission_required("registry.view_building", raise_exception=True)
def of_community(request, code):
    community = get_object_or_404(COMMUNITIES.visible_to(request.user), code=code)
    return _page(request, community, CoverForm(community=community))


def _page(request, community: Community, form: CoverForm, status: int = 200):
    """The uncovered first, as they wait for a group."""
    rows = Building.objects.visible_to(request.user).filter(community=community).select_related("group")
    rows = sorted(rows.order_by("pk"), key=lambda row: row.group.ordinal if row.group else 0)  # type: ignore[assignment]
    return render(
        request,
        "registry/buildings.html",
        {
            "community": community,
            "trail": [community.subdistrict, community],
            "buildings": rows,
            "uncovered": sum(row.group is None for row in rows),
            "households": sum(row.households or 0 for row in rows),
            "residents": sum(row.residents or 0 for row in rows),
            "ticked": {key(pk) for pk in form.data.getlist("buildings")} if form.is_bound else set(),  # type: ignore[attr-defined]
            "form": form,
            "may_change": request.user.has_perm(CHANGE, community),
        },
        status=status,
    )


@require_POST
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def cover(request, code):
    """Give the ticked buildings to a group in one act."""
    community = get_permitted(request, COMMUNITIES, CHANGE, code=code)
    form = CoverForm(request.POST, community=community)
    if not form.is_valid():
        return _page(request, community, form, status=422)
    group = form.cleaned_data["group"]
    try:
        rows = services.cover(form.cleaned_data["buildings"], group=group, actor=request.user)
    except services.Covered as refusal:
        messages.error(request, str(refusal))
        return redirect("community-buildings", community.code)
    text = ngettext(
        "%(group)s covers %(count)s building more.", "%(group)s covers %(count)s buildings more.", len(rows)
    )
    undo.offer(request, text % {"group": group, "count": len(rows)}, rows)
    return redirect("community-buildings", community.code)


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_building", raise_exception=True)
@transaction.atomic
def add(request, code):
    community = get_permitted(request, COMMUNITIES, CHANGE, code=code)
    return _edited(request, Building(community=community), _("Add a building"))


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk):
    building = get_permitted(request, Building.objects.select_related("community__subdistrict"), CHANGE, pk=pk)
    return _edited(request, building, building.name)


def _edited(request, building: Building, title: str):
    community = building.community
    form = BuildingForm(request.POST or None, instance=building)
    if form.is_valid():
        if form.edited or not building.pk:
            versions.save(form.instance, actor=request.user)
            undo.offer(request, _("%(building)s is saved.") % {"building": building}, [building])
        return redirect("community-buildings", community.code)
    return answer(
        request,
        form,
        template="registry/building_edit.html",
        title=title,
        here=title,
        trail=[community.subdistrict, community],
        back=reverse("community-buildings", args=[community.code]),
    )
