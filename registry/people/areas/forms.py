"""Forms over communities, committees and buildings."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.cells import are_several_buildings, building
from jygroups.lib.forms import DayField, EditForm, Form, TypeAhead
from registry.models import Building, Community, Member, ResidentsCommittee, ResidentsGroup

FIRST = {"data-first": True}


class CommunityForm(EditForm):
    """The name, and who among its people is the party secretary 〔一(二)〕."""

    class Meta:
        model = Community
        fields = ["name", "party_secretary"]
        widgets = {"name": forms.TextInput(FIRST), "party_secretary": TypeAhead}
        help_texts = {
            "party_secretary": gettext_lazy(
                "One of the community's people; who is not among them is entered in a roster first."
            )
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        community = self.instance.pk
        people = Member.objects.filter(
            Q(community=community)
            | Q(appointments__committee__community=community)
            | Q(pk=self.initial["party_secretary"])
        )
        field = self.fields["party_secretary"]
        field.queryset = people.distinct().defer("id_number", "phone", "account")
        field.empty_label = _("none on record")


class CommitteeForm(EditForm):
    """When the committee was founded."""

    established_on = DayField(label=gettext_lazy("established on"), required=False, widget=DayField.widget(FIRST))

    class Meta:
        model = ResidentsCommittee
        fields = ["established_on"]

    def clean_established_on(self):
        return _not_to_come(self.cleaned_data["established_on"])


def _not_to_come(day):
    if day and day > clock.today():
        raise ValidationError(_("This day is still to come."))
    return day


def standing_groups(community: Community):
    """The community's groups that a building can be given to."""
    return ResidentsGroup.objects.filter(committee__community=community).standing_on(clock.today())


class BuildingForm(EditForm):
    """A building of one community, and the group of the same community that covers it."""

    class Meta:
        model = Building
        fields = ["name", "kind", "households", "residents", "group"]
        widgets = {"name": forms.TextInput(FIRST)}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["group"]
        groups = standing_groups(self.instance.community)
        if self.instance.group_id:
            groups |= ResidentsGroup.objects.filter(pk=self.instance.group_id)
        field.queryset = groups
        field.empty_label = _("not covered")

    def clean_name(self):
        """In its one spelling, by which it is unlike every other of the community."""
        name = self.cleaned_data["name"]
        if name == self.instance.name:
            return name
        if are_several_buildings(name):
            raise ValidationError(_("This names several buildings; add each by itself."))
        others = Building.objects.filter(community=self.instance.community).exclude(pk=self.instance.pk)
        if building(name) in map(building, others.values_list("name", flat=True)):
            raise ValidationError(_("This community already has a building of this name."))
        return building(name)


class CoverForm(Form):
    """Several buildings of a community, given to one of its groups."""

    buildings = forms.ModelMultipleChoiceField(
        Building.objects.none(),
        label=gettext_lazy("Buildings"),
        error_messages={"required": gettext_lazy("Tick the buildings first.")},
    )
    group = forms.ModelChoiceField(
        ResidentsGroup.objects.none(), label=gettext_lazy("Residents' group"), empty_label=gettext_lazy("choose")
    )

    def __init__(self, *args, community: Community, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["buildings"].queryset = Building.objects.filter(community=community)
        self.fields["group"].queryset = standing_groups(community)
