"""A decision in plain words, step by step, each with the clause it follows: for pages and commands alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.shown import exact, signed
from registry.models import Member, Position
from subsidies import engine
from subsidies.engine import Considered, Decision, EmploymentSpell, Outcome, Standard, Verdict, first_raise
from subsidies.explanations import anniversaries, changed_fact_texts, service_days
from subsidies.explanations.service_days import ExplanationStep
from subsidies.models import Correction, Hold, Settlement, SheetLine
from subsidies.standards.rules import Rules

DIRECTOR = engine.Position.DIRECTOR


@dataclass(frozen=True)
class Explanation:
    decision: Decision
    summary: str
    standard: str
    steps: list[ExplanationStep] = field(default_factory=list)


@dataclass(frozen=True)
class OnHold:
    """The first and last month of a hold, each by its first day; without a last month until the release."""

    reason: str
    first_month: date
    last_month: date | None = None

    def covers(self, month: date) -> bool:
        return self.first_month <= month and (self.last_month is None or month <= self.last_month)


@dataclass(frozen=True)
class Circumstances:
    """The facts that affect the month beside the decision."""

    later: Sequence[Standard] = ()  # the adopted Standards that take effect after the month
    holds: Sequence[OnHold] = ()
    settlements: Sequence[Settlement] = ()  # of earlier months, by the line
    gross: Decimal | None = None  # the line's, where there is one

    def hold(self, month: date) -> OnHold | None:
        return next((each for each in self.holds if each.covers(month)), None)

    def is_held(self, month: date) -> bool:
        return self.hold(month) is not None


def of_line(line: SheetLine) -> Explanation:
    """The explanation of a line, for its page, the printed 核定单 and the command. A constant number of queries."""
    decision = line.decision()
    hold = line.facts.get("hold")
    corrections = Prefetch("correction", Correction.objects.with_unarrived())
    settlements = line.settlements.prefetch_related(corrections).order_by("correction__month", "pk")
    circumstances = Circumstances(
        later=_later(Rules(), decision),
        holds=[OnHold(hold["reason"], date.fromisoformat(hold["from"]))] if hold else [],
        settlements=list(settlements),
        gross=line.gross,
    )
    return explain(decision, line.facts["bodies"], circumstances)


def by_register(member: Member, decision: Decision, bodies: Mapping[str, str], rules: Rules) -> Explanation:
    """The explanation of a decision by today's register, with the holds on record."""
    found = Hold.objects.filter(member=member).unpaid().order_by("first_month")
    holds = [OnHold(each.reason, each.first_month, each.last_month) for each in found]
    return explain(decision, bodies, Circumstances(_later(rules, decision), holds))


def _later(rules: Rules, decision: Decision) -> list[Standard]:
    return [each for each in rules.all if each.effective_month > decision.month]


def explain(
    decision: Decision,
    bodies: Mapping[str, str],
    circumstances: Circumstances = Circumstances(),  # noqa: B008 - frozen
) -> Explanation:
    """The decision in the active language. `bodies` has the name of each body's key."""
    standard = decision.standard
    return Explanation(
        decision=decision,
        summary=_summary(decision, circumstances),
        standard=_("%(document)s, from %(month)s")
        % {"document": standard.document, "month": _month(standard.effective_month)},
        steps=list(_steps(decision, bodies, circumstances)),
    )


def _month(first_day: date) -> str:
    return date_format(first_day, "YEAR_MONTH_FORMAT")


def reason(outcome: str) -> str:
    """Why nothing is paid, in a few words; empty if something is paid."""
    return {
        Outcome.EMPLOYED: _("employed elsewhere on the reference date"),
        Outcome.UNPAID_POSITION: _("the position carries no stipend"),
        "held": _("payment is on hold"),
        "settled": _("not in office any more; earlier months are settled"),
    }.get(outcome, "")


def why_not(line: SheetLine, decision: Decision) -> str:
    """Why the line pays nothing for its month: the days on record of an employment, the reason of a hold."""
    why = reason(line.outcome)
    if line.outcome == "held":
        return _("%(reason)s: %(why)s") % {"reason": why, "why": line.facts.get("hold", {}).get("reason") or "–"}
    if decision.outcome is Outcome.PAID:
        if line.gross:
            return _("all of it recovers what earlier months were paid too much")
        return _("the rate is 0 yuan and no full year adds to it")
    return with_days(why, decision.employment)


def with_days(why: str, spell: EmploymentSpell | None) -> str:
    """The reason, with the days on record of the employment behind it."""
    if spell is None or spell.first_day is spell.last_day is None:
        return why
    days = {"reason": why, "first": spell.first_day, "last": spell.last_day}
    if spell.last_day is None:
        return _("%(reason)s (since %(first)s)") % days
    if spell.first_day is None:
        return _("%(reason)s (until %(last)s)") % days
    return _("%(reason)s (from %(first)s to %(last)s)") % days


def _summary(decision: Decision, circumstances: Circumstances) -> str:
    hold = circumstances.hold(decision.month)
    match decision.outcome:
        case Outcome.PAID if hold:
            text = _("0.00 yuan: %(reason)s") % {"reason": _held(hold)}
        case Outcome.PAID if not decision.amount:
            text = _("0.00 yuan: %(reason)s") % {"reason": _("the rate is 0 yuan and no full year adds to it")}
        case Outcome.PAID:
            text = _("%(amount)s yuan as %(position)s") % {
                "amount": exact(decision.amount),
                "position": _position(decision.considered[0]),
            }
        case Outcome.NOT_IN_OFFICE:
            text = _("not in office on the reference date: no part of the month")
        case outcome:
            text = _("0.00 yuan: %(reason)s") % {"reason": reason(outcome)}
    if not circumstances.settlements:
        return text
    settled = sum((each.amount for each in circumstances.settlements), Decimal(0))
    words = {"text": text, "settled": signed(settled), "net": exact((circumstances.gross or 0) + settled)}
    return _("%(text)s; earlier months %(settled)s yuan, %(net)s yuan paid out") % words


def _held(hold: OnHold) -> str:
    return _("%(reason)s: %(why)s") % {"reason": reason("held"), "why": hold.reason or "–"}


def _steps(decision: Decision, bodies: Mapping[str, str], circumstances: Circumstances) -> Iterator[ExplanationStep]:
    standard, on = decision.standard, decision.reference_date
    yield ExplanationStep(
        _("Reference date"),
        [_("Everything is read on %(date)s: offices, employment, years.") % {"date": on}],
        _("the Standard: reference day %(day)s") % {"day": standard.reference_day},
    )
    offices = [_office(each, decision, bodies) for each in decision.considered]
    if decision.outcome is Outcome.NOT_IN_OFFICE:
        yield ExplanationStep(_("Offices"), offices or [_("No office is registered.")])
    else:
        yield ExplanationStep(_("Offices"), offices, _("三(三) the highest position is paid, and only that one"))
    if decision.outcome is Outcome.EMPLOYED and (spell := decision.employment):
        found = _("Employed elsewhere (%(period)s), the reference date included: nothing is paid.")
        words = {"period": _period(spell.first_day, spell.last_day)}
        yield ExplanationStep(
            _("Employment"), [found % words, _paid_again(decision, circumstances)],
            _("三(三) only who is not employed is paid"),
        )  # fmt: skip
    if decision.outcome is Outcome.PAID:
        yield from service_days.steps(decision)
        yield ExplanationStep(
            _("Full years"),
            [*service_days.years(decision), *_raise(decision, circumstances)],
            _("三(三) an increment for each full year worked"),
        )
        yield ExplanationStep(_("Amount"), list(_amount(decision)), _("三(三) rates and yearly increment"))
        if hold := circumstances.hold(decision.month):
            yield ExplanationStep(_("Hold"), [_hold(hold)])
    if circumstances.settlements:
        yield _settled(circumstances)


def _paid_again(decision: Decision, circumstances: Circumstances) -> str:
    later = first_raise(decision, circumstances.later, circumstances.is_held)
    if later is None:
        return _("By what is on record no later month is paid.")
    words = {"month": _month(later.month), "amount": exact(later.amount)}
    return _("By what is on record the first month that is paid is %(month)s: %(amount)s yuan.") % words


def _hold(hold: OnHold) -> str:
    words = {"first": _month(hold.first_month), "reason": hold.reason or "–"}
    if hold.last_month is None:
        return _("The payment is on hold from %(first)s on, so nothing is paid: %(reason)s") % words
    words["last"] = _month(hold.last_month)
    return _("The payment is on hold from %(first)s to %(last)s, so nothing is paid: %(reason)s") % words


def _raise(decision: Decision, circumstances: Circumstances) -> Iterator[str]:
    """The first month that pays more, or why no month will by today's record."""
    standard = decision.standard
    hold = circumstances.hold(decision.month)
    if hold and hold.last_month is None:
        yield _("While the payment is on hold no month pays more.")
        return
    later = first_raise(decision, circumstances.later, circumstances.is_held)
    if later is None:
        if standard.max_years is not None and decision.full_years >= standard.max_years:
            yield _("The ceiling of %(years)s years is reached: no further full year adds to the amount.") % {
                "years": standard.max_years
            }
        elif not decision.each_year:
            yield _("The Standard's yearly increment is 0 yuan: no full year adds to the amount.")
        else:
            yield _("By what is on record no later month pays more.")
        return
    words = {
        "month": _month(later.month),
        "amount": exact(later.amount),
        "years": decision.full_years + 1,
        "position": _position(later.considered[0]),
        "document": later.standard.document,
    }
    if later.standard != standard:
        yield _("The first month that pays more is %(month)s: %(amount)s yuan, by %(document)s.") % words
    elif later.paid and decision.paid and later.paid.position != decision.paid.position:
        yield _("The first month that pays more is %(month)s: %(amount)s yuan, as %(position)s.") % words
    else:
        words["day"] = anniversaries.reached(later.service)[decision.full_years]
        yield (
            _(
                "Full year %(years)s is reached on %(day)s; the first month that pays more is %(month)s: "
                "%(amount)s yuan."
            )
            % words
        )


def _settled(circumstances: Circumstances) -> ExplanationStep:
    """The line's settlements of earlier months, each with the changed facts, and the net amount."""
    gross = circumstances.gross or Decimal(0)
    settled = sum((each.amount for each in circumstances.settlements), Decimal(0))
    found = [_settlement(each) for each in circumstances.settlements]
    words = {"gross": exact(gross), "settled": signed(settled), "net": exact(gross + settled)}
    found.append(_("Gross %(gross)s, earlier months %(settled)s: %(net)s yuan are paid out.") % words)
    return ExplanationStep(_("Settlement of earlier months"), found)


def _settlement(settlement: Settlement) -> str:
    correction = settlement.correction
    words = {
        "month": _month(correction.month),
        "amount": signed(settlement.amount),
        "was": exact(correction.was),
        "should": exact(correction.should_be),
        "difference": signed(correction.difference),
        "facts": _("; ").join([*changed_fact_texts.changes(correction), *correction.notes]),
    }
    if settlement.amount != correction.difference:
        text = _("%(month)s: %(amount)s yuan of %(difference)s, for it was %(was)s and should be %(should)s: %(facts)s")
    else:
        text = _("%(month)s: %(amount)s yuan, for it was %(was)s and should be %(should)s: %(facts)s")
    return text % words


def _office(considered: Considered, decision: Decision, bodies: Mapping[str, str]) -> str:
    office = considered.appointment
    words = {
        "body": bodies.get(office.body, office.body),
        "position": _position(considered),
        "rate": exact(considered.rate) if considered.rate is not None else "–",
        "period": _period(office.first_day, office.last_day),
        "paid": _position(decision.considered[0]),
    }
    held = _("%(body)s, %(position)s (%(period)s)") % words
    verdict = {
        Verdict.PAID: _("✓ paid: %(rate)s a month"),
        Verdict.NOT_STARTED: _("✕ not begun"),
        Verdict.ENDED: service_days.ended(considered.appointment, decision),
        Verdict.EMPLOYED: _("✕ not paid to who is employed elsewhere"),
        Verdict.NO_RATE: _no_rate(considered),
        Verdict.LOWER_RATE: _("✕ not paid: %(rate)s a month is less than for %(paid)s"),
        Verdict.COMMITTEE_BEFORE_GROUP: _(
            "✕ not paid: %(rate)s a month, the same; the committee comes before the group"
        ),
        Verdict.EARLIER_FIRST_DAY: _("✕ not paid: %(rate)s a month, the same; the office begun earlier comes first"),
        Verdict.LOWER_COMMUNITY_CODE: _("✕ not paid: %(rate)s a month, the same; the lower community code comes first"),
        Verdict.SAME_COMMUNITY: _(
            "✕ not paid: %(rate)s a month, the same in all that decides; the office listed first is paid"
        ),
    }[considered.verdict]
    return f"{held} {verdict % words}"


def _no_rate(considered: Considered) -> str:
    if considered.appointment.position is DIRECTOR:
        return _("✕ the position carries no stipend: the community's party secretary holds it 〔一(二)〕")
    return _("✕ the position carries no stipend: the Standard has no rate for it")


def _period(first: date | None, last: date | None) -> str:
    """From day to day, both inclusive; without a last day, until now."""
    words = {"first": first or _("an unknown day"), "last": last}
    return (_("%(first)s to %(last)s") if last else _("%(first)s until now")) % words


def _amount(decision: Decision) -> Iterator[str]:
    rate, years, each = decision.rate, decision.full_years, decision.each_year
    assert rate is not None
    yield _("%(rate)s + %(years)s × %(increment)s = %(amount)s yuan") % {
        "rate": exact(rate),
        "years": years,
        "increment": exact(each),
        "amount": exact(decision.amount),
    }
    for other in decision.considered[1:]:
        amount = decision.amount_as(other.appointment.position)
        if amount is None or not other.appointment.in_office(decision.reference_date):
            continue
        message = _(
            "As %(position)s it would have been %(amount)s; that is not paid beside it, "
            "nor are the two added up to %(sum)s."
        )
        words = {"position": _position(other), "amount": exact(amount), "sum": exact(decision.amount + amount)}
        yield message % words


def _position(considered: Considered) -> str:
    return str(Position(considered.appointment.position).label)
