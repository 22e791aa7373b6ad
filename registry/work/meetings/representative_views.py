"""Residents' representatives of each group and term 〔二(二)〕."""

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.shortcuts import get_permitted
from registry.models import Community, Representative, ResidentsGroup
from registry.records import undo, versions
from registry.records.pages import ListPage, answer
from registry.work.meetings import filters, tables
from registry.work.meetings.representative_forms import RepresentativeForm
from registry.work.meetings.views import without_areas


class Representatives(ListPage):
    """Those of the running term, unless another is asked for."""

    model = Representative
    permission_required = "registry.view_representative"
    template_name = "registry/representatives.html"
    title = gettext_lazy("Residents' representatives")
    empty = gettext_lazy("No representative is on record; a group's meeting recommends them.")
    table_class = tables.RepresentativeTable
    filterset_class = filters.RepresentativeFilters
    chosen = ("household", "community", "group", "term", "meeting", "last_day")
    first_filters = ("q", "subdistrict", "community", "group", "term")

    def get_queryset(self):
        rows = super().get_queryset().select_related("group__committee__community", "term", "meeting")
        return rows.defer("meeting__record", "meeting__agenda")

    def get_table_kwargs(self):
        user = self.request.user
        kept = Community.objects.visible_to(user, "registry.change_representative").values_list("pk", flat=True)
        return without_areas(super().get_table_kwargs(), user) | {"kept": frozenset(kept)}


def list_of(group: ResidentsGroup) -> str:
    """The address of a group's representatives."""
    return f"{reverse('representatives')}?group={group.pk}"


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_representative", raise_exception=True)
@transaction.atomic
def add(request, pk):
    groups = ResidentsGroup.objects.select_related("committee__community__subdistrict")
    group = get_permitted(request, groups, "registry.add_representative", pk=pk)
    title = _("Add a representative of %(group)s") % {"group": group.name}
    return _form(request, Representative(group=group), title, _("Representative added"))


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_representative", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    rows = Representative.objects.select_related("group__committee__community__subdistrict", "term")
    row = get_permitted(request, rows, "registry.change_representative", pk=pk)
    title = _("Edit the representative %(name)s") % {"name": row.name}
    return _form(request, row, title, _("Representative edited"))


def _form(request, row: Representative, title: str, reason: str):
    group = row.group
    form = RepresentativeForm(request.POST or None, instance=row)
    if form.is_valid():
        if form.edited:
            versions.save(form.instance, actor=request.user, reason=reason)
            words = {"name": form.instance.name, "group": group.name}
            undo.offer(request, _("%(name)s, representative of %(group)s, is saved.") % words, [form.instance])
        return redirect(list_of(group))
    community = group.committee.community
    context = {"title": title, "trail": [community.subdistrict, community, group], "back": list_of(group)}
    return answer(request, form, **context)
