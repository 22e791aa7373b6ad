"""The money of approved sheets: its stages, the people still to be paid, and the settlement of the month."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib.forms import ReasonForm
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import get_permitted
from jygroups.lib.shown import exact, moment
from registry.records.pages import ConfirmPage
from subsidies.bank import answers, doubles, payments
from subsidies.bank.forms import PaymentForm, WithdrawalForm, stated
from subsidies.bank.payments import Candidate
from subsidies.bank.tables import AnswerTable, BatchTable, MonthTable
from subsidies.models import (
    CLOSED_STATES,
    BankAnswer,
    Export,
    Payment,
    PayResult,
    PayStage,
    PayStep,
    Sheet,
    SheetLine,
    State,
    Step,
)
from subsidies.month import arrivals, sheet_pages, workflow
from subsidies.month.arrivals import SETTLED, Share

SEE, SETTLE, EXPORT = "subsidies.view_payment", "subsidies.settle_sheet", "subsidies.export_bank_file"


@require_safe
@permission_required(SEE, raise_exception=True)
def index(request):
    """The approved sheets of a year, and the stages of their money."""
    found = Sheet.objects.visible_to(request.user, SEE).filter(state__in=CLOSED_STATES)
    years = [day.year for day in found.dates("month", "year", order="DESC")]
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, years) else next(iter(years), None)
    of_year = found.filter(month__year=year) if year else found.none()
    rows = list(of_year.select_related("subdistrict").order_by("-month", "subdistrict__code"))
    shares = arrivals.shares(rows)
    undownloaded = set(Payment.objects.filter(sheet__in=rows).undownloaded().values_list("sheet", flat=True))
    batches: dict[int, int] = defaultdict(int)
    for key in Payment.objects.filter(sheet__in=rows).values_list("sheet", flat=True):
        batches[key] += 1
    sheets = [
        {
            "sheet": sheet,
            "month": Month.of(sheet.month),
            "batches": batches[sheet.pk],
            "unexported": sheet.pk in undownloaded,
            **_figures(shares[sheet.pk]),
        }
        for sheet in rows
    ]
    return render(request, "subsidies/bank/payments.html", {"rows": MonthTable(sheets), "years": years, "year": year})


def _figures(shares: dict[str, Share]) -> dict:
    found = {stage.value: shares.get(stage, Share()) for stage in PayStage}
    return found | {
        "due": _sum(shares.values()),
        "open": sum(share.count for stage, share in shares.items() if stage not in SETTLED),
    }


def _sum(shares: Iterable[Share]) -> Share:
    shares = list(shares)
    return Share(sum(share.count for share in shares), sum((share.yuan for share in shares), Decimal(0)))


def _sheet(request, month: Month, code: str, permission: str) -> Sheet:
    return sheet_pages.find_permitted(request.user, month, code, permission)


@require_safe
@permission_required(SEE, raise_exception=True)
def of_sheet(request, month, code):
    """One sheet's payment: the figures, the next act, the refused, the batches and the bank's answers."""
    sheet = _sheet(request, month, code, SEE)
    batches = (
        sheet.payments.with_retry()
        .select_related("by", "withdrawal__by")
        .prefetch_related("exports")
        .order_by("ordinal")
    )
    answered = PayResult.objects.filter(item__payment__in=batches).exclude(step=PayStep.SEND).order_by()
    open_still = PayResult.objects.newest().filter(item__payment__in=batches, stage=PayStage.IN_TRANSIT).order_by()
    found = payments.candidates(sheet) if batches else []
    undownloaded = set(sheet.payments.undownloaded().values_list("pk", flat=True))
    waiting = arrivals.with_stage(sheet.lines.all()).filter(stage=PayStage.IN_TRANSIT)
    figures = _figures(arrivals.shares([sheet])[sheet.pk])
    has_answers = BankAnswer.objects.filter(payment__sheet=sheet, taken_at__isnull=False).exists()
    return render(
        request,
        "subsidies/bank/payment.html",
        {
            "sheet": sheet,
            "month": month,
            **figures,
            "candidates": found,
            "correctable": _correctable(request.user, found),
            "to_correct": any(each.refusal and not each.is_corrected for each in found),
            "waiting_lines": waiting.select_related("community", "group").defer("facts").order_by("ordinal")
            if has_answers
            else [],
            "batches": batches,
            "batch_table": BatchTable(
                batches,
                undownloaded=undownloaded,
                answered=set(answered.values_list("item__payment", flat=True)),
                partly=set(open_still.values_list("item__payment", flat=True)),
                may_export=request.user.has_perm(EXPORT, sheet),
            ),
            "sent": any(not hasattr(batch, "withdrawal") for batch in batches),
            "unexported": sum(batch.lines for batch in batches if batch.pk in undownloaded),
            "doubles": doubles.of([sheet]).get(sheet.pk, []),
            "reopened": sheet.state == State.PAID and figures["open"],
            "answers": AnswerTable(
                BankAnswer.objects.filter(payment__sheet=sheet)
                .select_related("by", "taken_by", "payment")
                .defer("content"),
                may_settle=request.user.has_perm(SETTLE, sheet),
            ),
            "given_up_results": arrivals.given_up(sheet.lines.all()).order_by("line__ordinal"),
        },
    )


def _correctable(user, found: list[Candidate]) -> set[int]:
    """The members among them whose record the user may change."""
    communities = user.community_keys("registry.change_member")
    return {each.member.pk for each in found if each.member.community_id in communities}


def _address(sheet: Sheet) -> str:
    return reverse("payment", args=[Month.of(sheet.month), sheet.subdistrict.code])


@require_http_methods(["GET", "POST"])
@permission_required(EXPORT, raise_exception=True)
def make(request, month, code):
    """Create the next payment: its people, and the account of each person for whom it has to be chosen."""
    sheet = _sheet(request, month, code, EXPORT)
    if not sheet.is_final:
        messages.info(request, _("The sheet is not approved yet: only what is approved goes to the bank."))
        return redirect(_address(sheet))
    found = payments.candidates(sheet)
    batches = sheet.payments.count()
    if not found and request.method == "GET":
        messages.info(request, _("Nobody is waiting to be paid."))
        return redirect(_address(sheet))
    form = PaymentForm(request.POST if request.method == "POST" else None, candidates=found, batches=batches)
    asked = form.total if form.is_valid() and form.is_to_state else None
    if form.is_valid() and not asked:
        try:
            as_seen = {name: form.cleaned_data[name] for name in ("batches", "seen")}
            payment = payments.pay(sheet, form.decisions, actor=request.user, **as_seen)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = {"lines": payment.lines, "amount": exact(payment.amount), "number": payment.ordinal}
            text = _("Batch %(number)s is made: %(lines)s people, %(amount)s yuan.")
            messages.success(request, text % words)
            return redirect(f"{reverse('export', args=[month, code])}?format=bank")
    clear = [each for each in found if not each.is_open]
    context = {
        "sheet": sheet,
        "month": month,
        "form": form,
        "batches": batches,
        "clear": Share(len(clear), sum((each.line.net for each in clear), Decimal(0))),
        "asked": asked,
        "stated": stated(asked) if asked else "",
        "left_out": len(found) - asked.count if asked else 0,
    }
    return render(request, "subsidies/bank/payment_make.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(EXPORT, raise_exception=True)
def withdraw(request, pk):
    """Withdraw a payment whose file was not sent to the bank; for any other show why it cannot be withdrawn."""
    payments_visible = Payment.objects.visible_to(request.user, SEE).select_related("sheet__subdistrict")
    payment = get_object_or_404(payments_visible.distinct(), pk=pk)
    sheet = payment.sheet
    if not request.user.has_perm(EXPORT, payment):
        raise PermissionDenied
    if reason := payments.why_not_withdrawn(payment):
        messages.error(request, reason)
        return redirect(_address(sheet))
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            payments.withdraw(payment, reason=form.cleaned_data["reason"], actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            text = _("Batch %(number)s is withdrawn: %(lines)s people can be paid by another payment.")
            messages.success(request, text % {"number": payment.ordinal, "lines": payment.lines})
        return redirect(_address(sheet))
    downloads = list(payment.exports.select_related("by").order_by("at"))
    words = {
        "number": payment.ordinal,
        "lines": payment.lines,
        "amount": exact(payment.amount),
        "times": len(downloads),
    }
    context = {
        "sheet": sheet,
        "month": Month.of(sheet.month),
        "title": _("Withdraw batch %(number)s") % words,
        "consequences": [
            _("Batch %(number)s: %(lines)s people, %(amount)s yuan; its file was downloaded %(times)s times.") % words,
            *([_downloaded(downloads)] if downloads else []),
            _("Only a payment that the bank has not got may be withdrawn: otherwise its people are paid twice."),
            _("Its file is void, and no answer of the bank to it can be recorded. It stays on record with the reason."),
        ],
        "form": form,
        "submit": _("Withdraw"),
        "back": _address(sheet),
    }
    return render(request, "subsidies/bank/payment_confirm.html", context, status=422 if form.errors else 200)


def _downloaded(downloads: list[Export]) -> str:
    """That the file may have been handed to the bank, and by whom."""
    who = dict.fromkeys(f"{each.by or _('the system')}" for each in downloads)
    about = {"who": _(", ").join(who), "when": moment(downloads[-1].at)}
    text = _("%(who)s downloaded it, the last time at %(when)s: it may have been handed to the bank. Ask them first.")
    return text % about


class LinePage(ConfirmPage):
    """An act on the money of one line, with its reason."""

    permission_required = SETTLE
    records = SheetLine.objects.select_related("sheet__subdistrict")
    template_name = "subsidies/bank/payment_confirm.html"
    form_class = ReasonForm

    def get_record(self):
        month, member = self.kwargs["month"], self.kwargs["pk"]
        lookup = {"month": month.first_day, "member__pk": member}
        return get_permitted(self.request, self.records, SETTLE, lock=False, **lookup)

    def words(self):
        month = date_format(self.record.month, "YEAR_MONTH_FORMAT")
        return {"name": self.record.name, "net": exact(self.record.net), "month": month}

    def get_context(self):
        return super().get_context() | {"sheet": self.record.sheet, "month": self.kwargs["month"]}

    def back_url(self):
        return _address(self.record.sheet)


class GiveUp(LinePage):
    """Decide that a line which has not arrived will not be paid."""

    title = gettext_lazy("Give up the payment of %(name)s")
    submit = gettext_lazy("Give up")
    done = gettext_lazy("%(name)s: %(net)s yuan are given up.")

    def consequences(self):
        refusal = arrivals.refused(SheetLine.objects.filter(pk=self.record.pk)).first()
        if refusal and refusal.reason:
            yield _("The bank's reason: %(reason)s.") % {"reason": refusal.reason}
        yield _("%(name)s is not paid the %(net)s yuan of %(month)s, and no further payment takes them.") % self.words()
        yield _("It is recorded with your name and reason. It can be reinstated later, and then paid.")

    def act(self, form):
        answers.give_up(self.record, reason=form.cleaned_data["reason"], actor=self.actor)


class Reinstate(LinePage):
    """Decide that a line given up will be paid after all."""

    title = gettext_lazy("Reinstate the payment of %(name)s")
    submit = gettext_lazy("Reinstate")
    done = gettext_lazy("%(name)s: %(net)s yuan are reinstated. Make a payment for them.")

    def consequences(self):
        yield _("A further payment can take the %(net)s yuan of %(month)s again.") % self.words()

    def act(self, form):
        answers.reinstate(self.record, reason=form.cleaned_data["reason"], actor=self.actor)


@require_http_methods(["GET", "POST"])
@permission_required(SETTLE, raise_exception=True)
def settle(request, month, code):
    """Settle a month: all its money has arrived or is given up."""
    sheet = _sheet(request, month, code, SETTLE)
    if request.method == "POST":
        try:
            workflow.take(Step.SETTLE, sheet=sheet, actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("%(sheet)s is paid out; its month is closed.") % {"sheet": sheet})
        return redirect(_address(sheet))
    context = {"sheet": sheet, "month": month, **_figures(arrivals.shares([sheet])[sheet.pk])}
    context["answers"] = arrivals.waiting_answers([sheet])
    return render(request, "subsidies/bank/settle.html", context)
