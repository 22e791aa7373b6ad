"""Who works with the keys: many processes with the same ones, or a rotation to others and nobody else.

A process that wrote with the old keys while they are rotated would write what is never found, read or verified again.
So each process shares a lock from its first use of the keys to its end, and a rotation waits for none: it is refused.
The lock is a file in the folder of files, which all machines of a site share.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

CHECKS: list[Callable[[], None]] = []  # called before the first use; each raises WrongKeys

_shared: TextIO | None = None
_is_unchecked = False


class WrongKeys(ImproperlyConfigured, CommandError):
    """The site does not start with these keys now; a command ends with the words alone."""


class InUse(Exception):
    """Another process works with the keys."""


def begin() -> None:
    """Before a use of the keys; does its work once in a process. Raises WrongKeys, DatabaseError."""
    global _shared
    if _shared or _is_unchecked or not CHECKS:
        return
    file = _lock_file()
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        text = _("The keys are being rotated; start again once «rotate_keys» has ended.")
        raise WrongKeys(text) from error
    try:
        for check in CHECKS:
            check()
    except BaseException:
        file.close()
        raise
    _shared = file


@contextmanager
def unchecked() -> Iterator[None]:
    """For who brings the keys and the database together, such as a restore."""
    global _is_unchecked
    before, _is_unchecked = _is_unchecked, True
    try:
        yield
    finally:
        _is_unchecked = before


@contextmanager
def alone() -> Iterator[None]:
    """For a rotation: no other process works with the keys, and none begins to. Raises InUse."""
    with _lock_file() as file, unchecked():
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse from error
        yield


def _lock_file() -> TextIO:
    settings.FILES_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    return (settings.FILES_DIR / ".keys").open("a")
