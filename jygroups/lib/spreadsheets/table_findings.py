"""What of a table may not be taken as it stands, and what its user has to know of it."""

from collections import defaultdict
from collections.abc import Iterator

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets import row_kinds, row_texts
from jygroups.lib.spreadsheets.file_tables import LOAD, FileTable
from jygroups.lib.spreadsheets.structures import reference
from jygroups.lib.spreadsheets.table_shapes import Warned

QUIET = {row_kinds.Reason.EMPTY, row_kinds.Reason.HEADING, row_kinds.Reason.OTHER_TITLES}  # no warnings


def faults(table: FileTable) -> dict[int, list[tuple[str, str]]]:
    """By row number: column and error of what may not be taken as it stands, such as a merged cell."""
    if table.shape is None:
        return {}
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    blank, days = {*map(tuple, table.structure.blank)}, table.places(table.shape.days)
    known, areas = table.places(table.shape.words), table.places(table.shape.down)
    merged = table.merged(table.numbers, known, areas)
    struck = table.struck_cells([number for number in table.struck if number not in table.struck_rows], known)
    for number, each in [*merged.items(), *struck.items(), *table.padded(known - areas).items()]:
        found[number] += [
            (table.titles[place], message) for place, message in each if (number, place) not in table.corrected
        ]
    message = _("the row is struck through: choose whether it is loaded or left out, or change it in the file")
    for number in table.open_rows:
        found[number].append(("", message))
    lost = _(
        "the formula in cell %(cell)s gives an empty text or was never calculated; put the day itself there, or "
        "delete the formula where there is no day"
    )
    for number, row in table.body.rows:
        if message := _misplaced(table, row):
            found[number].append((table.shape.number, message))
        for place in sorted(days) if blank else ():
            cell = number - 1, place
            if not row[place] and cell in blank and (number, place) not in table.corrected:
                found[number].append((table.titles[place], lost % {"cell": reference(*cell)}))
    return dict(found)


def other_titles(table: FileTable) -> Iterator[tuple[int, str, str]]:
    """Number, text and error of each row with the column titles of another table."""
    message = _("this row has the column titles of another table; put each table into a file or sheet of its own")
    return ((each.number, each.text, message) for each in table.body.others)


def _misplaced(table: FileTable, row: list[str]) -> str:
    """The error of a row that has an ID number where none belongs; empty for none."""
    place = table.titles.index(table.shape.number) if table.shape and table.shape.number in table.titles else None
    if place is None:
        return ""
    others = [cell for at, cell in enumerate(row) if at != place and row_texts.has_id_number(cell)]
    if others and not row[place]:
        return _("the ID number stands in another cell; if the whole row is in one cell, divide it into its columns")
    if any("\n" in cell or "\t" in cell for cell in others):
        return _("one of its cells holds several rows; put each into a row of its own")
    return ""


def warnings(table: FileTable) -> list[Warned]:
    """Rows that were skipped, what is hidden in the file and was read all the same, and comments."""
    found = list(table.notes)
    if table.shape is None:
        return found
    message = _("the column is hidden in the file; it was read all the same")
    found += [Warned(None, title, message) for title in table.hidden_columns(table.places(table.shape.words))]
    message = (
        _("the row is hidden by a filter in the file; it was read all the same")
        if table.structure.is_filtered
        else _("the row is hidden in the file; it was read all the same")
    )
    found += [Warned(number, "", message) for number in table.hidden]
    message = _("the row is struck through in the file; it is loaded all the same, as was chosen")
    found += [Warned(number, "", message) for number in table.struck_rows if LOAD in table.decided.get(number, ())]
    known = table.places(table.shape.words)
    found += [Warned(None, "", message) for message in table.notes_around(known)]
    for number, place, message in table.comments():
        found.append(Warned(number, table.titles[place] if place in known else "", message))
    found += [
        Warned(each.number, "", _("skipped: %(reason)s") % {"reason": row_kinds.WORDS[each.reason]}, each.text)
        for each in table.body.skipped
        if each.number > table.head.last + 1 and each.reason not in QUIET
    ]
    return found
