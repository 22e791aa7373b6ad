"""Tables below each other on one sheet of a bank's answer, such as its successes and its failures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jygroups.lib import cells
from jygroups.lib.spreadsheets import headers, structures
from subsidies.bank import accounts, named_dates, words

LONGEST_LABEL = 30
MOST_OF_LABEL = 3  # cells


@dataclass(frozen=True)
class StackedTable:
    """One of the tables. Its rows keep their numbers: the rows of the tables before it are empty."""

    label: str  # the line above it, such as 失败明细; may be empty
    number: int  # of its first row, from 1
    rows: structures.TextRows
    header: int  # the number of its row of titles


def parts(rows: structures.TextRows) -> list[StackedTable]:
    """The tables of a sheet with several, found by their titles or by label lines such as 失败明细."""
    starts = list(_starts(rows))
    if len(starts) < 2:
        return []
    found = []
    ends = [first for first, *_rest in starts[1:]]
    for (first, label, titles, header), end in zip(starts, [*ends, len(rows)], strict=True):
        own: structures.TextRows = [*([[]] * first), *rows[first:end]]
        own[header] = titles  # a table without its own titles gets them in place of the label
        found.append(StackedTable(label, first + 1, own, header + 1))
    return found


def _starts(rows: structures.TextRows) -> Iterable[tuple[int, str, list[str], int]]:
    """For each table its first row, its label, its titles, and the index of their row.

    Titles repeated on each page do not begin a table; a label with another outcome or month than the one before begins
    one even without its own titles.
    """
    titles: list[str] = []
    begin, last, label, own = -1, -1, "", ""  # of the label read last, and the label of the table read now
    for at, row in enumerate(rows):
        filled = _filled(row)
        if _is_label(filled):
            text = " ".join(filled)
            begin, label = (begin, f"{label} {text}") if label and at == last + 1 else (at, text)
            label, last = label[:LONGEST_LABEL], at
        is_other = bool(titles) and bool(label) and _is_other(label, own)
        if _is_header(row):
            if not titles or filled != _filled(titles) or is_other:
                yield (begin if label else at) if titles else 0, label, row, at
                titles, own = row, label
            label = ""
        elif is_other and _is_person(row, titles):
            yield begin, label, titles, begin
            own, label = label, ""


def _is_label(filled: Sequence[str]) -> bool:
    """Whether a line of a few cells names an outcome or a month, and is no row of a person or of sums."""
    if len(filled) == 1 and words.hint(filled[0]):
        return True
    if not 0 < len(filled) <= MOST_OF_LABEL or any(cells.amount(cell) is not None for cell in filled):
        return False
    return not any(map(accounts.account, filled)) and bool(named_dates.months_alone(" ".join(filled)))


def _is_other(label: str, own: str) -> bool:
    """Whether the label names another outcome or another month than the one before."""
    outcome, months = words.hint(label), named_dates.months_alone(label)
    return bool(outcome and outcome != words.hint(own)) or bool(months and months != named_dates.months_alone(own))


def _filled(row: Sequence[str]) -> list[str]:
    return [*filter(None, map(cells.plain, row))]


def _is_person(row: Sequence[str], titles: Sequence[str]) -> bool:
    """Whether the row fills the titled columns, with an account in its column, unlike a heading about the payer."""
    places = [at for at, title in enumerate(titles) if _is_of_accounts(title)]
    is_account = any(at < len(row) and accounts.account(row[at]) for at in places)
    return is_account and len(_filled(row)) * 2 >= len(_filled(titles)) and not any("付款" in cell for cell in row)


def _is_of_accounts(title: str) -> bool:
    is_other = words.NOT_THESE.search(cells.plain(title))
    return not is_other and any(word in cells.plain(title) for word in words.LOOKED_FOR["account"])


def _is_header(row: Sequence[str]) -> bool:
    """Whether the row has titles for the people's accounts and another column, and no amount or account."""
    if any(cells.amount(cell) is not None or accounts.account(cell) for cell in row):
        return False
    found = headers.columns([cell for cell in row if not words.NOT_THESE.search(cells.plain(cell))], words.LOOKED_FOR)
    return "account" in found and len(found) > 1
