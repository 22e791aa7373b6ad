"""How commands that load files say what became of them."""

import json
import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.file_tables import Shape, Table
from jygroups.lib.sheets import Unreadable
from registry.imports.base import Loaded
from registry.imports.findings import summed_up


def readable(file: Path) -> str:
    """The file's name as text, whatever bytes the disk has for it."""
    return os.fsencode(file.name).decode("utf-8", "replace")


def add_mapping(parser) -> None:
    parser.add_argument(
        "--mapping",
        metavar="JSON",
        default="{}",
        help='by column the title that the file has for it, e.g. {"身份证号": "证件编号"}',
    )


def mapping_of(text: str, shape: Shape) -> dict[str, str]:
    """By column the title given for it; anything else ends the command with 2."""
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--mapping: {error}", returncode=2) from error
    if not isinstance(mapping, dict) or not all(isinstance(title, str) for title in mapping.values()):
        raise CommandError(_("--mapping takes an object of columns and titles."), returncode=2)
    if unknown := sorted(mapping.keys() - shape.words.keys()):
        words = {"names": ", ".join(unknown), "columns": ", ".join(shape.words)}
        raise CommandError(_("--mapping: no column is called %(names)s; there are %(columns)s.") % words, returncode=2)
    return mapping


def table_of(file: Path, *, shape: Shape, mapping: str = "{}") -> Table:
    """The file's table; a file that cannot be read ends the command with 1."""
    chosen = mapping_of(mapping, shape)
    try:
        return Table.read(file, shape=shape, chosen=chosen)
    except Unreadable as error:
        raise CommandError(str(error)) from error


def print_findings(command: BaseCommand, loaded: Loaded) -> None:
    """What became of the file's rows, and warnings and problems on standard error; problems end the command with 1."""
    if loaded.account:
        command.stdout.write(str(loaded.account))
    for line in summed_up(loaded.warnings):
        command.stderr.write(command.style.WARNING(_("warning: %(finding)s") % {"finding": line}))
    for problem in loaded.problems:
        command.stderr.write(str(problem), command.style.ERROR)
    if loaded.problems:
        raise CommandError(
            _("Refused, nothing saved: %(count)s problems.") % {"count": len(loaded.problems)}, returncode=1
        )
