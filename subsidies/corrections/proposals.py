"""Corrections by today's facts: what a closed month should be, less its settled amount (rules.md §5)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Appointment, User
from registry.records import locks, versions
from subsidies import engine, facts
from subsidies.corrections.changed_facts import ChangedFacts
from subsidies.models import (
    CLOSED_STATES,
    Correction,
    CorrectionState,
    Hold,
    PayResult,
    PayStage,
    Release,
    Sheet,
    SheetLine,
    Standard,
    State,
)
from subsidies.models.corrections import given_up

NOTHING = Decimal(0)
UNDER_APPROVAL = [State.SUBMITTED, State.ENDORSED]
PERSON = Coalesce("member__merged_into", "member")  # to whom a line belongs
MAIN_FIRST = F("member__merged_into").asc(nulls_first=True), "pk"  # own lines before those of merged records
UNDECIDED = [CorrectionState.PROPOSED, CorrectionState.DEFERRED]
FIGURES = ("was", "should_be", "waived", "given_up", "difference")


@dataclass(frozen=True)
class _Closed:
    """The months from the first closed one of the look-back to the last, in order, with the Standards now in force."""

    standards: dict[date, engine.Standard]
    closed: set[tuple[int, date]]  # subdistrict and month


def _closed_months() -> _Closed:
    """Months with a closed sheet, within the look-back of the Standard in force this month."""
    adopted = list(Standard.objects.adopted().prefetch_related("rates").order_by("effective_month"))
    today = next((each for each in reversed(adopted) if each.effective_month <= clock.today()), None)
    closed = set(Sheet.objects.filter(state__in=CLOSED_STATES).values_list("subdistrict", "month"))
    if not closed or today is None:
        return _Closed({}, set())
    rules, of_sheets = [standard.rules() for standard in adopted], {month for _subdistrict, month in closed}
    look_back = Month.of(max(of_sheets)).run_up(max(today.look_back, 1))
    days = [month.first_day for month in look_back if month.first_day >= min(of_sheets)]
    found = {day: in_force for day in days if (in_force := engine.standard_in_force(rules, day))}
    return _Closed(found, {pair for pair in closed if pair[1] in found})


@dataclass
class Paid:
    """The lines and corrections of one person and closed month, in yuan."""

    lines: list[SheetLine] = field(default_factory=list)  # two where two records were one person
    corrections: list[Correction] = field(default_factory=list)
    given_up: Decimal = NOTHING

    @property
    def stands_at(self) -> Decimal:
        """The settled amount: gross, less what was given up, plus what counts of the decided corrections."""
        gross = sum((line.gross for line in self.lines), NOTHING)
        return gross - self.given_up + sum((each.counts for each in self.corrections), NOTHING)

    def waived(self, missing: Decimal) -> Decimal:
        """The part of the missing yuan (signed) that is not proposed again: given up or written off, with its sign."""
        left = [each.carried for each in self.corrections if each.state == CorrectionState.WRITTEN_OFF]
        if missing > 0:
            # What recoveries of the month took never arrived either: it is owed back, not given up.
            taken = [each.counts - each.lapsed for each in self.corrections]
            recovered = sum((each for each in taken if each < 0), NOTHING)
            owed_back = max(-self.stands_at, NOTHING)
            given_up = min(max(self.given_up + recovered, NOTHING), missing - owed_back)
            return min(missing, given_up + sum((each for each in left if each > 0), NOTHING))
        return max(missing, sum((each for each in left if each < 0), NOTHING))


PaidMonths = dict[int, dict[date, Paid]]  # by member and first day of the month


def paid_months() -> PaidMonths:
    """An empty collection for any member and month."""
    return defaultdict(lambda: defaultdict(Paid))


@transaction.atomic
def propose(*, actor: User | None = None, members: Collection[int] | None = None) -> int:
    """Bring what is undecided up to what today's facts give; return how many are proposed. The rest is not touched.

    Of everybody, or of these members. A deferred correction of another amount is proposed again; one from before the
    look-back stays as it is. The actor is the user who asked for it; a proposal is nobody's opinion.
    """
    locks.hold(locks.WRITERS)
    months = _closed_months()
    wanted = {(each.member_id, each.month): each for each in _found(months, members)}
    # Proposed before deferred: where an accepted correction was deferred, one proposal is left for both.
    undecided = Correction.objects.filter(state__in=UNDECIDED).order_by("-state", "pk")
    if members is not None:
        undecided = undecided.filter(member__in=members)
    gone = []
    for row in undecided:
        if row.state == CorrectionState.DEFERRED and row.month not in months.standards:
            continue
        new = wanted.pop((row.member_id, row.month), None)
        if new is None:
            gone.append(row)
        elif any(getattr(row, name) != getattr(new, name) for name in (*FIGURES, "facts")):
            if row.difference != new.difference:
                # The decision, or the question to finance, was about another amount.
                row.asked, row.state = "", CorrectionState.PROPOSED
            for name in (*FIGURES, "facts", "subdistrict_id", "community_id"):
                setattr(row, name, getattr(new, name))
            versions.save(row, actor=actor, reason=_("facts changed"))
    versions.delete(gone, actor=actor, reason=_("no difference any more"))
    versions.create(list(wanted.values()), actor=actor, reason=_("proposed"))
    return Correction.objects.filter(state=CorrectionState.PROPOSED).count()


def outdated(keys: Collection[int]) -> set[int]:
    """Of these corrections, the undecided ones of the look-back that today's facts and payments no longer give."""
    months = _closed_months()
    rows = Correction.objects.filter(pk__in=keys, state__in=UNDECIDED, month__in=months.standards)
    figures = {row.pk: ((row.member_id, row.month), [getattr(row, name) for name in FIGURES]) for row in rows}
    wanted = {}
    for each, was, waived, difference in _differing(months, {member for (member, _month), _yuan in figures.values()}):
        wanted[each.person.member.pk, each.month] = [was, each.should_be, waived, each.paid.given_up, difference]
    return {key for key, (whose, yuan) in figures.items() if wanted.get(whose) != yuan}


def _paid(first: date, last: date, members: Collection[int] | None) -> PaidMonths:
    """The lines and corrections of the months from first to last (inclusive), of these members or of all.

    A record merged into another counts with it.
    """
    found = paid_months()
    rows = SheetLine.objects.filter(month__gte=first, month__lte=last, sheet__state__in=CLOSED_STATES)
    results = PayResult.objects.newest().filter(stage=PayStage.GIVEN_UP, line__month__gte=first)
    decided = Correction.objects.exclude(state=CorrectionState.PROPOSED).filter(month__gte=first)
    if members is not None:
        rows = rows.filter(Q(member__in=members) | Q(member__merged_into__in=members))
        results = results.filter(Q(line__member__in=members) | Q(line__member__merged_into__in=members))
        decided = decided.filter(member__in=members)
    rows = rows.prefetch_related("sheet").annotate(person=PERSON)
    for row in rows.only("sheet", "month", "member", "community", "outcome", "gross").order_by(*MAIN_FIRST):
        found[row.person][row.month].lines.append(row)
    for correction in decided.with_sums().order_by("pk"):
        found[correction.member_id][correction.month].corrections.append(correction)
    for member, month, part in given_up(results):
        found[member][month].given_up += part
    return found


@dataclass(frozen=True)
class Compared:
    """One person and closed month: the settled amount, and the amount by today's facts and Standards, in yuan."""

    person: facts.Person
    month: date
    paid: Paid
    should_be: Decimal
    subdistrict: int  # which answers for the month
    community: int
    rules: engine.Standard
    holds: list[Hold]

    @property
    def line(self) -> SheetLine | None:
        return self.paid.lines[0] if self.paid.lines else None


def compared(
    members: Collection[int] | None = None, months: _Closed | None = None, paid: PaidMonths | None = None
) -> Iterator[Compared]:
    """Each person and closed month of the look-back, of these members or of all; months without any part are left out.

    So is a person's month that a sheet under approval pays: what it stands at is known once that is closed.
    `paid` passes the lines and corrections of the members' closed months if they are already in memory.
    """
    months = months or _closed_months()
    if not months.standards:
        return
    first, last = min(months.standards), max(months.standards)
    paid = _paid(first, last, members) if paid is None else paid
    holds: dict[int, list[Hold]] = defaultdict(list)
    of_members = Q() if members is None else Q(member__in=members)
    for hold in Hold.objects.filter(of_members).select_related("released_by"):
        holds[hold.member_id].append(hold)
    about_to_pay = SheetLine.objects.filter(month__gte=first, month__lte=last, sheet__state__in=UNDER_APPROVAL)
    if members is not None:
        about_to_pay = about_to_pay.filter(Q(member__in=members) | Q(member__merged_into__in=members))
    coming = set(about_to_pay.annotate(person=PERSON).values_list("person", "month"))
    # People with a line, and people who should have had one by today's facts.
    after_last = Month.of(last).next.first_day
    in_office = Appointment.objects.filter(Q(last_day=None) | Q(last_day__gte=first), first_day__lt=after_last)
    in_office = in_office.filter(of_members)
    for person in facts.people({*paid, *in_office.values_list("member", flat=True)}).values():
        own, own_holds = paid.get(person.member.pk, {}), holds.get(person.member.pk, [])
        decisions = engine.project(person.life, months.standards.items())
        for (month, rules), decision in zip(months.standards.items(), decisions, strict=True):
            if (person.member.pk, month) in coming:
                continue
            there = own.get(month) or Paid()
            home = person.appointments.get(decision.home) if decision.home else None
            if there.lines:
                subdistrict, community = there.lines[0].sheet.subdistrict_id, there.lines[0].community_id
            elif there.corrections:
                subdistrict, community = there.corrections[-1].subdistrict_id, there.corrections[-1].community_id
            elif home and (home.committee.community.subdistrict_id, month) in months.closed:
                subdistrict, community = home.committee.community.subdistrict_id, home.committee.community_id
            else:
                continue  # no part of the month, or part of a sheet that does not exist yet
            held = any(hold.holds(month) for hold in own_holds if hold.release != Release.PAY)
            should = NOTHING if held else decision.amount
            yield Compared(person, month, there, should, subdistrict, community, rules, own_holds)


def _differing(
    months: _Closed, members: Collection[int] | None
) -> Iterator[tuple[Compared, Decimal, Decimal, Decimal]]:
    """What today's facts ask for: person and month, what it stands at, what is waived, and the difference left."""
    for each in compared(members, months):
        was = each.paid.stands_at
        waived = each.paid.waived(each.should_be - was)
        if difference := each.should_be - was - waived:
            yield each, was, waived, difference


def _found(months: _Closed, members: Collection[int] | None) -> Iterator[Correction]:
    """What today's facts ask for, month by month, unsaved."""
    differing = list(_differing(months, members))
    # What a line was decided from is read of those alone that come to something else now.
    frozen = SheetLine.objects.select_related("sheet__standard").prefetch_related("sheet__standard__rates")
    lines = frozen.only("facts", "sheet").in_bulk([each.line.pk for each, *_yuan in differing if each.line])
    changed = ChangedFacts()
    for each, was, waived, difference in differing:
        if each.line:
            each.line.facts, each.line.sheet = lines[each.line.pk].facts, lines[each.line.pk].sheet
        yield Correction(
            member=each.person.member,
            subdistrict_id=each.subdistrict,
            community_id=each.community,
            month=each.month,
            was=was,
            should_be=each.should_be,
            waived=waived,
            difference=difference,
            given_up=each.paid.given_up,
            facts=changed.of(each.line, each.person, each.month, each.rules, each.holds),
        )
