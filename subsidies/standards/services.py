"""Standards: the one that comes with the project; drafted by civil affairs, put into force by finance."""

import json
from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import User
from registry.records import locks, versions
from subsidies.models import Rate, Standard, Standing


@transaction.atomic
def load_missing() -> None:
    """Add the first Standard to a database without any."""
    if Standard.objects.exists():
        return
    for row in json.loads((settings.BASE_DIR / "fixtures" / "standards.json").read_text(encoding="utf-8")):
        rates = row.pop("rates")
        standard = Standard(**row, state=Standing.IN_FORCE)
        versions.create([standard], actor=None, reason="setup")
        rows = [Rate(standard=standard, position=position, amount=amount) for position, amount in rates.items()]
        versions.create(rows, actor=None, reason="setup")


@transaction.atomic
def draft(*, standard: Standard, rates: Mapping[str, Decimal | None], actor: User) -> Standard:
    """Save a draft, a new one or one being changed, with the yuan of each position (None: it is not paid)."""
    _check(standard)
    new = standard.pk is None
    if new:
        standard.drafted_by = actor
    reason = _("drafted") if new else _("draft changed")
    versions.save(standard, actor=actor, reason=reason)
    stored = {rate.position: rate for rate in standard.rates.all()}
    for position, amount in rates.items():
        rate = stored.get(position)
        if amount is None:
            if rate:
                versions.remove(rate, actor=actor, reason=reason)
        elif rate is None or rate.amount != amount:
            rate = rate or Rate(standard=standard, position=position)
            rate.amount = amount
            versions.save(rate, actor=actor, reason=reason)
    return standard


@transaction.atomic
def discard(*, standard: Standard, actor: User) -> None:
    """Delete a draft. Raises Refused once it was put into force."""
    standard = Standard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    _check(standard)
    reason = _("draft discarded")
    versions.remove(standard, actor=actor, reason=reason, parts=standard.rates.all())


@transaction.atomic
def adopt(*, standard: Standard, version: int, actor: User) -> Standard:
    """Put a draft into force as it was shown: in the version given. Raises Refused.

    The user who drafted it does not put it into force. Drafts of sheets are computed again by it; what it changes in
    closed months is proposed as corrections.
    """
    locks.hold(locks.WRITERS)  # no sheet is computed or closed concurrently
    standard = Standard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    _check(standard)
    if standard.drafted_by_id == actor.pk:
        raise Refused(_("You drafted this Standard; somebody else has to put it into force."))
    if standard.version != version:
        raise Refused(_("The draft has been changed; check it again."))
    if Standard.objects.adopted().filter(effective_month=standard.effective_month).exists():
        raise Refused(_("Another Standard is in force from this month on; choose another month."))
    if not standard.rates.exists():
        raise Refused(_("The draft has no rate: nobody would be paid."))
    standard.state, standard.in_force_by, standard.in_force_at = Standing.IN_FORCE, actor, clock.now()
    versions.save(standard, actor=actor, reason=_("put into force"))
    return standard


def _check(standard: Standard) -> None:
    if not standard.is_draft:
        raise Refused(_("It is in force since %(day)s and is not changed any more; draft a new one.") % {
            "day": standard.effective_month,
        })  # fmt: skip
