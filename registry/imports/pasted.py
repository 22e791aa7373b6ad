"""Rows copied from a spreadsheet, as a grid of the roster's columns whose cells are edited on the page."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from jygroups.lib import digests
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets import headers, table_findings
from jygroups.lib.spreadsheets.file_sheets import FileSheet
from jygroups.lib.spreadsheets.file_tables import LEFT_TITLES, OTHER, REMARK, ROWS, FileTable
from jygroups.lib.spreadsheets.headers import Titles
from jygroups.lib.spreadsheets.row_kinds import Reason
from jygroups.lib.spreadsheets.structures import TextRows
from jygroups.lib.spreadsheets.text_tables import pasted_rows
from registry.imports import column_choices
from registry.imports import roster_files as rosters
from registry.imports.privacy import drop_old
from registry.imports.roster import RosterResource
from registry.imports.titles import TITLES, is_left_out
from registry.models import PastedRows, ResidentsCommittee, ResidentsGroup, User

# The order of the columns where no titles are copied along.
ORDER = ["姓名", "身份证号", "职务", "任职日期", "在职情况", "联系电话", "开户银行", "银行账号"]
OWN = ("社区", "居民小组")  # the body's own where they are empty
NEEDED = [title for title in RosterResource.REQUIRED if title not in OWN]
READERS = {each.column_name: each for each in RosterResource.fields.values()}
MOST_PASTED_ROWS = 5_000
MOST_BLANK_LINES = 5_000  # lines between them
MOST_ADDED = 1_000  # rows, on the page
MOST_PASTED_COLUMNS = 60  # each has a field of its own in the form, and is as long as the rows
NO_COLUMN, TAKEN = "-", "+"  # chosen for a column that is not read, and for one that is read again
SAMPLED_ROWS = 20  # rows by which it shows whether columns fit
CELL = re.compile(r"cell-(\d{1,6})-(\d{1,3})")


@dataclass
class Grid:
    """The rows below their titles; a row keeps its number while the grid is edited."""

    titles: list[str]
    rows: TextRows
    first: int = 2  # the number of the first row, as where it was copied
    headings: int = 0  # lines above the titles, which are not kept
    out: set[int] = field(default_factory=set)  # the numbers of the rows that the user leaves out
    taken: set[int] = field(default_factory=set)  # those whose text is decided to be a plain remark
    left: set[int] = field(default_factory=set)  # the places of the columns that are not read
    chosen: dict[str, Any] = field(default_factory=dict)  # which columns the titles are; see column_choices
    is_titled: bool = True
    is_unclear: bool = False  # whether the user is to choose which columns the titles are
    window: str = ""  # of the browser, in which they were changed last
    checked: dict[str, Any] = field(default_factory=dict)  # see registry.imports.last_check
    is_stored: bool = False
    is_edited: bool = False
    is_overtaken: bool = False  # changed elsewhere since the page was shown, so nothing of that was taken
    lost: dict[tuple[int, str], str] = field(default_factory=dict)  # by number and title what that page had instead

    @classmethod
    def pasted(cls, text: str, memory: Mapping[str, Any] | None = None) -> "Grid":
        """The rows under the titles copied along, read as those of a file; else in the usual order.

        `memory` is what was chosen for earlier files. Raises Refused for more rows than MOST_PASTED_ROWS, more columns
        than MOST_PASTED_COLUMNS, and for the titles of a second table.
        """
        rows = _trimmed(pasted_rows(text))
        while rows and not any(map(str.strip, rows[-1])):
            del rows[-1]
        if (table := _table(rows, memory or {})) is None:
            return cls(list(ORDER), rows, first=1, is_titled=False)._in_shape()
        for other, _text, message in table_findings.other_titles(table):
            raise Refused(_("Row %(row)s: %(message)s.") % {"row": other, "message": message})
        titles, head = list(table.titles), table.head
        again = {each.number for each in table.body.skipped if each.reason == Reason.TITLES}
        above = [row for number, row in enumerate(rows[: head.first], 1) if number in table.numbers]
        below = enumerate(rows[head.last + 1 :], head.last + 2)
        left = {*table.applied.get(LEFT_TITLES, ())}
        unread, lacking = column_choices.unread(table, RosterResource.ASKED), {*NEEDED} - {*titles}
        return cls(
            titles,
            above + [titles if number in again else row for number, row in below],
            first=head.last + 2 - len(above),
            headings=head.first - len(above),
            left={
                place
                for place, title in enumerate(titles)
                if title in left or is_left_out(title, [row[place] for _number, row in table.body.rows])
            },
            chosen=table.applied,
            is_unclear=bool(unread and (lacking or unread["days"])),
        )._in_shape()

    @classmethod
    def stored(cls, rows: PastedRows) -> "Grid":
        found = json.loads(bytes(rows.content))
        return cls(**found | {name: {*found[name]} for name in ("out", "taken", "left")}, is_stored=True)

    def to_json(self) -> bytes:
        return json.dumps(
            self._content() | {"checked": self.checked, "window": self.window}, ensure_ascii=False
        ).encode()

    def _content(self) -> dict[str, Any]:
        names = ("titles", "rows", "first", "headings", "chosen", "is_titled", "is_unclear")
        content = {name: getattr(self, name) for name in names}
        return content | {"out": sorted(self.out), "taken": sorted(self.taken), "left": sorted(self.left)}

    @property
    def version(self) -> str:
        """By which two states of the rows are distinguished."""
        return digests.keyed(self._content())

    def edit(self, data: QueryDict) -> None:
        """Take what was changed in the form. Raises Refused for too many rows or columns."""
        shown, before = numbers(data.get("shown")), (self.out, self.taken)
        self.out = (self.out - shown) | numbers(",".join(data.getlist("leave")))
        self.taken = (self.taken - shown) | numbers(",".join(data.getlist("take")))
        self.is_edited = before != (self.out, self.taken)
        self._fill(data)
        self._name({place: data.get(f"title-{place}", "") for place in range(len(self.titles))})
        self._in_shape()

    def choose(self, chosen: Mapping[str, Any]) -> None:
        """Take titles for what was chosen; see registry.imports.forms.ColumnsForm. Raises Refused."""
        columns = {title: column for column, title in chosen.items() if column in TITLES}
        out = {*chosen.get(OTHER, ()), *chosen.get(LEFT_TITLES, ())}
        wanted = {title: NO_COLUMN if title in out else columns.get(title, "") for title in self.titles}
        self.is_unclear, self.chosen = False, column_choices.joined(self.chosen, chosen)
        self._name({place: wanted[title] for place, title in enumerate(self.titles)})
        self._in_shape()

    @property
    def numbered(self) -> list[tuple[int, list[str]]]:
        return [*enumerate(self.rows, self.first)]

    @property
    def next_number(self) -> int:
        """Of a row that is added."""
        return self.first + len(self.rows)

    @property
    def read(self) -> list[str]:
        """The titles by place, without those of columns that are not read."""
        return ["" if place in self.left else title for place, title in enumerate(self.titles)]

    @property
    def sheet(self) -> FileSheet:
        """The rows with their titles, as where they were copied."""
        return FileSheet(*_with_head(self.titles, self.rows, self.first))

    def table(self, body: ResidentsGroup | ResidentsCommittee) -> FileTable:
        """What is to be loaded: empty places are the body's own, and rows left out are empty."""
        group = body.name if isinstance(body, ResidentsGroup) else ""
        community = body.committee.community if isinstance(body, ResidentsGroup) else body.community
        places = dict(zip(OWN, (community.name, group), strict=True))
        header = [*self.read, *(title for title in places if title not in self.read)]
        found = []
        for number, row in self.numbered:
            own = ["" if place in self.left else cell for place, cell in enumerate(row)]
            cells = [*own, *[""] * (len(header) - len(row))]
            if number in self.out:
                cells = [""] * len(header)
            elif row == self.titles:
                cells = header
            elif any(map(str.strip, own)):
                for title, own_place in places.items():
                    cells[header.index(title)] = cells[header.index(title)] or own_place
            found.append(cells)
        decided = {str(number): REMARK for number in self.taken}
        rows, head = _with_head(header, found, self.first)
        return FileTable(rows, head, shape=rosters.SHAPE, chosen={ROWS: decided})

    def unread(self, body: ResidentsGroup | ResidentsCommittee) -> dict[str, list[str]]:
        """The columns that lack and the titles that are not known; see registry.imports.column_choices."""
        return column_choices.unread(self.table(body), RosterResource.ASKED)

    def misfits(self) -> list[str]:
        """Of rows without titles the columns in whose places stand texts of another kind."""
        if self.is_titled or self.read[: len(ORDER)] != ORDER:
            return []
        found = []
        for place, title in enumerate(ORDER):
            texts = [row[place] for row in self.rows[:SAMPLED_ROWS] if row[place].strip()]
            read = sum(_is_read(title, text) for text in texts)
            if texts and read * 2 < len(texts):
                found.append(title)
        return found

    def _in_shape(self) -> "Grid":
        """All rows as wide as the titles, with a column for all that is required. Raises Refused."""
        count = max(sum(any(map(str.strip, row)) for row in self.rows), len(self.rows) - MOST_BLANK_LINES)
        if count > MOST_PASTED_ROWS + MOST_ADDED * self.is_stored:
            words = {"count": f"{count:,}", "most": f"{MOST_PASTED_ROWS:,}"}
            message = _("These are %(count)s rows; paste at most %(most)s at once, or upload them as a file.")
            raise Refused(message % words)
        beyond = max(map(len, self.rows), default=0) - len(self.titles)  # cells right of the last title
        needed = [] if self.is_unclear else [title for title in NEEDED if title not in self.read]
        width = len(self.titles) + max(beyond, 0) + len(needed)
        if width > MOST_PASTED_COLUMNS:
            words = {"count": f"{width:,}", "most": f"{MOST_PASTED_COLUMNS:,}"}
            message = _("These are %(count)s columns, with those that are needed; paste at most %(most)s at once.")
            raise Refused(message % words)
        self._rename([*self.titles, *[""] * beyond, *needed])
        self.rows = [[*row, *[""] * (width - len(row))] for row in self.rows]
        return self

    def _rename(self, titles: list[str]) -> None:
        """Other titles, also in rows that repeat them."""
        before, self.titles = self.titles, titles
        if any(before):
            self.rows = [titles if row == before else row for row in self.rows]

    def _fill(self, data: Mapping[str, str]) -> None:
        """Put what was typed into its cells; one whose field is as it was keeps line breaks, which no field shows."""
        added: dict[int, list[str]] = {}
        for at, place, value in self._typed(data):
            if at >= len(self.rows):
                added.setdefault(at, [""] * len(self.titles))[place] = value
            elif value != one_line(self.rows[at][place]):
                self.rows[at][place] = value
                self.is_edited = True
        filled = [row for _at, row in sorted(added.items()) if any(map(str.strip, row))]
        self.rows += filled
        self.is_edited |= bool(filled)

    def _typed(self, data: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
        """Row, place and text of each field of the form."""
        for name, value in data.items():
            found = CELL.fullmatch(name)
            if found and int(found[1]) >= self.first and int(found[2]) < len(self.titles):
                yield int(found[1]) - self.first, int(found[2]), value

    def overtake(self, data: Mapping[str, str]) -> None:
        """Note what a form has that was shown before these rows were changed elsewhere."""
        self.is_overtaken = True
        for at, place, value in self._typed(data):
            if at < len(self.rows) and value != one_line(self.rows[at][place]):
                self.lost[at + self.first, self.titles[place]] = value

    def _name(self, chosen: Mapping[int, str]) -> None:
        """Read columns as what was chosen, or not; the column that was that before gets the other's title."""
        titles, left, read = list(self.titles), {*self.left}, self.read
        for place, title in chosen.items():
            title = titles[place] if title == TAKEN else title
            if title == NO_COLUMN:
                left.add(place)
            elif title and (title in TITLES or chosen[place] == TAKEN) and title != read[place]:
                if title in read:
                    titles[read.index(title)] = titles[place]
                titles[place] = title
                left.discard(place)
            read = ["" if at in left else each for at, each in enumerate(titles)]
        has_text = [any(row[place].strip() for row in self.rows) for place in range(len(titles))]
        filled = {title for title, has in zip(read, has_text, strict=True) if has}
        kept = [place for place, title in enumerate(read) if has_text[place] or title in TITLES.keys() - filled]
        if titles != self.titles or left != self.left or len(kept) < len(titles):
            self.is_edited = True
            self._rename(titles)
            self.rows = [[row[place] for place in kept] for row in self.rows]
            self.titles, self.left = [titles[place] for place in kept], {kept.index(each) for each in left & {*kept}}


def _table(rows: TextRows, memory: Mapping[str, Any]) -> FileTable | None:
    """The rows with their titles, also with such as are not known; None without titles."""
    if table := FileTable.found(rows, rosters.SHAPE, chosen=memory):
        return table
    words = rosters.SHAPE.words
    head = headers.find(rows, words) or headers.by_shape(rows, words)
    if head is None or any(_is_read(title, name) for name in head.names for title in ("职务", "任职日期", "在职情况")):
        return None  # the row is a person's
    return FileTable(rows, head, shape=rosters.SHAPE, chosen=memory)


def _with_head(titles: list[str], rows: TextRows, first: int) -> tuple[TextRows, Titles]:
    """The rows with this number of the first one, below their titles where there is a row for them."""
    names = [title or f"#{number}" for number, title in enumerate(titles, 1)]
    above = [*[[""] * len(titles)] * (first - 2), titles][: first - 1]
    return [*above, *rows], Titles(names, max(first - 2, 0), first - 2)


def _trimmed(rows: TextRows) -> TextRows:
    """The rows without the empty cells at their ends."""
    for row in rows:
        end = next((end for end in range(len(row), 0, -1) if row[end - 1].strip()), 0)
        del row[max(end, 1) :]
    return rows


def one_line(cell: str) -> str:
    """The cell as a field of one line shows it."""
    return re.sub(r"[\r\n]", "", cell)


def keep(grid: Grid, body: ResidentsGroup | ResidentsCommittee, user: User) -> PastedRows:
    """Store rows that were just pasted, and delete those whose time is over."""
    drop_old()
    return PastedRows.objects.create(by=user, content=grid.to_json(), **_of(body))


def edit(grid: Grid, rows: PastedRows, data: QueryDict) -> PastedRows:
    """Store what was changed in the form. Raises Refused.

    With other columns it becomes a row of its own: an older page of the browser may still be sent with the old ones.
    Nothing is stored, and the grid is as it was, where that would undo what was changed in another window since the
    page was shown.
    """
    before, version = grid.titles, grid.version
    changed = Grid.stored(rows)
    changed.edit(data)
    is_older = data.get("version", version) != version and data.get("window") != grid.window
    if changed.is_edited and is_older:
        grid.overtake(data)
        return rows
    changed.window = data.get("window", "")[:40]
    for each in fields(changed):
        setattr(grid, each.name, getattr(changed, each.name))
    if grid.titles != before:
        PastedRows.objects.filter(pk=rows.pk).update(is_current=False)
        rows = PastedRows(by=rows.by, committee=rows.committee, group=rows.group)
    if grid.is_edited or not rows.is_current:
        rows.content, rows.is_current = grid.to_json(), True
        rows.save()
    return rows


def choose(grid: Grid, rows: PastedRows, chosen: Mapping[str, Any]) -> PastedRows:
    """Store which columns the titles are. Raises Refused."""
    grid.choose(chosen)
    rows.content = grid.to_json()
    rows.save()
    return rows


def discard(body: ResidentsGroup | ResidentsCommittee, user: User, number: int | None, *, older: bool = False) -> None:
    """Delete these rows of the user's; with `older` also those kept for older pages of the browser."""
    own = Q(pk=number) | Q(is_current=False) if older else Q(pk=number)
    PastedRows.objects.filter(own, by=user, **_of(body)).delete()


def unsaved(body: ResidentsGroup | ResidentsCommittee, user: User):
    """The rows that the user has pasted for the body and not saved, the newest first."""
    return PastedRows.objects.filter(by=user, **_of(body))


def _of(body: ResidentsGroup | ResidentsCommittee) -> dict:
    return {"group" if isinstance(body, ResidentsGroup) else "committee": body}


def _is_read(title: str, text: str) -> bool:
    if title == "职务" and text.strip() == "成员":
        return True  # of what is decided by the whole row
    try:
        return READERS[title].widget.clean(text, {title: text}) is not None
    except ValueError:
        return False


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text, re.ASCII) else 0


def numbers(text: str | None) -> set[int]:
    """The row numbers in it, of six digits at most; whatever else stands there is left out."""
    return {_number(each) for each in (text or "").split(",")} - {0}


def in_text(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(numbers)))
