"""Cells that the library reads as empty though they have content, and lines of a text."""

import io
import zipfile

import pytest
import xlsxwriter
import xlwt  # type: ignore[import-untyped]

from jygroups.lib.spreadsheets import parser, sandbox, table_findings
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from tests import factories

DAYS = ["姓名", "身份证号", "社区", "居民小组", "职务", "任职日期", "在职情况", "离任日期"]
OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def whole_ods(last: str) -> bytes:
    """A roster of one person as .ods with this cell as the last day."""
    person = ["张三", factories.id_number(), "福民社区", "第一居民小组", "居民小组成员", "2021-01-05", "非在职"]
    typed = '<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>'
    lines = ["".join(typed % text for text in DAYS), "".join(typed % text for text in person) + last]
    rows = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    body = f'<office:body><office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet>'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        content = f"<office:document-content {OFFICE}>{body}</office:body></office:document-content>"
        archive.writestr("content.xml", content)
    return target.getvalue()


@pytest.mark.parametrize(
    "cell",
    [
        "<table:table-cell><text:p>2026-06-30</text:p></table:table-cell>",
        '<table:table-cell table:number-columns-repeated="1"> <text:p>2026-<text:span>06</text:span>-30</text:p>'
        "</table:table-cell>",
        '<table:table-cell office:value-type="date"><text:p>2026-06-30</text:p></table:table-cell>',
        '<table:table-cell office:value-type="void"><text:p>2026-06-30</text:p></table:table-cell>',
        '<table:table-cell office:value-type="string" office:string-value=""><text:p>2026-06-30</text:p>'
        "</table:table-cell>",
        "<table:table-cell><office:annotation><text:p>note</text:p></office:annotation><text:p>2026-06-30</text:p>"
        "</table:table-cell>",
    ],
)
def test_the_text_of_a_cell_without_a_type_is_read(cell):
    [sheet] = sandbox.read_sheets(whole_ods(cell)).values()
    assert sheet.rows[1][7] == "2026-06-30"


def xls_with_formula() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    person = ["张三", factories.id_number(), "福民社区", "第一居民小组", "居民小组成员", "2021-01-05", "非在职"]
    for place, title in enumerate(DAYS):
        sheet.write(0, place, title)
    for place, text in enumerate(person):
        sheet.write(1, place, text)
    sheet.write(1, 7, xlwt.Formula("DATE(2026,6,30)"))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def xlsx_with_formula() -> bytes:
    target, changed = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, DAYS)
        sheet.write_row(
            1, 0, ["张三", factories.id_number(), "福民社区", "第一居民小组", "居民小组成员", "2021-01-05", "非在职"]
        )
        sheet.write_formula(1, 7, "=DATE(2026,6,30)", None, "x")
    with zipfile.ZipFile(target) as source, zipfile.ZipFile(changed, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            assert name != "xl/worksheets/sheet1.xml" or b"<v>x</v>" in content
            copy.writestr(name, content.replace(b"<v>x</v>", b"<v></v>"))
    return changed.getvalue()


ODS_FORMULA = (
    '<table:table-cell office:value-type="string" office:string-value="" table:formula="of:=DATE(2026;6;30)">'
    "<text:p/></table:table-cell>"
)


@pytest.mark.parametrize("content", [xls_with_formula, xlsx_with_formula, lambda: whole_ods(ODS_FORMULA)])
@pytest.mark.usefixtures("city")
def test_a_formula_that_gives_the_empty_text_is_refused_as_a_day(content):
    table = FileTable.read(content(), shape=rosters.SHAPE)
    loaded = rosters.load_roster(table, name="roster")
    [problem] = loaded.problems
    assert (problem.row, problem.column) == (2, "离任日期")
    assert "H2" in problem.message


def test_a_formula_that_gives_the_empty_text_is_no_fault_elsewhere():
    content = whole_ods('<table:table-cell office:value-type="string"><text:p/></table:table-cell>')
    assert table_findings.faults(FileTable.read(content, shape=rosters.SHAPE)) == {}


@pytest.mark.parametrize("mark", ["\u2028", "\x0b", "\x0c", "\x85", "\x1c"])
def test_only_the_end_of_a_line_ends_a_row_of_a_text(mark):
    text = f'姓名,备注\r\n张三,"a{mark}b\r\n李四,x{mark}y\r\n'
    rows = parser.read(text.encode()).sheets[""]
    assert rows == [["姓名", "备注"], ["张三", f'"a{mark}b'], ["李四", f"x{mark}y"]]
