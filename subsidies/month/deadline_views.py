"""The deadlines of the months, the usual ones and those of single months; the finance bureau edits them."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib.months import Month
from registry.records import versions
from registry.records.pages import answer
from subsidies.models import Deadlines, Step
from subsidies.month.deadline_forms import DeadlinesForm
from subsidies.month.tables import DeadlineTable

AHEAD = 3  # months shown from this one on
STEPS = (Step.CONFIRM, Step.SUBMIT, Step.APPROVE)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def deadlines(request):
    this = Month.of(timezone.localdate())
    shown = [this]
    while len(shown) < AHEAD:
        shown.append(shown[-1].next)
    own = [Month.of(day) for day in Deadlines.objects.values_list("month", flat=True) if day]
    months = sorted({*shown, *own}, reverse=True)
    found = Deadlines.objects.of(months)
    rows = [
        {
            "month": month,
            "own": found[month].month is not None,
            "days": [found[month].on(step, month) for step in STEPS],
        }
        for month in months
    ]
    usual = Deadlines.objects.filter(month=None).first() or Deadlines()
    return render(request, "subsidies/deadlines.html", {"rows": DeadlineTable(rows), "usual": usual})


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.change_deadlines", raise_exception=True)
@transaction.atomic
def edit(request, month=None):
    """Edit the usual days or those of one month; a month's own days can be replaced by the usual ones."""
    rows = Deadlines.objects.select_for_update()
    row = rows.filter(month=month.first_day if month else None).first()
    name = date_format(month.first_day, "YEAR_MONTH_FORMAT") if month else _("every month")
    if row and month and request.method == "POST" and "usual" in request.POST:
        versions.remove(row, actor=request.user, reason=_("Deadlines as usual"))
        messages.success(request, _("%(month)s has the usual deadlines again.") % {"month": name})
        return redirect("deadlines")
    usual = Deadlines.objects.of([month])[month] if month and row is None else Deadlines()
    new = Deadlines(
        month=month.first_day if month else None,
        confirm_day=usual.confirm_day,
        submit_day=usual.submit_day,
        approve_day=usual.approve_day,
    )
    form = DeadlinesForm(request.POST if request.method == "POST" else None, instance=row or new)
    if form.is_valid():
        if form.edited:
            versions.save(form.save(commit=False), actor=request.user, reason=_("Deadlines set"))
            messages.success(request, _("The deadlines of %(month)s are set.") % {"month": name})
        return redirect("deadlines")
    return answer(
        request,
        form,
        template="subsidies/deadlines_edit.html",
        title=_("Deadlines of %(month)s") % {"month": name},
        sentence=_("Days of the month, the last of them included; a day past the month's end means its last day."),
        back=reverse("deadlines"),
        own=bool(row and month),
    )
