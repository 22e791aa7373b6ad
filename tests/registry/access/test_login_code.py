"""The way in for who has a second factor, while the name is locked by what others tried."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.factors import services as factors
from registry.models import Act, AuditEntry, SecondFactor, User
from tests.registry.access.test_factors import PHONE_OFF, app_code, set_up
from tests.registry.access.test_limits import ELSEWHERE, HOME
from tests.registry.access.test_limits import sign_in as with_password

PAGE = "/login/code/"


@pytest.fixture
def holder(clerk):
    """A clerk with a second factor, whose name others at the same address have locked."""
    cache.clear()
    clerk.codes = set_up(clerk)
    for _ in range(5):
        with_password("clerk", "wrong")
    assert with_password("clerk") == 429
    return clerk


def sign_in(username, password, code, address=HOME, client=None):
    client = client or Client(REMOTE_ADDR=address)
    return client.post(PAGE, {"username": username, "password": password, "code": code})


def test_the_page_of_a_lock_leads_to_it_and_the_holder_is_in(holder):
    client = Client(REMOTE_ADDR=HOME)
    locked = client.post(reverse("login"), {"username": "clerk", "password": "secret"})
    assert f'href="{PAGE}"' in locked.text
    assert sign_in("clerk", "secret", app_code(holder), client=client).status_code == 302
    assert client.get(reverse("roles")).status_code == 200  # the code is not asked for a second time
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.act, entry.user, entry.details) == (Act.SIGN_IN, holder, {"what": "password and code"})


def test_full_width_letters_of_the_name_are_taken_as_at_the_sign_in(holder):
    assert sign_in("ｃｌｅｒｋ", "secret", app_code(holder)).status_code == 302  # noqa: RUF001


def test_a_recovery_code_does_too_and_a_code_counts_once(holder):
    assert sign_in("clerk", "secret", holder.codes[0]).status_code == 302
    assert sign_in("clerk", "secret", holder.codes[0]).status_code == 422
    code = app_code(holder)
    assert [sign_in("clerk", "secret", code).status_code for _ in range(2)] == [302, 422]


def test_whatever_is_wrong_the_answer_is_the_same(holder, secretary, leader):
    User.objects.filter(pk=leader.pk).update(is_active=False)
    set_up(leader)

    def words(*given) -> str:
        answer = sign_in(*given)
        assert answer.status_code == 422
        return str(answer.context["form"].errors)

    found = {
        words("clerk", "secret", PHONE_OFF),
        words("clerk", "wrong", app_code(holder)),
        words("nobody", "secret", PHONE_OFF),
        words("secretary", "secret", PHONE_OFF),  # has no factor
        words("leader", "secret", app_code(leader)),  # is disabled
    }
    for _ in range(4):  # has to wait after wrong codes
        found.add(words("clerk", "secret", PHONE_OFF))
    assert len(found) == 1
    assert factors.wait_until(SecondFactor.objects.get(user=holder))


def test_who_does_not_know_the_password_cannot_make_the_holder_wait(holder):
    for _ in range(9):
        sign_in("clerk", "wrong", PHONE_OFF)
    assert SecondFactor.objects.get(user=holder).failures == 0
    assert sign_in("clerk", "secret", app_code(holder)).status_code == 302


def test_a_name_is_tried_ten_times_from_an_address(holder):
    answers = [sign_in("clerk", "wrong", PHONE_OFF, ELSEWHERE).status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2
    assert sign_in("clerk", "secret", app_code(holder), ELSEWHERE).status_code == 429
    assert sign_in("clerk", "secret", holder.codes[0]).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in("clerk", "secret", app_code(holder), ELSEWHERE).status_code == 302


def test_an_address_has_as_many_tries_as_at_the_sign_in(holder, settings):
    settings.FAILURES_PER_ADDRESS = 4
    answers = [sign_in(f"name{number}", "wrong", PHONE_OFF, ELSEWHERE).status_code for number in range(6)]
    assert answers == [422] * 4 + [429] * 2
    assert sign_in("clerk", "secret", app_code(holder), ELSEWHERE).status_code == 429
    assert with_password("clerk", address=ELSEWHERE) == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in("clerk", "secret", app_code(holder), ELSEWHERE).status_code == 302


def test_failures_are_logged_once_a_minute(holder):
    before = AuditEntry.objects.filter(act=Act.SIGN_IN_FAILED).count()
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        for name in ("clerk", "clerk", "a password typed into the name"):
            sign_in(name, "wrong", PHONE_OFF)
    found = AuditEntry.objects.filter(act=Act.SIGN_IN_FAILED).order_by("id")[before:]
    assert [(entry.subject, entry.address) for entry in found] == [("clerk", HOME), ("不存在的登录名", HOME)]
