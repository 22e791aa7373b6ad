"""The bank's answer on its page: outcomes, doubles and strangers, revoking it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.refusals import Refused
from registry.models import Act, AuditEntry, Role
from subsidies.bank import answers, payments, reading
from subsidies.bank.payments import Choice
from subsidies.models import BankAnswer, BankTemplate, Export, PayResult, Sheet, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank.steps import (
    MAY,
    NAMES,
    answer_columns,
    choose_columns,
    file,
    hand_in,
    row,
    standing,
    take_in,
    url,
)

pytestmark = pytest.mark.usefixtures("standard")


def test_the_columns_are_guessed_confirmed_once_and_remembered(page, payment):
    hand_in(page, file(row("赵一")))
    answer = BankAnswer.objects.get()
    columns = answer_columns(page, answer)
    assert {name: columns[name] for name in ("account", "amount", "name", "state", "reason")} == {
        "account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果", "reason": "失败原因",
    }  # fmt: skip
    choose_columns(page, answer)
    template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
    assert template.answer == {}  # nobody has taken the file in
    take_in(page, file(row("孙三")))
    template.refresh_from_db()
    assert template.answer["layouts"][0]["state"] == "处理结果"
    hand_in(page, file(row("钱二")))
    assert page.get(BankAnswer.objects.latest("pk").get_absolute_url()).context["step"] == "preview"


def test_an_answer_shows_who_is_paid_refused_strange_double_and_unanswered(page, payment):
    refused = row("钱二", "失败", "账号62284800000000000002不存在")
    doubles = [row("赵一"), row("赵一"), row("孙三"), row("孙三", "失败")]
    rows = [*doubles, refused, row("李四", amount="400.00"), row("王五", number=9), "合计,,2500.00,,"]
    preview = take_in(page, file(*rows))
    assert [match.item.name for match in preview.paid] == ["赵一"]
    assert [match.item.name for match in preview.refused] == ["钱二"]
    assert {match.item.name: agree for match, _rows, agree in preview.doubles} == {"赵一": True, "孙三": False}
    assert [row.name for row, _why in preview.unmatched] == ["李四", "王五"]
    assert [item.name for item in preview.unanswered] == ["李四"]
    assert standing() == {"赵一": "arrived", "钱二": "refused"}
    assert "6228480000" not in PayResult.objects.get(stage="refused").reason


def test_a_name_that_is_another_s_matches_nobody(page, payment):
    preview = take_in(page, file(row("孙三", number=1)))
    assert "赵一" in preview.unmatched[0][1]
    assert standing() == {}


def test_the_same_answer_twice_changes_nothing_and_reports_it(page, payment):
    content = file(*map(row, NAMES))
    take_in(page, content)
    assert standing() == dict.fromkeys(NAMES, "arrived")
    assert "已由finance于" in hand_in(page, content).text
    assert PayResult.objects.count() == 8
    hand_in(page, content + b"\r\n")  # other bytes, the same rows
    assert "没有新的结果" in page.get(BankAnswer.objects.latest("pk").get_absolute_url()).text


def test_what_changed_since_it_was_looked_at_is_not_taken_in(page, payment):
    hand_in(page, file(*map(row, NAMES)))
    answer = BankAnswer.objects.get()
    choose_columns(page, answer)
    page.post(answer.get_absolute_url(), {"digest": "another", "day": f"{timezone.localdate()}"})
    assert standing() == {}


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04broken"])
def test_a_file_that_cannot_be_read_is_reported_beside_its_field(page, payment, content):
    answer = hand_in(page, content)
    assert answer.status_code == 422
    assert not BankAnswer.objects.exists()


def test_a_pipe_separated_answer_without_titles_is_read_by_numbers(page, payment):
    content = "\r\n".join(f"{n}|{name}|62284800000000000{n}|350.00|成功|" for n, name in enumerate(NAMES, 1)).encode()
    hand_in(page, content)
    answer = BankAnswer.objects.get()
    columns = answer_columns(page, answer)
    assert [columns[name] for name in ("account", "amount", "name", "state")] == ["#3", "#4", "#2", "#5"]
    choose_columns(page, answer)
    assert len(page.get(answer.get_absolute_url()).context["preview"].paid) == 4


def test_an_answer_of_another_batch_is_refused(page, community, sheet, payment, finance):
    take_in(page, file(*map(row, NAMES)))
    [june] = sheets.prepare(MAY.next, [community.subdistrict])
    factories.brought_to(june, State.APPROVED)
    payments.first(Sheet.objects.get(pk=june.pk), actor=finance)
    factories.answered(june, refused=["赵一"])
    further = payments.pay(june, {june.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)
    other = file(row("赵一", "失败", "账户不存在"), *map(row, NAMES[1:]))
    answer = answers.hand_in(payment=further, name="第1批.csv", content=other, actor=finance)
    understood = answers.understand(answer)
    layouts = [reading.proposed(table, understood.choices, understood.people) for table in understood.file.tables]
    answers.store_choices(answer, replace(understood.choices, layouts=layouts))
    digest = answers.preview(answer).digest
    with pytest.raises(Refused, match="第1批"):
        answers.take_in(answer, digest=digest, day=timezone.localdate(), actor=finance)


def test_the_payment_page_never_reads_the_files_of_the_answers(page, payment):
    take_in(page, file(*map(row, NAMES)))
    with CaptureQueriesContext(connection) as queries:
        page.get(url("payment"))
    assert not [query for query in queries if '"subsidies_bankanswer"."content"' in query["sql"]]


def test_people_of_another_bank_s_file_are_not_concluded_from_one_bank_s_list(page, payment):
    hand_in(page, file(row("赵一", "失败", "账户不存在")))
    answer = BankAnswer.objects.get()
    if answers.understand(answer).questions:
        choose_columns(page, answer)
    assert answers.preview(BankAnswer.objects.get()).rest == ("paid",)
    Export.objects.create(
        month=payment.sheet.month, sheet=payment.sheet, payment=payment, format="bank", name="代发.zip", lines=4,
        sha256="0" * 64, at=timezone.now(),
    )  # fmt: skip
    assert answers.preview(BankAnswer.objects.get()).rest == ()


def test_an_answer_is_revoked_by_a_second_person_until_the_next_one(page, client, sheet, payment, finance):
    take_in(page, file(row("赵一"), row("钱二", "失败", "账户不存在")))
    answer = BankAnswer.objects.get()
    address = reverse("bank-answer-revoke", args=[answer.pk])
    page.post(address, {"reason": "拿错文件"})
    assert standing() == {"赵一": "arrived", "钱二": "refused"}  # who took it in does not revoke it
    shown = page.get(answer.get_absolute_url()).text
    assert (address in shown, "须由另一人撤销" in shown) == (False, True)
    assert page.get(address).status_code == 302
    other = factories.user("finance2", Role.FINANCE)
    client.force_login(other)
    assert address in client.get(answer.get_absolute_url()).text
    client.force_login(finance)
    answers.revoke(answer, reason="拿错文件", actor=other)
    assert standing() == {}
    take_in(page, file(row("赵一"), row("钱二", "失败", "账户不存在")))  # the same file once more
    assert standing() == {"赵一": "arrived", "钱二": "refused"}
    take_in(page, file(row("孙三")))
    earlier = BankAnswer.objects.filter(revoked_at=None).earliest("pk")
    with pytest.raises(Refused) as refusal:
        answers.revoke(earlier, reason="", actor=other)
    client.force_login(other)
    shown = client.get(earlier.get_absolute_url()).text
    assert reverse("bank-answer-revoke", args=[earlier.pk]) not in shown
    assert str(refusal.value) in shown


def test_a_day_before_the_payment_or_after_today_is_refused(page, payment):
    hand_in(page, file(*map(row, NAMES)))
    answer = BankAnswer.objects.get()
    choose_columns(page, answer)
    digest = answers.preview(BankAnswer.objects.get()).digest
    for day in ("1999-01-01", f"{timezone.localdate() - timedelta(1)}", f"{timezone.localdate() + timedelta(1)}"):
        page.post(answer.get_absolute_url(), {"digest": digest, "day": day})
        assert standing() == {}


def test_a_file_that_is_not_taken_in_is_discarded_with_its_content(page, payment):
    hand_in(page, file(row("王五", number=9)))
    answer = BankAnswer.objects.get()
    address = reverse("bank-answer-discard", args=[answer.pk])
    assert address in page.get(url("payment")).text
    assert address in page.get(answer.get_absolute_url()).text
    assert "将被删除" in page.get(address).text
    assert BankAnswer.objects.exists()
    assert "文件回盘.csv已弃用" in page.post(address, follow=True).text
    assert not BankAnswer.objects.exists()
    assert "回盘.csv" not in page.get(url("payment")).text
    entry = AuditEntry.objects.get(act=Act.DISCARD)
    assert (entry.user.username, entry.subject, entry.details["sha256"]) == ("finance", "回盘.csv", answer.sha256)
    assert "文件弃用" in entry.get_act_display()
    hand_in(page, file(row("王五", number=9)))  # nothing of it is remembered
    assert BankAnswer.objects.count() == 1


def test_a_file_that_is_taken_in_is_not_discarded(page, payment):
    take_in(page, file(row("赵一")))
    answer = BankAnswer.objects.get()
    address = reverse("bank-answer-discard", args=[answer.pk])
    assert address not in page.get(url("payment")).text + page.get(answer.get_absolute_url()).text
    page.post(address)
    with pytest.raises(Refused):
        answers.discard(answer, actor=factories.user("finance2", Role.FINANCE))
    with pytest.raises(IntegrityError), transaction.atomic():
        BankAnswer.objects.filter(pk=answer.pk)._raw_delete("default")
    assert standing() == {"赵一": "arrived"}
    assert not AuditEntry.objects.filter(act=Act.DISCARD).exists()


def test_a_file_that_another_user_took_in_or_discarded_is_acted_on_no_more(page, payment):
    hand_in(page, file(row("赵一")))
    choose_columns(page, BankAnswer.objects.get())
    answer = BankAnswer.objects.get()  # as a page that is open still knows it
    understood, found = answers.understand(answer), answers.preview(answer)
    finance = factories.user("finance2", Role.FINANCE)
    taken = {"digest": found.digest, "day": timezone.localdate(), "actor": finance}
    answers.take_in(answer, **taken)
    with pytest.raises(Refused, match="已"):
        answers.store_choices(answer, understood.choices)
    hand_in(page, file(row("钱二")))
    answer = BankAnswer.objects.get(taken_at=None)
    answers.discard(answer, actor=finance)
    answer.pk = BankAnswer.objects.latest("pk").pk + 1
    with pytest.raises(Refused, match="已弃用"):
        answers.take_in(answer, **taken)


def test_a_clerk_sees_an_answer_and_does_not_discard_it(client, clerk, page, payment):
    hand_in(page, file(row("赵一")))
    answer = BankAnswer.objects.get()
    client.force_login(clerk)
    address = reverse("bank-answer-discard", args=[answer.pk])
    assert address not in client.get(answer.get_absolute_url()).text + client.get(url("payment")).text
    assert client.post(address).status_code == 403
    assert BankAnswer.objects.exists()


FAILURES = ["姓名,账号,金额,失败原因", "赵一,622848000000000001,350.00,账户不存在"]


def test_the_columns_of_a_list_of_failures_are_asked_once(page, payment):
    hand_in(page, "\r\n".join(FAILURES).encode())
    first = BankAnswer.objects.get()
    assert page.get(first.get_absolute_url()).context["step"] == "columns"
    choose_columns(page, first)
    preview = page.get(first.get_absolute_url()).context["preview"]
    page.post(first.get_absolute_url(), {"digest": preview.digest, "day": f"{timezone.localdate()}", "rest": "stay"})
    hand_in(page, "\r\n".join([FAILURES[0], FAILURES[1].replace("赵一", "钱二").replace("001,", "002,")]).encode())
    answer = BankAnswer.objects.latest("pk")
    asked = page.get(answer.get_absolute_url())
    assert asked.context["step"] == "holds"
    assert [*asked.context["holds"].fields] == ["says"]
    assert "columns" not in asked.context
    assert page.post(answer.get_absolute_url(), {"holds": "1"}).status_code == 422  # nothing is assumed
    page.post(answer.get_absolute_url(), {"holds": "1", "says": "refused"})
    found = page.get(answer.get_absolute_url()).context
    assert found["step"] == "preview"
    assert [match.item.name for match in found["preview"].refused] == ["钱二"]
    assert page.get(f"{answer.get_absolute_url()}?columns").context["step"] == "columns"
