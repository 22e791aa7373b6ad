"""Handing in a report, and its steps."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Case, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm, Form
from registry.models import (
    REPORT_STEPS,
    Alarm,
    Building,
    Dispute,
    Mediation,
    Member,
    Report,
    ReportKind,
    ReportState,
    ReportStep,
    ResidentsGroup,
    Severity,
    User,
)
from registry.records import files
from registry.records.file_forms import AttachmentsField
from registry.work.reports import services

LINES = forms.Textarea({"rows": 3})
AT_ONCE, LATER = "yes", "no"


class ReportForm(EditForm):
    """What was come upon: only what is asked of its kind is asked for, and what is usual is filled in."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ReportKind.choices, widget=forms.RadioSelect)
    severity = forms.ChoiceField(
        label=gettext_lazy("How bad is it"),
        choices=Severity.choices,
        widget=forms.RadioSelect,
        initial=Severity.ORDINARY,
    )
    alarm = forms.ChoiceField(
        label=gettext_lazy("Was the alarm raised (110, 119, 120)"),
        choices=Alarm.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    dispute = forms.ChoiceField(
        label=gettext_lazy("What the dispute is about"),
        choices=Dispute.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    noticed_on = DayField(label=gettext_lazy("Noticed on"))

    class Meta:
        model = Report
        fields = [
            "kind", "what", "severity", "building", "place", "alarm", "told", "dispute", "parties", "noticed_on",
            "reporter",
        ]  # fmt: skip
        widgets = {"what": LINES}

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        group = self.instance.group
        self.fields["building"].queryset = of_group(group)
        self.fields["building"].empty_label = _("elsewhere, or in the open")
        self.fields["building"].label_from_instance = str
        self.fields["what"].widget.attrs["data-first"] = True
        people = Member.objects.visible_to(user).filter(appointments__in=group.appointments.in_office(today()))
        if user.reach().communities.filter(pk=group.committee.community_id).exists():
            self.fields["reporter"].queryset = people.distinct().order_by("pinyin")
            self.fields["reporter"].empty_label = _("the community itself")
        else:
            del self.fields["reporter"]
            if not self.instance.pk:
                self.instance.reporter_id = user.member_id

    def clean(self):
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if kind == ReportKind.HAZARD and not cleaned.get("alarm"):
            self.add_error("alarm", _("Choose whether the alarm was raised."))
        if kind == ReportKind.DISPUTE and not cleaned.get("dispute"):
            self.add_error("dispute", _("Choose what the dispute is about."))
        if cleaned.get("noticed_on") and cleaned["noticed_on"] > today():
            self.add_error("noticed_on", _("This day is still to come."))
        # Fields that the kind does not ask for are emptied.
        if kind != ReportKind.HAZARD:
            cleaned |= {"alarm": "", "told": ""}
        if kind != ReportKind.DISPUTE:
            cleaned |= {"dispute": "", "parties": ""}
        return cleaned


class NewReportForm(ReportForm):
    """With what has happened already: much is settled on the spot."""

    needs = gettext_lazy(
        "Needed: the kind and what is the matter; of a hazard also whether the alarm was raised, of a dispute what it "
        "is about. Photos help, but are not needed."
    )
    at_once = forms.ChoiceField(
        label=gettext_lazy("Is it settled already"),
        choices=[(LATER, gettext_lazy("no, it is to be handled")), (AT_ONCE, gettext_lazy("yes, on the spot"))],
        widget=forms.RadioSelect,
        initial=LATER,
    )
    outcome = forms.CharField(
        label=gettext_lazy("How it was settled"), max_length=1000, required=False, widget=forms.Textarea({"rows": 2})
    )

    photos = AttachmentsField()

    def clean(self):
        cleaned = super().clean()
        if self.is_settled and not cleaned.get("outcome"):
            self.add_error("outcome", _("Enter how it was settled."))
        is_urgent = cleaned.get("kind") == ReportKind.HAZARD and cleaned.get("severity") == Severity.URGENT
        if self.is_settled and is_urgent and cleaned.get("alarm") == Alarm.NOT_RAISED:
            self.add_error("alarm", _("An urgent hazard is not settled before the alarm is raised or not needed."))
        return cleaned

    @property
    def is_settled(self) -> bool:
        return self.cleaned_data.get("at_once") == AT_ONCE

    def save_new(self, actor: User) -> Report:
        report = self.instance
        if self.is_settled:
            report.outcome = self.cleaned_data["outcome"]
            if report.kind == ReportKind.DISPUTE:
                report.mediation = Mediation.AGREED
        services.report(report, actor=actor, settled=self.is_settled)
        files.attach(report, files=self.cleaned_data["photos"], actor=actor)
        return report


def of_group(group: ResidentsGroup):
    """The community's buildings, the group's own first."""
    own = Case(When(group=group, then=Value(0)), default=Value(1))
    return Building.objects.filter(community=group.committee.community_id).order_by(own, "pk")


def today():
    return clock.today()


class StepForm(Form):
    """A step of a report: its permission, the states it starts from, and the fields to fill in."""

    step: ClassVar[ReportStep]
    title: ClassVar[Any]
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the version that was decided on

    def __init__(self, *args, user: User, report: Report, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.report = user, report
        self.fields["seen"].initial = report.version

    @classmethod
    def permission(cls) -> str:
        return REPORT_STEPS[cls.step].permission

    @classmethod
    def fits(cls, report: Report) -> bool:
        """Whether the report is where the step leads on from."""
        return report.state in REPORT_STEPS[cls.step].sources

    def carry_out(self) -> None:
        """Raises Refused, Overtaken when another user was first."""
        services.take(self.step, report=self.report, actor=self.user, **self.cleaned_data)


class TakeForm(StepForm):
    step, title = ReportStep.TAKEN, gettext_lazy("Take it up")
    handler = forms.CharField(label=gettext_lazy("Who handles it"), max_length=50)
    comment = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["handler"].initial = user.get_full_name()


class HandleForm(StepForm):
    step, title = ReportStep.HANDLED, gettext_lazy("Handled: enter how")
    mediation = forms.ChoiceField(
        label=gettext_lazy("Mediation"), choices=Mediation.choices, widget=forms.RadioSelect, initial=Mediation.AGREED
    )
    alarm = forms.ChoiceField(
        label=gettext_lazy("Was the alarm raised (110, 119, 120)"),
        choices=[(each.value, each.label) for each in (Alarm.RAISED, Alarm.NOT_NEEDED)],
        widget=forms.RadioSelect,
    )
    outcome = forms.CharField(label=gettext_lazy("How it was settled"), max_length=1000, widget=LINES)
    photos = AttachmentsField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.report.kind != ReportKind.DISPUTE:
            del self.fields["mediation"]
        if not self.report.awaits_alarm:
            del self.fields["alarm"]

    def carry_out(self):
        photos = self.cleaned_data.pop("photos")
        super().carry_out()
        files.attach(self.report, files=photos, actor=self.user)


class CommentForm(StepForm):
    comment = forms.CharField(label=gettext_lazy("Comment on it"), max_length=1000, widget=LINES)


class ConfirmForm(CommentForm):
    step, title = ReportStep.CONFIRMED, gettext_lazy("Confirm that it is settled")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["comment"].label = _("Who looked, or who was asked")


class GiveBackForm(CommentForm):
    step, title = ReportStep.RETURNED, gettext_lazy("It is not settled: give it back")


class EscalateForm(CommentForm):
    step, title = ReportStep.ESCALATED, gettext_lazy("Pass on to the subdistrict")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["comment"].label = _("Why the community cannot settle it")

    @classmethod
    def fits(cls, report):
        return super().fits(report) and not report.at_subdistrict


class VisitBackForm(StepForm):
    step, title = ReportStep.VISITED_BACK, gettext_lazy("Enter the visit back")
    on = DayField(label=gettext_lazy("Visited back on"), initial=clock.today)
    comment = forms.CharField(label=gettext_lazy("What was found"), max_length=1000, widget=LINES)

    @classmethod
    def fits(cls, report):
        return super().fits(report) and report.visit_back_by is not None and report.visited_back_on is None

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > today():
            raise forms.ValidationError(_("This day is still to come."))
        if self.report.handled_at and on < timezone.localdate(self.report.handled_at):
            raise forms.ValidationError(_("This day is before the matter was settled."))
        return on


class NoteForm(CommentForm):
    step, title = ReportStep.NOTED, gettext_lazy("Add a note")


# By the end of the step's address; the first that fits is what comes next.
STEPS: dict[str, type[StepForm]] = {
    "take": TakeForm,
    "handle": HandleForm,
    "confirm": ConfirmForm,
    "visit-back": VisitBackForm,
    "give-back": GiveBackForm,
    "escalate": EscalateForm,
    "note": NoteForm,
}


def open_steps(user: User, report: Report) -> dict[str, type[StepForm]]:
    """The steps that the user may do now."""
    fitting = {name: form for name, form in STEPS.items() if form.fits(report)}
    if "confirm" in fitting and services.is_own_handler(report, user):
        del fitting["confirm"]
    if "escalate" in fitting and user.has_perm("registry.handle_escalated_report", report):  # is the subdistrict
        del fitting["escalate"]
    allowed = {each: user.has_perm(each, report) for each in {form.permission() for form in fitting.values()}}
    return {name: form for name, form in fitting.items() if allowed[form.permission()]}


def is_editable(user: User, report: Report) -> bool:
    is_open = report.state in (ReportState.REPORTED, ReportState.TAKEN)
    return is_open and user.has_perm("registry.change_report", report)
