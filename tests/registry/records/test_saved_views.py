"""Views of lists: saved under a name, found again on the list by their user and those they are shared with."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from registry.models import AuditEntry, SavedView
from registry.records.saved_list_forms import SavedViewForm
from tests import factories

LIST = reverse("members")


def save(client, query: str, **data):
    return client.post(f"{reverse('view-save', args=['members'])}?{query}", data)


def offered(client) -> dict[str, str]:
    page = BeautifulSoup(client.get(LIST).text, "html.parser")
    return {each.a.text: each.a["href"] for each in page.select(".saved-views li")}


def test_a_view_is_saved_and_found_again_on_its_list_without_typed_words(client, secretary):
    client.force_login(secretary)
    page = BeautifulSoup(client.get(f"{LIST}?q=王&position=group_leader&sort=-name").text, "html.parser")
    address = page.select_one(".saved-views .btn")["href"]
    answer = client.post(address, {"title": "组长"})
    assert answer["Location"] == f"{LIST}?position=group_leader&sort=-name"
    assert offered(client) == {"组长": f"{LIST}?position=group_leader&sort=-name"}
    row = SavedView.objects.get()
    assert (row.user, row.is_shared, row.history.first().history_user) == (secretary, False, secretary)


def test_a_name_is_given_once_on_a_list(client, secretary):
    client.force_login(secretary)
    save(client, "sort=name", title="甲")
    assert "您在此列表中已有同名视图" in save(client, "sort=-name", title="甲").text


def test_a_shared_view_is_seen_in_its_area_only_and_shows_who_shared_it(client, secretary, clerk, community, stranger):
    client.force_login(secretary)
    save(client, "sort=name", title="本社区的", sharing=f"area-{community.code}")
    save(client, "sort=name", title="自己的")
    client.force_login(clerk)
    assert list(offered(client)) == ["本社区的"]
    assert f"由{secretary.name}共享" in client.get(LIST).text
    client.force_login(factories.user("other", "secretary", community=stranger))
    assert offered(client) == {}


@pytest.mark.parametrize("sharing", ["city", "area-620201001"])
def test_nobody_shares_beyond_the_own_area(client, secretary, sharing):
    client.force_login(secretary)
    assert save(client, "sort=name", title="甲", sharing=sharing).status_code == 422


def test_who_may_not_share_is_not_asked(auditor):
    assert "sharing" not in SavedViewForm(instance=SavedView(user=auditor), user=auditor).fields


def test_a_view_is_renamed_and_deleted_by_its_user_alone(client, secretary, clerk, community):
    row = SavedView.objects.create(user=secretary, page="members", query="sort=name", title="甲", is_shared=True)
    client.force_login(clerk)
    pages = [reverse(name, args=[row.pk]) for name in ("view-edit", "view-remove")]
    assert [client.post(page, {"title": "乙"}).status_code for page in pages] == [404, 404]
    client.force_login(secretary)
    client.post(pages[0], {"title": "乙", "sharing": f"area-{community.code}", "version": row.version})
    row.refresh_from_db()
    assert (row.title, row.area) == ("乙", community)
    assert client.post(pages[1])["Location"] == LIST
    assert not SavedView.objects.exists()
    assert AuditEntry.objects.latest("pk").act == "delete"


@pytest.mark.parametrize(("page", "status"), [("audit", 403), ("group", 404), ("workbench", 404), ("nothing", 404)])
def test_only_a_list_that_is_open_to_the_user_is_saved(client, secretary, page, status):
    client.force_login(secretary)
    assert client.get(reverse("view-save", args=[page])).status_code == status
