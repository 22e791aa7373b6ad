"""Re-elections (换届): drafted over days, carried out in one act; and offices left over from a term that has ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import (
    Act,
    Appointment,
    Community,
    Election,
    ElectionLine,
    EndReason,
    Member,
    Outcome,
    Record,
    ResidentsGroup,
    Term,
    User,
)
from registry.people.duplicates.services import keep_new_apart
from registry.records import audit, locks, versions
from registry.terms.reelections import queries
from registry.terms.reelections.places import Office, Problem
from registry.terms.reelections.queries import DAY, Plan


@dataclass(frozen=True)
class Newcomer:
    """Somebody newly elected into a body: a member, or who is to be put on the register."""

    office: Office
    group: ResidentsGroup | None = None
    line: ElectionLine | None = None  # where the draft has the person already
    member: Member | None = None
    name: str = ""
    id_number: str = ""


def person(number: str, name: str, *, user: User) -> Member | None:
    """Who has the ID number, as far as the user sees; None for somebody new, who needs the name.

    Raises ValidationError, by `person` for the number and `name` for the name.
    """
    found = Member.objects.with_id_numbers([number])
    if not found:
        if not name:
            message = _("Nobody on the register has this ID number; give the full name too.")
            raise ValidationError({"name": message})
        return None
    member = Member.objects.visible_to(user).filter(pk=found[0].pk).first()
    if member is None:
        raise ValidationError({"person": _("Already on the register; ask the subdistrict office.")})
    if name and name != member.name:
        message = _("The register has %(name)s under this ID number.") % {"name": member.name}
        raise ValidationError({"name": message})
    return member


@transaction.atomic
def save_draft(
    *,
    community: Community,
    term: Term,
    seen: int,
    first_day: date,
    basis: str,
    choices: Mapping[int, tuple[str, Office]],
    newcomers: Sequence[Newcomer],
    actor: User | None,
) -> bool:
    """Save the decisions so far: on offices held, by their keys, and all who are new. Returns whether it changed.

    `seen` is the draft's version that the choices were made on, 0 where there was none. Raises Overtaken. A draft
    that has been handed over is taken back by a change.
    """
    locks.hold(locks.WRITERS)
    plan = queries.plan(community, term)
    _check_open(plan, seen)
    election = plan.election or Election(community=community, term=term)
    reason = _("Re-election prepared")
    changed: list[ElectionLine] = []
    for seat in plan.seats:
        if seat.held and seat.held.pk in choices:
            outcome, office = choices[seat.held.pk]
            if (outcome, office) != (seat.outcome, seat.office):
                line = seat.line or ElectionLine(appointment=seat.held)
                changed.append(_filled(line, outcome, office, seat.held.group))
    changed += [
        _filled(new.line or ElectionLine(member=new.member, name=new.name, id_number=new.id_number),
                Outcome.NEW, new.office, new.group)
        for new in newcomers
        if new.line is None or Office.of(new.line.position, new.line.acting) != new.office
    ]  # fmt: skip
    listed = {new.line.pk for new in newcomers if new.line}
    dropped = [seat.line for seat in plan.seats if seat.line and seat.held is None and seat.line.pk not in listed]
    was = (plan.first_day, plan.basis)
    if not (changed or dropped or was != (first_day, basis)):
        return False
    election.first_day, election.basis = first_day, basis
    election.prepared_at = election.prepared_by = None
    versions.save(election, actor=actor, reason=reason)
    versions.delete(dropped, actor=actor, reason=reason)
    for line in changed:
        line.election = election
        versions.save(line, actor=actor, reason=reason)
    return True


def _filled(line: ElectionLine, outcome: str, office: Office, group: ResidentsGroup | None) -> ElectionLine:
    line.outcome, line.position, line.acting, line.group = (
        outcome,
        office.position,
        office is Office.ACTING_LEADER,
        group,
    )
    return line


def _check_open(plan: Plan, seen: int) -> None:
    election = plan.election
    if election and election.carried_out_at:
        raise Overtaken(already(election))
    if (election.version if election else 0) != seen:
        raise Overtaken(_("Somebody else has changed this draft."))


def already(election: Election) -> str:
    return _("%(name)s carried out the re-election of %(community)s at %(at)s.") % {
        "name": election.carried_out_by or "–",
        "community": election.community.name,
        "at": timezone.localtime(election.carried_out_at).strftime("%Y-%m-%d %H:%M"),
    }


@transaction.atomic
def hand_over(*, community: Community, term: Term, digest: str, actor: User) -> None:
    """The community is ready: its subdistrict may look it over and carry it out. Raises Overtaken, Refused."""
    locks.hold(locks.WRITERS)
    plan = queries.plan(community, term)
    _check_digests([plan], {community.pk: digest})
    if plan.refusals:
        raise Refused(*plan.refusals)
    if plan.is_prepared:
        return
    election = plan.election or Election(community=community, term=term, first_day=plan.first_day)
    election.prepared_at, election.prepared_by = clock.now(), actor
    versions.save(election, actor=actor, reason=_("Re-election handed to the subdistrict"))


def carry_out(
    *,
    communities: Iterable[Community],
    term: Term,
    seen: Mapping[int, str],
    actor: User,
    apart: Mapping[str, Sequence[Member]] | None = None,
    why: str = "",
) -> list[Record]:
    """Close the old term in these communities and begin the new: all bodies of all of them, or nothing.

    `seen` has each community's digest of the plan as it was confirmed; `apart`, by the ID number of somebody new, the
    members who are not that person, and `why`. Returns the rows written, in order. Raises
    Refused with all obstacles, Overtaken where it has been done or changed concurrently.
    """
    try:
        with transaction.atomic():
            locks.hold(locks.WRITERS)
            plans = queries.plans(communities, term)
            _check_digests(plans, seen)
            problems = [problem for plan in plans for problem in [*plan.refusals, *_register(plan, actor)]]
            if problems:
                raise Refused(*problems)
            written = [row for plan in plans for row in _carry_out(plan, actor)]
            new = {row.id_number: row for row in written if isinstance(row, Member)}
            found = [
                (each, new[number], why) for number, others in (apart or {}).items() for each in others if number in new
            ]
            return [*written, *keep_new_apart(found, actor=actor)]
    except ValidationError as error:  # such as somebody new who is put on the register twice
        raise Refused(*[Problem(str(term), message, refuses=True) for message in error.messages]) from error
    except IntegrityError as error:
        raise Overtaken(_("Another office has been registered that one of these overlaps.")) from error


def _check_digests(plans: list[Plan], seen: Mapping[int, str]) -> None:
    for plan in plans:
        if plan.is_done:
            assert plan.election
            raise Overtaken(already(plan.election))
    for plan in plans:
        if plan.digest != seen.get(plan.community.pk):
            message = _("The roster or the draft of %(community)s has been changed; check it again.")
            raise Overtaken(message % {"community": plan.community.name})


def _register(plan: Plan, actor: User) -> list[Problem]:
    """Find who has been put on the register since the draft named them; those it cannot take are problems."""
    unknown = [seat for seat in plan.seats if seat.member is None]
    found = Member.objects.with_id_numbers([seat.id_number for seat in unknown])
    known = {member.id_number: member for member in found}
    visible = {each.pk for each in Member.objects.visible_to(actor).filter(pk__in=[member.pk for member in found])}
    problems = []
    for seat in unknown:
        member = known.get(seat.id_number)
        if member is None:
            continue
        if member.pk in visible and member.name == seat.name:
            seat.member = member
        else:
            text = _("%(name)s is already on the register; ask the subdistrict office") % {"name": seat.name}
            problems.append(Problem(plan.community.name, text, refuses=True))
    return problems


def _carry_out(plan: Plan, actor: User) -> list[Record]:
    reason = _("Re-election, %(term)s") % {"term": plan.term}
    ended, begun = plan.ended(), plan.begun()
    versions.update(ended, fields=["last_day", "end_reason"], actor=actor, reason=reason)
    people = {id(row.member): row.member for row in begun if row.member.pk is None}
    for member in people.values():
        versions.save(member, actor=actor, reason=reason)
    for row in begun:
        row.member = row.member  # who was new has a key only now
    versions.create(begun, actor=actor, reason=reason)
    election = plan.election or Election(community=plan.community, term=plan.term, first_day=plan.first_day)
    counts = plan.counts
    election.carried_out_at, election.carried_out_by = clock.now(), actor
    versions.save(election, actor=actor, reason=reason)
    audit.record(
        Act.REELECTION, str(election), user=actor, first_day=str(plan.first_day), basis=plan.basis,
        **counts,
    )  # fmt: skip
    return [*ended, *people.values(), *begun, election]


# Offices left over ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """An office past its term that is to end on a day, for a reason."""

    office: Appointment
    last_day: date
    reason: str


def settle(
    *, renewed: Iterable[Appointment], endings: Iterable[Ending], term: Term | None, actor: User
) -> list[Record]:
    """Renew offices past their term into the running one, and end others; all or none.

    A renewed office ends the day before the term's first and begins again on it, service unbroken. Raises
    ValidationError with all problems, by the key of the office; Overtaken where one of them has been changed.
    """
    renewed, endings = list(renewed), list(endings)
    problems: dict[str, list[str]] = {}
    written: list[Record] = []
    with transaction.atomic():
        locks.hold(locks.WRITERS)
        for office in [*renewed, *(ending.office for ending in endings)]:
            if not Appointment.objects.filter(pk=office.pk, version=office.version).exists():
                raise Overtaken(_("Somebody has settled %(name)s's office.") % {"name": office.member.name})
        for office in renewed:
            assert term is not None  # into what else
            begun = Appointment(
                member=office.member, committee=office.committee, group=office.group, position=office.position,
                acting=office.acting, first_day=term.first_day, basis=office.basis, term=term,
            )  # fmt: skip
            office.last_day, office.end_reason = term.first_day - DAY, EndReason.EXPIRY
            written += _saved([office, begun], problems, actor, _("Renewed into %(term)s") % {"term": term})
        for ending in endings:
            ending.office.last_day, ending.office.end_reason = ending.last_day, ending.reason
            written += _saved([ending.office], problems, actor, _("Office ended"))
        if problems:
            raise ValidationError(problems)
    return written


def _saved(rows: list[Appointment], problems: dict[str, list[str]], actor: User, reason: str) -> list[Record]:
    """The rows, saved one after the other; what refuses one is noted under the key of the first."""
    try:
        for row in rows:
            versions.save(row, actor=actor, reason=reason)
    except ValidationError as error:
        problems[str(rows[0].pk)] = error.messages
    return list(rows)
