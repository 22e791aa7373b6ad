"""The keys that the database was written with: a wrong or lost one is named before anything is written with it."""

from collections import Counter
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.utils.translation import gettext as _

from jygroups.lib import encryption, keys, store
from jygroups.lib.binding import EncryptedTable
from jygroups.lib.encryption import Unreadable
from registry.models import KnownKey, Member

DATA = "DATA_KEYS "  # before the id of a key


def given() -> dict[str, str]:
    """The environment's keys by name."""
    return {
        "INDEX_KEY": settings.INDEX_KEY,
        "SEAL_KEY": settings.SEAL_KEY,
        **{f"{DATA}{key_id}": key for key_id, key in settings.DATA_KEYS.items()},
    }


def problems(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """What is wrong with the given keys, and what to do; nothing of a database that is not set up yet."""
    if KnownKey._meta.db_table not in connections[using].introspection.table_names():
        return []
    here, found = given(), []
    for known in KnownKey.objects.using(using):
        words = {"name": known.name, "known": known.fingerprint, "day": f"{known.created_at:%Y-%m-%d}"}
        if known.name not in here:
            text = _("The key %(name)s (fingerprint %(known)s, in use since %(day)s) is missing from the environment.")
            found.append(f"{text % words} {_what_to_do(known.name)}")
        elif (other := keys.fingerprint(here[known.name])) != known.fingerprint:
            text = _("The key %(name)s is another one: its fingerprint is %(other)s, the database's is %(known)s.")
            found.append(f"{text % (words | {'other': other})} {_what_to_do(known.name)}")
    if not found and not _opens_a_number(using):
        text = _("The numbers in the database cannot be read with the given DATA_KEYS.")
        found.append(f"{text} {_what_to_do(DATA)}")
    return found


def _what_to_do(name: str) -> str:
    if name.startswith(DATA):
        return _("Put it back from the copy kept apart from the backups; a new key goes before it, not in its place.")
    return _("Put it back from the copy kept apart from the backups.")


def _opens_a_number(using: str) -> bool:
    """Whether the first member's ID number can be read; so where there is no member."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT id_number FROM {Member._meta.db_table} ORDER BY id LIMIT 1")  # noqa: S608
        row = cursor.fetchone()
    try:
        return not row or bool(Member._meta.get_field("id_number").decrypted(row[0]))
    except Unreadable:
        return False


def note(using: str = DEFAULT_DB_ALIAS) -> None:
    """Remember the given keys that are new, if the others are right."""
    if KnownKey._meta.db_table in connections[using].introspection.table_names() and not problems(using):
        for name, key in given().items():
            KnownKey.objects.using(using).get_or_create(name=name, defaults={"fingerprint": keys.fingerprint(key)})


def note_after_migrate(sender, using, **kwargs) -> None:
    """For the signal post_migrate."""
    note(using)


def refuse_wrong_keys() -> None:
    """For the start of the site. Raises ImproperlyConfigured; says nothing where the database is away."""
    try:
        found = problems()
    except DatabaseError:
        return
    if found:
        raise ImproperlyConfigured("\n".join(found))


def rotate() -> Iterator[tuple[str, int, int]]:
    """Encrypt whatever is under an older key with the first of DATA_KEYS: rows, their histories, closed lines, files.

    For each table, and for the folder of files, its name, how many there are and how many were encrypted again. Each
    batch is a transaction: interrupted anywhere, the next call goes on from there. A row that changes meanwhile stays
    as it was written, under the first key. Raises Unreadable.
    """
    note()
    for model in apps.get_models():
        rows = EncryptedTable(model, DEFAULT_DB_ALIAS)
        if rows.fields:
            seen = Counter(again for batch in rows.batches("1 = 1") for again in _encrypted_again(rows, batch))
            yield model._meta.db_table, seen.total(), seen[True]
    seen = Counter(store.encrypt_again())
    yield str(settings.FILES_DIR), seen.total(), seen[True]
    first = next(iter(settings.DATA_KEYS))
    KnownKey.objects.filter(name__startswith=DATA).exclude(name=f"{DATA}{first}").delete()


def _encrypted_again(rows: EncryptedTable, batch: list[tuple]) -> list[bool]:
    """For each row, whether it was under an older key."""
    columns = [str(field.column) for field in rows.fields]
    old = [
        not all(encryption.is_current(value, column) for value, column in zip(row[3:], columns, strict=True) if value)
        for row in batch
    ]
    rows.replace([row for row, is_old in zip(batch, old, strict=True) if is_old])
    return old
