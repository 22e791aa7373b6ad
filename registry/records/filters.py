"""Filters that lists share: words of a name, days, areas, groups. Every choice begins with what the user may see."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib.forms import DayField, TypeAhead
from registry.models import Building, Community, ResidentsGroup, Subdistrict


class Words(django_filters.CharFilter):
    """Words of a name. The browser lets no ID number into the address."""

    def __init__(self, **kwargs):
        widget = forms.TextInput(
            {
                "pattern": r"(?!\s*[0-9]{14,17}[0-9Xx]\s*$).*",
                "title": _("Look for an ID number in the search box at the top of the page."),
                "autocomplete": "off",
            }
        )
        super().__init__(label=_("Name, pinyin, initials"), widget=widget, **kwargs)


class DayFilter(django_filters.DateFilter):
    field_class = DayField


class Choice(django_filters.ChoiceFilter):
    def __init__(self, **kwargs):
        kwargs.setdefault("empty_label", _("all"))
        super().__init__(**kwargs)


class AreaChoice(django_filters.ModelChoiceFilter):
    """An area the user sees, by its code."""

    def __init__(self, model, **kwargs):
        def visible(request):
            return model.objects.visible_to(request.user)

        kwargs = {"widget": TypeAhead, **kwargs}
        super().__init__(queryset=visible, to_field_name="code", empty_label=_("all"), **kwargs)


class _GroupField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, group):
        return f"{group.committee.community.name} {group.name}"


def _groups(request):
    """The groups of the community that is asked for, else all in sight."""
    groups = ResidentsGroup.objects.visible_to(request.user).select_related("committee__community")
    code = request.GET.get("community")
    return groups.filter(committee__community__code=code) if code else groups


class GroupChoice(django_filters.ModelChoiceFilter):
    field_class = _GroupField

    def __init__(self, **kwargs):
        super().__init__(
            queryset=_groups, empty_label=_("all"), label=_("Residents' group"), widget=TypeAhead, **kwargs
        )


class BuildingChoice(django_filters.ModelChoiceFilter):
    """A building the user sees, as a link to a list names it."""

    def __init__(self, **kwargs):
        super().__init__(
            queryset=lambda request: Building.objects.visible_to(request.user), label=_("Building"), **kwargs
        )


class AreaFilters(django_filters.FilterSet):
    """By area. A choice of one is none, and is left out unless the address has it."""

    subdistrict = AreaChoice(Subdistrict, widget=forms.Select, label=_("Subdistrict"))
    community = AreaChoice(Community, label=_("Community"))

    area_path = ""  # the lookup from a row to its community

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        subdistricts = list(Community.objects.visible_to(self.request.user).values_list("subdistrict", flat=True))
        if len(set(subdistricts)) < 2 and "subdistrict" not in self.data:
            del self.filters["subdistrict"]
        if len(subdistricts) < 2 and "community" not in self.data:
            del self.filters["community"]

    @property
    def asked(self) -> dict:
        """What is asked for and makes sense."""
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")}

    def in_area(self, path: str) -> Q:
        asked, conditions = self.asked, Q()
        if "community" in asked:
            conditions &= Q(**{path: asked["community"]})
        if "subdistrict" in asked:
            conditions &= Q(**{f"{path}__subdistrict": asked["subdistrict"]})
        return conditions

    def filter_queryset(self, queryset):
        return self.narrowed(queryset.filter(self.in_area(self.area_path)))

    def narrowed(self, queryset):
        """By what the list has besides areas."""
        return queryset


class OrganisedFilters(AreaFilters):
    """Of what a committee, or a subdistrict for all of its committees, holds."""

    def in_area(self, path):
        asked, conditions = self.asked, Q()
        if "community" in asked:
            conditions &= Q(committee__community=asked["community"]) | Q(subdistrict=asked["community"].subdistrict_id)
        if "subdistrict" in asked:
            area = asked["subdistrict"]
            conditions &= Q(committee__community__subdistrict=area) | Q(subdistrict=area)
        return conditions
