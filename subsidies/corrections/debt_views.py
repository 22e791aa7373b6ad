"""应收与缴回: debts of people who left or died, their repayments, and the notices that ask for them."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib.capitals import in_capitals
from jygroups.lib.forms import ReasonForm
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import money
from registry.models import Member, Subdistrict
from registry.records.pages import ListPage, answer
from subsidies.corrections import debts
from subsidies.corrections.forms import DebtFilters, NoticeForm, RepaymentForm
from subsidies.corrections.tables import DebtTable
from subsidies.models import Correction, DebtNotice, Repayment, RepaymentMethod, Standard

VIEW = "subsidies.view_correction"


def _with_debt(user):
    """The corrections visible to the user that are owed, repaid, or written off by a document."""
    rows = Correction.objects.visible_to(user).with_debt()
    return rows.filter(Q(is_debt=True) | Q(repaid__gt=0) | ~Q(document=""))


class Debts(ListPage):
    model = Correction
    permission_required = VIEW
    template_name = "subsidies/debts.html"
    title = gettext_lazy("Debts and repayments")
    empty = gettext_lazy("Nobody owes anything.")
    table_class = DebtTable
    filterset_class = DebtFilters
    chosen = ("community", "month", "difference", "settled", "repaid", "owed", "decided_at", "age", "stage")
    first_filters = ("q", "subdistrict", "community", "age", "state")

    def get_queryset(self):
        rows = _with_debt(self.request.user).select_related("member", "community")
        return rows.order_by("decided_at", "member__pinyin", "member", "month", "pk")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        shown = list(context["filter"].qs.order_by())
        return context | {
            "owed": money(sum((each.debt for each in shown), Decimal(0))),
            "coming": sum((each.coming for each in shown), Decimal(0)),
            "repaid": money(sum((each.repaid for each in shown), Decimal(0))),
            "people": len({each.member_id for each in shown if each.is_debt}),
        }


@require_safe
@permission_required(VIEW, raise_exception=True)
def debt(request, pk):
    """One person's debt: months, repayments, notices, and the acts that the user may take."""
    user = request.user
    rows = list(_with_debt(user).filter(member=pk).select_related("community").order_by("month", "pk"))
    member = get_object_or_404(Member.objects.filter(corrections__in=[each.pk for each in rows]).distinct(), pk=pk)
    repayments = Repayment.objects.filter(correction__in=rows)
    notices = DebtNotice.objects.visible_to(user).filter(Q(member=pk) | Q(member__merged_into=pk))
    owing = [each for each in rows if each.is_debt]
    large = set(Subdistrict.objects.visible_to(user, debts.DECIDES_LARGE).values_list("pk", flat=True))
    reverses = set(Subdistrict.objects.visible_to(user, debts.REVERSE).values_list("pk", flat=True))
    context = {
        "member": member,
        "rows": rows,
        "owed": debts.total(owing),
        "repaid": sum((each.repaid for each in rows), Decimal(0)),
        "repayments": repayments.select_related("by", "correction", "reverses", "reversal").order_by("day", "pk"),
        "reverses": reverses,
        "large": large,
        "notices": notices.select_related("by"),
        "may_repay": bool(debts.of(member, user, debts.REPAY)),
        "may_notify": bool(debts.of(member, user, debts.NOTIFY)),
        "write_off": "".join(f"&pk={each.pk}" for each in owing if each.subdistrict_id in large),
    }
    return render(request, "subsidies/debt.html", context)


def _member(request, pk: int, permission: str) -> Member:
    """The member, who has a debt in an area where the user has the permission; 404 otherwise."""
    if not Correction.objects.visible_to(request.user, permission).debts().filter(member=pk).exists():
        raise Http404
    return Member.objects.get(pk=pk)


@require_http_methods(["GET", "POST"])
@permission_required(debts.REPAY, raise_exception=True)
def repay(request, pk):
    member = _member(request, pk, debts.REPAY)
    owed = debts.total(debts.of(member, request.user, debts.REPAY))
    initial = {"day": timezone.localdate(), "amount": owed, "method": RepaymentMethod.BANK}
    form = RepaymentForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            debts.repay(member=member, **form.cleaned_data, actor=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = {"name": member.name, "yuan": money(form.cleaned_data["amount"])}
            messages.success(request, _("%(name)s repaid %(yuan)s yuan.") % words)
            return redirect("debt", pk)
    title = _("Record a repayment of %(name)s") % {"name": member.name}
    note = _("%(yuan)s yuan are owed; the oldest months are repaid first.") % {"yuan": money(owed)}
    return _form(request, form, member, title, note, _("Record"))


@require_http_methods(["GET", "POST"])
@permission_required(debts.REVERSE, raise_exception=True)
def reverse_repayment(request, pk):
    """Reverse a repayment that another user recorded by mistake."""
    rows = Repayment.objects.visible_to(request.user).select_related("correction__member", "by")
    repayment = get_object_or_404(rows, pk=pk, reverses=None)
    member = repayment.correction.member
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            debts.reverse(repayment=repayment, reason=form.cleaned_data["reason"], actor=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The entry is reversed."))
            return redirect("debt", member.pk)
    words = {"yuan": money(repayment.amount), "day": repayment.day, "who": repayment.by, "voucher": repayment.voucher}
    note = _("%(yuan)s yuan of %(day)s, voucher %(voucher)s, recorded by %(who)s: a counter-entry is added.") % words
    return _form(request, form, member, _("Reverse a repayment"), note, _("Reverse"))


@require_http_methods(["GET", "POST"])
@permission_required(debts.NOTIFY, raise_exception=True)
def notify(request, pk):
    member = _member(request, pk, debts.NOTIFY)
    today = timezone.localdate()
    initial = {"number": debts.next_number(today), "day": today, **debts.letter_proposed(member, request.user)}
    form = NoticeForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            notice = debts.notify(member=member, **form.cleaned_data, actor=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect(notice)
    title = _("Issue a notice to %(name)s") % {"name": member.name}
    owed = debts.total(debts.of(member, request.user, debts.NOTIFY))
    note = _("The notice asks for %(yuan)s yuan and is printed afterwards.") % {"yuan": money(owed)}
    return _form(request, form, member, title, note, _("Issue"))


def _form(request, form, member: Member, title: str, note: str, submit: str):
    context = {"title": title, "sentence": note, "submit": submit, "back": reverse("debt", args=[member.pk])}
    return answer(request, form, template="subsidies/debt_act.html", member=member, **context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def notice(request, pk):
    """追缴通知书 as it was issued, to print."""
    rows = DebtNotice.objects.visible_to(request.user).select_related("member", "community__subdistrict", "by")
    notice = get_object_or_404(rows, pk=pk)
    months = [
        {
            "month": Month.parse(each["month"]),
            "reasons": each["reasons"],
            **{name: Decimal(each[name]) for name in ("was", "should_be", "over", "owed") if name in each},
        }
        for each in notice.months
    ]
    context = {"notice": notice, "months": months, "capitals": in_capitals(notice.amount)}
    if notice.letter:
        for each in months:
            each["back"] = each["was"] - each["should_be"] - each["owed"]  # what was written off before included
        return render(request, "subsidies/debt_notice.html", context)
    in_force = (Standard.objects.in_force(each["month"]).first() for each in months)
    documents = list(dict.fromkeys(each.document for each in in_force if each))
    return render(request, "subsidies/debt_notice_of_before.html", context | {"documents": documents})
