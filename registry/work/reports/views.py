"""信息报告: the list, handing one in, its page, and the steps on its way."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib.forms import key
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import get_permitted, get_visible
from registry.models import Report, ReportState
from registry.records.pages import ListPage, answer
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
    template_name = "registry/reports.html"
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


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_report", raise_exception=True)
@transaction.atomic
def add(request):
    """A new report of a group: the one asked for, or the only one the user has."""
    found = forms.groups(request.user)
    if asked := request.GET.get("group"):
        group = get_object_or_404(found, pk=key(asked))
    elif len(several := list(found[:2])) == 1:
        group = several[0]
    else:
        return _whose(request)
    form = forms.NewReportForm(
        *_sent(request), user=request.user, instance=Report(group=group), initial=_initial(request)
    )
    if form.is_valid():
        report = form.save_new(request.user)
        said = _("Reported. It is to be taken up by %(day)s.") if report.take_by else _("Reported.")
        said = _("Reported as settled.") if form.is_settled else said
        messages.success(request, said % {"day": report.take_by})
        return redirect(report)
    context = {"group": group, "title": _("Report something"), "submit": _("Report"), "back": reverse("reports")}
    return answer(request, form, template="registry/report_edit.html", trail=trail(group), **context)


def _sent(request) -> tuple:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _initial(request) -> dict:
    return {"noticed_on": timezone.localdate(), "building": key(request.GET.get("building", ""))}


def _whose(request):
    form = forms.WhoseReportForm(user=request.user)
    context = {"form": form, "title": _("Report something"), "back": reverse("reports")}
    return render(request, "registry/choose_group.html", context)


def trail(group) -> list:
    community = group.committee.community
    return [community.subdistrict, community, group]


FULL = Report.objects.select_related("group__committee__community__subdistrict", "building", "reporter")


@require_safe
@permission_required("registry.view_report", raise_exception=True)
def report(request, pk):
    report = get_visible(request, FULL, pk=pk)
    steps = forms.open_steps(request.user, report)
    first = next((name for name in steps if name != "note"), None)  # what comes next; a note can always be added
    today = timezone.localdate()
    return render(
        request,
        "registry/report.html",
        {
            "report": report,
            "group": report.group,
            "trail": trail(report.group),
            "events": report.events.all(),
            "attachments": report.attachments.all(),
            "late": report.is_late(today),
            "due": report.due(),
            "visit_back_late": report.visit_back_by and not report.visited_back_on and report.visit_back_by < today,
            "next": f"report-{first}" if first else "",
            "form": steps[first](user=request.user, report=report) if first else None,
            "steps": [(f"report-{name}", form.title) for name, form in steps.items() if name != first],
            "may_change": forms.is_editable(request.user, report),
            "may_remove": request.user.has_perm("registry.change_report", report),  # files, at any time
            "settled": report.state == ReportState.CONFIRMED,
            "awaits_other": report.state == ReportState.HANDLED and services.is_own_handler(report, request.user),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_report", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    """What was reported, corrected while it is not handled yet."""
    report = get_permitted(request, FULL, "registry.change_report", pk=pk)
    if not forms.is_editable(request.user, report):
        messages.error(request, _("What is handled already is not changed any more; add a note."))
        return redirect(report)
    severity = report.severity
    form = forms.ReportForm(request.POST or None, user=request.user, instance=report)
    if form.is_valid():
        if form.edited:
            said = _(", ").join(str(form.fields[name].label) for name in form.edited)
            changed = report.severity != severity
            services.change(report, actor=request.user, comment=said, severity_changed=changed)
            messages.success(request, _("The report is saved."))
        return redirect(report)
    context = {"group": report.group, "title": _("Correct the report"), "here": _("Edit"), "submit": _("Save")}
    context |= {"back": report.get_absolute_url(), "trail": [*trail(report.group)]}
    return answer(request, form, template="registry/report_edit.html", **context)


@require_http_methods(["GET", "POST"])
def step(request, pk, step):
    """One of the steps on a report's way."""
    form_class = forms.STEPS[step]
    if not request.user.has_perm(form_class.permission()):
        raise PermissionDenied
    with transaction.atomic():
        report = get_visible(request, FULL, pk=pk)
        if not request.user.has_perm(form_class.permission(), report):
            raise PermissionDenied
        form = form_class(*_sent(request), user=request.user, report=report)
        try:
            if form.is_valid():
                form.carry_out()
                messages.success(request, DONE[step])
                return redirect(report)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(report)
    if not form_class.fits(report):
        messages.info(request, _("This step is not open any more."))
        return redirect(report)
    context = {"title": form.title, "submit": form.title, "sentence": str(report), "back": report.get_absolute_url()}
    return answer(request, form, trail=trail(report.group), here=form.title, **context)
