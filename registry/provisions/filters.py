"""What the list of provisions can be narrowed by."""

import django_filters
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib import clock
from registry.models import PROVISIONS
from registry.provisions.queries import Provisions
from registry.provisions.tables import STATES

LAW, CITY = "law", "city"


class ProvisionFilters(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(key, word) for key, (_sign, word) in STATES.items()],
        empty_label=_("all"),
        method="in_state",
    )
    decided_by = django_filters.ChoiceFilter(
        label=pgettext_lazy("provision", "Decided by"),
        choices=[(LAW, _("the law")), (CITY, _("the city"))],
        empty_label=_("all"),
        method="decided",
    )

    def in_state(self, queryset, _name, state):
        states = Provisions().states(clock.today())
        return queryset.filter(pk__in=[pk for pk, each in states.items() if each == state])

    def decided(self, queryset, _name, by):
        return queryset.filter(key__in=[key for key, each in PROVISIONS.items() if each.by_law == (by == LAW)])
