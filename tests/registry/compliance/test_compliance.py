"""Problem found in the registry: each rule at its edges, and what bodies lack."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from registry.models import Appointment, Position, Role, Term
from registry.models.roles import roles_with
from registry.records.findings import CHECKS, KINDS, findings
from tests import factories

TODAY = date(2026, 6, 1)
ACCOUNT = "622848000000000000"


@pytest.fixture(autouse=True)
def term(db):
    """The term of all offices, far from its end."""
    return Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2027, 12, 31))


def people(body, count, leads=True, **dates):
    """So many people in a body, the first its leader or director; with accounts and a term: no finding."""
    community = body.committee.community if hasattr(body, "committee") else body.community
    head = Position.GROUP_LEADER if hasattr(body, "committee") else Position.DIRECTOR
    for place in range(count):
        member = factories.member(community, account=ACCOUNT)
        office = factories.appointment(member, body, head if leads and place == 0 else None, **dates)
        office.term = Term.objects.first()
        office.save()
    return office


def found(user, day=TODAY):
    return [(finding.kind.key, finding.place) for finding in findings(user, day)]


def test_correct_records_have_no_finding(finance, community, group):
    people(group, 4)
    people(community.committee, 5)
    assert found(finance) == []


@pytest.mark.parametrize(
    ("count", "kinds"),
    [
        (0, ["empty"]),
        (1, ["too-few"]),
        (2, ["too-few"]),
        (3, []),
        (5, []),
        (6, ["too-many"]),
    ],
)
def test_a_group_has_three_to_five_people(finance, group, count, kinds):
    if count:
        people(group, count)
    assert found(finance) == [(kind, "福民社区第一居民小组") for kind in kinds]


def test_who_holds_two_offices_in_a_group_one_after_the_other_is_one_of_its_people(finance, group):
    office = people(group, 3)
    office.last_day = date(2025, 12, 31)
    office.save()
    later = factories.appointment(office.member, group, first_day=date(2026, 1, 1))
    Appointment.objects.filter(pk=later.pk).update(term=office.term)
    assert found(finance) == []


@pytest.mark.parametrize(("last_day", "kinds"), [(TODAY, []), (TODAY - timedelta(1), ["too-few"])])
def test_who_is_in_office_on_the_last_day_still_counts(finance, group, last_day, kinds):
    office = people(group, 3)
    office.last_day = last_day
    office.save()
    assert [kind for kind, _place in found(finance)] == kinds


def test_a_group_without_a_leader_is_reported(finance, group):
    people(group, 3, leads=False)
    assert found(finance) == [("no-leader", "福民社区第一居民小组")]


@pytest.mark.parametrize(("dissolved_on", "reported"), [(TODAY, False), (TODAY + timedelta(1), True)])
def test_a_dissolved_group_lacks_nobody(finance, community, dissolved_on, reported):
    factories.group(community, dissolved_on=dissolved_on)
    assert any(kind != "no-plan" for kind, _place in found(finance)) is reported


@pytest.mark.parametrize(("count", "reported"), [(0, False), (4, True), (5, False), (9, False), (10, True)])
def test_a_committee_has_five_to_nine_people_and_one_not_entered_yet_is_left_alone(finance, community, count, reported):
    if count:
        people(community.committee, count)
    assert bool(found(finance)) is reported


def test_a_committee_without_a_director_is_reported_once_with_all_it_lacks(finance, community):
    people(community.committee, 4, leads=False)
    [finding] = findings(finance, TODAY)
    assert finding.kind.key == "committee"
    assert "没有主任" in finding.text
    assert "4" in finding.text


@pytest.mark.parametrize(("after", "kinds"), [(0, []), (1, ["term-over"] * 3)])
def test_an_office_held_on_is_over_from_the_day_after_the_term(finance, group, term, after, kinds):
    people(group, 3)
    day = term.last_day + timedelta(after)
    assert [kind for kind, _place in found(finance, day) if kind != "term-ending"] == kinds


def test_an_office_of_no_term_belongs_to_the_one_it_began_in(finance, community, group, term):
    people(group, 3)
    factories.appointment(factories.member(community, "王桂香", account=ACCOUNT), group)
    assert found(finance) == [("no-term", "福民社区第一居民小组")]
    later = [finding.text for finding in findings(finance, term.last_day + timedelta(1))]
    assert any("王桂香" in text for text in later)
    assert "no-term" not in {kind for kind, _place in found(finance, term.last_day + timedelta(1))}


@pytest.mark.parametrize(("days", "reported"), [(91, False), (90, True), (0, True), (-1, False)])
def test_the_end_of_a_term_is_reported_ninety_days_before_and_on_its_last_day(finance, group, term, days, reported):
    people(group, 3)
    day = term.last_day - timedelta(days)
    ending = [finding for finding in findings(finance, day) if finding.kind.key == "term-ending"]
    assert [finding.place for finding in ending] == ["福民社区"] * reported
    if reported:
        assert str(days) in ending[0].text
        assert "3" in ending[0].text


def test_who_leaves_with_the_term_needs_no_re_election(finance, group, term):
    people(group, 3, last_day=term.last_day)
    assert found(finance, term.last_day) == []


@pytest.mark.parametrize("employed", [False, True])
def test_an_account_is_asked_of_who_is_not_employed(finance, community, group, term, employed):
    people(group, 3)
    member = factories.member(community, "缺账号")
    office = factories.appointment(member, group)
    office.term = term
    office.save()
    if employed:
        factories.employment(member)
    assert found(finance) == [] if employed else [("no-account", "福民社区第一居民小组")]


def test_an_account_is_asked_once_of_a_person_and_never_of_a_director(finance, community, group, term):
    people(group, 3)
    people(community.committee, 4, leads=False)
    director, both = factories.member(community, "主任"), factories.member(community, "双任")
    factories.appointment(director, community.committee, Position.DIRECTOR)
    factories.appointment(both, community.committee)
    factories.appointment(both, group)
    Appointment.objects.update(term=term)
    assert [kind for kind, _place in found(finance)] == ["no-account"]


def test_a_secretary_is_informed_of_the_own_community_alone(secretary, group, sibling):
    factories.group(sibling)
    people(sibling.committee, 4)
    assert found(secretary) == [("empty", "福民社区第一居民小组")]


def test_a_groups_own_people_are_informed_what_their_post_lets_them_see(group, term):
    """A group leader sees who is in the group, a group member does not; accounts are no business of either."""
    people(group, 2)
    factories.appointment(factories.member(group.committee.community), group)
    reported = {
        role: [kind for kind, _place in found(factories.user(role, role, group=group), term.last_day + timedelta(1))]
        for role in (Role.GROUP_LEADER, Role.GROUP_MEMBER)
    }
    assert reported == {Role.GROUP_LEADER: ["term-over"] * 3, Role.GROUP_MEMBER: []}


def test_the_most_urgent_comes_first(finance, community, group, term):
    factories.group(community, 2)
    people(group, 2)
    factories.appointment(factories.member(community), group)
    assert [kind for kind, _place in found(finance)] == ["empty", "no-account", "no-term"]


def test_findings_ask_as_many_queries_for_many_rows_as_for_few(clerk, community, group):
    def count(ask):
        with CaptureQueriesContext(connection) as queries:
            assert ask(clerk, TODAY)
        return len(queries)

    assert clerk.posts_today  # asked for once, whatever is counted
    factories.appointment(factories.member(community), group)
    few = count(findings)
    for number in range(2, 9):
        other = factories.community(f"62020100100{number}", f"第{number}社区")
        for _each in range(6):
            factories.appointment(factories.member(other), factories.group(other, _each + 1))
    assert count(findings) == few


def test_each_kind_of_finding_has_its_words_its_rank_and_one_check():
    assert len({kind.key for kind in KINDS}) == len({kind.rank for kind in KINDS}) == len(KINDS)
    assert sorted(kind.key for check in CHECKS for kind in check.kinds) == sorted(kind.key for kind in KINDS)
    asked = {kind.fixed_by_group for kind in KINDS} | {perm for check in CHECKS for perm in check.needs}
    assert all(roles_with(perm) for perm in asked - {""})
    with override("zh-hans"):
        for kind in KINDS:
            words = [str(kind.word), str(kind.act), kind.together(2)]
            assert all(re.search("[\u4e00-\u9fff]", text) for text in words), kind.key


def test_the_most_urgent_kinds_are_rules_broken_already():
    assert [kind.key for kind in KINDS[:6]] == ["term-over", "empty", "too-few", "no-leader", "too-many", "committee"]
    assert [kind.key for kind in KINDS[-3:]] == ["tasks-overdue", "not-elected", "no-term"]
