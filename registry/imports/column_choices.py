"""Which columns the titles of a file are that are not known: proposed, chosen on the page, remembered per area."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from jygroups.lib.file_tables import Table, Untitled
from registry.models import ImportRun, ImportState, User

LEAST_ALIKE = 0.5  # of a title and a column's word, for a proposal


def unread(table: Table) -> dict[str, list[str]]:
    """The columns that the table has no title of, and its titles that are no column's; nothing where either is none."""
    words = table.shape.words if table.shape else {}
    columns = [column for column in words if column not in table.titles]
    return {"columns": columns, "titles": table.unknown} if columns and table.unknown else {}


def remembered(kind: str, user: User) -> dict[str, str]:
    """What was chosen for the newest file of this kind that was loaded in the user's area."""
    runs = ImportRun.objects.visible_to(user).filter(kind=kind, state=ImportState.LOADED).exclude(chosen={})
    newest = runs.order_by("-pk").first()
    return dict(newest.chosen) if newest else {}


def proposals(run: ImportRun, words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """By title the column that it most resembles; each column at most once."""
    found = [
        (_likeness(title, words[column]), title, column)
        for title in run.unread.get("titles", [])
        for column in run.unread.get("columns", [])
    ]
    proposed: dict[str, str] = {}
    for likeness, title, column in sorted(found, reverse=True):
        if likeness >= LEAST_ALIKE and title not in proposed and column not in proposed.values():
            proposed[title] = column
    return proposed


def _likeness(title: str, words: Sequence[str]) -> float:
    return max(
        1.0 if word in title else difflib.SequenceMatcher(None, title, word).ratio() for word in words if len(word) > 1
    )


def show_untitled(run: ImportRun, error: Untitled) -> None:
    """Keep that the file has no header with the columns it must have, and what its titles are."""
    run.state, run.account = ImportState.REFUSED, ""
    found: list[list[Any]] = [[None, "", str(error), False]]
    run.findings, run.unread = found, {"columns": error.columns, "titles": error.titles}
    run.new = run.changed = run.unchanged = run.wrong = run.warned = 0
    run.save()
