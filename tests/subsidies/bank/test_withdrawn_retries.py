"""A withdrawn retry counts as if it had never been made: the bank's word on the earlier payment is recorded."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from jygroups.lib import constraints
from registry.models import Role
from subsidies.bank import answers, doubles, payments, reconciliation
from subsidies.bank.payments import Choice
from subsidies.models import PayResult, PayStage, PayStep
from subsidies.month import arrivals, seals
from subsidies.month.arrivals import Move
from tests import factories
from tests.subsidies.bank.test_late_arrivals import (
    MAY,
    file,
    hand_in,
    hand_out,
    page,  # noqa: F401
    pytestmark,  # noqa: F401
    row,
    sheet,  # noqa: F401
    standing,
    take_in,
    unpaid,  # noqa: F401
)

STAGES = ["refused", "bounced"]


@pytest.fixture
def retry(sheet, finance):  # noqa: F811
    """A payment of 赵一 again."""

    def pay():
        return payments.pay(sheet, {sheet.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)

    return pay


@pytest.fixture
def withdrawn(unpaid, retry, finance):  # noqa: F811
    """Bring 赵一 to a stage and withdraw a retry; gives the first payment."""

    def bring(stage):
        first = unpaid(stage)
        payments.withdraw(retry(), reason="账户错误", actor=finance)
        return first

    return bring


@pytest.mark.parametrize("stage", STAGES)
def test_a_late_success_of_the_earlier_payment_is_recorded_once_confirmed(withdrawn, sheet, finance, stage):  # noqa: F811
    first = withdrawn(stage)
    [match] = answers.preview(hand_in(first, finance, file(row("赵一")))).late
    assert "账户错误" not in match.record
    late = take_in(first, finance, row("赵一"), late=["赵一"])
    assert (standing(), payments.candidates(sheet), doubles.of([sheet])) == ("arrived", [], {})
    assert (list(seals.verify()), reconciliation.of([sheet], verify=True)[0].faults) == ([], [])
    answers.revoke(late, reason="拿错", actor=factories.user("other", Role.FINANCE))
    assert standing() == stage


@pytest.mark.parametrize(("stage", "before"), [("refused", "in_transit"), ("bounced", "arrived")])
def test_an_answer_is_revoked_though_a_retry_was_made_and_withdrawn_since(withdrawn, finance, stage, before):
    first = withdrawn(stage)
    answer = first.answers.latest("taken_at")
    answers.revoke(answer, reason="拿错", actor=factories.user("other", Role.FINANCE))
    assert standing() == before
    assert list(seals.verify()) == []
    take_in(first, finance, row("赵一", "失败"), bounced=["赵一"])
    assert standing() == stage


def test_who_is_given_up_after_a_withdrawn_retry_is_so_in_the_earlier_payment(withdrawn, sheet, finance):  # noqa: F811
    first = withdrawn("refused")
    line = sheet.lines.get(name="赵一")
    answers.give_up(line, reason="联系不上", actor=finance)
    assert PayResult.objects.newest().get(line=line).item.payment == first
    assert "不再发放1人" in payments.answered(sheet.payments.all())[first.pk]
    take_in(first, finance, row("赵一"), late=["赵一"])
    assert standing() == "arrived"


def test_who_is_given_up_after_the_only_payment_was_withdrawn_is_in_none(sheet, finance):  # noqa: F811
    payments.withdraw(sheet.payments.get(), reason="账户错误", actor=finance)
    answers.give_up(line := sheet.lines.get(name="赵一"), reason="联系不上", actor=finance)
    answers.reinstate(line, reason="又要了", actor=finance)
    event = PayResult.objects.newest().get(line=line)
    assert (event.item, event.stage) == (None, "to_pay")


def test_where_an_answered_payment_stands_includes_those_whose_retry_was_withdrawn(withdrawn, sheet):  # noqa: F811
    first = withdrawn("refused")
    assert "银行退回1人" in payments.answered(sheet.payments.all())[first.pk]


def test_money_noted_as_paid_twice_is_to_be_recorded_once_the_retry_is_withdrawn(
    page,  # noqa: F811
    unpaid,  # noqa: F811
    retry,
    sheet,  # noqa: F811
    finance,
):
    first = unpaid("refused")
    again = retry()
    take_in(first, finance, row("赵一"))
    assert "重复" in str(doubles.of([sheet])[sheet.pk][0])
    payments.withdraw(again, reason="账户错误", actor=finance)
    [double] = doubles.of([sheet])[sheet.pk]
    assert "已撤回" in str(double)
    [candidate] = payments.candidates(sheet)
    assert (candidate.is_open, candidate.proposal, str(candidate.double)) == (True, None, str(double))
    assert str(double) in page.get(reverse("payment-make", args=[MAY, sheet.subdistrict.code])).text
    take_in(first, finance, row("赵一"), late=["赵一"])
    assert (standing(), doubles.of([sheet])) == ("arrived", {})


def test_a_third_payment_is_the_later_one_of_the_first(withdrawn, retry, sheet, finance):  # noqa: F811
    first = withdrawn("refused")
    third = hand_out(retry(), finance)
    [match] = answers.preview(hand_in(first, finance, file(row("赵一")))).twice
    assert match.further.item.payment == third
    item = first.items.get(name="赵一")
    with pytest.raises(IntegrityError), transaction.atomic():
        arrivals.record(PayStep.ARRIVE, sheet, [Move(item.line_id, item)], actor=finance)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("is_late", [True, False])
def test_the_earlier_rules_know_what_came_after_a_withdrawn_retry(committed, withdrawn, finance, stage, is_late):
    first = withdrawn(stage)
    answer = take_in(first, finance, row("赵一"), late=["赵一"]) if is_late else first.answers.latest("taken_at")
    answers.revoke(answer, reason="拿错", actor=factories.user("other", Role.FINANCE))
    before = standing()
    call_command("migrate", "subsidies", "0019_repayments_of_what_has_not_lapsed", verbosity=0)
    call_command("migrate", verbosity=0)
    assert standing() == (PayStage.REFUSED if is_late else before)
    trail = list(PayResult.objects.filter(line__name="赵一").order_by("ordinal").values_list("source", "stage"))
    assert [source for source, _stage in trail[1:]] == [stage for _source, stage in trail[:-1]]
    # The earlier rules have no word for the revocation of a return that is no longer the newest; it became an arrival.
    lost = ["银行回盘“回盘.csv”标记为已撤销，但发放记录中没有撤销"] if (stage, is_late) == ("bounced", False) else []
    assert ([fault.text for fault in seals.verify()], constraints.missing()) == (lost, [])
