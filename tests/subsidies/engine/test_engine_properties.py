"""What holds for every life, month and Standard."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

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
from subsidies.engine.years import anniversary, full_years

# The same examples on every run, and no database of them left behind.
every = settings(derandomize=True, database=None, deadline=None, max_examples=500)

DAY = timedelta(days=1)

days = st.dates(date(2016, 1, 1), date(2022, 12, 31))
months = st.dates(date(2018, 1, 1), date(2024, 12, 31)).map(lambda day: day.replace(day=1))
lengths = st.none() | st.integers(0, 2500)
yuan = st.sampled_from([Decimal(text) for text in ("0", "187.35", "200", "300", "500")])


@st.composite
def appointments(draw, first_days=days, lengths=lengths):
    position = draw(st.sampled_from(Position))
    first_day = draw(first_days)
    community = draw(st.sampled_from(["620201001001", "620201002001"]))
    body = draw(st.sampled_from(["01", "02"])) if position.in_group else "00"
    length = draw(lengths)
    last_day = None if length is None else first_day + length * DAY
    return Appointment(position, first_day, last_day, community, f"{community}/{body}")


@st.composite
def employment_spells(draw):
    first_day, last_day = sorted([draw(days), draw(days)])
    return EmploymentSpell(
        draw(st.sampled_from([first_day, first_day, None])), draw(st.sampled_from([last_day, last_day, None]))
    )


def tuples(element, **size):
    return st.lists(element, **size).map(tuple)


lives = st.builds(Life, tuples(appointments(), min_size=1, max_size=4), tuples(employment_spells(), max_size=2))

# Facts that differ in so little that every rule of precedence comes to be needed.
like_lives = st.builds(
    Life,
    tuples(
        appointments(first_days=st.just(date(2018, 1, 1)), lengths=st.sampled_from([3000, 3001])),
        min_size=2,
        max_size=4,
    ),
    tuples(
        st.builds(
            EmploymentSpell,
            st.sampled_from([date(2017, 1, 1), date(2017, 1, 2)]),
            st.sampled_from([date(2024, 1, 1), None]),
        ),
        max_size=3,
    ),
)

rates = st.fixed_dictionaries(
    {position: yuan for position in Position if position is not Position.DIRECTOR},
    optional={Position.DIRECTOR: yuan},
)
standards = st.builds(
    Standard,
    effective_month=st.just(date(2020, 12, 1)),
    document=st.just("嘉政办发〔2020〕97号"),
    rates=rates,
    yearly_increment=yuan,
    reference_day=st.integers(1, 31),
    service_basis=st.sampled_from(ServiceBasis),
    counts_employed_service=st.booleans(),
    service_counted_from=st.none() | days,
    max_years=st.none() | st.integers(0, 8),
)


def service(decision):
    """The years and the money of a decision, without the appointments it saw."""
    return (
        decision.outcome,
        decision.service,
        decision.deemed_start,
        decision.full_years,
        decision.rate,
        decision.amount,
    )


@every
@given(tuples(appointments(lengths=st.none()), min_size=1, max_size=3), days, standards)
def test_the_amount_never_falls_while_service_goes_on(held, since, standard):
    life = Life(held, (EmploymentSpell(None, since),))
    month = max(appointment.first_day for appointment in held).replace(day=1)
    amounts = []
    for _ in range(40):
        amounts.append(decide(life, month, standard).amount)
        month = (month + 31 * DAY).replace(day=1)
    assert amounts == sorted(amounts)


@every
@given(st.data(), lives | like_lives, months, standards)
def test_the_order_of_the_facts_means_nothing(data, life, month, standard):
    shuffled = Life(
        tuple(data.draw(st.permutations(life.appointments))),
        tuple(data.draw(st.permutations(life.employment))),
    )
    assert decide(shuffled, month, standard) == decide(life, month, standard)


@every
@given(st.data(), lives, months, standards)
def test_an_appointment_cut_in_two_is_still_the_same_service(data, life, month, standard):
    index = data.draw(st.integers(0, 3))
    assume(index < len(life.appointments))
    whole = life.appointments[index]
    end = whole.last_day or whole.first_day + 2000 * DAY
    assume(whole.first_day < end)
    cut = data.draw(st.dates(whole.first_day, end - DAY))

    halves = (replace(whole, last_day=cut), replace(whole, first_day=cut + DAY))
    split = replace(life, appointments=(*life.appointments[:index], *halves, *life.appointments[index + 1 :]))

    assert service(decide(split, month, standard)) == service(decide(life, month, standard))


@every
@given(st.data(), appointments(), months, standards)
def test_a_lower_appointment_inside_days_already_served_changes_nothing(data, held, month, standard):
    rates = standard.rates | {Position.DEPUTY_DIRECTOR: Decimal(500), Position.GROUP_MEMBER: Decimal(200)}
    standard = replace(standard, rates=rates)
    higher = replace(held, position=Position.DEPUTY_DIRECTOR)
    end = higher.last_day or date(2032, 12, 31)
    first_day, last_day = sorted(data.draw(st.tuples(*[st.dates(higher.first_day, end)] * 2)))
    lower = Appointment(Position.GROUP_MEMBER, first_day, last_day, "620201001001", "620201001001/02")

    without, with_lower = (decide(Life(held), month, standard) for held in ((higher,), (higher, lower)))

    assert service(with_lower) == service(without)
    assert with_lower.paid == without.paid


@every
@given(lives, months, standards, st.integers(1, 1000))
def test_employment_before_any_service_changes_nothing(life, month, standard, days_long):
    assume(life.appointments)
    eve = min(appointment.first_day for appointment in life.appointments) - DAY
    earlier = EmploymentSpell(eve - days_long * DAY, eve)
    with_earlier = replace(life, employment=(*life.employment, earlier))
    assert service(decide(with_earlier, month, standard)) == service(decide(life, month, standard))


@every
@given(lives, months, standards)
def test_who_is_employed_elsewhere_is_paid_nothing(life, month, standard):
    employed = replace(life, employment=(*life.employment, EmploymentSpell(month, month + 30 * DAY)))
    decision = decide(employed, month, standard)
    assert decision.outcome in (Outcome.EMPLOYED, Outcome.NOT_IN_OFFICE)
    assert (decision.paid, decision.rate, decision.increment, decision.amount) == (None, None, 0, 0)


@every
@given(lives, months, standards)
def test_nobody_can_gain_by_days_that_lie_after_the_reference_date(life, month, standard):
    on = standard.reference_date(month)
    known = Life(
        tuple(
            replace(appointment, last_day=min(appointment.last_day or on, on))
            for appointment in life.appointments
            if appointment.first_day <= on
        ),
        life.employment,
    )
    assert service(decide(known, month, standard)) == service(decide(life, month, standard))


@every
@given(lives, months, standards)
def test_a_decision_adds_up(life, month, standard):
    decision = decide(life, month, standard)
    on = decision.reference_date

    assert {seen.appointment for seen in decision.considered} == set(life.appointments)
    in_office = [seen.appointment.in_office(on) for seen in decision.considered]
    assert in_office == sorted(in_office, reverse=True)
    paid = [seen.appointment for seen in decision.considered if seen.verdict is Verdict.PAID]
    assert paid == ([decision.paid] if decision.paid else [])

    assert decision.days_served == sum(spell.days for spell in decision.service)
    assert decision.increment == decision.full_years * standard.yearly_increment
    assert decision.amount == (decision.rate or 0) + decision.increment
    assert all(type(amount) is Decimal for amount in (decision.increment, decision.amount))
    for earlier, later in zip(decision.service, decision.service[1:], strict=False):
        assert later.first_day - earlier.last_day > DAY
    if decision.deemed_start:
        assert (on - decision.deemed_start).days + 1 == decision.days_served
        assert decision.years_before_ceiling == full_years(decision.deemed_start, on)


@every
@given(lives, months, standards, st.integers(0, 8))
def test_a_ceiling_only_ever_cuts_the_years_above_it(life, month, standard, ceiling):
    free = decide(life, month, replace(standard, max_years=None))
    cut = decide(life, month, replace(standard, max_years=ceiling))
    assert cut.full_years == min(free.full_years, ceiling)
    assert cut.years_before_ceiling == free.full_years
    assert cut.deemed_start == free.deemed_start


@every
@given(lives)
def test_the_facts_survive_being_stored(life):
    assert Life.from_data(json.loads(json.dumps(life.to_data()))) == life


@every
@given(days, days)
def test_full_years_count_the_anniversaries_that_have_come(start, on):
    years = full_years(start, on)
    assert anniversary(start, years + 1) > on
    assert years == 0 or anniversary(start, years) <= on


@every
@given(days, days, st.integers(0, 8))
def test_full_years_never_pass_their_ceiling(start, on, ceiling):
    assert full_years(start, on, ceiling=ceiling) == min(full_years(start, on), ceiling)
