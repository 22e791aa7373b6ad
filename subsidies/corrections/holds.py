"""Holds: months of a person that are not paid until the hold is released."""

from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Member, User
from registry.records import locks, versions
from subsidies.corrections import proposals
from subsidies.models import CLOSED_STATES, Hold, Release, SheetLine


def holdable_by(user: User):
    """The people whose payments the user may hold: those with a present or former office in the user's area."""
    offices = Appointment.objects.visible_to(user, "subsidies.hold_payment")
    return Member.objects.visible_to(user).filter(pk__in=offices.values("member"))


def _check_holder(user: User, member) -> None:
    if not holdable_by(user).filter(pk=member.pk).exists():
        raise Refused(_("Your post does not include holding back the payments of %(name)s.") % {"name": member.name})


@transaction.atomic
def hold(*, member, first: Month, last: Month | None, reason: str, actor: User) -> Hold:
    """Hold the person's payments from a month on. Raises ValidationError, or Refused for a closed month."""
    locks.hold(locks.WRITERS)
    check_hold(member=member, first=first, actor=actor)
    row = Hold(
        member=member, first_month=first.first_day, last_month=last.first_day if last else None, reason=reason, by=actor
    )
    versions.save(row, actor=actor, reason=reason)
    return row


def check_hold(*, member, first: Month, actor: User) -> None:
    """Raises Refused when the person's payments cannot be held from the month on."""
    _check_holder(actor, member)
    if Hold.objects.filter(member=member, release="").exists():
        raise Refused(_("A hold on %(name)s stands already; release it first.") % {"name": member.name})
    closed = SheetLine.objects.of_people([member.pk]).filter(sheet__state__in=CLOSED_STATES)
    if closed.filter(month__gte=first.first_day).exists():
        raise Refused(_("A month from %(month)s on is closed; hold payments from a later one.") % {"month": first})


@transaction.atomic
def release(*, hold: Hold, pay: bool, last: Month, reason: str, actor: User) -> Hold:
    """End the hold with its last month (inclusive), and propose the corrections that pay closed months not held now.

    These are the months after the last and, if `pay`, the held ones.
    """
    locks.hold(locks.WRITERS)
    hold = Hold.objects.select_for_update(of=("self",)).select_related("released_by", "member").get(pk=hold.pk)
    _check_holder(actor, hold.member)
    if hold.release:
        raise Refused(_("It was released already, by %(who)s.") % {"who": hold.released_by})
    if hold.last_month and last.first_day > hold.last_month:
        raise Refused(
            _("The hold ends with %(month)s; it cannot be released later.")
            % {"month": Month.of(hold.last_month).in_words}
        )
    hold.release = Release.PAY if pay else Release.FORFEIT
    hold.last_month = last.first_day
    hold.released_by, hold.released_at, hold.release_reason = actor, clock.now(), reason
    versions.save(hold, actor=actor, reason=reason)
    proposals.propose(actor=actor, members=[hold.member_id])
    return hold
