"""What a month differs in from the one before: every yuan has a reason, and the reasons add up."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from jygroups.lib.months import Month
from registry.models import Position, Subdistrict
from subsidies.models import Outcome, Rate, SheetLine, Standard
from subsidies.month import changes, sheets
from subsidies.month.changes import Kind
from tests import factories

APRIL, MAY = Month(2024, 4), Month(2024, 5)


@pytest.fixture
def group(community, standard):
    return factories.group(community)


def prepare(month):
    return sheets.prepare(month, Subdistrict.objects.all())[0]


def compared():
    """May against April, as (kind, before, after)."""
    prepare(APRIL)
    return amounts_by_kind(changes.against_previous(prepare(MAY)))


def amounts_by_kind(found):
    difference = found.sheet.net - found.previous.net
    assert found.difference == difference == sum(yuan for _count, yuan in found.by_kind().values())
    return [(change.kind, change.before, change.after) for change in found.changes]


def test_nothing_is_reported_for_who_is_paid_the_same(group):
    factories.appointment(factories.member(group.committee.community), group)
    assert compared() == []


def test_who_joins_and_who_leaves(community, group):
    factories.appointment(factories.member(community), group, first_day=date(2024, 4, 2))
    factories.appointment(factories.member(community), group, first_day=date(2021, 1, 1), last_day=date(2024, 4, 30))
    assert compared() == [(Kind.JOINED, 0, 200), (Kind.LEFT, 350, 0)]


def test_who_joins_without_pay_is_named_with_no_yuan(community, group):
    factories.appointment(factories.member(community), community.committee, Position.DIRECTOR, date(2024, 5, 1))
    assert compared() == [(Kind.JOINED, 0, 0)]


def test_a_full_year(community, group):
    factories.appointment(factories.member(community), group, first_day=date(2021, 5, 1))
    assert compared() == [(Kind.ANNIVERSARY, 300, 350)]


def test_a_position_and_a_full_year_in_one_month_are_distinguished(community, group):
    person = factories.member(community)
    factories.appointment(person, group, first_day=date(2021, 5, 1), last_day=date(2024, 4, 14))
    factories.appointment(person, group, Position.GROUP_LEADER, date(2024, 4, 15))
    assert compared() == [(Kind.POSITION, 300, 400), (Kind.ANNIVERSARY, 400, 450)]


def test_a_position_of_the_same_rate_is_named_with_no_yuan(community, group):
    person = factories.member(community)
    factories.appointment(person, group, first_day=date(2021, 1, 1), last_day=date(2024, 4, 14))
    factories.appointment(person, community.committee, first_day=date(2024, 4, 15))
    assert compared() == [(Kind.POSITION, 350, 350)]


def test_who_takes_a_job_and_who_loses_one(community, group):
    taking, losing = factories.member(community, "甲"), factories.member(community, "乙")
    for person in (taking, losing):
        factories.appointment(person, group)
    factories.employment(taking, first_day=date(2024, 5, 1))
    factories.employment(losing, last_day=date(2024, 4, 30))
    assert compared() == [(Kind.EMPLOYMENT, 350, 0), (Kind.EMPLOYMENT, 0, 350)]


def test_a_position_without_a_rate_that_comes_to_be_the_only_one(community, group):
    person = factories.member(community)
    factories.appointment(person, community.committee, Position.DIRECTOR)
    factories.appointment(person, group, last_day=date(2024, 4, 20))
    assert compared() == [(Kind.POSITION, 350, 0)]


def test_a_new_standard_is_distinguished_from_what_happened_to_the_person(community, group):
    person = factories.member(community)
    factories.appointment(person, group, first_day=date(2021, 5, 1), last_day=date(2024, 4, 14))
    factories.appointment(person, group, Position.GROUP_LEADER, date(2024, 4, 15))
    prepare(APRIL)
    second = Standard.objects.create(
        state="in_force", effective_month=date(2024, 5, 1), document="二号", yearly_increment=60
    )
    for position, amount in ((Position.GROUP_LEADER, 400), (Position.DIRECTOR, 100)):
        Rate.objects.create(standard=second, position=position, amount=amount)
    found = changes.against_previous(prepare(MAY))
    assert amounts_by_kind(found) == [(Kind.POSITION, 300, 400), (Kind.ANNIVERSARY, 400, 450), (Kind.RATE, 450, 580)]
    assert found.changes[2].detail == "嘉政办发〔2020〕97号 → 二号"


def test_a_position_that_gains_and_one_that_loses_its_rate(community, group):
    factories.appointment(factories.member(community, "甲"), community.committee, Position.DIRECTOR)
    factories.appointment(factories.member(community, "乙"), group)
    prepare(APRIL)
    second = Standard.objects.create(
        state="in_force", effective_month=date(2024, 5, 1), document="二号", yearly_increment=50
    )
    Rate.objects.create(standard=second, position=Position.DIRECTOR, amount=600)
    assert amounts_by_kind(changes.against_previous(prepare(MAY))) == [(Kind.RATE, 0, 750), (Kind.RATE, 350, 0)]


def test_a_first_day_put_right_is_no_anniversary(community, group):
    appointment = factories.appointment(factories.member(community), group, first_day=date(2022, 5, 1))
    prepare(APRIL)
    appointment.first_day = date(2020, 5, 1)
    appointment.save()
    found = changes.against_previous(prepare(MAY))
    assert amounts_by_kind(found) == [(Kind.ANNIVERSARY, 250, 300), (Kind.CORRECTION, 300, 400)]


def test_an_adjustment_is_distinguished(community, group):
    factories.appointment(factories.member(community), group, first_day=date(2021, 5, 1))
    prepare(APRIL)
    may = prepare(MAY)
    SheetLine.objects.filter(sheet=may).update(adjustment=-120, net=230)
    may.adjustment, may.net = Decimal(-120), Decimal(230)
    assert amounts_by_kind(changes.against_previous(may)) == [(Kind.ANNIVERSARY, 300, 350), (Kind.CORRECTION, 350, 230)]


def test_a_hold_and_its_end(community, group):
    factories.appointment(factories.member(community), group)
    april, may = prepare(APRIL), prepare(MAY)
    SheetLine.objects.filter(sheet=may).update(outcome=Outcome.HELD, gross=0, net=0)
    may.net = Decimal(0)
    assert amounts_by_kind(changes.against_previous(may)) == [(Kind.HOLD, 350, 0)]
    assert april.net == 350


def test_without_a_sheet_of_the_month_before_nothing_is_compared(community, group):
    factories.appointment(factories.member(community), group)
    prepare(Month(2024, 3))
    found = changes.against_previous(prepare(MAY))
    assert (found.previous, found.changes) == (None, [])


def test_a_change_is_named_in_the_reader_s_language(community, group):
    person = factories.member(community)
    factories.appointment(person, group, first_day=date(2021, 5, 1), last_day=date(2024, 4, 14))
    factories.appointment(person, group, Position.GROUP_LEADER, date(2024, 4, 15))
    prepare(APRIL)
    may = prepare(MAY)
    with translation.override("zh-hans"):
        assert [change.detail for change in changes.against_previous(may).changes] == [
            "居民小组成员 → 居民小组长",
            "满2年 → 满3年",
        ]
    with translation.override("en"):
        assert changes.against_previous(may).changes[0].detail == "group member → group leader"


def test_two_months_are_compared_in_a_few_queries(community, group, django_assert_max_num_queries):
    for _each in range(5):
        factories.appointment(factories.member(community), group, first_day=date(2021, 5, 1))
    prepare(APRIL)
    sheet = prepare(MAY)
    with django_assert_max_num_queries(6):
        assert len(changes.against_previous(sheet).changes) == 5
