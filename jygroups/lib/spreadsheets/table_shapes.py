"""Kinds of tables, how each is known, and what its user is asked where a file has none that is clear."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jygroups.lib import cells
from jygroups.lib.spreadsheets import headers, row_kinds, row_texts
from jygroups.lib.spreadsheets.parser import HIDDEN
from jygroups.lib.spreadsheets.sandbox import Unreadable
from jygroups.lib.spreadsheets.structures import TextRows

NOTES = (row_kinds.Reason.HEADING, row_kinds.Reason.FOOTER, row_kinds.Reason.PREFILLED)
SENTENCES = re.compile("[,;。\n]")
# A heading of people who have left office, and of nobody else.
LEAVERS = re.compile(
    r"(\(?[一二三四五六七八九十\d]+\)?[、.]?)?(?!.*(在任|现任|[含及和与、:无未非请填]|没有)).{0,20}"
    r"(?P<word>离任|离职|离岗|卸任|免职|辞职|退出|调离|停发|死亡|去世|病故)的?(居民)?(小组|居委会)?"
    r"((人员|名单|名册|花名册|成员|组长|\().{0,20})?"
)
REMAINING = re.compile("在任|现任|在岗|新任|当选")  # in a heading of others


@dataclass(frozen=True)
class Shape:
    """How a kind of table is known."""

    marks: tuple[str, ...]  # the columns that its header must have
    words: Mapping[str, Sequence[str]]  # the titles of each column, the column's own name first
    persons: tuple[str, ...]  # the columns that name the subject of a row
    down: tuple[str, ...] = ()  # columns in which a merged cell is meant for each of its rows
    remarks: tuple[str, ...] = ()  # columns that alone make no row count
    days: tuple[str, ...] = ()  # columns of days
    number: str = ""  # the column of ID numbers


class Unclear(Unreadable):
    """A file whose user has to choose where its table is or what its titles mean.

    `titles` are the unknown ones of the likeliest header, `columns` those it lacks, `sheets` those that may be meant.
    """

    def __init__(
        self, message: str, titles: Sequence[str] = (), columns: Sequence[str] = (), sheets: Sequence[str] = ()
    ):
        super().__init__(message)
        self.titles, self.columns, self.sheets = list(titles), list(columns), list(sheets)


@dataclass(frozen=True)
class Warned:
    """What is to be checked in the file; `row` is None for the file as a whole."""

    row: int | None
    column: str
    message: str
    value: str = ""


def no_table(tables: Mapping[str, TextRows], shape: Shape, header: int | None, names: Sequence[str]) -> Unclear:
    """Why no table was found, with the titles of the row that looks most like a header, or of the chosen one."""
    marks = {"titles": " · ".join(shape.marks), "count": headers.HEADER_WITHIN}
    for rows in tables.values():
        if header and header > len(rows):
            continue
        titles = headers.find(rows, shape.words, header) or headers.by_shape(rows, shape.words)
        if titles:
            own = [name for name in titles.names if not name.startswith("#")]
            known = {word for words in shape.words.values() for word in words}
            unknown = [name for name in own if not any(titles.fits(name, word) for word in known)]
            message = _(
                "The column titles in row %(row)s lack %(titles)s. Not known are: %(unknown)s. Choose what they are, "
                "or rename them in the file."
            )
            missing = [mark for mark in shape.marks if not any(map(titles.has, shape.words[mark]))]
            words = {"row": titles.number, "titles": " · ".join(missing or shape.marks), "unknown": " · ".join(unknown)}
            columns = [column for column, known in shape.words.items() if not any(map(titles.has, known))]
            may_be_elsewhere = unknown or header or len(names) > 1
            return Unclear(message % words, unknown, columns, names if may_be_elsewhere else ())
    if header:
        return Unclear(_("The file has no row %(row)s.") % {"row": header}, sheets=names)
    if any(_is_undivided(rows, shape) for rows in tables.values()):
        message = _(
            "Each row of the file stands in one cell: divide the text into columns, with a comma or tab between cells."
        )
        return Unclear(message)
    are_rows = any(headers.may_be_titles(row) for rows in tables.values() for row in rows[: headers.HEADER_WITHIN])
    message = _("None of the first %(count)s rows holds the column titles %(titles)s.") % marks
    return Unclear(message, sheets=names if are_rows else ())


def _is_undivided(rows: TextRows, shape: Shape) -> bool:
    """Whether titles and people stand there, each row in one cell."""
    texts = ["".join(row) for row in rows if sum(map(bool, row)) == 1]
    has_titles = any(all(mark in text for mark in shape.marks) for text in texts[: headers.HEADER_WITHIN])
    return has_titles and any(map(row_texts.ID_NUMBER.search, texts))


def not_read(
    sheets: Mapping[str, TextRows], people: Mapping[str, int], hidden: Sequence[str], shape: Shape
) -> Iterator[str]:
    """What the other sheets have of such a table: the hidden ones with one, and all without one that may be known.

    `people` are the numbers of rows with ID numbers on sheets without column titles.
    """
    for name in hidden:
        yield _("the hidden sheet %(name)s holds such a table too and is not read") % {"name": name}
    for name, rows in sheets.items():
        words: dict[str, object] = {"name": name.removesuffix(HIDDEN)}
        if missing := _missing_marks(rows, shape):
            message = _("the sheet %(name)s has columns of such a table, but not %(titles)s, and is not read")
            yield message % (words | {"titles": " · ".join(missing)})
        if count := people.get(name):
            message = _("the sheet %(name)s has %(count)s rows with ID numbers, but no column titles, and is not read")
            yield message % (words | {"count": count})


def _missing_marks(rows: TextRows, shape: Shape) -> list[str]:
    """The marks that lack where rows stand below a title of who they are about and one of what is to be read."""
    titles = headers.find(rows, shape.words)
    if titles is None or not any(any(row) for row in rows[titles.last + 1 :]):
        return []
    known = {column for column, words in shape.words.items() if any(map(titles.has, words))}
    is_table = len(known) >= headers.LEAST_COLUMNS and not known.isdisjoint(shape.persons)
    return [mark for mark in shape.marks if mark not in known] if is_table else []


def untitled_people(rows: TextRows, shape: Shape) -> int:
    """How many rows of a sheet without a header have an ID number, but for the explanation of a column."""
    if not shape.number or headers.find(rows, shape.words):
        return 0
    words = {word for each in shape.words.values() for word in each}
    lines = ([cells.plain(cell) for cell in row] for row in rows)
    return sum(any(map(row_texts.ID_NUMBER.fullmatch, line)) and words.isdisjoint(line) for line in lines)


def said_around(
    body: row_kinds.TableBody, rows: TextRows, place: int, sheet: str, comments: Iterable[str]
) -> dict[int, list[str]]:
    """By row number the sentences around the table, or in comments on it, that have the row's name, without it; and
    the word by which the nearest heading above, at first the sheet's name, lists who has left office.

    `place` is that of the names.
    """
    notes = {each.number: cells.plain(" ".join(rows[each.number - 1])) for each in body.skipped if each.reason in NOTES}
    sentences = [each for note in (*notes.values(), *map(cells.plain, comments)) for each in SENTENCES.split(note)]
    headings = {0: cells.plain(sheet), **notes}
    left, word = {}, ""
    for number in sorted({*headings, *(number for number, _row in body.rows)}):
        if LEAVERS.fullmatch(heading := headings.get(number, "")):
            word = LEAVERS.sub(r"\g<word>", heading)
        elif REMAINING.search(heading):
            word = ""
        left[number] = word
    found = {}
    for number, row in body.rows:
        name = cells.plain(row[place]) if sentences else ""
        about = [each.replace(name, "") for each in sentences if name and name in each]
        if about := [*about, *filter(None, [left[number]])]:
            found[number] = about
    return found
