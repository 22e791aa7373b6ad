"""Comparisons with old spreadsheets: the list, uploading a file, its differences, and deleting a comparison."""

from django.contrib.auth.decorators import permission_required
from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.sandbox import Unreadable
from jygroups.lib.yuan import YuanSum
from registry.imports.findings import Cause
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, Link, answer
from subsidies.comparison import reading, services
from subsidies.comparison.forms import ColumnsForm, CompareForm, LineFilter, RunFilter, chosen
from subsidies.comparison.tables import LineTable, RunTable
from subsidies.models import ComparisonResult, ParallelLine, ParallelRun

ADD = "subsidies/comparison/add.html"
COLUMNS = "subsidies/comparison/columns.html"


class Comparisons(ListPage):
    permission_required = services.PERMISSION
    model = ParallelRun
    table_class = RunTable
    filterset_class = RunFilter
    links = (Link("parallel-add", gettext_lazy("Compare an old spreadsheet")),)
    title = gettext_lazy("Comparisons with old spreadsheets")
    empty = gettext_lazy(
        "No old spreadsheet has been compared yet. Load one of a month: each person it pays otherwise is shown, "
        "with why."
    )
    chosen = ("area", "name", "compared", "agreeing", "old", "ours", "difference", "uploaded_by", "created_at")

    def get_queryset(self):
        return super().get_queryset().select_related("subdistrict", "uploaded_by").defer("content")


class Comparison(ListPage):
    """One run: its totals, the sum of each kind, and its lines."""

    permission_required = services.PERMISSION
    model = ParallelLine
    table_class = LineTable
    filterset_class = LineFilter
    template_name = "subsidies/comparison/comparison.html"
    chosen = ("number", "community", "kind", "old", "ours", "difference", "detail")

    @cached_property
    def run(self) -> ParallelRun:
        runs = ParallelRun.objects.visible_to(self.request.user).select_related("subdistrict", "uploaded_by")
        runs = runs.defer("content").annotate(has_file=ExpressionWrapper(~Q(content=b""), BooleanField()))
        return get_object_or_404(runs, pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return _("Comparison %(month)s %(area)s") % {"month": f"{self.run.month:%Y-%m}", "area": self.run.area}

    def get(self, request, *args, **kwargs):
        if not self.run.is_compared and request.user.has_perm(services.PERMISSION, self.run):
            return redirect("parallel-columns", self.run.pk)
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        rows = super().get_queryset().filter(run=self.run).select_related("community", "member")
        return rows.order_by(F("number").asc(nulls_last=True), "sheet", "community__code", "pk")

    def get_context_data(self, **kwargs):
        lines = ParallelLine.objects.filter(run=self.run).order_by()
        rows = lines.values_list("kind").annotate(Count("pk"), YuanSum("old"), YuanSum("ours"), YuanSum("difference"))
        found = {kind: values for kind, *values in rows}
        kinds = [(kind, *found[kind]) for kind in ComparisonResult if kind in found]
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "kinds": kinds,
            "asked_kind": self.request.GET.get("kind", ""),
            "differing": sum(count for kind, count, *_yuan in kinds if kind != ComparisonResult.AGREES),
            "skipped": services.in_words(self.run.skipped, reading.SKIPPED_WORDS),
            "causes": [*map(Cause.of, self.run.skipped.get(services.REFUSED, []))],
            "hidden": services.in_words(self.run.skipped, reading.HIDDEN_WORDS),
            "may_act": self.request.user.has_perm(services.PERMISSION, self.run),
        }


@require_http_methods(["GET", "POST"])
@permission_required(services.PERMISSION, raise_exception=True)
def add(request):
    if request.method == "GET":
        return answer(request, CompareForm(user=request.user), template=ADD)
    form = CompareForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = services.compare(
                month=form.cleaned_data["month"],
                subdistrict=form.cleaned_data["subdistrict"],
                name=file.name,
                content=form.content(),
                actor=request.user,
            )
        except Unreadable as error:
            form.refuse_file(error)
        except Refused as refusal:
            form.add_error("month", str(refusal))
        else:
            return redirect(run if run.is_compared else reverse("parallel-columns", args=[run.pk]))
    return answer(request, form, template=ADD)


@require_http_methods(["GET", "POST"])
@permission_required(services.PERMISSION, raise_exception=True)
def columns(request, pk):
    """Choose the sheet, the row of titles and the columns; «show» lists the columns of another row or sheet."""
    run = get_object_or_404(ParallelRun.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm(services.PERMISSION, run) or not run.content:
        raise Http404
    if "show" in request.POST:
        return answer(request, ColumnsForm(run=run, choice=chosen(request.POST)), template=COLUMNS, run=run)
    form = ColumnsForm(request.POST or None, run=run)
    if form.is_valid():
        try:
            services.choose(run, form.choice)
        except Unreadable as error:
            form.add_error(None, str(error))
        except reading.Unclear as unclear:
            form.refuse(unclear.questions)
        else:
            return redirect(run)
    return answer(request, form, template=COLUMNS, run=run)


class RemoveComparison(ConfirmPage):
    permission_required = services.PERMISSION
    records = ParallelRun.objects
    locks = False
    title = gettext_lazy("Delete the comparison")
    submit = gettext_lazy("Delete")
    done = gettext_lazy("The comparison with %(record)s is deleted.")
    to = "parallel-runs"

    def consequences(self):
        return [
            _("The comparison with %(file)s and its %(count)s lines are deleted and cannot be brought back.")
            % {"file": self.record.name, "count": self.record.lines.count()},
            _("Nothing of the register and of the months' sheets changes; the file can be compared again."),
        ]

    def get_context(self):
        return super().get_context() | {"trail": [self.record]}

    def act(self, form):
        services.remove(self.record, actor=self.actor)
