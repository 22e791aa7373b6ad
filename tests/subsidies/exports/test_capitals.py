"""Amounts in capitals, against a table by hand and a second way of writing them."""

import random
from decimal import Decimal

import pytest

from jygroups.lib.capitals import in_capitals

TABLE = {
    "0": "零元整",
    "0.05": "伍分",
    "0.50": "伍角",
    "0.55": "伍角伍分",
    "1": "壹元整",
    "1.05": "壹元零伍分",
    "10": "壹拾元整",
    "12350.00": "壹万贰仟叁佰伍拾元整",
    "152100.00": "壹拾伍万贰仟壹佰元整",
    "108500.00": "壹拾万捌仟伍佰元整",
    "100.05": "壹佰元零伍分",
    "10001": "壹万零壹元整",
    "100010": "壹拾万零壹拾元整",
    "30500000": "叁仟零伍拾万元整",
    "100000000": "壹亿元整",
    "100000001": "壹亿零壹元整",
    "100001000": "壹亿零壹仟元整",
    "100010000": "壹亿零壹万元整",
    "100000000.05": "壹亿元零伍分",
    "-350": "负叁佰伍拾元整",
}


@pytest.mark.parametrize(("amount", "words"), TABLE.items())
def test_an_amount_reads_as_an_accountant_writes_it(amount, words):
    assert in_capitals(Decimal(amount)) == words


def test_a_third_decimal_is_rounded_not_cut():
    assert in_capitals(Decimal("1.999")) == "贰元整"


def section(number):
    """Up to 9999 in words."""
    words, gap = "", False
    for unit, place in zip("仟佰拾 ", (1000, 100, 10, 1), strict=True):
        digit = number // place % 10
        if digit:
            words += ("零" if gap and words else "") + "零壹贰叁肆伍陆柒捌玖"[digit] + unit.strip()
            gap = False
        else:
            gap = True
    return words


def naive(fen):
    yuan, fen = divmod(fen, 100)
    words, skipped = "", False
    for unit, place in (("亿", 10**8), ("万", 10**4), ("", 1)):
        part = yuan // place % 10_000
        if part:
            words += ("零" if words and (skipped or part < 1000) else "") + section(part) + unit
        skipped = not part
    jiao, fen = divmod(fen, 10)
    digits = "零壹贰叁肆伍陆柒捌玖"
    tail = (digits[jiao] + "角" if jiao else "") + (digits[fen] + "分" if fen else "")
    if not words:
        return tail or "零元整"
    return words + "元" + ("整" if not tail else tail if jiao else "零" + tail)


def test_every_size_of_amount_agrees_with_a_second_way_of_writing_it():
    dice = random.Random(97)
    amounts = [*range(0, 3_000), *(50 * 100 * each for each in range(20_000))]
    amounts += [dice.randrange(10 ** dice.randrange(1, 15)) for _each in range(20_000)]
    for _each in range(2_000):
        gaps = dice.choice((1, 10, 305, 1000, 1001)) * 10 ** dice.randrange(11)
        amounts.append(gaps + dice.choice((0, 5, 100, 100_000)))
    for fen in amounts:
        assert in_capitals(Decimal(fen) / 100) == naive(fen), fen
