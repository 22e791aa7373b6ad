"""信息报告: the list, handing one in, its page, and its steps."""

from django.contrib import messages
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import key
from jygroups.lib.shortcuts import get_permitted
from registry.models import Report, ReportState
from registry.people.bodies.group_views import GroupRecordPage, NewGroupRecordPage
from registry.records.list_pages import ListPage
from registry.records.pages import DetailPage, FormPage, Link
from registry.work.reports import forms, services, tables
from registry.work.reports.filters import ReportFilters

DONE = {
    "take": gettext_lazy("The report is taken up."),
    "handle": gettext_lazy("The report is handled; the group confirms whether it is settled."),
    "confirm": gettext_lazy("The report is settled."),
    "visit-back": gettext_lazy("The visit back is entered."),
    "give-back": gettext_lazy("The report is given back; it is to be handled again."),
    "escalate": gettext_lazy("The report is passed on to the subdistrict."),
    "note": gettext_lazy("The note is added."),
}


class Reports(ListPage):
    permission_required = "registry.view_report"
    model = Report
    title = gettext_lazy("Reports")
    empty = gettext_lazy("Nothing has been reported yet.")
    links = (
        Link("report-figures", gettext_lazy("Figures"), is_main=False),
        Link("report-add", gettext_lazy("Report something"), "registry.add_report"),
    )
    table_class = tables.ReportTable
    filterset_class = ReportFilters
    chosen = ("kind", "severity", "state", "due", "community", "group", "where", "noticed_on")
    first_filters = ("q", "subdistrict", "community", "group", "kind", "state")

    def get_queryset(self):
        related = ("group__committee__community", "building", "reporter")
        return super().get_queryset().select_related(*related).defer("reporter__id_number", "reporter__phone")

    def columns(self):
        return [(name, column) for name, column in super().columns() if name not in self.left_out]

    @cached_property
    def left_out(self) -> list[str]:
        """A user who sees one community alone needs no column for it."""
        user = self.request.user
        sees_several = user.sees_whole_city or user.reach().subdistricts
        return [] if sees_several else ["community"]

    def get_table_kwargs(self):
        kwargs = super().get_table_kwargs()
        return kwargs | {"exclude": [*kwargs["exclude"], *self.left_out]}


class AddReport(NewGroupRecordPage):
    permission_required = "registry.add_report"
    model = Report
    form_class = forms.NewReportForm
    template_name = "registry/work/report_edit.html"
    title = gettext_lazy("Report something")
    submit = gettext_lazy("Report")
    back = "reports"

    def get_form_kwargs(self):
        initial = {"noticed_on": clock.today(), "building": key(self.request.GET.get("building", ""))}
        return super().get_form_kwargs() | {"initial": initial}

    def act(self, form):
        report = form.save_new(self.actor)
        text = _("Reported. It is to be taken up by %(day)s.") if report.take_by else _("Reported.")
        text = _("Reported as settled.") if form.is_settled else text
        messages.success(self.request, text % {"day": report.take_by})
        return report


FULL = Report.objects.select_related("group__committee__community__subdistrict", "building", "reporter")


class ReportPage(DetailPage):
    permission_required = "registry.view_report"
    records = FULL
    template_name = "registry/work/report.html"
    name = "report"

    def get_context(self):
        report, user, today = self.record, self.actor, clock.today()
        steps = forms.open_steps(user, report)
        first = next((name for name in steps if name != "note"), None)  # what comes next; a note can always be added
        return {
            "group": report.group,
            "trail": report.group.trail,
            "events": report.events.all(),
            "attachments": report.attachments.all(),
            "late": report.is_late(today),
            "due": report.due(),
            "visit_back_late": report.visit_back_by and not report.visited_back_on and report.visit_back_by < today,
            "next": f"report-{first}" if first else "",
            "form": steps[first](user=user, report=report) if first else None,
            "steps": [(f"report-{name}", form.title) for name, form in steps.items() if name != first],
            "may_change": forms.is_editable(user, report),
            "may_remove": user.has_perm("registry.change_report", report),  # files, at any time
            "settled": report.state == ReportState.CONFIRMED,
            "awaits_other": report.state == ReportState.HANDLED and services.is_own_handler(report, user),
        }


class EditReport(GroupRecordPage):
    """What was reported, corrected while it is not handled yet."""

    permission_required = "registry.change_report"
    records = FULL
    form_class = forms.ReportForm
    template_name = "registry/work/report_edit.html"
    title = gettext_lazy("Correct the report")
    here = gettext_lazy("Edit")
    submit = gettext_lazy("Save")
    done = gettext_lazy("The report is saved.")

    def refusal(self):
        is_editable = forms.is_editable(self.actor, self.record)
        return "" if is_editable else _("What is handled already is not changed any more; add a note.")

    def act(self, form):
        labels = _(", ").join(str(form.fields[name].label) for name in form.edited)
        changed = form.instance.severity != self.record.severity
        services.change(form.instance, actor=self.actor, comment=labels, severity_changed=changed)


class ReportStepPage(FormPage):
    """One of the steps of a report."""

    form_class: type[forms.StepForm]
    title = submit = "%(title)s"
    sentence = "%(record)s"

    def setup(self, request, *args, **kwargs):
        self.form_class = forms.STEPS[kwargs["step"]]
        self.permission_required = self.form_class.permission()
        self.done = DONE[kwargs["step"]]
        super().setup(request, *args, **kwargs)

    def get_record(self):
        return get_permitted(self.request, FULL, self.permission_required, pk=self.kwargs["pk"])

    def refusal(self):
        is_open = self.request.method == "POST" or self.form_class.fits(self.record)
        return "" if is_open else _("This step is not open any more.")

    def words(self):
        return {"record": self.record, "title": self.form_class.title}

    def trail(self):
        return self.record.group.trail

    def get_form_kwargs(self):
        return {"user": self.actor, "report": self.record}

    def act(self, form):
        form.carry_out()
