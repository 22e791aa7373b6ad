"""An office's old spreadsheet of a month: which columns it has, and what each row says.

The Chinese here is the file format itself, not text of the site.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from jygroups.lib import sheets
from jygroups.lib.id_numbers import masked, masked_within
from registry.imports import columns

# How offices call the columns, the likeliest first; each may have a unit after it: 金额(元).
NAME = ("姓名", "人员姓名", "成员姓名")
ID_NUMBER = ("身份证号", "身份证号码", "公民身份号码", "身份证", "证件号码")
AMOUNT = ("金额", "补贴金额", "发放金额", "实发金额", "实发", "实发合计", "应发金额", "应发", "合计", "补贴")
HEADER_WITHIN = 10
MOST_ROWS = 20_000
TOTALS = ("合计", "总计", "小计", "本页")
LARGEST = Decimal(1_000_000)  # yuan a month


class Amount(columns.Required):
    """Yuan, as they are typed: 1,250.00, ¥450, 350元."""

    def read(self, text, row):
        try:
            amount = Decimal(re.sub(r"[,，¥￥元]", "", columns.plain(text)))
        except InvalidOperation:
            raise ValueError(_("it is no amount; write it like 350 or 350.00")) from None
        if not amount.is_finite() or abs(amount) >= LARGEST:
            raise ValueError(_("it is no amount that a month can have; write it like 350 or 350.00"))
        if amount < 0:
            raise ValueError(_("it is below zero; write what was paid for the month alone, without recoveries"))
        if amount != round(amount, 2):
            raise ValueError(_("it has more than two decimals; write it like 350.00"))
        return amount


@dataclass(frozen=True)
class Row:
    number: int  # in the file
    name: str
    id_number: str
    amount: Decimal


@dataclass(frozen=True)
class Refused:
    """A row that cannot be read: of each wrong cell its column, what it says (numbers masked), and the cure."""

    number: int
    name: str
    why: list[tuple[str, str, str]]


@dataclass
class Old:
    column: str  # of the amounts, as the file calls it
    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read(content: bytes) -> Old:
    """The file's rows below its titles; totals and blank rows are passed by. Raises Unreadable."""
    rows, others = sheets.read(content)
    also = [name for name, head in others.items() if any(map(_is_header, head[:HEADER_WITHIN]))]
    if also:
        text = _("Other sheets hold such a table too: %(names)s. Put all rows on one sheet, or load each from a file.")
        raise sheets.Unreadable(text % {"names": ", ".join(also)})
    header = next((at for at, row in enumerate(rows[:HEADER_WITHIN]) if _is_header(row)), None)
    if header is None:
        words = {"count": HEADER_WITHIN, "titles": " · ".join((NAME[0], ID_NUMBER[0], AMOUNT[0]))}
        raise sheets.Unreadable(_("None of the first %(count)s rows holds the column titles %(titles)s.") % words)
    places = _places(rows[header])
    titles = ["".join(rows[header][place].split()) for place in places]
    old = Old(column=titles[2][:100])
    below = rows[header + 1 :]
    if len(below) > MOST_ROWS:
        words = {"count": f"{MOST_ROWS:,}"}
        raise sheets.Unreadable(_("The file has more than %(count)s rows; give one month of one office.") % words)
    for number, row in enumerate(below, header + 2):
        cells = [row[place].strip() if place < len(row) else "" for place in places]
        if any(cells) and not any(cell.strip().startswith(TOTALS) for cell in row):
            _read(old, number, titles, cells)
    if not old.rows and not old.refused:
        raise sheets.Unreadable(_("The file holds no rows below its titles."))
    return old


def _is_header(row: list[str]) -> bool:
    return len(_places(row)) == 3


def _places(row: list[str]) -> list[int]:
    """Where name, ID number and amount stand in a row of titles; fewer than three where one is missing."""
    titles = [re.sub(r"[（(].*?[）)]", "", columns.plain(cell)) for cell in row]
    found = [
        next((titles.index(word) for word in words if word in titles), None) for words in (NAME, ID_NUMBER, AMOUNT)
    ]
    return [place for place in found if place is not None]


def _read(old: Old, number: int, titles: list[str], cells: list[str]) -> None:
    values, why = [], []
    readers = (columns.Name(), columns.IDNumber(), Amount())
    for reader, title, cell in zip(readers, titles, cells, strict=True):
        try:
            values.append(reader.clean(cell, {}))
        except ValueError as error:
            why.append((title, masked(cell) if title == titles[1] else masked_within(cell), str(error)))
    if why:
        old.refused.append(Refused(number, cells[0], why))
    else:
        old.rows.append(Row(number, *values))
