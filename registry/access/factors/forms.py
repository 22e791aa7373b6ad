"""The code that is asked for, and why a factor is removed."""

from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import Form
from registry.access.passwords.forms import cursor_in_what_is_typed


class CodeForm(Form):
    """A code of the app, or a recovery code. What the service answers is reported beside the field."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "off", "data-first": ""}),
    )

    def refuse(self, reason: str = "") -> None:
        """The code is wrong, or none is taken for this reason."""
        self.add_error("code", reason or _("This code is wrong, expired or already used. Try the next one."))


class PasswordAndCodeForm(CodeForm):
    """Name, password and code at once."""

    field_order = ["username", "password", "code"]
    username = UsernameField(label=gettext_lazy("Sign-in name"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["code"].widget.attrs["data-first"]
        cursor_in_what_is_typed(self)


class PasskeyForm(Form):
    """What the user calls the passkey, and what the browser answered."""

    name = forms.CharField(
        label=gettext_lazy("Name of the device"),
        max_length=50,
        help_text=gettext_lazy("To tell it from others, such as: office computer."),
        widget=forms.TextInput(attrs={"data-first": ""}),
    )
    response = forms.CharField(max_length=20_000, required=False, widget=forms.HiddenInput)


class RemoveForm(Form):
    """Why the lost factor of a user is removed; the user reads it at the next set-up."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=2,
        max_length=200,
        help_text=gettext_lazy("How you know who asked, and what became of the phone. The user reads it too."),
        widget=forms.TextInput(attrs={"data-first": ""}),
    )


class AgreeForm(Form):
    """When the removal was asked for that the user saw."""

    seen = forms.CharField(widget=forms.HiddenInput)


class RefuseForm(AgreeForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), min_length=2, max_length=200)
