"""Reads one spreadsheet file that nobody vouches for: `python -m jygroups.lib.reader [--all] < FILE`.

sheets.read and sheets.read_all run it.

It runs as a process of its own with capped memory and time, since a hostile file can abort its parser. The
answer is JSON on standard output: {"rows": [[text, …], …]} or {"refused": reason}. Every cell comes as text; a date
as 2021-01-05; a whole number of more than 15 digits, which a spreadsheet has rounded, as 6.20299E+17; a formula that
gives an error or was never calculated as #ERROR!. "others" has the first rows of the other visible sheets, with
--all their every row; "name" is that of the first sheet. Text is separated by whichever of , tab ; | separates most of
its first lines.
"""

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree import ElementTree

MEMORY = 1 << 30
SECONDS = 10
MOST_BYTES = 20 << 20
MOST_UNPACKED = 100 << 20
MOST_RATIO = 100
MOST_ENTRIES = 1_000
MOST_ROWS = 200_000
BROKEN = "#ERROR!"
HEAD = 10  # rows of the other sheets
SEPARATORS = ",\t;|"
SAMPLE = 50  # lines by which the separator is known
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an old .xls, or an .xlsx under a password


class Refused(Exception):
    """Why the file is not read; sheets.REASONS has the words."""


Rows = list[list[str]]


def read(content: bytes, *, whole: bool = False) -> dict[str, Any]:
    """The rows of the first visible sheet, its name, and by name the first rows of the others, or all of theirs."""
    if len(content) > MOST_BYTES:
        raise Refused("too_large")
    if content.startswith(OLE):
        raise Refused("locked_or_old")
    if content.startswith(b"%PDF"):
        raise Refused("malformed")
    if content.startswith(b"PK"):
        return _workbook(content, None if whole else HEAD)
    return {"name": "", "rows": _text(content), "others": {}}


def _workbook(content: bytes, most: int | None) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > MOST_ENTRIES
                or unpacked > MOST_UNPACKED
                or unpacked > MOST_RATIO * max(len(content), 10_000)
            ):
                raise Refused("bomb")
            broken: dict[str, list[tuple[int, int]]] = {}
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/"):
                    sheet = archive.read(entry)
                    declared = re.search(rb'<dimension ref="[A-Z]+\d+:[A-Z]+(\d+)"', sheet[:2_000])
                    last = re.match(rb'<row [^>]*?\br="(\d+)"', sheet[sheet.rfind(b"<row ") :])
                    if any(found and int(found[1]) > MOST_ROWS for found in (declared, last)):
                        raise Refused("too_many_rows")
                    broken[entry.filename] = list(_broken_cells(sheet))
            places = _places(archive)
    except (zipfile.BadZipFile, OSError, KeyError, NotImplementedError, RuntimeError, ElementTree.ParseError) as error:
        raise Refused("malformed") from error

    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        first, *others = (workbook.get_sheet_by_name(name) for name in visible)
        rows = _rows(first, None, broken.get(places.get(first.name, ""), []))
        heads = {sheet.name: _rows(sheet, most, broken.get(places.get(sheet.name, ""), [])) for sheet in others}
    except (CalamineError, ValueError, OSError) as error:
        raise Refused("malformed") from error
    return {"name": first.name, "rows": rows, "others": heads}


def _rows(sheet, most: int | None, broken: list[tuple[int, int]]) -> Rows:
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False, nrows=most)]
    # The library reads these as empty, which would say that somebody is still in office.
    for row, column in broken:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = BROKEN
    return rows


def _places(archive: zipfile.ZipFile) -> dict[str, str]:
    """Which file of the archive each sheet is in."""
    targets = {
        relation.get("Id"): relation.get("Target", "").removeprefix("/xl/")
        for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    return {
        sheet.get("name", ""): f"xl/{targets.get(value)}"
        for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter()
        if sheet.tag.endswith("}sheet")
        for key, value in sheet.attrib.items()
        if key.endswith("}id")
    }


def _broken_cells(content: bytes) -> Iterator[tuple[int, int]]:
    """Row and column, from 0, of cells with an error or with a formula that has no value."""
    if b't="e"' not in content and b"<f" not in content:
        return
    for cell in re.finditer(rb'<c r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', content, re.DOTALL):
        letters, number, attributes, inside = cell.groups(b"")
        if b't="e"' in attributes or (b"<f" in inside and b"<v>" not in inside):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            yield int(number) - 1, column - 1


def _cell(value: object) -> str:
    match value:
        case float() if value.is_integer():
            return str(int(value)) if abs(value) < 1e15 else f"{value:.5E}"
        case datetime():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _text(content: bytes) -> Rows:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refused("encoding")
    if "\0" in text:
        raise Refused("malformed")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True))
    except csv.Error as error:
        raise Refused("malformed") from error
    if len(rows) > MOST_ROWS:
        raise Refused("too_many_rows")
    return rows


def _separator(text: str) -> str:
    """Whichever separates most lines; among equals whichever gives most cells, and the comma before the others."""
    lines = text.splitlines()[:SAMPLE]

    def parted(separator: str) -> tuple[int, int]:
        rows = [len(row) for row in csv.reader(lines, delimiter=separator)]
        return sum(count > 1 for count in rows), sum(rows)

    return max(SEPARATORS, key=parted)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        answer = read(sys.stdin.buffer.read(MOST_BYTES + 1), whole="--all" in sys.argv[1:])
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "bomb"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
