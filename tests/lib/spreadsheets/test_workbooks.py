"""Sheets that are printed and filed."""

import io

import openpyxl
import pytest

from jygroups.lib.spreadsheets.workbooks import Book, Column, PrintedSheet, digits

TITLE = "2026年个人信息保护情况报告 · 人数和数据量"


@pytest.mark.parametrize("rows", [[], [["登记人数", "710"]], [["长" * 40, "短"]]])
def test_a_narrow_sheet_is_as_wide_as_its_title(rows):
    with Book(title=TITLE) as book:
        sheet = PrintedSheet(book, "一", TITLE, [Column("项目名称"), Column("数量")])
        for row in rows:
            sheet.add(row)
    page = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert page["A1"].value == TITLE
    assert sum(page.column_dimensions[name].width for name in "AB") > digits(TITLE) * 1.5
