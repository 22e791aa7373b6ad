"""Comparing a month with an old spreadsheet, and narrowing what was found."""

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet, ModelChoiceFilter

from jygroups.lib.forms import Form, TableField
from jygroups.lib.months import Month
from registry.forms.filters import Words
from registry.models import Community, Subdistrict
from subsidies.comparison import services
from subsidies.forms.sheets import MonthField
from subsidies.models import Mismatch, ParallelLine, ParallelRun
from subsidies.permissions import subdistricts


class CompareForm(Form):
    month = MonthField(label=_("Month"), help_text=_("The month whose amounts the file holds."))
    file = TableField(
        label=_("Old spreadsheet"),
        help_text=_(
            "A workbook (.xlsx) or csv with the columns 姓名, 身份证号 and 金额, up to 20 MB; other columns are passed "
            "by. Nothing of the register is changed."
        ),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        choices = subdistricts(user, services.PERMISSION)
        whole = services.may_compare_all(user)
        self.fields["subdistrict"] = forms.ModelChoiceField(
            choices,
            label=_("Whose people the file holds"),
            to_field_name="code",
            required=not whole,
            initial=None if whole else choices.first(),
            empty_label=settings.CITY_NAME if whole else None,
        )
        self.order_fields(["month", "subdistrict", "file"])
        self.initial.setdefault("month", Month.of(timezone.localdate()).previous)


class RunFilter(FilterSet):
    subdistrict = ModelChoiceFilter(
        label=_("Subdistrict"), queryset=Subdistrict.objects.none(), to_field_name="code", empty_label=_("all")
    )

    class Meta:
        model = ParallelRun
        fields = ["subdistrict"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["subdistrict"].queryset = Subdistrict.objects.visible_to(self.request.user)


class LineFilter(FilterSet):
    """Without a kind asked for, all that differ are shown."""

    DIFFERING, ALL = "differing", "all"

    kind = ChoiceFilter(
        label=_("Kind"),
        choices=[(ALL, _("all rows")), *Mismatch.choices],
        empty_label=_("all that differ"),
        method="of_kind",
    )
    community = ModelChoiceFilter(
        label=_("Community"), queryset=Community.objects.none(), to_field_name="code", empty_label=_("all")
    )
    name = Words(lookup_expr="icontains")

    class Meta:
        model = ParallelLine
        fields = ["kind", "community", "name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["community"].queryset = Community.objects.visible_to(self.request.user)

    def filter_queryset(self, queryset):
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("kind") else found.exclude(kind=Mismatch.AGREES)

    def of_kind(self, queryset, name, value):
        return queryset if value == self.ALL else queryset.filter(kind=value)
