"""Rows of a file or a paste as a page shows them to be edited: a field per cell, its errors beside it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from registry.imports.findings import Finding
from registry.imports.titles import TITLES
from registry.models import RowKind

MOST_FIELDS = 600  # on a page, of the 1,000 that a form may have
MOST_PAGE_ROWS = 50
WIDTHS = {
    "姓名": 6, "身份证号": 18, "职务": 8, "任职日期": 9, "在职情况": 6, "联系电话": 11, "银行账号": 20, "备注": 14,
}  # characters  # fmt: skip
USUAL_WIDTH = 10
DECIDES = {"居民小组": "职务"}  # where the error of a column stands that is not shown


class Column(NamedTuple):
    place: int
    title: str
    is_left: bool = False  # not read, as the user chose
    is_folded: bool = False  # only shown on demand

    @property
    def is_read(self) -> bool:
        return self.title in TITLES and not self.is_left

    @property
    def size(self) -> int:
        return WIDTHS.get(self.title, USUAL_WIDTH)


class Cell(NamedTuple):
    column: Column
    value: str
    findings: Sequence[Finding]

    @property
    def is_wrong(self) -> bool:
        return any(not finding.is_warning for finding in self.findings)


class Line(NamedTuple):
    number: int
    cells: list[Cell]
    notes: Sequence[Finding]  # of the row, or of columns that are not shown
    is_out: bool = False
    asks: str = ""  # the decision with which it would be taken; see file_tables.DECISIONS
    is_taken: bool = False  # with that decision


@dataclass(frozen=True)
class GridPage:
    """One page of the rows of one kind."""

    columns: list[Column]
    kind: str  # of rows: "wrong", "warned" or "all"
    kinds: list[tuple[str, str, int]]  # those there are, with label and count
    page: Page
    lines: list[Line]

    @property
    def has_folded(self) -> bool:
        return any(column.is_folded for column in self.columns)


def shown(
    titles: Sequence[str],
    rows: Sequence[tuple[int, Sequence[str]]],
    findings: Iterable[Finding],
    *,
    left: Collection[int] = (),
    unfolded: Collection[str] = (),
    kind: str = "",
    page: str = "",
    out: Collection[int] = (),
    asked: Mapping[int, str] | None = None,
    taken: Collection[int] = (),
) -> GridPage:
    """The rows of the kind, by default those with errors where not all rows fit on one page.

    By number, `asked` has the decisions asked for, `out` and `taken` the rows where they are made. `left` are the
    places of columns that are not read. With `unfolded` the columns without a finding are folded, but for these.
    """
    asked = asked or {}
    by_row: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.row:
            by_row[finding.row].append(finding)
    numbers = {
        "wrong": {row for row, found in by_row.items() if any(not each.is_warning for each in found)},
        "warned": {row for row, found in by_row.items() if any(each.is_warning for each in found)},
    }
    counts = Counter({each: sum(number in found for number, _row in rows) for each, found in numbers.items()})
    labels = {"wrong": RowKind.WRONG.label, "warned": _("with warnings"), "all": _("all")}
    counts["all"] = len(rows)
    size = max(1, min(MOST_PAGE_ROWS, MOST_FIELDS // max(1, sum(title in TITLES for title in titles))))
    if not counts[kind]:
        kind = "all" if len(rows) <= size else next(each for each in labels if counts[each])
    chosen = rows if kind == "all" else [each for each in rows if each[0] in numbers[kind]]
    found = Paginator(chosen, size).get_page(page)
    marked = {finding.column for number, _row in found for finding in by_row[number]} | {*unfolded}
    columns = [
        Column(place, title, place in left, bool(unfolded) and title not in marked)
        for place, title in enumerate(titles)
    ]
    lines = [
        _line(columns, number, row, by_row[number])._replace(
            is_out=number in out, asks=asked.get(number, ""), is_taken=number in taken
        )
        for number, row in found
    ]
    kinds = [(each, str(label), counts[each]) for each, label in labels.items() if counts[each] or each == "all"]
    return GridPage(columns, kind, kinds, found, lines)


def _line(columns: Sequence[Column], number: int, row: Sequence[str], findings: list[Finding]) -> Line:
    titles = {column.title for column in columns if not column.is_left}
    by_title = defaultdict(list)
    for finding in findings:
        title = finding.column
        if title not in titles:
            title = "" if finding.is_warning else DECIDES.get(title, "")
        by_title[title if title in titles else ""].append(finding)
    notes = by_title.pop("", [])
    cells = [
        Cell(column, value, [] if column.is_left else by_title[column.title])
        for column, value in zip(columns, row, strict=True)
    ]
    return Line(number, cells, notes)


def empty_line(shown: GridPage, number: int) -> Line:
    return _line(shown.columns, number, [""] * len(shown.columns), [])
