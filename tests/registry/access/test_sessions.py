"""The own sessions: what a user sees of them, and how they end."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.factors import services as factors
from registry.access.sessions.services import device_in_words
from registry.access.users import services as users
from registry.models import Session
from registry.privacy import services as erasures

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0"
WECHAT = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Version/4.0 Chrome/86.0 Mobile MicroMessenger/8.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Version/16.0 Safari/604.1"


def signed_in(username, address="10.0.0.1", device=EDGE) -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": device})
    client.post(reverse("login"), {"username": username, "password": "secret"})
    return client


def is_in(client) -> bool:
    return client.get(reverse("roles")).status_code == 200


def key(client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def numbers(client) -> list[str]:
    """The sessions that the own page offers to end."""
    return re.findall(r'name="number" value="(\w+)"', client.get(reverse("account")).text)


def test_the_page_lists_the_own_sessions_with_device_address_and_times_and_never_their_keys(secretary, clerk):
    with time_machine.travel("2026-05-20T01:30:00Z", tick=False):
        here, there, others = signed_in("secretary"), signed_in("secretary", "10.0.0.2", WECHAT), signed_in("clerk")
    with time_machine.travel("2026-05-20T01:35:00Z", tick=False):
        assert is_in(there)
        text = here.get(reverse("account")).text
    for part in ("Edge · Windows", "10.0.0.1", "微信 · Android", "10.0.0.2", "2026-05-20 09:30", "2026-05-20 09:35"):
        assert part in text
    assert text.count("本次登录") == 1
    assert len(re.findall('name="number"', text)) == 1
    assert all(key(client) not in text for client in (here, there, others))


def test_one_session_is_ended_or_all_others(secretary):
    here, two, three, four = (signed_in("secretary") for _ in range(4))
    number = Session.objects.get(session_key=key(two)).number
    assert here.post(reverse("sessions-end"), {"number": number}).status_code == 302
    assert [is_in(client) for client in (here, two, three, four)] == [True, False, True, True]
    here.post(reverse("sessions-end"), {"number": number})  # ended already
    assert [is_in(client) for client in (here, three)] == [True, True]
    here.post(reverse("sessions-end"))
    assert [is_in(client) for client in (here, three, four)] == [True, False, False]
    assert numbers(here) == []


def test_nobody_ends_the_session_of_another(secretary, clerk):
    theirs, here = signed_in("secretary"), signed_in("clerk")
    number = Session.objects.get(session_key=key(theirs)).number
    here.post(reverse("sessions-end"), {"number": number})
    here.post(reverse("sessions-end"))
    assert is_in(theirs)


@pytest.mark.parametrize(
    "act",
    [
        lambda user, keeper: users.set_one_time_password(user, actor=keeper),
        lambda user, keeper: users.set_active(user, False, actor=keeper),
        lambda user, keeper: users.set_own_password(user, "三人行必有我师焉择其善者而从之"),
        lambda user, keeper: factors.remove(user, actor=keeper),
    ],
    ids=["one-time password", "kept out", "own password", "second factor removed"],
)
def test_sessions_end_with_what_they_began_with(secretary, clerk, act):
    theirs = signed_in("secretary")
    act(secretary, clerk)
    assert not is_in(theirs)
    assert not Session.objects.filter(user=secretary).exists()


def test_a_session_that_has_expired_is_listed_no_more_and_deleted_after_its_period(secretary):
    signed_in("secretary")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert numbers(signed_in("secretary")) == []
        erasures.sweep()
        assert Session.objects.count() == 2
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        here = signed_in("secretary")
        erasures.sweep()
        assert [each.session_key for each in Session.objects.all()] == [key(here)]


@pytest.mark.parametrize(
    ("device", "words"),
    [(EDGE, "Edge · Windows"), (WECHAT, "微信 · Android"), (PHONE, "Safari · iPhone"), ("", "未知设备")],
)
def test_a_device_is_named_in_words(device, words):
    assert device_in_words(device) == words


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["\0abcdefghij", "abc\tdefghij", "' or 1=1 --"])
def test_a_cookie_that_is_no_session_key_is_as_none(client, key):
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get("/workbench/").status_code == 302
