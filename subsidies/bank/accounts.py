"""Account numbers and names as banks return them: with blanks, wrapped, or masked."""

import html
import re
from dataclasses import dataclass

from jygroups.lib import cells
from jygroups.lib.names import LOOK_ALIKE_DOTS, MIDDLE_DOT

SHORTEST = 12  # digits of a whole account; fewer are its end
FEWEST_VISIBLE, SHORTEST_END = 4, 3  # digits that a masked account has to show, in all and at its end
MASK = r"[*xX•●○·.…#_?※]+"
END_ONLY = re.compile(r"^\(?(卡|账号|账户)?(尾号|尾数|末四位|后四位|后4位|末4位)[:为是]?")
AFTER = re.compile(r"的?(账户|账号|卡|银行卡|储蓄卡|借记卡)$")
LABEL = re.compile(r"^[一-鿿]{0,6}(账号|账户|卡号|卡):?(?=[\d*xX])")  # 账号:6228…
# What follows or precedes the digits and is no part of them: a decimal of a number, the bank in brackets, a comma.
AROUND = re.compile(r"(?<=\d{12})\.0+$|^\([^()\d*xX]*\)|\([^()\d*xX]*\)$|[,、;/。]+$")
ROUNDED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
OTHER_DOTS = (
    # between the parts of a name, as banks write it or another encoding has left it
    "\u02d9\u0307\u00b8\u318d\u4e36\u25aa\uff61。、,，-‐–—－'’`/°◦\u2e31|;\ufffd"
)
NAME_MASK = re.compile(r"[*xX某?•●○#_]+")


@dataclass(frozen=True)
class Account:
    """An account as the file has it; `pieces` are the visible parts of a masked one, first and last at its ends."""

    text: str
    pieces: tuple[str, ...] = ()

    @property
    def is_masked(self) -> bool:
        return bool(self.pieces)

    @property
    def end(self) -> str:
        """The digits that every fitting account ends with."""
        return self.pieces[-1][-SHORTEST_END:] if self.pieces else ""

    def fits(self, number: str) -> bool:
        if not self.pieces:
            return number == self.text
        return re.fullmatch(r"\d+".join(self.pieces), number) is not None


def account(text: str) -> Account | None:
    """The account; None for a text that is not an account, or that shows too few digits of one."""
    text = cells.plain(text).strip("\"'’‘“”").replace("帐", "账")
    while (left := AROUND.sub("", text)) != text:
        text = left
    text = END_ONLY.sub("*", LABEL.sub("", AFTER.sub("", text))).strip("()")
    text = re.sub(r"(?<=[\d*xX])[-‐–—'’](?=[\d*xX])", "", text)
    if re.fullmatch(r"\d+", text, re.ASCII):
        return Account(text) if len(text) >= SHORTEST else _masked(["", text], text)
    if is_rounded(text) or not re.fullmatch(rf"(\d|{MASK})+", text, re.ASCII):
        return None
    return _masked(re.split(MASK, text), text)


def _masked(pieces: list[str], text: str) -> Account | None:
    is_enough = len("".join(pieces)) >= FEWEST_VISIBLE and len(pieces[-1]) >= SHORTEST_END
    return Account(text, tuple(pieces)) if is_enough else None


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet has turned the account into a number and lost digits."""
    return ROUNDED.fullmatch(cells.plain(text)) is not None


def same_name(name: str, stated: str) -> bool:
    """Whether the file's name is the person's; blanks, dots, full-width forms and the masked part do not matter."""
    if is_whole_name(name, stated):
        return True
    stated = _plain(stated)
    pieces = [re.escape(_name(piece)) for piece in NAME_MASK.split(stated)]
    return len(pieces) > 1 and any(pieces) and re.fullmatch(".+".join(pieces), _name(name)) is not None


def is_whole_name(name: str, stated: str) -> bool:
    """Whether the file's name is the person's whole name; a dot, which elsewhere masks, may be part of the name.

    Banks leave out the dot between the parts of a transcribed name, or write another sign for it.
    """
    if _name(name) == _name(stated):
        return True
    # A dot in the file alone may stand for a hidden character, unless it is the one of names.
    has_dot = MIDDLE_DOT in name or MIDDLE_DOT in stated
    return has_dot and _undotted(name) == _undotted(stated) != ""


def _name(text: str) -> str:
    return re.sub(f"[{re.escape(LOOK_ALIKE_DOTS + '.')}]", MIDDLE_DOT, _plain(text))


def _plain(text: str) -> str:
    """The text for comparison; an ordinal sign, which is normalised to a letter, and &middot; are dots."""
    return cells.plain(html.unescape(text).replace("º", "°"))


def _undotted(text: str) -> str:
    return re.sub(f"[{re.escape(MIDDLE_DOT + OTHER_DOTS)}]", "", _name(text))
