"""No cell of an export is a formula, whatever stands in front of its sign; none is changed otherwise."""

import csv
import io
import sys
import unicodedata
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from jygroups.lib import cells, exports
from jygroups.lib.spreadsheets import workbooks
from jygroups.lib.spreadsheets.workbooks import Book, Column, PrintedSheet, SheetWriter

FRONT = [
    "", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u2060", "\u202d", "\0",
    " \ufeff\u200b",
]  # fmt: skip
ODD = [
    "<r>",
    "<r><t>x</r>",
    "<r></r>",
    "_x0041_",
    "a\x01b",
    "甲&<>\"'乙",
    "\ufffe",
    "a\r\nb",
    " 甲 ",
    "，\n=1",
    "𠮷" * 9,
]


def as_csv(*texts: object) -> list[list[str]]:
    content = exports.as_csv(["备注"] * len(texts), [texts])
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]


def opened(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.mark.parametrize("front", FRONT)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_cell_of_a_csv_is_a_formula(front, sign):
    text = f"{front}{sign}cmd|' /C calc'!A0"
    assert as_csv(text, "乙", text) == [[f"'{text}".replace("\0", ""), "乙", f"'{text}".replace("\0", "")]]


@pytest.mark.parametrize("front", FRONT)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_cell_of_a_workbook_is_a_formula(front, sign):
    cell = opened(exports.as_workbook(["备注"], [[f"{front}{sign}1+1"]])).active["A2"]
    assert cell.data_type in ("s", "inlineStr")
    assert "\0" not in cell.value


def test_every_form_of_a_sign_is_known():
    signs = {char for char in map(chr, range(sys.maxunicode)) if unicodedata.normalize("NFKC", char) in "=+-@" and char}
    assert {sign for sign in signs if exports.safe_text(f"{sign}1+1") == f"{sign}1+1"} == set()


PARTS = [*'=+-@＝\t\r\n\0", 1甲\u200b', "-5", "+1.5", ",=", "\r+"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of its alphabet, on a busy machine
@given(
    st.lists(st.lists(st.lists(st.sampled_from(PARTS), max_size=5).map("".join), min_size=2, max_size=2), max_size=5)
)
@example([["x", "-5,1+cmd|' /C calc'!A0"]])
@example([["x", "-5\r+cmd|' /C calc'!A0"]])
@example([["+1,2=cmd|' /C calc'!A0", "x"]])
def test_rows_checked_together_are_as_safe_as_cell_by_cell(rows):
    written = exports.as_csv(["甲", "乙"], rows).decode("utf-8-sig")
    one_by_one = io.StringIO(newline="")
    csv.writer(one_by_one).writerows([["甲", "乙"], *([exports.safe_text(cell) for cell in row] for row in rows)])
    assert written == one_by_one.getvalue()


@pytest.mark.parametrize(
    "text", ["张三", "-350.00", "+5", "2021-01-05", "a=b", "", "620299197001010017", "1@2", "—", "他说=好"]
)
def test_other_texts_and_numbers_stay_as_they_are(text):
    assert exports.safe_text(text) == text
    assert exports.safe_text(5) == 5
    assert as_csv(text, 5, Decimal("-1.50"), date(2021, 1, 5), None) == [[text, "5", "-1.50", "2021-01-05", ""]]


def test_what_was_made_safe_is_read_back_as_it_was():
    written = exports.safe_text("=1+1")
    assert cells.unwrapped(str(written)) == "=1+1"


@pytest.mark.parametrize("text", ODD)
def test_a_text_comes_back_from_a_workbook_as_it_was(text):
    content = exports.as_workbook(["备注"], [[text]])
    expected = text.replace("\r\n", "\n") if "\x01" not in text else text
    [[_title], [read]] = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert read.replace("_xFFFE_", "\ufffe").replace("_x000D_", "").replace("\r\n", "\n") == expected


def test_values_keep_their_kind_in_a_workbook():
    rows = [[5, Decimal("-1.50"), date(2021, 1, 5), None, "620299197001010017"]]
    [cells] = opened(exports.as_workbook(list("abcde"), rows)).active.iter_rows(min_row=2)
    assert [cell.value for cell in cells] == [5, -1.5, cells[2].value, None, "620299197001010017"]
    assert (cells[2].value.date(), cells[4].data_type) == (date(2021, 1, 5), "s")


def test_a_list_is_printed_one_page_wide_with_its_titles_on_each_page():
    page = opened(exports.as_workbook(["甲", "乙"], [["a", "b"]])).active
    setup = page.page_setup
    wide = setup.fitToWidth or 1  # a file without it means 1
    assert (setup.orientation, setup.paperSize, wide, setup.fitToHeight) == ("landscape", 9, 1, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$1:$1"


def test_a_cell_that_would_be_lost_is_an_error():
    """XlsxWriter drops a cell above a written row, or beyond the sheet, without a word."""
    with Book(font={}) as book:
        sheet = SheetWriter(book, "", [Column("甲", style="plain")])
        sheet.titles("titles")
        sheet.add(["乙"])
        with pytest.raises(ValueError, match="above a row"):
            sheet.put(0, 0, "丙", "plain")
        with pytest.raises(ValueError, match="beyond the sheet"):
            sheet.put(1_048_576, 0, "丙", "plain")


def test_a_workbook_lies_in_no_file_until_it_is_complete(monkeypatch):
    """Its rows are numbers of people and accounts."""

    def refused(*args, **kwargs):
        raise AssertionError("a temporary file")

    for name in ("mkstemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(f"tempfile.{name}", refused)
    content = exports.as_workbook(["甲"], ([f"张三{number}"] for number in range(5_000)))
    assert opened(content).active["A5001"].value == "张三4999"


def test_a_record_has_what_its_columns_declare():
    class Group:
        name = "第一居民小组"

    class Person:
        def __init__(self, name, group):
            self.name, self.group = name, group

    columns = [
        Column("序号", 6, "number"),
        Column("姓名", 9, "center", "name"),
        Column("小组", 20, "text", "group.name"),
        Column("字数", 9, "number", lambda person: len(person.name)),
    ]
    with Book() as book:
        table = PrintedSheet(book, "名单", "名单", columns, notes={0: "左", 3: "右"})
        for person in (Person("张三", Group()), Person("李建国", None)):
            table.record(person)
    rows = list(opened(book.content).active.iter_rows(min_row=4, values_only=True))
    assert rows == [(1, "张三", "第一居民小组", 2), (2, "李建国", None, 3)]


def test_a_workbook_has_the_same_bytes_for_the_same_cells():
    day = {"created": date(2024, 5, 1)}

    def made() -> bytes:
        with Book(**day) as book:
            PrintedSheet(book, "表", "题", [Column("甲", 9)]).add(["乙"])
        return book.content

    assert made() == made()
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def test_a_column_without_a_width_is_as_wide_as_its_longest_text():
    content = exports.as_workbook(["甲", "长" * 50], [["张三" * 5, "b"], ["c", "d"]])
    widths = opened(content).active.column_dimensions
    assert [round(widths[name].width) for name in "AB"] == [23, workbooks.WIDEST + 3]
