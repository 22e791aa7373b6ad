"""Every URL × every role, the anonymous and the disabled × own, sibling, other and nonexistent row × method."""

import io
import re
import zipfile
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.conf import settings
from django.db import connection, reset_queries, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import URLPattern, get_resolver, reverse

from jygroups.lib.tables import Table
from registry.models import Report, ReportEvent, ReportStep, User
from registry.records.list_pages import ListPage
from registry.work.reports import services as reports
from tests import factories
from tests import world as worlds
from tests.routes import APART, EVERYONE, GROUP, ROUTES, Route, sees

NOBODY = 2_000_000_000
PLACES = ("other", "sibling", "own")
SESSIONS: dict[int, str] = {}  # by the key of a user of the world


class Nowhere:
    """A place that is not there: its rows have keys and codes of nothing."""

    pk, code = NOBODY, "999999999999"

    def __getattr__(self, name):
        return self


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        world = worlds.build()
        # Each test takes back what its pages do to a session.
        with override_settings(SESSION_COOKIE_AGE=settings.SESSION_LONGEST):
            for user in world.users.values():
                client = Client()
                client.force_login(user)
                SESSIONS[user.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(built, db, settings):
    """The world, built once for all tests here; what one of them changes is rolled back, and users are read again."""
    settings.SESSION_COOKIE_AGE = settings.SESSION_LONGEST  # a test may take longer than a page is left idle
    users = User.objects.in_bulk([user.username for user in built.users.values()], field_name="username")
    return replace(built, users=users)


def address(name: str, place) -> str:
    return reverse(name, args=ROUTES[name].args(place)) + ROUTES[name].query


def signed_in(user: User) -> Client:
    """A client with the session that the user began when the world was built."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = SESSIONS[user.pk]
    return client


def ask(client: Client, name: str, place):
    route = ROUTES[name]
    return getattr(client, route.method)(address(name, place), route.data(place))


def text(answer) -> str:
    """The page; of a workbook, the text of its files; of an image nothing."""
    if answer.headers.get("Content-Type", "").startswith("image/"):
        return ""
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return " ".join(archive.read(name).decode() for name in archive.namelist())
    return answer.text


def words(answer) -> str:
    """The text of the page, without its tokens, its own address and the minute in the head of a print."""
    return re.sub(r'<input[^>]*>|<p class="print-head">.*?</p>', "", text(answer), flags=re.DOTALL)


def test_every_route_has_its_row_in_the_table():
    names = {each.name for each in patterns(get_resolver())}
    assert names == set(ROUTES) | APART


def patterns(resolver):
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield each
        elif each.namespace != "admin":
            yield from patterns(each)


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_each_role_by_the_table_and_names_nobody_out_of_sight(world, name):
    route = ROUTES[name]
    for role, user in world.users.items():
        client = signed_in(user)
        if role not in route.roles:
            assert (role, ask(client, name, world.own).status_code) == (role, 403)
            continue
        # The row that is not there first, then from the farthest in: what is allowed may change rows.
        none = ask(client, name, Nowhere()) if route.of_place else None
        for place in PLACES if route.of_place else ("own",):
            answer = ask(client, name, getattr(world, place))
            if route.of_place and not sees(role, place, route):
                assert (role, place, answer.status_code, none.status_code) == (role, place, 404, 404)
                assert words(answer) == words(none)
            else:
                assert (role, place, answer.status_code in (200, 204, 302, 422)) == (role, place, True), answer
        if route.method == "get":
            shown = text(answer)
            assert (role, [canary for canary in out_of_sight(world, role) if canary in shown]) == (role, [])


def out_of_sight(world, role: str) -> list[str]:
    """What stands on the rows and the users that the role sees nothing of."""
    if role == "sysadmin":  # who sees every user and no row
        return [getattr(world, place).canary for place in PLACES]
    unseen = [getattr(world, place) for place in PLACES if not sees(role, place, Route(set()))]
    return [canary for place in unseen for canary in (place.canary, place.user_canary)]


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_closed_to_the_anonymous_and_the_disabled(world, name):
    disabled = world.users["clerk"]
    client = Client()
    client.force_login(disabled)
    disabled.is_active = False
    disabled.save()
    for each in (Client(), client):
        answer = getattr(each, ROUTES[name].method)(address(name, world.own), ROUTES[name].data(world.own))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("login"))


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.method == "post"])
def test_a_route_that_writes_is_never_a_get(world, name):
    role = sorted(ROUTES[name].roles)[0]
    client = signed_in(world.users[role])
    assert client.get(address(name, world.own)).status_code == 405


READ = [name for name, route in ROUTES.items() if route.method == "get"]


def test_the_choice_of_columns_of_a_list_names_each_as_the_list_does(world):
    lists = 0
    for name in READ:
        answer = ask(signed_in(world.users[sorted(ROUTES[name].roles)[0]]), name, world.own)
        if b"data-columns" not in answer.content:
            continue
        page = BeautifulSoup(answer.text, "html.parser")
        boxes = page.select("[data-columns] label")
        titles = {title.text.strip(" ↕↑↓\n") for title in page.select(".scroller thead th")}
        labels = {box.text.strip() for box in boxes if box.input.has_attr("checked")}
        assert (name, "None" in {box.text.strip() for box in boxes}) == (name, False)
        assert (name, not titles or labels <= titles) == (name, True)
        lists += 1
    assert lists > 15


def test_a_page_asks_as_many_queries_for_one_row_as_for_two_hundred(world):
    """Each page as the first role that may open it; the clerk and finance see the most rows."""
    clients = {role: signed_in(world.users[role]) for role in ("clerk", "finance", "secretary", *sorted(EVERYONE))}

    def counts():
        found = {}
        for name in READ:
            client = next(client for role, client in clients.items() if role in ROUTES[name].roles)
            reset_queries()  # the log of them is bounded
            with CaptureQueriesContext(connection) as queries:
                ask(client, name, world.own)
            found[name] = len(queries)
        return found

    ask(clients["clerk"], "personal-data", world.own)  # so that the list of who saw what has a row from the beginning
    few = counts()
    worlds.grow(world)
    many = counts()
    assert {name: (few[name], many[name]) for name in few if few[name] != many[name]} == {}


UNKNOWN = ("open", "²", "-1", "9" * 30, "9" * 5000, "2026-13", "a\0b")


def test_an_address_with_unknown_values_opens_its_page(world, monkeypatch):
    """Each name that a page reads from its address, alone with one unknown value, then all names with each."""
    asked: set[str] = set()

    def watched(method):
        def read(self, name, *rest):
            if not self._mutable:
                asked.add(name)
            return method(self, name, *rest)

        return read

    for name in ("get", "getlist", "__getitem__"):
        monkeypatch.setattr(QueryDict, name, watched(getattr(QueryDict, name)))
    failed = []
    for name in READ:
        client = signed_in(world.users[sorted(ROUTES[name].roles - GROUP)[0]])
        client.raise_request_exception = False
        page = reverse(name, args=ROUTES[name].args(world.own))
        asked.clear()
        client.get(page)
        queries = [{each: UNKNOWN[0]} for each in asked] + [dict.fromkeys(asked, value) for value in UNKNOWN if asked]
        failed += [(name, query) for query in queries if client.get(page, query).status_code >= 500]
    assert failed == []


def versions() -> dict[str, list]:
    """Each row of the registers and of their histories, but for who signed in when."""
    return {
        model._meta.label: sorted(
            (row.pk, getattr(row, "version", None), getattr(row, "updated_at", None))
            for row in model._base_manager.all()
        )
        for app in ("registry", "subsidies")
        for model in apps.get_app_config(app).get_models()
        if model is not User
    }


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.forms])
def test_a_form_opened_and_saved_unchanged_changes_no_row(world, name):
    role = sorted(ROUTES[name].roles - GROUP)[0]
    client = signed_in(world.users[role])
    page = address(name, world.own)
    before = versions()
    forms = BeautifulSoup(client.get(page).text, "html.parser").select("form.edit")
    assert forms
    for form in forms:
        answer = client.post(form.get("action") or page, filled_in(form))
        assert answer.status_code in (200, 204, 302)
    assert versions() == before


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.forms])
def test_what_a_form_changes_has_a_version_of_who_sent_it(world, name):
    """Of all tables: a changed row of any has its newest version from this user, with this row's values."""
    user = world.users[sorted(ROUTES[name].roles - GROUP)[0]]
    client, page, before = signed_in(user), address(name, world.own), versions()
    for form in BeautifulSoup(client.get(page).text, "html.parser").select("form.edit"):
        typed = form.select("input[type=text][name]:not([list]), textarea[name]")
        client.post(form.get("action") or page, filled_in(form) | {field["name"]: "改动" for field in typed})
    for label, rows in versions().items():
        model, known = apps.get_model(label), {key: rest for key, *rest in before[label]}
        for key, *rest in rows:
            if key in known and rest != known[key]:
                newest = model.history.filter(**{model._meta.pk.attname: key}).latest("history_id")
                row = model._base_manager.get(pk=key)
                assert newest.history_user == user
                names = [field.attname for field in newest.tracked_fields]
                assert [getattr(newest, name) for name in names] == [getattr(row, name) for name in names]


NAUGHTY = [
    "<script>naughty</script>", "\"'><img src=x onerror=naughty>", "{{ 7*7 }}{% now %}", "=1+1\t%s%n\\",
    "\u202e\u200b\ufeff𠮷", "长" * 3000, "a\0b",
]  # fmt: skip
NOT_TYPED = ["hidden", "password", "checkbox", "radio", "file", "submit"]


@pytest.mark.parametrize("name", READ)
def test_any_text_in_any_field_is_kept_or_refused_and_shown_as_text(world, name):
    client = signed_in(world.users[sorted(ROUTES[name].roles - GROUP)[0]])
    page = address(name, world.own)
    for form in BeautifulSoup(client.get(page).content, "html.parser").select("form[method=post]"):
        typed = [
            field["name"] for field in form.select("input[name], textarea[name]") if field.get("type") not in NOT_TYPED
        ]
        for first in range(len(NAUGHTY) if typed else 0):
            texts = {field: NAUGHTY[(first + place) % len(NAUGHTY)] for place, field in enumerate(typed)}
            with transaction.atomic():
                answer = client.post(form.get("action") or page, filled_in(form) | texts, follow=True)
                transaction.set_rollback(True)
            assert answer.status_code < 500
            if answer["Content-Type"].startswith("text/html"):
                assert "<script>naughty" not in answer.text
                assert "<img src=x" not in answer.text


def filled_in(form) -> dict[str, list[str]]:
    """What a browser would send of a form nobody has touched."""
    data: dict[str, list[str]] = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.name == "select":
            chosen = field.select("option[selected]") or field.select("option")[:1]
            values = [option.get("value", option.text) for option in chosen]
        elif field.name == "textarea":
            values = [field.text.removeprefix("\n")]
        elif field.get("type") in ("checkbox", "radio"):
            values = [field.get("value", "on")] if field.has_attr("checked") else []
        elif field.get("type") == "file":
            values = []
        else:
            values = [field.get("value", "")]
        if values:
            data.setdefault(field["name"], []).extend(values)
    return data


DISPUTE = "邻里隐情"


@pytest.mark.parametrize("role", ["finance", "civil", "auditor"])
def test_the_city_reads_no_dispute_by_any_route(world, role):
    own, near = world.own, world.users["clerk"]
    texts = {name: f"{DISPUTE}{name}" for name in ("what", "place", "parties", "outcome")}
    texts |= {"kind": "dispute", "dispute": "family", "alarm": ""}
    dispute = factories.report(own.group, near, building=own.building, **texts)
    once = factories.report(own.group, near, **texts)
    once.kind = "opinion"
    reports.change(once, actor=near, comment="", severity_changed=False)
    for each in (dispute, once):
        reports.take(ReportStep.NOTED, report=each, actor=near, comment=DISPUTE)
        factories.attached(each, near, name=f"{DISPUTE}.pdf")
    client = signed_in(world.users[role])
    place = replace(own, rows=own.rows | {"report": dispute, "attachment": dispute.attachments.get()})
    found = [name for name in READ if role in ROUTES[name].roles and DISPUTE in text(ask(client, name, place))]
    lists = [client.post(reverse("reports"), {"export": kind}) for kind in ("csv", "xlsx")]
    lists += [client.get(reverse("reports"), {"q": DISPUTE}), client.post(reverse("compliance-report"), {})]
    assert (found, [answer for answer in lists if f"{DISPUTE}what" in text(answer)]) == ([], [])
    for each in (dispute, once):
        for address in (each.get_absolute_url(), reverse("history", args=["report", each.pk])):
            assert client.get(address).status_code == 404
        assert client.get(each.attachments.get().get_absolute_url()).status_code == 404
    assert not ReportEvent.objects.visible_to(world.users[role]).filter(report__in=[dispute, once]).exists()
    # They are counted all the same.
    assert Report.objects.counted_for(world.users[role]).filter(pk__in=[dispute.pk, once.pk]).count() == 2


@pytest.mark.parametrize("role", ["secretary", "clerk", "leader", "group_leader", "group_member"])
def test_a_dispute_is_read_in_its_group_community_and_subdistrict(world, role):
    row = factories.report(world.own.group, world.users["clerk"], kind="dispute", alarm="", parties=DISPUTE)
    client = signed_in(world.users[role])
    assert DISPUTE in client.get(row.get_absolute_url()).text


def test_an_export_of_a_list_has_what_its_page_has(world, monkeypatch):
    """Table.as_rows looks up once what django_tables2 looks up for each cell."""
    views = {each.name: getattr(each.callback, "view_class", None) for each in patterns(get_resolver())}
    lists = [name for name, view in views.items() if view and issubclass(view, ListPage)]
    as_rows = Table.as_rows
    compared = []

    def checked(table):
        titles, rows = as_rows(table)
        found = list(rows)
        assert [titles, *found] == list(table.as_values())
        compared.append(len(found))
        return as_rows(table)

    monkeypatch.setattr(Table, "as_rows", checked)
    for name in lists:
        user = world.users[next(role for role in ("civil", "finance", *world.users) if role in ROUTES[name].roles)]
        answer = signed_in(user).post(address(name, world.own), {"export": "csv"})
        assert (name, answer.status_code) == (name, 200)
    assert len(compared) == len(lists) > 15
    assert sum(count > 0 for count in compared) > 10
