"""The frame of every page: the menu, what waits beside its entries, and the search box that leads anywhere."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from jygroups import navigation
from jygroups.lib.months import Month
from registry.access.sessions.store import SessionStore
from registry.models import Role, Session
from subsidies.month import sheets
from subsidies.standards import services as standards
from tests import factories

OFFICES = ["secretary", "clerk", "leader", "finance", "civil", "auditor"]
DESKS = {
    "secretary": ["workbench", "city", "months", "reports", "visits"],
    "finance": ["workbench", "months", "payments", "forecast"],
    "sysadmin": ["workbench", "users", "posts", "audit-chain"],
}


def menu_of(client, page="workbench", **query) -> list[dict]:
    return client.get(reverse(page), query).context["menu"]


def pages(parts: list[dict]) -> list[str]:
    return [line["url"] for part in parts for line in part["lines"]]


@pytest.mark.parametrize("role", DESKS)
def test_the_work_of_a_role_stands_open_in_its_menu(request, client, role):
    client.force_login(request.getfixturevalue(role))
    open_lines = pages([part for part in menu_of(client) if not part["heading"]])
    assert open_lines[: len(DESKS[role])] == [reverse(page) for page in DESKS[role]]


@pytest.mark.parametrize("role", [*OFFICES, "sysadmin"])
def test_a_menu_has_each_page_open_to_the_role_once_and_nine_lines_in_view(request, client, role):
    user = request.getfixturevalue(role)
    client.force_login(user)
    parts = menu_of(client)
    assert sorted(pages(parts)) == sorted(
        reverse(entry.page) for part in navigation.MENU for entry in part.entries if entry.open_to(user)
    )
    assert sum(1 if part["heading"] else len(part["lines"]) for part in parts) <= 9
    assert [line["url"] for part in parts for line in part["lines"] if line["current"]] == [reverse("workbench")]


def test_two_posts_have_the_desks_of_both(client, community):
    user = factories.user("both", Role.FINANCE)
    user.posts.create(role=Role.CIVIL_AFFAIRS, first_day=user.posts.get().first_day)
    client.force_login(user)
    open_lines = pages([part for part in menu_of(client) if not part["heading"]])
    assert {reverse("payments"), reverse("terms")} <= set(open_lines)


def test_a_fold_is_open_that_holds_the_current_page_or_was_left_open(client, clerk):
    client.force_login(clerk)
    is_open = {part["key"]: part["open"] for part in menu_of(client, "holds") if part["heading"]}
    assert [key for key, value in is_open.items() if value] == ["payments"]
    client.cookies[navigation.FOLDS_COOKIE] = "work.nonsense"
    is_open = {part["key"]: part["open"] for part in menu_of(client, "holds") if part["heading"]}
    assert [key for key, value in is_open.items() if value] == ["work", "payments"]


class TestTabs:
    def marked(self, client, page) -> list:
        return [str(tab["label"]) for tab in client.get(reverse(page)).context["phone_tabs"] if tab["current"]]

    @pytest.mark.parametrize("role", [Role.GROUP_LEADER, Role.GROUP_MEMBER])
    def test_a_groups_own_people_have_them_with_the_present_one_marked(self, client, group, role):
        client.force_login(factories.user("own", role, group=group))
        answer = client.get(reverse("workbench"))
        assert [str(tab["label"]) for tab in answer.context["phone_tabs"]] == ["首页", "待办", "上报", "我的"]
        pages = ("workbench", "todo", "report-add", "account", "visits")
        assert [self.marked(client, page) for page in pages] == [["首页"], ["待办"], ["上报"], ["我的"], []]

    def test_nobody_else_has_them(self, client, clerk, group):
        client.force_login(clerk)
        assert not client.get(reverse("workbench")).context["phone_tabs"]
        both = factories.user("both", Role.GROUP_LEADER, group=group)
        both.posts.create(role=Role.FINANCE, first_day=both.posts.get().first_day)
        client.force_login(both)
        assert not client.get(reverse("workbench")).context["phone_tabs"]


class TestOneRow:
    def test_a_secretary_is_led_to_the_own_community(self, client, secretary, community):
        client.force_login(secretary)
        answer = client.get(reverse("city"), follow=True)
        assert answer.redirect_chain == [(community.get_absolute_url(), 302)]
        trail = BeautifulSoup(answer.content, "html.parser").select_one(".trail")
        assert [link["href"] for link in trail.select("a")] == []

    def test_a_clerk_is_led_to_the_own_subdistrict(self, client, clerk, community):
        client.force_login(clerk)
        assert client.get(reverse("city"))["Location"] == community.subdistrict.get_absolute_url()

    def test_who_sees_several_subdistricts_sees_them_all(self, client, finance, community, stranger):
        client.force_login(finance)
        answer = client.get(reverse("city"))
        assert answer.status_code == 200
        assert community.subdistrict.name in answer.text
        assert stranger.subdistrict.name in answer.text

    def test_a_secretary_has_the_own_groups_on_the_workbench(self, client, secretary, group):
        client.force_login(secretary)
        page = BeautifulSoup(client.get(reverse("workbench")).content, "html.parser")
        assert group.name in [link.text for link in page.select(f"main a[href='{group.get_absolute_url()}']")]


class TestWaiting:
    def test_what_waits_for_the_reader_is_counted_beside_its_entry(self, client, secretary, group):
        factories.report(group, secretary)
        client.force_login(secretary)
        page = BeautifulSoup(client.get(reverse("menu"), {"page": "reports"}).content, "html.parser")
        entry = page.select_one(f"a[href='{reverse('reports')}']")
        assert entry["aria-current"] == "page"
        assert entry.select_one(".waiting").get_text(" ", strip=True) == "待您处理： 1"

    def test_nothing_waits_beside_an_entry_without_work(self, client, secretary):
        client.force_login(secretary)
        page = BeautifulSoup(client.get(reverse("menu")).content, "html.parser")
        assert page.select("a")
        assert page.select(".waiting") == []


class TestSearchBox:
    def suggested(self, client, words: str) -> list[tuple[str, str]]:
        page = BeautifulSoup(client.post(reverse("suggest"), {"q": words}).content, "html.parser")
        return [(link["href"], link.get_text(" ", strip=True)) for link in page.select("a")]

    def test_pages_are_found_by_a_part_of_their_name(self, client, finance):
        client.force_login(finance)
        assert (reverse("payments"), "银行代发") in [
            (url, text.replace(" ", "")) for url, text in self.suggested(client, "银行")
        ]

    def test_a_page_that_is_not_open_to_the_reader_is_not_suggested(self, client, secretary):
        client.force_login(secretary)
        assert self.suggested(client, "银行代发") == []

    @pytest.mark.parametrize("words", ["2026-10", "2026年10月", "10月", "2026.10"])
    def test_a_month_is_found_as_it_is_written(self, client, clerk, community, words):
        standards.load_missing()
        [sheet] = sheets.prepare(Month(2026, 10), [community.subdistrict])
        client.force_login(clerk)
        assert [url for url, _text in self.suggested(client, words)] == [sheet.get_absolute_url()]

    def test_groups_and_communities_of_the_reader_alone_are_found(self, client, secretary, group, stranger):
        factories.group(stranger)
        client.force_login(secretary)
        assert [url for url, _text in self.suggested(client, group.name)] == [group.get_absolute_url()]
        assert self.suggested(client, stranger.name) == []


@pytest.mark.parametrize(("page", "method"), [("menu", "get"), ("suggest", "post")])
def test_what_a_page_asks_beside_its_reader_writes_nothing_back_into_the_session(client, secretary, page, method):
    """Another request may have written since: a question for a passkey, a password typed again."""
    client.force_login(secretary)
    ask = getattr(client, method)
    read = SessionStore.load

    def read_before_another_writes(self):
        found = read(self)
        Session.objects.filter(pk=self.session_key).update(session_data=SessionStore().encode({**found, "asked": "x"}))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SessionStore, "load", read_before_another_writes)
        assert ask(reverse(page), {"q": "李"}).status_code == 200
    assert client.session["asked"] == "x"


def test_what_is_only_for_paper_is_hidden_before_it_is_shown_on_paper():
    frame = (settings.BASE_DIR / "templates" / "bare.html").read_text(encoding="utf-8")
    names = re.findall(r'static "(css/[^"]+)"', frame)
    styles = "".join(Path(finders.find(name)).read_text(encoding="utf-8") for name in names)
    hidden = [found.start() for found in re.finditer(r"(?m)(?:^|, )\.print-only { display: none; }", styles)]
    assert 0 < max(hidden) < styles.index("  .print-only { display: block; }")
