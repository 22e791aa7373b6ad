"""A chain of entries: each holds the digest of the one before, and a keyed digest of its own content.

An entry's salt is a keyed digest (SEAL_KEY) of its content and of its place, its commitment a plain digest of salt and
content, and its digest a plain digest of the entry before and the commitment. Without the key nobody makes an entry
that fits. With a salt anybody can check its entry, and without it only the place: an entry need not be shown.
"""

import hashlib
import ipaddress
import json
from datetime import UTC, datetime

from jygroups.lib.digests import keyed

SCHEME = 2  # 1: a plain digest of the content and the digest before, made until there were salts


def canonical(content: object) -> bytes:
    """The one form of JSON data in bytes, which any program can make again."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sha256(content: object) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def moment(at: datetime) -> str:
    """The time in UTC with microseconds, always in one form: 2026-11-30T06:00:00.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def address(text: str | None) -> str | None:
    """The address in one form, of IPv4 in IPv6 as IPv4; None for none or for what is no address."""
    try:
        found = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def salt(content: object, previous: str, key: str = "") -> str:
    """The salt by SEAL_KEY, or by a former one where it is named."""
    return keyed(["entry", previous, canonical(content).decode()], key)


def commitment(content: object, salt: str) -> str:
    return sha256([salt, content])


def linked(previous: str, commitment: str) -> str:
    """The digest of an entry with this commitment after the entry with the digest `previous`."""
    return sha256([previous, commitment])


def appended(entries, **says) -> None:
    """Add an entry in a migration, where there is no application: `says` is its content without address.

    `entries` is the queryset of the model as of the migration.
    """
    last = entries.order_by("-id").first()
    previous = last.digest if last else ""
    content = {**says, "at": moment(says["at"]), "address": None}
    digest = linked(previous, commitment(content, salt(content, previous)))
    user = says.pop("user")
    entries.create(**says, user_id=user, previous=previous, digest=digest, scheme=SCHEME)
