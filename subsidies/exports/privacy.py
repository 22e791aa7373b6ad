"""What the stipends have of one person, and what of the money the yearly report on personal data says."""

from datetime import date

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from jygroups.lib import shown
from jygroups.lib.months import Month
from registry.privacy.parts import Part, Person, of_person, of_year
from registry.records.audit import KINDS
from subsidies.models import (
    CLOSED_STATES,
    Correction,
    DebtNotice,
    Export,
    Hold,
    Objection,
    Payment,
    PaymentItem,
    PayStage,
    SheetLine,
)
from subsidies.month import arrivals


@of_person(100)
def stipends(person: Person) -> Part:
    """By month what was due, where it went, and what became of it."""
    lines = SheetLine.objects.filter(member__in=person.keys).select_related("sheet").defer("facts", "id_number")
    stages = dict(PayStage.choices)
    rows = [
        (
            Month.of(each.month).in_words, each.get_position_display() or each.get_outcome_display(),
            shown.exact(each.gross), shown.exact(each.adjustment), shown.exact(each.net), person.number(each.account),
            _state(each, stages),
        )
        for each in arrivals.staged(lines).order_by("month")
    ]  # fmt: skip
    titles = (_("Month"), _("Position"), _("Gross"), _("Adjustment"), _("Net"), _("Bank account"), _("State"))
    return Part(_("Stipends by month"), titles, rows)


def _state(line: SheetLine, stages: dict) -> str:
    """What became of the money, as far as the sheet has come; without any, why."""
    if not line.net:
        return line.get_outcome_display()
    return str(stages[line.stage]) if line.sheet.state in CLOSED_STATES else line.sheet.get_state_display()  # type: ignore[attr-defined]


@of_person(110)
def corrections(person: Person) -> Part:
    rows = [
        (Month.of(each.month).in_words, _("Correction"), shown.signed(each.difference), each.get_state_display())
        for each in Correction.objects.filter(member__in=person.keys).order_by("month", "pk")
    ]
    rows += [
        (Month.of(each.first_month).in_words, _("Hold"), "", each.get_release_display() or _("in force"))
        for each in Hold.objects.filter(member__in=person.keys).order_by("first_month", "pk")
    ]
    rows += [
        (shown.day(each.day), _("Notice to repay %(number)s") % {"number": each.number}, shown.exact(each.amount), "")
        for each in DebtNotice.objects.filter(member__in=person.keys).order_by("day", "pk")
    ]
    return Part(_("Corrections, holds and notices to repay"), (_("When"), _("What"), _("Yuan"), _("State")), rows)


@of_person(120)
def objections(person: Person) -> Part:
    """Those about the person, without who objected."""
    rows = Objection.objects.filter(member__in=person.keys).order_by("received_on", "pk")
    return Part(
        _("Objections about the person"),
        (_("Received on"), _("Objection"), _("Outcome"), _("Answer")),
        [(shown.day(each.received_on), each.text, each.get_outcome_display(), each.answer) for each in rows],
    )


@of_person(230)
def files(person: Person) -> Part:
    """The files of sheets, of the city's months and of payments that the person is in."""
    lines = SheetLine.objects.filter(member__in=person.keys)
    items = PaymentItem.objects.filter(line__member__in=person.keys)
    found = Export.objects.filter(
        Q(payment__in=items.values("payment"))
        | Q(payment=None, sheet__in=lines.values("sheet"))
        | Q(payment=None, sheet=None, month__in=lines.values("month"))
    )
    rows = [
        (
            shown.moment(each.at),
            each.by.name if each.by else "–",
            each.name,
            KINDS.get(each.format, each.format),
            each.purpose,
        )
        for each in found.select_related("by").order_by("at", "pk")
    ]
    return Part(
        _("Files of the money that the person is in"),
        (_("When"), _("Who"), _("File"), _("Format"), _("Purpose")),
        rows,
    )


@of_year(60)
def shared(first: date, last: date) -> Part:
    """Batches to banks: what was handed to others."""
    batches = Payment.objects.valid().filter(at__date__range=(first, last))
    rows: list[tuple[object, ...]] = [
        (str(each), shown.moment(each.at), each.lines, shown.exact(each.amount), each.files)
        for each in batches.select_related("sheet__subdistrict").annotate(files=Count("exports")).order_by("at", "pk")
    ]
    total = batches.aggregate(lines=Sum("lines"), amount=Sum("amount"))
    if rows:
        rows.append((_("Total"), "", total["lines"], shown.exact(total["amount"]), ""))
    note = _("Name, ID number, bank, account and amount, to pay the stipend; nobody else outside is given any data.")
    titles = (_("Batch"), _("When"), _("Number of people"), _("Yuan"), _("Files taken"))
    return Part(_("Shared with banks"), titles, rows, note)
