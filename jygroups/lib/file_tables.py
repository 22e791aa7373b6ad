"""The table of people or buildings in a file: where it is, which of its rows count, and what their cells lack.

Every row of its sheet is either handed on or skipped with a reason.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import tablib
from django.utils.translation import gettext as _

from jygroups.lib import cells, located, sheets
from jygroups.lib.reader import HIDDEN, Rows
from jygroups.lib.sheet_xml import Structure, reference
from jygroups.lib.sheets import Unreadable

ROW = "\0row"  # the column of a dataset that holds each row's number in its file
QUIET = {located.Reason.EMPTY, located.Reason.HEADING}  # reasons that nobody has to check


@dataclass(frozen=True)
class Shape:
    """How a kind of table is known."""

    marks: tuple[str, ...]  # the columns that its header must have
    words: Mapping[str, Sequence[str]]  # the titles of each column, the column's own name first
    persons: tuple[str, ...]  # the columns that say who or what a row is about
    down: tuple[str, ...] = ()  # columns in which a merged cell is meant for each of its rows
    remarks: tuple[str, ...] = ()  # columns that alone make no row count


class Untitled(Unreadable):
    """A file without a header that has the marks: the unknown titles of the likeliest row, the columns it lacks."""

    def __init__(self, message: str, titles: Sequence[str] = (), columns: Sequence[str] = ()):
        super().__init__(message)
        self.titles, self.columns = list(titles), list(columns)


@dataclass(frozen=True)
class Warned:
    """What is to be checked in the file; `row` is None for the file as a whole."""

    row: int | None
    column: str
    message: str
    value: str = ""


@dataclass(frozen=True)
class Table:
    """The rows of a sheet as they stand in the file, and where its header is.

    Without a shape the header is one row, its titles are the columns, and every row below that is not blank counts.
    """

    rows: list[list[str]]
    header: int  # its place in rows
    shape: Shape | None = None
    structure: Structure = field(default_factory=Structure)
    chosen: Mapping[str, str] = field(default_factory=dict)  # by column the title that was chosen for it
    notes: tuple[Warned, ...] = ()  # of the file as a whole

    @classmethod
    def read(cls, source: Path | bytes, *, shape: Shape, chosen: Mapping[str, str] | None = None) -> "Table":
        """The only table of this shape in the file. Raises Unreadable, and Untitled where titles have to be chosen."""
        found = {name: sheet for name, sheet in sheets.read_sheets(source).items() if any(map(any, sheet.rows))}
        tables = {
            name: table
            for name, sheet in found.items()
            if (table := cls.found(sheet.rows, shape, sheet.structure, chosen or {}))
        }
        shown = [name for name in tables if not name.endswith(HIDDEN)]
        if len(shown) > 1:
            words = {"names": ", ".join(shown)}
            message = _(
                "Several sheets hold such a table: %(names)s. Put all rows on one sheet, or load each as a file."
            )
            raise Unreadable(message % words)
        hidden = [name.removesuffix(HIDDEN) for name in tables if name.endswith(HIDDEN)]
        if not shown and hidden:
            message = _("Only the hidden sheet %(names)s holds such a table; show it and save the file again.")
            raise Unreadable(message % {"names": ", ".join(hidden)})
        if not shown:
            raise _untitled([sheet.rows for name, sheet in found.items() if not name.endswith(HIDDEN)], shape)
        message = _("the hidden sheet %(name)s holds such a table too and is not read")
        return tables[shown[0]].noted(Warned(None, "", message % {"name": name}) for name in hidden)

    @classmethod
    def found(
        cls,
        rows: Rows,
        shape: Shape,
        structure: Structure | None = None,
        chosen: Mapping[str, str] | None = None,
    ) -> "Table | None":
        """The table of this shape in the rows; None where no header has its marks."""
        chosen = chosen or {}
        known = {column: (*words, *filter(None, [chosen.get(column)])) for column, words in shape.words.items()}
        if (titles := located.find(rows, known)) is None:
            return None
        table = cls(rows, titles.first, shape, structure or Structure(), chosen)
        return table if set(shape.marks) <= set(table.titles) else None

    def noted(self, notes: Iterable[Warned]) -> "Table":
        return Table(self.rows, self.header, self.shape, self.structure, self.chosen, (*self.notes, *notes))

    @cached_property
    def head(self) -> located.Titles:
        if self.shape is None:
            names = ["".join(cell.split()) for cell in self.rows[self.header]]
            return located.Titles(names, self.header, self.header)
        found = located.find(self.rows, self.shape.words, self.header + 1)
        assert found
        return found

    @cached_property
    def titles(self) -> list[str]:
        """For each column of the file the column that it is, else its title; empty where it has none."""
        if self.shape is None:
            return self.head.names
        names = [name if name.startswith("#") else re.sub(r"#\d+$", "", name) for name in self.head.names]
        taken: dict[int, str] = {}
        chosen = {cells.plain(title): column for column, title in self.chosen.items()}
        for place, name in enumerate(names):
            if column := chosen.get(cells.plain(name)):
                taken[place] = column
        for column, words in self.shape.words.items():
            if column in taken.values():
                continue
            for word in words:
                fitting = [
                    place for place, name in enumerate(names) if place not in taken and self.head.fits(name, word)
                ]
                if fitting:
                    taken |= dict.fromkeys(fitting, column)
                    break
        own = ["" if name.startswith("#") else name for name in self.head.names]
        return [taken.get(place, name) for place, name in enumerate(own)]

    @property
    def unknown(self) -> list[str]:
        """The titles that are no column's."""
        return [title for title in self.titles if title and self.shape and title not in self.shape.words]

    @cached_property
    def body(self) -> located.Body:
        if self.shape is None:
            below = enumerate(self.rows[self.header + 1 :], self.header + 2)
            return located.Body([(number, row) for number, row in below if any(cell.strip() for cell in row)])
        places = {column: place for place, column in enumerate(self.titles) if column in self.shape.words}
        persons, areas, remarks = (
            {places[column] for column in columns if column in places}
            for columns in (self.shape.persons, self.shape.down, self.shape.remarks)
        )
        telling = {*places.values()} - persons - areas - remarks
        found = located.body(self.rows, self.head, identifying=persons, amounts=(), telling=telling, areas=areas)
        return located.Body([(number, self._filled(number, row)) for number, row in found.rows], found.skipped)

    def _filled(self, number: int, row: list[str]) -> list[str]:
        """The row, with the cells of its area from the merged cells that it shares."""
        for first, left, _last, _right in self._merged(number):
            if self.shape and self.titles[left] in self.shape.down and first > self.head.last:
                row[left] = row[left] or cells.unwrapped(self.rows[first][left])
        return row

    def _merged(self, number: int) -> Iterator[tuple[int, int, int, int]]:
        """The merged ranges with a text that the row is in."""
        for first, left, last, right in self._by_row.get(number - 1, ()):
            if left < min(len(self.titles), len(self.rows[first])) and self.rows[first][left]:
                yield first, left, last, right

    @cached_property
    def _by_row(self) -> dict[int, list[tuple[int, int, int, int]]]:
        found = defaultdict(list)
        for each in self.structure.merged:
            if each[0] < len(self.rows):
                for row in range(max(each[0], self.head.last + 1), min(each[2], len(self.rows) - 1) + 1):
                    found[row].append(each)
        return found

    def faults(self) -> dict[int, list[tuple[str, str]]]:
        """By row's number the column and error of each merged cell whose text cannot be meant for one row alone."""
        if self.shape is None:
            return {}
        found = defaultdict(list)
        numbers = {number for number, _row in self.body.rows}
        for number in sorted(numbers):
            for first, left, last, right in self._merged(number):
                known = [title for title in self.titles[left : right + 1] if title in self.shape.words]
                shared = [each for each in range(first + 1, last + 2) if each in numbers]
                is_meant = known[1:] == [] and (shared == [first + 1] or {*known} <= {*self.shape.down})
                if known and not (is_meant and first > self.head.last):
                    words = {"cells": f"{reference(first, left)}:{reference(last, right)}"}
                    message = _("the cells %(cells)s are merged; unmerge them and write the value into each row")
                    found[number].append((known[0], message % words))
        return dict(found)

    def warnings(self) -> list[Warned]:
        """Rows that were skipped, and what is hidden in the file and was read all the same."""
        found = list(self.notes)
        if self.shape is None:
            return found
        found += [
            Warned(None, title, _("the column is hidden in the file; it was read all the same"))
            for place, title in enumerate(self.titles)
            if title in self.shape.words and self.structure.is_hidden(place)
        ]
        message = (
            _("the row is hidden by a filter in the file; it was read all the same")
            if self.structure.is_filtered
            else _("the row is hidden in the file; it was read all the same")
        )
        hidden = {place + 1 for place in self.structure.hidden_rows}
        found += [Warned(number, "", message) for number, _row in self.body.rows if number in hidden]
        found += [
            Warned(each.number, "", _("skipped: %(reason)s") % {"reason": located.WORDS[each.reason]}, each.text)
            for each in self.body.skipped
            if each.number > self.head.last + 1 and each.reason not in QUIET
        ]
        return found

    def dataset(self, *, without: tuple[str, str] | None = None) -> tuple[tablib.Dataset, int | None]:
        """The rows that count, each with its number in the file under ROW.

        A row that has this title's cell say just this is left out; its number comes second.
        """
        titles, left_out = self.titles, None
        marked = titles.index(without[0]) if without and without[0] in titles else None
        dataset = tablib.Dataset(headers=[*titles, ROW])
        for number, row in self.body.rows:
            if without and marked is not None and row[marked : marked + 1] == [without[1]]:
                left_out = number
            else:
                dataset.append([*[*row, *[""] * len(titles)][: len(titles)], number])
        return dataset, left_out


def _untitled(tables: Sequence[Rows], shape: Shape) -> Untitled:
    """Why no table was found, with the titles of the row that looks most like a header."""
    marks = {"titles": " · ".join(shape.marks), "count": located.HEADER_WITHIN}
    for rows in tables:
        titles = located.find(rows, shape.words) or located.by_shape(rows, shape.words)
        if titles:
            names = [name for name in titles.names if not name.startswith("#")]
            known = {word for words in shape.words.values() for word in words}
            unknown = [name for name in names if not any(titles.fits(name, word) for word in known)]
            message = _(
                "The column titles in row %(row)s lack %(titles)s. Not known are: %(unknown)s. Choose what they are, "
                "or rename them in the file."
            )
            missing = [mark for mark in shape.marks if not any(map(titles.has, shape.words[mark]))]
            words = {"row": titles.number, "titles": " · ".join(missing or shape.marks), "unknown": " · ".join(unknown)}
            columns = [column for column, known in shape.words.items() if not any(map(titles.has, known))]
            return Untitled(message % words, unknown, columns)
    return Untitled(_("None of the first %(count)s rows holds the column titles %(titles)s.") % marks)
