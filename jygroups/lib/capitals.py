"""Amounts of money in the capitals of Chinese accounting (大写)."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def in_capitals(amount: Decimal) -> str:
    """The yuan in words that no added stroke makes more of.

    >>> in_capitals(Decimal("12350.00"))
    '壹万贰仟叁佰伍拾元整'
    """
    import cn2an  # takes a tenth of a second to load

    amount = amount.quantize(CENT, ROUND_HALF_UP)  # the library would cut a third decimal off
    words = cn2an.an2cn(f"{abs(amount):f}", "rmb")
    below_yi = int(abs(amount)) % 10**8
    if 1_000 <= below_yi < 10_000 and abs(amount) >= 10**8:
        words = words.replace("亿", "亿零", 1)  # 壹亿零壹仟: the library leaves this 零 out
    return f"负{words}" if amount < 0 else words
