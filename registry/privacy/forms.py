from django import forms
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import Form


class ProposeForm(Form):
    """Why it is erased; the list is made when it is sent."""

    purpose = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=2,
        max_length=200,
        initial=gettext_lazy("the period of retention is over"),
        help_text=gettext_lazy("It stands in the audit log."),
    )


class SeenForm(Form):
    """The version of the erasure that was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class RefuseForm(SeenForm):
    comment = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
