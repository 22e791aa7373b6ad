"""Forms of corrections and holds: the filters of their lists, and the acts."""

from datetime import timedelta

import django_filters
from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, MonthField, TypeAhead
from jygroups.lib.months import Month
from registry.models import Member
from registry.records.filters import AreaFilters, Choice, Words
from subsidies.corrections import holds
from subsidies.models import CorrectionState, Hold, Release, Repayment, Stage

ALL = "all"  # stages


class MonthFilter(django_filters.Filter):
    field_class = MonthField


class CorrectionFilters(AreaFilters):
    """By area, person, stage, month and direction."""

    stage = Choice(
        label=gettext_lazy("State"), choices=[*Stage.choices, (ALL, gettext_lazy("all"))], widget=forms.HiddenInput
    )
    q = Words()
    direction = Choice(
        label=gettext_lazy("Direction"),
        choices=[("pay", gettext_lazy("to be paid more")), ("recover", gettext_lazy("to be recovered"))],
    )
    month_from = MonthFilter(label=gettext_lazy("Month corrected from"))
    month_to = MonthFilter(label=gettext_lazy("Month corrected until"))

    area_path = "community"

    def narrowed(self, queryset):
        asked = self.asked
        stage = asked.get("stage") or default_stage(self.request.user)
        conditions = Q() if stage == ALL else Q(stage=stage)
        if "q" in asked:
            conditions &= Q(member__in=Member.objects.search(asked["q"]))
        if "direction" in asked:
            conditions &= Q(difference__gt=0) if asked["direction"] == "pay" else Q(difference__lt=0)
        if "month_from" in asked:
            conditions &= Q(month__gte=asked["month_from"].first_day)
        if "month_to" in asked:
            conditions &= Q(month__lte=asked["month_to"].first_day)
        return queryset.filter(conditions)


def default_stage(user) -> str:
    """The stage shown first: the one that waits for the user."""
    decides_large = user.has_perm("subsidies.decide_large_correction")
    return Stage.FINANCE if decides_large and not user.has_perm("subsidies.decide_correction") else Stage.DECIDE


class DecideForm(forms.Form):
    """The reason for deferring or writing off, for debts with the document; an acceptance needs no reason."""

    document = forms.CharField(label=gettext_lazy("Document of the write-off"), max_length=100, strip=True)

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}), strip=True
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # the differences that were shown

    field_order = ["reason", "document"]

    def __init__(self, *args, state: str, needs_document: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = state != CorrectionState.ACCEPTED
        if not needs_document:
            del self.fields["document"]


class HoldFilters(django_filters.FilterSet):
    q = Words()
    state = Choice(
        label=gettext_lazy("State"),
        choices=[("held", gettext_lazy("on hold")), ("released", gettext_lazy("released"))],
    )

    class Meta:
        model = Hold
        fields: list[str] = []

    def filter_queryset(self, queryset):
        asked = self.form.cleaned_data
        if asked.get("q"):
            queryset = queryset.filter(member__in=Member.objects.search(asked["q"]))
        if asked.get("state"):
            queryset = queryset.filter(release="") if asked["state"] == "held" else queryset.exclude(release="")
        return queryset


class MemberChoice(forms.ModelChoiceField):
    """People whose payments the user may hold, each with the community of the record to distinguish namesakes."""

    def label_from_instance(self, member):
        year = f" · {member.birth_date:%Y}" if member.birth_date else ""
        return f"{member.name} · {member.community.name}{year}"


class HoldForm(forms.Form):
    """The person whose payments are held, the first and last month, and the reason."""

    member = MemberChoice(
        Member.objects.none(),
        label=gettext_lazy("Person"),
        widget=TypeAhead,
        empty_label=gettext_lazy("Type a name or its pinyin"),
    )
    first = MonthField(label=gettext_lazy("From the month"))
    last = MonthField(
        label=gettext_lazy("To the month"), required=False, help_text=gettext_lazy("Empty: until it is released.")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        people = holds.holdable_by(user).select_related("community").defer("phone", "account")
        self.fields["member"].queryset = people.order_by("community__code", "pinyin", "pk")  # type: ignore[attr-defined]

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last month is before the first."))
        return cleaned


class ReleaseForm(forms.Form):
    """The end of a hold: its last month, whether the held months are paid, and the reason."""

    last = MonthField(label=gettext_lazy("Last month held"))
    release = forms.ChoiceField(
        label=gettext_lazy("What was held"),
        choices=[
            (Release.PAY, gettext_lazy("is paid: as corrections, which are decided like any other")),
            (Release.FORFEIT, gettext_lazy("is not paid")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def __init__(self, *args, hold: Hold, **kwargs):
        super().__init__(*args, **kwargs)
        self.hold = hold

    def clean_last(self):
        last = self.cleaned_data["last"]
        if last.first_day < self.hold.first_month:
            raise forms.ValidationError(
                _("The hold begins with %(month)s."), params={"month": Month.of(self.hold.first_month).in_words}
            )
        if self.hold.last_month and last.first_day > self.hold.last_month:
            raise forms.ValidationError(
                _("The hold ends with %(month)s; it cannot be released later."),
                params={"month": Month.of(self.hold.last_month).in_words},
            )
        return last


class DebtFilters(AreaFilters):
    """By area, person, age and state."""

    q = Words()
    age = Choice(
        label=gettext_lazy("Age of the debt"),
        choices=[(str(days), gettext_lazy("over %(days)s days") % {"days": days}) for days in (30, 90, 180, 365)],
    )
    state = Choice(
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("owed"),
        choices=[
            ("repaid", gettext_lazy("repaid, in part or in full")),
            ("written_off", gettext_lazy("written off")),
            (ALL, gettext_lazy("all")),
        ],
    )

    area_path = "community"

    def narrowed(self, queryset):
        asked = self.asked
        conditions = {
            "repaid": Q(repaid__gt=0),
            "written_off": Q(state=CorrectionState.WRITTEN_OFF),
            ALL: Q(),
        }.get(asked.get("state", ""), Q(is_debt=True))
        if "q" in asked:
            conditions &= Q(member__in=Member.objects.search(asked["q"]))
        if "age" in asked:
            conditions &= Q(decided_at__date__lt=clock.today() - timedelta(days=int(asked["age"])))
        return queryset.filter(conditions)


class RepaymentForm(forms.ModelForm):
    """A repayment: its amount, day, channel and voucher."""

    class Meta:
        model = Repayment
        fields = ["amount", "day", "method", "voucher", "note"]
        field_classes = {"day": DayField}

    def clean_amount(self):
        amount = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_("The amount is above zero."))
        return amount


class NoticeForm(forms.Form):
    """The notice's number and days, addressee, basis, account to pay to, and contact."""

    addressee = forms.CharField(label=gettext_lazy("Addressee"), max_length=50)
    number = forms.CharField(label=gettext_lazy("Number"), max_length=50)
    day = DayField(label=gettext_lazy("Issued on"))
    pay_by = DayField(label=gettext_lazy("To be paid by"), help_text=gettext_lazy("The last day, inclusive."))
    account = forms.CharField(
        label=gettext_lazy("Where to pay"),
        max_length=200,
        help_text=gettext_lazy("Account holder, bank and account number, or the office that takes cash."),
    )
    contact = forms.CharField(label=gettext_lazy("Contact at the office"), max_length=30)
    phone = forms.CharField(
        label=gettext_lazy("Telephone of the office"),
        max_length=30,
        validators=[RegexValidator(r"^[0-9 ()（）转、-]{7,30}$", gettext_lazy("A telephone number has digits."))],
    )
    basis = forms.CharField(
        label=gettext_lazy("Basis"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )
