"""The buildings of a community: entered, edited, and given to groups."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib.forms import key
from jygroups.lib.shortcuts import get_permitted
from registry.models import Building, Community
from registry.people.areas.forms import BuildingForm, CoverForm
from registry.people.buildings import services
from registry.records import undo
from registry.records.pages import UndoPage

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
        "registry/people/buildings.html",
        {
            "community": community,
            "trail": community.trail,
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


class EditBuilding(UndoPage):
    permission_required = CHANGE
    records = Building.objects.select_related("community__subdistrict")
    form_class = BuildingForm
    template_name = "registry/people/building_edit.html"
    title: str | Promise = "%(record)s"
    done = gettext_lazy("%(record)s is saved.")

    def trail(self):
        return self.record.community.trail

    def back_url(self):
        return reverse("community-buildings", args=[self.record.community.code])


class AddBuilding(EditBuilding):
    permission_required = "registry.add_building"
    title = gettext_lazy("Add a building")

    def get_record(self):
        return Building(community=get_permitted(self.request, COMMUNITIES, CHANGE, **self.kwargs))
