"""Writing rows so that each leaves a version with who, when and why: one by one, or many at once."""

from collections.abc import Iterable, Sequence

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Max
from django.db.models.deletion import Collector
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from registry.models import Record, User

BATCH = 1_000
UPDATES = 100  # a row of an update is searched among all of its batch, so a small one is faster
LONGEST_REASON = 100


def save(row: Record | User, *, actor: User | None, reason: str = "") -> None:
    """Check and save one row. Raises ValidationError for what the models refuse."""
    row.full_clean()
    row._history_user = actor
    row._change_reason = reason[:LONGEST_REASON]
    row.save()


def remove(row: Record, *, actor: User | None, reason: str) -> None:
    """Delete a row that should not have been made; its versions stay, and a last one shows who deleted it."""
    row._history_user = actor
    row._change_reason = reason[:LONGEST_REASON]
    row.delete()


def create(rows: Sequence[Record], *, actor: User | None, reason: str) -> None:
    if rows:
        model = type(rows[0])
        reason = reason[:LONGEST_REASON]
        bulk_create_with_history(rows, model, BATCH, default_user=actor, default_change_reason=reason)


def update(rows: Sequence[Record], *, fields: Iterable[str], actor: User | None, reason: str) -> None:
    now = timezone.now()
    for row in rows:
        row.version += 1
        row.updated_at = now
    if rows:
        fields = [*fields, "version", "updated_at"]
        reason = reason[:LONGEST_REASON]
        bulk_update_with_history(rows, type(rows[0]), fields, UPDATES, default_user=actor, default_change_reason=reason)


def delete(rows: Sequence[Record], *, actor: User | None, reason: str) -> None:
    """Delete many rows of one model, as `remove` does one. Raises ProtectedError for what others refer to."""
    for row in rows:
        row._history_user = actor
        row._change_reason = reason[:LONGEST_REASON]
    collector = Collector(DEFAULT_DB_ALIAS)
    collector.collect(rows)
    collector.delete()


def newest(model: type[Record], keys: Sequence[int]) -> dict[int, int]:
    """By the key of a row, the key of its newest version."""
    found: dict[int, int] = {}
    for place in range(0, len(keys), BATCH):
        of_batch = model.history.filter(id__in=keys[place : place + BATCH]).order_by()
        found |= dict(of_batch.values_list("id").annotate(Max("history_id")))
    return found
