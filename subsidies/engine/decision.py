"""The decision for one person and one month, step by step."""

from datetime import date
from decimal import Decimal
from functools import partial

from .life import Appointment, Life
from .service import days_served, deemed_start
from .standard import Position, Standard
from .trace import Considered, Decision, Outcome, Verdict
from .years import full_years


def decide(life: Life, month: date, standard: Standard) -> Decision:
    """Decide what the person is paid for the month that begins on `month` 〔三(三)〕, with the reasons.

    `standard` is the one in force in that month. ValueError when `month` is not a first day.
    """
    on = standard.reference_date(month)
    ranked = sorted(life.appointments, key=lambda appointment: _precedence(appointment, on, standard))
    employment = min(
        (spell for spell in life.employment if spell.covers(on)),
        key=lambda spell: (spell.first_day or date.min, spell.last_day or date.max),
        default=None,
    )
    answer = partial(
        Decision,
        month=month,
        reference_date=on,
        standard=standard,
        life=life,
        considered=_considered(ranked, on, standard, employed=employment is not None),
        employment=employment,
    )

    # 1. Not in office: no part of the month.
    if not ranked or not ranked[0].in_office(on):
        return answer(outcome=Outcome.NOT_IN_OFFICE)

    # 2. Employed elsewhere 〔非在职〕.
    if employment is not None:
        return answer(outcome=Outcome.EMPLOYED)

    # 3. The highest position, and only that one 〔高位取酬,不重复享受〕.
    rate = standard.rates.get(ranked[0].position)
    if rate is None:
        return answer(outcome=Outcome.UNPAID_POSITION)

    # 4. Days served, in any body and any position.
    service = days_served(life, on, standard)
    days = sum(spell.days for spell in service)

    # 5. Deemed start.
    start = deemed_start(days, on)

    # 6. Full years 〔工作每满1年〕.
    years = 0 if start is None else full_years(start, on)
    earning = 0 if start is None else full_years(start, on, ceiling=standard.max_years)

    # 7. Amount.
    increment = earning * standard.increment_of(ranked[0].position)
    return answer(
        outcome=Outcome.PAID,
        service=service,
        days_served=days,
        deemed_start=start,
        years_before_ceiling=years,
        full_years=earning,
        rate=rate,
        increment=increment,
        amount=rate + increment,
    )


def _considered(ranked: list[Appointment], on: date, standard: Standard, *, employed: bool) -> tuple[Considered, ...]:
    """Each appointment in order of precedence, with its rate and the reason why it is paid or not."""
    return tuple(
        Considered(each, standard.rates.get(each.position), _verdict(each, ranked[0], on, standard, employed=employed))
        for each in ranked
    )


def _precedence(
    appointment: Appointment, on: date, standard: Standard
) -> tuple[bool, bool, Decimal, bool, date, str, str, Position, date]:
    """A sort key by precedence: the appointment that is paid, if there is one, comes first.

    The higher rate is paid. A tie between equal rates: the committee before the group, then the earlier first day,
    then the lower community code 〔rules.md, rule 3〕.
    """
    rate = standard.rates.get(appointment.position)
    return (
        not appointment.in_office(on),
        rate is None,
        Decimal(0) if rate is None else -rate,
        appointment.position.in_group,
        appointment.first_day,
        appointment.community_code,
        # The rules end here. The rest gives the same answer for the facts in any order.
        appointment.body,
        appointment.position,
        appointment.last_day or date.max,
    )


def _verdict(appointment: Appointment, first: Appointment, on: date, standard: Standard, *, employed: bool) -> Verdict:
    """The reason why `appointment` is paid or not; `first` is the first one by precedence."""
    if on < appointment.first_day:
        return Verdict.NOT_STARTED
    if not appointment.in_office(on):
        return Verdict.ENDED
    if employed:
        return Verdict.EMPLOYED
    rate = standard.rates.get(appointment.position)
    if rate is None:
        return Verdict.NO_RATE
    if appointment is first:
        return Verdict.PAID
    if rate < standard.rates[first.position]:
        return Verdict.LOWER_RATE
    if appointment.position.in_group is not first.position.in_group:
        return Verdict.COMMITTEE_BEFORE_GROUP
    if appointment.first_day > first.first_day:
        return Verdict.EARLIER_FIRST_DAY
    if appointment.community_code > first.community_code:
        return Verdict.LOWER_COMMUNITY_CODE
    return Verdict.SAME_COMMUNITY
