"""Terms: the list of them, and how far the communities are with the re-election into each."""

from collections import defaultdict

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registry.models import Community, Subdistrict, Term
from registry.records import versions
from registry.terms.forms import TermForm, last_day_of, years_from
from registry.terms.reelections import queries as elections
from registry.terms.reelections.queries import DAY, State


@require_safe
@permission_required("registry.view_term", raise_exception=True)
def terms(request):
    today = timezone.localdate()
    communities = list(Community.objects.visible_to(request.user).select_related("subdistrict", "committee"))
    rows = []
    for term in Term.objects.order_by("-first_day"):
        over = term.last_day < today
        plans = [] if over else elections.plans(communities, term)
        rows.append({"term": term, "over": over, "running": term.first_day <= today <= term.last_day,
                     "progress": _by_subdistrict(plans)})  # fmt: skip
    return render(
        request,
        "registry/terms.html",
        {"rows": rows, "years": years_from(today)},
    )


def _by_subdistrict(plans) -> list[dict]:
    """How many communities of each subdistrict are through, and how many bodies still have old offices."""
    found: dict[Subdistrict, list] = defaultdict(list)
    for plan in plans:
        found[plan.community.subdistrict].append(plan)
    return [
        {
            "subdistrict": subdistrict,
            "communities": len(of_it),
            "done": sum(plan.state is State.DONE for plan in of_it),
            "handed_over": sum(plan.state is State.HANDED_OVER for plan in of_it),
            "done_bodies": sum(len(plan.bodies) - plan.open_bodies for plan in of_it),
            "open_bodies": sum(plan.open_bodies for plan in of_it),
        }
        for subdistrict, of_it in found.items()
    ]


@require_safe
@permission_required("registry.view_term", raise_exception=True)
def term(request, pk):
    """How far each community is with its passage into the term."""
    term = get_object_or_404(Term, pk=pk)
    communities = Community.objects.visible_to(request.user).select_related("subdistrict", "committee")
    keeps = set(Community.objects.visible_to(request.user, "registry.change_election").values_list("pk", flat=True))
    closes = set(Community.objects.visible_to(request.user, "registry.close_term").values_list("pk", flat=True))
    found: dict[Subdistrict, list] = defaultdict(list)
    for plan in elections.plans(communities, term):
        found[plan.community.subdistrict].append(
            {"plan": plan, "may_edit": plan.community.pk in keeps and plan.open_bodies, "problems": len(plan.refusals),
             "warnings": len(plan.warnings)}
        )  # fmt: skip
    return render(
        request,
        "registry/term.html",
        {
            "term": term,
            "over": term.last_day < timezone.localdate(),
            "blocks": [
                {
                    "subdistrict": subdistrict,
                    "rows": rows,
                    "total": _total(rows),
                    "open_bodies": sum(row["plan"].open_bodies for row in rows),
                    "done": sum(row["plan"].state is State.DONE for row in rows),
                    "ready": sum(
                        row["plan"].state is State.HANDED_OVER and row["plan"].community.pk in closes for row in rows
                    ),
                }
                for subdistrict, rows in found.items()
            ],
        },
    )


def _total(rows: list[dict]) -> dict[str, int]:
    counts = [row["plan"].counts for row in rows if row["plan"].election]
    return {name: sum(each[name] for each in counts) for name in ("stay", "go", "new")}


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_term", raise_exception=True)
def add(request):
    last = Term.objects.order_by("-last_day").first()
    proposed = {}
    if last:
        first_day = last.last_day + DAY
        proposed = {"ordinal": last.ordinal + 1, "first_day": first_day, "last_day": last_day_of(first_day)}
    form = TermForm(request.POST or None, initial=proposed)
    if request.method == "POST" and form.is_valid():
        versions.save(form.save(commit=False), actor=request.user, reason=_("Term made"))
        messages.success(request, _("%(term)s is made.") % {"term": form.instance})
        return redirect("terms")
    sentence = _("A new term lets the subdistricts prepare the re-election of all committees and groups into it.")
    return _form(request, form, _("Add a term"), sentence)


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_term", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    term = get_object_or_404(Term.objects.select_for_update(), pk=pk)
    form = TermForm(request.POST or None, instance=term)
    if request.method == "POST" and form.is_valid():
        if form.edited:
            versions.save(form.save(commit=False), actor=request.user, reason=_("Term changed"))
            messages.success(request, _("%(term)s is changed.") % {"term": term})
        return redirect("terms")
    counts = {
        "offices": term.appointments.count(),
        "drafts": term.elections.filter(carried_out_at=None).count(),
        "done": term.elections.exclude(carried_out_at=None).count(),
    }
    sentence = _(
        "To this term belong %(offices)s offices, %(done)s re-elections carried out and %(drafts)s in preparation. "
        "Which offices are past their term follows from its days; service and stipends do not change with them."
    )
    return _form(request, form, _("Change the term"), sentence % counts)


def _form(request, form, title: str, sentence: str):
    context = {"form": form, "title": title, "sentence": sentence, "back": reverse("terms")}
    return render(request, "components/edit.html", context, status=422 if form.errors else 200)
