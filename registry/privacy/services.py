"""Erasing what is over its period: proposed by one user, agreed to by another, carried out part by part.

Each part is whole or not at all. What stopped goes on where it was with
`manage.py erase_due --apply`.
"""

from collections import Counter
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import ERASURE_STEPS, Act, ErasedRow, Erasure, ErasureState, ProvisionKey, User
from registry.models.erasures import OPEN
from registry.provisions import retention
from registry.provisions.retention import Reason
from registry.records import audit, locks, versions
from registry.records.workflow import Workflow

PROPOSE, AGREE = (ERASURE_STEPS[step].permission for step in (ErasureState.PROPOSED, ErasureState.AGREED))
BATCH = 500  # people, or other rows, in one transaction


class ErasureWorkflow(Workflow[Erasure]):
    def save(self, step, record, actor, comment):
        now = clock.now()
        if step == ErasureState.DONE:
            record.done_at = now
        else:
            record.answered_at = now
            record.refusal = comment.strip() if step == ErasureState.REFUSED else ""
        super().save(step, record, actor, comment)


ERASURES = ErasureWorkflow(Erasure, ERASURE_STEPS, related=("proposed_by", "answered_by"))


@transaction.atomic
def propose(key: str, *, purpose: str, actor: User) -> Erasure:
    """List what is due by the rule today, for a second user to agree to. Raises Refused."""
    locks.hold(locks.WRITERS)
    rule, period = retention.rule_of(key), retention.periods().get(key)
    if period is None or rule.erase is None:
        raise Refused(_("Nothing is erased by this rule."))
    if Erasure.objects.filter(rule=key, state__in=OPEN).exists():
        raise Refused(_("Another erasure by this rule is open; it is answered or carried out first."))
    due = {row.pk: row.since for row in rule.due(period.until).only("pk")}
    if not due:
        raise Refused(_("Nothing is due by this rule today."))
    row = Erasure(
        rule=key,
        period=period.provision.words,
        clause=period.provision.clause,
        until=period.until,
        purpose=purpose,
        proposed_by=actor,
    )
    versions.save(row, actor=actor, reason=_("Erasure proposed"))
    whole = {**{pk: pk for pk in due}, **rule.parts(due.keys())}
    rows = [ErasedRow(erasure=row, subject=pk, whole=owner, since=due[owner]) for pk, owner in whole.items()]
    ErasedRow.objects.bulk_create(rows, batch_size=BATCH)
    _log(row, actor, what="proposed", rows=len(rows))
    ERASURES.record(ErasureState.PROPOSED, row, "", actor=actor)
    return row


def agree(erasure: Erasure, *, seen: int, actor: User) -> None:
    """Agree, as another than who proposed it. Raises Overtaken, Refused."""
    ERASURES.take(ErasureState.AGREED, erasure, actor=actor, seen=seen)


def refuse(erasure: Erasure, *, seen: int, comment: str, actor: User) -> None:
    """Refuse with a reason; who proposed it withdraws it so. Raises Overtaken, Refused, ValidationError."""
    with transaction.atomic():
        ERASURES.take(ErasureState.REFUSED, erasure, actor=actor, seen=seen, comment=comment)
        _log(erasure, actor, what="refused", rows=erasure.rows.count(), reason=erasure.refusal)


def carry_out(erasure: Erasure) -> Counter[str]:
    """Erase what two users agreed to and is still due, each part in a transaction of its own; the figures."""
    found: Counter[str] = Counter()
    while part := _carry_out_part(erasure.pk):
        found += part
    return found


@transaction.atomic
def _carry_out_part(key: int) -> Counter[str]:
    """The next part; after the last one the erasure is done. Empty where nothing is left to do."""
    locks.hold(locks.WRITERS)
    erasure = Erasure.objects.select_for_update(of=("self",)).select_related("answered_by").get(pk=key)
    if erasure.state != ErasureState.AGREED:
        return Counter()
    rule = retention.rule_of(erasure.rule)
    rows = list(erasure.rows.filter(erased_at=None).order_by("whole", "subject")[:BATCH])
    if not rows:
        ERASURES.take(ErasureState.DONE, erasure, actor=None)
        return Counter()
    due = set(rule.due(erasure.until).filter(pk__in={row.whole for row in rows}).values_list("pk", flat=True))
    parts = rule.parts(due)
    taken = [row for row in rows if row.whole in due and (row.subject == row.whole or row.subject in parts)]
    with override(settings.LANGUAGE_CODE):
        words = _("Erased: %(rule)s") % {"rule": erasure.get_rule_display()}
    assert rule.erase
    reason = Reason(erasure.rule, erasure.answered_by, words)
    figures = rule.erase([row.subject for row in taken], reason) if taken else Counter()
    now, keys = clock.now(), {row.pk for row in taken}
    for row in rows:
        row.erased_at, row.is_left_out = now, row.pk not in keys
    ErasedRow.objects.bulk_update(rows, ["erased_at", "is_left_out"], batch_size=BATCH)
    figures += Counter(rows=len(taken), left_out=len(rows) - len(taken))
    _log(erasure, erasure.answered_by, what="erased", **figures)
    return figures


def _log(erasure: Erasure, actor: User | None, **details) -> None:
    """An entry without any value of those erased: which rule, how many, by whose proposal and why."""
    audit.record(
        Act.ERASE,
        str(erasure.get_rule_display()),
        user=actor,
        erasure=erasure.pk,
        period=erasure.period,
        clause=erasure.clause,
        proposed_by=erasure.proposed_by.username,
        purpose=erasure.purpose,
        **details,
    )


def sweep() -> dict[ProvisionKey, int]:
    """Erase what goes by itself once its period is over; by rule, how many rows that were."""
    periods, found = retention.periods(), {}
    for rule in retention.rules():
        if rule.sweep and (period := periods.get(rule.key)):
            found[rule.key] = _swept(rule, period.until, period.provision)
    return found


@transaction.atomic
def _swept(rule: retention.Rule, until: date, provision) -> int:
    assert rule.sweep
    count = rule.sweep(until)
    if count:
        details = {"period": provision.words, "clause": provision.clause, "rows": count}
        audit.record(Act.ERASE, str(rule.key.label), what="erased", **details)
    return count
