"""Which findings are shown."""

from django import forms
from django.utils.translation import gettext_lazy as _

from jygroups.lib.forms import Form
from registry.models import Community, User
from registry.records.findings import KINDS, Finding


class FindingsFilter(Form):
    """Of which kind, in which area; an invalid value is reported and the rest still applies."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.communities = list(Community.objects.visible_to(user).select_related("subdistrict"))
        subdistricts = dict.fromkeys(each.subdistrict for each in self.communities)
        self.fields["kind"].choices = [("", _("All")), *((kind.key, kind.word) for kind in KINDS)]
        for name, label, areas in (
            ("subdistrict", _("Subdistrict"), list(subdistricts)),
            ("community", _("Community"), self.communities),
        ):
            if len(areas) > 1:
                choices = [("", _("All")), *((area.code, area.name) for area in areas)]
                self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    def narrow(self, findings: list[Finding]) -> list[Finding]:
        self.is_valid()
        kind, community, subdistrict = (self.cleaned_data.get(name) for name in ("kind", "community", "subdistrict"))
        inside = {
            each.pk
            for each in self.communities
            if community in ("", None, each.code) and subdistrict in ("", None, each.subdistrict.code)
        }
        if community or subdistrict:
            findings = [finding for finding in findings if finding.community in inside]
        return [finding for finding in findings if not kind or finding.kind.key == kind]
