"""What groups have to meet for, as checks: the half-year review, and the election of who leads."""

from datetime import date

import pytest

from registry.models import Appointment
from registry.records.findings import findings
from registry.work.meetings import checks
from tests import factories

MAY = date(2026, 5, 20)
OURS = {"review", "elected", "not-elected"}


def found(user, day):
    return [(each.kind.key, each.group) for each in findings(user, day) if each.kind.key in OURS]


@pytest.fixture(autouse=True)
def minutes_since_autumn(group, people):
    """There are minutes since autumn 2025."""
    factories.meeting(group, date(2025, 11, 3), kind="study")
    Appointment.objects.update(first_day=date(2021, 1, 1))


def review(group, half_year, day):
    return factories.meeting(group, day, kind="review", half_year=half_year)


def test_a_review_is_missed_a_month_after_the_half_year_ended(secretary, group):
    review(group, date(2025, 7, 1), date(2026, 1, 10))
    assert found(secretary, date(2026, 7, 31)) == []
    assert found(secretary, date(2026, 8, 1)) == [("review", group.pk)]
    review(group, date(2026, 1, 1), date(2026, 8, 5))
    assert found(secretary, date(2026, 8, 6)) == []


def test_half_years_before_the_first_minutes_have_no_finding(secretary, group):
    assert checks.due_half_year(date(2026, 1, 20)).last_day == date(2025, 6, 30)
    assert found(secretary, date(2026, 1, 20)) == []
    assert found(secretary, date(2026, 3, 1)) == [("review", group.pk)]


def test_a_group_without_people_when_the_half_year_ended_had_none_to_hold(secretary, group):
    Appointment.objects.update(first_day=date(2026, 7, 1))
    assert ("review", group.pk) not in found(secretary, date(2026, 9, 1))


@pytest.mark.parametrize(
    ("elected_on", "is_amiss"),
    [
        (None, True),
        (date(2026, 2, 25), False),
        (date(2026, 4, 1), False),  # the minutes were made up for
        (date(2025, 8, 1), True),  # of another time
    ],
)
def test_a_leader_who_came_into_office_has_been_elected(secretary, group, people, elected_on, is_amiss):
    review(group, date(2025, 7, 1), date(2026, 1, 10))
    leader = people["甲长"]
    Appointment.objects.filter(pk=leader.pk).update(first_day=date(2026, 3, 1))
    if elected_on:
        factories.meeting(group, elected_on, kind="election", elected=leader.member)
    assert (("not-elected", group.pk) in found(secretary, MAY)) is is_amiss


def test_a_leader_from_before_the_first_minutes_has_no_finding(secretary, group):
    review(group, date(2025, 7, 1), date(2026, 1, 10))
    assert found(secretary, MAY) == []


def test_an_elected_leader_who_does_not_lead_is_to_be_entered(secretary, group, people):
    review(group, date(2025, 7, 1), date(2026, 1, 10))
    row = factories.meeting(group, MAY, kind="election", elected=people["乙员"].member)
    [finding] = [each for each in findings(secretary, MAY) if each.kind.key in OURS]
    assert (finding.kind.key, finding.url) == ("elected", row.get_absolute_url())
    Appointment.objects.filter(pk=people["甲长"].pk).update(position="group_member")
    Appointment.objects.filter(pk=people["乙员"].pk).update(position="group_leader", first_day=MAY)
    assert found(secretary, MAY) == []


def test_nothing_is_to_be_entered_of_who_was_elected_led_and_left(secretary, group, people):
    review(group, date(2025, 7, 1), date(2026, 1, 10))
    factories.meeting(group, date(2026, 2, 1), kind="election", elected=people["甲长"].member)
    Appointment.objects.filter(pk=people["甲长"].pk).update(last_day=date(2026, 4, 1))
    assert found(secretary, MAY) == []


def test_an_acting_leader_who_was_elected_is_to_be_entered(secretary, group, people):
    review(group, date(2025, 7, 1), date(2026, 1, 10))
    Appointment.objects.filter(pk=people["甲长"].pk).update(acting=True)
    factories.meeting(group, MAY, kind="election", elected=people["甲长"].member)
    assert found(secretary, MAY) == [("elected", group.pk)]
