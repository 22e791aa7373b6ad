"""What a user has chosen of a file: its sheet, its row of titles, and which columns the titles are that are not known.

The titles are proposed, chosen on the page, and remembered per area.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from jygroups.lib import cells, id_numbers
from jygroups.lib.spreadsheets import headers
from jygroups.lib.spreadsheets.file_sheets import SAMPLE_LENGTH, FileSheet, opened
from jygroups.lib.spreadsheets.file_tables import (
    HEADER,
    LEAVE,
    LEFT_TITLES,
    LOAD,
    OTHER,
    PLACES,
    REMARK,
    ROWS,
    SHEET,
    STRUCK,
    FileTable,
    Shape,
    Unclear,
)
from registry.imports.findings import Finding, causes
from registry.imports.title_findings import texts_of, unread_days
from registry.imports.titles import is_left_out
from registry.models import ImportRun, ImportState, User

MOST_NAMED = 20  # rows
MOST_SHEETS = 12  # of which the first rows are shown
NEWEST = 20  # files whose choices are remembered
ASIDE = "aside"  # of a row that is left out since it has problems, and stays refused
LEAST_ALIKE = 0.5  # of a title and a column's word, for a proposal
YES_OR_NO = re.compile("是|否|有|无|没有|不是|[√×✓✗yn]|yes|no", re.IGNORECASE)
CELL_SHAPES = {  # of the texts of a column; long numbers may be masked
    "身份证号": re.compile(r"[\d*]{15}|[\d*]{17}[\dXx]"),
    "银行账号": re.compile(r"[\d*]{12,23}"),
    "联系电话": re.compile(r"1\d{10}|\d{7,8}|0\d{9,11}"),
}
SAMPLES = 3  # cells shown of a column
Samples = Mapping[str, Sequence[str]]  # by title cells of its column


def unread(table: FileTable, asked: Sequence[str] = ()) -> dict[str, list[str]]:
    """The columns that the table has no title of, its titles that are no column's, and of these the ones of days.

    Nothing where no title can be chosen for anything; no title that is left out, unless it is of days.
    """
    words = table.shape.words if table.shape else {}
    columns = [column for column in words if column not in table.titles]
    days = [each.column for each in unread_days(table, asked)]
    left = table.chosen.get(LEFT_TITLES) or ()
    own = [title for title in table.unknown if is_left_out(title, texts_of(table, title))]
    titles = [title for title in table.unknown if title in days or title not in (*left, *own)]
    return {"columns": columns, "titles": titles, "days": days} if titles and (columns or days) else {}


def remembered(kind: str, user: User) -> dict[str, Any]:
    """What was chosen for the newest files of this kind that were loaded in the user's area.

    A sheet, a row of titles, days that are no end of office, and rows are asked about again for each file.
    """
    runs = ImportRun.objects.visible_to(user).filter(kind=kind, state=ImportState.LOADED).exclude(chosen={})
    chosen: dict[str, Any] = {}
    for each in reversed(runs.order_by("-pk").values_list("chosen", flat=True)[:NEWEST]):
        chosen = joined(chosen, each)
    return {key: each for key, each in chosen.items() if each and key not in PLACES}  # empty: it was cleared


def first_read(
    content: bytes, shape: Shape, memory: Mapping[str, Any]
) -> tuple[FileTable | None, dict[str, Any], Unclear | None]:
    """The file's table with what of the memory decided about it; else why it is unclear. Raises Unreadable."""
    try:
        table = FileTable.read(content, shape=shape, chosen=memory)
    except Unclear as error:
        if not (error.titles or error.sheets):
            raise
        return None, {column: title for column, title in memory.items() if title in error.titles}, error
    return table, table.applied, None


def joined(earlier: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Both choices, each title for what was chosen last."""
    both = {key: each for key, each in earlier.items() if each not in chosen.values()} | {**chosen}
    for key in {OTHER, LEFT_TITLES} & both.keys():
        is_cleared = key in chosen and not chosen[key]
        titles = [] if is_cleared else dict.fromkeys([*(earlier.get(key) or ()), *(chosen.get(key) or ())])
        both[key] = [title for title in titles if title not in chosen.values()]
    if SHEET in chosen or HEADER in chosen:
        both.pop(ROWS, None)  # of another table
    elif chosen.get(ROWS):
        both[ROWS] = {**(earlier.get(ROWS) or {}), **chosen[ROWS]}
    return both


def choose(run: ImportRun, chosen: Mapping[str, Any]) -> None:
    """Add what was chosen; corrections are of the rows of one table."""
    run.chosen = joined(run.chosen, chosen)
    if SHEET in chosen or HEADER in chosen:
        run.corrections = b""


def sheets_of(run: ImportRun, shape: Shape) -> list[FileSheet]:
    """The file's sheets, for a user to find the table on them."""
    found = []
    for name, sheet in [*opened(bytes(run.file)).items()][:MOST_SHEETS]:
        header = run.chosen.get(HEADER) or None
        head = headers.find(sheet.rows, shape.words, header if header and header <= len(sheet.rows) else None)
        head = head or headers.by_shape(sheet.rows, shape.words)
        found.append(FileSheet(sheet.rows, head or headers.untitled(sheet.rows), name))
    return found


def aside(chosen: Mapping[str, Any]) -> list[int]:
    """The numbers of the rows that are left out since they have problems; they stay refused."""
    return [int(row) for row, decided in (chosen.get(ROWS) or {}).items() if ASIDE in decided.split()]


def in_words(chosen: Mapping[str, Any]) -> dict[str, str]:
    """By key of the choice its sentence."""
    words = {
        SHEET: _("The table is on sheet %(given)s"),
        HEADER: _("The titles are in row %(given)s"),
        OTHER: _("%(given)s is something else: not an end of office"),
        LEFT_TITLES: _("%(given)s is left out"),
    }
    found: dict[str, str] = {}
    for key, given in chosen.items():
        if key == ROWS:
            found |= {ROWS: _("; ").join(_rows_in_words(given or {}))} if given else {}
            continue
        text = words.get(key, _("%(given)s is %(column)s"))
        given = _(", ").join(given) if key in (OTHER, LEFT_TITLES) else given
        if given:
            found[key] = text % {"given": given, "column": key}
    return found


def _rows_in_words(given: Mapping[str, str]) -> Iterator[str]:
    texts = {
        ASIDE: _("not loaded since they have problems: rows %(rows)s"),
        LEAVE: _("left out: rows %(rows)s"),
        LOAD: _("loaded although they are struck through: rows %(rows)s"),
        REMARK: _("their text is a plain remark: rows %(rows)s"),
    }
    for decision, text in texts.items():
        if rows := sorted(int(row) for row, each in given.items() if row != STRUCK and decision in _decided(each)):
            shown = _(", ").join([*map(str, rows[:MOST_NAMED]), *["…"][: len(rows) > MOST_NAMED]])
            yield text % {"rows": shown}
    if given.get(STRUCK) == LEAVE:
        yield _("all rows that are struck through are left out")
    elif given.get(STRUCK) == LOAD:
        yield _("all rows that are struck through are loaded")


def _decided(text: str) -> set[str]:
    words = {*text.split()}
    return words - {LEAVE} if ASIDE in words else words


def proposals(
    unread: Mapping[str, Sequence[str]], words: Mapping[str, Sequence[str]], samples: Samples
) -> dict[str, str]:
    """By title the column that it most resembles and that its cells do not contradict; each column at most once."""
    found = [
        (_likeness(title, words[column]), title, column)
        for title in unread.get("titles", [])
        for column in unread.get("columns", [])
        if _may_be(title, words[column], samples.get(title, ()))
    ]
    proposed: dict[str, str] = {}
    for likeness, title, column in sorted(found, reverse=True):
        if likeness >= LEAST_ALIKE and title not in proposed and column not in proposed.values():
            proposed[title] = column
    return proposed


def _may_be(title: str, words: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether the cells do not contradict it: 是 and 否 answer a question, and a column of days has one.

    Words for the two ends of a time are alike, so for days it takes one of the column's words, not a likeness.
    """
    is_question = title.startswith("是否") or (bool(texts) and all(map(YES_OR_NO.fullmatch, map(cells.plain, texts))))
    if is_question and not any(word.startswith("是否") for word in words):
        return False
    if words[0].endswith("日期"):
        return any(word in title for word in words) and (not texts or any(map(cells.day, texts)))
    if not texts:
        return True
    if all(map(cells.day, texts)):
        return False
    shape = CELL_SHAPES.get(words[0])
    return shape is None or any(shape.fullmatch(cells.number(cells.phone(text))) for text in texts)


def _likeness(title: str, words: Sequence[str]) -> float:
    return max(
        1.0 if word in title else difflib.SequenceMatcher(None, title, word).ratio() for word in words if len(word) > 1
    )


def samples(unread: Mapping[str, Sequence[str]], sheets: Sequence[FileSheet]) -> Samples:
    """By title that is not known a few different cells of its column, long numbers masked."""
    titles = unread.get("titles", [])
    texts = next((sheet.texts for sheet in sheets if {*titles} <= {*sheet.texts}), {})
    few = {title: [*dict.fromkeys(filter(None, texts.get(title, ())))][:SAMPLES] for title in titles}
    return {title: [id_numbers.masked_within(text)[:SAMPLE_LENGTH] for text in few[title]] for title in titles}


def show_unclear(run: ImportRun, error: Unclear) -> None:
    """Keep what has to be chosen before the file can be read."""
    run.state, run.account = ImportState.REFUSED, ""
    run.findings = [cause.stored() for cause in causes([Finding(None, "", "", str(error))])]
    run.unread = {"columns": error.columns, "titles": error.titles, "sheets": error.sheets}
    run.new = run.changed = run.unchanged = run.wrong = run.warned = 0
    run.save()
