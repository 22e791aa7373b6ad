"""Files at rest: each content once, encrypted, in a folder of its own that no web server serves.

A content goes by its keyed digest, so that a file's name shows nothing of its content.
"""

import fcntl
import hmac
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from jygroups.lib import key_use, keys
from jygroups.lib.encryption import Unreadable, decrypt_file, encrypt_file, is_current_file, key_id_of

HEAD_BYTES = 200  # of a kept file, with the id of its key
UNCLAIMED = 24 * 60 * 60  # seconds for which a file may lie before a row has to know of it


class Missing(Exception):
    """A file that a row knows of, and that is not in the folder."""


class StoredDigestField(models.CharField):
    """What a content in the store goes by; written again with another INDEX_KEY while the content is there."""

    is_renewed = True


def digest_of(content: bytes) -> str:
    """What a content goes by: 64 hexadecimal digits."""
    key_use.begin()
    return keys.digest(settings.INDEX_KEY, content)


def put(content: bytes) -> str:
    """Keep a content; its digest. Whole or not at all, whenever the power fails."""
    digest = digest_of(content)
    put_stored(digest, encrypt_file(content))
    return digest


def put_stored(digest: str, stored: bytes) -> None:
    """Keep a content that is encrypted already, as of `get_stored`."""
    path = _path(digest)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written again even when it is there: it is young again, and what may have been damaged is whole.
    draft = path.with_name(f".{digest}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def get(digest: str) -> bytes:
    """The content. Raises Missing, and encryption.Unreadable for what is damaged or of another key."""
    return _opened(digest, _read(digest))


def get_stored(digest: str) -> bytes:
    """The content as it lies in the folder, encrypted, once it is known to be whole. Raises the same."""
    stored = _read(digest)
    _opened(digest, stored)
    return stored


def _read(digest: str) -> bytes:
    try:
        return _path(digest).read_bytes()
    except FileNotFoundError as error:
        raise Missing(digest) from error


def _opened(digest: str, stored: bytes) -> bytes:
    content = decrypt_file(stored)
    given = (settings.INDEX_KEY, *settings.OLD_INDEX_KEYS)
    if not any(hmac.compare_digest(keys.digest(key, content), digest) for key in given):
        raise Unreadable(_("A stored file cannot be verified."))
    return content


def renew(renamed: Callable[[str, str], None]) -> Iterator[bool]:
    """Encrypt each kept file with today's first key and name it by today's INDEX_KEY; for each, whether it was needed.

    `renamed` makes the rows know of the new name: before it is called the content is there by both names, after it the
    old one goes, so that an interruption leaves each row with its content. Raises Unreadable, with the file's name.
    """
    for path in _contents():
        try:
            is_current = _is_current(path)
            if is_current and not settings.OLD_INDEX_KEYS:
                yield False
                continue
            content = _content(path.name)
            is_named = digest_of(content) == path.name
            if not (is_current and is_named):
                digest = put(content)
                if not is_named:
                    renamed(path.name, digest)
                    path.unlink()
        except (FileNotFoundError, Missing):
            continue  # deleted meanwhile
        yield not (is_current and is_named)


def unreadable() -> Iterator[str]:
    """What `renew` would open and cannot: each file's name and why."""
    for path in _contents():
        with suppress(FileNotFoundError, Missing):
            try:
                if settings.OLD_INDEX_KEYS or not _is_current(path):
                    _content(path.name)
            except Unreadable as error:
                yield str(error)


def of_other_keys() -> Iterator[str]:
    """The name and the key of each kept file that is not encrypted with today's first key."""
    for path in _contents():
        with suppress(FileNotFoundError):
            if not is_current_file(head := _head(path)):
                yield f"{settings.FILES_DIR.name} {path.name} ({key_id_of(head)})"


def _is_current(path: Path) -> bool:
    return is_current_file(_head(path))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _contents() -> list[Path]:
    return sorted(path for path in settings.FILES_DIR.glob("??/*") if not path.name.startswith("."))


def _content(digest: str) -> bytes:
    try:
        return get(digest)
    except Unreadable as error:
        raise Unreadable(f"{digest}: {error}") from error


def drop(digest: str) -> None:
    """Delete a content, if it is there; while nothing is to be deleted it stays for the next sweep."""
    with _locked(fcntl.LOCK_SH | fcntl.LOCK_NB) as may_delete:
        if may_delete:
            _path(digest).unlink(missing_ok=True)


def sweep(known: Collection[str], *, older_than: float = UNCLAIMED) -> int:
    """Delete files without a row after the given age in seconds; return how many were deleted."""
    last, gone = time.time() - older_than, 0
    with _locked(fcntl.LOCK_SH | fcntl.LOCK_NB) as may_delete:
        for path in settings.FILES_DIR.glob("*/*") if may_delete else ():
            if path.name not in known and path.stat().st_mtime <= last:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


@contextmanager
def nothing_deleted() -> Iterator[None]:
    """For a backup: what a row knows of at its beginning is there to its end."""
    with _locked(fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(kind: int) -> Iterator[bool]:
    """Whether the folder's lock was got; it ends with the process, too."""
    settings.FILES_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.FILES_DIR / ".lock").open("w") as file:
        try:
            fcntl.flock(file, kind)
        except BlockingIOError:
            yield False
        else:
            yield True


def _path(digest: str) -> Path:
    return settings.FILES_DIR / digest[:2] / digest
