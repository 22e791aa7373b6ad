"""Reads one file from an unknown source: `python -m jygroups.lib.spreadsheets.parser [SEPARATOR | --unlock] < FILE`.

sandbox.read_sheets and sandbox.unlocked run it.

It runs as a process of its own with capped memory and time, since a hostile file can abort its parser. The
answer is JSON on standard output: {"sheets": {name: [[text, …], …]}, "structures": {name: {…}}} or {"refused": reason}.
A structure is a structures.Structure; a sheet without any has none. Every cell comes as text;
a date as 2021-01-05; a whole number of more than 15 digits, which a spreadsheet has rounded, as 6.20299E+17; a formula
that gives an error or was never calculated as #ERROR!. Hidden sheets come after the visible ones. Text is separated by
the separator given, else by whichever of , tab ; | ~ ^ gives most of its first lines the same number of cells.
"""

import io
import json
import re
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time
from xml.etree import ElementTree

from jygroups.lib import child
from jygroups.lib.spreadsheets import text_tables, workbook_parts, xls, xlsx_sheet
from jygroups.lib.spreadsheets.errors import FileRefused, Malformed, PasswordNeeded, TooManyRows
from jygroups.lib.spreadsheets.structures import MOST_COLUMNS, Structure, TextRows
from jygroups.lib.spreadsheets.text_tables import UTF_16

MEMORY, SECONDS = 1 << 30, 10
MOST_BYTES = 20 << 20
MOST_UNPACKED, MOST_RATIO = 100 << 20, 100
MOST_ENTRIES, MOST_ROWS = 1_000, 200_000
MOST_ANSWER = 32 << 20  # bytes of it
MOST_CELLS, MOST_CHARACTERS = 2_000_000, 8 << 20  # of all sheets that are handed back
BROKEN = "#ERROR!"
HIDDEN = " [隐藏]"  # no sheet's own name has such brackets
ENDINGS = (".xlsx", ".xls", ".et", ".xlsb", ".ods", ".csv", ".txt")  # of the files that are read
NO_TABLES = {
    "pdf": re.compile(rb"\s*%PDF"),
    "xml": re.compile(
        rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?\s*(<\?mso-application[^>]*\?>|<!--.*?-->|\s)*<(\w+:)?Workbook\b", re.S
    ),
    "flat": re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?(<!--.*?-->|\s)*<(\w+:)?document\b", re.S),
    "html": re.compile(
        rb"(?is)(\xef\xbb\xbf|<!--.*?-->|<\?xml[^>]*\?>|\s)*(<(!doctype|html|head|meta|body|table|style)|mime-version:)"
    ),
    "other_xml": re.compile(rb"(\xef\xbb\xbf|\s)*<\?xml"),
    "document": re.compile(rb"\{\\rtf"),
    "picture": re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0\0\0\0|II\*\0|MM\0\*", re.DOTALL),
    "exchange": re.compile(rb"ID;P\w*(;\w)*\s*[\r\n]+[A-Z]{1,2};|TABLE\s*[\r\n]+0,1\s"),
    "old": re.compile(rb"\t\x00\x04\x00|\t[\x02\x04]\x06\x00"),  # Excel 2 to 4
    "archive": re.compile(rb"Rar!|7z\xbc\xaf|\x1f\x8b"),
}
DOCUMENT = "WordDocument".encode("utf-16-le")  # the part of an old text document
PROTECTED = "VelvetSweatshop"  # the password of a workbook that is protected against changes alone: programs try it
NO_ZIP = (zipfile.BadZipFile, OSError, KeyError, NotImplementedError, RuntimeError, EOFError)
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an .xls, or an .xlsx under a password


@dataclass
class ParsedFile:
    """By name the rows of the sheets, and the structure of those that have one; the sheet of a text has no name."""

    sheets: dict[str, TextRows]
    structures: dict[str, Structure] = field(default_factory=dict)


def read(content: bytes, *, separator: str = "") -> ParsedFile:
    """The visible sheets, then the hidden ones, their names ending with HIDDEN. Raises FileRefused."""
    if len(content) > MOST_BYTES:
        raise FileRefused("too_large")
    if content.startswith(OLE):
        return _bounded(_old_workbook(content))
    if content.startswith(b"PK"):
        return _bounded(_workbook(content))
    head = content[:1_000].decode("utf-16", "ignore").encode() if content[:2] in UTF_16 else content[:1_000]
    if reason := next((reason for reason, start in NO_TABLES.items() if start.match(head)), ""):
        raise FileRefused(reason)
    return _bounded(ParsedFile({"": _text(content, separator)}))


def _bounded(found: ParsedFile) -> ParsedFile:
    """The same, unless it is more than a table that people keep: what is handed back is read by the site's process."""
    cells = characters = 0
    for rows in found.sheets.values():
        for row in rows:
            cells, characters = cells + len(row), characters + sum(map(len, row))
            if cells > MOST_CELLS or characters > MOST_CHARACTERS:
                raise FileRefused("bomb")
    for each in found.structures.values():
        cells += len(each.merged) + len(each.hidden_rows) + len(each.hidden_columns)
        cells += len(each.broken) + len(each.blank) + len(each.struck) + len(each.struck_if) + len(each.padded)
        characters += sum(len(text) for _row, _column, text in each.comments) + sum(map(len, each.boxes))
    if cells > MOST_CELLS or characters > MOST_CHARACTERS:
        raise FileRefused("bomb")
    return found


def _workbook(content: bytes) -> ParsedFile:
    content = _with_slashes(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if reason := _of_another_kind([entry.filename for entry in entries]):
                raise FileRefused(reason)
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > MOST_ENTRIES
                or unpacked > MOST_UNPACKED
                or unpacked > MOST_RATIO * max(len(content), 10_000)
            ):
                raise FileRefused("bomb")
            for entry in entries:
                if entry.filename.endswith(".xml") and xlsx_sheet.last_row(archive.read(entry)) > MOST_ROWS:
                    raise FileRefused("too_many_rows")
            found = workbook_parts.structures_of(archive, content)
    except PasswordNeeded as error:
        raise FileRefused("locked") from error
    except TooManyRows as error:
        raise FileRefused("too_many_rows") from error
    except (*NO_ZIP, ElementTree.ParseError, Malformed) as error:
        raise FileRefused("malformed") from error
    return _sheets(content, found)


def _of_another_kind(names: list[str]) -> str:
    """Why an archive with these entries is no workbook that is read; empty where it may be one."""
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return "document"
    if any(name.endswith((".iwa", "Index.zip")) for name in names):
        return "numbers"
    if any(name.startswith("xl/macrosheets/") for name in names):
        return "macros"
    is_packed = any(name.lower().endswith(ENDINGS) for name in names) and "[Content_Types].xml" not in names
    return "archive" if is_packed and "mimetype" not in names else ""


def _old_workbook(content: bytes) -> ParsedFile:
    """An .xls or .et; under a password .xlsx and .xls look alike."""
    try:
        found = xls.of_xls(content)
    except PasswordNeeded as error:
        try:
            opened = unlock(content, PROTECTED)
        except FileRefused:
            raise FileRefused("locked") from error
        return _workbook(opened) if opened.startswith(b"PK") else _old_workbook(opened)
    except TooManyRows as error:
        raise FileRefused("too_many_rows") from error
    except Malformed as error:
        raise FileRefused("document" if DOCUMENT in content else "malformed") from error
    return _sheets(content, found)


def _sheets(content: bytes, structures: dict[str, Structure] | list[Structure]) -> ParsedFile:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        listed = workbook.sheets_metadata
        if isinstance(structures, list):
            structures = {sheet.name: each for sheet, each in zip(listed, structures, strict=True)}
        shown = {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in listed
            if sheet.typ == SheetTypeEnum.WorkSheet
        }
        found: dict[str, TextRows] = {}
        for name in sorted(shown, key=shown.__getitem__, reverse=True):
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_height > MOST_ROWS:
                raise FileRefused("too_many_rows")
            found[name] = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        for name, rows in found.items():
            if name in structures:
                _complete(rows, structures[name])
    except (CalamineError, ValueError, OSError, Malformed) as error:
        raise FileRefused("malformed") from error
    if not any(shown.values()):
        raise FileRefused("malformed")
    names = {name: name if shown[name] else f"{name}{HIDDEN}" for name in found}
    return ParsedFile(
        {names[name]: rows for name, rows in found.items()},
        {names[name]: each for name, each in structures.items() if name in names and each != Structure()},
    )


def _complete(rows: TextRows, structure: Structure) -> None:
    """Put what the library has read as empty into the rows, and leave in the structure what concerns them."""
    for row, column, text in structure.untyped:
        _put(rows, row, column, text)
    structure.untyped.clear()
    structure.padded = [each for each in structure.padded if _is_padded(rows, *each)]
    structure.clip(len(rows), max(map(len, rows), default=0))
    for row, column in structure.broken:  # empty, these would mean that somebody is still in office
        _put(rows, row, column, BROKEN)


def _is_padded(rows: TextRows, row: int, column: int, digits: int) -> bool:
    """Whether the number in the cell has fewer digits than are shown."""
    text = "".join(rows[row][column : column + 1]) if row < len(rows) else ""
    return text.isdecimal() and len(text) < digits


def _put(rows: TextRows, row: int, column: int, text: str) -> None:
    """Put the text into a cell that the library has read as empty."""
    rows += [[] for _missing in range(row + 1 - len(rows))] if row < MOST_ROWS else []
    if row < len(rows) and column < MOST_COLUMNS:
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = text if text == BROKEN else rows[row][column] or text


def _with_slashes(content: bytes) -> bytes:
    """The archive with / in the names of its entries, which some programs write with \\."""
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            # zipfile itself has turned \ into / in filename; orig_filename has the name in the file.
            entries = source.infolist()
            if not any("\\" in entry.orig_filename for entry in entries):
                return content
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED or len(entries) > MOST_ENTRIES:
                raise FileRefused("bomb")
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
                for entry in entries:
                    copy.writestr(entry.orig_filename.replace("\\", "/"), source.read(entry))
    except NO_ZIP as error:
        raise FileRefused("malformed") from error
    return target.getvalue()


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


def _text(content: bytes, separator: str) -> TextRows:
    rows = text_tables.rows_of(content, separator)
    if len(rows) > MOST_ROWS:
        raise FileRefused("too_many_rows")
    return rows


def unlock(content: bytes, password: str) -> bytes:
    """The workbook without its password. Raises FileRefused."""
    import msoffcrypto

    target = io.BytesIO()
    try:
        locked = msoffcrypto.OfficeFile(io.BytesIO(content))
        locked.load_key(password=password, **({"verify_password": True} if locked.format == "ooxml" else {}))
        locked.decrypt(target)
    except msoffcrypto.exceptions.InvalidKeyError as error:
        raise FileRefused("password") from error
    except (msoffcrypto.exceptions.FileFormatError, ValueError, OSError, KeyError, AssertionError) as error:
        raise FileRefused("cannot_unlock") from error
    except msoffcrypto.exceptions.DecryptionError as error:
        raise FileRefused("password") from error
    return target.getvalue()


def main(arguments: list[str]) -> None:
    child.limit(memory=MEMORY, seconds=SECONDS)
    if arguments == ["--unlock"]:
        return _main_unlock()
    try:
        found = read(sys.stdin.buffer.read(MOST_BYTES + 1), separator="".join(arguments[:1]))
        structures = {name: each.stored() for name, each in found.structures.items()}
        answer: dict[str, object] = {"sheets": found.sheets, "structures": structures}
    except FileRefused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "bomb"}
    sys.stdout.buffer.write(to_json(answer))
    return None


def to_json(answer: dict[str, object]) -> bytes:
    """The answer as it is handed back; a refusal where it is more than MOST_ANSWER."""
    written = json.dumps(answer, ensure_ascii=False).encode()
    return written if len(written) <= MOST_ANSWER else b'{"refused": "bomb"}'


def _main_unlock() -> None:
    """Of standard input the first line is the password; the answer is {} and the file, or {"refused": reason}."""
    password = json.loads(sys.stdin.buffer.readline())
    try:
        content = unlock(sys.stdin.buffer.read(MOST_BYTES + 1), password)
        sys.stdout.buffer.write(b"{}\n" + content)
    except FileRefused as refusal:
        sys.stdout.buffer.write(json.dumps({"refused": str(refusal)}).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
