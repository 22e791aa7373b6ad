"""What an import has to say of a file: where, what, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.file_tables import Table
from jygroups.lib.sheets import fit_columns, safe_workbook

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Finding:
    """A problem, which refuses the file, or a warning, which does not."""

    row: int | None  # its number in the file; None for the file as a whole
    column: str
    value: str
    message: str  # what is wrong and what cures it
    is_warning: bool = False

    def __str__(self):
        where = _("row %(row)s") % {"row": self.row} if self.row else _("file")
        value = " ".join(self.value.split())
        value = value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
        return " · ".join(part for part in (where, self.column, value, self.message) if part)


def summed_up(findings: Iterable[Finding]) -> list[str]:
    """A line for each finding, alike ones about many rows in one line with the first row and their count."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.column, finding.message), []).append(finding)
    return [
        str(first)
        if not others
        else f"{first} "
        + ngettext("(and %(count)s row more)", "(and %(count)s rows more)", len(others)) % {"count": len(others)}
        for first, *others in alike.values()
    ]


def grouped(findings: Iterable[Finding]) -> list[tuple[int | None, str, str, bool]]:
    """Row, column, message and whether it is a warning; alike ones once, with the first row and how many more."""
    alike: dict[tuple[str, str, bool], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.column, finding.message, finding.is_warning), []).append(finding)
    found = []
    for (column, message, is_warning), (first, *others) in alike.items():
        if others:
            more = ngettext("(and %(count)s row more)", "(and %(count)s rows more)", len(others))
            message = f"{message} {more % {'count': len(others)}}"
        elif first.value:
            message = f"{message} {first.value}"
        found.append((first.row, column, message, is_warning))
    return found


def write_report(table: Table, findings: Iterable[Finding], target: Path | BinaryIO) -> None:
    """The table again as a workbook, each finding beside its row and as a note on its cell."""
    by_row: dict[int | None, list[Finding]] = {}
    for finding in findings:
        by_row.setdefault(finding.row, []).append(finding)
    places = {title: place for place, title in enumerate(table.titles)}
    with safe_workbook(target) as workbook:
        sheet = workbook.add_worksheet()
        bold = workbook.add_format({"bold": True})
        wrong = workbook.add_format({"bg_color": "#f8d7da"})
        unusual = workbook.add_format({"bg_color": "#fff3cd"})
        beside = max(len(row) for row in table.rows)
        for place, row in enumerate(table.rows):
            sheet.write_row(place, 0, row, bold if place == table.header else None)
            for finding in by_row.get(place + 1, []):
                if (column := places.get(finding.column)) is not None:
                    value = row[column] if column < len(row) else ""
                    sheet.write(place, column, value, unusual if finding.is_warning else wrong)
                    sheet.write_comment(place, column, finding.message)
            sheet.write(place, beside, "; ".join(f"{f.column}: {f.message}" for f in by_row.get(place + 1, [])))
        general = [finding.message for finding in by_row.get(None, [])]
        sheet.write(table.header, beside, "; ".join([_("Findings"), *general]), bold)
        sheet.freeze_panes(table.header + 1, 0)
        fit_columns(sheet, table.rows[table.header :])
        sheet.set_column(beside, beside, 60)
