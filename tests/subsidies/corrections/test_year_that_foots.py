"""A year with money sent back after settlement, a death with a debt, a transfer and a Standard to come: it foots."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Appointment, Position, Role, Subdistrict, TransferState
from registry.people.transfers import services as transfers
from subsidies import facts
from subsidies.bank import answers, payments, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import debts, ledger, proposals, services
from subsidies.models import (
    Correction,
    CorrectionState,
    PayStep,
    Sheet,
    SheetLine,
    Standard,
    State,
)
from subsidies.models.debts import RepaymentMethod
from subsidies.month import arrivals, sheets
from subsidies.month.arrivals import Move
from tests import factories
from tests.subsidies import naive

MONTHS = [Month(2025, number) for number in range(1, 13)]
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def people(community, stranger, group):
    """Two leaders and four members of two groups, in office since 2021 to 2024."""
    other = factories.group(stranger)
    found = {}
    for number, (name, body, position, first) in enumerate([
        ("赵组长", group, Position.GROUP_LEADER, date(2021, 1, 1)),
        ("钱退票", group, Position.GROUP_MEMBER, date(2022, 6, 10)),
        ("孙去世", group, Position.GROUP_MEMBER, date(2021, 3, 1)),
        ("李调动", group, Position.GROUP_MEMBER, date(2023, 1, 1)),
        ("周组长", other, Position.GROUP_LEADER, date(2020, 5, 1)),
        ("吴放弃", other, Position.GROUP_MEMBER, date(2024, 2, 29)),
    ]):  # fmt: skip
        home = body.committee.community
        person = found[name] = factories.member(home, name, account=f"62284800000000000{number}")
        factories.appointment(person, body, position, first)
    return found


@pytest.fixture
def future(standard):
    """From July on leaders get 400 instead of 300; put into force in January already."""
    rates = {rate.position: rate.amount for rate in Standard.objects.get().rates.all()}
    rates[Position.GROUP_LEADER] = 400
    return factories.standard(Month(2025, 7), rates, increment=60, document="嘉政办发〔2025〕9号")


def close(month):
    """The month's sheets are computed, approved, paid and settled; the bank pays everybody."""
    for sheet in sheets.prepare(month, Subdistrict.objects.all()):
        factories.brought_to(sheet, State.APPROVED)
        chosen = {each.line.pk: Choice.APPROVED for each in payments.candidates(sheet)}
        if chosen:
            payments.pay(sheet, chosen, actor=None)
        factories.answered(sheet)
        sheet.state = State.PAID
        sheet.save()


def record(step, name, month):
    line = SheetLine.objects.select_related("sheet").get(member__name=name, month=month.first_day)
    arrivals.record(step, line.sheet, [Move(line.pk)], actor=None)
    return line


def test_a_year_ends_with_what_the_rules_give_and_the_balances_that_are_stated(
    client, people, future, stranger, clerk, finance, standard, capsys
):
    receiver = factories.user("receiver", Role.CLERK, subdistrict=stranger.subdistrict)
    for month in MONTHS:
        with time_machine.travel(f"{month}-20T10:00:00+08:00", tick=True):
            close(month)
            match month.number:
                case 3:  # February came back after it was settled, and is paid again
                    line = record(PayStep.BOUNCE, "钱退票", MONTHS[1])
                    payments.pay(line.sheet, {line.pk: Choice.APPROVED}, actor=finance)
                    record(PayStep.ARRIVE, "钱退票", MONTHS[1])
                case 4:  # April came back too, and stays open to the end of the year
                    record(PayStep.BOUNCE, "钱退票", month)
                case 5:  # who died on 10 March was paid for April and May
                    office = Appointment.objects.get(member=people["孙去世"])
                    office.last_day, office.end_reason = date(2025, 3, 10), "death"
                    office.save()
                    proposals.propose()
                    for row in Correction.objects.all():
                        accept(row)
                case 6:  # the heirs bring a part of it
                    debts.repay(
                        member=people["孙去世"], day=date(2025, 6, 20), amount=Decimal(450),
                        method=RepaymentMethod.CASH, voucher="收据6", note="", actor=clerk,
                    )  # fmt: skip
                case 8:
                    office = Appointment.objects.get(member=people["李调动"])
                    row = transfers.send(
                        member=people["李调动"], office=office, body=factories.group(stranger, 2),
                        position=Position.GROUP_MEMBER, first_day=date(2025, 8, 15), actor=clerk,
                    )  # fmt: skip
                    transfers.end(TransferState.ACCEPTED, transfer=row, actor=receiver)
                case 10:  # who gives October up gets it no more
                    line = record(PayStep.BOUNCE, "吴放弃", month)
                    answers.give_up(line, reason="本人放弃", actor=finance)
    with time_machine.travel("2026-01-05T10:00:00+08:00"):
        books = ledger.books([person.pk for person in people.values()])
        assert all(book.foots for book in books.values())
        balances = {name: books[person.pk].balance for name, person in people.items()}
        # Members: 200 and 50 (60 from July) a full year on the first of the month.
        assert balances == {
            "赵组长": 0,
            "钱退票": -300,  # April: 200 + 2 × 50, sent back
            "孙去世": 2 * (200 + 4 * 50) - 450,
            "李调动": 0,
            "周组长": 0,
            "吴放弃": -(200 + 60),  # October, given up
        }
        for name, person in people.items():
            book = books[person.pk]
            assert book.sums.arrived - book.sums.repaid == by_rule(person) + balances[name]
        [row] = reconciliation.by_source(reconciliation.of(all_sheets())).values()
        assert row.arrived == sum((book.sums.arrived for book in books.values()), Decimal(0))
        assert SheetLine.objects.filter(member=people["李调动"], net__gt=0).count() == 12
    with time_machine.travel("2026-01-20T10:00:00+08:00", tick=True):
        close(Month(2026, 1))
        Appointment.objects.filter(member=people["周组长"]).update(first_day=date(2019, 5, 1))
        proposals.propose()
        for row in Correction.objects.filter(member=people["周组长"]):
            accept(row)
    with time_machine.travel("2026-02-20T10:00:00+08:00", tick=True):
        close(Month(2026, 2))
        last, this = (papers_agree(client, finance, people, year, capsys) for year in (2025, 2026))
        assert {name: account.balance for name, account in last.items()} == balances | {"周组长": -(6 * 50 + 6 * 60)}
        assert {name: account.carried for name, account in this.items()} == {
            name: account.balance for name, account in last.items()
        }
        assert this["周组长"].balance == 0  # paid with February


def accept(row):
    by = factories.user(f"clerk of {row.pk}", Role.CLERK, subdistrict=row.subdistrict)
    services.decide(correction=row, state=CorrectionState.ACCEPTED, actor=by, reason="")


def papers_agree(client, finance, people, year, capsys):
    """Each person's year on the page, which foots across, after it is compared with workbook, print and command."""
    client.force_login(finance)
    url = reverse("year-accounts", args=[year])
    page, paper = client.get(url), client.get(url, {"print": "all"})
    assert page.context["foots"]
    [workbook] = openpyxl.load_workbook(io.BytesIO(client.post(url).content), data_only=True)
    found = {row.member.name: row.account for row in page.context["rows"]}
    # The last column holds remarks.
    filed = {row[2]: list(row[4:-1]) for row in workbook.iter_rows(min_row=4, values_only=True) if row[2]}
    assert filed.pop(f"{len(found)}人") == page.context["total"].amounts
    assert filed == {name: account.amounts for name, account in found.items()}
    assert [row.account for row in paper.context["rows"]] == [*found.values()]
    for name, account in [*found.items(), (None, page.context["total"])]:
        carried, due, to_pay, in_transit, arrived, refused, given_up, repaid, should_be, balance = account.amounts
        assert due == to_pay + in_transit + arrived + refused + given_up
        assert balance == carried + arrived - repaid - should_be
        if name:
            call_command("account", people[name].id_number, "--year", str(year))
            *_, total = capsys.readouterr().out.splitlines()
            assert [Decimal(each) for each in total.split("\t")[1:]] == account.amounts[1:]
            months = [entry for entry in ledger.of(people[name]).entries if entry.month.year <= year]
            assert months[-1].balance == balance
    return found


def all_sheets():
    return Sheet.objects.select_related("subdistrict").order_by("month", "subdistrict__code")


def by_rule(person) -> Decimal:
    """What rules.md gives for the twelve months by today's facts, by the second method and each month's Standard."""
    life, total = facts.people([person.pk])[person.pk].life, Decimal(0)
    for month in MONTHS:
        rules = Standard.objects.in_force(month).first().rules()
        total += naive.answer(life, month.first_day, rules).amount
    return total
