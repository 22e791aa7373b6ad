"""Keyed digests, which nobody without SEAL_KEY can compute."""

import hmac
import json

from django.conf import settings

from jygroups.lib import keys


def keyed(content: object) -> str:
    """A digest of the content that cannot be computed without SEAL_KEY."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return keys.digest(settings.SEAL_KEY, text.encode())


def same(stored: str, computed: str) -> bool:
    """Whether a stored digest is the computed one, compared in constant time; the stored one may be any text."""
    return hmac.compare_digest(stored.encode(), computed.encode())
