"""Writing many rows at once, each with its version, as saving them one by one would leave."""

from collections.abc import Iterable, Sequence

from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from registry.models import Record, User

BATCH = 1_000
UPDATES = 100  # a row of an update is searched among all of its batch, so a small one is faster
LONGEST_REASON = 100


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
