"""Signing keys that cannot be decrypted any more, places that heads are sent to, and what a page verifies."""

import http.client
import urllib.request

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from jygroups.lib import constraints
from registry.models import Act, AuditEntry, IssuedHead, SigningKey
from registry.records import audit, heads, signing

pytestmark = pytest.mark.django_db


@pytest.fixture
def unreadable():
    """A signing key whose ciphertext the keys of the site do not decrypt."""
    key = signing.make()
    with connection.cursor() as cursor:
        constraints.remove_triggers()
        altered = "substr(private_key, 1, length(private_key) - 8) || 'AAAAAAAA'"
        cursor.execute(f"UPDATE registry_signingkey SET private_key = {altered}")  # noqa: S608
        constraints.install_triggers()
    return SigningKey.objects.get(pk=key.pk)


@pytest.mark.usefixtures("unreadable")
def test_a_key_that_cannot_be_decrypted_is_named_by_page_and_commands(client, auditor):
    client.force_login(auditor)
    answer = client.post(reverse("audit-chain-head"), follow=True)
    assert (answer.status_code, "signing_key --new --without-endorsement" in answer.text) == (200, True)
    for command in (["issue_heads"], ["signing_key", "--new"]):
        with pytest.raises(CommandError, match="DATA_KEYS"):
            call_command(*command)
    assert IssuedHead.objects.count() == 0


def test_a_key_is_made_without_endorsement_when_asked_for_and_that_is_logged(unreadable):
    call_command("signing_key", "--new", "--without-endorsement")
    assert signing.current().endorsement == ""
    assert AuditEntry.objects.latest("id").details == {"what": "without endorsement"}
    assert heads.issue().key != unreadable
    with pytest.raises(CommandError):
        call_command("signing_key", "--without-endorsement")


@override_settings(HEADS_WEBHOOK="http://heads.example.gov.cn/")
def test_a_head_goes_to_https_alone(monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", None)
    [failed] = heads.hand_out(heads.issue())
    assert "https" in failed


@override_settings(HEADS_WEBHOOK="https://heads.example.gov.cn/")
def test_an_answer_that_is_no_http_is_a_failure_in_words(monkeypatch):
    def urlopen(*args, **kwargs):
        raise http.client.BadStatusLine("x")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert len(heads.hand_out(heads.issue())) == 1


def test_a_page_verifies_the_newest_entries_and_every_head(client, auditor, monkeypatch):
    monkeypatch.setattr(heads, "RECENT", 2)
    first = audit.record(Act.EXPORT, "甲")
    head = heads.issue()
    audit.record(Act.EXPORT, "乙")
    found = heads.verify(first=heads.first_of_recent())
    assert (found.faults, found.count) == ([], 3)
    assert heads.count_after_last() == 2
    constraints.remove_triggers()
    AuditEntry.objects.filter(pk=first.pk).update(subject="改写")
    assert heads.verify(first=heads.first_of_recent()).faults == []
    assert len(heads.verify().faults) == 1
    AuditEntry.objects.filter(pk=head.entry_id).update(digest="0" * 64)
    client.force_login(auditor)
    assert str(head.entry_id) in client.post(reverse("audit-chain-verify")).text
