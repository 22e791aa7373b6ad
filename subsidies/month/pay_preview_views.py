"""Previews beside a roster: today's stipends, and the effect of a change before it is saved."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import (
    Appointment,
    Community,
    GroupPlan,
    Member,
    PlanState,
    ResidentsCommittee,
    ResidentsGroup,
    Term,
)
from registry.people.offices.forms import ACTS
from registry.plans import application, drafts
from registry.terms.reelections import queries as elections
from registry.terms.reelections.queries import State
from subsidies import engine, facts
from subsidies.explanations import decisions as explanations
from subsidies.month import pay_preview


@require_POST
@permission_required("subsidies.view_sheet", raise_exception=True)
def preview(request, act, pk):
    """The effect on stipends of an act as filled in so far; empty while the form has errors."""
    if act not in ACTS:
        raise Http404
    form_class = ACTS[act]
    if not request.user.has_perm(form_class.permission):
        raise PermissionDenied
    target = get_object_or_404(form_class.targets(request.user), pk=pk)
    if not request.user.has_perm(form_class.permission, form_class.permission_on(target)):
        raise PermissionDenied
    form = form_class(request.POST, user=request.user, target=target)
    proposal = form.foreseen()
    if proposal is None:
        return HttpResponse()
    found = list(pay_preview.of_proposal(proposal.rows, user=request.user, today=clock.today()))
    return render(request, "subsidies/month/pay_preview.html", {"effects": found})


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def of_group(request, pk):
    group = get_object_or_404(ResidentsGroup.objects.visible_to(request.user), pk=pk)
    return _of_body(request, group=group)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def of_committee(request, pk):
    committee = get_object_or_404(ResidentsCommittee.objects.visible_to(request.user), pk=pk)
    return _of_body(request, committee=committee, group=None)


def _of_body(request, **body):
    """The full years and amount of each row of a roster."""
    today = clock.today()
    offices = Appointment.objects.visible_to(request.user).filter(**body).exclude(last_day__lt=today)
    members = dict(offices.values_list("pk", "member"))
    people = facts.people(members.values())
    rules, codes = pay_preview.Rules(), pay_preview.visible_codes(request.user)
    rows = [
        (office, member, pay_preview.of_month(people[member], rules, codes, Month.of(today)))
        for office, member in members.items()
    ]
    return render(request, "subsidies/month/roster_stipends.html", {"rows": rows})


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def why(request, pk):
    """Explain the amount by today's register: this month's, or next month's if the office begins then."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("community"), pk=pk)
    person, rules = facts.person(member), pay_preview.Rules()
    codes, now = pay_preview.visible_codes(request.user), Month.of(clock.today())
    decisions = [decision for month in (now, now.next) if (decision := rules.decide(person.life, month))]
    in_office = [each for each in decisions if each.outcome is not engine.Outcome.NOT_IN_OFFICE]
    decision = (in_office or decisions or [None])[0]  # type: ignore[list-item]
    is_visible = decision is not None and pay_preview.is_visible(decision, codes)
    context = {
        "member": member,
        "month": Month.of(decision.month) if decision else now,
        "explanation": explanations.by_register(member, decision, person.bodies(), rules)
        if decision and is_visible
        else None,
    }
    template = "subsidies/month/why.html" if request.htmx else "subsidies/month/why_page.html"
    return render(request, template, context)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def of_reelection(request, pk, code):
    """The effect of a community's re-election on the next month's total."""
    if not request.user.has_perm("registry.view_election"):
        raise PermissionDenied
    visible = Community.objects.visible_to(request.user).select_related("subdistrict", "committee")
    plan = elections.plan(get_object_or_404(visible, code=code), get_object_or_404(Term, pk=pk))
    if plan.state in (State.DONE, State.NOBODY):
        return HttpResponse()
    total = pay_preview.of_reelection(plan, user=request.user, today=clock.today())
    return render(request, "subsidies/month/election_stipends.html", {"plan": plan, "total": total})


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def of_plan(request, pk):
    """The effect of an adjustment plan on each person whose group or office it changes; empty once in force."""
    if not request.user.has_perm("registry.view_groupplan"):
        raise PermissionDenied
    plan = get_object_or_404(GroupPlan.objects.visible_to(request.user).select_related("community__committee"), pk=pk)
    if plan.state == PlanState.APPLIED:
        return HttpResponse()
    rows = application.foreseen_offices(drafts.draft_of(plan))
    found = list(pay_preview.of_proposal(rows, user=request.user, today=clock.today()))
    return render(request, "subsidies/month/plan_stipends.html", {"effects": found})
