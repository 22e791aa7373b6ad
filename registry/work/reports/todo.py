"""Reports as lines of the workbench."""

from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import Report, ReportState, User
from registry.records.todo import Line, Urgency, source
from registry.work.reports import deadlines


@source(70, needs="registry.view_report")
def reports(user: User, today: date) -> list[Line]:
    """Reports whose next step is the user's, by step; and those of which a subdistrict is informed only."""
    above, handles = user.has_perm("registry.handle_escalated_report"), user.has_perm("registry.handle_report")
    is_informed = bool(user.reach().subdistricts)
    if not (is_informed or user.has_perm("registry.confirm_report")):
        return []
    mine = Q(at_subdistrict=above) if handles else Q(pk=None)
    informed = Q(at_subdistrict=False, severity__in=deadlines.informed_at_once(today)) if is_informed else Q(pk=None)
    handled = Q(pk=None) if is_informed else Q(state=ReportState.HANDLED)
    count = Report.objects.visible_to(user).aggregate(
        reported=Count("pk", filter=mine & Q(state=ReportState.REPORTED)),
        taken=Count("pk", filter=mine & Q(state=ReportState.TAKEN)),
        handled=Count("pk", filter=handled),
        told=Count("pk", filter=informed & Q(state__in=[ReportState.REPORTED, ReportState.TAKEN])),
    )
    found = []
    for key, (urgency, words, act) in REPORTS.items():
        if count[key]:
            state = "subdistrict" if above and key in ("reported", "taken") else key
            url = f"{reverse('reports')}?state={state}"
            found.append(Line(urgency, words % {"count": count[key]}, url, str(act)))
    return found


# What reports wait for, by the state that lists them: whom it concerns, in words, and what to do there.
REPORTS = {
    "reported": (
        Urgency.YOU,
        ngettext_lazy("%(count)s report to be taken up", "%(count)s reports to be taken up", "count"),
        gettext_lazy("Take it up"),
    ),
    "taken": (
        Urgency.YOU,
        ngettext_lazy("%(count)s report to be handled", "%(count)s reports to be handled", "count"),
        gettext_lazy("Handle it"),
    ),
    "handled": (
        Urgency.YOU,
        ngettext_lazy(
            "%(count)s report to be confirmed as settled", "%(count)s reports to be confirmed as settled", "count"
        ),
        gettext_lazy("Confirm"),
    ),
    "told": (
        Urgency.OTHERS,
        ngettext_lazy(
            "%(count)s serious or urgent report handled in communities",
            "%(count)s serious or urgent reports handled in communities",
            "count",
        ),
        gettext_lazy("See"),
    ),
}
