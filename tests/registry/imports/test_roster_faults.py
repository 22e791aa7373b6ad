"""What is wrong in a roster's file is reported by row and column; what is unusual is reported and loaded."""

from datetime import date
from pathlib import Path

import pytest

from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Appointment, Member
from tests import factories
from tests.registry.imports.roster_rows import ACCOUNT, HEADER, A, B, C, contents, load, problems, row

CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.fixture(autouse=True)
def _registry(city):
    """The real areas and groups."""


# Faults ----------------------------------------------------------------------------------------------------

FAULTS = [
    ("社区", row(社区="桃花源社区")),
    ("社区", row(社区="")),
    ("街道", row(街道="钢城街道")),
    ("居民小组", row(居民小组="第九居民小组")),
    ("居民小组", row(居民小组="")),
    ("居民小组", row(职务="居委会副主任")),
    ("姓名", row(姓名="")),
    ("姓名", row(姓名="Zhang San")),
    ("姓名", row(姓名="张\ue000")),
    ("姓名", row(姓名="买买提 艾力")),
    ("身份证号", row(身份证号="")),
    ("身份证号", row(身份证号=A[:17] + ("0" if A[17] != "0" else "1"))),
    ("身份证号", row(身份证号=A[:17])),
    ("身份证号", row(身份证号="620299197002300017")),
    ("身份证号", row(身份证号="6.20299E+17")),
    ("联系电话", row(联系电话="12345")),
    ("职务", row(职务="书记")),
    ("任职日期", row(任职日期="")),
    ("任职日期", row(任职日期="2021-02-30")),
    ("任职日期", row(任职日期="44201")),
    ("任职日期", row(任职日期="1985-12-31")),  # not sixteen yet
    ("离任日期", row(离任日期="2020-12-31")),
    ("离任日期", row(离任日期="2023.5")),
    ("在职情况", row(在职情况="退休")),
    ("在职起始日期", row(在职情况="在职", 在职起始日期="明年")),
    ("在职起始日期", row(在职情况="在职", 在职起始日期="2099-01-01")),
    ("在职截止日期", row(在职情况="在职", 在职截止日期="2022-01-01")),
    ("在职截止日期", row(在职起始日期="2022-01-01", 在职截止日期="2021-01-01")),
    ("人员来源", row(人员来源="志愿者")),
    ("银行账号", row(银行账号="6.22848E+18")),
    ("银行账号", row(银行账号="1234")),
    ("备注", row(备注="长" * 501)),
]


@pytest.mark.parametrize(("column", "cells"), FAULTS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_fault_is_refused_by_row_and_column_with_a_cure(column, cells):
    before = contents()
    loaded = load(row(姓名="李四", 身份证号=B), cells)
    assert (3, column) in problems(loaded)
    finding = loaded.problems[0]
    assert finding.value == cells[HEADER.index(finding.column)]
    assert finding.message
    assert contents() == before


def test_every_fault_is_reported_at_once_and_nothing_is_saved():
    """Each fault in a row of its own, with people of their own."""
    rows = []
    for order, (column, cells) in enumerate(FAULTS, 200):
        cells = list(cells)
        if column != "身份证号":
            cells[HEADER.index("身份证号")] = factories.id_number(date(1970, 1, 2), order)
        rows.append(cells)
    before = contents()
    loaded = load(*rows)
    assert problems(loaded) == [(number, column) for number, (column, _cells) in enumerate(FAULTS, 2)]
    assert len({finding.message for finding in loaded.problems}) >= 20
    assert contents() == before


@pytest.mark.parametrize("text", ["已离任", "2023年6月去世"])
def test_an_end_of_office_under_employment_is_refused_with_the_columns_for_it(text):
    [finding] = load(row(在职情况=text)).problems
    assert finding.column == "在职情况"
    assert "离任日期" in finding.message
    assert "离任原因" in finding.message


def test_two_leaders_of_a_group_on_a_day_are_refused():
    loaded = load(row(职务="组长"), row(职务="组长", 姓名="李四", 身份证号=B, 任职日期="2023-01-01"))
    assert problems(loaded) == [(3, "职务")]
    assert "2" in loaded.problems[0].message


def test_a_leader_beside_the_registered_one_is_refused():
    load(row(职务="组长"))
    assert problems(load(row(职务="组长", 姓名="李四", 身份证号=B, 任职日期="2023-01-01"))) == [(2, "职务")]
    assert (
        problems(
            load(
                row(职务="组长", 离任日期="2022-12-31"),
                row(职务="组长", 姓名="李四", 身份证号=B, 任职日期="2023-01-01"),
            )
        )
        == []
    )


def test_overlapping_offices_of_one_person_in_one_body_are_refused():
    long = row(离任日期="2024-12-31")
    assert problems(load(long, row(任职日期="2023-01-01"))) == [(3, "任职日期")]
    # The third lies in the first, though not in the second before it.
    loaded = load(long, row(任职日期="2022-01-01", 离任日期="2022-02-01"), row(任职日期="2023-01-01"))
    assert problems(loaded) == [(3, "任职日期"), (4, "任职日期")]


def test_a_row_without_its_group_is_held_against_no_other_office():
    load(row(居民小组="", 职务="委员"), row())
    assert problems(load(row(居民小组="", 任职日期="2022-01-01"))) == [(2, "居民小组")]
    assert problems(load(row(职务="委员", 任职日期="2022-01-01"))) == [(2, "居民小组")]


def test_an_office_in_the_way_without_end_and_a_row_that_is_repeated_are_named_so():
    [finding] = load(row(), row(任职日期="2022-01-01")).problems
    assert "2021-01-05起" in finding.message
    assert "至今" not in finding.message
    [finding] = load(row(), row()).problems
    assert "与第2行重复" in finding.message


def test_the_office_in_the_way_is_named_with_its_days():
    load(row(任职日期="2023-01-01", 离任日期="2023-12-31"))
    finding = load(row(任职日期="2022-01-01")).problems[0]
    assert (finding.row, finding.column) == (2, "任职日期")
    assert "2023-01-01" in finding.message
    assert "2023-12-31" in finding.message


def test_a_new_person_named_as_one_of_the_group_is_warned_of():
    """The roster of the office in which one person with a corrected ID number was paid twice."""
    for name in ("roster1.csv", "roster2.csv"):
        file = FileTable.read(CASES / "person-id-corrected-next-roster" / name, shape=rosters.SHAPE)
        loaded = rosters.load_roster(file, name=name)
        assert loaded.problems == []
    warned = [finding.message for finding in loaded.findings if "同名" in finding.message]
    assert warned == [
        "登记中已有同名人员赵试甲，身份证号不同（姓名和联系电话相同、自2026-01-05起在该处任职）；"
        "如为同一人，请在其原档案上更正身份证号，不要另行登记"
    ]


@pytest.mark.parametrize(
    "elsewhere",
    [{"居民小组": "第二居民小组"}, {"姓名": "李四"}, {"任职日期": "2024-01-02"}],
    ids=["group", "name", "after"],
)
def test_a_namesake_elsewhere_or_before_is_not_warned_of(elsewhere):
    load(row(离任日期="2024-01-01"))
    loaded = load(row(身份证号=B, **elsewhere))
    assert [finding for finding in loaded.findings if "在该处任职" in finding.message] == []


def test_one_appointment_on_two_rows_is_refused():
    load(row())
    assert problems(load(row(), row())) == [(3, "任职日期")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("联系电话", "13900000001"),
        ("在职情况", "在职"),
        ("银行账号", ACCOUNT),
        ("工作单位", "某公司"),
    ],
)
def test_personal_columns_of_one_person_agree(column, value):
    assert problems(load(row(), row(居民小组="", 职务="委员", **{column: value}))) == [(3, column)]


def test_of_one_number_with_two_names_both_rows_are_refused():
    found = problems(load(row(), row(姓名="张四", 居民小组="", 职务="委员", 联系电话="13900000001")))
    assert found == [(2, "身份证号"), (3, "身份证号")]


@pytest.mark.parametrize("gone", ["社区", "职务", "在职情况"])
def test_a_missing_column_is_named(gone):
    place = HEADER.index(gone)
    cells = row()
    loaded = load(cells[:place] + cells[place + 1 :], header=HEADER[:place] + HEADER[place + 1 :])
    assert problems(loaded) == [(None, gone)]


def test_a_column_not_known_is_left_out_with_a_warning():
    loaded = load([*row(), "x"], header=[*HEADER, "民族"])
    assert loaded.new == 1
    assert [(finding.row, finding.column) for finding in loaded.warnings if finding.row is None] == [(None, "民族")]


def test_a_column_without_a_title_is_refused_where_it_holds_the_end_of_an_office():
    header = ["" if title == "离任日期" else title for title in HEADER]
    loaded = load(row(), row(身份证号=B, 离任日期="2023-06-30"), header=header)
    assert problems(loaded) == [(3, "")]
    assert "I" in loaded.problems[0].message
    assert problems(load([*row(), "辞职"], header=[*HEADER, ""])) == [(2, "")]
    noted = load([*row(), "√"], header=[*HEADER, ""])
    assert (noted.new, noted.warnings[0].row) == (1, 2)


def read(*rows):
    text = "\n".join(each if isinstance(each, str) else ",".join(each) for each in (HEADER, *rows))
    table = FileTable.read(text.encode(), shape=rosters.SHAPE)
    return rosters.load_roster(table, name="a.csv")


@pytest.mark.parametrize("label", ["", "小计", "合计", "备注：", "注"])
def test_a_last_day_without_a_person_is_refused_whatever_stands_beside_it(label):
    loaded = read(row(), [label, *[""] * 7, "2023-06-30", *[""] * 9])
    assert {each.row for each in loaded.problems} == {3}
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("separator", ["\t", ";", " ", ""])
def test_a_row_that_stands_in_one_cell_is_refused(separator):
    loaded = read(row(), separator.join(row(姓名="李四", 身份证号=B)), row(姓名="王五", 身份证号=C))
    assert {each.row for each in loaded.problems} == {3}
    assert any("身份证号在别的单元格里" in each.message for each in loaded.problems)


def test_a_person_without_an_id_number_whose_office_looks_like_a_signature_is_refused():
    header = ["职务", "姓名", "身份证号", *(title for title in HEADER if title not in ("职务", "姓名", "身份证号"))]
    cells = dict(zip(HEADER, row(), strict=True))
    lines = [header, [cells[title] for title in header], ["负责人", "李四", *[""] * (len(header) - 2)]]
    table = FileTable.read("\n".join(map(",".join, lines)).encode(), shape=rosters.SHAPE)
    loaded = rosters.load_roster(table, name="a.csv")
    assert (3, "身份证号") in problems(loaded)


@pytest.mark.parametrize("text", ["不详", "缺", "暂缺", "未填", ".", "*", "未知", "空"])
def test_a_last_day_that_is_unknown_is_refused(text):
    assert problems(load(row(离任日期=text, 离任原因="辞职"))) == [(2, "离任日期")]


@pytest.mark.parametrize("text", ["无", "—", "-", "/", "至今", "现任", "暂无"])
def test_a_last_day_that_there_is_none_of_is_empty(text):
    assert load(row(离任日期=text)).new == 1


@pytest.mark.parametrize("title", ["离任日", "离任年月日", "止任日期", "任期截止"])
def test_a_last_day_is_known_by_its_titles(title):
    line = [title if each == "离任日期" else each for each in HEADER]
    text = "\n".join([",".join(line), ",".join(row(离任日期="2023-06-30"))])
    rosters.load_roster(FileTable.read(text.encode(), shape=rosters.SHAPE), name="a.csv")
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


@pytest.mark.parametrize("title", ["终止日期", "结束日期", "下岗日子"])
def test_an_unknown_column_of_days_is_refused_where_the_last_day_is_missing(title):
    line = [title if each == "离任日期" else each for each in HEADER]
    assert problems(load(row(离任日期="2023-06-30"), header=line)) == [(None, title)]
    assert load(row(), header=line).new == 1


def test_columns_stand_in_any_order():
    places = list(reversed(range(len(HEADER))))
    assert load([row()[place] for place in places], header=[HEADER[place] for place in places]).new == 1


def test_a_file_without_rows_is_refused():
    assert problems(load()) == [(None, "")]


# What is unusual is reported and loaded ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("身份证号", row(身份证号=factories.id_number(date(1970, 1, 1), 105, county="629999"))),  # no county
        ("任职日期", row(任职日期="2021.01")),
        ("任职日期", row(任职日期="2019-01-01")),  # before the first term
        ("银行账号", row(银行账号="6228480003000027321")),
        ("离任原因", row(离任日期="2022-01-01", 离任原因="搬家")),
    ],
)
def test_what_is_unusual_is_a_warning(column, cells):
    loaded = load(cells)
    assert loaded.problems == []
    assert column in {finding.column for finding in loaded.warnings}
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("county", ["620102", "620201", "620200", "110101", "620101", "422801"])
def test_the_codes_of_real_counties_are_known(county):
    assert load(row(身份证号=factories.id_number(date(1970, 1, 1), 105, county=county))).warnings == []


def test_a_repeated_appointment_is_refused_with_the_row_of_the_first():
    load(row())
    loaded = load(row(姓名="李四", 身份证号=B), row(), row())
    assert [(each.row, "第3行" in each.message) for each in loaded.problems] == [(4, True)]


def test_a_group_of_more_than_five_is_one_warning_for_all_its_rows():
    people = [row(身份证号=factories.id_number(date(1971, 1, 1), order)) for order in range(7)]
    loaded = load(*people)
    assert loaded.problems == []
    found = [(finding.row, "将有7人" in finding.message) for finding in loaded.warnings if finding.column == "居民小组"]
    assert found == [(7, True)]
    loaded = load(row(身份证号=factories.id_number(date(1971, 1, 1), 8)))  # the group is past them already
    assert [finding.row for finding in loaded.warnings if finding.column == "居民小组"] == [2]


# Spellings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["2021-01-05", "2021/1/5", "2021.1.5", "20210105", "2021年1月5日", "２０２１－０１－０５", " 2021-01-05 "]
)
def test_a_day_is_read_in_its_usual_spellings(text):
    load(row(任职日期=text))
    assert Appointment.objects.get().first_day == date(2021, 1, 5)


@pytest.mark.parametrize("text", ["2021.01", "2021年1月", "2021-1"])
def test_a_month_alone_is_its_first_day(text):
    load(row(任职日期=text))
    assert Appointment.objects.get().first_day == date(2021, 1, 1)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("张　三", "张三"),
        (" 张 三 ", "张三"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("㛃𠮷", "㛃𠮷"),
    ],
)
def test_a_name_has_one_spelling(written, stored):
    assert load(row(姓名=written)).problems == []
    assert Member.objects.get().name == stored


def test_an_id_number_is_normalised():
    number = next(n for order in range(100) if (n := factories.id_number(date(1970, 1, 1), order)).endswith("X"))
    load(row(身份证号="".join(chr(ord(c) + 0xFEE0) for c in number[:17]) + " x"))
    assert Member.objects.get().id_number == number


@pytest.mark.parametrize(
    ("written", "position", "group"),
    [
        ("组长", "group_leader", "1"),
        ("组员", "group_member", "1"),
        ("主任", "director", ""),
        ("副主任", "deputy_director", ""),
        ("委员", "committee_member", ""),
        ("居务监督委员会主任", "supervision_director", ""),
    ],
)
def test_positions_have_short_forms(written, position, group):
    assert load(row(职务=written, 居民小组=group)).problems == []
    assert Appointment.objects.get().position == position
