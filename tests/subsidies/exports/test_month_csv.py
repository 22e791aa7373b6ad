"""The month's csv: what other systems read."""

import csv
import io
from datetime import date

import pytest

from jygroups.lib.months import Month
from registry.models import Position, Subdistrict
from subsidies.exports.month_csv import month_csv
from subsidies.models import SheetLine
from subsidies.month import sheets
from tests import factories


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def sheet(community, standard):
    """One paid, one employed, one in a position without a rate."""
    group = factories.group(community)
    factories.appointment(factories.member(community), group, Position.GROUP_LEADER)
    employed = factories.member(community)
    factories.employment(employed)
    factories.appointment(employed, group)
    factories.appointment(factories.member(community), community.committee, Position.DIRECTOR)
    (sheet,) = sheets.prepare(Month(2024, 5), Subdistrict.objects.all())
    return sheet


def test_money_has_two_decimals_and_nothing_stands_where_nothing_is_paid(sheet):
    director, leader, employed = rows(month_csv([sheet]))
    amounts = ("rate", "increment", "gross", "adjustment", "net")
    assert [leader[name] for name in amounts] == ["300.00", "150.00", "450.00", "0.00", "450.00"]
    for row, outcome in ((director, "unpaid_position"), (employed, "employed")):
        assert [row[name] for name in ("position", "deemed_start", "full_years", *amounts)] == [
            *("", "", "", "", ""), "0.00", "0.00", "0.00",
        ]  # fmt: skip
        assert row["outcome"] == outcome
    assert (leader["reason"], director["reason"], employed["reason"]) == ("", "该职务不享受工作补贴", "核定日在职")
    assert (director["group"], leader["group"]) == ("", "第一居民小组")
    assert leader["deemed_start"] == date(2021, 1, 1).isoformat()


def test_no_cell_begins_a_formula(sheet):
    for start in "=+-@":
        SheetLine.objects.filter(position=Position.GROUP_LEADER).update(name=f"{start}1+1", adjustment=-50, net=400)
        leader = rows(month_csv([sheet]))[1]
        assert leader["name"] == f"'{start}1+1"
        assert leader["adjustment"] == "-50.00"
