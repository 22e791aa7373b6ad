"""Groups are adjusted by a plan that the municipal government has approved 〔三(一)〕."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from registry.compliance.kinds import Finding, Kind
from registry.models import GroupPlan, ResidentsGroup, User

SET_UP = date(2021, 1, 1)  # by this day the groups of the document itself stood 〔三(四)〕


def changed_without_plan(user: User, day: date) -> Iterator[Finding]:
    """Groups set up or dissolved since the document's own set-up, by no approved plan."""
    changed = Q(established_on__gt=SET_UP) | Q(dissolved_on__lte=day)
    rows = ResidentsGroup.objects.visible_to(user).filter(changed, approved_by=None)
    for group in rows.select_related("committee__community"):
        community = group.committee.community
        if group.dissolved_on and group.dissolved_on <= day:
            text = _("was dissolved on %(date)s without an approved plan") % {"date": group.dissolved_on}
        else:
            text = _("was set up on %(date)s without an approved plan") % {"date": group.established_on}
        place, url = f"{community.name}{group.name}", group.get_absolute_url()
        yield Finding(Kind.NO_PLAN, place, text, url, community.pk, group.pk)


def plans_left_over(user: User, day: date) -> Iterator[Finding]:
    """Approved plans whose day has come, and whose groups still stand as before."""
    for plan in GroupPlan.objects.visible_to(user).due(day).select_related("community"):
        text = _("%(plan)s was to take effect on %(date)s and has not") % {"plan": plan, "date": plan.effective_on}
        yield Finding(Kind.PLAN_LEFT_OVER, plan.community.name, text, plan.get_absolute_url(), plan.community_id)
