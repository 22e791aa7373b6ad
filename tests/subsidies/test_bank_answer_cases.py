"""Answers of banks that were misread before: each through the command and through the page."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.file_tables import Table
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.imports import roster_files as rosters
from registry.models import Subdistrict
from subsidies import arrivals
from subsidies.bank import answers, mapping, memory, payments, ready_templates
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, BankTemplate, PayResult, PayStage, Sheet, State
from subsidies.month import sheets, workflow
from tests import factories
from tests.subsidies.bank import answering
from tests.test_routes import filled_in

CASES = Path(__file__).resolve().parents[1] / "cases"
CODE, NOVEMBER = "620201001", Month(2026, 11)
COLUMNS = {"account": "帐号", "amount": "金额", "name": "姓名", "state": "处理结果", "reason": "原因"}
FAILED = {"account": "银行账号", "amount": "发放金额", "name": "姓名", "reason": "支付未成功原因", "only": "refused"}
pytestmark = pytest.mark.usefixtures("city")


class Case:
    """A folder of inputs, its people approved and with the bank."""

    def __init__(self, name: str, month: Month, finance):
        self.folder, self.month, self.finance = CASES / name, month, finance
        loaded = rosters.load_roster(Table.read(self.folder / "roster.csv", shape=rosters.SHAPE), name=name)
        assert loaded.problems == []
        ready_templates.load_missing()
        [sheet] = sheets.prepare(month, Subdistrict.objects.filter(code=CODE))
        factories.brought_to(sheet, State.APPROVED)
        self.sheet = Sheet.objects.get()
        self.payment = payments.first(self.sheet, actor=finance)
        self.template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
        self.hand_out(self.payment)

    def hand_out(self, payment):
        exports.bank_file(payment, actor=self.finance, options=Options(purpose="代发", template=self.template))

    def command(self, file, mapping=None, **options):
        path = file if isinstance(file, Path) else self.folder / file
        return answering.command(path, self.month, CODE, mapping, **options)

    def standing(self):
        return answering.standing()


@pytest.fixture
def case(finance):
    return lambda name, month=NOVEMBER: Case(name, month, finance)


@pytest.fixture
def page(client, finance):
    client.force_login(finance)
    return client


class Walk:
    """The steps of one answer on its page."""

    def __init__(self, page, case: Case, file: str, batch=None):
        self.page, self.case = page, case
        upload = SimpleUploadedFile(Path(file).name, (case.folder / file).read_bytes())
        address = reverse("bank-answer-add", args=[case.month, CODE])
        self.response = page.post(
            address, {"file": upload, "payment": (batch or case.payment).pk}, follow=True
        )  # fmt: skip

    @property
    def address(self):
        return BankAnswer.objects.latest("pk").get_absolute_url()

    @property
    def step(self):
        return self.response.context["step"]

    @property
    def text(self):
        return BeautifulSoup(self.response.text, "html.parser").main.get_text(" ", strip=True)

    def send(self, place=-1, **changes):
        """Send the page's form as it is filled in, with these changes."""
        form = BeautifulSoup(self.response.text, "html.parser").main.select("form[method=post]")[place]
        data = {name: value for name, value in (filled_in(form) | changes).items() if value is not None}
        self.response = self.page.post(self.address, data, follow=True)
        return self

    def counts(self):
        found = self.response.context["preview"]
        return {"arrived": len(found.paid), "refused": len(found.refused), "in_transit": found.in_transit}


def counted(result, **counts):
    zero = dict.fromkeys(("arrived", "refused", "in_transit", "bounced", "known"), 0)
    return {name: result[name] for name in zero} == zero | counts


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


def test_the_others_of_a_list_of_failures_have_arrived_if_the_user_says_so(case):
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


def test_the_page_shows_how_many_others_there_are_before_they_are_said_to_have_arrived(case, page):
    found = case("bank-failure-list")
    walk = Walk(page, found, "failed.csv").send(says="refused")
    assert "未列出的1人" in walk.text
    walk.send(rest="paid")
    assert found.standing()["孙试丙"] == "arrived"
    assert "不在银行的失败名单上" in page.get(walk.address).text


def test_nobody_is_said_to_have_arrived_while_a_row_of_failures_fits_nobody(case, tmp_path):
    found = case("bank-failure-list")
    text = (found.folder / "failed.csv").read_text("gb18030").replace("6228480003000054431", "6228480003000054432")
    (tmp_path / "failed.csv").write_text(text, "utf-8")
    code, _result, errors = found.command(tmp_path / "failed.csv", FAILED | {"rest": "paid"})
    assert code == 1
    assert "钱试乙" not in found.standing() or found.standing()["钱试乙"] == "in_transit"
    assert errors


def test_a_column_that_says_otherwise_than_the_whole_list_is_shown(case, page):
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


# The command -------------------------------------------------------------------------------------------------------


def test_the_same_file_twice_is_refused_and_says_what_is_known(case):
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
