"""The year's account: a row for each person, columns that foot, and a workbook with the figures of the page."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Act, Appointment, AuditEntry
from subsidies.bank import answers, payments, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import ledger
from subsidies.models import Budget, SheetLine
from subsidies.month import signed
from tests import factories
from tests.subsidies.corrections.steps import closed

NAMES = ["赵一", "钱二", "孙三", "李四"]
URL = reverse("year-accounts", args=[2024])
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def other(community):
    return factories.community("620201001002", "紫轩社区", subdistrict=community.subdistrict)


@pytest.fixture
def people(community, other, group):
    found = [factories.member(community, name, account=f"62284800000000000{n}") for n, name in enumerate(NAMES, 1)]
    elsewhere = factories.group(other)
    for person in found:
        if person.name == "赵一":  # changed communities with the year
            factories.appointment(person, elsewhere, last_day=date(2023, 12, 31))
            factories.appointment(person, group, first_day=date(2024, 1, 1))
        else:
            factories.appointment(person, elsewhere if person.name == "李四" else group)
    return dict(zip(NAMES, found, strict=True))


@pytest.fixture
def sheet(community, people, finance):
    """May: one arrived, one refused, one given up, one left out of the payment; December before: nothing sent."""
    closed(Month(2023, 12), community)
    sheet = closed(Month(2024, 5), community)
    lines = dict(sheet.lines.values_list("name", "pk"))
    payments.pay(sheet, {lines[name]: Choice.APPROVED for name in NAMES[:3]}, actor=finance)
    factories.answered(sheet, refused=["钱二", "孙三"])
    answers.give_up(SheetLine.objects.get(pk=lines["孙三"]), reason="本人放弃", actor=finance)
    return sheet


def test_each_person_has_a_row_of_the_year_and_the_balance_of_all_months(client, finance, sheet):
    client.force_login(finance)
    page = client.get(URL)
    found = {row.member.name: row for row in page.context["rows"]}
    assert set(found) == set(NAMES)
    assert found["赵一"].account.sums == ledger.Sums(due=350, arrived=350)
    assert found["钱二"].account.sums == ledger.Sums(due=350, refused=350)
    assert found["孙三"].account.sums == ledger.Sums(due=350, given_up=350)
    assert found["李四"].account.sums == ledger.Sums(due=350, to_pay=350)
    assert {name: row.account.balance for name, row in found.items()} == dict(
        zip(NAMES, [-300, -650, -650, -650], strict=True)
    )
    assert all(
        (row.account.carried, row.account.should_be) == (-300, 350)
        for row in found.values()
        if row.member.name != "赵一"
    )
    assert page.context["foots"]
    assert "2023" in page.text
    assert {name: row.remark for name, row in found.items() if row.remark} == {"孙三": "不再发放350元，不须支付"}
    assert "退回（含退票）" in page.text
    assert page.context["legend"] in page.text
    assert "350" in page.context["legend"]


def test_the_total_is_that_of_the_reconciliation(client, finance, sheet):
    client.force_login(finance)
    total, figures = client.get(URL).context["total"].sums, reconciliation.total(reconciliation.of([sheet]))
    assert total.due == figures.approved == 1400
    for name in ("to_pay", "in_transit", "arrived", "given_up"):
        assert getattr(total, name) == getattr(figures, name)
    assert total.refused == figures.refused + figures.bounced


def test_communities_add_up_to_the_subdistrict(client, finance, sheet, community, other):
    client.force_login(finance)
    parts = [client.get(URL, {"community": each.code}).context for each in (community, other)]
    assert [len(part["rows"]) for part in parts] == [3, 2]  # 赵一 with the balance of 2023, too
    assert parts[0]["total"] + parts[1]["total"] == client.get(URL).context["total"]
    assert parts[1]["area"] == "紫轩社区"


def test_a_secretary_sees_the_own_community_and_no_months_of_who_was_paid_elsewhere_too(
    client, secretary, sheet, people, other
):
    client.force_login(secretary)
    page = client.get(URL)
    assert [row.member.name for row in page.context["rows"]] == sorted(NAMES[:3], key=lambda name: people[name].pinyin)
    assert "李四" not in page.text
    accounts = {row.member.name: (row.account.carried, row.account.balance) for row in page.context["rows"]}
    assert accounts == {"赵一": (0, 0), "钱二": (-300, -650), "孙三": (-300, -650)}  # 赵一: May alone
    assert [row.member.name for row in page.context["rows"] if row.partly] == ["赵一"]
    assert page.context["foots"]
    assert (page.context["total"].sums.due, page.context["total"].balance) == (1050, -1300)
    assert client.get(URL, {"community": other.code}).context["filter"].form.errors


def test_as_many_queries_for_three_people_as_for_one(client, finance, sheet, community, other):
    client.force_login(finance)
    counts = []
    for each in (other, community):
        asked = {"community": each.code}
        client.get(URL, asked)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL, asked)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_was_repaid_counts_in_the_row_and_in_the_total(client, finance, sheet, people, community):
    Appointment.objects.filter(member=people["赵一"], last_day=None).update(last_day="2024-04-30")
    debt = factories.debt(people["赵一"], community, month=date(2024, 5, 1), was=350, should_be=0)
    factories.repayment(debt, finance)
    client.force_login(finance)
    context = client.get(URL).context
    [row] = [row for row in context["rows"] if row.member == people["赵一"]]
    assert (row.account.sums.repaid, row.account.should_be, context["total"].sums.repaid) == (100, 0, 100)
    assert context["foots"]


def test_a_page_that_does_not_foot_shows_it(client, finance, sheet, monkeypatch):
    client.force_login(finance)
    monkeypatch.setattr("subsidies.corrections.yearbook.total", lambda lines: ledger.Sums(due=1))
    page = client.get(URL)
    assert not page.context["foots"]
    assert "▲" in page.text


def test_the_workbook_holds_the_figures_of_the_page_and_its_export_is_logged(client, finance, sheet):
    client.force_login(finance)
    context = client.get(URL).context
    answer = client.post(URL)
    [page] = openpyxl.load_workbook(io.BytesIO(answer.content), data_only=True)
    assert page["A1"].value == "嘉峪关市2024年工作补贴年度台账"
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=4, max_row=7)]
    assert [row[2] for row in rows] == [row.member.name for row in context["rows"]]
    assert [row[4:-1] for row in rows] == [row.account.amounts for row in context["rows"]]
    remarks = {row[2]: row[-1] for row in rows}
    assert remarks == {**dict.fromkeys(NAMES), "孙三": "不再发放350元，不须支付"}
    assert any("不再发放350元" in str(cell.value or "") for [cell] in page.iter_rows(min_row=9, max_col=1))
    assert all("*" in row[3] for row in rows)
    assert [cell.value for cell in page[8]][4:-1] == context["total"].amounts
    [live] = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert live["E8"].value == "=SUBTOTAL(9,E4:E7)"
    assert (live.page_setup.orientation, live.page_setup.paperSize, live.print_title_rows) == ("landscape", 9, "$3:$3")
    assert "账目相符" in "".join(str(cell.value) for row in page.iter_rows(min_row=9) for cell in row)
    entry = AuditEntry.objects.latest("id")
    assert (entry.act, entry.subject, entry.details["lines"]) == (Act.EXPORT, "嘉峪关市2024年工作补贴年度台账", 4)


def test_the_ledger_of_one_person_is_a_workbook_by_month(client, finance, sheet, people):
    client.force_login(finance)
    url = reverse("member-ledger", args=[people["钱二"].pk])
    assert client.get(url, {"year": "2024"}).status_code == 200
    [page] = openpyxl.load_workbook(io.BytesIO(client.post(f"{url}?year=2024").content), data_only=True)
    assert page["A1"].value == "嘉峪关市钱二2024年工作补贴台账"
    assert [cell.value for cell in page[4]][:10] == ["上年结转", *[None] * 8, -300]
    assert [cell.value for cell in page[5]][:10] == ["2024年5月", 350, 0, 0, 0, 350, 0, 0, 350, -650]
    [page] = openpyxl.load_workbook(io.BytesIO(client.post(url).content), data_only=True)
    assert [cell.value for cell in page[6]][:9] == ["合计", 650, 300, 0, 0, 350, 0, 0, 650]
    assert AuditEntry.objects.latest("id").act == Act.EXPORT


@pytest.mark.parametrize("year", [1999, 2900, 99999])  # none of whose months can be computed
def test_a_year_that_no_calendar_of_the_city_has_is_not_found(client, finance, year):
    client.force_login(finance)
    assert client.get(reverse("year-accounts", args=[year])).status_code == 404


def test_papers_name_the_funds_of_the_year_s_budget(sheet):
    assert signed.funds([sheet]) == []
    Budget.objects.create(
        year=2024, subdistrict=sheet.subdistrict, amount=1, source="市财政预算内资金",
        funds_document="嘉财社〔2024〕6号", account="2080208 基层政权建设和社区治理",
    )  # fmt: skip
    Budget.objects.create(year=2023, subdistrict=sheet.subdistrict, amount=1, source="上年结余")
    assert signed.funds([sheet]) == [
        "资金来源：市财政预算内资金", "指标文号：嘉财社〔2024〕6号", "预算科目：2080208 基层政权建设和社区治理",
    ]  # fmt: skip


def test_of_several_pages_the_total_is_of_all_and_a_print_holds_all(client, finance, sheet, monkeypatch):
    monkeypatch.setattr("subsidies.exports.account_views.ROWS", 2)
    client.force_login(finance)
    pages = [client.get(URL, {"page": number}) for number in (1, 2)]
    assert [len(page.context["rows"]) for page in pages] == [2, 2]
    assert {(page.context["total"].sums.due, page.context["total"].balance) for page in pages} == {(1400, -2250)}
    assert 'href="?print=all"' in pages[1].text
    paper = client.get(URL, {"print": "all"})
    assert len(paper.context["rows"]) == 4
    assert 'data-print="now"' in paper.text


def test_a_year_begins_with_the_balance_of_the_one_before_and_lists_who_has_nothing_but_that(
    client, finance, sheet, people, capsys
):
    Appointment.objects.filter(member=people["李四"]).update(last_day="2024-05-31")
    client.force_login(finance)
    rows = {year: client.get(reverse("year-accounts", args=[year])).context["rows"] for year in (2023, 2024, 2025)}
    ends = {year: {row.member.pk: row.account.balance for row in rows[year]} for year in rows}
    begins = {year: {row.member.pk: row.account.carried for row in rows[year]} for year in rows}
    assert begins[2024] == ends[2023]
    assert begins[2025] == ends[2024]
    assert len(rows[2025]) == 4  # nothing was paid in 2025: the balances stay
    call_command("account", people["李四"].id_number, "--year", "2024")
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()[2:]]
    assert lines[0][-1] == f"{begins[2024][people['李四'].pk]:.2f}"
    assert lines[-1][-1] == f"{ends[2024][people['李四'].pk]:.2f}"
    page = client.get(reverse("member-ledger", args=[people["李四"].pk]), {"year": "2024"})
    assert page.context["total"].carried == begins[2024][people["李四"].pk]
    assert "上年结转" in page.text
