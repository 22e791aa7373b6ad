"""What slows down guessing of passwords, and how often one may search, reveal and upload."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.sign_in_limits import count_for_address, is_address_locked, is_locked
from registry.models import Act, AuditEntry, User
from tests import factories

HOME, ELSEWHERE = "10.0.0.1", "203.0.113.9"


def sign_in(username="secretary", password="secret", address=HOME, agent="x") -> int:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    return client.post(reverse("login"), {"username": username, "password": password}).status_code


def locked_names() -> set[str]:
    return {user.username for user in User.objects.annotate(locked=is_locked()) if user.locked}


def test_wrong_passwords_from_elsewhere_lock_nobody_out_at_home(secretary):
    assert [sign_in(password="wrong", address=ELSEWHERE) for _ in range(6)] == [200] * 4 + [429] * 2
    assert sign_in(address=ELSEWHERE) == 429
    assert sign_in() == 302
    assert sign_in(address=ELSEWHERE) == 429  # signing in at home has freed nobody else


def test_the_addresses_of_one_line_count_as_one(secretary, settings):
    line = [f"2001:db8:1:2::{number}" for number in range(1, 7)]
    assert [sign_in(password="wrong", address=each) for each in line] == [200] * 4 + [429] * 2
    assert sign_in(address="2001:db8:1:2:ffff::1") == 429
    assert sign_in(address="2001:db8:1:3::1") == 302
    settings.FAILURES_PER_ADDRESS = 8
    answers = [sign_in(f"name{number}", "wrong", f"2001:db8:1:4::{number}") for number in range(9)]
    assert answers == [200] * 7 + [429] * 2


def test_an_address_of_ipv4_is_the_same_written_as_ipv6(secretary):
    assert [sign_in(password="wrong", address=f"::ffff:{ELSEWHERE}") for _ in range(5)] == [200] * 4 + [429]
    assert sign_in(address=ELSEWHERE) == 429
    assert sign_in() == 302


def test_another_browser_at_the_same_address_is_locked_too(secretary):
    for number in range(5):
        sign_in(password="wrong", agent=f"browser {number}")
    assert sign_in(agent="another") == 429


@pytest.mark.parametrize("name", ["x" * 151, "\ufdfa" * 140], ids=["long", "long once it is normalised"])
@pytest.mark.parametrize("page", ["login", "admin:login"])
def test_a_name_that_is_too_long_is_refused_and_not_stored(db, client, page, name):
    assert client.post(reverse(page), {"username": name, "password": "secret"}).status_code == 200
    assert not AccessAttempt.objects.exists()


def test_each_five_wrong_passwords_lock_twice_as_long(secretary):
    moment, locks = timezone.now(), []
    for _ in range(6):
        with time_machine.travel(moment, tick=False):
            assert [sign_in(password="wrong") for _ in range(5)] == [200] * 4 + [429]
            assert locked_names() == {"secretary"}
        for minutes in (15, 30, 60, 120, 240):
            with time_machine.travel(moment + timedelta(minutes=minutes, seconds=-1), tick=False):
                assert sign_in(password="wrong") == 429
                assert locked_names() == {"secretary"}
            with time_machine.travel(moment + timedelta(minutes=minutes, seconds=1), tick=False):
                if not locked_names():
                    break
        locks.append(minutes)
        moment += timedelta(minutes=minutes, seconds=1)
    assert locks == [15, 30, 60, 120, 240, 240]
    with time_machine.travel(moment + timedelta(hours=9), tick=False):
        sign_in(password="wrong")
        assert sign_in() == 302


def test_one_password_sprayed_over_all_names_locks_the_address(secretary, settings):
    settings.FAILURES_PER_ADDRESS = 8
    answers = [sign_in(f"name{number}", "Jiayuguan2026", ELSEWHERE) for number in range(9)]
    assert answers == [200] * 7 + [429] * 2
    assert sign_in(address=ELSEWHERE) == 429
    assert sign_in() == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in(address=ELSEWHERE) == 302


def test_failures_over_a_long_time_lock_no_address(db, settings):
    settings.FAILURES_PER_ADDRESS = 3
    moment = timezone.now()
    for number in range(6):
        with time_machine.travel(moment + timedelta(minutes=10 * number)):
            assert not is_address_locked(ELSEWHERE)
            count_for_address(ELSEWHERE)
    with time_machine.travel(moment + timedelta(minutes=51)):
        count_for_address(ELSEWHERE)
        assert is_address_locked(ELSEWHERE)


def test_a_right_password_of_ones_own_does_not_start_the_count_of_the_address_again(secretary, clerk, settings):
    settings.FAILURES_PER_ADDRESS = 8
    for number in range(7):
        sign_in(f"name{number}", "wrong", ELSEWHERE)
    assert sign_in("clerk", address=ELSEWHERE) == 302
    assert sign_in("name9", "wrong", ELSEWHERE) == 429


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_proxy_on_this_machine_is_not_locked_as_an_address(secretary, settings, address):
    settings.FAILURES_PER_ADDRESS = 3
    for number in range(5):
        sign_in(f"name{number}", "wrong", address)
    assert sign_in(address=address) == 302


class TestRates:
    @pytest.fixture(autouse=True)
    def limits(self, settings):
        cache.clear()
        settings.RATE_LIMITS = {"search": (2, 60), "reveal": (2, 600), "upload": (2, 600)}
        yield
        cache.clear()

    def answers(self, client, ask) -> list[bool]:
        """Whether each of four in a row was refused for being one too many."""
        found = [ask(client) for _ in range(4)]
        assert [answer.get("Retry-After") is not None for answer in found] == [
            each.status_code == 429 for each in found
        ]
        return [answer.status_code == 429 for answer in found]

    @pytest.mark.parametrize("kind", ["search", "suggest", "reveal", "upload"])
    def test_a_user_who_does_it_too_often_is_refused_and_others_are_not(
        self, clerk, secretary, community, client, kind
    ):
        member = factories.member(community)
        acts = {
            "search": lambda client: client.get(reverse("search"), {"q": "李"}),
            "suggest": lambda client: client.post(reverse("suggest"), {"q": "李"}),
            "reveal": lambda client: client.post(reverse("reveal", args=[member.pk, "id_number"]), {}),
            "upload": lambda client: client.post(
                reverse("import-upload"), {"kind": "roster", "file": SimpleUploadedFile("a.csv", b"x")}
            ),
        }
        client.force_login(clerk)
        assert self.answers(client, acts[kind]) == [False, False, True, True]
        assert client.get(reverse("workbench")).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            assert acts[kind](client).status_code != 429
        client.force_login(secretary)
        assert acts[kind](client).status_code != 429

    def test_the_page_says_how_often_and_when(self, clerk, client):
        client.force_login(clerk)
        for _ in range(3):
            answer = client.get(reverse("search"), {"q": "李"})
        assert "1分钟内最多2次" in answer.text


class TestEntries:
    """Whoever may not sign in cannot make the log grow."""

    @pytest.fixture(autouse=True)
    def empty(self):
        cache.clear()

    def entries(self) -> list[tuple]:
        rows = AuditEntry.objects.exclude(act=Act.SIGN_IN).order_by("id")
        return [(row.act, row.address, row.details) for row in rows]

    def test_a_lock_is_logged_once_and_what_is_tried_during_it_is_not(self, secretary):
        moment = timezone.now()
        for minute in range(5):
            with time_machine.travel(moment + timedelta(minutes=2 * minute)):
                sign_in(password="wrong")
        with time_machine.travel(moment + timedelta(minutes=12)):
            for _ in range(5):
                assert sign_in(password="wrong") == 429
        found = [(Act.SIGN_IN_FAILED, HOME, {})] * 5 + [(Act.LOCKED, HOME, {})]
        assert sorted(self.entries(), key=str) == sorted(found, key=str)

    def test_failures_of_a_name_at_an_address_are_logged_once_a_minute_with_a_count(self, secretary):
        moment = timezone.now()
        with time_machine.travel(moment, tick=False):
            for _ in range(3):
                sign_in(password="wrong")
            sign_in(password="wrong", address=ELSEWHERE)
        with time_machine.travel(moment + timedelta(seconds=61), tick=False):
            sign_in(password="wrong")
        found = [(Act.SIGN_IN_FAILED, HOME, {}), (Act.SIGN_IN_FAILED, ELSEWHERE, {})]
        assert self.entries() == [*found, (Act.SIGN_IN_FAILED, HOME, {"left_out": 2})]

    @pytest.mark.parametrize("address", [ELSEWHERE, "127.0.0.1"])
    def test_unknown_names_of_an_address_count_as_one(self, db, address):
        with time_machine.travel(timezone.now(), tick=False):
            for number in range(30):
                sign_in(f"name{number // 6}", "wrong", address)
        assert [act for act, *_rest in self.entries()].count(Act.SIGN_IN_FAILED) == 1
        assert len(self.entries()) <= 2
