"""The forms of a user's own settings, and of a chat robot."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import outgoing
from jygroups.lib.forms import EditForm
from registry.models import NotificationSettings, Robot, Topic


class SettingsForm(EditForm):
    class Meta:
        model = NotificationSettings
        fields = ["mail", *Topic.values]

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("mail") and any(cleaned.get(topic) for topic in Topic.values):
            self.add_error("mail", _("Enter the address to which the messages are to be sent."))
        return cleaned


class KeptField(forms.CharField):
    """A secret that is stored: it is never shown, and an empty field leaves it as it is."""

    widget = forms.PasswordInput(attrs={"autocomplete": "off"})

    def has_changed(self, initial, data):
        return bool(data)

    def _clean_bound_field(self, bf):
        return self.clean(bf.data) if bf.data else bf.initial or ""


class RobotEditForm(EditForm):
    """Of the address only that it is there can be seen again: it holds the key to the chat group."""

    address = KeptField(
        label=gettext_lazy("Address that the chat group gives"), max_length=500,
        help_text=gettext_lazy("Stored encrypted and not shown again; empty: it stays as it is."),
    )  # fmt: skip
    secret = KeptField(
        label=gettext_lazy("Secret for signatures"), max_length=200, required=False,
        help_text=gettext_lazy("Of DingTalk, where the robot asks for signatures; empty: it stays as it is."),
    )  # fmt: skip

    class Meta:
        model = Robot
        fields = ["name", "form", "address", "secret", "subdistrict", "is_active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["address"].required = not self.instance.pk

    def clean_address(self):
        address = self.cleaned_data["address"]
        try:
            if address:
                outgoing.parts(address)
        except outgoing.Unsent as error:
            raise ValidationError(str(error)) from error
        return address

    def clean_name(self):
        name = self.cleaned_data["name"]
        if Robot.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("There is a robot of this name already."))
        return name
