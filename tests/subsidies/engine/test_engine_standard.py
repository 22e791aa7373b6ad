"""Standards, the facts of a life, and anniversaries, each by itself."""

import doctest
from datetime import date
from decimal import Decimal

import pytest

from subsidies.engine import Appointment, EmploymentSpell, Life, Position, Standard, decide, standard_in_force, years
from subsidies.engine.years import anniversary, full_years


def standard(**changed):
    values = {
        "effective_month": date(2020, 12, 1),
        "document": "嘉政办发〔2020〕97号",
        "rates": {Position.GROUP_LEADER: Decimal(300)},
        "yearly_increment": Decimal(50),
    }
    return Standard(**values | changed)


@pytest.mark.parametrize(
    ("reference_day", "month", "expected"),
    [
        (1, date(2024, 5, 1), date(2024, 5, 1)),
        (15, date(2024, 5, 1), date(2024, 5, 15)),
        (31, date(2024, 5, 1), date(2024, 5, 31)),
        (31, date(2024, 4, 1), date(2024, 4, 30)),
        (30, date(2024, 2, 1), date(2024, 2, 29)),
        (29, date(2023, 2, 1), date(2023, 2, 28)),
        (31, date(2023, 12, 1), date(2023, 12, 31)),
    ],
)
def test_a_reference_day_past_the_months_end_means_its_last_day(reference_day, month, expected):
    assert standard(reference_day=reference_day).reference_date(month) == expected


def test_a_month_is_given_by_its_first_day():
    with pytest.raises(ValueError, match="2024-05-02"):
        standard().reference_date(date(2024, 5, 2))


def test_the_standard_of_a_month_is_the_newest_that_has_taken_effect():
    first, second, third = (standard(effective_month=date(year, 12, 1)) for year in (2020, 2022, 2024))
    standards = [second, third, first]

    assert standard_in_force(standards, date(2020, 11, 1)) is None
    assert standard_in_force(standards, date(2020, 12, 1)) is first
    assert standard_in_force(standards, date(2022, 11, 1)) is first
    assert standard_in_force(standards, date(2022, 12, 1)) is second
    assert standard_in_force(standards, date(2030, 1, 1)) is third
    assert standard_in_force([], date(2030, 1, 1)) is None


@pytest.mark.parametrize(
    ("impossible", "reason"),
    [
        ({"effective_month": date(2020, 12, 2)}, "first day, not 2020-12-02"),
        ({"reference_day": 0}, "between 1 and 31: 0"),
        ({"reference_day": 32}, "between 1 and 31: 32"),
        ({"max_years": -1}, "fewer than none: -1"),
        ({"yearly_increment": Decimal(-50)}, "zero or more yuan"),
        ({"yearly_increment": 50.0}, "zero or more yuan"),
        ({"yearly_increment": 50}, "zero or more yuan"),
        ({"rates": {Position.GROUP_LEADER: Decimal("-0.01")}}, "zero or more yuan"),
        ({"rates": {Position.GROUP_LEADER: Decimal(300), Position.GROUP_MEMBER: 200.0}}, "zero or more yuan"),
        ({"rates": {Position.GROUP_LEADER: Decimal("NaN")}}, "zero or more yuan"),
        ({"rates": {Position.GROUP_LEADER: Decimal("Infinity")}}, "zero or more yuan"),
    ],
    ids=str,
)
def test_a_standard_refuses_what_cannot_be(impossible, reason):
    with pytest.raises(ValueError, match=reason):
        standard(**impossible)


def test_a_standard_may_pay_nothing_and_count_no_years():
    free = standard(rates={Position.GROUP_LEADER: Decimal(0)}, yearly_increment=Decimal(0), max_years=0)
    assert free.rates[Position.GROUP_LEADER] == 0


def test_positions_stand_in_the_order_of_their_rank():
    assert list(Position) == [
        "director",
        "deputy_director",
        "supervision_director",
        "committee_member",
        "group_leader",
        "group_member",
    ]
    assert [position for position in Position if position.in_group] == ["group_leader", "group_member"]


def test_an_office_may_last_a_day_but_not_end_before_it_begins():
    day = date(2024, 5, 1)
    appointment = Appointment(Position.GROUP_LEADER, day, day, "620201001001", "620201001001/03")
    assert appointment.in_office(day)
    with pytest.raises(ValueError, match="2024-04-30 is before the first day 2024-05-01"):
        Appointment(Position.GROUP_LEADER, day, date(2024, 4, 30), "620201001001", "620201001001/03")


def test_an_employment_spell_covers_both_its_days_and_everything_past_an_open_end():
    first, last = date(2024, 5, 1), date(2024, 5, 31)
    before, after = date(2024, 4, 30), date(2024, 6, 1)

    spell = EmploymentSpell(first, last)
    assert [spell.covers(day) for day in (before, first, last, after)] == [False, True, True, False]
    assert EmploymentSpell(None, last).covers(date.min)
    assert not EmploymentSpell(None, last).covers(after)
    assert EmploymentSpell(first, None).covers(date.max)
    assert not EmploymentSpell(first, None).covers(before)
    assert EmploymentSpell(None, None).covers(first)
    with pytest.raises(ValueError, match="before the first day"):
        EmploymentSpell(last, first)


def test_facts_are_stored_in_words_that_stay_readable():
    life = Life(
        (Appointment(Position.GROUP_LEADER, date(2021, 1, 1), date(2023, 5, 31), "620201001001", "620201001001/03"),),
        (EmploymentSpell(None, date(2020, 12, 31)),),
    )
    assert life.to_data() == {
        "appointments": [
            {
                "position": "group_leader",
                "first_day": "2021-01-01",
                "last_day": "2023-05-31",
                "community_code": "620201001001",
                "body": "620201001001/03",
            }
        ],
        "employment": [{"first_day": None, "last_day": "2020-12-31"}],
    }


def test_the_examples_in_the_words_about_years_hold():
    results = doctest.testmod(years)
    assert results.attempted >= 4
    assert results.failed == 0


@pytest.mark.parametrize(
    ("years_later", "expected"),
    [(1, date(2021, 2, 28)), (3, date(2023, 2, 28)), (4, date(2024, 2, 29)), (80, date(2100, 2, 28))],
)
def test_a_29_february_has_its_anniversary_on_the_28th_in_common_years(years_later, expected):
    assert anniversary(date(2020, 2, 29), years_later) == expected


@pytest.mark.parametrize(
    ("start", "on", "expected"),
    [
        (date(2021, 1, 1), date(2021, 1, 1), 0),
        (date(2021, 1, 1), date(2021, 12, 31), 0),
        (date(2021, 1, 1), date(2022, 1, 1), 1),
        (date(2020, 2, 29), date(2021, 2, 27), 0),
        (date(2020, 2, 29), date(2021, 2, 28), 1),
        (date(2020, 2, 29), date(2024, 2, 28), 3),
        (date(2020, 2, 29), date(2024, 2, 29), 4),
        (date(2020, 2, 28), date(2024, 2, 28), 4),
        (date(2021, 1, 1), date(2020, 12, 31), 0),
        (date(2021, 1, 1), date(2010, 1, 1), 0),
    ],
)
def test_a_year_is_full_on_its_anniversary(start, on, expected):
    assert full_years(start, on) == expected


class LeadersMore(Standard):
    """A Standard under which a full year of a group leader adds 10 yuan more."""

    def increment_of(self, position):
        return self.yearly_increment + (10 if position is Position.GROUP_LEADER else 0)


def test_an_increment_of_one_position_is_that_of_the_amount_and_of_other_offices():
    leader, member = Position.GROUP_LEADER, Position.GROUP_MEMBER
    rules = LeadersMore(date(2020, 12, 1), "文件", {leader: Decimal(400), member: Decimal(300)}, Decimal(50))
    offices = [Appointment(each, date(2020, 1, 1), None, "620299001001", each) for each in (leader, member)]
    decision = decide(Life(tuple(offices)), date(2023, 1, 1), rules)
    assert (decision.full_years, decision.each_year, decision.amount) == (3, 60, 580)
    assert [decision.amount_as(each) for each in (leader, member, Position.DIRECTOR)] == [580, 450, None]
