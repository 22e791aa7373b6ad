"""Who is in the next payment, and the file that the bank answers it with."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import FileForm, ReasonForm, TableField
from subsidies.bank import payments
from subsidies.bank.payments import Candidate, Choice
from subsidies.models import Payment, Sheet


class PaymentForm(forms.Form):
    """The people of the next payment. People without a question are in it; for each other person the user chooses.

    A field for each of these, named by the line's key.
    """

    batches = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args, candidates: list[Candidate], batches: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.update(batches=batches, seen=payments.shown(candidates))
        self.candidates = candidates
        for each in candidates:
            if each.is_open:
                self.fields[self.name(each)] = forms.ChoiceField(
                    choices=[(choice.value, choice.label) for choice in each.choices],
                    initial=each.proposal,
                    error_messages={"required": _("Choose for %(name)s.") % {"name": each.who}},
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


class WithdrawalForm(ReasonForm):
    """Why a payment is withdrawn, and that the bank has not got it."""

    unsent = forms.BooleanField(
        label=gettext_lazy("The bank has not got this file and will not get it; downloaded copies are deleted.")
    )


class AnswerForm(FileForm):
    """The bank's file, and the payment that it answers."""

    file = TableField(
        label=gettext_lazy("The bank's file"),
        help_text=gettext_lazy(
            "csv, text or a workbook, as the bank gave it. You see its content before anything is saved."
        ),
    )
    payment = forms.ModelChoiceField(Payment.objects.none(), label=gettext_lazy("Batch"), empty_label=None)

    def __init__(self, *args, sheet: Sheet, **kwargs):
        super().__init__(*args, **kwargs)
        batches = sheet.payments.valid().with_retry().order_by("-ordinal")
        self.fields["payment"].queryset = batches
        self.fields["payment"].label_from_instance = Payment.in_words
        if len(batches) == 1:
            self.fields["payment"].widget = forms.HiddenInput()
        self.initial.setdefault("payment", next(iter(batches), None))
