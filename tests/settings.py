"""The site's settings under test: its own keys and folder, nothing of a trial's."""

import base64
import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="jygroups-test-"))
os.environ.setdefault("HTTPS", "off")
key = base64.b64encode(bytes(32)).decode()
for name, value in {
    "SECRET_KEY": "for tests only",
    "DATA_KEYS": f"k1:{key}",
    "INDEX_KEY": key,
    "SEAL_KEY": key,
}.items():
    os.environ.setdefault(name, value)

from jygroups.settings import *  # noqa: E402, F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
