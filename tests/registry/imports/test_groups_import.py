"""Groups and what they cover, loaded whole or not at all."""

from datetime import date

import pytest

from jygroups.lib.spreadsheets.file_tables import FileTable
from jygroups.lib.spreadsheets.parser import BROKEN
from registry.imports import groups as group_files
from registry.models import Building, ResidentsGroup
from registry.people.areas import services as areas
from tests.registry.imports.roster_rows import contents, problems

HEADER = ["社区", "居民小组", "成立日期", "楼院", "类型", "户数", "人数"]
ROW = ["福民社区", "第一居民小组", "2021-01-01", "福民小区1号楼", "楼栋", "60", "139"]


def load(*rows, header=HEADER):
    return group_files.load_groups(FileTable.of([header, *rows]), name="groups.xlsx")


pytestmark = pytest.mark.usefixtures("city")


def group(ordinal=1) -> ResidentsGroup:
    return ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=ordinal)


def test_a_row_is_a_building_and_the_group_that_covers_it():
    assert group().placeholder
    loaded = load(ROW)
    assert (loaded.new, loaded.problems) == (1, [])
    building = Building.objects.get()
    assert (building.name, building.kind, building.households, building.residents) == (
        "福民小区1号楼",
        "building",
        60,
        139,
    )
    assert building.group == group()
    assert (group().established_on, group().placeholder) == (date(2021, 1, 1), False)
    assert group(2).placeholder


@pytest.mark.parametrize("title", ["身份证号", "公民身份号码"])
def test_a_roster_is_no_file_of_groups(title):
    loaded = load([*ROW, "620299196603040011"], header=[*HEADER, title])
    assert [(each.column, each.message) for each in loaded.problems] == [
        (title, "这是花名册，请按花名册导入；其中没有任何内容按小组和楼院读取")
    ]
    assert not Building.objects.exists()


def test_a_building_that_no_group_covers_yet_is_stored():
    assert load([*ROW[:1], "", "", *ROW[3:]]).problems == []
    assert Building.objects.get().group is None


def test_a_group_that_is_new_is_made():
    assert load(["福民社区", "第十二居民小组", "", "", "", "", ""]).problems == []
    assert group(12).name == "第十二居民小组"
    assert not Building.objects.exists()


def test_a_building_may_change_its_group():
    load(ROW)
    load(["福民社区", "2", *ROW[2:]])
    building = Building.objects.get()
    assert building.group == group(2)
    assert [version.group for version in building.history.order_by("history_id")] == [group(), group(2)]


def test_a_building_is_the_same_by_a_chinese_number_and_a_repeated_one_has_the_row_of_the_first():
    load(ROW)
    loaded = load([*ROW[:3], "福民小区一号楼", *ROW[4:]], [*ROW[:3], "福民小区壹#", *ROW[4:]])
    assert [(each.row, "第2行" in each.message) for each in loaded.problems] == [(3, True)]
    assert load([*ROW[:3], "福民小区一号楼", *ROW[4:]]).unchanged == 1
    assert Building.objects.count() == 1


def test_loading_a_file_twice_changes_nothing():
    rows = [ROW, [*ROW[:3], "福民小区2号楼", "院落", "", ""], ["福民社区", "", "", "3号院", "", "", ""]]
    load(*rows)
    before = contents()
    again = load(*rows)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    assert contents() == before


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("社区", ["桃花源社区", *ROW[1:]]),
        ("居民小组", ["福民社区", "甲组", *ROW[2:]]),
        ("居民小组", ["福民社区", "", "", "", "", "", ""]),
        ("成立日期", [*ROW[:2], "去年", *ROW[3:]]),
        ("类型", [*ROW[:4], "别墅", "", ""]),
        ("户数", [*ROW[:5], "六十", ""]),
    ],
)
def test_a_fault_refuses_the_file(column, cells):
    before = contents()
    assert (3, column) in problems(load(["福民社区", "第二居民小组", "", "2号楼", "", "", ""], cells))
    assert contents() == before


def test_one_building_on_two_rows_is_refused():
    assert problems(load(ROW, ROW)) == [(3, "楼院")]


def test_one_name_in_two_communities_that_are_not_known_is_no_repetition():
    rows = [[community, *ROW[1:]] for community in ("桃花源社区", "武陵社区")]
    assert problems(load(*rows)) == [(2, "社区"), (3, "社区")]


def test_the_real_groups_stay_when_a_committee_has_its_own():
    load(["福民社区", "第十二居民小组", "", "", "", "", ""])
    before = contents()
    areas.load_missing()
    assert contents() == before
    assert ResidentsGroup.objects.count() == 136


def test_a_group_that_stands_in_for_one_not_yet_known_stays_a_placeholder():
    header = [*HEADER[:3], "暂定", *HEADER[3:]]
    load([*ROW[:3], "是", *ROW[3:]], header=header)
    assert group().placeholder
    load([*ROW[:3], "否", *ROW[3:]], header=header)
    assert not group().placeholder


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("居民小组", ["福民社区", "第100000000000组", *ROW[2:]]),
        ("户数", [*ROW[:5], "99999999999999999999", ""]),
        ("人数", [*ROW[:6], "፩"]),
    ],
)
def test_a_number_past_all_sense_is_refused(column, cells):
    assert (2, column) in problems(load(cells))


def test_a_group_is_not_established_after_it_was_dissolved():
    ResidentsGroup.objects.filter(pk=group().pk).update(dissolved_on=date(2020, 6, 1))
    assert (2, "成立日期") in problems(load(ROW))


@pytest.mark.parametrize("label", ["小计", "合计", "本组小计"])
def test_a_row_of_totals_is_no_building(label):
    rows = [HEADER, ROW, ["福民社区", "第一居民小组", "", label, "", "60", "139"]]
    loaded = group_files.load_groups(FileTable.of(rows, group_files.SHAPE), name="groups.xlsx")
    assert loaded.problems == []
    assert [building.name for building in Building.objects.all()] == ["福民小区1号楼"]


def test_rows_of_one_group_agree_on_its_day_and_whether_it_is_a_placeholder():
    header = [*HEADER, "暂定"]
    other = ["福民社区", "1", "2022-01-01", "福民小区2号楼", "楼栋", "60", "139"]
    loaded = load([*ROW, "是"], [*other, "否"], header=header)
    assert sorted(problems(loaded)) == [(3, "成立日期"), (3, "暂定")]
    assert load([*ROW, "是"], [*other[:2], "", *other[3:], ""], header=header).problems == []
    assert (group().established_on, group().placeholder) == (date(2021, 1, 1), True)


@pytest.mark.parametrize(
    "names",
    [
        "丙1号楼、丙2号楼",
        "丙1号楼，丙2号楼",
        "丙1号楼;丙2号楼",
        "丙1号楼\n丙2号楼",
        "1号楼 2号楼",
        "1号楼至5号楼",
        "1#2#楼",
        "1-3号楼",
        "试验小区1～3号楼",
        "1#—3#楼",
        "一至三号楼",
    ],
)
def test_several_buildings_in_one_cell_are_refused(names):
    assert problems(load([*ROW[:3], names, *ROW[4:]])) == [(2, "楼院")]


@pytest.mark.parametrize("name", ["同上", "〃", '"'])
def test_a_sign_for_the_row_above_is_no_building(name):
    assert (3, "楼院") in problems(load(ROW, [ROW[0], "2", "", name, *ROW[4:]]))


@pytest.mark.parametrize("place", [0, 1])
def test_a_sign_for_the_row_above_is_no_area(place):
    loaded = load(ROW, [*ROW[:place], "同上", *ROW[place + 1 : 3], "丙9号楼", *ROW[4:]])
    assert [(each.row, each.column) for each in loaded.problems] == [(3, HEADER[place])]
    assert "上一行" in loaded.problems[0].message


@pytest.mark.parametrize("name", ["3-1号楼", "建设路3-5号院"])
def test_a_number_of_two_parts_is_of_one_building(name):
    assert load([*ROW[:3], name, *ROW[4:]]).problems == []


def test_a_count_whose_formula_has_no_value_is_refused_with_that():
    [problem] = load([*ROW[:5], BROKEN, ROW[6]]).problems
    assert (problem.row, problem.column) == (2, "户数")
    assert "公式" in problem.message
