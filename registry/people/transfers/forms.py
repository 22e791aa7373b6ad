"""Sending a member to another subdistrict, and answering."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, Form, TypeAhead
from registry.models import Appointment, Member, Position, ResidentsCommittee, ResidentsGroup, TransferState
from registry.people.transfers import services
from registry.records.filters import Choice, Words

COMMITTEE, GROUP = "committee", "group"


class OfficeChoice(forms.ModelChoiceField):
    def label_from_instance(self, office):
        body = office.group.name if office.group else _("residents' committee")
        return f"{office.committee.community.name} {body} {office.get_position_display()}"


class SendForm(Form):
    """Which office ends, and where the person goes."""

    office = OfficeChoice(Appointment.objects.none(), label=gettext_lazy("Present office"), empty_label=None)
    body = forms.ChoiceField(label=gettext_lazy("Receiving body"), widget=TypeAhead)
    position = forms.ChoiceField(
        label=gettext_lazy("Position there"), choices=[(each.value, each.label) for each in reversed(Position)]
    )
    first_day = DayField(
        label=gettext_lazy("First day there"),
        initial=clock.today,
        help_text=gettext_lazy("The present office ends the day before; service runs on unbroken."),
    )
    basis = forms.CharField(
        label=gettext_lazy("Basis document"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Such as the transfer letter."),
    )

    def __init__(self, *args, user, member: Member, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = open_offices(user, member)
        self.bodies = _bodies(member)
        self.fields["body"].choices = [("", ""), *((key, _label(body)) for key, body in self.bodies.items())]

    def clean_body(self):
        return self.bodies[self.cleaned_data["body"]]


def open_offices(user, member: Member):
    """The offices that the user's side may end: held today or later, in its communities."""
    today = clock.today()
    rows = Appointment.objects.visible_to(user, services.SEND)
    rows = rows.filter(Q(last_day=None) | Q(last_day__gte=today), member=member)
    return rows.select_related("member__community", "committee__community__subdistrict", "group").order_by("first_day")


def _bodies(member: Member) -> dict[str, ResidentsCommittee | ResidentsGroup]:
    """The bodies of the other subdistricts, by their keys in the form: each committee, then its groups."""
    committees = ResidentsCommittee.objects.exclude(community__subdistrict=member.community.subdistrict_id)
    groups = ResidentsGroup.objects.standing_on(clock.today()).filter(committee__in=committees)
    found: list[tuple[tuple, str, ResidentsCommittee | ResidentsGroup]] = [
        ((row.community.code, 0), f"{COMMITTEE}-{row.pk}", row)
        for row in committees.select_related("community__subdistrict")
    ]
    for row in groups.select_related("committee__community__subdistrict"):
        found.append(((row.committee.community.code, row.ordinal), f"{GROUP}-{row.pk}", row))
    return {key: body for _order, key, body in sorted(found, key=lambda each: each[0])}


def _label(body: ResidentsCommittee | ResidentsGroup) -> str:
    community = body.committee.community if isinstance(body, ResidentsGroup) else body.community
    name = body.name if isinstance(body, ResidentsGroup) else _("residents' committee")
    return f"{community.subdistrict.name} {community.name} {name}"


class EndForm(Form):
    """A step that ends a transfer, with why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args, step: TransferState, **kwargs):
        super().__init__(*args, **kwargs)
        if step == TransferState.ACCEPTED:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = step == TransferState.DECLINED
            self.fields["reason"].widget.attrs["data-first"] = True


class TransferFilters(django_filters.FilterSet):
    q = Words(method="named")
    state = Choice(choices=TransferState.choices, label=gettext_lazy("State"))

    def named(self, queryset, _name, words):
        return queryset.filter(member__in=Member.objects.search(words))
