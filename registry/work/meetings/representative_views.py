"""Residents' representatives of each group and term 〔二(二)〕."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from registry.models import Community, Representative, ResidentsGroup
from registry.records.list_pages import ListPage
from registry.records.pages import UndoPage
from registry.work.meetings import filters, tables
from registry.work.meetings.representative_forms import RepresentativeForm
from registry.work.meetings.views import without_areas


class Representatives(ListPage):
    """Those of the running term, unless another is asked for."""

    model = Representative
    permission_required = "registry.view_representative"
    template_name = "registry/work/representatives.html"
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
        editable = Community.objects.visible_to(user, "registry.change_representative").values_list("pk", flat=True)
        return without_areas(super().get_table_kwargs(), user) | {"editable": frozenset(editable)}


class EditRepresentative(UndoPage):
    permission_required = "registry.change_representative"
    records: Any = Representative.objects.select_related("group__committee__community__subdistrict", "term")
    form_class = RepresentativeForm
    title = gettext_lazy("Edit the representative %(name)s")
    reason = gettext_lazy("Representative edited")
    done = gettext_lazy("%(name)s, representative of %(group)s, is saved.")

    def words(self):
        return {"name": self.record.name, "group": self.record.group.name}

    def trail(self):
        return self.record.group.trail

    def back_url(self):
        """The list of the group's representatives."""
        return f"{reverse('representatives')}?group={self.record.group_id}"


class AddRepresentative(EditRepresentative):
    permission_required = "registry.add_representative"
    records = ResidentsGroup.objects.select_related("committee__community__subdistrict")
    title = gettext_lazy("Add a representative of %(group)s")
    reason = gettext_lazy("Representative added")

    def get_record(self):
        return Representative(group=super().get_record())
