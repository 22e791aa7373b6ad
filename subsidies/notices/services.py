"""Public notices: a community's list posted, objections recorded and answered, and the notice closed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import Community, User
from registry.records import files, locks, versions
from subsidies.models import Notice, NoticePhoto, NoticeResult, Objection, ObjectionOutcome, Sheet
from subsidies.month import notice_states


def check_days(sheet: Sheet, posted_on: date, until: date, *, since: date | None = None) -> None:
    """Raises Refused when a list cannot have been posted on these days; `since` is the day recorded so far."""
    computed = timezone.localdate(sheet.computed_at)
    earliest = min(computed, since) if since else computed
    if posted_on > clock.today():
        raise Refused(_("The day of posting is still to come."))
    if posted_on < earliest:
        words = {"day": date_format(computed, "Y-m-d")}
        raise Refused(_("The list was computed on %(day)s; it cannot have been posted before that.") % words)
    days, needed = (until - posted_on).days + 1, max(1, sheet.standard.notice_days)
    if days < needed:
        text = ngettext(
            "The list has to hang for at least %(count)s day, the first and the last included.",
            "The list has to hang for at least %(count)s days, the first and the last included.",
            needed,
        )
        raise Refused(text % {"count": needed})


@transaction.atomic
def post(
    *,
    sheet: Sheet,
    communities: Collection[Community],
    place: str,
    posted_on: date,
    until: date,
    photos: Iterable[files.Taken] = (),
    actor: User,
) -> list[Notice]:
    """Post the lists of these communities from `posted_on` to `until`, both inclusive, all or none. Raises Refused."""
    locks.hold(locks.WRITERS)  # no list changes while it is recorded as posted
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("standard").get(pk=sheet.pk)
    check_days(sheet, posted_on, until)
    own, found = notice_states.posted_by(actor), notice_states.of(sheet)
    notices = []
    for community in communities:
        if community.pk not in own:
            raise Refused(_("Your post does not include posting the list of %(area)s.") % {"area": community})
        posting = found.get(community.pk)
        if posting is None:
            raise Refused(_("Nobody of %(area)s is paid on this sheet; nothing is posted.") % {"area": community})
        if not posting.to_post:
            raise Refused(_("The list of %(area)s is posted already.") % {"area": community})
        days = {"place": place, "posted_on": posted_on, "until": until}
        notices.append(Notice(sheet=sheet, community=community, digest=posting.digest, posted_by=actor, **days))
    reason = _("list posted")
    versions.create(notices, actor=actor, reason=reason)
    rows = [NoticePhoto(notice=notice, **files.stored(photo, actor)) for photo in photos for notice in notices]
    versions.create(rows, actor=actor, reason=reason)
    return notices


@transaction.atomic
def change(notice: Notice, *, photos: Iterable[files.Taken] = (), actor: User) -> None:
    """Save a changed place or days, and further photos. Raises Refused."""
    was = _open(notice, actor)
    check_days(was.sheet, notice.posted_on, notice.until, since=was.posted_on)
    versions.save(notice, actor=actor, reason=_("notice changed"))
    rows = [NoticePhoto(notice=notice, **files.stored(photo, actor)) for photo in photos]
    versions.create(rows, actor=actor, reason=_("photo added"))


def close(notice: Notice, *, actor: User) -> Notice:
    """Close one notice with its result. Raises Refused before its last day or with an open objection."""
    return close_all([notice], actor=actor)[0]


@transaction.atomic
def close_all(notices: Collection[Notice], *, actor: User) -> list[Notice]:
    """The same for several, for all of them or none."""
    locks.hold(locks.WRITERS)  # no list changes while its notice is judged
    rows = list(_locked().filter(pk__in=[notice.pk for notice in notices]).order_by("community__code"))
    own = notice_states.posted_by(actor)
    for row in rows:
        _check(row, own)
    for row, problems, outcomes in judged(rows):
        if problems:
            raise Refused(" ".join([f"{row.community}: {problems[0]}", *problems[1:]] if len(rows) > 1 else problems))
        if ObjectionOutcome.UPHELD in outcomes:
            row.result = NoticeResult.UPHELD if row.sheet.is_final else NoticeResult.CORRECTED
        else:
            row.result = NoticeResult.ANSWERED if outcomes else NoticeResult.NO_OBJECTION
        row.closed_by, row.closed_on = actor, clock.today()
    versions.update(rows, fields=["result", "closed_by", "closed_on"], actor=actor, reason=_("notice closed"))
    return rows


def unfinished(notice: Notice) -> list[str]:
    """Why a notice cannot be closed yet; empty when it can."""
    [(_notice, problems, _outcomes)] = judged([notice])
    return problems


def judged(notices: Collection[Notice]) -> Iterator[tuple[Notice, list[str], list[str]]]:
    """Each notice, why it cannot be closed yet, and the outcomes of its objections, empty for those that wait."""
    outcomes: dict[int, list[str]] = defaultdict(list)
    for key, outcome in Objection.objects.filter(notice__in=notices).values_list("notice", "outcome"):
        outcomes[key].append(outcome)
    drafts = {notice.sheet for notice in notices if not notice.sheet.is_final}
    postings = (
        notice_states.postings(drafts) if any(ObjectionOutcome.UPHELD in found for found in outcomes.values()) else {}
    )
    for notice in notices:
        posting = postings.get(notice.sheet_id, {}).get(notice.community_id)
        unchanged = posting is not None and posting.digest == notice.digest
        yield notice, list(_problems(notice, outcomes[notice.pk], unchanged=unchanged)), outcomes[notice.pk]


def _problems(notice: Notice, outcomes: list[str], *, unchanged: bool) -> Iterator[str]:
    if clock.today() <= notice.until:
        words = {"day": date_format(notice.until, "Y-m-d")}
        yield _("The list hangs until %(day)s; the notice is closed after that.") % words
    if notice.days < notice.sheet.standard.notice_days:
        needed = {"count": notice.sheet.standard.notice_days}
        yield _("The list has to hang for %(count)s days: change its last day.") % needed
    if waiting := outcomes.count(""):
        text = ngettext("%(count)s objection waits for an answer.", "%(count)s objections wait for an answer.", waiting)
        yield text % {"count": waiting}
    if unchanged and ObjectionOutcome.UPHELD in outcomes:
        yield _(
            "An objection was upheld, and the list is as it was: correct the record, have the sheet "
            "computed again, and post the corrected list."
        )


@transaction.atomic
def record_objection(objection: Objection, *, actor: User) -> None:
    """Save a new or corrected objection. Raises Refused once the notice is closed."""
    notice = _open(objection.notice, actor)
    if not notice.posted_on <= objection.received_on <= clock.today():
        raise Refused(_("The objection came between the day of posting and today."))
    if objection.pk is None:
        objection.received_by = actor
    versions.save(objection, actor=actor, reason=_("objection recorded"))


@transaction.atomic
def answer(objection: Objection, *, outcome: str, answer: str, answered_on: date, actor: User) -> None:
    """Answer an objection, or correct its answer. Raises Refused once the notice is closed."""
    _open(objection.notice, actor)
    if not objection.received_on <= answered_on <= clock.today():
        raise Refused(_("The answer was given between the day the objection came and today."))
    objection.outcome, objection.answer, objection.answered_on = outcome, answer, answered_on
    objection.answered_by = actor
    versions.save(objection, actor=actor, reason=_("objection answered"))


def _locked():
    return Notice.objects.select_for_update(of=("self",)).select_related("sheet__standard", "community")


def _open(notice: Notice, actor: User) -> Notice:
    """The notice as it is stored, locked. Raises Refused when it is closed or not the actor's."""
    notice = _locked().get(pk=notice.pk)
    _check(notice, notice_states.posted_by(actor))
    return notice


def _check(notice: Notice, own: frozenset[int]) -> None:
    if notice.community_id not in own:
        raise Refused(_("Your post does not include posting the list of %(area)s.") % {"area": notice.community})
    if notice.closed_on:
        words = {"day": date_format(notice.closed_on, "Y-m-d")}
        raise Refused(_("The notice was closed on %(day)s; nothing of it is changed any more.") % words)
