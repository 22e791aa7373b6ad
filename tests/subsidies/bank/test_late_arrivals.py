"""The bank's later word: paid after all, still in process after a refusal, and the very file of another payment."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from jygroups.lib import constraints
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Role
from subsidies.bank import answers, payments, reading, ready_templates, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import ledger, proposals
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, Correction, PayResult, PayStage, PayStep, Sheet, State, Step
from subsidies.month import arrivals, sheets, workflow
from subsidies.month.arrivals import Move
from tests import factories
from tests.test_routes import filled_in

MAY = Month(2024, 5)
CODE = "620201001"
NAMES = ["赵一", "钱二", "孙三"]
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def sheet(community, group, finance):
    """May: three people with 350 yuan each, approved and handed to the bank."""
    ready_templates.load_missing()
    for number, name in enumerate(NAMES, 1):
        factories.appointment(factories.member(community, name, account=f"62284800000000000{number}"), group)
    return handed_out(MAY, community, finance)


def handed_out(month, community, finance) -> Sheet:
    [sheet] = sheets.prepare(month, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    hand_out(payments.first(sheet, actor=finance), finance)
    return Sheet.objects.select_related("subdistrict").get(pk=sheet.pk)


def hand_out(payment, finance):
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


def row(name, state="成功", reason=""):
    return f"{name},62284800000000000{NAMES.index(name) + 1},350.00,{state},{reason}"


def file(*rows):
    return "\r\n".join(["姓名,账号,金额,处理结果,失败原因", *rows]).encode("gb18030")


def hand_in(payment, finance, content) -> BankAnswer:
    answer = answers.hand_in(payment=payment, name="回盘.csv", content=content, actor=finance)
    understood = answers.understand(answer)
    if understood.questions:
        layouts = [reading.proposed(table, understood.choices, understood.people) for table in understood.file.tables]
        answers.store_choices(answer, replace(understood.choices, layouts=layouts))
    return answer


def take_in(payment, finance, *rows, **confirmed) -> BankAnswer:
    """Hand the rows in and record them; `late` and `bounced` may be given as names."""
    answer = hand_in(payment, finance, file(*rows))
    found = answers.preview(answer)
    named = [*confirmed.pop("late", []), *confirmed.pop("bounced", [])]
    late = [match.item.pk for match in found.disputed if match.item.name in named]
    answers.take_in(answer, digest=found.digest, day=timezone.localdate(), actor=finance, late=late, **confirmed)
    return answer


def standing(name="赵一"):
    return PayResult.objects.newest().get(line__name=name).stage


@pytest.fixture
def unpaid(sheet, finance):
    """Bring 赵一 to one of the stages in which a payment ended without the money."""

    def bring(stage):
        payment = sheet.payments.get()
        if stage == "bounced":
            take_in(payment, finance, row("赵一", "已入账"))
        take_in(payment, finance, row("赵一", "退票" if stage == "bounced" else "失败", "账户不存在"))
        if stage == "given_up":
            answers.give_up(sheet.lines.get(name="赵一"), reason="联系不上", actor=finance)
        assert standing() == stage
        return payment

    return bring


@pytest.fixture
def page(client, finance):
    client.force_login(finance)
    return client


def form_of(page, answer):
    """The form by which the answer is taken in, as filled in."""
    text = page.get(answer.get_absolute_url()).text
    form = BeautifulSoup(text, "html.parser").main.select("form[method=post]")[-1]
    return filled_in(form) | {"rest": "stay"}


# Paid after all -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["refused", "bounced", "given_up"])
def test_who_was_paid_after_all_is_shown_by_name_and_recorded_only_if_ticked(page, unpaid, finance, stage):
    payment = unpaid(stage)
    answer = hand_in(payment, finance, file(row("赵一"), row("钱二")))
    text = page.get(answer.get_absolute_url()).text
    assert "银行现称已到账" in text
    assert f"赵一，350.00元，第2行：系统中{timezone.localdate()}登记为“{PayStage(stage).label}”" in text
    data = form_of(page, answer)
    assert "late" not in data  # nothing is ticked beforehand
    page.post(answer.get_absolute_url(), data)
    assert (standing(), standing("钱二")) == (stage, "arrived")
    assert BankAnswer.objects.get(pk=answer.pk).left == 1

    again = hand_in(payment, finance, file(row("赵一")))
    refused = page.post(again.get_absolute_url(), form_of(page, again))
    assert refused.status_code == 422
    assert "请勾选" in refused.text
    [found] = answers.preview(again).late
    page.post(again.get_absolute_url(), form_of(page, again) | {"late": [found.item.pk]})
    assert standing() == "arrived"
    assert payments.candidates(payment.sheet) == []  # no retry pays it twice


@pytest.mark.parametrize("stage", ["refused", "bounced", "given_up"])
def test_what_arrived_late_is_right_in_every_account(unpaid, sheet, finance, stage):
    payment = unpaid(stage)
    take_in(payment, finance, row("钱二"), row("孙三"))
    take_in(payment, finance, row("赵一"), late=["赵一"])
    [of_month] = reconciliation.of([sheet])
    assert of_month.faults == []
    assert (of_month.figures.arrived, of_month.figures.given_up) == (1050, 0)
    book = ledger.of(sheet.lines.get(name="赵一").member)
    assert book.foots
    assert (book.sums.arrived, book.balance, book.entries[0].stands_at) == (350, 0, 350)
    workflow.take(Step.SETTLE, sheet=sheet, actor=finance)


def test_what_was_given_up_and_arrived_is_recovered_where_it_was_not_due(unpaid, sheet, finance):
    payment = unpaid("given_up")
    office = sheet.lines.get(name="赵一").member.appointments.get()
    office.first_day = MAY.next.first_day
    office.save()
    proposals.propose()
    assert not Correction.objects.exists()  # what never arrived is never recovered
    take_in(payment, finance, row("赵一"), late=["赵一"])
    proposals.propose()
    assert Correction.objects.get().difference == -350


@pytest.mark.parametrize("stage", ["refused", "bounced", "given_up"])
def test_a_revoked_late_arrival_leads_back_to_where_it_came_from(unpaid, sheet, finance, stage):
    second = factories.user("finance2", Role.FINANCE)
    late = take_in(unpaid(stage), finance, row("赵一"), late=["赵一"])
    answers.revoke(late, reason="拿错文件", actor=second)
    assert standing() == stage
    line = sheet.lines.get(name="赵一")
    if stage == "given_up":
        assert arrivals.given_up(sheet.lines.all()).get().reason == "联系不上"
        answers.reinstate(line, reason="本人回来了", actor=finance)
        assert standing() == "refused"  # where it stood when it was given up
    assert arrivals.refused(sheet.lines.all()).get().reason == "账户不存在"
    assert [each.line for each in payments.candidates(sheet)] == [line]


def test_what_is_given_up_again_stands_where_the_first_decision_found_it_once_both_answers_are_revoked(
    unpaid, sheet, finance
):
    second = factories.user("finance2", Role.FINANCE)
    line = sheet.lines.get(name="赵一")
    payment = unpaid("given_up")
    late = take_in(payment, finance, row("赵一"), late=["赵一"])
    sent_back = take_in(payment, finance, row("赵一", "退票"), bounced=["赵一"])
    answers.give_up(line, reason="仍联系不上", actor=finance)
    answers.reinstate(line, reason="已联系上", actor=finance)
    answers.revoke(sent_back, reason="拿错文件", actor=second)
    answers.revoke(late, reason="拿错文件", actor=second)
    assert standing() == "given_up"
    answers.reinstate(line, reason="本人回来了", actor=finance)
    assert standing() == "refused"  # it never arrived


def test_what_an_answer_refused_is_revoked_to_in_transit_though_it_was_given_up_between(unpaid, sheet, finance):
    payment = unpaid("given_up")
    answers.reinstate(sheet.lines.get(name="赵一"), reason="本人回来了", actor=finance)
    answers.revoke(payment.answers.get(), reason="拿错文件", actor=factories.user("finance2", Role.FINANCE))
    assert standing() == "in_transit"


@pytest.mark.parametrize("outcome", [None, "成功", "失败"])
def test_a_late_word_on_a_batch_that_a_retry_has_replaced_warns_and_records_nothing(
    page, unpaid, sheet, finance, outcome
):
    first = unpaid("refused")
    retry = payments.pay(sheet, {sheet.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)
    hand_out(retry, finance)
    if outcome:
        take_in(retry, finance, row("赵一", outcome))
    before = standing()
    answer = hand_in(first, finance, file(row("赵一"), row("钱二")))
    found = answers.preview(answer)
    assert (found.late, [match.item.name for match in found.contrary]) == ([], ["赵一"])
    text = page.get(answer.get_absolute_url()).text
    assert "此后又在第2批送交银行" in text
    assert "可能重复发放" in text
    page.post(answer.get_absolute_url(), form_of(page, answer))
    assert (standing(), standing("钱二")) == (before, "arrived")
    for address in (reverse("payment", args=[MAY, CODE]), f"{reverse('reconciliation')}?month={MAY}"):
        assert "回盘.csv称第1批已到账，而该款此后又在第2批送交银行" in page.get(address).text


@pytest.mark.parametrize("stage", ["refused", "bounced", "given_up", "arrived"])
def test_still_in_process_after_a_final_word_is_shown_as_contrary(unpaid, finance, stage):
    payment = unpaid("refused" if stage == "arrived" else stage)
    if stage == "arrived":
        take_in(payment, finance, row("赵一"), late=["赵一"])
    found = answers.preview(hand_in(payment, finance, file(row("赵一", "处理中"), row("钱二"))))
    assert [match.item.name for match in found.contrary] == ["赵一"]
    assert found.known == found.late == []
    assert found.left == 1


def test_the_database_refuses_a_word_on_a_batch_that_a_retry_has_replaced(unpaid, sheet, finance):
    first = unpaid("refused")
    line = sheet.lines.get(name="赵一")
    payments.pay(sheet, {line.pk: Choice.APPROVED}, actor=finance)
    item = first.items.get(line=line)
    with pytest.raises(IntegrityError), transaction.atomic():
        arrivals.record(PayStep.ARRIVE, sheet, [Move(line.pk, item)], actor=finance)


def test_the_database_refuses_to_revoke_to_another_stage(unpaid, sheet, finance):
    late = take_in(unpaid("refused"), finance, row("赵一"), late=["赵一"])
    event = late.results.get()
    for stage in ("in_transit", "bounced", "given_up"):
        move = Move(event.line_id, event.item, back_to=stage)
        with pytest.raises(IntegrityError), transaction.atomic():
            arrivals.record(PayStep.REVOKE, sheet, [move], actor=finance, answer=late)


@pytest.mark.parametrize("is_revoked", [False, True])
def test_the_earlier_rules_know_a_late_arrival_as_a_further_sending(committed, unpaid, finance, is_revoked):
    take_in(unpaid("given_up"), finance, row("赵一"), late=["赵一"])
    if is_revoked:
        second = factories.user("finance2", Role.FINANCE)
        answers.revoke(BankAnswer.objects.latest("taken_at"), reason="拿错文件", actor=second)
    before = dict(PayResult.objects.newest().values_list("line__name", "stage"))
    call_command("migrate", "subsidies", "0013_result_of_upheld_objections", verbosity=0)
    call_command("migrate", verbosity=0)
    assert dict(PayResult.objects.newest().values_list("line__name", "stage")) == before
    steps = PayResult.objects.filter(line__name="赵一").order_by("ordinal").values_list("step", flat=True)
    late = ["reinstate", "send", "arrive", *(["revoke", "refuse", "give_up"] if is_revoked else [])]
    assert list(steps) == ["send", "refuse", "give_up", *late]
    assert constraints.missing() == []


# The very file of another payment ---------------------------------------------------------------------------------


@pytest.fixture
def june(sheet, community, finance):
    """May is answered; June has the same people, accounts and amounts, and is handed out."""
    take_in(sheet.payments.get(), finance, *map(row, NAMES))
    return handed_out(MAY.next, community, finance)


def test_the_file_of_another_month_is_taken_in_only_if_that_is_confirmed(page, sheet, june, finance):
    answer = hand_in(june.payments.get(), finance, file(*map(row, NAMES)))
    text = page.get(answer.get_absolute_url()).text
    assert "这份文件与2024年5月第1批的回盘完全相同" in text
    data = form_of(page, answer)
    assert "confirmed" not in data
    assert page.post(answer.get_absolute_url(), data).status_code == 422
    digest = answers.preview(answer).digest
    with pytest.raises(Refused, match="2024年5月第1批"):
        answers.take_in(answer, digest=digest, day=timezone.localdate(), actor=finance)
    assert not june.lines.filter(pay_results__stage="arrived").exists()
    page.post(answer.get_absolute_url(), data | {"confirmed": "on"})
    assert june.lines.filter(pay_results__stage="arrived").count() == 3


def test_the_old_file_handed_in_again_is_asked_about_where_something_else_was_recorded_since(sheet, finance):
    payment = sheet.payments.get()
    take_in(payment, finance, *map(row, NAMES))
    take_in(payment, finance, row("赵一", "退票"))
    old = answers.preview(hand_in(payment, finance, file(*map(row, NAMES))))
    assert "赵一" in old.doubts[0]  # the word "paid" is from before the money came back
    assert answers.preview(hand_in(payment, finance, file(row("赵一")))).doubts == []


def test_an_answer_that_was_revoked_or_of_another_file_is_not_asked_about(sheet, june, finance):
    assert answers.preview(hand_in(june.payments.get(), finance, file(*map(row, NAMES[:2])))).doubts == []
    second = factories.user("finance2", Role.FINANCE)
    answers.revoke(BankAnswer.objects.get(taken_at__isnull=False), reason="拿错文件", actor=second)
    [doubt] = answers.preview(hand_in(june.payments.get(), finance, file(*map(row, NAMES)))).doubts
    assert "同样在途的2024年5月第1批" in doubt  # May waits for its answer again, and nothing else is doubted


def test_the_file_of_another_batch_is_asked_about_too(unpaid, sheet, finance):
    unpaid("refused")
    retry = payments.pay(sheet, {sheet.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)
    hand_out(retry, finance)
    answer = hand_in(retry, finance, file(row("赵一", "失败", "账户不存在")))
    assert "2024年5月第1批" in answers.preview(answer).doubts[0]
    again = answers.preview(hand_in(sheet.payments.get(ordinal=1), finance, file(row("赵一", "失败", "账户不存在"))))
    assert (again.new, len(again.known)) == ([], 1)  # of the people it does not name an outcome can still be chosen


def test_a_file_that_names_an_earlier_month_at_the_latest_is_asked_about(sheet, finance):
    def doubts(title):
        content = f"{title},,,,\r\n".encode("gb18030") + file(row("赵一"))
        return answers.preview(hand_in(sheet.payments.get(), finance, content)).doubts

    assert "2024年4月" in doubts("2024年4月代发结果")[0]
    assert "4月" in doubts("4月份代发结果")[0]
    assert doubts("2024年4月代发结果，2024年5月补贴") == doubts("5月份代发结果") == []


# The command --------------------------------------------------------------------------------------------------------


def command(tmp_path, month, *rows, payment=None, **given):
    """Exit code, JSON and messages of the command with the file of these rows."""
    path, out, err = tmp_path / "回盘.csv", StringIO(), StringIO()
    path.write_bytes(file(*rows))
    options = {"subdistrict": CODE, "mapping": json.dumps(given), "json": True, "stdout": out, "stderr": err}
    options |= {"payment": payment} if payment else {}
    try:
        call_command("import_bank_answer", str(path), str(month), **options)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue()), err.getvalue()
    return 0, json.loads(out.getvalue()), err.getvalue()


def test_the_command_asks_about_who_was_paid_after_all_and_takes_what_is_given(tmp_path, unpaid):
    unpaid("refused")
    rows = [row("赵一"), row("钱二")]
    code, result, errors = command(tmp_path, MAY, *rows)
    assert (code, result["arrived"]) == (1, 0)
    [question] = result["questions"]
    assert (question["about"], question["give"]) == ("late", {"late": ["2"]})
    assert "赵一" in errors
    assert (standing(), standing("钱二")) == ("refused", "in_transit")
    assert command(tmp_path, MAY, *rows, late=["9"])[0] == 1

    code, result, _errors = command(tmp_path, MAY, *rows, late=[])
    assert (code, result["arrived"], len(result["unmatched"])) == (0, 1, 1)
    assert (standing(), standing("钱二")) == ("refused", "arrived")
    code, result, _errors = command(tmp_path, MAY, rows[0], late=["2"])
    assert (code, result["arrived"], result["unmatched"]) == (0, 1, [])
    assert standing() == "arrived"


def test_the_command_asks_about_the_file_of_another_month(tmp_path, june):
    code, result, _errors = command(tmp_path, MAY.next, *map(row, NAMES))
    assert (code, result["arrived"]) == (1, 0)
    [question] = result["questions"]
    assert (question["about"], question["give"]) == ("confirmed", {"confirmed": True})
    assert "2024年5月第1批" in question["question"]
    code, result, _errors = command(tmp_path, MAY.next, *map(row, NAMES), confirmed=True)
    assert (code, result["arrived"]) == (0, 3)
