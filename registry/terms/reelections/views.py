"""A community's re-election: looked at, prepared, handed over, carried out."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib.file_tables import Table
from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.sheets import XLSX, Unreadable
from registry.imports import outcomes
from registry.imports.findings import summed_up
from registry.models import Act, Community, Outcome, Subdistrict, Term
from registry.records import audit, undo
from registry.terms.reelections import queries, services
from registry.terms.reelections import workbook as filled
from registry.terms.reelections.forms import Draft, SeenForm, WorkbookForm, people_of
from registry.terms.reelections.queries import Plan, State


def plan_of(request, pk: int, code: str) -> Plan:
    """The plan of a community the user sees, or 404."""
    visible = Community.objects.visible_to(request.user).select_related("subdistrict", "committee")
    return queries.plan(get_object_or_404(visible, code=code), get_object_or_404(Term, pk=pk))


def address(name: str, plan: Plan) -> str:
    return reverse(name, args=[plan.term.pk, plan.community.code])


def overtaken(request, error: Overtaken, back: str):
    reason = _("%(reason)s Nothing was changed by you.") % {"reason": error}
    return render(request, "409.html", {"reason": reason, "back": back}, status=409)


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_election", raise_exception=True)
def election(request, pk, code):
    """Who stays, who goes, who is new, and what is wrong with it; a POST hands it over to the subdistrict."""
    plan = plan_of(request, pk, code)
    may_edit = request.user.has_perm("registry.change_election", plan.community)
    problems: list = []
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied
        form = SeenForm(request.POST)
        seen = form.cleaned_data["seen"] if form.is_valid() else {}
        try:
            services.hand_over(
                community=plan.community, term=plan.term, digest=seen.get(plan.community.pk, ""), actor=request.user
            )
        except Overtaken as error:
            return overtaken(request, error, address("election", plan))
        except Refused as error:
            problems = list(error.problems)
        else:
            messages.success(request, _("Handed over to %(office)s.") % {"office": plan.community.subdistrict})
            return redirect(address("election", plan))
    return render(
        request,
        "registry/election.html",
        {
            "plan": plan,
            "community": plan.community,
            "trail": [plan.community.subdistrict, plan.community],
            "form": SeenForm.of([plan]),
            "may_edit": may_edit and plan.state is not State.DONE,
            "may_close": plan.state not in (State.DONE, State.LEFT_OVER)
            and request.user.has_perm("registry.close_term", plan.community),
        },
        status=422 if problems else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_election", raise_exception=True)
def edit(request, pk, code):
    """All bodies on one page, saved together as a draft."""
    plan = plan_of(request, pk, code)
    if not request.user.has_perm("registry.change_election", plan.community):
        raise PermissionDenied
    if plan.is_done:
        return redirect(address("election", plan))
    draft = Draft(plan, request.user, request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if draft.is_valid():
            try:
                changed = services.save_draft(
                    community=plan.community,
                    term=plan.term,
                    seen=draft.form.cleaned_data["seen"],
                    first_day=draft.form.cleaned_data["first_day"],
                    basis=draft.form.cleaned_data["basis"],
                    choices=draft.choices,
                    newcomers=draft.newcomers,
                    actor=request.user,
                )
            except Overtaken:
                plan = plan_of(request, pk, code)
                if plan.is_done:
                    return redirect(address("election", plan))
                draft = Draft(plan, request.user, request.POST)
                draft.is_valid()
                draft.tell_saved()
                status = 409
            else:
                if changed:
                    messages.success(
                        request, _("Draft saved: %(counts)s.") % {"counts": in_numbers(plan_of(request, pk, code))}
                    )
                return redirect(address("election" if "look" in request.POST else "election-edit", plan))
    return render(
        request,
        "registry/election_edit.html",
        {
            "plan": plan,
            "draft": draft,
            "community": plan.community,
            "trail": [plan.community.subdistrict, plan.community],
            "people": people_of(plan.community, request.user),
        },
        status=status,
    )


@require_POST
@permission_required("registry.export_appointment", raise_exception=True)
def workbook(request, pk, code):
    """Everyone in office, as a spreadsheet to fill in. A POST, since it leaves an entry in the audit log."""
    plan = plan_of(request, pk, code)
    if not request.user.has_perm("registry.export_appointment", plan.community):
        raise PermissionDenied
    name = _("Re-election of %(community)s") % {"community": plan.community.name}
    audit.record(
        Act.EXPORT, plan.community.name, user=request.user, address=request.META["REMOTE_ADDR"], what="reelection",
        lines=len(plan.seats),
    )  # fmt: skip
    headers = {"Content-Disposition": content_disposition_header(True, f"{name}.xlsx")}
    return HttpResponse(filled.workbook(plan), content_type=XLSX.CONTENT_TYPE, headers=headers)


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_election", raise_exception=True)
def upload(request, pk, code):
    """A filled workbook becomes the draft, whole or not at all."""
    plan = plan_of(request, pk, code)
    if not request.user.has_perm("registry.change_election", plan.community):
        raise PermissionDenied
    if plan.is_done:
        return redirect(address("election", plan))
    form = WorkbookForm(request.POST or None, request.FILES or None)
    findings: list = []
    if request.method == "POST" and form.is_valid():
        try:
            table = Table.read(form.cleaned_data["file"].read(), shape=filled.SHAPE)
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            said = filled.read(table, plan, user=request.user)
            findings = said.findings
            if not said.problems:
                try:
                    services.save_draft(
                        community=plan.community,
                        term=plan.term,
                        seen=plan.election.version if plan.election else 0,
                        first_day=plan.first_day,
                        basis=plan.basis,
                        choices=said.choices,
                        newcomers=said.newcomers,
                        actor=request.user,
                    )
                except Overtaken as error:
                    return overtaken(request, error, address("election-upload", plan))
                counts = in_numbers(plan_of(request, pk, code))
                messages.success(request, _("Draft saved: %(counts)s.") % {"counts": counts})
                for line in summed_up(findings):
                    messages.info(request, line)
                return redirect(address("election", plan))
    rows = [(finding, outcomes.shown(finding.column, finding.value)) for finding in findings]
    context = {"plan": plan, "community": plan.community, "form": form, "findings": rows}
    return render(request, "registry/election_upload.html", context, status=422 if request.method == "POST" else 200)


def in_numbers(*plans: Plan) -> str:
    """12 re-elected · 3 leave · 4 newly elected."""
    counts = {name: sum(plan.counts[name] for plan in plans) for name in ("stay", "go", "new")}
    return _("%(stay)s re-elected · %(go)s leave · %(new)s newly elected") % counts


@require_http_methods(["GET", "POST"])
@permission_required("registry.close_term", raise_exception=True)
def confirm(request, pk, code):
    """One community's passage into the term, named in numbers before it is done."""
    plan = plan_of(request, pk, code)
    if not request.user.has_perm("registry.close_term", plan.community):
        raise PermissionDenied
    return _confirmed(request, [plan], address("election", plan), plan.community)


@require_http_methods(["GET", "POST"])
@permission_required("registry.close_term", raise_exception=True)
def confirm_all(request, pk, code):
    """All communities of a subdistrict that have been handed over, in one act."""
    term = get_object_or_404(Term, pk=pk)
    subdistrict = get_object_or_404(Subdistrict.objects.visible_to(request.user), code=code)
    communities = Community.objects.visible_to(request.user, "registry.close_term").filter(subdistrict=subdistrict)
    if not communities:
        raise PermissionDenied
    plans = queries.plans(communities.select_related("subdistrict", "committee"), term)
    back = reverse("term", args=[term.pk])
    if request.method == "POST":
        form = SeenForm(request.POST)
        seen = form.cleaned_data["seen"] if form.is_valid() else {}
        plans = [plan for plan in plans if plan.community.pk in seen]
    else:
        plans = [plan for plan in plans if plan.state is State.HANDED_OVER]
    if not plans:
        messages.info(request, _("No community has handed over its re-election; open one to look at it."))
        return redirect(back)
    return _confirmed(request, plans, back, subdistrict)


def _confirmed(request, plans: list[Plan], back: str, area):
    """Show what will happen to whom; on a POST do it."""
    problems = [problem for plan in plans for problem in plan.refusals]
    term = plans[0].term
    if request.method == "POST":
        form = SeenForm(request.POST)
        try:
            written = services.carry_out(
                communities=[plan.community for plan in plans],
                term=term,
                seen=form.cleaned_data["seen"] if form.is_valid() else {},
                actor=request.user,
                address=request.META["REMOTE_ADDR"],
            )
        except Overtaken as error:
            return overtaken(request, error, back)
        except Refused as error:
            problems = list(error.problems)
        else:
            text = _("Carried out: %(counts)s.") % {"counts": in_numbers(*plans)}
            if len(plans) == 1:
                undo.offer(request, text, written)
            else:
                messages.success(request, text)
            return redirect(back)
    elif any(plan.is_done for plan in plans):
        return redirect(back)
    return render(
        request,
        "registry/election_confirm.html",
        {
            "title": _("Carry out the re-election of %(area)s") % {"area": area},
            "trail": [plans[0].community.subdistrict, *([plans[0].community] if len(plans) == 1 else [])],
            "plans": plans,
            "term": term,
            "consequences": list(_consequences(plans)),
            "problems": problems,
            "warnings": [problem for plan in plans for problem in plan.warnings],
            "form": SeenForm.of(plans),
            "back": back,
            "submit": _("Carry it out"),
            "stipends": [address("election-stipends", plan) for plan in plans],
        },
        status=422 if request.method == "POST" else 200,
    )


def _consequences(plans: list[Plan]):
    yield in_numbers(*plans)
    for days in sorted({(plan.eve, plan.first_day) for plan in plans}):
        words = {"eve": days[0], "first": days[1]}
        yield _("The old offices end on %(eve)s, the new ones begin on %(first)s; service runs on unbroken.") % words
    if len(plans) == 1:
        yield from _names(plans[0])
    others = sum(plan.counts["other_office"] for plan in plans)
    if others:
        yield ngettext(
            "%(count)s of the re-elected takes another office.",
            "%(count)s of the re-elected take another office.",
            others,
        ) % {"count": others}
    added = sum(seat.member is None for plan in plans for seat in plan.seats if seat.outcome == Outcome.NEW)
    if added:
        yield ngettext(
            "%(count)s person is put on the register; phone and account are to be filled in.",
            "%(count)s people are put on the register; phones and accounts are to be filled in.",
            added,
        ) % {"count": added}
    employed = sum(plan.counts["employed"] for plan in plans)
    if employed:
        yield ngettext(
            "%(count)s of them is employed elsewhere and not paid.",
            "%(count)s of them are employed elsewhere and not paid.",
            employed,
        ) % {"count": employed}


def _names(plan: Plan):
    """Who goes and who comes: not more than a page can name."""
    for outcome, words in ((Outcome.GO, _("Leave: %(names)s")), (Outcome.NEW, _("Newly elected: %(names)s"))):
        names = [
            _("%(name)s (%(body)s, %(office)s)")
            % {"name": seat.name, "body": body.name, "office": seat.was or seat.office.label}
            for body in plan.bodies
            for seat in body.of(outcome)
        ]
        if names:
            yield words % {"names": _(", ").join(names)}
