"""Why an old amount is another than ours: each kind by a case."""

from datetime import date
from decimal import Decimal

import pytest

from subsidies.comparison.differences import Ours, doubled, explain
from subsidies.engine import Appointment, EmploymentSpell, Life, Position, ServiceBasis, Standard
from subsidies.models import ComparisonResult, Outcome

MONTH = date(2024, 5, 1)
RATES = {
    Position.DEPUTY_DIRECTOR: Decimal(500),
    Position.SUPERVISION_DIRECTOR: Decimal(500),
    Position.COMMITTEE_MEMBER: Decimal(200),
    Position.GROUP_LEADER: Decimal(300),
    Position.GROUP_MEMBER: Decimal(200),
}
LEADER, MEMBER, COMMITTEE = Position.GROUP_LEADER, Position.GROUP_MEMBER, Position.COMMITTEE_MEMBER


def office(position, first, last=None):
    place = "1" if position.in_group else "0"
    return Appointment(position, first, last, "620201001001", f"620201001001/{place}")


def ours(*offices, employment=(), **parameters):
    standard = Standard(date(2020, 12, 1), "嘉政办发〔2020〕97号", RATES, Decimal(50), **parameters)
    return Ours.decided(Life(tuple(offices), tuple(employment)), MONTH, standard)


LONG = date(2021, 1, 1)  # 3 full years in May 2024
OFFICES = {
    "leader": (office(LEADER, LONG),),
    "both": (office(LEADER, LONG), office(COMMITTEE, LONG)),
    "two alike": (office(COMMITTEE, LONG), office(MEMBER, LONG)),
    "was member": (office(MEMBER, LONG, date(2023, 1, 31)), office(LEADER, date(2023, 2, 1))),
    "to lead": (office(COMMITTEE, LONG), office(LEADER, date(2024, 5, 20))),
    "broken": (office(MEMBER, LONG, date(2021, 12, 31)), office(MEMBER, date(2022, 7, 1))),
    "in May": (office(LEADER, date(2022, 5, 20)),),
    "unpaid": (office(Position.DIRECTOR, LONG),),
    "left": (office(LEADER, LONG, date(2024, 3, 31)),),
    "to come": (office(LEADER, date(2024, 5, 2)),),
}


@pytest.mark.parametrize(
    ("offices", "old", "kind", "words"),
    [
        ("leader", 450, ComparisonResult.AGREES, ""),
        ("leader", 0, ComparisonResult.NOT_PAID, "300.00 + 3 × 50.00 = 450.00"),
        ("left", 450, ComparisonResult.NOT_LISTED, "2024-03-31"),
        ("left", 0, ComparisonResult.AGREES, ""),
        ("to come", 300, ComparisonResult.NOT_LISTED, "2024-05-02"),
        ("unpaid", 500, ComparisonResult.POSITION, "居委会主任"),
        # Two offices: added up with the years once, for each, or not at all; or the lower one paid.
        ("both", 650, ComparisonResult.CROSS_HOLDING, "居民小组长、居民委员会成员"),
        ("both", 800, ComparisonResult.CROSS_HOLDING, "800.00"),
        ("both", 500, ComparisonResult.CROSS_HOLDING, "500.00"),
        ("two alike", 550, ComparisonResult.CROSS_HOLDING, "居民委员会成员、居民小组成员"),
        ("both", 350, ComparisonResult.POSITION, "200.00 + 3 × 50.00 = 350.00"),
        # An office of before, one that is yet to begin, and one that nobody has registered.
        ("was member", 350, ComparisonResult.POSITION, "2023-01-31"),
        ("to lead", 450, ComparisonResult.POSITION, "2024-05-20"),
        ("leader", 650, ComparisonResult.POSITION, "居委会副主任"),
        # Years: less, more, none, and why.
        ("leader", 400, ComparisonResult.YEARS, "2024-01-01"),
        ("leader", 300, ComparisonResult.YEARS, "旧表满0年"),
        ("leader", 500, ComparisonResult.YEARS, "旧表满4年，本系统满3年"),
        ("in May", 400, ComparisonResult.YEARS, "2024-05-20"),
        ("broken", 350, ComparisonResult.YEARS, "旧表满3年，本系统满2年"),
        ("broken", 250, ComparisonResult.YEARS, "旧表满1年，本系统满2年"),
        ("was member", 350, ComparisonResult.POSITION, "居民小组成员"),
        ("leader", 475, ComparisonResult.ARITHMETIC, "475.00"),
        ("leader", Decimal("449.50"), ComparisonResult.ARITHMETIC, "449.50"),
        ("leader", 5_000, ComparisonResult.ARITHMETIC, "5,000.00"),
    ],
)
def test_a_difference_is_of_the_kind_that_explains_it(offices, old, kind, words):
    found = explain(Decimal(old), ours(*OFFICES[offices]))
    assert (found.kind, words in found.detail) == (kind, True), found.detail


def test_who_is_employed_and_paid_by_the_old_file_is_reported_with_the_days():
    spell = EmploymentSpell(date(2024, 2, 1), None)
    found = explain(Decimal(450), ours(*OFFICES["leader"], employment=[spell]))
    assert found.kind == ComparisonResult.EMPLOYED
    assert "2024-02-01" in found.detail


def test_who_is_not_paid_by_the_old_file_since_employed_once_is_reported_until_when():
    spell = EmploymentSpell(date(2024, 2, 1), date(2024, 3, 31))
    found = explain(Decimal(0), ours(*OFFICES["leader"], employment=[spell]))
    assert found.kind == ComparisonResult.NOT_PAID
    assert "2024-03-31" in found.detail


@pytest.mark.parametrize(
    ("parameters", "old", "words"),
    [
        ({"max_years": 2}, 450, "封顶"),
        ({"service_counted_from": date(2022, 1, 1)}, 450, "2022-01-01"),
        ({"counts_employed_service": False}, 450, "在职"),
        ({"service_basis": ServiceBasis.CONTINUOUS}, 450, "中断"),
    ],
)
def test_another_reading_of_the_document_is_named_as_the_reason(parameters, old, words):
    employment = (
        [EmploymentSpell(date(2021, 1, 1), date(2022, 6, 30))] if "counts_employed_service" in parameters else []
    )
    offices = OFFICES["leader"]
    if "service_basis" in parameters:
        offices = (office(LEADER, date(2020, 1, 1), date(2021, 12, 31)), office(LEADER, date(2022, 12, 1)))
    found = explain(Decimal(old), ours(*offices, employment=employment, **parameters))
    assert (found.kind, words in found.detail) == (ComparisonResult.YEARS, True), found.detail


def test_a_hold_and_a_correction_are_no_fault_of_the_old_file():
    known = ours(*OFFICES["leader"])
    held = Ours(known.life, known.decision, Outcome.HELD, Decimal(0), Decimal(0))
    corrected = Ours(known.life, known.decision, Outcome.PAID, Decimal(450), Decimal(350))
    assert explain(Decimal(450), held).kind == ComparisonResult.HELD
    assert explain(Decimal(350), corrected).kind == ComparisonResult.CORRECTED


def test_a_further_row_that_pays_another_office_names_it():
    found = doubled(Decimal(350), ours(*OFFICES["both"]), 2)
    assert found.kind == ComparisonResult.DUPLICATE
    assert "居民委员会成员" in found.detail
    assert "第2行" in doubled(Decimal(123), None, 2).detail
