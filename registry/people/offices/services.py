"""Acts on offices: who takes one, leaves, leads, moves; and corrections.

An act is first a proposal: the rows as it would leave them, checked, not yet saved, so that what it does to somebody's
stipend can be shown before. `carry_out` saves them, all or none. Each act raises ValidationError with all that is
wrong, by the name of the field to be fixed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jygroups.lib import clock, id_numbers
from registry.models import (
    COMMITTEE_POSITIONS,
    Appointment,
    DistinctPersons,
    EmploymentSpell,
    EndReason,
    Member,
    Position,
    ProvisionKey,
    Record,
    ResidentsCommittee,
    ResidentsGroup,
    Term,
    User,
)
from registry.provisions import queries as provisions
from registry.records import locks, versions

DAY = timedelta(days=1)
FARTHEST_AHEAD = timedelta(days=366)  # a first day farther ahead is refused as a typing error


@dataclass(frozen=True)
class Proposal:
    """The rows as an act would leave them, in the order in which they can be saved, and the act in words."""

    rows: Sequence[Record]
    reason: str


def carry_out(proposal: Proposal, *, actor: User | None) -> list[Record]:
    """Save what is proposed, whole or not at all. Raises ValidationError, also where somebody was first."""
    try:
        with transaction.atomic():
            locks.hold(locks.WRITERS)
            for row in proposal.rows:
                if row.pk and not type(row)._base_manager.filter(pk=row.pk, version=row.version).exists():
                    raise ValidationError(_("Somebody else has changed this. Load the page again and check it."))
            for row in proposal.rows:
                if isinstance(row, Appointment | EmploymentSpell):
                    row.member = row.member  # who may have been new, and has a key only now
                elif isinstance(row, DistinctPersons):
                    row.second = row.second
                versions.save(row, actor=actor, reason=proposal.reason)
    except IntegrityError as error:
        message = _("Somebody else has registered an office that this one overlaps. Load the page again.")
        raise ValidationError(message) from error
    return list(proposal.rows)


# The acts ------------------------------------------------------------------------------------------------


def appoint(
    *,
    member: Member,
    body: ResidentsGroup | ResidentsCommittee,
    position: str,
    first_day: date,
    basis: str = "",
    acting: bool = False,
    employment: EmploymentSpell | None = None,
) -> Proposal:
    """Somebody takes an office, in the term that holds its first day.

    A new member's record belongs to the community of the body.
    """
    group = body if isinstance(body, ResidentsGroup) else None
    committee = group.committee if group else body
    office = Appointment(  # type: ignore[misc]
        member=member, committee=committee, group=group, position=position, acting=acting, first_day=first_day,
        basis=basis, term=Term.objects.of(first_day),
    )  # fmt: skip
    new: list[Record] = []
    problems: dict[str, list] = defaultdict(list)
    if member.pk is None:
        member.community = committee.community
        new = [member]
        _collect(problems, member, exclude={"id_number_index"})  # its problem repeats that of the number
    if employment:
        employment.member = member
        _collect(problems, employment, exclude={"member"} if new else ())
    _check_age(office, problems)
    _check([office], problems)
    return Proposal([*new, office, *([employment] if employment else [])], _("Appointed"))


def end_office(*, office: Appointment, last_day: date, end_reason: str, note: str = "") -> Proposal:
    """The office ends; `last_day` is the last one in it."""
    if office.last_day and office.last_day < clock.today():
        raise ValidationError(
            _("This office ended on %(date)s already; if the day is wrong, correct it.") % {"date": office.last_day}
        )
    ended = copy(office)
    ended.last_day, ended.end_reason, ended.note = last_day, end_reason, note or office.note
    _check([ended])
    return Proposal([ended], _("Office ended"))


def change_leader(
    *, group: ResidentsGroup, successor: Appointment, first_day: date, end_reason: str = "", basis: str = ""
) -> Proposal:
    """The group has another leader from `first_day`, one of its own people, in one act.

    The old leader stays as a group member, or with an `end_reason` leaves the group the day before. Who only acted as
    leader may be elected one. A leader since the same day has led for none: that office becomes a member's.
    """
    if successor.group_id != group.pk:
        raise ValidationError({"successor": _("The leader is elected from among the group's own people.")})
    eve = first_day - DAY
    leads = group.appointments.filter(position=Position.GROUP_LEADER, first_day__gte=first_day)
    for other in leads.exclude(member=successor.member_id).select_related("member").order_by("first_day"):
        if other.first_day == first_day and _is_slip(other):
            return _instead_of(other, successor, first_day, end_reason=end_reason, basis=basis)
        if successor.last_day is None or successor.last_day >= other.first_day:
            raise ValidationError({"first_day": _leads_from(other)})
    leaders = group.appointments.filter(position=Position.GROUP_LEADER).in_office(eve).select_related("member")
    old = leaders.first()
    is_own = old is not None and old.member_id == successor.member_id
    if old and is_own and not old.acting:
        raise ValidationError({"successor": _("This person leads the group already.")})
    rows: list[Appointment] = []
    staying: list[Appointment] = []
    if old and (is_own or old.last_day == eve):
        pass  # is the one elected, or leaves as already planned
    elif old and end_reason:
        old.last_day, old.end_reason = eve, end_reason
        rows = [old]
    elif old:
        rows, staying = split(old, first_day, position=Position.GROUP_MEMBER)
    rows = [*rows, *_lead(successor, first_day, basis), *staying]
    _check(rows)
    return Proposal(rows, _("Leader changed"))


def _lead(successor: Appointment, first_day: date, basis: str) -> list[Appointment]:
    term = Term.objects.of(first_day) or successor.term
    ended, begun = split(successor, first_day, position=Position.GROUP_LEADER, basis=basis, term=term)
    return [*ended, *begun]


def _before(office: Appointment) -> Appointment | None:
    """The office in the same body that this one carries on from its first day."""
    earlier = Appointment.objects.filter(member=office.member_id, committee=office.committee_id, group=office.group_id)
    return earlier.filter(last_day=office.first_day - DAY).first()


def _is_slip(leader: Appointment) -> bool:
    """Whether the office of a leader can still become a member's: one of the group's people, or from today at most."""
    return _before(leader) is not None or leader.first_day >= clock.today()


def _instead_of(
    replaced: Appointment, successor: Appointment, first_day: date, *, end_reason: str, basis: str
) -> Proposal:
    """Replace a leader who was to begin on the same day."""
    if end_reason:
        message = _("%(name)s would not lead for a single day; keep %(name)s in the group, and end that office apart.")
        raise ValidationError({"end_reason": message % {"name": replaced.member.name}})
    before = _before(replaced)
    replaced.position, replaced.acting = Position.GROUP_MEMBER, False
    replaced.basis = before.basis if before else ""
    if successor.first_day == first_day:  # who has led until then, or has come that day
        begun = copy(successor)
        begun.position, begun.acting, begun.basis = Position.GROUP_LEADER, False, basis
        rows = [replaced, begun]
    else:
        rows = [replaced, *_lead(successor, first_day, basis)]
    _check(rows)
    return Proposal(rows, _("Leader changed"))


def _leads_from(leader: Appointment) -> SafeString:
    words = {"name": leader.member.name, "first": leader.first_day}
    return format_html(
        '{} <a href="{}">{}</a>',
        _("%(name)s leads this group from %(first)s on; correct that office, or choose a later day.") % words,
        reverse("office-correct", args=[leader.pk]),
        _("Correct the office of %(name)s") % words,
    )


def move(
    *, office: Appointment, to: ResidentsGroup, first_day: date, position: str = Position.GROUP_MEMBER, basis: str = ""
) -> Proposal:
    """The holder goes over to another group on `first_day`, service unbroken."""
    if to.pk == office.group_id:
        raise ValidationError({"to": _("The person is in this group already.")})
    ended, begun = split(office, first_day, committee=to.committee, group=to, position=position, basis=basis)
    _check([*ended, *begun])
    return Proposal([*ended, *begun], _("Moved to another group"))


def transfer(
    *, office: Appointment, body: ResidentsGroup | ResidentsCommittee, position: str, first_day: date, basis: str = ""
) -> Proposal:
    """The holder goes over to a body of another subdistrict on `first_day`, service unbroken, and the record goes too.

    An office that ends the day before already is carried on all the same.
    """
    committee = body.committee if isinstance(body, ResidentsGroup) else body
    group = body if isinstance(body, ResidentsGroup) else None
    if office.last_day == first_day - DAY:
        office = copy(office)
        office.last_day = None
    ended, begun = split(office, first_day, committee=committee, group=group, position=position, basis=basis)
    _check([*ended, *begun])
    member = copy(office.member)
    member.community = committee.community
    return Proposal([*ended, *begun, member], _("Transferred to another subdistrict"))


def correct(*, office: Appointment, reason: str) -> Proposal:
    """The same office, with what was registered wrongly corrected. No change of office."""
    stored = Appointment.objects.get(pk=office.pk)
    if office.term_id == getattr(Term.objects.of(stored.first_day), "pk", None):
        office.term = Term.objects.of(office.first_day)
    problems: dict[str, list] = defaultdict(list)
    if office.end_reason and not office.last_day:
        problems["end_reason"].append(_("Give the last day too, or delete the reason: the person is in office."))
    _check_age(office, problems)
    _check([office], problems)
    return Proposal([office], _("Corrected: %(reason)s") % {"reason": reason})


def employ(*, spell: EmploymentSpell, reason: str = "") -> Proposal:
    """Days on which the member is employed elsewhere: new ones, or a known spell as it should be."""
    problems: dict[str, list] = defaultdict(list)
    _collect(problems, spell)
    others = EmploymentSpell.objects.filter(member=spell.member).exclude(pk=spell.pk)
    for other in others:
        if _share_days(spell, other):
            words = {"first": other.first_day or _("an unknown day"), "last": other.last_day or _("until now")}
            message = _("The register has an employment from %(first)s to %(last)s; change that one, or these days.")
            problems["first_day"].append(message % words)
    if problems:
        raise ValidationError(dict(problems))
    return Proposal([spell], reason or _("Employment"))


# What they share -----------------------------------------------------------------------------------------


def split(office: Appointment, first_day: date, **changes) -> tuple[list[Appointment], list[Appointment]]:
    """The office ended the day before, and one that carries it on from `first_day` with the changes.

    There is no day between them, so that service is unbroken; a last day already planned goes with the later one.
    """
    words = {"name": office.member.name, "date": office.first_day}
    if office.last_day and office.last_day < first_day:
        message = _("%(name)s leaves office before that day, on %(date)s.")
        raise ValidationError({"first_day": message % {**words, "date": office.last_day}})
    if first_day <= office.first_day:
        message = _("%(name)s came into the present office on %(date)s; the change takes a later day.")
        raise ValidationError({"first_day": message % words})
    ended, begun = copy(office), copy(office)
    ended.last_day, ended.end_reason = first_day - DAY, EndReason.TRANSFER
    begun.pk, begun.version, begun.first_day = None, 1, first_day
    begun._state.adding = True
    begun.acting = False  # what is acting in one office is not in the next
    begun.term = office.term or Term.objects.of(office.first_day)
    for name, value in changes.items():
        setattr(begun, name, value)
    return [ended], [begun]


def _collect(problems: dict[str, list], row: Record, exclude: Iterable[str] = ()) -> None:
    try:
        row.full_clean(exclude=set(exclude))
    except ValidationError as error:
        for name, found in error.update_error_dict({}).items():
            problems[name] += found


def _check(offices: list[Appointment], problems: dict[str, list] | None = None) -> None:
    """Raises ValidationError with every problem that the offices have, together with those found before."""
    problems = defaultdict(list) if problems is None else problems
    for office in offices:
        _check_office(office, problems)
    if not problems:
        for name, message in _clashes(offices):
            problems[name].append(message)
    if problems:
        raise ValidationError(dict(problems))


def _check_office(office: Appointment, problems: dict[str, list]) -> None:
    try:
        office.full_clean(exclude={"member"}, validate_constraints=False)
    except ValidationError as error:
        for name, found in error.update_error_dict({}).items():
            problems[name] += found
        return
    if Position(office.position).in_group is not (office.group is not None):
        problems["position"].append(_("A group leader or member has a group; the others have none."))
    if office.last_day and office.last_day < office.first_day:
        message = _("It is before the first day in office, %(date)s.") % {"date": office.first_day}
        problems["last_day"].append(message)
    if office.first_day > clock.today() + FARTHEST_AHEAD:
        problems["first_day"].append(_("It lies more than a year ahead; correct it."))
    if office.group and office.group.dissolved_on and office.first_day >= office.group.dissolved_on:
        message = _("The group was dissolved on %(date)s.") % {"date": office.group.dissolved_on}
        problems["first_day"].append(message)


def _check_age(office: Appointment, problems: dict[str, list]) -> None:
    try:
        age = id_numbers.age(office.member.id_number, office.first_day)
    except ValueError:
        return  # the form reports a number that is none
    youngest = provisions.on(office.first_day).least(ProvisionKey.YOUNGEST)
    if age < youngest:
        message = _("The person was under %(age)s then; correct the day or the ID number.")
        problems["first_day"].append(message % {"age": youngest})


def _clashes(offices: list[Appointment]) -> Iterator[tuple[str, str]]:
    """One office in a body, and one leader of a group, at a time: each breach with its field and words."""
    known = [office.pk for office in offices if office.pk]
    members = [office.member_id for office in offices if office.member_id]
    groups = [office.group_id for office in offices if office.group_id]
    stored = Appointment.objects.exclude(pk__in=known).select_related("member")
    others = [*stored.filter(member__in=members)] + [
        *stored.filter(group__in=groups, position=Position.GROUP_LEADER).exclude(member__in=members)
    ]
    for place, office in enumerate(offices):
        for other in [*offices[:place], *others]:
            if not _share_days(office, other):
                continue
            words = {"name": other.member.name, "first": other.first_day, "last": other.last_day or _("until now")}
            if office.member == other.member and _body(office) == _body(other):
                message = _(
                    "%(name)s holds an office in this body from %(first)s to %(last)s; end or correct that one."
                )
                yield "first_day", message % words
            elif office.group_id == other.group_id and {office.position, other.position} == {Position.GROUP_LEADER}:
                message = _("%(name)s leads this group from %(first)s to %(last)s; change the leader instead.")
                yield "position", message % words


def _share_days(one, other) -> bool:
    return (one.first_day or date.min) <= (other.last_day or date.max) and (other.first_day or date.min) <= (
        one.last_day or date.max
    )


def _body(office: Appointment) -> tuple:
    """What only one office of a person can be in at a time; the supervisory committee is a body of its own."""
    return office.committee_id, office.group_id, office.group_id is None and office.position in COMMITTEE_POSITIONS
