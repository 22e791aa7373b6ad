"""The audit pack of a month: verified by a bare Python, and every change of it or of the database is reported."""

import json
import threading
import zipfile
from io import BytesIO
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation

from registry.models import Act, AuditEntry
from registry.records import audit, heads, signing
from subsidies import proof
from subsidies.evidence import contents
from subsidies.exports import services as exports
from subsidies.month import sheets
from subsidies.proof import second, verify
from tests.subsidies.evidence.packs import MONTHS, changed, edited, pack, signed_again, verified

pytestmark = pytest.mark.usefixtures("standard")


def test_a_pack_verifies_on_a_bare_python_with_the_public_key(tmp_path, closed):
    content = pack(closed)
    code, printed = verified(tmp_path, content, signing.current().public_key)
    assert (code, "全部一致" in printed) == (0, True), printed
    assert "逐行复核：4" in printed
    assert "封存码衔接：2" in printed
    assert "注意" not in printed
    assert f"本包：签名公钥 {signing.current().public_key}" in printed
    assert "2024-05" in printed
    assert f"620201001 {closed}：{closed.people} 人，实发合计 {closed.net} 元" in printed
    assert printed.count(proof.digest_of(verify)) == printed.count(proof.digest_of(second)) == 1


def test_without_a_public_key_the_origin_is_not_proven(tmp_path, closed):
    code, printed = verified(tmp_path, pack(closed))
    assert (code, "出自何处未得到证明" in printed, "全部一致" in printed) == (3, True, False)


def test_the_verifier_knows_the_second_method_and_executes_no_other(tmp_path, closed):
    assert verify.METHODS[second.VERSION] == proof.digest_of(second)
    content = signed_again(pack(closed), "second.py", lambda old: b"print('executed')\n" + old)
    for arguments in ([], [signing.current().public_key]):
        code, printed = verified(tmp_path, content, *arguments)
        assert (code, "executed" in printed, "未予执行" in printed) == (1, False, True), printed


def test_numbers_are_masked_in_every_file(closed):
    numbers = [getattr(line, name) for line in closed.lines.all() for name in ("id_number", "account")]
    with zipfile.ZipFile(BytesIO(pack(closed))) as file:
        text = b"".join(file.read(name) for name in file.namelist()).decode("utf-8", "replace")
    assert [number for number in numbers if number and number in text] == []


def test_one_changed_byte_in_any_file_is_reported(closed, tmp_path):
    content = pack(closed)
    with zipfile.ZipFile(BytesIO(content)) as file:
        names = file.namelist()
        sizes = {name: len(file.read(name)) for name in names}
    key = signing.current().public_key
    assert len(names) >= 12
    for name in names:
        for place in {0, sizes[name] // 2, sizes[name] - 1}:

            def change(data, place=place):
                return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

            (tmp_path / "changed.zip").write_bytes(changed(content, name, change))
            assert verify.verify(tmp_path / "changed.zip", key).faults != [], (name, place)


def test_a_file_more_or_less_is_reported(closed, tmp_path):
    content = BytesIO(pack(closed))
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("more.txt", "more")
    code, printed = verified(tmp_path, content.getvalue())
    assert (code, "more.txt" in printed) == (1, True)


def test_another_key_is_reported(closed, tmp_path):
    other = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    code, printed = verified(tmp_path, pack(closed), signing._text(other))
    assert (code, "公钥" in printed) == (1, True)


def test_an_earlier_key_leads_to_the_present_one(closed, tmp_path):
    old = signing.make().public_key
    signing.make()
    code, printed = verified(tmp_path, pack(closed), old)
    assert code == 0, printed


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("620201001/lines.jsonl", b'"gross":"350.00"', b'"gross":"450.00"'),
        ("620201001/lines.jsonl", "甲".encode(), "戊".encode()),
        ("620201001/lines.jsonl", b'"first_day":"2021-01-01"', b'"first_day":"2020-01-01"'),
        ("620201001/sheet.json", b'"step": "approve"', b'"step": "return"'),
        ("620201001/sheet.json", b'"people": ', b'"people": 1'),
        ("620201001/sheet.json", b'"closed_before": false', b'"closed_before": true'),
        ("620201001/payments.json", b'"step": "send"', b'"step": "give_up"'),
        ("head.json", b'"seal": "', b'"seal": "0'),
        ("620201001/seals.json", b'"month": "2024-05-01"', b'"month": "2024-06-01"'),
        ("620201001/payments.json", b'"amount": "350.00"', b'"amount": "351.00"'),
        ("620201001/payments.json", b'"from": "in_transit"', b'"from": "refused"'),
        ("620201001/seals.json", b'"previous_seal": ""', b'"previous_seal": "0"'),
        ("chain.jsonl", b'"act":"close"', b'"act":"export"'),
        ("chain.jsonl", b'"previous":"', b'"previous":"0'),
        ("head.json", b'"digest": "', b'"digest": "0'),
        ("rules.json", b'"yearly_increment": "50.00"', b'"yearly_increment": "60.00"'),
        ("manifest.json", b'"month": "2024-05-01"', b'"month": "2024-06-01"'),
    ],
)
def test_even_with_the_signing_key_a_change_does_not_fit(closed, tmp_path, name, old, new):
    content = pack(closed)
    key = signing.current().public_key

    def change(data):
        assert old in data
        return data.replace(old, new, 1)

    code, printed = verified(tmp_path, signed_again(content, name, change), key)
    assert (code, "差异" in printed) == (1, True), printed


EARLIER = "2024-05-01T00:00:00.000000Z"


def approval(sheet):
    return next(event for event in sheet["events"] if event["step"] == "approve")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        edited("620201001/sheet.json", lambda sheet: sheet["certificates"].clear()),
        edited("620201001/sheet.json", lambda sheet: sheet["signers"]["endorsed"].update(id=0)),
        edited("620201001/sheet.json", lambda sheet: sheet["closing"].update(people=9)),
        edited("620201001/sheet.json", lambda sheet: sheet["closing"].pop("steps")),
        edited("620201001/sheet.json", lambda sheet: sheet["events"][0].update(at="2024-05-01T00:00:00.000000Z")),
        edited("620201001/sheet.json", lambda sheet: sheet["events"][-1].update(at="2024-05-01T00:00:00.000000Z")),
        edited(
            "620201001/sheet.json", lambda sheet: sheet["confirmations"][0].update(at="2024-05-01T00:00:00.000000Z")
        ),
        edited("620201001/payments.json", lambda data: data["payments"].append(data["payments"][0] | {"ordinal": 2})),
        edited("620201001/seals.json", lambda rows: rows.pop()),
    ],
)
def test_parts_deleted_added_or_exchanged_in_a_pack_do_not_fit(closed, tmp_path, name, change):
    content = signed_again(pack(closed), name, change)
    code, printed = verified(tmp_path, content, signing.current().public_key)
    assert (code, name in printed) == (1, True), printed


def test_a_payment_to_another_account_than_the_lines_is_noted(closed, tmp_path):
    name, change = edited(
        "620201001/payments.json", lambda data: data["payments"][0]["items"][0].update(account_digest="0")
    )
    code, printed = verified(tmp_path, signed_again(pack(closed), name, change), signing.current().public_key)
    assert (code, "付款账号不是封存时的账号" in printed) == (0, True), printed


def test_heads_older_and_newer_than_the_pack_are_distinguished_and_unreadable_ones_refused(closed, tmp_path, capsys):
    path, key = tmp_path / "pack.zip", signing.current().public_key
    path.write_bytes(pack(closed))
    newer = tmp_path / "newer.json"
    newer.write_bytes(heads.as_file(heads.issue()))
    assert verify.main([str(path), key, "--head", str(newer)]) == 3
    assert "晚于" in capsys.readouterr().out
    newer.write_text("no head")
    assert verify.main([str(path), key, "--head", str(newer)]) == 2
    assert "newer.json" in capsys.readouterr().err


def test_a_pack_ends_at_the_first_head_after_the_last_entry_of_its_sheets(closed):
    first = heads.issue()
    heads.issue()
    with zipfile.ZipFile(BytesIO(pack(closed))) as file:
        assert json.loads(file.read("head.json"))["document"] == first.document
        assert json.loads(file.read("chain.jsonl").splitlines()[-1])["id"] == first.entry_id


@pytest.mark.usefixtures("committed")
def test_no_other_user_waits_for_a_pack(closed, monkeypatch):
    """While it is written, another connection writes an entry of the audit log."""

    def record():
        try:
            with transaction.atomic():
                audit.record(Act.EXPORT, "另一人")
        finally:
            connection.close()

    def of_lines(*given, before=contents.of_lines):
        other = threading.Thread(target=record)
        other.start()
        other.join(20)
        assert not other.is_alive()
        return before(*given)

    monkeypatch.setattr(contents, "of_lines", of_lines)
    with zipfile.ZipFile(BytesIO(pack(closed))) as file:
        assert "另一人" not in file.read("chain.jsonl").decode()
    assert AuditEntry.objects.filter(subject="另一人").exists()


def test_the_command_writes_a_months_pack_once(closed, tmp_path, capsys):
    path = tmp_path / "pack.zip"
    call_command("audit_pack", MONTHS[1], path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert proof.digest_of(verify) in capsys.readouterr().out
    assert verify.main([str(path), signing.current().public_key]) == 0
    with pytest.raises(CommandError):
        call_command("audit_pack", MONTHS[1], path)
    with pytest.raises(CommandError):
        call_command("audit_pack", MONTHS[1].next, tmp_path / "none.zip")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pack.zip"]


def test_a_draft_has_no_pack(closed, community, tmp_path):
    sheets.prepare(MONTHS[1].next, [community.subdistrict])
    with pytest.raises(CommandError):
        call_command("audit_pack", MONTHS[1].next, tmp_path / "pack.zip")
    assert list(tmp_path.iterdir()) == []


def test_an_auditor_gets_it_from_the_sheets_page_and_it_is_logged(client, auditor, closed):
    client.force_login(auditor)
    address = reverse("audit-pack", args=[MONTHS[1], closed.subdistrict.code])
    assert address in client.get(closed.get_absolute_url()).text
    answer = client.post(address)
    content = b"".join(answer.streaming_content)
    entry = AuditEntry.objects.latest("id")
    assert (entry.act, entry.user) == (Act.EXPORT, auditor)
    assert entry.details["lines"] == closed.lines.count() > 0
    assert quote(f"{closed}审计包.zip") in answer["Content-Disposition"]
    assert entry.details["sha256"] == verify.hashlib.sha256(content).hexdigest()


def test_finance_has_no_part_of_the_audit_log_and_so_no_pack(client, finance, closed):
    client.force_login(finance)
    address = reverse("audit-pack", args=[MONTHS[1], closed.subdistrict.code])
    assert address not in client.get(closed.get_absolute_url()).text
    assert client.post(address).status_code == 403


def test_the_verifiers_ed25519_is_that_of_the_library():
    for number in range(5):
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        content = b"content" * number
        signature = private.sign(content)
        assert verify.is_signed(content, signature, public)
        assert not verify.is_signed(content + b"x", signature, public)
        assert not verify.is_signed(content, bytes([signature[0] ^ 1]) + signature[1:], public)
        grown = int.from_bytes(signature[32:], "little") + verify.Q  # the same number, not the least
        assert not verify.is_signed(content, signature[:32] + grown.to_bytes(32, "little"), public)


def test_entries_of_a_sheet_are_found_whatever_language_they_were_written_in(closed, finance):
    with translation.override("en"):
        [june] = sheets.prepare(MONTHS[1].next, [closed.subdistrict])
        exports.export([closed], exports.Format.XLSX, actor=finance)
        exports.export([closed], exports.Format.SUMMARY, actor=finance)
    found = contents.concerning([closed])
    assert {Act.PREPARE, Act.CLOSE, Act.EXPORT} <= {entry.act for entry in found}
    named = {entry.details.get("sheet") or tuple(entry.details["sheets"]) for entry in found}
    assert named == {closed.pk, (closed.pk,)}
    assert [entry.act for entry in contents.concerning([june])] == [Act.PREPARE]
    assert AuditEntry.objects.get(act=Act.PREPARE, details__sheet=june.pk).subject == "雄关街道2024年6月"
