"""Forms of trainings, and of the list on which people sign in."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm
from registry.models import Activity, ActivityKind, Attendance, Community, ResidentsCommittee, Subdistrict, User

USUAL_HOURS = 3


class CommunitiesField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, community):
        return community.name


def invitable(training: Activity):
    """The communities that a training's organiser can invite: its own."""
    rows = Community.objects.select_related("committee")
    if training.subdistrict_id:
        return rows.filter(subdistrict=training.subdistrict_id)
    return rows.filter(committee=training.committee_id)


class _TrainingForm(EditForm):
    class Meta:
        model = Activity
        fields = ["title", "day", "begins_at", "ends_at", "hours", "place", "chair", "agenda"]
        field_classes = {"day": DayField}
        labels = {
            "title": gettext_lazy("Subject of the training"),
            "chair": gettext_lazy("Lecturer"),
            "agenda": gettext_lazy("What is taught"),
        }
        widgets = {
            "begins_at": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "ends_at": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "agenda": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("title", "hours"):
            self.fields[name].required = True


class NewTrainingForm(_TrainingForm):
    """A new training, and by whom. Everybody of the organiser's is invited."""

    organiser = forms.ChoiceField(
        label=gettext_lazy("Organised by"),
        help_text=gettext_lazy("All its committees and groups are invited; some can be left out afterwards."),
    )
    field_order = ["organiser", "title", "day"]

    def __init__(self, *args, user: User, **kwargs):
        proposed = {"day": clock.today(), "hours": USUAL_HOURS}
        super().__init__(*args, initial=proposed, instance=Activity(kind=ActivityKind.TRAINING), **kwargs)
        subdistricts = Subdistrict.objects.visible_to(user, "registry.hold_training").order_by("code")
        communities = Community.objects.visible_to(user, "registry.hold_training")
        committees = ResidentsCommittee.objects.filter(community__in=communities).select_related("community")
        self.fields["organiser"].choices = [
            *((f"subdistrict-{each.pk}", str(each)) for each in subdistricts),
            *((f"committee-{each.pk}", str(each)) for each in committees),
        ]

    def clean(self):
        cleaned = super().clean()
        if organiser := cleaned.get("organiser"):
            field, pk = organiser.split("-")
            setattr(self.instance, f"{field}_id", int(pk))
        return cleaned


class TrainingForm(_TrainingForm):
    """A training, and the communities whose committees and groups are invited."""

    committees = CommunitiesField(Community.objects.none(), label=gettext_lazy("Committees invited"), required=False)
    groups = CommunitiesField(
        Community.objects.none(), label=gettext_lazy("Communities whose groups are invited"), required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("committees", "groups"):
            self.fields[name].queryset = invitable(self.instance)
        groups = self.instance.groups_invited.order_by().values_list("committee__community", flat=True)
        self.initial["committees"] = list(self.instance.committees_invited.values_list("community", flat=True))
        self.initial["groups"] = list(groups.distinct())

    @property
    def invited(self):
        return [self["committees"], self["groups"]]

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("committees") and not cleaned.get("groups"):
            raise forms.ValidationError(_("Invite somebody: tick a committee or groups."))
        return cleaned


class SignInForm(EditForm):
    """One person of the list: came, or excused."""

    class Meta:
        model = Attendance
        fields = ["came", "excuse"]

    def __init__(self, *args, instance: Attendance, **kwargs):
        super().__init__(*args, instance=instance, prefix=f"person-{instance.pk}", **kwargs)
        self.row_name = instance.member.name
        for field in ("came", "excuse"):
            label = f"{instance.member.name} {self.fields[field].label}"
            self.fields[field].label = label
            self.fields[field].widget.attrs["aria-label"] = label

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("came") and cleaned.get("excuse"):
            self.add_error("excuse", _("Who came has no excuse; delete one of the two."))
        return cleaned
