"""The keys that the database was written with: a wrong or lost one is named before anything is written with it."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jygroups.lib import key_use, keys
from jygroups.lib.encryption import Unreadable
from registry.models import AuditEntry, KnownKey, Member

Kind, State = KnownKey.Kind, KnownKey.State
SET_UP_BY = ("registry", "0030_states_of_known_keys")  # the migration; since it no known key is missing


def first(kind: str) -> tuple[str, str]:
    """Of the given keys of this kind the one to be used: its id (of DATA_KEYS) and the key."""
    return next(iter(settings.DATA_KEYS.items())) if kind == Kind.DATA else ("", getattr(settings, kind))


def first_fingerprint(kind: str) -> str:
    return keys.fingerprint(first(kind)[1])


def given_fingerprints(kind: str, key_id: str = "") -> list[str]:
    """Those of all given keys of this kind, of DATA_KEYS with this id; the first is to be used."""
    given = {
        Kind.DATA: [settings.DATA_KEYS[key_id]] if key_id in settings.DATA_KEYS else [],
        Kind.INDEX: [settings.INDEX_KEY, *settings.OLD_INDEX_KEYS],
        Kind.SEAL: [settings.SEAL_KEY, *settings.OLD_SEAL_KEYS],
    }
    return [keys.fingerprint(key) for key in given[Kind(kind)]]


def needed(using: str = DEFAULT_DB_ALIAS) -> QuerySet[KnownKey]:
    """The keys without which the database cannot be used: a retired one only verifies seals."""
    return KnownKey.objects.using(using).filter(~Q(state=State.RETIRED) | Q(kind=Kind.SEAL))


def is_set_up(using: str = DEFAULT_DB_ALIAS) -> bool:
    return SET_UP_BY in MigrationRecorder(connections[using]).applied_migrations()


def problems(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """What is wrong with the given keys, and what to do; nothing of a database that is not of this version yet.

    A rotation that is due is nothing wrong: see `due`.
    """
    return [*_wrong(using), *_missing(using)] if is_set_up(using) else []


def _missing(using: str) -> list[str]:
    """The kind of which the database knows no key in use: with any given one nothing would be wrong."""
    in_use = KnownKey.objects.using(using).filter(state=State.IN_USE).values_list("kind", flat=True)
    gone = sorted({*Kind.values} - {*in_use})
    if not gone or not AuditEntry.objects.using(using).exists():
        return []
    text = _(
        "The database does not know its %(names)s any more, though its audit log has entries: known keys were deleted. "
        "Find out by whom, and restore the newest backup or put back the rows that it names."
    )
    return [text % {"names": ", ".join(gone)}]


def _wrong(using: str) -> list[str]:
    """What is wrong with the given keys, compared with those that the database needs."""
    found = [text for row in needed(using) if (text := _problem(row))]
    if not found and not _opens_a_number(using):
        text = _("The numbers in the database cannot be read with the given DATA_KEYS.")
        found.append(f"{text} {_what_to_do(Kind.DATA)}")
    return found


def _problem(row: KnownKey) -> str:
    """What is wrong with the given keys concerning this known one; empty for nothing."""
    given = given_fingerprints(row.kind, row.key_id)
    name = f"{row.kind} {row.key_id}".strip()
    words = {"name": name, "known": row.fingerprint, "day": f"{row.created_at:%Y-%m-%d}"}
    if row.fingerprint in given:
        if row.state == State.RETIRED and given[0] == row.fingerprint:
            return _("SEAL_KEY begins with a retired key (fingerprint %(known)s): put the key in use first.") % words
        return ""
    if row.state == State.RETIRED:
        text = _(
            "The retired SEAL_KEY with the fingerprint %(known)s is missing: what was sealed with it cannot be "
            "verified. Put it back after the key in use: SEAL_KEY=new,old."
        )
        return text % words
    if row.state == State.NEXT:
        text = _(
            "A rotation to the key %(name)s with the fingerprint %(known)s is not finished. Give this key too, before "
            "the others, and call «manage.py rotate_keys»."
        )
        return text % words
    if given:
        words["other"] = given[0]
        text = _("The key %(name)s is another one: its fingerprint is %(other)s, the database's is %(known)s.")
    else:
        text = _("The key %(name)s (fingerprint %(known)s, in use since %(day)s) is missing from the environment.")
    return f"{text % words} {_what_to_do(row.kind)}"


def _what_to_do(kind: str) -> str:
    if kind == Kind.DATA:
        return _("Put it back from the copy kept apart from the backups; a new key goes before it, not in its place.")
    return _(
        "Put it back from the copy kept apart from the backups; a new key goes before it, not in its place: "
        "%(name)s=new,old."
    ) % {"name": kind}


def _opens_a_number(using: str) -> bool:
    """Whether the first stored ID number can be read; true where none is stored: erased people have none."""
    with connections[using].cursor() as cursor:
        table = Member._meta.db_table
        cursor.execute(f"SELECT id_number FROM {table} WHERE id_number <> '' ORDER BY id LIMIT 1")  # noqa: S608
        row = cursor.fetchone()
    try:
        return not row or bool(Member._meta.get_field("id_number").decrypted(row[0]))
    except Unreadable:
        return False


def due(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """The kinds to rotate, with the fingerprint of the key in use: another one is first, or a rotation was begun."""
    rows = list(needed(using)) if is_set_up(using) else []
    in_use = {row.kind: row.fingerprint for row in rows if row.state == State.IN_USE}
    begun = {row.kind for row in rows if row.state == State.NEXT}
    return {kind: used for kind, used in in_use.items() if kind in begun or used != first_fingerprint(kind)}


def due_in_words(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The rotations to carry out or to finish before the site starts, and how."""
    text = _(
        "%(name)s begins with another key (fingerprint %(first)s) than the one in use (%(used)s), or a rotation is not "
        "finished. Stop the site and call «manage.py rotate_keys»; if no new key was meant, put the one in use first."
    )
    return [text % {"name": kind, "first": first_fingerprint(kind), "used": used} for kind, used in due(using).items()]


def record_first(using: str = DEFAULT_DB_ALIAS, *, is_set_up_now: bool = False) -> None:
    """Record the first given key of each kind of which none is in use yet, if the others are right."""
    if not is_set_up(using) or (_wrong(using) if is_set_up_now else problems(using)):
        return
    newest = AuditEntry.objects.using(using).order_by("pk").last()
    for kind in Kind.values:
        defaults = {"key_id": first(kind)[0], "fingerprint": first_fingerprint(kind), "entry": newest}
        KnownKey.objects.using(using).get_or_create(kind=kind, state=State.IN_USE, defaults=defaults)


def record_after_migrate(sender, using, plan=(), **kwargs) -> None:
    """For the signal post_migrate."""
    record_first(using, is_set_up_now=any((each.app_label, each.name) == SET_UP_BY for each, _backwards in plan))


def refuse_wrong_keys() -> None:
    """For the start of the site and of its commands. Raises WrongKeys, DatabaseError."""
    if found := problems() or due_in_words():
        raise key_use.WrongKeys("\n".join(found))
