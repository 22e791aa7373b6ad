"""A second table below the first: its titles decide about its rows, or the file is refused."""

import csv
import io

import pytest
from django.urls import reverse

from jygroups.lib.spreadsheets.file_tables import FileTable
from jygroups.lib.spreadsheets.row_kinds import Reason
from registry.imports import groups as group_files
from registry.imports import roster_files as rosters
from registry.models import Appointment, ResidentsGroup
from tests.registry.imports.roster_rows import A, B, problems
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
TITLES = ["姓名", "身份证号", "社区", "居民小组", "职务", "任职日期", "在职情况"]
ZHANG = ["张三", A, "福民社区", "第一居民小组", "居民小组成员", "2021-01-05", "非在职"]
LI = ["李四", B, "福民社区", "第二居民小组", "居民小组成员", "2021-01-05", "非在职"]


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr("jygroups.lib.spreadsheets.sandbox._parsed", read_in_process)


def as_csv(*rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def load(*rows, **options):
    return rosters.load_roster(FileTable.read(as_csv(*rows), shape=rosters.SHAPE, **options), name="roster.csv")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([*TITLES, "备注"], [*TITLES, "离任日期"]),
        (TITLES, [*TITLES, "离任日期"]),
        ([*TITLES, "离任日期", "备注"], [*TITLES, "备注", "离任日期"]),
    ],
)
@pytest.mark.parametrize("between", [[], [[]], [[], ["第二居民小组人员名单"]]])
def test_a_second_table_with_other_columns_is_refused_with_its_row(first, second, between):
    loaded = load(first, [*ZHANG, "x"], *between, second, [*LI, "2026-06-30"])
    [(row, column)] = problems(loaded)
    assert (row, column) == (1 if first == TITLES else 3 + len(between), "")  # the header with most titles decides
    assert loaded.problems[0].message.startswith("这一行是另一张表的列标题")
    assert not Appointment.objects.exists()
    assert loaded.account.is_whole


def test_two_titles_that_changed_places_are_another_table():
    swapped = ["身份证号", "姓名", *TITLES[2:]]
    assert problems(load(TITLES, ZHANG, swapped, [B, "李四", *LI[2:]])) == [(3, "")]


def test_the_same_titles_once_more_are_skipped():
    loaded = load([*TITLES, "备注"], [*ZHANG, ""], [], [*TITLES, "备注", "第2页共3页"], [*LI, ""])
    assert loaded.problems == []
    assert Appointment.objects.count() == 2


def test_where_the_second_table_is_chosen_the_first_is_not_read_by_its_titles():
    loaded = load([*TITLES, "离任日期"], [*ZHANG, ""], [*TITLES, "备注"], [*LI, "x"], chosen={"header": 3})
    assert (1, "") in problems(loaded)


def test_a_second_table_of_groups_is_refused():
    header = ["社区", "居民小组", "楼院"]
    rows = as_csv(
        [*header, "户数"], ["福民社区", "1", "1号楼", "60"], [], [*header, "人数"], ["福民社区", "2", "2号楼", "139"]
    )
    table = FileTable.read(rows, shape=group_files.SHAPE)
    assert problems(group_files.load_groups(table, name="groups.csv")) == [(4, "")]
    assert [each.reason for each in table.body.others] == [Reason.OTHER_TITLES]


def pasted(client, group, *rows):
    text = "\n".join("\t".join(each) for each in rows)
    return client.post(reverse("group-paste", args=[group.pk]), {"rows": text})


def test_a_second_table_among_pasted_rows_is_refused(client, secretary, community):
    client.force_login(secretary)
    group = ResidentsGroup.objects.get(committee__community=community, ordinal=1)
    titles = ["姓名", "身份证号码", "岗位", "任职日期", "是否在职"]
    first, second = ["张三", A, "成员", "2021-01-05", "否"], ["李四", B, "成员", "2021-01-05", "否"]
    answer = pasted(client, group, [*titles, "备注"], [*first, "x"], [*titles, "离任日期"], [*second, "2026-06-30"])
    assert answer.status_code == 422
    assert "另一张表" in answer.text
    again = pasted(client, group, titles, first, titles, second)
    assert again.status_code == 200, again.text


@pytest.mark.parametrize("between", [[], [""]])
def test_two_tables_side_by_side_are_named_as_that(between):
    loaded = load([*TITLES, *between, *TITLES], [*ZHANG, *between, *LI])
    assert problems(loaded) == [(None, "")]
    assert "并排" in loaded.problems[0].message
    assert loaded.account.is_whole
