"""What the imports share: every row is read and checked, then all are written in bulk, or none."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export import resources, results
from import_export.instance_loaders import BaseInstanceLoader

from jygroups.lib import progress
from jygroups.lib.spreadsheets import sandbox, table_findings
from jygroups.lib.spreadsheets.file_tables import LOAD, ROW, FileTable
from registry.imports import columns, outcomes, title_findings
from registry.imports.accounts import Account
from registry.imports.findings import Finding
from registry.imports.outcomes import Change, Note, Outcome
from registry.models import Act, Record, RowKind, User
from registry.records import audit, locks, versions


@dataclass(eq=False, slots=True)
class Row:
    """A row of the file once it is read; the cells keep the warnings that columns left on the way."""

    cells: dict
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), kw_only=True)
    asks: str = field(default="", kw_only=True)  # one of file_tables.DECISIONS, with which it would be taken

    @property
    def number(self) -> int:
        return self.cells[ROW]

    def refuse(self, column: str, message: str) -> None:
        self.errors[column].append(message)

    def warn(self, column: str, message: str) -> None:
        columns.warn(self.cells, column, message)

    def findings(self) -> Iterator[Finding]:
        for column, messages in self.errors.items():
            for message in messages:
                yield Finding(self.number, column, str(self.cells.get(column, "")), message)
        for column, message in self.cells.get(columns.WARNINGS, []):
            yield Finding(self.number, column, str(self.cells.get(column, "")), message, is_warning=True)


class Result(results.Result):
    """What goes on with the rows is in the resource: nothing of them is kept twice."""

    def append_row_result(self, row_result):
        pass

    def append_invalid_row(self, number, row, validation_error):
        pass


class RegisterLoader(BaseInstanceLoader):
    """Finds a row's instance in what before_import has loaded."""

    def get_instance(self, row):
        return self.resource.registered(row)


class CheckedResource(resources.ModelResource):
    """A resource that refuses a file for any problem in it, and writes each version it makes.

    A subclass reads a row (`read_row`), finds what is registered of it (`registered`), checks the rows together
    (`check_together`) and lists what to write, in order (`written`). `WRITTEN` has, for each model, what a row may
    change of something registered; `SHOWN` its column; `REQUIRED` the columns no file may lack;
    `EXAMPLE` the cell by which the template's example is known and left out; `ASKED` the columns of days that a file
    may lack only if no column that is not known has days; `FOREIGN` by title of a file of another kind what to do.
    """

    REQUIRED: list[str]
    WRITTEN: dict[type[models.Model], list[str]]
    SHOWN: dict[type[models.Model], dict[str, str]]
    EXAMPLE: tuple[str, str]
    ASKED: tuple[str, ...] = ()
    FOREIGN: Mapping[str, str | Promise] = MappingProxyType({})
    writes = True
    asking = 0  # refusals by answers that lack or contradict one another
    expected = ""  # the digest of the outcomes that were confirmed; empty where nobody was asked
    moved = False  # the outcomes are others than those

    def __init__(self, *, actor: User | None = None, reason: str = "") -> None:
        super().__init__()
        self.actor, self.reason = actor, reason
        self.outcomes: list[Outcome] = []
        self.findings: list[Finding] = []
        self.created: list[Record] = []
        self.changed: list[Record] = []
        self.rows: list = []
        self.questions: list = []
        self.total = 0
        # Errors and warnings of the file itself, by row's number: of merged and hidden cells.
        self.faults: dict[int, list[tuple[str, str]]] = {}
        self.notes: dict[int, list[tuple[str, str]]] = {}
        self.comments: dict[int, list[str]] = {}
        self.decided: dict[int, set[str]] = {}
        self.asked: set[int] = set()  # rows that are struck through and not decided on
        self._stored: dict[tuple, tuple] = {}
        self._values: dict[tuple, Any] = {}  # what cells were read as, by field and text
        self._instances: dict[int, int] = {}  # the numbers of the rows read, by their instances, which they keep alive

    @abstractmethod
    def registered(self, cells):
        """What the register has of the row; None for something new."""

    @abstractmethod
    def read_row(self, instance, cells) -> Row:
        """The row, with its cells put on the instance and every error in it reported."""

    def check_together(self) -> None:
        """What only shows when all rows have been read."""

    @abstractmethod
    def written(self) -> Iterator[list]:
        """The rows to write, each kind after those it refers to."""

    @abstractmethod
    def touched(self, row) -> list:
        """All that the row may have changed."""

    @abstractmethod
    def is_new(self, row) -> bool:
        """Whether the row has something that is not registered yet."""

    @abstractmethod
    def page(self, row) -> tuple[str, int | None]:
        """The page that shows what the row has become: its URL name and key."""

    def changes(self, row) -> list[Change]:
        """What the row changes of what is registered."""
        return [
            self._change(column, old, new)
            for each in self.touched(row)
            if (stored := self._stored.get((type(each), each.pk)))
            for name, old, new in zip(self.WRITTEN[type(each)], stored, self._state(each), strict=True)
            if old != new and (column := self.SHOWN[type(each)].get(name))
        ]

    def _change(self, column: str, old, new) -> Change:
        [widget] = [each.widget for each in self.fields.values() if each.column_name == column]
        words = ["" if value in (None, "") else widget.render(value) for value in (old, new)]
        return Change(column, *(outcomes.shown(column, text) for text in words))

    def outcome(self, row) -> Outcome:
        """What becomes of the row; asked before anything is written."""
        if row.errors:
            kind = RowKind.WRONG
        elif self.is_new(row):
            kind = RowKind.NEW
        else:
            kind = RowKind.UNCHANGED if all(map(self.unchanged, self.touched(row))) else RowKind.CHANGED
        known = {each.column_name for each in self.fields.values()}
        return Outcome(
            row.number,
            kind,
            {title: outcomes.shown(title, text) for title, text in row.cells.items() if title in known and text},
            [] if row.errors else self.changes(row),
            [Note(f.column, outcomes.shown(f.column, f.value), f.message, f.is_warning) for f in row.findings()],
            asks=row.asks,
        )

    def remembered(self, stored):
        """Keep what is stored, so that a change can be distinguished from a repetition."""
        self._stored[type(stored), stored.pk] = self._state(stored)
        return stored

    def stored(self, row, name: str):
        """What the register has in this field; None for a new row."""
        stored = self._stored.get((type(row), row.pk))
        return stored[self.WRITTEN[type(row)].index(name)] if stored else None

    def unchanged(self, row) -> bool:
        return self._stored.get((type(row), row.pk)) == self._state(row)

    def _state(self, row) -> tuple:
        return tuple(getattr(row, name) for name in self.WRITTEN[type(row)])

    def is_repeated(self, instance) -> bool:
        """Whether an earlier row of the file is about the same."""
        return id(instance) in self._instances

    def first_row(self, instance) -> int:
        """The number of the earlier row about the same."""
        return self._instances[id(instance)]

    def value(self, name: str, cells):
        """The cell's value; None where it is missing or wrong, which reading the row reports."""
        cell = name, cells.get(self.fields[name].column_name)
        if cell not in self._values:
            try:
                self._values[cell] = self.fields[name].clean({**cells, columns.WARNINGS: []})
            except (ValueError, KeyError):
                self._values[cell] = None
        return self._values[cell]

    def read_cells(self, instance, row: Row) -> None:
        """Put every cell that has a place on the instance there; refuse those that are wrong."""
        for each in self.get_import_fields():
            if each.column_name in row.cells and not each.readonly:
                try:
                    if each.attribute:
                        each.save(instance, row.cells)
                    else:
                        each.clean(row.cells)
                except ValueError as error:
                    row.refuse(each.column_name, str(error))

    # The library's steps ----------------------------------------------------------------------------------

    def get_result_class(self):
        return Result

    def import_instance(self, instance, row, **kwargs):
        read = self.read_row(instance, row)
        for column, message in self.faults.get(read.number, ()):
            read.refuse(column, message)
        for column, message in self.notes.get(read.number, ()):
            read.warn(column, message)
        if read.number in self.asked:
            read.asks = LOAD
        self.rows.append(read)
        self._instances.setdefault(id(instance), read.number)
        read.cells = {title: text for title, text in read.cells.items() if text}  # empty cells have no further use
        progress.report(len(self.rows), self.total)
        if read.errors:
            raise ValidationError(dict(read.errors))

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return not import_validation_errors and all(map(self.unchanged, self.touched(self.rows[-1])))

    def save_instance(self, instance, is_create, row, **kwargs):
        """Nothing yet: the rows are written together once all of them have been read."""

    def after_import(self, dataset, result, **kwargs):
        dataset.wipe()
        self._values.clear()
        self.check_together()
        for row in self.rows:
            self.outcomes.append(self.outcome(row))
            self.findings += row.findings()
            row.cells.clear()
        self.moved = bool(self.expected) and self.expected != outcomes.digest(self.outcomes)
        if self.writes and not self.moved and not result.has_errors() and not any(row.errors for row in self.rows):
            to_write = {id(each) for row in self.rows for each in self.touched(row) if not self.unchanged(each)}
            self.total += len(to_write)
            for rows in self.written():
                self._write(rows)
            for row, outcome in zip(self.rows, self.outcomes, strict=True):
                outcome.page, outcome.key = self.page(row)

    def _write(self, rows: list) -> None:
        """Write rows of one model, in batches, so that it shows how far it has come."""
        changed = [row for row in rows if row.pk and not self.unchanged(row)]
        new = [row for row in rows if row.pk is None]
        for place in range(0, len(changed), versions.BATCH):
            batch = changed[place : place + versions.BATCH]
            versions.update(batch, fields=self.WRITTEN[type(batch[0])], actor=self.actor, reason=self.reason)
            self.changed += batch
            self._report()
        for place in range(0, len(new), versions.BATCH):
            batch = new[place : place + versions.BATCH]
            versions.create(batch, actor=self.actor, reason=self.reason)
            self.created += batch
            self._report()

    def _report(self) -> None:
        progress.report(len(self.rows) + len(self.changed) + len(self.created), self.total)


@dataclass
class Loaded:
    """The result of a file: counts of rows, its findings, and what was written.

    `moved`: the outcomes are no more what was expected, so nothing was written.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    account: Account | None = None
    findings: list[Finding] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    moved: bool = False
    questions: list = field(default_factory=list)  # whether somebody new is somebody else, with the answers
    asking: int = 0  # problems that are such questions
    rows_created: list[Record] = field(default_factory=list)
    rows_changed: list[Record] = field(default_factory=list)

    @property
    def asks_only(self) -> bool:
        """Whether it was refused for nothing but questions to be answered, or answered otherwise."""
        return 0 < len(self.problems) == self.asking

    @property
    def problems(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_warning]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_warning]


def load(resource: CheckedResource, table: FileTable, *, dry_run: bool = False, expected: str = "") -> Loaded:
    """Load the file whole, or, if anything in it is a problem, leave the register as it is.

    A dry run writes nothing either way, and nobody has to wait for it. `expected` is the digest of the outcomes that
    somebody was shown and has confirmed: where the register has moved on since and they differ, nothing is written.
    """
    sandbox.forget()
    resource.writes, resource.expected = not dry_run, expected
    resource.decided, resource.asked, resource.comments = table.decided, {*table.open_rows}, table.comment_texts
    if dry_run:
        return _load(resource, table)
    with transaction.atomic():
        locks.hold(locks.WRITERS)  # before the register is read, not only before it is written
        return _load(resource, table)


def _load(resource: CheckedResource, table: FileTable) -> Loaded:
    findings, notes = _of_file(resource, table)
    if any(not finding.is_warning for finding in findings):
        return Loaded(findings=findings, account=Account.of(table, read=0, refused=len(table.numbers)))
    dataset, examples = table.dataset(without=resource.EXAMPLE)
    message = _("the example was left out")
    findings += [Finding(number, resource.EXAMPLE[0], "", message, is_warning=True) for number in examples]
    if not len(dataset):
        empty = Finding(None, "", "", _("the file holds no rows below its titles"))
        return Loaded(findings=[*findings, empty], account=Account.of(table, read=0, refused=0, examples=len(examples)))
    resource.total, resource.faults, resource.notes = (count := len(dataset)), table_findings.faults(table), notes
    # The library's own transactions and dry runs are left alone: nothing is written before all rows are in order.
    result = resource.import_data(dataset, use_transactions=False)
    for error in [*result.base_errors, *(error for row in result.error_rows for error in row.errors)]:
        raise error.error  # no fault of the file
    refused = outcomes.count(resource.outcomes, RowKind.WRONG)
    loaded = Loaded(
        account=Account.of(table, read=count - refused, refused=refused, examples=len(examples)),
        new=outcomes.count(resource.outcomes, RowKind.NEW),
        changed=outcomes.count(resource.outcomes, RowKind.CHANGED),
        unchanged=outcomes.count(resource.outcomes, RowKind.UNCHANGED),
        findings=findings + resource.findings,
        outcomes=resource.outcomes,
        moved=resource.moved,
        questions=resource.questions,
        asking=resource.asking,
        rows_created=resource.created,
        rows_changed=resource.changed,
    )
    if resource.created or resource.changed:
        audit.record(
            Act.IMPORT,
            resource.reason,
            user=resource.actor,
            new=loaded.new,
            changed=loaded.changed,
            unchanged=loaded.unchanged,
        )
    return loaded


def _of_file(resource: CheckedResource, table: FileTable) -> tuple[list[Finding], dict[int, list[tuple[str, str]]]]:
    """The findings about the file itself; by row number column and warning of those about rows that count."""
    titles = table.titles
    findings = [
        Finding(None, title, "", _("the column is missing; add it"))
        for title in resource.REQUIRED
        if title not in titles
    ]
    findings += [
        Finding(None, title, "", str(resource.FOREIGN[title])) for title in titles if title in resource.FOREIGN
    ]
    findings += title_findings.repeated(table)
    known = {each.column_name for each in resource.fields.values()}
    asked = [*title_findings.unread_days(table, resource.ASKED)]
    findings += [
        *asked,
        *(Finding(row, "", text, message) for row, text, message in table_findings.other_titles(table)),
    ]
    findings += title_findings.untitled(table)
    findings += title_findings.unknown(table, known, {finding.column for finding in asked})
    counted = {*table.numbers}
    notes: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for each in table_findings.warnings(table):
        if each.row and each.row in counted:
            notes[each.row].append((each.column, each.message))
        else:
            findings.append(Finding(each.row, each.column, each.value, each.message, is_warning=True))
    return findings, notes
