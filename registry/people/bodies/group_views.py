"""Pages on which a new record of a group is entered: the group asked for, or the only one the user has."""

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import Form, TypeAhead, key
from registry.models import ResidentsGroup
from registry.records.pages import EditPage


class GroupField(forms.ModelChoiceField):
    """One group of several communities."""

    def label_from_instance(self, group):
        return f"{group.committee.community.name} {group.name}"


class WhichGroupForm(Form):
    """For a user who has several groups: which of them it is about."""

    group = GroupField(ResidentsGroup.objects.none(), label=gettext_lazy("Residents' group"), widget=TypeAhead)

    def __init__(self, *args, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = groups
        self.fields["group"].widget.attrs["data-first"] = True


class GroupRecordPage(EditPage):
    """A form over a record of a group."""

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.actor}

    def trail(self):
        return self.record.group.trail

    def get_context(self):
        return {"group": self.record.group}


class NewGroupRecordPage(GroupRecordPage):
    """A new record, of a standing group in which the user has the permission; first its choice where there are several.

    `?group=` names the group: 404 where it is not one of these.
    """

    model: type[Any]

    def get_record(self):
        user = self.actor
        allowed = ResidentsGroup.objects.visible_to(user, self.permission_required)
        groups = ResidentsGroup.objects.visible_to(user).standing_on(clock.today()).filter(pk__in=allowed)
        self.groups = groups.select_related("committee__community__subdistrict")
        if asked := self.request.GET.get("group"):
            return self.model(group=get_object_or_404(self.groups, pk=key(asked)))
        several = list(self.groups[:2])
        return self.model(group=several[0]) if len(several) == 1 else None

    def get(self, request, **kwargs):
        return super().get(request, **kwargs) if self.record else self.choose()

    def post(self, request, **kwargs):
        return super().post(request, **kwargs) if self.record else self.choose()

    def choose(self):
        context = {"form": WhichGroupForm(groups=self.groups), "title": self.title, "back": self.back_url()}
        return render(self.request, "registry/people/choose_group.html", context)
