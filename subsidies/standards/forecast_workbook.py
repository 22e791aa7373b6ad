"""What if: the months to come by today's rules and by others, and who gains or loses, as a workbook."""

import io
from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from jygroups.lib.printed import FIRST_ROW, LANGUAGE, Book, Cells, Column, Formula, Table
from jygroups.lib.sheets import safe_workbook
from registry.models import Position, Subdistrict
from subsidies import engine
from subsidies.models import Standard
from subsidies.standards.forecast import Comparison


def forecast_workbook(
    found: Comparison, subdistricts: Sequence[Subdistrict], today: engine.Standard, changed: engine.Standard
) -> bytes:
    target = io.BytesIO()
    with override(LANGUAGE), safe_workbook(target) as file:
        book = Book(file)
        _months(book, found, subdistricts)
        _rules(book, today, changed)
        _people(book, found)
    return target.getvalue()


def _months(book: Book, found: Comparison, subdistricts: Sequence[Subdistrict]) -> None:
    columns = [Column(_("Month"), 14, "center")]
    for name in [*(area.name for area in subdistricts), _("Together")]:
        columns += [
            Column(f"{name} · {_('today')}", 16, "money"),
            Column(f"{name} · {_('changed')}", 16, "money"),
        ]
    columns.append(Column(_("Difference"), 16, "money"))
    table = Table(book, _("By month"), _("Stipends of the months to come"), columns)
    made = date_format(timezone.localdate(), "Y-m-d")
    table.notes({0: _("Reckoned on %(day)s") % {"day": made}, len(columns) - 2: _("Unit: yuan")})
    amounts = [outlook.by_month(area) for area in [*subdistricts, None] for outlook in (found.now, found.then)]
    for place, month in enumerate(found.now.months):
        row = [each[place] for each in amounts]
        table.add([str(month), *row, row[-1] - row[-2]])
    everything = Cells(table.name, FIRST_ROW, table.row - 1)
    sums = [sum(each, Decimal(0)) for each in amounts]
    sums.append(sums[-1] - sums[-2])
    totals = [Formula(f"=SUM({everything.address(place)})", total) for place, total in enumerate(sums, 1)]
    table.add([_("Together"), *totals], bold=True)


def _rules(book: Book, today: engine.Standard, changed: engine.Standard) -> None:
    columns = [
        Column(_("Rule"), 40),
        Column(_("today"), 24, "center"),
        Column(pgettext("forecast", "changed"), 24, "center"),
    ]
    table = Table(book, _("Rules"), _("Rules that were compared"), columns)
    words = {"document": today.document, "month": date_format(today.effective_month, "YEAR_MONTH_FORMAT")}
    table.notes({0: _("Standard changed: %(document)s, from %(month)s") % words})
    for position in Position:
        key = engine.Position(position.value)
        table.add([str(position.label), *(_text(rules.rates.get(key)) for rules in (today, changed))])
    for name in engine.PARAMETERS:
        label = str(Standard._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        table.add([label, *(_text(getattr(rules, name)) for rules in (today, changed))])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, engine.ServiceBasis):
        return _("all days served count") if value == "cumulative" else _("only days since the last break count")
    return "–" if value is None else str(value)


def _people(book: Book, found: Comparison) -> None:
    columns = [
        Column(_("Community"), 20, "center"),
        Column(_("Full name"), 18, "center"),
        Column(_("Position"), 24, "center"),
        Column(_("today"), 16, "money"),
        Column(pgettext("forecast", "changed"), 16, "money"),
        Column(_("Difference"), 16, "money"),
    ]
    title = _("Who is paid otherwise in %(month)s") % {"month": found.since.in_words}
    table = Table(book, _("People"), title, columns)
    for each in found.people:
        position = str(Position(each.position).label)
        table.add([each.community.name, each.member.name, position, each.was, each.will, each.difference])
    if not found.people:
        table.sentence(_("Nobody is paid otherwise."))
