"""Posts: a role at an area, from a day to a day."""

import django_filters
from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, Form, TypeAhead
from registry.access.posts import services
from registry.models import CITY_ROLES, Community, Post, PostState, ResidentsGroup, Role, Subdistrict, User, area_of
from registry.records.filters import Choice

WHERE = {
    "": gettext_lazy("This role is for the whole city: leave the area empty."),
    "subdistrict": gettext_lazy("This role is for a subdistrict: choose one."),
    "community": gettext_lazy("This role is for a community: choose one."),
    "group": gettext_lazy("This role is for a residents' group: choose one."),
}


class Areas:
    """The areas in which a user gives posts: as choices of a field, and back from the choice to the row."""

    def __init__(self, actor: User) -> None:
        roles, subdistricts = services.giveable(actor)
        kinds = {area_of(role) for role in roles}
        communities = Community.objects.filter(subdistrict__in=subdistricts)
        groups = ResidentsGroup.objects.filter(committee__community__in=communities, dissolved_on=None)
        self.rows: dict[str, list] = {
            "subdistrict": list(subdistricts) if "subdistrict" in kinds else [],
            "community": list(communities) if "community" in kinds else [],
            "group": list(groups.select_related("committee__community")) if "group" in kinds else [],
        }

    def choices(self, *kinds: str) -> list:
        """The areas of these kinds, under headings."""
        headings = {"subdistrict": _("Subdistricts"), "community": _("Communities"), "group": _("Residents' groups")}
        return [
            (headings[kind], [(f"{kind}-{row.pk}", _in_words(row)) for row in self.rows[kind]])
            for kind in kinds
            if self.rows.get(kind)
        ]

    def chosen(self, value: str):
        """The kind and the row of a choice; an empty one is the city."""
        kind, _dash, key = value.partition("-")
        return kind, next((row for row in self.rows.get(kind, []) if str(row.pk) == key), None)


def _in_words(area: Subdistrict | Community | ResidentsGroup) -> str:
    return f"{area.committee.community}{area}" if isinstance(area, ResidentsGroup) else str(area)


class PostForm(Form):
    """A post to be given. With a role chosen the areas are those that go with it; without, all, under headings."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False, widget=TypeAhead)
    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(
        label=gettext_lazy("Last day"), required=False, help_text=gettext_lazy("Empty: until the post is ended.")
    )

    def __init__(self, *args, actor: User, required: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        self.areas, self.may_be_empty = Areas(actor), not required
        given = services.giveable(actor)[0]
        role = self.fields["role"]
        role.choices = [(each.value, each.label) for each in given]
        if not required or len(given) > 1:
            role.choices = [("", _("no post yet") if self.may_be_empty else _("choose")), *role.choices]
        role.required = self.fields["first_day"].required = required
        role.help_text = format_html(
            '<a href="{}" target="_blank">{}</a>', reverse("roles"), _("What each role may do")
        )
        # The areas follow the role; without JavaScript all are offered, and the server looks that they go together.
        role.widget.attrs |= {
            "hx-get": "", "hx-target": "next .field", "hx-select": ".field:has(#id_area)", "hx-swap": "outerHTML",
        }  # fmt: skip
        self.initial.setdefault("first_day", clock.today())
        self._offer_areas(self.data.get("role") or self.initial.get("role"))

    def _offer_areas(self, role: str | None) -> None:
        kinds = [area_of(role)] if role in Role.values else ["subdistrict", "community", "group"]
        choices = self.areas.choices(*kinds)
        if role in CITY_ROLES:
            self.fields["area"].choices = [("", _("the whole city"))]
        else:
            self.fields["area"].choices = [("", _("choose")), *choices]

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        role = cleaned.get("role")
        if not role:
            return cleaned
        kind, area = self.areas.chosen(cleaned.get("area", ""))
        fits = kind == area_of(role) and (area is not None or not kind)
        if not fits and "area" not in self.errors:
            self.add_error("area", WHERE[area_of(role)])
        if not cleaned.get("first_day") and "first_day" not in self.errors:
            self.add_error("first_day", self.fields["first_day"].error_messages["required"])
        return cleaned

    def post(self, user: User) -> Post | None:
        """The post that the form describes, not yet saved; None where no role is chosen."""
        if not (role := self.cleaned_data["role"]):
            return None
        kind, area = self.areas.chosen(self.cleaned_data["area"])
        days = {name: self.cleaned_data[name] for name in ("first_day", "last_day")}
        return Post(user=user, role=role, **({kind: area} if kind else {}), **days)


class EndForm(Form):
    """The last day of a post that is held."""

    last_day = DayField(
        label=gettext_lazy("Last day"), help_text=gettext_lazy("The post is held up to this day, inclusive.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class AgreeForm(Form):
    """The version of the post that was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class RefuseForm(AgreeForm):
    comment = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class PostFilters(django_filters.FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Name or sign-in name"), method="by_words")
    state = Choice(choices=PostState.choices, label=gettext_lazy("State"))

    def by_words(self, rows, _name, value):
        return rows.filter(Q(user__username__icontains=value) | Q(user__name__icontains=value))


class TransferForm(Form):
    """Who holds the post next, and from when on."""

    to = forms.ModelChoiceField(
        label=gettext_lazy("Successor"),
        queryset=User.objects.none(),
        empty_label=gettext_lazy("choose"),
        widget=TypeAhead,
        help_text=gettext_lazy("Who is not a user yet is added first."),
    )
    first_day = DayField(
        label=gettext_lazy("Successor from"),
        help_text=gettext_lazy("The present holder's post ends on the day before."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, post: Post, actor: User, **kwargs):
        super().__init__(*args, **kwargs)
        others = User.objects.visible_to(actor).filter(is_active=True).exclude(pk__in=[post.user_id, actor.pk])
        self.fields["to"].queryset = others
        self.fields["to"].label_from_instance = lambda user: f"{user.name} {user.username}"
