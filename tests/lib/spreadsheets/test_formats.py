"""Workbooks of other formats than xlsx, broken and bounded structures, and passwords."""

import io
import json
import shutil
import struct
import subprocess
import time
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
import xlwt

from jygroups.lib.spreadsheets import errors, ods, parser, sandbox, structures, table_findings, xls, xlsb
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters


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
    found = sandbox.read_sheets(in_old_formats[ending])
    assert list(found) == ["花名册", f"藏{parser.HIDDEN}"]
    sheet = found["花名册"]
    assert [row[:3] for row in sheet.rows] == [
        ["姓名", "身份证号", "离任日期"],
        ["赵", "620299197001010017", "2026-06-30"],
        ["钱", "620299197002020030", ""],
        ["孙", "620299197003030054", "2026-01-05"],
        ["李", "6.20299E+17", parser.BROKEN],
    ]
    assert [tuple(each) for each in sheet.structure.merged] == [(1, 2, 2, 2)]
    assert sheet.structure.hidden_rows == [[2, 2]]
    assert sheet.structure.is_hidden(3)
    assert not sheet.structure.is_hidden(2)


def record(kind: int, data: bytes) -> bytes:
    kinds = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return kinds + bytes([len(data)]) + data


def test_the_structure_of_a_binary_workbook_is_read_record_by_record():
    row = struct.pack("<IIHBB", 4, 0, 300, 0, 0x10) + b"\0" * 4
    column = struct.pack("<IIIIH", 2, 3, 0, 0, 1)
    part = (
        record(60, column)
        + record(0, row)
        + record(3, struct.pack("<II", 7, 0))
        + record(176, struct.pack("<4I", 1, 3, 0, 2))
    )
    found = xlsb.of_xlsb(part)
    assert (found.hidden_columns, found.hidden_rows, found.broken, found.merged) == (
        [(2, 3)], [(4, 4)], [(4, 7)], [(1, 0, 3, 2)],
    )  # fmt: skip


ODS = """<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c">
<office:body><office:spreadsheet><table:table table:name="a">%s</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def open_document(rows: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ODS % rows)
    return target.getvalue()


def test_an_error_that_repeats_is_one_in_each_of_its_cells():
    cells = '<table:table-cell table:number-columns-repeated="2" calcext:value-type="error"/>'
    [found] = ods.of_ods(open_document(f'<table:table-row table:number-rows-repeated="3">{cells}</table:table-row>'))
    assert sorted(found.broken) == [(row, column) for row in range(3) for column in range(2)]
    with pytest.raises(errors.Malformed):
        ods.of_ods(open_document(f'<table:table-row table:number-rows-repeated="1048576">{cells}</table:table-row>'))


def test_rows_that_are_hidden_a_million_times_take_no_room():
    row = '<table:table-row table:visibility="collapse" table:number-rows-repeated="1048576"/>'
    [found] = ods.of_ods(open_document(row * 1_000))
    assert len(found.hidden_rows) == 1


@pytest.mark.parametrize("kind", [0, 3, 11, 60, 176])
def test_a_record_cut_short_is_malformed(kind):
    kinds = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    with pytest.raises(errors.Malformed):
        xlsb.of_xlsb(kinds + b"\x01\x00")
    with pytest.raises(errors.Malformed):
        xlsb.xlsb_sheets(bytes([156 & 0x7F | 0x80, 1]) + b"\x01\x00")


def test_what_the_reader_hands_back_is_bounded(monkeypatch):
    monkeypatch.setattr(parser, "MOST_ANSWER", 100)
    assert json.loads(parser.to_json({"sheets": {"": [["赵" * 10]]}})) == {"sheets": {"": [["赵" * 10]]}}
    assert json.loads(parser.to_json({"sheets": {"": [["赵" * 40]]}})) == {"refused": "bomb"}
    cells = parser.ParsedFile({"": [[""]]}, {"": structures.Structure(broken=[(0, 0)] * (parser.MOST_CELLS + 1))})
    with pytest.raises(errors.FileRefused):
        parser._bounded(cells)


def test_a_range_merged_over_a_million_rows_is_checked_in_a_moment():
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["街道", "姓名", "身份证号"])
        for number in range(1, 2_000):
            sheet.write_row(number, 1, ["赵", "620299197001010017"])
        sheet.merge_range(1, 0, 2, 0, "雄关街道")
    made = io.BytesIO()
    with zipfile.ZipFile(target) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, source.read(name).replace(b"A2:A3", b"A2:A1048576"))
    table = FileTable.read(made.getvalue(), shape=rosters.SHAPE)
    began = time.monotonic()
    assert table_findings.faults(table) == {}
    assert len(table.body.rows) == 1_999
    assert time.monotonic() - began < 2


def test_a_password_is_not_cached(monkeypatch):
    calls = []
    monkeypatch.setattr(sandbox, "_answer", lambda *given: calls.append(given))
    with pytest.raises(sandbox.Unreadable):
        sandbox.unlocked(b"x", "secret")
    assert calls == []


def test_a_workbook_with_a_password_is_opened_with_it_alone():
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet().write(0, 0, "姓名")
    content = sandbox.locked(target.getvalue(), "机密")
    with pytest.raises(sandbox.Locked):
        sandbox.read_sheets(content)
    with pytest.raises(sandbox.Locked, match=str(sandbox.REASONS["password"])):
        sandbox.unlocked(content, "wrong")
    assert [sheet.rows for sheet in sandbox.read_sheets(sandbox.unlocked(content, "机密")).values()] == [[["姓名"]]]


def test_an_empty_formula_may_repeat_as_far_as_a_table_may_reach():
    cells = '<table:table-cell table:formula="of:=&quot;&quot;" office:value-type="string"><text:p/></table:table-cell>'
    row = '<table:table-row table:number-rows-repeated="{}">' + cells + "</table:table-row>"
    [found] = ods.of_ods(open_document(row.format(150_000)))
    assert len(found.blank) == 150_000
    with pytest.raises(errors.FileRefused, match="too_many_rows"):
        parser.read(open_document(row.format(1_048_576)))


def test_rows_and_columns_of_no_size_are_hidden_in_every_format():
    book = xlwt.Workbook()
    sheet = book.add_sheet("花名册")
    for row in range(3):
        sheet.write(row, 0, "甲")
    sheet.row(1).height_mismatch, sheet.row(1).height = True, 0
    sheet.col(2).width = 0
    target = io.BytesIO()
    book.save(target)
    [found] = xls.of_xls(target.getvalue())
    assert (found.hidden_rows, found.hidden_columns) == ([(1, 1)], [(2, 2)])
    heights = ((4, 300), (5, 0))
    rows = b"".join(record(0, struct.pack("<IIHH", row, 0, height, 0)) for row, height in heights)
    found = xlsb.of_xlsb(rows + record(60, struct.pack("<4IH", 1, 2, 0, 0, 0)))
    assert (found.hidden_rows, found.hidden_columns) == ([(5, 5)], [(1, 2)])
    style = '<style:style style:name="flat"><style:table-{}-properties style:{}="0cm"/></style:style>'
    column = '<table:table-column table:style-name="flat"/>'
    cells = '<table:table-row/><table:table-row table:style-name="flat"/>'
    content = ODS.replace("<office:body>", style.format("row", "row-height") + "<office:body>")
    assert content != ODS
    with_style = io.BytesIO()
    with zipfile.ZipFile(with_style, "w") as archive:
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content % (column + cells))
    [found] = ods.of_ods(with_style.getvalue())
    assert (found.hidden_rows, found.hidden_columns) == ([(1, 1)], [(0, 0)])
