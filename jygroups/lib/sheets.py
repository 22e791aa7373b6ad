"""Spreadsheets in and out: reading what nobody vouches for, writing cells that stay what they are."""

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import reader
from jygroups.lib.sheet_xml import Structure

UNSEEN_IN_FRONT = re.compile(r"^[\s\x00-\x1f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+")
PROJECT = Path(__file__).resolve().parents[2]

REASONS = {
    "too_large": gettext_lazy("The file is larger than 20 MB. Split it, or take out pictures and other sheets."),
    "locked": gettext_lazy("The file has a password. Save it without one and load that."),
    "password": gettext_lazy("This is not the password of the file."),
    "bomb": gettext_lazy("The workbook unpacks to more than a roster could hold. Copy the rows into a new workbook."),
    "too_many_rows": gettext_lazy(
        "The sheet declares more than 200,000 rows. Delete the empty rows below the data and save it again."
    ),
    "malformed": gettext_lazy(
        "The file is no .xlsx or .csv, or it is damaged. Open it in a spreadsheet and save it again."
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
    "picture": gettext_lazy("This is a picture, not a table. Ask the sender for the Excel or text file."),
    "archive": gettext_lazy("This is a packed archive. Unpack it first, and hand in the Excel or text file inside."),
    "encoding": gettext_lazy("The text is neither UTF-8 nor GB18030. Save the file as «CSV UTF-8»."),
    "big5": gettext_lazy("The text is in Big5, with traditional characters. Save the file as «CSV UTF-8»."),
}


class Unreadable(Exception):
    """A file that cannot be taken, with the words for its user."""

    is_locked = False  # it has a password, and that is missing or wrong


class Locked(Unreadable):
    is_locked = True


def read(source: Path | bytes) -> tuple[reader.Rows, dict[str, reader.Rows]]:
    """The rows of the first visible sheet, or of a csv, every cell as text; and the first rows of other sheets.

    Raises Unreadable.
    """
    first, *others = _parsed(source).sheets.items()
    return first[1], dict(others)


def read_all(source: Path | bytes, *, separator: str = "", hidden: bool = False) -> dict[str, reader.Rows]:
    """By name the rows of each visible sheet, every cell as text; those of a csv under "". Raises Unreadable.

    Without a separator the text's own is found. With `hidden` the hidden sheets too, their names ending with
    reader.HIDDEN.
    """
    found = _parsed(source, "--all", separator).sheets
    return {name: rows for name, rows in found.items() if hidden or not name.endswith(reader.HIDDEN)}


@dataclass(frozen=True)
class Sheet:
    rows: reader.Rows
    structure: Structure


def read_sheets(source: Path | bytes) -> dict[str, Sheet]:
    """By name each sheet with its structure; the names of hidden ones end with reader.HIDDEN. Raises Unreadable."""
    found = _parsed(source, "--all", "")
    return {name: Sheet(rows, found.structures.get(name, Structure())) for name, rows in found.sheets.items()}


def _parsed(source: Path | bytes, *arguments: str) -> reader.Found:
    """What the parser finds in the file.

    It runs in a process of its own: whatever the file does to it, this one goes on. An upload (bytes) goes to it
    without touching the disk.
    """
    if isinstance(source, Path):
        if not source.is_file():
            raise Unreadable(_("There is no file %(path)s.") % {"path": source})
        with source.open("rb") as file:
            source = file.read(reader.MOST_BYTES + 1)
    answer = json.loads(_answer(source, arguments))
    if reason := answer.get("refused"):
        raise (Locked if reason == "locked" else Unreadable)(REASONS[reason])
    structures = {name: Structure.of(stored) for name, stored in answer["structures"].items()}
    return reader.Found(answer["sheets"], structures)


def unlocked(content: bytes, password: str) -> bytes:
    """The workbook without its password. Raises Unreadable."""
    said, _end, unlocked = _answer(json.dumps(password).encode() + b"\n" + content, ("--unlock",)).partition(b"\n")
    if reason := json.loads(said).get("refused"):
        raise (Locked if reason == "password" else Unreadable)(REASONS[reason])
    return unlocked


@lru_cache(maxsize=2)
def _answer(content: bytes, arguments: tuple[str, ...]) -> bytes:
    """What the parser prints; the last files are kept, as taking one in reads it several times. Raises Unreadable."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", reader.__name__, *arguments],
            cwd=PROJECT,
            input=content,
            capture_output=True,
            timeout=reader.SECONDS + 10,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(REASONS["bomb"]) from error
    except subprocess.CalledProcessError as error:
        raise Unreadable(REASONS["malformed"]) from error
    return child.stdout


def safe_workbook(target) -> xlsxwriter.Workbook:
    """A workbook that takes every text for text: no formula, link or number is made of it.

    It is put together in memory: what it holds goes through no other file.
    """
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(target, {**as_text, "in_memory": True})


def locked(content: bytes, password: str) -> bytes:
    """The workbook under a password, as office suites lock one; other bytes each time."""
    from msoffcrypto.format.ooxml import OOXMLFile  # takes a tenth of a second to load

    target = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, target)
    return target.getvalue()


def fit_columns(sheet, rows: Iterable[Sequence[object]], widest: int = 60) -> None:
    """Make each column as wide as its longest text; a Chinese character is as wide as two others."""
    widths: dict[int, int] = {}
    for row in rows:
        for place, value in enumerate(row):
            width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in str(value))
            widths[place] = max(widths.get(place, 0), width)
    for place, width in widths.items():
        sheet.set_column(place, place, min(width, widest) + 2)


def safe_text(value: object) -> object:
    """The value as a csv cell that no spreadsheet takes for a formula; numbers stay as they are.

    Spreadsheets pass by blanks, line breaks and unseen characters in front, and some take full-width signs too.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    shown = unicodedata.normalize("NFKC", UNSEEN_IN_FRONT.sub("", text)[:1])
    if text[:1] in ("\t", "\r") or shown in ("=", "+", "-", "@"):
        try:
            float(text)
        except ValueError:
            return f"'{text}"
    return text


class CSV:
    """UTF-8 with its mark, as spreadsheets expect it; no cell is a formula."""

    CONTENT_TYPE = "text/csv"

    def export_data(self, dataset, **kwargs) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(dataset.headers)
        writer.writerows([safe_text(cell) for cell in row] for row in dataset)
        return text.getvalue().encode("utf-8-sig")


class XLSX:
    """A plain list: bold header, frozen, texts as texts."""

    CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def export_data(self, dataset, **kwargs) -> bytes:
        target = io.BytesIO()
        with safe_workbook(target) as workbook:
            sheet = workbook.add_worksheet()
            sheet.write_row(0, 0, dataset.headers, workbook.add_format({"bold": True, "bottom": 1}))
            for number, row in enumerate(dataset, 1):
                sheet.write_row(number, 0, row)
            sheet.freeze_panes(1, 0)
            fit_columns(sheet, [dataset.headers, *dataset])
        return target.getvalue()
