"""Decisions on corrections of closed months, which later sheets settle."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import User
from registry.records import locks, versions
from subsidies.corrections import proposals
from subsidies.engine import years
from subsidies.models import Correction, CorrectionState, Stage, Standard, State

DECIDES, DECIDES_LARGE = "subsidies.decide_correction", "subsidies.decide_large_correction"
# By stage, the possible decisions.
OPEN_TO = {
    Stage.DECIDE: (CorrectionState.ACCEPTED, CorrectionState.DEFERRED, CorrectionState.WRITTEN_OFF),
    Stage.FINANCE: (CorrectionState.ACCEPTED, CorrectionState.DEFERRED, CorrectionState.WRITTEN_OFF),
    Stage.OPEN: (CorrectionState.DEFERRED, CorrectionState.WRITTEN_OFF),
    Stage.DEFERRED: (CorrectionState.ACCEPTED, CorrectionState.WRITTEN_OFF),
    Stage.WRITTEN_OFF: (),
    Stage.SETTLED: (),
    Stage.LAPSED: (),
}
# The decisions to which the clerk's limit applies: write-offs, and recoveries.
LIMITED = Q(state=CorrectionState.WRITTEN_OFF) | Q(state=CorrectionState.ACCEPTED, difference__lt=0)


def may_decide(user: User, correction: Correction, state: CorrectionState) -> bool:
    """Whether the user may decide so: finance its own questions and the write-off of debts, the clerk all others.

    The correction is one that was asked for `with_debt`.
    """
    is_debt = correction.is_lost and state == CorrectionState.WRITTEN_OFF
    large = user.has_perm(DECIDES_LARGE) and (correction.asked or is_debt)
    return user.has_perm(DECIDES_LARGE if large else DECIDES, correction)


@transaction.atomic
def decide(
    *, correction: Correction, state: CorrectionState, actor: User, reason: str, document: str = ""
) -> Correction:
    """Accept, defer or write off. What needs finance is asked of it when the clerk decides, and finance then decides.

    That is a recovery or write-off beyond the clerk's limit, and the write-off of a debt, for which finance names the
    document; finance need not decide what it is asked. Raises Refused, and Overtaken where facts or payments give
    another difference now.
    """
    locks.hold(locks.WRITERS)
    outdated = proposals.outdated([correction.pk])
    return _decide(correction, state, actor, reason, document, outdated)


def _decide(
    correction: Correction, state: CorrectionState, actor: User, reason: str, document: str, outdated: Collection[int]
) -> Correction:
    rows = Correction.objects.select_for_update(of=("self",)).with_debt().select_related("subdistrict")
    correction = rows.get(pk=correction.pk)
    finance = actor.has_perm(DECIDES_LARGE)
    if not may_decide(actor, correction, state):
        raise Refused(_("Your post does not include corrections of %(area)s.") % {"area": correction.subdistrict})
    if correction.state == state and not correction.asked:
        raise Refused(
            _("It is %(state)s already, by %(who)s.")
            % {"state": correction.get_state_display(), "who": correction.decided_by}
        )
    if state not in OPEN_TO[Stage(correction.stage)]:
        words = {"stage": Stage(correction.stage).label, "state": state.label}
        raise Refused(_("It stands at “%(stage)s”, and can no longer be “%(state)s”.") % words)
    if correction.pk in outdated:
        raise Overtaken(_("It has changed since it was proposed, and is proposed again."))
    under_approval = correction.settlements.filter(line__sheet__state__in=[State.SUBMITTED, State.ENDORSED])
    if sheet := under_approval.values_list("line__sheet__subdistrict__name", flat=True).first():
        text = _("A sheet of %(area)s under approval settles a part of it: decide once it is approved or returned.")
        raise Refused(text % {"area": sheet})
    begun = correction.settlements.exists() or correction.repayments.exists()
    if begun and state == CorrectionState.DEFERRED:
        raise Refused(_("A part of it is settled; what is left can be written off."))
    if not reason.strip() and state != CorrectionState.ACCEPTED:
        raise Refused(_("Give the reason."))
    if finance and correction.decided_by_id == actor.pk and correction.asked:
        raise Refused(_("Somebody else has to decide what you asked for."))
    is_debt = state == CorrectionState.WRITTEN_OFF and correction.is_lost
    if finance and is_debt and not document.strip():
        raise Refused(_("A debt is written off by a document; give its number."))
    if not finance and (is_debt or beyond_clerk([correction], state, actor)):
        correction.asked = state
    else:
        correction.state, correction.asked = state, ""
    correction.decided_by, correction.decided_at, correction.reason = actor, clock.now(), reason.strip()
    correction.document = document.strip() if state == CorrectionState.WRITTEN_OFF else ""
    versions.save(correction, actor=actor, reason=reason)
    return correction


@transaction.atomic
def decide_all(
    *, chosen: Iterable[Correction], state: CorrectionState, actor: User, reason: str, document: str = ""
) -> list[Correction]:
    """Decide all of them alike, or none. Raises Refused or Overtaken, with whose correction it is."""
    locks.hold(locks.WRITERS)
    rows, decided = list(chosen), []
    outdated = proposals.outdated([each.pk for each in rows])
    for correction in rows:
        try:
            decided.append(_decide(correction, state, actor, reason, document, outdated))
        except Refused as refusal:
            raise type(refusal)(f"{correction}: {refusal}") from refusal
    return decided


def clerk_limit() -> Decimal:
    """Yuan up to which a clerk decides a recovery or a write-off, by the Standard in force this month."""
    today = Standard.objects.in_force(Month.of(clock.today()))
    return today.values_list("clerk_limit", flat=True)[0]


def beyond_clerk(chosen: Iterable[Correction], state: CorrectionState, clerk: User) -> dict[int, Decimal]:
    """By correction, the sum above the limit for which the clerk, deciding these in order, needs finance (rules.md §5).

    The sum, in yuan, is the act's with all that the clerk wrote off or recovered for the person in the last twelve
    months: after the same day last year, that day exclusive, up to today inclusive.
    """
    limit, found = clerk_limit(), {}
    acts = [each for each in chosen if _is_limited(each, state)]
    since = years.anniversary(clock.today(), -1)
    done: dict[int, Decimal] = defaultdict(Decimal)
    earlier = Correction.objects.filter(LIMITED, decided_by=clerk, decided_at__date__gt=since, asked="")
    earlier = earlier.filter(member__in=[each.member_id for each in acts])
    for row in earlier.exclude(pk__in=[each.pk for each in acts]):
        done[row.member_id] += abs(row.difference)
    for each in acts:
        together = done[each.member_id] + abs(each.difference)
        if together > limit:
            found[each.pk] = together
        else:
            done[each.member_id] = together
    return found


def _is_limited(correction: Correction, state: CorrectionState) -> bool:
    return state == CorrectionState.WRITTEN_OFF or (state == CorrectionState.ACCEPTED and correction.difference < 0)
