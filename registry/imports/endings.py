"""Ends of office as the rows of a roster have them."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from jygroups.lib.cells import is_nothing
from jygroups.lib.spreadsheets.file_tables import REMARK
from registry.imports import columns, leaving

MOST_AHEAD = 366  # days


def check(row, stored: Callable, today: date, comments: Sequence[str] = (), *, are_remarks: bool = False) -> None:
    """Report an end of office that stands elsewhere than in its own column, or means less than it seems to.

    `stored` gives what the register has in a field of a record. `comments` are those of the row's cells. With
    `are_remarks` the user has decided that these texts are plain remarks.
    """
    office = row.office
    reason, note = row.cells.get("离任原因") or "", row.cells.get("备注") or ""
    found = [("离任原因", reason)] if any(map(str.isdigit, reason)) else []  # without a day it is left out
    found += [("备注", note)] if office.note != stored(office, "note") else []
    found += [("", text) for text in comments]
    for column, text in found if office.first_day and not office.last_day and "离任日期" not in row.errors else ():
        if not leaving.left_since(text, office.first_day, today):
            continue
        if are_remarks:
            message = _("it is taken as a plain remark, as was chosen: the person stays in office")
            row.warn(column, message)
            continue
        message = _(
            "it seems to mean that the person has left office, while 离任日期 has no day; put the day there, or choose "
            "that it is a plain remark"
        )
        if not column:
            message = _(
                "a comment or note seems to mean that the person has left office, while 离任日期 has no day; put the "
                "day there, or choose that it is a plain remark"
            )
        row.refuse(column, message)
        row.asks = row.asks or REMARK
    if office.end_reason and not office.last_day:
        columns.unwarn(row.cells, "离任原因")
        row.warn("离任原因", _("a reason without a last day is left out: the person stays in office"))
        office.end_reason = stored(office, "end_reason") or ""
    if office.last_day and office.last_day > today + timedelta(days=MOST_AHEAD):
        row.warn("离任日期", _("the day is more than a year ahead; check the year"))
    if office.pk and office.last_day and is_nothing(row.cells.get("离任日期", "?"), until_now=True):
        row.warn("离任日期", _("the register ends this office on %(day)s; that stays") % {"day": office.last_day})
