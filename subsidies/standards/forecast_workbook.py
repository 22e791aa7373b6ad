"""What if: the months to come by today's rules and by others, and who gains or loses, as a workbook."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from jygroups.lib import clock
from jygroups.lib.shown import LANGUAGE
from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, Book, Cells, Column, Formula, PrintedSheet
from registry.models import Position, Subdistrict
from subsidies import engine
from subsidies.models import Standard
from subsidies.standards.forecast import Comparison


def forecast_workbook(
    found: Comparison, subdistricts: Sequence[Subdistrict], today: engine.Standard, changed: engine.Standard
) -> bytes:
    with override(LANGUAGE), Book() as book:
        _months(book, found, subdistricts)
        _rules(book, today, changed)
        _people(book, found)
    return book.content


def _months(book: Book, found: Comparison, subdistricts: Sequence[Subdistrict]) -> None:
    columns = [Column(_("Month"), 14, "center")]
    for name in [*(area.name for area in subdistricts), _("Together")]:
        columns += [
            Column(f"{name} · {_('today')}", 16, "money"),
            Column(f"{name} · {_('changed')}", 16, "money"),
        ]
    columns.append(Column(_("Difference"), 16, "money"))
    made = date_format(clock.today(), "Y-m-d")
    notes = {0: _("Reckoned on %(day)s") % {"day": made}, len(columns) - 2: _("Unit: yuan")}
    table = PrintedSheet(book, _("By month"), _("Stipends of the months to come"), columns, notes=notes)
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
    words = {"document": today.document, "month": date_format(today.effective_month, "YEAR_MONTH_FORMAT")}
    notes = {0: _("Standard changed: %(document)s, from %(month)s") % words}
    table = PrintedSheet(book, _("Rules"), _("Rules that were compared"), columns, notes=notes)
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
        Column(_("Community"), 20, "center", "community.name"),
        Column(_("Full name"), 18, "center", "member.name"),
        Column(_("Position"), 24, "center", lambda each: str(Position(each.position).label)),
        Column(_("today"), 16, "money", "was"),
        Column(pgettext("forecast", "changed"), 16, "money", "will"),
        Column(_("Difference"), 16, "money", "difference"),
    ]
    title = _("Who is paid otherwise in %(month)s") % {"month": found.since.in_words}
    table = PrintedSheet(book, _("People"), title, columns)
    for each in found.people:
        table.record(each)
    if not found.people:
        table.sentence(_("Nobody is paid otherwise."))
