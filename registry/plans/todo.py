"""Adjustment plans as lines of the workbench."""

from datetime import date

from django.utils.translation import gettext as _

from registry.models import GroupPlan, PlanState, User
from registry.records.todo import FEW, Line, Urgency, source


@source(60)
def plans(user: User, today: date) -> list[Line]:
    """Adjustment plans that wait for the user's own step: to be submitted, decided, or drafted again."""
    steps = [
        (PlanState.SUBMITTED, "registry.decide_groupplan", _("Decide")),
        (PlanState.DRAFT, "registry.submit_groupplan", _("Look it over")),
        (PlanState.REJECTED, "registry.change_groupplan", _("Correct it")),
    ]
    own = [(state, act) for state, permission, act in steps if user.has_perm(permission)]
    if not own:
        return []
    acts: dict[str, str] = dict(own)
    found = GroupPlan.objects.visible_to(user).filter(state__in=acts).select_related("community")
    return [
        Line(Urgency.YOU, f"{plan.title} · {plan.get_state_display()}", plan.get_absolute_url(), acts[plan.state])
        for plan in found[:FEW]
    ]
