"""What bodies lack: leaders, people, and since when."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Position
from registry.people.bodies import vacancies
from registry.people.bodies.vacancies import Lack
from tests import factories

TODAY = date(2026, 11, 20)


def people(body, count, *positions):
    """So many people in the body, the first of them in these positions."""
    community = body.committee.community if hasattr(body, "committee") else body.community
    for place in range(count):
        position = positions[place] if place < len(positions) else None
        factories.appointment(factories.member(community), body, position)


def full(committee):
    people(committee, 5, Position.DIRECTOR, Position.DEPUTY_DIRECTOR)
    people(committee, 1, Position.SUPERVISION_DIRECTOR)


def found(user):
    return [(each.lack, each.seats) for each in vacancies.find(user, TODAY)]


@pytest.fixture
def committee(community):
    full(community.committee)
    return community.committee


@pytest.mark.parametrize(
    ("count", "leads", "lacks"),
    [
        (3, True, []),
        (5, True, []),
        (6, True, []),  # too many is no vacancy
        (2, True, [(Lack.GROUP_SIZE, 1)]),
        (3, False, [(Lack.GROUP_LEADER, 1)]),
        (1, False, [(Lack.GROUP_LEADER, 1), (Lack.GROUP_SIZE, 2)]),
        (0, False, [(Lack.GROUP_LEADER, 1), (Lack.GROUP_SIZE, 3)]),
    ],
)
def test_a_group_lacks_a_leader_or_people_below_three(finance, committee, group, count, leads, lacks):
    people(group, count, *([Position.GROUP_LEADER] if leads else []))
    assert found(finance) == lacks


@pytest.mark.parametrize(
    ("positions", "count", "lacks"),
    [
        ([Position.DIRECTOR, Position.DEPUTY_DIRECTOR], 5, []),
        ([Position.DIRECTOR, Position.DEPUTY_DIRECTOR], 4, [(Lack.COMMITTEE_SIZE, 1)]),
        ([Position.DEPUTY_DIRECTOR], 5, [(Lack.DIRECTOR, 1)]),
        ([Position.DIRECTOR], 5, [(Lack.DEPUTY_DIRECTOR, 1)]),
        ([], 0, [(Lack.DIRECTOR, 1), (Lack.DEPUTY_DIRECTOR, 1), (Lack.COMMITTEE_SIZE, 5)]),
    ],
)
def test_a_committee_lacks_its_head_its_deputy_or_people_below_five(finance, community, positions, count, lacks):
    people(community.committee, count, *positions)
    people(community.committee, 1, Position.SUPERVISION_DIRECTOR)
    assert found(finance) == lacks


def test_the_director_of_supervision_is_lacking_and_counts_for_no_committee_seat(finance, community):
    people(community.committee, 5, Position.DIRECTOR, Position.DEPUTY_DIRECTOR)
    assert found(finance) == [(Lack.SUPERVISION_DIRECTOR, 1)]
    people(community.committee, 1, Position.SUPERVISION_DIRECTOR)
    assert found(finance) == []


def test_a_vacancy_begins_the_day_after_the_last_holder_has_left(finance, committee, group):
    people(group, 3)
    for last_day in (date(2023, 1, 31), date(2024, 3, 31)):
        leader = factories.member(committee.community)
        factories.appointment(leader, group, Position.GROUP_LEADER, last_day - timedelta(100), last_day)
    (vacancy,) = vacancies.find(finance, TODAY)
    assert (vacancy.lack, vacancy.since) == (Lack.GROUP_LEADER, date(2024, 4, 1))


def test_a_group_is_too_small_since_it_last_had_three(finance, committee, group):
    people(group, 1, Position.GROUP_LEADER)
    for last_day in (date(2024, 5, 31), date(2025, 8, 15)):
        factories.appointment(factories.member(committee.community), group, last_day=last_day)
    (vacancy,) = vacancies.find(finance, TODAY)
    # Three people until May 2024; that the second left later made it no smaller than too small.
    assert (vacancy.lack, vacancy.seats, vacancy.since) == (Lack.GROUP_SIZE, 2, date(2024, 6, 1))


def test_who_leaves_and_is_followed_on_the_next_day_leaves_no_gap(finance, committee, group):
    people(group, 2)
    member = factories.member(committee.community)
    factories.appointment(member, group, Position.GROUP_LEADER, date(2021, 1, 1), date(2023, 12, 31))
    factories.appointment(member, group, Position.GROUP_LEADER, date(2024, 1, 1))
    assert found(finance) == []


def test_what_was_never_filled_is_vacant_since_no_known_day(finance, committee, group):
    people(group, 3)
    (vacancy,) = vacancies.find(finance, TODAY)
    assert vacancy.since is None


def test_a_dissolved_group_lacks_nobody(finance, committee):
    factories.group(committee.community, dissolved_on=date(2025, 1, 1))
    assert found(finance) == []


def test_a_secretary_sees_the_vacancies_of_the_own_community_alone(secretary, committee, group, sibling):
    people(group, 3)
    factories.group(sibling)
    assert {each.community.name for each in vacancies.find(secretary, TODAY)} == {"福民社区"}


def test_vacancies_are_found_in_as_many_queries_whatever_their_number(clerk, community, group):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert vacancies.find(clerk, TODAY)
        return len(queries)

    assert clerk.posts_today  # asked for once
    few = count()
    for number in range(2, 8):
        other = factories.community(f"62020100100{number}", f"第{number}社区")
        people(factories.group(other), 2)
    assert count() == few


def test_a_vacancy_leads_to_its_by_election(finance, committee, group):
    people(group, 2)
    (vacancy,) = [each for each in vacancies.find(finance, TODAY) if each.lack == Lack.GROUP_LEADER]
    assert vacancy.by_election == (
        f"/areas/communities/620201001001/by-election/?body=group-{group.pk}&office=group_leader"
    )
