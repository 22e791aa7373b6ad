"""The demo's months: the csv against a second way of working them out, and each against the month before."""

import csv
import io
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from jygroups.lib.months import Month
from registry.models import Member, Role
from subsidies.comparison import demo as comparison_demo
from subsidies.exports.month_csv import month_csv
from subsidies.models import ComparisonResult, SheetLine
from subsidies.month.changes import Kind, against_previous
from tests import factories
from tests.subsidies import expected

pytestmark = pytest.mark.django_db  # the demo is loaded into the test database alone
HEADER = (
    "month,subdistrict_code,community_code,community,group,name,id_number,position,deemed_start,full_years,rate,"
    "increment,gross,adjustment,net,outcome,reason"
)
OCTOBER = Month(2026, 10)


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def october(demo):
    return demo.month(OCTOBER)


def test_the_file_has_its_mark_its_header_and_its_line_ends(october):
    content = month_csv(october.values())
    assert content.startswith(b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 1 + SheetLine.objects.filter(month="2026-10-01").count()


@pytest.mark.parametrize(
    ("month", "paid"),
    [
        (Month(2024, 5), {"620201001": ("124350.00", 309), "620201002": ("88150.00", 215)}),
        (OCTOBER, {"620201001": ("152100.00", 330), "620201002": ("108500.00", 232)}),
    ],
)
def test_every_cell_is_what_a_second_way_makes_of_the_roster(demo, month, paid):
    found = rows(month_csv(demo.month(month).values()))
    assert {row["id_number"]: row for row in found} == expected.month(month.first_day)
    assert len(found) == len({row["id_number"] for row in found})
    for code, (net, count) in paid.items():
        nets = [Decimal(row["net"]) for row in found if row["subdistrict_code"] == code and row["outcome"] == "paid"]
        assert (f"{sum(nets)}", len(nets)) == (net, count)


def test_lines_follow_community_committee_group_position_and_pinyin(october):
    found = rows(month_csv(reversed(october.values())))
    pinyin = {member.id_number: member.pinyin for member in Member.objects.all()}

    def place(row):
        group = int(expected.ordinal(row["group"]))
        rank = list(expected.POSITIONS).index(row["position"]) if row["position"] else None
        return row["subdistrict_code"], row["community_code"], group, rank, pinyin[row["id_number"]]

    paid = [place(row) for row in found if row["outcome"] == "paid"]
    assert paid == sorted(paid)
    everyone = [place(row)[:3] for row in found]
    assert everyone == sorted(everyone)


def test_the_bytes_are_the_same_whatever_language_they_are_asked_for_in(october):
    with translation.override("en"):
        english = month_csv(october.values())
    assert english == month_csv(october.values())


def test_a_month_takes_one_query(october):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        month_csv(october.values())
    assert len(queries) == 1


def test_over_the_demo_s_years_the_changes_come_to_the_difference_of_the_totals(demo):
    seen = defaultdict(int)
    split = 0
    for start, count in ((Month(2020, 12), 5), (Month(2021, 12), 4), (Month(2023, 1), 6), (Month(2025, 11), 6)):
        month = start
        for _each in range(count):
            for sheet in demo.month(month).values():
                found = against_previous(sheet)
                if found.previous is None:
                    continue
                assert found.difference == sheet.net - found.previous.net
                split += check_chains(found, seen)
            month = month.next
    assert set(seen) >= {Kind.JOINED, Kind.LEFT, Kind.POSITION, Kind.ANNIVERSARY, Kind.EMPLOYMENT}
    assert Kind.CORRECTION not in seen
    assert split > 0


def check_chains(found, seen):
    """Each person's changes lead from last month's net to this month's; who has none is paid the same.

    Returns how many people have more than one.
    """
    nets = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for place, sheet in enumerate((found.previous, found.sheet)):
        for member, net in SheetLine.objects.filter(sheet=sheet).values_list("member", "net"):
            nets[member][place] = net
    chains = defaultdict(list)
    for change in found.changes:
        chains[change.line.member_id].append(change)
        seen[change.kind] += 1
    split = sum(len(chain) > 1 for chain in chains.values())
    for member, (before, after) in nets.items():
        for change in chains.pop(member, []):
            assert change.before == before
            before = change.after
        assert before == after
    assert not chains
    return split


def test_the_demo_s_old_spreadsheet_differs_in_ways_that_are_all_explained(october):
    sheet = october["雄关街道"]
    clerk = factories.user("clerk.old", Role.CLERK, subdistrict=sheet.subdistrict)
    run = comparison_demo.compare(sheet, clerk=clerk)
    kinds = set(run.lines.values_list("kind", flat=True))
    assert {
        ComparisonResult.AGREES,
        ComparisonResult.YEARS,
        ComparisonResult.CROSS_HOLDING,
        ComparisonResult.ARITHMETIC,
        ComparisonResult.DUPLICATE,
    } < kinds
    assert run.ours == sheet.gross
    assert not run.lines.exclude(kind=ComparisonResult.AGREES).filter(detail="").exists()
