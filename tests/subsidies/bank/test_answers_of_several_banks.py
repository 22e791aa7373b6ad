"""A payment that went out as one file for each bank: each bank's list settles the people of its own file."""

import pytest

from subsidies.bank import payments, ready_templates
from subsidies.bank.payments import Choice
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, BankTemplate, Sheet, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank import answering
from tests.subsidies.bank.steps import MAY, NAMES, make, standing

pytestmark = pytest.mark.usefixtures("standard")
BANKS = ["中国农业银行嘉峪关分行", "中国工商银行嘉峪关分行"] * 2  # 赵一 and 孙三, 钱二 and 李四
FAILED = {"account": "卡号", "amount": "金额", "name": "户名", "reason": "失败原因", "only": "refused"}


@pytest.fixture
def payment(community, group, finance):
    ready_templates.load_missing()
    for number, (name, bank) in enumerate(zip(NAMES, BANKS, strict=True), 1):
        member = factories.member(community, name, account=f"62284800000000000{number}", bank=bank)
        factories.appointment(member, group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    payment = payments.first(Sheet.objects.get(), actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发", each_bank=True))
    return payment


def failures(*names):
    rows = [f"{name},62284800000000000{NAMES.index(name) + 1},350.00,账户已销户" for name in names]
    return "\r\n".join(["户名,卡号,金额,失败原因", *rows]).encode("gb18030")


def successes():
    """A list of everybody, without a column of reasons."""
    return failures(*NAMES).decode("gb18030").replace(",失败原因", "").replace(",账户已销户", "").encode("gb18030")


def on_page(page, payment, content):
    walk = answering.Page(page, MAY, "620201001", payment, "回盘.csv", content)
    if walk.step == "columns":
        walk.send("columns", says="refused")
    if walk.step == "holds":
        walk.send("holds", says="refused")
    return walk


@pytest.fixture
def command(tmp_path):
    def run(content, **given):
        path = tmp_path / "failed.csv"
        path.write_bytes(content)
        return answering.command(path, MAY, "620201001", FAILED | given)

    return run


def choices(walk):
    return [(value, f"{label}") for value, label in walk.form("form").fields["rest"].choices]


def test_the_page_proposes_the_file_of_the_people_named_and_then_all_files(page, payment):
    walk = on_page(page, payment, failures("赵一"))
    assert [value for value, _label in choices(walk)] == ["stay", "paid-0", "paid"]
    assert "农业银行" in choices(walk)[1][1]
    assert "1人" in choices(walk)[1][1]
    walk.send("form", rest="paid-0")
    assert standing() == {"赵一": "refused", "孙三": "arrived"}
    walk = on_page(page, payment, failures("钱二"))
    walk.send("form", rest="paid-0")
    assert standing() == {"赵一": "refused", "孙三": "arrived", "钱二": "refused", "李四": "arrived"}


def test_a_list_of_all_banks_settles_all_files(page, payment):
    on_page(page, payment, failures("赵一")).send("form", rest="paid")
    assert standing() == {"赵一": "refused", "孙三": "arrived", "钱二": "arrived", "李四": "arrived"}


@pytest.fixture
def mixed(payment):
    """The payment went out as one file for each bank; another user downloaded it again as one file."""
    exports.bank_file(payment, actor=None, options=Options(purpose="补打", again=True))
    return payment


def test_a_payment_downloaded_again_as_one_file_is_concluded_file_by_file_only(page, mixed):
    walk = on_page(page, mixed, failures("赵一"))
    assert [value for value, _label in choices(walk)] == ["stay", "paid-0"]
    walk.send("form", rest="paid-0")
    assert standing() == {"赵一": "refused", "孙三": "arrived"}


def test_the_command_concludes_about_nobody_of_another_bank_where_the_downloads_differ(mixed, command):
    code, _result, errors = command(failures("赵一"), rest="paid", bank="all")
    assert code == 1
    assert "既下载为一个文件" in errors
    code, _result, _errors = command(failures("赵一", "孙三"), rest="paid")
    assert (code, standing()) == (1, {})
    code, result, _errors = command(failures("赵一"), rest="paid")
    assert (code, result["arrived"]) == (0, 1)
    assert standing() == {"赵一": "refused", "孙三": "arrived"}


def test_the_command_concludes_about_the_file_of_the_people_named_and_reports_it(payment, command):
    code, result, errors = command(failures("赵一"), rest="paid")
    assert (code, result["arrived"], result["refused"], result["in_transit"]) == (0, 1, 1, 2)
    assert "农业银行" in errors
    assert standing() == {"赵一": "refused", "孙三": "arrived"}


def test_the_command_asks_where_the_people_named_are_in_several_files(payment, command):
    code, result, errors = command(failures("赵一", "钱二"), rest="paid")
    assert code == 1
    assert [each["about"] for each in result["questions"]] == ["bank"]
    assert "农业银行" in errors
    assert "工商银行" in errors
    assert standing() == {}
    code, result, _errors = command(failures("赵一", "钱二"), rest="paid", bank=["农业银行", "工商银行"])
    assert (code, result["arrived"]) == (0, 2)


@pytest.mark.parametrize(("bank", "arrived"), [("工商银行", 1), ("all", 2)])
def test_the_command_takes_the_bank_it_is_given(payment, command, bank, arrived):
    code, result, _errors = command(failures("赵一", "钱二"), rest="paid", bank=bank)
    assert (code, result["arrived"]) == (0, arrived)


def test_the_command_asks_again_for_a_bank_that_got_no_file(payment, command):
    code, result, _errors = command(failures("赵一"), rest="paid", bank="建设银行")
    assert (code, [each["about"] for each in result["questions"]]) == (1, ["bank"])


def test_the_files_of_one_template_that_limits_their_rows_are_answered_one_by_one(page, payment, finance):
    BankTemplate.objects.filter(pk=BankTemplate.objects.order_by("id")[0].pk).update(rows_per_file=2)
    exports.bank_file(payment, actor=finance, options=Options(purpose="补打", again=True))
    on_page(page, payment, failures("赵一")).send("form", rest="paid-0")
    assert standing() == {"赵一": "refused", "孙三": "arrived"}  # in the order of the sheet


def test_a_list_of_successes_that_names_a_whole_file_leaves_the_other_banks_alone(page, payment):
    content = failures("赵一", "孙三")
    walk = answering.Page(page, MAY, "620201001", payment, "回盘.csv", content).send("columns", says="paid")
    assert "rest" not in walk.form("form").fields


def test_titles_learnt_with_one_bank_s_template_are_known_for_another_s(page, payment):
    on_page(page, payment, failures("赵一")).send("form", rest="paid-0")
    walk = answering.Page(page, MAY, "620201001", payment, "回盘2.csv", failures("钱二"))
    assert walk.step == "holds"
    assert BankAnswer.objects.latest("pk").columns["layouts"][0]["account"] == "卡号"


def test_titles_learnt_are_known_for_a_batch_by_another_template(page, payment, finance):
    on_page(page, payment, failures("赵一")).send("form", rest="paid")
    make(page, {"赵一": Choice.APPROVED})
    second = payment.sheet.payments.get(ordinal=2)
    other = BankTemplate.objects.get(banks__contains="兰州银行")
    exports.bank_file(second, actor=finance, options=Options(purpose="重发", template=other, again=True))
    walk = answering.Page(page, MAY, "620201001", second, "回盘3.csv", failures("赵一"))
    assert walk.step == "holds"


def test_the_command_reports_whether_a_month_or_only_the_batch_has_no_payment(payment, tmp_path):
    path = tmp_path / "failed.csv"
    path.write_bytes(failures("赵一"))
    assert "没有第5批" in answering.command(path, MAY, "620201001", FAILED, payment=5)[2]
    assert "尚未生成" in answering.command(path, MAY.next, "620201001", FAILED)[2]


def test_a_file_without_any_column_gets_no_empty_mapping_proposed(payment, tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# 说明\n\n本文件不是回盘。\n")
    code, _result, errors = answering.command(path, MAY, "620201001")
    assert code == 1
    assert "'{}'" not in errors


def test_sent_back_in_a_closed_month_shows_that_the_month_opens_again(page, payment, finance):
    walk = answering.Page(page, MAY, "620201001", payment, "回盘.csv", successes()).send("columns", says="paid")
    walk.send("form")
    Sheet.objects.update(state=State.PAID)
    walk = on_page(
        page, payment, failures("赵一").replace("账户已销户".encode("gb18030"), "销户退汇".encode("gb18030"))
    )
    assert "本月已办结" in walk.response.content.decode()
