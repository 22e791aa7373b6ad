"""A person's ledger month by month: what was paid, what it should have been, what put it right, and what is left."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q

from registry.models import Member, User
from subsidies.models import Correction, CorrectionState, Hold, Outcome, Settlement, SheetLine, State

NOTHING = Decimal(0)
CLOSED = [State.APPROVED, State.PAID]


@dataclass
class Entry:
    """One closed month, in yuan; a month without a line has only corrections."""

    month: date
    lines: list[SheetLine] = field(default_factory=list)  # two where two records were one person
    corrections: list[Correction] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)  # of earlier months, by this month's lines
    hold: Hold | None = None
    balance: Decimal = NOTHING  # due less paid, this month and all before it; to be paid is positive

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), NOTHING)

    @property
    def should_be(self) -> Decimal:
        """What the month comes to by the corrections there are, whatever was decided of them."""
        return self.gross + sum((each.difference for each in self.corrections), NOTHING)

    @property
    def settled(self) -> Decimal:
        return sum((each.amount for each in self.settlements), NOTHING)

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), NOTHING)

    @property
    def repaid(self) -> Decimal:
        return sum((each.repaid for each in self.corrections), NOTHING)

    @property
    def is_held(self) -> bool:
        return any(line.outcome == Outcome.HELD for line in self.lines)


@dataclass(frozen=True)
class Book:
    """The months in order, oldest first; the balance is the last one's, and always what the parts below come to."""

    entries: list[Entry]
    outstanding: Decimal  # accepted, settled by no closed sheet yet
    undecided: Decimal  # proposed or deferred
    written_off: Decimal
    whole: bool  # whether the user sees every month of the person

    @property
    def due(self) -> Decimal:
        return sum((entry.should_be for entry in self.entries), NOTHING)

    @property
    def paid(self) -> Decimal:
        return sum((entry.net for entry in self.entries), NOTHING)

    @property
    def repaid(self) -> Decimal:
        return sum((entry.repaid for entry in self.entries), NOTHING)

    @property
    def balance(self) -> Decimal:
        return self.due - self.paid + self.repaid

    @property
    def is_settled(self) -> bool:
        """Nothing is carried, waits or was written off."""
        return not (self.outstanding or self.undecided or self.written_off)

    @property
    def balances(self) -> bool:
        return self.balance == self.outstanding + self.undecided + self.written_off


def of(member: Member, user: User) -> Book:
    """The member's ledger over the closed months that the user sees; as many queries for one month as for a hundred."""
    own = Q(member=member) | Q(member__merged_into=member)
    lines = SheetLine.objects.filter(own, sheet__state__in=CLOSED)
    corrections = Correction.objects.filter(member=member)
    seen_lines = lines & SheetLine.objects.visible_to(user)
    seen_corrections = corrections.visible_to(user)
    months: dict[date, Entry] = {}

    def entry(month: date) -> Entry:
        return months.setdefault(month, Entry(month))

    for line in seen_lines.select_related("sheet").defer("facts", "id_number", "account").order_by("month", "pk"):
        entry(line.month).lines.append(line)
    states: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    rows = list(seen_corrections.with_settled().order_by("month", "pk"))
    for correction in rows:
        entry(correction.month).corrections.append(correction)
        states[correction.state] += correction.carried
    settlements = Settlement.objects.filter(line__in=seen_lines.values("pk")).select_related("correction", "line")
    for settlement in settlements.order_by("correction__month", "pk"):
        entry(settlement.line.month).settlements.append(settlement)
    holds = list(Hold.objects.filter(member=member).order_by("first_month"))
    balance = NOTHING
    entries = [months[month] for month in sorted(months)]
    for each in entries:
        each.hold = next((hold for hold in reversed(holds) if hold.holds(each.month)), None)
        balance += each.should_be - each.net + each.repaid
        each.balance = balance
    return Book(
        entries=entries,
        outstanding=states[CorrectionState.ACCEPTED],
        undecided=states[CorrectionState.PROPOSED] + states[CorrectionState.DEFERRED],
        written_off=states[CorrectionState.WRITTEN_OFF],
        whole=lines.count() == sum(len(each.lines) for each in entries) and corrections.count() == len(rows),
    )
