"""The keys that the database was written with: a wrong or lost one is named before anything is written with it."""

from collections.abc import Iterator

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jygroups.lib import key_use, keys
from jygroups.lib.encryption import Unreadable
from registry.models import KnownKey, Member

DATA = "DATA_KEYS "  # before the id of a key
INDEX, SEAL = "INDEX_KEY", "SEAL_KEY"  # alone the one in use; before a fingerprint another one that is needed


def given() -> dict[str, str]:
    """The environment's keys by name, those in use or to be used."""
    return {
        INDEX: settings.INDEX_KEY,
        SEAL: settings.SEAL_KEY,
        **{f"{DATA}{key_id}": key for key_id, key in settings.DATA_KEYS.items()},
    }


def fingerprints(name: str) -> list[str]:
    """Those of all given keys that may stand for a known one of this name; the first is to be used."""
    kind, _space, rest = name.partition(" ")
    if kind == INDEX:
        return [keys.fingerprint(key) for key in (settings.INDEX_KEY, *settings.OLD_INDEX_KEYS)]
    if kind == SEAL:
        return [keys.fingerprint(key) for key in (settings.SEAL_KEY, *settings.OLD_SEAL_KEYS)]
    return [keys.fingerprint(settings.DATA_KEYS[rest])] if rest in settings.DATA_KEYS else []


def known(using: str = DEFAULT_DB_ALIAS) -> QuerySet[KnownKey]:
    """The keys that the database needs, also where it is not of today's version."""
    return KnownKey.objects.using(using).only("name", "fingerprint", "created_at")


def _is_set_up(using: str) -> bool:
    return KnownKey._meta.db_table in connections[using].introspection.table_names()


def problems(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """What is wrong with the given keys, and what to do; nothing of a database that is not set up yet.

    A rotation that waits is nothing wrong: see `waiting`.
    """
    if not _is_set_up(using):
        return []
    found = [text for row in known(using) if (text := _problem(row))]
    if not found and not _opens_a_number(using):
        text = _("The numbers in the database cannot be read with the given DATA_KEYS.")
        found.append(f"{text} {_what_to_do(DATA)}")
    return found


def _problem(row: KnownKey) -> str:
    """What is wrong with the given keys concerning this known one; empty for nothing."""
    here = fingerprints(row.name)
    words = {"name": row.name, "known": row.fingerprint, "day": f"{row.created_at:%Y-%m-%d}"}
    kind, _space, is_other = row.name.partition(" ")
    if row.fingerprint in here:
        if kind != SEAL or not is_other or here[0] != row.fingerprint:
            return ""
        text = _("SEAL_KEY begins with a retired key (fingerprint %(known)s): put the key in use first.")
        return text % words
    if kind == SEAL and is_other:
        text = _(
            "The retired SEAL_KEY with the fingerprint %(known)s is missing: what was sealed with it cannot be "
            "verified. Put it back after the key in use: SEAL_KEY=new,old."
        )
        return text % words
    if kind == INDEX and is_other:
        text = _(
            "A rotation to the INDEX_KEY with the fingerprint %(known)s is not finished. Give this key too, before the "
            "others, and call «manage.py rotate_keys»."
        )
        return text % words
    if here:
        words["other"] = here[0]
        text = _("The key %(name)s is another one: its fingerprint is %(other)s, the database's is %(known)s.")
    else:
        text = _("The key %(name)s (fingerprint %(known)s, in use since %(day)s) is missing from the environment.")
    return f"{text % words} {_what_to_do(row.name)}"


def _what_to_do(name: str) -> str:
    if name.startswith(DATA):
        return _("Put it back from the copy kept apart from the backups; a new key goes before it, not in its place.")
    return _(
        "Put it back from the copy kept apart from the backups; a new key goes before it, not in its place: "
        "%(name)s=new,old."
    ) % {"name": name}


def _opens_a_number(using: str) -> bool:
    """Whether the first member's ID number can be read; so where there is no member."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT id_number FROM {Member._meta.db_table} ORDER BY id LIMIT 1")  # noqa: S608
        row = cursor.fetchone()
    try:
        return not row or bool(Member._meta.get_field("id_number").decrypted(row[0]))
    except Unreadable:
        return False


def to_rotate(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """Of INDEX_KEY and SEAL_KEY those whose first key is not the one in use, with the fingerprint of that."""
    rows = list(known(using)) if _is_set_up(using) else []
    here = {name: fingerprints(name)[0] for name in (INDEX, SEAL)}
    in_use = {row.name: row.fingerprint for row in rows if row.name in here}
    begun = {INDEX for row in rows if row.name.startswith(f"{INDEX} ")}
    return {name: used for name, used in in_use.items() if name in begun or used != here[name]}


def waiting(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The rotations to carry out or to finish before the site starts, and how."""
    text = _(
        "%(name)s begins with another key (fingerprint %(first)s) than the one in use (%(used)s), or a rotation is not "
        "finished. Stop the site and call «manage.py rotate_keys»; if no new key was meant, put the one in use first."
    )
    return [
        text % {"name": name, "first": fingerprints(name)[0], "used": used} for name, used in to_rotate(using).items()
    ]


def note(using: str = DEFAULT_DB_ALIAS) -> None:
    """Remember the given keys with which something is written from now on, if the others are right."""
    if _is_set_up(using) and not problems(using):
        first = f"{DATA}{next(iter(settings.DATA_KEYS))}"
        for name, key in ((name, given()[name]) for name in (INDEX, SEAL, first)):
            known(using).get_or_create(name=name, defaults={"fingerprint": keys.fingerprint(key)})


def note_after_migrate(sender, using, **kwargs) -> None:
    """For the signal post_migrate."""
    note(using)


def refuse_wrong_keys() -> None:
    """For the start of the site and of its commands. Raises WrongKeys, DatabaseError."""
    if found := problems() or waiting():
        raise key_use.WrongKeys("\n".join(found))


def needed() -> Iterator[tuple[str, str]]:
    """Name and fingerprint of each key without which a copy of the database cannot be used."""
    yield from known().values_list("name", "fingerprint")
