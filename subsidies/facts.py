"""From the registry's rows to what the engine reads, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from registry.models import Appointment, EmploymentSpell, Member, Position
from subsidies import engine

SUPERVISION = "supervision"


@dataclass(frozen=True)
class Person:
    """A member with all the facts a decision is made from, and the appointments behind them."""

    member: Member
    life: engine.Life
    appointments: dict[engine.Appointment, Appointment]

    def bodies(self) -> dict[str, str]:
        """What each body of the life is called, for an explanation long after."""
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


def people_in_office(on: date) -> Iterator[Person]:
    """Everyone in the city with an appointment in office on the day, whole lives included.

    A person's sheet follows from all their offices, so no area can be looked at alone.
    """
    yield from _people(Appointment.objects.in_office(on).values("member"))


def person(member: Member) -> Person:
    """One member's facts."""
    return next(_people([member.pk]))


def _people(members) -> Iterator[Person]:
    """The people of these keys; three queries, each asking no deeper than for the keys."""
    appointments: dict[int, list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(member__in=members).select_related("committee__community__subdistrict", "group")
    for row in rows.iterator():
        appointments[row.member_id].append(row)
    employment: dict[int, list[engine.EmploymentSpell]] = defaultdict(list)
    for spell in EmploymentSpell.objects.filter(member__in=members).iterator():
        employment[spell.member_id].append(engine.EmploymentSpell(spell.first_day, spell.last_day))
    for member in Member.objects.filter(pk__in=members):
        facts = {
            engine.Appointment(
                position=engine.Position(row.position),
                first_day=row.first_day,
                last_day=row.last_day,
                community_code=row.committee.community.code,
                body=body_key(row),
            ): row
            for row in appointments[member.pk]
        }
        yield Person(member, engine.Life(tuple(facts), tuple(employment[member.pk])), facts)
