"""Transfers between subdistricts: sent, then accepted, declined or withdrawn, once."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import (
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

SEND, ANSWER = "registry.send_transfer", "registry.answer_transfer"


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
    address: str | None = None,
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
    row = Transfer(
        member=member, kept_by=member.community, office=office, office_words=_office_words(office),
        committee=committee, group=body if isinstance(body, ResidentsGroup) else None, position=position,
        last_day=first_day - offices.DAY, first_day=first_day, basis=basis,
        sent_by=actor, sent_at=timezone.now(),
    )  # fmt: skip
    versions.save(row, actor=actor, reason=_("Transfer sent"))
    audit.record(Act.TRANSFER, str(row), user=actor, address=address, what="sent", first_day=first_day.isoformat())
    return row


def _office_words(office: Appointment) -> str:
    community = office.committee.community
    body = f"{community.subdistrict.name}{community.name}{office.group.name if office.group else ''}"
    return f"{body} {office.get_position_display()}"


@transaction.atomic
def accept(*, transfer: Transfer, actor: User, address: str | None = None) -> Transfer:
    """The receiving side agrees: the old office ends, the new one begins, and the new community keeps the record.

    Raises Refused; ValidationError where the registry has changed since it was sent.
    """
    locks.hold(locks.WRITERS)
    row = _waiting(transfer)
    if row.sent_by_id == actor.pk:
        raise Refused(_("You sent it; somebody else has to accept it."))
    if not actor.has_perm(ANSWER, row):
        raise Refused(_("Your post does not include receiving for %(area)s.") % {"area": row.committee.community})
    if row.office is None or row.office.member_id != row.member_id:
        raise Refused(_("The present office is no longer on record; decline the transfer."))
    if row.member.community_id != row.kept_by_id:
        words = {"name": row.member.name, "community": row.member.community}
        raise Refused(_("The record of %(name)s was handed over to %(community)s since; decline the transfer.") % words)
    proposal = offices.transfer(
        office=row.office, body=row.body, position=row.position, first_day=row.first_day, basis=row.basis
    )
    offices.carry_out(proposal, actor=actor)
    return _end(row, TransferState.ACCEPTED, actor, address, reason="")


@transaction.atomic
def decline(*, transfer: Transfer, actor: User, reason: str, address: str | None = None) -> Transfer:
    """The receiving side does not agree and says why; everything stays as it is. Raises Refused."""
    locks.hold(locks.WRITERS)
    row = _waiting(transfer)
    if not actor.has_perm(ANSWER, row):
        raise Refused(_("Your post does not include receiving for %(area)s.") % {"area": row.committee.community})
    if not reason.strip():
        raise Refused(_("Say why it is declined."))
    return _end(row, TransferState.DECLINED, actor, address, reason=reason)


@transaction.atomic
def withdraw(*, transfer: Transfer, actor: User, reason: str = "", address: str | None = None) -> Transfer:
    """The giving side takes its offer back before it is answered. Raises Refused."""
    locks.hold(locks.WRITERS)
    row = _waiting(transfer)
    if not actor.has_perm(SEND, row):
        raise Refused(_("Your post does not include transferring %(name)s.") % {"name": row.member.name})
    return _end(row, TransferState.WITHDRAWN, actor, address, reason=reason)


def _waiting(transfer: Transfer) -> Transfer:
    """The transfer as it is now, locked. Raises Refused when it is ended."""
    rows = Transfer.objects.select_for_update(of=("self",)).select_related(
        "member__community", "kept_by", "office__member__community", "office__committee__community", "office__group",
        "committee__community__subdistrict", "group__committee__community", "ended_by",
    )  # fmt: skip
    row = rows.get(pk=transfer.pk)
    if not row.is_waiting:
        words = {"state": row.get_state_display(), "who": row.ended_by}
        raise Refused(_("It is %(state)s already, by %(who)s.") % words)
    return row


def _end(row: Transfer, state: TransferState, actor: User, address: str | None, *, reason: str) -> Transfer:
    row.state, row.ended_by, row.ended_at, row.reason = state, actor, timezone.now(), reason.strip()
    versions.save(row, actor=actor, reason=str(state.label))
    audit.record(Act.TRANSFER, str(row), user=actor, address=address, what=str(state), reason=row.reason)
    return row
