"""Files of offices that were once misread: each through the command, or through the page where it was pasted."""

import io
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from registry.models import Appointment, Building, Community, EmploymentSpell, Member, ResidentsGroup, Role
from tests import factories

CASES = Path(__file__).resolve().parents[2] / "cases"
ZHAO = "620299197001010017"
ACCOUNT = re.compile(r"共(\d+)行＝(?:读取(\d+)行)?＋?(?:跳过(\d+)行)?＋?(?:拒绝(\d+)行)?")
FIRST_DAY = date(2026, 1, 5)
pytestmark = pytest.mark.usefixtures("city")


def run(case: str, name: str = "roster.csv", command: str = "import_roster") -> str:
    """What the command prints, warnings and problems too; a refusal is part of it."""
    output = io.StringIO()
    try:
        call_command(command, CASES / case / name, stdout=output, stderr=output)
    except CommandError as refusal:
        output.write(f"REFUSED {refusal}")
    if account := ACCOUNT.search(output.getvalue()):
        rows, *parts = map(int, account.groups(default="0"))
        assert rows == sum(parts), account[0]
    return output.getvalue()


def loaded(case: str, name: str = "roster.csv") -> str:
    output = run(case, name)
    assert "REFUSED" not in output, output
    return output


def refused(case: str, name: str = "roster.csv") -> str:
    output = run(case, name)
    assert "REFUSED" in output
    assert not Appointment.objects.exists()
    return output


def only_office() -> Appointment:
    office = Appointment.objects.select_related("member", "committee__community", "group").get()
    assert (office.member.name, office.member.id_number, office.first_day) == ("赵试甲", ZHAO, FIRST_DAY)
    return office


@pytest.mark.parametrize(
    "case",
    ["roster-date-with-midnight", "roster-equals-text", "roster-invisible-id", "roster-subdistrict-short",
     "roster-tab-text", "roster-title-haoma"],
)  # fmt: skip
def test_it_is_loaded_without_a_word(case):
    output = loaded(case)
    assert only_office().group.name == "第一居民小组"
    assert "提示" not in output, output


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
    output = refused("roster-date-serial")
    assert "序列" in output
    assert "2026-01-05" in output


def test_a_building_in_full_width_is_the_same_building():
    output = run("groups-building-width", "groups.csv", "import_groups")
    assert "REFUSED" in output
    assert "第3行 · 楼院" in output
    assert not Building.objects.exists()


# The structure of workbooks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["roster-formula-openpyxl", "roster-formula-style-first"])
def test_a_formula_without_a_value_is_refused_in_its_cell(case):
    assert re.search("第2行 · 离任日期 .*公式", refused(case, "roster.xlsx"))


def test_merged_cells_of_an_area_are_meant_for_all_their_rows():
    assert "提示" not in loaded("roster-merged-area", "roster.xlsx")
    assert Appointment.objects.filter(group__name="第二居民小组", first_day=FIRST_DAY).count() == 3


def test_a_merged_last_day_is_refused_with_its_cells():
    output = refused("roster-merged-last-day", "roster.xlsx")
    assert "I2:I3" in output
    assert "J2:J3" in output


def test_a_hidden_row_is_read_and_named():
    output = loaded("roster-hidden-row", "roster.xlsx")
    assert re.search("第3行.*隐藏", output)
    assert Appointment.objects.count() == 3


def test_rows_of_totals_are_skipped_and_named():
    output = loaded("roster-subtotal-rows", "roster.xlsx")
    assert Appointment.objects.count() == 3
    assert "已跳过：合计行 × 2：第4、6行" in output
    assert "共6行＝读取3行＋跳过3行" in output


def test_a_cover_in_front_of_the_roster_is_passed_by():
    assert "提示" not in loaded("roster-cover-sheet-first", "roster.xlsx")
    only_office()


def test_a_web_page_is_named_as_one():
    output = refused("roster-html-xls", "roster.xls")
    assert "网页" in output
    assert ".xlsx" in output


# Pasted -----------------------------------------------------------------------------------------------------


def test_a_lone_quotation_mark_swallows_no_row(client):
    community = Community.objects.get(name="和诚社区")
    group = ResidentsGroup.objects.get(committee__community=community, ordinal=2)
    client.force_login(factories.user("clerk", Role.CLERK, subdistrict=community.subdistrict))
    rows = (CASES / "paste-lone-quote" / "paste.txt").read_text(encoding="utf-8")
    page = client.post(reverse("group-paste", args=[group.pk]), {"rows": rows, "save": "1"}, follow=True)
    assert page.status_code == 200
    assert Appointment.objects.filter(group=group).count() == 4
    assert Appointment.objects.get(member__name="钱试乙").note == '"老党员，已核'


# The same person, the same account --------------------------------------------------------------------------


def test_one_account_of_two_people_is_a_warning():
    output = loaded("roster-one-account-two-people")
    assert re.search("第3行 · 银行账号 .*赵试甲", output)


def test_a_corrected_number_is_a_warning_that_names_the_person():
    loaded("person-id-corrected-next-roster", "roster1.csv")
    output = loaded("person-id-corrected-next-roster", "roster2.csv")
    assert re.search("第2行 · 身份证号 .*赵试甲.*2026-01-05", output)
    assert re.search("第2行 · 身份证号 .*赵试甲.*联系电话相同", output)
