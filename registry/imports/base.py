"""What the imports share: every row is read and checked, then all are written in bulk, or none."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import RowResult

from jygroups.lib import progress
from jygroups.lib.sheets import ROW, Table
from registry.imports import columns
from registry.imports.findings import Finding
from registry.models import Act, User
from registry.services import audit, locks, versions


@dataclass(eq=False)
class Row:
    """A row of the file once it is read; the cells keep the warnings that columns left on the way."""

    cells: dict
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), kw_only=True)

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


class RegisterLoader(BaseInstanceLoader):
    """Finds a row's instance in what before_import has loaded."""

    def get_instance(self, row):
        return self.resource.registered(row)


class CheckedResource(resources.ModelResource):
    """A resource that refuses a file for any problem in it, and writes each version it makes.

    A subclass reads a row (`read_row`), finds what is registered of it (`registered`), checks the rows together
    (`check_together`) and lists what to write, in order (`written`). `WRITTEN` has, for each model, what a row may
    change of something registered; `REQUIRED` the columns no file may lack.
    """

    REQUIRED: list[str]
    WRITTEN: dict[type[models.Model], list[str]]

    def __init__(self, *, actor: User | None = None, reason: str = "") -> None:
        super().__init__()
        self.actor, self.reason = actor, reason
        self.rows: list = []
        self.total = 0
        self._stored: dict[tuple, tuple] = {}
        self._instances: set[int] = set()  # of the rows read; the rows keep them alive

    @abstractmethod
    def registered(self, cells):
        """What the register has of the row; None for something new."""

    @abstractmethod
    def read_row(self, instance, cells) -> Row:
        """The row, with its cells put on the instance and all that is wrong with it told."""

    def check_together(self) -> None:
        """What only shows when all rows have been read."""

    @abstractmethod
    def written(self) -> Iterator[list]:
        """The rows to write, each kind after those it refers to."""

    @abstractmethod
    def touched(self, row) -> list:
        """All that the row may have changed."""

    def remembered(self, stored):
        """Keep what is stored, so that a change can be told from a repetition."""
        self._stored[type(stored), stored.pk] = self._state(stored)
        return stored

    def unchanged(self, row) -> bool:
        return self._stored.get((type(row), row.pk)) == self._state(row)

    def _state(self, row) -> tuple:
        return tuple(getattr(row, name) for name in self.WRITTEN[type(row)])

    def is_repeated(self, instance) -> bool:
        """Whether an earlier row of the file is about the same."""
        return id(instance) in self._instances

    def value(self, name: str, cells):
        """The cell's value; None where it is missing or wrong, which reading the row tells."""
        try:
            return self.fields[name].clean({**cells, columns.WARNINGS: []})
        except (ValueError, KeyError):
            return None

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

    def import_instance(self, instance, row, **kwargs):
        read = self.read_row(instance, row)
        self.rows.append(read)
        self._instances.add(id(instance))
        progress.report(len(self.rows), self.total)
        if read.errors:
            raise ValidationError(dict(read.errors))

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return not import_validation_errors and all(map(self.unchanged, self.touched(self.rows[-1])))

    def save_instance(self, instance, is_create, row, **kwargs):
        """Nothing yet: the rows are written together once all of them have been read."""

    def after_import(self, dataset, result, **kwargs):
        told = {id(row) for row in self.rows if row.errors}
        self.check_together()
        for place, row in enumerate(self.rows, 1):
            if row.errors and id(row) not in told:
                result.append_invalid_row(place, row.cells, ValidationError(dict(row.errors)))
        if not result.has_errors() and not result.has_validation_errors():
            for rows in self.written():
                changed = [row for row in rows if row.pk and not self.unchanged(row)]
                if changed:
                    fields = self.WRITTEN[type(changed[0])]
                    versions.update(changed, fields=fields, actor=self.actor, reason=self.reason)
                versions.create([row for row in rows if row.pk is None], actor=self.actor, reason=self.reason)


@dataclass
class Loaded:
    """What became of a file: counts of rows, and what there is to say of it."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def problems(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_warning]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_warning]


@transaction.atomic
def load(resource: CheckedResource, table: Table, *, dry_run: bool = False) -> Loaded:
    """Load the file whole, or, if anything in it is a problem, leave the register as it is.

    A dry run writes nothing either way.
    """
    titles = table.titles
    findings = [
        Finding(None, title, "", _("the column is missing; add it"))
        for title in resource.REQUIRED
        if title not in titles
    ] + [
        Finding(None, title, "", _("the column appears twice; take one out"))
        for title in sorted({title for title in titles if title and titles.count(title) > 1})
    ]
    dataset = table.dataset()
    if not findings and not len(dataset):
        findings.append(Finding(None, "", "", _("the file holds no rows below its titles")))
    if findings:
        return Loaded(findings=findings)
    known = {each.column_name for each in resource.fields.values()}
    findings = [
        Finding(None, title, "", _("the column is not known and was left out"), is_warning=True)
        for title in titles
        if title and title not in known
    ]
    locks.hold(locks.WRITERS)  # before the register is read, not only before it is written
    resource.total = len(dataset)
    result = resource.import_data(dataset, dry_run=dry_run, rollback_on_validation_errors=True)
    for error in [*result.base_errors, *(error for row in result.error_rows for error in row.errors)]:
        raise error.error  # no fault of the file
    loaded = Loaded(
        new=result.totals[RowResult.IMPORT_TYPE_NEW],
        changed=result.totals[RowResult.IMPORT_TYPE_UPDATE],
        unchanged=result.totals[RowResult.IMPORT_TYPE_SKIP],
        findings=findings + [finding for row in resource.rows for finding in row.findings()],
    )
    if not dry_run and not loaded.problems and (loaded.new or loaded.changed):
        audit.record(
            Act.IMPORT,
            resource.reason,
            user=resource.actor,
            new=loaded.new,
            changed=loaded.changed,
            unchanged=loaded.unchanged,
        )
    return loaded
