"""A roster is loaded whole or not at all."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Appointment, AuditEntry, Community, Member, ResidentsGroup, Term
from registry.people.areas import services as areas
from tests import factories
from tests.registry.imports.roster_rows import ACCOUNT, HEADER, A, B, C, contents, load, problems, row, spells


@pytest.fixture(autouse=True)
def _registry(city):
    """The real areas and groups."""


def test_a_row_becomes_a_person_and_an_appointment():
    loaded = load(row(联系电话="13900000000", 银行账号=ACCOUNT, 开户银行="甘肃银行", 人员来源="网格员", 备注="补选"))
    assert (loaded.new, loaded.problems) == (1, [])
    office = Appointment.objects.select_related("member", "group", "term", "committee__community").get()
    assert (office.member.name, office.member.id_number, office.member.phone) == ("张三", A, "13900000000")
    assert (office.member.account, office.member.bank, office.member.source) == (ACCOUNT, "甘肃银行", "grid_worker")
    assert (office.member.community.name, office.member.sex, office.member.birth_date) == (
        "福民社区", "male" if int(A[16]) % 2 else "female", date(1970, 1, 1),
    )  # fmt: skip
    assert (office.group.name, office.first_day, office.last_day, office.note) == (
        "第一居民小组", date(2021, 1, 5), None, "补选",
    )  # fmt: skip
    assert office.term == Term.objects.get(ordinal=1)


def test_two_rows_of_one_person_are_one_person_with_two_offices():
    load(row(), row(居民小组="", 职务="委员"))
    assert Member.objects.count() == 1
    assert {office.position for office in Appointment.objects.all()} == {"group_member", "committee_member"}


def test_loading_a_file_twice_changes_nothing():
    rows = [
        row(在职情况="在职", 工作单位="某公司"),
        row(姓名="李四", 身份证号=B, 离任日期="2022-08-03", 离任原因="辞职"),
    ]
    assert load(*rows).new == 2
    before = contents()
    again = load(*rows)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert contents() == before


def test_what_a_file_repeats_is_brought_up_to_date_and_leaves_a_version():
    load(row())
    loaded = load(row(离任日期="2024-08-03", 离任原因="辞职", 联系电话="13900000000"))
    assert (loaded.new, loaded.changed) == (0, 1)
    office = Appointment.objects.get()
    assert (office.last_day, office.end_reason, office.version) == (date(2024, 8, 3), "resignation", 2)
    assert [version.last_day for version in office.history.order_by("history_id")] == [None, date(2024, 8, 3)]
    assert [version.phone for version in Member.objects.get().history.order_by("history_id")] == ["", "13900000000"]
    assert {version.history_change_reason for version in office.history.all()} == {"roster.xlsx"}


@pytest.mark.parametrize("written", ["", "无", "至今", "在任"])
def test_an_empty_cell_leaves_what_is_registered_and_an_end_of_office_is_reported(written):
    load(row(联系电话="13900000000", 离任日期="2024-08-03"))
    loaded = load(row(离任日期=written))
    assert loaded.unchanged == 1
    assert "离任日期" in {finding.column for finding in loaded.warnings}
    assert Appointment.objects.get().last_day == date(2024, 8, 3)
    assert Member.objects.get().phone == "13900000000"


def test_what_the_file_does_not_mention_stays():
    load(row(), row(姓名="李四", 身份证号=B))
    load(row(姓名="王五", 身份证号=C))
    assert Appointment.objects.count() == 3


def test_a_load_leaves_one_entry_in_the_audit_log(clerk):
    load(row(), actor=clerk)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user, entry.subject, entry.details["new"]) == ("import", clerk, "roster.xlsx", 1)
    assert Appointment.history.get().history_user == clerk


def test_a_dry_run_reports_the_changes_and_writes_nothing():
    before = contents()
    assert load(row(), dry_run=True).new == 1
    assert contents() == before


def test_a_file_may_write_only_to_the_communities_given(community, sibling):
    loaded = load(row(), row(社区="胜利", 姓名="李四", 身份证号=B), communities=[community])
    assert problems(loaded) == [(3, "社区")]


@pytest.mark.parametrize("group", ["第一居民小组", "第1居民小组", "第一小组", "一组", "1", "第1组", " 第一 居民小组"])
def test_a_group_is_known_by_its_usual_spellings(group):
    assert load(row(居民小组=group)).problems == []
    assert Appointment.objects.get().group.ordinal == 1


@pytest.mark.parametrize("community", ["福民社区", "福民", "620201001001"])
def test_a_community_is_known_by_name_or_code(community):
    assert load(row(社区=community, 街道="")).problems == []


# In office and employed ------------------------------------------------------------------------------------


def test_employed_without_dates_is_a_spell_open_at_both_ends():
    load(row(在职情况="在职"))
    assert spells() == [(None, None)]


def test_dates_of_one_not_employed_are_a_past_spell():
    load(row(在职情况="非在职", 在职起始日期="2021-01-01", 在职截止日期="2023-05-31"))
    assert spells() == [(date(2021, 1, 1), date(2023, 5, 31))]


def test_a_first_day_that_becomes_known_is_the_same_spell():
    load(row(在职情况="在职"))
    load(row(在职情况="在职", 在职起始日期="2023-01-01"))
    assert spells() == [(date(2023, 1, 1), None)]


def test_an_employment_that_ended_is_given_its_last_day():
    load(row(在职情况="在职", 在职起始日期="2023-01-01"))
    load(row(在职情况="非在职", 在职起始日期="2023-01-01", 在职截止日期="2024-01-31"))
    assert spells() == [(date(2023, 1, 1), date(2024, 1, 31))]


def test_not_employed_against_employed_in_the_register_is_no_silent_change():
    load(row(在职情况="在职"))
    assert problems(load(row(在职情况="非在职"))) == [(2, "在职情况")]
    assert spells() == [(None, None)]


# Scale -----------------------------------------------------------------------------------------------------


def test_matching_takes_as_many_queries_for_many_rows_as_for_few():
    people = [
        row(身份证号=factories.id_number(date(1972, 1, 1), order), 居民小组="", 职务="委员") for order in range(300)
    ]
    load(*people)
    with CaptureQueriesContext(connection) as few:
        load(*people[:3])
    with CaptureQueriesContext(connection) as many:
        load(*people)
    assert len(many) == len(few)


def test_the_demo_roster_loads_without_a_problem():
    table = FileTable.read(areas.FIXTURES / "demo_roster.csv", shape=rosters.SHAPE)
    loaded = rosters.load_roster(table, name="demo_roster.csv")
    assert loaded.problems == []
    assert loaded.new == len(table.rows) - 1 == Appointment.objects.count() == Appointment.history.count()
    assert Member.objects.count() == Member.history.count()


def test_a_roster_that_was_written_is_read_back_without_a_change(tmp_path, clerk):
    rosters.load_roster(FileTable.read(areas.FIXTURES / "demo_roster.csv", shape=rosters.SHAPE), name="demo_roster.csv")
    before = contents()
    community = Community.objects.get(name="福民社区")
    path = tmp_path / "roster.xlsx"
    path.write_bytes(rosters.export_roster(community, purpose="核对", actor=clerk))
    table = FileTable.read(path, shape=rosters.SHAPE)
    assert table.titles == HEADER
    loaded = rosters.load_roster(table, name="roster.xlsx")
    assert (loaded.new, loaded.changed, loaded.problems) == (0, 0, [])
    assert loaded.unchanged == Appointment.objects.filter(committee__community=community).count() > 50
    changed = {table for table, digest in contents().items() if before[table] != digest}
    assert changed == {AuditEntry._meta.db_table}  # that somebody has taken the roster is reported
    entry = AuditEntry.objects.first()
    assert (entry.act, entry.user, entry.details["lines"]) == ("export", clerk, loaded.unchanged)


def test_a_roster_is_written_with_one_number_of_queries(clerk):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            rosters.export_roster(Community.objects.get(name="福民社区"), purpose="核对", actor=clerk)
        return len(queries)

    load(row())
    one = cost()
    load(*[row(身份证号=factories.id_number(date(1972, 1, 1), order), 在职情况="在职") for order in range(30)])
    assert cost() == one


# What once went wrong in silence ---------------------------------------------------------------------------


def test_a_last_day_alone_ends_the_employment_that_is_registered():
    load(row(在职情况="在职", 在职起始日期="2023-01-01"))
    assert load(row(在职情况="非在职", 在职截止日期="2024-05-31")).problems == []
    assert spells() == [(date(2023, 1, 1), date(2024, 5, 31))]


def test_another_first_day_of_one_employment_is_refused_not_added_beside_it():
    load(row(在职情况="在职", 在职起始日期="2023-01-01"))
    assert problems(load(row(在职情况="在职", 在职起始日期="2023-06-01"))) == [(2, "在职起始日期")]
    assert spells() == [(date(2023, 1, 1), None)]


def test_a_second_employment_that_does_not_overlap_is_added():
    load(row(在职情况="非在职", 在职起始日期="2021-01-01", 在职截止日期="2021-12-31"))
    assert load(row(在职情况="在职", 在职起始日期="2023-01-01")).problems == []
    assert spells() == [(date(2021, 1, 1), date(2021, 12, 31)), (date(2023, 1, 1), None)]


@pytest.mark.parametrize("text", ["2021.1", " 2021.1 "])
def test_a_month_that_may_be_january_or_october_is_refused(text):
    assert problems(load(row(任职日期=text))) == [(2, "任职日期")]


def test_nobody_takes_office_in_a_group_that_was_dissolved(community):
    ResidentsGroup.objects.filter(committee__community=community, ordinal=1).update(dissolved_on=date(2023, 1, 1))
    assert problems(load(row(任职日期="2023-01-01"))) == [(2, "任职日期")]
    loaded = load(row(任职日期="2022-01-01"))
    assert loaded.problems == []
    assert "离任日期" in {finding.column for finding in loaded.warnings}


def test_a_known_number_under_another_name_is_reported():
    load(row())
    assert [finding.column for finding in load(row(姓名="李四")).warnings if "张三" in finding.message] == ["姓名"]


def test_who_may_not_write_to_a_persons_community_changes_nothing_of_the_person(community, sibling):
    load(row(联系电话="13900000000"))
    there = row(社区="胜利社区", 联系电话="13911111111")
    assert problems(load(there, communities=[sibling])) == [(2, "身份证号")]
    assert load(row(社区="胜利社区", 联系电话="13900000000"), communities=[sibling]).problems == []
    assert Member.objects.get().phone == "13900000000"


def test_a_reason_without_a_last_day_is_reported():
    assert "离任原因" in {finding.column for finding in load(row(离任原因="辞职")).warnings}


@pytest.mark.parametrize("group", ["百", "百百", "第100000000000组", "0", "第零组"])
def test_a_group_number_that_is_none_is_refused(group):
    assert problems(load(row(居民小组=group))) == [(2, "居民小组")]


def test_a_name_of_fifty_characters_and_a_long_file_name_are_no_fault():
    assert load(row(姓名="庄" * 50)).problems == []
    table = FileTable.of([HEADER, row(姓名="庄" * 50, 联系电话="13900000000")])
    assert rosters.load_roster(table, name="花名册" * 100).changed == 1


@pytest.mark.parametrize("title", ["warnings", "row"])
def test_a_column_of_any_title_is_merely_left_out(title):
    assert load([*row(), "x"], header=[*HEADER, title]).problems == []


def test_digits_of_other_scripts_are_no_digits():
    assert problems(load(row(联系电话="1٣٨٠٠٠٠٠٠٠٠"))) == [(2, "联系电话")]


def test_a_finding_is_one_line_however_its_cell_looks():
    line = str(load(row(备注="长\n" * 600)).problems[0])
    assert "\n" not in line
    assert len(line) < 200
