"""Facts for the engine, read from the registry's rows in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TypeVar

from django.db.models import Q

from registry.models import Appointment, EmploymentSpell, Member, Position, Record
from subsidies import engine

R = TypeVar("R", bound=Record)
SUPERVISION = "supervision"
EVERYBODY = Q()


@dataclass(frozen=True)
class Person:
    """A member with all the facts a decision is made from, and the rows behind them."""

    member: Member
    life: engine.Life
    appointments: dict[engine.Appointment, Appointment]
    employment: tuple[EmploymentSpell, ...] = ()

    def bodies(self) -> dict[str, str]:
        """By key, the name of each body of the life, for later explanations."""
        return {fact.body: body_name(row) for fact, row in self.appointments.items()}


def body_key(appointment: Appointment) -> str:
    """A body's lasting key: its community's code, with the group's number or `supervision` after it."""
    code = appointment.committee.community.code
    if appointment.group:
        return f"{code}/{appointment.group.ordinal:03}"
    return f"{code}/{SUPERVISION}" if appointment.position == Position.SUPERVISION_DIRECTOR else code


def body_name(appointment: Appointment) -> str:
    community = appointment.committee.community.name
    return f"{community}{appointment.group.name}" if appointment.group else community


def people_in_office(on: date, among: Q = EVERYBODY) -> Iterator[Person]:
    """Everyone in the city with an appointment in office on the day, or with one that matches `among`.

    Whole lives included: a person's sheet follows from all their offices, wherever these are.
    """
    yield from _people(Appointment.objects.in_office(on).filter(among).values("member"))


def people_from(day: date) -> Iterator[Person]:
    """Everyone in the city who is in office on the day or takes office after it, whole lives included."""
    yield from _people(Appointment.objects.filter(Q(last_day=None) | Q(last_day__gte=day)).values("member"))


def person(member: Member) -> Person:
    """One member's facts."""
    return next(_people([member.pk]))


def people(members: Iterable[int], proposed: Sequence[Record] = ()) -> dict[int, Person]:
    """The people of these keys, as they are, or as they would be with the proposed rows."""
    return {person.member.pk: person for person in _people(list(members), proposed)}


def newcomer(member: Member, proposed: Sequence[Record]) -> Person:
    """A person who is not registered yet, with only the proposed rows."""
    return _person(member, _of(Appointment, proposed), _of(EmploymentSpell, proposed))


def _people(members, proposed: Sequence[Record] = ()) -> Iterator[Person]:
    """The people of these keys; a constant number of queries, none asking deeper than for the keys.

    A proposed row stands for the stored one of its key, or beside them.
    """
    offices, spells = _of(Appointment, proposed), _of(EmploymentSpell, proposed)
    appointments: dict[int, list[Appointment]] = defaultdict(list)
    # Fetched once each, where a join would make the same few bodies and areas again for every row.
    rows = Appointment.objects.filter(member__in=members).defer("created_at", "updated_at")
    rows = rows.prefetch_related("committee__community__subdistrict", "group")
    for row in chain(rows.exclude(pk__in=[row.pk for row in offices if row.pk]), offices):
        appointments[row.member_id].append(row)
    employment: dict[int, list[EmploymentSpell]] = defaultdict(list)
    stored = EmploymentSpell.objects.filter(member__in=members)
    for spell in chain(stored.exclude(pk__in=[spell.pk for spell in spells if spell.pk]).iterator(), spells):
        employment[spell.member_id].append(spell)
    # A member merged into another is paid as that other member.
    for member in Member.objects.filter(pk__in=members, merged_into=None):
        yield _person(member, appointments[member.pk], employment[member.pk])


def _of(model: type[R], rows: Sequence[Record]) -> list[R]:
    return [row for row in rows if isinstance(row, model)]


def _person(member: Member, appointments: Iterable[Appointment], spells: Iterable[EmploymentSpell]) -> Person:
    facts = {
        engine.Appointment(
            position=engine.Position(row.position),
            first_day=row.first_day,
            last_day=row.last_day,
            community_code=row.committee.community.code,
            body=body_key(row),
        ): row
        for row in appointments
    }
    rows = tuple(spells)
    employment = tuple(engine.EmploymentSpell(spell.first_day, spell.last_day) for spell in rows)
    return Person(member, engine.Life(tuple(facts), employment), facts, rows)
