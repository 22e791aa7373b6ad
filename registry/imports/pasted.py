"""Rows copied from a spreadsheet, as a table of the roster's columns."""

from jygroups.lib.file_tables import Table
from jygroups.lib.reader import pasted_rows
from registry.models import ResidentsCommittee, ResidentsGroup

MARKS = {"姓名", "身份证号"}
# The order of the columns where no titles are copied along.
ORDER = ["姓名", "身份证号", "职务", "任职日期", "在职情况", "联系电话", "开户银行", "银行账号"]
MOST_ROWS = 500


def table(text: str, body: ResidentsGroup | ResidentsCommittee) -> Table:
    """The rows under the titles copied along, else in the usual order; an empty place is the body's own."""
    rows = [[cell.strip() for cell in row] for row in pasted_rows(text)]
    rows = [row for row in rows if any(row)][: MOST_ROWS + 1]
    titles = {place for place, row in enumerate(rows[:10]) if {"".join(cell.split()) for cell in row} >= MARKS}
    header, *rest = rows[min(titles) :] if titles else [ORDER, *rows]
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
    return Table([header, *found], 0)
