"""The bank's answer as tables: the meaning of each column, and the content of each row.

Nothing is guessed: what is neither remembered nor chosen is a question (rules.md §5). `questions` lists them, and
`rows_of` reads only a file without questions.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from jygroups.lib import cells
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.spreadsheets import file_sheets, headers, row_kinds, sandbox
from subsidies.bank import accounts, named_dates, proposals, row_dates, stacked, words
from subsidies.bank.words import MEANINGS, PAID

NEEDED = ("account", "amount")
BY_COLUMN, SKIP = "column", "skip"
SEPARATOR, COLUMNS, UNIT, HOLDS, WORDS, SHEETS = "separator", "columns", "unit", "holds", "words", "sheets"
COLUMNS_READ = (*NEEDED, "name", "state")
LONGEST_REASON = 200
CENT = Decimal("0.01")


class PaidPerson(Protocol):
    """A person of the payment, with whom the answer's rows are compared."""

    name: str
    account: str
    amount: Decimal


@dataclass
class Layout:
    """The title of each column of a table; empty for a column that it does not have."""

    titles: list[str]
    account: str = ""
    amount: str = ""
    name: str = ""
    state: str = ""
    reason: str = ""
    in_fen: bool = False

    @property
    def is_complete(self) -> bool:
        return all(getattr(self, name) in self.titles for name in NEEDED)

    def place(self, name: str) -> int | None:
        title = getattr(self, name)
        return self.titles.index(title) if title in self.titles else None


@dataclass
class Choices:
    """The remembered or chosen settings for reading a file."""

    separator: str = ""  # empty: the one that gives all rows the same number of cells
    headers: dict[str, int] = field(default_factory=dict)  # by sheet, the row of its titles; 0: it has none
    layouts: list[Layout] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)  # by meaning
    sheets: dict[str, str] = field(default_factory=dict)  # by sheet the outcome of all its rows, or SKIP
    is_confirmed: bool = False  # the user has chosen the columns of this very file
    chosen: list[str] = field(default_factory=list)  # sheets that the user has chosen to read

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Choices":
        """The stored choices; those that an earlier version stored in another form are left out."""
        layouts = [Layout(**layout) for layout in stored.get("layouts", [])]
        names = ("separator", "headers", "words", "sheets", "is_confirmed", "chosen")
        return cls(layouts=layouts, **{name: stored[name] for name in names if name in stored})

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def layout(self, titles: Sequence[str]) -> Layout | None:
        """The layout of exactly these titles, in this order; empty columns after the last title do not matter."""
        own = _titled(titles)
        found = next((layout for layout in self.layouts if _titled(layout.titles) == own), None)
        return replace(found, titles=list(titles)) if found else None


def _titled(titles: Sequence[str]) -> list[str]:
    """The titles up to the last one that has words: a heading or a footer may be wider than the table."""
    last = max((place for place, title in enumerate(titles) if not title.startswith("#")), default=len(titles) - 1)
    return list(titles[: last + 1])


@dataclass(frozen=True)
class BankTable(file_sheets.FileSheet):
    """One sheet, or one of several tables below each other on it."""

    @property
    def above(self) -> str:
        """The text above the titles."""
        return " ".join(cell for row in self.rows[: max(self.head.first, 0)] for cell in row)

    @property
    def listed(self) -> str:
        """Its titles; one that is only a number with the first cell below it."""
        samples = {title: sample if title.startswith("#") else "" for title, sample in self.samples.items()}
        return " · ".join(itertools.starmap(file_sheets.with_sample, samples.items()))

    def labelled(self, text: str) -> str:
        """The text with the sheet's name, where there is one."""
        return _("%(sheet)s: %(label)s") % {"sheet": self.name, "label": text} if self.name else text


@dataclass(frozen=True)
class File:
    tables: list[BankTable]
    ignored: list[tuple[str, int]]  # sheets without such a table, and their rows


@dataclass(frozen=True)
class Question:
    """A choice that has to be made before the file can be recorded, and the mapping key that makes it."""

    about: str
    text: str
    give: dict[str, Any]
    sheet: str = ""
    counts: dict[str, int] = field(default_factory=dict)  # by word, how many rows have it


@dataclass(frozen=True)
class AnswerRow:
    """One row of the answer. A value that cannot be read is None, with the reason in `fault`."""

    number: int
    account: accounts.Account | None
    name: str
    amount: Decimal | None
    outcome: str  # PAID, REFUSED or PENDING
    reason: str
    fault: str = ""
    sheet: str = ""
    days: tuple[date, ...] = ()  # of the row's payment, in the columns of days
    printed: date | None = None  # the newest day above and below the rows of its sheet
    unclear: tuple[str, ...] = ()  # cells in the columns of days that name no day for certain
    months: tuple[named_dates.Named, ...] = ()  # for which it was paid, in a column of months
    is_return: bool = False  # by its words the money had arrived and came back

    @property
    def day(self) -> date | None:
        """The newest day that the file gives of the row."""
        return max(self.days, default=self.printed)

    @property
    def place(self) -> str:
        """Where it is in the file, as a mapping gives it."""
        return f"{self.sheet} {self.number}".strip()

    @property
    def where(self) -> str:
        """The same in words."""
        return _where(self.sheet, self.number)


@dataclass(frozen=True)
class Skipped:
    sheet: str
    number: int
    why: str
    text: str

    @property
    def where(self) -> str:
        return _where(self.sheet, self.number)


def _where(sheet: str, number: int) -> str:
    about = {"sheet": sheet, "row": number}
    return _("row %(row)s of sheet “%(sheet)s”") % about if sheet else _("row %(row)s") % about


def opened(content: bytes, choices: Choices, people: Sequence[PaidPerson], *, separator: str = "") -> File:
    """The file's tables; `separator` is tried where no usual one divides its rows. Raises Unreadable."""
    found = file_sheets.opened(content, separator=choices.separator)
    own = separator.replace("\\t", "\t")
    if not choices.separator and own and list(found) == [""] and all(len(row) < 2 for row in found[""].rows):
        found = file_sheets.opened(content, separator=own)
    return tables(found, choices.headers, people)


def tables(found: Mapping[str, sandbox.ReadSheet], headers: Mapping[str, int], people: Sequence[PaidPerson]) -> File:
    """The sheets that have a table of payments; the first where none has."""
    all_tables = [
        table for name, sheet in found.items() for table in _stacked(_table(name, sheet, headers.get(name)), headers)
    ]
    evidence = proposals.Evidence(people)
    fitting = [table for table in all_tables if table.name in headers or proposals.is_answer(table, evidence)]
    used = fitting or all_tables[:1]
    return File(used, [(table.name, len(table.rows)) for table in all_tables if table not in used])


def _table(name: str, sheet: sandbox.ReadSheet, header: int | None) -> BankTable:
    chosen = header if header and header <= len(sheet.rows) else None
    head = headers.find(sheet.rows, words.LOOKED_FOR, chosen) if header != 0 else None
    return BankTable(sheet.rows, head or headers.untitled(sheet.rows), name, sheet.structure)


def _stacked(table: BankTable, headers: Mapping[str, int]) -> list[BankTable]:
    """The tables below each other on a sheet; the table itself if there is only one."""
    parts = [] if table.name in headers or table.head.last < 0 else stacked.parts(table.rows)
    found: list[BankTable] = []
    for part in parts:
        name = f"{table.name} {part.label or _('row %(row)s') % {'row': part.number}}".strip()
        name = f"{name} {part.number}" if name in [other.name for other in found] else name
        found.append(_table(name, sandbox.ReadSheet(part.rows, table.structure), headers.get(name, part.header)))
    return found or [table]


def remembered(file: File, memory: Choices) -> Choices:
    """What is remembered for the file: the columns of tables with exactly the same titles, and the words."""
    layouts = [layout for table in file.tables if (layout := memory.layout(table.head.names))]
    return Choices(layouts=layouts, words=memory.words or words.lists({}, words.DEFAULT))


def proposed(table: BankTable, choices: Choices, people: Sequence[PaidPerson]) -> Layout:
    """The columns chosen or remembered; else the likeliest by titles and cells, for the user to confirm."""
    if layout := choices.layout(table.head.names):
        return layout
    found = proposals.layout(table, proposals.Evidence(people), choices.words)
    return Layout(table.head.names, **found)


def questions(file: File, choices: Choices, people: Sequence[PaidPerson], *, file_name: str = "") -> list[Question]:
    """The choices to make before the file can be recorded; empty when the file is understood."""
    found: list[Question] = []
    for table in file.tables:
        if choices.sheets.get(table.name) != SKIP:
            found += _of_table(table, choices, people, file_name)
    unknown = Counter(word for table in file.tables for word in _outcomes(table, choices))
    counts = {word: count for word, count in unknown.most_common() if not words.meaning_of(word, choices.words)}
    if counts:
        listed = _(", ").join(f"{word} ({count})" for word, count in counts.items())
        text = _("What do these words of the file mean: paid, refused or still in process? %(words)s")
        give: dict[str, list[str]] = {meaning: [] for meaning in MEANINGS}
        found.append(Question(WORDS, text % {"words": listed}, give, counts=counts))
    return found


def _of_table(table: BankTable, choices: Choices, people: Sequence[PaidPerson], file_name: str) -> list[Question]:
    if len(table.head.names) < 2 and not choices.layout(table.head.names):
        text = _("The file has one column only: which character separates its columns?")
        return [Question(SEPARATOR, text, {"separator": ";"}, table.name)]
    layout = choices.layout(table.head.names)
    found = []
    if not layout or not layout.is_complete:
        guess = proposed(table, choices, people)
        text = _("What does each column mean? There are: %(titles)s") % {"titles": table.listed}
        found.append(Question(COLUMNS, table.labelled(text), _as_mapping(guess), table.name))
        layout = guess
    elif not choices.is_confirmed and proposals.is_other_unit(layout, table, proposals.Evidence(people)):
        text = _("The amounts fit only if they are read in the other unit: are they yuan or fen?")
        found.append(Question(UNIT, table.labelled(text), {"in_fen": not layout.in_fen}, table.name))
    if not layout.state and table.name not in choices.sheets:
        text = _(
            "No column is known to hold the outcome of each payment: were all people of the list paid, or all refused "
            "or sent back? Who is taken as refused can be paid again, and was paid twice if the money did arrive; who "
            "is taken as paid gets nothing more. Ask the bank where the file does not show it."
        )
        only = proposals.holds(table.head.names, table.name or file_name, table.below)
        give: dict[str, Any] = outcome_of(table, only) if only else {}
        if title := proposals.half_filled(table.head.names, table.below):
            text = _("Only some rows have something in the column %(title)s: were the people without it paid?")
            text, give = text % {"title": title}, {"state": title, "paid": [words.EMPTY]}
        found.append(Question(HOLDS, table.labelled(text), give, table.name))
    return found


def outcome_of(table: BankTable, outcome: str) -> dict[str, Any]:
    """The mapping that gives all rows of the table this outcome."""
    return {"sheets": {table.name: outcome}} if table.name else {"only": outcome}


def _as_mapping(layout: Layout) -> dict[str, Any]:
    names = ("account", "amount", "name", "state", "reason")
    return {name: getattr(layout, name) for name in names if getattr(layout, name)}


def _outcomes(table: BankTable, choices: Choices) -> Iterable[str]:
    """The outcome column's cells in the rows about people."""
    layout = choices.layout(table.head.names)
    if not layout or not layout.is_complete or table.name in choices.sheets:
        return []
    place, found = layout.place("state"), body(table, layout)
    wrong = faults(table, found, [place]) if place is not None else {}
    return [words.same(row[place]) for number, row in found.rows if place is not None and number not in wrong]


def faults(table: BankTable, found: row_kinds.TableBody, places: Collection[int]) -> dict[int, str]:
    """By row number why a cell of these columns may not be taken as it stands: merged, broken, or struck through."""
    numbers = [number for number, _row in found.rows]
    by_kind = (table.merged(numbers, places), table.broken(found.rows, places), table.struck_cells(numbers, places))
    return {number: each[0][1] for kind in by_kind for number, each in kind.items()}


def body(table: BankTable, layout: Layout) -> row_kinds.TableBody:
    """The rows about people and the others.

    In addition to `located`, rows of bare counts or sums and rows of a single cell are not about a person: the latter
    lack an account or an amount.
    """
    places = {name: layout.place(name) for name in ("account", "name", "amount")}
    identifying = [place for name in ("account", "name") if (place := places[name]) is not None]
    amounts = [place] if (place := places["amount"]) is not None else []
    found = row_kinds.body(table.rows, table.head, identifying=identifying, amounts=amounts)
    rows = [row for _number, row in found.rows]
    others = dict.fromkeys(proposals.sums(rows, identifying, amounts), row_kinds.Reason.TOTAL)
    others |= {index: row_kinds.Reason.FOOTER for index, row in enumerate(rows) if len([*filter(None, row)]) == 1}
    for index in sorted(others, reverse=True):
        number, row = found.rows.pop(index)
        text = masked_within(" ".join(filter(None, row)))[:60]
        found.skipped.append(row_kinds.Skipped(number, others[index], text))
    return found


def rows_of(file: File, choices: Choices, people: Sequence[PaidPerson]) -> tuple[list[AnswerRow], list[Skipped]]:
    """The content of each row of a file without questions, and the rows that are not about a person.

    A row with the account of one of the people is always about a person, wherever it is.
    """
    names = {person.account: person.name for person in people}
    rows: list[AnswerRow] = []
    skipped: list[Skipped] = []
    for table in file.tables:
        layout = choices.layout(table.head.names)
        if layout is None or choices.sheets.get(table.name) == SKIP:
            continue
        found = body(table, layout)
        dates = row_dates.Dates(table.head.names, table.rows, found)
        is_given = table.name in choices.sheets  # its column of outcomes decides nothing
        read = {place for name in COLUMNS_READ[: -1 if is_given else None] if (place := layout.place(name)) is not None}
        wrong, unclear = faults(table, found, read), faults(table, found, dates.days)
        for number, row in found.rows:
            days = dates.of(row)
            days["unclear"] = (unclear[number],) if number in unclear else days["unclear"]
            rows.append(_row_of(table, layout, choices, number, row, days, wrong.get(number, "")))
        for each in sorted(found.skipped, key=lambda each: each.number):
            why = str(row_kinds.WORDS[each.reason])
            own = next(filter(None, (names.get(cells.plain(cell)) for cell in table.rows[each.number - 1])), "")
            if own:
                fault = _("it has the account of %(name)s, but is read as: %(why)s") % {"name": own, "why": why}
                rows.append(AnswerRow(each.number, None, own, None, "", "", fault, table.name))
            else:
                skipped.append(Skipped(table.name, each.number, why, each.text))
    return rows, skipped


def _row_of(
    table: BankTable, layout: Layout, choices: Choices, number: int, row: list[str], dates: dict[str, Any], fault: str
) -> AnswerRow:
    cell = {
        name: row[place] if (place := layout.place(name)) is not None else ""
        for name in ("account", "amount", "name", "state", "reason")
    }
    outcome = choices.sheets.get(table.name) or words.meaning_of(cell["state"], choices.words)
    account, amount = accounts.account(cell["account"]), money(cell["amount"], in_fen=layout.in_fen)
    if fault:
        pass  # its cells may be another row's
    elif accounts.is_rounded(cell["account"]):
        fault = _("a spreadsheet has rounded the account number; take the bank's own file")
    elif account is None:
        fault = _("there is no account number")
    elif amount is None:
        fault = _("the amount cannot be read")
    why = "" if outcome == PAID else (cell["reason"] or cell["state"])
    reason = masked_within(why)[:LONGEST_REASON]
    is_return = bool(words.RETURNED.search(f"{cell['state']} {cell['reason']}"))
    found = AnswerRow(number, account, cell["name"], amount, outcome, reason, fault, table.name, **dates)
    return replace(found, is_return=is_return)


def money(text: str, *, in_fen: bool) -> Decimal | None:
    """The amount in yuan; None for a text that is not an amount or has a fraction of a fen."""
    amount = cells.amount(text)
    if amount is None:
        return None
    yuan = amount / 100 if in_fen else amount
    return yuan.quantize(CENT) if yuan == round(yuan, 2) else None
