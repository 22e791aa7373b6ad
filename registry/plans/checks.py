"""Groups are changed by plans that the municipal government has approved 〔三(一)〕."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import GroupPlan, PlanState, ResidentsGroup, User
from registry.records.duties import GROUPS, MeasureContext, Measured, Period, duty
from registry.records.findings import Finding, Kind, check

PLAN_LEFT_OVER = Kind(
    "plan-left-over",
    70,
    word=gettext_lazy("Plan not in force"),
    several=ngettext_lazy(
        "%(count)s approved plan not put into force", "%(count)s approved plans not put into force", "count"
    ),
    act=gettext_lazy("Put it into force"),
    is_breach=True,
)
NO_PLAN = Kind(
    "no-plan",
    80,
    word=gettext_lazy("Changed without a plan"),
    several=ngettext_lazy(
        "%(count)s group changed without an approved plan",
        "%(count)s groups changed without an approved plan",
        "count",
    ),
    act=gettext_lazy("Look at the group"),
    is_breach=True,
)

SET_UP = date(2021, 1, 1)  # by this day the groups of the document itself stood 〔三(四)〕


@check(NO_PLAN)
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
        yield Finding(NO_PLAN, place, text, url, community.pk, group.pk)


@check(PLAN_LEFT_OVER, needs=["registry.view_groupplan"])
def plans_left_over(user: User, day: date) -> Iterator[Finding]:
    """Approved plans whose day has come, and whose groups still stand as before."""
    for plan in GroupPlan.objects.visible_to(user).due(day).select_related("community"):
        text = _("%(plan)s was to take effect on %(date)s and has not") % {"plan": plan, "date": plan.effective_on}
        yield Finding(PLAN_LEFT_OVER, plan.community.name, text, plan.get_absolute_url(), plan.community_id)


@duty(
    "plans",
    "三(一)",
    gettext_lazy("By plan"),
    gettext_lazy("Groups are changed by plans that the city approved"),
    GROUPS,
    Period.ALWAYS,
    "plans",
    place=1,
)
def changed_by_plan(context: MeasureContext) -> Iterator[Measured]:
    """Groups set up or dissolved in the half-year, each by a plan that the city approved."""
    period = (context.half.first_day, context.day)
    changed = ResidentsGroup.objects.filter(committee__in=context.committees, placeholder=False).filter(
        Q(established_on__range=period) | Q(dissolved_on__range=period)
    )
    applied = GroupPlan.objects.filter(state=PlanState.APPLIED, items__group__isnull=False)
    planned = set(applied.values_list("items__group", flat=True).order_by())
    for group in changed.select_related("committee"):
        yield Measured(
            group.committee.community_id, group.pk, int(group.pk in planned or group.approved_by_id is not None)
        )
