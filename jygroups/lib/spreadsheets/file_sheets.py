"""One sheet of a file with its header: its columns, the rows below, and what of it may not be taken as it stands.

Rosters, groups, re-elections, pasted rows, old workbooks and the banks' answers are all read as such sheets.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from django.utils.translation import gettext as _

from jygroups.lib import cells
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.spreadsheets import headers, sandbox
from jygroups.lib.spreadsheets.parser import BROKEN
from jygroups.lib.spreadsheets.structures import Structure, TextRows, reference

SAMPLED_ROWS = 200  # rows by which a column is known
SAMPLE_LENGTH = 20
SHOWN_COMMENT = 100  # characters
ABOVE, SHOWN_ROWS, SHOWN_CELLS = 8, 12, 14  # of the first rows, as a page shows them

ShownRow = tuple[int, bool, list[str]]  # number, whether it has the titles, cells with long numbers masked


def opened(source: Path | bytes, *, separator: str = "") -> dict[str, sandbox.ReadSheet]:
    """By name the sheets that have anything on them, the hidden ones last. Raises Unreadable."""
    found = sandbox.read_sheets(source, separator=separator)
    filled = {
        name: each for name, each in found.items() if any(cells.unwrapped(cell) for row in each.rows for cell in row)
    }
    if not filled:
        raise sandbox.Unreadable(_("The file has no rows."))
    return filled


@dataclass(frozen=True)
class FileSheet:
    """The rows of a sheet as they stand in the file, and its header."""

    rows: TextRows
    head: headers.Titles
    name: str = ""  # that of a text has none
    structure: Structure = field(default_factory=Structure)

    @property
    def below(self) -> TextRows:
        """The rows below the titles."""
        return self.rows[self.head.last + 1 :]

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """By title the cells of the first rows below it; an empty one for each that is missing."""
        below = [[*map(cells.unwrapped, row)] for row in self.below[:SAMPLED_ROWS]]
        return {
            title: [row[place] if place < len(row) else "" for row in below]
            for place, title in enumerate(self.head.names)
        }

    @cached_property
    def samples(self) -> dict[str, str]:
        """By title its first filled cell, long numbers masked."""
        firsts = {title: next(filter(None, texts), "") for title, texts in self.texts.items()}
        return {title: masked_within(text)[:SAMPLE_LENGTH] for title, text in firsts.items()}

    @cached_property
    def labels(self) -> dict[str, str]:
        """By title how a user finds the column: with its letter where it has no title of its own, and a sample."""
        found = {}
        for place, (title, sample) in enumerate(self.samples.items()):
            is_own = not title.endswith(f"#{place + 1}")
            letter = "" if is_own else _("column %(letter)s") % {"letter": reference(0, place)[:-1]}
            found[title] = with_sample(title, " ".join(filter(None, [letter, sample])))
        return found

    @property
    def first_rows(self) -> list[ShownRow]:
        return first_rows(self.rows, self.head)

    def title(self, wanted: str) -> str:
        """The file's title for a wanted one, its last line, or a column's number such as #3; empty if there is none."""
        plain = cells.plain(wanted)
        exact = [name for name in self.head.names if cells.plain(name) == plain]
        if plain.startswith("#") and plain[1:].isdecimal() and not exact:
            exact = self.head.names[int(plain[1:]) - 1 :][:1] if int(plain[1:]) else []
        fits = exact or self.head.fitting([plain])
        return fits[0] if len(fits) == 1 else ""

    # What may not be taken as it stands --------------------------------------------------------------------------

    def merged(
        self, numbers: Sequence[int], places: Collection[int], down: Collection[int] = ()
    ) -> dict[int, list[tuple[int, str]]]:
        """By row number: place and error of each merged cell whose text may belong to more than one row or column.

        `numbers` are those of the rows that count, ascending; `places` the columns that are read; in those of `down` a
        merged cell is meant for each of its rows.
        """
        found = defaultdict(list)
        for first, left, last, right in sorted(self.structure.merged):
            known = [place for place in range(left, right + 1) if place in places]
            if not known or last <= self.head.last or not self.has_text(first, left):
                continue
            shared = numbers[bisect_left(numbers, first + 1) : bisect_right(numbers, last + 1)]
            is_meant = len(known) == 1 and (shared == [first + 1] or known[0] in down)
            if not (is_meant and first > self.head.last):
                words = {"cells": f"{reference(first, left)}:{reference(last, right)}"}
                message = _("the cells %(cells)s are merged; unmerge them and write the value into each row")
                for number in shared:
                    found[number].append((known[0], message % words))
        return dict(found)

    def broken(
        self, rows: Sequence[tuple[int, list[str]]], places: Collection[int]
    ) -> dict[int, list[tuple[int, str]]]:
        """By row number: place and error of each cell whose formula gives an error or was never calculated."""
        message = _("the formula in cell %(cell)s gives an error or no value; put the value itself there")
        found = defaultdict(list)
        for number, row in rows:
            for place in places:
                if row[place] == BROKEN:
                    found[number].append((place, message % {"cell": reference(number - 1, place)}))
        return dict(found)

    @cached_property
    def struck(self) -> dict[int, set[int]]:
        """By row number the places of the cells below the titles whose text is struck through."""
        found = defaultdict(set)
        for row, place in self.structure.struck:
            if row > self.head.last:
                found[row + 1].add(place)
        return found

    def struck_cells(self, numbers: Iterable[int], places: Collection[int]) -> dict[int, list[tuple[int, str]]]:
        """By row number: place and error of each cell whose text is struck through."""
        message = _("the text in cell %(cell)s is struck through; delete it, or take the line away")
        return {
            number: [(place, message % {"cell": reference(number - 1, place)}) for place in found]
            for number in numbers
            if (found := sorted(self.struck.get(number, set()) & set(places)))
        }

    def padded(self, places: Collection[int]) -> dict[int, list[tuple[int, str]]]:
        """By row number: place and error of each number that is shown with digits which only its format has."""
        message = _(
            "cell %(cell)s shows digits that are not in its value but in its number format; give it the format of a "
            "text and type the whole number"
        )
        found = defaultdict(list)
        for row, place, _digits in self.structure.padded:
            if place in places:
                found[row + 1].append((place, message % {"cell": reference(row, place)}))
        return dict(found)

    def notes_around(self, places: Collection[int]) -> Iterator[str]:
        """What stands beside the cells of these columns and was not read: text boxes, strikes under a condition."""
        if self.structure.boxes:
            text = masked_within(" · ".join(self.structure.boxes))[:SHOWN_COMMENT]
            yield _("the sheet has a text box, which was not read: “%(text)s”") % {"text": text}
        ranges = [
            f"{reference(first, left)}:{reference(last, right)}"
            for first, left, last, right in sorted(self.structure.struck_if)
            if last > self.head.last and any(left <= place <= right for place in places)
        ]
        if ranges:
            message = _(
                "a conditional format strikes through text in the cells %(cells)s; its condition was not read: check "
                "that nobody is loaded who is struck through"
            )
            yield message % {"cells": _(", ").join(dict.fromkeys(ranges))}

    def comments(self) -> Iterator[tuple[int, int, str]]:
        """Row number, place and text in words, long numbers masked, of each comment below the titles."""
        message = _("cell %(cell)s has a comment, which was not read: “%(text)s”")
        for row, place, text in sorted(self.structure.comments):
            if row > self.head.last:
                words = {"cell": reference(row, place), "text": masked_within(text)[:SHOWN_COMMENT]}
                yield row + 1, place, message % words

    @property
    def comment_texts(self) -> dict[int, list[str]]:
        """By row number the comments of its cells."""
        found = defaultdict(list)
        for row, _place, text in self.structure.comments:
            found[row + 1].append(text)
        return found

    def has_text(self, row: int, column: int) -> bool:
        """Whether the first cell of a merged range has a text under a title."""
        return (
            row < len(self.rows)
            and column < min(len(self.head.names), len(self.rows[row]))
            and bool(self.rows[row][column])
        )

    def hidden_rows(self, numbers: Sequence[int]) -> list[int]:
        """Those of the rows with these numbers, ascending, that are hidden."""
        return [
            number
            for first, last in sorted(self.structure.hidden_rows)
            for number in numbers[bisect_left(numbers, first + 1) : bisect_right(numbers, last + 1)]
        ]

    def hidden_columns(self, places: Collection[int]) -> list[str]:
        """The titles of those of these columns that are hidden."""
        return [self.head.names[place] for place in sorted(places) if self.structure.is_hidden(place)]


def with_sample(title: str, sample: str) -> str:
    return _("%(title)s (%(sample)s)") % {"title": title, "sample": sample} if sample else title


def first_rows(rows: TextRows, head: headers.Titles | None = None) -> list[ShownRow]:
    """The rows around the header, as a page shows them."""
    first, last = (head.first, head.last) if head else (0, -1)
    begin = max(first - ABOVE, 0)
    return [
        (
            at + 1,
            first <= at <= last,
            [masked_within(cells.unwrapped(cell))[:SAMPLE_LENGTH] for cell in row[:SHOWN_CELLS]],
        )
        for at, row in enumerate(rows[begin : begin + SHOWN_ROWS], begin)
    ]
