"""The acts on an office that is held, and on a group's leadership; and the facts edited in a row."""

from django import forms
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm
from registry.models import (
    GROUP_POSITIONS,
    Appointment,
    Community,
    EmploymentSpell,
    EndReason,
    Position,
    ResidentsGroup,
)
from registry.people.members import forms as members
from registry.people.offices import services
from registry.people.offices.act_forms import ActForm, positions
from registry.people.offices.appoint_forms import AppointToCommitteeForm, AppointToGroupForm


class EndForm(ActForm):
    title, submit = gettext_lazy("End the office"), gettext_lazy("End the office")
    last_day = DayField(label=gettext_lazy("Last day in office"), initial=clock.today)
    end_reason = forms.ChoiceField(
        label=gettext_lazy("Reason for leaving"),
        choices=[("", "")] + [each for each in EndReason.choices if each[0] != EndReason.TRANSFER],
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def propose(self):
        return services.end_office(office=self.target, **self.cleaned_data)


class GroupChoice(forms.ModelChoiceField):
    def label_from_instance(self, group):
        return f"{group.committee.community.name} {group.name}"


class MoveForm(ActForm):
    title, submit = gettext_lazy("Move to another group"), gettext_lazy("Move")
    to = GroupChoice(ResidentsGroup.objects.none(), label=gettext_lazy("To the group"))
    first_day = DayField(
        label=gettext_lazy("First day there"),
        initial=clock.today,
        help_text=gettext_lazy("The present office ends the day before; service runs on unbroken."),
    )
    position = forms.ChoiceField(
        label=gettext_lazy("Position there"),
        choices=[(each.value, each.label) for each in reversed(GROUP_POSITIONS)],
    )
    basis = forms.CharField(label=gettext_lazy("Basis document"), max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = Case(When(committee=self.target.committee_id, then=Value(0)), default=Value(1))
        groups = ResidentsGroup.objects.visible_to(self.user).standing_on(clock.today())
        self.fields["to"].queryset = (
            groups.filter(committee__community__in=Community.objects.visible_to(self.user, self.permission))
            .exclude(pk=self.target.group_id)
            .select_related("committee__community")
            .order_by(own, "committee__community__code", "ordinal")
        )

    @classmethod
    def targets(cls, user):
        return super().targets(user).exclude(group=None)

    def propose(self):
        return services.move(office=self.target, **self.cleaned_data)


class SuccessorChoice(forms.ModelChoiceField):
    def label_from_instance(self, office):
        return office.member.name


class LeaderForm(ActForm):
    """On a group: another leader from among its people."""

    title, submit = gettext_lazy("Change the leader"), gettext_lazy("Change the leader")
    successor = SuccessorChoice(Appointment.objects.none(), label=gettext_lazy("New leader"))
    first_day = DayField(
        label=gettext_lazy("Leads from"),
        initial=clock.today,
        help_text=gettext_lazy("The present offices end the day before; service runs on unbroken."),
    )
    end_reason = forms.ChoiceField(label=gettext_lazy("The old leader"), required=False)
    basis = forms.CharField(
        label=gettext_lazy("Basis document"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Such as the minutes of the group's meeting."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = clock.today()
        people = self.target.appointments.in_office(today).select_related("member", "group__committee")
        leader = people.filter(position=Position.GROUP_LEADER).first()
        leads = Q(position=Position.GROUP_LEADER, acting=False)  # an acting leader can be elected
        self.fields["successor"].queryset = people.exclude(leads).order_by("member__pinyin")
        if leader is None:
            del self.fields["end_reason"]
        else:
            stays = _("%(name)s stays in the group as a member") % {"name": leader.member.name}
            leaves = [(value, _("leaves the group: %(reason)s") % {"reason": label}) for value, label in ENDINGS]
            self.fields["end_reason"].choices = [("", stays), *leaves]

    @classmethod
    def targets(cls, user):
        return ResidentsGroup.objects.visible_to(user).select_related("committee__community__subdistrict")

    @property
    def subject(self):
        return self.target.name

    def propose(self):
        return services.change_leader(group=self.target, **self.cleaned_data)


ENDINGS = EndForm.base_fields["end_reason"].choices[1:]  # type: ignore[attr-defined]


class CorrectForm(ActForm, EditForm):
    """The same office as it should have been registered."""

    title, submit = gettext_lazy("Correct"), gettext_lazy("Save the correction")
    reason = forms.CharField(
        label=gettext_lazy("Why it is corrected"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Such as: typing error, compared with the minutes. Stays in the history."),
    )

    class Meta:
        model = Appointment
        fields = ["position", "first_day", "last_day", "end_reason", "basis", "note"]
        field_classes = {"first_day": DayField, "last_day": DayField}

    def __init__(self, *args, target, **kwargs):
        super().__init__(*args, target=target, instance=target, **kwargs)
        self.fields["position"].choices = positions(target.group or target.committee)

    @property
    def edited(self):
        return [name for name in super().edited if name != "reason"]

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if self.edited and not cleaned.get("reason"):
            self.add_error("reason", _("Give the reason, so that the history can be understood."))
        return cleaned

    def validate_constraints(self):
        """The act itself reports these, and what prevents it."""

    def propose(self):
        return services.correct(office=self.instance, reason=self.cleaned_data["reason"]) if self.edited else None


class EmploymentForm(ActForm, members.EmploymentForm):
    """The employment of the office's holder: today's, else a new one."""

    title, submit = gettext_lazy("Employment"), gettext_lazy("Save")
    permission = "registry.change_employmentspell"

    def __init__(self, *args, target, **kwargs):
        today = clock.today()
        spells = list(target.member.employment_spells.order_by("first_day"))
        current = [spell for spell in spells if spell.covers(today)]
        spell = current[-1] if current else EmploymentSpell(member=target.member)
        super().__init__(*args, target=target, instance=spell, **kwargs)

    @classmethod
    def permission_on(cls, target):
        return target.member

    def clean(self):
        return (
            super().clean() if self.edited else self.cleaned_data
        )  # empty fields mean no employment, not one without end

    def validate_constraints(self):
        """The act itself reports these."""

    def propose(self):
        return services.employ(spell=self.instance) if self.edited else None


class PersonForm(members.MemberForm):
    """What is edited in the row itself: facts of the person."""

    id_number = reason = None  # type: ignore[assignment]

    class Meta(members.MemberForm.Meta):
        fields = ["name", "phone", "bank", "account"]

    def lay_in_row(self, form_id: str) -> None:
        """Name the form and the label on each field itself: in a table's row they stand apart from both."""
        for name, field in self.fields.items():
            field.widget.attrs |= {"form": form_id}
            if name != "version":
                field.widget.attrs |= {"aria-label": str(field.label), "placeholder": str(field.label)}
        self.fields["name"].widget.attrs["data-first"] = self.fields["name"].widget.attrs["data-row"] = True


# By the name of the page of each.
ACTS: dict[str, type[ActForm]] = {
    "office-end": EndForm,
    "office-move": MoveForm,
    "office-correct": CorrectForm,
    "office-employment": EmploymentForm,
    "leader-change": LeaderForm,
    "group-appoint": AppointToGroupForm,
    "committee-appoint": AppointToCommitteeForm,
}
