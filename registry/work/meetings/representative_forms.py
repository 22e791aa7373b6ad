"""Forms over residents' representatives."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm
from registry.models import Representative, Term


class RepresentativeForm(EditForm):
    """Somebody who represents a group's residents; `instance` has the group."""

    last_day = DayField(
        label=gettext_lazy("ended on"), required=False, help_text=gettext_lazy("Empty: to the end of the term.")
    )

    class Meta:
        model = Representative
        fields = ["name", "household", "last_day"]
        widgets = {"name": forms.TextInput({"data-first": True})}

    def clean(self):
        cleaned = super().clean()
        if self.instance.pk is None:
            self.instance.term = Term.objects.of(clock.today())
            if self.instance.term is None:
                raise ValidationError(_("No term runs today; civil affairs has to make one first."))
        term, last_day = self.instance.term, cleaned.get("last_day")
        if last_day and not term.first_day <= last_day <= term.last_day:
            words = {"first": term.first_day, "last": term.last_day}
            self.add_error("last_day", _("The term runs from %(first)s to %(last)s.") % words)
        return cleaned
