"""Handing in files."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from jygroups.lib.forms import Form
from jygroups.lib.refusals import Refused
from registry.models import FileKind
from registry.records import files


class PaperField(forms.FileField):
    """One file, checked; cleaned to files.Taken."""

    longest_side: int | None = None
    widget = forms.FileInput

    def __init__(self, **kwargs):
        super().__init__(max_length=250, **kwargs)

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"accept": files.ACCEPT}

    def clean(self, data, initial=None):
        given = super().clean(data, initial)
        try:
            return files.take(given, longest_side=self.longest_side) if given else None
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal


class SeveralFiles(forms.FileInput):
    """Files to choose or photos to take, and which of those kept over a refusal go with the next attempt."""

    template_name = "components/several_files.html"
    allow_multiple_selected = True
    kept: list = []

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, attrs) | {"kept": self.kept}

    def value_from_datadict(self, data, files, name):
        given = super().value_from_datadict(data, files, name) or []
        return [*given, *(data.getlist(f"{name}-kept") if hasattr(data, "getlist") else [])]


class AttachmentsField(PaperField):
    """Several files and photos, none at all too; cleaned to a list of files.Taken for `services.files.attach`.

    Photos are made small on the phone before they are sent (static/js/photos.js). What the form took and is then
    refused for another reason, is kept (kept_files.py).
    """

    MOST = 9
    longest_side = files.LONGEST_SIDE
    widget = SeveralFiles

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("photos and files"))
        kwargs.setdefault("help_text", _("Up to 9, each up to 10 MB: photos, pdf, docx or xlsx."))
        super().__init__(required=False, **kwargs)
        self.kept: dict[str, Any] = {}  # what may be taken from the attempt before, by key
        self.taken: list[tuple[str, files.Taken]] = []  # all that is sound, with its key if it was kept before

    def clean(self, data, initial=None):
        given = [each for each in data or [] if not isinstance(each, str) or each in self.kept]
        if len(given) > self.MOST:
            raise ValidationError(
                ngettext_lazy("Choose at most %(count)s file.", "Choose at most %(count)s files.", self.MOST),
                params={"count": self.MOST},
            )
        self.taken, errors = [], []
        for each in given:
            if isinstance(each, str):
                self.taken.append((each, self.kept[each].taken()))
                continue
            try:
                self.taken.append(("", super().clean(each)))
            except ValidationError as error:
                errors += [f"{each.name}: {message}" for message in error.messages]
        if errors:
            raise ValidationError(errors)
        return [taken for _key, taken in self.taken]


class FileForm(Form):
    file = PaperField(label=_("file"), help_text=_("pdf, jpg, png, docx or xlsx, up to 10 MB; it is stored encrypted."))
    kind = forms.ChoiceField(label=_("kind"), choices=FileKind)
    title = forms.CharField(label=_("title"), max_length=100, required=False, help_text=_("Empty: the file's name."))
