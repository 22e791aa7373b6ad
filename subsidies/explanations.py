"""A decision in plain words, step by step, each with the clause it follows: for pages and commands alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import Position
from subsidies.engine import Considered, Decision, EmploymentSpell, Outcome, ServiceBasis, Verdict
from subsidies.engine.years import anniversary
from subsidies.models import SheetLine


@dataclass(frozen=True)
class Step:
    """One step: what was asked, what was found, and the clause of the document or the parameter behind it."""

    title: str
    findings: list[str]
    clause: str = ""


@dataclass(frozen=True)
class Explanation:
    decision: Decision
    summary: str
    standard: str
    steps: list[Step] = field(default_factory=list)


def explain(decision: Decision, bodies: Mapping[str, str]) -> Explanation:
    """The decision in the active language. `bodies` has the name of each body's key."""
    standard = decision.standard
    return Explanation(
        decision=decision,
        summary=_summary(decision),
        standard=_("%(document)s, from %(month)s")
        % {"document": standard.document, "month": date_format(standard.effective_month, "YEAR_MONTH_FORMAT")},
        steps=list(_steps(decision, bodies)),
    )


def money(amount: Decimal) -> str:
    """Yuan with two decimals and thousands: 1,250.00."""
    return f"{amount:,.2f}"


def reason(outcome: str) -> str:
    """Why nothing is paid, in a few words; empty when something is."""
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


def _summary(decision: Decision) -> str:
    match decision.outcome:
        case Outcome.PAID:
            return _("%(amount)s yuan as %(position)s") % {
                "amount": money(decision.amount),
                "position": _position(decision.considered[0]),
            }
        case Outcome.NOT_IN_OFFICE:
            return _("not in office on the reference date: no part of the month")
        case outcome:
            return _("0.00 yuan: %(reason)s") % {"reason": reason(outcome)}


def _steps(decision: Decision, bodies: Mapping[str, str]) -> Iterator[Step]:
    standard, on = decision.standard, decision.reference_date
    yield Step(
        _("Reference date"),
        [_("Everything is read on %(date)s: offices, employment, years.") % {"date": on}],
        _("the Standard: reference day %(day)s") % {"day": standard.reference_day},
    )
    offices = [_office(each, decision, bodies) for each in decision.considered]
    if decision.outcome is Outcome.NOT_IN_OFFICE:
        yield Step(_("Offices"), offices or [_("No office is registered.")])
        return
    yield Step(_("Offices"), offices, _("三(三) the highest position is paid, and only that one"))
    if spell := decision.employment:
        found = _("Employed elsewhere (%(period)s), the reference date included: nothing is paid.")
        words = {"period": _period(spell.first_day, spell.last_day)}
        yield Step(_("Employment"), [found % words], _("三(三) only who is not employed is paid"))
    if decision.outcome is not Outcome.PAID:
        return
    assert decision.rate is not None
    yield Step(
        _("Days served"),
        [
            *(
                _("%(first)s to %(last)s: %(days)s days")
                % {"first": spell.first_day, "last": spell.last_day, "days": f"{spell.days:,}"}
                for spell in decision.service
            ),
            _("Together %(days)s days; a day in two offices counts once, days between offices do not count.")
            % {"days": f"{decision.days_served:,}"},
        ],
        _("the Standard: all days served count")
        if standard.service_basis is ServiceBasis.CUMULATIVE
        else _("the Standard: only days since the last break count"),
    )
    if decision.deemed_start:
        yield Step(
            _("Deemed start"),
            [_("As long as unbroken service from %(date)s.") % {"date": decision.deemed_start}],
        )
        yield Step(
            _("Full years"),
            list(_years(decision, decision.deemed_start)),
            _("三(三) an increment for each full year worked"),
        )
    yield Step(_("Amount"), list(_amount(decision)), _("三(三) rates and yearly increment"))


def _office(considered: Considered, decision: Decision, bodies: Mapping[str, str]) -> str:
    office = considered.appointment
    words = {
        "body": bodies.get(office.body, office.body),
        "position": _position(considered),
        "rate": money(considered.rate) if considered.rate is not None else "–",
        "period": _period(office.first_day, office.last_day),
        "paid": _position(decision.considered[0]),
    }
    held = _("%(body)s, %(position)s (%(period)s)") % words
    verdict = {
        Verdict.PAID: _("✓ paid: %(rate)s a month"),
        Verdict.NOT_STARTED: _("✕ not begun"),
        Verdict.ENDED: _("✕ ended; its days count as service"),
        Verdict.EMPLOYED: _("✕ not paid to who is employed elsewhere"),
        Verdict.NO_RATE: _("✕ the position carries no stipend"),
        Verdict.LOWER_RATE: _("✕ not paid: %(rate)s a month is less than for %(paid)s"),
        Verdict.COMMITTEE_BEFORE_GROUP: _(
            "✕ not paid: %(rate)s a month, the same; the committee comes before the group"
        ),
        Verdict.EARLIER_FIRST_DAY: _("✕ not paid: %(rate)s a month, the same; the office begun earlier comes first"),
        Verdict.LOWER_COMMUNITY_CODE: _("✕ not paid: %(rate)s a month, the same; the lower community code comes first"),
        Verdict.SAME_COMMUNITY: _("✕ not paid: %(rate)s a month, the same office in another group"),
    }[considered.verdict]
    return f"{held} {verdict % words}"


def _period(first: date | None, last: date | None) -> str:
    """From day to day, both inclusive; without a last day, until now."""
    words = {"first": first or _("an unknown day"), "last": last}
    return (_("%(first)s to %(last)s") if last else _("%(first)s until now")) % words


def _years(decision: Decision, start: date) -> Iterator[str]:
    years = decision.years_before_ceiling
    yield ngettext("%(years)s full year on %(date)s", "%(years)s full years on %(date)s", years) % {
        "years": years,
        "date": decision.reference_date,
    } + _("; the next on %(date)s.") % {"date": anniversary(start, years + 1)}
    if decision.full_years < years:
        yield _("The Standard lets %(years)s of them earn the increment.") % {"years": decision.full_years}


def _amount(decision: Decision) -> Iterator[str]:
    rate, years, each = decision.rate, decision.full_years, decision.standard.yearly_increment
    assert rate is not None
    yield _("%(rate)s + %(years)s × %(increment)s = %(amount)s yuan") % {
        "rate": money(rate),
        "years": years,
        "increment": money(each),
        "amount": money(decision.amount),
    }
    others = [
        other
        for other in decision.considered[1:]
        if other.rate is not None and other.appointment.in_office(decision.reference_date)
    ]
    for other in others:
        assert other.rate is not None
        message = _(
            "As %(position)s it would have been %(amount)s; that is not paid beside it, "
            "nor are the two added up to %(sum)s."
        )
        yield message % {
            "position": _position(other),
            "amount": money(other.rate + decision.increment),
            "sum": money(decision.amount + other.rate + decision.increment),
        }


def _position(considered: Considered) -> str:
    return str(Position(considered.appointment.position).label)
