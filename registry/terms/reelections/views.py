"""A community's re-election: shown, prepared, handed over, carried out."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.shortcuts import get_visible
from jygroups.lib.spreadsheets.file_tables import FileTable
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.access.passwords.views import hand_out
from registry.imports import outcomes
from registry.imports.accounts import Account
from registry.imports.findings import Finding, causes
from registry.models import Act, Community, Outcome, Subdistrict, Term
from registry.records import audit, undo
from registry.records.pages import ConfirmPage, FormPage
from registry.terms.reelections import queries, services
from registry.terms.reelections import workbook as filled
from registry.terms.reelections.forms import CarryOutForm, DigestsForm, Draft, WorkbookForm, people_of, shown_digests
from registry.terms.reelections.queries import Plan, State


def plan_of(request, pk: int, code: str, permission: str = "") -> Plan:
    """The plan of a community the user sees, or 404; 403 where no post gives the permission there."""
    communities = Community.objects.select_related("subdistrict", "committee")
    community = get_visible(request, communities, lock=False, code=code)
    if permission and not request.user.has_perm(permission, community):
        raise PermissionDenied
    return queries.plan(community, get_object_or_404(Term, pk=pk))


class PlanPage(FormPage):
    """A form about a community's re-election."""

    locks = False  # the service locks, after the writers' lock

    def get_record(self):
        permission = "" if self.permission_required == "registry.view_election" else self.permission_required
        return plan_of(self.request, **self.kwargs, permission=permission)

    def trail(self):
        return self.record.community.trail

    def get_context(self):
        return {"plan": self.record, "community": self.record.community}


class ElectionPage(PlanPage):
    """Who stays, who goes, who is new, and the errors; a POST hands it over to the subdistrict."""

    permission_required = "registry.view_election"
    form_class = DigestsForm
    template_name = "registry/terms/election.html"
    done = gettext_lazy("Handed over to %(office)s.")

    def words(self):
        return {"office": self.record.community.subdistrict}

    def get_form_kwargs(self):
        return {"initial": shown_digests([self.record])}

    def get_context(self):
        plan, state = self.record, self.record.state
        may_close = self.actor.has_perm("registry.close_term", plan.community)
        return super().get_context() | {
            "may_edit": self.may_edit and state is not State.DONE,
            "may_close": may_close and state not in (State.DONE, State.LEFT_OVER),
        }

    @property
    def may_edit(self) -> bool:
        return self.actor.has_perm("registry.change_election", self.record.community)

    def post(self, request, **kwargs):
        if not self.may_edit:
            raise PermissionDenied
        return super().post(request, **kwargs)

    def act(self, form):
        plan = self.record
        digest = form.cleaned_data["seen"].get(plan.community.pk, "")
        services.hand_over(community=plan.community, term=plan.term, digest=digest, actor=self.actor)

    def refuse(self, form, refusal):
        return self.show(form, status=422)


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_election", raise_exception=True)
def edit(request, pk, code):
    """All bodies on one page, saved together as a draft."""
    plan = plan_of(request, pk, code, "registry.change_election")
    if plan.is_done:
        return redirect(plan)
    draft = Draft(plan, request.user, request.POST if request.method == "POST" else None)
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
                    return redirect(plan)
                draft = Draft(plan, request.user, request.POST)
                draft.is_valid()
                draft.show_saved()
                status = 409
            else:
                if changed:
                    counts = in_numbers(plan_of(request, pk, code))
                    messages.success(request, _("Draft saved: %(counts)s.") % {"counts": counts})
                return redirect(plan if "look" in request.POST else request.path)
    return render(
        request,
        "registry/terms/election_edit.html",
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
    plan = plan_of(request, pk, code, "registry.export_appointment")
    subject, lines = plan.community.name, len(plan.seats)
    name = _("Re-election of %(community)s") % {"community": subject} + ".xlsx"

    def make(purpose: str) -> bytes:
        details = {"what": "reelection", "lines": lines, "purpose": purpose}
        audit.record(Act.EXPORT, subject, user=request.user, **details)
        return filled.workbook(plan)

    return hand_out(request, name, make, back=plan.get_absolute_url())


class UploadWorkbook(PlanPage):
    """A filled workbook becomes the draft, whole or not at all."""

    permission_required = "registry.change_election"
    form_class = WorkbookForm
    template_name = "registry/terms/election_upload.html"
    findings: Sequence[Finding] = ()
    account: Account | None = None

    def refusal(self):
        return services.already(self.record.election) if self.record.is_done else ""

    def act(self, form):
        plan = self.record
        try:
            table = form.decide(FileTable.read(form.content(), shape=filled.SHAPE))
        except Unreadable as error:
            form.refuse_file(error)
            return self.show(form)
        result = filled.read(table, plan, user=self.actor)
        self.findings, self.account = result.findings, result.account
        if result.problems:
            form.ask_about(table.struck_rows)
            raise Refused
        services.save_draft(
            community=plan.community, term=plan.term, seen=plan.election.version if plan.election else 0,
            first_day=plan.first_day, basis=plan.basis, choices=result.choices, newcomers=result.newcomers,
            actor=self.actor,
        )  # fmt: skip
        counts = in_numbers(plan_of(self.request, **self.kwargs))
        messages.success(self.request, _("Draft saved: %(counts)s.") % {"counts": counts})
        messages.info(self.request, str(result.account))
        for cause in causes(result.findings):
            messages.info(self.request, str(cause))

    def refuse(self, form, refusal):
        return self.show(form, status=422)

    def get_context(self):
        rows = [(finding, outcomes.shown(finding.column, finding.value)) for finding in self.findings]
        return super().get_context() | {"findings": rows, "causes": causes(self.findings), "account": self.account}


def in_numbers(*plans: Plan) -> str:
    """12 re-elected · 3 leave · 4 newly elected."""
    counts = {name: sum(plan.counts[name] for plan in plans) for name in ("stay", "go", "new")}
    return _("%(stay)s re-elected · %(go)s leave · %(new)s newly elected") % counts


class CarryOut(ConfirmPage):
    """One community's passage into the term: what will happen to whom, and on a POST it does."""

    permission_required = "registry.close_term"
    form_class = CarryOutForm
    template_name = "registry/terms/election_confirm.html"
    title = gettext_lazy("Carry out the re-election of %(area)s")
    submit = gettext_lazy("Carry it out")
    plans: list[Plan]
    problems: Sequence[Any] = ()

    def get_record(self):
        self.plans = [plan_of(self.request, **self.kwargs, permission=self.permission_required)]
        return self.plans[0].community

    def words(self):
        return {"area": self.record}

    def back_url(self):
        return self.plans[0].get_absolute_url()

    def refusal(self):
        done = [plan.election for plan in self.plans if plan.election and plan.is_done]
        return services.already(done[0]) if done and self.request.method == "GET" else ""

    def get_form_kwargs(self):
        return {"initial": shown_digests(self.plans), "user": self.actor, "plans": self.plans}

    def consequences(self):
        return list(_consequences(self.plans))

    def get_context(self):
        return super().get_context() | {
            "plans": self.plans,
            "problems": self.problems or [problem for plan in self.plans for problem in plan.refusals],
            "warnings": [problem for plan in self.plans for problem in plan.warnings],
            "stipends": [reverse("election-stipends", args=[plan.term.pk, plan.community.code]) for plan in self.plans],
        }

    def act(self, form):
        written = services.carry_out(
            communities=[plan.community for plan in self.plans], term=self.plans[0].term,
            seen=form.cleaned_data["seen"], apart=form.apart, why=form.why,
            actor=self.actor,
        )  # fmt: skip
        text = _("Carried out: %(counts)s.") % {"counts": in_numbers(*self.plans)}
        if len(self.plans) == 1:
            undo.offer(self.request, text, written)
        else:
            messages.success(self.request, text)

    def refuse(self, form, refusal):
        self.problems = refusal.problems
        return self.show(form, status=422)


class CarryOutAll(CarryOut):
    """All communities of a subdistrict that have been handed over, in one act."""

    def get_record(self):
        self.term = get_object_or_404(Term, pk=self.kwargs["pk"])
        subdistrict = get_visible(self.request, Subdistrict.objects, lock=False, code=self.kwargs["code"])
        communities = Community.objects.visible_to(self.actor, self.permission_required).filter(subdistrict=subdistrict)
        if not communities:
            raise PermissionDenied
        self.plans = queries.plans(communities.select_related("subdistrict", "committee"), self.term)
        if self.request.method == "POST":
            form = DigestsForm(self.request.POST)
            shown = form.cleaned_data["seen"] if form.is_valid() else {}
            self.plans = [plan for plan in self.plans if plan.community.pk in shown]
        else:
            self.plans = [plan for plan in self.plans if plan.state is State.HANDED_OVER]
        return subdistrict

    def trail(self):
        return [self.record]

    def back_url(self):
        return reverse("term", args=[self.term.pk])

    def refusal(self):
        nothing = _("No community has handed over its re-election; open one to review it.")
        return super().refusal() if self.plans else nothing


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
