"""Handing in a file."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jygroups.lib.forms import Form
from registry.models import FileKind
from registry.services import files


class FileForm(Form):
    file = forms.FileField(
        label=_("file"),
        max_length=250,
        help_text=_("pdf, jpg, png, docx or xlsx, up to 10 MB; it is stored encrypted."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"}),
    )
    kind = forms.ChoiceField(label=_("kind"), choices=FileKind)
    title = forms.CharField(label=_("title"), max_length=100, required=False, help_text=_("Empty: the file's name."))

    def clean_file(self):
        given = self.cleaned_data["file"]
        try:
            if given.size > files.LARGEST:
                files.content_type(given.name, bytes(files.LARGEST + 1))
            self.content = given.read()
            files.content_type(given.name, self.content)
        except files.Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return given
