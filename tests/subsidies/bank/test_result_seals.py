"""Payment events changed, deleted or added by SQL are named by `verify_seals` and `reconcile`, and nothing is paid."""

import io

import pytest
from django.core.management import CommandError, call_command

from jygroups.lib.refusals import Refused
from subsidies.bank import answers, payments
from subsidies.bank.payments import Choice
from subsidies.models import PayResult
from subsidies.month import seals
from tests import factories
from tests.test_binding import execute

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
    assert found() == [("赵一", MISSING.format(ordinal)) for ordinal in (1, 2, 3)]


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
