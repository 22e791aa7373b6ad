"""Forms for comparing a month with an old spreadsheet and filtering the lines."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet, ModelChoiceFilter

from jygroups.lib import clock
from jygroups.lib.forms import FileForm, MonthField, PlaceForm, TableField
from jygroups.lib.months import Month
from registry.models import Community, Subdistrict
from registry.records.filters import Words
from subsidies.comparison import reading, services
from subsidies.models import ComparisonResult, ParallelLine, ParallelRun


class CompareForm(FileForm):
    month = MonthField(label=_("Month"), help_text=_("The month whose amounts the file holds."))
    file = TableField(
        label=_("Old spreadsheet"),
        help_text=_(
            "A workbook or csv with name, ID number and amount of each person, up to 20 MB. Columns that are "
            "unclear are asked for. Nothing of the register is changed."
        ),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        choices = Subdistrict.objects.visible_to(user, services.PERMISSION)
        whole = user.reach(services.PERMISSION).everywhere
        self.fields["subdistrict"] = forms.ModelChoiceField(
            choices,
            label=_("Whose people the file holds"),
            to_field_name="code",
            required=not whole,
            initial=None if whole else choices.first(),
            empty_label=settings.CITY_NAME if whole else None,
        )
        self.order_fields(["month", "subdistrict", "file"])
        self.initial.setdefault("month", Month.of(clock.today()).previous)


class ColumnsForm(PlaceForm):
    """The sheet, row of titles and columns of a run's file to compare.

    The choices are the titles of the submitted sheet and row, else of those chosen before.
    """

    name = forms.ChoiceField(label=_("Name"))
    id_number = forms.ChoiceField(label=_("ID number"))
    amount = forms.ChoiceField(label=_("Amount"), help_text=_("What was due for the month, without recoveries."))

    def __init__(self, data=None, *, run: ParallelRun, choice: dict | None = None):
        self.choice = choice if choice is not None else chosen(data) if data else run.choice
        self.workbook, self.problems = _understood(bytes(run.content), self.choice)
        self.shown = self.workbook.tables[0]
        super().__init__(data, initial=self.choice | self.shown.chosen, sheets=self.workbook.names)
        if "sheet" in self.fields:
            self.fields["sheet"].choices.append((reading.ALL_SHEETS, _("all sheets with people")))
        titles = [*self.shown.labels.items()]
        for column in reading.FIELDS:
            self.fields[column].choices = [("", "–"), *titles]
            self.fields[column].error_messages["invalid_choice"] = _(
                "The row of titles has no such column; choose again."
            )

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        self.refuse(self.problems)
        return cleaned

    def refuse(self, questions: list[reading.Question]) -> None:
        for question in questions:
            self.add_error(question.about if question.about in self.fields else None, question.text)

    @property
    def asked(self) -> list[str]:
        """The open questions, in words."""
        return list(dict.fromkeys(question.text for question in [*self.problems, *self.workbook.questions()]))


def chosen(data) -> dict:
    """The choice in a form's data, for reading; the form itself refuses a row that is not a number."""
    choice = {key: data[key] for key in ("sheet", *reading.FIELDS) if data.get(key)}
    header = data.get("header", "").strip()
    return choice | ({"header": int(header)} if header.isascii() and header.isdigit() else {})


def _understood(content: bytes, choice: dict) -> tuple[reading.Workbook, list[reading.Question]]:
    """The workbook read by the choice, and questions; without the chosen sheet and row if they do not exist."""
    try:
        return reading.Workbook.read(content, choice), []
    except reading.Unclear as unclear:
        rest = {key: value for key, value in choice.items() if key in reading.FIELDS}
        return reading.Workbook.read(content, rest), unclear.questions


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
    """Without a chosen kind, all differing lines are shown."""

    DIFFERING, ALL = "differing", "all"

    kind = ChoiceFilter(
        label=_("Kind"),
        choices=[(ALL, _("all rows")), *ComparisonResult.choices],
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
        return found if self.form.cleaned_data.get("kind") else found.exclude(kind=ComparisonResult.AGREES)

    def of_kind(self, queryset, name, value):
        return queryset if value == self.ALL else queryset.filter(kind=value)
