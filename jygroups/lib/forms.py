"""Form fields and the form over a row that others may be editing too."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jygroups.lib import cells, id_numbers, names
from jygroups.lib.months import Month
from jygroups.lib.spreadsheets.parser import ENDINGS
from jygroups.lib.spreadsheets.sandbox import REASONS, Unreadable, unlocked
from jygroups.lib.uploads import LeftOut

DAY_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]
THEIRS = "theirs"  # kept instead of what the user typed, which is "mine"


def key(text: str) -> int | None:
    """The key of a row in an address; None for a text that cannot be a key."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


class DayInput(forms.DateInput):
    """Typed as 20240520 or picked. The far end of the calendar makes the year four digits wide."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__({"max": "9999-12-31", **(attrs or {})}, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day, in any of the ways people write one."""

    widget = DayInput

    def __init__(self, **kwargs):
        kwargs.setdefault("input_formats", DAY_FORMATS)
        super().__init__(**kwargs)

    def to_python(self, value):
        written = cells.day(value) if isinstance(value, str) else None
        if written and written.day:
            value = f"{written.year}-{written.month:02}-{written.day:02}"
        return super().to_python(value)


class MonthField(forms.CharField):
    """A month as the browser's month field sends it: 2024-05."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2024-05"})

    def to_python(self, value):
        value = super().to_python(value)
        if value in self.empty_values:
            return None
        try:
            return Month.parse(value)
        except ValueError as error:
            raise forms.ValidationError(_("Write the month like 2024-05.")) from error


class TypeAhead(forms.Select):
    """A long choice, searched by text or pinyin as one types (static/js/typeahead.js); a plain select without."""

    def __init__(self, attrs=None, choices=()):
        super().__init__({"data-typeahead": "", **(attrs or {})}, choices)

    def create_option(self, name, value, label, *args, **kwargs):
        option = super().create_option(name, value, label, *args, **kwargs)
        option["attrs"]["data-pinyin"] = names.pinyin(str(label))
        return option


class Bound(forms.BoundField):
    """A field as drawn. Its empty choice reads 请选择, unless the field names one of its own."""

    def __init__(self, form, field, name):
        super().__init__(form, field, name)
        (dashes,) = BLANK_CHOICE_DASH
        if isinstance(field, forms.ModelChoiceField):
            if field.empty_label == dashes[1]:
                field.empty_label = _("choose")
        elif isinstance(field, forms.ChoiceField):
            choices: list[Any] = list(field.choices)  # type: ignore[arg-type]
            if dashes in choices:
                field.choices = [("", _("choose")) if each == dashes else each for each in choices]


class Renderer(TemplatesSetting):
    bound_field_class = Bound


class _Typed(str):
    """What the user typed, as against what is stored."""


class TableField(forms.FileField):
    """A workbook or text of any format that is read; the code that reads it reports its errors."""

    def __init__(self, **kwargs):
        super().__init__(
            allow_empty_file=True,
            widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
            error_messages={"required": gettext_lazy("Choose a file.")},
            **kwargs,
        )

    def clean(self, data, initial=None):
        given = super().clean(data, initial)
        if isinstance(given, LeftOut):
            raise ValidationError(REASONS["too_large"], code="too_large")
        return given


class MaskedField(forms.CharField):
    """A personal number, shown masked. An unchanged mask leaves the number unchanged; an empty field deletes it."""

    def bound_data(self, data, initial):
        return None if data is None else _Typed(data)

    def prepare_value(self, value):
        return value if isinstance(value, _Typed) or not value else id_numbers.masked(value)

    def has_changed(self, initial, data):
        return (data or "") not in (initial or "", id_numbers.masked(initial or ""))

    def _clean_bound_field(self, bf):
        return self.clean(bf.data) if self.has_changed(bf.initial, bf.data) else bf.initial or ""


class Form(forms.Form):
    """A form whose choices its `__init__` narrows to what the user may choose."""

    fields: dict[str, Any]  # each kind of field has something of its own


class FileForm(Form):
    """A form whose `file` may be a workbook under a password, which is asked for once that shows."""

    password = forms.CharField(
        label=gettext_lazy("Password of the file"),
        help_text=gettext_lazy("Choose the file again and type its password here; the password is not kept."),
        widget=forms.PasswordInput({"autocomplete": "off"}),
        strip=False,
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "password" in self.data:
            self._ask_for_password()
        else:
            del self.fields["password"]

    def content(self) -> bytes:
        """The file, without its password. Raises Unreadable."""
        content, password = self.cleaned_data["file"].read(), self.cleaned_data.get("password")
        return unlocked(content, password) if password else content

    def refuse_file(self, error: Unreadable) -> None:
        self.add_error("file", str(error))
        if error.is_locked:
            self._ask_for_password()

    def _ask_for_password(self) -> None:
        self.fields["password"] = self.base_fields["password"]
        names = [name for name in self.fields if name != "password"]
        names.insert(names.index("file") + 1, "password")
        self.order_fields(names)


class EditForm(forms.ModelForm):
    """A form over a versioned row. Who comes second sees both values of each field and chooses.

    The view locks the row before it binds the form: `get_object_or_404(rows.select_for_update(), …)`.
    A field that was in doubt carries the saved value, in words, as `theirs`; the answer comes as `keep-<field>`.
    """

    fields: dict[str, Any]
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version if self.instance.pk else None
        self.is_conflict = False

    @property
    def edited(self) -> list[str]:
        """The fields in which the form differs from what is saved."""
        return [name for name in self.changed_data if name != "version"]

    def clean(self):
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.pk:
            return cleaned
        for name in self.edited:
            if self.data.get(self.add_prefix(f"keep-{name}")) == THEIRS:
                cleaned[name] = self._saved(name)
                self.changed_data.remove(name)
        if cleaned.get("version") != self.instance.version and self.edited:
            self._report_conflict()
        return cleaned

    def _saved(self, name: str):
        return self.fields[name].clean(self.initial.get(name))

    def _report_conflict(self) -> None:
        self.is_conflict = True
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix("version")] = str(self.instance.version)
        self.data = data
        for name in self.edited:
            self.fields[name].theirs = self._in_words(name)
        raise ValidationError(
            _("Somebody else has changed this. Choose for each marked field which value to keep, and save again."),
            code="conflict",
        )

    def _in_words(self, name: str) -> str:
        field, value = self.fields[name], self.initial.get(name)
        if value in (None, ""):
            return _("empty")
        if isinstance(field, forms.ModelChoiceField):
            return str(field.to_python(value))
        if isinstance(field, forms.ChoiceField):
            return next((str(label) for choice, label in field.widget.choices if choice == value), str(value))
        return str(field.prepare_value(value))


class ReasonForm(forms.Form):
    """An act that needs a reason."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=100)


class PlaceForm(Form):
    """Where the table of a file is: its sheet, and the first row of its titles."""

    sheet = forms.ChoiceField(label=pgettext_lazy("of a workbook", "Sheet"), required=False)
    header = forms.IntegerField(
        label=gettext_lazy("Row with the column titles"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Its number in the file; of titles on two lines the first. Empty: found automatically."),
    )

    def __init__(self, *args, sheets: Sequence[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = [("", "–"), *((name, name) for name in sheets)]
        if len(sheets) < 2:
            del self.fields["sheet"]
