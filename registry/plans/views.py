"""Adjustment plans of groups: drafted, submitted, decided, in force 〔三(一)〕."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock
from jygroups.lib.refusals import Overtaken
from jygroups.lib.shortcuts import get_permitted
from registry.models import Community, GroupPlan, PlanState, PlanStep, ProvisionKey
from registry.plans import drafts, services
from registry.plans.diagram import PlanDiagram
from registry.plans.drafts import PlanSnapshot
from registry.plans.forms import (
    ADD,
    DROP,
    LOOK,
    MERGE,
    SPLIT,
    BeginForm,
    DecisionForm,
    DraftForm,
    PlanFilters,
    PlanForm,
    VersionForm,
)
from registry.plans.tables import PlanTable
from registry.provisions import queries as provisions
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, FormPage, Link

CHANGE, SUBMIT, DECIDE = "registry.change_groupplan", "registry.submit_groupplan", "registry.decide_groupplan"
FULL = GroupPlan.objects.select_related("community__subdistrict", "community__committee", "submitted_by", "decided_by")


class Plans(ListPage):
    """All plans in sight, the newest first."""

    model = GroupPlan
    permission_required = "registry.view_groupplan"
    title = gettext_lazy("Adjustment plans")
    empty = gettext_lazy("No group has been adjusted since the groups were set up.")
    template_name = "registry/plans/plans.html"
    links = (Link("plan-begin", gettext_lazy("New plan"), "registry.add_groupplan"),)
    table_class = PlanTable
    filterset_class = PlanFilters

    def get_queryset(self):
        return super().get_queryset().select_related("community__subdistrict")


class PlanPage(DetailPage):
    """The groups before and after, the obstacles, and the next step."""

    permission_required = "registry.view_groupplan"
    records = FULL
    template_name = "registry/plans/plan.html"
    name = "plan"

    def get_context(self):
        plan, user, state = self.record, self.actor, self.record.state
        under_way = state in (PlanState.DRAFT, PlanState.REJECTED, PlanState.SUBMITTED, PlanState.APPROVED)
        plan_draft = drafts.draft_of(plan) if under_way else None
        snapshot = PlanSnapshot.of_json(plan.picture) if plan.picture else plan_draft.snapshot  # type: ignore[union-attr]
        is_due = plan.effective_on <= clock.today()
        return {
            "snapshot": snapshot,
            "chart": PlanDiagram.of(snapshot),
            "plan_draft": plan_draft,
            "differs": bool(plan_draft and plan.picture and plan_draft.snapshot.to_json() != plan.picture),
            "may_edit": plan.is_open and user.has_perm(CHANGE, plan),
            "may_submit": state == PlanState.DRAFT and user.has_perm(SUBMIT, plan),
            "may_take_back": state == PlanState.SUBMITTED and user.has_perm(SUBMIT, plan),
            "may_decide": state == PlanState.SUBMITTED and user.has_perm(DECIDE, plan),
            "may_apply": state == PlanState.APPROVED and is_due and user.has_perm(DECIDE, plan),
            "form": VersionForm(initial={"seen": plan.version}),
        }


class RequestLetter(DetailPage):
    """请示: what the subdistrict files with the municipal government, to be printed."""

    permission_required = "registry.view_groupplan"
    records = FULL
    template_name = "registry/plans/plan_request.html"
    name = "plan"

    def get_context(self):
        plan, snapshot = self.record, drafts.snapshot_of(self.record)
        day = timezone.localdate(plan.submitted_at) if plan.submitted_at else clock.today()
        return {
            "community": plan.community,
            "basis": provisions.on(day).text(ProvisionKey.PLAN_BASIS),
            "snapshot": snapshot,
            "chart": PlanDiagram.of(snapshot),
            "today": clock.today(),
        }


class BeginPlan(FormPage):
    permission_required = "registry.add_groupplan"
    form_class = BeginForm
    title = gettext_lazy("New adjustment plan")
    here = gettext_lazy("New")
    submit = gettext_lazy("Begin")
    back = "plans"

    def get_form_kwargs(self):
        communities = Community.objects.visible_to(self.actor, self.permission_required).select_related("committee")
        return {"communities": communities, "initial": {"community": self.request.GET.get("community", "")}}

    def act(self, form):
        plan = services.begin(community=form.cleaned_data["community"], actor=self.actor)
        return resolve_url("plan-edit", plan.pk) if plan.is_open else plan


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk):
    """The draft: everything on one page; each saving shows the groups before and after again."""
    plan = get_permitted(request, FULL, CHANGE, pk=pk)
    if not plan.is_open:
        return redirect(plan)
    plan_draft = drafts.draft_of(plan)
    header = PlanForm(request.POST or None, instance=plan)
    draft = DraftForm(request.POST or None, plan_draft=plan_draft, user=request.user)
    status = 200
    if request.method == "POST":
        status = 422
        valid = [header.is_valid(), draft.is_valid()]
        if "preview" in request.GET:
            return _preview(request, header, draft) if all(valid) else HttpResponse(status=204)
        if all(valid):
            try:
                _save(request, header, draft)
            except Overtaken as error:
                header.add_error(None, str(error))
                header.data = {**request.POST.dict(), "version": str(plan.version)}
                status = 409
            else:
                return redirect(plan if draft.act == LOOK else reverse("plan-edit", args=[plan.pk]))
        elif header.is_conflict:
            status = 409
    context = {
        "plan": plan,
        "form": header,
        "draft": draft,
        "plan_draft": plan_draft,
        "snapshot": plan_draft.snapshot,
        "chart": PlanDiagram.of(plan_draft.snapshot),
    }
    return render(request, "registry/plans/plan_edit.html", context, status=status)


def _preview(request, header: PlanForm, draft: DraftForm):
    """The snapshot and the problems as they would be, were it saved; nothing is."""
    plan = header.instance
    try:
        with transaction.atomic():
            services.save(plan=plan, seen=header.cleaned_data["version"] or 0, choices=draft.choices, actor=None)
            plan_draft = drafts.draft_of(plan)
            transaction.set_rollback(True)
    except Overtaken:
        return HttpResponse(status=204)  # saving reports it
    snapshot = plan_draft.snapshot
    context = {"plan_draft": plan_draft, "snapshot": snapshot, "chart": PlanDiagram.of(snapshot)}
    return render(request, "registry/plans/_plan_preview.html", context)


def _save(request, header: PlanForm, draft: DraftForm) -> None:
    """What was written, then the quick act that was asked for."""
    plan, cleaned, act = header.instance, draft.cleaned_data, draft.act
    quick = act in (MERGE, SPLIT, ADD) or act.startswith(DROP)
    if header.edited or draft.is_changed or (quick and plan.state == PlanState.REJECTED):
        seen = header.cleaned_data["version"] or 0
        services.save(plan=plan, seen=seen, choices=draft.choices, actor=request.user)
        messages.success(request, _("Draft saved."))
    if act == MERGE:
        merged, into = draft.items[cleaned["merge_from"]], draft.items[cleaned["merge_into"]]
        services.merge(plan=plan, items=[merged], into=into, actor=request.user)
        messages.success(request, _("%(group)s goes into %(into)s.") % {"group": merged.name, "into": into.name})
    elif act == SPLIT:
        source = draft.items[cleaned["split_of"]]
        new = services.split(plan=plan, item=source, actor=request.user)
        text = _("%(new)s takes half of the buildings and people of %(group)s; move what should be elsewhere.")
        messages.success(request, text % {"new": new.name, "group": source.name})
    elif act == ADD:
        new = services.add_group(plan=plan, actor=request.user)
        messages.success(request, _("%(group)s is added; give it buildings and people.") % {"group": new.name})
    elif act.startswith(DROP) and (item := draft.items.get(act.removeprefix(DROP))):
        services.drop_group(plan=plan, item=item, actor=request.user)


def _consequences(snapshot: PlanSnapshot, plan: GroupPlan):
    """What will happen to whom, in numbers."""
    yield from snapshot.acts
    moved = sum(each.moves for each in snapshot.buildings)
    if moved:
        yield ngettext(
            "%(count)s building goes to another group.", "%(count)s buildings go to other groups.", moved
        ) % {"count": moved}  # fmt: skip
    carried = sum(each.changes and None not in (each.before, each.after) for each in snapshot.people)
    if carried:
        yield ngettext(
            "%(count)s person changes group or office; service runs on without a day between.",
            "%(count)s people change group or office; their service runs on without a day between.",
            carried,
        ) % {"count": carried}
    if snapshot.leaving:
        yield _("Leave: %(names)s") % {"names": _(", ").join(each.name for each in snapshot.leaving)}
    coming = [each.name for each in snapshot.people if each.before is None]
    if coming:
        yield _("Come in: %(names)s") % {"names": _(", ").join(coming)}


class ActPage(ConfirmPage):
    """An act on a plan as the user saw it; its obstacles are shown on the page."""

    records = FULL
    locks = False  # the service locks, after the writers' lock
    form_class: type[VersionForm] = VersionForm
    template_name = "registry/plans/plan_act.html"
    problems: Sequence[Any] = ()

    def get_form_kwargs(self):
        return {"initial": {"seen": self.record.version}}

    def consequences(self):
        return list(_consequences(drafts.snapshot_of(self.record), self.record))

    def get_context(self):
        return super().get_context() | {"problems": self.problems}

    def refuse(self, form, refusal):
        self.problems = refusal.problems
        return self.show(form, status=422)


class StepPage(ActPage):
    """One of the steps of a plan, without further fields."""

    step: PlanStep

    def act(self, form):
        services.take(self.step, plan=self.record, seen=form.cleaned_data["seen"], actor=self.actor)


class SubmitPlan(StepPage):
    permission_required = SUBMIT
    step = PlanStep.SUBMIT
    title = gettext_lazy("Submit the plan to the municipal government")
    submit = gettext_lazy("Submit to the city")
    done = gettext_lazy("Submitted; civil affairs brings it to the municipal government's decision.")

    def get(self, request, **kwargs):
        self.problems = drafts.draft_of(self.record).refusals
        return super().get(request, **kwargs)

    def consequences(self):
        day = _("It takes effect on %(date)s, if it is approved.") % {"date": self.record.effective_on}
        return [day, *super().consequences()]


class TakeBackPlan(StepPage):
    http_method_names = ["post"]
    permission_required = SUBMIT
    step = PlanStep.TAKE_BACK
    done = gettext_lazy("Taken back; it is a draft again.")


class ApplyPlan(StepPage):
    """Put an approved plan into force whose day has come, where the daily job has not."""

    permission_required = DECIDE
    step = PlanStep.APPLY
    title = gettext_lazy("Put the plan into force")
    submit = gettext_lazy("Put into force")
    done = gettext_lazy("The plan is in force.")


class DecidePlan(ActPage):
    """The municipal government's decision, entered with its document."""

    permission_required = DECIDE
    form_class = DecisionForm
    title = gettext_lazy("Decide on the plan")
    submit = gettext_lazy("Enter the decision")
    done = gettext_lazy("The decision is entered.")

    def get_form_kwargs(self):
        today = clock.today()
        return {
            "initial": {
                "seen": self.record.version,
                "decided_on": today,
                "effective_on": max(self.record.effective_on, today),
                "outcome": DecisionForm.APPROVE,
            }
        }

    def act(self, form):
        entered = dict(form.cleaned_data)
        if entered.pop("outcome") == DecisionForm.APPROVE:
            services.approve(plan=self.record, actor=self.actor, **entered)
        else:
            seen, comment = entered["seen"], entered["comment"]
            services.take(PlanStep.REJECT, plan=self.record, seen=seen, comment=comment, actor=self.actor)


class DiscardPlan(ActPage):
    permission_required = CHANGE
    title = gettext_lazy("Discard the draft")
    submit = gettext_lazy("Delete")
    done = gettext_lazy("The draft is discarded.")
    to = "plans"

    def consequences(self):
        return [_("The groups stay as they are; none of this will happen:"), *super().consequences()]

    def act(self, form):
        services.discard(plan=self.record, seen=form.cleaned_data["seen"], actor=self.actor)
