"""Where a table is in the rows of a file, and which of its rows are about a person.

Titles are found by the words known for each column. Rows below them are recognised by position and shape: a row of
totals has its label in a leading column and nothing that identifies a person; a word in a remark decides nothing.
Whatever is skipped is listed with the reason: rows read + rows skipped = rows of the file.

The Chinese here is the file format itself, not text of the site.
"""

import enum
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from jygroups.lib import cells
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.spreadsheets import repeated_titles
from jygroups.lib.spreadsheets.parser import BROKEN
from jygroups.lib.spreadsheets.row_texts import COUNT, FOOTER, SIGNED, is_day, is_label, is_name, is_signed

HEADER_WITHIN = 15
MOST_LINES = 3  # of one header
LEAST_COLUMNS = 2  # that a header has titles of
LONGEST_TITLE = 20
ID_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?!\d)", re.IGNORECASE
)
LONG_NUMBER = re.compile(r"(?=.*\d)[\d*xX-]{8,}")  # of an identity or an account, also masked or mistyped
REMARK = re.compile(r"备注|说明|摘要|附言|用途|原因")
SERIAL = re.compile(r"[\d.、-]*")


class Reason(enum.StrEnum):
    """Why a row of the file is about nobody."""

    HEADING = "heading"
    TITLES = "titles"
    OTHER_TITLES = "other_titles"
    EMPTY = "empty"
    PREFILLED = "prefilled"
    TOTAL = "total"
    FOOTER = "footer"
    LEFT_OUT = "left_out"  # by the user


WORDS: dict[str, Any] = {
    Reason.HEADING: _("heading above the table"),
    Reason.TITLES: _("column titles"),
    Reason.OTHER_TITLES: _("column titles of another table"),
    Reason.EMPTY: _("empty row"),
    Reason.PREFILLED: _("prepared row without a person"),
    Reason.TOTAL: _("row of totals"),
    Reason.FOOTER: _("footer or note"),
    Reason.LEFT_OUT: _("left out by you"),
}


@dataclass(frozen=True)
class Skipped:
    number: int  # in the file, from 1
    reason: Reason
    text: str  # the text of its cells, long numbers masked


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


@dataclass
class TableBody:
    """The rows below the header: those about a person, each with its number in the file, and all others."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def others(self) -> list[Skipped]:
        """Rows with the column titles of another table, whose rows must not be read as this one's."""
        return [each for each in self.skipped if each.reason == Reason.OTHER_TITLES]


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
    lines = [_filled([cells.plain(cell) for cell in row]) for row in rows[: HEADER_WITHIN + 1]]
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


def body(
    rows: Sequence[Sequence[str]],
    titles: Titles,
    *,
    identifying: Collection[int],
    amounts: Collection[int],
    texts: Collection[int] = (),
    areas: Collection[int] = (),
    days: Collection[int] = (),
) -> TableBody:
    """The file's rows: those about a person, with cells unwrapped and as many as there are titles, and those skipped.

    `identifying` are the places of name, ID number and account, `amounts` those of the amounts, `days` those of days.
    `texts` are places where any text belongs to a row about somebody, `areas` those that may be filled in
    beforehand.
    """
    places = map(frozenset, (identifying, amounts, texts, areas, days))
    return _RowClassifier(rows, titles, *places).read()


class _RowClassifier:
    def __init__(self, rows, titles: Titles, identifying, amounts, texts, areas, days):
        self.rows, self.titles = rows, titles
        self.identifying, self.amounts, self.texts, self.areas, self.days = (
            identifying, amounts, texts, areas, days,
        )  # fmt: skip
        lines = [[cells.plain(cell) for cell in row] for row in rows[: titles.last + 1]]
        self.headings, self.header = lines[: titles.first], lines[titles.first :]
        self.remarks = {place for place, name in enumerate(titles.names) if REMARK.search(name)} - identifying
        self.sums: list[Decimal] = []  # of the rows read since the last row of totals
        self.total, self.count = Decimal(0), 0  # of all rows read

    def read(self) -> TableBody:
        found = TableBody()
        for at, row in enumerate(self.rows):
            own = [cells.unwrapped(cell) for cell in row]
            if reason := self._above(at, own) if at <= self.titles.last else self._reason([*map(cells.plain, own)]):
                found.skipped.append(Skipped(at + 1, reason, masked_within(" ".join(filter(None, own)))[:60]))
            else:
                amounts = [cells.amount(own[place]) or Decimal(0) for place in self.amounts if place < len(own)][:1]
                self.sums += amounts
                self.total, self.count = self.total + sum(amounts), self.count + 1
                own += [""] * (len(self.titles.names) - len(own))
                found.rows.append((at + 1, row if row == own else own))  # most rows need not be kept twice
        return found

    def _above(self, at: int, row: list[str]) -> Reason | None:
        if not any(row):
            return Reason.EMPTY
        if self.texts and any(map(has_id_number, row)):
            return None
        if at >= self.titles.first:
            return Reason.TITLES
        return Reason.OTHER_TITLES if self.texts and self._differs([*map(cells.plain, row)]) else Reason.HEADING

    def _differs(self, row: list[str]) -> bool:
        return any(repeated_titles.differs(_filled(row), line) for line in self.header)

    def _reason(self, row: list[str]) -> Reason | None:
        """Why the row is about nobody; None for a person's."""
        texts = {place: cell for place, cell in enumerate(row) if cell}
        if not texts:
            return Reason.EMPTY
        if any(map(has_id_number, texts.values())):
            return None
        days = self.days
        if len(texts) > 1 and not FOOTER.fullmatch(next(iter(texts.values()))):
            days |= self.areas  # in front of people it is the rest of a row that was cut in two
        if any(is_day(texts.get(place, "")) for place in days) and not is_signed(texts.values()):
            return None
        if any(repeated_titles.repeats(texts, line) for line in self.header):
            return Reason.TITLES
        if any(texts == _filled(line) for line in self.headings):
            return Reason.HEADING
        if self._differs(row):
            return Reason.OTHER_TITLES
        if repeated_titles.is_numbering(texts):
            return Reason.TITLES
        if any(LONG_NUMBER.fullmatch(texts.get(place, "")) for place in self.identifying):
            return None
        if self.texts and self._is_count(texts):
            return Reason.TOTAL
        paid = [value for place in self.amounts if (value := cells.amount(texts.get(place, "")))]
        is_named = any(is_name(texts.get(place, "")) for place in self.identifying)
        if not paid and not (is_named and self._begins_with_an_office(texts)) and self._is_footer(texts):
            return Reason.FOOTER
        if any(is_label(texts.get(place, "")) for place in self.identifying):
            self.sums = []
            return Reason.TOTAL
        if is_named:
            return None
        if any(text and not is_label(text) and not COUNT.fullmatch(text) for text in map(texts.get, self.texts)):
            return None
        if self._is_total(texts, paid):
            self.sums = []
            return Reason.TOTAL
        if paid or any(self._is_short(texts.get(place, "")) for place in self.identifying):
            return None
        is_prepared = all(
            place in self.areas or SERIAL.fullmatch(cell) or cells.amount(cell) is not None
            for place, cell in texts.items()
        )
        return Reason.PREFILLED if is_prepared else Reason.FOOTER

    def _begins_with_an_office(self, texts: Mapping[int, str]) -> bool:
        """Whether its first text stands in a known column and introduces nothing: 负责人 as what somebody is."""
        place, text = next(iter(texts.items()))
        return place in self.texts and ":" not in text

    def _is_footer(self, texts: Mapping[int, str]) -> bool:
        """Whether the row begins with who made or checked the table, or is one long note."""
        first, *others = texts.values()
        label, colon, _text = first.partition(":")
        if colon and FOOTER.fullmatch(label):
            return True
        return (SIGNED.fullmatch(first) is not None) or (not others and len(first) > 6 and not is_label(first))

    def _is_count(self, texts: Mapping[int, str]) -> bool:
        """Whether the row begins with a label and has little else than a count: 小计, 2人."""
        first = next(iter(texts.values()))
        named = [text for place, text in texts.items() if place in self.identifying | self.texts]
        others = [text for text in named if not (is_label(text) or COUNT.fullmatch(text) or text == BROKEN)]
        return is_label(first) and len(others) <= 1

    def _is_total(self, texts: Mapping[int, str], paid: Sequence[Decimal]) -> bool:
        """Whether a label stands left of the last known column; or the row is the sum of the rows above."""
        last = max([*self.identifying, *self.amounts], default=len(self.titles.names))
        if any(is_label(text) for place, text in texts.items() if place <= last and place not in self.remarks):
            return True
        before = min(self.identifying, default=0)
        numbers = {place: text for place, text in texts.items() if not is_label(text)}
        is_labelled = len(numbers) < len(texts)
        is_bare = all(
            (is_labelled or place >= before) and cells.amount(text) is not None for place, text in numbers.items()
        )
        is_sum = (len(self.sums) > 1 and sum(self.sums) in paid) or (self.count > 1 and self.total in paid)
        return is_bare and is_sum

    @staticmethod
    def _is_short(text: str) -> bool:
        """Whether it may be a mistyped name or number, which is reported rather than skipped."""
        return (
            bool(text)
            and len(text) <= 6
            and ":" not in text
            and not repeated_titles.PAGE.fullmatch(text)
            and not is_label(text)
        )


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
    while len(lines) < MOST_LINES and first + len(lines) < len(rows):
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
    over, under = (_filled([cells.plain(cell) for cell in row]) for row in (above, below))
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


def _filled(row: Sequence[str]) -> dict[int, str]:
    return {place: cell for place, cell in enumerate(row) if cell}


def has_id_number(text: str) -> bool:
    """Whether an ID number stands in the cell, alone or within a text."""
    return len(text) >= 18 and ID_NUMBER.search(cells.plain(text)) is not None


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
