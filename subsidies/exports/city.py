"""全市汇总: a row for each community of both subdistricts, a subtotal for each subdistrict."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib.capitals import in_capitals
from jygroups.lib.shown import LANGUAGE
from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, Book, Cells, Column, Formula, PrintedSheet
from registry.models import Position
from subsidies.exports.workbook.payroll import AMOUNTS
from subsidies.models import Sheet, SheetLine
from subsidies.month import heads, signed

HEADS = 3  # the column of the first position's heads


def city_summary(sheets: Sequence[Sheet]) -> bytes:
    """The month's sheets in one workbook; the same lines give the same bytes."""
    with override(LANGUAGE), Book() as book:
        title = _title(sheets)
        book.set_properties(signed.properties(title, settings.CITY_NAME, sheets))
        _add(book, title, sheets)
    return book.content


def _title(sheets: Sequence[Sheet]) -> str:
    words = {"city": settings.CITY_NAME, "month": date_format(sheets[0].month, "YEAR_MONTH_FORMAT")}
    title = _("%(city)s, %(month)s: summary of stipends of the whole city") % words
    final = all(sheet.is_final for sheet in sheets)
    return title if final else _("%(title)s (draft)") % {"title": title}


def _add(book: Book, title: str, sheets: Sequence[Sheet]) -> None:
    draft = not all(sheet.is_final for sheet in sheets)
    prepared = _("Prepared by unit: %(office)s") % {"office": settings.CITY_NAME}
    unit = "\n".join([prepared, signed.grounds(sheets), *signed.funds(sheets)])
    texts = {0: unit, 7: signed.approved_on(sheets), 12: _("Unit: yuan")}
    notes = {place: text for place, text in texts.items() if text}
    table = PrintedSheet(book, _("Summary of the city"), title, _columns(), notes=notes, draft=draft)
    lines = SheetLine.objects.filter(sheet__in=sheets).defer("facts", "id_number", "account")
    everybody = heads.counted(lines)
    lines = lines.filter(heads.LISTED).select_related("community", "sheet__subdistrict")
    found = list(lines.order_by("sheet__subdistrict__code", "ordinal"))
    subtotals, ordinal = [], 0
    for subdistrict, of_subdistrict in groupby(found, key=lambda line: line.sheet.subdistrict):
        first, own = table.row, list(of_subdistrict)
        for community, of_community in groupby(own, key=lambda line: line.community):
            ordinal += 1
            table.add([ordinal, subdistrict.name, community.name, *_values(list(of_community))])
        rows = Cells("", first, table.row - 1)
        sums = [
            Formula(f"=SUBTOTAL(9,{rows.address(place)})", value) for place, value in enumerate(_values(own), HEADS)
        ]
        subtotals.append(table.add([None, subdistrict.name, _("Subtotal"), *sums], bold=True))
    if not found:
        table.sentence(_("Nobody is paid this month."))
    rows = Cells("", FIRST_ROW, table.row - 1)
    sums = [Formula(f"=SUBTOTAL(9,{rows.address(place)})", value) for place, value in enumerate(_values(found), HEADS)]
    table.add([None, _("Grand total"), None, *sums], bold=True)
    words = _("Total paid, in capitals: %(words)s") % {"words": in_capitals(sum((x.net for x in found), Decimal(0)))}
    table.remark(words, bold=True, height=28)
    table.remark(_("People %(heads)s") % {"heads": everybody})
    table.signatures(signed.signed_by())


def _columns() -> list[Column]:
    return [
        Column(_("No."), 6, "number"),
        Column(_("Subdistrict"), 12, "center"),
        Column(_("Community"), 13, "center"),
        *(Column(str(position.label), 11, "count") for position in Position),
        Column(_("Earlier months only"), 9, "count"),
        Column(_("People paid"), 9, "count"),
        Column(_("Base stipend"), 13, "money"),
        Column(_("Growth with years"), 13, "money"),
        Column(_("Due this month"), 13, "money"),
        Column(_("Settled correction"), 12, "money"),
        Column(_("Paid out"), 14, "money"),
    ]


def _values(lines: list[SheetLine]) -> list[Decimal | int]:
    """The numbers of people paid, by position, for earlier months only, and in total; and the yuan of each kind."""
    held = Counter(line.position for line in lines if line.net > 0)
    of_positions = [held[position] for position in [*Position, ""]]
    yuan = [sum((getattr(line, amount) or Decimal(0) for line in lines), Decimal(0)) for amount in AMOUNTS]
    return [*of_positions, sum(of_positions), *yuan]
