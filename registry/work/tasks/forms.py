"""Giving a task, changing it, and reporting it as done."""

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm, Form
from registry.models import Community, ResidentsGroup, Task
from registry.records.filters import AreaFilters, Choice, GroupChoice


class Groups(forms.ModelMultipleChoiceField):
    """Several groups, each a box to tick."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group):
        return f"{group.committee.community.name} {group.name}"


class GiveForm(Form):
    what = forms.CharField(
        label=gettext_lazy("what is to be done"), max_length=300, widget=forms.Textarea({"rows": 3, "autofocus": ""})
    )
    due_on = DayField(label=gettext_lazy("to be done by"))
    groups = Groups(ResidentsGroup.objects.none(), label=gettext_lazy("residents' groups"))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        today = clock.today()
        given = ResidentsGroup.objects.visible_to(user).standing_on(today)
        permitted = given.filter(committee__community__in=Community.objects.visible_to(user, "registry.add_task"))
        self.fields["groups"].queryset = permitted.select_related("committee__community")

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day < clock.today():
            raise ValidationError(_("This day is over. Give today or a later one."))
        return day


class TaskForm(EditForm):
    class Meta:
        model = Task
        fields = ["what", "due_on", "withdrawn"]
        field_classes = {"due_on": DayField}
        widgets = {"what": forms.Textarea({"rows": 3})}


class DoneForm(Form):
    outcome = forms.CharField(
        label=gettext_lazy("what came of it"), max_length=500, widget=forms.Textarea({"rows": 3, "autofocus": ""})
    )
    done_on = DayField(label=gettext_lazy("done on"))

    def __init__(self, *args, task: Task, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["done_on"].initial = clock.today()
        self.task = task

    def clean_done_on(self):
        day = self.cleaned_data["done_on"]
        if not self.task.given_on <= day <= clock.today():
            raise ValidationError(
                _("It was given on %(day)s; give that day, today or one between.") % {"day": self.task.given_on}
            )
        return day


class TaskFilters(AreaFilters):
    OPEN, OVERDUE, DONE, WITHDRAWN = "open", "overdue", "done", "withdrawn"
    STATES = [
        (OPEN, gettext_lazy("to be done")),
        (OVERDUE, gettext_lazy("overdue")),
        (DONE, gettext_lazy("done")),
        (WITHDRAWN, gettext_lazy("withdrawn")),
    ]

    q = django_filters.CharFilter(label=gettext_lazy("Words"))
    group = GroupChoice()
    state = Choice(choices=STATES, label=gettext_lazy("State"))

    area_path = "group__committee__community"

    def narrowed(self, queryset):
        asked, today = self.asked, clock.today()
        if "q" in asked:
            queryset = queryset.filter(Q(what__icontains=asked["q"]) | Q(outcome__icontains=asked["q"]))
        if "group" in asked:
            queryset = queryset.filter(group=asked["group"])
        narrow = {
            self.OPEN: lambda: queryset.open(),
            self.OVERDUE: lambda: queryset.overdue(today),
            self.DONE: lambda: queryset.exclude(done_on=None).filter(withdrawn=False),
            self.WITHDRAWN: lambda: queryset.filter(withdrawn=True),
        }
        return narrow[asked["state"]]() if "state" in asked else queryset
