"""Why an old spreadsheet's amount differs from the computed one: a kind, and a sentence.

Nothing here reads the database: the person's facts come as a life and its decision.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from jygroups.lib.shown import exact
from registry.models import Position
from subsidies import engine
from subsidies.engine.years import anniversary, full_years
from subsidies.explanations.decisions import reason, with_days
from subsidies.models import ComparisonResult, Outcome

NOTHING = Decimal(0)
RECENTLY = timedelta(days=366)  # an employment that ended within this time may explain an unpaid row
MOST_YEARS_MORE = 10  # full years above the computed ones that may explain an amount


class Found(NamedTuple):
    kind: ComparisonResult
    detail: str = ""


@dataclass(frozen=True)
class Ours:
    """The computed figures of one person and month; amounts are yuan."""

    life: engine.Life
    decision: engine.Decision
    outcome: str  # of Outcome, or the engine's `not_in_office`
    gross: Decimal
    net: Decimal  # with the corrections of earlier months
    on_sheet: bool = True  # whether the month's sheet, where there is one, has the person

    @classmethod
    def decided(cls, life: engine.Life, month: date, rules: engine.Standard) -> "Ours":
        """The figures by today's facts."""
        decision = engine.decide(life, month, rules)
        return cls(life, decision, decision.outcome, decision.amount, decision.amount)


def explain(old: Decimal, ours: Ours) -> Found:
    """The kind of difference between the old amount and ours, and the reason in the active language."""
    decision = ours.decision
    if old == ours.gross:
        return Found(ComparisonResult.AGREES)
    if old == ours.net:
        words = {"gross": exact(ours.gross), "adjustment": exact(ours.net - ours.gross)}
        return Found(
            ComparisonResult.CORRECTED,
            _("The old amount holds a correction of earlier months: %(gross)s and %(adjustment)s.") % words,
        )
    words = {"old": exact(old)}
    if ours.outcome in (engine.Outcome.NOT_IN_OFFICE, Outcome.SETTLED) or not ours.on_sheet:
        return Found(ComparisonResult.NOT_LISTED, _not_listed(ours))
    if old == NOTHING:
        return Found(ComparisonResult.NOT_PAID, _("The old file pays nothing; %(here)s") % {"here": not_paid(ours)})
    match ours.outcome:
        case Outcome.EMPLOYED:
            words["why"] = with_days(reason(Outcome.EMPLOYED), decision.employment)
            return Found(
                ComparisonResult.EMPLOYED, _("%(why)s: nothing is due, the old file pays %(old)s yuan.") % words
            )
        case Outcome.UNPAID_POSITION:
            words["position"] = _label(decision.considered[0].appointment.position)
            text = _("%(position)s carries no stipend, and no other office is held; the old file pays %(old)s yuan.")
            return Found(ComparisonResult.POSITION, text % words)
        case Outcome.HELD:
            return Found(
                ComparisonResult.HELD, _("The payment is on hold here; the old file pays %(old)s yuan.") % words
            )
    return next(_paid(old, ours))


def not_paid(ours: Ours) -> str:
    """The computed amount, in words, of a person whom the old file does not pay."""
    words = {"sum": _sum(ours.decision), "position": _label(ours.decision.considered[0].appointment.position)}
    on = ours.decision.reference_date
    past = [spell.last_day for spell in ours.life.employment if spell.last_day and on - RECENTLY < spell.last_day < on]
    if past:
        text = _("here %(sum)s as %(position)s: employed elsewhere only until %(last)s.")
        return text % (words | {"last": max(past)})
    return _("here %(sum)s as %(position)s.") % words


def doubled(old: Decimal, ours: Ours | None, first: str) -> Found:
    """The difference of a further row of a person who is already in row `first`."""
    words = {"first": first, "old": exact(old)}
    if ours and ours.outcome == Outcome.PAID:
        for other in ours.decision.considered[1:]:
            office, decision = other.appointment, ours.decision
            if old in (other.rate, decision.amount_as(office.position)) and office.in_office(decision.reference_date):
                words["position"] = _label(office.position)
                text = _("The person is in row %(first)s already; this row pays %(position)s beside it: %(old)s yuan.")
                return Found(ComparisonResult.DUPLICATE, text % words)
    text = _("The person is in row %(first)s already: %(old)s yuan are paid twice.")
    return Found(ComparisonResult.DUPLICATE, text % words)


def _paid(old: Decimal, ours: Ours) -> Iterator[Found]:
    """The possible explanations of a paid person's amount, the likeliest first; the last one always applies."""
    yield from _added_up(old, ours)
    yield from _another_office(old, ours)
    years = _years(old, ours.decision)
    if years is not None and (why := _why_years(years, ours)):
        yield _other_years(years, ours, why)
    yield from _no_such_office(old, ours, years)
    if years is not None and years - ours.decision.full_years <= MOST_YEARS_MORE:
        yield _other_years(years, ours, _("compare the first day in office with the papers."))
    words = {"old": exact(old), "sum": _sum(ours.decision)}
    yield Found(
        ComparisonResult.ARITHMETIC,
        _("No office and no number of years comes to %(old)s; here %(sum)s.") % words,
    )


def _added_up(old: Decimal, ours: Ours) -> Iterator[Found]:
    """Several offices paid at once, with the years counted once or for each."""
    decision = ours.decision
    held = [each for each in decision.considered if each.rate and each.appointment.in_office(decision.reference_date)]
    for count in range(2, len(held) + 1):
        for several in combinations(held, count):
            rates = sum((each.rate or NOTHING for each in several), NOTHING)
            amounts = (decision.amount_as(each.appointment.position) or NOTHING for each in several)
            if old in (rates, rates + decision.increment, sum(amounts, NOTHING)):
                words = {
                    "positions": _(", ").join(_label(each.appointment.position) for each in several),
                    "old": exact(old),
                    "sum": _sum(decision),
                }
                text = _("%(positions)s are added up to %(old)s; only the highest is paid: %(sum)s.")
                yield Found(ComparisonResult.CROSS_HOLDING, text % words)


def _another_office(old: Decimal, ours: Ours) -> Iterator[Found]:
    """The amount of another office of the person, held now, before or later, with the same years."""
    decision = ours.decision
    for each in decision.considered[1:]:
        office = each.appointment
        if decision.amount_as(office.position) != old:
            continue
        words: dict[str, object] = {"position": _label(office.position), "sum": _sum(decision)}
        words["old"] = _product(office.position, each.rate, decision)
        if office.in_office(decision.reference_date):
            text = _("The old file pays %(position)s, %(old)s; the highest office is paid: %(sum)s.")
        elif office.last_day and office.last_day < decision.reference_date:
            words["last"] = office.last_day
            text = _("The old file pays %(position)s, %(old)s, which ended on %(last)s; here %(sum)s.")
        else:
            words["first"] = office.first_day
            text = _("The old file pays %(position)s, %(old)s, which begins on %(first)s; here %(sum)s.")
        yield Found(ComparisonResult.POSITION, text % words)


def _no_such_office(old: Decimal, ours: Ours, years: int | None) -> Iterator[Found]:
    """The amount of a position with the same years in which the person has no office on record."""
    decision = ours.decision
    on_record = {each.appointment.position for each in decision.considered}
    for position, rate in decision.standard.rates.items():
        if position not in on_record and decision.amount_as(position) == old:
            words = {"position": _label(position), "old": _product(position, rate, decision), "sum": _sum(decision)}
            text = _("It is what %(position)s gets, %(old)s; no such office is on record, here %(sum)s.") % words
            if years is not None:
                text = _("%(text)s Or it counts %(years)s full years.") % {"text": text, "years": years}
            yield Found(ComparisonResult.POSITION, text)


def _years(old: Decimal, decision: engine.Decision) -> int | None:
    """The full years in the old amount, if it pays the same position with other years."""
    each = decision.each_year
    over = old - (decision.rate or NOTHING)
    return int(over / each) if each and over >= 0 and over % each == 0 else None


def _other_years(years: int, ours: Ours, why: str) -> Found:
    words = {"old": years, "ours": ours.decision.full_years, "why": why, "sum": _sum(ours.decision)}
    return Found(
        ComparisonResult.YEARS, _("%(old)s full years in the old file, %(ours)s here (%(sum)s): %(why)s") % words
    )


def _why_years(years: int, ours: Ours) -> str:
    """Why the old file counts that many years: a fact of the person's service, or another reading of the document."""
    decision, life = ours.decision, ours.life
    on, start, rules = decision.reference_date, decision.deemed_start, decision.standard
    if start and decision.years_before_ceiling < years == full_years(start, Month.of(on).last_day):
        words = {"day": anniversary(start, years), "date": on}
        return _("that year is full on %(day)s, after the reference date %(date)s.") % words
    readings = [
        ({"max_years": None}, _("the Standard sets a ceiling of years, the old file none.")),
        ({"service_counted_from": None}, _("the Standard counts service only from %(day)s.")),
        (
            {"counts_employed_service": not rules.counts_employed_service},
            _("days employed elsewhere count as service.")
            if rules.counts_employed_service
            else _("days employed elsewhere do not count as service."),
        ),
        (
            {"service_basis": _other(rules.service_basis)},
            _("service before the break counts too.")
            if rules.service_basis is engine.ServiceBasis.CUMULATIVE
            else _("service before the break does not count."),
        ),
    ]
    for parameters, why in readings:
        if years == engine.decide(life, decision.month, replace(rules, **parameters)).full_years:  # type: ignore[arg-type]
            return why % {"day": rules.service_counted_from}
    paid = decision.considered[0].appointment
    if years and years == full_years(paid.first_day, on):
        text = _("the old file counts from %(day)s, when the present office began; earlier offices count too.")
        return text % {"day": paid.first_day}
    if years == full_years(min(each.first_day for each in life.appointments), on):
        return _("the old file counts days between two offices, which are no service.")
    if years == 0:
        return _("the old file counts none of the years served.")
    if years == decision.full_years - 1 and start:
        words = {"day": anniversary(start, decision.full_years)}
        return _("the year that was full on %(day)s is not counted in the old file.") % words
    return ""


def _other(basis: engine.ServiceBasis) -> engine.ServiceBasis:
    return next(each for each in engine.ServiceBasis if each is not basis)


def _not_listed(ours: Ours) -> str:
    decision = ours.decision
    words: dict[str, object] = {"date": decision.reference_date}
    if decision.outcome is not engine.Outcome.NOT_IN_OFFICE:
        words["sum"] = exact(decision.amount)
        return _("The month's sheet has no line; by today's facts %(sum)s yuan would be due.") % words
    offices = [each.appointment for each in decision.considered]
    ended = [office for office in offices if office.last_day and office.last_day < decision.reference_date]
    if ended:
        last = max(ended, key=lambda office: office.last_day or date.max)
        words |= {"position": _label(last.position), "last": last.last_day}
        return _("Not in office on %(date)s: ended as %(position)s on %(last)s.") % words
    if offices:
        first = min(offices, key=lambda office: office.first_day)
        words |= {"position": _label(first.position), "first": first.first_day}
        return _("Not in office on %(date)s: begins as %(position)s on %(first)s.") % words
    return _("The person is registered without any office.")


def _label(position: str) -> str:
    return str(Position(position).label)


def _sum(decision: engine.Decision) -> str:
    return _product(decision.considered[0].appointment.position, decision.rate, decision)


def _product(position: engine.Position, rate: Decimal | None, decision: engine.Decision) -> str:
    """300.00 + 3 × 50.00 = 450.00."""
    rate, each = rate or NOTHING, decision.standard.increment_of(position)
    words = {"rate": exact(rate), "years": decision.full_years, "each": exact(each)}
    return "%(rate)s + %(years)s × %(each)s = %(sum)s" % (words | {"sum": exact(rate + decision.full_years * each)})
