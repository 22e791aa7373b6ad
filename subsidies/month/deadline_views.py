"""The deadlines of the months, the usual ones and those of single months; the finance bureau edits them."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.records import versions
from registry.records.pages import EditPage
from subsidies.models import Deadlines, Step
from subsidies.month.deadline_forms import DeadlinesForm
from subsidies.month.tables import DeadlineTable

AHEAD = 3  # months shown from this one on
STEPS = (Step.CONFIRM, Step.SUBMIT, Step.APPROVE)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def deadlines(request):
    this = Month.of(clock.today())
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
    return render(request, "subsidies/month/deadlines.html", {"rows": DeadlineTable(rows), "usual": usual})


class EditDeadlines(EditPage):
    """Edit the usual days or those of one month; a month's own days can be replaced by the usual ones."""

    permission_required = "subsidies.change_deadlines"
    template_name = "subsidies/month/deadlines_edit.html"
    form_class = DeadlinesForm
    title = gettext_lazy("Deadlines of %(month)s")
    sentence = gettext_lazy(
        "Days of the month, the last of them included; a day past the month's end means its last day."
    )
    done = gettext_lazy("The deadlines of %(month)s are set.")
    reason = gettext_lazy("Deadlines set")
    back = "deadlines"

    def get_record(self):
        month = self.kwargs.get("month")
        first_day = month.first_day if month else None
        if row := Deadlines.objects.select_for_update().filter(month=first_day).first():
            return row
        usual = Deadlines.objects.of([month])[month] if month else Deadlines()
        days = {name: getattr(usual, name) for name in DeadlinesForm.Meta.fields}
        return Deadlines(month=first_day, **days)

    def words(self):
        month = self.kwargs.get("month")
        return {"month": date_format(month.first_day, "YEAR_MONTH_FORMAT") if month else _("every month")}

    def get_context(self):
        return {"own": bool(self.record.pk and self.record.month)}

    def changes(self, form):
        return bool(form.edited)

    def post(self, request, **kwargs):
        if "usual" not in request.POST or not self.get_context()["own"]:
            return super().post(request, **kwargs)
        versions.remove(self.record, actor=self.actor, reason=_("Deadlines as usual"))
        self.announce(_("%(month)s has the usual deadlines again.") % self.words())
        return redirect("deadlines")
