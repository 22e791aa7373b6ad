"""Exports against the plainest way of writing the same rows, run beside it: ratios of processor time, and memory."""

import csv
import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from jygroups.lib import exports
from jygroups.lib.spreadsheets.workbooks import Book, Column, PrintedSheet

TITLES = [
    "序号",
    "街道",
    "社区",
    "居民小组",
    "姓名",
    "身份证号",
    "职务",
    "任职日期",
    "满年数",
    "应发",
    "实发",
    "账号",
    "备注",
]
STYLES = ["number", *["center"] * 4, "code", "center", "date", "number", "money", "money", "code", "text"]


def rows(count: int) -> Iterator[list]:
    for number in range(count):
        community, name = f"福民{number % 31}社区", f"张三{number % 97}"
        id_number, account = f"6202991970{number % 10**8:08}", f"62284800{number:010}"
        money = Decimal("350.00"), Decimal("-50.00")
        day = date(2021, 1 + number % 12, 5)
        yield [
            *(number, "雄关街道", community, "第三居民小组", name, id_number, "居民小组成员", day, number % 9),
            *(*money, account, None if number % 3 else "补发上月"),
        ]


def as_csv(found) -> bytes:
    return exports.as_csv(TITLES, found)


def as_list(found) -> bytes:
    return exports.as_workbook(TITLES, found)


def as_table(found) -> bytes:
    columns = [Column(title, 12, style) for title, style in zip(TITLES, STYLES, strict=True)]
    with Book() as book:
        table = PrintedSheet(book, "发放表", "发放表", columns)
        for row in found:
            table.add(row)
    return book.content


def bare_csv(found) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in [TITLES, *found]:
        writer.writerow(row)
    return text.getvalue().encode("utf-8-sig")


def bare_workbook(found) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([TITLES, *found]):
            for place, value in enumerate(row):
                sheet.write(number, place, value)
    return target.getvalue()


def seconds(make: Callable, found: list) -> float:
    begun = time.process_time()
    make(found)
    return time.process_time() - begun


@pytest.mark.parametrize(
    ("make", "bare", "times"), [(as_csv, bare_csv, 20), (as_list, bare_workbook, 3), (as_table, bare_workbook, 3)]
)
def test_an_export_takes_at_most_half_as_long_again_as_a_bare_loop(make, bare, times):
    found = list(rows(4_000))
    pairs = [(seconds(make, found), seconds(bare, found)) for _ in range(times)]
    ratio = min(ours for ours, _bare in pairs) / min(theirs for _ours, theirs in pairs)
    print(f"{make.__name__}: {ratio:.2f} x {bare.__name__}")  # noqa: T201  # shown with -rP
    assert ratio < 1.5


@pytest.mark.parametrize("make", [as_list, as_table])
def test_a_workbook_takes_hardly_more_memory_than_its_file_however_many_its_rows(make):
    def megabytes(count: int) -> tuple[float, float]:
        tracemalloc.start()
        content = make(rows(count))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 2**20, len(content) / 2**20

    (few, small), (many, large) = megabytes(1_000), megabytes(8_000)
    print(f"{make.__name__}: {few:.2f} MB for a file of {small:.2f}, {many:.2f} MB for {large:.2f}")  # noqa: T201
    assert many - few < 5 * (large - small)
