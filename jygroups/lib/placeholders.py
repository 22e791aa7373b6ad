"""Placeholders such as {{小组.名称}} in a document or workbook of strangers: which it has, and filled with values.

A placeholder is a name and nothing else: no expression is evaluated. A row of a table with a name of a list is repeated
for each row of the list. The file is read and written in a process of its own, which gets it after one line of JSON
(the values) and answers with one line of JSON and the file.
"""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from copy import copy, deepcopy
from typing import Any
from xml.etree import ElementTree

from jygroups.lib import child

MEMORY, SECONDS = 1 << 30, 30  # of the process
MOST_UNPACKED = 100 << 20  # bytes of the parts of a file together
LARGEST = 20 << 20  # bytes of a filled file
PLACEHOLDER = re.compile(r"[{｛]{2}\s*([^{}｛｝]{1,60}?)\s*[}｝]{2}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
# What runs something, or loads something from elsewhere, when the file is opened.
ACTIVE = re.compile(r"vbaProject|activeX|ctrlProps|embeddings/|externalLinks/|connections\.xml", re.IGNORECASE)
CELL = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+)$")
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

Values = Mapping[str, str | int]


class Unusable(Exception):
    """The file cannot be filled; the reason is its code: active, list, shape, unreadable or large."""


def names(content: bytes, ending: str) -> list[str]:
    """The names in the placeholders, each once, in the order of the file. Raises Unusable."""
    return _run(content, ending, {})[0]["names"]


def fill(content: bytes, ending: str, values: Values, rows: Sequence[Values], listed: str) -> bytes:
    """The file with the values in the places of their names; other placeholders stay as they are.

    `listed` is what the names of the list begin with: the row of a table that has such a name is repeated for each of
    the rows, and stays once, empty, without any. Raises Unusable.
    """
    return _run(content, ending, {"values": dict(values), "rows": list(rows), "listed": listed})[1]


def _run(content: bytes, ending: str, asked: dict) -> tuple[dict, bytes]:
    given = json.dumps(asked).encode() + b"\n" + content
    try:
        head, _line, filled = child.run(__name__, ending, content=given, seconds=SECONDS).partition(b"\n")
    except subprocess.SubprocessError as error:
        raise Unusable("unreadable") from error
    answer = json.loads(head)
    if "refused" in answer:
        raise Unusable(answer["refused"])
    return answer, filled


def _answered(content: bytes, ending: str, asked: dict) -> tuple[dict, bytes]:
    """In the process of its own. Raises Unusable, and whatever the parsers raise."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
            raise Unusable("large")
        if any(ACTIVE.search(name) for name in archive.namelist()):
            raise Unusable("active")
        relations = [archive.read(each) for each in archive.infolist() if each.filename.endswith(".rels")]
        if any(_loads(each) for each in relations):
            raise Unusable("active")
        drawings = [archive.read(name) for name in archive.namelist() if name.startswith("xl/drawings/drawing")]
        if any(b"<xdr:sp" in each for each in drawings):
            raise Unusable("shape")  # openpyxl leaves it out
    filler = _Document(content) if ending == "docx" else _Workbook(content)
    if not asked:
        return {"names": list(dict.fromkeys(filler.names()))}, b""
    listed = asked["listed"]
    rows = asked["rows"] or [{name: "" for name in filler.names() if name.startswith(listed)}]
    filled = filler.filled(asked["values"], rows, listed)
    if len(filled) > LARGEST:
        raise Unusable("large")
    return {}, filled


def _loads(relations: bytes) -> bool:
    """Whether one of the relations loads something from elsewhere; a link in the text does not."""
    return any(
        each.get("TargetMode", "").lower() == "external" and not each.get("Type", "").endswith("/hyperlink")
        for each in ElementTree.fromstring(relations)  # noqa: S314  # limited by MEMORY and SECONDS
    )


def _replaced(text: str, values: Values) -> str:
    return PLACEHOLDER.sub(lambda match: _text(values.get(match[1], match[0])), text)


def _text(value: str | int) -> str:
    return UNPRINTABLE.sub("", str(value).replace("\n", " "))


def _is_listed(text: str, listed: str) -> bool:
    return any(name.startswith(listed) for name in PLACEHOLDER.findall(text))


class _Document:
    """A .docx: body, headers, footers, notes and text boxes, all of whose texts are paragraphs of runs."""

    def __init__(self, content: bytes):
        import docx

        self.document = docx.Document(io.BytesIO(content))
        parts = self.document.part.package.iter_parts()
        self.roots = [part.element for part in parts if hasattr(part, "element")]

    def names(self) -> Iterator[str]:
        for root in self.roots:
            for paragraph in root.iter(f"{WORD}p"):
                yield from PLACEHOLDER.findall("".join(node.text or "" for node in self._texts(paragraph)))

    def filled(self, values: Values, rows: Sequence[Values], listed: str) -> bytes:
        for root in self.roots:
            for row in [*root.iter(f"{WORD}tr")]:
                if next(row.iter(f"{WORD}tbl"), None) is None and self._is_listed(row, listed):
                    self._repeat(row, values, rows)
            for paragraph in root.iter(f"{WORD}p"):
                if _is_listed("".join(node.text or "" for node in self._texts(paragraph)), listed):
                    raise Unusable("list")
                self._fill(paragraph, values)
        stream = io.BytesIO()
        self.document.save(stream)
        return stream.getvalue()

    def _is_listed(self, row: Any, listed: str) -> bool:
        return any(
            _is_listed("".join(node.text or "" for node in self._texts(each)), listed) for each in row.iter(f"{WORD}p")
        )

    def _repeat(self, row: Any, values: Values, rows: Sequence[Values]) -> None:
        for each in rows:
            again = deepcopy(row)
            for paragraph in again.iter(f"{WORD}p"):
                self._fill(paragraph, {**values, **each})
            row.addprevious(again)
        row.getparent().remove(row)

    def _texts(self, paragraph: Any) -> list:
        """The nodes of text that are the paragraph's own, not those of a text box within it."""
        own = f"ancestor::*[local-name()='p' and namespace-uri()='{WORD[1:-1]}'][1]"
        return [node for node in paragraph.iter(f"{WORD}t") if node.xpath(own)[0] is paragraph]

    def _fill(self, paragraph: Any, values: Values) -> None:
        """A placeholder may be spread over several runs; its value goes into the first of them."""
        nodes = self._texts(paragraph)
        text = "".join(node.text or "" for node in nodes)
        for match in reversed([*PLACEHOLDER.finditer(text)]):
            value, start = _text(values.get(match[1], match[0])), 0
            for node in nodes:
                was = node.text or ""
                first, last = max(match.start() - start, 0), min(match.end() - start, len(was))
                if first < last:
                    node.text, value = was[:first] + value + was[last:], ""
                    node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                start += len(was)


class _Workbook:
    """An .xlsx: the cells, and the head and foot of each printed page."""

    def __init__(self, content: bytes):
        import openpyxl

        self.book = openpyxl.load_workbook(io.BytesIO(content), rich_text=True)

    def names(self) -> Iterator[str]:
        for sheet in self.book.worksheets:
            for cell in self._cells(sheet):
                yield from PLACEHOLDER.findall(str(cell.value))
            for part in self._margins(sheet):
                yield from PLACEHOLDER.findall(part.text)

    def filled(self, values: Values, rows: Sequence[Values], listed: str) -> bytes:
        for sheet in self.book.worksheets:
            found = {cell.row for cell in self._cells(sheet) if _is_listed(str(cell.value), listed)}
            for row in sorted(found, reverse=True):
                self._repeat(sheet, row, len(rows))
                for place, each in enumerate(rows, row):
                    self._fill(sheet[place], {**values, **each})
            self._fill(self._cells(sheet), values)
            for part in self._margins(sheet):
                part.text = _replaced(part.text, {name: str(each).replace("&", "&&") for name, each in values.items()})
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()

    def _cells(self, sheet) -> list:
        """The cells with a placeholder."""
        cells = (cell for row in sheet.iter_rows() for cell in row)
        return [cell for cell in cells if cell.data_type != "f" and PLACEHOLDER.search(str(cell.value))]

    def _margins(self, sheet) -> list:
        """The three parts of the head and of the foot of its printed pages that have a text."""
        pages = (sheet.oddHeader, sheet.oddFooter)
        return [part for page in pages for part in (page.left, page.center, page.right) if part.text]

    def _fill(self, cells, values: Values) -> None:
        for cell in cells:
            text = str(cell.value)
            if cell.data_type == "f" or not PLACEHOLDER.search(text):
                continue
            whole = PLACEHOLDER.fullmatch(text.strip())
            value = values.get(whole[1], text) if whole else text
            cell.value = value if isinstance(value, int) else _replaced(text, values)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # a value that begins with = is no formula

    def _repeat(self, sheet, row: int, count: int) -> None:
        """Give the row so many times, each with its style, height and merged cells; what is below moves down."""
        from openpyxl.formula.translate import Translator

        more = count - 1
        if not more:
            return
        for other in self.book.worksheets:
            for cell in (cell for line in other.iter_rows() for cell in line if cell.data_type == "f"):
                if isinstance(cell.value, str):
                    cell.value = _moved(cell.value, sheet.title, other is sheet, row, more)
        sheet.insert_rows(row + 1, more)  # moves the cells alone
        for merged in [*sheet.merged_cells.ranges]:
            if merged.min_row > row:
                merged.shift(row_shift=more)
            elif merged.max_row > row or (merged.min_row < row == merged.max_row):
                merged.expand(down=more)
            elif merged.min_row == row:
                for place in range(row + 1, row + count):
                    sheet.merge_cells(None, place, merged.min_col, place, merged.max_col)
        heights = {place: each.height for place, each in sheet.row_dimensions.items() if place > row and each.height}
        for place in heights:
            sheet.row_dimensions[place].height = None
        for place, height in heights.items():
            sheet.row_dimensions[place + more].height = height
        for place in range(row + 1, row + count):
            sheet.row_dimensions[place].height = sheet.row_dimensions[row].height
            for model in sheet[row]:
                cell = sheet.cell(place, model.column)
                cell._style = copy(model._style)
                if model.data_type == "f" and isinstance(model.value, str):
                    cell.value = Translator(model.value, model.coordinate).translate_formula(cell.coordinate)
                elif hasattr(cell, "column_letter"):  # not within merged cells
                    cell.value = model.value
        if sheet.print_area:
            sheet.print_area = [_moved(f"={each}", sheet.title, True, row, more)[1:] for each in _areas(sheet)]


def _areas(sheet) -> list[str]:
    """The ranges that are printed, without the sheet's name."""
    areas = sheet.print_area if isinstance(sheet.print_area, list) else sheet.print_area.split(",")
    return [area.rpartition("!")[2] for area in areas]


def _moved(formula: str, sheet: str, is_own: bool, row: int, more: int) -> str:
    """The formula once so many rows were put in below the row; a range that ends at the row or later grows with it."""
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import Token

    tokens = Tokenizer(formula)
    for token in tokens.items:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            named, mark, place = token.value.rpartition("!")
            if named.strip("'") == sheet or (is_own and not mark):
                first, *last = place.split(":")
                ends = [_shifted(first, row + 1, more), *(_shifted(each, row, more) for each in last)]
                token.value = f"{named}{mark}{':'.join(ends)}"
    return "=" + "".join(token.value for token in tokens.items)


def _shifted(cell: str, since: int, more: int) -> str:
    """A1 or $A$1, so many rows further down from that row on; anything else as it is."""
    match = CELL.match(cell)
    return f"{match[1]}{int(match[2]) + more}" if match and int(match[2]) >= since else cell


def main() -> None:
    child.limit(memory=MEMORY, seconds=SECONDS)
    asked, _line, content = sys.stdin.buffer.read().partition(b"\n")
    try:
        answer, filled = _answered(content, sys.argv[1], json.loads(asked))
    except Unusable as error:
        answer, filled = {"refused": str(error)}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + filled)


if __name__ == "__main__":
    main()
