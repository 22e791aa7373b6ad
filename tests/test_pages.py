"""What holds for every page: who is let in, what goes with each answer, how the site speaks."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import ResolverMatch, URLPattern, get_resolver, reverse
from django.utils.translation import override

from jygroups.lib import shown
from jygroups.lib.months import Month
from jygroups.navigation import MENU, current
from jygroups.templatetags import show
from registry.models import Role
from tests import factories

# Who is not signed in may see the sign-in, and choose its language.
OPEN = {
    "login", "login-code", "oidc", "oidc-callback", "set_language", "sign-in-code", "admin:login",
    "manifest", "worker", "offline",
}  # fmt: skip
VALUES = {"month:month": "2026-10", "code:code": "620201001", "int:pk": "1"}


def patterns(resolver, prefix="", namespace=""):
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield namespace + (each.name or ""), route
        else:
            yield from patterns(each, route, f"{each.namespace}:" if each.namespace else namespace)


def addresses():
    """An address of each route of the site."""
    for name, route in patterns(get_resolver()):
        path = re.sub(r"<([^>]+)>", lambda value: VALUES.get(value[1], "1"), route)
        yield pytest.param(name, "/" + re.sub(r"[\^$]|\(\?P.*?\)|\\Z", "", path), id=name or route)


@pytest.mark.parametrize(("name", "path"), list(addresses()))
def test_who_is_not_signed_in_is_led_to_the_sign_in(db, client, name, path):
    if name in OPEN:
        assert client.get(path).status_code in (200, 302)
        return
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302
        assert answer["Location"].startswith((reverse("login"), reverse("admin:login")))


def test_the_first_page_leads_to_the_workbench(client, secretary):
    client.force_login(secretary)
    assert client.get("/", follow=True).redirect_chain == [(reverse("workbench"), 302)]


def test_signing_in_leads_to_the_workbench_and_signing_out_back(client, secretary):
    answer = client.post(reverse("login"), {"username": "secretary", "password": "secret"})
    assert answer["Location"] == reverse("workbench")
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert client.get(reverse("workbench")).status_code == 302


def test_five_wrong_passwords_lock_the_name_and_the_page_shows_for_how_long(client, secretary):
    wrong = {"username": "secretary", "password": "wrong"}
    answers = [client.post(reverse("login"), wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert "15分钟" in answers[-1].text
    right = client.post(reverse("login"), {"username": "secretary", "password": "secret"})
    assert right.status_code == 429


def test_an_unknown_name_is_refused_in_the_same_words_as_a_wrong_password(client, secretary):
    def words(username):
        answer = client.post(reverse("login"), {"username": username, "password": "wrong"})
        return answer.context["form"].non_field_errors()

    assert words("secretary") == words("nobody")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/workbench/", 200), ("/", 302), ("/findings/", 403), ("/no-such-page/", 404), ("/months/2026-10/", 404)],
)
def test_every_answer_carries_the_headers(client, sysadmin, path, status):
    client.force_login(sysadmin)
    answer = client.get(path)
    assert answer.status_code == status
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


def test_no_page_has_a_script_or_style_inside(client, clerk, group):
    client.force_login(clerk)
    for page in ("/workbench/", "/areas/", group.get_absolute_url(), "/months/", "/no-such-page/"):
        text = client.get(page).text
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", text)


def test_a_fault_is_reported_without_a_page_to_lean_on(client, secretary, monkeypatch):
    client.force_login(secretary)
    client.raise_request_exception = False
    monkeypatch.setattr("subsidies.workbench.page.registered.findings", lambda *args: 1 / 0)
    answer = client.get(reverse("workbench"))
    assert answer.status_code == 500
    assert "没有保存" in answer.text


@pytest.mark.parametrize("place", ["subsidies.workbench.page.registered.findings", "django.contrib.auth.get_user"])
def test_while_the_database_is_away_the_page_says_so(client, secretary, monkeypatch, caplog, place):
    """In a view, and already where the user is looked up."""

    def lost(*args):
        raise OperationalError("database is locked\nserver closed the connection")

    client.force_login(secretary)
    client.raise_request_exception = False
    monkeypatch.setattr(place, lost)
    answer = client.get(reverse("workbench"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "数据库没有响应" in answer.text
    assert "closed the connection" not in answer.text + caplog.text
    assert "sessionid" not in answer.cookies
    assert answer["Content-Security-Policy"]
    monkeypatch.undo()
    assert client.get(reverse("workbench")).status_code == 200


def test_a_form_sent_without_its_token_is_reported_in_plain_words(secretary):
    client = Client(enforce_csrf_checks=True)
    client.force_login(secretary)
    answer = client.post(reverse("logout"))
    assert answer.status_code == 403
    assert "重新提交" in answer.text


def test_the_language_is_switched_and_remembered(client, secretary):
    client.force_login(secretary)
    assert "工作台" in client.get(reverse("workbench")).text
    client.post(reverse("set_language"), {"language": "en", "next": reverse("workbench")})
    text = client.get(reverse("workbench")).text
    assert "Workbench" in text
    assert "工作台" not in text
    client.post(reverse("set_language"), {"language": "zh-hans"})
    assert "工作台" in client.get(reverse("workbench")).text


def views(resolver) -> dict:
    """The view of each page, by the page's name."""
    found = {}
    for each in resolver.url_patterns:
        found |= {each.name: each.callback} if isinstance(each, URLPattern) else views(each)
    return found


def test_what_an_entry_of_the_menu_names_exists_and_belongs_to_it_alone():
    pages = views(get_resolver())
    modules = {view.__module__ for view in pages.values()}
    names = [name for part in MENU for each in part.entries for name in (each.page, *each.more.split())]
    assert {name for name, times in Counter(names).items() if times > 1} == set()
    assert {
        name for name in names if name not in pages and not any(f"{each}.".startswith(f"{name}.") for each in modules)
    } == set()


@pytest.mark.parametrize(
    ("page", "entry"),
    [
        ("payment-make", "payments"),
        ("give-up", "payments"),
        ("reconciliation", "payments"),
        ("bank-answer-revoke", "payments"),
        ("notices-post", "months"),
        ("objection-answer", "months"),
        ("year-accounts", "months"),
        ("seals-verify", "seals"),
        ("hold-add", "holds"),
        ("member-ledger", "members"),
        ("member-edit", "members"),
        ("group-paste", "city"),
        ("by-election", "city"),
        ("overdue", "terms"),
        ("visit-coverage", "visit-coverage"),
        ("visit-add", "visits"),
        ("user-code", "users"),
        ("user-second-factor-remove", "users"),
        ("findings", "workbench"),
        ("home", None),
    ],
)
def test_a_page_marks_the_entry_of_the_menu_that_its_trail_begins_with(page, entry):
    found = current(ResolverMatch(views(get_resolver())[page], (), {}, page))
    assert (found and found.page) == entry


def test_who_has_no_post_sees_an_empty_workbench(client, db):
    client.force_login(factories.user("nobody"))
    answer = client.get(reverse("workbench"))
    assert answer.status_code == 200
    assert "目前没有岗位" in answer.text


def test_every_role_has_a_workbench(client, community, group):
    areas = {
        Role.CLERK: {"subdistrict": community.subdistrict},
        Role.LEADER: {"subdistrict": community.subdistrict},
        Role.SECRETARY: {"community": community},
        Role.GROUP_LEADER: {"group": group},
        Role.GROUP_MEMBER: {"group": group},
    }
    for role in Role:
        client.force_login(factories.user(f"one.{role}", role, **areas.get(role, {})))
        answer = client.get(reverse("workbench"))
        assert answer.status_code == 200
        assert str(role.label) in answer.text


def test_values_are_shown_as_everywhere():
    assert [shown.money(amount) for amount in (1250, 0, None)] == ["1,250.00", "–", ""]
    assert [shown.amount(Decimal(yuan)) for yuan in ("-350", "-1250.5")] == ["−350", "−1,250.50"]
    assert shown.day(date(2024, 5, 20)) == "2024-05-20"
    assert shown.day(None) == ""
    with override("zh-hans"):
        assert show.month(Month(2024, 5)) == show.month(date(2024, 5, 1)) == "2024年5月"
    assert show.ends("6228480003000027320") == "6228…7320"


def test_a_printed_page_names_the_city_once_for_who_serves_the_whole_city(client, finance, clerk):
    for user, area in ((finance, "财政局经办"), (clerk, "雄关街道 街道经办")):
        client.force_login(user)
        head = BeautifulSoup(client.get(reverse("workbench")).text, "html.parser").select_one(".print-head span")
        assert " ".join(head.text.split()) == f"{settings.CITY_NAME} · {area}"


def test_larger_text_is_switched_on_and_off_and_leads_back(client, secretary):
    client.force_login(secretary)
    answer = client.post(reverse("text-size"), {"next": "/areas/"})
    assert (answer.status_code, answer["Location"]) == (302, "/areas/")
    assert 'class="large-text"' in client.get(reverse("workbench")).text
    client.post(reverse("text-size"), {"next": "https://elsewhere.example/"})
    assert 'class="large-text"' not in client.get(reverse("workbench")).text


def test_a_switch_never_leads_off_the_site(client, secretary):
    client.force_login(secretary)
    assert client.post(reverse("text-size"), {"next": "https://elsewhere.example/"})["Location"] == "/"


CSS = settings.BASE_DIR / "jygroups/static/css"


@pytest.mark.parametrize("sheet", sorted(each.name for each in CSS.glob("*.css")))
def test_no_part_of_a_style_sheet_takes_in_the_next(sheet):
    depth = 0
    for line in (CSS / sheet).read_text().splitlines():
        assert not (depth and line.startswith(("/*", "."))), line
        depth += line.count("{") - line.count("}")
    assert depth == 0
