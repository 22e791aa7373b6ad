"""The workbench of who sees the whole city: the year against its budget, why the month differs, who gets the yuan."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import Position, Subdistrict
from subsidies.models import Budget, Sheet
from subsidies.month import sheets
from subsidies.month.changes import Kind
from tests import factories

WORKBENCH = reverse("workbench")
THIS = Month.of(timezone.localdate())


@pytest.fixture
def two_months(standard, community, stranger, group):
    """The month before and this one, of both subdistricts, with a joining and a leaving."""
    factories.appointment(factories.member(community, "组长"), group, Position.GROUP_LEADER)
    factories.appointment(factories.member(stranger, "成员"), stranger.committee)
    moved = THIS.previous.first_day + timedelta(days=5)
    factories.appointment(factories.member(community, "新任"), group, first_day=moved)
    factories.appointment(factories.member(stranger, "离任"), stranger.committee, last_day=moved)
    for month in (THIS.previous, THIS):
        sheets.prepare(month, Subdistrict.objects.all())


def opened(client, user):
    client.force_login(user)
    return client.get(WORKBENCH)


def test_every_month_of_the_year_shows_state_and_yuan_and_leads_to_its_sheet(client, finance, two_months):
    page = BeautifulSoup(opened(client, finance).text, "html.parser")
    links = {link["href"]: link.text for link in page.select("table.year td a")}
    of_year = Sheet.objects.filter(month__year=THIS.year)
    assert set(links) == {sheet.get_absolute_url() for sheet in of_year}
    for sheet in of_year:
        assert "草稿" in links[sheet.get_absolute_url()]
        assert f"{sheet.net:,.0f}" in links[sheet.get_absolute_url()]


def test_the_year_stands_beside_its_budget_once_every_subdistrict_has_one(client, finance, auditor, two_months):
    year = opened(client, finance).context["year"]
    assert (year["budget"], year["share"]) == (0, "")
    net = {row["subdistrict"]: row["net"] for row in year["rows"]}
    first, second = net
    Budget.objects.create(year=THIS.year, subdistrict=first, amount=net[first] * 2)
    year = opened(client, finance).context["year"]
    assert [row["share"] for row in year["rows"]] == ["50%", ""]
    assert year["share"] == ""
    Budget.objects.create(year=THIS.year, subdistrict=second, amount=net[second] * 2)
    Budget.objects.create(year=THIS.year - 1, subdistrict=second, amount=1)
    for user in (finance, auditor):
        assert opened(client, user).context["year"]["share"] == "50%"


def test_a_subdistrict_is_shown_no_budget_and_no_city(client, clerk, two_months):
    Budget.objects.create(year=THIS.year, subdistrict=Subdistrict.objects.first(), amount=100)
    context = opened(client, clerk).context
    assert context["year"]["budget"] == 0
    assert not [name for name in ("moved", "heads", "positions") if name in context]


def test_the_kinds_of_change_are_those_of_the_sheets_to_the_yuan_and_lead_there(client, finance, two_months):
    moved = opened(client, finance).context["moved"]
    assert [row.kind for row in moved["rows"] if row.kind in (Kind.JOINED, Kind.LEFT)] == [Kind.JOINED, Kind.LEFT]
    totals = [sum(sheet.net for sheet in Sheet.objects.of(month)) for month in (THIS.previous, THIS)]
    assert moved["yuan"] == sum(row.yuan for row in moved["rows"]) == totals[1] - totals[0]
    for row in moved["rows"]:
        assert sum(yuan for _url, yuan in row.areas) == row.yuan
        for url, yuan in row.areas:
            if yuan:
                assert f'id="{url.partition("#")[2]}"' in client.get(url).text


def test_nothing_is_compared_without_a_month_before(client, finance, standard, community):
    factories.appointment(factories.member(community), community.committee)
    sheets.prepare(THIS, Subdistrict.objects.all())
    assert opened(client, finance).context["moved"] is None


def test_positions_and_heads_come_to_what_is_due(client, finance, two_months):
    context = opened(client, finance).context
    gross = {sheet.subdistrict.name: (sheet.gross, sheet.people) for sheet in Sheet.objects.of(THIS)}
    assert sum(row.yuan for row in context["positions"]) == sum(yuan for yuan, _people in gross.values())
    assert sum(row.people for row in context["positions"]) == sum(people for _yuan, people in gross.values())
    assert {series.name: series.last.value for series in context["heads"].series} == {
        name: (yuan / people).quantize(Decimal("0.01")) for name, (yuan, people) in gross.items()
    }
    assert "占" in context["positions_title"]
    assert "人均" in context["heads_title"]


def test_a_city_without_a_month_has_none_of_it(client, finance, standard):
    context = opened(client, finance).context
    assert (context["moved"], context["heads"], context["heads_title"], context["positions"]) == (None, None, "", [])


def test_it_asks_as_many_queries_for_many_people_and_months(client, finance, two_months, community):
    def asked():
        opened(client, finance)
        with CaptureQueriesContext(connection) as queries:
            client.get(WORKBENCH)
        return len(queries)

    few = asked()
    for number in range(30):
        factories.appointment(
            factories.member(community, "众人"), community.committee, first_day=date(2021, 1, 1 + number % 28)
        )
    month = THIS
    for _each in range(6):
        sheets.prepare(month, Subdistrict.objects.all())
        month = month.previous
    assert asked() == few
