"""A person's stipend on the person's page: month by month, what today's register comes to, and when years are full."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from jygroups.lib.months import Month
from registry.models import Position, Subdistrict
from subsidies.engine import ServiceSpell
from subsidies.engine.service import deemed_start
from subsidies.engine.years import full_years
from subsidies.explanations import anniversaries
from subsidies.month import sheets
from tests import factories

FIRST = date(2020, 1, 1)
spells = st.lists(st.tuples(st.integers(1, 900), st.integers(1, 900)), min_size=1, max_size=4)


@settings(deadline=None)  # it walks day by day
@given(spells)
def test_a_full_year_is_marked_on_the_first_day_that_has_it(lengths):
    service, day = [], FIRST
    for gap, days in lengths:
        first = day + timedelta(days=gap)
        day = first + timedelta(days=days - 1)
        service.append(ServiceSpell(first, day))
    served, expected = 0, []
    for spell in service:
        for number in range(spell.days):
            on = spell.first_day + timedelta(days=number)
            served += 1
            start = deemed_start(served, on)
            while start and full_years(start, on) > len(expected):
                expected.append(on)
    assert anniversaries.reached(service) == expected


@pytest.fixture
def leader_of_group(standard, community, group):
    person = factories.member(community)
    factories.appointment(person, group, Position.GROUP_LEADER)
    return person


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_months_and_todays_sum_are_shown_with_their_steps(client, secretary, leader_of_group, headers):
    sheets.prepare(Month(2024, 1), Subdistrict.objects.all())
    client.force_login(secretary)
    answer = client.get(reverse("member-stipends", args=[leader_of_group.pk]), headers=headers)
    for words in ("2024年1月", "450.00", "三(三)", "居民小组长"):
        assert words in answer.text
    assert ("<html" in answer.text) is not bool(headers)


def test_a_body_out_of_sight_is_not_named(client, secretary, leader_of_group, stranger):
    factories.appointment(leader_of_group, stranger.committee)
    client.force_login(secretary)
    answer = client.get(reverse("member-stipends", args=[leader_of_group.pk]))
    assert "其他辖区" in answer.text
    assert "大众社区" not in answer.text


def test_a_person_without_any_office_or_standard_is_reported(client, secretary, community):
    client.force_login(secretary)
    answer = client.get(reverse("member-stipends", args=[factories.member(community).pk]))
    assert "没有生效的补贴标准" in answer.text


def test_each_month_is_shown_by_the_standard_in_force_in_it(client, secretary, leader_of_group):
    with time_machine.travel("2026-10-20 10:00"):
        factories.standard(Month(2026, 11), {Position.GROUP_LEADER: 999}, increment=0)
        client.force_login(secretary)
        text = client.get(reverse("member-stipends", args=[leader_of_group.pk])).text
        assert "550.00 元" in text  # October: 300 + 5 × 50
        assert "2026年11月：999.00 元" in text
        roster = client.get(reverse("group-stipends", args=[leader_of_group.appointments.get().group_id])).text
    assert "550.00" in roster
    assert "999.00" not in roster
