"""What the subdistrict edits of its communities and their committees."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from registry.models import Community, ResidentsCommittee
from tests import factories
from tests.test_routes import filled_in

NAMES = ["community-edit", "committee-edit"]


def opened(client, address) -> dict:
    return filled_in(BeautifulSoup(client.get(address).text, "html.parser").select_one("form.edit"))


@pytest.fixture
def addresses(community):
    return {name: reverse(name, args=[community.code]) for name in NAMES}


def test_the_party_secretary_is_one_of_the_communitys_people(client, clerk, community, sibling, addresses):
    own, other = factories.member(community), factories.member(sibling)
    client.force_login(clerk)
    address = addresses["community-edit"]
    answer = client.post(address, opened(client, address) | {"party_secretary": other.pk})
    assert answer.status_code == 422
    assert "party_secretary" in answer.context["form"].errors
    client.post(address, opened(client, address) | {"party_secretary": own.pk})
    community.refresh_from_db()
    assert community.party_secretary == own
    assert community.history.first().history_user == clerk


def test_a_committee_is_not_founded_on_a_day_to_come(client, clerk, community, addresses):
    client.force_login(clerk)
    address = addresses["committee-edit"]
    answer = client.post(address, opened(client, address) | {"established_on": "20990101"})
    assert answer.status_code == 422
    assert "20990101" in answer.text or "2099-01-01" in answer.text
    client.post(address, opened(client, address) | {"established_on": "20210105"})
    assert ResidentsCommittee.objects.get(community=community).established_on == date(2021, 1, 5)


def test_who_comes_second_sees_both_names_and_chooses(client, clerk, community, addresses):
    client.force_login(clerk)
    address = addresses["community-edit"]
    mine, theirs = opened(client, address), opened(client, address)
    client.post(address, theirs | {"name": "福民里社区"})
    answer = client.post(address, mine | {"name": "福民苑社区"})
    assert answer.status_code == 409
    assert "福民里社区" in answer.text
    assert 'value="福民苑社区"' in answer.text
    assert Community.objects.get(pk=community.pk).name == "福民里社区"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ["secretary", "leader", "finance", "civil", "auditor"])
def test_nobody_but_the_clerk_edits_them(client, request, role, addresses, name):
    client.force_login(request.getfixturevalue(role))
    assert client.get(addresses[name]).status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_a_community_of_another_subdistrict_is_not_there(client, clerk, stranger, name):
    client.force_login(clerk)
    assert client.get(reverse(name, args=[stranger.code])).status_code == 404
