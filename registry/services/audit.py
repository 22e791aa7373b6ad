"""Writing the audit log."""

import hashlib
import json

from django.db import transaction
from django.utils import timezone

from registry.models import AuditEntry, User
from registry.services import locks


@transaction.atomic
def record(act: str, subject: str, *, user: User | None = None, address: str | None = None, **details) -> AuditEntry:
    """Add an entry, chained to the last one. Call it in the transaction of the act it tells of."""
    locks.hold(locks.AUDIT_CHAIN)
    last = AuditEntry.objects.order_by("-id").first()
    entry = AuditEntry(
        at=timezone.now(),
        user=user,
        address=address,
        act=act,
        subject=subject[:200],
        details=details,
        previous=last.digest if last else "",
    )
    entry.digest = digest(entry)
    entry.save(force_insert=True)
    return entry


def digest(entry: AuditEntry) -> str:
    """What the entry says and what stood before it, in one number."""
    content = [
        entry.at.isoformat(), entry.user_id, entry.address, entry.act, entry.subject, entry.details, entry.previous,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
