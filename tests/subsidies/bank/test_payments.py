"""From the bank's file to the closed month: retries, accounts to be decided, what is given up, who may see it."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from jygroups.lib import constraints
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Member, Role
from subsidies.bank import answers, payments
from subsidies.bank.payments import Choice
from subsidies.models import BankTemplate, Export, PaymentItem, PayResult, PayStage, Sheet, SheetLine, State, Step
from subsidies.month import checks, sheets, workflow
from tests import factories
from tests.subsidies.bank.steps import MAY, changed, file, make, row, standing, take_in, url

CASES = Path(__file__).resolve().parents[2] / "cases"
pytestmark = pytest.mark.usefixtures("standard")


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
    assert "2 · 重发" in page.get(url("payment")).text
    assert sorted(sheet.payments.get(ordinal=2).items.values_list("name", flat=True)) == ["李四", "赵一"]


def test_what_is_with_the_bank_is_neither_paid_again_nor_given_up(sheet, payment, finance):
    line = sheet.lines.first()
    with pytest.raises(Refused):
        payments.pay(sheet, {line.pk: Choice.TODAY}, actor=finance)
    with pytest.raises(Refused):
        answers.give_up(line, reason="放弃", actor=finance)


@pytest.mark.usefixtures("as_owner")
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


def test_a_second_export_names_who_was_first_and_asks(page, payment, sheet):
    entered = {
        "format": "bank",
        "purpose": "再次",
        "template": BankTemplate.objects.get(name="代发工资文本（竖线分隔）").pk,
    }
    answer = page.post(url("export"), entered)
    assert answer.status_code == 422
    assert "上次由finance于" in answer.text
    assert Export.objects.count() == 1
    assert page.post(url("export"), entered | {"again": "on"})["Content-Disposition"].startswith("attachment")
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


def test_who_keeps_the_roster_sees_a_refused_account_until_it_is_corrected(client, secretary, sheet, payment):
    factories.answered(sheet, refused=["孙三"])
    client.force_login(secretary)
    assert "孙三：银行退回（账户不存在）" in client.get(reverse("workbench")).text
    person = PaymentItem.objects.get(name="孙三").line.member
    person.account = "622848000000000033"
    person.save()
    assert "孙三：银行退回" not in client.get(reverse("workbench")).text


def test_finance_reads_who_corrects_a_refused_account_and_where_the_answer_is_entered(page, sheet, payment):
    assert url("bank-answer-add") in page.get(f"{url('export')}?format=bank").text
    advice = "由社区或街道经办在名册中更正"
    assert advice not in page.get(url("payment")).text
    factories.answered(sheet, refused=["孙三"])
    assert advice in page.get(url("payment")).text


def test_finance_is_informed_what_is_next_of_each_approved_sheet(page, sheet):
    assert "代发文件尚未导出" in page.get(reverse("workbench")).text
    payments.first(sheet, actor=None)
    assert "待登记银行回盘，4人" in page.get(reverse("workbench")).text
    factories.answered(sheet)
    assert "款项已全部了结，待办结" in page.get(reverse("workbench")).text
    workflow.take(Step.SETTLE, sheet=sheet, actor=page.get(reverse("workbench")).wsgi_request.user)
    assert "待办结" not in page.get(reverse("workbench")).text


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


@pytest.mark.usefixtures("city")
def test_the_case_of_an_account_changed_after_approval_asks_which_one_to_pay(page, tmp_path):
    call_command("import_roster", CASES / "bank-account-changed-after-approval" / "roster.csv")
    call_command("prepare_month", "2026-11")
    sheet = Sheet.objects.get(subdistrict__code="620201001")
    assert {line.name: line.net for line in sheet.lines.all()} == dict.fromkeys(("赵试甲", "钱试乙", "孙试丙"), 200)
    factories.brought_to(sheet, State.APPROVED)
    changed(sheet, "赵试甲", account="6228480003000088882")
    form = page.get(url("payment-make", "2026-11", "620201001")).context["form"]
    assert [(each.line.name, chosen) for each, _field, chosen in form.questions] == [("赵试甲", None)]
    with pytest.raises(CommandError, match="赵试甲"):
        call_command("export_month", "2026-11", "--format", "bank", "--output", str(tmp_path / "代发.txt"))
    assert not Export.objects.exists()


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
    other = factories.member(community, "周八", account="622848000000000003")
    who = f"周八（{community.name}，身份证尾号{other.id_number[-4:]}）"
    assert f"账号与{who}相同" in page.get(url("payment-make")).text
    with pytest.raises(payments.Undecided, match=who):
        payments.first(sheet, actor=None)
    assert "请为孙三作出选择" in make(page, {}).text
    make(page, {"孙三": "approved"})
    assert PaymentItem.objects.count() == 4


def test_an_approved_account_that_another_person_has_now_is_shown(page, sheet, community):
    changed(sheet, "钱二", account="622848000000000022")
    other = factories.member(community, "周八", account="622848000000000002")
    [found] = [each for each in payments.candidates(sheet) if each.line.name == "钱二"]
    assert found.sharing == (payments.identified(other),)


def test_namesakes_on_the_page_are_shown_apart(page, sheet, community, group, finance):
    namesake = factories.member(community, "孙三", account="622848000000000003")
    factories.appointment(namesake, group, first_day=date(2024, 5, 20))
    june = Month(2024, 6)
    sheets.prepare(june, [community.subdistrict])
    factories.brought_to(Sheet.objects.get(month=june.first_day), State.APPROVED)
    text = page.get(url("payment-make", june, "620201001")).text
    for person in Member.objects.filter(name="孙三"):
        assert f"孙三（{community.name}，身份证尾号{person.id_number[-4:]}）</a>" in text


def test_people_and_total_of_a_retry_are_shown_before_it_is_made(page, sheet, payment):
    factories.answered(sheet, refused=["赵一", "孙三"])
    lines = {line.name: f"line-{line.pk}" for line in sheet.lines.all()}
    seen = {"batches": 1, "seen": payments.shown(payments.candidates(sheet))}
    asked = page.post(url("payment-make"), {**seen, lines["赵一"]: "approved", lines["孙三"]: "leave"})
    assert "本次代发1人、350.00元" in asked.text
    assert "1人不在本批" in asked.text
    both = {**seen, lines["赵一"]: "approved", lines["孙三"]: "approved", "stated": asked.context["stated"]}
    asked = page.post(url("payment-make"), both)  # decided otherwise after the total was shown
    assert "本次代发2人、700.00元" in asked.text
    assert sheet.payments.count() == 1
    page.post(url("payment-make"), both | {"stated": asked.context["stated"]})
    assert sheet.payments.latest("ordinal").amount == 700


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


def changed_outside(sql: str, *values) -> None:
    """Write as who owns the database could, the guards being off."""
    constraints.remove_triggers()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    constraints.install_triggers()


def test_a_month_with_a_line_changed_outside_is_neither_closed_nor_reconciled(page, payment, sheet, finance):
    take_in(page, file(*[row(name) for name in ("赵一", "钱二", "孙三", "李四")]))
    line = SheetLine.objects.get(name="钱二")
    changed_outside("UPDATE subsidies_sheetline SET bank = %s WHERE id = %s", "别的银行", line.pk)
    with pytest.raises(Refused, match="钱二"):
        workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
    output = io.StringIO()
    with pytest.raises(CommandError, match="钱二"):
        call_command("reconcile", str(MAY), stdout=output)
    assert "钱二" in page.get(f"{reverse('reconciliation')}?month={MAY}").text


def test_a_person_changed_in_a_payment_is_named_by_the_reconciliation(page, payment, sheet):
    take_in(page, file(*[row(name) for name in ("赵一", "钱二", "孙三", "李四")]))
    item = PaymentItem.objects.get(name="孙三")
    changed_outside("UPDATE subsidies_paymentitem SET name = %s WHERE id = %s", "孙六", item.pk)
    with pytest.raises(CommandError, match="孙三"):
        call_command("reconcile", str(MAY), stdout=io.StringIO())
