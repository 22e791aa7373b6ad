"""The totals that a bank's answer states, compared with its rows.

A total may be of all rows, of those since an earlier total, or of the outcome or bank that it names: it is right where
it fits any of these. The Chinese here is the file format itself, not text of the site.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jygroups.lib import cells
from jygroups.lib.spreadsheets.row_kinds import Reason
from subsidies.bank import reading, words
from subsidies.bank.reading import SKIP, AnswerRow, BankTable, Choices, File, Layout, PaidPerson

SUBTOTAL = re.compile(r"小计|本页|累计")
STATED = re.compile(r"[合总共]计|总(笔|人|户|金?额)|[笔人户条]数|共\d+[笔人户条]")
OTHERS = re.compile(r"(手续费|余额|税)\S*( ?[\d.,]+元?)?")  # sums of something else
NUMBER = r"(-?\d[\d,]*(?:\.\d+)?)"
COUNT = re.compile(rf"[笔人户条]数:? ?{NUMBER}|(?<![\d.,第]){NUMBER}(?=[笔人户条])")
AMOUNT = re.compile(rf"金额(?:\(元\))?:? ?[¥￥]?{NUMBER}|(?<![\d.,]){NUMBER}(?=元)")
WHOLE = re.compile(r"\d{1,6}")
OUTCOMES = [each for size in (3, 1, 2) for each in itertools.combinations(words.MEANINGS, size)]
MOST_PARTS = 50  # earlier totals since which a total may count

Sum = tuple[int, Decimal]


@dataclass(frozen=True)
class Total:
    """A line of the file with a total: the counts and the amounts in yuan that it states."""

    number: int
    is_row: bool  # below the titles; else above or below the table
    text: str
    counts: list[int]
    amounts: list[Decimal]

    @property
    def names_outcome(self) -> bool:
        """Whether it may be of one outcome only, as 成功合计 is; a plain 合计 is of all rows."""
        return any(hint.search(self.text) for hint in words.HINTS.values())

    def fits(self, sums: Iterable[Sum]) -> bool:
        """Whether each of its numbers is in one of the sums, one count and one amount in the same."""
        counts, amounts = set(self.counts), set(self.amounts)
        is_together = not len(self.counts) == len(self.amounts) == 1
        for count, amount in sums:
            is_together |= count in self.counts and amount in self.amounts
            counts.discard(count)
            amounts.discard(amount)
            if is_together and not counts and not amounts:
                return True
        return False


def of(file: File, choices: Choices, rows: Sequence[AnswerRow], people: Sequence[PaidPerson]) -> list[str]:
    """Each total that the rows do not give, with both numbers in words."""
    found = []
    for table in file.tables:
        layout = choices.layout(table.head.names)
        if layout is None or choices.sheets.get(table.name) == SKIP:
            continue
        own = [row for row in rows if row.sheet == table.name]
        totals = _totals(table, layout, is_readable=all(row.amount is not None for row in own))
        for place, total in enumerate(totals):
            before = [each.number for each in totals[:place] if each.is_row]
            parts = [own, rows, *_since(own, before, total.number), *_named(table, own, total.text)]
            of_payment = _of_payment(own, people) if table.name in choices.sheets and not total.is_row else ()
            sums = itertools.chain(_sums(parts, by_outcome=total.names_outcome), of_payment)
            if not SUBTOTAL.search(total.text) and not total.fits(sums):
                found.append(_in_words(table, total, own))
    return found


def _totals(table: BankTable, layout: Layout, *, is_readable: bool) -> list[Total]:
    """The table's lines with totals, in order; without amounts where that of a row cannot be read."""
    found = []
    for each in sorted(reading.body(table, layout).skipped, key=lambda each: each.number):
        row = table.rows[each.number - 1]
        text = OTHERS.sub("", " ".join(cells.plain(cell) for cell in row if cell))
        is_row = each.reason == Reason.TOTAL
        if not is_row and (each.reason not in (Reason.HEADING, Reason.FOOTER) or not STATED.search(text)):
            continue
        if all(cells.amount(cell) is not None for cell in row if cell):
            continue  # bare numbers are known for a total only because they agree
        own = {
            name: cells.plain(row[place])
            for name in ("account", "name", "amount")
            if (place := layout.place(name)) is not None and place < len(row)
        }
        counts, amounts = _numbers(COUNT, text), _numbers(AMOUNT, text)
        if is_row and not counts:
            counts = [text for name in ("account", "name") if WHOLE.fullmatch(text := own.get(name, ""))]
        if is_row and not amounts and own.get("amount") not in counts:
            amounts = [own.get("amount", "")]
        yuan = [value for text in amounts if (value := reading.money(text, in_fen=layout.in_fen)) is not None]
        whole = [int(value) for text in counts if (value := cells.amount(text)) is not None]
        found.append(Total(each.number, is_row, text, whole, yuan if is_readable else []))
    return found


def _numbers(shape: re.Pattern[str], text: str) -> list[str]:
    return ["".join(groups) for groups in shape.findall(text)]


def _sums(parts: Iterable[Sequence[AnswerRow]], *, by_outcome: bool) -> Iterator[Sum]:
    """Of each part its count and amount; with `by_outcome` also those of its rows with one outcome or two."""
    for part in parts:
        yield _sum(part)
        sums = {
            meaning: _sum([row for row in part if row.outcome == meaning]) for meaning in {row.outcome for row in part}
        }
        for outcomes in OUTCOMES if by_outcome else ():
            chosen = [sums.get(meaning, (0, Decimal(0))) for meaning in outcomes]
            yield sum(count for count, _amount in chosen), sum((amount for _count, amount in chosen), Decimal(0))


def _sum(rows: Sequence[AnswerRow]) -> Sum:
    return len(rows), sum((row.amount or Decimal(0) for row in rows), Decimal(0))


def _since(own: Sequence[AnswerRow], before: Sequence[int], number: int) -> Iterator[list[AnswerRow]]:
    """The rows between each earlier total and this one, and all rows up to it."""
    for start in [*reversed(before[-MOST_PARTS:]), 0]:
        yield [row for row in own if start < row.number < number]


def _named(table: BankTable, own: Sequence[AnswerRow], text: str) -> Iterator[list[AnswerRow]]:
    """The rows with a cell that the total names, as 工商银行合计 names a bank."""
    for place in range(len(table.head.names)):
        values = {
            row.number: cells.plain(each[place]) for row in own if place < len(each := table.rows[row.number - 1])
        }
        for value in {value for value in values.values() if len(value) > 1 and value in text}:
            yield [row for row in own if values.get(row.number) == value]


def _of_payment(own: Sequence[AnswerRow], people: Sequence[PaidPerson]) -> list[Sum]:
    """The payment's people, and those whom a list of failures or of successes does not name."""
    count, amount = _sum(own)
    everybody = len(people), sum((person.amount for person in people), Decimal(0))
    return [everybody, (everybody[0] - count, everybody[1] - amount)]


def _in_words(table: BankTable, total: Total, own: Sequence[AnswerRow]) -> str:
    count, amount = _sum(own)
    stated = [pgettext("total", "%(count)s rows") % {"count": each} for each in total.counts]
    stated += [_("%(amount)s yuan") % {"amount": f"{each:,.2f}"} for each in total.amounts]
    about = {
        "where": reading.Skipped(table.name, total.number, "", "").where,
        "stated": _(", ").join(stated),
        "count": count,
        "amount": f"{amount:,.2f}",
    }
    text = _("%(where)s: the file's own total is %(stated)s, but its rows are %(count)s with %(amount)s yuan in all.")
    is_of_paid = total.fits([_sum([row for row in own if row.outcome == words.PAID])])
    return " ".join([text % about, *([_("It fits the paid rows alone.")] if is_of_paid else [])])
