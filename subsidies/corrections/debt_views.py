"""应收与缴回: debts of people who left or died, their repayments, and the notices that ask for them."""

from decimal import Decimal

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.capitals import in_capitals
from jygroups.lib.forms import ReasonForm
from jygroups.lib.months import Month
from jygroups.lib.shortcuts import get_visible
from jygroups.lib.shown import money
from registry.models import Member, Subdistrict
from registry.records.list_pages import ListPage
from registry.records.pages import FormPage
from subsidies.corrections import debts
from subsidies.corrections.forms import DebtFilters, NoticeForm, RepaymentForm
from subsidies.corrections.tables import DebtTable, NoticeTable, OwedTable, RepaymentTable
from subsidies.models import Correction, CorrectionState, DebtNotice, Repayment, RepaymentMethod, Standard

VIEW = "subsidies.view_correction"


def _with_debt(user):
    """The corrections visible to the user that are owed, repaid, or written off by a document."""
    rows = Correction.objects.visible_to(user).with_debt()
    return rows.filter(Q(is_debt=True) | Q(repaid__gt=0) | ~Q(document=""))


class Debts(ListPage):
    model = Correction
    permission_required = VIEW
    template_name = "subsidies/corrections/debts.html"
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
    repayments = repayments.select_related("by", "correction", "reversal").order_by("day", "pk")
    notices = DebtNotice.objects.visible_to(user).filter(Q(member=pk) | Q(member__merged_into=pk))
    owing = [each for each in rows if each.is_debt]
    large, reverses = (
        set(Subdistrict.objects.visible_to(user, permission).values_list("pk", flat=True))
        for permission in (debts.DECIDES_LARGE, debts.REVERSE)
    )
    reversible = {
        each.pk
        for each in repayments
        if each.correction.subdistrict_id in reverses
        and each.by_id != user.pk
        and (each.correction.state != CorrectionState.WRITTEN_OFF or each.correction.subdistrict_id in large)
    }
    context = {
        "member": member,
        "months": OwedTable(rows),
        "owed": debts.total(owing),
        "still_due": debts.still_due(member, user, VIEW),
        "demanded": debts.demanded(member, user, VIEW),
        "repaid": sum((each.repaid for each in rows), Decimal(0)),
        "repayments": RepaymentTable(list(repayments), reversible=reversible),
        "notices": NoticeTable(notices.select_related("by")),
        "may_repay": bool(debts.of(member, user, debts.REPAY)),
        "may_notify": debts.demanded(member, user, debts.NOTIFY) > 0,
        "write_off": "".join(f"&pk={each.pk}" for each in owing if each.subdistrict_id in large),
    }
    return render(request, "subsidies/corrections/debt.html", context)


class DebtPage(FormPage):
    """A form about the debts of one person; 404 without a debt in an area where the user has the permission."""

    template_name = "subsidies/corrections/debt_act.html"
    keeps_input = True

    def get_record(self):
        found = Correction.objects.visible_to(self.actor, self.permission_required).debts()
        return get_object_or_404(Member.objects.filter(corrections__in=found).distinct(), pk=self.kwargs["pk"])

    @property
    def owed(self) -> Decimal:
        return debts.demanded(self.record, self.actor, self.permission_required)

    def words(self):
        return {"name": self.record.name, "yuan": money(self.owed)}

    def get_context(self):
        return {"member": self.record}

    def back_url(self):
        return reverse("debt", args=[self.record.pk])


class Repay(DebtPage):
    permission_required = debts.REPAY
    form_class = RepaymentForm
    title = gettext_lazy("Record a repayment of %(name)s")
    sentence = gettext_lazy("%(yuan)s yuan are owed; the oldest months are repaid first.")
    submit = gettext_lazy("Record")

    def get_form_kwargs(self):
        return {"initial": {"day": clock.today(), "amount": self.owed, "method": RepaymentMethod.BANK}}

    def act(self, form):
        debts.repay(member=self.record, **form.cleaned_data, actor=self.actor)
        words = {"name": self.record.name, "yuan": money(form.cleaned_data["amount"])}
        self.announce(_("%(name)s repaid %(yuan)s yuan.") % words)


class ReverseRepayment(DebtPage):
    """Reverse a repayment that another user recorded by mistake."""

    permission_required = debts.REVERSE
    records = Repayment.objects.filter(reverses=None).select_related("correction__member", "by")
    form_class = ReasonForm
    title = gettext_lazy("Reverse a repayment")
    sentence = gettext_lazy(
        "%(yuan)s yuan of %(day)s, voucher %(voucher)s, recorded by %(who)s: a counter-entry is added."
    )
    submit = gettext_lazy("Reverse")

    def get_record(self):
        self.repayment = get_visible(self.request, self.records, lock=False, **self.kwargs)
        return self.repayment.correction.member

    def words(self):
        row = self.repayment
        return {"yuan": money(row.amount), "day": row.day, "who": row.by, "voucher": row.voucher}

    def act(self, form):
        debts.reverse(repayment=self.repayment, reason=form.cleaned_data["reason"], actor=self.actor)
        self.announce(_("The entry is reversed."))


class Notify(DebtPage):
    permission_required = debts.NOTIFY
    form_class = NoticeForm
    title = gettext_lazy("Issue a notice to %(name)s")
    sentence = gettext_lazy("The notice asks for %(yuan)s yuan and is printed afterwards.")
    submit = gettext_lazy("Issue")

    def get_form_kwargs(self):
        today = clock.today()
        proposed = debts.letter_proposed(self.record, self.actor)
        return {"initial": {"number": debts.next_number(today), "day": today, **proposed}}

    def act(self, form):
        return debts.notify(member=self.record, **form.cleaned_data, actor=self.actor)


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
        context["still_due"] = -Decimal(notice.letter.get("still_due", 0))
        return render(request, "subsidies/corrections/debt_notice.html", context)
    in_force = (Standard.objects.in_force(each["month"]).first() for each in months)
    documents = list(dict.fromkeys(each.document for each in in_force if each))
    return render(request, "subsidies/corrections/debt_notice_of_before.html", context | {"documents": documents})
