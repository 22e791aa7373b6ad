"""评议: rounds, the matrix in which points are given, results and notices 〔五(二)〕."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Avg, Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import get_permitted, get_visible
from registry.models import (
    Evaluation,
    EvaluationRound,
    Grade,
    ProvisionKey,
    RoundState,
    RoundStep,
    Subjects,
    User,
)
from registry.provisions import queries as provisions
from registry.records.filters import AreaFilters, Choice, GroupChoice, OrganisedFilters
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, EditPage, FormPage, Link
from registry.work.evaluations import services
from registry.work.evaluations.forms import EvaluationForm, OpenForm, RoundForm
from registry.work.evaluations.tables import ResultTable, RoundTable

ORGANISERS = ("subdistrict", "committee__community")
ROUNDS = EvaluationRound.objects.select_related(*ORGANISERS, "closed_by")
CHANGE = "registry.change_evaluationround"


def lines(user: User, rounds=None):
    """The lines the user sees, with all that a page shows of them; encrypted numbers stay closed."""
    rows = Evaluation.objects.visible_to(user).select_related("committee__community", "group", "member")
    rows = rows.defer("member__id_number", "member__phone", "member__account")
    return rows.filter(round=rounds) if rounds else rows


class RoundFilters(OrganisedFilters):
    subjects = Choice(choices=Subjects.choices, label=gettext_lazy("Who is evaluated"))
    state = Choice(choices=RoundState.choices, label=gettext_lazy("State"))

    class Meta:
        model = EvaluationRound
        fields: list[str] = []

    def narrowed(self, queryset):
        chosen = {name: self.asked[name] for name in ("subjects", "state") if name in self.asked}
        return queryset.filter(**chosen)


class Rounds(ListPage):
    permission_required = "registry.view_evaluationround"
    model = EvaluationRound
    table_class = RoundTable
    filterset_class = RoundFilters
    template_name = "registry/work/evaluations.html"
    links = (
        Link("evaluation-results", gettext_lazy("Results"), is_main=False),
        Link("evaluation-add", gettext_lazy("Open a round"), "registry.add_evaluationround"),
    )
    title = gettext_lazy("Evaluations")
    empty = gettext_lazy("No round of evaluation was opened yet.")

    def get_queryset(self):
        of_round = Q(evaluations__in=Evaluation.objects.visible_to(self.request.user))
        return (
            super()
            .get_queryset()
            .select_related(*ORGANISERS)
            .annotate(
                people=Count("evaluations", filter=of_round),
                done=Count(
                    "evaluations",
                    filter=of_round & (Q(evaluations__total__isnull=False) | Q(evaluations__left_out=True)),
                ),
                average=Avg("evaluations__total", filter=of_round),
            )
            .order_by("-last_day", "-pk")
        )


class ResultFilters(AreaFilters):
    area_path = "committee__community"
    round = django_filters.ModelChoiceFilter(
        queryset=lambda request: EvaluationRound.objects.visible_to(request.user),
        empty_label=gettext_lazy("all"), label=gettext_lazy("Round"),
    )  # fmt: skip
    group = GroupChoice()
    grade = Choice(choices=Grade.choices, label=gettext_lazy("Grade"))

    class Meta:
        model = Evaluation
        fields: list[str] = []

    def narrowed(self, queryset):
        return queryset.filter(**{name: self.asked[name] for name in ("round", "group", "grade") if name in self.asked})


class Results(ListPage):
    """What came of closed rounds."""

    permission_required = "registry.view_evaluation"
    model = Evaluation
    table_class = ResultTable
    filterset_class = ResultFilters
    title = gettext_lazy("Results of evaluations")
    empty = gettext_lazy("No round of evaluation is closed yet.")
    chosen = ("round", "organiser", "total", "grade", "remarks")
    first_filters = ("round", "subdistrict", "community", "group", "grade")

    def get_queryset(self):
        rows = lines(self.request.user).filter(round__state=RoundState.CLOSED, left_out=False)
        rows = rows.select_related(
            "committee__community", "group", "member", *(f"round__{each}" for each in ORGANISERS)
        )
        return rows.order_by("-round__last_day", "-round", "-total", "pk")


class OpenRound(FormPage):
    permission_required = "registry.add_evaluationround"
    form_class = OpenForm
    template_name = "registry/work/evaluation_edit.html"
    title = gettext_lazy("Open a round of evaluation")
    submit = gettext_lazy("Open the round")
    done = gettext_lazy("%(record)s is opened; give the points here.")
    back = "evaluations"

    def get_form_kwargs(self):
        return {"user": self.actor}

    def act(self, form):
        services.open_round(round=form.save(commit=False), actor=self.actor)
        return form.instance


NO_POINTS = gettext_lazy("Points are no longer given in this round; take it back first.")


class EditRound(EditPage):
    permission_required = CHANGE
    records = ROUNDS
    form_class = RoundForm
    template_name = "registry/work/evaluation_edit.html"
    title = gettext_lazy("Change the round")
    done = gettext_lazy("%(record)s is changed.")

    def refusal(self):
        return "" if self.record.is_open else str(NO_POINTS)

    def act(self, form):
        services.change(round=form.save(commit=False), actor=self.actor)


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_evaluationround", raise_exception=True)
@transaction.atomic
def round(request, pk):
    """The matrix to the user who gives the points, the results to all others; a POST gives points."""
    found = get_visible(request, ROUNDS, pk=pk)
    may_edit = request.user.has_perm(CHANGE, found)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    rows = list(lines(request.user, found).in_order())
    for row in rows:
        row.round = found
    context = {"round": found, "may_edit": may_edit, "rows": rows, **_figures(rows)}
    if not (may_edit and found.is_open):
        if request.method == "POST":
            messages.error(request, str(NO_POINTS))
            return redirect(found)
        ranked = sorted(rows, key=lambda row: (row.total is None, -(row.total or 0)))
        points = [(row, [row.scores.get(name) for name, _weight in found.criteria]) for row in ranked]
        return render(request, "registry/work/evaluation_round.html", context | {"points": points})
    forms = [EvaluationForm(request.POST or None, instance=row) for row in rows]
    wrong = [form for form in forms if form.errors]  # of all lines: each error is shown
    if request.method == "POST" and not wrong:
        changed = [form.instance for form in forms if form.edited]
        services.give(round=found, rows=changed, actor=request.user)
        words = ngettext("Saved: %(count)s line changed.", "Saved: %(count)s lines changed.", len(changed))
        messages.success(request, words % {"count": len(changed)})
        return redirect(found)
    status = 409 if any(form.is_conflict for form in wrong) else 422 if wrong else 200
    return render(
        request, "registry/work/evaluation_matrix.html", context | {"forms": forms, "wrong": wrong}, status=status
    )


def _figures(rows: list[Evaluation]) -> dict:
    totals = [row.total for row in rows if row.total is not None]
    counts = Counter(row.grade for row in rows)
    return {
        "done": sum(row.is_done for row in rows),
        "average": f"{sum(totals) / len(totals):.1f}" if totals else None,
        "left_out": sum(row.left_out for row in rows),
        "grades": [(grade, counts[grade]) for grade in Grade],
    }


@require_POST
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def act(request, pk, act):
    """Report that all points are given, or go back to giving them."""
    found = get_permitted(request, ROUNDS, CHANGE, pk=pk)
    try:
        services.take(RoundStep(act), round=found, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(what)s: %(of)s") % {"what": found, "of": found.get_state_display()})
    return redirect(found)


class CloseRound(ConfirmPage):
    permission_required = CHANGE
    records = ROUNDS
    title = gettext_lazy("Close the round: %(record)s")
    submit = gettext_lazy("Close the round")
    done = gettext_lazy("%(record)s: done.")

    def consequences(self):
        grades = _figures(list(self.record.evaluations.all()))["grades"]
        counts = _(", ").join(f"{grade.label} {count}" for grade, count in grades)
        return [
            _("The results become final (%(counts)s), and those evaluated see them and their notices.")
            % {"counts": counts},
            _("Points can no longer be changed after that. No stipend changes."),
        ]

    def act(self, form):
        services.take(RoundStep.CLOSE, round=self.record, actor=self.actor)


class RemoveRound(ConfirmPage):
    permission_required = CHANGE
    records = ROUNDS
    title = gettext_lazy("Delete the round: %(record)s")
    submit = gettext_lazy("Delete the round")
    done = gettext_lazy("%(record)s: done.")
    to = "evaluations"

    def consequences(self):
        lines = self.record.evaluations.all()
        return [
            _("The round goes, with its %(count)s lines; points were given in %(given)s of them.")
            % {"count": len(lines), "given": sum(bool(row.scores) for row in lines)},
            _("What was done to it stays in the history of the records."),
        ]

    def act(self, form):
        services.remove(round=self.record, actor=self.actor)


class NoticesPage(DetailPage):
    """The notices of a closed round, each on a page of its own."""

    permission_required = "registry.view_evaluation"
    records: Any = ROUNDS
    template_name = "registry/work/evaluation_notices.html"
    name = "round"

    def rows(self) -> Iterable[Evaluation]:
        rows = lines(self.actor, self.record).filter(left_out=False)
        return rows.in_order() if self.record.is_closed else []

    def get_context(self):
        found = self.record
        day = timezone.localdate(found.closed_at) if found.closed_at else clock.today()
        return {
            "notices": [
                {"row": row, "points": [(name, weight, row.scores.get(name)) for name, weight in found.criteria]}
                for row in self.rows()
            ],
            "basis": provisions.on(day).text(ProvisionKey.EVALUATION_BASIS),
        }


class NoticePage(NoticesPage):
    def get_record(self):
        rows = lines(self.actor).filter(round__state=RoundState.CLOSED, left_out=False)
        rows = rows.select_related("round__closed_by", *(f"round__{each}" for each in ORGANISERS))
        self.row = get_object_or_404(rows, **self.kwargs)
        return self.row.round

    def rows(self):
        return [self.row]
