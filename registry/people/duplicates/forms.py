"""What is entered to decide that two people are not one."""

from django import forms
from django.utils.translation import gettext_lazy as _

from jygroups.lib.forms import ReasonForm


class ApartForm(ReasonForm):
    reason = forms.CharField(label=_("Why they are two persons"), max_length=200)
