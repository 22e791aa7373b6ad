"""Handing a month out as a file: its content, its name, and the audit entry that tells of it."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from jygroups.lib.months import Month
from jygroups.lib.sheets import CSV, XLSX
from registry.models import Act, User
from registry.services import audit
from subsidies.exports.month_csv import month_csv
from subsidies.exports.workbook import workbook
from subsidies.models import Sheet, SheetLine

LANGUAGE = "zh-hans"  # of the files' names, whoever makes them


class Format(models.TextChoices):
    XLSX = "xlsx", gettext_lazy("workbook")
    CSV = "csv", gettext_lazy("csv of the month")


@dataclass(frozen=True)
class Export:
    """A file to hand out."""

    name: str
    content: bytes
    content_type: str
    lines: int


@dataclass(frozen=True)
class _Kind:
    """How a format is made."""

    make: Callable[[list[Sheet]], bytes]
    name: str | Promise  # with the area and the month to fill in
    content_type: str
    together: bool  # whether one file holds several sheets


KINDS = {
    Format.XLSX: _Kind(
        lambda sheets: workbook(sheets[0]),
        gettext_lazy("Payroll of %(area)s, %(month)s"),
        XLSX.CONTENT_TYPE,
        together=False,
    ),
    Format.CSV: _Kind(month_csv, gettext_lazy("Stipends of %(area)s, %(month)s"), CSV.CONTENT_TYPE, together=True),
}


def of_month(month: Month) -> models.QuerySet[Sheet]:
    """The month's sheets with all that an export reads of them."""
    return _with_all(Sheet.objects.of(month))


def holds_several(form: str) -> bool:
    """Whether one file of the format holds all the sheets it is given; else each sheet is a file of its own."""
    return KINDS[Format(form)].together


@transaction.atomic
def export(sheets: Iterable[Sheet], form: str, *, actor: User | None = None, address: str | None = None) -> Export:
    """The file of these sheets of one month in one format, with the audit entry of the export.

    The sheets stay locked until it is made, so that a recomputation shows in it whole or not at all. ValueError when
    there is no sheet, or several for a format that takes one.
    """
    kind = KINDS[Format(form)]
    asked = Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets])
    found = list(_with_all(asked).select_for_update(of=("self",)))
    months = {sheet.month for sheet in found}
    if len(months) != 1 or (len(found) > 1 and not kind.together):
        raise ValueError(f"cannot put {len(found)} sheets of {len(months)} months into one {form} file")
    content = kind.make(found)
    export = Export(
        name=_name(found, kind, Format(form)),
        content=content,
        content_type=kind.content_type,
        lines=SheetLine.objects.filter(sheet__in=found).count(),
    )
    subject = str(found[0]) if len(found) == 1 else str(Month.of(found[0].month))
    audit.record(
        Act.EXPORT,
        subject,
        user=actor,
        address=address,
        format=form,
        lines=export.lines,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return export


def _with_all(sheets: models.QuerySet[Sheet]) -> models.QuerySet[Sheet]:
    rows = sheets.select_related("subdistrict", "standard").prefetch_related("standard__rates")
    return rows.order_by("subdistrict__code")


def _name(sheets: list[Sheet], kind: _Kind, form: Format) -> str:
    """What a person would call the file; a sheet not yet approved makes it a draft."""
    with override(LANGUAGE):
        name = str(kind.name) % {
            "area": sheets[0].subdistrict.name if len(sheets) == 1 else settings.CITY_NAME,
            "month": date_format(sheets[0].month, "YEAR_MONTH_FORMAT"),
        }
        if not all(sheet.is_final for sheet in sheets):
            name = _("%(title)s (draft)") % {"title": name}
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name) + f".{form}"
