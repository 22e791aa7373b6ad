"""Forms of adjustment plans."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import DayField, EditForm, Form, TypeAhead
from registry.models import Community, GroupPlan, Member, PlanItem, PlanState, User
from registry.plans.drafts import OFFICES, Cover, Place, PlanDraft
from registry.plans.services import Choices
from registry.records.filters import AreaFilters, Choice
from registry.terms.reelections.places import Office

LEAVES = "leaves"
MERGE, SPLIT, ADD, DROP, LOOK = "merge", "split", "add", "drop-", "look"


class PlanFilters(AreaFilters):
    """Plans by area and by how far they have come."""

    state = Choice(label=gettext_lazy("State"), choices=PlanState.choices)
    area_path = "community"

    def narrowed(self, queryset):
        return queryset.filter(state=self.asked["state"]) if "state" in self.asked else queryset


class BeginForm(Form):
    """Whose groups are to be adjusted."""

    community = forms.ModelChoiceField(
        Community.objects.none(), label=gettext_lazy("Community"), empty_label=gettext_lazy("choose"),
        widget=TypeAhead, to_field_name="code",
        help_text=gettext_lazy("A plan that is under way is gone on with."),
    )  # fmt: skip

    def __init__(self, *args, communities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["community"].queryset = communities


class PlanForm(EditForm):
    """The fields of the plan as a whole."""

    effective_on = DayField(
        label=gettext_lazy("takes effect on"),
        help_text=gettext_lazy("The groups stand as planned from this day; old offices end the day before."),
    )

    class Meta:
        model = GroupPlan
        fields = ["title", "number", "effective_on", "grounds"]
        widgets = {"grounds": forms.Textarea({"rows": 3})}


@dataclass(frozen=True)
class Section:
    """A group as it is to stand, with the fields for what is in it; no item: what belongs to none."""

    item: PlanItem | None
    name: BoundField | None
    dissolves: BoundField | None
    covers: list[tuple[Cover, BoundField]]
    places: list[tuple[Place, BoundField, BoundField]]

    @property
    def households(self) -> int:
        return sum(cover.building.households or 0 for cover, _field in self.covers)


class DraftForm(Form):
    """What becomes of groups, buildings and people; and shortcuts to merge and to split."""

    merge_from = forms.ChoiceField(label=gettext_lazy("Merge"), required=False)
    merge_into = forms.ChoiceField(label=gettext_lazy("into"), required=False)
    split_of = forms.ChoiceField(label=gettext_lazy("Split"), required=False)
    newcomer = forms.ModelChoiceField(
        Member.objects.none(), label=gettext_lazy("Person"), required=False, empty_label=gettext_lazy("choose"),
        widget=TypeAhead,
    )  # fmt: skip
    newcomer_group = forms.ChoiceField(label=gettext_lazy("comes into"), required=False)
    newcomer_office = forms.ChoiceField(label=gettext_lazy("Office afterwards"), required=False)

    def __init__(self, *args, plan_draft: PlanDraft, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.plan_draft = plan_draft
        self.items = {str(item.pk): item for item in plan_draft.items}
        offices = [(each.value, each.label) for each in OFFICES]
        standing = [(str(item.pk), item.name) for item in plan_draft.standing]
        every = [
            (key, _("%(name)s (dissolved)") % {"name": item.name} if item.dissolves else item.name)
            for key, item in self.items.items()
        ]
        blank = [("", _("choose"))]
        for name in ("merge_from", "merge_into", "split_of", "newcomer_group"):
            self.fields[name].choices = blank + standing
        self.fields["newcomer_office"].choices = list(reversed(offices))
        inside = [place.member.pk for place in plan_draft.places]
        members = Member.objects.visible_to(user).filter(community=plan_draft.plan.community_id, merged_into=None)
        self.fields["newcomer"].queryset = members.exclude(pk__in=inside).defer("id_number", "phone", "account")
        for key, item in self.items.items():
            self._add(f"group-{key}-name", forms.CharField(label=_("Name of the group"), max_length=50), item.name)
            if not item.creates:
                box = forms.BooleanField(label=_("dissolve"), required=False)
                self._add(f"group-{key}-dissolves", box, item.dissolves)
        for cover in plan_draft.covers:
            choices = every if cover.after else blank + every
            field = forms.ChoiceField(label=cover.building.name, choices=choices, required=False)
            self._add(f"building-{cover.building.pk}", field, str(cover.after.pk) if cover.after else "")
        for place in plan_draft.places:
            leave = _("leaves office") if place.held else _("does not come in after all")
            field = forms.ChoiceField(label=place.member.name, choices=[*every, (LEAVES, leave)])
            self._add(f"{place.key}-group", field, str(place.after.pk) if place.after else LEAVES)
            field = forms.ChoiceField(label=_("Office of %(name)s") % {"name": place.member.name}, choices=offices)
            self._add(f"{place.key}-office", field, place.office.value)

    def _add(self, name: str, field: forms.Field, initial) -> None:
        field.initial = initial
        self.fields[name] = field

    @property
    def act(self) -> str:
        return self.data.get("act", "")

    @property
    def is_changed(self) -> bool:
        quick = {"merge_from", "merge_into", "split_of", "newcomer_group", "newcomer_office"}
        return bool(set(self.changed_data) - quick)

    def sections(self) -> Iterator[Section]:
        """The groups that stand, then those that end, then what belongs to none."""
        order = sorted(self.plan_draft.items, key=lambda item: item.dissolves)
        for item in [*order, None]:
            covers = [
                (each, self[f"building-{each.building.pk}"]) for each in self.plan_draft.covers if each.after == item
            ]
            places = [
                (each, self[f"{each.key}-group"], self[f"{each.key}-office"])
                for each in self.plan_draft.places
                if each.after == item
            ]
            places.sort(key=lambda row: row[0].office is Office.GROUP_MEMBER)
            if item is None:
                if covers or places:
                    yield Section(None, None, None, covers, places)
                continue
            dissolves = None if item.creates else self[f"group-{item.pk}-dissolves"]
            yield Section(item, self[f"group-{item.pk}-name"], dissolves, covers, places)

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if self.act == MERGE:
            for name in ("merge_from", "merge_into"):
                if not cleaned.get(name):
                    self.add_error(name, _("Choose a group."))
            if cleaned.get("merge_from") and cleaned.get("merge_from") == cleaned.get("merge_into"):
                self.add_error("merge_into", _("Choose another group than the one that is merged."))
        if self.act == SPLIT and not cleaned.get("split_of"):
            self.add_error("split_of", _("Choose a group."))
        if cleaned.get("newcomer") and not cleaned.get("newcomer_group"):
            self.add_error("newcomer_group", _("Choose a group."))
        return cleaned

    @property
    def choices(self) -> Choices:
        """What differs from the draft as it was."""
        changed, cleaned = set(self.changed_data), self.cleaned_data

        def chosen(key: str) -> tuple[int | None, Office]:
            group = cleaned[f"{key}-group"]
            return (None if group == LEAVES else int(group)), Office(cleaned[f"{key}-office"])

        def asks(key: str) -> bool:
            return bool({f"{key}-group", f"{key}-office"} & changed)

        newcomers = {
            place.member.pk: chosen(place.key)
            for place in self.plan_draft.places
            if place.held is None and asks(place.key)
        }  # fmt: skip
        if member := cleaned.get("newcomer"):
            newcomers[member.pk] = int(cleaned["newcomer_group"]), Office(cleaned["newcomer_office"])
        return Choices(
            groups={
                item.pk: (cleaned[f"group-{key}-name"], cleaned.get(f"group-{key}-dissolves", False))
                for key, item in self.items.items()
                if {f"group-{key}-name", f"group-{key}-dissolves"} & changed
            },
            buildings={
                cover.building.pk: int(cleaned[name])
                for cover in self.plan_draft.covers
                if (name := f"building-{cover.building.pk}") in changed and cleaned[name]
            },
            people={
                place.held.pk: chosen(place.key) for place in self.plan_draft.places if place.held and asks(place.key)
            },
            newcomers=newcomers,
        )  # fmt: skip


class VersionForm(Form):
    """An act on the plan as it was shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput)


class DecisionForm(VersionForm):
    """What the municipal government decided, and by which document."""

    APPROVE, REJECT = "approve", "reject"

    outcome = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[(APPROVE, gettext_lazy("The plan is approved")), (REJECT, gettext_lazy("The plan is not approved"))],
        widget=forms.RadioSelect,
        initial=APPROVE,
    )
    document = forms.CharField(
        label=gettext_lazy("number of the decision"), max_length=50, required=False,
        help_text=gettext_lazy("Of the municipal government's reply, such as 市政函〔2026〕35号."),
    )  # fmt: skip
    decided_on = DayField(label=gettext_lazy("date of the decision"), required=False)
    effective_on = DayField(
        label=gettext_lazy("takes effect on"), required=False,
        help_text=gettext_lazy("The groups stand as planned from this day; old offices end the day before."),
    )  # fmt: skip
    comment = forms.CharField(
        label=gettext_lazy("Comment"), max_length=500, required=False, widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("If it is rejected: why, and what is to be changed."),
    )  # fmt: skip

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("outcome") == self.REJECT:
            if not cleaned.get("comment", "").strip():
                self.add_error("comment", _("Give the reason, and what is to be changed."))
            return cleaned
        for name in ("document", "decided_on", "effective_on"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("An approval needs this."))
        return cleaned
