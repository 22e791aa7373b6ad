"""Which reports are shown, and which are counted."""

import django_filters
from django.db.models import Q
from django.forms import HiddenInput
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models import ReportKind, ReportState, Severity
from registry.records.filters import AreaFilters, BuildingChoice, Choice, DayFilter, GroupChoice
from registry.work.reports import deadlines

OPEN, OVERDUE, VISIT_BACK, INFORMED, SUBDISTRICT = "open", "overdue", "visit-back", "told", "subdistrict"


class PeriodFilters(AreaFilters):
    """By area, kind and days."""

    kind = Choice(label=_("Kind"), choices=ReportKind.choices)
    since = DayFilter(label=_("Noticed from"))
    until = DayFilter(label=_("Noticed until"))
    area_path = "group__committee__community"

    def narrowed(self, queryset):
        asked = self.asked
        lookups = {"kind": "kind", "since": "noticed_on__gte", "until": "noticed_on__lte"}
        return queryset.filter(**{lookup: asked[name] for name, lookup in lookups.items() if name in asked})


class ReportFilters(PeriodFilters):
    """Also by words, group, severity and how far they are."""

    q = django_filters.CharFilter(label=_("Words of it"))
    group = GroupChoice()
    building = BuildingChoice(widget=HiddenInput)
    severity = Choice(label=_("Severity"), choices=Severity.choices)
    state = Choice(
        label=_("State"),
        choices=[
            (OPEN, _("not handled yet")),
            (OVERDUE, _("past the deadline")),
            *ReportState.choices,
            (INFORMED, _("serious or urgent, handled in the community")),
            (SUBDISTRICT, _("with the subdistrict, not handled yet")),
            (VISIT_BACK, _("visit back due")),
        ],
    )

    def narrowed(self, queryset):
        asked, today = self.asked, clock.today()
        queryset = super().narrowed(queryset)
        queryset = queryset.filter(**{name: asked[name] for name in ("group", "building", "severity") if name in asked})
        match asked.get("state"):
            case None:
                pass
            case "open":
                queryset = queryset.open()
            case "overdue":
                queryset = queryset.overdue(today)
            case "visit-back":
                queryset = queryset.to_be_visited_back(today)
            case "told":
                severities = deadlines.informed_at_once(today)
                queryset = queryset.open().filter(at_subdistrict=False, severity__in=severities)
            case "subdistrict":
                queryset = queryset.open().filter(at_subdistrict=True)
            case state:
                queryset = queryset.filter(state=state)
        words = asked.get("q")
        if words:
            fields = ("what", "place", "parties", "outcome", "building__name")
            conditions = Q()
            for field in fields:
                conditions |= Q(**{f"{field}__icontains": words})
            queryset = queryset.filter(conditions)
        return queryset
