"""Keyed digests, which nobody without SEAL_KEY can compute."""

import hashlib
import hmac
import json

from django.conf import settings


def keyed(content: object) -> str:
    """A digest of the content that cannot be computed without SEAL_KEY."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hmac.new(settings.SEAL_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
