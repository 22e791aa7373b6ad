"""An office's old spreadsheet of a month: the meaning of its sheets and columns, and the content of each row.

The Chinese here is the file format itself, not text of the site.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import cells
from jygroups.lib.id_numbers import masked, masked_within
from jygroups.lib.spreadsheets import file_sheets, headers, row_kinds, sandbox
from jygroups.lib.spreadsheets.file_sheets import FileSheet
from jygroups.lib.spreadsheets.parser import HIDDEN
from registry.imports import columns
from subsidies.comparison import likely_columns
from subsidies.comparison.likely_columns import KNOWN

FIELDS = {
    "name": gettext_lazy("Name"),
    "id_number": gettext_lazy("ID number"),
    "amount": gettext_lazy("Amount"),
}
SKIPPED_WORDS: dict[str, Any] = {**row_kinds.WORDS, "sheet": gettext_lazy("sheets without people")}
HIDDEN_WORDS: dict[str, Any] = {
    "hidden_rows": gettext_lazy("rows hidden in the file, compared all the same"),
    "hidden_columns": gettext_lazy("columns hidden in the file, read all the same"),
    "hidden_sheets": gettext_lazy("hidden sheets, not read"),
    "comments": gettext_lazy("rows with a comment in a cell, which is not read"),
}
BY_NAME = ("sheet", "hidden_columns", "hidden_sheets")  # the others by row number
ALL_SHEETS = "*"
MOST_ROWS = 20_000
LARGEST_AMOUNT = Decimal(1_000_000)  # yuan a month
LONGEST_ROW = 80  # characters shown of a row


class Unclear(Exception):
    """Raised with the choices to make before the file can be compared."""

    def __init__(self, questions: "list[Question]"):
        super().__init__("; ".join(question.text for question in questions))
        self.questions = questions


@dataclass(frozen=True)
class Question:
    about: str  # sheet, header, or one of FIELDS
    text: str
    choices: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)  # the choices as the user finds them in the file, if that is more
    is_open: bool = False  # a column of which neither title nor cells show anything: none is proposed

    @property
    def proposal(self) -> str:
        """The likeliest choice; for an open question only what is to be given."""
        return _("title of the column") if self.is_open else next(iter(self.choices), "")

    @property
    def in_words(self) -> str:
        return " · ".join([self.text, *(self.shown or self.choices)])


class Amount(columns.Required):
    """Yuan, as they are typed: 1,250.00, ¥450, 350元."""

    def read(self, text, row):
        amount = cells.amount(text)
        if amount is None:
            raise ValueError(_("it is no amount; write it like 350 or 350.00"))
        if abs(amount) >= LARGEST_AMOUNT:
            raise ValueError(_("it is no amount that a month can have; write it like 350 or 350.00"))
        if amount < 0:
            raise ValueError(_("it is below zero; write what was paid for the month alone, without recoveries"))
        if amount != round(amount, 2):
            raise ValueError(_("it has more than two decimals; write it like 350.00"))
        return amount


@dataclass(frozen=True)
class Place:
    """A row in the file."""

    sheet: str  # empty where all rows come from one
    number: int  # in the sheet, from 1

    @property
    def row(self) -> str:
        """17, or 幸福社区 17."""
        return f"{self.sheet} {self.number}".strip()


@dataclass(frozen=True)
class OldRow(Place):
    name: str
    id_number: str
    amount: Decimal


@dataclass(frozen=True)
class RejectedRow(Place):
    """A row that cannot be read: for each wrong cell its column, its text (numbers masked), and how to fix it."""

    name: str
    why: list[tuple[str, str, str]]


@dataclass
class Old:
    column: str  # of the amounts, as the file calls it
    rows: list[OldRow] = field(default_factory=list)
    refused: list[RejectedRow] = field(default_factory=list)
    skipped: list[tuple[str, row_kinds.Skipped]] = field(default_factory=list)  # with the sheet
    ignored: list[str] = field(default_factory=list)  # sheets without people
    hidden: dict[str, list[str]] = field(default_factory=dict)  # hidden sheets, columns and rows

    def hide(self, what: str, sheet: str, found: Iterable[Any]) -> None:
        """Note rows or columns of a sheet that are hidden and were read all the same, and rows with comments."""
        self.hidden[what] = [*self.hidden.get(what, []), *(f"{sheet} {each}".strip() for each in found)]


@dataclass(frozen=True)
class OfficeSheet(FileSheet):
    """One sheet with its header and the title of each field; a field without a title is unclear."""

    has_header: bool = True
    chosen: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, list[str]] = field(default_factory=dict)  # titles that fit a field equally well
    missing: dict[str, str] = field(default_factory=dict)  # titles given for a field that the sheet does not have

    @classmethod
    def read(cls, name: str, sheet: sandbox.ReadSheet, choice: Mapping[str, Any]) -> "OfficeSheet":
        """Read a sheet. Raises Unclear when the chosen row of titles does not exist."""
        try:
            titles = headers.find(sheet.rows, KNOWN, choice.get("header"))
        except ValueError:
            text = _("The sheet has no row %(number)s; choose the row with the column titles.")
            raise Unclear([Question("header", text % {"number": choice["header"]})]) from None
        head = titles or headers.by_shape(sheet.rows, KNOWN) or headers.untitled(sheet.rows)
        found = cls(sheet.rows, head, name, sheet.structure, titles is not None)
        candidates = likely_columns.candidates(found)
        chosen = {each: fits[0] for each, fits in candidates.items() if len(fits) == 1}
        missing: dict[str, str] = {}
        for each in FIELDS:
            if each in choice and (title := found.title(str(choice[each]))):
                chosen[each] = title
                candidates[each] = [title]
            elif each in choice:
                chosen.pop(each, None)
                missing[each] = str(choice[each])
        return replace(found, chosen=chosen, candidates=candidates, missing=missing)

    @property
    def is_clear(self) -> bool:
        return len(set(self.chosen.values())) == len(FIELDS)

    @property
    def may_be_table(self) -> bool:
        """Whether it has people with ID numbers, so that it must not be ignored."""
        return "id_number" in self.chosen and bool(self.candidates["amount"])

    @property
    def has_people(self) -> bool:
        return any(map(any, self.below))

    @property
    def where(self) -> str:
        """The sheet and the row of its titles, as the file has them; empty for a csv without titles."""
        sheet = _("sheet «%(name)s»") % {"name": self.name} if self.name else ""
        row = _("row %(row)s") % {"row": self.head.number} if self.head.last >= 0 else ""
        return " ".join(filter(None, [sheet, row]))

    def place(self, column: str) -> int:
        return self.head.names.index(self.chosen[column])

    def body(self) -> row_kinds.TableBody:
        places = [self.place("name"), self.place("id_number")]
        return row_kinds.body(self.rows, self.head, identifying=places, amounts=[self.place("amount")])

    def questions(self) -> Iterator[Question]:
        titles = [name for name in self.head.names if not name.startswith("#")] or self.head.names
        if not self.has_header and len(self.chosen) < len(FIELDS):
            yield self._which_header()
        for column, label in FIELDS.items():
            if column not in self.chosen:
                fits = self.candidates[column]
                text = (
                    _("Several columns may hold «%(field)s»; which one is it?")
                    if fits
                    else _("Which column holds «%(field)s»?")
                )
                text %= {"field": label}
                if given := self.missing.get(column):
                    text = _("There is no column «%(title)s». %(question)s") % {"title": given, "question": text}
                yield self._question(column, text, fits or titles, is_open=not fits)
        if len(self.chosen) == len(FIELDS) > len(set(self.chosen.values())):
            text = _("One column cannot have two meanings; choose another.")
            yield self._question("amount", text, titles, is_open=True)

    def _question(self, about: str, text: str, titles: list[str], *, is_open: bool) -> Question:
        text = _("%(where)s: %(question)s") % {"where": self.where, "question": text} if self.where else text
        return Question(about, text, titles, [self.labels[title] for title in titles], is_open)

    def _which_header(self) -> Question:
        """The question which row has the titles, with the possible rows and their texts."""
        words = {"count": headers.HEADER_WITHIN, "row": self.head.number}
        text = (
            _("No known word is among the column titles; row %(row)s is taken for them. If it is another, which row?")
            if self.head.last >= 0
            else _("None of the first %(count)s rows holds the column titles; which row does?")
        )
        lines = [[*filter(None, map(cells.unwrapped, row))] for row in self.rows[: headers.HEADER_WITHIN]]
        rows = {number: line for number, line in enumerate(lines, 1) if headers.may_be_titles(line)}
        shown = [
            _("row %(row)s: %(cells)s") % {"row": number, "cells": masked_within(" ".join(line))[:LONGEST_ROW]}
            for number, line in rows.items()
        ]
        sheet = _("sheet «%(name)s»") % {"name": self.name} if self.name else ""
        text = _("%(where)s: %(question)s") % {"where": sheet, "question": text % words} if sheet else text % words
        return Question("header", text, [*map(str, rows)], shown)


@dataclass(frozen=True)
class Workbook:
    """All sheets of a file, read with the choices made so far."""

    sheets: list[OfficeSheet]
    names: list[str]  # of all sheets with anything on them
    choice: Mapping[str, Any]
    hidden: list[str] = field(default_factory=list)  # hidden sheets, which are not read

    @classmethod
    def read(cls, source: Path | bytes, choice: Mapping[str, Any]) -> "Workbook":
        """Read a file. Raises Unreadable for an unsuitable file, Unclear if a chosen sheet or row does not exist."""
        opened = file_sheets.opened(source)
        found = {name: sheet for name, sheet in opened.items() if not name.endswith(HIDDEN)}
        hidden = [name.removesuffix(HIDDEN) for name in opened if name.endswith(HIDDEN)]
        if not found:
            text = _("Only the hidden sheet %(names)s holds such a table; show it and save the file again.")
            raise sandbox.Unreadable(text % {"names": ", ".join(hidden)})
        if sum(any(row) for sheet in found.values() for row in sheet.rows) > MOST_ROWS:
            words = {"count": f"{MOST_ROWS:,}"}
            raise sandbox.Unreadable(_("The file has more than %(count)s rows; give one month of one office.") % words)
        names, wanted = list(found), str(choice.get("sheet", ""))
        if wanted and wanted != ALL_SHEETS:
            if wanted not in found:
                raise Unclear([Question("sheet", _("There is no sheet %(name)s.") % {"name": wanted}, names)])
            found = {wanted: found[wanted]}
        return cls([OfficeSheet.read(name, sheet, choice) for name, sheet in found.items()], names, choice, hidden)

    @property
    def tables(self) -> list[OfficeSheet]:
        """The sheets with people; if there are none, the first."""
        if len(self.sheets) == 1:
            return self.sheets
        people = [sheet for sheet in self.sheets if sheet.has_people]
        return [sheet for sheet in people if sheet.is_clear or sheet.may_be_table] or people[:1] or self.sheets[:1]

    def questions(self) -> list[Question]:
        """The open questions: the sheet, then the columns of the first unclear sheet."""
        which = list(self._which_sheet(self.tables)) if len(self.tables) > 1 else []
        unclear = [found for sheet in self.tables if (found := list(sheet.questions()))]
        return which + (unclear[0] if unclear else [])

    def old(self) -> Old:
        """The file's rows. Raises Unclear while a sheet or column must be chosen, Unreadable without rows."""
        if questions := self.questions():
            raise Unclear(questions)
        tables = self.tables
        several = len(tables) > 1
        ignored = [sheet.name for sheet in self.sheets if sheet not in tables]
        old = Old(column=tables[0].chosen["amount"][:100], ignored=ignored, hidden={"hidden_sheets": self.hidden})
        for sheet in tables:
            _read(old, sheet, sheet.name if several else "")
        if not old.rows and not old.refused:
            raise sandbox.Unreadable(_("The file holds no rows below its titles."))
        return old

    def _which_sheet(self, tables: list[OfficeSheet]) -> Iterator[Question]:
        """The question which sheet, unless it was answered or all sheets have the same titles and different people."""
        if self.choice.get("sheet") == ALL_SHEETS:
            return
        clear = [sheet for sheet in tables if sheet.is_clear]
        people = Counter(
            number
            for sheet in clear
            for number in {row[sheet.place("id_number")] for _number, row in sheet.body().rows}
            if number
        )
        alike = len(clear) == len(tables) and len({tuple(sheet.chosen.items()) for sheet in tables}) == 1
        if not alike or max(people.values(), default=0) > 1:
            text = _("Several sheets hold such a table; choose the one of the month, or all of them (*).")
            yield Question("sheet", text, [*(sheet.name for sheet in tables), ALL_SHEETS])


def read(source: Path | bytes, choice: Mapping[str, Any] | None = None) -> Old:
    """The file's rows, with the sheet, the header's row and the columns that were chosen.

    `choice` may have sheet (its name, or * for all), header (the row's number, from 1), name, id_number and amount
    (titles of columns, or #3 for the third). Raises Unreadable or Unclear.
    """
    return Workbook.read(source, choice or {}).old()


def _read(old: Old, sheet: OfficeSheet, name: str) -> None:
    body = sheet.body()
    for each in body.others:
        text = _("%(row)s has the column titles of another table; put each table into a file or sheet of its own.")
        raise sandbox.Unreadable(text % {"row": _("row %(row)s") % {"row": f"{name} {each.number}".strip()}})
    old.skipped += [(name, skipped) for skipped in body.skipped]
    readers = {"name": columns.Name(), "id_number": columns.IDNumber(), "amount": Amount()}
    places = {sheet.place(column) for column in readers}
    numbers = [number for number, _row in body.rows]
    old.hide("hidden_columns", name, sheet.hidden_columns(places))
    old.hide("hidden_rows", name, sheet.hidden_rows(numbers))
    old.hide("comments", name, sorted({number for number, _place, _text in sheet.comments()} & {*numbers}))
    merged, struck = sheet.merged(numbers, places), sheet.struck_cells(numbers, places)
    for number, row in body.rows:
        values, why = {}, []
        wrong = dict([*struck.get(number, ()), *merged.get(number, ())])
        for column, reader in readers.items():
            cell = row[sheet.place(column)]
            try:
                if error := wrong.get(sheet.place(column)):
                    raise ValueError(error)
                values[column] = reader.clean(cell, {})
            except ValueError as error:
                shown = masked(cell) if column == "id_number" else masked_within(cell)
                why.append((sheet.chosen[column], shown, str(error)))
        if why:
            old.refused.append(RejectedRow(name, number, row[sheet.place("name")], why))
        else:
            old.rows.append(OldRow(name, number, **values))
