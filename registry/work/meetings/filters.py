"""What the lists of meetings and of residents' representatives can be narrowed by."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models import MEETING_KINDS, Resolution, Term
from registry.records.filters import AreaFilters, Choice, DayFilter, GroupChoice


class MeetingFilters(AreaFilters):
    """Meetings by whose they are, kind, day and words of their minutes."""

    q = django_filters.CharFilter(label=_("Words of the minutes"))
    group = GroupChoice()
    kind = Choice(label=_("Kind"), choices=[(kind.value, kind.label) for kind in MEETING_KINDS])
    since = DayFilter(label=_("From"))
    until = DayFilter(label=_("Until"))
    area_path = "committee__community"

    def narrowed(self, queryset):
        asked = self.asked
        lookups = {"group": "group", "kind": "kind", "since": "day__gte", "until": "day__lte"}
        queryset = queryset.filter(**{lookup: asked[name] for name, lookup in lookups.items() if name in asked})
        if words := asked.get("q"):
            decided = Resolution.objects.filter(text__icontains=words).values("activity")
            queryset = queryset.filter(
                Q(title__icontains=words) | Q(record__icontains=words) | Q(agenda__icontains=words) | Q(pk__in=decided)
            )
        return queryset


class RepresentativeFilters(AreaFilters):
    """Representatives by group and term: those of the running term, unless another is asked for."""

    q = django_filters.CharFilter(label=_("Name"))
    group = GroupChoice()
    term = django_filters.ModelChoiceFilter(
        queryset=Term.objects.all(), label=_("Term"), empty_label=_("the running term")
    )
    area_path = "group__committee__community"

    def narrowed(self, queryset):
        asked = self.asked
        queryset = queryset.filter(term=asked.get("term") or Term.objects.of(clock.today()))
        if "group" in asked:
            queryset = queryset.filter(group=asked["group"])
        return queryset.filter(name__icontains=asked["q"]) if "q" in asked else queryset
