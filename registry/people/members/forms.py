"""Forms over a person's record and employment."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import cells
from jygroups.lib.forms import DayField, EditForm, MaskedField
from registry.models import EmploymentSpell, Member

KEEP = gettext_lazy("Left as it stands, the number stays.")
FIRST = {"data-first": True}


class MemberForm(EditForm):
    """The record itself. Numbers are shown masked; an unchanged mask leaves the number unchanged."""

    id_number = MaskedField(label=gettext_lazy("ID number"), help_text=KEEP)
    phone = MaskedField(label=gettext_lazy("phone"), help_text=KEEP, required=False)
    account = MaskedField(label=gettext_lazy("bank account"), help_text=KEEP, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Why this changes; it stands in the history."),
    )

    class Meta:
        model = Member
        fields = Member.entered()
        widgets = {"name": forms.TextInput(attrs=FIRST)}

    @property
    def edited(self) -> list[str]:
        return [name for name in super().edited if name != "reason"]

    def clean_phone(self):
        return self._if_typed("phone", cells.phone)

    def clean_account(self):
        return self._if_typed("account", cells.number)

    def _if_typed(self, name: str, normalise: Callable[[str], str]) -> str:
        """The number in its one spelling; what was not typed stays as it is stored."""
        number = self.cleaned_data[name]
        return number if number == self.initial.get(name) else normalise(number)


class HandOverForm(EditForm):
    """The community to which the record belongs from now on."""

    class Meta:
        model = Member
        fields = ["community"]

    def __init__(self, *args, communities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["community"].queryset = communities
        self.fields["community"].empty_label = None


class EmploymentForm(EditForm):
    """When the person was employed elsewhere, and what shows it."""

    first_day = DayField(
        label=gettext_lazy("first day"),
        required=False,
        help_text=gettext_lazy("Empty: employed since before anything we know."),
    )
    last_day = DayField(
        label=gettext_lazy("last day"), required=False, help_text=gettext_lazy("Empty: employed still.")
    )

    class Meta:
        model = EmploymentSpell
        fields = ["employer", "kind", "first_day", "last_day", "evidence"]
        widgets = {"employer": forms.TextInput(attrs=FIRST)}
        help_texts = {"evidence": gettext_lazy("Such as the labour contract, the business licence, social insurance.")}

    def clean(self):
        cleaned: dict[str, Any] = super().clean()
        first, last = (cleaned.get(name, getattr(self.instance, name)) for name in ("first_day", "last_day"))
        for other in self.instance.member.employment_spells.exclude(pk=self.instance.pk):
            if (first or date.min) <= (other.last_day or date.max) and (other.first_day or date.min) <= (
                last or date.max
            ):
                message = _(
                    "Some of these days are in another employment already: %(spell)s. Correct that one instead."
                )
                raise ValidationError(message % {"spell": other})
        return cleaned


class EmploymentEndForm(EmploymentForm):
    """The last day of an employment."""

    first_day = None  # type: ignore[assignment]
    last_day = DayField(label=gettext_lazy("last day"))

    class Meta(EmploymentForm.Meta):
        fields = ["last_day", "evidence"]
        widgets = {}
