"""Noting a visit in a minute; following up what was asked; giving out buildings."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm, Form
from registry.models import Assignment, Building, Member, ProvisionKey, ResidentsGroup, User, Visit, VisitKind, on_day
from registry.provisions import queries as provisions
from registry.records.file_forms import AttachmentsField

LINES = forms.Textarea({"rows": 3})
STATES = ("people", "places", "things", "events", "organizations")  # 人 地 物 事 组织


def people_of(group: ResidentsGroup, day: date):
    """Who is in office in the group on the day."""
    return Member.objects.filter(on_day(day, "appointments__"), appointments__group=group).distinct().order_by("pinyin")


class VisitForm(EditForm):
    """What is usual is filled in: today, the user, the first of the user's buildings not visited yet."""

    needs = gettext_lazy("Needed: the building or the household. The rest as far as there is something to note.")

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=VisitKind.choices, widget=forms.RadioSelect, initial=VisitKind.FULL
    )
    day = DayField(label=gettext_lazy("Day"))
    photos = AttachmentsField()

    class Meta:
        model = Visit
        fields = ["building", "household", "kind", "said", "asked", "outcome", *STATES, "day", "visitor"]
        widgets = {"said": LINES, "asked": forms.Textarea({"rows": 2}), "outcome": forms.Textarea({"rows": 2})}

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        group, today = self.instance.group, clock.today()
        own = Case(When(assignment__member=user.member_id or 0, then=Value(0)), default=Value(1))
        of_group = Q(group=group) | Q(pk=self.instance.building_id)
        self.fields["building"].queryset = Building.objects.filter(of_group).order_by(own, "pk")
        self.fields["building"].empty_label = _("none of the buildings")
        self.fields["outcome"].label = _("Answered on the spot? Enter how")
        days = provisions.on(today).figure(ProvisionKey.ANSWER)
        self.fields["outcome"].help_text = (
            _("Empty: it is followed up.")
            if days is None
            else _("Empty: it is followed up, and answered within %(days)s days.") % {"days": days}
        )
        visitors = people_of(group, today) | Member.objects.filter(pk=self.instance.visitor_id).distinct()
        self.fields["visitor"].queryset = visitors
        if self.instance.pk:
            self.fields["outcome"].label, self.fields["outcome"].help_text = _("What came of it"), ""
            return
        self.initial["day"] = today
        if user.member_id and visitors.filter(pk=user.member_id).exists():
            self.initial["visitor"] = user.member_id
            if not user.has_perm("registry.change_visit"):  # one of the group notes the own visits
                self.fields["visitor"].widget = forms.HiddenInput()
                self.fields["visitor"].queryset = visitors.filter(pk=user.member_id)

    def clean_day(self):
        if self.cleaned_data["day"] > clock.today():
            raise ValidationError(_("This day is still to come."))
        return self.cleaned_data["day"]

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("building") and not cleaned.get("household") and "building" not in self.errors:
            self.add_error("household", _("Say which building or household was visited."))
        if cleaned.get("outcome") and not cleaned.get("asked"):
            self.add_error("asked", _("Enter what was asked, as there is an outcome."))
        return cleaned

    def validate_constraints(self):
        """Left to the service, which sets when it is due and settled, and validates the whole row."""

    @property
    def edited(self):
        """Photos are added; over them nobody can disagree."""
        return [name for name in super().edited if name != "photos"]


class SettleForm(Form):
    outcome = forms.CharField(
        label=gettext_lazy("What came of it"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "data-first": True}),
    )
    on = DayField(label=gettext_lazy("Settled on"), initial=clock.today)

    def __init__(self, *args, visit: Visit, **kwargs):
        super().__init__(*args, **kwargs)
        self.visit = visit

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > clock.today():
            raise ValidationError(_("This day is still to come."))
        if on < self.visit.day:
            raise ValidationError(_("It cannot be settled before the day of the visit."))
        return on


class AssignForm(Form):
    """Of each building of a group the member who visits it."""

    def __init__(self, *args, group: ResidentsGroup, **kwargs):
        super().__init__(*args, **kwargs)
        self.buildings = list(group.buildings.order_by("pk"))
        people = {each.pk: each for each in people_of(group, clock.today())}
        choices = [("", _("nobody yet")), *((pk, str(each)) for pk, each in people.items())]
        present = dict(Assignment.objects.filter(building__group=group).values_list("building", "member"))
        for building in self.buildings:
            member = present.get(building.pk)
            self.fields[f"building-{building.pk}"] = forms.TypedChoiceField(
                choices=choices,  # the same for each: no query per building
                coerce=lambda pk: people[int(pk)],
                empty_value=None,
                label=building.name,
                required=False,
                initial=member if member in people else None,
            )

    @property
    def wanted(self) -> dict[Building, Member | None]:
        return {each: self.cleaned_data[f"building-{each.pk}"] for each in self.buildings}
