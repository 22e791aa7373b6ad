"""The command that takes in the bank's answer: what it prints, refuses and remembers."""

import io
import json

import pytest
from django.core.management import call_command

from jygroups.lib.months import Month
from subsidies.bank import answers, payments
from subsidies.models import BankAnswer, PayResult, PayStage
from subsidies.month import arrivals
from tests import factories
from tests.subsidies.bank.answer_case import CODE, COLUMNS, NOVEMBER, Case, counted

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def case(finance):
    return lambda name, month=NOVEMBER: Case(name, month, finance)


def test_the_same_file_twice_is_refused_with_what_is_known(case):
    found = case("bank-bounced-after-paid")
    found.command("all.csv", COLUMNS)
    count = PayResult.objects.count()
    code, result, errors = found.command("all.csv")
    assert code == 1
    assert counted(result, known=3)
    assert errors
    assert PayResult.objects.count() == count


def test_an_answer_that_the_command_took_in_can_be_revoked(case, finance):
    found = case("bank-bounced-after-paid")
    found.command("all.csv", COLUMNS)
    answers.revoke(BankAnswer.objects.get(), reason="拿错", actor=finance)
    assert set(found.standing().values()) == {"in_transit"}


def test_a_file_mostly_of_another_batch_is_refused_and_its_rows_are_explained(case, tmp_path):
    found = case("bank-bounced-after-paid")
    factories.answered(found.sheet, refused=["赵试甲"])
    line = found.sheet.lines.get(name="赵试甲")
    found.hand_out(payments.pay(found.sheet, {line.pk: payments.Choice.TODAY}, actor=found.finance))
    code, _result, errors = found.command("all.csv", COLUMNS)
    assert code == 1
    assert "第1批" in errors
    assert arrivals.shares([found.sheet])[found.sheet.pk]["in_transit"].count == 1


@pytest.mark.parametrize(
    "given",
    [
        "[1]",
        "{",
        '{"acount":"x"}',
        '{"paid":"成功"}',
        '{"only":"all"}',
        '{"paid":["x"],"refused":["x"]}',
        '{"in_fen":1}',
        '{"header":{"Sheet1":"x"}}',
        '{"header":true}',
        '{"header":-1}',
    ],
)
def test_a_mapping_that_is_none_is_a_usage_error(case, given):
    found = case("bank-masked-account")
    code, result, errors = found.command("answer.csv", given)
    assert code == 2
    assert result == {}
    assert "--mapping" in errors


def test_a_title_that_the_file_does_not_have_is_named(case):
    code, result, errors = case("bank-masked-account").command("answer.csv", COLUMNS | {"account": "卡号"})
    assert code == 1
    assert "卡号" in result["questions"][0]["question"]
    assert "帐号" in errors


def test_without_a_payment_nothing_is_answered(case, tmp_path):
    found = case("bank-masked-account")
    for options in ({"payment": 2}, {"payment": 0}):
        assert found.command("answer.csv", COLUMNS, **options)[0] == 1
    found.month = Month(2026, 10)
    assert found.command("answer.csv", COLUMNS)[0] == 1
    assert found.command("answer.csv", COLUMNS, subdistrict="620201009")[0] == 2
    assert found.command(tmp_path / "none.csv", COLUMNS)[0] == 1
    assert not BankAnswer.objects.exists()


def test_the_command_prints_what_it_did_and_each_row_left_over(case, tmp_path):
    found = case("bank-masked-account")
    text = (found.folder / "answer.csv").read_text("gb18030") + "4,李试丁,6228****9999,200.00,成功,\n合计,,,800.00,,\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    code, result, _errors = found.command(tmp_path / "a.csv", COLUMNS, dry_run=True)
    assert [each["row"] for each in result["unmatched"]] == ["5"]
    out, err = io.StringIO(), io.StringIO()
    options = {"subdistrict": CODE, "mapping": json.dumps(COLUMNS), "stdout": out, "stderr": err}
    call_command("import_bank_answer", str(tmp_path / "a.csv"), "2026-11", **options)
    assert "3" in out.getvalue()
    assert "李试丁" in err.getvalue()
    assert found.standing() == dict.fromkeys(["赵试甲", "钱试乙", "孙试丙"], "arrived")


def test_remembered_columns_serve_only_the_very_same_titles(case, tmp_path):
    found = case("bank-bounced-after-paid")
    assert found.command("all.csv", COLUMNS)[0] == 0
    text = (found.folder / "bounced.csv").read_text("gb18030")
    for titles in ("序号,姓名,帐号,金额,处理结果,说明", "姓名,序号,帐号,金额,处理结果,原因"):
        (tmp_path / "a.csv").write_text("\n".join([titles, *text.splitlines()[1:]]), "utf-8")
        code, result, _errors = found.command(tmp_path / "a.csv")
        assert code == 1
        assert result["questions"][0]["about"] == "columns"
    assert PayStage.BOUNCED not in found.standing().values()


def test_a_file_with_titles_only_is_no_answer(case, tmp_path):
    path = tmp_path / "空.csv"
    path.write_text("序号,姓名,帐号,金额,处理结果,原因\n", encoding="utf-8")
    code, result, errors = case("bank-bounced-after-paid").command(path, COLUMNS)
    assert (code, [question["about"] for question in result["questions"]]) == (1, ["file"])
    assert "没有人员" in errors
    assert not BankAnswer.objects.exists()


def test_a_person_whom_the_file_names_twice_alike_counts_once_and_is_printed(case, tmp_path):
    found = case("bank-bounced-after-paid")
    rows = (found.folder / "all.csv").read_text("gb18030").splitlines()
    path = tmp_path / "重复.csv"
    path.write_text("\n".join([*rows, rows[1]]), encoding="gb18030")
    code, result, errors = found.command(path, COLUMNS)
    assert code == 0
    assert counted(result, arrived=3)
    assert "赵试甲" in errors
    assert "第2行、第5行" in errors
