"""Passkeys on the server's side: who adds and removes them, and answers that are none (a real one: tests/browser)."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import Passkey, SecondFactor
from tests import factories
from tests.registry.access.test_factors import app_code, set_up, with_password


@pytest.fixture
def client(secretary):
    """Of a secretary with an app and a passkey, who has shown the code and typed the password again."""
    set_up(secretary)
    factor = SecondFactor.objects.get(user=secretary)
    Passkey.objects.create(factor=factor, name="旧电脑", credential_id="AAAA", public_key=b"x", sign_count=0)
    client = with_password(secretary)
    client.post(reverse("second-factor"), {"code": app_code(secretary)})
    return client


NO_ANSWERS = [
    "",
    "{",
    "[]",
    "null",
    "5",
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key"}),
    "[" * 19_000,
]


def test_the_password_is_asked_for_before_one_is_added_or_removed(client):
    for page in (reverse("passkey-add"), reverse("passkey-remove") + f"?passkey={Passkey.objects.get().pk}"):
        assert client.get(page)["Location"].startswith(reverse("confirm-password"))
        assert client.post(page, {"name": "x", "response": "{}"})["Location"].startswith(reverse("confirm-password"))
    factories.confirm(client)
    page = client.get(reverse("passkey-add"))
    options = json.loads(page.context["options"])
    assert (options["rp"]["id"], options["excludeCredentials"][0]["id"]) == ("testserver", "AAAA")
    assert client.post(reverse("passkey-remove") + f"?passkey={Passkey.objects.get().pk}").status_code == 302
    assert not Passkey.objects.exists()


def test_nobody_removes_that_of_another(client, clerk):
    other = SecondFactor.objects.create(user=clerk)
    passkey = Passkey.objects.create(factor=other, name="x", credential_id="BBBB", public_key=b"x", sign_count=0)
    factories.confirm(client)
    for number in (passkey.pk, "", "x", 4711):
        client.post(reverse("passkey-remove") + f"?passkey={number}")
    assert Passkey.objects.count() == 2


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_an_answer_that_is_none_adds_nothing(client, answer):
    factories.confirm(client)
    client.get(reverse("passkey-add"))
    assert client.post(reverse("passkey-add"), {"name": "x", "response": answer}).status_code == 422
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_an_answer_that_is_none_lets_nobody_in_and_counts_as_a_wrong_code(client, secretary, answer):
    client = with_password(secretary)
    client.get(reverse("second-factor"))
    assert client.post(reverse("second-factor"), {"response": answer}).status_code == 422
    assert client.get(reverse("roles")).status_code == 302
    assert SecondFactor.objects.get(user=secretary).failures == 1


def test_a_factor_without_an_app_ends_where_the_database_goes_back_before_passkeys(secretary, clerk):
    set_up(clerk)
    factor = SecondFactor.objects.create(user=secretary, confirmed_at=timezone.now())
    Passkey.objects.create(factor=factor, name="x", credential_id="BBBB", public_key=b"x", sign_count=0)
    operation = import_module("registry.migrations.0019_passkeys_and_noted_codes").Migration.operations[-1]
    operation.reverse_code(apps, SimpleNamespace(connection=connection))
    assert [each.user for each in SecondFactor.objects.all()] == [clerk]


def test_who_has_a_factor_adds_none_before_showing_it(client, secretary):
    again: Client = with_password(secretary)
    assert again.get(reverse("passkey-add"))["Location"].startswith(reverse("second-factor"))
