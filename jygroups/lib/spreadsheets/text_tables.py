"""Rows of a text: a csv, a txt, or what a spreadsheet puts on the clipboard."""

import csv
import io
import re
from collections import Counter

from jygroups.lib.spreadsheets.errors import FileRefused
from jygroups.lib.spreadsheets.structures import TextRows

UTF_16 = b"\xff\xfe", b"\xfe\xff"  # the marks of it
SEPARATORS = ",\t;|~^"
LINE_END = re.compile(r"\r\n|\r|\n")  # no other character ends a line of a table
SAMPLE = 50  # lines by which the separator is known
SIMPLIFIED, TRADITIONAL = (
    re.compile("姓名|身份证|社区|金额|户名|账号|小组"),
    re.compile("姓名|身分證|身份證|社區|金額|戶名|帳號"),
)
CELL = r'(?:^|(?<=%(separator)s))("(?:[^"]|"")*"(?=%(separator)s|$)|[^%(separator)s]*)'
PASTED = re.compile(r'(?P<cell>"(?:[^"\t]|"")*"(?=[\t\r\n]|\Z)|[^\t\r\n]*)(?P<end>\t|\r\n|\r|\n|\Z)')


def rows_of(content: bytes, separator: str) -> TextRows:
    """The rows of a text; without a separator that is given, by its own. Raises FileRefused."""
    text = _decoded(content)
    if "\0" in text:
        raise FileRefused("malformed")
    return _divided(text, separator or _separator(text))


def _decoded(content: bytes) -> str:
    if content[:2] in UTF_16:
        encodings = ["utf-16"]
    elif content[1:400:2].count(0) > 20 or content[:400:2].count(0) > 20:  # UTF-16 without its mark
        encodings = ["utf-16-le" if content[1:400:2].count(0) > content[:400:2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileRefused("malformed" if b"\0" in content and encoding == "gb18030" else "encoding")
    # Most of Big5 can be decoded as GB18030 too, to other characters.
    if encoding == "gb18030" and not SIMPLIFIED.search(text) and TRADITIONAL.search(content.decode("big5", "replace")):
        raise FileRefused("big5")
    return text


def _divided(text: str, separator: str) -> TextRows:
    lines = LINE_END.split(text)
    lines = lines if lines[-1] else lines[:-1]
    if len(separator) > 1:
        return [line.split(separator) for line in lines]
    if separator == " " and sum("  " in line.strip() for line in lines) * 2 > len(lines):  # columns one below the other
        return [line.split() for line in lines]
    if separator == "\t":
        return pasted_rows(text)
    # A quotation mark that no other closes in its cell is a character like any other.
    return _quoted(text, separator) or [
        [_unquoted(cell) for cell in re.findall(CELL % {"separator": re.escape(separator)}, line)] for line in lines
    ]


def _quoted(text: str, separator: str) -> TextRows:
    """The rows where every quotation mark is one of a pair around a cell; empty where one is text."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator))
    except csv.Error:
        return []
    swallowed = any(_swallows(cell, separator, len(row)) for row in rows for cell in row if "\n" in cell)
    return [] if swallowed else rows


def pasted_rows(text: str) -> TextRows:
    """Rows with tabs between their cells, as spreadsheets put them on the clipboard.

    Where a quotation mark is text, a cell is in quotation marks only if the mark that opens it is closed before a tab
    or the end of a line, without a tab between them; any other mark is a character of the cell.
    """
    rows = _quoted(text, "\t")
    if rows and not any("\t" in cell and "\n" in cell for row in rows for cell in row):
        return [row or [""] for row in rows]
    rows = [[]]
    for found in PASTED.finditer(text):
        rows[-1].append(_unquoted(found["cell"]))
        if found["end"] == "":
            break
        if found["end"] != "\t":
            rows.append([])
    return rows if rows[-1] != [""] else rows[:-1]


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if re.fullmatch(r'"(?:[^"]|"")*"', cell, re.DOTALL) else cell


def _swallows(cell: str, separator: str, width: int) -> bool:
    """Whether a cell of several lines holds whole rows, since it begins with a quotation mark that is text."""
    return any(line.count(separator) >= max(2, (width - 1) // 2) for line in LINE_END.split(cell))


def _separator(text: str) -> str:
    """Whichever gives most lines the same number of cells; among equals the one that gives most cells."""
    lines = LINE_END.split(text, SAMPLE)[:SAMPLE]

    def alike(separator: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(SEPARATORS, key=alike)
