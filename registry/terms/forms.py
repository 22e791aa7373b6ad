"""Forms of terms, and of offices that are past theirs."""

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import DayField, EditForm, Form
from registry.models import Appointment, EndReason, ProvisionKey, Term
from registry.provisions import queries as provisions

DAY = timedelta(days=1)


def years_from(first_day: date) -> int | None:
    """How many years a term has that begins on the day 〔三(二)〕; None where no length is prescribed."""
    return provisions.on(first_day).figure(ProvisionKey.TERM)


def last_day_of(first_day: date) -> date | None:
    """The last day of a term that begins on the day; None where no length is prescribed."""
    if (years := years_from(first_day)) is None:
        return None
    try:
        return first_day.replace(year=first_day.year + years) - DAY
    except ValueError:  # 29 February
        return first_day.replace(year=first_day.year + years, day=28)


class TermForm(EditForm):
    class Meta:
        model = Term
        fields = ["ordinal", "first_day", "last_day"]
        field_classes = {"first_day": DayField, "last_day": DayField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["last_day"].required = False
        self.fields["last_day"].help_text = _("Left empty it follows from the first day and the length of a term.")

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        first_day = cleaned.get("first_day")
        if first_day is None:
            return cleaned
        wanted = last_day_of(first_day) or cleaned.get("last_day")
        if wanted is None:
            self.add_error("last_day", _("Give the last day: the length of a term is not prescribed."))
            return cleaned
        if (cleaned.get("last_day") or wanted) != wanted:
            words = {"years": years_from(first_day), "date": wanted}
            self.add_error("last_day", _("A term is %(years)s years: to %(date)s.") % words)
        cleaned["last_day"] = wanted
        offices = self.instance.appointments.exclude(first_day__range=(first_day, wanted)) if self.instance.pk else []
        if count := len(offices):
            message = _("%(count)s offices of this term begin on other days; correct those first.")
            self.add_error("first_day", message % {"count": count})
        return cleaned


class LeftOverForm(Form):
    """What becomes of an office past its term; nothing, unless something is chosen."""

    RENEW, END = "renew", "end"
    act = forms.ChoiceField(
        label=gettext_lazy("What becomes of it"),
        choices=[("", gettext_lazy("leave for now")), (RENEW, gettext_lazy("renew")), (END, gettext_lazy("end"))],
        required=False,
    )
    last_day = DayField(label=gettext_lazy("Last day in office"), required=False)
    end_reason = forms.ChoiceField(label=gettext_lazy("Reason for leaving"), choices=EndReason.choices, required=False)

    def __init__(self, *args, office: Appointment, term: Term | None, **kwargs):
        over = office.term.last_day if office.term else (term.first_day - DAY if term else None)
        super().__init__(  # type: ignore[misc]
            *args, prefix=f"office-{office.pk}", initial={"last_day": over, "end_reason": EndReason.EXPIRY}, **kwargs
        )
        self.office = office
        if term is None:
            self.fields["act"].choices = [choice for choice in self.fields["act"].choices if choice[0] != self.RENEW]

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("act") == self.END:
            day = cleaned.get("last_day")
            if day is None and "last_day" not in self.errors:
                self.add_error("last_day", _("Give the last day in office."))
            elif day and day < self.office.first_day:
                message = _("It is before the first day in office, %(date)s.") % {"date": self.office.first_day}
                self.add_error("last_day", message)
            if not cleaned.get("end_reason"):
                self.add_error("end_reason", _("Give the reason."))
        return cleaned
