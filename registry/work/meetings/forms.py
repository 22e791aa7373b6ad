"""The minutes of a meeting on one page: time and place, attendance, discussion and decisions."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm, Form, TypeAhead
from jygroups.lib.half_years import HalfYear
from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Community,
    Member,
    Partner,
    ResidentsCommittee,
    ResidentsGroup,
)
from registry.models.activities import why_lost
from registry.records.file_forms import AttachmentsField
from registry.work.meetings.services import Decision, Nominee, Presence, expected

ROWS = 2  # empty ones for further decisions
# What a meeting of each kind has besides what all have.
OWN_FIELDS = {
    ActivityKind.JOINT: {"joint_with"},
    ActivityKind.REVIEW: {"half_year"},
    ActivityKind.ELECTION: {"elected"},
    ActivityKind.RECOMMENDATION: {"people"},
}
REVIEW_MONTHS = 2  # after the end of a half-year, in which it is still the one to review


class LinesField(forms.CharField):
    """Text of several lines, however the browser ends them."""

    def __init__(self, *, rows: int = 4, **kwargs):
        super().__init__(widget=forms.Textarea({"rows": rows}), **kwargs)

    def to_python(self, value):
        return re.sub(r"\r\n?", "\n", super().to_python(value) or "")


class CountField(forms.IntegerField):
    def __init__(self, **kwargs):
        widget = forms.NumberInput({"inputmode": "numeric"})
        super().__init__(min_value=0, max_value=9999, required=False, widget=widget, **kwargs)


@dataclass(frozen=True)
class FieldRow:
    """The fields about one person, or one decision."""

    fields: dict[str, BoundField]
    name: str = ""
    position: str = ""

    def __getitem__(self, name: str) -> BoundField:
        return self.fields[name]

    @property
    def errors(self) -> list:
        return [error for field in self.fields.values() for error in field.errors]


class MeetingForm(EditForm):
    """`instance` gives the kind and the body. Who held an office on its day should come.

    When the day becomes one on which others were in office, they are asked for first.
    """

    needs = gettext_lazy("Needed: who came, what was discussed, and the date. The rest as far as there was any.")

    title = forms.CharField(label=gettext_lazy("subject of the meeting"), max_length=100, required=False)
    day = DayField(label=gettext_lazy("date"))
    begins_at = forms.TimeField(
        label=gettext_lazy("begins at"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    ends_at = forms.TimeField(
        label=gettext_lazy("ends at"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    joint_with = forms.MultipleChoiceField(
        label=gettext_lazy("jointly with"), choices=Partner, widget=forms.CheckboxSelectMultiple
    )
    half_year = forms.TypedChoiceField(label=gettext_lazy("half-year reviewed"), coerce=date.fromisoformat)
    agenda = LinesField(
        label=gettext_lazy("agenda"), max_length=2_000, required=False, rows=2,
        help_text=gettext_lazy("One matter a line."),
    )  # fmt: skip
    record = LinesField(label=gettext_lazy("discussion"), max_length=20_000, rows=7)
    residents_expected = CountField(label=gettext_lazy("residents expected"))
    residents_came = CountField(label=gettext_lazy("residents who came"))
    people = LinesField(
        label=gettext_lazy("Residents' representatives recommended"),
        max_length=5_000,
        help_text=gettext_lazy("One a line: the name, a space, the household."),
    )
    photos = AttachmentsField()
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Activity
        fields = [
            "title", "day", "begins_at", "ends_at", "place", "chair", "recorder", "guests", "joint_with", "half_year",
            "elected", "residents_expected", "residents_came", "agenda", "record",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = ActivityKind(self.instance.kind)
        for name in set().union(*OWN_FIELDS.values()) - OWN_FIELDS.get(self.kind, set()):
            del self.fields[name]
        self._ask_who_came()
        self._ask_what_was_decided()
        if "half_year" in self.fields:
            self._ask_which_half_year()
        if "elected" in self.fields:
            # Who comes into the group with the new term is elected before.
            group = Appointment.objects.filter(group=self.instance.group).in_office(clock.today())
            eligible = {*self.expected, *group.values_list("member", flat=True), self.instance.elected_id}
            self.fields["elected"].queryset = Member.objects.filter(pk__in=eligible - {None}).order_by("pinyin")
            self.fields["elected"].empty_label = _("nobody")
            self.fields["elected"].label_from_instance = lambda member: member.name
        if "people" in self.fields and self.instance.pk:
            rows = self.instance.representatives.all()
            self.initial["people"] = "\n".join(f"{row.name} {row.household}".strip() for row in rows)
        self.fields["title"].help_text = _("Empty: %(kind)s.") % {"kind": self.kind.label}
        self.fields["record"].required = self.kind not in (ActivityKind.ELECTION, ActivityKind.RECOMMENDATION)

    # Who came --------------------------------------------------------------------------------------------

    def _ask_who_came(self) -> None:
        day = self._day()
        stored = (
            {row.member_id: row for row in self.instance.attendances.select_related("member")}
            if self.instance.pk
            else {}
        )
        moved = not self.instance.pk or day != self.initial["day"]
        offices = expected(self.instance.group or self.instance.committee, day)
        positions = {office.member_id: office.get_position_display() for office in offices}
        if moved or not stored:
            members = {office.member_id: office.member for office in offices}
        else:
            members = {key: row.member for key, row in stored.items()}
        self.expected: dict[int, tuple[str, str]] = {}
        for key, member in members.items():
            self.expected[key] = member.name, positions.get(key, "")
            before = stored.get(key)
            self.fields[f"came_{key}"] = forms.BooleanField(label=member.name, required=False)
            self.fields[f"excuse_{key}"] = forms.CharField(
                label=_("Why %(name)s did not come") % {"name": member.name}, max_length=50, required=False,
                widget=forms.TextInput({"placeholder": _("if absent: why")}),
            )  # fmt: skip
            self.initial[f"came_{key}"] = before.came if before else not self.instance.pk
            self.initial[f"excuse_{key}"] = before.excuse if before else ""
        self.initial["shown"] = self._keys()

    def _day(self) -> date:
        given = self.data.get(self.add_prefix("day")) if self.is_bound else None
        try:
            return DayField().clean(given) if given else self.initial["day"]
        except ValidationError:
            return self.initial["day"]

    def _keys(self) -> str:
        return ",".join(map(str, self.expected))

    @property
    def presences(self) -> dict[int, Presence]:
        cleaned = self.cleaned_data
        return {
            key: Presence(cleaned[f"came_{key}"], "" if cleaned[f"came_{key}"] else cleaned[f"excuse_{key}"])
            for key in self.expected
        }

    @property
    def attendance_rows(self) -> list[FieldRow]:
        return [
            FieldRow({"came": self[f"came_{key}"], "excuse": self[f"excuse_{key}"]}, name, position)
            for key, (name, position) in self.expected.items()
        ]

    # What was decided ------------------------------------------------------------------------------------

    def _ask_what_was_decided(self) -> None:
        stored = list(self.instance.resolutions.all()) if self.instance.pk else []
        self.decision_count = len(stored) + ROWS
        for number in range(1, self.decision_count + 1):
            self.fields[f"text_{number}"] = forms.CharField(
                label=_("Resolution %(number)s") % {"number": number}, max_length=500, required=False,
                widget=forms.Textarea({"rows": 2}),
            )  # fmt: skip
            self.fields[f"votes_for_{number}"] = CountField(label=_("For"))
            self.fields[f"against_{number}"] = CountField(label=_("Against"))
            self.fields[f"abstained_{number}"] = CountField(label=_("Abstained"))
            self.fields[f"carried_{number}"] = forms.ChoiceField(
                label=_("Result"), choices=[("yes", _("carried")), ("no", _("not carried"))]
            )
            row = stored[number - 1] if number <= len(stored) else None
            for name in ("text", "votes_for", "against", "abstained"):
                self.initial[f"{name}_{number}"] = getattr(row, name, None)
            self.initial[f"carried_{number}"] = "no" if row and not row.carried else "yes"
        if self.kind == ActivityKind.ELECTION:
            self.fields["text_1"].help_text = _("Empty: that the leader is elected.")

    @property
    def decision_rows(self) -> list[FieldRow]:
        names = ("text", "votes_for", "against", "abstained", "carried")
        return [FieldRow({name: self[f"{name}_{n}"] for name in names}) for n in range(1, self.decision_count + 1)]

    @property
    def filled_rows(self) -> list[FieldRow]:
        """The decisions that are there, or one to begin with."""
        rows = self.decision_rows
        last = max((place for place, row in enumerate(rows, 1) if row["text"].value() or row.errors), default=1)
        return rows[:last]

    @property
    def empty_rows(self) -> list[FieldRow]:
        return self.decision_rows[len(self.filled_rows) :]

    @property
    def decisions(self) -> list[Decision]:
        found = []
        for number in range(1, self.decision_count + 1):
            decision = self._decision(number)
            if decision.text:
                found.append(decision)
        return found

    def _decision(self, number: int) -> Decision:
        counts = {name: self.cleaned_data.get(f"{name}_{number}") for name in ("votes_for", "against", "abstained")}
        text = self.cleaned_data.get(f"text_{number}") or ""
        carried = self.cleaned_data.get(f"carried_{number}") != "no"
        elected = self.cleaned_data.get("elected")
        if number == 1 and not text and elected:
            text = _("%(name)s is elected leader of the group.") % {"name": elected.name}
        return Decision(text=text, carried=carried, **counts)

    # What belongs to one kind ----------------------------------------------------------------------------

    def _ask_which_half_year(self) -> None:
        choices = reviewable(clock.today())
        given = self.initial.get("half_year")
        if given and HalfYear.of(given) not in choices:
            choices.append(HalfYear.of(given))
        self.fields["half_year"].choices = [(each.first_day.isoformat(), str(each)) for each in choices]
        self.initial["half_year"] = (given or usual_half_year(clock.today()).first_day).isoformat()

    @property
    def named(self) -> list[Nominee] | None:
        """The representatives named, each once; None for a meeting that names none."""
        if "people" not in self.fields:
            return None
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["people"].split("\n"))):
            name, _space, household = re.sub(r"[\s,,、]+", " ", line).partition(" ")
            found.append(Nominee(name, household))
        return list(dict.fromkeys(found))

    # Errors ------------------------------------------------------------------------------------------------

    @property
    def edited(self) -> list[str]:
        changed = [name for name in super().edited if name not in ("shown", "photos")]
        return changed + (["photos"] if self.cleaned_data.get("photos") else [])

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > clock.today():
            raise ValidationError(_("This day is still to come; minutes are of what was held."))
        return day

    def clean_people(self):
        for person in re.split(r"\n", self.cleaned_data["people"]):
            name = re.split(r"[\s,,、]", person.strip())[0]
            if len(name) > 50 or len(person) > 150:
                raise ValidationError(_("The line «%(line)s» is too long; one person a line.") % {"line": person[:20]})
        return self.cleaned_data["people"]

    def clean(self):
        cleaned: dict[str, Any] = super().clean()
        if self.is_bound and cleaned.get("shown", "") != self._keys() and "day" in cleaned:
            data = self.data.copy()  # type: ignore[attr-defined]
            data[self.add_prefix("shown")] = self._keys()
            self.data = data
            self.add_error("day", _("On this day others were in office; check below who came, and save again."))
        elif self.expected and not any(cleaned.get(f"came_{key}") for key in self.expected):
            self.add_error(None, _("Nobody is marked as having come; tick who did."))
        self._check_votes(cleaned)
        if not self.errors:
            self._check_carried(cleaned)
        return cleaned

    def _check_carried(self, cleaned: dict) -> None:
        """Nobody is elected or recommended by a vote that was lost."""
        residents = cleaned.get("residents_came") or 0
        facts = {
            "came": sum(cleaned[f"came_{key}"] for key in self.expected) + residents,
            "expected": len(self.expected) + max(cleaned.get("residents_expected") or 0, residents),
        }
        if (elected := cleaned.get("elected")) and (why := why_lost(self.decisions, elected.name, **facts)):
            advice = _("Choose nobody as elected leader; name in the resolution what was voted on, or correct this.")
            self.add_error("elected", f"{why} {advice}")
        for person in self.named or ():
            if why := why_lost(self.decisions, person.name, **facts):
                self.add_error("people", why)

    def _check_votes(self, cleaned: dict) -> None:
        came = sum(bool(cleaned.get(f"came_{key}")) for key in self.expected) + (cleaned.get("residents_came") or 0)
        for number in range(1, self.decision_count + 1):
            decision = self._decision(number)
            if decision.votes and not decision.text:
                self.add_error(f"text_{number}", _("Enter what was put to the vote."))
            elif decision.votes > came:
                words = {"votes": decision.votes, "came": came}
                message = _("%(votes)s votes, but %(came)s people came; count the residents who came too.")
                self.add_error(f"votes_for_{number}", message % words)


def reviewable(day: date) -> list[HalfYear]:
    """Which half-years a meeting on the day may review: the one that runs, and the two before."""
    now = HalfYear.of(day)
    return [now, now.previous, now.previous.previous]


def usual_half_year(day: date) -> HalfYear:
    """Which half-year a meeting on the day usually reviews: in its first two months, the one before."""
    now = HalfYear.of(day)
    return now.previous if (day.month - 1) % 6 < REVIEW_MONTHS else now


class BodyChoice(forms.ModelChoiceField):
    def label_from_instance(self, group):
        return f"{group.committee.community.name} {group.name}"


class StartForm(Form):
    """Whose meeting it is: one of the groups for which the user may write minutes."""

    group = BodyChoice(
        ResidentsGroup.objects.none(), label=gettext_lazy("Residents' group"),
        empty_label=gettext_lazy("choose"), widget=TypeAhead({"data-first": True}),
    )  # fmt: skip

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        standing = ResidentsGroup.objects.visible_to(user).standing_on(clock.today())
        permitted = ResidentsGroup.objects.visible_to(user, "registry.add_activity").values("pk")
        self.fields["group"].queryset = standing.filter(pk__in=permitted).select_related("committee__community")

    @staticmethod
    def committees(user):
        """The committees for which the user may write minutes."""
        communities = Community.objects.visible_to(user, "registry.add_activity")
        return ResidentsCommittee.objects.visible_to(user).filter(community__in=communities).select_related("community")
