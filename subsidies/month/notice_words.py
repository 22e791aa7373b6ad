"""What a posted list states of itself: how long it hangs, and how to object. The same words on page and workbook."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.shown import day
from subsidies.month.notice_states import Posting


def hanging_and_objections(postings: Iterable[Posting], *, days: int, office: str) -> list[str]:
    """The sentences; `days` count for lists that are not posted, and `office` takes the objections."""
    notices = {posting.community.name: None if posting.to_post else posting.notice for posting in postings}
    periods: dict[tuple | None, list[str]] = defaultdict(list)
    for name, notice in notices.items():
        periods[(notice.posted_on, notice.until) if notice else None].append(name)
    places = {notice.place if notice else "" for notice in notices.values()}
    place = places.pop() if len(places) == 1 else ""
    found = []
    for period, names in (periods or {None: []}).items():
        text = _period(period, place) if period else _days(days)
        about = {"names": _(", ").join(names), "text": text}
        found.append(_("%(names)s: %(text)s") % about if len(periods) > 1 else text)
    text = _("Objections are taken by %(office)s within that time, in person, by phone or by letter.")
    return [*found, text % {"office": office}]


def _period(period: tuple, place: str) -> str:
    about = {"first": day(period[0]), "last": day(period[1]), "place": place}
    if place:
        return _("This list hangs at %(place)s from %(first)s to %(last)s.") % about
    return _("This list hangs from %(first)s to %(last)s.") % about


def _days(days: int) -> str:
    text = ngettext(
        "This list hangs for %(days)s day from the day of posting.",
        "This list hangs for %(days)s days from the day of posting.",
        days,
    )
    return text % {"days": days}
