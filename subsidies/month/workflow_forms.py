"""The form of a step of the approval flow: a comment, which a return requires."""

from django import forms
from django.utils.translation import gettext_lazy as _


class StepForm(forms.Form):
    comment = forms.CharField(
        label=_("Comment"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the sheet's version that was decided on

    def __init__(self, *args, required: bool, **kwargs):
        super().__init__(*args, **kwargs)
        comment = self.fields["comment"]
        comment.required = required
        comment.help_text = (
            _("What is to be corrected, so that the clerk knows; kept with the sheet.")
            if required
            else _("May stay empty; kept with the sheet.")
        )
