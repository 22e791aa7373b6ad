"""Imports by page: a file is checked, shown row by row, confirmed and loaded, by the same code as by command.

A small file is worked on while its user waits. A larger one gets a process of its own, `manage.py run_import`: that
needs no service beside the site, so a trial and a real installation do the same. How far it has come stands in the
cache, since nobody sees what a transaction writes before it ends; no word from it for a while means that it is dead.
Loading is one transaction that begins by locking the import: a killed process leaves nothing, and of two one writes.
"""

import io
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import tablib
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from jygroups.lib import id_numbers, progress
from jygroups.lib.encryption import blind_index
from jygroups.lib.file_tables import Shape, Table, Untitled
from jygroups.lib.refusals import Refused
from jygroups.lib.sheets import XLSX, unlocked
from registry.imports import column_choices, outcomes, templates
from registry.imports import groups as group_files
from registry.imports import roster_files as rosters
from registry.imports.base import Loaded
from registry.imports.findings import Finding, grouped, write_report
from registry.imports.outcomes import Outcome
from registry.models import Act, Community, ImportKind, ImportRow, ImportRun, ImportState, Record, RowKind, User
from registry.records import audit, versions

SMALL = 500  # rows that are worked on at once
SMALL_FILE = 50_000  # bytes that have no more rows
SILENT = 60  # seconds without a word, after which work is dead
LONGEST_NAME = 200
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """What there is to an import's kind: who may load it, how its table is known, and how it is loaded."""

    permission: str
    shape: Shape
    load: Callable[..., Loaded]
    template: Callable[[Iterable[Community]], bytes]
    columns: list[str]  # that name a row on the page


KINDS: dict[str, Kind] = {
    ImportKind.ROSTER: Kind(
        "registry.import_appointment",
        rosters.SHAPE,
        rosters.load_roster,
        templates.roster,
        ["姓名", "身份证号", "社区", "居民小组", "职务", "任职日期"],
    ),
    ImportKind.GROUPS: Kind(
        "registry.import_residentsgroup",
        group_files.SHAPE,
        group_files.load_groups,
        templates.groups,
        ["社区", "居民小组", "楼院"],
    ),
}


def kinds_open_to(user: User) -> list[ImportKind]:
    return [kind for kind in ImportKind if user.has_perm(KINDS[kind].permission)]


def template(kind: str, user: User) -> bytes:
    """The workbook to fill in, with the communities and groups that the user may load files for."""
    communities = Community.objects.visible_to(user, KINDS[kind].permission)
    return KINDS[kind].template(communities.select_related("subdistrict").order_by("code"))


# Given in, confirmed, given up --------------------------------------------------------------------------------


def upload(
    *,
    kind: str,
    name: str,
    content: bytes,
    actor: User,
    address: str | None = None,
    instead: ImportRun | None = None,
    password: str = "",
) -> ImportRun:
    """Take a file in and check it; `instead` of one that had problems. Raises Unreadable, and then keeps nothing.

    A workbook with a password is kept without it, encrypted as all files are.
    """
    communities = list(Community.objects.visible_to(actor, KINDS[kind].permission))
    if not communities:
        raise PermissionDenied
    if password:
        content = unlocked(content, password)
    chosen = column_choices.remembered(kind, actor)
    table, untitled = None, None
    try:
        table = Table.read(content, shape=KINDS[kind].shape, chosen=chosen)
    except Untitled as error:
        if not error.titles:
            raise
        untitled = error
    with transaction.atomic():
        run = ImportRun.objects.create(
            kind=kind,
            name=id_numbers.masked_within(name)[-LONGEST_NAME:],
            file=content,
            digest=blind_index(content.hex()),
            language=translation.get_language(),
            address=address,
            uploaded_by=actor,
            chosen=chosen,
        )
        run.communities.set(communities)
        if instead and instead.is_open:
            _give_up(instead)
        drop_old()
        if untitled:
            column_choices.show_untitled(run, untitled)
    if table:
        _start(run, len(table.rows), table)
    return run


def choose_columns(run: ImportRun, chosen: dict[str, str]) -> None:
    """Check the file again with these titles for columns; by column the title. Raises Refused."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state not in (ImportState.REFUSED, ImportState.CHECKED, ImportState.NOTHING) or not run.file:
            raise Refused(
                _("Its columns can no longer be chosen: it is %(state)s.") % {"state": run.get_state_display()}
            )
        run.chosen, run.state = {**run.chosen, **chosen}, ImportState.UPLOADED
        run.save()
        run.rows.all().delete()
    _start(run, SMALL + 1 if len(run.file) > SMALL_FILE else 0)


def confirm(run: ImportRun, *, actor: User, address: str | None = None) -> None:
    """Load what the import's page shows. Raises Refused."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state != ImportState.CHECKED:
            raise Refused(_("It is no longer to be confirmed: it is %(state)s.") % {"state": run.get_state_display()})
        run.state, run.confirmed_by, run.address, run.moved = ImportState.CONFIRMED, actor, address, False
        run.save()
    _start(run, run.rows.count())


@transaction.atomic
def abandon(run: ImportRun) -> None:
    """Give it up, and drop what its file said. Raises Refused."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if not run.is_open and not is_dead(run):
        raise Refused(_("It cannot be given up: it is %(state)s.") % {"state": run.get_state_display()})
    _give_up(run)


def restart(run: ImportRun) -> None:
    """Begin again what has broken off. Raises Refused."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state == ImportState.FAILED:
            run.state = ImportState.UPLOADED
        elif not is_dead(run):
            raise Refused(_("It need not be started again: it is %(state)s.") % {"state": run.get_state_display()})
        run.save()  # its time of change with it: it is alive again
    _start(run, SMALL + 1)


# At work ------------------------------------------------------------------------------------------------------


def _start(run: ImportRun, rows: int, table: Table | None = None) -> None:
    if rows <= SMALL:
        carry_out(run, table)
    else:
        transaction.on_commit(partial(_in_own_process, run.pk))


def _in_own_process(key: int) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_import", str(key)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=child.wait, daemon=True).start()  # so that none is left behind as a zombie


def carry_out(run: ImportRun, table: Table | None = None) -> None:
    """Check the file, or load what has been confirmed; what comes of it stands on the import."""
    began = time.time()

    def report_progress(done: int, total: int | None) -> None:
        cache.set(_key(run), (done, total, began), SILENT)

    report_progress(0, None)
    with translation.override(run.language), progress.shown_by(report_progress):
        try:
            table = table or _table(run)
            if run.state == ImportState.CONFIRMED:
                _load(run, table)
            else:
                _check(run, table)
        except Untitled as error:
            column_choices.show_untitled(run, error)
        except Exception:
            logger.exception("import %s broke off", run.pk)
            run.state = ImportState.FAILED
            run.save(update_fields=["state", "updated_at"])
        finally:
            cache.delete(_key(run))


def _table(run: ImportRun) -> Table:
    return Table.read(bytes(run.file), shape=KINDS[run.kind].shape, chosen=run.chosen)


def _check(run: ImportRun, table: Table) -> None:
    loaded = KINDS[run.kind].load(table, name=run.name, communities=run.communities.all(), dry_run=True)
    with transaction.atomic():
        if _locked(run, ImportState.UPLOADED):
            _show(run, loaded, table)


@transaction.atomic
def _load(run: ImportRun, table: Table) -> None:
    """Write it, if it does what was confirmed; else show again what it would do."""
    if not _locked(run, ImportState.CONFIRMED):
        return
    allowed = Community.objects.visible_to(run.confirmed_by, KINDS[run.kind].permission)  # type: ignore[arg-type]
    loaded = KINDS[run.kind].load(
        table,
        name=run.name,
        actor=run.confirmed_by,
        communities=run.communities.filter(pk__in=allowed),
        expected=run.outcome,
        address=run.address,
    )
    if loaded.moved or loaded.problems:
        run.moved = True
    else:
        run.state, run.loaded_at = ImportState.LOADED, timezone.now()
        run.written = {
            "created": _written(loaded.rows_created),
            "changed": _written(loaded.rows_changed),
        }
    _show(run, loaded, table)


def _locked(run: ImportRun, state: ImportState) -> bool:
    """Hold the import to the end of the transaction; false where another process has carried it on."""
    return ImportRun.objects.select_for_update().get(pk=run.pk).state == state


def _written(rows: list[Record]) -> dict[str, dict[int, int]]:
    """For each model the version that each row has just been given."""
    by_model: dict[type[Record], list[int]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row.pk)
    return {model._meta.model_name or "": versions.newest(model, keys) for model, keys in by_model.items()}


def _show(run: ImportRun, loaded: Loaded, table: Table) -> None:
    """Keep what the file does, row by row."""
    kept = {outcome.number for outcome in loaded.outcomes}
    run.new, run.changed, run.unchanged = loaded.new, loaded.changed, loaded.unchanged
    run.wrong = outcomes.count(loaded.outcomes, RowKind.WRONG)
    run.warned = sum(outcome.is_warned for outcome in loaded.outcomes)
    run.findings = grouped(finding for finding in loaded.findings if finding.row not in kept)
    run.account, run.unread = str(loaded.account or ""), column_choices.unread(table)
    run.outcome = outcomes.digest(loaded.outcomes)
    if loaded.problems:
        run.state = ImportState.REFUSED
    elif run.state != ImportState.LOADED:
        run.state = ImportState.CHECKED if run.to_write else ImportState.NOTHING
    run.save()
    _keep_rows(run, loaded.outcomes)


def _keep_rows(run: ImportRun, kept: Iterable[Outcome]) -> None:
    run.rows.all().delete()
    run.rows.bulk_create(
        [
            ImportRow(run=run, number=each.number, kind=each.kind, is_warned=each.is_warned, content=each.to_text())
            for each in kept
        ],
        versions.BATCH,
    )


# How far it is ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    done: int
    total: int | None
    seconds: float  # since it began

    def __str__(self):
        return f"{self.done:,} / {self.total:,}" if self.total else ""

    @property
    def left(self) -> int | None:
        """Seconds that it will still take, at the pace so far."""
        if not self.total or not self.done:
            return None
        return round(self.seconds * (self.total - self.done) / self.done)


def _key(run: ImportRun) -> str:
    return f"import-{run.pk}"


def how_far(run: ImportRun) -> Progress | None:
    """How far the work on it has come; None where nobody is at it."""
    if (stored := cache.get(_key(run))) is None:
        return None
    done, total, began = stored
    return Progress(done, total, time.time() - began)


def is_dead(run: ImportRun) -> bool:
    """Whether it should be at work, and has said nothing for long."""
    is_old = run.updated_at < timezone.now() - timedelta(seconds=SILENT)
    return run.is_at_work and is_old and how_far(run) is None


# What is kept -------------------------------------------------------------------------------------------------


def report(run: ImportRun, *, actor: User, address: str | None = None) -> bytes:
    """The file again as a workbook, with each finding beside its cell; put in the audit log."""
    table = _table(run)
    notes = [
        Finding(outcome.number, note.column, "", note.message, note.is_warning)
        for outcome in map(Outcome.from_text, run.rows.filter(_NOTED).values_list("content", flat=True))
        for note in outcome.notes
    ]
    general = [Finding(row, column, "", message, is_warning) for row, column, message, is_warning in run.findings]
    target = io.BytesIO()
    write_report(table, [*general, *notes], target)
    audit.record(Act.EXPORT, run.name, user=actor, address=address, what="import report", lines=len(table.rows))
    return target.getvalue()


def good_rows(run: ImportRun, *, actor: User, address: str | None = None) -> bytes:
    """The rows without a problem as a workbook that can be loaded; put in the audit log."""
    table = _table(run)
    wrong = set(run.rows.filter(kind=RowKind.WRONG).values_list("number", flat=True))
    places = [place for place, title in enumerate(table.titles) if title]
    rows = [[row[place] for place in places] for number, row in table.body.rows if number not in wrong]
    audit.record(Act.EXPORT, run.name, user=actor, address=address, what="rows without problems", lines=len(rows))
    return XLSX().export_data(tablib.Dataset(*rows, headers=[table.titles[place] for place in places]))


_NOTED = Q(kind=RowKind.WRONG) | Q(is_warned=True)


def drop_old() -> None:
    """Drop what files said whose time is over; what was found of them, and what became of them, stays."""
    limit = timezone.now() - timedelta(days=settings.IMPORT_FILES_KEPT_DAYS)
    for run in ImportRun.objects.filter(updated_at__lt=limit).exclude(file=b""):
        if run.is_open or run.is_at_work:
            _give_up(run)
        else:
            _drop_file(run)


def _give_up(run: ImportRun) -> None:
    run.state = ImportState.ABANDONED
    _drop_file(run)


def _drop_file(run: ImportRun) -> None:
    run.file = b""
    run.save()
    noted = [Outcome.from_text(row.content) for row in run.rows.filter(_NOTED)]
    for outcome in noted:
        outcome.cells, outcome.changes = {}, []
        outcome.notes = [note._replace(value="") for note in outcome.notes]
    _keep_rows(run, noted)
