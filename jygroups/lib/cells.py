"""What a cell of a file from outside contains, without what spreadsheets and phones put around it."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

KEPT = 20_000  # answers: the cells of a file of some thousand rows, each of which is read many times
MARKS = "'’‘`\uff07"  # at the front of a cell: keep it as text
AS_TEXT = re.compile(r'=\s*(?:T\()?(["“”])(.*)["“”]\)?', re.DOTALL)  # ="6202…"
CURRENCY = re.compile(r"^(?:¥|RMB|CNY|人民币)|(?:元整?|圆整?|RMB|CNY)$", re.IGNORECASE)
DECIMAL = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+", re.ASCII)
BINARY_FRACTION = 7  # decimals from which an amount is a spreadsheet's binary fraction, such as 449.99999999999994


def unwrapped(text: str) -> str:
    """The cell's own text: without invisible characters, ="…", a leading apostrophe and blanks around it.

    Blanks inside remain; each kind of them (no-break, full-width, thin) becomes an ordinary space.

    >>> unwrapped('="620299197001010017"'), unwrapped("'\\u202d6228\\u202c\\xa0")
    ('620299197001010017', '6228')
    """
    text = (text if text.isprintable() else "".join(map(_visible, text))).strip()
    if found := AS_TEXT.fullmatch(text):
        text = found[2].replace('""', '"').strip()
    return text[1:].strip() if text[:1] in MARKS else text


@lru_cache(KEPT)
def plain(text: str) -> str:
    """The text for comparison with known words: unwrapped, full-width forms narrowed, without blanks."""
    return "".join(unicodedata.normalize("NFKC", unwrapped(text)).split())


@lru_cache(KEPT)
def amount(text: str) -> Decimal | None:
    """Yuan as people and banks write them; None for what is no amount.

    Understood are thousands separators (only in their places), full-width digits and signs, ¥, RMB and 元, blanks, a
    sign and an accountant's brackets for a negative: 1,234.50 · １，２３４．５０元 · ¥ 350 · (350.00).
    """
    text = plain(text).replace("。", ".").replace("\N{MINUS SIGN}", "-")
    if bracketed := re.fullmatch(r"\((.+)\)", text):
        text = f"-{bracketed[1]}"
    unsigned = CURRENCY.sub("", CURRENCY.sub("", text.lstrip("+-")))
    sign = text[: len(text) - len(text.lstrip("+-"))]
    if not sign and unsigned[:1] in ("+", "-"):  # ¥-350
        sign, unsigned = unsigned[0], unsigned[1:]
    if len(sign) > 1 or not DECIMAL.fullmatch(unsigned):
        return None
    value = Decimal(unsigned.replace(",", ""))
    if len(unsigned.partition(".")[2]) >= BINARY_FRACTION:
        value = round(value, BINARY_FRACTION - 1).normalize()
    return -value if sign == "-" else value


def _visible(character: str) -> str:
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Cc":
            return character if character in "\t\n\r" else ""
        case "Zs":
            return " "
        case _:
            return character
