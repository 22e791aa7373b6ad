"""补发扣回: searching, listing, explaining and deciding corrections of closed months."""

from collections import Counter
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib.forms import key
from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.shown import amount, signed
from registry.models import Subdistrict, User
from registry.records.list_pages import ListPage
from registry.records.pages import answer
from subsidies import facts
from subsidies.corrections import proposals, services, tables
from subsidies.corrections.forms import ALL, CorrectionFilters, DecideForm, default_stage
from subsidies.corrections.services import DECIDES, DECIDES_LARGE
from subsidies.explanations import decisions as explanations
from subsidies.explanations.changed_fact_texts import reasons
from subsidies.models import Correction, CorrectionState, Hold, Release, Stage
from subsidies.month import pay_preview

DECIDED_AT_ONCE = 200  # corrections, at most
ACTS = {
    CorrectionState.ACCEPTED: gettext_lazy("Accept"),
    CorrectionState.DEFERRED: gettext_lazy("Defer"),
    CorrectionState.WRITTEN_OFF: gettext_lazy("Write off"),
}


def decides(user: User, stage: str) -> frozenset[int]:
    """The subdistricts whose corrections of the stage the user may decide."""
    permission = DECIDES_LARGE if stage == Stage.FINANCE else DECIDES
    areas = Subdistrict.objects.visible_to(user, permission).values_list("pk", flat=True)
    return frozenset(areas) if services.OPEN_TO[Stage(stage)] else frozenset()


class Corrections(ListPage):
    model = Correction
    permission_required = "subsidies.view_correction"
    template_name = "subsidies/corrections/corrections.html"
    title = gettext_lazy("Corrections")
    table_class = tables.CorrectionTable
    filterset_class = CorrectionFilters
    chosen = ("month", "community", "was", "should_be", "difference", "facts", "stage")
    first_filters = ("q", "subdistrict", "community", "direction")

    @property
    def stage(self) -> str:
        asked = self.request.GET.get("stage", "")
        return asked if asked in {*Stage.values, ALL} else default_stage(self.request.user)

    @property
    def empty(self):  # type: ignore[override]
        return {
            Stage.DECIDE: _("No correction waits for a decision."),
            Stage.FINANCE: _("No correction waits for the finance bureau."),
            Stage.OPEN: _("Everything that was accepted is settled."),
        }.get(self.stage, _("There is none."))  # type: ignore[call-overload]

    def get_queryset(self):
        rows = super().get_queryset().with_settled().with_unarrived()
        return rows.select_related("member", "community", "decided_by").order_by(
            "community__code", "member__pinyin", "member", "month", "pk"
        )

    def get_table_kwargs(self):
        kwargs = super().get_table_kwargs()
        if not self.request.GET.getlist("columns") and self.stage != Stage.DECIDE:
            # For decided corrections the list shows their settlement.
            shown = {*self.chosen, "decided_by"} | (
                {"settled", "carried"} if self.stage in (Stage.OPEN, ALL) else set()
            )
            kwargs["exclude"] = [name for name, _column in self.columns() if name not in shown]
        acts = services.OPEN_TO.get(self.stage, ())  # type: ignore[call-overload]
        return kwargs | {"stages": {self.stage} if acts else set(), "decides": self.decides}

    @property
    def decides(self) -> frozenset[int]:
        return decides(self.request.user, self.stage) if self.stage != ALL else frozenset()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        user = self.request.user
        rows = Correction.objects.visible_to(user).with_settled().order_by()
        counts = Counter(rows.values_list("stage", flat=True))  # type: ignore[misc]
        stages = [(stage, stage.label, counts[stage]) for stage in Stage] + [(ALL, _("all"), counts.total())]
        shown = context["filter"].qs.order_by().values_list("difference", flat=True)
        return context | {
            "tabs": [],
            "stages": [
                (f"?stage={stage}", f"{label} ({count})", stage == self.stage) for stage, label, count in stages
            ],
            "more": amount(sum((each for each in shown if each > 0), Decimal(0))),
            "less": amount(-sum((each for each in shown if each < 0), Decimal(0))),
            "acts": [(state, ACTS[state]) for state in services.OPEN_TO.get(self.stage, ())] if self.decides else [],  # type: ignore[call-overload]
            "narrowed": any(self.request.GET.get(name) for name in context["filter"].form.fields if name != "stage"),
            "limit": services.clerk_limit() if self.stage in (Stage.DECIDE, Stage.FINANCE) else None,
        }


@require_POST
@permission_required("subsidies.propose_correction", raise_exception=True)
def propose(request):
    """Search for corrections now and show the result for the user's area."""
    visible = Correction.objects.visible_to(request.user).filter(state=CorrectionState.PROPOSED)
    before = dict(visible.values_list("pk", "difference"))
    proposals.propose(actor=request.user)
    after = dict(visible.all().values_list("pk", "difference"))
    words = {
        "count": len(after),
        "yuan": signed(sum(after.values(), Decimal(0))),
        "new": len(after.keys() - before.keys()),
        "gone": len(before.keys() - after.keys()),
    }
    if after:
        text = ngettext(
            "%(count)s correction stands to be decided (%(yuan)s yuan): %(new)s new, %(gone)s gone.",
            "%(count)s corrections stand to be decided (%(yuan)s yuan): %(new)s new, %(gone)s gone.",
            len(after),
        )
    else:
        text = _("The closed months are what today's register gives: there is nothing to correct (%(gone)s gone).")
    messages.success(request, text % words)
    return redirect("corrections")


@require_safe
@permission_required("subsidies.view_correction", raise_exception=True)
def correction(request, pk):
    """One correction: the changed facts, the amount by today's register, its settlements and its decisions."""
    user = request.user
    rows = Correction.objects.visible_to(user).with_debt().with_unarrived()
    correction = get_object_or_404(rows.select_related("member", "community__subdistrict", "decided_by"), pk=pk)
    person = facts.person(correction.member)
    decision = pay_preview.Rules().decide(person.life, Month.of(correction.month))
    holds = [each for each in Hold.objects.filter(member=correction.member) if each.holds(correction.month)]
    open_to = [
        state for state in services.OPEN_TO[Stage(correction.stage)] if services.may_decide(user, correction, state)
    ]
    context = {
        "correction": correction,
        "stage": tables.stage_badge(correction.stage, correction.asked),
        "reasons": reasons(correction),
        "explanation": explanations.explain(decision, pay_preview.body_names(user, person)) if decision else None,
        "hold": next((each for each in holds if each.release != Release.PAY), None),
        "settlements": tables.SettlementTable(
            correction.settlements.select_related("line__sheet__subdistrict").order_by("line__month")
        ),
        "acts": [(ACTS[state], _address(correction, state)) for state in open_to],
        "decisions": tables.DecisionTable(_decisions(correction)),
        "open": correction.stage == Stage.OPEN,
    }
    return render(request, "subsidies/corrections/correction.html", context)


def _decisions(correction: Correction) -> list[dict]:
    """The decisions on it, oldest first: time, user, decision and reason."""
    found: list[dict] = []
    before = None
    for version in correction.history.select_related("history_user").order_by("history_id"):
        now = version.state, version.asked, version.difference
        if now != before:
            word = str(CorrectionState(version.state).label)
            if version.asked:
                word = _("asked of finance: %(asked)s") % {"asked": CorrectionState(version.asked).label}
            who = version.history_user or _("the system")
            found.append(
                {"at": version.history_date, "who": who, "word": word, "reason": version.reason,
                 "difference": version.difference}
            )  # fmt: skip
        before = now
    return found


def _address(correction: Correction, state: str) -> str:
    return f"{reverse('corrections-decide')}?pk={correction.pk}&state={state}"


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.view_correction", raise_exception=True)
def decide(request):
    """Accept, defer or write off the selected corrections: first show the consequences, then decide all or none."""
    user = request.user
    if not (user.has_perm(DECIDES) or user.has_perm(DECIDES_LARGE)):
        raise PermissionDenied
    keys = [*filter(None, map(key, request.GET.getlist("pk")))][:DECIDED_AT_ONCE]
    state = request.GET.get("state", "")
    if state not in ACTS:
        raise Http404
    if not keys:
        messages.info(request, _("Tick the corrections that are to be decided first."))
        return redirect("corrections")
    rows = Correction.objects.visible_to(user).filter(pk__in=keys).with_debt().with_unarrived()
    chosen = list(
        rows.select_related("member", "community", "subdistrict").order_by("member__pinyin", "member", "month")
    )
    if len(chosen) < len(set(keys)):
        raise Http404
    if not all(services.may_decide(user, each, CorrectionState(state)) for each in chosen):
        raise PermissionDenied
    writes_off = state == CorrectionState.WRITTEN_OFF and user.has_perm(DECIDES_LARGE)
    needs_document = writes_off and any(each.is_lost for each in chosen)
    shown = " ".join(f"{each.pk}:{each.difference}" for each in chosen)
    form = DecideForm(request.POST or None, state=state, needs_document=needs_document, initial={"seen": shown})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data.pop("seen") not in ("", shown):
            messages.info(request, _("The corrections have changed since you looked; check them again."))
            return redirect(request.get_full_path())
        try:
            decided = services.decide_all(chosen=chosen, state=CorrectionState(state), actor=user, **form.cleaned_data)
        except Overtaken as refusal:
            proposals.propose(actor=user, members={each.member_id for each in chosen})
            messages.warning(request, str(refusal))
            return redirect("corrections")
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            _report(request, decided, state)
            return redirect("corrections")
    title = _("%(act)s: %(count)s corrections") % {"act": ACTS[CorrectionState(state)], "count": len(chosen)}
    if len(chosen) == 1:
        title = _(": ").join((str(ACTS[CorrectionState(state)]), chosen[0].member.name))
    return answer(
        request,
        form,
        template="subsidies/corrections/corrections_decide.html",
        title=title,
        chosen=tables.ChosenTable(chosen),
        consequences=[*_consequences(user, chosen, CorrectionState(state))],
        submit=ACTS[CorrectionState(state)],
        back=reverse("corrections"),
    )


def _consequences(user: User, chosen: list[Correction], state: CorrectionState):
    """The consequences of the decision: number of people and yuan."""
    people = len({each.member_id for each in chosen})
    more = sum((each.carried for each in chosen if each.carried > 0), Decimal(0))
    debts = [each for each in chosen if each.no_month and state == CorrectionState.ACCEPTED]
    less = -sum((each.carried for each in chosen if each.carried < 0 and each not in debts), Decimal(0))
    words = {"people": people, "count": len(chosen), "more": amount(more), "less": amount(less)}
    yield ngettext("%(people)s person, %(count)s months corrected.", "%(people)s people, %(count)s months corrected.",
                   people) % words  # fmt: skip
    match state:
        case CorrectionState.ACCEPTED:
            if more:
                yield _("%(more)s yuan are paid with the next sheet that is computed.") % words
            if less:
                yield (
                    _(
                        "%(less)s yuan are recovered from the next sheets: no net goes below zero, "
                        "the rest is carried on."
                    )
                    % words
                )
        case CorrectionState.DEFERRED:
            yield (
                _("%(more)s yuan to be paid and %(less)s yuan to be recovered wait until they are decided again.")
                % words
            )
        case CorrectionState.WRITTEN_OFF:
            if more:
                yield _("%(more)s yuan are not paid: these months stay as they were paid.") % words
            if less:
                yield _("%(less)s yuan are not recovered: these months stay as they were paid.") % words
    yield from _debts(chosen, state)
    if not user.has_perm(DECIDES_LARGE):
        yield from _needs_finance(user, chosen, state)


def _debts(chosen: list[Correction], state: CorrectionState):
    """The consequence for people without a further month: their recovery becomes a debt, or a debt is written off."""
    debts = [each for each in chosen if each.is_lost]
    names = _(", ").join(dict.fromkeys(each.member.name for each in debts))
    if names and state == CorrectionState.ACCEPTED:
        yield _("No month will come for %(names)s: what is to be recovered is a debt at once.") % {"names": names}
    elif names and state == CorrectionState.WRITTEN_OFF:
        yield _("%(names)s: a debt is written off by the finance bureau, by a document.") % {"names": names}


def _needs_finance(user: User, chosen: list[Correction], state: CorrectionState):
    """Why the finance bureau has to decide the same, by person, with the sum above the limit."""
    found = services.beyond_clerk(chosen, state, user)
    limit = amount(services.clerk_limit())
    for each in chosen:
        if each.pk in found:
            words = {
                "name": each.member.name,
                "month": date_format(each.month, "YEAR_MONTH_FORMAT"),
                "yuan": amount(found[each.pk]),
                "limit": limit,
            }
            yield (
                _(
                    "%(name)s, %(month)s: with what you wrote off or recovered for this person in the last twelve "
                    "months it is %(yuan)s yuan, above %(limit)s: it waits until the finance bureau decides the same."
                )
                % words
            )


def _report(request, decided: list[Correction], state: str) -> None:
    asked = sum(1 for each in decided if each.asked)
    if count := len(decided) - asked:
        text = ngettext("%(count)s correction is %(state)s.", "%(count)s corrections are %(state)s.", count)
        messages.success(request, text % {"count": count, "state": CorrectionState(state).label})
    if asked:
        text = ngettext(
            "%(asked)s correction waits for the finance bureau.",
            "%(asked)s corrections wait for the finance bureau.",
            asked,
        )
        messages.info(request, text % {"asked": asked})
