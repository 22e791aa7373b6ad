"""The form of a provision: its figures or its text, the source, and from when it is in force."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from jygroups.lib.forms import DayField, EditForm
from registry.models import Meant, Provision

FIGURES = ("value", "largest", "text")


class ProvisionForm(EditForm):
    class Meta:
        model = Provision
        fields = [*FIGURES, "clause", "in_force_from"]
        field_classes = {"in_force_from": DayField}
        widgets = {"clause": forms.Textarea({"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        declared = self.instance.declared
        for name in FIGURES:
            if name not in declared.fields:
                del self.fields[name]
            else:
                self.fields[name].required = True
        if "value" in self.fields:
            unit = declared.unit % {"count": 2}
            label = _("at least") if declared.meant in (Meant.RANGE, Meant.AT_LEAST) else _("at most")
            self.fields["value"].label = _("%(label)s (%(unit)s)") % {"label": capfirst(label), "unit": unit}
        if declared.choices:
            self.fields["text"] = forms.ChoiceField(
                label=self.instance.get_key_display(), choices=declared.choices.choices
            )
        if self.instance.pk and not self.instance.is_to_come:  # days have been judged by it
            del self.fields["in_force_from"]
        else:
            self.fields["in_force_from"].required = True
            self.fields["in_force_from"].help_text = _(
                "What is judged by a day before it, stays as it was; reports keep the deadlines they have."
            )

    def _get_validation_exclusions(self):
        """The key is no field of the form, and yet no other provision of it begins on the same day."""
        return super()._get_validation_exclusions() - {"key"}  # type: ignore[misc]
