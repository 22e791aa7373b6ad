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


@pytest.mark.parametrize(
    ("cell", "is_empty", "is_until_now"),
    [
        ("", True, True), (" \u3000", True, True), ("无", True, True), ("暂无", True, True), ("没有", True, True),
        ("—", True, True), ("——", True, True), ("-", True, True), ("－", True, True), ("/", True, True),
        ("／", True, True), ("\\", True, True), ("'无", True, True), ("N/A", True, True), ("null", True, True),
        ("至今", False, True), ("在任", False, True), ("现 任", False, True), ("到今", False, True),
        ("无异议", False, False), ("无业", False, False), ("0", False, False), ("一", False, False),
        ("2021-01-05", False, False), ("空军", False, False),
    ],
)  # fmt: skip
def test_a_cell_that_means_nothing_is_empty_only_as_a_whole(cell, is_empty, is_until_now):
    assert cells.is_nothing(cell) is is_empty
    assert cells.is_nothing(cell, until_now=True) is is_until_now


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-01-05", (2026, 1, 5)), ("2026-01-05 00:00:00", (2026, 1, 5)), ("2026/1/5 0:00", (2026, 1, 5)),
        ("2026-01-05T00:00:00", (2026, 1, 5)), ("2026-01-05 00:00:00.000", (2026, 1, 5)),
        ("2026-01-05 12:00:00 AM", (2026, 1, 5)), ("2026-01-05T00:00:00+08:00", (2026, 1, 5)),
        ("2026年1月5日 星期一", (2026, 1, 5)), ("2026年1月5日（星期一）", (2026, 1, 5)), ("2026年1月5号", (2026, 1, 5)),
        ("２０２６－０１－０５", (2026, 1, 5)), ("2026–01–05", (2026, 1, 5)), ("2026—1—5", (2026, 1, 5)),
        ("2026。1。5", (2026, 1, 5)), ("2026.1.5.", (2026, 1, 5)), ("2026 年 1 月 5 日", (2026, 1, 5)),
        ("20260105", (2026, 1, 5)), ("'2026-01-05", (2026, 1, 5)), ('="2026-01-05"', (2026, 1, 5)),
        ("\u202d2026-01-05\u202c", (2026, 1, 5)), ("2026.10", (2026, 10, None)), ("2026年1月", (2026, 1, None)),
        ("2026-02-30", (2026, 2, 30)),
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell, day):
    assert cells.day(cell)[:3] == day


@pytest.mark.parametrize(
    "cell", ["", "46027", "2026", "5/1/2026", "明年", "2026-01-05 25点", "2026-1/5", "2026-01-04T16:00:00Z"]
)
def test_what_is_no_day_is_none(cell):
    assert cells.day(cell) is None


def test_a_serial_number_is_named_with_its_day():
    assert str(cells.serial_day("46027")) == str(cells.serial_day("46027.0")) == "2026-01-05"
    assert [cells.serial_day(text) for text in ("12345", "99999", "460", "2026-01-05", "460270")] == [None] * 5


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        ("138-0000-0000", "13800000000"), ("138 0000 0000", "13800000000"), ("+86 138 0000 0000", "13800000000"),
        ("+86-138-0000-0000", "13800000000"), ("8613800000000", "13800000000"), ("008613800000000", "13800000000"),
        ("（+86）13800000000", "13800000000"), ("１３８００００００００", "13800000000"),
        ("138—0000—0000", "13800000000"),
        ("\u202d13800000000\u202c", "13800000000"), ("'13800000000", "13800000000"), ("13800000000.0", "13800000000"),
        ("（0937）6222222", "0937-6222222"), ("(0937) 622-2222", "0937-6222222"), ("09376222222", "0937-6222222"),
        ("0937—6222222", "0937-6222222"), ("+86 (0937) 6222222", "0937-6222222"), ("622 2222", "6222222"),
        ("010-62222222", "010-62222222"), ("12345", "12345"), ("13800000000/13900000000", "13800000000/13900000000"),
    ],
)  # fmt: skip
def test_a_phone_is_read_however_it_is_written(cell, phone):
    assert cells.phone(cell) == phone


@pytest.mark.parametrize(
    "cell",
    ["62029919700101001x", "620299 19700101 001X", "620299-19700101-001x", "６２０２９９１９７００１０１００１Ｘ",
     "62029919700101001×", "62029919700101001Х", "\u200b62029919700101001X\u3164", "'62029919700101001X",
     '="62029919700101001X"', "620299–19700101–001X"],
)  # fmt: skip
def test_an_identity_number_is_read_however_it_is_written(cell):
    assert cells.id_number(cell) == "62029919700101001X"


@pytest.mark.parametrize(
    "cell",
    ["1号楼", "１号楼", "1 号楼", "1#楼", "1＃楼", "1#", "1 # 楼", "\u200b1号楼", "一号楼", "壹号楼", "一#", "壹#楼"],
)
def test_a_building_has_one_spelling(cell):
    assert cells.building(f"试验小区{cell}") == "试验小区1号楼"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("1#2单元", "1号楼2单元"),
        ("3#院", "3号院"),
        ("A#楼", "A号楼"),
        ("1-2号楼", "1-2号楼"),
        ("C座", "C座"),
        ("十二栋", "12栋"),
        ("二十幢", "20幢"),
        ("一百零三号楼", "103号楼"),
        ("五一号楼", "五一号楼"),
        ("三一小区二号楼", "三一小区2号楼"),
        ("一号院", "一号院"),
        ("一单元", "一单元"),
        ("号楼", "号楼"),
    ],
)
def test_other_parts_of_a_building_keep_their_words(cell, name):
    assert cells.building(cell) == name
