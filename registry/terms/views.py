"""Terms: the list of them, and how far the communities are with the re-election into each."""

from collections import defaultdict
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from registry.models import Community, Subdistrict, Term
from registry.records.pages import EditPage
from registry.terms.forms import TermForm, last_day_of, years_from
from registry.terms.reelections import queries as elections
from registry.terms.reelections.queries import DAY, State


@require_safe
@permission_required("registry.view_term", raise_exception=True)
def terms(request):
    today = clock.today()
    communities = list(Community.objects.visible_to(request.user).select_related("subdistrict", "committee"))
    rows = []
    for term in Term.objects.order_by("-first_day"):
        over = term.last_day < today
        plans = [] if over else elections.plans(communities, term)
        running = term.first_day <= today <= term.last_day
        rows.append({"term": term, "over": over, "running": running, "progress": _by_subdistrict(plans)})
    return render(request, "registry/terms/terms.html", {"rows": rows, "years": years_from(today)})


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
    editable = request.user.community_keys("registry.change_election")
    closes = request.user.community_keys("registry.close_term")
    found: dict[Subdistrict, list] = defaultdict(list)
    for plan in elections.plans(communities, term):
        found[plan.community.subdistrict].append(
            {"plan": plan, "may_edit": plan.community.pk in editable and plan.open_bodies,
             "problems": len(plan.refusals), "warnings": len(plan.warnings)}
        )  # fmt: skip
    return render(
        request,
        "registry/terms/term.html",
        {
            "term": term,
            "over": term.last_day < clock.today(),
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


class TermPage(EditPage):
    form_class = TermForm
    back = to = "terms"

    def words(self) -> dict[str, Any]:
        return {"term": self.record}


class AddTerm(TermPage):
    permission_required = "registry.add_term"
    title = gettext_lazy("Add a term")
    sentence = gettext_lazy(
        "A new term lets the subdistricts prepare the re-election of all committees and groups into it."
    )
    reason = gettext_lazy("Term made")
    done = gettext_lazy("%(term)s is made.")

    def get_record(self):
        """The term after the last one."""
        if (last := Term.objects.order_by("-last_day").first()) is None:
            return Term()
        first_day = last.last_day + DAY
        return Term(ordinal=last.ordinal + 1, first_day=first_day, last_day=last_day_of(first_day))  # type: ignore[misc]


class EditTerm(TermPage):
    permission_required = "registry.change_term"
    records = Term.objects
    title = gettext_lazy("Change the term")
    sentence = gettext_lazy(
        "To this term belong %(offices)s offices, %(done)s re-elections carried out and %(drafts)s in preparation. "
        "Which offices are past their term follows from its days; service and stipends do not change with them."
    )
    reason = gettext_lazy("Term changed")
    done = gettext_lazy("%(term)s is changed.")

    def words(self):
        term = self.record
        return {
            "term": term,
            "offices": term.appointments.count(),
            "drafts": term.elections.filter(carried_out_at=None).count(),
            "done": term.elections.exclude(carried_out_at=None).count(),
        }
