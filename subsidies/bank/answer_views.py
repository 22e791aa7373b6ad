"""The bank's answer: handing the file in, saying which column is what, seeing what it says, and taking it in."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import ReasonForm
from jygroups.lib.months import Month
from jygroups.lib.sheets import Unreadable
from subsidies.bank import answers, reading
from subsidies.bank.forms import AnswerForm, ColumnsForm, TakeInForm
from subsidies.models import BankAnswer
from subsidies.permissions import subdistricts
from subsidies.services.sheets import Refused
from subsidies.views import frame

SETTLE = "subsidies.settle_sheet"


@require_http_methods(["GET", "POST"])
@permission_required(SETTLE, raise_exception=True)
def add(request, month, code):
    sheet = frame.find_for(request.user, month, code, SETTLE)
    back = reverse("payment", args=[month, code])
    if not sheet.payments.exists():
        messages.info(request, _("Nothing has gone to the bank yet, so there is nothing to answer."))
        return redirect(back)
    form = AnswerForm(request.POST or None, request.FILES or None, sheet=sheet)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            answer = answers.hand_in(
                payment=form.cleaned_data["payment"], name=file.name, content=file.read(), actor=request.user
            )
        except Unreadable as error:
            form.add_error("file", str(error))
        except answers.Again as again:
            messages.info(request, str(again))
            return redirect(again.answer)
        else:
            return redirect(answer)
    context = {"sheet": sheet, "month": month, "form": form, "back": back}
    return render(request, "subsidies/answer_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.view_payment", raise_exception=True)
def answer(request, pk):
    """One answer: its columns while they are not known, then what it says, then what was taken in."""
    visible = BankAnswer.objects.visible_to(request.user)
    row = get_object_or_404(visible.select_related("payment__sheet__subdistrict", "by", "taken_by"), pk=pk)
    area = row.payment.sheet.subdistrict_id
    if not subdistricts(request.user, "subsidies.view_payment").filter(pk=area).exists():
        raise PermissionDenied
    settles = subdistricts(request.user, SETTLE).filter(pk=area).exists()
    may_act = settles and not row.taken_at
    may_revoke = settles and bool(row.taken_at) and not row.revoked_at and row.taken_by_id != request.user.pk
    if request.method == "POST":
        if not may_act:
            if row.taken_at and request.user.has_perm(SETTLE):
                messages.info(request, _("This file is taken in already. Nothing has been changed."))
                return redirect(row)
            raise PermissionDenied
        return _act(request, row)
    return _page(request, row, may_act=may_act, may_revoke=may_revoke, ask="columns" in request.GET)


def _act(request, row: BankAnswer):
    if "digest" not in request.POST:
        columns = ColumnsForm(request.POST, grid=answers.grid(row))
        if not columns.is_valid():
            return _page(request, row, may_act=True, columns=columns, status=422)
        answers.set_columns(row, columns.cleaned_data, actor=request.user)
        return redirect(row)
    form = TakeInForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                found = answers.take_in(row, actor=request.user, **form.cleaned_data)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(row)
        words = {"paid": len(found.paid), "refused": len(found.refused), "bounced": len(found.bounced)}
        messages.success(request, _("Recorded: %(paid)s arrived, %(refused)s refused, %(bounced)s sent back.") % words)
        sheet = row.payment.sheet
        return redirect(reverse("payment", args=[Month.of(sheet.month), sheet.subdistrict.code]))
    return _page(request, row, may_act=True, take_in=form, status=422)


def _page(request, row: BankAnswer, *, may_act, may_revoke=False, ask=False, columns=None, take_in=None, status=200):
    context = {
        "answer": row,
        "sheet": row.payment.sheet,
        "month": Month.of(row.payment.sheet.month),
        "may_act": may_act,
        "may_revoke": may_revoke,
    }
    if row.taken_at:
        context["results"] = row.results.select_related("line__community").order_by("stage", "line__ordinal", "ordinal")
    elif may_act and (columns or ask or not row.columns):
        grid = answers.grid(row)
        template = answers.template_of(row.payment)
        guess = row.columns or reading.guess(grid.titles, template.answer if template else {})
        context["columns"] = columns or ColumnsForm(grid=grid, initial=guess)
        context["rows"] = len(grid.rows)
    elif row.columns:
        context["preview"] = preview = answers.preview(row)
        initial = {"digest": preview.digest, "day": timezone.localdate()}
        context["form"] = take_in or TakeInForm(initial=initial)
    return render(request, "subsidies/answer.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required(SETTLE, raise_exception=True)
def revoke(request, pk):
    """Undo what an answer recorded; for a second person, until the next answer."""
    visible = BankAnswer.objects.visible_to(request.user).select_related("payment__sheet__subdistrict", "taken_by")
    row = get_object_or_404(visible, pk=pk)
    sheet = row.payment.sheet
    if not subdistricts(request.user, SETTLE).filter(pk=sheet.subdistrict_id).exists():
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            answers.revoke(row, reason=form.cleaned_data["reason"], actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The answer is revoked; its people stand where they stood before it."))
        return redirect(row)
    words = {"paid": row.paid, "refused": row.refused, "bounced": row.bounced}
    context = {
        "sheet": sheet,
        "month": Month.of(sheet.month),
        "title": _("Revoke the bank's answer %(name)s") % {"name": row.name},
        "consequences": [
            _("%(paid)s arrived, %(refused)s refused and %(bounced)s sent back are reversed.") % words,
            _("Nothing is deleted: the record shows both, with your name and reason."),
        ],
        "form": form,
        "submit": _("Revoke"),
        "back": row.get_absolute_url(),
    }
    return render(request, "subsidies/payment_confirm.html", context, status=422 if form.errors else 200)
