"""The bank's answer: uploading the file, choosing its columns, checking the preview, and recording it."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import ReasonForm
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import get_permitted
from jygroups.lib.spreadsheets.sandbox import Unreadable
from subsidies.bank import answers, reading
from subsidies.bank.answer_forms import ColumnsForm, HoldsForm, ReadForm, WordsForm
from subsidies.bank.answers import Understanding
from subsidies.bank.forms import AnswerForm
from subsidies.bank.take_in_forms import TakeInForm
from subsidies.models import BankAnswer
from subsidies.month import sheet_pages

SETTLE = "subsidies.settle_sheet"
ANSWERS = BankAnswer.objects.select_related("payment__sheet__subdistrict", "taken_by").defer("content")
SHOWN_QUESTIONS = (reading.SHEETS, reading.HOLDS, reading.UNIT, reading.SEPARATOR)


@require_http_methods(["GET", "POST"])
@permission_required(SETTLE, raise_exception=True)
def add(request, month, code):
    sheet = sheet_pages.find_permitted(request.user, month, code, SETTLE)
    back = reverse("payment", args=[month, code])
    if not sheet.payments.exists():
        messages.info(request, _("Nothing has gone to the bank yet, so there is nothing to answer."))
        return redirect(back)
    form = AnswerForm(request.POST or None, request.FILES or None, sheet=sheet)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            answer = answers.hand_in(
                payment=form.cleaned_data["payment"], name=file.name, content=form.content(), actor=request.user
            )
        except Unreadable as error:
            form.refuse_file(error)
        except answers.Again as again:
            messages.info(request, str(again))
            return redirect(again.answer)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(answer)
    context = {"sheet": sheet, "month": month, "form": form, "back": back}
    return render(request, "subsidies/bank/answer_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.view_payment", raise_exception=True)
def answer(request, pk):
    """One answer: first the choices to make, then the preview, then what was recorded."""
    visible = BankAnswer.objects.visible_to(request.user)
    row = get_object_or_404(visible.select_related("payment__sheet__subdistrict", "by", "taken_by"), pk=pk)
    if not request.user.has_perm("subsidies.view_payment", row):
        raise PermissionDenied
    settles = request.user.has_perm(SETTLE, row)
    may_act = settles and not row.taken_at
    if request.method == "POST":
        if not may_act:
            if row.taken_at and settles:
                messages.info(request, _("This file is taken in already. Nothing has been changed."))
                return redirect(row)
            raise PermissionDenied
        try:
            return _act(request, row)
        except (Unreadable, Refused) as error:
            messages.error(request, str(error))
            return redirect(_payment(row))
    try:
        understood = None if row.taken_at else answers.understand(row)
    except Unreadable as error:  # uploaded before such files were refused
        messages.error(request, str(error))
        return redirect(_payment(row))
    return _page(request, row, understood, may_act=may_act, settles=settles)


def _act(request, row: BankAnswer):
    """One step of an answer that is not recorded yet: how it is read, its columns, its words, or recording it."""
    if "digest" in request.POST:
        return _take_in(request, row)
    understood = answers.understand(row)
    if "read" in request.POST:
        form: ReadForm | ColumnsForm | HoldsForm | WordsForm = ReadForm(request.POST, understood=understood)
        if form.is_valid():
            choices = form.choices(understood.choices)
            try:
                answers.understand(row, choices)
            except Unreadable as error:
                form.add_error(None, str(error))
            else:
                answers.store_choices(row, choices)
                return redirect(f"{row.get_absolute_url()}?columns")
        return _page(request, row, understood, may_act=True, read=form, status=422)
    if "words" in request.POST:
        name, form = "words", WordsForm(request.POST, counts=_counts(understood))
    elif "holds" in request.POST:
        name, form = "holds", HoldsForm(request.POST, understood=understood)
    else:
        name, form = "columns", ColumnsForm(request.POST, understood=understood)
    if form.is_valid():
        choices = form.choices(understood.choices)
        answers.store_choices(row, choices)
        return redirect(row)
    return _page(request, row, understood, may_act=True, status=422, **{name: form})


def _take_in(request, row: BankAnswer):
    try:
        found = answers.preview(row)
        form = TakeInForm(request.POST, payment=row.payment, preview=found)
        if not form.is_valid():
            return _page(request, row, answers.understand(row), may_act=True, take_in=form, status=422)
        answers.take_in(row, actor=request.user, elsewhere=found.elsewhere, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(row if BankAnswer.objects.filter(pk=row.pk).exists() else _payment(row))
    row.refresh_from_db()
    counts = {"paid": row.paid, "refused": row.refused, "bounced": row.bounced, "waiting": row.in_transit}
    text = _("Recorded: %(paid)s arrived, %(refused)s refused, %(bounced)s sent back; %(waiting)s still in transit.")
    messages.success(request, text % counts)
    return redirect(_payment(row))


def _payment(row: BankAnswer) -> str:
    sheet = row.payment.sheet
    return reverse("payment", args=[Month.of(sheet.month), sheet.subdistrict.code])


def _counts(understood: Understanding) -> dict[str, int]:
    """Each word of the file that is on no list, with the number of its rows."""
    return next((question.counts for question in understood.questions if question.about == reading.WORDS), {})


def _page(request, row: BankAnswer, understood: Understanding | None, *, may_act, settles=True, status=200, **sent):
    """The page with the next step; `sent` has the submitted forms with errors, by name."""
    context = {
        "answer": row,
        "sheet": row.payment.sheet,
        "month": Month.of(row.payment.sheet.month),
        "may_act": may_act,
        "step": _step(request, understood, sent) if understood else "",
    }
    if understood is None:
        results = row.results.select_related("line__community").order_by("stage", "line__ordinal", "ordinal")
        context |= {"results": results, "masked": row.columns.get("masked", [])}
        if settles and not row.revoked_at:
            context["why_not_revoked"] = why = answers.why_not_revoked(row, request.user)
            context["may_revoke"] = not why
    elif context["step"] == "preview":
        context["preview"] = preview = answers.of(understood)
        context["other_month"] = Month.of(preview.other.sheet.month) if preview.other else None
        initial = {"digest": preview.digest, "day": answers.day_of(row.payment, preview), "rest": ""}
        form = sent.get("take_in") or TakeInForm(initial=initial, payment=row.payment, preview=preview)
        context["form"] = form
    elif may_act and context["step"] == "words":
        context["meanings"] = sent.get("words") or WordsForm(counts=_counts(understood))
    elif may_act:
        if context["step"] == "holds":
            context["holds"] = sent.get("holds") or HoldsForm(understood=understood)
        else:
            context["columns"] = sent.get("columns") or ColumnsForm(understood=understood)
        context |= {
            "read": sent.get("read") or ReadForm(understood=understood),
            "questions": [each for each in understood.questions if each.about in SHOWN_QUESTIONS],
            "is_undivided": any(each.about == reading.SEPARATOR for each in understood.questions),
            "tables": understood.file.tables,
        }
    return render(request, "subsidies/bank/answer.html", context, status=status)


def _step(request, understood: Understanding, sent: dict) -> str:
    """The next step: the columns, the outcome of a list without outcomes, the words, or the preview."""
    abouts = {question.about for question in understood.questions}
    if "columns" in request.GET or {"columns", "read"} & sent.keys() or abouts - {reading.HOLDS, reading.WORDS}:
        return "columns"
    if reading.HOLDS in abouts:
        return "holds"
    return "words" if abouts else "preview"


@require_http_methods(["GET", "POST"])
@permission_required(SETTLE, raise_exception=True)
def discard(request, pk):
    """Delete a file that was uploaded and not recorded."""
    row = get_permitted(request, ANSWERS, SETTLE, lock=False, pk=pk)
    if row.taken_at:
        messages.info(request, _("This file is taken in already. Nothing has been changed."))
        return redirect(row)
    if request.method == "POST":
        try:
            answers.discard(row, actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(row)
        messages.success(request, _("The file %(name)s is discarded; nothing of it was recorded.") % {"name": row.name})
        return redirect(_payment(row))
    context = {
        "sheet": row.payment.sheet,
        "month": Month.of(row.payment.sheet.month),
        "title": _("Discard the file %(name)s") % {"name": row.name},
        "consequences": [
            _("The file is deleted. It was not taken in: nobody's payment changes, and it can be handed in again."),
            _("The audit log has its name and digest, and that you discarded it."),
        ],
        "submit": pgettext("file", "Discard"),
        "back": row.get_absolute_url(),
    }
    return render(request, "subsidies/bank/payment_confirm.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(SETTLE, raise_exception=True)
def revoke(request, pk):
    """Undo what an answer recorded; only another user may, and only until the next answer."""
    row = get_permitted(request, ANSWERS, SETTLE, lock=False, pk=pk)
    if why := answers.why_not_revoked(row, request.user):
        messages.error(request, why)
        return redirect(row)
    sheet = row.payment.sheet
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
    return render(request, "subsidies/bank/payment_confirm.html", context, status=422 if form.errors else 200)
