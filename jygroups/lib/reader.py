"""Reads one spreadsheet file that nobody vouches for: `python -m jygroups.lib.reader FILE`, run by sheets.read.

It runs as a process of its own with capped memory and time, since a hostile file can abort its parser. The
answer is JSON on standard output: {"rows": [[text, …], …]} or {"refused": reason}. Every cell comes as text; a date
as 2021-01-05; a whole number of more than 15 digits, which a spreadsheet has rounded, as 6.20299E+17.
"""

import csv
import io
import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time
from pathlib import Path

MEMORY = 1 << 30
SECONDS = 20
MOST_BYTES = 20 << 20
MOST_UNPACKED = 100 << 20
MOST_RATIO = 100
MOST_ENTRIES = 1_000
MOST_ROWS = 200_000
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an old .xls, or an .xlsx under a password


class Refused(Exception):
    """Why the file is not read; sheets.REASONS has the words."""


def read(path: Path) -> list[list[str]]:
    if path.stat().st_size > MOST_BYTES:
        raise Refused("too_large")
    content = path.read_bytes()
    if content.startswith(OLE):
        raise Refused("locked_or_old")
    return _workbook(path) if content.startswith(b"PK") else _text(content)


def _workbook(path: Path) -> list[list[str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > MOST_ENTRIES
                or unpacked > MOST_UNPACKED
                or unpacked > MOST_RATIO * max(path.stat().st_size, 10_000)
            ):
                raise Refused("bomb")
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/"):
                    with archive.open(entry) as sheet:
                        declared = re.search(rb'<dimension ref="[A-Z]+\d+:[A-Z]+(\d+)"', sheet.read(2_000))
                    if declared and int(declared[1]) > MOST_ROWS:
                        raise Refused("too_many_rows")
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise Refused("malformed") from error

    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(path)
        visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        rows = workbook.get_sheet_by_name(visible[0]).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError) as error:
        raise Refused("malformed") from error
    return [[_cell(value) for value in row] for row in rows]


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


def _text(content: bytes) -> list[list[str]]:
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
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Refused("malformed") from error
    if len(rows) > MOST_ROWS:
        raise Refused("too_many_rows")
    return rows


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        answer: dict[str, object] = {"rows": read(Path(path))}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "bomb"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
