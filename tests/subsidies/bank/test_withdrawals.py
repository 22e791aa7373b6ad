"""A payment that was never sent is withdrawn; its file is void and its people are free for another payment."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from jygroups.lib import constraints
from jygroups.lib.refusals import Refused
from registry.models import AuditEntry
from subsidies.bank import answers, payments, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import ledger
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import Payment, PayResult, PayStage, PayStep, Withdrawal
from subsidies.month import arrivals, seals
from subsidies.month.arrivals import Move
from tests import factories
from tests.subsidies.bank import answering
from tests.subsidies.bank.steps import MAY, NAMES, file, hand_in, row, take_in, url

pytestmark = pytest.mark.usefixtures("standard")


def stages(sheet) -> dict[str, str]:
    return dict(arrivals.with_stage(sheet.lines.all()).values_list("name", "stage"))


def withdraw(payment, finance) -> Withdrawal:
    return payments.withdraw(payment, reason="账户错误", actor=finance)


def test_a_withdrawn_payment_frees_its_people_and_keeps_the_reason(page, sheet, payment, finance):
    address = url("payment-withdraw", payment.pk)
    assert "已下载1次" in page.get(address).text
    assert page.post(address, {"reason": "账户错误"}).status_code == 422  # the tick is missing
    page.post(address, {"reason": "账户错误", "unsent": "on"})
    assert set(stages(sheet).values()) == {PayStage.TO_PAY}
    assert AuditEntry.objects.latest("pk").details["reason"] == "账户错误"
    text = page.get(url("payment")).text
    assert "账户错误" in text
    assert url("payment-make") in text
    [found] = reconciliation.of([sheet], verify=True)
    assert (found.figures.handed, found.figures.to_pay, found.faults) == (0, 1400, [])
    assert list(seals.verify()) == []
    again = payments.first(sheet, actor=finance)
    assert (again.ordinal, again.lines) == (2, 4)
    factories.answered(sheet)
    assert set(stages(sheet).values()) == {PayStage.ARRIVED}
    assert all(book.foots for book in ledger.books([line.member_id for line in sheet.lines.all()]).values())


def test_somebody_given_up_after_the_only_payment_is_withdrawn_makes_no_question_of_the_others(sheet, payment, finance):
    withdraw(payment, finance)
    answers.give_up(sheet.lines.get(name="赵一"), reason="本人放弃", actor=finance)
    assert [each.line.name for each in payments.candidates(sheet) if each.is_open] == []
    assert payments.first(sheet, actor=finance).lines == 3


def test_the_file_of_a_withdrawn_payment_is_void_and_no_answer_is_recorded(page, sheet, payment, finance):
    waiting = answers.hand_in(payment=payment, name="回盘.csv", content=file(row("赵一")), actor=finance)
    with pytest.raises(Refused, match="回盘.csv"):
        withdraw(payment, finance)
    answers.discard(waiting, actor=finance)
    withdraw(payment, finance)
    for act in (
        lambda: exports.bank_file(payment, actor=finance, options=Options(again=True)),
        lambda: answers.hand_in(payment=payment, name="回盘.csv", content=file(row("赵一")), actor=finance),
        lambda: withdraw(payment, finance),
    ):
        with pytest.raises(Refused, match="账户错误"):
            act()
    item = payment.items.first()
    for step in (PayStep.SEND, PayStep.ARRIVE):
        with pytest.raises((IntegrityError, ValueError)), transaction.atomic():
            arrivals.record(step, sheet, [Move(item.line_id, item)], actor=finance)
    assert "第1批" in page.get(url("bank-answer-add")).text


def test_a_late_answer_to_a_withdrawn_file_is_refused_with_what_to_do(page, sheet, payment, finance, tmp_path):
    asked = page.get(url("payment-withdraw", payment.pk)).text
    assert "可能已送交银行" in asked
    assert "finance于" in asked  # who downloaded it
    withdraw(payment, finance)
    content = file(*map(row, NAMES))
    assert "请对同一批人员重新生成批次" in hand_in(page, content, payment).text
    path = tmp_path / "回盘.csv"
    path.write_bytes(content)
    code, _result, errors = answering.command(path, MAY, "620201001")
    assert (code, "请对同一批人员重新生成批次" in errors) == (1, True)
    again = payments.first(sheet, actor=finance)  # not handed in: it takes the answer
    assert "请勿送交第2批" in hand_in(page, content, payment).text
    take_in(page, content)
    assert set(stages(sheet).values()) == {PayStage.ARRIVED}
    assert again.answers.get().taken_at


def test_an_answered_payment_is_not_withdrawn_not_even_where_the_answer_was_revoked(sheet, payment, finance):
    factories.answered(sheet, refused=["赵一"])
    with pytest.raises(Refused):
        withdraw(payment, finance)
    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.create(payment=payment, reason="x", by=finance, at=timezone.now())


def test_a_withdrawn_retry_leads_back_to_what_the_bank_refused(sheet, payment, finance):
    factories.answered(sheet, refused=["赵一"])
    line = sheet.lines.get(name="赵一")
    retry = payments.pay(sheet, {line.pk: Choice.APPROVED}, actor=finance)
    withdraw(retry, finance)
    assert stages(sheet)["赵一"] == PayStage.REFUSED
    [candidate] = payments.candidates(sheet)
    assert candidate.refusal.item.payment == payment
    answers.give_up(line, reason="本人放弃", actor=finance)
    answers.reinstate(line, reason="又要了", actor=finance)
    assert stages(sheet)["赵一"] == PayStage.REFUSED
    third = payments.pay(sheet, {line.pk: Choice.APPROVED}, actor=finance)
    assert third.ordinal == 3
    assert list(seals.verify()) == []


def test_the_database_leads_a_withdrawn_line_back_to_where_it_was_sent_from_and_nowhere_else(sheet, payment, finance):
    item = payment.items.first()
    move = Move(item.line_id, item, back_to=PayStage.TO_PAY)
    with pytest.raises(IntegrityError), transaction.atomic():  # the payment is not withdrawn
        arrivals.record(PayStep.WITHDRAW, sheet, [move], actor=finance)
    Withdrawal.objects.create(payment=payment, reason="x", by=finance, at=timezone.now())
    move = Move(item.line_id, item, back_to=PayStage.REFUSED)
    with pytest.raises(IntegrityError), transaction.atomic():
        arrivals.record(PayStep.WITHDRAW, sheet, [move], actor=finance)


def test_only_a_payment_after_one_that_stands_is_a_retry(page, sheet, payment, finance):
    withdraw(payment, finance)
    again = payments.first(sheet, actor=finance)
    made = exports.bank_file(again, actor=finance, options=Options(purpose="代发"))
    assert "第2批" in made.name  # not the name of the void file
    factories.answered(sheet, refused=["赵一"])
    third = payments.pay(sheet, {sheet.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)
    for rows in (Payment.objects.order_by("ordinal"), Payment.objects.with_retry().order_by("ordinal")):
        assert [each.is_retry for each in rows] == [False, False, True]
    assert "重发" not in Payment.objects.get(pk=again.pk).in_words()
    assert "重发" in third.in_words()
    rows = batch_rows(page)
    assert ["重发" in each for each in rows] == [False, False, True]


def batch_rows(page) -> list[str]:
    """What the page of payments prints of each batch."""
    soup = BeautifulSoup(page.get(url("payment")).text, "html.parser")
    for hidden in soup.select(".no-print"):
        hidden.decompose()
    [table] = [each for each in soup.select("table") if "批次" in each.thead.text and "状态" in each.thead.text]
    return [" ".join(each.text.split()) for each in table.tbody.select("tr")]


def test_the_printed_page_names_the_withdrawn_batch_with_the_reason(page, sheet, payment, finance):
    assert "尚未回盘" in batch_rows(page)[0]
    withdraw(payment, finance)
    payments.first(sheet, actor=finance)
    factories.answered(sheet)
    first, second = batch_rows(page)
    assert "已撤回 账户错误 finance" in first
    assert "银行已回盘" in second


def test_a_batch_of_which_somebody_is_in_transit_still_is_answered_in_part(page, payment):
    take_in(page, file(row("赵一"), row("钱二", "失败")))
    assert "部分回盘" in batch_rows(page)[0]
    take_in(page, file(row("孙三"), row("李四")))
    assert "银行已回盘" in batch_rows(page)[0]


def test_those_without_an_answer_are_listed_with_their_community(page, payment):
    take_in(page, file(row("赵一")))
    text = page.get(url("payment")).text
    panel = BeautifulSoup(text[text.index("银行尚未回盘") :], "html.parser").select("table")[0]
    assert [each.select("td")[0].text for each in panel.select("tbody tr")] == ["福民社区"] * 3


def test_the_page_to_withdraw_explains_why_a_payment_cannot_be_withdrawn(page, sheet, payment, finance):
    address = url("payment-withdraw", payment.pk)
    withdraw(payment, finance)
    assert "账户错误" in explained(page, address)
    again = payments.first(sheet, actor=finance)
    waiting = answers.hand_in(payment=again, name="回盘.csv", content=file(row("赵一")), actor=finance)
    assert "回盘.csv" in explained(page, url("payment-withdraw", again.pk))
    answers.discard(waiting, actor=finance)
    factories.answered(sheet)
    assert "不能再撤回" in explained(page, url("payment-withdraw", again.pk))


def explained(page, address) -> str:
    answer = page.get(address, follow=True)
    assert answer.redirect_chain == [(url("payment"), 302)]
    return " ".join(map(str, answer.context["messages"]))


def test_the_page_of_who_is_paid_is_refused_once_a_payment_was_withdrawn_meanwhile(sheet, finance):
    lines = dict(sheet.lines.values_list("name", "pk"))
    first = payments.pay(sheet, {lines["赵一"]: Choice.APPROVED}, actor=finance)
    seen = payments.shown(payments.candidates(sheet))
    withdraw(first, finance)
    with pytest.raises(Refused):
        payments.pay(sheet, {lines["钱二"]: Choice.APPROVED}, actor=finance, batches=1, seen=seen)


def test_others_do_not_withdraw(client, payment, clerk):
    client.force_login(clerk)
    assert client.post(url("payment-withdraw", payment.pk), {"reason": "x", "unsent": "on"}).status_code == 403
    assert not Withdrawal.objects.exists()
    assert Payment.objects.undownloaded().count() == 0
    assert PayResult.objects.filter(day__gte=date(2020, 1, 1)).count() == 4


def test_the_earlier_rules_know_a_withdrawn_payment_as_refused(committed, sheet, payment, finance):
    withdraw(payment, finance)
    answers.give_up(sheet.lines.get(name="赵一"), reason="本人放弃", actor=finance)
    payments.pay(sheet, {sheet.lines.get(name="钱二").pk: Choice.APPROVED}, actor=finance)
    call_command("migrate", "subsidies", "0019_repayments_of_what_has_not_lapsed", verbosity=0)
    call_command("migrate", verbosity=0)
    refused = {"孙三": PayStage.REFUSED, "李四": PayStage.REFUSED}
    assert stages(sheet) == {"赵一": PayStage.GIVEN_UP, "钱二": PayStage.IN_TRANSIT, **refused}
    assert list(seals.verify()) == []
    assert constraints.missing() == []
