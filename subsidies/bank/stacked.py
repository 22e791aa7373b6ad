"""Tables that stand one below the other on a sheet of a bank's answer, such as its successes and its failures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jygroups.lib import cells, located, reader
from subsidies.bank import accounts, words

LONGEST_LABEL = 20


@dataclass(frozen=True)
class Part:
    """One of the tables. Its rows keep their numbers: those of the tables before it are empty."""

    label: str  # the line above it, such as 失败明细; may be empty
    number: int  # of its first row, from 1
    rows: reader.Rows
    header: int  # the number of its row of titles


def parts(rows: reader.Rows) -> list[Part]:
    """The tables of a sheet that has several, by their titles or by lines that say what the rows below are."""
    starts = list(_starts(rows))
    if len(starts) < 2:
        return []
    found = []
    ends = [first for first, *_rest in starts[1:]]
    for (first, label, titles, header), end in zip(starts, [*ends, len(rows)], strict=True):
        own: reader.Rows = [*([[]] * first), *rows[first:end]]
        own[header] = titles  # where it has none of its own, in place of the label
        found.append(Part(label, first + 1, own, header + 1))
    return found


def _starts(rows: reader.Rows) -> Iterable[tuple[int, str, list[str], int]]:
    """Of each table where it begins, its label, its titles, and the place of their row.

    Titles that a page repeats begin no table; a label that says otherwise than the one before begins one also without
    titles of its own.
    """
    titles: list[str] = []
    begin, label, own = -1, "", ""  # of the label read last, and the label of the table read now
    for at, row in enumerate(rows):
        filled = _filled(row)
        if len(filled) == 1 and words.hint(filled[0]):
            begin, label = at, filled[0][:LONGEST_LABEL]
        is_other = bool(titles) and bool(label) and words.hint(label) != words.hint(own)
        if _is_header(row):
            if not titles or filled != _filled(titles) or is_other:
                yield (begin if label else at) if titles else 0, label, row, at
                titles, own = row, label
            label = ""
        elif is_other and _is_person(row, titles):
            yield begin, label, titles, begin
            own, label = label, ""


def _filled(row: Sequence[str]) -> list[str]:
    return [*filter(None, map(cells.plain, row))]


def _is_person(row: Sequence[str], titles: Sequence[str]) -> bool:
    """Whether it fills the columns of the titles, with an account in theirs; no heading about the payer."""
    places = [at for at, title in enumerate(titles) if _is_of_accounts(title)]
    is_account = any(at < len(row) and accounts.account(row[at]) for at in places)
    return is_account and len(_filled(row)) * 2 >= len(_filled(titles)) and not any("付款" in cell for cell in row)


def _is_of_accounts(title: str) -> bool:
    is_other = words.NOT_THESE.search(cells.plain(title))
    return not is_other and any(word in cells.plain(title) for word in words.LOOKED_FOR["account"])


def _is_header(row: Sequence[str]) -> bool:
    """Whether it has titles of the people's accounts and of a further column, and no amount or account."""
    if any(cells.amount(cell) is not None or accounts.account(cell) for cell in row):
        return False
    found = located.columns([cell for cell in row if not words.NOT_THESE.search(cells.plain(cell))], words.LOOKED_FOR)
    return "account" in found and len(found) > 1
