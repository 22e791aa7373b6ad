"""What a user has chosen of a file: its sheet, its row of titles, and which columns the titles are that are not known.

The titles are proposed, chosen on the page, and remembered per area.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jygroups.lib import cells, id_numbers
from jygroups.lib.spreadsheets import headers, row_texts
from jygroups.lib.spreadsheets.file_sheets import SAMPLE_LENGTH, FileSheet, opened
from jygroups.lib.spreadsheets.file_tables import (
    HEADER,
    LEAVE,
    LEFT_TITLES,
    LOAD,
    OTHER,
    REMARK,
    ROWS,
    SHEET,
    STRUCK,
    FileTable,
    Shape,
    Unclear,
)
from registry.imports.findings import Finding, causes
from registry.imports.titles import TITLES, is_left_out
from registry.models import ImportRun, ImportState, User

MOST_NAMED = 20  # rows
MOST_SHEETS = 12  # of which the first rows are shown
NEWEST = 20  # files whose choices are remembered
# Titles of days that are no last day in office.
NO_LAST_DAY = re.compile("出生|生日|入党|入团|工作时间|工作日期|起|始|上任|任命|聘|填|报|登记|更新|录入|核|发证|有效")
# In a cell without a title: the end of an office, or a long number.
TELLING = re.compile(r"离任|卸任|离职|免职|退出|辞职|届满|罢免|死亡|去世|病故|判刑|转任|\d{12}")
END = re.compile("离任|离职|免职|卸任")  # in a title
LAST = re.compile("终止|截止|退出|止任|解聘")  # in a title, of an office or of something else
LEAVING = (
    "离任|离职|离岗|免职|卸任|退出|退任|退职|辞职|辞任|罢免|撤职|除名|解聘|届满|停发(?!低保)|"
    "死亡|去世|病故|病逝|离世|逝世|过世|亡故|身故|调离|调出|搬离|搬走|搬出|迁出|迁走|迁离|外迁"
)
PLACE = "([本该原我]?(社区|小区|辖区|网格|居民小组|小组|居委会|街道))"  # what somebody leaves
DUTY = "([本该原]?(社区|居民小组|小组)?(小?组长|副组长|成员|主任|副主任|委员|职务|工作|该职))"
MOVING = "(转|调|换)[至到往]"  # on the first day it is how somebody came
LEFT = re.compile(  # a cell
    rf"(因.{{1,4}})?(本?人)?(现?已经?|现|被)?从?{PLACE}?({LEAVING})了?{PLACE}?了?|已故|已退|"
    rf"(现?已经?)?不再?(在任|在岗|任职|履职|担任|兼任){DUTY}?了?"
)
DAY = r"(?<!\d)((?:19|20)\d\d)(?:[-/.年](\d{1,2})(?!\d)(?:[-/.月](\d{1,2}))?|(\d\d)(\d\d)(?!\d))"  # within a text
ANY_DAY = r"(?<!\d)(?:19|20)\d\d(?:[-/.年]\d|\d{4}(?!\d))"
LEFT_ON = re.compile(rf"{ANY_DAY}.*({LEAVING})|({LEAVING}).*{ANY_DAY}")
MOVED_ON = re.compile(rf"{ANY_DAY}.*{MOVING}|{MOVING}.*{ANY_DAY}")
UNTIL = re.compile(rf"(任期|任职|在任|履职|聘期|任至|任到).*[至到]{ANY_DAY}")
SPAN = re.compile(rf"({ANY_DAY}[^至到~-]*([-/.]\d+)*月?日?)?[至到~—–-]+{ANY_DAY}.*")  # a cell: days from and to
ASIDE = "aside"  # of a row that is left out since it has problems, and stays refused
NO_SPAN = re.compile("有效|证|合同|保险|培训|学习|学历")  # in a title of other spans
OTHERS = re.compile(
    "接替|接任|继任|前任|补选|递补|拟|单位|公司|企业|厂|退休|下岗"
)  # left something else, or somebody else did
STILL = re.compile("在任|在岗|留任|履职")  # in a title: whether somebody is still in office
NO = re.compile(r"否|不|不是|[不未没非]再?(在任|在岗|留任|履职|任职)|[×xnf✗✘]|no|false|0", re.IGNORECASE)
NOT_LEFT = re.compile("否|未|没有|在任|在岗|在职|正常|[未没](离任|离职|免职|卸任)|现任|继任|0")
LONGEST_END = 25  # characters; a longer text is about something else
LEAST_ALIKE = 0.5  # of a title and a column's word, for a proposal
YES_OR_NO = re.compile("是|否|有|无|没有|不是|[√×✓✗yn]|yes|no", re.IGNORECASE)
SHAPES = {  # of the texts of a column; long numbers may be masked
    "身份证号": re.compile(r"[\d*]{15}|[\d*]{17}[\dXx]"),
    "银行账号": re.compile(r"[\d*]{12,23}"),
    "联系电话": re.compile(r"1\d{10}|\d{7,8}|0\d{9,11}"),
}
SAMPLES = 3  # cells shown of a column
Samples = Mapping[str, Sequence[str]]  # by title cells of its column


def unread(table: FileTable, asked: Sequence[str] = ()) -> dict[str, list[str]]:
    """The columns that the table has no title of, its titles that are no column's, and of these the ones of days.

    Nothing where no title can be chosen for anything; no title that is left out, unless it is of days.
    """
    words = table.shape.words if table.shape else {}
    columns = [column for column in words if column not in table.titles]
    days = [each.column for each in unread_days(table, asked)]
    left = table.chosen.get(LEFT_TITLES) or ()
    own = [title for title in table.unknown if is_left_out(title, _texts(table, title))]
    titles = [title for title in table.unknown if title in days or title not in (*left, *own)]
    return {"columns": columns, "titles": titles, "days": days} if titles and (columns or days) else {}


def _texts(table: FileTable, title: str) -> list[str]:
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
        texts = [row[place] for _number, row in table.body.rows if row[place:] and not _means_nobody(row[place])]
        days = [text for text in texts if cells.day(text)]
        if is_left_out(title, texts):
            continue
        if STILL.search(title):
            gone = [
                row[place] for _number, row in table.body.rows if row[place:] and NO.fullmatch(cells.plain(row[place]))
            ]
            texts = [*gone, *texts]
        else:
            gone = [text for text in texts if _means_left(text) or _is_span(text, title)]
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


def _means_nobody(text: str) -> bool:
    return cells.is_nothing(text, until_now=True) or NOT_LEFT.fullmatch(cells.plain(text)) is not None


def _means_left(text: str) -> bool:
    plain = cells.plain(text)
    return LEFT.fullmatch(plain) is not None or (len(plain) <= LONGEST_END and LEFT_ON.search(plain) is not None)


def _is_span(text: str, title: str = "") -> bool:
    return SPAN.fullmatch(cells.plain(text)) is not None and not NO_SPAN.search(title)


def left_since(text: str, first_day: date, today: date) -> bool:
    """Whether a remark means that somebody in office since then left it; not another person, nor a work place."""
    plain = cells.plain(text)
    if LEFT.fullmatch(plain):
        return True
    if OTHERS.search(plain):
        return False
    for clause in {plain, *re.split("[,;。]", plain)}:
        days = [*_days(clause)] if len(clause) <= LONGEST_END else []
        if LEFT_ON.search(clause) and any(day >= first_day for day in days):
            return True
        if MOVED_ON.search(clause) and any(day > first_day for day in days):
            return True
        if UNTIL.search(clause) and any(first_day <= day <= today for day in days[-1:]):
            return True
    return False


def _days(text: str) -> Iterator[date]:
    for year, month, day, month8, day8 in re.findall(DAY, text):
        with suppress(ValueError):
            yield date(int(year), int(month or month8), int(day or day8 or 1))


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
        elif is_left_out(title, _texts(table, title)):
            continue
        yield Finding(None, title, "", message, is_warning=True)


def untitled(table: FileTable) -> Iterator[Finding]:
    """The columns that have texts and no title: a problem where they hold what must not be lost."""
    for row, letters, texts in table.untitled():
        words, first = {"column": letters}, id_numbers.masked_within(texts[0])
        if any(
            cells.day(text) or cells.serial_day(text) or _is_span(text) or TELLING.search(cells.plain(text))
            for text in texts
        ):
            message = _("column %(column)s has no title; write one above it, or delete what it holds") % words
            yield Finding(row, "", first, message)
        else:
            message = _("column %(column)s has no title and was left out") % words
            yield Finding(row, "", first, message, is_warning=True)


def remembered(kind: str, user: User) -> dict[str, Any]:
    """What was chosen for the newest files of this kind that were loaded in the user's area.

    A row of titles, days that are no end of office, and rows are asked about again for each file.
    """
    runs = ImportRun.objects.visible_to(user).filter(kind=kind, state=ImportState.LOADED).exclude(chosen={})
    chosen: dict[str, Any] = {}
    for each in reversed(runs.order_by("-pk").values_list("chosen", flat=True)[:NEWEST]):
        chosen = joined(chosen, each)
    return {
        key: each for key, each in chosen.items() if each and key not in (HEADER, OTHER, ROWS)
    }  # empty: it was cleared


def first_read(
    content: bytes, shape: Shape, memory: Mapping[str, Any]
) -> tuple[FileTable | None, dict[str, Any], Unclear | None]:
    """The file's table with what of the memory decided about it; else why it is unclear. Raises Unreadable.

    A sheet that is remembered decides only among several.
    """
    try:
        try:
            table = FileTable.read(
                content, shape=shape, chosen={key: each for key, each in memory.items() if key != SHEET}
            )
        except Unclear as error:
            if memory.get(SHEET) not in error.sheets:
                raise
            table = FileTable.read(content, shape=shape, chosen=memory)
    except Unclear as error:
        if not (error.titles or error.sheets):
            raise
        return None, {column: title for column, title in memory.items() if title in error.titles}, error
    return table, table.applied, None


def joined(earlier: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Both choices, each title for what was chosen last."""
    both = {key: each for key, each in earlier.items() if each not in chosen.values()} | {**chosen}
    for key in {OTHER, LEFT_TITLES} & both.keys():
        is_cleared = key in chosen and not chosen[key]
        titles = [] if is_cleared else dict.fromkeys([*(earlier.get(key) or ()), *(chosen.get(key) or ())])
        both[key] = [title for title in titles if title not in chosen.values()]
    if SHEET in chosen or HEADER in chosen:
        both.pop(ROWS, None)  # of another table
    elif chosen.get(ROWS):
        both[ROWS] = {**(earlier.get(ROWS) or {}), **chosen[ROWS]}
    return both


def choose(run: ImportRun, chosen: Mapping[str, Any]) -> None:
    """Add what was chosen; corrections are of the rows of one table."""
    run.chosen = joined(run.chosen, chosen)
    if SHEET in chosen or HEADER in chosen:
        run.corrections = b""


def sheets_of(run: ImportRun, shape: Shape) -> list[FileSheet]:
    """The file's sheets, for a user to find the table on them."""
    found = []
    for name, sheet in [*opened(bytes(run.file)).items()][:MOST_SHEETS]:
        header = run.chosen.get(HEADER) or None
        head = headers.find(sheet.rows, shape.words, header if header and header <= len(sheet.rows) else None)
        head = head or headers.by_shape(sheet.rows, shape.words)
        found.append(FileSheet(sheet.rows, head or headers.untitled(sheet.rows), name))
    return found


def aside(chosen: Mapping[str, Any]) -> list[int]:
    """The numbers of the rows that are left out since they have problems; they stay refused."""
    return [int(row) for row, decided in (chosen.get(ROWS) or {}).items() if ASIDE in decided.split()]


def in_words(chosen: Mapping[str, Any]) -> dict[str, str]:
    """By key of the choice its sentence."""
    words = {
        SHEET: _("The table is on sheet %(given)s"),
        HEADER: _("The titles are in row %(given)s"),
        OTHER: _("%(given)s is something else: not an end of office"),
        LEFT_TITLES: _("%(given)s is left out"),
    }
    found: dict[str, str] = {}
    for key, given in chosen.items():
        if key == ROWS:
            found |= {ROWS: _("; ").join(_rows_in_words(given or {}))} if given else {}
            continue
        text = words.get(key, _("%(given)s is %(column)s"))
        given = _(", ").join(given) if key in (OTHER, LEFT_TITLES) else given
        if given:
            found[key] = text % {"given": given, "column": key}
    return found


def _rows_in_words(given: Mapping[str, str]) -> Iterator[str]:
    texts = {
        ASIDE: _("not loaded since they have problems: rows %(rows)s"),
        LEAVE: _("left out: rows %(rows)s"),
        LOAD: _("loaded although they are struck through: rows %(rows)s"),
        REMARK: _("their text is a plain remark: rows %(rows)s"),
    }
    for decision, text in texts.items():
        if rows := sorted(int(row) for row, each in given.items() if row != STRUCK and decision in _decided(each)):
            shown = _(", ").join([*map(str, rows[:MOST_NAMED]), *["…"][: len(rows) > MOST_NAMED]])
            yield text % {"rows": shown}
    if given.get(STRUCK) == LEAVE:
        yield _("all rows that are struck through are left out")
    elif given.get(STRUCK) == LOAD:
        yield _("all rows that are struck through are loaded")


def _decided(text: str) -> set[str]:
    words = {*text.split()}
    return words - {LEAVE} if ASIDE in words else words


def proposals(
    unread: Mapping[str, Sequence[str]], words: Mapping[str, Sequence[str]], samples: Samples
) -> dict[str, str]:
    """By title the column that it most resembles and that its cells do not contradict; each column at most once."""
    found = [
        (_likeness(title, words[column]), title, column)
        for title in unread.get("titles", [])
        for column in unread.get("columns", [])
        if _may_be(title, words[column], samples.get(title, ()))
    ]
    proposed: dict[str, str] = {}
    for likeness, title, column in sorted(found, reverse=True):
        if likeness >= LEAST_ALIKE and title not in proposed and column not in proposed.values():
            proposed[title] = column
    return proposed


def _may_be(title: str, words: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether the cells do not contradict it: 是 and 否 answer a question, and a column of days has one."""
    is_question = title.startswith("是否") or (bool(texts) and all(map(YES_OR_NO.fullmatch, map(cells.plain, texts))))
    if is_question and not any(word.startswith("是否") for word in words):
        return False
    if not texts:
        return True
    if words[0].endswith("日期"):
        return any(map(cells.day, texts))
    shape = SHAPES.get(words[0])
    return shape is None or any(shape.fullmatch(cells.number(cells.phone(text))) for text in texts)


def _likeness(title: str, words: Sequence[str]) -> float:
    return max(
        1.0 if word in title else difflib.SequenceMatcher(None, title, word).ratio() for word in words if len(word) > 1
    )


def samples(unread: Mapping[str, Sequence[str]], sheets: Sequence[FileSheet]) -> Samples:
    """By title that is not known a few different cells of its column, long numbers masked."""
    titles = unread.get("titles", [])
    texts = next((sheet.texts for sheet in sheets if {*titles} <= {*sheet.texts}), {})
    few = {title: [*dict.fromkeys(filter(None, texts.get(title, ())))][:SAMPLES] for title in titles}
    return {title: [id_numbers.masked_within(text)[:SAMPLE_LENGTH] for text in few[title]] for title in titles}


def show_unclear(run: ImportRun, error: Unclear) -> None:
    """Keep what has to be chosen before the file can be read."""
    run.state, run.account = ImportState.REFUSED, ""
    run.findings = [cause.stored() for cause in causes([Finding(None, "", "", str(error))])]
    run.unread = {"columns": error.columns, "titles": error.titles, "sheets": error.sheets}
    run.new = run.changed = run.unchanged = run.wrong = run.warned = 0
    run.save()
