"""The structure of a sheet, however legal XML writes it."""

import pytest

from jygroups.lib.spreadsheets import errors, structures, xlsx_sheet
from jygroups.lib.spreadsheets.structures import Structure

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet(inside: str, after: str = "", before: str = "", prefix: str = "") -> bytes:
    space = f'xmlns:{prefix[:-1]}="{MAIN}"' if prefix else f'xmlns="{MAIN}"'
    rows = f'<{prefix}row r="2">{inside}</{prefix}row>' if not inside.lstrip().startswith(f"<{prefix}row") else inside
    return (
        f'<?xml version="1.0"?><{prefix}worksheet {space}>{before}<{prefix}sheetData>{rows}</{prefix}sheetData>{after}'
        f"</{prefix}worksheet>"
    ).encode()


@pytest.mark.parametrize(
    ("cell", "prefix"),
    [
        ('<c r="I2"><f>A1</f></c>', ""),
        ('<c r="I2"><f>A1</f><v></v></c>', ""),
        ('<c r="I2"><f>A1</f><v/></c>', ""),
        ('<c r="I2"><f>A1</f><v> </v></c>', ""),
        ('<c s="0" r="I2"><f>A1</f><v></v></c>', ""),
        ("<c r='I2' s='0'><f>A1</f><v></v></c>", ""),
        ('<c\n  r = "I2"\t><f>A1</f></c>', ""),
        ('<c r="I2" t="n"><f>A1</f><v/></c>', ""),
        ('<c r="I2"><f t="shared" si="0"/></c>', ""),
        ('<c r="I2"><f t="array" ref="I2:I3">A1</f></c>', ""),
        ('<c r="I2"><f><![CDATA[A1>2]]></f><v></v></c>', ""),
        ('<c r="I2"><!-- no value --><f>A1</f></c>', ""),
        ('<x:c r="I2"><x:f>A1</x:f><x:v/></x:c>', "x:"),
        ('<main:c s="1" r="I2"><main:f>A1</main:f></main:c>', "main:"),
        ('<c r="H2"><v>1</v></c><c><f>A1</f></c>', ""),
        ('<c r="I2" t="e"><v>#N/A</v></c>', ""),
        ("<c t='e' r='I2'><f>1/0</f><v>#DIV/0!</v></c>", ""),
    ],
)
def test_a_formula_without_a_value_and_an_error_are_broken(cell, prefix):
    assert xlsx_sheet.structure(sheet(cell, prefix=prefix)).broken == [(1, 8)]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="I2"><f>A1</f><v>46203</v></c>',
        '<c r="I2" t="str"><f>A1</f><v></v></c>',  # the empty text is a value
        '<c r="I2" t="str"><f>A1</f><v>2026-06-30</v></c>',
        '<c r="I2" t="inlineStr"><is><t>=A1</t></is></c>',
        '<c r="I2"/>',
        '<c r="I2" t="b"><f>A1</f><v>0</v></c>',
    ],
)
def test_a_formula_with_its_value_is_whole(cell):
    assert xlsx_sheet.structure(sheet(cell)).broken == []


@pytest.mark.parametrize(
    ("after", "prefix"),
    [
        ('<mergeCells count="1"><mergeCell ref="I2:I3"/></mergeCells>', ""),
        ("<mergeCells><mergeCell ref='I2:I3'/></mergeCells>", ""),
        ('<mergeCells><mergeCell\n ref = "I2:I3" /></mergeCells>', ""),
        ('<mergeCells><mergeCell ref="$I$2:$I$3"></mergeCell></mergeCells>', ""),
        ('<x:mergeCells><x:mergeCell ref="I2:I3"/></x:mergeCells>', "x:"),
    ],
)
def test_merged_cells_are_found(after, prefix):
    assert xlsx_sheet.structure(sheet("", after, prefix=prefix)).merged == [(1, 8, 2, 8)]


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2" hidden="1"/>', '<row hidden="1" r="2"/>', "<row r='2' hidden='true'/>",
        '<row r="1"/><row hidden="1"/>',
        '<row r="2" ht="0" customHeight="1"/>', '<row r="2" ht="0.0"/>',
        '<row r="2" outlineLevel="1" hidden="1"></row>',
    ],
)  # fmt: skip
def test_hidden_rows_are_found(row):
    assert xlsx_sheet.structure(sheet(row)).hidden_rows == [(1, 1)]


@pytest.mark.parametrize(
    "columns",
    [
        '<col min="3" max="4" hidden="1"/>', '<col hidden="true" max="4" min="3" width="8"/>',
        "<col min='3' max='4' width='0'/>",
    ],
)  # fmt: skip
def test_hidden_columns_are_found(columns):
    found = xlsx_sheet.structure(sheet("", before=f"<cols>{columns}</cols>"))
    assert [found.is_hidden(place) for place in range(1, 5)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<sheetPr filterMode="1"/>', ""),
        ("", '<autoFilter ref="A1:B3"><filterColumn colId="0" hiddenButton="1"/></autoFilter>'),
    ],
)
def test_a_filter_is_found(before, after):
    assert xlsx_sheet.structure(sheet('<row r="2" hidden="1"/>', after, before)).is_filtered


def test_a_sheet_without_structure_is_not_parsed(monkeypatch):
    monkeypatch.setattr(xlsx_sheet, "_SheetHandler", None)
    assert xlsx_sheet.structure(sheet('<c r="A2"><v>1</v></c>')) == structures.Structure()


@pytest.mark.parametrize(
    "content",
    [
        b"<worksheet hidden",
        sheet('<c r="ZZZZZZ2"><f>A1</f></c>'),
        b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet hidden="1"/>',
        sheet("", "<mergeCells>" + '<mergeCell ref="A1:A2"/>' * (structures.MOST_RANGES + 1) + "</mergeCells>"),
    ],
)
def test_what_no_spreadsheet_writes_is_malformed(content):
    with pytest.raises(errors.Malformed):
        xlsx_sheet.structure(content)


@pytest.mark.parametrize(("place", "name"), [((0, 0), "A1"), ((1, 8), "I2"), ((9, 25), "Z10"), ((0, 26), "AA1")])
def test_a_cell_has_its_name(place, name):
    assert structures.reference(*place) == name
    assert structures.cell_place(name) == place


# Bounds -----------------------------------------------------------------------------------------------------


def test_merged_ranges_are_clipped_to_the_sheet():
    found = Structure(merged=[(1, 0, 1_048_575, 0), (0, 0, 0, 16_383), (50, 0, 60, 0), (3, 2, 1, 1)])
    found.clip(10, 4)
    assert found.merged == [(1, 0, 9, 0), (0, 0, 0, 3)]


@pytest.mark.parametrize("merged", [[(0, 0, 2, 2), (2, 2, 3, 3)], [(1, 0, 9, 0)] * 3_000])
def test_ranges_that_overlap_are_malformed(merged):
    with pytest.raises(errors.Malformed):
        Structure(merged=merged).clip(20_000, 30)


def test_hidden_rows_next_to_each_other_are_one_range():
    found = Structure()
    for row in (1, 2, 3, 7):
        found.hide_rows(row)
    found.hide_rows(8, 1_000_000)
    assert found.hidden_rows == [(1, 3), (7, 1_000_007)]


def test_more_broken_cells_or_ranges_than_a_table_has_are_malformed():
    with pytest.raises(errors.Malformed):
        Structure().break_cells(0, 0, 1_048_576, 16_384)
    found = Structure(hidden_rows=[(row, row) for row in range(0, 2 * structures.MOST_RANGES, 2)])
    with pytest.raises(errors.Malformed):
        found.hide_rows(3 * structures.MOST_RANGES)
