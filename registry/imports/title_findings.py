"""Findings about the titles of a file: repeated, unknown or missing ones, and columns that may show who has left."""

import re
from collections.abc import Collection, Iterator, Sequence

from django.utils.translation import gettext as _

from jygroups.lib import cells, id_numbers
from jygroups.lib.spreadsheets import headers, row_texts
from jygroups.lib.spreadsheets.file_tables import OTHER, FileTable
from registry.imports.findings import Finding
from registry.imports.leaving import is_span, means_left, means_nobody
from registry.imports.titles import TITLES, is_left_out

# Titles of days that are no last day in office.
NO_LAST_DAY = re.compile("出生|生日|入党|入团|工作时间|工作日期|起|始|上任|任命|聘|填|报|登记|更新|录入|核|发证|有效")
# In a cell without a title: the end of an office, or a long number.
TELLING = re.compile(r"离任|卸任|离职|免职|退出|辞职|届满|罢免|死亡|去世|病故|判刑|转任|\d{12}")
END = re.compile("离任|离职|免职|卸任")  # in a title
LAST = re.compile("终止|截止|退出|止任|解聘")  # in a title, of an office or of something else
STILL = re.compile("在任|在岗|留任|履职")  # in a title: whether somebody is still in office
NO = re.compile(r"否|不|不是|[不未没非]再?(在任|在岗|留任|履职|任职)|[×xnf✗✘]|no|false|0", re.IGNORECASE)


def texts_of(table: FileTable, title: str) -> list[str]:
    """The cells of the title's column in the rows that count."""
    place = table.titles.index(title)
    return [row[place] for _number, row in table.body.rows if row[place:]]


def unread_days(table: FileTable, asked: Sequence[str]) -> Iterator[Finding]:
    """The unknown titles that may mean the end of an office, by themselves or by the cells below them.

    Any column of days may where one of the columns asked about is missing. Not those that the user has marked as
    something else.
    """
    lacking = [column for column in asked if column not in table.titles]
    for place, title in enumerate(table.titles):
        if not asked or not title or title in TITLES or title in table.chosen.get(OTHER, ()):
            continue
        texts = [row[place] for _number, row in table.body.rows if row[place:] and not means_nobody(row[place])]
        days = [text for text in texts if cells.day(text)]
        if is_left_out(title, texts):
            continue
        if STILL.search(title):
            gone = [
                row[place] for _number, row in table.body.rows if row[place:] and NO.fullmatch(cells.plain(row[place]))
            ]
            texts = [*gone, *texts]
        else:
            gone = [text for text in texts if means_left(text) or is_span(text, title)]
        if texts and (_may_be_ends(table, title) or gone):
            message = _(
                "the column seems to show who has left office, and is not known; put the days under %(columns)s, or "
                "choose that it is something else"
            )
            yield Finding(None, title, texts[0], message % {"columns": _(", ").join(asked)})
        elif lacking and days and not NO_LAST_DAY.search(title):
            message = _(
                "the column is not known and has days, while %(columns)s is missing; choose what it is, or that it is "
                "something else, or rename it in the file"
            )
            yield Finding(None, title, days[0], message % {"columns": _(", ").join(lacking)})


def _may_be_ends(table: FileTable, title: str) -> bool:
    """Whether the title has a word of an end, or is a further spelling of a column of days that the table has."""
    if END.search(title) or (LAST.search(title) and not NO_LAST_DAY.search(title)):
        return True
    days = table.shape.days if table.shape else ()
    name = headers.without_number(title)
    return any(table.head.fits(name, word) for column in days for word in TITLES[column])


def repeated(table: FileTable) -> Iterator[Finding]:
    """A problem for each title that several columns have; one for all where a whole second table stands beside it."""
    found = {title for title in table.titles if title and table.titles.count(title) > 1}
    if table.shape and len(found) > 1 and found.issuperset(table.shape.marks):
        message = _("two tables stand side by side; put the rows of one below the other, or into another file")
        yield Finding(None, "", "", message)
        return
    for title in sorted(found):
        yield Finding(None, title, "", _("the column appears twice; take one out"))


def unknown(table: FileTable, known: Collection[str], asked: Collection[str] = ()) -> Iterator[Finding]:
    """A warning for each column of an unknown title, but for those asked about."""
    number = table.shape.number if table.shape else ""
    own = table.titles.index(number) if number in table.titles else len(table.titles)
    for place, title in enumerate(table.titles):
        if not title or title in known or title in asked:
            continue
        message = _("the column is not known and was left out")
        others = [row for _n, row in table.body.rows if number and row_texts.has_id_number(row[place])]
        if any(cells.plain(row[place]) not in map(cells.plain, row[own : own + 1]) for row in others):
            message = _("the column is not known and was left out; ID numbers of other people stand in it")
        elif is_left_out(title, texts_of(table, title)):
            continue
        yield Finding(None, title, "", message, is_warning=True)


def untitled(table: FileTable) -> Iterator[Finding]:
    """The columns that have texts and no title: a problem where they hold what must not be lost."""
    for row, letters, texts in table.untitled():
        words, first = {"column": letters}, id_numbers.masked_within(texts[0])
        if any(
            cells.day(text) or cells.serial_day(text) or is_span(text) or TELLING.search(cells.plain(text))
            for text in texts
        ):
            message = _("column %(column)s has no title; write one above it, or delete what it holds") % words
            yield Finding(row, "", first, message)
        else:
            message = _("column %(column)s has no title and was left out") % words
            yield Finding(row, "", first, message, is_warning=True)
