"""Bank file templates: the list, and one template with a preview of fictional people."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import cycle

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib.months import Month
from subsidies.bank import files, ready_templates
from subsidies.bank.files import Occasion, Payee
from subsidies.bank.tables import TemplateTable
from subsidies.bank.template_forms import BankTemplateForm, Columns
from subsidies.models import BankFileKind, BankTemplate

CHANGE = "subsidies.change_banktemplate"
REST = {"community": "幸福社区", "remark": "2024年5月工作补贴"}
MAY = Occasion(Month(2024, 5), date(2024, 5, 31))
FICTIONAL = [
    Payee("张三", "620299197001010011", "甘肃银行第一支行营业部", "622848000000000001", Decimal("350.00"), **REST),
    Payee("李建国", "62029919680512002X", "工商银行", "6222020000000000023", Decimal("1200.50"), **REST),
    Payee("阿卜杜热合曼·买买提", "620299198002290038", "农业银行", "6228480000000000031", Decimal("650.00"), **REST),
]


@require_safe
@permission_required(CHANGE, raise_exception=True)
def index(request):
    return render(request, "subsidies/bank/bank_templates.html", {"rows": TemplateTable(BankTemplate.objects.all())})


@require_POST
@permission_required(CHANGE, raise_exception=True)
def add_ready(request):
    """Add the ready templates that do not exist yet."""
    if count := ready_templates.add(actor=request.user):
        messages.success(request, _("Ready templates added: %(count)s.") % {"count": count})
    else:
        messages.info(request, _("All ready templates are here already."))
    return redirect("bank-templates")


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk=None):
    """Add or edit a template; with `preview` in the POST nothing is saved."""
    rows = BankTemplate.objects.select_for_update() if request.method == "POST" else BankTemplate.objects.all()
    template = get_object_or_404(rows, pk=pk) if pk else BankTemplate()
    before, source = list(template.columns), template.source
    title = template.name if pk else _("New bank template")
    data = request.POST if request.method == "POST" else None
    form, columns = BankTemplateForm(data, instance=template), Columns(data, initial=before, prefix="columns")
    is_valid = all([form.is_valid(), columns.is_valid()]) if data else False
    if is_valid:
        form.instance.columns = columns.columns
    if is_valid and "preview" not in request.POST:
        if form.edited or columns.columns != before:
            ready_templates.save(form.instance, actor=request.user)
            messages.success(request, _("The template %(name)s is saved.") % {"name": template.name})
        return redirect("bank-templates")
    context = {"form": form, "columns": columns, "title": title, "source": source}
    if is_valid or (pk and not data):
        context |= _preview(form.instance)
    if request.htmx:
        return render(request, "subsidies/bank/_bank_preview.html", context)
    status = 409 if form.is_conflict else 422 if data and not is_valid else 200
    return render(request, "subsidies/bank/bank_template.html", context, status=status)


def _preview(template: BankTemplate) -> dict:
    """The file that the template writes for fictional people."""
    fictional = FICTIONAL
    if codes := files.parse_bank_codes(template.bank_codes)[0]:
        fictional = [replace(payee, bank=bank) for payee, bank in zip(FICTIONAL, cycle(codes), strict=False)]
    people = [payee for payee in fictional if not files.problems(template, [payee])]
    context = {"problems": files.problems(template, fictional), "encoding": template.get_encoding_display()}
    if template.kind == BankFileKind.TEXT:
        parts = [content.decode(template.encoding) for content in files.files(template, people, MAY)]
        return context | {"texts": parts}
    ends = {name: files.filled(getattr(template, name), people, MAY) for name in ("header", "footer")}
    return context | {"table": list(files.rows(template, people))} | ends
