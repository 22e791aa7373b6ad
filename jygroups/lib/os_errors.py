"""Why the operating system refuses to read or write a file, in words."""

import errno
import os

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WORDS = {
    errno.EISDIR: gettext_lazy("it is a folder; give the name of a file in it"),
    errno.ENOENT: gettext_lazy("there is no such file or folder"),
    errno.ENOTDIR: gettext_lazy("a part of the path is a file, not a folder"),
    errno.EEXIST: gettext_lazy("it is there already"),
    errno.EACCES: gettext_lazy("the rights to the file or its folder are missing"),
    errno.EROFS: gettext_lazy("the disk can only be read"),
    errno.ENOSPC: gettext_lazy("the disk is full"),
    errno.ENAMETOOLONG: gettext_lazy("the name is too long"),
}


def in_words(error: OSError) -> str:
    """The reason in the user's language; what has no words of its own as the system words it."""
    return str(WORDS.get(error.errno or 0) or error.strerror or error)


def not_written(path: os.PathLike[str] | str, error: OSError) -> str:
    """That the file is not written, and why."""
    return _("%(path)s cannot be written: %(error)s.") % {"path": path, "error": in_words(error)}
