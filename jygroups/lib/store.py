"""Files at rest: each content once, encrypted, in a folder of its own that no web server serves.

A content goes by its keyed digest, so that a file's name says nothing of what is in it.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Collection
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from jygroups.lib.encryption import Unreadable, decrypt_file, encrypt_file

UNCLAIMED = 24 * 60 * 60  # seconds for which a file may lie before a row has to know of it


class Missing(Exception):
    """A file that a row knows of, and that is not in the folder."""


def digest_of(content: bytes) -> str:
    """What a content goes by: 64 hexadecimal digits."""
    return hmac.new(settings.INDEX_KEY.encode(), content, hashlib.sha256).hexdigest()


def put(content: bytes) -> str:
    """Keep a content; its digest. Whole or not at all, whenever the power fails."""
    digest = digest_of(content)
    path = _path(digest)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written again even when it is there: it is young again, and what may have been damaged is whole.
    draft = path.with_name(f".{digest}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(encrypt_file(content))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return digest


def get(digest: str) -> bytes:
    """The content. Raises Missing, and encryption.Unreadable for what is damaged or of another key."""
    try:
        content = decrypt_file(_path(digest).read_bytes())
    except FileNotFoundError as error:
        raise Missing(digest) from error
    if not hmac.compare_digest(digest_of(content), digest):
        raise Unreadable(_("A stored file cannot be verified."))
    return content


def drop(digest: str) -> None:
    """Take a content away, if it is there."""
    _path(digest).unlink(missing_ok=True)


def sweep(known: Collection[str], *, older_than: float = UNCLAIMED) -> int:
    """Delete files without a row after the given age in seconds; return how many were deleted."""
    last, gone = time.time() - older_than, 0
    for path in settings.FILES_DIR.glob("*/*"):
        if path.name not in known and path.stat().st_mtime <= last:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _path(digest: str) -> Path:
    return settings.FILES_DIR / digest[:2] / digest
