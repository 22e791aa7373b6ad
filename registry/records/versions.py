"""Writing rows so that each leaves a version with who, when and why: one by one, or many at once."""

from collections.abc import Collection, Iterable, Sequence
from itertools import product
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Max, Model
from django.db.models.deletion import Collector
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from jygroups.lib import clock
from jygroups.lib.id_numbers import masked_within
from registry.models import Act, Record, User
from registry.records import audit

BATCH = 1_000
LONGEST_REASON = 100


def save(row: Record | User, *, actor: User | None, reason: str = "") -> None:
    """Check and save one row. Raises ValidationError for what the models refuse."""
    row.full_clean()
    row._history_user = actor
    row._change_reason = reason[:LONGEST_REASON]
    row.save()


def remove(row: Record, *, actor: User | None, reason: str, parts: Iterable[Record] = ()) -> None:
    """Delete a row that should not have been made; its versions stay, and a last one shows who deleted it.

    Its `parts` are deleted before it, with the same entry in the audit log. An entry is never erased: it has the row's
    key and not what the row says.
    """
    rows = [*parts, row]
    counted: dict[str, Any] = {"rows": len(rows)} if len(rows) > 1 else {}
    audit.record(Act.DELETE, named(row), user=actor, reason=masked_within(str(reason)), **counted)
    for each in rows:
        each._history_user = actor
        each._change_reason = reason[:LONGEST_REASON]
        each.delete()


def named(row: Model) -> str:
    """The row in the audit log: its kind and key."""
    return f"{row._meta.verbose_name} {row.pk}"


def create(rows: Sequence[Record], *, actor: User | None, reason: str) -> None:
    if rows:
        model = type(rows[0])
        reason = reason[:LONGEST_REASON]
        bulk_create_with_history(rows, model, BATCH, default_user=actor, default_change_reason=reason)


def update(rows: Sequence[Record], *, fields: Iterable[str], actor: User | None, reason: str) -> None:
    now = clock.now()
    for row in rows:
        row.version += 1
        row.updated_at = now
    if rows:
        fields = [*fields, "version", "updated_at"]
        reason = reason[:LONGEST_REASON]
        bulk_update_with_history(rows, type(rows[0]), fields, BATCH, default_user=actor, default_change_reason=reason)


def delete(rows: Sequence[Record], *, actor: User | None, reason: str) -> None:
    """Delete many rows of one model, as `remove` does one. Raises ProtectedError for what others refer to."""
    for row in rows:
        row._history_user = actor
        row._change_reason = reason[:LONGEST_REASON]
    if rows:
        kind, reason = str(rows[0]._meta.verbose_name_plural), masked_within(str(reason))
        audit.record(Act.DELETE, kind, user=actor, rows=len(rows), reason=reason)
    collector = Collector(DEFAULT_DB_ALIAS)
    collector.collect(rows)
    collector.delete()


def blank(
    model: type[Record], keys: Collection[int], *, rule: str, actor: User | None, reason: str, **also: Any
) -> int:
    """Blank what the model declares for the rule of retention, in all versions of these keys and in the rows.

    The rows get a last version with the reason, and the values of `also`. Returns how many versions were blanked. The
    database refuses it for what no erasure names that two users have agreed to.
    """
    count = 0
    for each in model.blanked:
        if each.rule == rule:
            within = {f"{each.key}__in": keys}
            count += model.history.filter(**within).update(**each.values, history_change_reason="")
            rows = list(model._base_manager.filter(**within))
            values = {**each.values, **also}
            for row, (name, value) in product(rows, values.items()):
                setattr(row, name, value)
            update(rows, fields=values, actor=actor, reason=reason)
    return count


def newest(model: type[Record], keys: Sequence[int]) -> dict[int, int]:
    """By the key of a row, the key of its newest version."""
    found: dict[int, int] = {}
    for place in range(0, len(keys), BATCH):
        of_batch = model.history.filter(id__in=keys[place : place + BATCH]).order_by()
        found |= dict(of_batch.values_list("id").annotate(Max("history_id")))
    return found
