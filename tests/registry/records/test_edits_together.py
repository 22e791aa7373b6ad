"""Two edit one row at the same moment, each over a connection of their own."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from registry.models import Member, Role
from tests import factories


@pytest.fixture
def community(committed):
    return factories.community()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_one_of_two_is_saved_and_the_other_is_shown_what_was(community):
    member = factories.member(community, bank="农行")
    users = [
        factories.user("secretary", Role.SECRETARY, community=community),
        factories.user("clerk", Role.CLERK, subdistrict=community.subdistrict),
    ]
    address, gate, answers = reverse("member-edit", args=[member.pk]), threading.Barrier(2), {}

    def edit(user, bank):
        try:
            client = Client()
            client.force_login(user)
            form = client.get(address).context["form"]
            sent = {each.html_name: "" if each.value() is None else each.value() for each in form}
            gate.wait(timeout=10)
            answers[bank] = client.post(address, sent | {"bank": bank})
        finally:
            connection.close()

    threads = [threading.Thread(target=edit, args=each) for each in zip(users, ("工行", "建行"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    statuses = {bank: answer.status_code for bank, answer in answers.items()}
    assert sorted(statuses.values()) == [302, 409]
    saved = next(bank for bank, status in statuses.items() if status == 302)
    second = next(bank for bank, status in statuses.items() if status == 409)
    assert Member.objects.get(pk=member.pk).bank == saved
    assert saved in answers[second].text
    assert f'value="{second}"' in answers[second].text
    assert member.history.count() == 2  # made, and changed once
