"""The people who prepared, checked and approved a sheet, for papers: name and day, or a blank to sign on."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib.shown import LANGUAGE
from registry.models import Subdistrict
from subsidies.models import Budget, Sheet, SheetEvent, Step


def signed_by(sheet: Sheet | None = None) -> list[str]:
    """The four lines under a voucher; blank without a signature or a sheet. One query."""
    steps: dict[str, SheetEvent] = {}
    if sheet:
        rows = sheet.events.select_related("by").order_by("id")
        steps = {event.step: event for event in rows if event.step != Step.CONFIRM}
    # Signatures from before the sheet's return no longer count.
    prepared = steps.get(Step.SUBMIT if sheet and sheet.submitted_by_id else Step.PREPARE)
    endorsed = steps.get(Step.ENDORSE) if sheet and sheet.endorsed_by_id else None
    approved = steps.get(Step.APPROVE) if sheet and sheet.approved_by_id else None
    return [
        _signed(_("Prepared by:"), prepared),
        _signed(_("Checked by:"), endorsed),
        _signed(_("Approved by:"), approved),
        _("Head of the unit (seal):"),
    ]


def _signed(label: str, event: SheetEvent | None) -> str:
    if event is None or event.by is None:
        return label
    return _("%(label)s%(name)s, %(day)s") % {"label": label, "name": event.by, "day": day(event.at)}


def day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATE_FORMAT")


def office(subdistrict: Subdistrict) -> str:
    """The subdistrict's office, which signs and seals, in Chinese."""
    with override(LANGUAGE):
        return _("%(subdistrict)s office") % {"subdistrict": subdistrict.name}


def approved_on(sheets: Sequence[Sheet]) -> str:
    """The day on which the last of them was approved; empty while one is not."""
    moments = [sheet.approved_at for sheet in sheets if sheet.approved_at]
    if len(moments) < len(sheets):
        return ""
    return _("Approved on: %(date)s") % {"date": day(max(moments))}


def grounds(sheets: Sequence[Sheet]) -> str:
    """The documents of the Standards by which these sheets were computed."""
    documents = dict.fromkeys(sheet.standard.document for sheet in sheets)
    return _("By document: %(documents)s") % {"documents": _(", ").join(documents)}


def funds(sheets: Sequence[Sheet]) -> list[str]:
    """资金来源, 指标文号 and 预算科目 of the sheets' budgets, those that are given. One query."""
    areas = {(sheet.month.year, sheet.subdistrict_id) for sheet in sheets}
    rows = Budget.objects.filter(year__in={year for year, _area in areas}).order_by("year", "subdistrict__code")
    budgets = [row for row in rows if (row.year, row.subdistrict_id) in areas]
    lines = {
        _("Source of funds: %(names)s"): [row.source for row in budgets],
        _("Granted by document: %(names)s"): [row.funds_document for row in budgets],
        _("Budget account: %(names)s"): [row.account for row in budgets],
    }
    return [
        line % {"names": _(", ").join(dict.fromkeys(filter(None, names)))}
        for line, names in lines.items()
        if any(names)
    ]


def created(sheets: Sequence[Sheet]) -> datetime:
    """The time of approval, else of computation; never the clock's time, so the same sheets give the same bytes."""
    moments = [sheet.approved_at or sheet.computed_at for sheet in sheets]
    return timezone.localtime(max(moments)).replace(tzinfo=None, microsecond=0)


def properties(title: str, office: str, sheets: Sequence[Sheet]) -> dict[str, str | date]:
    """The properties of the document."""
    return {"title": title, "author": office, "company": office, "created": created(sheets)}
