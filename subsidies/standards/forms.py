"""The form of a draft Standard: its rules, and a rate for each position that is paid."""

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import DayField, EditForm, MonthField
from jygroups.lib.months import Month
from registry.models import Position
from subsidies import engine
from subsidies.models import Standard

RATE = "rate_"  # before the position in a field's name


class StandardForm(EditForm):
    effective = MonthField(
        label=gettext_lazy("Effective from the month"),
        help_text=gettext_lazy("A month that is closed already is corrected by what changes."),
    )

    class Meta:
        model = Standard
        fields = ["document", "effective", *engine.PARAMETERS, "look_back", "clerk_limit", "notice_days"]
        field_classes = {"service_counted_from": DayField}
        help_texts = {
            "service_counted_from": gettext_lazy("Empty: from the first day in office on."),
            "max_years": gettext_lazy("Empty: without a limit."),
        }

    def __init__(self, *args, rates=None, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.effective_month:
            self.initial["effective"] = Month.of(self.instance.effective_month)
        self.initial["notice_days"] = self.initial.get("notice_days") or None  # shown empty where nothing waits
        rates = rates or {}
        for position in Position:
            name = f"{RATE}{position}"
            self.fields[name] = forms.DecimalField(
                label=_("%(position)s, yuan a month") % {"position": position.label},
                required=False,
                max_digits=10,
                decimal_places=2,
                validators=[MinValueValidator(0)],
                help_text="" if rates.get(position) else _("Empty: the position is not paid."),
            )
            self.initial[name] = rates.get(position)
        names = [f"{RATE}{position}" for position in Position]
        self.order_fields(["document", "effective", *names, *self.Meta.fields[2:]])

    def clean_notice_days(self):
        return self.cleaned_data["notice_days"] or 0

    def clean(self):
        cleaned = super().clean()
        if not any(cleaned.get(f"{RATE}{position}") for position in Position) and not self.errors:
            self.add_error(f"{RATE}{Position.DEPUTY_DIRECTOR}", _("Give at least one position a rate."))
        if effective := cleaned.get("effective"):
            self.instance.effective_month = effective.first_day
        return cleaned

    @property
    def rates(self):
        return {position: self.cleaned_data.get(f"{RATE}{position}") for position in Position}
