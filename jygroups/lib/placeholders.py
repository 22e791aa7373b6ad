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
from copy import deepcopy
from typing import Any
from xml.etree import ElementTree

from jygroups.lib import child, repeated_rows

MEMORY, SECONDS = 1 << 30, 30  # of the process
MOST_UNPACKED = 100 << 20  # bytes of the parts of a file together
LARGEST = 20 << 20  # bytes of a filled file
PLACEHOLDER = re.compile(r"[{｛]{2}\s*([^{}｛｝]{1,60}?)\s*[}｝]{2}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
# What runs something, or loads something from elsewhere, when the file is opened.
ACTIVE = re.compile(r"vbaProject|activeX|ctrlProps|embeddings/|externalLinks/|connections\.xml", re.IGNORECASE)
SHAPE = re.compile(rb"<(\w+:)?(sp|cxnSp)[ />]")  # a text box, a shape or a connector: openpyxl leaves it out
FIELD = re.compile(r"\b(DDE|DDEAUTO|INCLUDEPICTURE|INCLUDETEXT|IMPORT)\b", re.IGNORECASE)  # of a document
FUNCTION = re.compile(r"\bWEBSERVICE\(|\|'", re.IGNORECASE)  # of a formula; |' begins a command of another program
COLOUR, ROOM = "7F7F7F", 110  # of a mark; characters of a head of a page that leave room for one of 120
WHOLE_ROWS = re.compile(r"\$?\d+:\$?\d+")  # such as SUM(3:3)
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

Value = str | int | float  # a float is an amount of money
Values = Mapping[str, Value]


class Unusable(Exception):
    """The file cannot be filled, by its code: active, shape, list, block, moves, formula, unreadable or large."""


def names(content: bytes, ending: str, listed: str) -> list[str]:
    """The names in the placeholders, each once, in the order of the file. Raises Unusable; `listed` as of `fill`."""
    return _run(content, ending, {"listed": listed})[0]["names"]


def fill(content: bytes, ending: str, values: Values, rows: Sequence[Values], listed: str, *, mark: str = "") -> bytes:
    """The file with the values in the places of their names; other placeholders stay as they are.

    `listed` is what the names of the list begin with: the row of a table that has such a name is repeated for each of
    the rows, and stays once, empty, without any. The mark stands at the head of each printed page. Raises Unusable.
    """
    asked = {"values": dict(values), "rows": list(rows), "listed": listed, "mark": mark}
    return _run(content, ending, asked)[1]


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
        drawings = (each for each in archive.infolist() if each.filename.startswith("xl/drawings/drawing"))
        if any(SHAPE.search(archive.read(each)) for each in drawings):
            raise Unusable("shape")
    filler = _Document(content) if ending == "docx" else _Workbook(content)
    listed = asked["listed"]
    filler.check(listed)
    if "rows" not in asked:
        return {"names": list(dict.fromkeys(filler.names()))}, b""
    rows = asked["rows"] or [{name: "" for name in filler.names() if name.startswith(listed)}]
    filled = filler.filled(asked["values"], rows, listed, asked["mark"])
    if len(filled) > LARGEST:
        raise Unusable("large")
    return {}, filled


def _loads(relations: bytes) -> bool:
    """Whether one of the relations loads something from elsewhere, or a page within; a link in the text does not."""
    return any(
        each.get("Type", "").endswith("/aFChunk")
        or (each.get("TargetMode", "").lower() == "external" and not each.get("Type", "").endswith("/hyperlink"))
        for each in ElementTree.fromstring(relations)  # noqa: S314  # limited by MEMORY and SECONDS
    )


def _replaced(text: str, values: Values) -> str:
    return PLACEHOLDER.sub(lambda match: _text(values.get(match[1], match[0])), text)


def _text(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
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
                yield from PLACEHOLDER.findall(self._text(paragraph))

    def check(self, listed: str) -> None:
        """Raises Unusable for a field that loads something, and for a name of the list in no row of a table.

        A row with a table in it is none: it cannot be repeated.
        """
        if any(FIELD.search(each) for root in self.roots for each in self._instructions(root)):
            raise Unusable("active")
        inside = {paragraph for root in self.roots for row in self._rows(root) for paragraph in row.iter(f"{WORD}p")}
        every = {paragraph for root in self.roots for paragraph in root.iter(f"{WORD}p")}
        if any(_is_listed(self._text(paragraph), listed) for paragraph in every - inside):
            raise Unusable("list")

    def filled(self, values: Values, rows: Sequence[Values], listed: str, mark: str) -> bytes:
        for root in self.roots:
            for row in self._rows(root):
                if any(_is_listed(self._text(paragraph), listed) for paragraph in row.iter(f"{WORD}p")):
                    self._repeat(row, values, rows)
            for paragraph in root.iter(f"{WORD}p"):
                self._fill(paragraph, values)
        if mark:
            self._mark(mark)
        stream = io.BytesIO()
        self.document.save(stream)
        return stream.getvalue()

    def _mark(self, mark: str) -> None:
        """In each head of its pages that is not the one of the section before."""
        from docx.shared import Pt, RGBColor

        for place, section in enumerate(self.document.sections):
            heads = [section.header]
            heads += [section.first_page_header] * section.different_first_page_header_footer
            heads += [section.even_page_header] * self.document.settings.odd_and_even_pages_header_footer
            for head in heads:
                if place == 0 or not head.is_linked_to_previous:
                    run = head.add_paragraph().add_run(mark)
                    run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(COLOUR)

    def _instructions(self, root: Any) -> Iterator[str]:
        """The instructions of its fields, such as PAGE; one may be spread over several runs."""
        for paragraph in root.iter(f"{WORD}p"):
            yield "".join(node.text or "" for node in paragraph.iter(f"{WORD}instrText"))
        for node in root.iter(f"{WORD}fldSimple"):
            yield node.get(f"{WORD}instr", "")

    def _rows(self, root: Any) -> list:
        """The rows of its tables that hold no further table."""
        return [row for row in root.iter(f"{WORD}tr") if next(row.iter(f"{WORD}tbl"), None) is None]

    def _repeat(self, row: Any, values: Values, rows: Sequence[Values]) -> None:
        """Bookmarks stay in the first row alone: each name stands once in a document."""
        for place, each in enumerate(rows):
            again = deepcopy(row)
            for mark in [*again.iter(f"{WORD}bookmarkStart", f"{WORD}bookmarkEnd")] if place else []:
                mark.getparent().remove(mark)
            for paragraph in again.iter(f"{WORD}p"):
                self._fill(paragraph, {**values, **each})
            row.addprevious(again)
        row.getparent().remove(row)

    def _text(self, paragraph: Any) -> str:
        return "".join(node.text or "" for node in self._texts(paragraph))

    def _texts(self, paragraph: Any) -> list:
        """The nodes of text that are the paragraph's own, not those of a text box within it."""
        own = f"ancestor::*[local-name()='p' and namespace-uri()='{WORD[1:-1]}'][1]"
        return [node for node in paragraph.iter(f"{WORD}t") if node.xpath(own)[0] is paragraph]

    def _fill(self, paragraph: Any, values: Values) -> None:
        """A placeholder may be spread over several runs; its value goes into the first of them."""
        nodes = self._texts(paragraph)
        for match in reversed([*PLACEHOLDER.finditer(self._text(paragraph))]):
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

    def check(self, listed: str) -> None:
        """Raises Unusable for a formula that loads something, and for what would not be filled or not move."""
        for sheet in self.book.worksheets:
            cells = [cell for row in sheet.iter_rows() for cell in row]
            formulas = [cell.value for cell in cells if cell.data_type == "f"]
            notes = [cell.comment.text for cell in cells if cell.comment]
            if any(FUNCTION.search(str(each)) for each in formulas):
                raise Unusable("active")
            if any(PLACEHOLDER.search(str(each)) for each in [*formulas, *notes]):
                raise Unusable("formula")
            if any(_is_listed(part.text, listed) for part in self._margins(sheet)):
                raise Unusable("list")
            if found := self._listed(sheet, listed):
                merged = [each for each in sheet.merged_cells.ranges if each.min_row < each.max_row]
                rows = {row for each in merged for row in range(each.min_row, each.max_row + 1)}
                if any(row in rows or row + 1 in found for row in found):
                    raise Unusable("block")
                if not self._moves(sheet, formulas, min(found)):
                    raise Unusable("moves")

    def _moves(self, sheet, formulas: list, row: int) -> bool:
        """Whether all of the sheet moves with rows that are put in there: openpyxl leaves these where they are."""
        names = [*self.book.defined_names.values(), *sheet.defined_names.values()]
        anchors = [getattr(each.anchor, "_from", None) for each in sheet._images]
        stays = (
            any(sheet.title in str(each.attr_text) for each in names),
            any(not isinstance(each, str) or WHOLE_ROWS.search(each) for each in formulas),
            any(each is None or each.row >= row - 1 for each in anchors),
            *(sheet._charts, sheet.tables, sheet.row_breaks.brk),
        )
        return not any(stays)

    def _listed(self, sheet, listed: str) -> set[int]:
        """The rows with names of the list, from 1."""
        return {cell.row for cell in self._cells(sheet) if _is_listed(str(cell.value), listed)}

    def filled(self, values: Values, rows: Sequence[Values], listed: str, mark: str) -> bytes:
        for sheet in self.book.worksheets:
            for row in sorted(self._listed(sheet, listed), reverse=True):
                repeated_rows.repeat(self.book, sheet, row, len(rows))
                for place, each in enumerate(rows, row):
                    self._fill(sheet[place], {**values, **each})
            self._fill(self._cells(sheet), values)
            for part in self._margins(sheet):
                part.text = _replaced(
                    part.text, {name: _text(each).replace("&", "&&") for name, each in values.items()}
                )
            if mark:
                self._mark(sheet, mark)
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()

    def _mark(self, sheet, mark: str) -> None:
        """At the head of each of its printed pages, or at the foot where the head is full."""
        pages = sheet.HeaderFooter
        kinds = ["odd", *["first"] * bool(pages.differentFirst), *["even"] * bool(pages.differentOddEven)]
        for head, foot in ((getattr(sheet, f"{kind}Header"), getattr(sheet, f"{kind}Footer")) for kind in kinds):
            page = head if sum(len(part.text or "") for part in (head.left, head.center, head.right)) < ROOM else foot
            if page.left.text:
                page.left.text += f"\n{mark}"
            else:
                page.left.text, page.left.size, page.left.color = mark, 8, COLOUR

    def _cells(self, sheet) -> list:
        """The cells with a placeholder."""
        cells = (cell for row in sheet.iter_rows() for cell in row)
        return [cell for cell in cells if cell.data_type != "f" and PLACEHOLDER.search(str(cell.value))]

    def _margins(self, sheet) -> list:
        """The three parts of each head and foot of its printed pages that have a text."""
        pages = [
            getattr(sheet, f"{kind}{place}") for kind in ("odd", "even", "first") for place in ("Header", "Footer")
        ]
        return [part for page in pages for part in (page.left, page.center, page.right) if part.text]

    def _fill(self, cells, values: Values) -> None:
        for cell in cells:
            text = str(cell.value)
            if cell.data_type == "f" or not PLACEHOLDER.search(text):
                continue
            whole = PLACEHOLDER.fullmatch(text.strip())
            value = values.get(whole[1], text) if whole else text
            if isinstance(value, int | float):
                cell.value = value
                if isinstance(value, float) and cell.number_format == "General":
                    cell.number_format = "#,##0.00"
            else:
                cell.value = self._rich(cell.value, values)
                cell.data_type = "s"  # a value that begins with = is no formula

    def _rich(self, value: Any, values: Values) -> Any:
        """The text filled in; each part keeps its type, unless a placeholder is spread over several."""
        from openpyxl.cell.rich_text import CellRichText

        if isinstance(value, CellRichText) and len(PLACEHOLDER.findall(str(value))) == sum(
            len(PLACEHOLDER.findall(str(part))) for part in value
        ):
            for place, part in enumerate(value):
                if isinstance(part, str):
                    value[place] = _replaced(part, values)
                else:
                    part.text = _replaced(part.text, values)
            return value
        return _replaced(str(value), values)


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
