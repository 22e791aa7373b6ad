"""Passwords: one's own typed again, and a new one chosen."""

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.forms import AuthenticationForm, SetPasswordMixin, UsernameField
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import Form


def cursor_in_what_is_typed(form: forms.Form) -> None:
    """The cursor is in the name; once a name was sent, in the password, which no page shows again."""
    form.fields["password" if form.data.get("username") else "username"].widget.attrs["autofocus"] = True


class SignInForm(AuthenticationForm):
    """Django's, in the words of this site."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": gettext_lazy("Name or password is wrong. Capital and small letters are different ones."),
    }

    # Django checks the length in the browser alone.
    username = UsernameField(label=gettext_lazy("Sign-in name"), max_length=150)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        cursor_in_what_is_typed(self)


class PasswordAgain(Form):
    """The password of who is signed in. Wrong ones count like those at the sign-in, and lock the name."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        error_messages={"required": gettext_lazy("Type your password.")},
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


class PurposeForm(PasswordAgain):
    """The purpose for which whole ID or account numbers are shown or handed out.

    The user who has not typed the password lately does so with it.
    """

    field_order = ["purpose"]
    purpose = forms.CharField(
        label=gettext_lazy("What for"),
        min_length=2,
        max_length=100,
        error_messages={"required": gettext_lazy("State what for.")},
        widget=forms.TextInput(attrs={"list": "purposes", "autocomplete": "off", "data-first": ""}),
    )
    PURPOSES = [
        gettext_lazy("to check a document"),
        gettext_lazy("to pay the stipend"),
        gettext_lazy("to speak with the person"),
        gettext_lazy("to correct the registers"),
        gettext_lazy("asked by a superior office"),
    ]

    def __init__(self, *args, confirmed: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if confirmed:
            del self.fields["password"]


class OwnPassword(SetPasswordMixin, PasswordAgain):
    """A new password, with the present one where there is one."""

    new_password, repeated = SetPasswordMixin.create_password_fields(
        gettext_lazy("New password"), gettext_lazy("New password once more")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.request.user.has_usable_password():
            del self.fields["password"]
        else:
            is_handed_out = self.request.user.must_change_password
            self.fields["password"].label = _("One-time password") if is_handed_out else _("Present password")
        texts = [(text,) for text in password_validation.password_validators_help_texts() if text]
        self.fields["new_password"].help_text = format_html_join(mark_safe("<br>"), "{}", texts)
        self.fields["repeated"].help_text = ""

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        self.validate_passwords("new_password", "repeated")
        self.validate_password_for_user(self.request.user, "new_password")
        if cleaned.get("new_password") and cleaned["new_password"] == cleaned.get("password"):
            self.add_error("new_password", _("This is the present password; choose another."))
        return cleaned
