"""Giving in a file to import."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from jygroups.lib.forms import Form, TableField
from registry.imports import services
from registry.models import ImportKind, ImportRun, ImportState


class UploadForm(Form):
    kind = forms.ChoiceField(label=_("What the file holds"))
    file = TableField(
        label=_("File"),
        help_text=_(
            "A workbook (.xlsx, .xls, .et, .ods) or csv, up to 20 MB; choose it or drop it here. Nothing is saved "
            "before you have seen, row by row, what it does."
        ),
    )
    password = forms.CharField(
        label=_("Password of the file"),
        help_text=_("Choose the file again and type its password here; the password is not kept."),
        widget=forms.PasswordInput({"autocomplete": "off"}),
        strip=False,
        required=False,
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
        if "password" not in self.data:
            del self.fields["password"]  # asked for where a file has one
        own = ImportRun.objects.visible_to(user).filter(uploaded_by=user)
        self.fields["instead"].queryset = own.needing_attention()

    def ask_for_password(self) -> None:
        self.fields["password"] = self.base_fields["password"]
        self.order_fields(["kind", "file", "password"])


class ColumnsForm(forms.Form):
    """For each title that is not known the column that it is; left out where none is chosen."""

    def __init__(self, *args, run: ImportRun, proposed: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        columns = run.unread.get("columns", [])
        choices = [("", _("leave it out")), *((column, column) for column in columns)]
        self.titles = {f"title-{number}": title for number, title in enumerate(run.unread.get("titles", []))}
        for name, title in self.titles.items():
            self.fields[name] = forms.ChoiceField(
                label=title, choices=choices, required=False, initial=proposed.get(title, "")
            )

    def clean(self):
        cleaned = super().clean() or {}
        chosen = [column for column in cleaned.values() if column]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Two titles cannot be the same column."))
        return cleaned

    @property
    def chosen(self) -> dict[str, str]:
        """By column the title."""
        return {column: self.titles[name] for name, column in self.cleaned_data.items() if column}


class ImportFilter(FilterSet):
    state = ChoiceFilter(label=_("State"), choices=ImportState.choices, empty_label=_("all"))
    kind = ChoiceFilter(label=_("Kind"), choices=ImportKind.choices, empty_label=_("all"))

    class Meta:
        model = ImportRun
        fields = ["state", "kind"]
