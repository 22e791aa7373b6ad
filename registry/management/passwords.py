"""Passwords of workbooks, for commands: from a file or the terminal, since other users of a machine see arguments."""

import sys
from getpass import getpass
from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.parser import MOST_BYTES


def add_password(parser) -> None:
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="PATH",
        help="a file with the password of a protected workbook in its first line, of which the line end alone is left "
        "out; without it a terminal is asked",
    )


def without_password(file: Path, password_file: Path | None) -> Path | bytes:
    """The file, or the content of a protected workbook without its password. Raises Unreadable for a wrong one."""
    try:
        sandbox.read_sheets(file)
    except sandbox.Locked:
        return sandbox.unlocked(_content(file), _password(file, password_file))
    except sandbox.Unreadable:
        pass  # reported by the code that reads the table
    return file


def _content(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(MOST_BYTES + 1)


def _password(file: Path, password_file: Path | None) -> str:
    if password_file:
        try:
            text = password_file.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--password-file: {error}", returncode=2) from error
        return text.partition("\n")[0].removesuffix("\r")
    if sys.stdin.isatty():
        return getpass(_("Password of %(name)s: ") % {"name": file.name})
    raise sandbox.Locked(_("The file has a password. Give it with --password-file, or save the file without one."))
