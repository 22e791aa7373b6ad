"""暂停发放: adding, releasing and listing holds of payments."""

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock
from jygroups.lib.forms import key
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import exact
from registry.models import Member
from registry.records.list_pages import ListPage
from registry.records.pages import answer
from subsidies import engine, facts
from subsidies.corrections import holds, tables
from subsidies.corrections.forms import HoldFilters, HoldForm, ReleaseForm
from subsidies.explanations.decisions import reason
from subsidies.models import CLOSED_STATES, CorrectionState, Hold, Outcome, Release, SheetLine
from subsidies.month import pay_preview

MONTHS_SHOWN = 60  # of one hold


class Holds(ListPage):
    model = Hold
    permission_required = "subsidies.view_hold"
    template_name = "subsidies/corrections/holds.html"
    title = gettext_lazy("Payments on hold")
    empty = gettext_lazy("No payment was ever held back in your area.")
    table_class = tables.HoldTable
    filterset_class = HoldFilters
    chosen = ("community", "first_month", "last_month", "reason", "by", "months", "state")

    def get_queryset(self):
        held = SheetLine.objects.filter(
            Q(member=OuterRef("member")) | Q(member__merged_into=OuterRef("member")),
            month__lte=Coalesce(OuterRef("last_month"), Value(date.max)),
            month__gte=OuterRef("first_month"),
            outcome=Outcome.HELD,
        )
        count = held.order_by().values("outcome").annotate(count=Count("month", distinct=True)).values("count")
        months = Coalesce(Subquery(count, output_field=IntegerField()), 0)
        rows = super().get_queryset().select_related("member__community", "by", "released_by")
        return rows.annotate(months=months).order_by(F("release").asc(), "-first_month", "member__pinyin", "pk")

    def get_table_kwargs(self):
        held = frozenset(holds.holdable_by(self.request.user).values_list("pk", flat=True))
        return super().get_table_kwargs() | {"held": held, "today": clock.today()}

    def get_context_data(self, **kwargs):
        may_hold = self.request.user.has_perm("subsidies.hold_payment")
        return super().get_context_data(**kwargs) | {"may_hold": may_hold}


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.hold_payment", raise_exception=True)
def add(request):
    """Hold payments back: the effects are shown first; nothing is saved until they are confirmed."""
    form = HoldForm(request.POST or None, user=request.user, initial=_proposed(request))
    context = {"title": _("Hold payments back"), "back": reverse("holds"), "submit": _("Go on")}
    if not form.is_valid():
        return answer(request, form, template="subsidies/corrections/hold_add.html", **context)
    asked = form.cleaned_data
    try:
        holds.check_hold(member=asked["member"], first=asked["first"], actor=request.user)
        if "seen" in request.POST:
            hold = holds.hold(**asked, actor=request.user)
            words = {"name": hold.member.name, "month": date_format(hold.first_month, "YEAR_MONTH_FORMAT")}
            messages.success(request, _("The payments of %(name)s are held back from %(month)s on.") % words)
            return redirect("holds")
    except Refused as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as error:
        form.add_error(None, error.messages)
    if form.errors:
        return answer(request, form, template="subsidies/corrections/hold_add.html", **context)
    found = [*_consequences(request.user, **asked)]
    context["submit"] = _("Hold back")
    return answer(request, form, template="subsidies/corrections/hold_confirm.html", consequences=found, **context)


def _proposed(request) -> dict:
    """The initial values: the person of the page before, and the first month that is not closed."""
    closed = SheetLine.objects.visible_to(request.user).filter(sheet__state__in=CLOSED_STATES).order_by("-month")
    newest = closed.values_list("month", flat=True).first()
    this_month = Month.of(clock.today())
    first = max(Month.of(newest).next, this_month) if newest else this_month
    return {"member": key(request.GET.get("member", "")), "first": str(first)}


def _consequences(user, *, member: Member, first: Month, last: Month | None, reason: str):
    """The consequences of the hold, in yuan by today's register."""
    words = {"name": member.name, "first": _month(first), "last": _month(last) if last else ""}
    if last:
        yield _("From %(first)s to %(last)s, nothing is paid to %(name)s.") % words
    else:
        yield _("From %(first)s on, nothing is paid to %(name)s until it is released.") % words
    decision = pay_preview.Rules().decide(facts.person(member).life, first)
    if decision and pay_preview.is_visible(decision, pay_preview.visible_codes(user)):
        yield _("By today's register that is %(yuan)s yuan in the first month.") % {"yuan": exact(decision.amount)}
    drafts = SheetLine.objects.visible_to(user).filter(member=member, month__gte=first.first_day)
    for line in drafts.select_related("sheet__subdistrict"):
        if line.sheet.is_draft:
            yield _("The draft %(sheet)s has to be recalculated.") % {"sheet": line.sheet}
        else:
            yield _("%(sheet)s is %(state)s and has to be returned to take it in.") % {
                "sheet": line.sheet, "state": line.sheet.get_state_display(),
            }  # fmt: skip
    yield _("On release it is chosen whether what was held is paid.")


def _month(month: Month | date) -> str:
    return date_format(month.first_day if isinstance(month, Month) else month, "YEAR_MONTH_FORMAT")


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.hold_payment", raise_exception=True)
def release(request, pk):
    """End a hold; the page shows the amount of each held month beside the choice whether to pay it."""
    rows = Hold.objects.select_related("member__community", "by", "released_by")
    hold = get_object_or_404(rows.visible_to(request.user), pk=pk)
    if not request.user.has_perm("subsidies.hold_payment", hold):
        raise PermissionDenied
    if hold.release:
        messages.info(request, _("It was released already, by %(who)s.") % {"who": hold.released_by})
        return redirect("holds")
    months = _held(request.user, hold)
    held = [each for each in months if each["closed"]]
    yuan = sum((each["amount"] for each in held), Decimal(0))
    last = Month.of(hold.last_month) if hold.last_month else None
    proposed = last or (Month.of(held[-1]["month"]) if held else Month.of(hold.first_month))
    form = ReleaseForm(request.POST or None, hold=hold, initial={"last": str(proposed)})
    if form.is_valid():
        try:
            pay = form.cleaned_data["release"] == Release.PAY
            words = {"last": form.cleaned_data["last"], "reason": form.cleaned_data["reason"]}
            holds.release(hold=hold, pay=pay, actor=request.user, **words)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return _released(request, hold)
    return answer(
        request,
        form,
        template="subsidies/corrections/hold_release.html",
        title=_("Release the hold on %(name)s") % {"name": hold.member.name},
        hold=hold,
        months=tables.HeldTable(months),
        held=len(held),
        yuan=yuan,
        submit=_("Release"),
        back=reverse("holds"),
    )


def _released(request, hold: Hold):
    name = hold.member.name
    messages.success(request, _("The hold on %(name)s is released; a draft has to be recalculated.") % {"name": name})
    proposed = hold.member.corrections.visible_to(request.user).filter(state=CorrectionState.PROPOSED)
    if count := proposed.filter(month__gte=hold.first_month).count():
        text = ngettext(
            "%(count)s correction pays what was held; accept it here.",
            "%(count)s corrections pay what was held; accept them here.",
            count,
        )
        messages.info(request, text % {"count": count})
        return redirect(f"{reverse('corrections')}?stage=decide&q={name}")
    return redirect("holds")


def _held(user, hold: Hold) -> list[dict]:
    """The hold's months so far, each with its amount by today's register and whether it is on a closed sheet."""
    rules, life, codes = pay_preview.Rules(), facts.person(hold.member).life, pay_preview.visible_codes(user)
    rows = SheetLine.objects.visible_to(user).of_people([hold.member_id]).filter(month__gte=hold.first_month)
    held_last = sorted(rows.select_related("sheet"), key=lambda line: line.outcome == Outcome.HELD)
    lines = {line.month: line for line in held_last}  # of two records' lines for one month, the held one
    end = min(filter(None, [hold.last_month, max([clock.today().replace(day=1), *lines])]))
    found: list[dict] = []
    month = Month.of(hold.first_month)
    while month.first_day <= end and len(found) < MONTHS_SHOWN:
        decision, line = rules.decide(life, month), lines.get(month.first_day)
        visible = decision is not None and pay_preview.is_visible(decision, codes)
        found.append(
            {
                "month": month.first_day,
                "sheet": line.sheet if line else None,
                "closed": line is not None and line.outcome == Outcome.HELD and line.sheet.state in CLOSED_STATES,
                "amount": decision.amount if decision and visible else Decimal(0),
                "why": _why(decision) if visible else "",
            }
        )
        month = month.next
    return found


def _why(decision: engine.Decision | None) -> str:
    if decision is None or decision.outcome is engine.Outcome.PAID:
        return ""
    return reason(decision.outcome) or _("not in office on the reference date: no part of the month")
