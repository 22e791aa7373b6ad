"""Lists as files for others, csv and workbooks: rows go out one by one, and no program takes a text for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from jygroups.lib.spreadsheets.workbooks import Book, Column, SheetWriter

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "csv": "text/csv",
    "txt": "text/plain",
    "zip": "application/zip",
    "json": "application/json",
}
# Spreadsheets pass by blanks, line breaks and unseen characters in front of a sign, and some take its other forms.
UNSEEN = r"\s\x00-\x1f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff"
FRONT = f'["{UNSEEN}]*'
SIGNS = "=+@＝＋＠﹦﹢﹫⁼⁺₌₊﬩\\-－﹣"
FORMULA = re.compile(rf"{FRONT}[{SIGNS}]|[\t\r]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# In a csv, with a comma for each line break too: where a cell may be a formula. Without one no cell needs a check. Only
# a cell without quotation marks ends at the next comma, and may be a number.
SUSPECT = re.compile(rf',(?=\W)(?:"?\t|"\r|[{UNSEEN}]*+(?:(?!{NUMBER.pattern}[,\r])[{SIGNS}]|"{FRONT}+[{SIGNS}]))')
TOGETHER = 200  # rows of a csv that are checked together


def safe_text(value: object) -> object:
    """The value as a csv cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def as_csv(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with its mark, as spreadsheets expect it; no cell is a formula."""
    target = io.BytesIO()
    target.write("\ufeff".encode())
    rest: Iterator[Sequence[object]] = iter(rows)
    part: Iterable[Sequence[object]] = [titles]
    while part:
        text = _csv(part)
        if "\0" in text or SUSPECT.search("," + text.replace("\n", ",")):
            text = _csv([safe_text(cell) for cell in row] for row in part)
        target.write(text.encode())
        part = list(islice(rest, TOGETHER))
    return target.getvalue()


def records_as_csv(columns: Sequence[Column], records: Iterable[object]) -> bytes:
    getters = [column.getter for column in columns]
    return as_csv([column.title for column in columns], ([get(record) for get in getters] for record in records))


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def as_workbook(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A plain list: bold header, frozen, on every page."""
    with Book(font={}) as book:
        sheet = SheetWriter(book, "", [Column(title, style="plain") for title in titles])
        sheet.titles("titles")
        for row in rows:
            sheet.add(row)
        sheet.worksheet.freeze_panes(1, 0)
        sheet.on_paper(0, 0)
    return book.content


FORMATS = {"xlsx": as_workbook, "csv": as_csv}  # of a list
