"""Giving in a file to import."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from jygroups.lib.forms import FileForm, TableField
from jygroups.lib.spreadsheets.file_sheets import FileSheet
from jygroups.lib.spreadsheets.file_tables import LEFT_TITLES, OTHER
from registry.imports import column_choices, services
from registry.imports.titles import is_left_out
from registry.models import ImportKind, ImportRun, ImportState


class UploadForm(FileForm):
    kind = forms.ChoiceField(label=_("What the file holds"))
    file = TableField(
        label=_("File"),
        help_text=_(
            "A workbook (.xlsx, .xls, .et, .xlsb, .ods) or text (.csv, .txt), up to 20 MB; choose it or drop it here. "
            "Nothing is saved before you have seen, row by row, what it does."
        ),
    )
    instead = forms.ModelChoiceField(
        ImportRun.objects.none(), required=False, widget=forms.HiddenInput
    )  # the one that had problems

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = services.kinds_open_to(user)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]
        if len(kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()
            self.initial["kind"] = kinds[0]
        own = ImportRun.objects.visible_to(user).filter(uploaded_by=user)
        self.fields["instead"].queryset = own.needing_attention()


class ColumnsForm(forms.Form):
    """For each title that is not known the column that it is; left out where none is chosen.

    `unread` is as registry.imports.column_choices.unread gives it. The columns are proposed by the titles and the
    cells in `sheets`; a few of these stand beside each title.
    """

    def __init__(
        self,
        *args,
        unread: Mapping[str, Sequence[str]],
        words: Mapping[str, Sequence[str]],
        sheets: Sequence[FileSheet],
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        columns, self.days = unread.get("columns", []), unread.get("days", [])
        samples = column_choices.samples(unread, sheets)
        proposed = column_choices.proposals(unread, words, samples)
        choices = [("", _("leave it out")), *((column, column) for column in columns)]
        no_end = (OTHER, _("something else: not an end of office"))
        self.titles = {
            f"title-{number}": title
            for number, title in enumerate(unread.get("titles", []))
            if not is_left_out(title, samples.get(title, ()))
        }
        for name, title in self.titles.items():
            self.fields[name] = forms.ChoiceField(
                label=title,
                choices=[*choices, no_end] if title in self.days else choices,
                required=False,
                initial=proposed.get(title, ""),
                help_text=_("e.g. %(cells)s") % {"cells": _(", ").join(cells)} if (cells := samples.get(title)) else "",
            )

    def clean(self):
        cleaned = super().clean() or {}
        chosen = [column for column in cleaned.values() if column not in ("", OTHER)]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Two titles cannot be the same column."))
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        """By column the title; under OTHER those that are something else, under LEFT_OUT those that are left out.

        A title over days is asked about for each file, so it is never under LEFT_OUT.
        """
        chosen = {self.titles[name]: column for name, column in self.cleaned_data.items() if column}
        others = [title for title, column in chosen.items() if column == OTHER]
        columns = {column: title for title, column in chosen.items() if column != OTHER}
        left = [title for title in self.titles.values() if title not in (*chosen, *self.days)]
        return columns | ({OTHER: others} if others else {}) | ({LEFT_TITLES: left} if left else {})


class ImportFilter(FilterSet):
    state = ChoiceFilter(label=_("State"), choices=ImportState.choices, empty_label=_("all"))
    kind = ChoiceFilter(label=_("kind"), choices=ImportKind.choices, empty_label=_("all"))

    class Meta:
        model = ImportRun
        fields = ["state", "kind"]
