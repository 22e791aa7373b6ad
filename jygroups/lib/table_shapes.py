"""Kinds of tables, how each is known, and what its user is asked where a file has none that is clear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jygroups.lib import located
from jygroups.lib.reader import Rows
from jygroups.lib.sheets import Unreadable


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


def no_table(tables: Mapping[str, Rows], shape: Shape, header: int | None, names: Sequence[str]) -> Unclear:
    """Why no table was found, with the titles of the row that looks most like a header, or of the chosen one."""
    marks = {"titles": " · ".join(shape.marks), "count": located.HEADER_WITHIN}
    for rows in tables.values():
        if header and header > len(rows):
            continue
        titles = located.find(rows, shape.words, header) or located.by_shape(rows, shape.words)
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
    are_rows = any(located.may_be_titles(row) for rows in tables.values() for row in rows[: located.HEADER_WITHIN])
    message = _("None of the first %(count)s rows holds the column titles %(titles)s.") % marks
    return Unclear(message, sheets=names if are_rows else ())
