"""Whole ID and account numbers leave by no route before the password is typed again and a purpose is stated."""

import io
import re
import zipfile

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from registry.access.passwords.views import mark_of
from registry.models import AuditEntry, Member
from subsidies.models import SheetLine
from tests import world as worlds
from tests.routes import ROUTES

ID_NUMBER = re.compile(r"(?<!\d)62\d{15}[\dX](?!\d)")
FICTIONAL = {"bank-template"}  # its preview shows people who do not exist
FILES = [
    {}, {"export": "csv"}, {"export": "xlsx"}, {"format": "xlsx"}, {"format": "csv"}, {"format": "bank"},
    {"format": "csv", "purpose": "核对"}, {"format": "xlsx", "purpose": "核对"},
]  # fmt: skip


@pytest.fixture
def world(db):
    with transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)


def texts(answer) -> str:
    """What a file says, whatever its form; of a picture nothing."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return " ".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    return content.decode(errors="replace")


def whole_numbers(answer, accounts: set[str]) -> set[str]:
    said = texts(answer)
    return set(ID_NUMBER.findall(said)) | {account for account in accounts if account in said}


def test_no_route_answers_with_a_whole_number_before_password_and_purpose(world):
    """Each route as each role that may use it, plain and with each way to ask for a file."""
    accounts = {member.account for member in Member.objects.all() if member.account}
    accounts |= {line.account for line in SheetLine.objects.all() if line.account}
    assert accounts
    found, files = [], 0
    for name, route in ROUTES.items():
        if name in FICTIONAL:
            continue
        role = sorted(route.roles)[0]
        roles = sorted(route.roles & {"clerk", "finance"}) or [role]
        address = reverse(name, args=route.args(world.own)) + route.query
        for each in roles:
            client = Client(raise_request_exception=False)  # what a page makes of odd input is tested elsewhere
            client.force_login(world.users[each])
            for data in FILES:
                with transaction.atomic():
                    answer = client.post(address, {**route.data(world.own), **data})
                    transaction.set_rollback(True)
                files += "Content-Disposition" in answer
                if whole_numbers(answer, accounts):
                    found.append((name, each, data))
    assert found == [], [name for name, *_rest in found]
    assert files > 20


def test_a_file_with_whole_numbers_is_logged_with_count_and_purpose_and_says_who_took_it(world):
    clerk = world.users["clerk"]
    client = Client()
    client.force_login(clerk)
    page = reverse("export-roster", args=[world.own.community.code])
    for data in ({"purpose": "核对证件"}, {"purpose": "核对证件", "password": "wrong"}, {"password": "secret"}):
        assert "Content-Disposition" not in client.post(page, data)
    answer = client.post(page, {"purpose": "核对&证件", "password": "secret"})
    assert whole_numbers(answer, set())
    entry = AuditEntry.objects.latest("pk")
    assert (entry.details["purpose"], entry.details["lines"] > 0) == ("核对&证件", True)
    [header] = re.findall(r"<oddHeader>(.*?)</oddHeader>", texts(answer))
    assert f"{clerk.name} {clerk.username}" in header
    assert header.endswith("核对&amp;&amp;证件")


def test_a_number_on_the_screen_stands_under_who_sees_it_and_when(world):
    clerk = world.users["clerk"]
    client = Client()
    client.force_login(clerk)
    page = reverse("reveal", args=[world.own.member.pk, "id_number"])
    assert "watermark" not in client.get(page).text
    shown = client.post(page, {"purpose": "核对证件", "password": "secret"}).text
    assert world.own.member.id_number in shown
    assert f"{mark_of(clerk)[:-5]}" in shown  # to the hour
    assert 'class="watermark"' in shown
