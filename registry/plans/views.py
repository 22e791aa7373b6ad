"""Adjustment plans of groups: drafted, submitted, decided, in force 〔三(一)〕."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib.refusals import Overtaken, Refused, add_problems
from jygroups.lib.shortcuts import get_permitted
from registry.models import Community, GroupPlan, PlanState, PlanStep, ProvisionKey
from registry.plans import drafts as adjustments
from registry.plans import services
from registry.plans.diagram import FlowChart
from registry.plans.drafts import Picture
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
    SeenForm,
)
from registry.plans.tables import PlanTable
from registry.provisions import queries as provisions
from registry.records.pages import ListPage, answer

CHANGE, SUBMIT, DECIDE = "registry.change_groupplan", "registry.submit_groupplan", "registry.decide_groupplan"
FULL = GroupPlan.objects.select_related("community__subdistrict", "community__committee", "submitted_by", "decided_by")


class Plans(ListPage):
    """All plans in sight, the newest first."""

    model = GroupPlan
    permission_required = "registry.view_groupplan"
    title = gettext_lazy("Adjustment plans")
    empty = gettext_lazy("No group has been adjusted since the groups were set up.")
    template_name = "registry/plans.html"
    table_class = PlanTable
    filterset_class = PlanFilters

    def get_queryset(self):
        return super().get_queryset().select_related("community__subdistrict")


def trail(plan: GroupPlan) -> dict:
    return {"plan": plan, "community": plan.community, "trail": [plan.community.subdistrict, plan.community]}


def overtaken(request, error: Overtaken, plan: GroupPlan):
    reason = _("%(reason)s Nothing was changed by you.") % {"reason": error}
    return render(request, "409.html", {"reason": reason, "back": plan.get_absolute_url()}, status=409)


@require_safe
@permission_required("registry.view_groupplan", raise_exception=True)
def plan(request, pk):
    """The picture before and after, what stands in the way, and what is to be done next."""
    plan = get_object_or_404(FULL.visible_to(request.user), pk=pk)
    user, state = request.user, plan.state
    under_way = state in (PlanState.DRAFT, PlanState.REJECTED, PlanState.SUBMITTED, PlanState.APPROVED)
    sketch = adjustments.sketch(plan) if under_way else None
    picture = Picture.of_json(plan.picture) if plan.picture else sketch.picture  # type: ignore[union-attr]
    return render(
        request,
        "registry/plan.html",
        {
            **trail(plan),
            "picture": picture,
            "chart": FlowChart.of(picture),
            "sketch": sketch,
            "differs": bool(sketch and plan.picture and sketch.picture.to_json() != plan.picture),
            "may_edit": plan.is_open and user.has_perm(CHANGE, plan),
            "may_submit": state == PlanState.DRAFT and user.has_perm(SUBMIT, plan),
            "may_take_back": state == PlanState.SUBMITTED and user.has_perm(SUBMIT, plan),
            "may_decide": state == PlanState.SUBMITTED and user.has_perm(DECIDE, plan),
            "may_apply": state == PlanState.APPROVED
            and plan.effective_on <= timezone.localdate()
            and user.has_perm(DECIDE, plan),
            "form": SeenForm(initial={"seen": plan.version}),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_groupplan", raise_exception=True)
def begin(request):
    communities = Community.objects.visible_to(request.user, "registry.add_groupplan").select_related("committee")
    form = BeginForm(
        request.POST or None, communities=communities, initial={"community": request.GET.get("community", "")}
    )
    if form.is_valid():
        plan = services.begin(community=form.cleaned_data["community"], actor=request.user)
        return redirect("plan-edit" if plan.is_open else "plan", plan.pk)
    return answer(
        request, form, title=_("New adjustment plan"), submit=_("Begin"), back=reverse("plans"), here=_("New")
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk):
    """The draft: everything on one page; each saving draws the picture again."""
    plan = get_permitted(request, FULL, CHANGE, pk=pk)
    if not plan.is_open:
        return redirect(plan)
    sketch = adjustments.sketch(plan)
    header = PlanForm(request.POST or None, instance=plan)
    draft = DraftForm(request.POST or None, sketch=sketch, user=request.user)
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
        **trail(plan),
        "form": header,
        "draft": draft,
        "sketch": sketch,
        "picture": sketch.picture,
        "chart": FlowChart.of(sketch.picture),
    }
    return render(request, "registry/plan_edit.html", context, status=status)


def _preview(request, header: PlanForm, draft: DraftForm):
    """The picture and the problems as they would be, were it saved; nothing is."""
    plan = header.instance
    try:
        with transaction.atomic():
            services.save(plan=plan, seen=header.cleaned_data["version"] or 0, choices=draft.choices, actor=None)
            sketch = adjustments.sketch(plan)
            transaction.set_rollback(True)
    except Overtaken:
        return HttpResponse(status=204)  # saving reports it
    picture = sketch.picture
    context = {"sketch": sketch, "picture": picture, "chart": FlowChart.of(picture)}
    return render(request, "registry/_plan_preview.html", context)


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


@require_safe
@permission_required("registry.view_groupplan", raise_exception=True)
def request_letter(request, pk):
    """请示: what the subdistrict files with the municipal government, to be printed."""
    plan = get_object_or_404(FULL.visible_to(request.user), pk=pk)
    picture = adjustments.picture_of(plan)
    day = timezone.localdate(plan.submitted_at) if plan.submitted_at else timezone.localdate()
    return render(
        request,
        "registry/plan_request.html",
        {
            **trail(plan),
            "basis": provisions.on(day).text(ProvisionKey.PLAN_BASIS),
            "picture": picture,
            "chart": FlowChart.of(picture),
            "today": timezone.localdate(),
        },
    )


def _consequences(picture: Picture, plan: GroupPlan):
    """What will happen to whom, in numbers."""
    yield from picture.acts
    moved = sum(each.moves for each in picture.buildings)
    if moved:
        yield ngettext(
            "%(count)s building goes to another group.", "%(count)s buildings go to other groups.", moved
        ) % {"count": moved}  # fmt: skip
    carried = sum(each.changes and None not in (each.before, each.after) for each in picture.people)
    if carried:
        yield ngettext(
            "%(count)s person changes group or office; service runs on without a day between.",
            "%(count)s people change group or office; their service runs on without a day between.",
            carried,
        ) % {"count": carried}
    if picture.leaving:
        yield _("Leave: %(names)s") % {"names": _(", ").join(each.name for each in picture.leaving)}
    coming = [each.name for each in picture.people if each.before is None]
    if coming:
        yield _("Come in: %(names)s") % {"names": _(", ").join(coming)}


def _act(request, plan: GroupPlan, form, do, *, title: str, submit: str, done: str, to: str = "", words=(), known=()):
    """A page that says what the act does, and does it on a POST."""
    problems = list(known)
    picture = adjustments.picture_of(plan)
    if request.method == "POST" and form.is_valid():
        try:
            do(form.cleaned_data)
        except Overtaken as error:
            return overtaken(request, error, plan)
        except Refused as error:
            problems = list(error.problems)
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, done)
            return redirect(to or plan)
    return render(
        request,
        "registry/plan_act.html",
        {
            **trail(plan),
            "title": title,
            "here": title,
            "consequences": [*words, *_consequences(picture, plan)],
            "problems": problems,
            "form": form,
            "submit": submit,
            "back": plan.get_absolute_url(),
        },
        status=422 if request.method == "POST" else 200,
    )


def _seen_form(request, plan: GroupPlan) -> SeenForm:
    return SeenForm(request.POST or None, initial={"seen": plan.version})


@require_http_methods(["GET", "POST"])
@permission_required(SUBMIT, raise_exception=True)
def submit(request, pk):
    plan = get_permitted(request, FULL, SUBMIT, lock=False, pk=pk)
    return _act(
        request, plan, _seen_form(request, plan),
        lambda cleaned: services.take(PlanStep.SUBMIT, plan=plan, seen=cleaned["seen"], actor=request.user),
        title=_("Submit the plan to the municipal government"), submit=_("Submit to the city"),
        done=_("Submitted; civil affairs brings it to the municipal government's decision."),
        words=[_("It takes effect on %(date)s, if it is approved.") % {"date": plan.effective_on}],
        known=adjustments.sketch(plan).refusals if request.method == "GET" else (),
    )  # fmt: skip


@require_POST
@permission_required(SUBMIT, raise_exception=True)
def take_back(request, pk):
    plan = get_permitted(request, FULL, SUBMIT, lock=False, pk=pk)
    form = SeenForm(request.POST)
    try:
        seen = form.cleaned_data["seen"] if form.is_valid() else 0
        services.take(PlanStep.TAKE_BACK, plan=plan, seen=seen, actor=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back; it is a draft again."))
    return redirect(plan)


@require_http_methods(["GET", "POST"])
@permission_required(DECIDE, raise_exception=True)
def decide(request, pk):
    """The municipal government's decision, entered with its document."""
    plan = get_permitted(request, FULL, DECIDE, lock=False, pk=pk)
    form = DecisionForm(request.POST) if request.method == "POST" else DecisionForm.of(plan)

    def do(cleaned: dict) -> None:
        if cleaned["outcome"] == DecisionForm.REJECT:
            seen, comment = cleaned["seen"], cleaned["comment"]
            services.take(PlanStep.REJECT, plan=plan, seen=seen, comment=comment, actor=request.user)
            return
        services.approve(
            plan=plan, seen=cleaned["seen"], document=cleaned["document"], decided_on=cleaned["decided_on"],
            effective_on=cleaned["effective_on"], comment=cleaned["comment"], actor=request.user,
        )  # fmt: skip

    return _act(
        request, plan, form, do, title=_("Decide on the plan"), submit=_("Enter the decision"),
        done=_("The decision is entered."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission_required(DECIDE, raise_exception=True)
def apply(request, pk):
    """Put an approved plan into force whose day has come, where the daily job has not."""
    plan = get_permitted(request, FULL, DECIDE, lock=False, pk=pk)
    return _act(
        request, plan, _seen_form(request, plan),
        lambda cleaned: services.take(PlanStep.APPLY, plan=plan, seen=cleaned["seen"], actor=request.user),
        title=_("Put the plan into force"), submit=_("Put into force"), done=_("The plan is in force."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
def discard(request, pk):
    plan = get_permitted(request, FULL, CHANGE, lock=False, pk=pk)
    return _act(
        request, plan, _seen_form(request, plan),
        lambda cleaned: services.discard(plan=plan, seen=cleaned["seen"], actor=request.user),
        title=_("Discard the draft"), submit=_("Delete"), done=_("The draft is discarded."),
        to=reverse("plans"), words=[_("The groups stay as they are; none of this will happen:")],
    )  # fmt: skip
