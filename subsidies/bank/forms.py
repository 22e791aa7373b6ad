"""Whom to try once more."""

from django import forms
from django.utils.translation import gettext_lazy

from subsidies.models import SheetLine


class RetryForm(forms.Form):
    """Whom of the refused to try once more."""

    lines = forms.MultipleChoiceField(
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )

    def __init__(self, *args, lines: list[SheetLine], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = [(str(line.pk), line.name) for line in lines]  # type: ignore[attr-defined]
