"""Exporting a month: one page with the formats, the purpose, and earlier exports."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import download
from registry.access.passwords.views import PURPOSE, confirm_first, mark_of, recently_confirmed
from subsidies.bank import payments
from subsidies.bank.payments import Undecided
from subsidies.exports import services
from subsidies.exports.forms import CityExportForm, ExportForm
from subsidies.exports.services import Format, HandedOut, Options
from subsidies.exports.tables import ExportTable
from subsidies.models import Sheet
from subsidies.month import sheet_pages

LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without letters that look alike
TICKET_SECONDS = 600  # from the password to the download


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.export_sheet", raise_exception=True)
def of_sheet(request, month, code):
    sheet = sheet_pages.find_permitted(request.user, month, code, "subsidies.export_sheet")
    if not recently_confirmed(request):
        return confirm_first(request)
    if token := request.POST.get("ticket"):
        return _locked(request, sheet, token)
    may_bank = request.user.has_perm("subsidies.export_bank_file", sheet)
    with_bank = sheet.is_final and may_bank
    asked = {
        "purpose": request.session.get(PURPOSE),
        **({"format": request.GET["format"]} if "format" in request.GET else {}),
    }
    form = ExportForm(
        request.POST if request.method == "POST" else None, sheet=sheet, with_bank=with_bank, initial=asked
    )
    context = {"sheet": sheet, "month": month, "form": form, "may_bank": may_bank}
    if form.is_valid():
        given = form.cleaned_data
        request.session[PURPOSE] = given["purpose"]
        options = Options(
            purpose=given["purpose"],
            objections=form.objections,
            template=given.get("template"),
            each_bank=given.get("each_bank", False),
            again=given.get("again", False),
            mark=mark_of(request.user, given["purpose"]) if given["format"] == Format.XLSX else "",
        )
        if given["format"] == Format.XLSX and given["with_password"]:
            return _with_password(request, sheet, month, options.purpose)
        try:
            if given["format"] == Format.BANK and form.chosen_payment:
                made = services.bank_file(form.chosen_payment, options=options, actor=request.user)
            else:
                made = services.export([sheet], given["format"], options=options, actor=request.user)
            return response(made)
        except Undecided:
            messages.info(request, _("Before the first file, decide whom to pay to which account."))
            return redirect("payment-make", month, code)
        except HandedOut as refusal:
            form.ask_again(str(refusal))
        except Refused as refusal:
            context["problems"] = str(refusal).splitlines()
    context["earlier"] = ExportTable(services.earlier(month, sheet))
    if with_bank:
        found = payments.answered(form.batches)
        context["answered"] = [(batch, found[batch.pk]) for batch in form.batches if batch.pk in found]
    status = 422 if form.errors or "problems" in context else 200
    return render(request, "subsidies/exports/export.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.export_sheet", raise_exception=True)
def of_city(request, month):
    """The summary and the csv of all subdistricts, for users of the whole city."""
    if not request.user.reach("subsidies.export_sheet").everywhere:
        raise PermissionDenied
    sheets = list(services.of_month(month))
    if not sheets:
        raise Http404
    if not recently_confirmed(request):
        return confirm_first(request)
    initial = {"purpose": request.session.get(PURPOSE)}
    form = CityExportForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        request.session[PURPOSE] = form.cleaned_data["purpose"]
        options = Options(purpose=form.cleaned_data["purpose"])
        return response(services.export(sheets, form.cleaned_data["format"], options=options, actor=request.user))
    context = {"month": month, "sheets": sheets, "form": form, "earlier": ExportTable(services.earlier(month, None))}
    return render(request, "subsidies/exports/export_city.html", context, status=422 if form.errors else 200)


def _with_password(request, sheet: Sheet, month, purpose: str):
    """Show the password once, with the button that downloads its file; the password is not stored."""
    password = "-".join("".join(secrets.choice(LETTERS) for _place in range(4)) for _part in range(4))
    ticket = signing.dumps({"purpose": purpose, "password": password, "sheet": sheet.pk}, salt=__name__)
    context = {"sheet": sheet, "month": month, "password": password, "ticket": ticket}
    return render(request, "subsidies/exports/export_password.html", context)


def _locked(request, sheet: Sheet, ticket: str):
    try:
        given = signing.loads(ticket, salt=__name__, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise PermissionDenied(_("Ask for the workbook again.")) from error
    if given["sheet"] != sheet.pk:
        raise PermissionDenied
    mark = mark_of(request.user, given["purpose"])
    options = Options(purpose=given["purpose"], password=given["password"], mark=mark)
    return response(services.export([sheet], Format.XLSX, options=options, actor=request.user))


def response(made: services.Export) -> HttpResponse:
    return download(made.content, made.name)
