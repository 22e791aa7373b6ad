"""The state of each community's public notice of a month, compared with the present list."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib import clock
from registry.models import Community, User
from registry.records import seal_keys
from subsidies.models import Notice, Sheet, SheetLine, State
from subsidies.month import seal_limits

POST = "subsidies.post_notice"
DAYS = 7  # of a posting, where the Standard requires none
# What is posted of a line, and what a notice's digest covers: accounts are not posted.
LIST = ("sheet", "community", "member", "name", "group", "position", "net")


def days_of(sheet: Sheet) -> int:
    """The days that the sheet's lists are posted for: what its Standard requires, or the usual."""
    return sheet.standard.notice_days or DAYS


class NoticeState(models.TextChoices):
    """The state of a community's list of a month."""

    NOT_POSTED = "not_posted", _("not posted")
    OUTDATED = "outdated", _("to be posted again")  # it changed since, or was posted for too few days
    OBJECTED = "objected", _("an objection waits")
    HANGING = "hanging", pgettext_lazy("a public notice", "posted")
    OVER = "over", _("period over, to be closed")
    FINISHED = "finished", pgettext_lazy("a public notice", "finished")


MEANINGS = {
    NoticeState.NOT_POSTED: "others",
    NoticeState.OUTDATED: "wrong",
    NoticeState.OBJECTED: "wrong",
    NoticeState.HANGING: "others",
    NoticeState.OVER: "you",
    NoticeState.FINISHED: "done",
}


@dataclass
class Posting:
    """One community's list of a sheet, its newest notice, and its state."""

    community: Community
    digest: str
    people: int
    net: Decimal
    notice: Notice | None
    needed: int  # days the sheet's Standard asks for; 0: approval does not wait
    today: date

    @property
    def state(self) -> NoticeState:
        notice = self.notice
        if notice is None:
            return NoticeState.NOT_POSTED
        if notice.digest != self.digest or (notice.is_closed and notice.days < self.needed):
            return NoticeState.OUTDATED
        if notice.is_closed:
            return NoticeState.FINISHED
        if notice.open_objections:
            return NoticeState.OBJECTED
        return NoticeState.HANGING if self.today <= notice.until else NoticeState.OVER

    @property
    def meaning(self) -> str:
        return MEANINGS[self.state]

    @property
    def to_post(self) -> bool:
        return self.state in (NoticeState.NOT_POSTED, NoticeState.OUTDATED)


def postings(sheets: Iterable[Sheet], today: date | None = None) -> dict[int, dict[int, Posting]]:
    """By sheet and community with people to be paid, the state of its list; four queries."""
    today = today or clock.today()
    sheets = list(sheets)
    keys = [sheet.pk for sheet in sheets]
    lists: dict[tuple[int, int], list[tuple]] = defaultdict(list)
    lines = SheetLine.objects.filter(sheet__in=keys, net__gt=0).order_by("sheet", "community__code", "ordinal")
    for sheet, community, *of_line in lines.values_list(*LIST):
        lists[sheet, community].append(tuple(of_line))
    notices: dict[tuple[int, int], list[Notice]] = defaultdict(list)
    for notice in counted(Notice.objects.filter(sheet__in=keys)).order_by("id"):
        notices[notice.sheet_id, notice.community_id].append(notice)
    communities = Community.objects.in_bulk({community for _sheet, community in lists})
    needed = dict(Sheet.objects.filter(pk__in=keys).values_list("pk", "standard__notice_days"))
    sheets_by_key = {sheet.pk: sheet for sheet in sheets}
    found: dict[int, dict[int, Posting]] = {key: {} for key in sheets_by_key}
    for (sheet, community), rows in lists.items():
        until = seal_limits.lines(sheets_by_key[sheet])
        digest, *former = seal_keys.digests(rows, until)
        of_community = notices[sheet, community]
        newest = next((each for each in reversed(of_community) if each.digest in (digest, *former)), None)
        found[sheet][community] = Posting(
            communities[community],
            newest.digest if newest else digest,
            people=len(rows),
            net=sum((row[-1] for row in rows), Decimal(0)),
            notice=newest or (of_community[-1] if of_community else None),
            needed=needed[sheet],
            today=today,
        )
    return found


def counted(notices):
    """The notices with the number of objections, and of those without an answer."""
    return notices.annotate(
        all_objections=Count("objections"), open_objections=Count("objections", Q(objections__answered_on=None))
    )


def of(sheet: Sheet) -> dict[int, Posting]:
    """By community, the state of its list of one sheet."""
    return postings([sheet])[sheet.pk]


def visible(user: User, sheet: Sheet) -> list[Posting]:
    """The states of the lists visible to the user, in the order of the communities' codes."""
    readable = user.community_keys()
    return [each for key, each in of(sheet).items() if key in readable]


def counts(found: Iterable[Posting]) -> list[tuple[NoticeState, str, int]]:
    """Each state that occurs, with its meaning and how many lists are in it."""
    number = Counter(each.state for each in found)
    return [(state, MEANINGS[state], number[state]) for state in NoticeState if number[state]]


def unposted(sheets: Iterable[Sheet]) -> dict[int, list[str]]:
    """By sheet whose Standard requires notices, the communities whose notice is not finished."""
    waiting = list(Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets], standard__notice_days__gt=0))
    if not waiting:
        return {}
    return {
        sheet: [each.community.name for each in of_sheet.values() if each.state != NoticeState.FINISHED]
        for sheet, of_sheet in postings(waiting).items()
    }


def posted_by(user: User) -> frozenset[int]:
    """The communities whose lists the user posts."""
    return user.community_keys(POST)


def pending(user: User) -> list[Sheet]:
    """The sheets of which a list may have to be posted, closed, or its objections answered."""
    on_their_way = Q(state__in=[State.SUBMITTED, State.ENDORSED], standard__notice_days__gt=0)
    begun = Q(pk__in=Notice.objects.visible_to(user).filter(closed_on=None).order_by().values("sheet"))
    rows = Sheet.objects.visible_to(user).filter(on_their_way | begun)
    return list(rows.select_related("subdistrict").order_by("month", "subdistrict__code"))
