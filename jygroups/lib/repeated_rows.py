"""Rows of a worksheet that are repeated, with all of the workbook that moves or grows with them."""

import re
from copy import copy
from functools import partial

CELL = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+)$")
LOOK = ("height", "hidden", "outlineLevel")  # what moves with a row besides its cells


def repeat(book, sheet, row: int, count: int) -> None:
    """Give the row so many times, each with its style, height and merged cells; what is below moves down."""
    from openpyxl.formatting.formatting import ConditionalFormattingList
    from openpyxl.formula.translate import Translator
    from openpyxl.worksheet.cell_range import MultiCellRange

    more = count - 1
    if not more:
        return
    for other in book.worksheets:
        for cell in (cell for line in other.iter_rows() for cell in line if cell.data_type == "f"):
            is_own = other is sheet
            grows = not (is_own and cell.row == row)  # its own sums are of the one row
            cell.value = _moved(str(cell.value), sheet.title, is_own, row, more, grows=grows)
    sheet.insert_rows(row + 1, more)  # moves the cells alone
    for merged in [*sheet.merged_cells.ranges]:
        if merged.min_row > row:
            merged.shift(row_shift=more)
        elif merged.min_row == row:
            for place in range(row + 1, row + count):
                sheet.merge_cells(None, place, merged.min_col, place, merged.max_col)
    below = {place: each for place, each in sheet.row_dimensions.items() if place > row}
    looks = {place: {name: getattr(each, name) for name in LOOK} for place, each in below.items()}
    for place in sorted(looks):
        for name in LOOK:
            setattr(sheet.row_dimensions[place], name, None if name == "height" else 0)
    for place, look in looks.items():
        for name, value in look.items():
            setattr(sheet.row_dimensions[place + more], name, value)
    for place in range(row + 1, row + count):
        sheet.row_dimensions[place].height = sheet.row_dimensions[row].height
        for model in sheet[row]:
            cell = sheet.cell(place, model.column)
            cell._style = copy(model._style)
            if model.data_type == "f" and isinstance(model.value, str):
                cell.value = Translator(model.value, model.coordinate).translate_formula(cell.coordinate)
            elif hasattr(cell, "column_letter"):  # not within merged cells
                cell.value = model.value
    moved = partial(_moved, sheet=sheet.title, is_own=True, row=row, more=more)

    def grown(areas: str) -> str:
        """Areas such as A1:B2 C3, of which one that is the row grows over all of its repetitions."""
        ends = (area.split(":") for area in areas.split())
        return " ".join(moved(f"={first}:{(last or [first])[0]}")[1:] for first, *last in ends)

    if sheet.print_area:  # with the sheet's name before each area
        sheet.print_area = [grown(area.rpartition("!")[2]) for area in sheet.print_area.split(",")]
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = grown(sheet.auto_filter.ref)
    for validation in sheet.data_validations.dataValidation:
        validation.sqref = MultiCellRange(grown(str(validation.sqref)))
    formats, sheet.conditional_formatting = sheet.conditional_formatting, ConditionalFormattingList()
    for each in formats:
        for rule in each.rules:
            rule.formula = [moved(f"={part}")[1:] for part in rule.formula]
            sheet.conditional_formatting.add(grown(str(each.sqref)), rule)


def _moved(formula: str, sheet: str, is_own: bool, row: int, more: int, *, grows: bool = True) -> str:
    """The formula once so many rows were put in below the row; a range that ends at the row grows with it if it may."""
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import Token

    tokens = Tokenizer(formula)
    for token in tokens.items:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            named, mark, place = token.value.rpartition("!")
            if named.strip("'") == sheet or (is_own and not mark):
                first, *last = place.split(":")
                since = row if grows else row + 1
                ends = [_shifted(first, row + 1, more), *(_shifted(each, since, more) for each in last)]
                token.value = f"{named}{mark}{':'.join(ends)}"
    return "=" + "".join(token.value for token in tokens.items)


def _shifted(cell: str, since: int, more: int) -> str:
    """A1 or $A$1, so many rows further down from that row on; anything else as it is."""
    match = CELL.match(cell)
    return f"{match[1]}{int(match[2]) + more}" if match and int(match[2]) >= since else cell
