"""Files that are old, of another payment or not expected: asked about by page and command, or named."""

from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.refusals import Refused
from subsidies.bank import answers, payments, ready_templates
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, BankTemplate, Export, Sheet, State, Step
from subsidies.month import checks, sheets, workflow
from tests import factories
from tests.subsidies.bank import answering
from tests.subsidies.bank.steps import MAY, NAMES, choose_columns, file, hand_in, row, standing, take_in, url

CODE = "620201001"
REFUSED = row("赵一", "失败", "账户不存在")
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def command(tmp_path):
    """The command with a file of this content and this mapping: exit code, JSON and messages."""

    def run(content, **given):
        path = tmp_path / "回盘.csv"
        path.write_bytes(content)
        return answering.command(path, MAY, CODE, given)

    return run


def handed_in(page, content):
    """The newest answer with its columns chosen, and the context of its page."""
    hand_in(page, content)
    answer = BankAnswer.objects.latest("pk")
    if page.get(answer.get_absolute_url()).context["step"] == "columns":
        choose_columns(page, answer)
    return BankAnswer.objects.get(pk=answer.pk), page.get(answer.get_absolute_url())


def taken(page, answer, **changes):
    digest = answers.preview(answer).digest
    return page.post(answer.get_absolute_url(), {"digest": digest, "day": f"{timezone.localdate()}"} | changes)


# A file that never went out, or whose money has arrived ------------------------------------------------------------


def test_the_answer_to_a_file_that_was_never_downloaded_is_remarked_on(page, sheet, finance, command):
    """It may have gone out another way: nothing waits for it."""
    payments.first(sheet, actor=finance)
    answer, shown = handed_in(page, file(row("赵一")))
    assert "从未下载" in shown.text
    taken(page, answer, rest="stay")
    assert standing() == {"赵一": "arrived"}
    columns = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}
    code, result, errors = command(file(row("钱二")), **columns)
    assert (code, result["arrived"], result["questions"]) == (0, 1, [])
    assert "从未下载" in errors


def test_the_file_of_a_payment_that_is_answered_is_no_duty_and_is_handed_out_only_if_confirmed(page, sheet, finance):
    payment = payments.first(sheet, actor=finance)
    assert "代发文件尚未下载" in page.get(reverse("workbench")).text
    factories.answered(sheet, refused=["赵一"])
    assert "代发文件尚未下载" not in page.get(reverse("workbench")).text
    assert "下载代发文件" not in page.get(url("payment")).text
    export = url("export")
    assert "到账3人、1,050.00元；银行退回1人、350.00元" in page.get(f"{export}?format=bank").text
    entered = {"format": "bank", "purpose": "代发", "template": BankTemplate.objects.first().pk, "payment": payment.pk}
    asked = page.post(export, entered)
    assert (asked.status_code, Export.objects.count()) == (422, 0)
    assert "再次送交银行将重复发放" in asked.text
    assert not asked.context["form"]["again"].is_hidden
    assert page.post(export, entered | {"again": "on"}).status_code == 200


def test_a_batch_partly_in_transit_is_never_shown_as_paid_again_as_a_whole(page, payment):
    take_in(page, file(REFUSED))
    note = BeautifulSoup(page.get(f"{url('export')}?format=bank").text, "html.parser").select_one("form .note").text
    assert "在途3人、1,050.00元；银行退回1人、350.00元" in note
    assert "在途的人员等待银行回盘" in note
    assert "无人到账" not in note


def test_the_command_warns_of_a_bank_file_whose_money_has_arrived(sheet, finance, tmp_path):
    errors = StringIO()
    path = tmp_path / "a.txt"
    command = ["export_month", "2024-05", "--format", "bank", "--output", f"{path}", "--subdistrict", CODE]
    call_command(*command, stdout=StringIO(), stderr=errors)
    assert errors.getvalue() == ""
    factories.answered(sheet)
    call_command(*command, stdout=StringIO(), stderr=errors)
    assert "到账4人、1,400.00元" in errors.getvalue()
    assert Export.objects.count() == 2


# An old list of failures ---------------------------------------------------------------------------------------------


@pytest.fixture
def paid_late(page, payment):
    """赵一 was refused and has arrived after all."""
    take_in(page, file(REFUSED))
    answer, _shown = handed_in(page, file(row("赵一")))
    taken(page, answer, late=[answers.preview(answer).late[0].item.pk], rest="stay")
    assert standing() == {"赵一": "arrived"}


def test_an_old_list_of_failures_saved_again_sends_nobody_back_unasked(page, paid_late):
    answer, shown = handed_in(page, file(REFUSED, row("钱二")) + b"\r\n\r\n")
    assert "已登记到账，文件中却列为失败" in shown.text
    assert "登记为“到账”" in shown.text
    assert shown.context["preview"].bounced == []
    taken(page, answer, rest="stay")
    assert standing() == {"赵一": "arrived", "钱二": "arrived"}
    answer, _shown = handed_in(page, file(REFUSED) + b"\r\n\r\n\r\n")
    item = answers.preview(answer).overruled[0].item.pk
    assert taken(page, answer, rest="stay").status_code == 422  # nothing else is in the file
    taken(page, answer, rest="stay", bounced=[item])
    assert standing()["赵一"] == "bounced"


def test_the_command_asks_about_an_old_list_of_failures(paid_late, command):
    content = file(REFUSED) + b"\r\n"
    code, result, _errors = command(content)
    assert (code, result["bounced"], standing()) == (1, 0, {"赵一": "arrived"})
    [question] = result["questions"]
    assert (question["about"], question["give"]) == ("bounced", {"bounced": ["2"]})
    assert command(content, bounced=[])[0] == 1
    code, result, _errors = command(content, bounced=["2"])
    assert (code, result["bounced"], standing()) == (0, 1, {"赵一": "bounced"})


def test_the_very_same_list_is_noticed_before_anything_is_counted(paid_late, command):
    code, result, errors = command(file(REFUSED))
    assert (code, result["bounced"], result["refused"], result["known"]) == (1, 0, 0, 1)
    assert "已由finance于" in errors


def test_the_list_of_an_earlier_batch_sends_nobody_of_a_retry_back_unasked(page, sheet, payment, finance):
    take_in(page, file(REFUSED))
    retry = payments.pay(sheet, {sheet.lines.get(name="赵一").pk: payments.Choice.APPROVED}, actor=finance)
    exports.bank_file(retry, actor=finance, options=Options(purpose="重发"))
    answer, shown = handed_in(page, file(REFUSED) + b"\r\n")
    assert "与2024年5月第1批的回盘内容相同" in shown.text
    assert taken(page, answer).status_code == 422
    take_in(page, file(row("赵一")))
    _answer, shown = handed_in(page, file(row("赵一", "退票", "销户")))
    assert [match.item.name for match in shown.context["preview"].overruled] == ["赵一"]


# The file of another payment ---------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(stranger, payment):
    """The other subdistrict's payment of the same month."""
    group = factories.group(stranger)
    for number, name in enumerate(["周五", "吴六"], 7):
        factories.appointment(factories.member(stranger, name, account=f"62284800000000000{number}"), group)
    [sheet] = sheets.prepare(MAY, [stranger.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    return payments.first(Sheet.objects.get(pk=sheet.pk), actor=None)


def test_the_file_of_another_subdistrict_is_named_with_a_link(page, elsewhere, sheet, command):
    content = file(row("周五", number=7), row("吴六", number=8))
    hand_in(page, content, sheet.payments.get())
    answer = BankAnswer.objects.get()
    choose_columns(page, answer)
    shown = page.get(answer.get_absolute_url())
    assert "文件2行中有2行与钢城街道2024年5月第1批相符" in shown.text
    assert url("payment", MAY, "620201002") in shown.text
    assert "该行与钢城街道2024年5月第1批相符" in shown.text
    code, result, errors = command(content, account="账号", amount="金额", name="姓名", state="处理结果")
    assert (code, [each["row"] for each in result["unmatched"]]) == (1, ["2", "3"])
    assert "钢城街道2024年5月" in errors


def test_a_file_of_which_most_rows_are_of_this_payment_is_no_other_s(page, elsewhere, sheet):
    hand_in(page, file(*map(row, NAMES[:2]), row("周五", number=7)), sheet.payments.get())
    answer = BankAnswer.objects.get()
    choose_columns(page, answer)
    found = answers.preview(BankAnswer.objects.get())
    assert (found.other, found.warnings, found.doubts) == (None, [], [])
    assert "钢城街道" in found.unmatched[0][1]


# Why the others are not asked about, and what each choice records ---------------------------------------------------


def test_page_and_command_show_why_the_others_are_not_asked_about(page, payment, command):
    content = file(REFUSED, row("王五", "失败", number=9))
    columns = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}
    code, result, errors = command(content, **columns, rest="paid")
    assert (code, standing()) == (1, {})
    assert "第3行 · 王五" in errors
    assert "有1行未匹配" in errors
    _answer, shown = handed_in(page, content)
    assert "rest" not in shown.context["form"].fields
    assert "有1行未匹配" in shown.text
    assert "第3行" in shown.text


def test_each_choice_shows_the_people_and_yuan_that_it_records(page, payment, command):
    answer, shown = handed_in(page, file(REFUSED))
    labels = [f"{label}" for _value, label in shown.context["form"].fields["rest"].choices]
    assert "确认后登记：退回1人、350.00元；仍在途3人、1,050.00元" in labels[0]
    assert "确认后登记：到账3人、1,050.00元；退回1人、350.00元" in labels[1]
    assert all(label in shown.text for label in labels)
    taken(page, answer, rest="paid")
    assert (BankAnswer.objects.get().paid, BankAnswer.objects.get().refused) == (3, 1)


def test_rows_of_people_paid_after_all_are_not_counted_as_unmatched(page, payment):
    take_in(page, file(REFUSED))
    _answer, shown = handed_in(page, file(row("赵一"), row("钱二")))
    assert len(shown.context["preview"].late) == 1
    figures = shown.text.split("未匹配的行")[1][:60]
    assert "<dd>0</dd>" in figures


# An answer that waits ------------------------------------------------------------------------------------------------


def test_the_month_is_not_closed_while_an_answer_waits(page, sheet, payment, finance):
    take_in(page, file(*map(row, NAMES)))
    answer, _shown = handed_in(page, file(row("赵一", "退票", "销户")))
    assert "回盘.csv”尚未登记" in page.get(reverse("workbench")).text
    assert answer.get_absolute_url() in page.get(url("payment-settle")).text
    page.post(url("payment-settle"))
    assert Sheet.objects.get().state == State.APPROVED
    with pytest.raises(Refused, match="回盘.csv"):
        workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
    answers.discard(answer, actor=finance)
    assert checks.unsettled(sheet) == []
    workflow.take(Step.SETTLE, sheet=sheet, actor=finance)


def test_a_file_of_the_command_with_nothing_new_does_not_wait(page, payment, command):
    take_in(page, file(*map(row, NAMES)))
    assert command(file(*map(row, NAMES)) + b"\r\n")[0] == 0
    assert not BankAnswer.objects.filter(taken_at=None).exists()


# What is remembered --------------------------------------------------------------------------------------------------


def learnt():
    return {template.name for template in BankTemplate.objects.all() if template.answer}


def test_nothing_is_learnt_of_a_file_that_is_discarded(page, payment, finance):
    answer, _shown = handed_in(page, file(row("赵一")))
    answers.discard(answer, actor=finance)
    assert learnt() == set()


def as_zip(payment):
    Export.objects.create(
        month=payment.sheet.month, sheet=payment.sheet, payment=payment, format="bank", name="代发.zip", lines=4,
        sha256="0" * 64, at=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize("is_exported", [True, False])
def test_columns_of_an_answer_to_several_files_or_none_are_learnt(page, sheet, finance, is_exported):
    payment = payments.first(sheet, actor=finance)
    if is_exported:
        as_zip(payment)
    answer, _shown = handed_in(page, file(row("赵一")))
    assert learnt() == set()
    taken(page, answer, confirmed="on", rest="stay")
    assert standing() == {"赵一": "arrived"}
    assert len(learnt()) == 1
    hand_in(page, file(row("钱二")))
    assert page.get(BankAnswer.objects.latest("pk").get_absolute_url()).context["step"] == "preview"


def test_columns_of_one_of_several_banks_are_learnt_with_its_own_template(page, community, group, finance):
    ready_templates.load_missing()
    for number, (name, bank) in enumerate(zip(NAMES, ["农业银行", "工商银行"] * 2, strict=True), 1):
        member = factories.member(community, name, account=f"62284800000000000{number}", bank=bank)
        factories.appointment(member, group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    as_zip(payments.first(Sheet.objects.get(), actor=finance))
    answer, _shown = handed_in(page, file(row("赵一"), row("孙三")))
    taken(page, answer)
    [name] = learnt()
    assert "农业银行" in BankTemplate.objects.get(name=name).banks
