"""The annexes as workbooks to print, sign and file."""

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, Book, Cells, Formula, PrintedSheet
from registry.compliance.annex.queries import Annex


def workbook(annex: Annex) -> bytes:
    """The table with its title, its day, and live sums."""
    with Book(title=annex.title) as book:
        table = PrintedSheet(book, _("Set-up"), annex.title, annex.columns, notes={0: annex.note})
        for row in annex.rows:
            table.add(row)
        if not annex.rows:
            table.sentence(_("There is nothing to list."))
        cells = Cells(table.name, FIRST_ROW, table.row - 1)
        table.add(
            [
                Formula(f"=SUM({cells.address(place)})", value) if isinstance(value, int) and annex.rows else value
                for place, value in enumerate(annex.total)
            ],
            bold=True,
        )
    return book.content
