"""Corrections of closed months: decided by people, settled by later sheets."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry.models import User
from registry.services import locks, versions
from subsidies.models import Correction, CorrectionState, Hold, Standard
from subsidies.permissions import subdistricts
from subsidies.services.sheets import Refused


@transaction.atomic
def decide(*, correction: Correction, state: CorrectionState, actor: User, reason: str) -> Correction:
    """Accept, defer or write off. What is beyond the clerk's limit is asked of finance. Raises Refused.

    A recovery and a write-off above the Standard's limit take effect when finance decides the same.
    """
    locks.hold(locks.WRITERS)
    correction = Correction.objects.select_for_update(of=("self",)).select_related("subdistrict").get(pk=correction.pk)
    finance = actor.has_perm("subsidies.decide_large_correction")
    permitted = "subsidies.decide_large_correction" if finance else "subsidies.decide_correction"
    if correction.subdistrict not in subdistricts(actor, permitted):
        raise Refused(_("Your post does not include corrections of %(area)s.") % {"area": correction.subdistrict})
    if correction.state == state and not correction.asked:
        raise Refused(
            _("It is %(state)s already, by %(who)s.")
            % {"state": correction.get_state_display(), "who": correction.decided_by}
        )
    if correction.settlements.exists() and state == CorrectionState.DEFERRED:
        raise Refused(_("A part of it is settled; what is left can be written off."))
    if not reason.strip() and state != CorrectionState.ACCEPTED:
        raise Refused(_("Say why."))
    if finance and correction.decided_by_id == actor.pk and correction.asked:
        raise Refused(_("Somebody else has to decide what you asked for."))
    if not finance and is_beyond_clerk(correction, state):
        correction.asked = state
    else:
        correction.state, correction.asked = state, ""
    correction.decided_by, correction.decided_at, correction.reason = actor, timezone.now(), reason.strip()
    versions.save(correction, actor=actor, reason=reason)
    return correction


@transaction.atomic
def decide_all(*, chosen: Iterable[Correction], state: CorrectionState, actor: User, reason: str) -> list[Correction]:
    """Decide all of them alike, or none. Raises Refused, with whose correction it is."""
    decided = []
    for correction in chosen:
        try:
            decided.append(decide(correction=correction, state=state, actor=actor, reason=reason))
        except Refused as refusal:
            raise Refused(f"{correction}: {refusal}") from refusal
    return decided


def clerk_limit() -> Decimal:
    """Yuan up to which a clerk decides a recovery or a write-off, by the Standard in force this month."""
    today = Standard.objects.in_force(Month.of(timezone.localdate()))
    return today.values_list("clerk_limit", flat=True)[0]


def is_beyond_clerk(correction: Correction, state: CorrectionState) -> bool:
    limit = clerk_limit()
    large = abs(correction.difference) > limit
    return large and (
        state == CorrectionState.WRITTEN_OFF or (state == CorrectionState.ACCEPTED and correction.difference < 0)
    )


def take_over(*, survivor, other, actor: User, reason: str) -> None:
    """What was decided of somebody whose record was merged into another's is that one's; the rest is proposed anew."""
    for row in [*Correction.objects.filter(member=other), *Hold.objects.filter(member=other)]:
        if isinstance(row, Correction) and row.state == CorrectionState.PROPOSED:
            versions.remove(row, actor=actor, reason=reason)
        else:
            row.member = survivor  # type: ignore[attr-defined]
            versions.save(row, actor=actor, reason=reason)
