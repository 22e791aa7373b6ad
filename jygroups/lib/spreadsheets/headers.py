"""Where the header of a table is, found by the words known for each column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jygroups.lib import cells
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.spreadsheets.row_texts import (
    LONG_NUMBER,
    SERIAL,
    filled_cells,
)

HEADER_WITHIN = 15
MOST_TITLE_LINES = 3  # of one header
LEAST_COLUMNS = 2  # that a header has titles of
LONGEST_TITLE = 20


@dataclass(frozen=True)
class Titles:
    """The header: its titles, one for each column, and its lines, from 0 and inclusive."""

    names: list[str]  # each once, long numbers masked; of several lines joined with /; without a title #1, #2 …
    first: int
    last: int

    @property
    def number(self) -> int:
        """The header's first row in the file, from 1."""
        return self.first + 1

    def fitting(self, words: Sequence[str]) -> list[str]:
        """The titles that are exactly one of the words, apart from a unit in brackets, in the words' order.

        Of a title on several lines its whole or its last line counts.
        """
        return [name for word in words for name in self.names if self.fits(name, word)]

    def has(self, word: str) -> bool:
        return bool(self.fitting([word]))

    @staticmethod
    def fits(name: str, word: str) -> bool:
        return word in (_bare(name), _bare(name.split("/")[-1]))


def find(rows: Sequence[Sequence[str]], known: Mapping[str, Sequence[str]], chosen: int | None = None) -> Titles | None:
    """The header: the first of 15 rows with titles of most columns, and further lines of it. None where there is none.

    `known` has for each column the words that its title may contain. `chosen` is the number of the header's row, from
    1, where the user chose it: it is taken whatever its content. Raises ValueError when the file has no such row.
    """
    if chosen is not None:
        if not 1 <= chosen <= len(rows):
            raise ValueError(chosen)
        return _titles(rows, known, chosen - 1)
    best = max(range(min(len(rows), HEADER_WITHIN)), key=lambda at: len(columns(rows[at], known)), default=None)
    if best is None:
        return None
    while best and _continues(rows[best - 1], rows[best], known, filled=2):
        best -= 1
    titles = _titles(rows, known, best)
    joined = [name for name in titles.names if not name.startswith("#")]
    return titles if len(columns(joined, known)) >= LEAST_COLUMNS else None


def by_shape(rows: Sequence[Sequence[str]], known: Mapping[str, Sequence[str]]) -> Titles | None:
    """The header of a file whose titles hold no known word: the row of short texts right above the first person.

    None where that row has a number, fills less than half of the columns, or is past the first 15 rows.
    """
    lines = [filled_cells([cells.plain(cell) for cell in row]) for row in rows[: HEADER_WITHIN + 1]]
    person = next((at for at, line in enumerate(lines) if any(map(LONG_NUMBER.fullmatch, line.values()))), 0)
    above = [at for at in range(person) if lines[at]]
    if not above:
        return None
    texts = lines[above[-1]]
    if len(texts) < LEAST_COLUMNS or len(texts) * 2 < max(map(len, rows)):
        return None
    if any(len(text) > LONGEST_TITLE or ":" in text or cells.amount(text) is not None for text in texts.values()):
        return None
    return _titles(rows, known, above[-1])


def may_be_titles(row: Sequence[str]) -> bool:
    """Whether several cells are filled, none with a long number, which is a person's."""
    filled = [cells.plain(cell) for cell in row if cell]
    return len(filled) >= LEAST_COLUMNS and not any(map(LONG_NUMBER.fullmatch, filled))


def untitled(rows: Sequence[Sequence[str]]) -> Titles:
    """The titles #1, #2 … for a file without a header."""
    return Titles(_unique([""] * max(map(len, rows), default=0)), 0, -1)


def columns(row: Sequence[str], known: Mapping[str, Sequence[str]]) -> set[str]:
    """The columns that the row has titles of; none for a row with a long number, which is a person's."""
    titles = [cells.plain(cell) for cell in row]
    if any(LONG_NUMBER.fullmatch(title) for title in titles):
        return set()
    titles = [title for title in titles if len(_bare(title)) <= LONGEST_TITLE and ":" not in title]
    found, taken = set(), set()
    for column, words in known.items():
        for title in titles:
            if title not in taken and any(word in title for word in words):
                found.add(column)
                taken.add(title)
                break
    return found


def _titles(rows: Sequence[Sequence[str]], known: Mapping[str, Sequence[str]], first: int) -> Titles:
    """The titles from this row on, with the lines that continue it."""
    width = max(map(len, rows))
    lines = [_line(rows[first], width)]
    while len(lines) < MOST_TITLE_LINES and first + len(lines) < len(rows):
        following = rows[first + len(lines)]
        if not _continues(rows[first + len(lines) - 1], following, known, filled=1):
            break
        lines.append(_line(following, width))
    for above, below in reversed([*zip(lines, lines[1:], strict=False)]):
        group = ""  # a merged cell gives its text to its first place alone
        for place in range(width):
            group = above[place] or group
            if below[place]:
                above[place] = group
    joined = ["/".join(dict.fromkeys(filter(None, parts))) for parts in zip(*lines, strict=True)]
    return Titles(_unique(joined), first, first + len(lines) - 1)


def _line(row: Sequence[str], width: int) -> list[str]:
    titles = [masked_within(re.sub(r"\s+", "", cells.unwrapped(cell))) for cell in row]
    return [*titles, *[""] * (width - len(titles))]


def _continues(above: Sequence[str], below: Sequence[str], known: Mapping[str, Sequence[str]], *, filled: int) -> bool:
    """Whether `below` is a further line of the header: titles under a group, and nothing under the other titles."""
    over, under = (filled_cells([cells.plain(cell) for cell in row]) for row in (above, below))
    if len(over) < max(filled, 2) or not under or not over.keys() - under.keys():
        return False
    if any(":" in text or len(_bare(text)) > LONGEST_TITLE for text in under.values()):
        return False
    if any(SERIAL.fullmatch(text) or cells.amount(text) is not None for text in under.values()):
        return False
    if any(":" in text or LONG_NUMBER.fullmatch(text) for text in over.values()) or min(under) < min(over):
        return False
    return all(
        place not in over  # under a group, or under a merged cell
        or (place + 1 in under and place + 1 not in over)  # the first of a group
        or not _bare(text)  # a unit
        # 补贴金额 over 实发, 身份证 over 号码; a single text below is a title only as the rest of the one above
        or any(
            word in over[place] + text and word not in over[place] and (len(under) > 1 or word not in text)
            for words in known.values()
            for word in words
        )
        for place, text in under.items()
    )


def _bare(title: str) -> str:
    """The title without a unit: 金额(元) and 金额/元 are 金额."""
    return re.sub(r"[(\[【].*?[)\]】]|[/:]元$|/|^[*★]+|[*★:]+$", "", cells.plain(title))


def without_number(title: str) -> str:
    """The title as it stands in the file: without the #3 that a repeated one has; a column without a title keeps it."""
    return title if title.startswith("#") else re.sub(r"#\d+$", "", title)


def _unique(names: Sequence[str]) -> list[str]:
    titles: list[str] = []
    for number, name in enumerate(names, 1):
        titles.append(name if name and name not in titles else f"{name}#{number}")
    return titles
