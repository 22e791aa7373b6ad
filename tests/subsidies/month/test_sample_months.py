"""A fictional roster and five of its months, computed by other means than ours."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Subdistrict
from registry.people.areas import services as areas
from subsidies.models import SheetLine
from subsidies.month import sheets
from subsidies.standards import services as standards

CASES = Path(__file__).resolve().parents[2] / "cases"
EXPECTED: dict[str, list[dict]] = {}
with (CASES / "sample_months.csv").open(encoding="utf-8-sig", newline="") as file:
    for answer in csv.DictReader(file):
        EXPECTED.setdefault(answer["month"], []).append(answer)


@pytest.fixture(scope="module")
def roster():
    return FileTable.read(CASES / "sample_roster.xlsx", shape=rosters.SHAPE)


@pytest.mark.django_db
@pytest.mark.parametrize("month", EXPECTED)
def test_the_sample_roster_gives_the_sample_month(month, roster):
    areas.load_missing()
    standards.load_missing()
    assert rosters.load_roster(roster, name="sample_roster.xlsx").problems == []
    sheets.prepare(Month.parse(month), Subdistrict.objects.all())
    with translation.override("zh-hans"):
        computed = {
            line.id_number: (
                line.outcome,
                str(line.get_position_display()) if line.position else "",
                str(line.deemed_start or ""),
                "" if line.full_years is None else str(line.full_years),
                line.rate,
                line.increment,
                line.gross,
            )
            for line in SheetLine.objects.all()
        }

    def yuan(text: str) -> Decimal | None:
        return Decimal(text) if text else None

    assert computed == {
        row["id_number"]: (
            row["outcome"],
            row["position"],
            row["deemed_start"],
            row["full_years"],
            yuan(row["rate"]),
            yuan(row["increment"]),
            yuan(row["gross"]),
        )
        for row in EXPECTED[month]
    }
