"""The bank's answer as a table: which of its columns says what, and what each row says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from jygroups.lib import sheets
from jygroups.lib.id_numbers import masked

HEADER_WITHIN = 10
# How banks call the columns, the likeliest first.
WORDS = {
    "account": ("帐号", "账号", "账户", "帐户", "卡号"),
    "amount": ("金额", "实发"),
    "name": ("姓名", "户名", "收款人"),
    "reason": ("原因", "备注", "摘要", "说明", "附言"),
    "state": ("状态", "结果", "标志", "处理"),
}
NEEDED = ("account", "amount")
PAID, REFUSED, PENDING = "paid", "refused", "pending"
BY_COLUMN, ALL_PAID, ALL_REFUSED = "column", PAID, REFUSED
PAID_WORDS = "成功,交易成功,处理成功,已入账,已发放"
TOTALS = ("合计", "总计", "小计")
LONG_NUMBER = re.compile(r"\d{12,}[Xx]?")


@dataclass(frozen=True)
class Grid:
    """The file's rows below its header, each with its number in the file; columns without a title are #1, #2 …"""

    titles: list[str]
    rows: list[tuple[int, list[str]]]

    @property
    def sample(self) -> list[str]:
        """What the first row says, numbers masked: so that columns without titles can be told apart."""
        first = self.rows[0][1] if self.rows else []
        return [LONG_NUMBER.sub(lambda found: masked(found[0]), cell) for cell in first]


@dataclass(frozen=True)
class Said:
    """One row of the answer. What cannot be read is None, with `fault` saying why."""

    number: int
    account: str
    name: str
    amount: Decimal | None
    says: str  # PAID, REFUSED or PENDING
    reason: str
    fault: str = ""


def grid(content: bytes, separator: str) -> Grid:
    """The file as a table; where commas do not part it, the template's separator does. Raises Unreadable."""
    found, _others = sheets.read(content)
    rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(found, 1) if any(map(str.strip, row))]
    separator = separator.replace("\\t", "\t")
    if rows and all(len(row) == 1 for _number, row in rows) and any(separator in row[0] for _number, row in rows):
        rows = [(number, [cell.strip() for cell in row[0].split(separator)]) for number, row in rows]
    if not rows:
        raise sheets.Unreadable(_("The file has no rows."))
    width = max(len(row) for _number, row in rows)
    rows = [(number, [*row, *[""] * (width - len(row))]) for number, row in rows]
    place = next((place for place, (_number, row) in enumerate(rows[:HEADER_WITHIN]) if _is_header(row)), None)
    names = rows[place][1] if place is not None else [""] * width
    return Grid(_unique(names), rows if place is None else rows[place + 1 :])


def _is_header(row: Sequence[str]) -> bool:
    known = [cell for cell in row if any(word in cell for words in WORDS.values() for word in words)]
    return len(known) > 1


def _unique(names: Sequence[str]) -> list[str]:
    titles: list[str] = []
    for number, name in enumerate(names, 1):
        title = "".join(name.split())
        titles.append(title if title and title not in titles else f"{title}#{number}")
    return titles


def guess(titles: Sequence[str], remembered: dict) -> dict:
    """Which column says what: as it was last time, where the columns are still there; else by their titles."""
    places = [remembered.get(name) for name in WORDS if remembered.get(name)]
    if places and all(place in titles for place in places):
        return remembered
    found: dict = {}
    for name, words in WORDS.items():
        fits = [title for word in words for title in titles if word in title and title not in found.values()]
        found[name] = fits[0] if fits else ""
    return found | {"says": BY_COLUMN if found["state"] else ALL_PAID, "paid_words": PAID_WORDS, "in_fen": False}


def is_clear(columns: dict, titles: Sequence[str]) -> bool:
    """Whether the columns are all there and the needed ones chosen."""
    chosen = [columns.get(name) for name in WORDS if columns.get(name)]
    needed = [*NEEDED, *(["state"] if columns.get("says") == BY_COLUMN else [])]
    return all(columns.get(name) for name in needed) and all(place in titles for place in chosen)


def said(found: Grid, columns: dict) -> list[Said]:
    """What each row says; rows of totals are passed by."""
    places = {name: found.titles.index(columns[name]) for name in WORDS if columns.get(name)}
    paid_words = {word.strip() for word in re.split(r"[,，、]", columns["paid_words"]) if word.strip()}
    rows = []
    for number, row in found.rows:
        if not any(cell.startswith(TOTALS) for cell in row):
            cells = {name: row[place] for name, place in places.items()}
            rows.append(_said(number, cells, columns, paid_words))
    return rows


def _said(number: int, cells: dict[str, str], columns: dict, paid_words: set[str]) -> Said:
    account = re.sub(r"[\s'’-]", "", cells["account"])
    state, reason = cells.get("state", ""), cells.get("reason", "")
    says = (PAID if state in paid_words else REFUSED) if columns["says"] == BY_COLUMN else columns["says"]
    amount = _amount(cells["amount"], in_fen=columns["in_fen"])
    if re.fullmatch(r"[0-9.]+E\+?[0-9]+", account, re.IGNORECASE):
        fault = _("a spreadsheet has rounded the account number; take the bank's own file")
    elif not account.isascii() or not account.isdigit():
        fault = _("there is no account number")
    elif amount is None:
        fault = _("the amount cannot be read")
    elif columns["says"] == BY_COLUMN and not state:
        fault = _("it does not say whether it was paid")
    else:
        fault = ""
    why = "" if says == PAID else (reason or state)
    why = LONG_NUMBER.sub(lambda found: masked(found[0]), why)[:200]
    return Said(number, account, cells.get("name", ""), amount, says, why, fault)


def _amount(text: str, *, in_fen: bool) -> Decimal | None:
    try:
        amount = Decimal(re.sub(r"[,，¥￥元\s]", "", text))
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    return (amount / 100 if in_fen else amount).quantize(Decimal("0.01"))
