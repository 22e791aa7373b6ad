"""Headings, comments and names that say who has left office are asked about, and nobody is loaded in silence."""

import io

import openpyxl
import pytest
from openpyxl.comments import Comment

from jygroups.lib.spreadsheets.file_tables import ROWS, FileTable
from registry.imports import roster_files as rosters
from registry.models import Appointment
from tests.registry.imports.disguises import HEADER, NAMES, people
from tests.registry.imports.roster_rows import problems
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
PEOPLE = people([False, False, True, False])


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr("jygroups.lib.spreadsheets.sandbox._parsed", read_in_process)


def load(*rows, name="花名册", comment="", **chosen) -> rosters.Loaded:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    if comment:
        book.active["I1"].comment = Comment(comment, "李")
    book.save(target)
    return rosters.load_roster(FileTable.read(target.getvalue(), shape=rosters.SHAPE, chosen=chosen), name="a.xlsx")


@pytest.mark.parametrize(
    "heading", ["离任人员", "以下为离任人员", "二、已离任人员（2人）", "去世人员名单", "已免职", "停发人员"]
)
@pytest.mark.parametrize("more", [[], [["第二居民小组"]], [HEADER]])
def test_people_without_a_last_day_below_such_a_heading_are_asked_about(heading, more):
    loaded = load(HEADER, *PEOPLE[:1], [heading], *more, *PEOPLE[1:])
    first = 4 + len(more)
    assert problems(loaded) == [(first, ""), (first + 2, "")]  # the one between has a last day
    assert not Appointment.objects.exists()


def test_they_stay_in_office_where_that_is_chosen():
    assert not load(HEADER, *PEOPLE[:3], ["离任人员"], *PEOPLE[3:], **{ROWS: {"6": "remark"}}).problems
    assert Appointment.objects.count() == 4


def test_the_title_above_and_the_sheet_s_name_count_too():
    asked = [(2, ""), (3, ""), (5, "")]
    assert problems(load(HEADER, *PEOPLE, name="离任")) == asked
    titled = load(["雄关街道2026年离任人员名单"], ["填报单位：雄关街道"], HEADER, *PEOPLE)
    assert problems(titled) == [(row + 2, column) for row, column in asked]
    titled = load(["福民社区离任居民小组成员花名册（2026年10月）"], HEADER, *PEOPLE)
    assert problems(titled) == [(row + 1, column) for row, column in asked]


@pytest.mark.parametrize(
    "heading", ["花名册（含离任人员）", "在任、离任人员名单", "无离任人员", "离任人员请填离任日期", "第二居民小组"]
)
def test_other_headings_are_none(heading):
    assert not load(HEADER, *PEOPLE[:1], [heading], *PEOPLE[1:]).problems


def test_a_heading_of_others_ends_it():
    loaded = load(HEADER, ["离任人员"], *PEOPLE[2:3], ["在任人员"], *PEOPLE[:2])
    assert not loaded.problems


@pytest.mark.parametrize("text", ["{}已离任", "{}因病去世，从2023年7月起停发补贴", "{}2023年6月30日停发"])
def test_a_note_or_a_comment_on_a_title_that_names_who_has_left_is_asked_about(text):
    note = text.format(NAMES[1])
    assert problems(load(HEADER, *PEOPLE, comment=note)) == [(3, "")]
    assert problems(load(HEADER, *PEOPLE, [], [note])) == [(3, "")]


@pytest.mark.parametrize("name", ["孙试丙去世", "钱试乙已离任", "李试丁原名李丁", "同上", "暂缺"])
def test_what_is_more_than_a_name_is_refused(name):
    row = [*PEOPLE[0]]
    row[3] = name
    assert problems(load(HEADER, row)) == [(2, "姓名")]


def test_people_whose_names_are_refused_are_not_alike_by_them():
    rows = [[*row] for row in PEOPLE]
    for row in rows:
        row[3] += "*"
    assert not [each for each in load(HEADER, *rows).warnings if each.column == "身份证号"]
