"""Re-elections as they stand: who stays, who goes, who is new in each body, and the errors.

A re-elected member's old office ends the day before the new one begins, in the new term, whether or
not the position changes. So every office belongs to one term, a change of position is a change of office, and service
is unbroken: the days of both are one spell.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from registry.models import (
    Appointment,
    Community,
    Election,
    ElectionLine,
    EmploymentSpell,
    EndReason,
    Member,
    Outcome,
    Position,
    ResidentsGroup,
    Term,
)
from registry.provisions.queries import Provisions
from registry.terms.reelections.places import COMMITTEE, GROUP, SUPERVISION, ElectedBody, Office, Problem, Seat

DAY = timedelta(days=1)


class State(Enum):
    """How far a community is, with the meaning of its badge and the word on it."""

    NOBODY = "others", gettext_lazy("nobody in office")
    NOT_BEGUN = "others", gettext_lazy("not begun")
    DRAFT = "others", gettext_lazy("being prepared")
    HANDED_OVER = "you", pgettext_lazy("re-election", "handed over")
    LEFT_OVER = "wrong", gettext_lazy("offices left over")
    DONE = "done", gettext_lazy("carried out")

    @property
    def meaning(self) -> str:
        return self.value[0]

    @property
    def word(self) -> str:
        return str(self.value[1])


@dataclass
class Plan:
    """What a re-election would do in one community; without an Election, nothing has been prepared."""

    community: Community
    term: Term
    first_day: date
    provisions: Provisions
    basis: str = ""
    election: Election | None = None
    bodies: list[ElectedBody] = field(default_factory=list)

    def get_absolute_url(self) -> str:
        return reverse("election", args=[self.term.pk, self.community.code])

    @property
    def eve(self) -> date:
        """The last day in the old offices."""
        return self.first_day - DAY

    @property
    def is_done(self) -> bool:
        return self.election is not None and self.election.carried_out_at is not None

    @property
    def is_left_over(self) -> bool:
        """A roster has registered the new term already, and only some offices of the old one are left."""
        serving = sum(len(body.others) for body in self.bodies)
        return self.election is None and 0 < sum(seat.held is not None for seat in self.seats) < serving

    @property
    def state(self) -> State:
        if self.is_done or (not self.open_bodies and any(body.others for body in self.bodies)):
            return State.DONE
        if not self.open_bodies and self.election is None:
            return State.NOBODY
        if self.is_left_over:
            return State.LEFT_OVER
        if self.is_prepared:
            return State.HANDED_OVER
        return State.DRAFT if self.election else State.NOT_BEGUN

    @property
    def is_prepared(self) -> bool:
        return self.election is not None and self.election.prepared_at is not None

    @property
    def open_bodies(self) -> int:
        """How many bodies have somebody in an office of the old term."""
        return 0 if self.is_done else sum(any(seat.held for seat in body.seats) for body in self.bodies)

    @property
    def seats(self) -> list[Seat]:
        return [seat for body in self.bodies for seat in body.seats]

    def count(self, outcome: str) -> int:
        return sum(seat.outcome == outcome for seat in self.seats)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "stay": self.count(Outcome.STAY),
            "go": self.count(Outcome.GO),
            "new": self.count(Outcome.NEW),
            "other_office": sum(seat.changes_office for seat in self.seats if seat.outcome == Outcome.STAY),
            "employed": sum(seat.employed for seat in self.seats if seat.outcome != Outcome.GO),
        }

    @property
    def problems(self) -> list[Problem]:
        rules = self.provisions.on(self.first_day)
        found = [] if self.is_done else [each for body in self.bodies for each in body.problems(self.first_day, rules)]
        if not self.term.first_day <= self.first_day <= self.term.last_day:
            text = _("the day of taking office lies outside the term; correct it")
            found.insert(0, Problem(self.community.name, text, refuses=True))
        return found

    @property
    def refusals(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.refuses]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.refuses]

    @property
    def digest(self) -> str:
        """The digest of what was shown: a plan with another one has changed."""
        content = [self.community.code, self.term.pk, str(self.first_day), self.basis, str(self.is_done)] + [
            [body.key, seat.held and [seat.held.pk, seat.held.version], seat.outcome, seat.office, seat.id_number]
            for body in self.bodies
            for seat in body.seats
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def ended(self) -> list[Appointment]:
        """The old offices, each with its end."""
        rows = [seat.held for seat in self.seats if seat.held]
        for row in rows:
            row.last_day, row.end_reason = self.eve, EndReason.EXPIRY
        return rows

    def begun(self) -> list[Appointment]:
        """The new offices; a person who is not on the register yet is an unsaved member."""
        people: dict[str, Member] = {}
        rows = []
        for body in self.bodies:
            for seat in body.after:
                member = seat.member or people.setdefault(
                    seat.id_number, Member(name=seat.name, id_number=seat.id_number, community=self.community)
                )
                rows.append(
                    Appointment(
                        member=member,
                        committee=self.community.committee,
                        group=body.group,
                        position=seat.office.position,
                        acting=seat.office is Office.ACTING_LEADER,
                        first_day=self.first_day,
                        last_day=seat.last_day,
                        end_reason=seat.end_reason,
                        basis=self.basis,
                        term=self.term,
                    )
                )
        return rows


def plan(community: Community, term: Term) -> Plan:
    return plans([community], term)[0]


def plans(communities: Iterable[Community], term: Term) -> list[Plan]:
    """The plan of each community, in the order given, in a constant number of queries."""
    provisions = Provisions()
    found = {each.pk: Plan(each, term, term.first_day, provisions) for each in communities}
    drafts = Election.objects.filter(community__in=found, term=term).select_related("prepared_by", "carried_out_by")
    for election in drafts:
        plan = found[election.community_id]
        plan.election, plan.first_day, plan.basis = election, election.first_day, election.basis
    by_key = _bodies(found)
    lines, new = {}, []
    for line in ElectionLine.objects.filter(election__in=[draft.pk for draft in drafts]).select_related("member"):
        if line.appointment_id:
            lines[line.appointment_id] = line
        else:
            new.append(line)
    for office in _offices(found, term):
        plan = found[office.committee.community_id]
        body = by_key.get((plan.community.pk, _key(office.position, office.group_id)))
        if body is None:
            continue  # of a group that stands no more
        if plan.is_done and plan.eve in (office.last_day, office.first_day - DAY):
            _place(body, office, plan)
        elif office.first_day >= plan.first_day or office.term_id == term.pk:
            body.others.append(office)
        elif office.last_day is None or office.last_day >= plan.first_day:
            body.seats.append(_seat(office, lines.get(office.pk)))
    communities_of = {draft.pk: draft.community_id for draft in drafts}
    for line in new:
        body = by_key.get((communities_of[line.election_id], _key(line.position, line.group_id)))
        if body is not None and not found[body.community.pk].is_done:
            office = Office.of(line.position, line.acting)
            body.seats.append(Seat(None, line, Outcome.NEW, office, line.member))
    _mark_employed(found.values())
    return list(found.values())


def bodies_on(community: Community, day: date) -> list[ElectedBody]:
    """The committee, its supervisory committee, and the groups that stand on the day."""
    groups = ResidentsGroup.objects.filter(committee__community=community).standing_on(day).order_by("ordinal")
    return [
        ElectedBody(COMMITTEE, community),
        ElectedBody(SUPERVISION, community),
        *(ElectedBody(GROUP, community, g) for g in groups),
    ]


def _bodies(found: dict[int, Plan]) -> dict[tuple[int, str], ElectedBody]:
    """The bodies of each plan, put into it in order, and by community and key."""
    for plan in found.values():
        plan.bodies = [ElectedBody(COMMITTEE, plan.community), ElectedBody(SUPERVISION, plan.community)]
    groups = ResidentsGroup.objects.filter(committee__community__in=found).select_related("committee")
    for group in groups.order_by("committee", "ordinal"):
        plan = found[group.committee.community_id]
        if group.dissolved_on is None or group.dissolved_on > plan.eve:
            plan.bodies.append(ElectedBody(GROUP, plan.community, group))
    return {(pk, body.key): body for pk, plan in found.items() for body in plan.bodies}


def _offices(found: dict[int, Plan], term: Term):
    """The offices that reach into the term or belong to it, by rank and name."""
    first_day = min([term.first_day, *(plan.first_day for plan in found.values())])
    rows = (
        Appointment.objects.filter(Q(last_day=None) | Q(last_day__gte=first_day - DAY), committee__community__in=found)
        .select_related("member", "committee__community", "group")
        .defer("member__phone", "member__account")
    )
    return sorted(rows, key=lambda row: (Position(row.position).rank, row.member.pinyin, row.pk))


def _key(position: str, group: int | None) -> str:
    if group:
        return f"{GROUP}-{group}"
    return SUPERVISION if position == Position.SUPERVISION_DIRECTOR else COMMITTEE


def _seat(office: Appointment, line: ElectionLine | None) -> Seat:
    office_now = Office.of(office.position, office.acting) if line is None else Office.of(line.position, line.acting)
    return Seat(
        office, line, line.outcome if line else Outcome.STAY, office_now, office.member,
        last_day=office.last_day, end_reason=office.end_reason,
    )  # fmt: skip


def _place(body: ElectedBody, office: Appointment, plan: Plan) -> None:
    """Somebody's seat in a re-election that has been carried out, derived from the offices it ended and began."""
    now = Office.of(office.position, office.acting)
    known = next((seat for seat in body.seats if seat.member == office.member), None)
    began = office.first_day == plan.first_day
    if known is None:
        held = None if began else office
        body.seats.append(Seat(held, None, Outcome.NEW if began else Outcome.GO, now, office.member))
    elif began:
        known.outcome, known.office = Outcome.STAY, now
    else:
        known.outcome, known.held = Outcome.STAY, office


def _mark_employed(found: Iterable[Plan]) -> None:
    spells: dict[int, list[EmploymentSpell]] = defaultdict(list)
    people = {seat.member.pk for plan in found for seat in plan.seats if seat.member}
    for spell in EmploymentSpell.objects.filter(member__in=people):
        spells[spell.member_id].append(spell)
    for plan in found:
        for seat in plan.seats:
            known = spells[seat.member.pk] if seat.member else []
            seat.employed = any(spell.covers(plan.first_day) for spell in known)
