"""Which rows of a file are about a person.

Rows below the titles are recognised by position and shape: a row of totals has its label in a leading column and
nothing that identifies a person; a word in a remark decides nothing. Whatever is skipped is listed with the reason:
rows read + rows skipped = rows of the file.

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
from jygroups.lib.spreadsheets.headers import Titles
from jygroups.lib.spreadsheets.parser import BROKEN
from jygroups.lib.spreadsheets.row_texts import (
    COUNT,
    FOOTER,
    LONG_NUMBER,
    SERIAL,
    SIGNED,
    filled_cells,
    has_id_number,
    is_day,
    is_label,
    is_name,
    is_signed,
)

REMARK = re.compile(r"备注|说明|摘要|附言|用途|原因")


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


@dataclass
class TableBody:
    """The rows below the header: those about a person, each with its number in the file, and all others."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def others(self) -> list[Skipped]:
        """Rows with the column titles of another table, whose rows must not be read as this one's."""
        return [each for each in self.skipped if each.reason == Reason.OTHER_TITLES]


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
        return any(repeated_titles.differs(filled_cells(row), line) for line in self.header)

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
        if any(texts == filled_cells(line) for line in self.headings):
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
