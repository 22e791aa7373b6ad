"""The table of people or buildings in a file: where it is, which of its rows count, and which cells have errors.

Every row of its sheet is either handed on or skipped with a reason.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import tablib
from django.utils.translation import gettext as _

from jygroups.lib import cells
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.spreadsheets import headers, row_kinds, table_shapes
from jygroups.lib.spreadsheets.file_sheets import FileSheet, opened
from jygroups.lib.spreadsheets.parser import HIDDEN
from jygroups.lib.spreadsheets.structures import Structure, TextRows, reference
from jygroups.lib.spreadsheets.table_shapes import Shape, Unclear, Warned

ROW = "\0row"  # the column of a dataset that holds each row's number in its file
SHEET, HEADER, OTHER, ROWS = PLACES = ("sheet", "header", "other", "rows")  # keys of a choice beside the columns
LEAVE, LOAD, REMARK = DECISIONS = ("leave", "load", "remark")  # of a row
STRUCK = "struck"  # instead of a row's number: all rows that are struck through
LEFT_TITLES = "left"  # another one, of the page alone: titles that are left out


@dataclass(frozen=True)
class FileTable(FileSheet):
    """A sheet with a header of a known shape.

    Without a shape the header is one row, its titles are the columns, and every row below that is not blank counts.
    `chosen` is the user's reading of the file, as --mapping gives it: by column its title; under SHEET the name of
    the sheet, under HEADER the number of the first row of the titles, under OTHER titles that are no column's, under
    ROWS by a row's number, or STRUCK, what becomes of it: LEAVE it out, LOAD it though it is struck through, take its
    text for a plain REMARK.
    """

    shape: Shape | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    insists: bool = False  # the choice goes before titles that are known
    notes: tuple[Warned, ...] = ()  # of the file as a whole
    corrected: frozenset[tuple[int, int]] = frozenset()  # row number and place of cells with a text of the user's own

    @classmethod
    def of(cls, rows: TextRows, shape: Shape | None = None, chosen: Mapping[str, Any] | None = None) -> "FileTable":
        """The table whose header is the first row."""
        if shape is None:
            return cls(rows, headers.Titles(["".join(cell.split()) for cell in rows[0]], 0, 0))
        titles = headers.find(rows, shape.words, 1)
        assert titles
        return cls(rows, titles, shape=shape, chosen=chosen or {})

    @classmethod
    def read(
        cls, source: Path | bytes, *, shape: Shape, chosen: Mapping[str, Any] | None = None, insists: bool = False
    ) -> "FileTable":
        """The only table of this shape in the file, or the one chosen. Raises Unreadable, or Unclear for a choice."""
        chosen = {key: each for key, each in (chosen or {}).items() if each}  # a cleared choice is empty
        found = opened(source)
        wanted = chosen.get(SHEET)
        if wanted and wanted not in found:
            raise Unclear(_("There is no sheet %(name)s.") % {"name": wanted}, sheets=[*found])
        tables = {
            name: table
            for name, sheet in found.items()
            if wanted in (None, name)
            and (table := cls.found(sheet.rows, shape, sheet.structure, chosen, insists, name))
        }
        shown = [name for name in tables if name == wanted or not name.endswith(HIDDEN)]
        hidden = [name.removesuffix(HIDDEN) for name in tables if name not in shown]
        if len(shown) > 1:
            message = _("Several sheets hold such a table: %(names)s. Choose one, or put all rows on one sheet.")
            raise Unclear(message % {"names": ", ".join(shown)}, sheets=[*found])
        if not shown and hidden:
            message = _("Only the hidden sheet %(names)s holds such a table; show it and save the file again.")
            raise Unclear(message % {"names": ", ".join(hidden)}, sheets=[*found])
        if not shown:
            visible = {
                name: sheet.rows
                for name, sheet in found.items()
                if (name == wanted if wanted else not name.endswith(HIDDEN))
            }
            raise table_shapes.no_table(visible, shape, chosen.get(HEADER), [*found])
        others = {name: sheet.rows for name, sheet in found.items() if name not in tables}
        people = {name: count for name, rows in others.items() if (count := table_shapes.untitled_people(rows, shape))}
        if unread := [name for name in people if wanted is None and not name.endswith(HIDDEN)]:
            message = _(
                "The sheet %(names)s has people with ID numbers, but no column titles. Put all rows on one sheet, or "
                "choose the sheet that is to be read alone."
            )
            raise Unclear(message % {"names": ", ".join(unread)}, sheets=[*found])
        notes = [*table_shapes.not_read(others, people, hidden, shape)]
        same = [name for name, rows in others.items() if wanted and cls.found(rows, shape, chosen=chosen)]
        if same:
            message = _("the sheet %(names)s holds such a table too and is not read; hand it in by itself")
            notes.append(message % {"names": ", ".join(name.removesuffix(HIDDEN) for name in same)})
        if shown[0].endswith(HIDDEN):
            notes.append(_("the sheet is hidden in the file; it was read all the same"))
        return tables[shown[0]].noted(Warned(None, "", note) for note in notes)

    @classmethod
    def found(
        cls,
        rows: TextRows,
        shape: Shape,
        structure: Structure | None = None,
        chosen: Mapping[str, Any] | None = None,
        insists: bool = False,
        name: str = "",
    ) -> "FileTable | None":
        """The table of this shape in the rows; None where no header, or not the chosen one, has its marks."""
        chosen = chosen or {}
        known = {column: (*words, *filter(None, [chosen.get(column)])) for column, words in shape.words.items()}
        header = chosen.get(HEADER)
        if header and header > len(rows) or (titles := headers.find(rows, known, header)) is None:
            return None
        table = cls(rows, titles, name, structure or Structure(), shape, chosen, insists)
        return table if set(shape.marks) <= set(table.titles) else None

    def noted(self, notes: Iterable[Warned]) -> "FileTable":
        return replace(self, notes=(*self.notes, *notes))

    def with_corrections(self, corrections: Mapping[int, Mapping[str, str]]) -> "FileTable":
        """The table with these texts, by row number and column; a column that the file lacks is added at the end."""
        columns = dict.fromkeys(column for texts in corrections.values() for column in texts)
        known = self.shape.words if self.shape else {}
        added = [column for column in columns if column in known and column not in self.titles]
        head, titles, rows = replace(self.head, names=[*self.head.names, *added]), [*self.titles, *added], [*self.rows]
        if added and head.last >= 0:
            header = rows[head.last]
            rows[head.last] = [*header, *[""] * (len(self.titles) - len(header)), *added]
        done = set()
        for number, texts in corrections.items():
            if not self.head.last + 1 < number <= len(rows):
                continue
            row = [*rows[number - 1], *[""] * (len(titles) - len(rows[number - 1]))]
            for column, text in texts.items():
                if column in titles:
                    row[titles.index(column)] = text
                    done.add((number, titles.index(column)))
            rows[number - 1] = row
        return replace(self, rows=rows, head=head, corrected=frozenset(done))

    @cached_property
    def decided(self) -> dict[int, set[str]]:
        """By row number what the user has decided of the row."""
        given = self.chosen.get(ROWS) or {}
        found = {number: {given[STRUCK]} for number in self.struck_rows} if given.get(STRUCK) else {}
        return found | {int(number): set(each.split()) for number, each in given.items() if number != STRUCK}

    @cached_property
    def struck_rows(self) -> list[int]:
        """The rows of people that are struck through: a cell that names who they are, or most of their cells."""
        if not self.shape or not self.struck:
            return []
        marks, known, found = self.places(self.shape.marks), self.places(self.shape.words), []
        for number, row in self.located.rows:
            filled = {place for place in known if row[place] and (number, place) not in self.corrected}
            struck = self.struck.get(number, set()) & filled
            if struck & marks or len(struck) * 2 > len(filled):
                found.append(number)
        return found

    @property
    def open_rows(self) -> list[int]:
        """The rows that are struck through and not decided on."""
        return [number for number in self.struck_rows if not self.decided.get(number, set()) & {LEAVE, LOAD}]

    @cached_property
    def titles(self) -> list[str]:
        """For each column of the file the column that it is, else its title; empty where it has none."""
        if self.shape is None:
            return self.head.names
        names = [*map(headers.without_number, self.head.names)]
        taken = self._chosen_places(names) if self.insists else {}
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
        known = {*taken.values()}
        for place, column in self._chosen_places(names).items():
            if column not in known:
                taken.setdefault(place, column)
        own = ["" if name.startswith("#") else name for name in self.head.names]
        return [taken.get(place, name) for place, name in enumerate(own)]

    def _chosen_places(self, names: Sequence[str]) -> dict[int, str]:
        chosen = {cells.plain(title): column for column, title in self._chosen_titles.items()}
        return {place: chosen[plain] for place, plain in enumerate(map(cells.plain, names)) if plain in chosen}

    @property
    def _chosen_titles(self) -> dict[str, str]:
        return {
            column: title for column, title in self.chosen.items() if column not in (*PLACES, LEFT_TITLES) and title
        }

    @property
    def applied(self) -> dict[str, Any]:
        """What of the choice decides about this file: of the titles those where no known one fits."""
        names = map(cells.plain, map(headers.without_number, self.head.names))
        read_as = {*zip(self.titles, names, strict=True)}
        places = {key: self.chosen[key] for key in PLACES if self.chosen.get(key)}
        left = [title for title in self.chosen.get(LEFT_TITLES) or () if title in self.unknown]
        titles = {key: title for key, title in self._chosen_titles.items() if (key, cells.plain(title)) in read_as}
        return places | ({LEFT_TITLES: left} if left else {}) | titles

    @property
    def unknown(self) -> list[str]:
        """The titles that are no column's."""
        return [title for title in self.titles if title and self.shape and title not in self.shape.words]

    @cached_property
    def located(self) -> row_kinds.TableBody:
        """The rows about a person, and the others."""
        if self.shape is None:
            below = enumerate(self.below, self.head.last + 2)
            return row_kinds.TableBody([(number, row) for number, row in below if any(cell.strip() for cell in row)])
        shape = self.shape
        persons, areas, remarks, days = map(self.places, (shape.persons, shape.down, shape.remarks, shape.days))
        texts = self.places(shape.words) - persons - areas - remarks
        found = row_kinds.body(
            self.rows, self.head, identifying=persons, amounts=(), texts=texts, areas=areas, days=days
        )
        return row_kinds.TableBody([(number, self._filled(number, row)) for number, row in found.rows], found.skipped)

    @cached_property
    def body(self) -> row_kinds.TableBody:
        """The rows that count, and the others, those that the user leaves out among them."""
        left = {number for number, decided in self.decided.items() if LEAVE in decided}
        if not left:
            return self.located
        found = row_kinds.TableBody(skipped=[*self.located.skipped])
        for number, row in self.located.rows:
            if number in left:
                text = masked_within(" ".join(filter(None, row)))[:60]
                found.skipped.append(row_kinds.Skipped(number, row_kinds.Reason.LEFT_OUT, text))
            else:
                found.rows.append((number, row))
        return found

    def places(self, columns: Collection[str]) -> set[int]:
        """Where these columns stand in the file."""
        return {place for place, title in enumerate(self.titles) if title in columns}

    def _filled(self, number: int, row: list[str]) -> list[str]:
        """The row, with the cells of its area from the merged cells that it shares."""
        for first, left in self._by_row.get(number - 1, ()):
            if first > self.head.last and self.has_text(first, left):
                row = [*row[:left], row[left] or cells.unwrapped(self.rows[first][left]), *row[left + 1 :]]
        return row

    @cached_property
    def _by_row(self) -> dict[int, list[tuple[int, int]]]:
        """By row the first row and column of the merged ranges that it is in, in columns where they are meant so."""
        found = defaultdict(list)
        areas = self.places(self.shape.down) if self.shape else ()
        for first, left, last, _right in self.structure.merged:
            if left in areas:
                for row in range(max(first, self.head.last + 1), min(last, len(self.rows) - 1) + 1):
                    found[row].append((first, left))
        return found

    @cached_property
    def numbers(self) -> list[int]:
        """Those of the rows that count."""
        return [number for number, _row in self.body.rows]

    @cached_property
    def hidden(self) -> list[int]:
        """The numbers of the rows that count and are hidden."""
        return self.hidden_rows(self.numbers)

    def untitled(self) -> Iterator[tuple[int, str, list[str]]]:
        """Row's number, column's letters and texts of each column that has texts and no title; the first row with one.

        Rows that are about nobody do not count.
        """
        for place in (place for place, title in enumerate(self.titles) if not title):
            filled = [(number, row[place]) for number, row in self.body.rows if row[place : place + 1] > [""]]
            if filled:
                yield filled[0][0], reference(0, place)[:-1], [text for _number, text in filled]

    @property
    def comment_texts(self) -> dict[int, list[str]]:
        """By row number the comments of its cells, and what is said around the table of who it is about."""
        found = super().comment_texts
        if not self.shape or not self.shape.number:
            return found
        place = self.titles.index(self.shape.persons[0])
        above = [text for row, _place, text in self.structure.comments if row <= self.head.last]
        about = table_shapes.said_around(self.body, self.rows, place, self.name, above)
        return {number: found.get(number, []) + about.get(number, []) for number in {*found, *about}}

    def dataset(self, *, without: tuple[str, str] | None = None) -> tuple[tablib.Dataset, list[int]]:
        """The rows that count, each with its number in the file under ROW.

        Rows whose cell under this title has just this text are left out; their numbers come second.
        """
        titles, left_out = self.titles, []
        marked = titles.index(without[0]) if without and without[0] in titles else None
        dataset = tablib.Dataset(headers=[*titles, ROW])
        for number, row in self.body.rows:
            if without and marked is not None and row[marked : marked + 1] == [without[1]]:
                left_out.append(number)
            else:
                dataset.append([*[*row, *[""] * len(titles)][: len(titles)], number])
        return dataset, left_out
