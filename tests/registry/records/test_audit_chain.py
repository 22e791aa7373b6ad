"""The chain of the audit log: no entry is changed, deleted or added unnoticed, and a head issued earlier proves it."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
import requests
from django.core import checks
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from jygroups.lib import chain, clock, constraints
from jygroups.lib.client import Proxies, acting_from, true_address
from registry.models import Act, AuditEntry, IssuedHead, SigningKey
from registry.records import audit, heads, seal_keys, signing

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(clerk):
    with acting_from("10.0.0.1"):
        first = audit.record(Act.EXPORT, "甲", user=clerk, lines=3, net="12.50")
    return [
        first,
        audit.record(Act.REVEAL, "乙", purpose="核对"),
        audit.record(Act.IMPORT, "丙"),
    ]


@pytest.fixture
def unguarded():
    constraints.remove_triggers()


def test_a_chain_as_written_is_whole(entries):
    found = audit.verify()
    assert (found.count, found.faults, found.newest) == (3, [], entries[-1].digest)


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("user", None),
        ("address", "10.0.0.2"),
        ("act", "file"),
        ("subject", "丁"),
        ("details", {"lines": 4, "net": "12.50"}),
        ("scheme", 1),
    ],
)
def test_each_value_of_an_entry_is_covered(entries, name, value):
    AuditEntry.objects.filter(pk=entries[0].pk).update(**{name: value})
    assert len(audit.verify().faults) == 1


@pytest.mark.usefixtures("unguarded")
def test_a_deleted_entry_is_missed(entries):
    entries[1].delete()
    assert len(audit.verify().faults) == 1


@pytest.mark.usefixtures("unguarded")
def test_nobody_writes_an_entry_that_fits_without_the_key(entries):
    with override_settings(SEAL_KEY="another"):
        audit.record(Act.EXPORT, "丁")
    assert len(audit.verify().faults) == 1


@pytest.mark.usefixtures("unguarded")
def test_a_chain_written_again_by_the_first_scheme_is_not_whole(entries):
    previous = ""
    for entry in AuditEntry.objects.order_by("id"):
        entry.scheme, entry.previous, entry.subject = 1, previous, "改写"
        entry.digest = previous = min(audit._first_digests(entry))
        entry.save()
    assert audit.verify().faults != []


@pytest.mark.usefixtures("unguarded")
def test_entries_of_the_first_scheme_are_verified_up_to_the_first_keyed_one():
    zone = timezone(timedelta(hours=8))
    entry = AuditEntry(at=datetime(2024, 5, 1, 8, tzinfo=zone), act="export", subject="甲", scheme=1)
    entry.digest = audit._first_digests(entry).pop()
    entry.save()
    audit.record(Act.EXPORT, "乙")
    assert audit.verify().faults == []
    AuditEntry.objects.filter(pk=entry.pk).update(subject="丙")
    assert len(audit.verify().faults) == 1


def test_times_and_addresses_have_one_form():
    zone = timezone(timedelta(hours=8))
    assert chain.moment(datetime(2026, 11, 30, 8, tzinfo=zone)) == "2026-11-30T00:00:00.000000Z"
    assert chain.address("::ffff:10.0.0.1") == "10.0.0.1"
    assert chain.address("2001:DB8:0::1") == "2001:db8::1"
    assert chain.address("no address") is None
    with clock.at(datetime(2026, 11, 30, 8, tzinfo=zone)):
        audit.record(Act.EXPORT, "甲")
    assert audit.verify().faults == []


# Heads ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("entries")
def test_a_head_is_handed_out_signed_and_the_chain_continues_it(tmp_path, capsys):
    call_command("issue_heads", folder=str(tmp_path))
    audit.record(Act.EXPORT, "丁")
    [file] = tmp_path.iterdir()
    call_command("verify_audit", head=[file])
    call_command("verify_audit", head=[file], public_key=SigningKey.objects.get().public_key)
    assert "6" in capsys.readouterr().out  # three entries, the key, the head, and one later


@pytest.mark.usefixtures("entries", "unguarded")
def test_a_rewritten_past_does_not_continue_the_head(tmp_path):
    """With every key of the site: only who has the head knows better."""
    call_command("issue_heads", folder=str(tmp_path))
    [file] = tmp_path.iterdir()
    IssuedHead.objects.all().delete()
    previous = ""
    for entry in AuditEntry.objects.order_by("id"):
        entry.previous, entry.subject = previous, "改写"
        entry.digest = previous = seal_keys.digest(entry)
        entry.save()
    call_command("verify_audit")
    with pytest.raises(CommandError):
        call_command("verify_audit", head=[file])


@pytest.mark.usefixtures("entries", "unguarded")
def test_entries_cut_off_at_the_end_are_missed(tmp_path):
    call_command("issue_heads", folder=str(tmp_path))
    [file] = tmp_path.iterdir()
    IssuedHead.objects.all().delete()
    AuditEntry.objects.filter(act__in=[Act.HEAD, Act.SIGNING_KEY]).delete()
    call_command("verify_audit")
    with pytest.raises(CommandError):
        call_command("verify_audit", head=[file])


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("change", ["digest", "entry", "signature", "public_key"])
def test_a_changed_head_is_refused(tmp_path, change):
    call_command("issue_heads", folder=str(tmp_path))
    [file] = tmp_path.iterdir()
    data = json.loads(file.read_text())
    if change in data:
        data[change] = "A" + data[change][1:] if data[change][0] != "A" else "B" + data[change][1:]
    else:
        data["document"][change] = 1
    file.write_text(json.dumps(data))
    with pytest.raises(CommandError):
        call_command("verify_audit", head=[file])


def test_a_new_key_is_signed_by_the_one_before_and_earlier_heads_stay_valid(tmp_path):
    heads.hand_out(heads.issue(), str(tmp_path))
    [file] = tmp_path.iterdir()
    call_command("signing_key", new=True)
    new, old = signing.all_keys()
    assert signing.is_signed(base64.b64decode(new.public_key), new.endorsement, old.public_key)
    call_command("verify_audit", head=[file])
    assert heads.issue().key == new


def test_the_private_key_is_stored_encrypted():
    key = signing.make()
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_key FROM registry_signingkey")
        assert key.private_key not in cursor.fetchone()[0]


@override_settings(HEADS_MAIL=["auditor@example.gov.cn"])
def test_a_head_is_mailed(mailoutbox):
    assert heads.hand_out(heads.issue()) == []
    [mail] = mailoutbox
    assert re.fullmatch(r"审计链头\d{4}-\d\d-\d\dT\d{6}Z\.json", mail.attachments[0][0])


@override_settings(HEADS_WEBHOOK="https://auditor.example.gov.cn/heads")
@pytest.mark.parametrize(("status", "failures"), [(200, 0), (204, 0), (302, 1), (500, 1)])
def test_a_webhook_counts_where_it_takes_the_head_itself(monkeypatch, status, failures):
    """A redirected POST becomes a GET without its content."""
    given = {}

    def post(address, content, **options):
        given.update(options, content=content)
        answer = requests.Response()
        answer.status_code = status
        return answer

    monkeypatch.setattr(requests, "post", post)
    head = heads.issue()
    assert len(heads.hand_out(head)) == failures
    assert (given["content"], given["allow_redirects"]) == (heads.as_file(head), False)


@override_settings(HEADS_WEBHOOK="http://127.0.0.1:9/", HEADS_FOLDER="/proc/none")
def test_a_place_that_cannot_be_reached_is_named():
    assert len(heads.hand_out(heads.issue())) == 2
    with pytest.raises(CommandError):
        call_command("issue_heads")


def test_the_page_shows_keys_and_heads_verifies_and_hands_out(client, auditor, entries):
    client.force_login(auditor)
    assert client.get(reverse("audit-chain")).status_code == 200
    shown = client.post(reverse("audit-chain-head"), follow=True).text
    assert "尚未签发" not in shown
    file = reverse("issued-head", args=[IssuedHead.objects.get().pk])
    assert file in shown
    answer = client.get(file)
    document, fault = heads.read(answer.content)
    assert (fault, document["digest"]) == ("", AuditEntry.objects.get(pk=document["entry"]).digest)
    assert SigningKey.objects.get().public_key in client.get(reverse("audit-chain")).text
    assert "meaning-wrong" not in client.post(reverse("audit-chain-verify")).text
    constraints.remove_triggers()
    AuditEntry.objects.filter(pk=entries[1].pk).update(subject="改写")
    assert str(entries[1].pk) in client.post(reverse("audit-chain-verify")).text


# Where from -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # no proxy of ours: what it says counts for nothing
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),  # what the client wrote itself is not read
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, junk", "10.0.0.1"),
        ("", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::1]:4711, 10.0.0.2:80", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7:x", "10.0.0.1"),
    ],
)
def test_the_clients_address_is_that_before_the_first_trusted_proxy(remote, forwarded, address):
    assert true_address(remote, forwarded, Proxies.read([" 10.0.0.0/8", "unix"])) == address


@override_settings(TRUSTED_PROXIES=["10.0.0.0/33"])
def test_a_wrong_list_of_proxies_is_named_at_the_start_and_by_the_check(client):
    [error] = checks.run_checks(tags=[checks.Tags.security])
    assert "10.0.0.0/33" in error.msg
    with pytest.raises(ImproperlyConfigured, match=r"10\.0\.0\.0/33"):
        client.get("/")


def test_the_check_before_deployment_asks_for_the_proxy_behind_https():
    def found():
        return "jygroups.W002" in {each.id for each in checks.run_checks(None, include_deployment_checks=True)}

    with override_settings(HTTPS=True, TRUSTED_PROXIES=[]):
        assert found()
    with override_settings(HTTPS=True, TRUSTED_PROXIES=["10.0.0.1"]):
        assert not found()
    with override_settings(HTTPS=False, TRUSTED_PROXIES=[]):
        assert not found()


@override_settings(TRUSTED_PROXIES=["127.0.0.1"])
def test_sign_in_failure_sign_out_and_lock_are_logged_with_the_true_address(client, clerk):
    cache.clear()
    clerk.set_password("jygroups-right-1")
    clerk.save()
    headers = {"HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    address = reverse("login")
    client.post(address, {"username": clerk.username, "password": "wrong"}, **headers)
    client.post(address, {"username": "somebody's password", "password": "wrong"}, **headers)
    client.post(address, {"username": clerk.username, "password": "jygroups-right-1"}, **headers)
    client.post(reverse("logout"), **headers)
    for _ in range(5):
        client.post(address, {"username": clerk.username, "password": "wrong"}, **headers)
    rows = list(AuditEntry.objects.order_by("id").values_list("act", "address", "subject"))
    assert {address for _act, address, _subject in rows} == {"198.51.100.7"}
    acts = [act for act, _address, _subject in rows]
    assert acts[:4] == [Act.SIGN_IN_FAILED, Act.SIGN_IN_FAILED, Act.SIGN_IN, Act.SIGN_OUT]
    assert Act.LOCKED in acts
    assert "somebody's password" not in {subject for _act, _address, subject in rows}
    assert audit.verify().faults == []
