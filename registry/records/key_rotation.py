"""The rotation of keys: to the first of DATA_KEYS, of INDEX_KEY and of SEAL_KEY.

DATA_KEYS: whatever is encrypted with an older one is encrypted again, while the site works.

INDEX_KEY: lookup digests and the names of stored files are computed again from what they stand for, in the histories
too. Until all are, a lookup would miss rows and a person could be added twice. So nothing else works with the keys
until then (lib/key_use.py), and an unfinished rotation keeps the site from starting. The other way, lookups by all
given keys, would need uniqueness across keys, which no index of the database gives. Digests of what is not stored
(recovery codes, sign-in codes, deleted files) stay; they are found as long as their key is given.

SEAL_KEY: what was sealed is evidence and stays. The new key makes an audit entry that retires the old one and covers
the log before it; the old one verifies what was made until then (seal_keys.py), so it stays given for good.
"""

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils.translation import gettext as _

from jygroups.lib import key_use, keys, store
from jygroups.lib.binding import EncryptedTable, replace_digest
from jygroups.lib.encryption import Unreadable
from jygroups.lib.refusals import Refused
from registry.models import Act, KnownKey, RecoveryCode
from registry.records import audit, known_keys, locks, seal_keys
from registry.records.known_keys import DATA, INDEX, SEAL

KEY_BYTES = 32  # of a new INDEX_KEY or SEAL_KEY, at least


def rotate() -> Iterator[tuple[str, int, int]]:
    """Bring the database and the files to the first keys.

    For each table, and for the folder of files, its name, how many there are and how many were written again. Each
    batch is a transaction: interrupted anywhere, the next call goes on from there. A row that is changed concurrently
    stays as it was written, under the first key. All that cannot be read is named before anything is written. Raises
    Refused, Unreadable, and InUse where another process works with the keys.
    """
    if found := known_keys.problems():
        raise Refused(*found)
    with key_use.alone() if known_keys.to_rotate() else nullcontext():
        due = known_keys.to_rotate()  # as it is now that nobody else rotates
        _refuse_weak(due)
        _refuse_unreadable()
        known_keys.note()
        if SEAL in due:
            _retire(due[SEAL])
        if INDEX in due:
            first = keys.fingerprint(settings.INDEX_KEY)
            KnownKey.objects.get_or_create(name=f"{INDEX} {first}", defaults={"fingerprint": first})
        yield from _renewed()
        _end(due)


def _refuse_weak(due: dict[str, str]) -> None:
    """Raises Refused for a new key that is none, such as one that was cut off."""
    given = {name: getattr(settings, name).removeprefix(keys.SM3) for name in due}
    key_id, key = next(iter(settings.DATA_KEYS.items()))
    for name, text in {**given, f"{DATA}{key_id}": key.removeprefix(keys.SM4)}.items():
        sizes = (16,) if key.startswith(keys.SM4) else (16, 24, 32)
        try:
            size = len(base64.b64decode(text, validate=True))
        except ValueError:
            size = 0
        if size not in sizes if name.startswith(DATA) else size < KEY_BYTES:
            words = _("The first %(name)s is no key: make one with «python -m jygroups.lib.keys», and copy it whole.")
            raise Refused(words % {"name": name})


@transaction.atomic
def _retire(before: str) -> None:
    """From now on the first SEAL_KEY seals; the one of this fingerprint verifies what was made before."""
    locks.hold(locks.AUDIT_CHAIN)
    parts = {name: value for part in seal_keys.PARTS for name, value in part().items()}
    entry = audit.record(
        Act.KEYS, keys.fingerprint(settings.SEAL_KEY), what=seal_keys.NAME, before=before, **parts
    )  # fmt: skip
    KnownKey.objects.filter(name=SEAL).update(name=f"{SEAL} {before}", entry=entry)
    KnownKey.objects.create(name=SEAL, fingerprint=keys.fingerprint(settings.SEAL_KEY))


def _tables() -> Iterator[EncryptedTable]:
    for model in apps.get_models():
        rows = EncryptedTable(model, DEFAULT_DB_ALIAS, indexes=True)
        if rows.fields:
            yield rows


def _refuse_unreadable() -> None:
    """Raises Unreadable, which names each row and file that is to be written again and cannot be read."""
    found = [text for rows in _tables() for batch in rows.batches("1 = 1") for text in _unreadable(rows, batch)]
    if found := [*found, *store.unreadable()]:
        raise Unreadable("\n".join(found))


def _unreadable(rows: EncryptedTable, batch: list[tuple]) -> Iterator[str]:
    for row in batch:
        try:
            if not rows.is_current(row):
                rows.opened(row)
        except Unreadable as error:
            yield str(error)


def _renewed() -> Iterator[tuple[str, int, int]]:
    for rows in _tables():
        seen = Counter(again for batch in rows.batches("1 = 1") for again in _written_again(rows, batch))
        yield rows.model._meta.db_table, seen.total(), seen[True]
    seen = Counter(store.renew(_rename))
    yield str(settings.FILES_DIR), seen.total(), seen[True]


def _written_again(rows: EncryptedTable, batch: list[tuple]) -> list[bool]:
    """For each row, whether it was under an older key."""
    old = [not rows.is_current(row) for row in batch]
    try:
        rows.replace([row for row, is_old in zip(batch, old, strict=True) if is_old])
    except IntegrityError as error:
        text = _("Two rows of %(table)s have the same number: %(error)s")
        raise Refused(text % {"table": rows.model._meta.db_table, "error": error}) from error
    return old


@transaction.atomic
def _rename(before: str, after: str) -> None:
    """Each row and version that knows of the file by its old name knows of it by the new one."""
    locks.hold(locks.FILES)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, store.StoredDigestField):
                replace_digest(field, before, after)


@transaction.atomic
def _end(due: dict[str, str]) -> None:
    """All is under the first keys: the database needs the others no more, except to verify seals."""
    locks.hold(locks.AUDIT_CHAIN)
    if INDEX in due:
        first = keys.fingerprint(settings.INDEX_KEY)
        KnownKey.objects.filter(name__startswith=INDEX).delete()
        KnownKey.objects.create(name=INDEX, fingerprint=first)
        audit.record(Act.KEYS, first, what=INDEX, before=due[INDEX])
    first = next(iter(settings.DATA_KEYS))
    gone = known_keys.known().filter(name__startswith=DATA).exclude(name=f"{DATA}{first}")
    if others := [row.name.removeprefix(DATA) for row in gone]:
        KnownKey.objects.filter(pk__in=[row.pk for row in gone]).delete()
        audit.record(Act.KEYS, first, what="DATA_KEYS", before=", ".join(others))


def dependent_codes() -> int:
    """How many recovery codes may work only while an older INDEX_KEY is given: those that are unused."""
    return RecoveryCode.objects.filter(used_at=None).count() if settings.OLD_INDEX_KEYS else 0
