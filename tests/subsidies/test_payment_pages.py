"""From the bank's file to the closed month: answers with refusals, doubles and strangers, retries, what is given up."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import Role
from subsidies.bank import answers, payments, reading, ready_templates
from subsidies.bank.payments import Choice
from subsidies.models import BankAnswer, BankTemplate, Export, PaymentItem, PayResult, PayStage, Sheet, State, Step
from subsidies.services import checks, exports, sheets, workflow
from subsidies.services.exports import Options
from subsidies.services.sheets import Refused
from tests import factories
from tests.test_routes import filled_in

MAY = Month(2024, 5)
NAMES = ["赵一", "钱二", "孙三", "李四"]
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def sheet(community, group):
    """May: four people with 350 yuan each, approved."""
    ready_templates.load_missing()
    for number, name in enumerate(NAMES, 1):
        factories.appointment(factories.member(community, name, account=f"62284800000000000{number}"), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    return Sheet.objects.select_related("subdistrict").get()


@pytest.fixture
def payment(sheet, finance):
    payment = payments.first(sheet, actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


@pytest.fixture
def page(client, finance):
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()
    return client


def url(name, *args):
    return reverse(name, args=args or [MAY, "620201001"])


def row(name, state="成功", reason="", amount="350.00", number=None):
    return f"{name},62284800000000000{number or NAMES.index(name) + 1},{amount},{state},{reason}"


def file(*rows, encoding="gb18030"):
    return "\r\n".join(["姓名,账号,金额,处理结果,失败原因", *rows]).encode(encoding)


def hand_in(page, content, batch=None):
    batch = batch or Sheet.objects.get().payments.latest("ordinal")
    upload = SimpleUploadedFile("回盘.csv", content)
    return page.post(url("bank-answer-add"), {"file": upload, "payment": batch.pk}, follow=True)


def say_columns(page, answer):
    return page.post(answer.get_absolute_url(), answer_columns(page, answer), follow=True)


def answer_columns(page, answer):
    form = page.get(answer.get_absolute_url()).context["columns"]
    return {name: field.initial for name, field in form.fields.items() if field.initial not in (False, None)}


def take_in(page, content):
    hand_in(page, content)
    answer = BankAnswer.objects.latest("pk")
    if page.get(answer.get_absolute_url()).context["step"] == "columns":
        say_columns(page, answer)
    preview = page.get(answer.get_absolute_url()).context["preview"]
    page.post(answer.get_absolute_url(), {"digest": preview.digest, "day": f"{timezone.localdate()}", "rest": "stay"})
    return preview


def make(page, decisions):
    """A payment by the page: of each person named what is chosen."""
    sheet = Sheet.objects.get()
    lines = dict(sheet.lines.values_list("name", "pk"))
    chosen = {f"line-{lines[name]}": str(choice) for name, choice in decisions.items()}
    seen = {"batches": sheet.payments.count(), "seen": payments.shown(payments.candidates(sheet))}
    return page.post(url("payment-make"), {**seen, **chosen}, follow=True)


def standing():
    """The stage of each person's line, as far as the bank has answered."""
    found = PayResult.objects.newest().exclude(stage=PayStage.IN_TRANSIT)
    return dict(found.values_list("line__name", "stage"))


def test_the_columns_are_guessed_confirmed_once_and_remembered(page, payment):
    hand_in(page, file(row("赵一")))
    answer = BankAnswer.objects.get()
    columns = answer_columns(page, answer)
    assert {name: columns[name] for name in ("account", "amount", "name", "state", "reason")} == {
        "account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果", "reason": "失败原因",
    }  # fmt: skip
    say_columns(page, answer)
    assert BankTemplate.objects.get(name="代发工资文本（竖线分隔）").answer["layouts"][0]["state"] == "处理结果"
    hand_in(page, file(row("钱二")))
    assert "columns" not in page.get(BankAnswer.objects.latest("pk").get_absolute_url()).context


def test_an_answer_says_who_is_paid_refused_strange_double_and_unanswered(page, payment):
    refused = row("钱二", "失败", "账号62284800000000000002不存在")
    doubles = [row("赵一"), row("赵一"), row("孙三"), row("孙三", "失败")]
    rows = [*doubles, refused, row("李四", amount="400.00"), row("王五", number=9), "合计,,1400.00,,"]
    preview = take_in(page, file(*rows))
    assert [match.item.name for match in preview.paid] == ["赵一"]
    assert [match.item.name for match in preview.refused] == ["钱二"]
    assert {match.item.name: agree for match, _rows, agree in preview.doubles} == {"赵一": True, "孙三": False}
    assert [said.name for said, _why in preview.unmatched] == ["李四", "王五"]
    assert [item.name for item in preview.unanswered] == ["李四"]
    assert standing() == {"赵一": "arrived", "钱二": "refused"}
    assert "6228480000" not in PayResult.objects.get(stage="refused").reason


def test_a_name_that_is_another_s_matches_nobody(page, payment):
    preview = take_in(page, file(row("孙三", number=1)))
    assert "赵一" in preview.unmatched[0][1]
    assert standing() == {}


def test_the_same_answer_twice_changes_nothing_and_says_so(page, payment):
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
    say_columns(page, answer)
    page.post(answer.get_absolute_url(), {"digest": "another", "day": f"{timezone.localdate()}"})
    assert standing() == {}


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04broken"])
def test_a_file_that_cannot_be_read_is_told_beside_its_field(page, payment, content):
    answer = hand_in(page, content)
    assert answer.status_code == 422
    assert not BankAnswer.objects.exists()


def test_a_pipe_separated_answer_without_titles_is_read_by_numbers(page, payment):
    content = "\r\n".join(f"{n}|{name}|62284800000000000{n}|350.00|成功|" for n, name in enumerate(NAMES, 1)).encode()
    hand_in(page, content)
    answer = BankAnswer.objects.get()
    columns = answer_columns(page, answer)
    assert [columns[name] for name in ("account", "amount", "name", "state")] == ["#3", "#4", "#2", "#5"]
    say_columns(page, answer)
    assert len(page.get(answer.get_absolute_url()).context["preview"].paid) == 4


def test_refused_people_are_corrected_tried_once_more_and_the_month_is_closed(page, payment, sheet, finance):
    take_in(page, file(row("赵一"), row("钱二", "失败", "账户不存在"), row("孙三", "失败", "户名不符"), row("李四")))
    assert checks.unsettled(sheet) == ["银行退回：2人，请重发或核定不再发放。"]
    person = PaymentItem.objects.get(name="钱二").line.member
    person.account = "622848000000000022"
    person.save()
    form = page.get(url("payment-make")).context["form"]
    proposed = {each.line.name: chosen for each, _field, chosen in form.questions}
    assert proposed == {"钱二": Choice.TODAY, "孙三": Choice.LEAVE}  # only who was corrected is paid
    make(page, proposed)
    [item] = sheet.payments.get(ordinal=2).items.all()
    assert (item.name, item.account, item.amount) == ("钱二", "622848000000000022", Decimal(350))
    assert item.line.account == "622848000000000002"
    take_in(page, file("钱二,622848000000000022,350.00,成功,"))
    page.post(url("payment-settle"))
    assert Sheet.objects.get().state == State.APPROVED  # one is still refused
    other = PaymentItem.objects.get(name="孙三").line
    assert page.post(url("give-up", MAY, other.member_id), {"reason": ""}).status_code == 422
    page.post(url("give-up", MAY, other.member_id), {"reason": "本人书面放弃"})
    page.post(url("payment-settle"))
    assert Sheet.objects.get().state == State.PAID
    assert Sheet.objects.get().events.latest("pk").step == Step.SETTLE


def test_all_who_are_chosen_are_tried_again_and_nobody_else(page, sheet, payment):
    factories.answered(sheet, refused=["赵一", "孙三", "李四"])
    make(page, {"赵一": "approved", "李四": "approved", "孙三": "leave"})
    assert sorted(sheet.payments.get(ordinal=2).items.values_list("name", flat=True)) == ["李四", "赵一"]


def test_what_is_with_the_bank_is_neither_paid_again_nor_given_up(sheet, payment, finance):
    line = sheet.lines.first()
    with pytest.raises(Refused):
        payments.pay(sheet, {line.pk: Choice.TODAY}, actor=finance)
    with pytest.raises(Refused):
        answers.give_up(line, reason="放弃", actor=finance)


def test_the_database_refuses_to_pay_a_line_twice_and_to_change_a_result(sheet, payment):
    factories.answered(sheet)
    result = PayResult.objects.get(line=sheet.lines.first(), ordinal=2)

    def add(**facts):
        event = {"line": result.line, "item": result.item, "ordinal": 3, "day": result.day, "at": result.at} | facts
        PayResult.objects.create(**event)

    for act in (
        lambda: PayResult.objects.update(stage=PayStage.REFUSED),
        lambda: PayResult.objects.all().delete(),
        lambda: add(step="arrive", source="in_transit", stage="arrived"),  # it has arrived already
        lambda: add(step="give_up", source="refused", stage="given_up"),
        lambda: add(step="give_up", source="arrived", stage="given_up"),
        lambda: add(step="bounce", source="arrived", stage="bounced", ordinal=2),
        lambda: add(step="bounce", source="arrived", stage="bounced", ordinal=4),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_a_second_export_says_who_was_first_and_asks(page, payment, sheet):
    said = {
        "format": "bank",
        "purpose": "再次",
        "template": BankTemplate.objects.get(name="代发工资文本（竖线分隔）").pk,
    }
    answer = page.post(url("export"), said)
    assert answer.status_code == 422
    assert "上次由finance于" in answer.text
    assert Export.objects.count() == 1
    assert page.post(url("export"), said | {"again": "on"})["Content-Disposition"].startswith("attachment")
    assert Export.objects.count() == 2


def test_a_clerk_sees_the_payment_and_hands_nothing_to_the_bank(client, clerk, sheet, payment):
    client.force_login(clerk)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()
    assert client.get(url("payment")).status_code == 200
    assert "bank" not in dict(client.get(url("export")).context["form"].fields["format"].choices)
    assert client.post(url("export"), {"format": "bank", "purpose": "x"}).status_code == 422
    for name in ("payment-make", "payment-settle", "bank-answer-add"):
        assert client.post(url(name)).status_code == 403


def test_the_clerk_of_another_subdistrict_does_not_learn_of_the_payment(client, stranger, sheet, payment):
    client.force_login(factories.user("other", Role.CLERK, subdistrict=stranger.subdistrict))
    assert client.get(url("payment")).status_code == 404


def test_who_keeps_the_roster_is_told_of_a_refused_account_until_it_is_corrected(client, secretary, sheet, payment):
    factories.answered(sheet, refused=["孙三"])
    client.force_login(secretary)
    assert "孙三：银行退回（账户不存在）" in client.get(reverse("workbench")).text
    person = PaymentItem.objects.get(name="孙三").line.member
    person.account = "622848000000000033"
    person.save()
    assert "孙三：银行退回" not in client.get(reverse("workbench")).text


def test_finance_is_told_what_is_next_of_each_approved_sheet(page, sheet):
    assert "代发文件尚未导出" in page.get(reverse("workbench")).text
    payments.first(sheet, actor=None)
    assert "待登记银行回盘，4人" in page.get(reverse("workbench")).text
    factories.answered(sheet)
    assert "款项已全部了结，待办结" in page.get(reverse("workbench")).text
    workflow.take(Step.SETTLE, sheet=sheet, actor=page.get(reverse("workbench")).wsgi_request.user)
    assert "待办结" not in page.get(reverse("workbench")).text


def changed(sheet, whose, /, **facts):
    member = sheet.lines.get(name=whose).member
    for field, value in facts.items():
        setattr(member, field, value)
    member.save()


def test_an_account_changed_since_approval_is_decided_before_the_first_file(page, sheet):
    changed(sheet, "钱二", account="622848000000000022")
    options = {
        "format": "bank",
        "purpose": "代发",
        "template": BankTemplate.objects.get(name="代发工资文本（竖线分隔）").pk,
    }
    assert "逐人核定" in page.post(url("export"), options, follow=True).text
    assert not sheet.payments.exists()
    asked = page.get(url("payment-make")).text
    assert "审批后有变更：账号" in asked
    assert "赵一" not in asked
    assert "请为钱二作出选择" in make(page, {}).text
    make(page, {"钱二": "approved"})
    assert sheet.payments.get().items.get(name="钱二").account == "622848000000000002"


@pytest.mark.parametrize("choice", ["today", "leave"])
def test_the_new_account_is_paid_or_the_person_left_for_a_later_payment(page, sheet, choice):
    changed(sheet, "钱二", account="622848000000000022")
    make(page, {"钱二": choice})
    paid = {item.name: item.account for item in PaymentItem.objects.all()}
    assert paid.get("钱二") == {"today": "622848000000000022", "leave": None}[choice]
    if choice == "leave":
        assert checks.unsettled(sheet)[0] == "尚未送银行：1人。"
        make(page, {"钱二": "today"})
        assert sheet.payments.get(ordinal=2).items.get().account == "622848000000000022"


@pytest.mark.parametrize("facts", [{"name": "钱二二"}, {"id_number": "620299196501010027"}, {"bank": "甘肃银行"}])
def test_another_name_number_or_bank_is_asked_about_too(page, sheet, facts):
    changed(sheet, "钱二", **facts)
    assert "请为钱二作出选择" in make(page, {}).text


def test_one_account_of_several_people_is_decided_first(page, sheet, community):
    factories.member(community, "周八", account="622848000000000003")
    assert "账号与周八相同" in page.get(url("payment-make")).text
    assert "请为孙三作出选择" in make(page, {}).text
    make(page, {"孙三": "approved"})
    assert PaymentItem.objects.count() == 4


def test_an_approved_account_that_another_person_has_now_is_shown(page, sheet, community):
    changed(sheet, "钱二", account="622848000000000022")
    factories.member(community, "周八", account="622848000000000002")
    [found] = [each for each in payments.candidates(sheet) if each.line.name == "钱二"]
    assert found.sharing == ("周八",)


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
    answers.set_choices(answer, replace(understood.choices, layouts=layouts), actor=finance)
    digest = answers.preview(answer).digest
    with pytest.raises(Refused, match="第1批"):
        answers.take_in(answer, digest=digest, day=timezone.localdate(), actor=finance)


def test_who_is_second_to_make_a_payment_is_shown_who_was_first(page, sheet, finance):
    payments.first(sheet, actor=finance)
    late = page.post(url("payment-make"), {"batches": 0, "seen": payments.shown(payments.candidates(sheet))})
    assert late.status_code == 422
    assert "finance已于" in late.text
    assert sheet.payments.count() == 1


def test_an_account_that_changes_while_it_is_decided_is_not_paid_unseen(page, sheet):
    changed(sheet, "钱二", account="622848000000000022")
    seen = payments.shown(payments.candidates(sheet))
    changed(sheet, "钱二", account="622848000000000099")
    line = sheet.lines.get(name="钱二")
    late = page.post(url("payment-make"), {"batches": 0, "seen": seen, f"line-{line.pk}": "today"})
    assert late.status_code == 422
    assert "已有变化" in late.text
    assert not sheet.payments.exists()
    assert payments.shown(payments.candidates(sheet)) in late.text  # what is decided next is what is shown now


def test_the_payment_page_never_reads_the_files_of_the_answers(page, payment):
    take_in(page, file(*map(row, NAMES)))
    with CaptureQueriesContext(connection) as queries:
        page.get(url("payment"))
    assert not [query for query in queries if '"subsidies_bankanswer"."content"' in query["sql"]]


def test_people_of_another_bank_s_file_are_not_concluded_from_one_bank_s_list(page, payment):
    hand_in(page, file(row("赵一", "失败", "账户不存在")))
    answer = BankAnswer.objects.get()
    if answers.understand(answer).questions:
        say_columns(page, answer)
    assert answers.preview(BankAnswer.objects.get()).rest == ("paid",)
    Export.objects.create(
        month=payment.sheet.month, sheet=payment.sheet, payment=payment, format="bank", name="代发.zip", lines=4,
        sha256="0" * 64, at=timezone.now(),
    )  # fmt: skip
    assert answers.preview(BankAnswer.objects.get()).rest == ()


def test_money_sent_back_after_the_month_is_settled_opens_it_again_for_that_person(page, sheet, payment, finance):
    take_in(page, file(*map(row, NAMES)))
    page.post(url("payment-settle"))
    preview = take_in(page, file(row("钱二", "失败", "账户已销户")))
    assert [match.item.name for match in preview.bounced] == ["钱二"]
    assert standing()["钱二"] == "bounced"
    assert "银行退票1人" in page.get(reverse("workbench")).text
    make(page, {"钱二": "approved"})
    take_in(page, file(row("钱二")))
    assert standing()["钱二"] == "arrived"
    assert "银行退票" not in page.get(reverse("workbench")).text


def test_what_is_given_up_can_be_reinstated_and_paid(page, sheet, payment):
    factories.answered(sheet, refused=["孙三"])
    line = sheet.lines.get(name="孙三")
    page.post(url("give-up", MAY, line.member_id), {"reason": "联系不上"})
    assert standing()["孙三"] == "given_up"
    assert payments.candidates(sheet) == []
    page.post(url("reinstate", MAY, line.member_id), {"reason": "本人回来了"})
    assert standing()["孙三"] == "refused"
    make(page, {"孙三": "approved"})
    take_in(page, file(row("孙三")))
    assert standing()["孙三"] == "arrived"


def test_an_answer_is_revoked_by_a_second_person_until_the_next_one(page, client, sheet, payment, finance):
    take_in(page, file(row("赵一"), row("钱二", "失败", "账户不存在")))
    answer = BankAnswer.objects.get()
    address = reverse("bank-answer-revoke", args=[answer.pk])
    page.post(address, {"reason": "拿错文件"})
    assert standing() == {"赵一": "arrived", "钱二": "refused"}  # who took it in does not revoke it
    other = factories.user("finance2", Role.FINANCE)
    answers.revoke(answer, reason="拿错文件", actor=other)
    assert standing() == {}
    take_in(page, file(row("赵一"), row("钱二", "失败", "账户不存在")))  # the same file once more
    assert standing() == {"赵一": "arrived", "钱二": "refused"}
    take_in(page, file(row("孙三")))
    with pytest.raises(Refused):
        answers.revoke(BankAnswer.objects.filter(revoked_at=None).earliest("pk"), reason="", actor=other)


def test_a_day_before_the_payment_or_after_today_is_refused(page, payment):
    hand_in(page, file(*map(row, NAMES)))
    answer = BankAnswer.objects.get()
    say_columns(page, answer)
    digest = answers.preview(BankAnswer.objects.get()).digest
    for day in ("1999-01-01", f"{timezone.localdate() - timedelta(1)}", f"{timezone.localdate() + timedelta(1)}"):
        page.post(answer.get_absolute_url(), {"digest": digest, "day": day})
        assert standing() == {}


# Templates ----------------------------------------------------------------------------------------------------


def template_data(page, pk):
    text = page.get(url("bank-template", pk)).text
    return filled_in(BeautifulSoup(text, "html.parser").select_one("form.edit"))


def test_a_template_is_previewed_before_it_is_saved(page, sheet):
    template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
    data = template_data(page, template.pk) | {"separator": "~", "in_fen": "on"}
    answer = page.post(url("bank-template", template.pk), data | {"preview": "1"})
    assert "1~张三~622848000000000001~35000~620299197001010011~" in answer.text
    template.refresh_from_db()
    assert template.separator == "|"
    page.post(url("bank-template", template.pk), data)
    template.refresh_from_db()
    assert (template.separator, template.in_fen, template.columns[0]["title"]) == ("~", True, "序号")


def test_a_template_without_an_account_is_refused_in_words(page, sheet):
    template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
    data = template_data(page, template.pk) | {"columns-2-content": ""}
    answer = page.post(url("bank-template", template.pk), data)
    assert answer.status_code == 422
    assert "缺少以下列，银行无法发放：账号" in answer.text
