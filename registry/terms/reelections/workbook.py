"""A community's re-election as a workbook: everyone in office, with a column for what becomes of them.

The Chinese here is the file format itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jygroups.lib.cells import plain
from jygroups.lib.numerals import group_ordinal
from jygroups.lib.spreadsheets import table_findings
from jygroups.lib.spreadsheets.file_tables import ROW, FileTable, Shape
from jygroups.lib.spreadsheets.workbooks import Book, Column, SheetWriter
from registry.imports import columns, title_findings
from registry.imports.accounts import Account
from registry.imports.findings import Finding
from registry.imports.titles import TITLES as KNOWN
from registry.models import Outcome, Position, ResidentsGroup, User
from registry.terms.reelections.places import ElectedBody, Office, Seat
from registry.terms.reelections.queries import Plan
from registry.terms.reelections.services import Newcomer, person

TITLES = ["社区", "居民小组", "姓名", "身份证号", "现任职务", "任职日期", "结果", "新一届职务"]
SHAPE = Shape(
    marks=("姓名", "身份证号", "结果"),
    words={
        **{title: KNOWN[title] for title in ("社区", "居民小组", "姓名", "身份证号", "任职日期")},
        "现任职务": ("现任职务", "原职务", "职务"),
        "结果": ("结果", "换届结果"),
        "新一届职务": ("新一届职务", "新职务", "拟任职务"),
    },
    persons=("姓名", "身份证号"),
    down=("社区", "居民小组"),
    days=("任职日期",),
    number="身份证号",
)
OUTCOMES = {
    Outcome.STAY: ["连任", "留任", "续任"],
    Outcome.GO: ["离任", "落选", "不再担任"],
    Outcome.NEW: ["新任", "新当选", "新选"],
}
OWN = ["姓名", "身份证号", "结果", "新一届职务"]  # columns of a row about somebody
ACTING = "代理"
BODY_COLUMN = {"person": "身份证号", "name": "姓名"}
EMPTY_ROWS = 200  # below the prefilled ones that have dropdowns too
HINT = "结果填 连任、离任 或 新任;职务有变的填新一届职务;新任人员在下方空行填写"


def position_words() -> dict[Office, list[str]]:
    """The offices in the spellings of a roster, and the acting leader."""
    words = {Office.of(position, acting=False): spellings for position, spellings in columns.POSITIONS.items()}
    leader = columns.POSITIONS[Position.GROUP_LEADER]
    return words | {Office.ACTING_LEADER: [f"{ACTING}{spelling}" for spelling in leader]}


def workbook(plan: Plan) -> bytes:
    """The community's people with the draft's choices so far; whole ID numbers, by which they are found."""
    words = position_words()
    rows = [
        [
            plan.community.name,
            body.group.name if body.group else "",
            seat.name,
            seat.id_number,
            words[Office.of(seat.held.position, seat.held.acting)][0] if seat.held else "",
            str(seat.held.first_day) if seat.held else "",
            OUTCOMES[Outcome(seat.outcome)][0],
            words[seat.office][0],
        ]
        for body in plan.bodies
        for seat in body.seats
    ]
    with Book(font={}) as book:
        sheet = SheetWriter(book, "换届名单", [Column(title, style="as_text") for title in TITLES])
        sheet.line([f"{plan.community.name}第{plan.term.ordinal}届换届名单"], "titles")
        sheet.line([HINT], "plain")
        sheet.titles("titles")
        first = sheet.row
        for row in rows:
            sheet.add(row)
        for _row in range(EMPTY_ROWS):
            sheet.add([plan.community.name, *[""] * (len(TITLES) - 1)])
        groups = [body.group.name for body in plan.bodies if body.group]
        choices = {
            "居民小组": groups,
            "结果": [spellings[0] for spellings in OUTCOMES.values()],
            "新一届职务": [spellings[0] for spellings in words.values()],
        }
        for title, source in choices.items():
            place = TITLES.index(title)
            if source:
                choice = {"validate": "list", "source": source}
                sheet.worksheet.data_validation(first, place, sheet.row - 1, place, choice)
        sheet.worksheet.freeze_panes(first, 3)
        sheet.on_paper(first - 1, first - 1)
    return book.content


@dataclass
class Filled:
    """The content of a filled workbook, and its errors."""

    choices: dict[int, tuple[str, Office]] = field(default_factory=dict)
    newcomers: list[Newcomer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    account: Account | None = None  # of the file's rows

    @property
    def problems(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_warning]


def read(table: FileTable, plan: Plan, *, user: User) -> Filled:
    """The draft as the workbook has it: rows about offices held, and who is new.

    Who is not mentioned stays as the draft has it, with a warning.
    """
    filled = Filled()
    dataset, _left_out = table.dataset()
    filled.findings += [
        Finding(each.row, each.column, each.value, each.message, is_warning=True)
        for each in table_findings.warnings(table)
    ]
    filled.findings += [Finding(row, "", text, message) for row, text, message in table_findings.other_titles(table)]
    filled.findings += [
        Finding(number, column, "", message)
        for number, faults in table_findings.faults(table).items()
        for column, message in faults
    ]
    filled.findings += [*title_findings.untitled(table), *title_findings.unknown(table, SHAPE.words)]
    if repeated := [*title_findings.repeated(table)]:
        filled.findings += repeated
        filled.account = Account.of(table, read=0, refused=len(table.numbers))
        return filled
    mentioned: set[int] = set()
    people = [cells for cells in dataset.dict if any(map(cells.get, OWN))]
    for cells in people:  # the others have at most the names of the community and of a group
        row = _Row(cells, plan, user)
        row.read(mentioned)
        filled.findings += row.findings
        if row.choice:
            filled.choices |= row.choice
        if row.newcomer:
            filled.newcomers.append(row.newcomer)
    refused = len({each.row for each in filled.problems} & {cells[ROW] for cells in people})
    prefilled = dataset.height - len(people)
    filled.account = Account.of(table, read=len(people) - refused, refused=refused, prefilled=prefilled)
    for seat in plan.seats:
        if id(seat) in mentioned:
            continue
        if seat.held is None:
            filled.newcomers.append(_kept(plan, seat))
        message = _("%(name)s is not in the file, and stays as the draft has it") % {"name": seat.name}
        filled.findings.append(Finding(None, "", "", message, is_warning=True))
    if not dataset.height:
        filled.findings.append(Finding(None, "", "", _("the file holds no rows below its titles")))
    return filled


def _kept(plan: Plan, seat: Seat) -> Newcomer:
    group = next(body.group for body in plan.bodies if seat in body.seats)
    return Newcomer(seat.office, group, seat.line)


class _Row:
    """One row against the plan; its errors stand beside its cells."""

    def __init__(self, cells: Mapping, plan: Plan, user: User):
        self.cells, self.plan, self.user = cells, plan, user
        self.findings: list[Finding] = []
        self.choice: dict[int, tuple[str, Office]] = {}
        self.newcomer: Newcomer | None = None

    def refuse(self, column: str, message: str) -> None:
        self.findings.append(Finding(self.cells[ROW], column, str(self.cells.get(column) or ""), message))

    def value(self, column: str, widget: columns.Column):
        try:
            return widget.clean(self.cells.get(column), {columns.WARNINGS: []})
        except ValueError as error:
            self.refuse(column, str(error))
            return None

    def read(self, mentioned: set[int]) -> None:
        community = plain(self.cells.get("社区") or "")
        if community and community.removesuffix("社区") != self.plan.community.name.removesuffix("社区"):
            self.refuse("社区", _("this is the re-election of %(name)s") % {"name": self.plan.community.name})
        number = self.value("身份证号", columns.IDNumber())
        outcome = self.value("结果", columns.RequiredChoice(OUTCOMES))
        office = self.value("新一届职务", columns.Choice(position_words()))
        group = self._group()
        if self.findings or outcome is None:
            return
        found = [
            (body, seat)
            for body in self.plan.bodies
            if body.group == group
            for seat in body.seats
            if seat.id_number == number and (office is None or office in body.offices or len(body.seats) == 1)
        ]
        held = next((pair for pair in found if pair[1].held), None)
        if outcome == Outcome.NEW:
            self._read_new(number, office, group, found, mentioned)
        elif held is None:
            self.refuse("身份证号", _("nobody in office in this body has this number; choose 新任 for who is new"))
        else:
            self._read_held(outcome, office, held, mentioned)

    def _group(self) -> ResidentsGroup | None:
        named = self.cells.get("居民小组") or ""
        if not named:
            return None
        ordinal = group_ordinal(named)
        for body in self.plan.bodies:
            if body.group and (body.group.name == named or body.group.ordinal == ordinal):
                return body.group
        self.refuse("居民小组", _("this community has no such group; compare it with the register"))
        return None

    def _read_held(
        self, outcome: str, office: Office | None, held: tuple[ElectedBody, Seat], mentioned: set[int]
    ) -> None:
        body, seat = held
        if id(seat) in mentioned:
            self.refuse("身份证号", _("an earlier row has the same office; delete one of them"))
            return
        mentioned.add(id(seat))
        name = self.value("姓名", columns.Name()) if self.cells.get("姓名") else None
        if name and name != seat.name:
            self.refuse("姓名", _("The register has %(name)s under this ID number.") % {"name": seat.name})
        assert seat.held
        now = office or Office.of(seat.held.position, seat.held.acting)
        if outcome == Outcome.GO:
            now = Office.of(seat.held.position, seat.held.acting)
        if now not in body.offices:
            choices = _(", ").join(str(each.label) for each in body.offices)
            self.refuse("新一届职务", _("this body has %(choices)s") % {"choices": choices})
        self.choice = {seat.held.pk: (outcome, now)}

    def _read_new(self, number, office, group, found, mentioned: set[int]) -> None:
        if office is None:
            return self.refuse("新一届职务", _("it is empty; fill it in"))
        if office.position.in_group is not (group is not None):
            return self.refuse("居民小组", _("a group's offices have a group; the others have none"))
        for _body, seat in found:
            if seat.held is None and seat.line:
                mentioned.add(id(seat))
                self.newcomer = Newcomer(office, group, seat.line)
                return None
        name = self.value("姓名", columns.Name())
        try:
            member = person(number, name or "", user=self.user)
        except ValidationError as error:
            for key, messages in error.message_dict.items():
                self.refuse(BODY_COLUMN[key], " ".join(messages))
            return None
        if name:
            self.newcomer = Newcomer(office, group, None, member, "" if member else name, "" if member else number)
        return None
