"""Proposals for reading a bank's answer, from its titles and cells; the user decides."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jygroups.lib import cells
from jygroups.lib.spreadsheets.file_sheets import FileSheet
from subsidies.bank import accounts, words
from subsidies.bank.words import REFUSED

MOST_OUTCOMES = 8  # different words of a column of outcomes


class Evidence:
    """The people of a payment, with whom columns are compared."""

    def __init__(self, people: Sequence):
        self.by_account = {person.account: person for person in people}
        self.names = {"".join(person.name.split()) for person in people}
        self.amounts = {person.amount for person in people}
        self.by_end: dict[str, list] = {}
        for person in people:
            self.by_end.setdefault(person.account[-accounts.SHORTEST_END :], []).append(person)

    def person(self, text: str):
        """The person with this account, whole or by its visible digits; None if there is none."""
        account = accounts.account(text)
        if account is None:
            return None
        if not account.is_masked:
            return self.by_account.get(account.text)
        return next((person for person in self.by_end.get(account.end, []) if account.fits(person.account)), None)

    def fits(self, name: str, text: str) -> bool:
        """Whether the cell equals the named field of one of the people."""
        match name:
            case "account":
                return self.person(text) is not None
            case "name":
                return cells.plain(text) in self.names
            case _:
                amount = cells.amount(text)
                return amount is not None and (amount in self.amounts or amount / 100 in self.amounts)


def layout(table: FileSheet, evidence: Evidence, known: Mapping) -> dict[str, Any]:
    """The likeliest columns: by comparison of the cells with the payment's people, then by the titles."""
    titles, columns = table.head.names, _filled(table)
    found: dict[str, Any] = {}
    for name in ("account", "amount", "name"):
        found[name] = _by_cells(name, columns, evidence, found) or _by_title(name, titles, found)
    found["reason"] = _certain("reason", titles, found)
    filled = [title for title in titles if columns[title]] or titles
    found["state"] = (
        _state(columns, known, found) or _certain("state", filled, found) or _by_title("state", filled, found)
    )
    found["reason"] = found["reason"] or _by_title("reason", titles, found)
    yuan, fen = _fits(table, found, evidence)
    return found | {"in_fen": fen > yuan}


def is_answer(table: FileSheet, evidence: Evidence) -> bool:
    """Whether it can be a table of payments: it has a column of accounts and at least one more."""
    titles = table.head.names
    account = _by_cells("account", _filled(table), evidence, {}) or _by_title("account", titles, {})
    return bool(account) and len(titles) > 1 and bool(table.below)


def is_other_unit(chosen, table: FileSheet, evidence: Evidence) -> bool:
    """Whether no amount fits in the layout's unit, and some do in the other."""
    yuan, fen = _fits(table, {"account": chosen.account, "amount": chosen.amount}, evidence)
    return bool(yuan and not fen) if chosen.in_fen else bool(fen and not yuan)


def holds(titles: Sequence[str], name: str, rows: Sequence[Sequence[str]] = ()) -> str:
    """What all rows of a table without outcomes seem to be, by its name or titles; empty where nothing shows it.

    Titles of reasons do not, where some people have none.
    """
    if found := words.hint(name):
        return found
    is_of_failures = any(words.FAILURE_TITLE.search(title) for title in titles) and not half_filled(titles, rows)
    return REFUSED if is_of_failures else ""


def half_filled(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The column of reasons that some rows with an account fill and others do not; empty where there is none."""
    # The amount of a row of totals may look like the end of an account.
    people = [row for row in rows if any(_is_account(cell, row) for cell in row) and not _is_labelled_total(row)]
    for place, title in enumerate(titles):
        filled = sum(bool(place < len(row) and cells.unwrapped(row[place])) for row in people)
        if words.CERTAIN["reason"].search(title) and 0 < filled < len(people):
            return title
    return ""


def sums(rows: Sequence[Sequence[str]], identifying: Sequence[int], amounts: Sequence[int]) -> list[int]:
    """The indexes of rows without a person: no account, only numbers that are the sum or count of the other rows."""
    people = [row for row in rows if any(_is_account(row[place], row) for place in identifying)]
    total = sum((cells.amount(row[place]) or Decimal(0) for row in people for place in amounts), Decimal(0))
    found = []
    for place, row in enumerate(rows):
        filled = [cell for cell in row if cell]
        numbers = [cells.amount(cell) for cell in filled if cells.amount(cell) is not None]
        labels = [cell for cell in filled if cells.amount(cell) is None]
        is_bare = not labels and total in numbers and len(people) in (*numbers, len(people))
        is_labelled = bool(labels) and all(words.SUM_LABEL.fullmatch(cells.plain(cell)) for cell in labels)
        if len(people) > 1 and numbers and (is_bare or is_labelled) and row not in people:
            found.append(place)
    return found


def _is_labelled_total(row: Sequence[str]) -> bool:
    return any(words.TOTAL.match(cells.plain(cell)) for cell in row)


def _is_account(text: str, row: Sequence[str]) -> bool:
    """Whether the text is an account; in a row of bare numbers a short one may also be a sum."""
    is_short = len(text) < accounts.SHORTEST and all(cells.amount(cell) is not None for cell in row if cell)
    return accounts.account(text) is not None and not is_short


def _filled(table: FileSheet) -> dict[str, list[str]]:
    """By title, the cells that are not empty."""
    return {title: [*filter(None, texts)] for title, texts in table.texts.items()}


def _by_cells(name: str, columns: Mapping[str, list[str]], evidence: Evidence, taken: Mapping[str, Any]) -> str:
    counts = {
        title: sum(evidence.fits(name, cell) for cell in texts)
        for title, texts in columns.items()
        if title not in taken.values()
    }
    best = max(counts.values(), default=0)
    ranked = [title for title, count in counts.items() if count == best]
    by_title = _by_title(name, ranked, taken)
    return (by_title or ranked[0]) if best else ""


def _by_title(name: str, titles: Sequence[str], taken: Mapping[str, Any]) -> str:
    fits = [
        title
        for word in words.COLUMNS[name]
        for title in titles
        if word in title.replace("帐", "账") and title not in taken.values() and not words.NOT_THESE.search(title)
        if name != "state" or not words.NO_OUTCOME.search(title)
    ]
    return fits[0] if fits else ""


def _certain(name: str, titles: Sequence[str], taken: Mapping[str, Any]) -> str:
    return next((title for title in titles if words.CERTAIN[name].search(title) and title not in taken.values()), "")


def _state(columns: Mapping[str, list[str]], known: Mapping, taken: Mapping[str, Any]) -> str:
    """The column most of whose cells are known outcomes, and few different words; else one with some by title.

    Of several the one that distinguishes most outcomes: 受理成功 or 0000 may stand in every row.
    """
    free = {title: texts for title, texts in columns.items() if title not in taken.values()}
    outcomes = {title: sum(bool(words.meaning_of(text, known)) for text in texts) for title, texts in free.items()}
    found: dict[str, int] = {}
    for title, texts in free.items():
        is_known = outcomes[title] * 2 > len(texts) or (outcomes[title] and words.CERTAIN["state"].search(title))
        if is_known and len(set(texts)) <= MOST_OUTCOMES:
            found[title] = len({words.meaning_of(text, known) or text for text in texts})
    return max(found, key=found.__getitem__, default="")


def _fits(table: FileSheet, found: Mapping[str, Any], evidence: Evidence) -> tuple[int, int]:
    """How many people have the right amount when it is read in yuan, and when it is read in fen."""
    yuan = fen = 0
    for account, text in zip(table.texts.get(found["account"], ()), table.texts.get(found["amount"], ()), strict=False):
        if person := evidence.person(account):
            amount = cells.amount(text)
            yuan += amount == person.amount
            fen += amount == person.amount * 100
    return yuan, fen
