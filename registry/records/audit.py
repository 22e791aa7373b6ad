"""Writing the audit log."""

import hashlib
import json

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from registry.models import AuditEntry, User
from registry.records import locks


@transaction.atomic
def record(act: str, subject: str, *, user: User | None = None, address: str | None = None, **details) -> AuditEntry:
    """Add an entry, chained to the last one. Call it in the transaction of the act."""
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


LABELS = {
    "asked": gettext_lazy("rows asked for"),
    "batch": gettext_lazy("batch"),
    "changed": gettext_lazy("changed"),
    "community": gettext_lazy("community"),
    "field": gettext_lazy("field"),
    "first_day": gettext_lazy("first day"),
    "format": gettext_lazy("format"),
    "last_day": gettext_lazy("last day"),
    "lines": gettext_lazy("lines"),
    "net": gettext_lazy("yuan"),
    "new": gettext_lazy("new"),
    "purpose": gettext_lazy("purpose"),
    "reason": gettext_lazy("reason"),
    "rows": gettext_lazy("rows"),
    "to": gettext_lazy("successor"),
    "unchanged": gettext_lazy("unchanged"),
    "what": gettext_lazy("kind"),
}
KINDS = {
    "bank answer": gettext_lazy("bank's answer"),
    "accepted": pgettext_lazy("transfer", "accepted"),
    "declined": pgettext_lazy("transfer", "declined"),
    "ended": gettext_lazy("ended"),
    "first": gettext_lazy("first password"),
    "given": gettext_lazy("given"),
    "handed on": gettext_lazy("handed on"),
    "list": gettext_lazy("list"),
    "one-time": gettext_lazy("one-time password"),
    "own": gettext_lazy("own password"),
    "payment": gettext_lazy("payment"),
    "roster": gettext_lazy("roster"),
    "sent": pgettext_lazy("transfer", "sent"),
    "unlocked": gettext_lazy("unlocked"),
    "withdrawn": gettext_lazy("withdrawn"),
}
LONGEST = 40  # of a value shown whole; a digest is known by its beginning


def in_words(details: dict) -> str:
    """An entry's details on one line: «lines 371 · yuan 152100»; of a list how many it holds."""
    return " · ".join(f"{LABELS.get(name, name)} {_value(value)}" for name, value in details.items() if value)


def _value(value) -> str:
    if isinstance(value, list | dict):
        return str(len(value))
    text = str(KINDS.get(value, value))
    return text if len(text) <= LONGEST else f"{text[:12]}…"
