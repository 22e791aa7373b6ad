"""Taking an office: the ID number first, then what the register does not know yet."""

from dataclasses import replace

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import cells, clock, id_numbers
from jygroups.lib.forms import DayField
from registry.models import Appointment, EmploymentSpell, Member, ResidentsCommittee, ResidentsGroup
from registry.people.duplicates.likeness import Known
from registry.people.duplicates.same_person_forms import AskSamePerson
from registry.people.offices import services as offices
from registry.people.offices.act_forms import ActForm, positions

ELSEWHERE = gettext_lazy("Already on the register; ask the subdistrict office.")


class AppointForm(AskSamePerson, ActForm):
    """Somebody takes an office in the body: the ID number first, then what the register does not know yet."""

    title, submit = gettext_lazy("Add a member"), gettext_lazy("Add")
    permission = "registry.add_appointment"
    PERSONAL = ("name", "phone", "bank", "account", "employed", "employed_from", "employer")

    id_number = forms.CharField(
        label=gettext_lazy("ID number"),
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "text", "spellcheck": "false"}),
    )
    name = Member._meta.get_field("name").formfield()
    position = forms.ChoiceField(label=gettext_lazy("Position"))
    first_day = DayField(label=gettext_lazy("First day in office"), initial=clock.today)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=30, required=False)
    bank = forms.CharField(label=gettext_lazy("Bank"), max_length=100, required=False)
    account = forms.CharField(label=gettext_lazy("Bank account"), max_length=30, required=False)
    employed = forms.ChoiceField(
        label=gettext_lazy("Employment"),
        choices=[("", gettext_lazy("not employed")), ("yes", gettext_lazy("employed"))],
        required=False,
        help_text=gettext_lazy("Who is employed elsewhere is not paid."),
    )
    employed_from = DayField(label=gettext_lazy("Employed from"), required=False)
    employer = forms.CharField(label=gettext_lazy("Employer"), max_length=100, required=False)
    basis = forms.CharField(label=gettext_lazy("Basis document"), max_length=200, required=False)

    def __init__(self, data=None, *, number: str = "", **kwargs):
        super().__init__(data, **kwargs)
        self.fields["position"].choices = positions(self.target)
        self.member: Member | None = None
        self.number = number or id_numbers.normalised(self.data.get("id_number") or "")
        self.problem = self._look_up()
        if self.problem or not self.number:
            self.fields = {"id_number": self.fields["id_number"]}
        else:
            self.fields["id_number"].widget.attrs["readonly"] = True
            self.fields["id_number"].widget.attrs.pop("data-first")
            self.fields["position" if self.member else "name"].widget.attrs["data-first"] = True
        if self.member and "name" in self.fields:
            for name in self.PERSONAL:
                del self.fields[name]

    def _look_up(self) -> str:
        """Who has the number: nobody, or somebody the user sees; otherwise the error."""
        if not self.number:
            return ""
        try:
            id_numbers.check(self.number, today=clock.today())
        except ValueError as error:
            return str(error)
        known = Member.objects.with_id_numbers([self.number])
        if known:
            self.member = Member.objects.visible_to(self.user).filter(pk=known[0].pk).first()
        return str(ELSEWHERE) if known and not self.member else ""

    @property
    def is_looking(self) -> bool:
        """Whether only the number has been given yet."""
        return "position" not in self.data

    @property
    def born(self):
        return id_numbers.birth_date(self.number)

    @property
    def age(self) -> int:
        return id_numbers.age(self.number, clock.today())

    @property
    def is_male(self) -> bool:
        return id_numbers.is_male(self.number)

    @property
    def offices(self) -> list[Appointment]:
        """What somebody known holds already, as far as the user sees it."""
        held = Appointment.objects.visible_to(self.user).in_office(clock.today()).filter(member=self.member)
        return list(held.select_related("group", "committee__community"))

    @property
    def subject(self):
        return str(self.target)

    def clean_id_number(self):
        if self.problem:
            raise ValidationError(self.problem)
        return self.number

    def clean_phone(self):
        return cells.phone(self.cleaned_data["phone"])

    def clean_account(self):
        return cells.number(self.cleaned_data["account"])

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if not cleaned.get("employed") and (cleaned.get("employed_from") or cleaned.get("employer")):
            self.add_error("employed", _("Choose «employed», or leave the day and the employer empty."))
        return cleaned

    def _post_clean(self):
        super()._post_clean()
        if self.proposal and self.member is None:
            new = next(row for row in self.proposal.rows if isinstance(row, Member))
            known = Known.new(new, of=new)
            known.holds(self.target, self.cleaned_data["first_day"])
            self.ask([known], self.user)
            self.refuse_unanswered()
            self.proposal = replace(self.proposal, rows=[*self.proposal.rows, *self.decisions])

    def propose(self):
        given = self.cleaned_data
        personal = {name: given[name] for name in ("name", "phone", "bank", "account") if name in given}
        employment = None
        if given.get("employed"):
            employment = EmploymentSpell(first_day=given["employed_from"], employer=given["employer"])
        return offices.appoint(
            member=self.member or Member(id_number=self.number, **personal),
            body=self.target,
            position=given["position"],
            first_day=given["first_day"],
            basis=given["basis"],
            employment=employment,
        )


class AppointToGroupForm(AppointForm):
    @classmethod
    def targets(cls, user):
        return ResidentsGroup.objects.visible_to(user).select_related("committee__community__subdistrict")


class AppointToCommitteeForm(AppointForm):
    @classmethod
    def targets(cls, user):
        return ResidentsCommittee.objects.visible_to(user).select_related("community__subdistrict")
