"""Spreadsheets from others: reading files that may be malformed or hostile."""

import io
import json
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from signal import SIGKILL, SIGXCPU

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import child
from jygroups.lib.spreadsheets import parser, structures
from jygroups.lib.spreadsheets.structures import Structure

NO_MEMORY = b"memory allocation of"  # what the parser writes when it is ended for want of memory
MOST_SHARED = 50_000  # texts of a sheet that are looked up
REASONS = {
    "too_large": gettext_lazy("The file is larger than 20 MB. Split it, or take out pictures and other sheets."),
    "locked": gettext_lazy("The file has a password: type it with the file, or save the file without one."),
    "password": gettext_lazy("This is not the password of the file."),
    "cannot_unlock": gettext_lazy(
        "The password of this kind of file cannot be used here. Open the file in a spreadsheet and save it without one."
    ),
    "bomb": gettext_lazy("The workbook unpacks to more than a roster could hold. Copy the rows into a new workbook."),
    "too_many_rows": gettext_lazy(
        "The sheet declares more than 200,000 rows. Delete the empty rows below the data and save it again."
    ),
    "malformed": gettext_lazy(
        "The file is none of .xlsx, .xls, .et, .xlsb, .ods, .csv and .txt, or it is damaged. Open it in a spreadsheet "
        "and save it again."
    ),
    "pdf": gettext_lazy("This is a PDF: pages to print, not a table. Ask the sender for the Excel or text file."),
    "html": gettext_lazy(
        "This is a web page, whatever its name ends with. Open it in a spreadsheet and save it as .xlsx, or ask the "
        "sender for the Excel or text file."
    ),
    "xml": gettext_lazy(
        "This is an XML table, whatever its name ends with. Open it in a spreadsheet and save it as .xlsx, or ask the "
        "sender for the Excel or text file."
    ),
    "flat": gettext_lazy(
        "This is a flat OpenDocument file (.fods), one XML text. Open it in a spreadsheet and save it as .xlsx or .ods."
    ),
    "other_xml": gettext_lazy("This is an XML file, not a table. Ask the sender for the Excel or text file."),
    "document": gettext_lazy(
        "This is a text document or a presentation, not a workbook. Copy its table into a spreadsheet and save that as "
        ".xlsx."
    ),
    "picture": gettext_lazy("This is a picture, not a table. Ask the sender for the Excel or text file."),
    "exchange": gettext_lazy(
        "This is a SYLK or DIF file, an old text form of a spreadsheet, whatever its name ends with. Open it in a "
        "spreadsheet and save it as .xlsx."
    ),
    "old": gettext_lazy(
        "This is a workbook of Excel 4 or an earlier version. Open it in a spreadsheet and save it as .xlsx."
    ),
    "numbers": gettext_lazy("This is a file of Apple Numbers. Export it from there as Excel (.xlsx)."),
    "macros": gettext_lazy(
        "The workbook has macro sheets of Excel 4, which are not read. Save it as .xlsx, which leaves them out."
    ),
    "archive": gettext_lazy("This is a packed archive. Unpack it first, and hand in the Excel or text file inside."),
    "encoding": gettext_lazy("The text is neither UTF-8 nor GB18030. Save the file as «CSV UTF-8»."),
    "big5": gettext_lazy("The text is in Big5, with traditional characters. Save the file as «CSV UTF-8»."),
}


class Unreadable(Exception):
    """A file that cannot be taken, with the words for its user."""

    is_locked = False  # it has a password, and that is missing or wrong


class Locked(Unreadable):
    is_locked = True


@dataclass(frozen=True)
class ReadSheet:
    rows: structures.TextRows
    structure: Structure = field(default_factory=Structure)


def read_sheets(source: Path | bytes, *, separator: str = "") -> dict[str, ReadSheet]:
    """By name each sheet, every cell as text; the names of hidden ones end with parser.HIDDEN, that of a csv is "".

    Without a separator the text's own is found. Raises Unreadable.
    """
    found = _parsed(source, separator)
    return {name: ReadSheet(rows, found.structures.get(name, Structure())) for name, rows in found.sheets.items()}


def _parsed(source: Path | bytes, separator: str) -> parser.ParsedFile:
    """What the parser finds in the file.

    It runs in a process of its own: whatever the file does to it, this one goes on. An upload (bytes) goes to it
    without touching the disk.
    """
    if isinstance(source, Path):
        if not source.is_file():
            raise Unreadable(_("There is no file %(path)s.") % {"path": source})
        with source.open("rb") as file:
            source = file.read(parser.MOST_BYTES + 1)
    answer = json.loads(_answer(source, separator))
    if reason := answer.get("refused"):
        raise (Locked if reason == "locked" else Unreadable)(REASONS[reason])
    structures = {name: Structure.of(stored) for name, stored in answer["structures"].items()}
    return parser.ParsedFile({name: _shared(rows) for name, rows in answer["sheets"].items()}, structures)


def _shared(rows: structures.TextRows) -> structures.TextRows:
    """The rows, their equal texts kept once: most cells of a table repeat."""
    known: dict[str, str] = {}
    for row in rows:
        for place, cell in enumerate(row):
            row[place] = known.setdefault(cell, cell) if len(known) < MOST_SHARED else known.get(cell, cell)
    return rows


def unlocked(content: bytes, password: str) -> bytes:
    """The workbook without its password. Raises Unreadable."""
    given = json.dumps(password).encode() + b"\n" + content
    status, _end, unlocked = _run(given, "--unlock").partition(b"\n")  # not cached: it has the password
    if reason := json.loads(status).get("refused"):
        raise (Locked if reason == "password" else Unreadable)(REASONS[reason])
    return unlocked


@lru_cache(maxsize=2)
def _answer(content: bytes, separator: str) -> bytes:
    """What the parser prints; the last files are cached, as taking one in reads it several times. Raises Unreadable."""
    return _run(content, separator)


def forget() -> None:
    """Free what is cached of the last files: they need not be read again."""
    _answer.cache_clear()


def _run(content: bytes, argument: str) -> bytes:
    """What the parser prints. Raises Unreadable."""
    try:
        return child.run(parser.__name__, argument, content=content, seconds=parser.SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(REASONS["bomb"]) from error
    except subprocess.CalledProcessError as error:
        is_limit = error.returncode in (-SIGKILL, -SIGXCPU) or NO_MEMORY in error.stderr
        raise Unreadable(REASONS["bomb" if is_limit else "malformed"]) from error


def locked(content: bytes, password: str) -> bytes:
    """The workbook under a password, as office suites lock one; other bytes each time."""
    from msoffcrypto.format.ooxml import OOXMLFile  # takes a tenth of a second to load

    target = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, target)
    return target.getvalue()
