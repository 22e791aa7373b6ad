"""The worked cases of cases/rules.yaml, and the trace of a decision."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from subsidies.engine import (
    Appointment,
    EmploymentSpell,
    Life,
    Outcome,
    Position,
    ServiceBasis,
    ServiceSpell,
    Standard,
    Verdict,
    decide,
)

RULES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "rules.yaml").read_text(encoding="utf-8"))

POSITIONS = {
    "居委会主任": Position.DIRECTOR,
    "居委会副主任": Position.DEPUTY_DIRECTOR,
    "居务监督委员会主任": Position.SUPERVISION_DIRECTOR,
    "居民委员会成员": Position.COMMITTEE_MEMBER,
    "居民小组长": Position.GROUP_LEADER,
    "居民小组成员": Position.GROUP_MEMBER,
}


def standard(parameters):
    values = RULES["standard"] | parameters
    values["rates"] = {POSITIONS[name]: Decimal(rate) for name, rate in values["rates"].items()}
    values["yearly_increment"] = Decimal(values["yearly_increment"])
    values["service_basis"] = ServiceBasis(values.get("service_basis", "cumulative"))
    return Standard(**values)


def life(case):
    community = "620201001001"
    return Life(
        appointments=tuple(
            Appointment(
                position=POSITIONS[row["position"]],
                first_day=row["first_day"],
                last_day=row.get("last_day"),
                community_code=community,
                body=f"{community}/01" if "小组" in row["position"] else f"{community}/00",
            )
            for row in case["appointments"]
        ),
        employment=tuple(EmploymentSpell(**row) for row in case.get("employment", [])),
    )


def test_every_worked_case_is_there_once():
    assert [case["number"] for case in RULES["cases"]] == list(range(1, 22))


@pytest.mark.parametrize(
    "case", RULES["cases"], ids=lambda case: f"{case['number']:02}-{case['title'].replace(' ', '-')}"
)
def test_the_engine_decides_the_worked_case(case):
    decision = decide(life(case), date.fromisoformat(f"{case['month']}-01"), standard(case.get("parameters", {})))

    expected = case["expected"]
    position = POSITIONS[expected["position"]] if "position" in expected else None
    assert decision.outcome == expected["outcome"]
    assert (decision.paid and decision.paid.position) == position
    assert decision.rate == expected.get("rate")
    assert decision.increment == expected.get("increment", 0)
    assert decision.amount == expected.get("amount", 0)
    if "deemed_start" in expected:
        assert decision.deemed_start == expected["deemed_start"]


def appointment(position, first_day, last_day=None, *, community="620201001001", group="00"):
    return Appointment(position, first_day, last_day, community, f"{group} of {community}")


def test_an_office_of_one_day_is_paid_when_that_is_the_reference_date():
    new_year = date(2024, 1, 1)
    decision = decide(Life((appointment(Position.GROUP_LEADER, new_year, new_year),)), new_year, standard({}))
    assert [considered.verdict for considered in decision.considered] == [Verdict.PAID]
    assert (decision.amount, decision.deemed_start, decision.days_served) == (300, new_year, 1)


def test_the_trace_has_the_reason_why_each_appointment_lost():
    new_year = date(2021, 1, 1)
    paid = appointment(Position.COMMITTEE_MEMBER, new_year)
    lost = {
        Verdict.COMMITTEE_BEFORE_GROUP: appointment(Position.GROUP_MEMBER, date(2019, 1, 1), group="01"),
        Verdict.EARLIER_FIRST_DAY: appointment(Position.COMMITTEE_MEMBER, date(2021, 1, 2), community="620201001000"),
        Verdict.LOWER_COMMUNITY_CODE: appointment(Position.COMMITTEE_MEMBER, new_year, community="620201001002"),
        Verdict.SAME_COMMUNITY: appointment(Position.COMMITTEE_MEMBER, new_year, group="01"),
        Verdict.NO_RATE: appointment(Position.DIRECTOR, date(2016, 1, 1)),
        Verdict.ENDED: appointment(Position.DEPUTY_DIRECTOR, date(2020, 1, 1), date(2020, 12, 31)),
        Verdict.NOT_STARTED: appointment(Position.DEPUTY_DIRECTOR, date(2024, 1, 2)),
    }

    decision = decide(Life((*lost.values(), paid)), date(2024, 1, 1), standard({}))

    assert decision.paid == decision.home == paid
    assert {considered.verdict: considered.appointment for considered in decision.considered} == {
        Verdict.PAID: paid,
        **lost,
    }
    assert [considered.verdict for considered in decision.considered] == [
        Verdict.PAID,
        Verdict.SAME_COMMUNITY,
        Verdict.LOWER_COMMUNITY_CODE,
        Verdict.EARLIER_FIRST_DAY,
        Verdict.COMMITTEE_BEFORE_GROUP,
        Verdict.NO_RATE,
        Verdict.ENDED,
        Verdict.NOT_STARTED,
    ]


def test_the_trace_ranks_appointments_even_when_nothing_is_paid():
    director = appointment(Position.DIRECTOR, date(2016, 1, 1))
    member = appointment(Position.GROUP_MEMBER, date(2021, 1, 1), group="01")
    leader = appointment(Position.GROUP_LEADER, date(2022, 1, 1), group="02")
    employment = EmploymentSpell(date(2023, 1, 1), None)

    decision = decide(Life((director, member, leader), (employment,)), date(2024, 1, 1), standard({}))

    assert [(considered.appointment, considered.rate) for considered in decision.considered] == [
        (leader, 300),
        (member, 200),
        (director, None),
    ]
    assert {considered.verdict for considered in decision.considered} == {Verdict.EMPLOYED}
    assert decision.home == leader
    assert decision.paid is None
    assert decision.employment == employment
    assert decision.service == ()


def test_the_trace_shows_the_spells_that_count():
    life = Life(
        (
            appointment(Position.COMMITTEE_MEMBER, date(2015, 1, 1), date(2019, 6, 30)),
            appointment(Position.GROUP_MEMBER, date(2019, 1, 1), date(2019, 12, 31), group="01"),
            appointment(Position.GROUP_LEADER, date(2020, 1, 1), group="01"),
        ),
        (EmploymentSpell(date(2018, 3, 1), date(2018, 3, 31)),),
    )
    parameters = {"counts_employed_service": False, "service_counted_from": date(2016, 1, 1), "max_years": 5}

    decision = decide(life, date(2024, 1, 1), standard(parameters))

    assert decision.service == (
        ServiceSpell(date(2016, 1, 1), date(2018, 2, 28)),
        ServiceSpell(date(2018, 4, 1), date(2024, 1, 1)),
    )
    assert decision.days_served == sum(spell.days for spell in decision.service) == 790 + 2102
    assert decision.deemed_start == date(2016, 2, 1)
    assert (decision.years_before_ceiling, decision.full_years) == (7, 5)


def test_the_trace_of_continuous_service_shows_only_the_last_spell():
    life = Life(
        (
            appointment(Position.GROUP_MEMBER, date(2021, 1, 1), date(2021, 12, 31), group="01"),
            appointment(Position.GROUP_MEMBER, date(2022, 7, 1), group="01"),
        )
    )
    decision = decide(life, date(2022, 12, 1), standard({"service_basis": "continuous"}))
    assert decision.service == (ServiceSpell(date(2022, 7, 1), date(2022, 12, 1)),)


def test_who_has_served_no_day_that_counts_is_paid_the_rate_alone():
    life = Life((appointment(Position.GROUP_LEADER, date(2018, 1, 1), group="01"),))
    decision = decide(life, date(2021, 1, 1), standard({"service_counted_from": date(2021, 1, 2)}))
    assert (decision.outcome, decision.amount, decision.deemed_start) == (Outcome.PAID, 300, None)
    assert (decision.service, decision.full_years) == ((), 0)


def test_a_life_without_appointments_is_no_part_of_a_month():
    decision = decide(Life(()), date(2024, 1, 1), standard({}))
    assert (decision.outcome, decision.home, decision.paid) == (Outcome.NOT_IN_OFFICE, None, None)
    assert (decision.considered, decision.rate, decision.amount) == ((), None, 0)
