"""Placeholders in documents and workbooks: found wherever they stand; what is around them stays as it is."""

import io
import zipfile

import docx
import openpyxl
import pytest
from openpyxl.styles import Border, Font, Side

from jygroups.lib import placeholders

VALUES = {"街道.名称": "雄关街道", "人员.姓名": "王某某", "日期.今天": "2026年11月30日"}
ROWS = [{"名单.序号": number, "名单.姓名": f"人{number}", "名单.金额": 300 + number} for number in (1, 2, 3)]


def saved(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def fill_document(content: bytes, rows=ROWS):
    return docx.Document(io.BytesIO(placeholders.fill(content, "docx", VALUES, rows, "名单.")))


def fill_workbook(content: bytes, rows=ROWS, values=VALUES):
    return openpyxl.load_workbook(io.BytesIO(placeholders.fill(content, "xlsx", values, rows, "名单.")))


@pytest.fixture
def letter():
    """A name spread over runs of different type, a header, a table with a list, and a nested one."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{街道.名称}}"
    paragraph = document.add_paragraph("兹聘任")
    paragraph.add_run("{{人").bold = True
    paragraph.add_run("员.姓")
    paragraph.add_run("名}}同志，").italic = True
    paragraph.add_run("｛｛日期.今天｝｝ {{别的}}")
    table = document.add_table(2, 2)
    for cell, text in zip(table.rows[0].cells, ("序号", "姓名"), strict=True):
        cell.text = text
    for cell, text in zip(table.rows[1].cells, ("{{名单.序号}}", "{{ 名单.姓名 }}（{{街道.名称}}）"), strict=True):
        cell.text = text
    table.rows[0].cells[0].add_table(1, 1).rows[0].cells[0].text = "{{日期.今天}}"
    return document


def test_the_names_of_a_document_are_found_in_text_tables_and_header(letter):
    names = placeholders.names(saved(letter), "docx")
    assert set(names) == {"人员.姓名", "日期.今天", "别的", "名单.序号", "名单.姓名", "街道.名称"}
    assert len(names) == 6


def test_a_name_over_several_runs_is_filled_in_the_type_of_its_first(letter):
    paragraph = fill_document(saved(letter)).paragraphs[0]
    assert paragraph.text == "兹聘任王某某同志，2026年11月30日 {{别的}}"
    assert [(run.text, run.bold, run.italic) for run in paragraph.runs[1:4]] == [
        ("王某某", True, None), ("", None, None), ("同志，", None, True)
    ]  # fmt: skip


def test_a_row_of_a_document_is_repeated_for_each_of_the_list(letter):
    filled = fill_document(saved(letter))
    table = filled.tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows[1:]] == [
        [str(number), f"人{number}（雄关街道）"] for number in (1, 2, 3)
    ]
    assert table.rows[0].cells[0].tables[0].rows[0].cells[0].text == "2026年11月30日"
    assert filled.sections[0].header.paragraphs[0].text == "雄关街道"


def test_without_anybody_the_row_stays_once_and_empty(letter):
    assert [cell.text for cell in fill_document(saved(letter), []).tables[0].rows[1].cells] == ["", "（雄关街道）"]
    book = openpyxl.Workbook()
    book.active.append(["{{名单.姓名}}", "{{街道.名称}}"])
    assert [*fill_workbook(saved(book), []).active.values] == [(None, "雄关街道")]


def test_a_list_outside_a_table_is_refused():
    document = docx.Document()
    document.add_paragraph("{{名单.姓名}}")
    with pytest.raises(placeholders.Unusable, match="list"):
        fill_document(saved(document))


@pytest.fixture
def roster():
    """A title over merged cells, a list with a formula, a total, a merged foot, and a second sheet with a reference."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "花名册"
    sheet.merge_cells("A1:D1")
    sheet["A1"] = "{{街道.名称}}花名册"
    sheet.append(["序号", "姓名", "金额", "两个月"])
    sheet.append(["{{名单.序号}}", "{{名单.姓名}}", "{{名单.金额}}", "=C3*2"])
    sheet.append(["合计", None, "=SUM(C3:C3)", "=SUM($D$3:$D$3)"])
    sheet.merge_cells("A4:B4")
    sheet.merge_cells("A6:D6")
    sheet["A6"] = "填表日期：{{日期.今天}}"
    sheet["A3"].font, sheet["B3"].border = Font(bold=True), Border(left=Side(style="thin"))
    sheet.row_dimensions[3].height, sheet.row_dimensions[4].height = 25, 40
    sheet.print_area = "A1:D6"
    sheet.oddFooter.center.text = "{{日期.今天}} &P"
    book.create_sheet("汇总")["A1"] = "=花名册!C4"
    return book


def test_a_row_of_a_workbook_is_repeated_with_its_style_and_what_is_below_moves(roster):
    book = fill_workbook(saved(roster))
    sheet = book["花名册"]
    assert [*sheet.values] == [
        ("雄关街道花名册", None, None, None),
        ("序号", "姓名", "金额", "两个月"),
        (1, "人1", 301, "=C3*2"),
        (2, "人2", 302, "=C4*2"),
        (3, "人3", 303, "=C5*2"),
        ("合计", None, "=SUM(C3:C5)", "=SUM($D$3:$D$5)"),
        (None, None, None, None),
        ("填表日期：2026年11月30日", None, None, None),
    ]
    assert {str(each) for each in sheet.merged_cells.ranges} == {"A1:D1", "A6:B6", "A8:D8"}
    assert [sheet.row_dimensions[row].height for row in (3, 4, 5, 6)] == [25, 25, 25, 40]
    assert all(sheet.cell(row, 1).font.bold and sheet.cell(row, 2).border.left.style for row in (3, 4, 5))
    assert sheet.print_area == "'花名册'!$A$1:$D$8"
    assert sheet.oddFooter.center.text == "2026年11月30日 &P"
    assert book["汇总"]["A1"].value == "=花名册!C6"


@pytest.mark.parametrize("value", ["=1+1", "+cmd|' /C calc'!A1", "@SUM(A1)", "-2"])
def test_no_value_becomes_a_formula(value):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"] = "{{人员.姓名}}", "姓名 {{人员.姓名}}"
    sheet = fill_workbook(saved(book), values={"人员.姓名": value}).active
    assert (sheet["A1"].value, sheet["A1"].data_type) == (value, "s")
    assert sheet["A2"].value == f"姓名 {value}"


def test_a_value_is_not_read_as_a_placeholder_again():
    book = openpyxl.Workbook()
    book.active["A1"] = "{{人员.姓名}}"
    values = {"人员.姓名": "{{身份证号}}", "身份证号": "620299199001010015"}
    assert fill_workbook(saved(book), values=values).active["A1"].value == "{{身份证号}}"


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, part)
    return stream.getvalue()


LINKED = (
    b'<Relationships><Relationship Id="r9" Type="http://x/attachedTemplate" Target="http://x/t.dotm" %s/>'
    b"</Relationships>"
)


@pytest.mark.parametrize(
    ("name", "part", "reason"),
    [
        ("word/vbaProject.bin", b"x", "active"),
        ("word/embeddings/oleObject1.bin", b"x", "active"),
        ("word/activeX/activeX1.xml", b"x", "active"),
        ("word/_rels/settings.xml.rels", LINKED % b'TargetMode="External"', "active"),
        ("word/_rels/settings.xml.rels", LINKED % b"TargetMode = 'External' ", "active"),
        ("word/large.xml", b"0" * (101 << 20), "large"),
    ],
)
def test_what_runs_or_loads_something_is_refused(letter, name, part, reason):
    with pytest.raises(placeholders.Unusable, match=reason):
        placeholders.names(with_part(saved(letter), name, part), "docx")


def test_a_link_in_the_text_is_not(letter):
    part = LINKED.replace(b"attachedTemplate", b"hyperlink") % b'TargetMode="External"'
    assert placeholders.names(with_part(saved(letter), "word/_rels/other.xml.rels", part), "docx")


def test_a_workbook_with_a_shape_is_refused_since_it_would_be_lost():
    book = with_part(saved(openpyxl.Workbook()), "xl/drawings/drawing1.xml", b"<xdr:wsDr><xdr:sp/></xdr:wsDr>")
    with pytest.raises(placeholders.Unusable, match="shape"):
        placeholders.names(book, "xlsx")


@pytest.mark.parametrize("ending", ["docx", "xlsx"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_cannot_be_read_is_refused(content, ending):
    with pytest.raises(placeholders.Unusable, match="unreadable"):
        placeholders.names(content, ending)
