"""Which visits are shown."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models import VisitKind
from registry.records.filters import AreaFilters, BuildingChoice, Choice, DayFilter, GroupChoice

WAITING, OVERDUE, SETTLED = "waiting", "overdue", "settled"


class VisitFilters(AreaFilters):
    """By area, group, kind and days, by words, and by how far what was asked has come."""

    q = django_filters.CharFilter(label=_("Words of it"))
    group = GroupChoice()
    building = BuildingChoice(widget=forms.HiddenInput)
    kind = Choice(label=_("Kind"), choices=VisitKind.choices)
    asked = Choice(
        label=_("What residents ask"),
        choices=[
            (WAITING, _("waiting for an answer")),
            (OVERDUE, _("past the day of the answer")),
            (SETTLED, _("settled")),
        ],
    )
    since = DayFilter(label=_("Visited from"))
    until = DayFilter(label=_("Visited until"))
    area_path = "group__committee__community"

    def narrowed(self, queryset):
        asked = self.asked
        lookups = {name: name for name in ("group", "building", "kind")} | {"since": "day__gte", "until": "day__lte"}
        queryset = queryset.filter(**{lookup: asked[name] for name, lookup in lookups.items() if name in asked})
        match asked.get("asked"):
            case "waiting":
                queryset = queryset.waiting()
            case "overdue":
                queryset = queryset.waiting().filter(due_on__lt=clock.today())
            case "settled":
                queryset = queryset.exclude(settled_on=None)
        if words := asked.get("q"):
            fields = ("household", "said", "asked", "outcome", "building__name", "visitor__name")
            queryset = queryset.filter(Q(*((f"{field}__icontains", words) for field in fields), _connector=Q.OR))
        return queryset
