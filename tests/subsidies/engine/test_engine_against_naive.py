"""Tens of thousands of made-up lives, each decided by the engine, by the second method and by the naive one."""

from calendar import isleap, monthrange
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from subsidies.engine import (
    Appointment,
    EmploymentSpell,
    Life,
    Outcome,
    Position,
    ServiceBasis,
    Standard,
    Verdict,
    decide,
)
from subsidies.month.certificates import rules_data
from subsidies.proof import second
from tests.subsidies import naive

CHUNKS = 10
LIVES_IN_A_CHUNK = 6_000

COMMUNITIES = ["620201001001", "620201002001"]
RATES = [Decimal(text) for text in ("0", "187.35", "200", "200.00", "300", "500")]
DEFAULTS = {
    "reference_day": 1,
    "service_basis": ServiceBasis.CUMULATIVE,
    "counts_employed_service": True,
    "service_counted_from": None,
    "max_years": None,
}

# What every chunk must come upon a few times, so that the lives cannot grow tame unseen.
KINDS = {
    *Outcome,
    *(f"verdict {verdict}" for verdict in Verdict),
    *(f"{parameter} mattered" for parameter in DEFAULTS),
    "reference day past the month's end",
    "employed without a first day",
    "employed without a last day",
    "paid with no day that counts",
    "paid a rate of zero",
    "amount with fen",
    "years cut to none",
    "several spells counted",
    "paid while in two offices",
    "full year on the reference date",
    "full year on the reference date, begun on 29 February",
    "one day short of a full year",
}


def make_day(random, near=()):
    """A day of 2014 to 2026, often a treacherous one: ends of months, 29 February, the days beside others."""
    if near and random.random() < 0.4:
        return random.choice(near) + timedelta(days=random.choice([-1, 0, 0, 1, 1, 2, 400]))
    kind = random.random()
    if kind < 0.15:
        return date(random.choice([2016, 2020, 2024]), 2, 29)
    year, month = random.randint(2014, 2026), random.randint(1, 12)
    last = monthrange(year, month)[1]
    return date(year, month, random.choice([1, last]) if kind < 0.4 else random.randint(1, last))


def make_life(random):
    appointments = {}
    edges = []
    for _ in range(random.choice([1, 1, 2, 2, 3, 4, 5])):
        position = random.choice(list(Position))
        community = random.choice(COMMUNITIES)
        # Keys that do not sort as their communities do, so that each of the two rules is seen at work.
        body = f"{random.choice(['01', '02']) if position.in_group else '00'} of {community}"
        first_day = random.choice(edges) if edges and random.random() < 0.3 else make_day(random, edges)
        last_day = None if random.random() < 0.6 else max(first_day, make_day(random, edges))
        # Of two appointments in one body from one day the later wins: they are refused where facts are kept.
        appointments[body, first_day] = Appointment(position, first_day, last_day, community, body)
        edges += [first_day, last_day or first_day]
    employment = []
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        first_day, last_day = sorted([make_day(random, edges), make_day(random, edges)])
        employment.append(
            EmploymentSpell(None if random.random() < 0.15 else first_day, None if random.random() < 0.15 else last_day)
        )
    return Life(tuple(appointments.values()), tuple(employment))


def make_standard(random):
    return Standard(
        effective_month=date(2020, 12, 1),
        document="嘉政办发〔2020〕97号",
        rates={position: random.choice(RATES) for position in Position if random.random() < 0.75},
        yearly_increment=random.choice([Decimal(50), Decimal("12.05"), Decimal(0)]),
        reference_day=random.choice([1, 1, 28, 29, 30, 31, random.randint(1, 31)]),
        service_basis=random.choice(list(ServiceBasis)),
        counts_employed_service=random.random() < 0.5,
        service_counted_from=make_day(random) if random.random() < 0.25 else None,
        max_years=random.choice([None, None, 0, 1, 3, 10]),
    )


def make_month(random, life):
    """Mostly a month in which somebody is in office, and often that of an anniversary."""
    appointment = random.choice(life.appointments)
    year = min(appointment.first_day.year + random.choice([0, 1, 1, 2, 3, 5, 8]), 2027)
    month = appointment.first_day.month if random.random() < 0.4 else random.randint(1, 12)
    return date(year, month, 1)


def kinds(life, decision):
    """Which of KINDS this decision is an example of."""
    standard, on = decision.standard, decision.reference_date
    yield decision.outcome
    yield from {f"verdict {considered.verdict}" for considered in decision.considered}
    if on.day < standard.reference_day:
        yield "reference day past the month's end"
    if decision.employment and decision.employment.first_day is None:
        yield "employed without a first day"
    if decision.employment and decision.employment.last_day is None:
        yield "employed without a last day"
    if decision.outcome is not Outcome.PAID:
        return

    for parameter, default in DEFAULTS.items():
        usual = replace(standard, **{parameter: default})
        if decide(life, decision.month, usual).amount != decision.amount:
            yield f"{parameter} mattered"
    if decision.rate == 0:
        yield "paid a rate of zero"
    if decision.amount != int(decision.amount):
        yield "amount with fen"
    if decision.years_before_ceiling > decision.full_years == 0:
        yield "years cut to none"
    if len(decision.service) > 1:
        yield "several spells counted"
    if sum(appointment.in_office(on) for appointment in life.appointments) > 1:
        yield "paid while in two offices"

    start, tomorrow = decision.deemed_start, on + timedelta(days=1)
    if start is None:
        yield "paid with no day that counts"
    elif start.year < on.year:
        if (start.month, start.day) == (on.month, on.day):
            yield "full year on the reference date"
        if (start.month, start.day, on.month, on.day) == (2, 29, 2, 28) and not isleap(on.year):
            yield "full year on the reference date, begun on 29 February"
        if (start.month, start.day) == (tomorrow.month, tomorrow.day):
            yield "one day short of a full year"


def figures(decision):
    return naive.Answer(
        outcome=decision.outcome,
        home=decision.home,
        paid=decision.paid,
        days_served=decision.days_served,
        deemed_start=decision.deemed_start,
        full_years=decision.full_years,
        rate=decision.rate,
        increment=decision.increment,
        amount=decision.amount,
    )


def line(answer):
    """What the second method has to give, worked out from the naive answer."""
    pays, home = answer.outcome == "paid" and answer.amount > 0, answer.home
    settled = answer.outcome == "not_in_office"
    return {
        "outcome": "settled" if settled else "unpaid_position" if answer.paid and not pays else str(answer.outcome),
        "community": home and home.community_code,
        "group": None,
        "position": home.position if pays else "",
        "deemed_start": answer.deemed_start.isoformat() if pays and answer.deemed_start else None,
        "full_years": answer.full_years if pays else None,
        "rate": f"{answer.rate:.2f}" if pays else None,
        "increment": f"{answer.increment:.2f}" if pays else None,
        "gross": f"{answer.amount:.2f}",
    }


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_engine_and_both_other_methods_agree_on_every_life(seed):
    random = Random(seed)
    seen = Counter()
    for _ in range(LIVES_IN_A_CHUNK):
        life, standard = make_life(random), make_standard(random)
        month = make_month(random, life)
        decision = decide(life, month, standard)
        answer = naive.answer(life, month, standard)
        assert figures(decision) == answer, (life, month, standard)
        data = rules_data(standard)
        assert second.decide({"life": life.to_data()}, month.isoformat(), data) == line(answer), (life, month, standard)
        seen.update(kinds(life, decision))
    assert {kind: seen[kind] for kind in KINDS if seen[kind] < 5} == {}
