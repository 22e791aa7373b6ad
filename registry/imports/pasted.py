"""Rows copied from a spreadsheet, as a table of the roster's columns."""

from django.utils.translation import gettext as _

from jygroups.lib.file_tables import Table
from jygroups.lib.reader import pasted_rows
from jygroups.lib.refusals import Refused
from registry.imports import roster_files as rosters
from registry.models import ResidentsCommittee, ResidentsGroup

# The order of the columns where no titles are copied along.
ORDER = ["姓名", "身份证号", "职务", "任职日期", "在职情况", "联系电话", "开户银行", "银行账号"]
MOST_ROWS = 5_000


def table(text: str, body: ResidentsGroup | ResidentsCommittee) -> Table:
    """The rows under the titles copied along, else in the usual order; an empty place is the body's own.

    Raises Refused for more than MOST_ROWS rows.
    """
    rows = [row for row in pasted_rows(text) if any(cell.strip() for cell in row)]
    if titled := Table.found(rows, rosters.SHAPE):
        header, rest = titled.titles, rows[titled.head.last + 1 :]
    else:
        header, rest = ORDER, rows
    if len(rest) > MOST_ROWS:
        words = {"count": f"{len(rest):,}", "most": f"{MOST_ROWS:,}"}
        raise Refused(_("These are %(count)s rows; paste at most %(most)s at once, or upload them as a file.") % words)
    group = body.name if isinstance(body, ResidentsGroup) else ""
    community = body.committee.community if isinstance(body, ResidentsGroup) else body.community
    places = {"社区": community.name, "居民小组": group}
    header = [*header, *(title for title in places if title not in header)]
    width = len(header)
    found = []
    for row in rest:
        cells = [*row, *[""] * width][:width]
        for title, own in places.items():
            cells[header.index(title)] = cells[header.index(title)] or own
        found.append(cells)
    return Table([header, *found], 0, rosters.SHAPE)
