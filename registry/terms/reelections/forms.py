"""Forms of re-elections and by-elections."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock, id_numbers, names
from jygroups.lib.forms import DayField, FileForm, Form, TableField, key
from jygroups.lib.refusals import add_problems
from jygroups.lib.spreadsheets.file_tables import LEAVE, LOAD, ROWS, FileTable
from registry.imports.columns import Name
from registry.imports.pasted import in_text, numbers
from registry.models import Appointment, Community, Member, Outcome, Term, User
from registry.people.duplicates.likeness import Known
from registry.people.duplicates.same_person_forms import AskSamePerson
from registry.terms.reelections.places import ElectedBody, Office, Seat
from registry.terms.reelections.queries import Plan
from registry.terms.reelections.services import Newcomer, person


class DigestsForm(Form):
    """An act on what was shown: the digest of each community's plan."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def clean_seen(self) -> dict[int, str]:
        pairs = (pair.partition(":") for pair in self.cleaned_data["seen"].split(","))
        return {pk: digest for name, _colon, digest in pairs if (pk := key(name))}


class CarryOutForm(AskSamePerson, DigestsForm):
    """The digests of the plans shown, and whether the new people are registered already."""

    def __init__(self, *args, user: User, plans: list[Plan], **kwargs):
        super().__init__(*args, **kwargs)
        new = []
        for plan in plans:
            for body in plan.bodies:
                for seat in body.coming:
                    if seat.member is None:
                        known = Known.new(Member(name=seat.name, id_number=seat.id_number), of=seat)
                        known.holds(body.place, plan.first_day)
                        new.append(known)
        self.ask(new, user)

    def clean(self):
        self.refuse_unanswered()
        return super().clean()

    @property
    def apart(self) -> dict[str, list[Member]]:
        """By the ID number of somebody new the members who are other persons."""
        found: dict[str, list[Member]] = {}
        for question in self.questions:
            found.setdefault(question.new.of.id_number, []).append(question.member)
        return found


def shown_digests(plans: list[Plan]) -> dict[str, str]:
    """The form's initial value for a page that shows the plans."""
    return {"seen": ",".join(f"{plan.community.pk}:{plan.digest}" for plan in plans)}


class DraftForm(Form):
    """The fields of the re-election as a whole."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    first_day = DayField(
        label=gettext_lazy("Day of taking office"),
        help_text=gettext_lazy("The old offices end the day before. Normally the first day of the new term."),
    )
    basis = forms.CharField(
        label=gettext_lazy("Basis document"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Such as the announcement of the result; it is noted on every new appointment."),
    )

    def __init__(self, *args, term: Term, **kwargs):
        super().__init__(*args, **kwargs)
        self.term = term

    def clean_first_day(self):
        day = self.cleaned_data["first_day"]
        if not self.term.first_day <= day <= self.term.last_day:
            raise ValidationError(_("It lies outside the term, %(term)s.") % {"term": self.term})
        return day


class SeatForm(Form):
    """Somebody in the body: stays or goes, and in which office."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[(each, each.label) for each in (Outcome.STAY, Outcome.GO)],
        widget=forms.RadioSelect,
    )
    office = forms.ChoiceField(label=gettext_lazy("Office in the new term"))

    def __init__(self, *args, seat: Seat, body: ElectedBody, **kwargs):
        super().__init__(*args, initial={"outcome": seat.outcome, "office": seat.office.value}, **kwargs)  # type: ignore[misc]
        self.seat = seat
        self.fields["office"].choices = [(each.value, each.label) for each in body.offices]
        self.theirs = ""  # what is saved, where another user has saved something else concurrently

    def show_saved(self) -> None:
        chosen = self["outcome"].value(), self["office"].value()
        if self.is_bound and chosen != (self.seat.outcome, self.seat.office.value):
            self.theirs = f"{Outcome(self.seat.outcome).label} · {self.seat.office.label}"


class NewcomerForm(Form):
    """Somebody newly elected whom the draft has already."""

    office = forms.ChoiceField(label=gettext_lazy("Office in the new term"))
    remove = forms.BooleanField(label=gettext_lazy("take out"), required=False)

    def __init__(self, *args, seat: Seat, body: ElectedBody, **kwargs):
        super().__init__(*args, initial={"office": seat.office.value}, **kwargs)  # type: ignore[misc]
        self.seat = seat
        self.fields["office"].choices = [(each.value, each.label) for each in body.offices]


class PersonForm(Form):
    """Who is to be added: somebody on the register, or a new ID number with a name."""

    person = forms.CharField(label=gettext_lazy("ID number, or name on the register"), required=False, max_length=100)
    name = forms.CharField(label=gettext_lazy("Name, if not on the register"), required=False, max_length=names.LONGEST)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.member: Member | None = None
        self.id_number = ""
        self.fields["person"].widget.attrs |= {"list": "people", "autocomplete": "off"}

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        words, name = cleaned.get("person", "").strip(), cleaned.get("name", "").strip()
        try:
            if id_numbers.is_like(words) or id_numbers.normalised(words)[:17].isdigit():
                self._by_number(id_numbers.normalised(words), name)
            elif words:
                self._by_name(words)
            elif name:
                raise ValidationError({"person": _("Give the ID number too.")})
        except ValidationError as error:
            self.add_error(None, error)
        return cleaned

    def _by_number(self, number: str, name: str) -> None:
        try:
            id_numbers.check(number, today=clock.today())
        except ValueError as error:
            raise ValidationError({"person": str(error)}) from error
        self.member = person(number, name, user=self.user)
        if self.member:
            return
        try:
            self.cleaned_data["name"] = Name().clean(name)
        except ValueError as error:
            raise ValidationError({"name": str(error)}) from error
        self.id_number = number

    def _by_name(self, words: str) -> None:
        name, _blank, number = words.partition(" ")
        found = [
            member
            for member in Member.objects.visible_to(self.user).filter(name=name).defer("phone", "account")[:50]
            if not number or id_numbers.masked(member.id_number) == number
        ]
        if not found:
            raise ValidationError({"person": _("Nobody of this name is on the register; type the ID number.")})
        if len(found) > 1:
            choices = _(", ").join(f"{each.name} {id_numbers.masked(each.id_number)}" for each in found)
            message = _("There are several; type one of them in full: %(choices)s") % {"choices": choices}
            raise ValidationError({"person": message})
        self.member = found[0]


class AddForm(PersonForm):
    """An empty row for somebody newly elected into a body."""

    office = forms.ChoiceField(label=gettext_lazy("Office in the new term"))

    def __init__(self, *args, body: ElectedBody, **kwargs):
        super().__init__(*args, initial={"office": body.offices[-1].value}, **kwargs)
        self.fields["office"].choices = [(each.value, each.label) for each in body.offices]

    @property
    def is_filled(self) -> bool:
        return bool(self.member or self.id_number)


class Draft:
    """The whole page of a community's re-election: its days, every office held, and who is new in each body."""

    def __init__(self, plan: Plan, user: User, data=None):
        self.plan, self.user, self.data = plan, user, data
        self.form = DraftForm(
            data,
            term=plan.term,
            initial={
                "seen": plan.election.version if plan.election else 0,
                "first_day": plan.first_day,
                "basis": plan.basis,
            },
        )

    @cached_property
    def bodies(self) -> list[dict]:
        """Each body with its forms; those of rows that the page had not yet when it was sent are not filled in."""
        return [
            {
                "body": body,
                "seats": [
                    self._made(SeatForm, f"held-{seat.held.pk}", seat=seat, body=body)
                    for seat in body.seats
                    if seat.held
                ],
                "newcomers": [
                    self._made(NewcomerForm, f"new-{seat.line.pk}", seat=seat, body=body)  # type: ignore[union-attr]
                    for seat in body.coming
                ],
                "open": any(
                    name.startswith(f"add-{body.key}-0-person") and self.data[name] for name in self.data or ()
                ),
                "added": [
                    self._made(AddForm, f"add-{body.key}-{place}", body=body, user=self.user)
                    for place in range(self._rows(body))
                ],
            }
            for body in self.plan.bodies
        ]

    def _rows(self, body: ElectedBody) -> int:
        """One empty row, or as many as were sent."""
        place = 0
        while self.data and f"add-{body.key}-{place}-person" in self.data:
            place += 1
        return place or 1

    def _made(self, form_class, prefix: str, **kwargs):
        sent = self.data is not None and any(name.startswith(f"{prefix}-") for name in self.data)
        return form_class(self.data if sent else None, prefix=prefix, **kwargs)

    def forms(self) -> Iterator[forms.Form]:
        yield self.form
        for body in self.bodies:
            for name in ("seats", "newcomers", "added"):
                yield from body[name]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms() if form.is_bound]  # each of them shows its errors
        return all(valid)

    @property
    def choices(self) -> dict[int, tuple[str, Office]]:
        return {
            form.seat.held.pk: (form.cleaned_data["outcome"], Office(form.cleaned_data["office"]))
            for body in self.bodies
            for form in body["seats"]
            if form.is_bound
        }

    @property
    def newcomers(self) -> list[Newcomer]:
        found = []
        for each in self.bodies:
            group = each["body"].group
            for form in each["newcomers"]:
                if not form.is_bound:
                    found.append(Newcomer(form.seat.office, group, form.seat.line))
                elif not form.cleaned_data["remove"]:
                    found.append(Newcomer(Office(form.cleaned_data["office"]), group, form.seat.line))
            found += [
                Newcomer(
                    Office(form.cleaned_data["office"]), group, None, form.member,
                    "" if form.member else form.cleaned_data["name"], form.id_number,
                )
                for form in each["added"]
                if form.is_bound and form.is_filled
            ]  # fmt: skip
        return found

    def show_saved(self) -> None:
        """Another user has saved concurrently: show what, beside what was typed, and take the next sending for it."""
        data = self.data.copy()
        data["seen"] = str(self.plan.election.version if self.plan.election else 0)
        self.data, self.form.data = data, data
        for each in self.bodies:
            for form in each["seats"]:
                form.show_saved()
        message = _("Somebody else has saved this draft. What differs is marked; check it and save again.")
        self.form.add_error(None, message)


def people_of(community: Community, user: User):
    """Who may be picked: the people whose record belongs to the community, or who are or were in office there."""
    offices = Appointment.objects.filter(committee__community=community).values("member")
    rows = Member.objects.visible_to(user).filter(Q(community=community) | Q(pk__in=offices))
    return rows.defer("phone", "account")


class ByElectionForm(AskSamePerson, PersonForm):
    """补选: somebody for what is vacant, to the end of the term."""

    seat = forms.ChoiceField(label=gettext_lazy("Body and office"))
    first_day = DayField(label=gettext_lazy("First day in office"))
    basis = forms.CharField(
        label=gettext_lazy("Basis document"),
        max_length=200,
        help_text=gettext_lazy("Such as the announcement of the by-election's result."),
    )
    field_order = ["seat", "person", "name", "first_day", "basis"]

    def __init__(self, *args, bodies: list[ElectedBody], **kwargs):
        super().__init__(*args, **kwargs)
        self.seats = {f"{body.key}:{office}": (body, office) for body in bodies for office in body.offices}
        self.fields["person"].required = True
        self.fields["seat"].choices = [
            (body.name, [(f"{body.key}:{office}", f"{body.name} {office.label}") for office in body.offices])
            for body in bodies
        ]

    def clean_first_day(self):
        day = self.cleaned_data["first_day"]
        if Term.objects.of(day) is None:
            raise ValidationError(_("No term holds this day."))
        return day

    def clean(self):
        cleaned = super().clean()
        if self.id_number and not self.errors:
            self.new = Member(name=cleaned["name"], id_number=self.id_number)
            known = Known.new(self.new, of=self.new)
            known.holds(self.chosen[0].place, cleaned["first_day"])
            self.ask([known], self.user)
            self.refuse_unanswered()
        return cleaned

    @property
    def chosen(self) -> tuple[ElectedBody, Office]:
        return self.seats[self.cleaned_data["seat"]]

    def take(self, error: ValidationError) -> None:
        """What the register refuses, beside the field it is about."""
        own = {"position": "seat", "id_number": "person"}
        by_field = {own.get(name, name): found for name, found in error.update_error_dict({}).items()}
        add_problems(self, ValidationError(by_field))


class WorkbookForm(FileForm):
    """A re-election's workbook, filled in.

    Where rows of it are struck through, which of them are loaded is asked about once that shows.
    """

    file = TableField(label=gettext_lazy("File"))
    load = forms.MultipleChoiceField(
        label=gettext_lazy("Rows that are struck through in the file"),
        help_text=gettext_lazy("Choose the file again and tick the rows to load all the same; others are left out."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    asked = forms.CharField(widget=forms.HiddenInput, required=False)  # the numbers of these rows

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._about_struck = {name: self.fields.pop(name) for name in ("load", "asked")}
        self.ask_about(numbers(self.data.get("asked")))

    def ask_about(self, rows: Iterable[int]) -> None:
        """Offer the choice whether these rows are loaded."""
        self.struck = sorted(rows)
        for name in self._about_struck:
            self.fields.pop(name, None)
        if self.struck:
            self.fields |= self._about_struck
            text = _("row %(row)s: load it although it is struck through")
            self.fields["load"].choices = [(str(row), text % {"row": row}) for row in self.struck]
            data = self.data.copy()  # type: ignore[attr-defined]
            data["asked"] = in_text(self.struck)
            self.data = data

    def decide(self, table: FileTable) -> FileTable:
        """The table with what was chosen of those of its rows that are struck through."""
        decided = {row: LOAD if str(row) in self.cleaned_data["load"] else LEAVE for row in self.struck}
        return replace(table, chosen={ROWS: {str(row): decided[row] for row in table.struck_rows if row in decided}})
