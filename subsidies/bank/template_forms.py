"""The form of a bank file template: its settings and its columns in order."""

from typing import cast

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import EditForm
from subsidies.bank.files import PLACEHOLDER, PLACEHOLDERS, parse_bank_codes
from subsidies.models import BankFileKind, BankTemplate, Content

FIRST, FREE = 2, 3  # rows there are at least, and empty ones for further columns
OF_TEXT = ("encoding", "separator", "ends_with_separator", "line_end")  # asked of a text file alone


class BankTemplateForm(EditForm):
    class Meta:
        model = BankTemplate
        fields = (
            "name", "kind", "encoding", "separator", "ends_with_separator", "line_end", "header", "footer",
            "has_titles", "has_total", "rows_per_file", "in_fen", "longest_name", "largest_amount", "banks",
            "bank_codes", "source",
        )  # fmt: skip
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in ("bank_codes", "source")}

    @property
    def of_text(self) -> list[forms.BoundField]:
        return [self[name] for name in OF_TEXT]

    def full_clean(self):
        for name in OF_TEXT:  # not sent with a workbook: the instance's own values stay
            self.fields[name].required = self["kind"].value() == BankFileKind.TEXT and self.fields[name].required
        super().full_clean()

    def clean_header(self):
        return _known(self.cleaned_data["header"])

    def clean_footer(self):
        return _known(self.cleaned_data["footer"])

    def clean_bank_codes(self):
        _found, wrong = parse_bank_codes(self.cleaned_data["bank_codes"])
        if wrong:
            message = _("Not a bank of deposit and one number of 3 to 14 digits, as name=number: %(lines)s.")
            raise forms.ValidationError(message % {"lines": _(", ").join(wrong)})
        return self.cleaned_data["bank_codes"]

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == BankFileKind.TEXT and not cleaned.get("separator"):
            self.add_error("separator", _("A text file needs a separator."))
        return cleaned


def _known(line: str) -> str:
    """The line itself. Raises ValidationError for an unknown placeholder."""
    unknown = [match[0] for match in PLACEHOLDER.finditer(line) if match[1] not in PLACEHOLDERS]
    if unknown:
        words = {
            "unknown": _(", ").join(unknown),
            "known": _(", ").join(f"{{{name}}}" for name in PLACEHOLDERS),
        }
        raise forms.ValidationError(_("Unknown placeholder: %(unknown)s. There are: %(known)s.") % words)
    return line


class ColumnForm(forms.Form):
    """One column; a row without a content is ignored."""

    content = forms.ChoiceField(
        label=gettext_lazy("Content"), choices=[("", "–"), *Content.choices], required=False
    )  # fmt: skip
    title = forms.CharField(label=gettext_lazy("Column title"), max_length=30, required=False)
    text = forms.CharField(label=gettext_lazy("Fixed text"), max_length=50, required=False)

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("content") == Content.TEXT and not cleaned.get("text"):
            self.add_error("text", _("Enter the text."))
        return cleaned


class _Columns(BaseFormSet):
    def clean(self):
        contents = [column["content"] for column in self.columns]
        missing = [each.label for each in (Content.NAME, Content.ACCOUNT, Content.AMOUNT) if each not in contents]
        if missing:
            names = _(", ").join(map(str, missing))
            raise forms.ValidationError(_("The bank cannot pay without these columns: %(names)s.") % {"names": names})

    @property
    def columns(self) -> list[dict]:
        """The columns in their order, those without a content left out; a title that is refused counts as none."""
        found = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        return [
            {
                "content": row["content"],
                "title": row.get("title") or str(Content(row["content"]).label),
                "text": row.get("text", ""),
            }
            for row in found
            if row.get("content")
        ]


Columns = cast(
    type[_Columns],
    formset_factory(ColumnForm, formset=_Columns, extra=FREE, min_num=FIRST, max_num=20, absolute_max=30),
)
