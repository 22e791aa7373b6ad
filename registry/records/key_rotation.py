"""The rotation of keys: to the first of DATA_KEYS, of INDEX_KEY and of SEAL_KEY.

DATA_KEYS: whatever is encrypted with an older one is encrypted again.

INDEX_KEY: lookup digests and the names of stored files are computed again from what they stand for, in the histories
too. Until all are, a lookup would miss rows and a person could be added twice. The other way, lookups by all given
keys, would need uniqueness across keys, which no index of the database gives. Digests of what is not stored
(recovery codes, sign-in codes, deleted files) stay; they are found as long as their key is given.

SEAL_KEY: what was sealed is evidence and stays. The new key makes an audit entry that retires the old one and covers
the log before it; the old one verifies what was made until then (seal_keys.py), so it stays given for good.

During a rotation nothing else works with the keys (lib/key_use.py): a process with the old ones would go on writing
with them what is never found or read again. And an unfinished rotation keeps the site from starting.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jygroups.lib import key_use, keys, store
from jygroups.lib.binding import EncryptedTable, replace_digest
from jygroups.lib.encryption import Unreadable
from jygroups.lib.refusals import Refused
from registry.models import Act, AuditEntry, KnownKey, RecoveryCode
from registry.records import audit, known_keys, locks, seal_keys
from registry.records.known_keys import Kind, State


def rotate() -> Iterator[tuple[str, int, int]]:
    """Bring the database and the files to the first keys.

    For each table, and for the folder of files, its name, how many there are and how many were written again. Each
    batch is a transaction: interrupted anywhere, the next call goes on from there. All that cannot be read is named
    before anything is written. Raises Refused, Unreadable, and InUse where another process works with the keys.
    """
    with key_use.alone() if known_keys.due() else nullcontext():
        if found := known_keys.problems():
            raise Refused(*found)
        due = known_keys.due()  # as it is now that nobody else rotates
        for kind in due:
            _refuse_damaged(kind)
        _refuse_unreadable()
        for kind in due:
            if kind != Kind.SEAL:
                _begin(kind)
        if Kind.SEAL in due:
            _retire_seal_key(due[Kind.SEAL])
        yield from _renewed()
        for kind in due:
            if kind != Kind.SEAL:
                _put_in_use(kind, due[kind])


def _refuse_damaged(kind: str) -> None:
    """Raises Refused for a new key that cannot be one, such as one that was cut off."""
    key_id, key = known_keys.first(kind)
    is_whole = keys.is_data_key(key) if kind == Kind.DATA else keys.is_digest_key(key)
    if not is_whole:
        words = _("The first %(name)s is no key: make one with «python -m jygroups.lib.keys», and copy it whole.")
        raise Refused(words % {"name": f"{kind} {key_id}".strip()})


def _begin(kind: str) -> None:
    """From now on the database needs the first key too."""
    key_id, key = known_keys.first(kind)
    newest = AuditEntry.objects.order_by("pk").last()
    KnownKey.objects.exclude(state=State.RETIRED).get_or_create(
        kind=kind,
        fingerprint=keys.fingerprint(key),
        defaults={"key_id": key_id, "state": State.NEXT, "entry": newest},
    )


@transaction.atomic
def _put_in_use(kind: str, before: str, **details) -> None:
    """The first key is the one in use, and the others of this kind are retired; `before` was in use."""
    locks.hold(locks.AUDIT_CHAIN)
    first = known_keys.first_fingerprint(kind)
    entry = audit.record(Act.KEYS, first, what=kind, before=before, **details)
    is_former = ~Q(state=State.RETIRED) & ~Q(fingerprint=first)
    KnownKey.objects.filter(is_former, kind=kind).update(state=State.RETIRED, entry=entry)
    KnownKey.objects.filter(kind=kind, state=State.NEXT).update(state=State.IN_USE, entry=entry)


@transaction.atomic
def _retire_seal_key(before: str) -> None:
    """From now on the first SEAL_KEY seals; the one of this fingerprint verifies what was made before."""
    locks.hold(locks.AUDIT_CHAIN)
    _begin(Kind.SEAL)
    _put_in_use(Kind.SEAL, before, **{name: value for part in seal_keys.PARTS for name, value in part().items()})


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


def of_other_keys() -> Iterator[str]:
    """Each value, by table, row, column and key, and each file that is not encrypted with the first of DATA_KEYS.

    After a rotation there is none.
    """
    for rows in _tables():
        yield from rows.of_other_keys()
    yield from store.of_other_keys()


def dependent_codes() -> int:
    """How many recovery codes may work only while an older INDEX_KEY is given: those that are unused."""
    return RecoveryCode.objects.filter(used_at=None).count() if settings.OLD_INDEX_KEYS else 0
