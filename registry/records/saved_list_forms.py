"""The form of a saved view: its name, and with whom it is shared."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import EditForm
from registry.models import Community, SavedView, Subdistrict, User

SHARE = "registry.share_savedview"
OWN, CITY = "", "city"


class SavedViewForm(EditForm):
    sharing = forms.ChoiceField(
        label=gettext_lazy("seen by"),
        required=False,
        help_text=gettext_lazy("Others see the same filters, each over the rows of their own area."),
    )

    class Meta:
        model = SavedView
        fields = ["title"]

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        reach = user.reach(SHARE)
        subdistricts = Subdistrict.objects.filter(pk__in=reach.subdistricts)
        communities = Community.objects.filter(pk__in=[each.community_id for each in reach.posts])
        areas: list[Any] = [*subdistricts, *communities]
        self.places = {f"area-{each.code}": each for each in areas}
        choices = [(OWN, _("me alone"))] + [(CITY, _("all users"))] * reach.everywhere
        self.fields["sharing"].choices = choices + [(key, each.name) for key, each in self.places.items()]
        if len(self.fields["sharing"].choices) == 1:
            del self.fields["sharing"]
        elif self.instance.is_shared:
            area = self.instance.area
            self.initial["sharing"] = next((key for key, each in self.places.items() if each == area), CITY)

    def clean(self):
        cleaned = super().clean()
        sharing = cleaned.get("sharing", OWN)
        place = self.places.get(sharing)
        self.instance.is_shared = sharing != OWN
        self.instance.subdistrict = place if isinstance(place, Subdistrict) else None
        self.instance.community = place if isinstance(place, Community) else None
        return cleaned
