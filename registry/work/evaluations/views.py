"""评议: rounds, the matrix in which points are given, results and notices 〔五(二)〕."""

from collections import Counter
from functools import partial

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Avg, Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib.refusals import Refused
from registry.access.shortcuts import get_permitted, get_visible
from registry.models import Evaluation, EvaluationRound, Grade, RoundState, RoundStep, Subjects, User
from registry.people.registers.filters import AreaFilters, Choice, GroupChoice, OrganisedFilters
from registry.records.pages import ListPage, answer
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
    template_name = "registry/evaluations.html"
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


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_evaluationround", raise_exception=True)
def add(request):
    form = OpenForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        round = form.save(commit=False)
        try:
            services.open_round(round=round, actor=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("%(round)s is opened; give the points here.") % {"round": round})
            return redirect(round)
    return answer(
        request, form, template="registry/evaluation_edit.html", title=_("Open a round of evaluation"),
        back=reverse("evaluations"), submit=_("Open the round"),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk):
    round = get_permitted(request, ROUNDS, CHANGE, pk=pk)
    if not round.is_open:
        messages.error(request, _("Points are no longer given in this round; take it back first."))
        return redirect(round)
    form = RoundForm(request.POST or None, instance=round)
    if request.method == "POST" and form.is_valid():
        if not form.edited:
            return redirect(round)
        try:
            services.change(round=form.save(commit=False), actor=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("%(round)s is changed.") % {"round": round})
            return redirect(round)
    return answer(
        request, form, template="registry/evaluation_edit.html", title=_("Change the round"), round=round,
        back=round.get_absolute_url(),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_evaluationround", raise_exception=True)
@transaction.atomic
def round(request, pk):
    """The matrix to the user who gives the points, the results to all others; a POST gives points."""
    found = get_visible(request, ROUNDS, pk=pk)
    keeps = request.user.has_perm(CHANGE, found)
    if request.method == "POST" and not keeps:
        raise PermissionDenied
    rows = list(lines(request.user, found).in_order())
    for row in rows:
        row.round = found
    context = {"round": found, "keeps": keeps, "rows": rows, **_figures(rows)}
    if not (keeps and found.is_open):
        if request.method == "POST":
            messages.error(request, _("Points are no longer given in this round; take it back first."))
            return redirect(found)
        ranked = sorted(rows, key=lambda row: (row.total is None, -(row.total or 0)))
        points = [(row, [row.scores.get(name) for name, _weight in found.criteria]) for row in ranked]
        return render(request, "registry/evaluation_round.html", context | {"points": points})
    forms = [EvaluationForm(request.POST or None, instance=row) for row in rows]
    wrong = [form for form in forms if form.errors]  # of all lines: each error is shown
    if request.method == "POST" and not wrong:
        changed = [form.instance for form in forms if form.edited]
        services.give(round=found, rows=changed, actor=request.user)
        words = ngettext("Saved: %(count)s line changed.", "Saved: %(count)s lines changed.", len(changed))
        messages.success(request, words % {"count": len(changed)})
        return redirect(found)
    status = 409 if any(form.is_conflict for form in wrong) else 422 if wrong else 200
    return render(request, "registry/evaluation_matrix.html", context | {"forms": forms, "wrong": wrong}, status=status)


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
    """Say that all points are given, or take that back."""
    found = get_permitted(request, ROUNDS, CHANGE, pk=pk)
    try:
        services.take(RoundStep(act), round=found, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(what)s: %(of)s") % {"what": found, "of": found.get_state_display()})
    return redirect(found)


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def close(request, pk):
    found = get_permitted(request, ROUNDS, CHANGE, pk=pk)
    figures = _figures(list(found.evaluations.all()))
    counts = _(", ").join(f"{grade.label} {count}" for grade, count in figures["grades"])
    consequences = [
        _("The results become final (%(counts)s), and those evaluated see them and their notices.")
        % {"counts": counts},
        _("Points can no longer be changed after that. No stipend changes."),
    ]
    return _confirmed(request, found, partial(services.take, RoundStep.CLOSE), _("Close the round"), consequences)


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def remove(request, pk):
    found = get_permitted(request, ROUNDS, CHANGE, pk=pk)
    given = sum(bool(row.scores) for row in found.evaluations.all())
    consequences = [
        _("The round goes, with its %(count)s lines; points were given in %(given)s of them.")
        % {"count": found.evaluations.count(), "given": given},
        _("What was done to it stays in the history of the records."),
    ]
    return _confirmed(request, found, services.remove, _("Take the round away"), consequences, home="evaluations")


def _confirmed(request, found, service, title: str, consequences: list[str], home: str = ""):
    if request.method == "POST":
        name = str(found)
        try:
            service(round=found, actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("evaluations" if found.pk is None else found)
        messages.success(request, _("%(round)s: done.") % {"round": name})
        return redirect(home or found)
    return render(
        request,
        "components/confirm.html",
        {
            "title": _("%(what)s: %(of)s") % {"what": title, "of": found},
            "consequences": consequences,
            "submit": title,
            "back": found.get_absolute_url(),
        },
    )


@require_safe
@permission_required("registry.view_evaluation", raise_exception=True)
def notices(request, pk):
    """The notices of a closed round, each on a page of its own."""
    found = get_visible(request, ROUNDS, pk=pk)
    rows = lines(request.user, found).filter(left_out=False) if found.is_closed else Evaluation.objects.none()
    return _notices(request, found, list(rows.in_order()))


@require_safe
@permission_required("registry.view_evaluation", raise_exception=True)
def notice(request, pk):
    rows = lines(request.user).filter(round__state=RoundState.CLOSED, left_out=False)
    row = get_object_or_404(rows.select_related("round__closed_by", *(f"round__{each}" for each in ORGANISERS)), pk=pk)
    return _notices(request, row.round, [row])


def _notices(request, found: EvaluationRound, rows: list[Evaluation]):
    notices = [
        {"row": row, "points": [(name, weight, row.scores.get(name)) for name, weight in found.criteria]}
        for row in rows
    ]
    return render(request, "registry/evaluation_notices.html", {"round": found, "notices": notices})
