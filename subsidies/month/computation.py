"""The lines of a month computed from today's facts; nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from jygroups.lib import progress
from jygroups.lib.months import Month
from jygroups.lib.yuan import YuanField, YuanSum
from registry.models import Appointment, Position, ResidentsCommittee
from subsidies import engine, facts
from subsidies.models import (
    Correction,
    CorrectionState,
    Hold,
    Outcome,
    Repayment,
    Settlement,
    Sheet,
    SheetLine,
    Standard,
    State,
)
from subsidies.models.corrections import lapsed
from subsidies.month import seals

NOTHING = Decimal(0)


@dataclass
class Computed:
    """The lines of the requested sheets in their order, and their settlements of earlier months."""

    lines: list[SheetLine] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    elsewhere: dict[int, str] = field(default_factory=dict)  # by member of another sheet, that sheet's subdistrict


def compute(
    month: Month, standard: Standard, sheets: Iterable[Sheet], now, among: Collection[int] | None = None
) -> Computed:
    """The lines of these sheets, each with the facts of its decision; nothing is written.

    A person with a line on a sheet past draft keeps that line. The sheets come with their subdistricts. With `among`,
    only the lines of these members are computed, in no particular order.
    """
    return _Computation(month, standard, {sheet.subdistrict_id: sheet for sheet in sheets}, now, among).run()


class _Computation:
    def __init__(self, month: Month, standard: Standard, sheets: dict[int, Sheet], now, among: Collection[int] | None):
        self.month, self.sheets, self.now, self.among = month, sheets, now, among
        self.rules = standard.rules()
        past_draft = SheetLine.objects.filter(month=month.first_day).exclude(sheet__state=State.DRAFT)
        # A member merged into another is paid as that other member.
        self.closed = {key for keys in past_draft.values_list("member", "member__merged_into") for key in keys}
        self.holds = {hold.member_id: hold for hold in Hold.objects.of(month).unpaid().order_by("first_month")}
        self.found: dict[int, list[tuple[tuple, SheetLine]]] = defaultdict(list)
        self.answer = Computed()

    def run(self) -> Computed:
        day = self.rules.reference_date(self.month.first_day)
        # People with an office in the sheets' subdistricts, and people with a line who may belong elsewhere now.
        lines = SheetLine.objects.filter(sheet__in=[sheet.pk for sheet in self.sheets.values()])
        here = Q(committee__community__subdistrict__in=self.sheets) | Q(member__in=lines.values("member"))
        if self.among is not None:
            here = Q(member__in=self.among)
        for count, person in enumerate(facts.people_in_office(day, here), 1):
            progress.report(count)
            decision = engine.decide(person.life, self.month.first_day, self.rules)
            assert decision.home is not None  # everyone here is in office
            self._place(person, decision, person.appointments[decision.home])
        owed = self._owed()
        corrected = Appointment.objects.in_office(day).filter(member__in=self._accepted().values("member"))
        in_office = set(corrected.values_list("member", flat=True))
        gone = [member for member, rows in owed.items() if member not in in_office and _sum(rows) > 0]
        for person in facts.people(gone).values():
            decision = engine.decide(person.life, self.month.first_day, self.rules)
            self._place(person, decision, _last_office(person, owed[person.member.pk][-1]))
        for placed in self.found.values():
            for ordinal, (_order, line) in enumerate(sorted(placed, key=lambda pair: pair[0]), 1):
                line.ordinal = ordinal
                if line.outcome != Outcome.HELD:
                    self._settle(line, owed.get(line.member_id, []))
                line.digest = seals.line_digest(line)
                self.answer.lines.append(line)
        return self.answer

    def _place(self, person: facts.Person, decision: engine.Decision, home: Appointment) -> None:
        """Add the person's line to its sheet, if that sheet is requested."""
        subdistrict = home.committee.community.subdistrict
        sheet = self.sheets.get(subdistrict.pk)
        if sheet is None:
            self.answer.elsewhere[person.member.pk] = subdistrict.name
        elif person.member.pk not in self.closed:
            self.found[sheet.pk].append((_order(person, home), self._line(sheet, person, decision, home)))

    def _line(self, sheet: Sheet, person: facts.Person, decision: engine.Decision, home: Appointment) -> SheetLine:
        member, paid = person.member, decision.paid
        # A rate of 0 without a full year pays nothing: there is nothing to hold either.
        hold = self.holds.get(member.pk) if paid and decision.amount else None
        # A beginning or end after the reference date is not a fact of this month.
        life, names = person.life.known_on(decision.reference_date), person.bodies()
        frozen: dict = {"life": life.to_data(), "bodies": {fact.body: names[fact.body] for fact in life.appointments}}
        if hold:
            frozen["hold"] = {"reason": hold.reason, "from": hold.first_month.isoformat()}
            outcome = Outcome.HELD
        elif decision.outcome is engine.Outcome.NOT_IN_OFFICE:
            outcome = Outcome.SETTLED
        elif paid and not decision.amount:
            outcome = Outcome.UNPAID_POSITION
        else:
            outcome = Outcome(decision.outcome)
        pays = outcome == Outcome.PAID
        amount = decision.amount if pays else NOTHING
        return SheetLine(
            sheet=sheet,
            month=sheet.month,
            member=member,
            computed_at=self.now,
            community=home.committee.community,
            group=home.group,
            position=paid.position if paid and pays else "",
            outcome=outcome,
            deemed_start=decision.deemed_start if pays else None,
            full_years=decision.full_years if pays else None,
            rate=decision.rate if pays else None,
            increment=decision.increment if pays else None,
            gross=amount,
            net=amount,
            name=member.name,
            id_number=member.id_number,
            bank=member.bank,
            account=member.account,
            facts=frozen,
        )

    def _accepted(self) -> QuerySet[Correction]:
        """The accepted corrections of earlier months, settled or not."""
        rows = Correction.objects.filter(state=CorrectionState.ACCEPTED, month__lt=self.month.first_day)
        return rows if self.among is None else rows.filter(member__in=self.among)

    def _owed(self) -> dict[int, list[Correction]]:
        """By member, the accepted corrections of earlier months with `left`, signed yuan.

        That is neither settled by other months, nor repaid, nor lapsed because the money was given up.
        """
        elsewhere = ~Q(settlements__line__month=self.month.first_day)
        settled = Coalesce(YuanSum("settlements__amount", filter=elsewhere), NOTHING, output_field=YuanField())
        repaid: dict[int, Decimal] = dict(
            Repayment.objects.order_by().values_list("correction").annotate(yuan=YuanSum("amount"))
        )
        not_recovered = lapsed()
        found: dict[int, list[Correction]] = defaultdict(list)
        for row in self._accepted().annotate(settled_elsewhere=settled).order_by("month", "pk"):
            left = row.difference - row.settled_elsewhere + repaid.get(row.pk, NOTHING)
            if part := not_recovered.get(row.pk):
                left = min(left + part, NOTHING)
            row.left = left  # type: ignore[attr-defined]
            if left:
                found[row.member_id].append(row)
        return found

    def _settle(self, line: SheetLine, owed: list[Correction]) -> None:
        """Pay what is owed to the person, and recover at most the month's amount: its net is never below zero."""
        bears = line.gross + sum((row.left for row in owed if row.left > 0), NOTHING)  # type: ignore[attr-defined]
        for row in owed:
            amount = row.left if row.left > 0 else max(row.left, -bears)  # type: ignore[attr-defined]
            if amount < 0:
                bears += amount
            if amount:
                self.answer.settlements.append(Settlement(correction=row, line=line, amount=amount))
                line.adjustment += amount
        line.net = line.gross + line.adjustment


def _sum(rows: list[Correction]) -> Decimal:
    return sum((row.left for row in rows), NOTHING)  # type: ignore[attr-defined]


def _last_office(person: facts.Person, owed: Correction) -> Appointment:
    """The office that ended last: a person without office belongs to its community.

    Without any, because a record was taken back, it is one in the community that answers for a month that is owed.
    """
    if not person.appointments:
        return Appointment(committee=ResidentsCommittee(community=owed.community), position=Position.COMMITTEE_MEMBER)
    return max(person.appointments.values(), key=lambda row: (row.last_day or date.max, row.first_day, row.pk))


def _order(person: facts.Person, home: Appointment) -> tuple:
    """Community code, committee before groups, group order, position rank, name in pinyin."""
    return (
        home.committee.community.code,
        home.group.ordinal if home.group else 0,
        Position(home.position).rank,
        person.member.pinyin,
        person.member.name,
        person.member.id_number,
    )
