"""Corrections of closed months: proposed from today's facts, decided by people, settled by later sheets.

For each member and closed month: what today's facts come to, less what the month's line paid, less the corrections
there have been. So the ledger of a member always balances: all that was paid and corrected is what is due.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry.models import Appointment, EmploymentSpell, User
from registry.services import locks, versions
from subsidies import engine, facts
from subsidies.models import (
    Correction,
    CorrectionState,
    Hold,
    Outcome,
    Release,
    Sheet,
    SheetLine,
    Standard,
    State,
)
from subsidies.permissions import subdistricts
from subsidies.services.sheets import Refused

NOTHING = Decimal(0)


@dataclass(frozen=True)
class _Closed:
    """The closed months that are looked back on, with their Standards as they are today, by first day."""

    standards: dict[date, engine.Standard]
    closed: set[tuple[int, date]]  # subdistrict and month


def _closed_months() -> _Closed:
    """Months with a closed sheet, as far back as the newest Standard looks."""
    standards = list(Standard.objects.prefetch_related("rates").order_by("effective_month"))
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
def propose() -> int:
    """Bring the proposals up to what today's facts come to; how many stand now. Decided corrections are not touched."""
    locks.hold(locks.WRITERS)
    months = _closed_months()
    wanted: dict[tuple[int, date], Correction] = {}
    for correction in _found(months):
        wanted[correction.member_id, correction.month] = correction
    for proposed in Correction.objects.filter(state=CorrectionState.PROPOSED):
        new = wanted.pop((proposed.member_id, proposed.month), None)
        if new is None:
            proposed._change_reason = "no difference any more"  # type: ignore[attr-defined]
            proposed.delete()
        elif (new.was, new.should_be, new.facts) != (proposed.was, proposed.should_be, proposed.facts):
            proposed.was, proposed.should_be = new.was, new.should_be
            proposed.difference, proposed.facts = new.difference, new.facts
            proposed.subdistrict = new.subdistrict
            versions.save(proposed, actor=None, reason="facts changed")
    versions.create(list(wanted.values()), actor=None, reason="proposed")
    return Correction.objects.filter(state=CorrectionState.PROPOSED).count()


def _found(months: _Closed) -> Iterator[Correction]:
    if not months.standards:
        return
    first, last = min(months.standards), max(months.standards)
    # A record that was merged into another's had lines of its own: the person was paid by both.
    lines: dict[int, dict[date, list[SheetLine]]] = defaultdict(lambda: defaultdict(list))
    rows = SheetLine.objects.filter(month__gte=first, month__lte=last, sheet__state__in=[State.APPROVED, State.PAID])
    for row in rows.select_related("sheet", "member").order_by(F("member__merged_into").asc(nulls_first=True), "pk"):
        lines[row.member.merged_into_id or row.member_id][row.month].append(row)
    earlier: dict[tuple[int, date], list[Correction]] = defaultdict(list)
    for correction in Correction.objects.exclude(state=CorrectionState.PROPOSED).filter(month__gte=first):
        earlier[correction.member_id, correction.month].append(correction)
    unpaid: dict[int, list[Hold]] = defaultdict(list)
    for hold in Hold.objects.unpaid():
        unpaid[hold.member_id].append(hold)
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
                subdistrict = line.sheet.subdistrict_id
            elif before:
                subdistrict = before[-1].subdistrict_id
            elif home and (home.committee.community.subdistrict_id, month) in months.closed:
                subdistrict = home.committee.community.subdistrict_id
            else:
                continue  # no part of the month, or of a sheet that is yet to come
            held = any(_holds(hold, month) for hold in unpaid.get(person.member.pk, ()))
            should = NOTHING if held else decision.amount
            was = sum((each.gross for each in of_month), NOTHING) + sum((each.difference for each in before), NOTHING)
            if should != was:
                yield Correction(
                    member=person.member,
                    subdistrict_id=subdistrict,
                    month=month,
                    was=was,
                    should_be=should,
                    difference=should - was,
                    facts=list(_changed(line, person, rules, month)),
                )


def _holds(hold: Hold, month: date) -> bool:
    return hold.first_month <= month and (hold.last_month is None or month <= hold.last_month)


def _changed(line: SheetLine | None, person: facts.Person, rules: engine.Standard, month: date) -> Iterator[dict]:
    """Which facts are other than when the month was closed, and who changed them when."""
    then = engine.Life.from_data(line.facts["life"]) if line else engine.Life(())
    for gone in set(then.appointments) - set(person.life.appointments):
        yield {"what": "office", "was": _office(gone), "now": ""}
    for new in set(person.life.appointments) - set(then.appointments):
        yield {"what": "office", "was": "", "now": _office(new), **_by(person.appointments[new])}
    before, after = set(then.employment), set(person.life.employment)
    for spell in before - after:
        yield {"what": "employment", "was": f"{spell.first_day or '…'} – {spell.last_day or '…'}", "now": ""}
    for spell in after - before:
        row = EmploymentSpell.objects.filter(
            member=person.member, first_day=spell.first_day, last_day=spell.last_day
        ).first()
        now = f"{spell.first_day or '…'} – {spell.last_day or '…'}"
        yield {"what": "employment", "was": "", "now": now, **(_by(row) if row else {})}
    if line and line.outcome == Outcome.HELD:
        yield {"what": "hold", "was": line.facts.get("hold", {}).get("reason", ""), "now": ""}
    if line and line.sheet.standard.rules() != rules:
        yield {"what": "standard", "was": line.sheet.standard.document, "now": rules.document}


def _office(office: engine.Appointment) -> str:
    return f"{office.position} {office.body} {office.first_day} – {office.last_day or '…'}"


def _by(row) -> dict[str, str]:
    version = row.history.select_related("history_user").order_by("-history_id").first()
    if version is None:
        return {}
    who = str(version.history_user) if version.history_user else ""
    return {"who": who, "when": timezone.localtime(version.history_date).isoformat(timespec="minutes")}


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
    if not finance and _beyond_clerk(correction, state):
        correction.asked = state
    else:
        correction.state, correction.asked = state, ""
    correction.decided_by, correction.decided_at, correction.reason = actor, timezone.now(), reason.strip()
    versions.save(correction, actor=actor, reason=reason)
    return correction


def _beyond_clerk(correction: Correction, state: CorrectionState) -> bool:
    limit = Standard.objects.order_by("-effective_month").values_list("clerk_limit", flat=True)[0]
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


@transaction.atomic
def hold(*, member, first: Month, last: Month | None, reason: str, actor: User) -> Hold:
    """Hold the person's payments from a month on. Raises ValidationError, or Refused for a month already closed."""
    locks.hold(locks.WRITERS)
    if Hold.objects.filter(member=member, release="").exists():
        raise Refused(_("A hold on %(name)s stands already; release it first.") % {"name": member.name})
    row = Hold(
        member=member, first_month=first.first_day, last_month=last.first_day if last else None, reason=reason, by=actor
    )
    if SheetLine.objects.filter(
        member=member, month__gte=row.first_month, sheet__state__in=[State.APPROVED, State.PAID]
    ).exists():
        raise Refused(_("A month from %(month)s on is closed; hold payments from a later one.") % {"month": first})
    versions.save(row, actor=actor, reason=reason)
    return row


@transaction.atomic
def release(*, hold: Hold, pay: bool, last: Month, reason: str, actor: User) -> Hold:
    """End the hold with a month, the last held; what was held is paid by corrections, or is not, as chosen."""
    locks.hold(locks.WRITERS)
    hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.release:
        raise Refused(_("It was released already, by %(who)s.") % {"who": hold.released_by})
    hold.release = Release.PAY if pay else Release.FORFEIT
    hold.last_month = last.first_day
    hold.released_by, hold.released_at, hold.release_reason = actor, timezone.now(), reason
    versions.save(hold, actor=actor, reason=reason)
    return hold
