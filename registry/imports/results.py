"""What came of an import, kept with it: what it wrote, and what became of each row."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils import translation

from jygroups.lib import client, clock
from jygroups.lib.encryption import blind_index
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import column_choices, outcomes
from registry.imports.accounts import Account
from registry.imports.base import Loaded
from registry.imports.findings import causes
from registry.imports.privacy import keep_rows
from registry.imports.roster import RosterResource
from registry.models import Community, ImportKind, ImportRun, ImportState, Record, RowKind, User
from registry.models.imports import LONGEST_NAME
from registry.records import versions


@transaction.atomic
def keep_pasted(
    loaded: Loaded,
    table: FileTable,
    *,
    name: str,
    account: Account,
    chosen: dict[str, Any],
    community: Community,
    actor: User,
) -> ImportRun:
    """An import of rows that were pasted and are loaded; it has no file."""
    run = ImportRun.objects.create(
        kind=ImportKind.ROSTER,
        name=name[-LONGEST_NAME:],
        digest=blind_index(json.dumps(table.rows)),
        language=translation.get_language(),
        address=client.address(),
        uploaded_by=actor,
        confirmed_by=actor,
        chosen=chosen,
    )
    run.communities.set([community])
    write_down(run, loaded)
    show(run, replace(loaded, account=account), table, RosterResource.ASKED)
    return run


def write_down(run: ImportRun, loaded: Loaded) -> None:
    """Note what it wrote."""
    run.state, run.loaded_at = ImportState.LOADED, clock.now()
    run.written = {"created": _written(loaded.rows_created), "changed": _written(loaded.rows_changed)}


def _written(rows: list[Record]) -> dict[str, dict[int, int]]:
    """For each model the version that each row has just been given."""
    by_model: dict[type[Record], list[int]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row.pk)
    return {model._meta.model_name or "": versions.newest(model, keys) for model, keys in by_model.items()}


def show(run: ImportRun, loaded: Loaded, table: FileTable, asked: Sequence[str]) -> None:
    """Keep what the file does, row by row. `asked` are the columns of days that are asked about."""
    aside = run.rows.filter(number__in=column_choices.aside(run.chosen)).values_list("content", flat=True)
    kept = [*loaded.outcomes, *map(outcomes.Outcome.from_text, aside)]
    numbers = {outcome.number for outcome in kept}
    run.new, run.changed, run.unchanged = loaded.new, loaded.changed, loaded.unchanged
    run.wrong = outcomes.count(kept, RowKind.WRONG)
    run.warned = sum(outcome.is_warned for outcome in kept)
    run.findings = [each.stored() for each in causes(f for f in loaded.findings if f.row not in numbers)]
    run.account = str(loaded.account.with_refused(len(kept) - len(loaded.outcomes)) if loaded.account else "")
    run.unread = column_choices.unread(table, asked)
    run.outcome = outcomes.digest(loaded.outcomes)
    run.questions = list(map(asdict, loaded.questions))
    if loaded.problems:
        run.state = ImportState.REFUSED
    elif run.state != ImportState.LOADED:
        run.state = ImportState.CHECKED if run.to_write else ImportState.NOTHING
    run.save()
    keep_rows(run, kept)
