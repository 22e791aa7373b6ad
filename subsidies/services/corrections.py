"""Corrections of closed months: proposed from today's facts, decided by people, settled by later sheets.

For each member and closed month: what today's facts come to, less what the month's line paid, less the corrections
there have been. So the ledger of a member always balances: all that was paid and corrected is what is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry import roles
from registry.models import Appointment, Member, User
from registry.services import locks, versions
from subsidies import engine, facts
from subsidies.models import (
    Correction,
    CorrectionState,
    Hold,
    Release,
    Sheet,
    SheetLine,
    Standard,
    State,
)
from subsidies.permissions import subdistricts
from subsidies.services.late_news import LateNews
from subsidies.services.sheets import Refused

NOTHING = Decimal(0)


@dataclass(frozen=True)
class _Closed:
    """The closed months that are looked back on, with their Standards as they are today, by first day."""

    standards: dict[date, engine.Standard]
    closed: set[tuple[int, date]]  # subdistrict and month


def _closed_months() -> _Closed:
    """Months with a closed sheet, as far back as the newest Standard looks."""
    standards = list(Standard.objects.adopted().prefetch_related("rates").order_by("effective_month"))
    sheets = Sheet.objects.filter(state__in=[State.APPROVED, State.PAID]).values_list("subdistrict", "month")
    closed = set(sheets)
    if not closed:
        return _Closed({}, set())
    newest = max(month for _subdistrict, month in closed)
    earliest = Month.of(newest)
    for _step in range(max(standards[-1].look_back - 1, 0)):
        earliest = earliest.previous
    rules = [standard.rules() for standard in standards]
    found = {}
    for month in {month for _subdistrict, month in closed if month >= earliest.first_day}:
        if in_force := engine.standard_in_force(rules, month):
            found[month] = in_force
    return _Closed(found, {pair for pair in closed if pair[1] in found})


@transaction.atomic
def propose(*, actor: User | None = None) -> int:
    """Bring the proposals up to what today's facts come to; how many stand now. Decided corrections are not touched.

    The actor is who asked for it; a proposal is nobody's opinion.
    """
    locks.hold(locks.WRITERS)
    months = _closed_months()
    wanted: dict[tuple[int, date], Correction] = {}
    for correction in _found(months):
        wanted[correction.member_id, correction.month] = correction
    for proposed in Correction.objects.filter(state=CorrectionState.PROPOSED):
        new = wanted.pop((proposed.member_id, proposed.month), None)
        if new is None:
            versions.remove(proposed, actor=actor, reason=_("no difference any more"))
        elif (new.was, new.should_be, new.facts) != (proposed.was, proposed.should_be, proposed.facts):
            if proposed.difference != new.difference:
                proposed.asked = ""  # what was asked of finance was asked of another amount
            proposed.was, proposed.should_be = new.was, new.should_be
            proposed.difference, proposed.facts = new.difference, new.facts
            proposed.subdistrict, proposed.community = new.subdistrict, new.community
            versions.save(proposed, actor=actor, reason=_("facts changed"))
    versions.create(list(wanted.values()), actor=actor, reason=_("proposed"))
    return Correction.objects.filter(state=CorrectionState.PROPOSED).count()


def _found(months: _Closed) -> Iterator[Correction]:
    if not months.standards:
        return
    first, last = min(months.standards), max(months.standards)
    # A record that was merged into another's had lines of its own: the person was paid by both.
    lines: dict[int, dict[date, list[SheetLine]]] = defaultdict(lambda: defaultdict(list))
    rows = SheetLine.objects.filter(month__gte=first, month__lte=last, sheet__state__in=[State.APPROVED, State.PAID])
    rows = rows.select_related("sheet__standard", "member").prefetch_related("sheet__standard__rates")
    for row in rows.order_by(F("member__merged_into").asc(nulls_first=True), "pk"):
        lines[row.member.merged_into_id or row.member_id][row.month].append(row)
    earlier: dict[tuple[int, date], list[Correction]] = defaultdict(list)
    for correction in Correction.objects.exclude(state=CorrectionState.PROPOSED).filter(month__gte=first):
        earlier[correction.member_id, correction.month].append(correction)
    holds: dict[int, list[Hold]] = defaultdict(list)
    for hold in Hold.objects.select_related("released_by"):
        holds[hold.member_id].append(hold)
    news = LateNews()
    # Whoever had a line, and whoever by today's facts should have had one.
    after_last = Month.of(last).next.first_day
    in_office = Appointment.objects.filter(Q(last_day=None) | Q(last_day__gte=first), first_day__lt=after_last)
    members = {*lines, *in_office.values_list("member", flat=True), *(member for member, _month in earlier)}
    for person in facts.people(members).values():
        own = lines.get(person.member.pk, {})
        for month, rules in months.standards.items():
            of_month = own.get(month, [])
            line = of_month[0] if of_month else None
            decision = engine.decide(person.life, month, rules)
            home = person.appointments.get(decision.home) if decision.home else None
            before = earlier[person.member.pk, month]
            if line:
                subdistrict, community = line.sheet.subdistrict_id, line.community_id
            elif before:
                subdistrict, community = before[-1].subdistrict_id, before[-1].community_id
            elif home and (home.committee.community.subdistrict_id, month) in months.closed:
                subdistrict, community = home.committee.community.subdistrict_id, home.committee.community_id
            else:
                continue  # no part of the month, or of a sheet that is yet to come
            own_holds = holds.get(person.member.pk, [])
            held = any(hold.holds(month) for hold in own_holds if hold.release != Release.PAY)
            should = NOTHING if held else decision.amount
            was = sum((each.gross for each in of_month), NOTHING) + sum((each.difference for each in before), NOTHING)
            if should != was:
                yield Correction(
                    member=person.member,
                    subdistrict_id=subdistrict,
                    community_id=community,
                    month=month,
                    was=was,
                    should_be=should,
                    difference=should - was,
                    facts=news.of(line, person, month, rules, own_holds),
                )


@transaction.atomic
def decide(*, correction: Correction, state: CorrectionState, actor: User, reason: str) -> Correction:
    """Accept, defer or write off. What is beyond the clerk's limit is asked of finance. Raises Refused.

    A recovery and a write-off above the Standard's limit take effect when finance decides the same.
    """
    locks.hold(locks.WRITERS)
    correction = Correction.objects.select_for_update(of=("self",)).select_related("subdistrict").get(pk=correction.pk)
    finance = actor.has_perm("subsidies.decide_large_correction")
    permitted = "subsidies.decide_large_correction" if finance else "subsidies.decide_correction"
    if correction.subdistrict not in subdistricts(actor, permitted):
        raise Refused(_("Your post does not include corrections of %(area)s.") % {"area": correction.subdistrict})
    if correction.state == state and not correction.asked:
        raise Refused(
            _("It is %(state)s already, by %(who)s.")
            % {"state": correction.get_state_display(), "who": correction.decided_by}
        )
    if correction.settlements.exists() and state == CorrectionState.DEFERRED:
        raise Refused(_("A part of it is settled; what is left can be written off."))
    if not reason.strip() and state != CorrectionState.ACCEPTED:
        raise Refused(_("Say why."))
    if finance and correction.decided_by_id == actor.pk and correction.asked:
        raise Refused(_("Somebody else has to decide what you asked for."))
    if not finance and is_beyond_clerk(correction, state):
        correction.asked = state
    else:
        correction.state, correction.asked = state, ""
    correction.decided_by, correction.decided_at, correction.reason = actor, timezone.now(), reason.strip()
    versions.save(correction, actor=actor, reason=reason)
    return correction


@transaction.atomic
def decide_all(*, chosen: Iterable[Correction], state: CorrectionState, actor: User, reason: str) -> list[Correction]:
    """Decide all of them alike, or none. Raises Refused, with whose correction it is."""
    decided = []
    for correction in chosen:
        try:
            decided.append(decide(correction=correction, state=state, actor=actor, reason=reason))
        except Refused as refusal:
            raise Refused(f"{correction}: {refusal}") from refusal
    return decided


def clerk_limit() -> Decimal:
    """Yuan up to which a clerk decides a recovery or a write-off: by the newest Standard that was put into force."""
    return Standard.objects.adopted().order_by("-effective_month").values_list("clerk_limit", flat=True)[0]


def is_beyond_clerk(correction: Correction, state: CorrectionState) -> bool:
    limit = clerk_limit()
    large = abs(correction.difference) > limit
    return large and (
        state == CorrectionState.WRITTEN_OFF or (state == CorrectionState.ACCEPTED and correction.difference < 0)
    )


def take_over(*, survivor, other, actor: User, reason: str) -> None:
    """What was decided of somebody whose record was merged into another's is that one's; the rest is proposed anew."""
    for row in [*Correction.objects.filter(member=other), *Hold.objects.filter(member=other)]:
        if isinstance(row, Correction) and row.state == CorrectionState.PROPOSED:
            versions.remove(row, actor=actor, reason=reason)
        else:
            row.member = survivor  # type: ignore[attr-defined]
            versions.save(row, actor=actor, reason=reason)


@dataclass(frozen=True)
class Ledger:
    """A member's closed months in yuan: what is due by today's facts, and where it stands."""

    paid: Decimal  # by the lines of closed sheets, what they settled included
    outstanding: Decimal  # accepted, and settled by no closed sheet yet; signed
    written_off: Decimal  # signed
    undecided: Decimal  # proposed or deferred; signed

    @property
    def due(self) -> Decimal:
        return self.paid + self.outstanding + self.written_off + self.undecided


def ledger(member) -> Ledger:
    """The member's ledger over the closed months."""
    closed = Q(line__sheet__state__in=[State.APPROVED, State.PAID])
    own = Q(member=member) | Q(member__merged_into=member)
    paid = SheetLine.objects.filter(own, sheet__state__in=[State.APPROVED, State.PAID])
    sums: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for correction in Correction.objects.filter(member=member):
        settled = correction.settlements.filter(closed).aggregate(total=Sum("amount"))["total"] or NOTHING
        sums[correction.state] += correction.difference - settled
    return Ledger(
        paid=paid.aggregate(total=Sum("net"))["total"] or NOTHING,
        outstanding=sums[CorrectionState.ACCEPTED],
        written_off=sums[CorrectionState.WRITTEN_OFF],
        undecided=sums[CorrectionState.PROPOSED] + sums[CorrectionState.DEFERRED],
    )


def held_by(user: User):
    """The people whose payments one of the user's posts lets hold back: who holds or held an office there."""
    there = roles.communities(user, "subsidies.hold_payment")
    return Member.objects.visible_to(user).filter(
        pk__in=Appointment.objects.filter(committee__community__in=there).values("member")
    )


def _check_holder(user: User, member) -> None:
    if not held_by(user).filter(pk=member.pk).exists():
        raise Refused(_("Your post does not include holding back the payments of %(name)s.") % {"name": member.name})


@transaction.atomic
def hold(*, member, first: Month, last: Month | None, reason: str, actor: User) -> Hold:
    """Hold the person's payments from a month on. Raises ValidationError, or Refused for a month already closed."""
    locks.hold(locks.WRITERS)
    check_hold(member=member, first=first, actor=actor)
    row = Hold(
        member=member, first_month=first.first_day, last_month=last.first_day if last else None, reason=reason, by=actor
    )
    versions.save(row, actor=actor, reason=reason)
    return row


def check_hold(*, member, first: Month, actor: User) -> None:
    """Raises Refused when the person's payments cannot be held back from the month on."""
    _check_holder(actor, member)
    if Hold.objects.filter(member=member, release="").exists():
        raise Refused(_("A hold on %(name)s stands already; release it first.") % {"name": member.name})
    if SheetLine.objects.filter(
        member=member, month__gte=first.first_day, sheet__state__in=[State.APPROVED, State.PAID]
    ).exists():
        raise Refused(_("A month from %(month)s on is closed; hold payments from a later one.") % {"month": first})


@transaction.atomic
def release(*, hold: Hold, pay: bool, last: Month, reason: str, actor: User) -> Hold:
    """End the hold with a month, the last held; what was held is paid by corrections, or is not, as chosen."""
    locks.hold(locks.WRITERS)
    hold = Hold.objects.select_for_update(of=("self",)).select_related("released_by", "member").get(pk=hold.pk)
    _check_holder(actor, hold.member)
    if hold.release:
        raise Refused(_("It was released already, by %(who)s.") % {"who": hold.released_by})
    if hold.last_month and last.first_day > hold.last_month:
        raise Refused(
            _("The hold ends with %(month)s; it cannot be released later.") % {"month": Month.of(hold.last_month)}
        )
    hold.release = Release.PAY if pay else Release.FORFEIT
    hold.last_month = last.first_day
    hold.released_by, hold.released_at, hold.release_reason = actor, timezone.now(), reason
    versions.save(hold, actor=actor, reason=reason)
    return hold
