"""Payment events changed, deleted or added by SQL are named by `verify_seals` and `reconcile`, and nothing is paid."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jygroups.lib.refusals import Refused
from subsidies.bank import answers, payments
from subsidies.bank.payments import Choice
from subsidies.models import BankAnswer, PayResult, State
from subsidies.month import seals, sheets
from tests import factories
from tests.lib.test_binding import execute
from tests.subsidies.bank.steps import MAY, file, row, take_in, url

pytestmark = pytest.mark.usefixtures("standard")
FIRST = "line_id = (SELECT id FROM subsidies_sheetline WHERE name = '赵一') AND ordinal = {}"
MISSING = "第{}条发放记录缺失"


@pytest.fixture
def answered(sheet, payment, finance, unguarded):
    """赵一 refused and given up, 李四 never sent and given up, the others arrived; the guards are removed."""
    factories.answered(sheet, refused=["赵一"])
    answers.give_up(sheet.lines.get(name="赵一"), reason="本人放弃", actor=finance)
    assert list(seals.verify()) == []
    unguarded()
    return sheet


def found() -> list[tuple[str, str]]:
    return [(each.line.name if each.line else "", each.text) for each in seals.verify()]


REFUSED = "第2条发放记录（银行退回，2026-11-{}）与登记时不一致"
CHANGES = {
    "item_id = (SELECT MIN(id) FROM subsidies_paymentitem WHERE name <> '赵一')": REFUSED.format(10),
    "reason = '另一个原因'": REFUSED.format(10),
    "day = '2026-11-11'": REFUSED.format(11),
    "digest = ''": REFUSED.format(10),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_event_is_named(answered, change):
    execute(f"UPDATE subsidies_payresult SET {change} WHERE {FIRST.format(2)}")
    assert found()[0] == ("赵一", CHANGES[change])
    assert {name for name, _text in found()} == {"赵一"}


@pytest.mark.parametrize("ordinal", [1, 2, 3])
def test_a_deleted_event_is_named_be_it_the_last_one(answered, ordinal):
    execute(f"DELETE FROM subsidies_payresult WHERE {FIRST.format(ordinal)}")
    assert ("赵一", MISSING.format(ordinal)) in found()
    for command, args in (("verify_seals", ()), ("reconcile", ("2024-05",))):
        with pytest.raises(CommandError) as refusal:
            call_command(command, *args, stderr=(error := io.StringIO()))
        assert f"赵一 · {MISSING.format(ordinal)}" in error.getvalue() + str(refusal.value)


def test_all_events_of_a_line_deleted_are_named_one_by_one(answered):
    execute("DELETE FROM subsidies_payresult WHERE line_id = (SELECT id FROM subsidies_sheetline WHERE name = '赵一')")
    [_of_the_payment, *events] = found()
    assert events == [("赵一", MISSING.format(ordinal)) for ordinal in (1, 2, 3)]


def test_an_event_added_by_sql_is_named(answered):
    columns = ", ".join(each.column for each in PayResult._meta.fields if not each.primary_key)
    changed = {"ordinal": "4", "source": "'given_up'", "stage": "'refused'", "step": "'reinstate'"}
    values = ", ".join(changed.get(each, each) for each in columns.split(", "))
    execute(f"INSERT INTO subsidies_payresult ({columns}) SELECT {values} FROM subsidies_payresult "
            f"WHERE {FIRST.format(3)}")  # fmt: skip
    assert ("赵一", "第4条发放记录不是由系统登记的") in found()


@pytest.mark.parametrize("change", [
    "UPDATE subsidies_resultseal SET counts = '{}'",
    "UPDATE subsidies_resultseal SET seal = ''",
    "DELETE FROM subsidies_resultseal",
])  # fmt: skip
def test_the_seal_of_the_events_cannot_be_removed_or_rewritten(answered, change):
    execute(f"DELETE FROM subsidies_payresult WHERE {FIRST.format(3)}")
    execute(change)
    assert found() != []


def test_deleting_the_only_event_together_with_the_seal_is_found(sheet, finance, unguarded):
    answers.give_up(sheet.lines.get(name="赵一"), reason="本人放弃", actor=finance)
    unguarded()
    execute("DELETE FROM subsidies_payresult")
    execute("DELETE FROM subsidies_resultseal")
    assert found() == [("", "发放记录的封存校验码无效")]


def test_nothing_is_paid_by_a_sheet_whose_events_were_changed(answered, finance):
    execute(f"UPDATE subsidies_payresult SET reason = '' WHERE {FIRST.format(3)}")
    with pytest.raises(Refused, match="赵一"):
        payments.pay(answered, {answered.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)


# Nothing is recorded over it ----------------------------------------------------------------------------------------


def give_up(answered, finance, name="李四"):
    return answers.give_up(answered.lines.get(name=name), reason="本人放弃", actor=finance)


@pytest.fixture
def refused(sheet, payment, finance, unguarded):
    """赵一 and 李四 refused, the others arrived; the guards are removed."""
    factories.answered(sheet, refused=["赵一", "李四"])
    unguarded()
    return sheet


@pytest.mark.parametrize("name", ["赵一", "李四"])
@pytest.mark.parametrize(("change", "fault"), [
    (f"DELETE FROM subsidies_payresult WHERE {FIRST.format(2)}", MISSING.format(2)),
    (f"UPDATE subsidies_payresult SET ordinal = 3 WHERE {FIRST.format(2)}", MISSING.format(2)),
])  # fmt: skip
def test_nothing_is_recorded_on_a_sheet_whose_events_are_incomplete(refused, finance, name, change, fault):
    execute(change)
    before = found()
    with pytest.raises(Refused, match=f"赵一 · {fault}"):
        give_up(refused, finance, name)
    assert found() == before != []


@pytest.mark.parametrize("change", ["reason = 'x'", "digest = ''", "step = 'arrive', stage = 'arrived'"])
def test_nothing_is_recorded_after_an_event_that_was_changed(refused, finance, change):
    execute(f"UPDATE subsidies_payresult SET {change} WHERE {FIRST.format(2)}")
    with pytest.raises(Refused, match="赵一 · 第2条"):
        give_up(refused, finance, "赵一")


@pytest.mark.parametrize("change", [
    "UPDATE subsidies_resultseal SET seal = ''",
    "UPDATE subsidies_resultseal SET seal = '哈'",
    "UPDATE subsidies_resultseal SET counts = '[]'",
    "DELETE FROM subsidies_resultseal",
    f"UPDATE subsidies_payresult SET digest = '哈' WHERE {FIRST.format(2)}",
])  # fmt: skip
def test_nothing_is_recorded_on_a_sheet_whose_seal_is_not_valid(refused, finance, change):
    execute(change)
    with pytest.raises(Refused, match="发放记录的封存校验码无效"):
        give_up(refused, finance)
    assert found() != []


def test_the_page_names_what_is_not_whole(page, refused):
    execute("DELETE FROM subsidies_resultseal")
    answer = page.post(
        url("give-up", MAY, refused.lines.get(name="李四").member_id), {"reason": "本人放弃"}, follow=True
    )
    assert "发放记录的封存校验码无效" in answer.text


# Damaged values, and rows that contradict the events ----------------------------------------------------------------

LINE = "(SELECT id FROM subsidies_sheetline WHERE name = '赵一')"
INVALID = ("", "发放记录的封存校验码无效")


@pytest.mark.parametrize("counts", ["[]", "null", '{"1": "1"}', '{"x": 1}', '{"1": null}', "3"])
def test_numbers_of_events_that_cannot_be_read_are_named(answered, counts):
    execute(f"UPDATE subsidies_resultseal SET counts = '{counts}'")
    assert found() == [INVALID]


def test_numbers_of_events_that_are_no_json_are_named(answered):
    if connection.vendor == "sqlite":
        execute("UPDATE subsidies_resultseal SET counts = 'xx'")
        assert found() == [INVALID]


@pytest.mark.parametrize(("table", "column", "where", "name"), [
    ("sheet", "seal", "1 = 1", ""),
    ("sheetline", "digest", "name = '赵一'", "赵一"),
    ("paymentitem", "digest", "name = '赵一'", "赵一"),
    ("payresult", "digest", FIRST.format(1), "赵一"),
    ("resultseal", "seal", "1 = 1", ""),
])  # fmt: skip
def test_a_digest_that_is_no_digest_is_named(answered, table, column, where, name):
    execute(f"UPDATE subsidies_{table} SET {column} = '哈' WHERE {where}")
    assert name in {who for who, _text in found()}


@pytest.mark.parametrize("change", ["payresult SET at", "payresult SET day", "payment SET at"])
def test_a_time_that_is_no_time_is_named(answered, change):
    if connection.vendor == "sqlite":
        execute(f"UPDATE subsidies_{change} = 'x'")
        assert found() != []


def test_an_event_before_the_first_is_named(answered):
    columns = [each.column for each in PayResult._meta.fields if not each.primary_key]
    changed = {"ordinal": "0", "line_id": LINE.replace("赵一", "李四")}
    values = ", ".join(changed.get(each, each) for each in columns)
    if connection.vendor == "sqlite":  # PostgreSQL knows -1 and 0 as well
        execute(f"INSERT INTO subsidies_payresult ({', '.join(columns)}) SELECT {values} FROM subsidies_payresult "
                f"WHERE {FIRST.format(3)}")  # fmt: skip
        assert ("李四", "第0条发放记录不是由系统登记的") in found()


ITEM = "(SELECT id FROM subsidies_paymentitem WHERE name = '赵一')"
PAYMENT = "(SELECT id FROM subsidies_payment)"
WITHDRAWN = f"INSERT INTO subsidies_withdrawal (payment_id, reason, at) VALUES ({PAYMENT}, 'x', CURRENT_TIMESTAMP)"


@pytest.mark.parametrize(("change", "fault"), [
    (f"DELETE FROM subsidies_payresult WHERE line_id = {LINE}", "没有将本人送交银行的发放记录"),
    (WITHDRAWN, "标记为已撤回，但并非每人都有撤回的发放记录"),
    ("UPDATE subsidies_payment SET at = '2020-01-01'", "制作人或制作时间与发放记录不符"),
    ("UPDATE subsidies_payment SET by_id = NULL", "制作人或制作时间与发放记录不符"),
])  # fmt: skip
def test_a_payment_that_contradicts_the_events_is_named(answered, change, fault):
    execute(change)
    assert any(fault in text for _who, text in found()), found()


@pytest.mark.parametrize(("change", "fault"), [
    ("DELETE FROM subsidies_withdrawal", "人员已退回，但未标记为已撤回"),
    ("UPDATE subsidies_withdrawal SET reason = 'x'", "撤回人或撤回原因与发放记录不符"),
])  # fmt: skip
def test_a_withdrawal_that_was_deleted_or_changed_is_named(sheet, payment, finance, unguarded, change, fault):
    payments.withdraw(payment, reason="账户错误", actor=finance)
    assert found() == []
    unguarded()
    execute(change)
    assert found() == [("", f"支付批次 {payment}：{fault}")]


def test_a_payment_moved_to_another_sheet_or_emptied_is_named_there(answered, community, finance):
    [june] = sheets.prepare(MAY.next, [community.subdistrict])
    factories.brought_to(june, State.APPROVED)
    execute(f"INSERT INTO subsidies_payment (sheet_id, ordinal, lines, amount, at) "
            f"VALUES ({june.pk}, 1, 0, 0, CURRENT_TIMESTAMP)")  # fmt: skip
    assert [each.sheet for each in seals.verify()] == [june]
    execute(f"UPDATE subsidies_paymentitem SET payment_id = (SELECT id FROM subsidies_payment WHERE lines = 0) "
            f"WHERE id = {ITEM}")  # fmt: skip
    assert {each.sheet for each in seals.verify()} == {june, answered}


def test_an_answer_marked_as_revoked_or_not_against_the_events_is_named(page, sheet, payment, finance, unguarded):
    take_in(page, file(row("赵一", "失败")))
    unguarded()
    other = factories.user("other")
    execute(f"UPDATE subsidies_bankanswer SET revoked_at = CURRENT_TIMESTAMP, revoked_by_id = {other.pk}")
    assert found() == [("", "银行回盘“回盘.csv”标记为已撤销，但发放记录中没有撤销")]
    execute("UPDATE subsidies_bankanswer SET revoked_at = NULL, revoked_by_id = NULL")
    assert found() == []
    answers.revoke(BankAnswer.objects.get(), reason="拿错", actor=other)
    assert found() == []
    execute("UPDATE subsidies_bankanswer SET revoked_at = NULL, revoked_by_id = NULL")
    assert found() == [("", "银行回盘“回盘.csv”已撤销，但未标记为已撤销")]
