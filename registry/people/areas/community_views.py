"""What the subdistrict edits of its communities: name, party secretary, and when the committee was founded."""

from typing import Any

from django.utils.translation import gettext_lazy

from jygroups.lib.forms import EditForm
from registry.models import Community, ResidentsCommittee
from registry.people.areas.forms import CommitteeForm, CommunityForm
from registry.records.pages import UndoPage


class EditCommunity(UndoPage):
    permission_required = "registry.change_community"
    records: Any = Community.objects.select_related("subdistrict")
    form_class: type[EditForm] = CommunityForm
    title = "%(record)s"
    here = gettext_lazy("Edit")
    done = gettext_lazy("%(record)s is saved.")


class EditCommittee(EditCommunity):
    records = ResidentsCommittee.objects.select_related("community__subdistrict")
    form_class = CommitteeForm

    def back_url(self):
        return self.record.community.get_absolute_url()
