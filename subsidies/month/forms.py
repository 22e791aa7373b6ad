"""Forms of the sheet pages."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from jygroups.lib.forms import Form, MonthField
from jygroups.lib.months import Month
from registry.models import Subdistrict


class ComputeForm(Form):
    """Which month of which subdistrict to compute; the subdistricts are those the user may compute."""

    month = MonthField(label=_("Month"))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        choices = Subdistrict.objects.visible_to(user, "subsidies.prepare_sheet")
        only = choices[0] if len(choices) == 1 else None
        self.fields["subdistrict"] = forms.ModelChoiceField(
            choices,
            label=_("Subdistrict"),
            to_field_name="code",
            initial=only,
            empty_label=None if only else _("choose"),
        )

    def clean_month(self):
        month = self.cleaned_data["month"]
        latest = Month.of(clock.today()).next
        if month > latest:
            raise forms.ValidationError(
                _("%(month)s is too far ahead; the latest month that can be computed is %(latest)s."),
                params={"month": month, "latest": latest},
            )
        return month


class LinesFilter(Form):
    """Which lines of a sheet are shown."""

    q = forms.CharField(label=_("Name or initials of its pinyin"), required=False, max_length=50)

    def __init__(self, *args, communities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["community"] = forms.ModelChoiceField(
            communities, label=_("Community"), required=False, to_field_name="code", empty_label=_("All")
        )

    def narrow(self, lines):
        """The lines that match; all lines if the form has errors."""
        if not self.is_valid():
            return lines
        if community := self.cleaned_data["community"]:
            lines = lines.filter(community=community)
        if words := self.cleaned_data["q"]:
            lines = lines.filter(Q(name__icontains=words) | Q(member__initials__startswith=words.lower()))
        return lines
