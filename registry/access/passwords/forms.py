"""Passwords: one's own typed again, and a new one chosen."""

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.forms import SetPasswordMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import Form


class PasswordAgain(Form):
    """The password of who is signed in. Wrong ones count like those at the sign-in, and lock the name."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "data-first": ""}),
    )

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self):
        password = self.cleaned_data["password"]
        if authenticate(self.request, username=self.request.user.username, password=password) is None:
            raise forms.ValidationError(_("This is not your password."))
        return password


class OwnPassword(SetPasswordMixin, PasswordAgain):
    """A new password, with the present one."""

    new_password, repeated = SetPasswordMixin.create_password_fields(
        gettext_lazy("New password"), gettext_lazy("New password once more")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = " ".join(password_validation.password_validators_help_texts())
        self.fields["repeated"].help_text = ""

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        self.validate_passwords("new_password", "repeated")
        self.validate_password_for_user(self.request.user, "new_password")
        if cleaned.get("new_password") and cleaned["new_password"] == cleaned.get("password"):
            self.add_error("new_password", _("This is the present password; choose another."))
        return cleaned
