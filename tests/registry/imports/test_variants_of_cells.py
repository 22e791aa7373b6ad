"""Merged and hidden cells and formulas, as one program or another writes them, lose nobody and no last day."""

import io

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula

from jygroups.lib.spreadsheets import sandbox
from tests.registry.imports.disguises import HEADER, Raw, people, with_openpyxl, with_raw_xml
from tests.registry.imports.variants import (
    LAST_DAY,
    LOADED,
    PEOPLE,
    REASON,
    changed,
    reason,
    refused,
    taken,
)
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
WIDTH = len(HEADER)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(sandbox, "_parsed", read_in_process)


def written(rows, change=None) -> bytes:
    """By XlsxWriter; `change` does the rest with its workbook and sheet."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet("花名册")
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, place, cell)
        if change:
            change(book, sheet)
    return target.getvalue()


def rows_of(column: str, *numbers: int) -> set[tuple]:
    return {(number, column) for number in numbers}


# Merged -----------------------------------------------------------------------------------------------------

TITLED = [["雄关街道2026年花名册", *[""] * (WIDTH - 1)], HEADER, *PEOPLE]
GROUPED = [
    [title if place not in (7, 8) else ("任职情况" if place == 7 else "") for place, title in enumerate(HEADER)],
    ["", "", "", "", "", "", "", "任职日期", "离任日期", "", "", ""],
    *PEOPLE,
]
TOTALLED = [HEADER, *PEOPLE, ["合计", "", "", "4人", *[""] * (WIDTH - 4)]]
PARTED = [HEADER, *PEOPLE[:2], ["小计", "", "", "2人", *[""] * (WIDTH - 4)], *PEOPLE[2:]]
MERGED = {
    "a column of the area": ([HEADER, *PEOPLE], ["A2:A5"], LOADED),
    "each column of the area": ([HEADER, *PEOPLE], ["A2:A5", "B2:B5", "C2:C5"], LOADED),
    "two halves": ([HEADER, *PEOPLE], ["C2:C3", "C4:C5"], LOADED),
    "the area across": ([HEADER, *PEOPLE], ["A2:C5"], rows_of("街道", 2, 3, 4, 5)),
    "the area across, in one row": ([HEADER, *PEOPLE], ["A4:B4"], rows_of("街道", 4)),
    "first days": ([HEADER, *PEOPLE], ["H2:H5"], rows_of("任职日期", 2, 3, 4, 5)),
    "last days of two": ([HEADER, *PEOPLE], ["I3:I4"], rows_of("离任日期", 3, 4)),
    "a last day and the next one's none": ([HEADER, *PEOPLE], ["I4:I5"], rows_of("离任日期", 4, 5)),
    "a last day with its reason": ([HEADER, *PEOPLE], ["I3:J3"], rows_of("离任日期", 3)),
    "a first with a last day": ([HEADER, *PEOPLE], ["H4:I4"], rows_of("任职日期", 4)),
    "names": ([HEADER, *PEOPLE], ["D2:D3"], rows_of("姓名", 2, 3)),
    "numbers": ([HEADER, *PEOPLE], ["E4:E5"], rows_of("身份证号", 4, 5)),
    "a name with the number": ([HEADER, *PEOPLE], ["D2:E2"], rows_of("姓名", 2)),
    "positions": ([HEADER, *PEOPLE], ["G2:G5"], rows_of("职务", 2, 3, 4, 5)),
    "employment": ([HEADER, *PEOPLE], ["K2:K4"], rows_of("在职情况", 2, 3, 4)),
    "empty remarks": ([HEADER, *PEOPLE], ["L2:L5"], LOADED),
    "outside the table": ([HEADER, *PEOPLE], ["N1:P5"], LOADED),
    "the heading": (TITLED, ["A1:L1"], LOADED),
    "titles on two lines": (GROUPED, ["H1:I1", *(f"{c}1:{c}2" for c in "ABCDEFGJKL")], LOADED),
    "totals": (TOTALLED, ["A6:C6", "D6:L6"], LOADED),
    "an area over a row of totals": (PARTED, ["B2:B6"], LOADED),
    "a last day over a row of totals": (PARTED, ["I3:I4"], LOADED),
    "a last day with the empty row below": ([HEADER, *PEOPLE[::-1][1:], PEOPLE[3]], ["A2:A5"], LOADED),
}


@pytest.mark.parametrize("name", MERGED)
@pytest.mark.parametrize("writer", ["XlsxWriter", "XML"])
def test_merged_cells_are_meant_for_their_rows_or_refused(name, writer):
    rows, ranges, cells = MERGED[name]
    if writer == "XlsxWriter":
        content = written(_emptied(rows, ranges), lambda _book, sheet: _merge(sheet, rows, ranges))
    else:
        places = "".join(f"<x:mergeCell\n ref='{each}' />" for each in ranges)
        after = f"<x:mergeCells>{places}</x:mergeCells>"
        content = with_raw_xml({"花名册": _emptied(rows, ranges)}, after=after)
    found = refused(content)
    assert cells <= found
    assert {number for number, _column in found} == {number for number, _column in cells}


def _emptied(rows, ranges):
    """The rows without the texts under merged cells but for their first, as Excel leaves them."""
    rows = [[*row, *[""] * (WIDTH - len(row))] for row in rows]
    for each in ranges:
        left, top, right, bottom = openpyxl.utils.range_boundaries(each)
        for number in range(top, min(bottom, len(rows)) + 1):
            for place in range(left, min(right, WIDTH) + 1):
                if (number, place) != (top, left):
                    rows[number - 1][place - 1] = ""
    return rows


def _merge(sheet, rows, ranges):
    for each in ranges:
        left, top, *_last = openpyxl.utils.range_boundaries(each)
        sheet.merge_range(each, rows[top - 1][left - 1] if top <= len(rows) and left <= WIDTH else "")


# Formulas without a value -----------------------------------------------------------------------------------

LAST = rows_of("离任日期", 3)
CELL = {
    "no value": "<c r='I3'><f>DATE(2023,6,30)</f></c>",
    "empty value": '<c r="I3"><f>DATE(2023,6,30)</f><v></v></c>',
    "closed value": '<c r="I3"><f>DATE(2023,6,30)</f><v/></c>',
    "blank value": '<c r="I3"><f>DATE(2023,6,30)</f><v> </v></c>',
    "style in front": '<c s="0" r="I3"><f>DATE(2023,6,30)</f><v></v></c>',
    "type in front": '<c t="n" r="I3"><f>DATE(2023,6,30)</f><v></v></c>',
    "value in front": '<c r="I3"><v></v><f>DATE(2023,6,30)</f></c>',
    "text without a text": '<c r="I3" t="str"><f>TEXT(45107,"yyyy-m-d")</f><v></v></c>',
    "text without a value": '<c r="I3" t="str"><f>TEXT(45107,"yyyy-m-d")</f></c>',
    "shared": '<c r="I3"><f t="shared" si="0"/></c>',
    "array": '<c r="I3"><f t="array" ref="I3">DATE(2023,6,30)</f></c>',
    "empty formula": '<c r="I3"><f/></c>',
    "kept as data": '<c r="I3"><f><![CDATA[DATE(2023,6,30)]]></f><v/></c>',
    "error": '<c r="I3" t="e"><f>NA()</f><v>#N/A</v></c>',
    "error without its value": '<c r="I3" t="e"><f>NA()</f></c>',
    "error without a formula": '<c t="e" r="I3"><v>#REF!</v></c>',
    "zero": '<c r="I3"><f>H9</f><v>0</v></c>',
    "day of no format": '<c r="I3"><f>DATE(2023,6,30)</f><v>45107</v></c>',
}


@pytest.mark.parametrize("name", CELL)
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_last_day_by_a_formula_without_its_day_is_refused(name, prefix):
    text = CELL[name]
    if prefix:
        for tag in ("c", "f", "v"):
            text = text.replace(f"<{tag} ", f"<x:{tag} ").replace(f"<{tag}>", f"<x:{tag}>")
            text = text.replace(f"</{tag}>", f"</x:{tag}>").replace(f"<{tag}/>", f"<x:{tag}/>")
    content = with_raw_xml({"花名册": changed((3, LAST_DAY, Raw(text)))}, prefix=prefix, quote='"')
    assert refused(content) == LAST


@pytest.mark.parametrize(
    "text",
    [
        '<c r="I3" t="str"><f>TEXT(A9,"yyyy-mm-dd")</f><v>2023-06-30</v></c>',
        '<c t="str" r="I3"><v>2023-06-30</v><f>TEXT(A9,"yyyy-mm-dd")</f></c>',
        '<c r="I3" t="inlineStr"><f>A9</f><is><t>2023-06-30</t></is></c>',
        '<c r="I3" t="inlineStr"><is><r><t>2023-06</t></r><r><t>-30</t></r></is></c>',
        '<c r="I3" t="d"><f>A9</f><v>2023-06-30</v></c>',
        '<c r="I3" t="d"><v>2023-06-30T00:00:00</v></c>',
        '<c r="I3" t="str"><v>2023-06-30</v><v/></c>',
        '<c r="I3" t="str"><v><![CDATA[2023-06-30]]></v></c>',
        '<c r="I3" t="inlineStr"><is><t><![CDATA[2023-06-30]]></t></is></c>',
        '<c r="I3" t="inlineStr"><v>2023-06-30</v></c>',
        '<c r="I3" t="inlineStr"><is><t>2023-06-30</t></is><v></v></c>',
        '<c r="I3" t="inlineStr"><is>2023-06-30</is></c>',
        '<c r="I3" t="str"><is><t>2023-06-30</t></is></c>',
    ],
)
def test_a_last_day_with_its_text_is_read_wherever_that_stands(text):
    content = with_raw_xml({"花名册": changed((3, LAST_DAY, Raw(text)))}, prefix="", quote='"')
    assert refused(content) == LOADED


BY_OPENPYXL = {
    "a day": ("I3", "=DATE(2023,6,30)", LAST),
    "a text": ("I3", '=TEXT(45107,"yyyy-mm-dd")', LAST),
    "an array": ("I3", ArrayFormula("I3", "=DATE(2023,6,30)"), LAST),
    "none": ("I2", '=IF(1>2,"2023-06-30","")', rows_of("离任日期", 2)),
    "a name": ("D4", '=T("孙试丙")', rows_of("姓名", 4)),
    "a name from elsewhere": ("D4", "=VLOOKUP(1,Z1:Z2,1)", rows_of("姓名", 4)),
    "a number": ("E4", "=Z1", rows_of("身份证号", 4)),
    "a first day": ("H5", "=H4+1", rows_of("任职日期", 5)),
    "a reason": ("J3", "=J4", rows_of("离任原因", 3)),
    "a remark": ("L2", "=1", rows_of("备注", 2)),
}


@pytest.mark.parametrize("name", BY_OPENPYXL)
def test_a_formula_that_openpyxl_wrote_is_refused_in_its_cell(name):
    place, formula, cells = BY_OPENPYXL[name]
    content = with_openpyxl({"花名册": [HEADER, *PEOPLE]}, lambda book: book.active.__setitem__(place, formula))
    assert refused(content) == cells


@pytest.mark.parametrize(
    ("method", "formula", "value", "cells"),
    [
        ("write_formula", "=DATE(2023,6,30)", 0, LAST),
        ("write_formula", "=DATE(2023,6,30)", "", LAST),
        ("write_formula", "=DATE(2023,6,30)", "#NAME?", LAST),
        ("write_formula", "=DATE(2023,6,30)", 45107, LOADED),
        ("write_formula", "=A9", "2023-06-30", LOADED),
        ("write_array_formula", "{=DATE(2023,6,30)}", 0, LAST),
        ("write_array_formula", "{=DATE(2023,6,30)}", 45107, LOADED),
        ("write_dynamic_array_formula", "=SORT(I9:I9)", 0, LAST),
    ],
)
def test_a_formula_that_xlsxwriter_wrote_has_the_value_that_it_was_given(method, formula, value, cells):
    def change(book, sheet):
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        place = ["I3:I3"] if "array" in method else [2, LAST_DAY]
        getattr(sheet, method)(*place, formula, day, value)

    assert refused(written(changed((3, LAST_DAY, "")), change)) == cells


# Hidden -----------------------------------------------------------------------------------------------------


def by_openpyxl(change):
    return lambda: with_openpyxl({"花名册": [HEADER, *PEOPLE]}, lambda book: change(book.active))


def by_xlsxwriter(change):
    return lambda: written([HEADER, *PEOPLE], lambda _book, sheet: change(sheet))


def by_xml(old: str, new: str, **options):
    return lambda: with_raw_xml({"花名册": [HEADER, *PEOPLE]}, edit=lambda text: text.replace(old, new, 3), **options)


def hide(sheet, *rows: int):
    for number in rows:
        sheet.row_dimensions[number].hidden = True


def filtered(sheet):
    sheet.autofilter(0, 0, 4, WIDTH - 1)
    sheet.filter_column_list(REASON, ["Blanks"])
    for number in (2, 3):
        sheet.set_row(number, options={"hidden": True})


FIRST_ROWS = "<x:row><x:c"  # of three rows
HIDDEN = {
    "rows, openpyxl": (by_openpyxl(lambda sheet: hide(sheet, 3, 4)), {3, 4}),
    "all rows": (by_openpyxl(lambda sheet: hide(sheet, 2, 3, 4, 5)), {2, 3, 4, 5}),
    "titles": (by_openpyxl(lambda sheet: hide(sheet, 1)), set()),
    "folded rows": (by_openpyxl(lambda sheet: sheet.row_dimensions.group(3, 4, hidden=True)), {3, 4}),
    "rows, XlsxWriter": (by_xlsxwriter(lambda sheet: sheet.set_row(2, options={"hidden": True})), {3}),
    "rows of no height": (by_xlsxwriter(lambda sheet: sheet.set_row(3, 0)), {4}),
    "folded, XlsxWriter": (by_xlsxwriter(lambda sheet: sheet.set_row(3, options={"level": 1, "hidden": True})), {4}),
    "filtered": (by_xlsxwriter(filtered), {3, 4}),
    "rows, XML": (by_xml(FIRST_ROWS, "<x:row hidden='true'><x:c"), {2, 3}),
    "rows of no height, XML": (by_xml(FIRST_ROWS, "<x:row customHeight='1' ht='0.00'><x:c"), {2, 3}),
    "filtered, XML": (by_xml(FIRST_ROWS, '<x:row hidden="1"><x:c', before="<x:sheetPr filterMode='1'/>"), {2, 3}),
    "last day, XML": (by_xml("", "", before="<x:cols><x:col hidden='1' min='9' max='9'/></x:cols>"), {"离任日期"}),
    "columns of no width": (by_xml("", "", before='<x:cols><x:col min="9" max="9" width="0"/></x:cols>'), {"离任日期"}),
    "column, XlsxWriter": (by_xlsxwriter(lambda sheet: sheet.set_column("I:I", 9, None, {"hidden": 1})), {"离任日期"}),
    "columns, openpyxl": (
        by_openpyxl(lambda sheet: sheet.column_dimensions.group("H", "I", hidden=True)), {"任职日期", "离任日期"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_is_read_and_named(name):
    make, places = HIDDEN[name]
    loaded = taken(make())
    assert not loaded.problems
    named = {each.row or each.column for each in loaded.warnings if "隐藏" in each.message or "筛选" in each.message}
    assert named == places


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_hidden_sheet_is_named(state, is_alone):
    def change(book):
        book["藏"].sheet_state = state

    shown = {"说明": [["填表说明"]]} if is_alone else {"花名册": [HEADER, *PEOPLE]}
    content = with_openpyxl({**shown, "藏": [HEADER, *people([True])]}, change)
    if is_alone:
        assert "藏" in reason(content)
    else:
        assert "藏" in " ".join(each.message for each in taken(content).warnings)
