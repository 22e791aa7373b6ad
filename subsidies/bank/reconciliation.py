"""Reconciliation of approved sheets: the yuan approved, sent to the bank, and in each stage now."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.yuan import YuanSum
from subsidies.bank import doubles
from subsidies.bank.doubles import Double
from subsidies.models import CLOSED_STATES, Budget, Payment, PaymentItem, PayStage, Sheet, SheetLine
from subsidies.month import arrivals, seals

NOTHING = Decimal(0)


TITLES = {
    "approved": gettext_lazy("approved"),
    "handed": gettext_lazy("handed to the bank"),
    **{stage.value: stage.label for stage in PayStage},
}


@dataclass
class Figures:
    """Yuan of approved sheets. Approved = to pay + in transit + arrived + refused + sent back + given up."""

    approved: Decimal = NOTHING
    handed: Decimal = NOTHING  # of lines that were in a payment, each counted once however many payments it was in
    to_pay: Decimal = NOTHING
    in_transit: Decimal = NOTHING
    arrived: Decimal = NOTHING
    refused: Decimal = NOTHING
    bounced: Decimal = NOTHING
    given_up: Decimal = NOTHING

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Figures)})

    @property
    def stages(self) -> Decimal:
        return sum((getattr(self, stage) for stage in PayStage.values), NOTHING)


@dataclass
class SheetBalance:
    """One approved sheet, its source of funds, each sum that does not add up, and money that may be paid twice."""

    sheet: Sheet
    source: str
    figures: Figures
    faults: list[str] = field(default_factory=list)
    doubles: list[Double] = field(default_factory=list)


def of(sheets: Iterable[Sheet], *, verify: bool = False) -> list[SheetBalance]:
    """The approved ones of these sheets, in their order; a constant number of queries.

    With `verify` also what is not as it was sealed or paid, person by person; a few queries for each sheet more.
    """
    final = [sheet for sheet in sheets if sheet.state in CLOSED_STATES]
    lines = SheetLine.objects.filter(sheet__in=final).order_by()
    nets = dict(lines.values_list("sheet").annotate(YuanSum("net")))
    was_sent = Exists(PaymentItem.objects.filter(line=OuterRef("pk"), payment__withdrawal=None))
    handed = dict(lines.filter(was_sent).values_list("sheet").annotate(YuanSum("net")))
    shares, unequal, sources = arrivals.shares(final), _unequal_payments(final), _sources(final)
    twice = doubles.of(final)
    rows = []
    for sheet in final:
        found = {stage: share.yuan for stage, share in shares[sheet.pk].items()}
        figures = Figures(approved=sheet.net, handed=handed.get(sheet.pk) or NOTHING, **found)
        source = sources.get((sheet.month.year, sheet.subdistrict_id), "")
        row = SheetBalance(sheet, source, figures, doubles=twice.get(sheet.pk, []))
        net = nets.get(sheet.pk) or NOTHING
        if net != sheet.net:
            words = {"lines": net, "sheet": sheet.net}
            row.faults.append(_("the lines come to %(lines)s, the sheet to %(sheet)s") % words)
        if figures.stages != sheet.net:
            words = {"stages": figures.stages, "sheet": sheet.net}
            row.faults.append(_("the stages come to %(stages)s, the sheet to %(sheet)s") % words)
        fault = _("batch %(number)s is not the sum of its people")
        row.faults += [fault % {"number": number} for number in unequal[sheet.pk]]
        if verify:
            row.faults += [str(broken).removeprefix(f"{sheet} · ") for broken in seals.verify_sheet(sheet)]
        rows.append(row)
    return rows


def by_source(rows: Iterable[SheetBalance]) -> dict[str, Figures]:
    """The figures by source of funds; without one under an empty name."""
    found: dict[str, Figures] = defaultdict(Figures)
    for row in rows:
        found[row.source] += row.figures
    return dict(found)


def total(rows: Iterable[SheetBalance]) -> Figures:
    return sum((row.figures for row in rows), Figures())


def _unequal_payments(sheets: list[Sheet]) -> dict[int, list[int]]:
    """By sheet, the ordinals of payments whose count or amount is not that of their people."""
    payments = Payment.objects.filter(sheet__in=sheets).annotate(people=Count("items"), paid=YuanSum("items__amount"))
    found: dict[int, list[int]] = defaultdict(list)
    for payment in payments.exclude(Q(people=F("lines")) & Q(paid=F("amount"))):
        found[payment.sheet_id].append(payment.ordinal)
    return found


def _sources(sheets: list[Sheet]) -> dict[tuple[int, int], str]:
    """By year and subdistrict, the source of funds that the year's budget names."""
    years = {sheet.month.year for sheet in sheets}
    return {(row.year, row.subdistrict_id): row.funds for row in Budget.objects.filter(year__in=years)}
