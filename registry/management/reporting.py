"""How commands that load files report the result."""

import json
import os
from collections.abc import Sequence
from difflib import SequenceMatcher
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.file_tables import (
    DECISIONS,
    HEADER,
    OTHER,
    PLACES,
    ROWS,
    SHEET,
    STRUCK,
    FileTable,
    Shape,
    Unclear,
)
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.imports.base import Loaded
from registry.imports.column_choices import LEAST_ALIKE, unread
from registry.imports.findings import causes
from registry.management.passwords import without_password

EXAMPLE_ROWS = 5


def readable(file: Path) -> str:
    """The file's name as text, whatever bytes the disk has for it."""
    return os.fsencode(file.name).decode("utf-8", "replace")


def add_mapping(parser) -> None:
    parser.add_argument(
        "--mapping",
        metavar="JSON",
        default="{}",
        help='by column the title that the file has for it, e.g. {"身份证号": "证件编号"}; also {"sheet": name, '
        '"header": row of the titles, "other": [titles of days that are no end of office], "rows": {"5": "leave" '
        '(it out), "load" (though it is struck through) or "remark" (a text that seems to mean that somebody left), '
        '"struck": "leave" or "load" (all that are struck through)}}',
    )


def mapping_of(text: str, shape: Shape) -> dict[str, Any]:
    """What is given of the file, as FileTable.read takes it; anything else ends the command with 2."""
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--mapping: {error}", returncode=2) from error
    if not isinstance(mapping, dict) or not all(_has_form(key, value) for key, value in mapping.items()):
        raise CommandError(_("--mapping takes an object of columns and titles."), returncode=2)
    if unknown := sorted(mapping.keys() - shape.words.keys() - {*PLACES}):
        words = {"names": ", ".join(unknown), "columns": ", ".join([*shape.words, *PLACES])}
        raise CommandError(_("--mapping: no column is called %(names)s; there are %(columns)s.") % words, returncode=2)
    return mapping


def _has_form(key: str, value: Any) -> bool:
    if key == HEADER:
        return type(value) is int and value > 0
    if key == OTHER:
        return isinstance(value, list) and all(isinstance(title, str) for title in value)
    if key == ROWS:
        return isinstance(value, dict) and all(
            (row == STRUCK or (row.isascii() and row.isdecimal())) and {*str(each).split()} <= {*DECISIONS}
            for row, each in value.items()
        )
    return isinstance(value, str)


def table_of(file: Path, *, shape: Shape, mapping: str = "{}", password_file: Path | None = None) -> FileTable:
    """The file's table; a file that cannot be read ends the command with 1."""
    chosen = mapping_of(mapping, shape)
    try:
        table = FileTable.read(without_password(file, password_file), shape=shape, chosen=chosen, insists=True)
    except Unclear as error:
        raise CommandError(" ".join([str(error), *_example(error.columns, error.titles, error.sheets)])) from error
    except Unreadable as error:
        raise CommandError(str(error)) from error
    if lacking := [title for column, title in chosen.items() if column not in (*table.applied, *PLACES)]:
        words = {"titles": ", ".join(lacking), "known": ", ".join(filter(None, table.titles))}
        message = _("--mapping: the file has no column %(titles)s, or it is given twice; it has %(known)s.")
        raise CommandError(message % words, returncode=2)
    return table


def _example(
    columns: Sequence[str], titles: Sequence[str], sheets: Sequence[str] = (), *, least: float = 0
) -> list[str]:
    """An example of --mapping for an unknown title or table; nothing where both are known.

    `least`: how like, from 0 to 1, a title must be to the column that it is proposed for.
    """
    example: dict[str, Any]
    pairs = [(SequenceMatcher(None, column, title).ratio(), column, title) for column in columns for title in titles]
    likeness, column, title = max(pairs, key=itemgetter(0), default=(-1, "", ""))
    if likeness >= least:
        message, example = (
            _("Give their meaning like this, with your own titles: --mapping '%(example)s'"),
            {column: title},
        )
    elif sheets:
        message = _("Give the table and its titles: --mapping '%(example)s'. There are the sheets %(names)s.")
        example = ({SHEET: sheets[0]} if len(sheets) > 1 else {}) | {HEADER: 3}
    else:
        return []
    return [message % {"example": json.dumps(example, ensure_ascii=False), "names": " · ".join(filter(None, sheets))}]


def print_mapping(command: BaseCommand, table: FileTable, asked: Sequence[str] = ()) -> None:
    """Print how --mapping gives the meaning of unknown titles, where columns are missing."""
    found = unread(table, asked)
    columns, titles, days = (found.get(key, []) for key in ("columns", "titles", "days"))
    lacking = [column for column in asked if column in columns]
    lines = _example(lacking, days) if lacking and days else _example(columns, titles, least=LEAST_ALIKE)
    for line in lines:
        command.stderr.write(line)
    if days:
        message = _("If they are no end of office: --mapping '%(example)s'")
        command.stderr.write(message % {"example": json.dumps({OTHER: days}, ensure_ascii=False)})


def _print_rows(command: BaseCommand, loaded: Loaded) -> None:
    """Print how --mapping decides on rows that are asked about."""
    if asked := {str(each.number): each.asks for each in loaded.outcomes if each.asks}:
        message = _("To take rows as they stand, or leave them out with «leave»: --mapping '%(example)s'")
        example = json.dumps({ROWS: dict([*asked.items()][:EXAMPLE_ROWS])}, ensure_ascii=False)
        command.stderr.write(message % {"example": example})


def print_findings(command: BaseCommand, loaded: Loaded) -> None:
    """What became of the file's rows, and warnings and problems on standard error; problems end the command with 1."""
    if loaded.account:
        command.stdout.write(str(loaded.account))
    for cause in causes(loaded.warnings):
        command.stderr.write(command.style.WARNING(_("warning: %(finding)s") % {"finding": cause}))
    for problem in loaded.problems:
        command.stderr.write(str(problem), command.style.ERROR)
    if loaded.problems:
        _print_rows(command, loaded)
        for cause in causes(loaded.problems):
            if cause.count > 1:
                command.stderr.write(str(cause), command.style.ERROR)
        raise CommandError(
            _("Refused, nothing saved: %(count)s problems.") % {"count": len(loaded.problems)}, returncode=1
        )
