"""Money that the bank may have paid twice, and corrections that follow what was given up and arrived after all."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from registry.models import Role
from subsidies.bank import answers, doubles, payments
from subsidies.bank.payments import Choice
from subsidies.models import Correction
from tests import factories
from tests.subsidies.bank.test_late_arrivals import (
    MAY,
    command,
    file,
    form_of,
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


def test_the_trace_of_money_that_may_be_paid_twice_stays_though_nothing_else_is_recorded(
    page,  # noqa: F811
    tmp_path,
    unpaid,  # noqa: F811
    sheet,  # noqa: F811
    finance,
):
    first = unpaid("refused")
    hand_out(payments.pay(sheet, {sheet.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance), finance)
    for is_by_page in (True, False):
        with transaction.atomic():
            if is_by_page:
                answer = hand_in(first, finance, file(row("赵一")))
                page.post(answer.get_absolute_url(), form_of(page, answer))
            else:
                code, result, _errors = command(tmp_path, MAY, row("赵一"), payment=1)
                assert (code, result["arrived"]) == (0, 0)
            [double] = doubles.of([sheet])[sheet.pk]
            assert (double.item.name, standing()) == ("赵一", "in_transit")
            output = StringIO()
            call_command("reconcile", str(MAY), stdout=StringIO(), stderr=output)
            assert "赵一" in output.getvalue()
            # The same once more is not noted again; a revoked answer takes its trace back.
            assert answers.preview(hand_in(first, finance, file(row("赵一")) + b"\r\n")).twice == []
            answers.revoke(double.answer, reason="拿错", actor=factories.user(f"other{is_by_page}", Role.FINANCE))
            assert doubles.of([sheet]) == {}
            transaction.set_rollback(True)


@pytest.mark.parametrize(("stage", "is_noted"), [("refused", True), ("bounced", False)])
def test_an_old_success_is_noted_unless_it_may_be_from_before_the_money_came_back(
    unpaid,  # noqa: F811
    sheet,  # noqa: F811
    finance,
    stage,
    is_noted,
):
    first = unpaid(stage)
    payments.pay(sheet, {sheet.lines.get(name="赵一").pk: Choice.APPROVED}, actor=finance)
    day = timezone.localdate() - timedelta(1)
    content = f"姓名,账号,金额,处理结果,失败原因,交易日期\r\n{row('赵一')},{day}".encode("gb18030")
    assert bool(answers.preview(hand_in(first, finance, content)).twice) is is_noted


def test_a_late_arrival_and_its_revocation_propose_the_correction_by_themselves(unpaid, sheet, finance):  # noqa: F811
    payment = unpaid("given_up")
    office = sheet.lines.get(name="赵一").member.appointments.get()
    office.first_day = MAY.next.first_day
    office.save()
    late = take_in(payment, finance, row("赵一"), late=["赵一"])
    assert Correction.objects.get().difference == -350
    answers.revoke(late, reason="拿错", actor=factories.user("finance2", Role.FINANCE))
    assert not Correction.objects.exists()
