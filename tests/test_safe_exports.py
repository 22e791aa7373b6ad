"""No cell of an export is a formula, whatever stands in front of its sign; none is changed otherwise."""

import io

import openpyxl
import pytest
import tablib

from jygroups.lib import cells, sheets

FRONT = [
    "", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u2060", "\u202d", "\0",
    " \ufeff\u200b",
]  # fmt: skip


def exported(kind, text: str) -> bytes:
    return kind().export_data(tablib.Dataset([text], headers=["备注"]))


@pytest.mark.parametrize("front", FRONT)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_cell_of_a_csv_is_a_formula(front, sign):
    written = exported(sheets.CSV, f"{front}{sign}cmd|' /C calc'!A0").decode("utf-8-sig").split("\r\n", 1)[1]
    assert written.lstrip('"').startswith("'")
    assert "\0" not in written


@pytest.mark.parametrize("front", FRONT)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_cell_of_a_workbook_is_a_formula(front, sign):
    book = openpyxl.load_workbook(io.BytesIO(exported(sheets.XLSX, f"{front}{sign}1+1")))
    assert book.active["A2"].data_type in ("s", "inlineStr")


@pytest.mark.parametrize(
    "text", ["张三", "-350.00", "+5", "2021-01-05", "a=b", "", "620299197001010017", "1@2", "—", "他说=好"]
)
def test_other_texts_and_numbers_stay_as_they_are(text):
    assert sheets.safe_text(text) == text
    assert sheets.safe_text(5) == 5


def test_what_was_made_safe_is_read_back_as_it_was():
    written = sheets.safe_text("=1+1")
    assert cells.unwrapped(str(written)) == "=1+1"
