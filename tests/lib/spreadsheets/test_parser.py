"""Files that nobody vouches for."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from jygroups.lib.forms import TableField
from jygroups.lib.spreadsheets import parser, sandbox, structures, text_tables
from jygroups.lib.spreadsheets.file_tables import FileTable
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


def first(source) -> structures.TextRows:
    """The rows of the first sheet."""
    return next(iter(sandbox.read_sheets(source).values())).rows


def refusal(path) -> str:
    with pytest.raises(sandbox.Unreadable) as refused:
        sandbox.read_sheets(path)
    return str(refused.value)


def test_cells_come_as_text_whatever_they_were(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["姓名", 3, 2.5, datetime(2021, 1, 5), True, "", "㛃𠮷"]])
    assert first(path) == [["姓名", "3", "2.5", "2021-01-05", "True", "", "㛃𠮷"]]


def test_a_number_that_the_spreadsheet_has_rounded_shows_that_it_is(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [[620299197001010018, 622848000123456, "620299197001010018"]])
    assert first(path) == [["6.20299E+17", "622848000123456", "620299197001010018"]]


def test_blank_rows_above_keep_their_numbers(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(3, 1, ["姓名", "身份证号"])
    table = FileTable.read(path, shape=rosters.SHAPE)
    assert table.head.number == 4


def test_a_hidden_sheet_in_front_is_passed_by(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        hidden, shown = book.add_worksheet(), book.add_worksheet()
        hidden.write(0, 0, "hidden")
        shown.write(0, 0, "shown")
        shown.activate()
        shown.set_first_sheet()
        hidden.hide()
    assert first(path) == [["shown"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_may_be_utf_8_or_gb18030(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,社区\r\n阳𠮷,福民\r\n".encode(encoding))
    assert first(path) == [["姓名", "社区"], ["阳𠮷", "福民"]]


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
    path.write_bytes(sandbox.locked(workbook(path, [["姓名"]]).read_bytes(), "geheim"))
    return path


def no_workbook(path):
    path.write_bytes(parser.OLE + b"\0" * 1_000)
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
    assert refusal(path) == str(sandbox.REASONS[reason])


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
        str(sandbox.REASONS["bomb"]),
        str(sandbox.REASONS["malformed"]),
        str(sandbox.REASONS["too_large"]),
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
    rows = first(path)
    assert (rows[0][0], rows[0][27], rows[1][1]) == (parser.BROKEN, parser.BROKEN, "2")
    assert first(tmp_path / "b.xlsx") == [["姓名", parser.BROKEN, "end"]]


def test_a_second_sheet_with_such_a_table_is_not_passed_over(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("福民", "胜利"):
            book.add_worksheet(name).write_row(0, 0, ["姓名", "身份证号"])
        book.add_worksheet("说明").write(0, 0, "姓名")
    with pytest.raises(sandbox.Unreadable, match="胜利"):
        FileTable.read(path, shape=rosters.SHAPE)


def test_a_sheet_that_hides_its_length_is_refused_by_its_last_row(tmp_path):
    path = zipped(
        tmp_path / "a.xlsx",
        [
            (
                "xl/worksheets/sheet1.xml",
                '<worksheet><sheetData><row r="1"/><row r="300000"><c/></row></sheetData></worksheet>',
            )
        ],
    )
    assert refusal(path) == str(sandbox.REASONS["too_many_rows"])


@pytest.mark.parametrize("empty", ['<row r="1048576" ht="16.5"/>', '<x:row r="1048576" ht="16.5">\n</x:row>'])
def test_an_empty_row_at_the_end_of_all_rows_is_no_length(empty):
    made = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["姓名"])
    book.save(made)
    changed = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            prefix = "x:" if empty.startswith("<x:") else ""
            if name.startswith("xl/worksheets/") and prefix:
                content = content.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?")
                content = content.replace("xmlns=", "xmlns:x=")
            target.writestr(name, content.replace(f"</{prefix}sheetData>", f"{empty}</{prefix}sheetData>"))
    assert first(changed.getvalue()) == [["姓名"]]


def test_an_upload_is_read_without_a_file_on_the_disk():
    assert first("姓名,社区\r\n".encode()) == [["姓名", "社区"]]
    with pytest.raises(sandbox.Unreadable):
        sandbox.read_sheets(b"PK no workbook")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_is_separated_by_whatever_separates_most_of_its_lines(separator):
    rows = [["月报", ""], ["姓名", "说明"], ["赵一", "a、b"], ["钱二", "c，d"], ["孙三", "1"]]
    text = "\n".join(separator.join(row) for row in rows)
    assert first(text.encode()) == rows


def test_amounts_with_commas_do_not_separate_a_text_with_tabs():
    text = '姓名\t金额\n赵一\t"1,234.50"\n钱二\t1,250.00'
    assert first(text.encode()) == [["姓名", "金额"], ["赵一", "1,234.50"], ["钱二", "1,250.00"]]


def test_all_sheets_are_read_whole_the_hidden_ones_last():
    book = openpyxl.Workbook()
    for name in ("一", "藏", "二"):
        sheet = book.create_sheet(name)
        for number in range(30):
            sheet.append([f"{name}{number}"])
    book["藏"].sheet_state = "hidden"
    book.remove(book["Sheet"])
    target = io.BytesIO()
    book.save(target)
    found = sandbox.read_sheets(target.getvalue())
    assert {name: len(sheet.rows) for name, sheet in found.items()} == {"一": 30, "二": 30, "藏 [隐藏]": 30}
    assert first(b"a,b") == [["a", "b"]]


def test_a_pdf_is_no_table():
    with pytest.raises(sandbox.Unreadable):
        sandbox.read_sheets(b"%PDF-1.4 x")


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
    assert text_tables.pasted_rows(text) == rows


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
    assert first(text.encode()) == rows


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for name in names:
            written.writestr(name, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html><body><table><tr><td>x</td></tr></table></body></html>", "html"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "html"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "html"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn"></Workbook>', "xml"),
        (b"<?xml version='1.0'?><ss:Workbook xmlns:ss='urn'/>", "xml"),
        (b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "xml"),
        (b'<?xml version="1.0"?>\n<!-- x --><x:Workbook xmlns:x="urn"/>', "xml"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n\n<office:document xmlns:office="urn:oasis">', "flat"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><!-- x --><document xmlns="urn:oasis">', "flat"),
        ("姓名,身分證號\n張三,620299".encode("big5"), "big5"),
        (b"\xff\xfe\x00", "encoding"),
        (b"Rar!\x1a\x07\x00", "archive"),
        (b"ID;PWXL;N;E\r\nP;PGeneral\r\n", "exchange"),
        (b"ID;PCALCOOO32\nB;Y2;X2\n", "exchange"),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\nVECTORS\r\n', "exchange"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00", "old"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00\xf2\x15", "old"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00\xd3\x10", "old"),
        (archive("Index/Document.iwa"), "numbers"),
        (archive("名册.numbers/Index.zip"), "numbers"),
        (archive("[Content_Types].xml", "xl/workbook.xml", "xl/macrosheets/sheet1.xml"), "macros"),
    ],
)
def test_a_file_is_refused_with_what_it_is(content, reason):
    with pytest.raises(sandbox.Unreadable) as refused:
        sandbox.read_sheets(content)
    assert str(refused.value) == str(sandbox.REASONS[reason])


def test_every_format_that_is_read_can_be_chosen_and_is_named():
    assert TableField().widget.attrs["accept"] == ",".join(parser.ENDINGS)
    assert all(ending in str(sandbox.REASONS["malformed"]) for ending in parser.ENDINGS)


@pytest.mark.parametrize("text", ["ID;Person;Phone\nA;张三;1\n", "ID;P\r\n1;2\r\n", "TABLE,1\n0,1\n"])
def test_a_text_that_begins_like_an_exchange_file_is_a_table(text):
    assert len(parser.read(text.encode()).sheets[""]) == 2
