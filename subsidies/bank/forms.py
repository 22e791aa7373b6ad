"""Who is in the next payment, and the file that the bank answers it with."""

from decimal import Decimal

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import FileForm, ReasonForm, TableField
from subsidies.bank import payments
from subsidies.bank.payments import Candidate, Choice
from subsidies.models import Payment, Sheet
from subsidies.month.arrivals import Share


class PaymentForm(forms.Form):
    """The people of the next payment. People without a question are in it; for each other person the user chooses.

    A field for each of these, named by the line's key.
    """

    batches = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    stated = forms.CharField(widget=forms.HiddenInput, required=False)  # `total` as the user was shown it

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
    def total(self) -> Share:
        """The people and yuan that are paid by these decisions."""
        decisions = self.decisions
        paid = [each.line.net for each in self.candidates if decisions[each.line.pk] != Choice.LEAVE]
        return Share(len(paid), sum(paid, Decimal(0)))

    @property
    def is_to_state(self) -> bool:
        """Whether the user has yet to be shown the total of these decisions; not where the page is out of date."""
        is_current = all(self.cleaned_data[name] == self.initial[name] for name in ("batches", "seen"))
        total = self.total
        return self.has_questions and is_current and bool(total.count) and self.cleaned_data["stated"] != stated(total)

    @property
    def decisions(self) -> dict[int, Choice]:
        return {
            each.line.pk: Choice(self.cleaned_data.get(self.name(each), Choice.APPROVED)) for each in self.candidates
        }


def stated(total: Share) -> str:
    return f"{total.count} {total.yuan}"


def _batch(payment: Payment) -> str:
    text = payment.in_words()
    return _("%(batch)s (withdrawn)") % {"batch": text} if hasattr(payment, "withdrawal") else text


class WithdrawalForm(ReasonForm):
    """Why a payment is withdrawn, and that the bank has not got it."""

    unsent = forms.BooleanField(
        label=gettext_lazy(
            "I have asked those who downloaded the file: the bank has not got it and will not get it; downloaded "
            "copies are deleted."
        )
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
        # A withdrawn one too: the bank may have got its file all the same, and the refusal says what to do then.
        batches = (
            sheet.payments.with_retry()
            .select_related("withdrawal")
            .order_by(models.F("withdrawal__pk").asc(nulls_first=True), "-ordinal")
        )
        self.fields["payment"].queryset = batches
        self.fields["payment"].label_from_instance = _batch
        if len(batches) == 1 and not hasattr(batches[0], "withdrawal"):
            self.fields["payment"].widget = forms.HiddenInput()
        self.initial.setdefault("payment", next(iter(batches), None))
