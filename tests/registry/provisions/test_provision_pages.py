"""The pages of provisions: listed, changed from a day, corrected and discarded by civil affairs."""

from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from jygroups.lib.refusals import Refused
from registry.models import PROVISIONS, Provision, ProvisionKey, Severity
from registry.provisions import queries as provisions
from registry.provisions import services
from registry.records import history
from registry.work.reports import deadlines
from tests.registry.provisions.provision_steps import CHANGE, EVE, TODAY, K, provision
from tests.test_routes import filled_in


@pytest.fixture(autouse=True)
def today(db):
    with time_machine.travel(TODAY, tick=True):
        yield


def rows(client, query="") -> list[str]:
    page = BeautifulSoup(client.get(reverse("provisions") + query).text, "html.parser")
    return [row.get_text(" ", strip=True) for row in page.select("table.list tbody tr")]


def test_the_list_shows_figure_source_and_who_decides(client, auditor):
    client.force_login(auditor)
    found = rows(client)
    assert len(found) == len(ProvisionKey)
    assert "居民小组人数 3—5人 一直" in found[0]
    assert "97号" in found[0]
    assert "法律" in found[1]
    assert not any("调整" in each.split() for each in found)


def test_the_list_names_what_is_not_prescribed(client, civil):
    Provision.objects.filter(key__in=[K.TRAININGS, K.OF_AGE]).delete()
    client.force_login(civil)
    note = BeautifulSoup(client.get(reverse("provisions")).text, "html.parser").select_one("p.note")
    assert "每届培训次数" in note.text
    assert "当选年龄" in note.text
    assert [link["href"] for link in note.select("a")] == [reverse("provision-add", args=[K.TRAININGS])]


def test_the_list_is_narrowed_by_state_and_author(client, finance):
    provision(K.GROUP_SIZE, value=5, largest=9)
    provision(K.TRAININGS, date(2026, 1, 1), value=3)
    client.force_login(finance)
    assert [each.split()[0] for each in rows(client, "?state=to-come")] == ["居民小组人数"]
    assert [each.split()[0] for each in rows(client, "?state=earlier")] == ["每届培训次数"]
    assert len(rows(client, "?decided_by=law")) == 7


def form_of(client, address) -> dict:
    return filled_in(BeautifulSoup(client.get(address).text, "html.parser").select_one("form.edit"))


def test_civil_affairs_changes_a_size_from_a_day(client, civil):
    client.force_login(civil)
    address = reverse("provision-add", args=[K.GROUP_SIZE])
    assert BeautifulSoup(client.get(address).text, "html.parser").select_one(".trail a")["href"] == reverse(
        "provisions"
    )
    data = form_of(client, address) | {"value": "5", "largest": "9", "in_force_from": CHANGE, "clause": "新文件第三条"}
    assert client.post(address, data).status_code == 302
    assert provisions.on(EVE).size(K.GROUP_SIZE) == (3, 5)
    assert provisions.on(CHANGE).size(K.GROUP_SIZE) == (5, 9)
    new = Provision.objects.get(in_force_from=CHANGE)
    [version] = history.of_row(new, viewer=civil)
    assert (version.who, version.act, version.reason) == ("civil", "+", "新增规定")
    assert client.get(reverse("history", args=["provision", new.pk])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"largest": "2"}, "上限小于下限"),
        ({"largest": ""}, "largest"),
        ({"value": "-1"}, "value"),
        ({"clause": ""}, "clause"),
        ({"in_force_from": ""}, "in_force_from"),
        ({"in_force_from": "2026-02-01"}, "已有另一项规定施行"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(client, civil, changes, error):
    provision(K.GROUP_SIZE, date(2026, 2, 1), value=3, largest=6)
    client.force_login(civil)
    address = reverse("provision-add", args=[K.GROUP_SIZE])
    answer = client.post(address, form_of(client, address) | {"in_force_from": "2027-01-01", **changes})
    assert answer.status_code == 422
    assert error in answer.text
    assert Provision.objects.filter(key=K.GROUP_SIZE).count() == 2


def test_a_slip_is_corrected_with_its_history(client, civil):
    row = Provision.objects.get(key=K.INFORMED_FROM)
    client.force_login(civil)
    address = reverse("provision-edit", args=[row.pk])
    data = form_of(client, address)
    assert client.post(address, data | {"text": "nonsense"}).status_code == 422
    assert client.post(address, data | {"text": "urgent"}).status_code == 302
    assert deadlines.informed_at_once(TODAY) == [Severity.URGENT]
    [version] = [each for each in history.of_row(row, viewer=civil) if each.who]
    assert (version.who, version.reason, version.act) == ("civil", "更正", "~")
    assert client.post(address, data | {"text": "ordinary"}).status_code == 409


def test_what_is_to_come_is_discarded_and_what_is_in_force_is_not(client, civil):
    coming, current = provision(K.TRAININGS, value=4), Provision.objects.get(key=K.GROUP_SIZE)
    client.force_login(civil)
    assert client.post(reverse("provision-edit", args=[coming.pk]), {"remove": "1"}).status_code == 302
    assert client.post(reverse("provision-edit", args=[current.pk]), {"remove": "1"}).status_code == 409
    assert not Provision.objects.filter(pk=coming.pk).exists()
    with pytest.raises(Refused):
        services.remove(current, actor=civil)


@pytest.mark.parametrize("key", [key for key, each in PROVISIONS.items() if each.by_law])
def test_what_a_law_decides_is_changed_by_nobody_on_the_page(client, civil, key):
    row = Provision.objects.get(key=key)
    client.force_login(civil)
    assert client.get(reverse("provision-add", args=[key])).status_code == 403
    assert client.post(reverse("provision-edit", args=[row.pk]), {"value": "1"}).status_code == 403
    assert civil.has_perm("registry.view_provision", row)
    assert not civil.has_perm("registry.change_provision", row)


def test_an_unknown_key_has_no_page(client, civil):
    client.force_login(civil)
    assert client.get(reverse("provision-add", args=["height"])).status_code == 404
