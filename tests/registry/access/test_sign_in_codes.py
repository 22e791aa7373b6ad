"""The QR code that lets one of a group's people in, once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.passwords import codes
from registry.access.users import services as users
from registry.models import Act, AuditEntry, Post, Role, SignInCode, User
from tests import factories


@pytest.fixture
def person(group):
    return factories.user("groupleader", Role.GROUP_LEADER, group=group)


def token_of(person, clerk) -> str:
    return codes.make(person, actor=clerk)[0]


def use(token, client=None):
    return (client or Client()).post(reverse("sign-in-code", args=[token]))


def entries(act) -> list[tuple]:
    rows = AuditEntry.objects.filter(act=act).order_by("id")
    return [(row.subject, row.user and row.user.username, row.details.get("what")) for row in rows]


def test_a_clerk_shows_it_and_the_person_scans_it_and_chooses_a_password(clerk, person, client):
    client.force_login(clerk)
    page = reverse("user-code", args=[person.pk])
    assert page in client.get(person.get_absolute_url()).text
    assert client.post(page)["Location"].startswith(reverse("confirm-password"))
    factories.confirm(client)
    assert client.get(page).status_code == 200
    shown = client.post(page)
    assert '<svg viewBox="' in shown.text
    assert " style=" not in shown.text
    assert not User.objects.get(pk=person.pk).has_usable_password()
    assert entries(Act.PASSWORD) == [("groupleader", "clerk", "sign-in code")]

    token = token_of(person, clerk)
    phone = Client()
    for _ in range(3):  # a messenger looks at the page first
        assert "groupleader" in phone.get(reverse("sign-in-code", args=[token])).text
    assert use(token, phone)["Location"] == reverse("password")
    assert phone.get(reverse("workbench"))["Location"] == reverse("password")
    form = phone.get(reverse("password"))
    assert re.findall(r'<input type="password" name="(\w+)"', form.text) == ["new_password", "repeated"]
    assert "登录名groupleader" in form.text
    chosen = {"new_password": "Wenhua-Lu-2026", "repeated": "Wenhua-Lu-2026"}
    assert phone.post(reverse("password"), chosen)["Location"] == reverse("home")
    assert phone.get(reverse("account")).status_code == 200
    assert phone.session["previous_sign_in"] is None
    assert "confirmed_at" not in phone.session  # no earlier password was typed
    assert entries(Act.SIGN_IN)[-1] == ("groupleader", "groupleader", "sign-in code")
    signed_in = Client().post(reverse("login"), {"username": "groupleader", "password": "Wenhua-Lu-2026"})
    assert signed_in.status_code == 302


def test_it_counts_once_and_for_a_day_and_not_once_there_is_another(clerk, person, settings):
    first, second = token_of(person, clerk), token_of(person, clerk)
    assert [use(token).status_code for token in (first, second, second)] == [422, 302, 422]
    settings.SIGN_IN_CODE_HOURS = 2
    token = token_of(person, clerk)
    for hours, status in [(2.01, 422), (1.99, 302)]:
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            assert use(token).status_code == status
    assert entries(Act.SIGN_IN_FAILED)[0][0] == "不存在的登录名"


def test_a_one_time_password_ends_it(clerk, person):
    token = token_of(person, clerk)
    users.set_one_time_password(person, actor=clerk)
    assert use(token).status_code == 422


def test_keeping_the_person_out_ends_it(clerk, person):
    token = token_of(person, clerk)
    for active in (False, True):
        users.set_active(person, active, actor=clerk)
    assert use(token).status_code == 422


def test_only_a_digest_is_stored(clerk, person):
    token = token_of(person, clerk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM registry_signincode")
        assert token not in cursor.fetchone()[0]
    assert token not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.CLERK, Role.FINANCE, Role.SYSTEM_ADMINISTRATOR])
def test_nobody_with_another_post_has_one(sysadmin, person, community, role):
    area = {
        Role.SECRETARY: {"community": community}, Role.CLERK: {"subdistrict": community.subdistrict},
    }.get(role, {})  # fmt: skip
    token = token_of(person, sysadmin)
    Post.objects.create(user=person, role=role, first_day=timezone.localdate() + timedelta(days=9), **area)
    assert use(token).status_code == 422  # given after the code was made
    with pytest.raises(PermissionDenied):
        token_of(person, sysadmin)
    client = Client()
    client.force_login(sysadmin)
    factories.confirm(client)
    page = reverse("user-code", args=[person.pk])
    assert client.post(page)["Location"] == person.get_absolute_url()
    assert page not in client.get(person.get_absolute_url()).text


def test_neither_a_disabled_person_nor_one_of_another_subdistrict(clerk, person, stranger):
    other = factories.user("other", Role.GROUP_MEMBER, group=factories.group(stranger))
    with pytest.raises(PermissionDenied):
        token_of(other, clerk)
    token = token_of(person, clerk)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert use(token).status_code == 422
    assert "已失效" in Client().get(reverse("sign-in-code", args=[token])).text


def test_guessing_locks_the_address(clerk, person, settings):
    settings.FAILURES_PER_ADDRESS = 3
    token, guesser = token_of(person, clerk), Client(REMOTE_ADDR="203.0.113.9")
    assert [use(f"guess{number}", guesser).status_code for number in range(4)] == [422, 422, 422, 429]
    assert use(token, guesser).status_code == 429
    assert SignInCode.objects.exists()
