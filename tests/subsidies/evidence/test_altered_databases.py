"""What is changed in the database behind the application is named by seals, heads and audit packs."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.urls import reverse

from jygroups.lib import constraints
from jygroups.lib.refusals import Refused
from registry.models import Act, AuditEntry
from registry.records import heads, seal_keys, signing
from subsidies.evidence import services
from subsidies.models import PaymentItem, PayResult, ResultSeal, Sheet, SheetLine, Step
from subsidies.month import certificates, closing, seals
from tests.subsidies.evidence.packs import pack, verified

pytestmark = pytest.mark.usefixtures("standard")


def closed_before(closed, *, form: int = 0) -> None:
    """The audit entry of the closing as it is of a sheet that was closed before entries covered the content, or the
    approval flow (form 1).
    """
    constraints.remove_triggers()
    previous = ""
    for entry in AuditEntry.objects.order_by("id"):
        if entry.act == Act.CLOSE and entry.details["sheet"] == closed.pk:
            del entry.details["closing_form"]
            if form:
                entry.details["closing"] = closing.digest(closed, certificates.lines_of(closed), form)
            else:
                del entry.details["closing"], entry.details["certificate"]
        entry.previous, entry.digest = previous, ""
        entry.digest = previous = seal_keys.digest(entry)
        entry.save()


def test_a_changed_line_of_a_sheet_closed_before_is_not_certified(closed):
    closed_before(closed)
    assert pack(closed)
    SheetLine.objects.filter(pk=closed.lines.get(name="甲").pk).update(bank="别的银行")
    with pytest.raises(Refused, match="甲"):
        pack(closed)


def test_the_content_of_a_sheet_closed_before_is_named_as_unprotected(closed, tmp_path):
    closed_before(closed)
    code, printed = verified(tmp_path, pack(closed), signing.current().public_key)
    assert (code, "内容未受封存摘要保护" in printed, "全部一致" in printed) == (3, True, False), printed
    assert "封存内容：" not in printed


def test_a_line_changed_in_the_database_after_closing_is_reported_by_pack_seal_and_chain(closed, tmp_path, monkeypatch):
    """It fits in itself: facts, amounts, totals."""
    constraints.remove_triggers()
    line = closed.lines.get(name="甲")
    SheetLine.objects.filter(pk=line.pk).update(bank="别的银行")
    with pytest.raises(Refused, match="甲"):
        pack(closed)
    with monkeypatch.context() as patched:
        patched.setattr(services.seals, "verify_sheet", lambda sheet: [])
        content = pack(closed)
    code, printed = verified(tmp_path, content, signing.current().public_key)
    assert (code, "封存" in printed) == (1, True), printed
    found = [str(each) for each in seals.verify()]
    assert any("甲" in each for each in found)
    assert any("审计日志" in each for each in found)


def test_a_rewritten_past_does_not_continue_a_head_that_the_auditor_keeps(closed, tmp_path):
    head = heads.issue()
    (tmp_path / "head.json").write_bytes(heads.as_file(head))
    key = signing.current().public_key
    code, printed = verified(tmp_path, pack(closed), key, "--head", "head.json")
    assert (code, "此前签发的链头：1" in printed) == (0, True), printed
    constraints.remove_triggers()
    previous = ""
    for entry in AuditEntry.objects.order_by("id"):
        entry.previous = previous
        if entry.act == Act.PREPARE:
            entry.subject += "（改）"
        entry.digest = previous = seal_keys.digest(entry)
        entry.save()
    code, printed = verified(tmp_path, pack(closed), key, "--head", "head.json")
    assert (code, "不承接" in printed) == (1, True), printed


def test_a_deleted_closed_sheet_is_named_by_seals_page_and_head(closed, client, auditor, tmp_path):
    call_command("issue_heads", folder=str(tmp_path))
    constraints.remove_triggers()
    PayResult.objects.all().delete()
    PaymentItem.objects.all().delete()
    for rows in (closed.payments, closed.confirmations, closed.certificates, closed.events, closed.lines):
        rows.all().delete()
    ResultSeal.objects.filter(sheet=closed).delete()
    Sheet.objects.filter(pk=closed.pk).delete()
    [found] = list(seals.verify())
    assert found.sheet is None
    assert "2024年5月" in str(found)
    client.force_login(auditor)
    assert str(found) in client.post(reverse("seals-verify")).text
    assert any("2024-05" in each for each in heads.verify().faults)
    with pytest.raises(CommandError):
        call_command("verify_audit", head=list(tmp_path.iterdir()))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (lambda closed: closed.events.filter(step=Step.SUBMIT), "审计日志"),
        (lambda closed: closed.events.filter(step=Step.APPROVE), "批准"),
        (lambda closed: closed.confirmations, "审计日志"),
    ],
)
def test_a_changed_time_of_the_approval_flow_is_named(closed, rows, words):
    constraints.remove_triggers()
    hour = timedelta(hours=1)
    rows(closed).update(at=F("at") - hour)
    assert any(words in each.text for each in seals.verify())
    with pytest.raises(Refused):
        pack(closed)
    rows(closed).update(at=F("at") + hour)
    assert list(seals.verify()) == []


def test_a_closing_of_before_they_covered_the_approval_flow_stays_valid(closed, tmp_path):
    closed_before(closed, form=1)
    assert list(seals.verify()) == []
    code, printed = verified(tmp_path, pack(closed), signing.current().public_key)
    assert (code, "时间未受保护" in printed) == (0, True), printed
    closed.lines.filter(name="甲").update(bank="别的银行")
    assert any("审计日志" in each.text for each in seals.verify())


def test_a_deleted_certificate_is_named(closed):
    constraints.remove_triggers()
    closed.certificates.all().delete()
    assert any("复算证明" in str(each) for each in seals.verify())


def test_a_seal_that_a_signed_head_has_otherwise_is_named(closed):
    heads.issue()
    assert heads.verify().faults == []
    constraints.remove_triggers()
    Sheet.objects.filter(pk=closed.pk).update(seal="0" * 64)
    assert any("2024-05" in each for each in heads.verify().faults)


def test_a_reopened_sheet_is_named(closed):
    constraints.remove_triggers()
    none = dict.fromkeys(("submitted_by", "endorsed_by", "approved_by", "approved_at"))
    Sheet.objects.filter(pk=closed.pk).update(state="draft", seal="", previous_seal="", **none)
    assert any("曾经封存" in str(each) for each in seals.verify())


def test_a_sheet_without_its_closing_in_the_log_or_its_event_is_named(closed):
    constraints.remove_triggers()
    closed.events.filter(step=Step.APPROVE).delete()
    assert any("流转" in str(each) for each in seals.verify())
    AuditEntry.objects.filter(act=Act.CLOSE).delete()
    assert any("应为1条" in str(each) for each in seals.verify())


def test_a_closed_sheet_is_whole(closed):
    assert list(seals.verify()) == []
    [entry] = AuditEntry.objects.filter(act=Act.CLOSE, details__sheet=closed.pk)
    assert entry.user_id == closed.approved_by_id


def test_a_pack_is_refused_for_a_payment_or_an_audit_entry_that_was_changed(closed):
    constraints.remove_triggers()
    entry = AuditEntry.objects.filter(act=Act.PREPARE, details__sheet=closed.pk).get()
    AuditEntry.objects.filter(pk=entry.pk).update(details=entry.details | {"lines": 9})
    with pytest.raises(Refused, match=str(entry.pk)):
        pack(closed)
    AuditEntry.objects.filter(pk=entry.pk).update(details=entry.details)
    closed.payments.update(amount=1)
    with pytest.raises(Refused, match="批"):
        pack(closed)
    closed.payments.update(amount=closed.net)
    assert pack(closed)
