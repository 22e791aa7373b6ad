"""Names with other dots, files without known titles, who took an answer in, and what the command explains."""

from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subsidies.bank import accounts, answers, mapping, payments, ready_templates
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, BankTemplate, Sheet, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank import answering
from tests.subsidies.bank.answering import Page, read_in_process, standing
from tests.subsidies.bank.steps import MAY, choose_columns, file, hand_in, row, take_in, url

CODE = "620201001"
STATE = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr("jygroups.lib.spreadsheets.sandbox._parsed", read_in_process)


@pytest.fixture
def command(tmp_path):
    def run(content: bytes, /, **given):
        path = tmp_path / "回盘.csv"
        path.write_bytes(content)
        return answering.command(path, MAY, CODE, given)

    return run


# Names ---------------------------------------------------------------------------------------------------------------

SPELLINGS = ["阿依古丽买买提", "阿依古丽•买买提", "阿依古丽 买买提", "阿依古丽　买买提", "阿依古丽．买买提",
             "阿依古丽.买买提", "阿依古丽・买买提", "阿依古丽。买买提", "阿依古丽-买买提",
             "阿依古丽˙买买提"]  # fmt: skip


@pytest.fixture
def transcribed(community, group, finance):
    ready_templates.load_missing()
    member = factories.member(community, "阿依古丽·买买提", account="622848000000000001")
    factories.appointment(member, group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    payment = payments.first(Sheet.objects.get(), actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


@pytest.mark.parametrize("stated", SPELLINGS)
def test_a_name_with_another_dot_or_none_is_the_person_s_with_a_remark(transcribed, command, stated):
    content = file(f"{stated},622848000000000001,350.00,成功,").decode("gb18030").encode()
    code, result, errors = command(content, **STATE)
    assert (code, result["arrived"], result["unmatched"]) == (0, 1, [])
    assert "阿依古丽·买买提，仅姓名间隔点写法不同" in errors


def test_the_page_remarks_on_the_spelling_of_a_name(page, transcribed):
    walk = Page(page, MAY, CODE, transcribed, "回盘.csv", file("阿依古丽买买提,622848000000000001,350.00,成功,"))
    walk.send("columns")
    assert "仅姓名间隔点写法不同" in walk.response.text
    walk.send("form")
    assert standing() == {"阿依古丽·买买提": "arrived"}


@pytest.mark.parametrize(
    "stated", ["阿依古丽·买买提·甲,622848000000000001,350.00", "阿依古丽买买提,622848000000000001,300.00",
             "阿依古丽买买提,622848000000000002,350.00", "买买提阿依古丽,622848000000000001,350.00"]
)  # fmt: skip
def test_another_name_account_or_amount_is_nobody_s(transcribed, command, stated):
    assert command(file(f"{stated},成功,"), **STATE)[1]["arrived"] == 0


@pytest.mark.parametrize(
    ("name", "stated", "same"),
    [("阿依古丽·买买提", "阿依古丽买买提", True), ("买买提玉素", "买买提·玉素", True), ("王壬", "王•壬", False),
     ("王试壬", "王-试壬", False), ("阿·卜", "··", False),
     *(("阿依·古丽", f"阿依{dot}古丽", True) for dot in ["°", "º", "◦", "⸱", "|", "；", "&middot;", "\ufffd\ufffd"])],
)  # fmt: skip
def test_a_dot_is_ignored_only_in_names_that_have_one(name, stated, same):
    assert accounts.is_whole_name(name, stated) is same


# What the command explains -------------------------------------------------------------------------------------------


def test_where_no_titles_are_known_the_header_row_is_explained_and_the_columns_are_listed(payment, command):
    content = "\r\n".join(["A,B,C,D", "赵一,622848000000000001,350.00,成功"]).encode("gb18030")
    code, result, errors = command(content)
    assert code == 1
    question = result["questions"][0]["question"]
    assert '{"header": 1}' in question
    assert '{"header": 1}' in errors
    assert "#4（D）" in question
    code, result, errors = command(content, header=1, account="B", amount="C", name="A", state="E")
    assert (code, "A · B · C · D" in errors, '{"header": 2}' in errors) == (1, True, True)
    code, result, _errors = command(content, header=9, account="#2", amount="#3", name="#1", state="#4")
    assert (code, "没有第9行" in result["questions"][0]["question"]) == (1, True)
    assert command(content, header=1, account="B", amount="C", name="A", state="D")[0] == 0


def test_every_key_of_a_mapping_is_explained_by_the_help(capsys):
    with pytest.raises(SystemExit):
        call_command("import_bank_answer", "--help")
    shown = capsys.readouterr().out
    assert all(f"\n  {key} " in shown for key in mapping.KEYS)
    assert "表示失败或退回的用词" in shown


def test_errors_of_json_are_in_the_language_of_the_user(payment, tmp_path):
    for name, arguments in (
        ("import_bank_answer", ["--subdistrict", CODE]),
        ("compare_month", []),
    ):
        with pytest.raises(Exception, match="不是JSON：从第2个字符“x”起有误"):
            call_command(name, f"{tmp_path}/x", f"{MAY}", *arguments, "--mapping", "{x", stdout=StringIO())


# The page ------------------------------------------------------------------------------------------------------------


def test_the_page_names_the_command_that_took_an_answer_in(page, payment, command):
    command(file(row("赵一")), **STATE)
    answer = BankAnswer.objects.get()
    for address in (answer.get_absolute_url(), url("payment")):
        assert "系统" in BeautifulSoup(page.get(address).text, "html.parser").main.text


def test_words_are_asked_for_only_beside_a_column_of_outcomes_and_never_forgotten(page, payment):
    take_in(page, file(row("赵一")))
    known = BankTemplate.objects.exclude(answer={}).get()
    assert "成功" in known.answer["words"]["paid"]
    walk = Page(
        page, MAY, CODE, payment, "回盘.csv", "姓名,账号,金额,失败原因\r\n钱二,622848000000000002,350.00,销户".encode()
    )
    part = BeautifulSoup(walk.response.text, "html.parser").select_one("fieldset[data-when-any='says=column']")
    assert len(part.select("textarea")) == 3
    walk.send("columns", says="refused", paid_words="", refused_words="", pending_words="")  # as a browser sends it
    walk.send("form", rest="stay")
    assert standing()["钱二"] == "refused"
    known.refresh_from_db()
    assert "成功" in known.answer["words"]["paid"]


def test_accounts_of_other_payments_are_not_decrypted_while_the_sheet_is_locked(page, payment, community, finance):
    [sheet] = sheets.prepare(MAY.next, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    payments.first(Sheet.objects.get(pk=sheet.pk), actor=finance)
    hand_in(page, file(row("赵一"), row("王五", number=9)), payment)
    answer = BankAnswer.objects.get()
    choose_columns(page, answer)
    answer.refresh_from_db()
    found = answers.preview(answer)
    day = answers.day_of(payment, found)
    with CaptureQueriesContext(connection) as queries:
        answers.take_in(
            answer, digest=found.digest, day=day, actor=finance, confirmed=True, elsewhere=found.elsewhere
        )  # fmt: skip
    read = [query["sql"] for query in queries if '"subsidies_paymentitem"."account"' in query["sql"]]
    assert len(read) == 1  # its own people
    assert standing()["赵一"] == "arrived"
