"""Where a table stands, and what stands around its people: nobody is lost, and nothing is read as a person."""

import io

import pytest
import xlsxwriter

from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.row_kinds import Reason
from tests.registry.imports.disguises import AREA, HEADER, as_text, with_openpyxl, with_raw_xml, with_xlsxwriter
from tests.registry.imports.variants import LOADED, PEOPLE, reason, refused, taken
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
WIDTH = len(HEADER)
WRITERS = {
    "openpyxl": lambda rows: with_openpyxl({"花名册": rows}),
    "XlsxWriter": lambda rows: with_xlsxwriter({"花名册": rows}),
    "XML": lambda rows: with_raw_xml({"花名册": [row or [""] for row in rows]}),
    "csv": lambda rows: as_text(rows, "gb18030"),
}


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(sandbox, "_parsed", read_in_process)


def titled(**names: str) -> list[str]:
    return [names.get(title, title) for title in HEADER]


def above(**groups: str) -> list[str]:
    """A line with these texts in the columns of these titles."""
    return [groups.get(title, "") for title in HEADER]


# Titles -----------------------------------------------------------------------------------------------------

TITLES = {
    "one heading": [["雄关街道居民小组成员花名册"], HEADER],
    "heading, unit and day": [["花名册"], ["填报单位：雄关街道（盖章）", "", "", "", "2026年1月5日"], HEADER],
    "ten lines of notes": [*[[f"{number}．填表说明见附件"] for number in range(10)], HEADER],
    "a heading with titles in it": [["姓名、身份证号和离任日期请核对后填写"], [], HEADER],
    "groups above": [
        titled(任职日期="任职情况", 离任日期="", 离任原因=""),
        above(任职日期="任职日期", 离任日期="离任日期", 离任原因="离任原因"),
    ],
    "all in groups": [above(街道="所属", 姓名="个人情况", 职务="任职情况", 备注="其他"), HEADER],
    "units below": [HEADER, above(任职日期="（年月日）", 离任日期="（年月日）")],
    "two parts of a title": [titled(身份证号="身份证", 离任日期="离任"), above(身份证号="号码", 离任日期="日期")],
    "numbered below": [HEADER, [str(number) for number in range(1, WIDTH + 1)]],
    "numbered after 甲": [HEADER, ["甲", *(str(number) for number in range(1, WIDTH))]],
    "line breaks": [titled(身份证号="身份\n证号", 离任日期="离任\r\n日期", 任职日期=" 任职\n日期 ")],
    "blanks": [titled(姓名="姓　　名", 离任日期="离 任 日 期", 职务="职 务")],
    "marks": [titled(姓名="*姓名", 身份证号="身份证号*", 离任日期="★离任日期", 联系电话="联系电话：")],
    "brackets": [titled(离任日期="离任日期（如有）", 身份证号="身份证号(18位)", 任职日期="任职日期【年月日】")],
    "an example": [titled(离任日期="离任日期（格式：2021-01-05）")],
    "other words": [titled(街道="镇街", 离任日期="卸任时间", 离任原因="免职原因", 任职日期="上任日期")],
}  # fmt: skip


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("writer", ["openpyxl"])
def test_titles_are_found_however_they_stand(name, writer):
    assert refused(WRITERS[writer]([*TITLES[name], *PEOPLE])) == LOADED


# Sheets -----------------------------------------------------------------------------------------------------

TABLE = [HEADER, *PEOPLE]
NOTES = [["填表说明"], ["1", "姓名与身份证一致"], ["2", "身份证号18位"]]
WORDS = [["列", "填法"], ["姓名", "汉字"], ["身份证号", "18位"], ["离任日期", "未离任的不填"]]
COUNTS = [["职务", "人数"], ["居民小组组长", "1"], ["居民小组成员", "4"]]
SHEETS = {
    "cover in front": {"封面": [["雄关街道"], ["2026年"]], "花名册": TABLE},
    "notes in front": {"说明": NOTES, "花名册": TABLE},
    "list of titles in front": {"填法": WORDS, "花名册": TABLE},
    "counts behind": {"花名册": TABLE, "汇总": COUNTS},
    "counts in front": {"汇总": COUNTS, "花名册": TABLE},
    "empty ones around": {"Sheet1": [], "花名册": TABLE, "Sheet3": [[]]},
    "choices behind": {"花名册": TABLE, "选项": [["居民小组成员"], ["居民小组组长"]]},
    "an empty form behind": {"花名册": TABLE, "记录": [["日期", "事项"], []]},
    "third of five": {"一": NOTES, "二": COUNTS, "三": TABLE, "四": WORDS, "五": [["完"]]},
    "name with marks": {"花名册 (2)'&<>": TABLE},
}


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("write", [with_raw_xml])
def test_the_sheet_with_the_people_is_found(name, write):
    assert refused(write({sheet: [row or [""] for row in rows] for sheet, rows in SHEETS[name].items()})) == LOADED


@pytest.mark.parametrize("place", range(3))
def test_sheets_of_charts_are_passed_by(place):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for number in range(3):
            if number == place:
                sheet = book.add_worksheet("花名册")
                for line, row in enumerate(TABLE):
                    sheet.write_row(line, 0, row)
            else:
                chart = book.add_chart({"type": "column"})
                chart.add_series({"values": "=花名册!$A$1:$A$3"})
                book.add_chartsheet(f"图{number}").set_chart(chart)
    assert refused(target.getvalue()) == LOADED


@pytest.mark.parametrize("write", [with_openpyxl, with_xlsxwriter, with_raw_xml])
@pytest.mark.parametrize("chosen", ["福民", "胜利"])
def test_of_several_sheets_of_people_one_is_chosen(write, chosen):
    content = write({"福民": TABLE, "胜利": TABLE[:3]})
    assert "福民, 胜利" in reason(content).replace("、", ", ")
    rows = PEOPLE if chosen == "福民" else PEOPLE[:2]
    assert refused(content, rows, chosen={"sheet": chosen}) == LOADED


# Rows about nobody ------------------------------------------------------------------------------------------


def line(**cells: str) -> list[str]:
    return above(**cells)


ABOUT_NOBODY = {
    "total": (line(街道="合计", 姓名="4人"), Reason.TOTAL),
    "total with blanks": (line(街道="合　　计", 姓名="4"), Reason.TOTAL),
    "total at the name": (line(姓名="合计", 身份证号="4人"), Reason.TOTAL),
    "total in the group": (line(居民小组="小计：", 姓名="4人"), Reason.TOTAL),
    "total of the page": (line(街道="本页小计", 姓名="2"), Reason.TOTAL),
    "total of a community": (line(街道="福民社区合计", 姓名="4人"), Reason.TOTAL),
    "sum so far": (line(街道="累计", 姓名="4人"), Reason.TOTAL),
    "count": (line(姓名="共4人"), Reason.TOTAL),
    "count in words": (line(街道="总人数", 姓名="四人"), Reason.TOTAL),
    "who made it": (line(街道="制表人：李试", 姓名="审核人：王试", 任职日期="2026年1月5日"), Reason.FOOTER),
    "who made it, in two cells": (line(街道="制表人", 社区="李试"), Reason.FOOTER),
    "who answers for it": (line(街道="负责人（签字）：", 身份证号="经办人（签字）："), Reason.FOOTER),
    "stamp": (line(居民小组="单位（盖章）"), Reason.FOOTER),
    "phone": (line(街道="联系电话：0937-6222222"), Reason.FOOTER),
    "day": (line(街道="填报日期：2026年1月5日"), Reason.FOOTER),
    "note": (line(街道="注：离任人员须填写离任日期和离任原因"), Reason.FOOTER),
    "page": (line(姓名="第1页共2页"), Reason.FOOTER),
    "nothing more": (line(姓名="以下空白"), Reason.FOOTER),
    "prepared area": (line(街道="雄关街道", 社区="福民社区", 居民小组="第一居民小组"), Reason.PREFILLED),
    "titles": (HEADER, Reason.TITLES),
    "titles with blanks": ([f" {title[0]} {title[1:]} " for title in HEADER], Reason.TITLES),
    "titles with a page": ([*HEADER, "第2页"], Reason.TITLES),
    "numbers of columns": ([str(number) for number in range(1, WIDTH + 1)], Reason.TITLES),
    "nothing": ([""] * WIDTH, Reason.EMPTY),
}


@pytest.mark.parametrize("name", ABOUT_NOBODY)
@pytest.mark.parametrize("writer", ["XML"])
def test_a_row_about_nobody_is_skipped_between_people_and_below_them(name, writer):
    row, why = ABOUT_NOBODY[name]
    content = WRITERS[writer]([HEADER, *PEOPLE[:2], row, *PEOPLE[2:], row])
    loaded = taken(content)
    assert not loaded.problems
    named = {each.row: each.message for each in loaded.warnings if each.row}
    assert set(named) == (set() if why is Reason.EMPTY else {4, 7}), named


@pytest.mark.parametrize("filled", [0, 1, 3])
@pytest.mark.parametrize("more", [20])
@pytest.mark.parametrize("writer", WRITERS)
def test_numbers_in_front_of_nobody_are_no_people(writer, filled, more):
    rows = [["序号", *HEADER], *([str(number), *row] for number, row in enumerate(PEOPLE, 1))]
    prepared = [[str(number), *AREA[:filled], *[""] * (WIDTH - filled)] for number in range(5, 5 + more)]
    assert refused(WRITERS[writer]([*rows, *prepared])) == LOADED


IN_DOUBT = {
    "a last day alone": line(离任日期="2023-06-30"),
    "a total with a last day": line(街道="合计", 离任日期="2023-06-30"),
    "a footer with a number": line(街道="制表人：李试", 身份证号=PEOPLE[0][4]),
    "a footer with an office": line(街道="制表人：李试", 姓名="郑试庚", 任职日期="2021-01-05"),
    "a note with a last day": line(街道="注：", 离任日期="2023-06-30"),
    "a name alone": line(姓名="郑试庚"),
    "a number alone": line(身份证号="620299197007011061"),
    "a first day alone": line(任职日期="2021-01-05"),
    "a label as a name": line(姓名="合计", 身份证号="620299197007011061", 任职日期="2021-01-05"),
    "a masked number": line(街道="小计", 身份证号="6202991970****1061"),
    "titles and a last day": [*HEADER[:8], "2023-06-30", *HEADER[9:]],
    "a number in the remark": line(备注="620299197007011061"),
}


@pytest.mark.parametrize("name", IN_DOUBT)
@pytest.mark.parametrize("place", [2])
def test_a_row_that_may_be_about_somebody_is_refused(name, place):
    rows = [HEADER, *PEOPLE]
    rows.insert(place, IN_DOUBT[name])
    found = {number for number, _column in refused(with_openpyxl({"花名册": rows}))}
    assert place + 1 in found, found
