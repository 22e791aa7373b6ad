"""The cache that all processes of the site share, in which no count is lost."""

import os
import pickle
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.files import locks


class FileCache(FileBasedCache):
    """Django's cache in files. There, adding and counting read first and write then; here one process at a time does.

    Counting leaves the time until which a count is kept as it is.
    """

    def add(self, *args, **kwargs):
        with self._alone():
            return super().add(*args, **kwargs)

    def incr(self, key, delta=1, version=None):
        with self._alone():
            try:
                with open(self._key_to_file(key, version), "rb") as file:  # type: ignore[attr-defined]
                    until = pickle.load(file)  # noqa: S301  # as Django wrote it
                    value = pickle.loads(zlib.decompress(file.read())) + delta  # noqa: S301
            except FileNotFoundError as error:
                raise ValueError(f"There is no count {key}.") from error
            left = None if until is None else until - time.time()
            if left is not None and left <= 0:
                raise ValueError(f"The count {key} has ended.")
            self.set(key, value, left, version)
            return value

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._createdir()  # type: ignore[attr-defined]
        with open(os.path.join(self._dir, "counting.lock"), "w") as file:  # type: ignore[attr-defined]
            locks.lock(file, locks.LOCK_EX)  # until the file is closed
            yield


def count(key: str, seconds: int) -> int:
    """How many times this was called for the key since the first of them, after `seconds` from the first again."""
    while not cache.add(key, 1, seconds):
        try:
            return cache.incr(key)
        except ValueError:  # it ended in between
            continue
    return 1
