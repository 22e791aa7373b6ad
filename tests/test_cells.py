"""Cells of files from outside: the text without its wrapping, and amounts however they are typed."""

from decimal import Decimal

import pytest

from jygroups.lib import cells

ID = "620299197001010017"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (ID, ID),
        (f'="{ID}"', ID),
        (f'= "{ID}" ', ID),
        (f'=T("{ID}")', ID),
        ("=“张三”", "张三"),
        ('="他说""好"""', '他说"好"'),
        (f"'{ID}", ID),
        (f"’{ID}", ID),
        (f"`{ID}\t", ID),
        (f"\u202d{ID}\u202c", ID),
        (f"\ufeff{ID}\u200b", ID),
        ("6202\u200b9919\u00ad7001010017", ID),
        ("\xa0张三\u3000", "张三"),
        ("张\u3000三", "张 三"),
        ("张\xa0三", "张 三"),
        ("a\nb\x00", "a\nb"),
        ("=A1+B2", "=A1+B2"),
        ("", ""),
        ("'", ""),
    ],
)
def test_a_cell_is_freed_of_what_spreadsheets_and_phones_put_around_it(cell, text):
    assert cells.unwrapped(cell) == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("350", "350"),
        ("350.00", "350"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("１，２３４．５０", "1234.50"),
        ("350。50", "350.50"),
        ("¥450", "450"),
        ("￥ 1,250.00元", "1250"),
        ("人民币350元整", "350"),
        ("RMB 350", "350"),
        ("350圆", "350"),
        ("1 234.50", "1234.50"),
        (" 350\xa0", "350"),
        ("'350", "350"),
        ('="350.00"', "350"),
        ("\u202d350\u202c", "350"),
        (".5", "0.5"),
        ("350.", "350"),
        ("+350", "350"),
        ("-350", "-350"),
        ("−350", "-350"),
        ("¥-350", "-350"),
        ("-¥350", "-350"),
        ("(1,350.00)", "-1350"),
        ("（350）", "-350"),
        ("0", "0"),
        ("449.99999999999994", "450"),  # a spreadsheet's binary fraction
        ("350.001", "350.001"),
    ],
)
def test_an_amount_is_read_however_it_is_typed(cell, value):
    assert cells.amount(cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell",
    ["", "-", "—", "元", "三百五", "350/月", "1,23", "12,34.5", "1234,567", "1.234,50", "1.2.3", "--5", "NaN",
     "Infinity", "1E3", "6.2E+17", "#ERROR!", "3人", "1.5万元", "+", "()"],
)  # fmt: skip
def test_what_is_no_amount_is_none(cell):
    assert cells.amount(cell) is None
