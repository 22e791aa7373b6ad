"""Reads one spreadsheet file from an unknown source: `python -m jygroups.lib.reader [--all [SEPARATOR]] < FILE`.

sheets.read and sheets.read_all run it.

It runs as a process of its own with capped memory and time, since a hostile file can abort its parser. The
answer is JSON on standard output: {"sheets": {name: [[text, …], …]}} or {"refused": reason}. Every cell comes as text;
a date as 2021-01-05; a whole number of more than 15 digits, which a spreadsheet has rounded, as 6.20299E+17; a formula
that gives an error or was never calculated as #ERROR!. Of the sheets after the first visible one only the first rows
come, with --all their every row. Text is separated by the separator given, else by whichever of , tab ; | ~ ^ gives
most of its first lines the same number of cells.
"""

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from xml.etree import ElementTree

MEMORY = 1 << 30
SECONDS = 10
MOST_BYTES = 20 << 20
MOST_UNPACKED = 100 << 20
MOST_RATIO = 100
MOST_ENTRIES = 1_000
MOST_ROWS = 200_000
MOST_CELLS, MOST_CHARACTERS = 2_000_000, 8 << 20  # of all sheets that are handed back
BROKEN = "#ERROR!"
HIDDEN = " [隐藏]"  # no sheet's own name has such brackets
HEAD = 10  # rows of the other sheets
SEPARATORS = ",\t;|~^"
SAMPLE = 50  # lines by which the separator is known
NO_TABLES = {
    "pdf": re.compile(rb"\s*%PDF"),
    "html": re.compile(rb"(\xef\xbb\xbf)?\s*(<(!doctype|html|head|meta|body|table|style|\?xml)|mime-version:)", re.I),
    "picture": re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0\0\0\0|II\*\0|MM\0\*", re.DOTALL),
    "archive": re.compile(rb"Rar!|7z\xbc\xaf|\x1f\x8b"),
}
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an old .xls, or an .xlsx under a password


class FileRefused(Exception):
    """Why the file is not read; sheets.REASONS has the words."""


Rows = list[list[str]]


def read(content: bytes, *, whole: bool = False, separator: str = "") -> dict[str, Rows]:
    """By name the rows of the visible sheets, of those after the first only some; a text has no name.

    With `whole` every row, and after the visible sheets the hidden ones, their names ending with HIDDEN.

    Raises FileRefused.
    """
    if len(content) > MOST_BYTES:
        raise FileRefused("too_large")
    if content.startswith(OLE):
        raise FileRefused("locked_or_old")
    if content.startswith(b"PK"):
        return _bounded(_workbook(content, whole))
    if reason := next((reason for reason, start in NO_TABLES.items() if start.match(content[:1_000])), ""):
        raise FileRefused(reason)
    return _bounded({"": _text(content, separator)})


def _bounded(found: dict[str, Rows]) -> dict[str, Rows]:
    """The same, unless it is more than a table that people keep: what is handed back is read by the site's process."""
    cells = characters = 0
    for rows in found.values():
        for row in rows:
            cells, characters = cells + len(row), characters + sum(map(len, row))
            if cells > MOST_CELLS or characters > MOST_CHARACTERS:
                raise FileRefused("bomb")
    return found


def _workbook(content: bytes, whole: bool) -> dict[str, Rows]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > MOST_ENTRIES
                or unpacked > MOST_UNPACKED
                or unpacked > MOST_RATIO * max(len(content), 10_000)
            ):
                raise FileRefused("bomb")
            broken: dict[str, list[tuple[int, int]]] = {}
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/"):
                    sheet = archive.read(entry)
                    declared = re.search(rb'<dimension ref="[A-Z]+\d+:[A-Z]+(\d+)"', sheet[:2_000])
                    last = re.match(rb'<row [^>]*?\br="(\d+)"', sheet[sheet.rfind(b"<row ") :])
                    if any(found and int(found[1]) > MOST_ROWS for found in (declared, last)):
                        raise FileRefused("too_many_rows")
                    broken[entry.filename] = list(_broken_cells(sheet))
            places = _places(archive)
    except (zipfile.BadZipFile, OSError, KeyError, NotImplementedError, RuntimeError, ElementTree.ParseError) as error:
        raise FileRefused("malformed") from error

    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = {sheet.name: sheet.visible == SheetVisibleEnum.Visible for sheet in workbook.sheets_metadata}
        found: dict[str, Rows] = {}
        for name in sorted(shown, key=shown.__getitem__, reverse=True) if whole else filter(shown.get, shown):
            most = HEAD if found and not whole else None
            values = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)
            found[name] = [[_cell(value) for value in row] for row in values]
    except (CalamineError, ValueError, OSError) as error:
        raise FileRefused("malformed") from error
    if not any(shown.values()):
        raise FileRefused("malformed")
    # The library reads these as empty, which would say that somebody is still in office.
    for name, rows in found.items():
        for row, column in broken.get(places.get(name, ""), []):
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = BROKEN
    return {name if shown[name] else f"{name}{HIDDEN}": rows for name, rows in found.items()}


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


def _text(content: bytes, separator: str) -> Rows:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileRefused("encoding")
    if "\0" in text:
        raise FileRefused("malformed")
    rows = _divided(text, separator or _separator(text))
    if len(rows) > MOST_ROWS:
        raise FileRefused("too_many_rows")
    return rows


def _divided(text: str, separator: str) -> Rows:
    lines = text.splitlines()
    if len(separator) > 1:
        return [line.split(separator) for line in lines]
    if separator == " " and sum("  " in line.strip() for line in lines) * 2 > len(lines):  # columns one below the other
        return [line.split() for line in lines]
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator))
    except csv.Error as error:
        if separator == ",":
            raise FileRefused("malformed") from error
        return [line.split(separator) for line in lines]


def _separator(text: str) -> str:
    """Whichever gives most lines the same number of cells; among equals the one that gives most cells."""
    lines = text.splitlines()[:SAMPLE]

    def alike(separator: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(SEPARATORS, key=alike)


def main(arguments: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    whole, separator = "--all" in arguments[:1], "".join(arguments[1:2])
    try:
        found = read(sys.stdin.buffer.read(MOST_BYTES + 1), whole=whole, separator=separator)
        answer: dict[str, object] = {"sheets": found}
    except FileRefused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "bomb"}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
