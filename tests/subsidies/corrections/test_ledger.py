"""The ledger, the reconciliation and their commands: what is due is always somewhere, and every column foots."""

from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Appointment
from subsidies.bank import answers, payments, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import ledger
from subsidies.models import Budget, Sheet, SheetLine
from tests import factories
from tests.subsidies.corrections.steps import closed

MAY = Month(2024, 5)
NAMES = ["赵一", "钱二", "孙三", "李四"]
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def people(community, group):
    found = [factories.member(community, name, account=f"62284800000000000{n}") for n, name in enumerate(NAMES, 1)]
    for person in found:
        factories.appointment(person, group)
    return dict(zip(NAMES, found, strict=True))


@pytest.fixture
def sheet(community, people, finance):
    """May: one arrived, one refused, one given up, one left out of the payment."""
    sheet = closed(MAY, community)
    lines = dict(sheet.lines.values_list("name", "pk"))
    payments.pay(sheet, {lines[name]: Choice.APPROVED for name in NAMES[:3]}, actor=finance)
    factories.answered(sheet, refused=["钱二", "孙三"])
    answers.give_up(SheetLine.objects.get(pk=lines["孙三"]), reason="本人放弃", actor=finance)
    return sheet


def figures(book):
    sums = book.sums
    return {name: getattr(sums, name) for name in ("due", *ledger.STAGES) if getattr(sums, name)}


def test_the_ledger_of_a_year_shows_the_figures_of_that_year(client, finance, sheet, people, community):
    factories.answered(closed(Month(2025, 1), community))
    client.force_login(finance)
    address = reverse("member-ledger", args=[people["钱二"].pk])
    page = BeautifulSoup(client.get(address, {"year": "2025"}).text, "html.parser")
    assert [each.get_text() for each in page.select(".figures dd")][:1] == ["−350.00"]
    text = page.get_text()
    assert "2025年账目相符：上年结转−350 + 到账400 − 缴回0 − 按现登记应得400 = 年末累计差额−350元" in text
    assert "各年合计：累计差额" in text


def test_each_person_s_money_is_in_one_column_and_the_balance_is_what_has_not_arrived(sheet, people):
    expected = {"赵一": ("arrived", 0), "钱二": ("refused", -350), "孙三": ("given_up", -350), "李四": ("to_pay", -350)}
    for name, (stage, balance) in expected.items():
        book = ledger.of(people[name])
        assert figures(book) == {"due": 350, stage: 350}
        assert book.should_be == 350
        assert book.balance == balance
        assert book.foots


def test_a_fact_learnt_later_shows_in_the_balance_before_anything_is_proposed(sheet, people):
    Appointment.objects.filter(member=people["赵一"]).update(last_day="2024-04-30")
    book = ledger.of(people["赵一"])
    assert (book.should_be, book.balance, book.uncorrected) == (0, 350, -350)
    assert book.foots


def test_as_many_queries_for_one_person_as_for_four(sheet, people):
    counts = []
    for members in (["赵一"], NAMES):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ledger.books([people[name].pk for name in members])
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_account_is_printed_with_columns_that_foot(sheet, people, capsys):
    call_command("account", people["钱二"].id_number)
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()[2:]]
    assert lines[0] == ["2024-05", "350.00", "0.00", "0.00", "0.00", "350.00", "0.00", "0.00", "350.00", "-350.00"]
    assert lines[-1][1:] == lines[0][1:]


def test_what_is_given_up_is_named_with_its_reason_beside_the_balance(client, finance, sheet, people, capsys):
    client.force_login(finance)
    page = client.get(reverse("member-ledger", args=[people["孙三"].pk])).text
    assert "不再发放350元：本人放弃" in page
    assert "累计差额中包含：不再发放350元" in page
    call_command("account", people["孙三"].id_number)
    assert "累计差额中包含：不再发放350元" in capsys.readouterr().err
    assert "累计差额中包含" not in client.get(reverse("member-ledger", args=[people["赵一"].pk])).text


@pytest.mark.parametrize(("options", "words"), [(["--year", "1999"], "在1999年没有"), ([], "没有已审批的月份")])
def test_an_account_without_a_month_reports_it(people, options, words):
    with pytest.raises(CommandError, match=words) as error:
        call_command("account", people["钱二"].id_number, *options)
    assert error.value.returncode == 1


@pytest.mark.parametrize("number", ["620299199001010012", "12"])
def test_the_account_of_nobody_is_refused(sheet, number):
    with pytest.raises(CommandError):
        call_command("account", number)


def test_the_reconciliation_foots_by_sheet_and_by_source_of_funds(sheet, capsys):
    Budget.objects.create(
        year=2024,
        subdistrict=sheet.subdistrict,
        amount=1,
        source="市财政",
        funds_document="嘉财社〔2024〕3号",
        account="2080208",
    )
    [row] = reconciliation.of([sheet])
    assert row.faults == []
    assert row.figures == reconciliation.Figures(
        approved=Decimal(1400), handed=Decimal(1050), to_pay=Decimal(350), arrived=Decimal(350), refused=Decimal(350),
        given_up=Decimal(350),
    )  # fmt: skip
    call_command("reconcile", "2024-05")
    out = capsys.readouterr().out
    assert "市财政 · 嘉财社〔2024〕3号 · 2080208\t1400.00\t1050.00" in out


def test_a_sum_that_does_not_foot_ends_the_command_with_1(sheet):
    Sheet.objects.filter(pk=sheet.pk)
    sheet.net += 1
    [row] = reconciliation.of([sheet])
    assert len(row.faults) == 2


def test_a_month_without_an_approved_sheet_is_refused(community):
    with pytest.raises(CommandError, match="没有已审批的发放表，未作对账"):
        call_command("reconcile", "2024-05")


def test_sums_that_do_not_foot_are_listed_below_a_warning(sheet, monkeypatch):
    of = reconciliation.of

    def off(sheets, **options):
        rows = of(sheets, **options)
        rows[0].faults.append("差1元")
        return rows

    monkeypatch.setattr(reconciliation, "of", off)
    with pytest.raises(CommandError, match="对账不平：\n.*差1元"):
        call_command("reconcile", "2024-05")


def test_the_pages_show_the_same_figures(client, finance, sheet, people):
    client.force_login(finance)
    page = client.get(reverse("reconciliation")).text
    assert "1,400.00" in page
    assert "1,050.00" in page
    page = client.get(reverse("member-ledger", args=[people["钱二"].pk]), {"year": "2024"}).text
    assert "-350.00" in page or "−350.00" in page
