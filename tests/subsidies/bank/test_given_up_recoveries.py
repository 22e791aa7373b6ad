"""What never arrived and was given up is never recovered, also where its recovery was accepted before (rules.md §5)."""

from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.refusals import Overtaken, Refused
from registry.models import Appointment
from subsidies.bank import answers, payments
from subsidies.bank.payments import Choice
from subsidies.corrections import debts, ledger, proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState, DebtNotice, SheetLine
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank.test_late_arrivals import MAY, NAMES, handed_out, row, sheet, take_in
from tests.test_routes import filled_in

__all__ = ["sheet"]
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def line(sheet, finance) -> SheetLine:
    """赵一's 350 yuan of May, which arrived."""
    take_in(sheet.payments.get(), finance, *map(row, NAMES))
    return sheet.lines.get(name="赵一")


def died(line) -> None:
    Appointment.objects.filter(member=line.member).update(last_day=date(2024, 4, 10), end_reason="death")


def accept(clerk) -> Correction:
    proposals.propose()
    [proposed] = Correction.objects.filter(state=CorrectionState.PROPOSED)
    return corrections.decide(correction=proposed, state=CorrectionState.ACCEPTED, actor=clerk, reason="")


def sent_back(line, finance) -> None:
    take_in(line.sheet.payments.get(), finance, row("赵一", "退票", "销户"))


def give_up(line, finance) -> None:
    answers.give_up(line, reason="不再发放", actor=finance)


def repay(line, clerk, amount):
    return debts.repay(
        member=line.member, day=timezone.localdate(), amount=Decimal(amount), method="cash", voucher="收1", note="",
        actor=clerk,
    )  # fmt: skip


def owed() -> list[Decimal]:
    return [each.owed for each in Correction.objects.debts()]


def proposed() -> list[Decimal]:
    return [*Correction.objects.filter(state=CorrectionState.PROPOSED).values_list("difference", flat=True)]


def assert_foots(line, balance) -> None:
    book = ledger.of(line.member)
    assert book.foots
    assert book.balance == balance


def test_a_debt_lapses_when_its_money_comes_back_and_is_given_up(client, line, finance, clerk):
    died(line)
    accept(clerk)
    assert owed() == [350]
    sent_back(line, finance)
    give_up(line, finance)
    assert (owed(), proposed()) == ([], [])
    assert_foots(line, 0)
    with pytest.raises(Refused):
        repay(line, clerk, 350)
    client.force_login(clerk)
    assert client.get(reverse("debt-notice-add", args=[line.member_id])).status_code == 404
    page = client.get(Correction.objects.get().get_absolute_url()).text
    assert "其中350.00元未到账且此后已不再发放，不予扣回" in page
    assert "已失效（款项未到账）" in page
    assert proposals.propose() == 0


def test_what_was_repaid_before_is_owed_back_and_no_more_is_asked_for(line, finance, clerk):
    died(line)
    accept(clerk)
    repay(line, clerk, "100.01")
    sent_back(line, finance)
    give_up(line, finance)
    assert (owed(), proposed()) == ([], [Decimal("100.01")])
    assert_foots(line, Decimal("-100.01"))
    accept(clerk)
    assert (owed(), proposals.propose()) == ([], 0)
    assert_foots(line, Decimal("-100.01"))


def test_a_recovery_accepted_while_the_money_is_on_its_way_back_lapses_too(line, finance, clerk):
    sent_back(line, finance)
    died(line)
    accept(clerk)
    give_up(line, finance)
    assert (owed(), proposals.propose()) == ([], 0)
    assert_foots(line, 0)


def test_a_recovery_counts_again_once_the_money_is_reinstated_and_paid(sheet, line, finance, clerk):
    died(line)
    accept(clerk)
    sent_back(line, finance)
    give_up(line, finance)
    answers.reinstate(line, reason="继承人领取", actor=finance)
    assert (owed(), proposed()) == ([350], [])
    payments.pay(sheet, {line.pk: Choice.APPROVED}, actor=finance)
    assert owed() == [350]
    assert ledger.of(line.member).foots


def test_a_proposal_is_withdrawn_when_its_money_is_given_up(line, finance):
    sent_back(line, finance)
    died(line)
    proposals.propose()
    assert proposed() == [-350]
    give_up(line, finance)
    assert proposed() == []


def test_a_proposal_that_facts_no_longer_give_is_refused_and_proposed_again(client, line, clerk):
    died(line)
    proposals.propose()
    outdated = Correction.objects.get()
    Appointment.objects.filter(member=line.member).update(last_day=None, end_reason="", first_day=date(2020, 1, 1))
    for state in (CorrectionState.ACCEPTED, CorrectionState.DEFERRED, CorrectionState.WRITTEN_OFF):
        with pytest.raises(Overtaken):
            corrections.decide(correction=outdated, state=state, actor=clerk, reason="核实")
    client.force_login(clerk)
    url = reverse("corrections-decide") + f"?state=accepted&pk={outdated.pk}"
    page = client.post(url, {"reason": ""}, follow=True)
    assert "现已按最新情况重新提出" in page.text
    assert owed() == []
    assert proposed() == [-350 + 400]


def test_a_month_to_come_recovers_nothing_that_was_given_up(community, line, finance, clerk):
    factories.employment(line.member, date(2024, 5, 1), date(2024, 5, 31))
    accept(clerk)
    [june] = sheets.prepare(MAY.next, [community.subdistrict])
    assert june.lines.get(name="赵一").net == 0
    sent_back(line, finance)
    give_up(line, finance)
    assert proposed() == []
    june = handed_out(MAY.next, community, finance)
    assert june.lines.get(name="赵一").net == 350
    assert proposals.propose() == 0
    assert_foots(line, -350)  # June's, which is with the bank


def test_what_a_closed_month_recovered_before_is_owed_back(community, line, finance, clerk):
    factories.employment(line.member, date(2024, 5, 1), date(2024, 5, 31))
    accept(clerk)
    june = handed_out(MAY.next, community, finance)
    assert june.lines.get(name="赵一").net == 0
    sent_back(line, finance)
    give_up(line, finance)
    assert proposed() == [350]
    assert ledger.of(line.member).foots


@pytest.mark.parametrize(("first", "left"), [("100.01", "249.99"), ("33.33", "316.67")])
def test_a_notice_asks_for_what_is_left_to_the_fen(client, line, clerk, first, left):
    died(line)
    accept(clerk)
    repay(line, clerk, first)
    [debt] = Correction.objects.debts()
    assert str(debt.owed) == left
    client.force_login(clerk)
    url = reverse("debt-notice-add", args=[line.member_id])
    data = filled_in_form(client.get(url).text) | {
        "account": "街道财政所", "contact": "张三", "phone": "0937-6220001", "pay_by": "2099-12-31",
    }  # fmt: skip
    assert client.post(url, data).status_code == 302
    assert DebtNotice.objects.get().amount == Decimal(left)
    repay(line, clerk, left)
    assert owed() == []
    assert Correction.objects.with_settled().get().stage == "settled"


def filled_in_form(text):
    return filled_in(BeautifulSoup(text, "html.parser").main.select("form[method=post]")[-1])


@pytest.mark.parametrize("amount", ["0.001", "0", "-5", "100.005"])
def test_what_is_no_amount_of_money_is_refused_with_the_reason(line, clerk, amount):
    died(line)
    accept(clerk)
    with pytest.raises(Refused, match="大于0"):
        repay(line, clerk, amount)


# The database agrees with the services about what is owed ------------------------------------------------------


def recorded(debt, clerk, amount) -> bool:
    """Whether the database takes a repayment of this amount; nothing is saved."""
    try:
        with transaction.atomic():
            factories.repayment(debt, clerk, amount=Decimal(amount))
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


def assert_database_agrees(clerk) -> None:
    for debt in Correction.objects.filter(state=CorrectionState.ACCEPTED, difference__lt=0).with_sums():
        assert not recorded(debt, clerk, debt.owed + Decimal("0.01")), debt.owed
        assert not debt.owed or recorded(debt, clerk, debt.owed), debt.owed


def test_the_database_refuses_a_repayment_of_what_lapsed(line, finance, clerk):
    died(line)
    accept(clerk)
    assert_database_agrees(clerk)
    repay(line, clerk, "100.01")
    assert_database_agrees(clerk)
    sent_back(line, finance)
    give_up(line, finance)
    assert_database_agrees(clerk)
    answers.reinstate(line, reason="继承人领取", actor=finance)
    assert_database_agrees(clerk)


def test_the_database_counts_what_lapsed_once_for_two_recoveries_of_a_month(line, finance, clerk):
    factories.employment(line.member, date(2024, 5, 1), date(2024, 5, 31))
    accept(clerk)
    Correction.objects.update(should_be=200, difference=-150)
    first = Correction.objects.get()
    Correction.objects.create(
        member=first.member, subdistrict=first.subdistrict, community=first.community, month=first.month, was=200,
        should_be=0, difference=-200, state=CorrectionState.ACCEPTED,
    )  # fmt: skip
    sent_back(line, finance)
    assert_database_agrees(clerk)
    give_up(line, finance)
    assert [each.owed for each in Correction.objects.with_sums()] == [0, 0]
    assert_database_agrees(clerk)


def test_the_database_knows_the_month_for_which_a_line_given_up_paid_more(sheet, line, community, finance, clerk):
    Appointment.objects.filter(member=line.member).update(first_day=date(2020, 1, 1))
    accept(clerk)  # 50 yuan more for May, paid with June
    june = handed_out(MAY.next, community, finance)
    paid = june.lines.get(name="赵一")
    assert paid.net == 450
    died(line)
    proposals.propose()
    for each in Correction.objects.filter(state=CorrectionState.PROPOSED):
        corrections.decide(correction=each, state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    assert sum(owed()) == 800
    assert_database_agrees(clerk)
    take_in(june.payments.get(), finance, row("赵一", "失败", "销户").replace("350.00", "450.00"))
    give_up(paid, finance)
    assert sum(owed()) == 350
    assert_database_agrees(clerk)
