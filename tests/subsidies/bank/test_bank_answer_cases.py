"""Answers of banks that were misread before: each through the command and through the page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from subsidies.bank import answers, mapping, memory, payments
from subsidies.models import BankAnswer, BankTemplate, PayResult
from subsidies.month import workflow
from tests.subsidies.bank.answer_case import CASES, CODE, COLUMNS, FAILED, NOVEMBER, Case, Walk, counted

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def case(finance):
    return lambda name, month=NOVEMBER: Case(name, month, finance)


@pytest.fixture
def page(client, finance):
    client.force_login(finance)
    return client


# A list of failures ------------------------------------------------------------------------------------------------


def test_a_list_of_failures_is_asked_about_though_another_answer_was_learnt(case):
    found = case("bank-failure-list")
    assert found.command("earlier_answer.csv", COLUMNS, dry_run=True)[0] == 0
    learn(found, "earlier_answer.csv")
    code, result, errors = found.command("failed.csv")
    assert code == 1
    assert counted(result)
    assert {each["about"] for each in result["questions"]} == {"columns", "holds"}
    assert '"only": "refused"' in errors
    assert not BankAnswer.objects.filter(name="failed.csv").exists()
    assert set(found.standing().values()) == {"in_transit"}


def learn(found, file):
    """The template remembers the columns of this file as if it had been taken in for an earlier month."""
    answer = answers.hand_in(
        payment=found.payment, name=file, content=(found.folder / file).read_bytes(), actor=found.finance
    )
    choices, _questions = mapping.applied(COLUMNS, answers.understand(answer))
    memory.learn(found.payment, choices, [], actor=found.finance, name=file)
    answer.delete()


@pytest.mark.parametrize("given", [FAILED, {"only": "refused"}])
def test_a_list_of_failures_refuses_its_people_and_leaves_the_others_in_transit(case, given):
    found = case("bank-failure-list")
    code, result, _errors = found.command("failed.csv", given)
    assert code == 0
    assert counted(result, refused=2, in_transit=1)
    assert found.standing() == {"赵试甲": "refused", "钱试乙": "refused", "孙试丙": "in_transit"}
    assert PayResult.objects.get(line__name="赵试甲", stage="refused").reason == "账户状态不正常"


def test_the_others_of_a_list_of_failures_have_arrived_if_the_user_decides_so(case):
    found = case("bank-failure-list")
    code, result, _errors = found.command("failed.csv", FAILED | {"rest": "paid"})
    assert code == 0
    assert counted(result, refused=2, arrived=1)
    assert found.standing()["孙试丙"] == "arrived"
    answer = BankAnswer.objects.get()
    assert (answer.paid, answer.refused, answer.in_transit) == (1, 2, 0)


def test_the_page_asks_what_a_list_of_failures_is_and_proposes_it(case, page):
    found = case("bank-failure-list")
    learn(found, "earlier_answer.csv")
    walk = Walk(page, found, "failed.csv")
    assert walk.step == "columns"
    assert walk.response.context["columns"].fields["says"].initial == "refused"
    walk.send(says="")
    assert walk.response.status_code == 422
    walk.send(says="refused")
    assert walk.counts() == {"arrived": 0, "refused": 2, "in_transit": 1}
    walk.send(rest="stay")
    assert found.standing() == {"赵试甲": "refused", "钱试乙": "refused", "孙试丙": "in_transit"}


def test_the_page_shows_how_many_others_there_are_before_they_are_recorded_as_arrived(case, page):
    found = case("bank-failure-list")
    walk = Walk(page, found, "failed.csv").send(says="refused")
    assert "未列出的1人" in walk.text
    walk.send(rest="paid")
    assert found.standing()["孙试丙"] == "arrived"
    assert "不在银行的失败名单上" in page.get(walk.address).text


def test_nobody_is_recorded_as_arrived_while_a_row_of_failures_fits_nobody(case, tmp_path):
    found = case("bank-failure-list")
    text = (found.folder / "failed.csv").read_text("gb18030").replace("6228480003000054431", "6228480003000054432")
    (tmp_path / "failed.csv").write_text(text, "utf-8")
    code, _result, errors = found.command(tmp_path / "failed.csv", FAILED | {"rest": "paid"})
    assert code == 1
    assert "钱试乙" not in found.standing() or found.standing()["钱试乙"] == "in_transit"
    assert errors


def test_a_column_that_contradicts_the_whole_list_is_shown(case, page):
    found = case("bank-bounced-after-paid")
    walk = Walk(page, found, "all.csv").send(says="refused")
    assert "处理结果" in walk.response.context["preview"].warnings[0]
    assert "成功" in walk.text
    assert "成功" in found.command("all.csv", COLUMNS | {"only": "refused", "state": ""}, dry_run=True)[2]


# Words of the outcome ----------------------------------------------------------------------------------------------


def test_what_is_still_in_process_stays_in_transit_and_the_last_answer_is_taken(case):
    found = case("bank-still-processing")
    code, result, _errors = found.command("first.csv", COLUMNS)
    assert code == 0
    assert counted(result, arrived=2, in_transit=1)
    line = found.sheet.lines.get(name="赵试甲")
    assert payments.candidates(found.sheet) == []
    with pytest.raises(Refused):
        payments.pay(found.sheet, {line.pk: payments.Choice.TODAY}, actor=found.finance)
    code, result, _errors = found.command("last.csv")  # remembered
    assert code == 0
    assert counted(result, arrived=1, known=2)
    assert set(found.standing().values()) == {"arrived"}


def test_the_page_leaves_who_is_in_process_in_transit(case, page):
    found = case("pending-word-is-refused", Month(2024, 5))
    walk = Walk(page, found, "answer.csv").send()
    assert walk.counts() == {"arrived": 3, "refused": 0, "in_transit": 1}
    walk.send()
    assert found.standing()["赵一"] == "in_transit"
    assert page.get(reverse("payment-make", args=[found.month, CODE])).status_code == 302  # nobody to try again


@pytest.mark.parametrize("word", ["待清算", "转入挂账", "9999", ""])
def test_a_word_on_no_list_is_asked_with_its_count_and_remembered(case, page, tmp_path, word):
    found = case("pending-word-is-refused", Month(2024, 5))
    mapping = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}
    text = (found.folder / "answer.csv").read_text("utf-8").replace("处理中", word)
    (tmp_path / "answer.csv").write_text(text, "utf-8")
    code, result, _errors = found.command(tmp_path / "answer.csv", mapping)
    assert code == 1
    assert counted(result)
    [question] = result["questions"]
    assert question["counts"] == {word or "(空)": 1}
    assert not BankAnswer.objects.exists()
    code, result, _errors = found.command(tmp_path / "answer.csv", mapping | {"refused": [word]})
    assert counted(result, arrived=3, refused=1)
    assert (word or "(空)") in BankTemplate.objects.get(name="代发工资文本（竖线分隔）").answer["words"]["refused"]


def test_the_page_takes_nothing_in_before_an_unknown_word_is_explained(case, page, tmp_path):
    found = case("pending-word-is-refused", Month(2024, 5))
    found.folder = tmp_path
    text = (CASES / "pending-word-is-refused/answer.csv").read_text("utf-8").replace("处理中", "转入挂账")
    (tmp_path / "answer.csv").write_text(text, "utf-8")
    walk = Walk(page, found, "answer.csv").send()
    assert walk.step == "words"
    assert "转入挂账" in walk.text
    assert page.post(walk.address, {"digest": "x", "day": f"{timezone.localdate()}"}).status_code == 302
    assert set(found.standing().values()) == {"in_transit"}
    walk.send()
    assert walk.response.status_code == 422
    walk.send(**{"word-0": "pending"})
    assert walk.counts() == {"arrived": 3, "refused": 0, "in_transit": 1}


# Sheets, masks, separators -----------------------------------------------------------------------------------------


def test_all_sheets_are_read(case):
    found = case("bank-two-sheets")
    given = {"account": "账号", "amount": "金额", "name": "户名", "state": "状态", "reason": "原因"}
    assert found.command("answer.xlsx")[0] == 1
    code, result, _errors = found.command("answer.xlsx", given)
    assert code == 0
    assert counted(result, arrived=2, refused=1)
    assert PayResult.objects.get(stage="refused").reason == "账户不存在"


def test_the_page_reads_all_sheets_and_names_them(case, page):
    found = case("bank-two-sheets")
    walk = Walk(page, found, "answer.xlsx")
    assert walk.step == "columns"
    assert "失败" in walk.text
    walk.send()
    assert walk.counts() == {"arrived": 2, "refused": 1, "in_transit": 0}
    walk.send()
    assert found.standing() == {"赵试甲": "arrived", "钱试乙": "arrived", "孙试丙": "refused"}


def test_masked_accounts_are_matched_by_their_ends_with_name_and_amount_and_marked(case, page):
    found = case("bank-masked-account")
    code, result, errors = found.command("answer.csv", COLUMNS, dry_run=True)
    assert code == 0
    assert counted(result, arrived=3)
    assert errors
    assert not BankAnswer.objects.exists()
    walk = Walk(page, found, "answer.csv").send()
    assert len(walk.response.context["preview"].masked) == 3
    walk.send()
    assert set(found.standing().values()) == {"arrived"}
    assert page.get(walk.address).text.count("银行遮盖了账号") == 3


@pytest.mark.parametrize("file", ["answer-semicolon.csv", "answer-tab.csv"])
def test_other_separators_are_found(case, page, file):
    found = case("answer-dated-before-payment", Month(2024, 5))
    found.folder = CASES / "delimiter-unknown"
    walk = Walk(page, found, file).send()
    assert walk.counts() == {"arrived": 1, "refused": 0, "in_transit": 3}
    given = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}
    assert counted(found.command(file, given)[1], arrived=1, in_transit=3)


def test_a_pdf_is_refused_with_the_cause(case, page):
    found = case("answer-dated-before-payment", Month(2024, 5))
    found.folder = CASES / "delimiter-unknown"
    walk = Walk(page, found, "answer.pdf")
    assert walk.response.status_code == 422
    assert "PDF" in walk.text
    code, result, errors = found.command("answer.pdf")
    assert code == 1
    assert "PDF" in errors
    assert "PDF" in result["questions"][0]["question"]
    assert not BankAnswer.objects.exists()


def test_an_unusual_separator_is_chosen_on_the_page(case, page, tmp_path):
    found = case("answer-dated-before-payment", Month(2024, 5))
    found.template.separator = "~"
    found.template.save()
    text = (found.folder / "answer.csv").read_text("utf-8").replace(",", " ")
    found.folder = tmp_path
    (tmp_path / "a.txt").write_text("开头的一行\n" + text, "utf-8")
    walk = Walk(page, found, "a.txt")
    assert walk.step == "columns"
    walk.send(place=0, separator=" ", **{"header-0": "2"})
    walk.send()
    assert walk.counts()["arrived"] == 1


# Days and bounces --------------------------------------------------------------------------------------------------


def test_a_day_before_the_payment_is_refused_beside_the_field(case, page):
    found = case("answer-dated-before-payment", Month(2024, 5))
    walk = Walk(page, found, "answer.csv").send()
    for day in ("1999-01-01", f"{timezone.localdate() - timedelta(1)}", f"{timezone.localdate() + timedelta(1)}"):
        walk.send(day=day)
        assert walk.response.status_code == 422
        assert "day" in walk.response.context["form"].errors
        assert set(found.standing().values()) == {"in_transit"}


def test_money_sent_back_after_the_month_is_settled_is_recorded(case):
    found = case("bank-bounced-after-paid")
    assert counted(found.command("all.csv", COLUMNS)[1], arrived=3)
    workflow.take(workflow.Step.SETTLE, sheet=found.sheet, actor=found.finance)
    code, result, _errors = found.command("bounced.csv")
    assert code == 0
    assert counted(result, bounced=1)
    assert found.standing()["赵试甲"] == "bounced"
    [open_to] = payments.candidates(found.sheet)
    assert open_to.line.name == "赵试甲"
