"""How commands that load files say what became of them."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.sheets import Table, Unreadable
from registry.imports.base import Loaded
from registry.imports.findings import summed_up


def readable(file: Path) -> str:
    """The file's name as text, whatever bytes the disk has for it."""
    return os.fsencode(file.name).decode("utf-8", "replace")


def table_of(file: Path, *, marks: set[str]) -> Table:
    """The file's table; a file that cannot be read ends the command with 1."""
    try:
        return Table.read(file, marks=marks)
    except Unreadable as error:
        raise CommandError(str(error)) from error


def print_findings(command: BaseCommand, loaded: Loaded) -> None:
    """Warnings and problems on standard error, a line each; problems end the command with 1."""
    for line in summed_up(loaded.warnings):
        command.stderr.write(command.style.WARNING(_("warning: %(finding)s") % {"finding": line}))
    for problem in loaded.problems:
        command.stderr.write(str(problem), command.style.ERROR)
    if loaded.problems:
        raise CommandError(
            _("Refused, nothing saved: %(count)s problems.") % {"count": len(loaded.problems)}, returncode=1
        )
