"""How long the files of imports are kept, and what stays of them."""

from collections.abc import Iterable
from datetime import date
from itertools import islice

from django.db.models import Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from registry.imports.outcomes import Outcome
from registry.models import ImportRow, ImportRun, ImportState, PastedRows, ProvisionKey, RowKind
from registry.provisions import retention
from registry.records import versions

NOTED = Q(kind=RowKind.WRONG) | Q(is_warned=True)


def over(until: date) -> QuerySet[ImportRun]:
    """Imports that were last worked on by the day, and whose files are there still, or the rows without a file."""
    rows = ImportRun.objects.filter(updated_at__date__lte=until).exclude(file=b"", outcome="")
    return rows.annotate(since=TruncDate("updated_at"))


def sweep(until: date) -> int:
    """Drop what these files and pasted rows said; what was found, and what became of them, stays. Returns how many."""
    PastedRows.objects.filter(updated_at__date__lte=until).delete()
    rows = list(over(until))
    for run in rows:
        if run.is_open or run.is_at_work:
            give_up(run)
        else:
            drop_file(run)
    return len(rows)


def drop_old() -> None:
    """Drop the files whose time is over today."""
    if period := retention.periods().get(ProvisionKey.KEEP_IMPORT):
        sweep(period.until)


def give_up(run: ImportRun) -> None:
    run.state = ImportState.ABANDONED
    drop_file(run)


def drop_file(run: ImportRun) -> None:
    run.file, run.corrections, run.questions, run.outcome = b"", b"", [], ""
    run.save()
    noted = [Outcome.from_text(row.content) for row in run.rows.filter(NOTED)]
    for outcome in noted:
        outcome.cells, outcome.changes = {}, []
        outcome.notes = [note._replace(value="") for note in outcome.notes]
    keep_rows(run, noted)


def keep_rows(run: ImportRun, kept: Iterable[Outcome]) -> None:
    """Store what becomes of the rows, in the place of what was stored before."""
    run.rows.all().delete()
    left = iter(kept)
    while batch := [*islice(left, versions.BATCH)]:
        run.rows.bulk_create(
            ImportRow(run=run, number=each.number, kind=each.kind, is_warned=each.is_warned, content=each.to_text())
            for each in batch
        )


retention.declare(
    retention.Rule(
        ProvisionKey.KEEP_IMPORT,
        _("Files of imports with their rows, and pasted rows; what became of them stays"),
        _("the day they were last worked on"),
        _("deleted by itself"),
        over,
        sweep=sweep,
    )
)
