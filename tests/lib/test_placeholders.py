"""Placeholders in documents and workbooks: found wherever they stand; what is around them stays as it is."""

import io
import zipfile

import docx
import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table

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
    names = placeholders.names(saved(letter), "docx", "名单.")
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


def test_a_list_outside_a_table_or_beside_a_further_table_is_refused():
    document, nested = docx.Document(), docx.Document()
    document.add_paragraph("{{名单.姓名}}")
    cell = nested.add_table(1, 1).rows[0].cells[0]
    cell.text = "{{名单.姓名}}"
    cell.add_table(1, 1)
    for each in (document, nested):
        with pytest.raises(placeholders.Unusable, match="list"):
            placeholders.names(saved(each), "docx", "名单.")


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


def test_a_sum_across_a_row_stays_in_its_row_and_a_running_total_grows():
    book = openpyxl.Workbook()
    book.active.append(["{{名单.姓名}}", 100, 50, "=SUM(B1:C1)", "=SUM(D$1:D1)"])
    book.active.append(["合计", None, None, "=SUM(D1:D1)"])
    assert [row[3:] for row in fill_workbook(saved(book)).active.values] == [
        ("=SUM(B1:C1)", "=SUM(D$1:D1)"),
        ("=SUM(B2:C2)", "=SUM(D$1:D2)"),
        ("=SUM(B3:C3)", "=SUM(D$1:D3)"),
        ("=SUM(D1:D3)", None),
    ]


def test_hidden_rows_filters_checks_and_conditional_formats_move_with_the_rows():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["姓名"], ["{{名单.姓名}}"], ["合计"], ["藏"]):
        sheet.append(row)
    sheet.row_dimensions[4].hidden = True
    sheet.auto_filter.ref = "A1:A2"
    check = DataValidation("list", '"甲,乙"')
    check.add("A2")
    check.add("A3")
    sheet.add_data_validation(check)
    sheet.conditional_formatting.add("A2:A2", CellIsRule("equal", ['"人2"'], font=Font(bold=True)))
    filled = fill_workbook(saved(book)).active
    assert [row for row in range(1, 8) if filled.row_dimensions[row].hidden] == [6]
    assert filled["A6"].value == "藏"
    assert filled.auto_filter.ref == "A1:A4"
    assert str(filled.data_validations.dataValidation[0].sqref) == "A2:A4 A5"
    assert [str(each.sqref) for each in filled.conditional_formatting] == ["A2:A4"]


def test_money_is_a_number_in_a_workbook_and_two_decimals_in_a_text():
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"] = "{{人员.补贴}}", "{{人员.补贴}}元"
    sheet = fill_workbook(saved(book), values={"人员.补贴": 1450.0}).active
    assert (sheet["A1"].value, sheet["A1"].number_format, sheet["A2"].value) == (1450, "#,##0.00", "1,450.00元")


def test_every_head_and_foot_of_printed_pages_is_filled():
    book = openpyxl.Workbook()
    for part in (book.active.firstHeader, book.active.evenFooter):
        part.left.text = "{{街道.名称}}"
    content = saved(book)
    assert placeholders.names(content, "xlsx", "名单.") == ["街道.名称"]
    filled = fill_workbook(content).active
    assert (filled.firstHeader.left.text, filled.evenFooter.left.text) == ("雄关街道", "雄关街道")


def test_rich_text_stays_rich():
    book = openpyxl.Workbook()
    book.active["A1"] = CellRichText(TextBlock(InlineFont(b=True), "{{街道.名称}}"), "：{{人员.姓名}}")
    filled = placeholders.fill(saved(book), "xlsx", VALUES, [], "名单.")
    value = openpyxl.load_workbook(io.BytesIO(filled), rich_text=True).active["A1"].value
    assert (str(value), value[0].text, value[0].font.b) == ("雄关街道：王某某", "雄关街道", True)


def with_list(change) -> bytes:
    """A sheet with a list in row 2, and what else `change` puts on it."""
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"] = "姓名", "{{名单.姓名}}"
    change(book.active, book)
    return saved(book)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda sheet, book: sheet.merge_cells("B2:B3"), "block"),
        (lambda sheet, book: sheet.__setitem__("A3", "{{名单.序号}}"), "block"),
        (lambda sheet, book: sheet.add_table(Table(displayName="t", ref="A1:A2")), "moves"),
        (lambda sheet, book: book.defined_names.add(DefinedName("n", attr_text="Sheet!$A$3")), "moves"),
        (lambda sheet, book: sheet.__setitem__("C3", ArrayFormula("C3:C4", "=A1:A2")), "moves"),
        (lambda sheet, book: sheet.__setitem__("C3", "=SUM(2:2)"), "moves"),
        (lambda sheet, book: sheet.row_breaks.append(Break(id=5)), "moves"),
        (lambda sheet, book: sheet.add_chart(BarChart(), "D9"), "moves"),
        (lambda sheet, book: sheet.__setitem__("C3", '="{{街道.名称}}"'), "formula"),
        (lambda sheet, book: setattr(sheet["A1"], "comment", Comment("{{街道.名称}}", "x")), "formula"),
        (lambda sheet, book: setattr(sheet.oddHeader.left, "text", "{{名单.姓名}}"), "list"),
        (lambda sheet, book: sheet.__setitem__("C3", '=WEBSERVICE("http://x")'), "active"),
        (lambda sheet, book: sheet.__setitem__("C3", "=cmd|'/C calc'!A0"), "active"),
    ],
)
def test_what_would_not_move_or_not_be_filled_is_refused_at_once(change, reason):
    with pytest.raises(placeholders.Unusable, match=reason):
        placeholders.names(with_list(change), "xlsx", "名单.")


def test_a_picture_is_no_shape():
    part = b"<xdr:wsDr><xdr:pic><xdr:spPr/></xdr:pic></xdr:wsDr>"
    content = with_part(with_list(lambda sheet, book: None), "xl/drawings/drawing1.xml", part)
    assert placeholders.names(content, "xlsx", "名单.") == ["名单.姓名"]


@pytest.mark.parametrize("field", ["DDEAUTO c:\\\\x cmd.exe", 'INCLUDEPICTURE "http://x/y.png"'])
def test_a_field_that_loads_something_is_refused(letter, field):
    run = letter.add_paragraph().add_run()
    run._r.append(docx.oxml.parse_xml(f"<w:instrText {docx.oxml.ns.nsdecls('w')}>{field}</w:instrText>"))
    with pytest.raises(placeholders.Unusable, match="active"):
        placeholders.names(saved(letter), "docx", "名单.")


def test_the_same_words_in_a_text_are_not_refused(letter):
    letter.add_paragraph("IMPORTANT: DDE, INCLUDETEXT, WEBSERVICE( and |' are only words here. {DDE4F1A2-0000}")
    assert placeholders.names(saved(letter), "docx", "名单.")
    content = with_list(lambda sheet, book: sheet.__setitem__("C3", "IMPORT DDE WEBSERVICE(x) |'"))
    assert placeholders.names(content, "xlsx", "名单.") == ["名单.姓名"]


def test_a_field_spread_over_runs_is_refused_too(letter):
    paragraph = letter.add_paragraph()
    for part in ("INCLUDE", "PICTURE x"):
        instruction = f"<w:instrText {docx.oxml.ns.nsdecls('w')}>{part}</w:instrText>"
        paragraph.add_run()._r.append(docx.oxml.parse_xml(instruction))
    with pytest.raises(placeholders.Unusable, match="active"):
        placeholders.names(saved(letter), "docx", "名单.")


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
        ("word/_rels/other.xml.rels", LINKED.replace(b"attachedTemplate", b"aFChunk") % b"", "active"),
        ("word/large.xml", b"0" * (101 << 20), "large"),
    ],
)
def test_what_runs_or_loads_something_is_refused(letter, name, part, reason):
    with pytest.raises(placeholders.Unusable, match=reason):
        placeholders.names(with_part(saved(letter), name, part), "docx", "名单.")


def test_a_link_in_the_text_is_not(letter):
    part = LINKED.replace(b"attachedTemplate", b"hyperlink") % b'TargetMode="External"'
    assert placeholders.names(with_part(saved(letter), "word/_rels/other.xml.rels", part), "docx", "名单.")


def test_a_workbook_with_a_shape_is_refused_since_it_would_be_lost():
    book = with_part(saved(openpyxl.Workbook()), "xl/drawings/drawing1.xml", b"<xdr:wsDr><xdr:sp/></xdr:wsDr>")
    with pytest.raises(placeholders.Unusable, match="shape"):
        placeholders.names(book, "xlsx", "名单.")


@pytest.mark.parametrize("ending", ["docx", "xlsx"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_cannot_be_read_is_refused(content, ending):
    with pytest.raises(placeholders.Unusable, match="unreadable"):
        placeholders.names(content, ending, "名单.")


def test_a_bookmark_in_a_repeated_row_stays_once():
    document = docx.Document()
    paragraph = document.add_table(1, 1).rows[0].cells[0].paragraphs[0]
    paragraph.add_run("{{名单.姓名}}")
    for kind in ("Start", "End"):
        mark = docx.oxml.OxmlElement(f"w:bookmark{kind}")
        mark.set(docx.oxml.ns.qn("w:id"), "7")
        paragraph._p.append(mark)
    filled = fill_document(saved(document)).element
    assert [len(filled.xpath(f"//w:bookmark{kind}")) for kind in ("Start", "End")] == [1, 1]
    assert len(filled.xpath("//w:tr")) == len(ROWS)


def test_the_mark_stands_at_the_head_of_each_kind_of_page():
    document = docx.Document()
    document.add_paragraph("{{人员.姓名}}")
    document.sections[0].header.paragraphs[0].text = "嘉峪关市"
    document.sections[0].different_first_page_header_footer = True
    filled = docx.Document(io.BytesIO(placeholders.fill(saved(document), "docx", VALUES, [], "名单.", mark="王 12:00")))
    heads = (filled.sections[0].header, filled.sections[0].first_page_header)
    assert [[each.text for each in head.paragraphs if each.text] for head in heads] == [
        ["嘉峪关市", "王 12:00"], ["王 12:00"],
    ]  # fmt: skip


@pytest.mark.parametrize(("head", "place"), [("", "oddHeader"), ("嘉峪关市", "oddHeader"), ("长" * 200, "oddFooter")])
def test_the_mark_of_a_workbook_stands_at_the_foot_where_the_head_is_full(head, place):
    book = openpyxl.Workbook()
    book.active["A1"] = "{{人员.姓名}}"
    book.active.oddHeader.left.text = head or None
    content = placeholders.fill(saved(book), "xlsx", VALUES, [], "名单.", mark="王 12:00")
    text = getattr(openpyxl.load_workbook(io.BytesIO(content)).active, place).left.text
    assert text.splitlines()[-1] == "王 12:00"
    if not head:
        assert b"K7F7F7F" in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
