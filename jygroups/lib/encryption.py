"""Personal numbers at rest: encrypted with AES-256-GCM or SM4-GCM, found again by a keyed digest.

A stored value is `a2:<row key>:<column>:<key id>:<base64 of nonce + ciphertext + tag>`. The key id names one
of settings.DATA_KEYS, whose first encrypts what is written now; the key says which cipher it is for (lib/keys.py).

A ciphertext belongs to one cell: table, column and row key are authenticated with it, so it is read nowhere else.
The row key is random and constant. The database compares it and the column with the row that a value is written to
(`BoundValue`), and the field compares them again when it reads. `a1`, without row and column, was written before;
it is read in rows that have no row key yet, and in the folder of files, whose names are digests of their contents.
"""

import base64
import os
import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connections, models, transaction
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import class_prepared
from django.dispatch import receiver
from django.utils.translation import gettext as _

from jygroups.lib import key_use, keys
from jygroups.lib.constraints import Fixed
from jygroups.lib.sm4 import SM4GCM

UNBOUND, BOUND = "a1", "a2"
NONCE_BYTES = 12
ROW_KEY = "row_key"
UNREADABLE = "unreadable"  # the key of no row


class Unreadable(Exception):
    """A stored value that none of the given keys opens, or that belongs to another row, column or table."""


class Unverified(str):
    """Stands where a stored text cannot be read: words for a page, which are never written or paid to."""


@lru_cache
def _cipher(key: str) -> AESGCM | SM4GCM:
    if key.startswith(keys.SM4):
        return SM4GCM(base64.b64decode(key.removeprefix(keys.SM4), validate=True))
    return AESGCM(base64.b64decode(key, validate=True))


def _encrypt(content: bytes, context: bytes | None) -> tuple[str, bytes]:
    """The key's id, and nonce + ciphertext + tag."""
    key_use.begin()
    key_id, key = next(iter(settings.DATA_KEYS.items()))
    nonce = os.urandom(NONCE_BYTES)
    return key_id, nonce + _cipher(key).encrypt(nonce, content, context)


def _decrypt(key_id: str, encrypted: bytes, context: bytes | None) -> bytes:
    return _cipher(settings.DATA_KEYS[key_id]).decrypt(encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:], context)


def encrypt_file(content: bytes) -> bytes:
    """A file as it is stored outside the database."""
    key_id, encrypted = _encrypt(content, None)
    return f"{UNBOUND}:{key_id}:".encode() + encrypted


def decrypt_file(stored: bytes) -> bytes:
    """The file behind a stored one. Raises Unreadable."""
    try:
        cipher, key_id, encrypted = stored.split(b":", 2)
        if cipher.decode() != UNBOUND:
            raise ValueError(cipher)
        return _decrypt(key_id.decode(), encrypted, None)
    except (ValueError, KeyError, InvalidTag) as error:
        raise Unreadable(_("A stored file cannot be verified.")) from error


def is_current_file(head: bytes) -> bool:
    """Whether a stored file, of which this is the beginning, is encrypted with today's first key."""
    return head.startswith(f"{UNBOUND}:{next(iter(settings.DATA_KEYS))}:".encode())


def is_current(stored: str | bytes, column: str) -> bool:
    """Whether the value of a column is encrypted with today's first key; an empty one is."""
    text = stored if isinstance(stored, str) else bytes(stored[:200]).decode(errors="replace")
    parts = text.split(":", 4)
    return not text or (parts[0] == BOUND and parts[2:4] == [column, next(iter(settings.DATA_KEYS))])


def key_id_of(head: str | bytes) -> str:
    """The id of the key that encrypted a stored value or file, of which this is the beginning; else empty."""
    parts = (head if isinstance(head, str) else bytes(head).decode(errors="replace")).split(":")
    place = 3 if parts[0] == BOUND else 1
    return parts[place] if len(parts) > place else ""


def blind_index(text: str) -> str:
    """The keyed digest by which a value is looked up without opening any row; empty for empty."""
    key_use.begin()
    return keys.digest(settings.INDEX_KEY, text.encode()) if text else ""


def blind_index_of(texts: Iterable[str]) -> str:
    """The keyed digest of the texts as a JSON list of them would have it, however long; empty for none."""
    key_use.begin()
    digest = keys.begin_digest(settings.INDEX_KEY)
    before = "["
    for text in texts:
        digest.update(f"{before}{text}".encode())
        before = ", "
    digest.update(b"]")
    return "" if before == "[" else digest.finalize().hex()


def new_row_key() -> str:
    return uuid.uuid4().hex


class RowKeyField(models.CharField):
    """What the ciphertexts of a row are bound to: random, constant, the same in the row's history."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 32, "editable": False, "default": new_row_key, **kwargs})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["editable"]
        return name, path, args, kwargs


class _Text(str):
    """A text with the key of the row that it was read from, or is written to."""

    __slots__ = ("is_outgoing", "row_key")
    row_key: str
    is_outgoing: bool


class _File(bytes):
    """The same of a file."""

    row_key: str
    is_outgoing: bool


def _keyed(value: Any, row_key: str, *, is_outgoing: bool = False) -> Any:
    keyed: Any = _File(value) if isinstance(value, bytes) else _Text(value)
    keyed.row_key, keyed.is_outgoing = row_key, is_outgoing
    return keyed


class _OfRow(DeferredAttribute):
    """The plain value of the field, once it is known to belong to this row."""

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if not isinstance(value, _Text | _File) or value.is_outgoing:
            return value
        if value.row_key != getattr(instance, ROW_KEY, ""):  # none: as of a migration before there were keys
            value = self.field.unverified()  # type: ignore[attr-defined]
        else:
            value = str(value) if isinstance(value, _Text) else bytes(value)
        instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance, value):
        # Makes it a data descriptor: otherwise what the instance holds would go before it.
        instance.__dict__[self.field.attname] = value


class _Encrypted(models.Field):
    """Common to text and file: what is written is bound to its row, what is read is compared with it."""

    descriptor_class = _OfRow
    is_renewed = True  # when keys are rotated
    lookups: tuple[str, ...] = ("isnull",)
    encrypted: Any

    def contribute_to_class(self, cls, name, *args, **kwargs):
        super().contribute_to_class(cls, name, *args, **kwargs)
        self._place = f"{cls._meta.db_table}|{self.column}|"

    def pre_save(self, model_instance, add):
        value = getattr(model_instance, self.attname)
        if isinstance(value, Unverified):
            words = {"row": model_instance, "field": self.verbose_name}
            raise Unreadable(_("%(row)s: the stored value of «%(field)s» cannot be verified.") % words)
        return _keyed(value, getattr(model_instance, ROW_KEY, ""), is_outgoing=True) if value else value

    def get_prep_value(self, value):
        if not value:
            return value
        if not getattr(value, "is_outgoing", False):
            raise TypeError(f"{self} is written with its row: by save(), bulk_create() or BoundRows.bulk_update().")
        return self.encrypted(value, value.row_key)

    def get_lookup(self, lookup_name):
        # Equal values have unequal ciphertexts: a lookup would silently find nothing.
        return super().get_lookup(lookup_name) if lookup_name in self.lookups else None


class EncryptedField(_Encrypted, models.TextField):
    """Text that only the application can read. It cannot be searched: see BlindIndexField."""

    def encrypted(self, text: str, row_key: str) -> str:
        """The text as this column stores it in the row of this key; never the same twice. Without a key: as a1."""
        key_id, encrypted = _encrypt(text.encode(), (self._place + row_key).encode() if row_key else None)
        header = f"{BOUND}:{row_key}:{self.column}" if row_key else UNBOUND
        return f"{header}:{key_id}:{base64.b64encode(encrypted).decode()}"

    def decrypted(self, stored: str) -> Any:
        """The text behind a stored value, with the row key that it names. Raises Unreadable."""
        try:
            cipher, *bound_to, key_id, encrypted = stored.split(":")
            context, row_key = None, ""
            if cipher == BOUND:
                row_key, _column = bound_to
                context = (self._place + row_key).encode()
            elif cipher != UNBOUND or bound_to:
                raise ValueError(cipher)
            return _keyed(_decrypt(key_id, base64.b64decode(encrypted, validate=True), context).decode(), row_key)
        except (ValueError, KeyError, InvalidTag) as error:
            raise Unreadable(_("A stored number cannot be verified.")) from error

    def unverified(self) -> Unverified:
        return Unverified(_("cannot be verified"))

    def from_db_value(self, value, expression, connection):
        if not value:
            return value
        try:
            return self.decrypted(value)
        except Unreadable:
            return self.unverified()

    def formfield(self, **kwargs):
        return models.CharField.formfield(models.CharField(max_length=100), **{"required": not self.blank, **kwargs})


class EncryptedFileField(_Encrypted, models.BinaryField):
    """A whole file that only the application can read; empty for none. Reading it may raise Unreadable."""

    lookups = ("isnull", "exact")  # exact: of none

    def encrypted(self, content: bytes, row_key: str) -> bytes:
        """The file as this column stores it in the row of this key. Without a key: as a1."""
        key_id, encrypted = _encrypt(content, (self._place + row_key).encode() if row_key else None)
        header = f"{BOUND}:{row_key}:{self.column}" if row_key else UNBOUND
        return f"{header}:{key_id}:".encode() + encrypted

    def decrypted(self, stored: bytes) -> Any:
        """The file behind a stored value, with the row key that it names. Raises Unreadable."""
        if not stored.startswith(BOUND.encode()):
            return _keyed(decrypt_file(stored), "")
        try:
            _cipher, row_key, _column, key_id, encrypted = stored.split(b":", 4)
            content = _decrypt(key_id.decode(), encrypted, self._place.encode() + row_key)
            return _keyed(content, row_key.decode())
        except (ValueError, KeyError, InvalidTag) as error:
            raise self._unreadable() from error

    def _unreadable(self) -> Unreadable:
        return Unreadable(_("A stored file cannot be verified."))

    def unverified(self):
        raise self._unreadable()

    def from_db_value(self, value, expression, connection):
        if not value:
            return b""
        try:
            return self.decrypted(bytes(value))
        except Unreadable:
            return _keyed(b"", UNREADABLE)  # of no row: only who asks for the file is refused, not a list of rows


class BoundValue(models.CheckConstraint):
    """A stored value is empty, or names the row and the column that it stands in."""

    def __init__(self, *, name: str, field: str, is_file: bool):
        self.field, self.is_file = field, is_file
        start: Any = models.Func(
            models.Value(f"{BOUND}:"), models.F(ROW_KEY), models.Value(f":{field}:"),
            template="(%(expressions)s)", arg_joiner=" || ", output_field=models.TextField(),
        )  # fmt: skip
        if is_file:
            start = Cast(start, models.BinaryField())
        length = models.Func(models.F(field), function="length", output_field=models.IntegerField())
        size = models.Value(len(f"{BOUND}::{field}:") + 32)
        head = models.Func(models.F(field), models.Value(1), size, function="substr", output_field=start.output_field)
        super().__init__(name=name, condition=models.Q(Exact(length, 0)) | models.Q(Exact(head, start)))

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        del kwargs["condition"]
        return path, args, kwargs | {"field": self.field, "is_file": self.is_file}

    def validate(self, *args, **kwargs):
        """Nothing to ask of a form, which holds values and no ciphertexts."""


class UniqueRowKey(models.UniqueConstraint):
    """No two rows have one key, so that a copied row cannot carry ciphertexts along."""

    def validate(self, *args, **kwargs):
        """Nothing to ask of a form: the key is random."""


@receiver(class_prepared)
def bind_rows(sender, **kwargs):
    """Every table with encrypted values, and its history, has the constraints that bind them to their rows."""
    meta = sender._meta
    encrypted = [each for each in meta.local_fields if isinstance(each, _Encrypted)]
    if not encrypted or sender.__module__ == "__fake__":  # in a migration the constraints come from its operations
        return
    name = meta.model_name
    found: list[Any] = [
        BoundValue(name=f"{name}_{each.name}_bound", field=each.name, is_file=isinstance(each, EncryptedFileField))
        for each in encrypted
    ]
    found.append(Fixed(name=f"{name}_row_key_fixed", field=ROW_KEY))
    if not hasattr(sender, "instance_type"):  # a row's history has the row's key
        found.append(UniqueRowKey(fields=[ROW_KEY], name=f"{name}_row_key_once"))
    meta.constraints = [*meta.constraints, *found]
    meta.original_attrs["constraints"] = meta.constraints  # where makemigrations looks whether there are any


class BoundRows(models.QuerySet):
    """Rows that can be updated many at once, encrypted values too."""

    def bulk_update(self, objs, fields, batch_size=None):
        """As Django's, by a statement for each row: one for many rows compares each of them with all the others.

        No value may be an expression.
        """
        objs, connection = tuple(objs), connections[self.db]
        if any(row.pk is None for row in objs):
            raise ValueError("A row that is updated has been saved before.")
        columns: list[Any] = [*map(self.model._meta.get_field, fields), self.model._meta.pk]
        encrypted = [each for each in columns if isinstance(each, _Encrypted)]
        *sets, where = (f"{connection.ops.quote_name(each.column)} = %s" for each in columns)
        table = connection.ops.quote_name(self.model._meta.db_table)
        statement = f"UPDATE {table} SET {', '.join(sets)} WHERE {where}"

        def stored(row) -> list:
            given = (each.pre_save(row, False) if each in encrypted else getattr(row, each.attname) for each in columns)
            return [each.get_db_prep_save(value, connection) for each, value in zip(columns, given, strict=True)]

        updated, size = 0, batch_size or len(objs) or 1
        with transaction.atomic(self.db, savepoint=False), connection.cursor() as cursor:
            for place in range(0, len(objs), size):
                cursor.executemany(statement, [*map(stored, objs[place : place + size])])
                updated += cursor.rowcount
        return updated


class _OfSource(DeferredAttribute):
    """Always computed from the source field, so that the two always agree, however the row is written."""

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        source = getattr(instance, self.field.source)  # type: ignore[attr-defined]
        if isinstance(source, Unverified):
            return instance.__dict__.get(self.field.attname)
        return self.field.of(source)  # type: ignore[attr-defined]

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value  # Django takes what is not there for deferred


class BlindIndexField(models.CharField):
    """The keyed digest of an EncryptedField of the same model, updated with it; of an empty one null, or empty."""

    descriptor_class = _OfSource
    is_renewed = True

    def __init__(self, *, source: str, **kwargs):
        self.source = source
        super().__init__(max_length=64, editable=False, **kwargs)

    def of(self, text: str) -> str | None:
        """What is stored beside this text."""
        return blind_index(text) or (None if self.null else "")

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["editable"]
        return name, path, args, {"source": self.source, **kwargs}
