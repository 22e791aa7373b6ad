"""Debts: what people owe for whom no month will come, repaid, asked for by a notice, or written off by a document."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment
from subsidies.corrections import debts, ledger, proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState, Repayment, SheetLine, Standard
from subsidies.month import sheets
from tests import factories
from tests.subsidies.corrections.steps import repay
from tests.subsidies.corrections.test_corrections import close

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


def owed() -> list[int]:
    return [int(each.owed) for each in Correction.objects.debts().order_by("month")]


# What is a debt ----------------------------------------------------------------------------------------------


def test_what_the_dead_owe_is_a_debt_at_once_and_accepting_shows_it(client, person, clerk):
    close(MAY)
    Appointment.objects.update(last_day=date(2024, 4, 10), end_reason="death")
    proposals.propose()
    client.force_login(clerk)
    page = client.get(reverse("corrections-decide") + f"?state=accepted&pk={Correction.objects.get().pk}")
    assert "直接转为应收款" in page.content.decode()
    assert owed() == []
    client.post(reverse("corrections-decide") + f"?state=accepted&pk={Correction.objects.get().pk}", {"reason": ""})
    assert owed() == [350]


def test_what_a_person_in_office_owes_is_none(person, clerk):
    close(MAY)
    factories.employment(person, date(2024, 5, 1), date(2024, 5, 31))
    proposals.propose()
    corrections.decide(correction=Correction.objects.get(), state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    assert owed() == []
    Appointment.objects.update(last_day=date(2024, 5, 31), end_reason="resignation")
    assert owed() == [350]
    Appointment.objects.update(last_day=date(2024, 6, 1))  # June's month comes
    assert owed() == []


# Repayments --------------------------------------------------------------------------------------------------


def test_a_repayment_is_for_the_oldest_months_first_and_the_ledger_balances(gone, clerk):
    repay(gone, clerk, 400)
    assert owed() == [300]
    assert [int(each.amount) for each in Repayment.objects.all()] == [350, 50]
    book = ledger.of(gone, clerk)
    assert book.foots
    assert (book.sums.repaid, book.outstanding) == (400, -300)
    assert proposals.propose() == 0


def test_no_more_is_repaid_than_is_owed_and_not_before_the_month_nor_in_the_future(gone, clerk):
    with pytest.raises(Refused):
        repay(gone, clerk, 701)
    with pytest.raises(Refused):
        repay(gone, clerk, 10, day=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Refused):
        repay(gone, clerk, 10, day=date(2024, 4, 30))


def test_a_repayment_is_dated_before_none_of_the_months_that_it_covers(client, gone, clerk):
    client.force_login(clerk)
    words = {"amount": "351", "day": "2024-05-31", "method": "bank", "voucher": "银0001", "note": ""}
    page = client.post(reverse("repayment-add", args=[gone.pk]), words)
    assert page.status_code == 422
    assert "含2024年6月，日期不能早于2024-06-01" in page.text
    assert owed() == [350, 350]  # nothing of it is recorded
    assert client.post(reverse("repayment-add", args=[gone.pk]), {**words, "day": "2024-06-01"}).status_code == 302
    repay(gone, clerk, 349)


@pytest.mark.parametrize("amount", ["350.01", "0", "-1"])
def test_the_database_refuses_what_is_not_owed(gone, clerk, amount):
    debt = Correction.objects.order_by("month").first()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.repayment(debt, clerk, amount=Decimal(amount))
    factories.repayment(debt, clerk, amount=Decimal("350.00"))
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.repayment(debt, clerk, amount=Decimal("0.01"))


@pytest.mark.usefixtures("as_owner")
def test_the_database_refuses_a_repayment_of_what_is_not_accepted_and_any_change(gone, clerk):
    row = factories.repayment(Correction.objects.order_by("month").first(), clerk)
    for act in (row.delete, lambda: Repayment.objects.update(amount=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    proposed = factories.correction(gone, gone.community, date(2024, 3, 1), was=300, should_be=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.repayment(proposed, clerk)


def test_a_wrong_entry_is_reversed_by_a_second_user_once(gone, clerk, other_clerk):
    [row] = repay(gone, clerk, 100)
    with pytest.raises(Refused):
        debts.reverse(repayment=row, reason="录错", actor=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.repayment(row.correction, clerk, amount=Decimal(-100), reverses=row)
    debts.reverse(repayment=row, reason="录错", actor=other_clerk)
    assert owed() == [350, 350]
    with pytest.raises(Refused):
        debts.reverse(repayment=row, reason="录错", actor=other_clerk)


def test_what_a_draft_sheet_recovers_is_not_repaid_beside_it(client, person, clerk):
    close(MAY)
    factories.employment(person, date(2024, 5, 1), date(2024, 5, 31))
    proposals.propose()
    corrections.decide(correction=Correction.objects.get(), state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    sheets.prepare(MAY.next, [person.community.subdistrict])  # a draft, which recovers all of it
    Appointment.objects.update(last_day=date(2024, 5, 31), end_reason="resignation")
    assert owed() == [350]
    client.force_login(clerk)
    words = {"amount": "350", "day": "2024-07-10", "method": "bank", "voucher": "银0001", "note": ""}
    page = client.post(reverse("repayment-add", args=[person.pk]), words)
    assert page.status_code == 422
    assert "尚未批准" in page.text
    assert not Repayment.objects.exists()
    sheets.prepare(MAY.next, [person.community.subdistrict])
    repay(person, clerk, 350)
    assert owed() == []


def test_a_repayment_is_recorded_once(client, gone, clerk, other_clerk):
    repay(gone, clerk, 300)
    rows = repay(gone, clerk, 100)  # for two months
    for actor in (clerk, other_clerk):
        with pytest.raises(Refused):
            repay(gone, actor, 100)
    assert owed() == [300]
    for row in rows:
        debts.reverse(repayment=row, reason="录错", actor=other_clerk)
    repay(gone, clerk, 100)
    repay(gone, clerk, 100, day=date(2024, 7, 11))
    assert owed() == [200]
    client.force_login(clerk)
    assert "data-once" in client.get(reverse("repayment-add", args=[gone.pk])).text


def test_a_person_who_returns_is_not_charged_for_what_was_repaid(gone, clerk, group):
    repay(gone, clerk, 600)
    Appointment.objects.update(end_reason="resignation")
    factories.appointment(gone, group, first_day=date(2024, 7, 1))
    close(Month(2024, 7))
    line = SheetLine.objects.get(member=gone, month=date(2024, 7, 1))
    assert (line.gross, line.adjustment, line.net) == (350, -100, 250)
    assert owed() == []


def test_what_was_repaid_and_then_undone_is_paid_back(gone, clerk):
    repay(gone, clerk, 350)
    Appointment.objects.update(last_day=date(2024, 5, 31), end_reason="resignation")
    proposals.propose()
    assert [(row.month.month, int(row.difference)) for row in Correction.objects.filter(state="proposed")] == [(5, 350)]


# Written off -------------------------------------------------------------------------------------------------


def test_a_debt_is_written_off_by_finance_and_a_document(client, gone, clerk, finance):
    repay(gone, clerk, 50)
    debt = Correction.objects.order_by("month").first()
    asked = corrections.decide(correction=debt, state=CorrectionState.WRITTEN_OFF, actor=clerk, reason="无遗产")
    assert (asked.state, asked.asked) == ("accepted", "written_off")
    assert owed() == [300, 350]
    client.force_login(finance)
    url = reverse("corrections-decide") + f"?state=written_off&pk={debt.pk}"
    assert client.post(url, {"reason": "无遗产"}).status_code == 422
    assert client.post(url, {"reason": "无遗产", "document": "嘉财函〔2024〕5号"}).status_code == 302
    debt = Correction.objects.with_settled().get(pk=debt.pk)
    assert (debt.state, debt.document, debt.carried) == ("written_off", "嘉财函〔2024〕5号", -300)
    assert owed() == [350]
    assert proposals.propose() == 0
    table = client.get(reverse("debt", args=[gone.pk])).context["months"]
    stages = [str(row.get_cell("stage")) for row in table.rows]
    assert any("核销" in each and "嘉财函〔2024〕5号" in each for each in stages)
    assert any("未缴清" in each for each in stages)  # in the words of the list of debts


def test_what_finance_is_asked_to_write_off_is_owed_and_repaid_until_it_decides(client, gone, clerk, finance):
    for debt in Correction.objects.all():
        corrections.decide(correction=debt, state=CorrectionState.WRITTEN_OFF, actor=clerk, reason="无遗产")
    client.force_login(clerk)
    assert client.get(reverse("debts")).context["owed"] == "700.00"
    assert client.get(reverse("debt", args=[gone.pk])).context["owed"] == 700
    assert client.get(reverse("repayment-add", args=[gone.pk])).status_code == 200
    repay(gone, clerk, 400)
    assert owed() == [300]
    assert ledger.of(gone).foots


def test_what_was_repaid_before_a_write_off_is_reversed_by_finance_alone(client, gone, clerk, other_clerk, finance):
    [row] = repay(gone, clerk, 50)
    give_up = {"correction": row.correction, "state": CorrectionState.WRITTEN_OFF, "reason": "无遗产"}
    corrections.decide(actor=finance, document="嘉财函〔2024〕5号", **give_up)
    with pytest.raises(Refused):
        debts.reverse(repayment=row, reason="录错", actor=other_clerk)
    link = reverse("repayment-reverse", args=[row.pk])
    for user, offered in ((other_clerk, False), (finance, True)):
        client.force_login(user)
        assert (link in client.get(reverse("debt", args=[gone.pk])).text) is offered
    debts.reverse(repayment=row, reason="录错", actor=finance)
    assert Correction.objects.with_settled().get(pk=row.correction_id).carried == -350


def test_a_recovery_of_whom_no_month_comes_is_given_up_by_finance_and_a_document_alone(client, person, clerk, finance):
    close(MAY)
    Appointment.objects.update(last_day=date(2024, 4, 10), end_reason="death")
    proposals.propose()
    row = Correction.objects.get()
    give_up = {"state": CorrectionState.WRITTEN_OFF, "reason": "无遗产"}
    row = corrections.decide(correction=row, actor=clerk, **give_up)
    assert (row.state, row.asked) == ("proposed", "written_off")
    with pytest.raises(Refused):
        corrections.decide(correction=row, actor=finance, **give_up)
    client.force_login(finance)
    url = reverse("corrections-decide") + f"?state=written_off&pk={row.pk}"
    assert client.post(url, {"reason": "无遗产"}).status_code == 422
    client.post(url, {"reason": "无遗产", "document": "嘉财函〔2024〕5号"})
    row.refresh_from_db()
    assert (row.state, row.document) == ("written_off", "嘉财函〔2024〕5号")


# Limits ------------------------------------------------------------------------------------------------------


def test_the_limit_counts_what_the_clerk_decided_for_the_person_within_twelve_months(person, community, clerk, finance):
    Standard.objects.update(clerk_limit=Decimal(500))
    rows = [factories.correction(person, community, date(2024, n, 1), was=300, should_be=0) for n in (1, 2, 3)]
    accept = {"state": CorrectionState.ACCEPTED, "reason": ""}
    assert corrections.decide(correction=rows[0], actor=clerk, **accept).asked == ""
    assert corrections.beyond_clerk(rows[1:], CorrectionState.ACCEPTED, clerk) == {rows[1].pk: 600, rows[2].pk: 600}
    assert corrections.decide(correction=rows[1], actor=clerk, **accept).asked == "accepted"
    corrections.decide(correction=rows[1], actor=finance, **accept)
    today = timezone.now()
    Correction.objects.filter(pk=rows[0].pk).update(decided_at=today.replace(year=today.year - 1))
    assert corrections.decide(correction=rows[2], actor=clerk, **accept).asked == ""


def test_the_limit_counts_several_decided_at_once_and_the_page_states_the_sum(client, person, community, clerk):
    Standard.objects.update(clerk_limit=Decimal(500))
    rows = [factories.correction(person, community, date(2024, n, 1), was=300, should_be=0) for n in (1, 2)]
    url = reverse("corrections-decide") + "?state=accepted" + "".join(f"&pk={row.pk}" for row in rows)
    client.force_login(clerk)
    page = client.get(url).content.decode()
    assert "合计 600 元，超过 500 元" in page
    client.post(url, {"reason": ""})
    assert list(Correction.objects.order_by("month").values_list("state", "asked")) == [
        ("accepted", ""),
        ("proposed", "accepted"),
    ]


def test_what_is_paid_more_counts_for_no_limit(person, community, clerk):
    Standard.objects.update(clerk_limit=Decimal(10))
    more = factories.correction(person, community, date(2024, 1, 1), was=0, should_be=300)
    assert corrections.beyond_clerk([more], CorrectionState.ACCEPTED, clerk) == {}
    assert corrections.beyond_clerk([more], CorrectionState.WRITTEN_OFF, clerk) == {more.pk: 300}
