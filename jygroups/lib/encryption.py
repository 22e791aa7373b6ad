"""Personal numbers at rest: sealed with AES-256-GCM, found again by a keyed digest.

A stored value is `a1:<key id>:<base64 of nonce + ciphertext + tag>`. `a1` names the cipher, so that another
can join it; the key id names one of settings.DATA_KEYS, whose first seals what is written now.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

AES_256_GCM = "a1"
NONCE_BYTES = 12


class Unreadable(Exception):
    """A stored value that none of the given keys opens."""


@lru_cache
def _cipher(key: str) -> AESGCM:
    return AESGCM(base64.b64decode(key, validate=True))


def _sealed(content: bytes) -> tuple[str, bytes]:
    """The key's id, and nonce + ciphertext + tag."""
    key_id, key = next(iter(settings.DATA_KEYS.items()))
    nonce = os.urandom(NONCE_BYTES)
    return key_id, nonce + _cipher(key).encrypt(nonce, content, None)


def _opened(cipher: str, key_id: str, sealed: bytes) -> bytes:
    if cipher != AES_256_GCM:
        raise ValueError(cipher)
    return _cipher(settings.DATA_KEYS[key_id]).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


def seal(text: str) -> str:
    """The text as it is stored; never the same twice."""
    key_id, sealed = _sealed(text.encode())
    return f"{AES_256_GCM}:{key_id}:{base64.b64encode(sealed).decode()}"


def unseal(stored: str) -> str:
    """The text behind a stored value. Raises Unreadable."""
    try:
        cipher, key_id, sealed = stored.split(":")
        return _opened(cipher, key_id, base64.b64decode(sealed, validate=True)).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise Unreadable("a stored personal number cannot be opened with the keys in DATA_KEYS") from error


def seal_file(content: bytes) -> bytes:
    """A file as it is stored: the same as a text, but for the base64."""
    key_id, sealed = _sealed(content)
    return f"{AES_256_GCM}:{key_id}:".encode() + sealed


def unseal_file(stored: bytes) -> bytes:
    """The file behind a stored value. Raises Unreadable."""
    try:
        cipher, key_id, sealed = bytes(stored).split(b":", 2)
        return _opened(cipher.decode(), key_id.decode(), sealed)
    except (ValueError, KeyError, InvalidTag) as error:
        raise Unreadable("a stored file cannot be opened with the keys in DATA_KEYS") from error


def blind_index(text: str) -> str:
    """The keyed digest by which a value is looked up without opening any row; empty for empty."""
    return hmac.new(settings.INDEX_KEY.encode(), text.encode(), hashlib.sha256).hexdigest() if text else ""


class EncryptedField(models.TextField):
    """Text that only the application can read. It cannot be searched: see BlindIndexField."""

    def from_db_value(self, value, expression, connection):
        return unseal(value) if value else value

    def get_prep_value(self, value):
        return seal(str(value)) if value else value

    def get_lookup(self, lookup_name):
        # Equal texts have unequal ciphertexts: a lookup would silently find nothing.
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def formfield(self, **kwargs):
        return models.CharField.formfield(models.CharField(max_length=100), **{"required": not self.blank, **kwargs})


class EncryptedFileField(models.BinaryField):
    """A whole file that only the application can read; empty for none."""

    def from_db_value(self, value, expression, connection):
        return unseal_file(value) if value else b""

    def get_db_prep_value(self, value, connection, prepared=False):
        return super().get_db_prep_value(seal_file(value) if value else b"", connection, prepared)


class _OfSource(DeferredAttribute):
    """Always computed from the source field, so that no way of writing can leave the two apart."""

    def __get__(self, instance, cls=None):
        return self if instance is None else blind_index(getattr(instance, self.field.source))  # type: ignore[attr-defined]

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value  # Django takes what is not there for deferred


class BlindIndexField(models.CharField):
    """The keyed digest of an EncryptedField of the same model, kept in step by itself."""

    descriptor_class = _OfSource

    def __init__(self, *, source: str, **kwargs):
        self.source = source
        super().__init__(max_length=64, editable=False, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["editable"]
        return name, path, args, {"source": self.source, **kwargs}
