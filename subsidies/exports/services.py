"""Exporting a month as a file: its content, its name, and its export rows and audit entry."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import LANGUAGE  # of the file names too, for every user
from jygroups.lib.spreadsheets.page_marks import marked
from jygroups.lib.spreadsheets.sandbox import locked
from registry.models import Act, User
from registry.records import audit
from subsidies.bank import files, grouping, payments
from subsidies.bank.files import Occasion
from subsidies.bank.grouping import Group
from subsidies.exports.city import city_summary
from subsidies.exports.month_csv import month_csv
from subsidies.exports.notice import Objections, notice
from subsidies.exports.workbook import workbook
from subsidies.models import BankFileKind, BankTemplate, Payment, Sheet, SheetLine
from subsidies.models import Export as ExportRow
from subsidies.month import checks, closing


class Format(models.TextChoices):
    XLSX = "xlsx", gettext_lazy("workbook")
    CSV = "csv", gettext_lazy("csv of the month")
    BANK = "bank", gettext_lazy("bank file")
    NOTICE = "notice", gettext_lazy("public notice")
    SUMMARY = "summary", gettext_lazy("summary of the city")


PERSONAL = (Format.XLSX, Format.CSV, Format.BANK)  # with whole ID or account numbers


@dataclass(frozen=True)
class Options:
    """The options of an export besides its sheets."""

    purpose: str = ""
    objections: Objections = Objections()
    template: BankTemplate | None = None  # of a bank file; none: the first there is
    each_bank: bool = False  # one file for each bank that has a template; all others by `template`
    password: str = ""  # of the workbook; empty: none
    again: bool = False  # a bank file although its payment was handed out before
    mark: str = ""  # on each printed page of a file with whole numbers; a bank's file has none


class HandedOut(Refused):
    """The payment was exported before or is answered; a second file would be paid twice."""


@dataclass(frozen=True)
class Export:
    """An exported file."""

    name: str
    content: bytes
    lines: int
    warning: str = ""  # of a repeated bank file: why the bank must not get it twice


@dataclass(frozen=True)
class _Kind:
    """How a format is made."""

    make: Callable[[list[Sheet], Options], bytes]
    name: str | Promise  # with the area and the month to fill in
    ending: str
    together: bool = False  # whether one file holds several sheets


KINDS = {
    Format.XLSX: _Kind(
        lambda sheets, options: workbook(sheets[0]), gettext_lazy("Payroll of %(area)s, %(month)s"), "xlsx"
    ),
    Format.CSV: _Kind(
        lambda sheets, options: month_csv(sheets), gettext_lazy("Stipends of %(area)s, %(month)s"), "csv", together=True
    ),
    Format.NOTICE: _Kind(
        lambda sheets, options: notice(sheets[0], options.objections),
        gettext_lazy("Public notice of stipends of %(area)s, %(month)s"),
        "xlsx",
    ),
    Format.SUMMARY: _Kind(
        lambda sheets, options: city_summary(sheets),
        gettext_lazy("Summary of stipends of %(area)s, %(month)s"),
        "xlsx",
        together=True,
    ),
}


def of_month(month: Month) -> models.QuerySet[Sheet]:
    """The month's sheets with everything that an export reads."""
    return _with_all(Sheet.objects.of(month))


def holds_several(form: str) -> bool:
    """Whether one file of the format holds several sheets; else each sheet gets its own file."""
    return form != Format.BANK and KINDS[Format(form)].together


@transaction.atomic
def export(
    sheets: Iterable[Sheet],
    form: str,
    *,
    actor: User | None = None,
    options: Options = Options(),  # noqa: B008  # frozen
) -> Export:
    """The file of these sheets of one month in one format, with the row and the audit entry of the export.

    The sheets stay locked until it is written, so that it has a recomputation whole or not at all. ValueError when
    there is no sheet, or several for a format that takes one; Refused for an impossible bank file.
    """
    asked = Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets])
    found = list(_with_all(asked).select_for_update(of=("self",)))
    months = {sheet.month for sheet in found}
    if len(months) != 1 or (len(found) > 1 and not holds_several(form)):
        raise ValueError(f"cannot put {len(found)} sheets of {len(months)} months into one {form} file")
    if form == Format.BANK:
        return bank_file(payments.first(found[0], actor=actor), actor=actor, options=options)
    for each in found:
        if each.is_final:
            checks.verify(each)
    kind = KINDS[Format(form)]
    with marked(options.mark):
        content = kind.make(found, options)
    whole_city = form == Format.SUMMARY
    made = Export(
        name=_name(found, kind, whole_city=whole_city),
        content=locked(content, options.password) if options.password else content,
        lines=SheetLine.objects.filter(sheet__in=found).count(),
    )
    sheet = found[0] if len(found) == 1 and not whole_city else None
    _log(made, form, found, actor, options, month=found[0].month, sheet=sheet)
    return made


@transaction.atomic
def bank_file(
    payment: Payment, *, actor: User | None = None, options: Options
) -> Export:  # fmt: skip
    """The payment's file by a template; several files as a zip. Raises Refused with the people who do not fit."""
    Sheet.objects.select_for_update().get(pk=payment.sheet_id)
    payments.check_valid(payment)
    warning = _sent_before(payment)
    if warning and not options.again:
        raise HandedOut(warning)
    checks.verify(payment.sheet)
    template = options.template or BankTemplate.objects.order_by("id").first()
    if template is None:
        raise Refused(_("There is no bank template yet; the finance bureau makes one."))
    people = payments.payees(payment)
    groups = grouping.grouped(people, template) if options.each_bank else [Group(template, "", people)]
    if problems := [each for group in groups for each in files.problems(group.template, group.payees)]:
        raise Refused("\n".join(problems))
    own = groups[0].template if len(groups) == 1 else None  # several banks each answer in their own words
    kind = _Kind(lambda sheets, options: b"", gettext_lazy("Bank payment of %(area)s, %(month)s"), "zip")
    name = _name([payment.sheet], kind, number=payment.ordinal if payment.ordinal > 1 else None)
    contents = _bank_files(payment, groups, name.removesuffix(".zip"))
    if len(contents) > 1:
        content = files.bundle(contents, timezone.localdate(payment.at))
    else:
        [(name, content)] = contents.items()
    made = Export(name, content, len(people), warning)
    _log(
        made, Format.BANK, [payment.sheet], actor, options,
        month=payment.sheet.month, sheet=payment.sheet, payment=payment, template=own,
        others=None if own else template,
    )  # fmt: skip
    return made


def _sent_before(payment: Payment) -> str:
    """Why the payment's file must not go to the bank again, in words; empty for a first file without answer."""
    found = []
    if before := payment.exports.select_related("by").order_by("-id").first():
        words = {"who": before.by or _("the system"), "when": date_format(timezone.localtime(before.at), "Y-m-d H:i")}
        found.append(_("%(who)s was first: this payment was handed out at %(when)s.") % words)
    found += payments.answered(Payment.objects.filter(pk=payment.pk)).values()
    return " ".join([*found, _("Given to the bank twice, it would be paid twice.")]) if found else ""


@transaction.atomic
def workbook_of(
    name: str, content: bytes, *, lines: int, actor: User | None = None
) -> Export:  # fmt: skip
    """A workbook of more than one month, with the audit entry of its export."""
    digest = hashlib.sha256(content).hexdigest()
    audit.record(Act.EXPORT, name, user=actor, format=Format.XLSX, lines=lines, sha256=digest)
    return Export(f"{_file_name(name)}.xlsx", content, lines)


def _bank_files(payment: Payment, groups: Sequence[Group], stem: str) -> dict[str, bytes]:
    """The groups' files by name: with the bank if there are several groups, numbered if a group has several files."""
    occasion = Occasion(Month.of(payment.sheet.month), timezone.localdate(payment.at))
    found: dict[str, bytes] = {}
    for group in groups:
        ending = BankFileKind(group.template.kind).ending
        name = f"{stem}-{_file_name(group.name)}" if len(groups) > 1 else stem
        contents = files.files(group.template, group.payees, occasion)
        if any(path.startswith((f"{name}.", f"{name}-")) for path in found):
            name = f"{name}-{group.template.pk}"  # two banks with the same name: neither file replaces the other
        for number, content in enumerate(contents, 1):
            found[f"{name}-{number}.{ending}" if len(contents) > 1 else f"{name}.{ending}"] = content
    return found


def earlier(month: Month, sheet: Sheet | None) -> list[ExportRow]:
    """The earlier exports of the sheet, or of the whole city's month, newest first."""
    rows = ExportRow.objects.filter(month=month.first_day, sheet=sheet)
    return list(rows.select_related("by", "payment", "template").order_by("-id"))


def _log(made: Export, form: str, sheets: Sequence[Sheet], actor, options: Options, **row) -> None:
    digest = hashlib.sha256(made.content).hexdigest()
    ExportRow.objects.create(
        format=form,
        name=made.name[:200],
        purpose=options.purpose[:200],
        has_password=bool(options.password),
        lines=made.lines,
        sha256=digest,
        by=actor,
        at=clock.now(),
        **row,
    )
    details = {"format": form, "lines": made.lines, "sha256": digest}
    if options.purpose:
        details["purpose"] = options.purpose[:200]
    if row["sheet"]:
        subject, keys = closing.subject(row["sheet"]), {"sheet": row["sheet"].pk}
    else:
        with override(LANGUAGE):
            subject, keys = Month.of(row["month"]).in_words, {"sheets": sorted(each.pk for each in sheets)}
    audit.record(Act.EXPORT, subject, user=actor, **details, **keys)


def _with_all(sheets: models.QuerySet[Sheet]) -> models.QuerySet[Sheet]:
    rows = sheets.select_related("subdistrict", "standard").prefetch_related("standard__rates")
    return rows.order_by("subdistrict__code")


def _name(sheets: list[Sheet], kind: _Kind, *, whole_city: bool = False, number: int | None = None) -> str:
    """The file's name; «draft» if a sheet is not approved yet."""
    with override(LANGUAGE):
        name = str(kind.name) % {
            "area": sheets[0].subdistrict.name if len(sheets) == 1 and not whole_city else settings.CITY_NAME,
            "month": date_format(sheets[0].month, "YEAR_MONTH_FORMAT"),
        }
        if number:
            name = _("%(title)s, batch %(number)s") % {"title": name, "number": number}
        if not all(sheet.is_final for sheet in sheets):
            name = _("%(title)s (draft)") % {"title": name}
    return f"{_file_name(name)}.{kind.ending}"


def _file_name(text: str) -> str:
    """The text without characters that a file's name cannot hold."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", text)
