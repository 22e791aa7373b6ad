"""Files that nobody vouches for."""

import io
import shutil
import struct
import subprocess
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from jygroups.lib import other_workbooks, reader, sheets
from jygroups.lib.file_tables import Table
from registry.imports import roster_files as rosters


def workbook(path, rows, **options):
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, book.add_format({"num_format": "yyyy-mm-dd"}))
                else:
                    sheet.write(number, place, value)
    return path


def refusal(path) -> str:
    with pytest.raises(sheets.Unreadable) as refused:
        sheets.read(path)
    return str(refused.value)


def test_cells_come_as_text_whatever_they_were(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["姓名", 3, 2.5, datetime(2021, 1, 5), True, "", "㛃𠮷"]])
    assert sheets.read(path)[0] == [["姓名", "3", "2.5", "2021-01-05", "True", "", "㛃𠮷"]]


def test_a_number_that_the_spreadsheet_has_rounded_shows_that_it_is(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [[620299197001010018, 622848000123456, "620299197001010018"]])
    assert sheets.read(path)[0] == [["6.20299E+17", "622848000123456", "620299197001010018"]]


def test_blank_rows_above_keep_their_numbers(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(3, 1, ["姓名", "身份证号"])
    table = Table.read(path, shape=rosters.SHAPE)
    assert table.header == 3


def test_a_hidden_sheet_in_front_is_passed_by(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        hidden, shown = book.add_worksheet(), book.add_worksheet()
        hidden.write(0, 0, "hidden")
        shown.write(0, 0, "shown")
        shown.activate()
        shown.set_first_sheet()
        hidden.hide()
    assert sheets.read(path)[0] == [["shown"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_may_be_utf_8_or_gb18030(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,社区\r\n阳𠮷,福民\r\n".encode(encoding))
    assert sheets.read(path)[0] == [["姓名", "社区"], ["阳𠮷", "福民"]]


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    assert "nowhere.xlsx" in refusal(tmp_path / "nowhere.xlsx")


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def bomb(path):
    return zipped(path, [("xl/worksheets/sheet1.xml", b"0" * 150_000_000)])


def many_entries(path):
    return zipped(path, [(f"xl/{number}.xml", b"") for number in range(1_001)])


def many_rows(path):
    return zipped(path, [("xl/worksheets/sheet1.xml", '<worksheet><dimension ref="A1:R1048576"/></worksheet>')])


def locked(path):
    path.write_bytes(sheets.locked(workbook(path, [["姓名"]]).read_bytes(), "geheim"))
    return path


def no_workbook(path):
    path.write_bytes(reader.OLE + b"\0" * 1_000)
    return path


def cut_short(path):
    workbook(path, [["姓名"] * 50] * 50)
    path.write_bytes(path.read_bytes()[:-900])
    return path


def picture(path):
    path.write_bytes(bytes.fromhex("89504e470d0a1a0a0000000d49484452"))
    return path


def empty_archive(path):
    return zipped(path, [("[Content_Types].xml", "<Types/>")])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bomb, "bomb"),
        (many_entries, "bomb"),
        (many_rows, "too_many_rows"),
        (locked, "locked"),
        (no_workbook, "malformed"),
        (cut_short, "malformed"),
        (picture, "picture"),
        (empty_archive, "malformed"),
    ],
)
def test_a_hostile_file_is_refused_with_its_cause(tmp_path, make, reason):
    path = make(tmp_path / "a.xlsx")
    assert refusal(path) == str(sheets.REASONS[reason])


def test_a_parser_that_takes_too_much_memory_is_ended_and_we_go_on(tmp_path, monkeypatch):
    # Shared strings that unpack to under the limits, and a sheet that repeats the longest a million times.
    cells = "".join(f'<row r="{n}">' + '<c t="s"><v>0</v></c>' * 200 + "</row>" for n in range(1, 5_001))
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet().write(0, 0, "x" * 32_000)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                data = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'.encode()
            target.writestr(entry, data)
    assert refusal(path) in {
        str(sheets.REASONS["bomb"]),
        str(sheets.REASONS["malformed"]),
        str(sheets.REASONS["too_large"]),
    }


def test_a_formula_with_an_error_or_without_a_value_is_not_taken_for_empty(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=NA()", value="#N/A")
        sheet.write_formula(0, 27, "=1/0", value="#DIV/0!")
        sheet.write_formula(1, 1, "=1+1", value=2)
        sheet.write(2, 0, "end")
    book = openpyxl.Workbook()
    book.active.append(["姓名", "=DATE(2024,1,31)", "end"])
    book.save(tmp_path / "b.xlsx")
    rows, _others = sheets.read(path)
    assert (rows[0][0], rows[0][27], rows[1][1]) == (reader.BROKEN, reader.BROKEN, "2")
    assert sheets.read(tmp_path / "b.xlsx")[0] == [["姓名", reader.BROKEN, "end"]]


def test_a_second_sheet_with_such_a_table_is_not_passed_over(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("福民", "胜利"):
            book.add_worksheet(name).write_row(0, 0, ["姓名", "身份证号"])
        book.add_worksheet("说明").write(0, 0, "姓名")
    with pytest.raises(sheets.Unreadable, match="胜利"):
        Table.read(path, shape=rosters.SHAPE)


def test_a_sheet_that_hides_its_length_is_refused_by_its_last_row(tmp_path):
    path = zipped(
        tmp_path / "a.xlsx",
        [("xl/worksheets/sheet1.xml", '<worksheet><sheetData><row r="1"/><row r="300000"/></sheetData></worksheet>')],
    )
    assert refusal(path) == str(sheets.REASONS["too_many_rows"])


def test_an_upload_is_read_without_a_file_on_the_disk():
    assert sheets.read("姓名,社区\r\n".encode())[0] == [["姓名", "社区"]]
    with pytest.raises(sheets.Unreadable):
        sheets.read(b"PK no workbook")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_is_separated_by_whatever_separates_most_of_its_lines(separator):
    rows = [["月报", ""], ["姓名", "说明"], ["赵一", "a、b"], ["钱二", "c，d"], ["孙三", "1"]]
    text = "\n".join(separator.join(row) for row in rows)
    assert sheets.read(text.encode())[0] == rows


def test_amounts_with_commas_do_not_separate_a_text_with_tabs():
    text = '姓名\t金额\n赵一\t"1,234.50"\n钱二\t1,250.00'
    assert sheets.read(text.encode())[0] == [["姓名", "金额"], ["赵一", "1,234.50"], ["钱二", "1,250.00"]]


def test_all_visible_sheets_are_read_whole_when_asked_for():
    book = openpyxl.Workbook()
    for name in ("一", "二", "藏"):
        sheet = book.create_sheet(name)
        for number in range(30):
            sheet.append([f"{name}{number}"])
    book["藏"].sheet_state = "hidden"
    book.remove(book["Sheet"])
    target = io.BytesIO()
    book.save(target)
    found = sheets.read_all(target.getvalue())
    assert {name: len(rows) for name, rows in found.items()} == {"一": 30, "二": 30}
    assert sheets.read_all(b"a,b") == {"": [["a", "b"]]}


def test_a_pdf_is_no_table():
    with pytest.raises(sheets.Unreadable):
        sheets.read(b"%PDF-1.4 x")


# Other formats ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_old_formats(tmp_path_factory):
    """One roster with merged, hidden and broken cells, as an office suite writes it to .xls and .ods."""
    folder = tmp_path_factory.mktemp("formats")
    with xlsxwriter.Workbook(folder / "a.xlsx") as book:
        sheet, hidden = book.add_worksheet("花名册"), book.add_worksheet("藏")
        sheet.write_row(0, 0, ["姓名", "身份证号", "离任日期", "离任原因"])
        sheet.merge_range(1, 2, 2, 2, "2026-06-30")
        sheet.write_row(1, 0, ["赵", "620299197001010017"])
        sheet.write_row(2, 0, ["钱", "620299197002020030"])
        sheet.write_row(3, 0, ["孙", "620299197003030054"])
        sheet.write_datetime(3, 2, datetime(2026, 1, 5), book.add_format({"num_format": "yyyy/m/d"}))
        sheet.write_row(4, 0, ["李", 620299197004040078])
        sheet.write_formula(4, 2, "=NA()", None, "#N/A")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(3, 3, 10, None, {"hidden": True})
        hidden.write(0, 0, "x")
        hidden.hide()
    for ending in ("xls", "ods"):
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", ending]
        subprocess.run([*command, "--outdir", folder, folder / "a.xlsx"], check=True, capture_output=True, timeout=120)
    return {ending: folder / f"a.{ending}" for ending in ("xlsx", "xls", "ods")}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_an_old_format_is_read_with_its_structure_like_xlsx(in_old_formats, ending):
    found = sheets.read_sheets(in_old_formats[ending])
    assert list(found) == ["花名册", f"藏{reader.HIDDEN}"]
    sheet = found["花名册"]
    assert [row[:3] for row in sheet.rows] == [
        ["姓名", "身份证号", "离任日期"],
        ["赵", "620299197001010017", "2026-06-30"],
        ["钱", "620299197002020030", ""],
        ["孙", "620299197003030054", "2026-01-05"],
        ["李", "6.20299E+17", reader.BROKEN],
    ]
    assert [tuple(each) for each in sheet.structure.merged] == [(1, 2, 2, 2)]
    assert sheet.structure.hidden_rows == [2]
    assert sheet.structure.is_hidden(3)
    assert not sheet.structure.is_hidden(2)


def test_the_structure_of_a_binary_workbook_is_read_record_by_record():
    def record(kind: int, data: bytes) -> bytes:
        kinds = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return kinds + bytes([len(data)]) + data

    row = struct.pack("<IIHBB", 4, 0, 300, 0, 0x10) + b"\0" * 4
    column = struct.pack("<IIIIH", 2, 3, 0, 0, 1)
    part = (
        record(60, column)
        + record(0, row)
        + record(3, struct.pack("<II", 7, 0))
        + record(176, struct.pack("<4I", 1, 3, 0, 2))
    )
    found = other_workbooks.of_xlsb(part)
    assert (found.hidden_columns, found.hidden_rows, found.broken, found.merged) == (
        [(2, 3)], [4], [(4, 7)], [(1, 0, 3, 2)],
    )  # fmt: skip


def test_a_workbook_with_a_password_is_opened_with_it_alone():
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet().write(0, 0, "姓名")
    content = sheets.locked(target.getvalue(), "机密")
    with pytest.raises(sheets.Locked):
        sheets.read(content)
    with pytest.raises(sheets.Locked, match=str(sheets.REASONS["password"])):
        sheets.unlocked(content, "wrong")
    assert sheets.read(sheets.unlocked(content, "机密"))[0] == [["姓名"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a\t"b\nc\td\n', [["a", '"b'], ["c", "d"]]),
        ('a\t"b\n', [["a", '"b']]),
        ('a\t"b\nc"\td\n', [["a", "b\nc", "d"]]),
        ('a\t"b ""c"""\td', [["a", 'b "c"', "d"]]),
        ('"a\tb\nc\td"\n', [['"a', "b"], ["c", 'd"']]),
        ('a"b\tc\r\nd\te\r\n', [['a"b', "c"], ["d", "e"]]),
        ('a\t""\tb', [["a", "", "b"]]),
        ('"62284\t"\ta\n', [["62284\t", "a"]]),
        ('a\t"b"c\td', [["a", '"b"c', "d"]]),
        ("a\t“b\nc\td", [["a", "“b"], ["c", "d"]]),
        ("a\t\nb\tc", [["a", ""], ["b", "c"]]),
    ],
)
def test_a_quotation_mark_that_closes_nothing_is_a_character(text, rows):
    assert reader.pasted_rows(text) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a,"b,c\nd,e,f\ng,h,i\n', [["a", '"b', "c"], ["d", "e", "f"], ["g", "h", "i"]]),
        ('x,y,z\na,b,"c\nd,e,f\ng,h,i"\n', [["x", "y", "z"], ["a", "b", '"c'], ["d", "e", "f"], ["g", "h", 'i"']]),
        ('a,"b\nc",d\n', [["a", "b\nc", "d"]]),
        ('a,"b, c",d\n', [["a", "b, c", "d"]]),
    ],
)
def test_a_quotation_mark_swallows_no_rows_of_a_csv(text, rows):
    assert sheets.read(text.encode())[0] == rows


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html><body><table><tr><td>x</td></tr></table></body></html>", "html"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "html"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "html"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn"></Workbook>', "xml"),
        (b"<?xml version='1.0'?><ss:Workbook xmlns:ss='urn'/>", "xml"),
        ("姓名,身分證號\n張三,620299".encode("big5"), "big5"),
        (b"\xff\xfe\x00", "encoding"),
        (b"Rar!\x1a\x07\x00", "archive"),
    ],
)
def test_a_file_is_refused_with_what_it_is(content, reason):
    with pytest.raises(sheets.Unreadable) as refused:
        sheets.read(content)
    assert str(refused.value) == str(sheets.REASONS[reason])
