"""A person's ledger by month: due, arrived, repaid, and the amount by the rules (rules.md §5).

Each month adds up: due = to pay + in transit + arrived + refused + given up. Over all months the balance is arrived
less repaid less the amount by the rules. It equals, with the opposite sign, what has not arrived and what corrections
have not settled: a negative balance is still to be paid.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery

from registry.models import Member, User
from subsidies.corrections import proposals
from subsidies.models import (
    CLOSED_STATES,
    Correction,
    CorrectionState,
    Hold,
    Outcome,
    PayResult,
    PayStage,
    PayStep,
    Settlement,
    SheetLine,
)
from subsidies.models.corrections import given_up
from subsidies.month import arrivals

NOTHING = Decimal(0)
# The columns of a ledger that add up to what is due, in their order.
TITLES = {
    "to_pay": PayStage.TO_PAY.label,
    "in_transit": PayStage.IN_TRANSIT.label,
    "arrived": PayStage.ARRIVED.label,
    "refused": PayStage.REFUSED.label,
    "given_up": PayStage.GIVEN_UP.label,
}
STAGES = tuple(TITLES)
COLUMNS = ("due", *STAGES, "repaid")


@dataclass
class Sums:
    """The yuan of some lines by stage, and repayments; what the bank sent back counts as refused."""

    due: Decimal = NOTHING
    to_pay: Decimal = NOTHING
    in_transit: Decimal = NOTHING
    arrived: Decimal = NOTHING
    refused: Decimal = NOTHING
    given_up: Decimal = NOTHING
    repaid: Decimal = NOTHING

    def add(self, line: SheetLine) -> None:
        """Add a line with a stage from `arrivals.with_stage`; a line without money changes nothing."""
        if line.net:
            stage = getattr(line, "stage", PayStage.TO_PAY)
            name = "refused" if stage == PayStage.BOUNCED else str(stage)
            self.due += line.net
            setattr(self, name, getattr(self, name) + line.net)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in COLUMNS})

    @property
    def amounts(self) -> list[Decimal]:
        """The amounts in the order of COLUMNS."""
        return [getattr(self, name) for name in COLUMNS]

    @property
    def foots(self) -> bool:
        return self.due == sum((getattr(self, name) for name in STAGES), NOTHING)

    @property
    def open(self) -> Decimal:
        """What has neither arrived nor been given up."""
        return self.to_pay + self.in_transit + self.refused


@dataclass(frozen=True)
class Account:
    """Some months added up, in yuan: carried over + arrived − repaid − should be = balance."""

    carried: Decimal = NOTHING  # the balance of the months before
    sums: Sums = field(default_factory=Sums)
    should_be: Decimal = NOTHING

    def __add__(self, other: "Account") -> "Account":
        return Account(self.carried + other.carried, self.sums + other.sums, self.should_be + other.should_be)

    @property
    def balance(self) -> Decimal:
        return self.carried + self.sums.arrived - self.sums.repaid - self.should_be

    @property
    def amounts(self) -> list[Decimal]:
        """Carried over, by COLUMNS, should be, balance."""
        return [self.carried, *self.sums.amounts, self.should_be, self.balance]


@dataclass
class Entry:
    """One closed month, in yuan; a month without a line has only corrections or repayments."""

    month: date
    community: int = 0  # which answers for the month, of two lines that of the first
    lines: list[SheetLine] = field(default_factory=list)  # two where two records were one person
    corrections: list[Correction] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)  # of earlier months, by this month's lines
    hold: Hold | None = None
    sums: Sums = field(default_factory=Sums)
    should_be: Decimal = NOTHING  # by today's facts; of a month before the look-back, what it stands at
    stands_at: Decimal = NOTHING
    given_up_notes: list[str] = field(default_factory=list)  # in words, for pages
    balance: Decimal = NOTHING  # of this month and all before it; what is still to be paid is negative

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), NOTHING)

    @property
    def written_off(self) -> Decimal:
        """Signed yuan of its corrections that are written off: neither paid nor recovered."""
        written_off = [each for each in self.corrections if each.state == CorrectionState.WRITTEN_OFF]
        return sum((each.carried for each in written_off), NOTHING)

    @property
    def is_held(self) -> bool:
        return any(line.outcome == Outcome.HELD for line in self.lines)

    def of(self, area: Collection[int]) -> Account:
        """The part of these communities: their lines and, for the responsible one, repayments and the amount due."""
        sums = Sums()
        for line in self.lines:
            if line.community_id in area:
                sums.add(line)
        if self.community not in area:
            return Account(sums=sums)
        return Account(sums=replace(sums, repaid=self.sums.repaid), should_be=self.should_be)


@dataclass(frozen=True)
class Book:
    """The months of one person, oldest first."""

    entries: list[Entry]
    outstanding: Decimal  # accepted corrections, settled by no closed sheet and not repaid yet
    whole: bool  # whether the user sees every month of the person

    @property
    def sums(self) -> Sums:
        return sum((entry.sums for entry in self.entries), Sums())

    @property
    def should_be(self) -> Decimal:
        return sum((entry.should_be for entry in self.entries), NOTHING)

    @property
    def balance(self) -> Decimal:
        """Arrived, less repaid, less what the rules give."""
        sums = self.sums
        return sums.arrived - sums.repaid - self.should_be

    @property
    def uncorrected(self) -> Decimal:
        """The difference between today's facts and the settled amounts: undecided, written off or given up."""
        return sum((entry.should_be - entry.stands_at for entry in self.entries), NOTHING)

    @property
    def foots(self) -> bool:
        """Whether every month adds up, and the balance equals what has not arrived and what is not settled."""
        months = all(entry.sums.foots for entry in self.entries)
        return months and self.balance == -(self.sums.open + self.outstanding + self.uncorrected)

    @property
    def years(self) -> list[int]:
        return sorted({entry.month.year for entry in self.entries}, reverse=True)

    def of_year(self, year: int | None) -> list[Entry]:
        """The months of the year, or all."""
        return [entry for entry in self.entries if year in (None, entry.month.year)]

    def before(self, year: int | None) -> list[Entry]:
        """The months before the year."""
        return [entry for entry in self.entries if year and entry.month.year < year]

    def account(self, year: int | None) -> Account:
        """The months of the year, or all, with the balance carried over."""
        before, entries = self.before(year), self.of_year(year)
        return Account(
            before[-1].balance if before else NOTHING,
            sum((entry.sums for entry in entries), Sums()),
            sum((entry.should_be for entry in entries), NOTHING),
        )


def of(member: Member, user: User | None = None) -> Book:
    """The member's ledger over the closed months visible to the user or, without a user, over all."""
    if user is None or not partly_visible([member.pk], user):
        return books([member.pk])[member.pk]
    lines = SheetLine.objects.visible_to(user).of_people([member.pk]).filter(sheet__state__in=CLOSED_STATES)
    corrections = Correction.objects.visible_to(user).filter(member=member)
    return _books([member.pk], lines, corrections, whole=False)[member.pk]


def partly_visible(members: Collection[int], user: User) -> set[int]:
    """The members with closed months or corrections that the user may not see; two queries."""
    lines = SheetLine.objects.of_people(members).filter(sheet__state__in=CLOSED_STATES)
    lines = lines.exclude(pk__in=SheetLine.objects.visible_to(user).order_by().values("pk"))
    corrections = Correction.objects.filter(member__in=members)
    corrections = corrections.exclude(pk__in=Correction.objects.visible_to(user).order_by().values("pk"))
    hidden = set(lines.annotate(person=proposals.PERSON).values_list("person", flat=True))
    return hidden | set(corrections.values_list("member", flat=True))


def books(members: Collection[int]) -> dict[int, Book]:
    """By member, the whole ledger; a constant number of queries."""
    lines = SheetLine.objects.of_people(members).filter(sheet__state__in=CLOSED_STATES)
    return _books(members, lines, Correction.objects.filter(member__in=members), whole=True)


def _books(members: Collection[int], lines, corrections, *, whole: bool) -> dict[int, Book]:
    months: dict[int, dict[date, Entry]] = {member: {} for member in members}

    def entry(member: int, month: date) -> Entry:
        return months[member].setdefault(month, Entry(month))

    by_line = {}
    for line in _with_stages(lines):
        of_month = by_line[line.pk] = entry(line.person, line.month)
        of_month.community = of_month.community or line.community_id
        of_month.lines.append(line)
        of_month.sums.add(line)
    outstanding: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for correction in corrections.with_sums().order_by("month", "pk"):
        of_month = entry(correction.member_id, correction.month)
        of_month.community = of_month.community or correction.community_id
        of_month.corrections.append(correction)
        of_month.sums.repaid += correction.repaid
        if correction.state == CorrectionState.ACCEPTED:
            outstanding[correction.member_id] += correction.carried
    settlements = Settlement.objects.filter(line__in=lines.values("pk")).select_related("correction")
    for settlement in settlements.order_by("correction__month", "pk"):
        by_line[settlement.line_id].settlements.append(settlement)
    _hold(members, months)
    _stand(members, months, entry, lines, whole=whole)
    found = {}
    for member, of_member in months.items():
        entries, balance = [of_member[month] for month in sorted(of_member)], NOTHING
        for each in entries:
            balance += each.sums.arrived - each.sums.repaid - each.should_be
            each.balance = balance
        found[member] = Book(entries, outstanding[member], whole)
    return found


def _with_stages(lines) -> Iterable[Any]:
    """The lines in order, each with its `stage` and the `person` to whose ledger it belongs."""
    decisions = PayResult.objects.filter(line=OuterRef("pk"), step=PayStep.GIVE_UP).order_by("-ordinal")
    reason = Subquery(decisions.values("reason")[:1])
    rows = arrivals.staged(lines).annotate(person=proposals.PERSON, given_up_reason=reason).select_related("sheet")
    rows = rows.defer("facts", "id_number", "account")
    return rows.order_by("month", *proposals.MAIN_FIRST)


def _hold(members: Collection[int], months: dict[int, dict[date, Entry]]) -> None:
    for hold in Hold.objects.filter(member__in=members).order_by("first_month"):
        for each in months[hold.member_id].values():
            if hold.holds(each.month):
                each.hold = hold


def _stand(members: Collection[int], months, entry, lines, *, whole: bool) -> None:
    """Fill in what each month is due: by today's facts within the look-back, before it as settled."""
    for of_member in months.values():
        for each in of_member.values():
            counts = sum((correction.counts for correction in each.corrections), NOTHING)
            each.stands_at = each.should_be = each.gross + counts
    results = PayResult.objects.newest().filter(line__in=lines.values("pk"), stage=PayStage.GIVEN_UP)
    paid = _paid(months) if whole else None
    for member, month, part in given_up(results):
        if paid is not None:
            paid[member][month].given_up += part
        of_month = entry(member, month)
        of_month.stands_at -= part
        of_month.should_be -= part
    for each in proposals.compared(members, paid=paid):
        if whole or each.month in months[each.person.member.pk]:
            of_month = entry(each.person.member.pk, each.month)
            of_month.community = of_month.community or each.community
            of_month.stands_at, of_month.should_be = each.paid.stands_at, each.should_be


def _paid(months: dict[int, dict[date, Entry]]) -> proposals.PaidMonths:
    """The lines and decided corrections of the entries, for comparison with today's facts."""
    found = proposals.paid_months()
    for member, of_member in months.items():
        for month, entry in of_member.items():
            decided = [each for each in entry.corrections if each.state != CorrectionState.PROPOSED]
            found[member][month] = proposals.Paid([*entry.lines], sorted(decided, key=lambda each: each.pk))
    return found
