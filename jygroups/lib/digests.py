"""Keyed digests, which nobody without the key can compute, and the columns for those that no rotation writes again."""

import hmac
import json

from django.conf import settings
from django.db import models

from jygroups.lib import key_use, keys


class _KeptField(models.CharField):
    """As a migration sees it, a CharField."""

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class SealField(_KeptField):
    """Evidence: a digest by SEAL_KEY, or one of such digests. It stays that of the key with which it was made."""


class UnstoredIndexField(_KeptField):
    """A digest by INDEX_KEY of what is not stored: a code is looked up by `blind_indexes`, a preview shown again."""


def keyed(content: object, key: str = "") -> str:
    """A digest of the content that cannot be computed without SEAL_KEY; by a former one where it is given."""
    key_use.begin()
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return keys.digest(key or settings.SEAL_KEY, text.encode())


def same(stored: str, computed: str) -> bool:
    """Whether a stored digest is the computed one, compared in constant time; the stored one may be any text."""
    return hmac.compare_digest(stored.encode(), computed.encode())


def blind_indexes(text: str) -> list[str]:
    """The digest of a text by each INDEX_KEY that is given, that of the first one first."""
    key_use.begin()
    return [keys.digest(key, text.encode()) for key in (settings.INDEX_KEY, *settings.OLD_INDEX_KEYS)]
