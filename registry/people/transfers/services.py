"""Transfers between subdistricts: sent, then accepted, declined or withdrawn, once."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import (
    TRANSFER_STEPS,
    Act,
    Appointment,
    Member,
    ResidentsCommittee,
    ResidentsGroup,
    Transfer,
    TransferState,
    User,
)
from registry.people.offices import services as offices
from registry.records import audit, locks, versions
from registry.records.workflow import Workflow

SEND, ANSWER = (TRANSFER_STEPS[step].permission for step in (TransferState.SENT, TransferState.ACCEPTED))


class TransferWorkflow(Workflow[Transfer]):
    def save(self, step, record, actor, comment):
        record.ended_at, record.reason = clock.now(), comment.strip()
        super().save(step, record, actor, comment)


TRANSFERS = TransferWorkflow(
    Transfer,
    TRANSFER_STEPS,
    related=(
        "member__community", "kept_by", "office__member__community", "office__committee__community", "office__group",
        "committee__community__subdistrict", "group__committee__community", "ended_by",
    ),
)  # fmt: skip


@transaction.atomic
def send(
    *,
    member: Member,
    office: Appointment,
    body: ResidentsGroup | ResidentsCommittee,
    position: str,
    first_day: date,
    basis: str = "",
    actor: User,
) -> Transfer:
    """Offer the member to a body of another subdistrict from `first_day` on; the office is to end the day before.

    Raises ValidationError with all that would keep it from being carried out.
    """
    locks.hold(locks.WRITERS)
    if not (actor.has_perm(SEND, member) and actor.has_perm(SEND, office)) or office.member_id != member.pk:
        raise ValidationError(_("Your post does not include transferring %(name)s.") % {"name": member.name})
    committee = body.committee if isinstance(body, ResidentsGroup) else body
    if committee.community.subdistrict_id == office.committee.community.subdistrict_id:
        raise ValidationError({"body": _("It is in the same subdistrict: move or appoint the person there.")})
    offices.transfer(office=office, body=body, position=position, first_day=first_day, basis=basis)
    subdistrict = office.committee.community.subdistrict.name
    row = Transfer(
        member=member, kept_by=member.community, office=office, office_words=f"{subdistrict}{office.in_words}",
        committee=committee, group=body if isinstance(body, ResidentsGroup) else None, position=position,
        last_day=first_day - offices.DAY, first_day=first_day, basis=basis,
        sent_by=actor, sent_at=clock.now(),
    )  # fmt: skip
    versions.save(row, actor=actor, reason=_("Transfer sent"))
    TRANSFERS.record(TransferState.SENT, row, "", actor=actor)
    audit.record(Act.TRANSFER, versions.named(row), user=actor, what="sent", first_day=first_day.isoformat())
    return row


@TRANSFERS.effect(TransferState.ACCEPTED)
def _accept(transfer: Transfer, actor: User) -> None:
    """The old office ends, the new one begins, and the record moves to the new community.

    Raises ValidationError where the registry has changed since it was sent.
    """
    if transfer.office is None or transfer.office.member_id != transfer.member_id:
        raise Refused(_("The present office is no longer on record; decline the transfer."))
    member = transfer.member
    if member.community_id != transfer.kept_by_id:
        words = {"name": member.name, "community": member.community}
        raise Refused(_("The record of %(name)s was handed over to %(community)s since; decline the transfer.") % words)
    proposal = offices.transfer(
        office=transfer.office, body=transfer.body, position=transfer.position, first_day=transfer.first_day,
        basis=transfer.basis,
    )  # fmt: skip
    offices.carry_out(proposal, actor=actor)


@transaction.atomic
def end(step: TransferState, *, transfer: Transfer, actor: User, comment: str = "") -> Transfer:
    """Accept, decline with a reason, or withdraw, once. Raises Refused, Overtaken, ValidationError."""
    TRANSFERS.take(step, transfer, actor=actor, comment=comment)
    reason = transfer.reason
    audit.record(Act.TRANSFER, versions.named(transfer), user=actor, what=str(step), reason=reason)
    return transfer
