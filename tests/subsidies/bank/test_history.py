"""What became of a person's money, event by event, and what happened to the sheet after its approval."""

from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import Appointment, Member, Role
from subsidies.bank import answers, payments
from subsidies.bank.payments import Choice
from subsidies.corrections import debts, proposals
from subsidies.corrections import services as corrections
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, Correction, CorrectionState, Sheet, SheetLine, Step
from subsidies.month import payment_history, workflow
from tests import factories
from tests.subsidies.bank.steps import MAY, file, make, row, take_in, url

pytestmark = pytest.mark.usefixtures("standard")


def happened(user, name="赵一") -> list[str]:
    lines = SheetLine.objects.filter(name=name)
    return [each.what for each in payment_history.of_lines(lines, user)]


def line_page(page, name="赵一") -> BeautifulSoup:
    return BeautifulSoup(page.get(SheetLine.objects.get(name=name).get_absolute_url()).text, "html.parser")


def test_every_event_of_a_payment_is_listed_in_its_order(page, payment, sheet, finance):
    line = sheet.lines.get(name="赵一")
    take_in(page, file(row("赵一", "失败", "账户不存在")))
    answers.give_up(line, reason="联系不上", actor=finance)
    answers.reinstate(line, reason="已取得联系", actor=finance)
    payments.pay(sheet, {line.pk: Choice.APPROVED}, actor=finance)
    take_in(page, file(row("赵一")))
    item = sheet.payments.latest("ordinal").items.get()
    take_in(page, file(row("赵一", "退票", "账户已销户")), bounced=[item.pk])  # paid after a refusal: it is asked
    found = payment_history.of_lines(SheetLine.objects.filter(name="赵一"), finance)
    assert [(each.what, each.reason, each.batch) for each in found] == [
        ("送交银行", "", 1),
        ("银行退回", "账户不存在", 1),
        ("不再发放", "联系不上", 1),
        ("恢复发放，现为银行退回", "已取得联系", 1),
        ("重发：再次送交银行（此前银行退回）", "", 2),
        ("到账", "", 2),
        ("银行退票", "账户已销户", 2),
    ]
    assert {each.amount for each in found} == {350}
    assert {each.by for each in found} == {finance}


def test_a_late_arrival_and_a_revoked_answer_show_where_the_money_stood_and_stands(page, payment, sheet, finance):
    take_in(page, file(row("赵一", "失败", "账户不存在")))
    other = factories.user("finance2", Role.FINANCE)
    answers.revoke(BankAnswer.objects.get(), reason="传错文件", actor=other)
    assert happened(finance)[-1] == "撤销回盘登记，现为在途"
    assert payment_history.of_lines(SheetLine.objects.filter(name="赵一"), finance)[-1].reason == "传错文件"


def test_a_repayment_is_listed_with_its_voucher_for_those_who_see_the_ledger(sheet, group, clerk, finance):
    factories.answered(sheet)
    workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
    Appointment.objects.filter(member__name="赵一").update(last_day=date(2024, 4, 10), end_reason="death")
    proposals.propose()
    corrections.decide(
        correction=Correction.objects.get(), state=CorrectionState.ACCEPTED, actor=clerk, reason=""
    )  # fmt: skip
    person = Member.objects.get(name="赵一")
    debts.repay(
        member=person, day=date(2024, 7, 10), amount=Decimal(100), method="cash", voucher="收001", note="", actor=clerk
    )
    [event] = [each for each in payment_history.of_lines(SheetLine.objects.all(), finance) if each.what == "缴回"]
    assert (event.month, event.day, event.amount, event.reason) == (
        MAY.first_day, date(2024, 7, 10), 100, "现金；收001"
    )  # fmt: skip
    leader = factories.user("leader9", Role.GROUP_LEADER, group=group)
    assert "缴回" not in happened(leader)


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([row("赵一")], "到账"),
        ([row("赵一", "失败", "账户不存在")], "银行退回"),
        ([row("赵一", "处理中")], "在途"),
    ],
)
def test_the_badge_of_a_person_s_month_is_where_the_money_stands(page, payment, rows, word):
    take_in(page, file(row("钱二"), *rows))
    line = SheetLine.objects.get(name="赵一")
    heads = [
        line_page(page).select_one(".head .meaning"),
        BeautifulSoup(page.get(reverse("line-statement", args=[MAY, line.member_id])).text, "html.parser").select_one(
            ".print-head .meaning"
        ),
        BeautifulSoup(page.get(reverse("member-stipends", args=[line.member_id])).text, "html.parser").select_one(
            "td .meaning"
        ),
    ]
    assert [head.text[1:] for head in heads] == [word] * 3


def test_a_payment_sent_back_after_the_month_is_settled_is_no_longer_shown_as_paid(page, payment, sheet, finance):
    take_in(page, file(*[row(name) for name in ("赵一", "钱二", "孙三", "李四")]))
    workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
    take_in(page, file(row("赵一", "退票", "账户已销户")))
    assert [each.text for each in line_page(page).select(".head .meaning")] == ["▲银行退票"]
    assert [each.text for each in line_page(page, "钱二").select(".head .meaning")] == ["✓到账"]


def test_the_sheet_s_way_goes_on_to_the_bank(page, payment, sheet, finance):
    take_in(page, file(*[row(name) for name in ("钱二", "孙三", "李四")], row("赵一")))
    workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
    take_in(page, file(row("赵一", "退票", "账户已销户")))
    text = BeautifulSoup(page.get(url("sheet-events")).text, "html.parser").select_one(".events").get_text(" ", True)
    order = ["生成代发批次", "下载银行文件", "登记银行回盘", "到账4人，退回0人", "发放完成", "登记银行回盘",
             "退票1人", "本月重新打开"]  # fmt: skip
    assert "本月再次办结" not in text
    places = [text.index(order[0])]
    for word in order[1:]:
        places.append(text.index(word, places[-1] + 1))


def test_a_reopened_month_is_shown_as_such_until_it_has_closed_by_itself(page, payment, sheet, finance):
    take_in(page, file(*[row(name) for name in ("赵一", "钱二", "孙三", "李四")]))
    workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
    take_in(page, file(row("赵一", "退票", "账户已销户"), row("钱二", "退票", "账户已销户")))
    assert "现对2人重新打开" in page.get(url("payment")).text
    make(page, {"赵一": "approved", "钱二": "leave"})
    take_in(page, file(row("赵一")))
    assert "现对1人重新打开" in page.get(url("payment")).text
    answers.give_up(SheetLine.objects.get(name="钱二"), reason="联系不上", actor=finance)
    assert "重新打开" not in page.get(url("payment")).text
    titles = [each.title for each in payment_history.of_sheet(Sheet.objects.get()) if "月" in each.title]
    assert titles == ["本月重新打开", "本月再次办结"]


def test_a_batch_is_not_with_the_bank_until_its_file_is_downloaded(page, sheet, finance):
    payment = payments.first(sheet, actor=finance)
    assert happened(finance) == ["生成批次，文件尚未下载"]
    assert "4人的代发文件尚未下载" in page.get(url("payment")).text
    assert "文件尚未下载" in page.get(reverse("payments")).text
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    assert happened(finance) == ["送交银行"]
    for address in (url("payment"), reverse("payments")):
        assert "尚未下载" not in page.get(address).text


def test_who_sees_a_part_of_the_sheet_sees_no_batches_of_it(client, payment, community):
    client.force_login(factories.user("secretary9", Role.SECRETARY, community=community))
    assert "生成代发批次" not in client.get(url("sheet-events")).text


def test_the_history_takes_the_same_queries_for_one_person_and_for_all(page, payment, finance):
    take_in(page, file(*[row(name) for name in ("赵一", "钱二", "孙三", "李四")]))
    finance.reach("subsidies.view_correction")
    counts = []
    for lines in (SheetLine.objects.filter(name="赵一"), SheetLine.objects.all()):
        with CaptureQueriesContext(connection) as queries:
            payment_history.of_lines(lines, finance)
        counts.append(len(queries))
    assert counts == [2, 2]
