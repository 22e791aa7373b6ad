"""What the bank answered: the file, which of its columns says what; and who is in the next payment."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import DayField, TableField
from subsidies.bank import reading
from subsidies.bank.payments import Candidate, Choice
from subsidies.forms.exports import batch_words
from subsidies.models import Payment, Sheet

NEEDED = gettext_lazy("The bank's answer cannot be matched without this column.")


class AnswerForm(forms.Form):
    """The file of the bank, and which payment it answers."""

    file = TableField(
        label=gettext_lazy("The bank's file"),
        help_text=gettext_lazy(
            "csv, text or xlsx, as the bank gave it. You see what it says before anything is saved."
        ),
        accept=".csv,.txt,.xlsx",
    )
    payment = forms.ModelChoiceField(Payment.objects.none(), label=gettext_lazy("Batch"), empty_label=None)

    def __init__(self, *args, sheet: Sheet, **kwargs):
        super().__init__(*args, **kwargs)
        batches = sheet.payments.order_by("-ordinal")
        self.fields["payment"].queryset = batches  # type: ignore[attr-defined]
        self.fields["payment"].label_from_instance = batch_words  # type: ignore[attr-defined]
        if len(batches) == 1:
            self.fields["payment"].widget = forms.HiddenInput()
        self.initial.setdefault("payment", next(iter(batches), None))


class ColumnsForm(forms.Form):
    """Which column of the file says what."""

    account = forms.ChoiceField(label=gettext_lazy("Account number"), error_messages={"required": NEEDED})
    amount = forms.ChoiceField(label=gettext_lazy("Amount"), error_messages={"required": NEEDED})
    name = forms.ChoiceField(label=gettext_lazy("Name"), required=False)
    says = forms.ChoiceField(
        label=gettext_lazy("What the rows say"),
        choices=[
            (reading.BY_COLUMN, gettext_lazy("a column says whether each was paid")),
            (reading.ALL_PAID, gettext_lazy("all in the file were paid")),
            (reading.ALL_REFUSED, gettext_lazy("all in the file were refused")),
        ],
    )
    state = forms.ChoiceField(label=gettext_lazy("Column with the outcome"), required=False)
    paid_words = forms.CharField(
        label=gettext_lazy("Words that mean paid"),
        max_length=200,
        help_text=gettext_lazy("Separated by commas; every other word means refused."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Column with the reason"), required=False)
    in_fen = forms.BooleanField(label=gettext_lazy("amounts in fen"), required=False)

    def __init__(self, *args, grid: reading.Grid, **kwargs):
        super().__init__(*args, **kwargs)
        sample = [*grid.sample, *[""] * len(grid.titles)]
        choices = [
            (title, f"{title} ({say})" if say else title) for title, say in zip(grid.titles, sample, strict=False)
        ]
        for name in reading.WORDS:
            self.fields[name].choices = [("", "–"), *choices]  # type: ignore[attr-defined]

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("says") == reading.BY_COLUMN and not cleaned.get("state"):
            self.add_error("state", _("Choose the column, or say that all rows mean the same."))
        return cleaned


class TakeInForm(forms.Form):
    """That what was looked at is to be recorded, and the day of the bank's answer."""

    digest = forms.CharField(widget=forms.HiddenInput)
    day = DayField(label=gettext_lazy("Day of the payment"))

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day


class PaymentForm(forms.Form):
    """Who is in the next payment. People without a question are in it; of each other one it is chosen.

    A field for each of these, named by the line's key.
    """

    batches = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, candidates: list[Candidate], batches: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["batches"] = batches
        self.candidates = candidates
        for each in candidates:
            if each.is_open:
                self.fields[self.name(each)] = forms.ChoiceField(
                    choices=[(choice.value, choice.label) for choice in each.choices],
                    initial=each.proposal,
                    error_messages={"required": _("Choose for %(name)s.") % {"name": each.line.name}},
                )

    @staticmethod
    def name(candidate: Candidate) -> str:
        return f"line-{candidate.line.pk}"

    @property
    def has_questions(self) -> bool:
        return any(each.is_open for each in self.candidates)

    @property
    def questions(self):
        """Each candidate with something to decide, its field, and the choice made or proposed."""
        for each in self.candidates:
            if each.is_open:
                field = self[self.name(each)]
                yield each, field, field.value()

    @property
    def decisions(self) -> dict[int, Choice]:
        return {
            each.line.pk: Choice(self.cleaned_data.get(self.name(each), Choice.APPROVED)) for each in self.candidates
        }
