"""Forms for exporting a month: the format, the purpose, and the options of the format."""

from django import forms
from django.utils.translation import gettext_lazy

from subsidies.bank import grouping
from subsidies.exports.notice import Objections
from subsidies.exports.services import Format
from subsidies.models import BankTemplate, Export, Payment, Sheet
from subsidies.month.notice_states import days_of


class CityExportForm(forms.Form):
    """Files of the whole city's month."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[(each, each.label) for each in (Format.SUMMARY, Format.CSV)],
        initial=Format.SUMMARY,
        widget=forms.RadioSelect,
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=200,
        help_text=gettext_lazy("It is stored with the export, together with your name and the file's digest."),
    )


class ExportForm(CityExportForm):
    """Files of one sheet. `again` appears once the same payment is about to be handed out a second time."""

    with_password = forms.BooleanField(
        label=gettext_lazy("Put a password on the workbook"),
        required=False,
        help_text=gettext_lazy("It is made for you and shown once, apart from the file; it is stored nowhere."),
    )
    template = forms.ModelChoiceField(
        BankTemplate.objects.all(), label=gettext_lazy("Bank template"), required=False, empty_label=None
    )
    each_bank = forms.BooleanField(
        label=gettext_lazy("One file for each bank"),
        required=False,
        help_text=gettext_lazy(
            "A zip: people at a bank that has a template of its own are in that bank's file, all others in one by the "
            "template above. Each bank answers for its own file."
        ),
    )
    payment = forms.ModelChoiceField(
        Payment.objects.none(), label=gettext_lazy("Batch"), required=False, empty_label=None
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days the notice hangs"),
        min_value=1,
        max_value=60,
        required=False,
        help_text=gettext_lazy("Where a list is posted already, its own days are printed."),
    )
    place = forms.CharField(
        label=gettext_lazy("Where to object"),
        max_length=100,
        required=False,
        help_text=gettext_lazy(
            "An office with its telephone number. Empty: the residents' committee of each community."
        ),
    )
    again = forms.BooleanField(
        label=gettext_lazy("Hand out the same payment once more"), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args, sheet: Sheet, with_bank: bool, **kwargs):
        super().__init__(*args, **kwargs)
        formats = [Format.XLSX, *([Format.BANK] if with_bank else []), Format.NOTICE, Format.CSV]
        self.fields["format"].choices = [(each.value, each.label) for each in formats]  # type: ignore[attr-defined]
        self.fields["format"].initial = Format.XLSX
        self.fields["days"].initial = days_of(sheet)
        batches = sheet.payments.valid().with_retry().order_by("-ordinal")
        self.fields["payment"].queryset = batches  # type: ignore[attr-defined]
        self.fields["payment"].label_from_instance = Payment.in_words  # type: ignore[attr-defined]
        if not with_bank:
            del self.fields["template"], self.fields["each_bank"]
        elif not self.is_bound:
            paid = batches[0].items.all() if batches else sheet.lines.filter(net__gt=0)
            self.fields["each_bank"].initial = grouping.has_several(paid.values_list("bank", flat=True).distinct())
        if not with_bank or len(batches) < 2:
            del self.fields["payment"]
        self.batches = batches
        self.earlier: Export | None = None  # the one that was first

    @property
    def chosen_payment(self) -> Payment | None:
        return self.cleaned_data.get("payment") or next(iter(self.batches), None)

    @property
    def objections(self) -> Objections:
        return Objections(self.cleaned_data.get("days") or 0, self.cleaned_data.get("place", ""))

    def ask_again(self, refusal: str) -> None:
        """Ask whether a payment that was exported before is to be exported again, and show the first user."""
        payment = self.chosen_payment
        self.earlier = payment.exports.select_related("by").order_by("-id").first() if payment else None
        self.fields["again"].widget = forms.CheckboxInput()
        self.add_error(None, refusal)
