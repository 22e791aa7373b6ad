"""To-do lines of public notices: lists to post, notices to close, objections to answer."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry.models import User
from registry.records.todo import Line, Urgency, source
from subsidies.models import Sheet
from subsidies.month import notice_states
from subsidies.month.approval_flow import few
from subsidies.month.notice_states import NoticeState, Posting


@source(30)
def lines(user: User, today: date) -> list[Line]:
    """For users who post lists, one line per month and act for all communities concerned."""
    own = notice_states.posted_by(user)
    if not own:
        return []
    sheets = notice_states.pending(user)
    found: list[Line] = []
    postings = notice_states.postings(sheets)
    for sheet in sheets:
        found += _of(sheet, [each for key, each in postings[sheet.pk].items() if key in own])
    return found


def _of(sheet: Sheet, postings: list[Posting]) -> Iterator[Line]:
    args = [Month.of(sheet.month), sheet.subdistrict.code]
    month = date_format(sheet.month, "YEAR_MONTH_FORMAT")
    texts = {
        NoticeState.NOT_POSTED: (Urgency.YOU, _("%(names)s, %(month)s: the list is to be posted"), _("Post the list")),
        NoticeState.OUTDATED: (
            Urgency.WRONG,
            _("%(names)s, %(month)s: the list has changed since it was posted; post it again"),
            _("Post the list"),
        ),
        NoticeState.OBJECTED: (
            Urgency.WRONG,
            _("%(names)s, %(month)s: an objection to the list waits for an answer"),
            _("Answer"),
        ),
        NoticeState.OVER: (
            Urgency.YOU,
            _("%(names)s, %(month)s: the public notice has hung long enough; close it"),
            _("Close the notice"),
        ),
    }
    for state, (urgency, text, act) in texts.items():
        concerned = [each for each in postings if each.state == state and _asks(sheet, each)]
        if not concerned:
            continue
        url = reverse("notices", args=args)
        if concerned[0].to_post:
            url = reverse("notices-post", args=args)
        elif state == NoticeState.OVER and len(concerned) > 1:
            url = reverse("notices-close", args=args)
        elif len(concerned) == 1 and concerned[0].notice:
            url = concerned[0].notice.get_absolute_url()
        yield Line(
            urgency, text % {"names": few([each.community.name for each in concerned]), "month": month}, url, act
        )


def _asks(sheet: Sheet, posting: Posting) -> bool:
    """Whether the list has to be posted now: not while a draft may change, nor without the Standard's parameter."""
    return not posting.to_post or (not sheet.is_draft and (posting.needed > 0 or posting.notice is not None))
