"""Ends of office in a column that is not known, or on a sheet that is not read, are asked about or named."""

import io
import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import column_choices
from registry.imports import roster_files as rosters
from registry.imports.roster import RosterResource
from registry.models import Appointment
from tests.registry.imports.roster_rows import HEADER, row

pytestmark = pytest.mark.usefixtures("city")


def table(title: str, *texts: str, header=HEADER, **chosen) -> FileTable:
    found = FileTable.of([[*header, title], *([*row()[: len(header)], text] for text in texts)], rosters.SHAPE)
    return FileTable(found.rows, found.head, shape=rosters.SHAPE, chosen=chosen)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("离职日期", "2026-06-30"),
        ("免职时间", "2026-06-30"),
        ("截止日", "2026-06-30"),
        ("离任情况", "2026年6月30日辞职"),
        ("是否离任", "是"),
        ("状态", "已离任"),
        ("人员状态", "免职"),
        ("情况", "2026.6.30病故"),
        ("任期", "2026-01-05至2026-06-30"),
        ("任职时段", "2026.1-2026.6"),
        ("起止时间", "2026年1月5日至2026年6月30日"),
        ("是否在任", "否"),
        ("在岗", "否"),
        ("情况", "已不在岗"),
    ],
)
def test_a_further_column_that_may_show_who_has_left_is_asked_about(title, text):
    loaded = rosters.load_roster(table(title, text), name="roster")
    assert [problem.column for problem in loaded.problems] == [title]
    assert not Appointment.objects.exists()
    assert column_choices.unread(table(title, text), RosterResource.ASKED)["days"] == [title]
    answered = rosters.load_roster(table(title, text, other=[title]), name="roster")
    assert answered.problems == []
    assert Appointment.objects.exists()


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("是否离任", "否"),
        ("离职日期", ""),
        ("离任情况", "无"),
        ("状态", "在任"),
        ("是否在任", "是"),
        ("任期", "2026-01-05至今"),
        ("身份证有效期", "2016-01-05至2036-01-05"),
        ("身份证有效期截止", "2036-06-30"),
        ("联系手机", "13899990000"),
        ("简历", "2015年从某单位辞职以后长期在本社区做志愿服务，负责本楼院的卫生与治安工作"),
    ],
)
def test_a_column_by_which_nobody_has_left_is_only_left_out(title, text):
    loaded = rosters.load_roster(table(title, text), name="roster")
    assert loaded.problems == []


def test_no_column_is_proposed_for_a_title_that_is_unlike_it(tmp_path, capsys):
    path = tmp_path / "roster.csv"
    header = [title for title in HEADER if title != "街道"]
    lines = [[*header, "状态"], [*row()[1:], "良好"]]
    path.write_text("\n".join(map(",".join, lines)), encoding="utf-8-sig")
    errors = io.StringIO()
    call_command("import_roster", path, dry_run=True, stderr=errors)
    assert "--mapping" not in errors.getvalue()


def test_the_command_prints_how_to_answer(tmp_path):
    path = tmp_path / "roster.csv"
    lines = [[*HEADER, "离职日期"], [*row(), "2026-06-30"]]
    path.write_text("\n".join(map(",".join, lines)), encoding="utf-8-sig")
    errors = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_roster", path, dry_run=True, stderr=errors)
    answer = json.dumps({"other": ["离职日期"]}, ensure_ascii=False)
    assert answer in errors.getvalue()
    call_command("import_roster", path, dry_run=True, mapping=answer)


def test_a_sheet_of_people_without_id_numbers_is_named():
    book, target = openpyxl.Workbook(), io.BytesIO()
    for cells in (HEADER, row()):
        book.active.append(cells)
    left = book.create_sheet("离任人员")
    for cells in (["姓名", "离任日期"], ["张三", "2026-06-30"]):
        left.append(cells)
    note = book.create_sheet("填写说明")
    for cells in (["说明"], ["姓名与身份证一致"]):
        note.append(cells)
    book.save(target)
    loaded = rosters.load_roster(FileTable.read(target.getvalue(), shape=rosters.SHAPE), name="roster")
    [message] = [each.message for each in loaded.warnings if "离任人员" in each.message]
    assert "身份证号" in message
    assert "姓名" not in message
    assert not [w.message for w in loaded.warnings if "填写说明" in w.message]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("备注", "2026年6月30日离任"),
        ("备注", "已离任"),
        ("备注", "2026-06-30辞职"),
        ("备注", "20260630病故"),
        ("备注", "任期至2026-06-30"),
        ("备注", "已退"),
        ("备注", "2026年6月转至第二居民小组"),
        ("备注", "2026.6.30调到别的社区"),
        ("备注", "2026年6月30日离世"),
        ("备注", "2026-06-30因搬离本社区"),
        ("备注", "2026年6月起不再担任小组成员"),
        ("备注", "2026年6月辞去成员职务"),
        ("备注", "2026年6月辞职，由李四接任"),
        ("备注", "低保户，因身体原因由本人提出书面申请并经会议同意，2026年6月30日辞职"),
        ("离任原因", "2026-06-30去世"),
        *(
            (column, text)
            for column in ("联系电话", "开户银行", "银行账号", "工作单位")
            for text in ("2026-06-30", "20260630")
        ),
        ("联系电话", "2026年6月30日"),
        ("开户银行", "46203"),
    ],
)
def test_an_end_of_office_in_another_known_column_is_refused(column, text):
    loaded = rosters.load_roster(FileTable.of([HEADER, row(**{column: text})], rosters.SHAPE), name="roster")
    assert [problem.column for problem in loaded.problems] == [column]
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "note",
    [
        "搬离本社区",
        "已搬离本社区",
        "已搬走",
        "现已搬出本小区",
        "已迁离该社区",
        "不再担任",
        "已不再担任小组长",
        "已去世",
        "因病身故",
        "已离岗",
        "（已离任）",
        "已离任，由李四接任",
        "今年10月离任",
        "10.31离任",
        "9月份已调离",
        "10月退出",
        "已停发补贴",
        "个人原因辞职",
        "不干了",
    ],
)
def test_a_remark_without_a_day_that_means_that_somebody_left_is_refused(note):
    loaded = rosters.load_roster(FileTable.of([HEADER, row(备注=note)], rosters.SHAPE), name="roster")
    assert [problem.column for problem in loaded.problems] == ["备注"]


@pytest.mark.parametrize(
    "note",
    [
        "负责搬离本社区的住户登记",
        "不再担任网格员以外的工作安排，仍任组长",
        "接替2026年6月30日离任的李四",
        "2026年6月从单位退休",
        "停发低保",
        "3月补选",
        "2020年3月从原单位离职",
        "2020-03-01退出现役",
        "任期至2029年12月31日",
        "辞职后返聘",
        "2021年1月5日由第二小组转至本组",
        "2026年6月核对",
    ],
)
def test_a_remark_about_something_else_than_this_end_is_kept(note):
    loaded = rosters.load_roster(FileTable.of([HEADER, row(备注=note)], rosters.SHAPE), name="roster")
    assert loaded.problems == []
    assert Appointment.objects.get().note == note


def test_a_registered_remark_and_one_beside_its_day_are_no_question():
    assert (
        rosters.load_roster(FileTable.of([HEADER, row(离任原因="辞职")], rosters.SHAPE), name="roster").problems == []
    )
    for end in ("2026-06-30", ""):
        table = FileTable.of([HEADER, row(备注="2026年6月30日离任", 离任日期=end)], rosters.SHAPE)
        assert rosters.load_roster(table, name="roster").problems == []


def test_a_reason_without_a_day_has_one_warning():
    loaded = rosters.load_roster(FileTable.of([HEADER, row(离任原因="搬家")], rosters.SHAPE), name="roster")
    assert [each.column for each in loaded.warnings if each.column == "离任原因"] == ["离任原因"]


def test_an_end_far_ahead_and_an_employer_that_is_left_out_are_warned_of():
    ahead = row(离任日期="2062-06-30", 工作单位="嘉峪关某公司")
    loaded = rosters.load_roster(FileTable.of([HEADER, ahead], rosters.SHAPE), name="roster")
    assert {"离任日期", "工作单位"} <= {each.column for each in loaded.warnings}
    assert loaded.problems == []


@pytest.mark.parametrize("name", ["小计", "合计"])
def test_a_label_of_totals_with_an_id_number_is_no_name(name):
    loaded = rosters.load_roster(FileTable.of([HEADER, row(姓名=name)]), name="roster")
    assert [problem.column for problem in loaded.problems] == ["姓名"]
