"""Files of offices that were once misread: each through the command, or through the page where it was pasted."""

import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registry.models import Appointment, Building, EmploymentSpell, Member

CASES = Path(__file__).resolve().parents[1] / "cases"
ZHAO, QIAN, SUN, LI = "620299197001010017", "620299197002020030", "620299197003030054", "620299197004040078"
FIRST_DAY = date(2026, 1, 5)
pytestmark = pytest.mark.usefixtures("city")


def run(case: str, name: str = "roster.csv", command: str = "import_roster") -> str:
    """What the command prints, warnings and problems too; a refusal is part of it."""
    said = io.StringIO()
    try:
        call_command(command, CASES / case / name, stdout=said, stderr=said)
    except CommandError as refusal:
        said.write(f"REFUSED {refusal}")
    return said.getvalue()


def loaded(case: str, name: str = "roster.csv") -> str:
    said = run(case, name)
    assert "REFUSED" not in said, said
    return said


def refused(case: str, name: str = "roster.csv") -> str:
    said = run(case, name)
    assert "REFUSED" in said
    assert not Appointment.objects.exists()
    return said


def only_office() -> Appointment:
    office = Appointment.objects.select_related("member", "committee__community", "group").get()
    assert (office.member.name, office.member.id_number, office.first_day) == ("赵试甲", ZHAO, FIRST_DAY)
    return office


@pytest.mark.parametrize(
    "case",
    ["roster-date-with-midnight", "roster-equals-text", "roster-invisible-id", "roster-subdistrict-short",
     "roster-tab-text"],
)  # fmt: skip
def test_it_is_loaded_without_a_word(case):
    said = loaded(case)
    assert only_office().group.name == "第一居民小组"
    assert "提示" not in said, said


def test_a_phone_with_dashes_is_taken():
    loaded("roster-phone-dashes")
    assert only_office().member.phone == "13800000000"


def test_a_phone_with_the_countrys_code_and_a_landline_in_brackets_are_taken():
    loaded("roster-phone-plus86")
    assert {member.name: member.phone for member in Member.objects.all()} == {
        "赵试甲": "13800000000", "钱试乙": "0937-6222222",
    }  # fmt: skip


def test_words_for_nothing_are_read_as_empty():
    assert "提示" not in loaded("roster-none-words")
    assert Appointment.objects.filter(last_day=None).count() == 4
    assert {(member.phone, member.account) for member in Member.objects.all()} == {("", "")}


def test_until_now_is_no_last_day():
    assert "提示" not in loaded("roster-until-now")
    assert only_office().last_day is None


def test_no_reason_is_no_reason():
    assert "提示" not in loaded("roster-reason-none")
    assert only_office().end_reason == ""


def test_no_employer_is_no_employer():
    loaded("roster-employer-none")
    only_office()
    assert EmploymentSpell.objects.get().employer == ""


def test_a_serial_number_is_named_with_the_day_that_it_is():
    said = refused("roster-date-serial")
    assert "序列" in said
    assert "2026-01-05" in said


def test_a_building_in_full_width_is_the_same_building():
    said = run("groups-building-width", "groups.csv", "import_groups")
    assert "REFUSED" in said
    assert "第3行" in said or "3" in said
    assert not Building.objects.exists()
