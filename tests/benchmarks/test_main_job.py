"""The main job against the plain way of doing the same, run beside it: a ratio, never seconds."""

import csv
import time

import pytest

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Member, ResidentsGroup, Subdistrict
from registry.people.areas import services as areas
from subsidies import engine, facts
from subsidies.models import SheetLine
from subsidies.month import sheets
from tests import factories

ROWS = 600
pytestmark = pytest.mark.usefixtures("city")


def seconds(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@pytest.fixture
def file(tmp_path):
    """The first 600 rows of the demo's roster."""
    path = tmp_path / "roster.csv"
    with (areas.FIXTURES / "demo_roster.csv").open(encoding="utf-8", newline="") as source, path.open("w") as target:
        csv.writer(target).writerows(row for _, row in zip(range(ROWS + 1), csv.reader(source), strict=False))
    return path


def test_loading_a_roster_takes_less_than_saving_as_many_people_one_by_one(file):
    community = factories.community()
    group = ResidentsGroup.objects.filter(committee=community.committee).first()

    def one_by_one():
        for _ in range(ROWS):
            person = factories.member(community)
            factories.appointment(person, group)

    def load():
        assert rosters.load_roster(FileTable.read(file, shape=rosters.SHAPE), name="x").new == ROWS

    ratio = seconds(load) / seconds(one_by_one)
    assert ratio < 1


def test_preparing_a_month_takes_less_than_deciding_person_by_person(file):
    rosters.load_roster(FileTable.read(file, shape=rosters.SHAPE), name="x")
    month = Month(2026, 10)
    (here, there) = sheets.prepare(month, Subdistrict.objects.all())

    def person_by_person():
        rules = here.standard.rules()
        for line in SheetLine.objects.all():
            person = facts.person(Member.objects.get(pk=line.member_id))
            assert engine.decide(person.life, month.first_day, rules).amount == line.gross
            line.save()

    ratio = seconds(lambda: sheets.prepare(month, Subdistrict.objects.all())) / seconds(person_by_person)
    assert ratio < 1
