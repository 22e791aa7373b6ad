"""The columns of the adjustment plans' list."""

from django.utils.translation import gettext_lazy as _

from jygroups.lib import tables
from registry.imports.tables import StateColumn
from registry.people.registers.tables import CommunityColumn


class PlanTable(tables.Table):
    title = tables.Column(linkify=True, key=True, verbose_name=_("title of the plan"))
    community = CommunityColumn()
    state = StateColumn(verbose_name=_("State"))
    effective_on = tables.DayColumn(verbose_name=_("takes effect on"))
    number = tables.Column(verbose_name=_("number of the request"))
    document = tables.Column(verbose_name=_("number of the decision"))
    submitted_at = tables.MomentColumn(verbose_name=_("submitted to the city at"))
    subdistrict = tables.Column(accessor="community__subdistrict", verbose_name=_("Subdistrict"))
