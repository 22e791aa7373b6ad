"""The pages of the areas, from the city down to a group's roster."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib.exports import CONTENT_TYPES
from registry.models import AuditEntry, Building, Position, Role
from tests import factories


@pytest.fixture
def people(community, group):
    """A leader, two members of whom one is employed, one who has left, and a committee member."""
    leader, busy, other, left, seated = (
        factories.member(community, name) for name in ("李建荣", "范晓玲", "李㛃", "裴爱萍", "阳𠮷")
    )
    factories.appointment(leader, group, Position.GROUP_LEADER)
    factories.appointment(busy, group)
    factories.employment(busy)
    factories.appointment(other, group)
    factories.appointment(left, group, last_day=date(2022, 5, 20))
    factories.appointment(seated, community.committee)
    Building.objects.create(community=community, name="1号楼", group=group)
    Building.objects.create(community=community, name="2号楼")


@pytest.fixture
def canary(sibling):
    """Somebody of the sibling community, whose name the secretary must not meet."""
    group = factories.group(sibling)
    member = factories.member(sibling, "金丝雀")
    factories.appointment(member, group, Position.GROUP_LEADER)
    return member


def pages(community, group):
    return [
        reverse("workbench"),
        reverse("findings"),
        reverse("city"),
        community.subdistrict.get_absolute_url(),
        community.get_absolute_url(),
        group.get_absolute_url(),
    ]


def test_the_figures_are_those_of_today(client, secretary, people, group):
    client.force_login(secretary)
    figures = client.get(reverse("workbench")).context["figures"]
    assert (figures.communities, figures.groups, figures.people, figures.employed) == (1, 1, 4, 1)
    assert (figures.covered, figures.buildings) == (1, 2)


def test_a_person_in_two_communities_counts_once_in_the_subdistrict(client, clerk, people, sibling, community):
    leader = community.members.get(name="李建荣")
    factories.appointment(leader, factories.group(sibling))
    client.force_login(clerk)
    answer = client.get(community.subdistrict.get_absolute_url())
    assert [row["figures"].people for row in answer.context["rows"]] == [4, 1]
    assert answer.context["total"].people == 4


def test_a_community_shows_its_committee_its_groups_and_what_is_uncovered(client, secretary, people, community):
    client.force_login(secretary)
    answer = client.get(community.get_absolute_url())
    assert [office.member.name for office in answer.context["roster"].data] == ["阳𠮷"]
    assert [(each.leader, each.people, each.covered) for each in answer.context["groups"].data] == [("李建荣", 3, 1)]
    assert [building.name for building in answer.context["uncovered"]] == ["2号楼"]


def test_a_group_shows_who_is_in_office_and_who_has_left(client, secretary, people, group):
    client.force_login(secretary)
    answer = client.get(group.get_absolute_url())
    roster = answer.context["roster"]
    assert [(office.member.name, office.employed) for office in roster] == [
        ("李建荣", False),
        ("范晓玲", True),
        ("李㛃", False),
    ]
    assert [office.member.name for office in answer.context["former"]] == ["裴爱萍"]


def test_who_was_elected_again_has_not_left(client, secretary, community, group):
    again = factories.member(community)
    factories.appointment(again, group, last_day=date(2021, 12, 31))
    factories.appointment(again, group, first_day=date(2022, 1, 1))
    client.force_login(secretary)
    assert list(client.get(group.get_absolute_url()).context["former"]) == []


def test_numbers_are_masked_and_a_missing_account_is_named(client, secretary, people, community, group):
    client.force_login(secretary)
    text = client.get(group.get_absolute_url()).text
    for member in community.members.all():
        assert member.id_number not in text
    assert "缺" in text


def test_a_placeholder_is_marked(client, secretary, community):
    group = factories.group(community, placeholder=True)
    client.force_login(secretary)
    assert "暂列" in client.get(group.get_absolute_url()).text


def test_a_secretary_does_not_learn_that_another_community_exists(client, secretary, canary, sibling, stranger):
    client.force_login(secretary)
    elsewhere = sibling.committee.groups.get()
    for path in (
        sibling.get_absolute_url(),
        elsewhere.get_absolute_url(),
        stranger.get_absolute_url(),
        stranger.subdistrict.get_absolute_url(),
    ):
        nowhere = path.replace("6202", "9999").replace(f"/{elsewhere.pk}/", "/99999/")
        answers = [client.get(path), client.get(nowhere)]
        assert [answer.status_code for answer in answers] == [404, 404]
        foreign, none = (re.sub(r"<input[^>]*>", "", answer.text) for answer in answers)  # token and own address
        assert foreign == none


def test_no_page_of_a_secretary_names_another_community_or_its_people(
    client, secretary, people, canary, sibling, stranger, community, group
):
    client.force_login(secretary)
    for path in pages(community, group):
        text = client.get(path).text
        for name in (canary.name, sibling.name, stranger.name, stranger.subdistrict.name):
            assert name not in text


def test_a_groups_own_people_see_their_group_and_no_more(client, people, community, group):
    client.force_login(factories.user("leader", Role.GROUP_LEADER, group=group))
    answer = client.get(group.get_absolute_url())
    assert answer.status_code == 200
    assert "李建荣" in answer.text
    assert "6202*" not in answer.text
    assert community.get_absolute_url() not in answer.text
    assert client.get(community.get_absolute_url()).status_code == 403
    assert client.get(factories.group(community, 2).get_absolute_url()).status_code == 404
    client.force_login(factories.user("member", Role.GROUP_MEMBER, group=group))
    answer = client.get(group.get_absolute_url())
    assert answer.status_code == 200
    assert "李建荣" not in answer.text


@pytest.mark.parametrize("path", ["groups/99999999999999999999999/", "communities/%00/", "communities/١٢٣/"])
def test_an_address_of_nothing_is_not_found(client, finance, path):
    client.force_login(finance)
    assert client.get(f"/areas/{path}").status_code == 404


def test_the_administrator_of_users_sees_no_area(client, sysadmin, community, group):
    client.force_login(sysadmin)
    for path in pages(community, group)[1:]:
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("role", ["clerk", "finance"])
def test_pages_ask_as_many_queries_for_few_rows_as_for_many(client, request, role, people, community, group, stranger):
    client.force_login(request.getfixturevalue(role))

    def counts():
        found = []
        for path in pages(community, group):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(path, follow=True).status_code == 200
            found.append(len(queries))
        return found

    few = counts()
    for ordinal in range(2, 7):
        body = factories.group(community, ordinal)
        for _ in range(4):
            factories.appointment(factories.member(community), body)
            factories.appointment(factories.member(community), group)
            factories.appointment(factories.member(community), community.committee)
        Building.objects.create(community=community, name=f"新{ordinal}号楼", group=body)
        other = factories.community(f"62020100100{ordinal + 1}", f"第{ordinal}社区")
        factories.group(other)
    assert counts() == few


@pytest.mark.parametrize("role", ["secretary", "clerk"])
def test_a_roster_is_downloaded_by_who_keeps_it_and_the_log_shows(client, request, role, people, community):
    user = request.getfixturevalue(role)
    client.force_login(user)
    assert "下载花名册" in client.get(community.get_absolute_url()).content.decode()
    asked = client.post(reverse("export-roster", args=[community.code]))
    assert "Content-Disposition" not in asked
    assert not AuditEntry.objects.exists()
    data = {"purpose": "核对证件", "password": "secret"}
    answer = client.post(reverse("export-roster", args=[community.code]), data)
    assert answer.status_code == 200
    assert answer["Content-Type"] == CONTENT_TYPES["xlsx"]
    assert "attachment" in answer["Content-Disposition"]
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user, entry.subject, entry.details["lines"]) == ("export", user, "福民社区", 5)
    assert entry.details["purpose"] == "核对证件"
    again = client.post(reverse("export-roster", args=[community.code]))
    assert 'value="核对证件"' in again.text  # proposed, and the password is known
    assert 'type="password"' not in again.text


@pytest.mark.parametrize("role", ["leader", "finance", "civil", "auditor", "sysadmin"])
def test_a_roster_is_downloaded_by_nobody_else(client, request, role, people, community):
    client.force_login(request.getfixturevalue(role))
    assert "下载花名册" not in client.get(community.get_absolute_url()).content.decode()
    assert client.post(reverse("export-roster", args=[community.code])).status_code == 403
    assert not AuditEntry.objects.exists()


def test_a_sibling_communitys_roster_does_not_exist_for_a_secretary(client, secretary, canary, sibling):
    client.force_login(secretary)
    assert client.post(reverse("export-roster", args=[sibling.code])).status_code == 404


def test_a_roster_is_not_downloaded_by_a_permission_from_elsewhere(client, secretary, stranger):
    """A secretary who leads another subdistrict sees its communities, and edits none of them."""
    secretary.posts.create(role=Role.LEADER, subdistrict=stranger.subdistrict, first_day=date(2020, 1, 1))
    client.force_login(secretary)
    assert client.get(stranger.get_absolute_url()).status_code == 200
    assert client.post(reverse("export-roster", args=[stranger.code])).status_code == 403
