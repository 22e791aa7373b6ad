"""Which SEAL_KEY a digest may be of, and the digests of audit entries.

The first of SEAL_KEY makes digests. A former one only verifies what was made until it was retired: who gets hold of it
later makes nothing that counts. It is retired by an audit entry, whose digest is of a newer key and covers the whole
log before it, and which notes what of the former evidence has no date of its own (PARTS).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from jygroups.lib import chain, keys
from jygroups.lib.digests import keyed, same
from registry.models import Act, AuditEntry, KnownKey

NAME = KnownKey.Kind.SEAL
# What other packages have noted when a key is retired: each returns JSON data by name.
PARTS: list[Callable[[], dict[str, Any]]] = []


@dataclass(frozen=True)
class Retired:
    """Until when digests of a key count: for audit entries before the entry, for others until its time."""

    entry: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    noted: Mapping[str, Any] = field(default_factory=dict)


Until = Callable[[Retired], bool]  # whether something was made until then

_found: dict[tuple[str, ...], dict[str, Retired | None]] = {}


def retired() -> Mapping[str, Retired | None]:
    """By former key until when it counts: never for one that the database does not know, None for the one in use.

    Asked of the database once in a process: while it works with the keys, no other retires one.
    """
    given = (settings.SEAL_KEY, *settings.OLD_SEAL_KEYS)
    if given not in _found:
        found: dict[str, Retired | None] = {}
        in_use = KnownKey.objects.filter(kind=NAME, state=KnownKey.State.IN_USE).values_list("fingerprint", flat=True)
        former = list(settings.OLD_SEAL_KEYS)
        while former:  # in any order: by the first key those that it retired, by these those before
            limits = {key: _retired(key, found) for key in former}
            key = next(filter(limits.get, former), None)
            if key is None:
                key = next((each for each in former if keys.fingerprint(each) in in_use), former[0])
                limits[key] = None if keys.fingerprint(key) in in_use else Retired()
            found[key] = limits[key]
            former.remove(key)
        if None in found.values():  # to be retired
            return found
        _found[given] = found
    return _found[given]


def _retired(key: str, found: Mapping[str, Retired | None]) -> Retired | None:
    """By the first entry that a newer key has made, while that one counted; the table of known keys is not asked."""
    entries = AuditEntry.objects.filter(act=Act.KEYS, details__what=NAME, details__before=keys.fingerprint(key))
    for entry in entries.order_by("pk"):
        counted = [newer for newer, limit in found.items() if limit is None or entry.pk < limit.entry]
        if any(same(entry.digest, digest(entry, newer)) for newer in [settings.SEAL_KEY, *counted]):
            return Retired(entry.pk, entry.at, entry.details)
    return None


def digests(content: object, until: Until) -> Iterator[str]:
    """The digests that the content may have: of the first key, and of each former one if it was made until then."""
    yield keyed(content)
    for key, limit in retired().items():
        if limit is None or until(limit):
            yield keyed(content, key)


def fits(stored: str, content: object, until: Until) -> bool:
    """Whether a stored digest is one of them."""
    return any(same(stored, each) for each in digests(content, until))


# Audit entries ---------------------------------------------------------------------------------------------------


def content(entry: AuditEntry) -> dict[str, Any]:
    """The content of an entry, as its digest covers it."""
    return {
        "at": chain.moment(entry.at),
        "user": entry.user_id,
        "address": chain.address(entry.address),
        "act": str(entry.act),
        "subject": entry.subject,
        "details": json.loads(json.dumps(entry.details)),
    }


def digest(entry: AuditEntry, key: str = "") -> str:
    """The digest of the entry's content and of the entry before it, by the first SEAL_KEY or by this one."""
    covered = content(entry)
    return chain.linked(entry.previous, chain.commitment(covered, chain.salt(covered, entry.previous, key)))


def key_of(entry: AuditEntry) -> str:
    """The key that made the entry's digest; empty where it is of none that may have made it."""
    if same(entry.digest, digest(entry, settings.SEAL_KEY)):
        return settings.SEAL_KEY
    for key, limit in retired().items():
        if (limit is None or entry.pk < limit.entry) and same(entry.digest, digest(entry, key)):
            return key
    return ""
