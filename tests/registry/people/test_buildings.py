"""Buildings: entered, edited and given to groups, pinned to their community."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from registry.models import Building, Role
from tests import factories
from tests.test_routes import filled_in


@pytest.fixture
def building(community, group):
    return Building.objects.create(community=community, name="1号楼", group=group, households=60, residents=140)


@pytest.fixture
def bare(community):
    return [Building.objects.create(community=community, name=f"{number}号院") for number in (1, 2, 3)]


def address(name, community):
    return reverse(name, args=[community.code])


def opened(client, building) -> dict:
    page = client.get(reverse("building-edit", args=[building.pk]))
    return filled_in(BeautifulSoup(page.text, "html.parser").select_one("form.edit"))


def test_a_building_is_added_to_the_community_of_the_page_whatever_is_sent(
    client, secretary, community, sibling, group
):
    client.force_login(secretary)
    data = {"name": "9号楼", "kind": "building", "households": "48", "group": group.pk, "community": sibling.pk}
    assert client.post(address("building-add", community), data).status_code == 302
    row = Building.objects.get(name="9号楼")
    assert (row.community, row.group, row.households, row.residents) == (community, group, 48, None)
    assert row.history.get().history_user == secretary


def test_a_name_taken_in_the_community_is_refused_beside_the_field_and_stays_typed(
    client, secretary, community, building
):
    client.force_login(secretary)
    answer = client.post(address("building-add", community), {"name": "1号楼", "kind": "courtyard", "households": "7"})
    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors
    assert 'value="7"' in answer.text
    assert Building.objects.count() == 1


@pytest.mark.parametrize("name", ["1-3号楼", "2号楼、3号楼"])
def test_several_buildings_in_one_name_are_refused_as_in_a_file(client, secretary, community, name):
    client.force_login(secretary)
    answer = client.post(address("building-add", community), {"name": name, "kind": "building"})
    assert "name" in answer.context["form"].errors
    assert not Building.objects.exists()


def test_the_same_name_may_stand_in_another_community(client, clerk, sibling, building):
    client.force_login(clerk)
    assert client.post(address("building-add", sibling), {"name": "1号楼", "kind": "building"}).status_code == 302


def test_a_group_of_another_community_is_no_choice(client, clerk, community, sibling, building):
    other = factories.group(sibling)
    client.force_login(clerk)
    answer = client.post(reverse("building-edit", args=[building.pk]), opened(client, building) | {"group": other.pk})
    assert answer.status_code == 422
    assert "group" in answer.context["form"].errors


def test_a_change_is_saved_with_a_version_and_can_be_taken_back(client, secretary, building):
    client.force_login(secretary)
    data = opened(client, building) | {"households": "61"}
    answer = client.post(reverse("building-edit", args=[building.pk]), data, follow=True)
    assert "撤销" in answer.text
    assert Building.objects.get(pk=building.pk).households == 61
    assert building.history.first().history_user == secretary


def test_who_comes_second_sees_both_values_and_nothing_is_overwritten(client, secretary, building):
    client.force_login(secretary)
    mine, theirs = opened(client, building), opened(client, building)
    page = reverse("building-edit", args=[building.pk])
    assert client.post(page, theirs | {"households": "70"}).status_code == 302
    answer = client.post(page, mine | {"households": "80"})
    assert answer.status_code == 409
    assert "70" in answer.text
    assert 'value="80"' in answer.text
    assert Building.objects.get(pk=building.pk).households == 70
    again = filled_in(BeautifulSoup(answer.text, "html.parser").select_one("form.edit")) | {"keep-households": "mine"}
    assert client.post(page, again).status_code == 302
    assert Building.objects.get(pk=building.pk).households == 80


def test_several_uncovered_buildings_are_given_to_a_group_in_one_act(client, secretary, community, group, bare):
    client.force_login(secretary)
    data = {"buildings": [row.pk for row in bare[:2]], "group": group.pk}
    answer = client.post(address("buildings-cover", community), data, follow=True)
    assert "已将2处楼院划入第一居民小组" in answer.text
    assert set(group.buildings.values_list("name", flat=True)) == {"1号院", "2号院"}
    assert bare[0].history.first().history_user == secretary


def test_what_somebody_else_has_covered_meanwhile_is_reported_and_nothing_is_changed(
    client, secretary, community, group, bare
):
    other = factories.group(community, 2)
    Building.objects.filter(pk=bare[0].pk).update(group=other)
    client.force_login(secretary)
    data = {"buildings": [row.pk for row in bare], "group": group.pk}
    answer = client.post(address("buildings-cover", community), data, follow=True)
    assert "1号院" in answer.text
    assert "未作任何改动" in answer.text
    assert not group.buildings.exists()


@pytest.mark.parametrize("lacking", ["buildings", "group"])
def test_nothing_is_covered_without_both_buildings_and_a_group(client, secretary, community, group, bare, lacking):
    client.force_login(secretary)
    data = {"buildings": [bare[0].pk], "group": group.pk}
    del data[lacking]
    answer = client.post(address("buildings-cover", community), data)
    assert answer.status_code == 422
    if lacking == "group":
        assert f'value="{bare[0].pk}" checked' in answer.text
    assert not group.buildings.exists()


def test_a_dissolved_group_is_given_no_building(client, secretary, community, bare):
    gone = factories.group(community, 2, dissolved_on=date(2025, 1, 1))
    client.force_login(secretary)
    answer = client.post(address("buildings-cover", community), {"buildings": [bare[0].pk], "group": gone.pk})
    assert answer.status_code == 422


def test_a_sibling_communitys_buildings_are_not_covered_from_here(client, clerk, community, sibling, group):
    there = Building.objects.create(community=sibling, name="乙院")
    client.force_login(clerk)
    answer = client.post(address("buildings-cover", community), {"buildings": [there.pk], "group": group.pk})
    assert answer.status_code == 422
    assert not group.buildings.exists()


@pytest.mark.parametrize("role", ["leader", "finance", "civil", "auditor"])
def test_who_keeps_no_buildings_sees_them_without_acts(client, request, role, community, building, bare):
    client.force_login(request.getfixturevalue(role))
    text = client.get(address("community-buildings", community)).text
    assert "1号楼" in text
    assert "checkbox" not in text
    assert reverse("building-edit", args=[building.pk]) not in text


def test_a_permission_from_elsewhere_changes_no_building_here(client, secretary, stranger):
    """A secretary who leads another subdistrict sees its communities, and edits none of them."""
    secretary.posts.create(role=Role.LEADER, subdistrict=stranger.subdistrict, first_day=date(2020, 1, 1))
    there = Building.objects.create(community=stranger, name="丙院")
    client.force_login(secretary)
    assert client.get(address("community-buildings", stranger)).status_code == 200
    for page in (reverse("building-edit", args=[there.pk]), address("building-add", stranger)):
        assert client.get(page).status_code == 403
    assert client.post(address("buildings-cover", stranger), {"buildings": [there.pk]}).status_code == 403
