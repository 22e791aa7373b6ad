"""Forms of the forecast: other rules to try, and the year's budget."""

from dataclasses import replace

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from jygroups.lib.forms import DayField, EditForm, Form, MonthField
from jygroups.lib.months import Month
from registry.models import Position
from subsidies import engine
from subsidies.models import Budget, Standard
from subsidies.standards.forecast import Assumptions


class RulesForm(Form):
    """An adopted Standard's rules to be changed at will, and assumptions; asked by the address, never saved.

    The changes hold from a month on, `first` or later, and before `until`, from which the next Standard decides.
    """

    standards: list[engine.Standard]  # those that decide a month ahead, in order

    def __init__(self, data=None, *, standard: engine.Standard, first: Month, until: Month | None = None):
        super().__init__(data)
        self.standard, self.first, self.until = standard, first, until
        for position in Position:
            self.fields[f"rate_{position.value}"] = forms.DecimalField(
                label=position.label,
                required=False,
                max_digits=10,
                decimal_places=2,
                validators=[MinValueValidator(0)],
                initial=standard.rates.get(engine.Position(position.value)),
            )
        known = forms.fields_for_model(
            Standard, fields=engine.PARAMETERS, field_classes={"service_counted_from": DayField}
        )
        columns = {column.name: column for column in Standard._meta.concrete_fields}
        for name, field in known.items():
            field.initial = getattr(standard, name)
            field.help_text = ""
            field.validators = [*field.validators, *columns[name].validators]
            self.fields[name] = field
        self.fields["since"] = MonthField(label=_("From the month"), initial=first)
        self.fields["nobody_reelected"] = forms.BooleanField(
            label=_("Nobody is elected again when the term ends"), required=False
        )
        self.fields["filled_from"] = MonthField(
            label=_("Vacant seats are filled from"), required=False, help_text=_("Empty: they stay empty.")
        )

    def clean_since(self):
        since = self.cleaned_data["since"]
        if since < self.first:
            raise forms.ValidationError(
                _("%(month)s is over or under way; the first month ahead is %(first)s."),
                params={"month": since, "first": self.first},
            )
        if self.until and since >= self.until:
            raise forms.ValidationError(
                _("From %(until)s on the next Standard decides; choose that one to change it."),
                params={"until": self.until},
            )
        return since

    def clean_filled_from(self):
        """Seats cannot be filled in months that are over."""
        month = self.cleaned_data["filled_from"]
        return max(month, self.first) if month else None

    @property
    def rules(self) -> engine.Standard:
        """The Standard with what was changed. Of a valid form."""
        rates = {
            engine.Position(position.value): amount
            for position in Position
            if (amount := self.cleaned_data[f"rate_{position.value}"]) is not None
        }
        changed = {name: self.cleaned_data[name] for name in engine.PARAMETERS}
        return replace(self.standard, rates=rates, **changed)

    @property
    def assumptions(self) -> Assumptions:
        return Assumptions(self.cleaned_data["nobody_reelected"], self.cleaned_data["filled_from"])

    def part(self, *names: str):
        return [self[name] for name in self.fields if name.startswith(names)]

    @property
    def rates(self):
        return self.part("rate_")

    @property
    def others(self):
        return [self[name] for name in engine.PARAMETERS]

    @property
    def granted(self):
        return self.part("since", "nobody_reelected", "filled_from")


class BudgetForm(EditForm):
    class Meta:
        model = Budget
        fields = ["amount", "source", "funds_document", "account"]
