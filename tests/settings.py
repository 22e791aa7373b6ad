"""The site's settings under test: its own keys and folder, nothing of a trial's."""

import atexit
import base64
import os
import shutil
import tempfile

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="jygroups-test-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ.setdefault("HTTPS", "off")
os.environ.setdefault("SECOND_FACTOR", "optional")
key = base64.b64encode(bytes(32)).decode()
for name, value in {
    "SECRET_KEY": "for tests only",
    "DATA_KEYS": f"k1:{key}",
    "INDEX_KEY": key,
    "SEAL_KEY": key,
}.items():
    os.environ.setdefault(name, value)

from jygroups.settings import *  # noqa: E402, F403

if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # A file, not memory: the browser tests' server answers each request over a connection of its own, as in life.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
# Of each worker its own: some tests delete what no row of their database knows of.
FILES_DIR = DATA_DIR / "files" / os.environ.get("PYTEST_XDIST_WORKER", "")  # noqa: F405
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
RATE_LIMITS = {}  # a test of them sets them; the others may do as much as they like
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
WHITENOISE_USE_FINDERS = False  # each test client would look for all the files again
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
