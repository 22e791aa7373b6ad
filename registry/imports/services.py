"""Imports by page: a file is checked, shown row by row, confirmed and loaded, by the same code as by command.

A small file is worked on while its user waits. A larger one gets a process of its own, `manage.py run_import`: that
needs no service beside the site, so a trial and a real installation do the same. How far it has come stands in the
cache, since nobody sees what a transaction writes before it ends; no word from it for a while means that it is dead.
Loading is one transaction that begins by locking the import: a killed process leaves nothing, and of two one writes.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from jygroups.lib import client, id_numbers, progress
from jygroups.lib.digests import blind_indexes
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.file_tables import LEAVE, ROWS, FileTable, Shape, Unclear
from registry.imports import column_choices, results, same_person_questions, templates
from registry.imports import groups as group_files
from registry.imports import roster_files as rosters
from registry.imports.base import Loaded
from registry.imports.privacy import drop_old, give_up
from registry.imports.roster import RosterResource
from registry.models import Act, Community, ImportKind, ImportRun, ImportState, RowKind, User
from registry.models.imports import LONGEST_NAME, SILENT
from registry.records import audit

SMALL = 500  # rows that are worked on at once
SMALL_FILE = 50_000  # bytes that have no more rows
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """What there is to an import's kind: who may load it, how its table is known, and how it is loaded."""

    permission: str
    shape: Shape
    load: Callable[..., Loaded]
    template: Callable[[Iterable[Community]], bytes]
    columns: list[str]  # that name a row on the page
    asked: tuple[str, ...] = ()  # columns of days that are asked about


KINDS: dict[str, Kind] = {
    ImportKind.ROSTER: Kind(
        "registry.import_appointment",
        rosters.SHAPE,
        rosters.load_roster,
        templates.roster,
        ["姓名", "身份证号", "社区", "居民小组", "职务", "任职日期"],
        RosterResource.ASKED,
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
    instead: ImportRun | None = None,
) -> ImportRun:
    """Take a file in and check it; `instead` of one that had problems. Raises Unreadable, and then keeps nothing."""
    communities = list(Community.objects.visible_to(actor, KINDS[kind].permission))
    if not communities:
        raise PermissionDenied
    memory = column_choices.remembered(kind, actor)
    table, chosen, unclear = column_choices.first_read(content, KINDS[kind].shape, memory)
    with transaction.atomic():
        run = ImportRun.objects.create(
            kind=kind,
            name=id_numbers.masked_within(name)[-LONGEST_NAME:],
            file=content,
            digest=blind_indexes(content.hex())[0],
            language=translation.get_language(),
            address=client.address(),
            uploaded_by=actor,
            chosen=chosen,
        )
        run.communities.set(communities)
        if instead and instead.is_open:
            give_up(instead)
        drop_old()
        if unclear:
            column_choices.show_unclear(run, unclear)
    if table:
        _start(run, len(table.rows), table)
    sandbox.forget()
    return run


def _digests_of(run: ImportRun) -> list[str]:
    """What the run's file may be stored as by imports of it; once it is deleted, only what this run has."""
    return blind_indexes(run.file.hex()) if settings.OLD_INDEX_KEYS and run.file else [run.digest]


@contextmanager
def checked_again(run: ImportRun) -> Iterator[ImportRun]:
    """Check the file again with what the block changes on the locked import. Raises Refused."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not run.takes_choices or not run.file:
            words = {"state": run.get_state_display()}
            raise Refused(_("Its columns and answers can no longer be chosen: it is %(state)s.") % words)
        yield run
        run.state = ImportState.UPLOADED
        run.save()
        run.rows.exclude(number__in=column_choices.aside(run.chosen)).delete()
    _start(run, SMALL + 1 if len(run.file) > SMALL_FILE else 0)


def choose(run: ImportRun, chosen: dict[str, Any]) -> None:
    """Check the file again with what was chosen, as for FileTable.read; empty to clear a choice. Raises Refused."""
    with checked_again(run) as run:
        column_choices.choose(run, chosen)


def set_aside(run: ImportRun) -> None:
    """Check the file again without the rows that have problems, which stay refused. Raises Refused."""
    with checked_again(run) as run:
        wrong = run.rows.filter(kind=RowKind.WRONG).values_list("number", flat=True)
        decided = f"{LEAVE} {column_choices.ASIDE}"
        column_choices.choose(run, {ROWS: {str(number): decided for number in wrong}})


def loaded_before(run: ImportRun, user: User) -> ImportRun | None:
    """An import of the same file that was loaded and not undone."""
    found = ImportRun.objects.visible_to(user).filter(digest__in=_digests_of(run), state=ImportState.LOADED)
    return found.exclude(pk=run.pk).select_related("confirmed_by").first()


def answer(run: ImportRun, answers: same_person_questions.Answers) -> None:
    """Check the file again with these answers to its questions, by key. Raises Refused."""
    with checked_again(run) as run:
        run.questions = [
            asdict(replace(each, answer=answer, why=why))
            for each in same_person_questions.of_run(run)
            for answer, why in [answers.get(each.key, (each.answer, each.why))]
        ]


def _answers(run: ImportRun) -> dict:
    """The answers, as the loading of a roster takes them."""
    given = {each.key: (each.answer, each.why) for each in same_person_questions.of_run(run) if each.answer}
    return {"answers": given} if given else {}


def confirm(run: ImportRun, *, actor: User, again: bool = False) -> None:
    """Load what the import's page shows; with `again` also a file that is loaded already. Raises Refused."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state != ImportState.CHECKED:
            raise Refused(_("It is no longer to be confirmed: it is %(state)s.") % {"state": run.get_state_display()})
        same_person_questions.refuse_without_reason(run)
        if not again and loaded_before(run, actor):
            raise Refused(_("The same file is loaded already. Choose to load it again, or discard it."))
        run.state, run.confirmed_by, run.address, run.moved = ImportState.CONFIRMED, actor, client.address(), False
        run.save()
    _start(run, run.rows.count())


@transaction.atomic
def abandon(run: ImportRun, *, actor: User) -> None:
    """Give it up, and drop the content of its file; put in the audit log. Raises Refused."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if not run.is_open and not run.is_dead:
        raise Refused(_("It cannot be given up: it is %(state)s.") % {"state": run.get_state_display()})
    audit.record(Act.ABANDON, run.name, user=actor, what=run.kind)
    give_up(run)


def restart(run: ImportRun) -> None:
    """Begin again what has broken off. Raises Refused."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state == ImportState.FAILED:
            run.state = ImportState.UPLOADED
        elif not run.is_dead:
            raise Refused(_("It need not be started again: it is %(state)s.") % {"state": run.get_state_display()})
        run.save()  # its time of change with it: it is alive again
    _start(run, SMALL + 1)


# At work ------------------------------------------------------------------------------------------------------


def _start(run: ImportRun, rows: int, table: FileTable | None = None) -> None:
    if rows <= SMALL:
        carry_out(run, table)
    else:
        transaction.on_commit(partial(_in_own_process, run.pk))


def _in_own_process(key: int) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_import", str(key)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=child.wait, daemon=True).start()  # so that none is left behind as a zombie


def carry_out(run: ImportRun, table: FileTable | None = None) -> None:
    """Check the file, or load what has been confirmed; what comes of it stands on the import."""
    began, state = time.time(), run.state

    def report_progress(done: int, total: int | None) -> None:
        cache.set(run.progress_key, (done, total, began), SILENT.seconds)

    report_progress(0, None)
    with (
        client.acting_from(run.address),
        translation.override(run.language),
        progress.shown_by(report_progress),
    ):
        try:
            table = table or table_of(run)
            if run.state == ImportState.CONFIRMED:
                _load(run, table)
            else:
                _check(run, table)
        except Unclear as error:
            _end_early(run, state, error)
        except Exception:
            logger.exception("import %s broke off", run.pk)
            _end_early(run, state)
        finally:
            cache.delete(run.progress_key)


@transaction.atomic
def _end_early(run: ImportRun, state: str, unclear: Unclear | None = None) -> None:
    """Show what has to be chosen, or that the work broke off; nothing of an import that was given up since."""
    if not _locked(run, state):
        return
    if unclear:
        column_choices.show_unclear(run, unclear)
    else:
        run.state = ImportState.FAILED
        run.save(update_fields=["state", "updated_at"])


def table_of(run: ImportRun) -> FileTable:
    table = FileTable.read(bytes(run.file), shape=KINDS[run.kind].shape, chosen=run.chosen)
    return table.with_corrections(run.corrected)


def _check(run: ImportRun, table: FileTable) -> None:
    loaded = KINDS[run.kind].load(
        table, name=run.name, communities=run.communities.all(), dry_run=True, **_answers(run)
    )
    with transaction.atomic():
        if _locked(run, ImportState.UPLOADED):
            results.show(run, loaded, table, KINDS[run.kind].asked)


@transaction.atomic
def _load(run: ImportRun, table: FileTable) -> None:
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
        **_answers(run),
    )
    if loaded.moved or loaded.problems:
        run.moved = True
    else:
        results.write_down(run, loaded)
    results.show(run, loaded, table, KINDS[run.kind].asked)


def _locked(run: ImportRun, state: str) -> bool:
    """Hold the import to the end of the transaction; false where another process has carried it on."""
    return ImportRun.objects.select_for_update().get(pk=run.pk).state == state


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


def how_far(run: ImportRun) -> Progress | None:
    """How far the work on it has come; None where nobody is at it."""
    if (stored := cache.get(run.progress_key)) is None:
        return None
    done, total, began = stored
    return Progress(done, total, time.time() - began)
