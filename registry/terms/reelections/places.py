"""The bodies of a community in a re-election: who sits where, and what is impossible or unusual about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jygroups.lib import clock, id_numbers
from registry.models import (
    Appointment,
    Community,
    ElectionLine,
    Member,
    Outcome,
    Position,
    ProvisionKey,
    ResidentsCommittee,
    ResidentsGroup,
)
from registry.provisions.queries import InForce

GROUP, COMMITTEE, SUPERVISION = "group", "committee", "supervision"


class Office(StrEnum):
    """What can be chosen for somebody: the positions, and the acting leader beside them."""

    DIRECTOR = Position.DIRECTOR
    DEPUTY_DIRECTOR = Position.DEPUTY_DIRECTOR
    SUPERVISION_DIRECTOR = Position.SUPERVISION_DIRECTOR
    COMMITTEE_MEMBER = Position.COMMITTEE_MEMBER
    GROUP_LEADER = Position.GROUP_LEADER
    ACTING_LEADER = "acting_leader"
    GROUP_MEMBER = Position.GROUP_MEMBER

    @property
    def position(self) -> Position:
        return Position.GROUP_LEADER if self is Office.ACTING_LEADER else Position(self)

    @property
    def label(self) -> str:
        return str(ACTING if self is Office.ACTING_LEADER else Position(self).label)

    @classmethod
    def of(cls, position: str, acting: bool) -> "Office":
        return cls.ACTING_LEADER if acting else cls(position)


ACTING = gettext_lazy("acting group leader")
OFFICES = {
    COMMITTEE: [Office.DIRECTOR, Office.DEPUTY_DIRECTOR, Office.COMMITTEE_MEMBER],
    SUPERVISION: [Office.SUPERVISION_DIRECTOR],
    GROUP: [Office.GROUP_LEADER, Office.ACTING_LEADER, Office.GROUP_MEMBER],
}


@dataclass
class Seat:
    """Somebody in a body: what was held, and what becomes of it."""

    held: Appointment | None
    line: ElectionLine | None
    outcome: str
    office: Office
    member: Member | None  # None for who is not on the register yet
    employed: bool = False
    last_day: date | None = None  # known already, after the day of taking office: the new office has it
    end_reason: str = ""

    @property
    def has_left(self) -> bool:
        return self.last_day is not None and self.last_day < clock.today()

    @property
    def name(self) -> str:
        return self.member.name if self.member else self.line.name  # type: ignore[union-attr]

    @property
    def id_number(self) -> str:
        return self.member.id_number if self.member else self.line.id_number  # type: ignore[union-attr]

    @property
    def changes_office(self) -> bool:
        return self.held is not None and self.office != Office.of(self.held.position, self.held.acting)

    @property
    def was(self) -> str:
        return self.held.get_position_display() if self.held else ""


@dataclass(frozen=True)
class Problem:
    """A problem of a re-election: one that refuses it, or a warning."""

    place: str
    text: str
    refuses: bool

    def __str__(self):
        return f"{self.place}: {self.text}"


@dataclass
class ElectedBody:
    """A committee, its supervisory committee, or a group, in a re-election."""

    kind: str
    community: Community
    group: ResidentsGroup | None = None
    seats: list[Seat] = field(default_factory=list)
    others: list[Appointment] = field(default_factory=list)  # offices of the new term, those that have ended too

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.group.pk}" if self.group else self.kind

    @property
    def place(self) -> ResidentsGroup | ResidentsCommittee:
        return self.group or self.community.committee

    @property
    def name(self) -> str:
        if self.group:
            return self.group.name
        return _("Supervisory committee") if self.kind == SUPERVISION else _("Residents' committee")

    @property
    def offices(self) -> list[Office]:
        return OFFICES[self.kind]

    def of(self, outcome: str) -> list[Seat]:
        return [seat for seat in self.seats if seat.outcome == outcome]

    @property
    def staying(self) -> list[Seat]:
        return self.of(Outcome.STAY)

    @property
    def leaving(self) -> list[Seat]:
        return self.of(Outcome.GO)

    @property
    def coming(self) -> list[Seat]:
        return self.of(Outcome.NEW)

    @property
    def after(self) -> list[Seat]:
        return [*self.staying, *self.coming]

    @property
    def serving(self) -> list[Appointment]:
        """Who is in office, or will be, for the new term already."""
        today = clock.today()
        return [office for office in self.others if office.last_day is None or office.last_day >= today]

    @property
    def people(self) -> int:
        return sum(not seat.has_left for seat in self.after) + len(self.serving)

    def holders(self, position: Position) -> int:
        """Who holds the position, as far as known today."""
        return sum(seat.office.position == position and not seat.has_left for seat in self.after) + sum(
            office.position == position for office in self.serving
        )

    def problems(self, first_day: date, rules: InForce) -> Iterator[Problem]:
        """The errors of the body as it would be from the day on, by the provisions."""
        yield from self._impossible(first_day, rules)
        for text in self._unusual(rules):
            yield Problem(self.name, text, refuses=False)

    def _impossible(self, first_day: date, rules: InForce) -> Iterator[Problem]:
        sole = {
            COMMITTEE: (Position.DIRECTOR, _("two directors; leave one")),
            SUPERVISION: (Position.SUPERVISION_DIRECTOR, _("two supervisory directors; leave one")),
            GROUP: (Position.GROUP_LEADER, _("two leaders, elected or acting; leave one")),
        }
        position, text = sole[self.kind]
        chosen = [seat for seat in self.after if seat.office.position == position]
        if len(chosen) > 1:
            yield Problem(self.name, text, refuses=True)
        if self.kind == GROUP and chosen:
            for other in self.others:
                if other.position == position:
                    text = _("%(name)s leads it since %(date)s already; choose another office for %(chosen)s")
                    words = {"name": other.member.name, "date": other.first_day, "chosen": chosen[0].name}
                    yield Problem(self.name, text % words, refuses=True)
        present = [office.member for office in self.others]
        people = Counter(each.id_number for each in [*self.seats, *present])  # type: ignore[attr-defined]
        for seat in self.seats:
            if people.pop(seat.id_number, 0) > 1:
                text = _("%(name)s stands here more than once; take one out") % {"name": seat.name}
                yield Problem(self.name, text, refuses=True)
        of_age, youngest = rules.least(ProvisionKey.OF_AGE), rules.least(ProvisionKey.YOUNGEST)
        for seat in self.after:
            age = id_numbers.age(seat.id_number, first_day)
            if age < max(of_age, youngest):
                words = {"name": seat.name, "age": age, "least": max(of_age, youngest)}
                text = _("%(name)s is %(age)s; who is elected is at least %(least)s") % words
                yield Problem(self.name, text, refuses=age < youngest)
        dissolved = self.group and self.group.dissolved_on
        if dissolved and dissolved <= first_day and self.after:
            text = _("dissolved on %(date)s; let its people go, or into another group") % {"date": dissolved}
            yield Problem(self.name, text, refuses=True)

    def _unusual(self, rules: InForce) -> Iterator[str]:
        sized = {GROUP: ProvisionKey.GROUP_SIZE, COMMITTEE: ProvisionKey.COMMITTEE_SIZE}.get(self.kind)
        committee = self.kind == COMMITTEE
        if self.kind == GROUP and not self.holders(Position.GROUP_LEADER):
            yield _("no leader; the group's meeting elects one")
        if committee and not self.holders(Position.DIRECTOR):
            yield _("no director")
        if self.kind == SUPERVISION and not self.people:
            yield _("no director of the supervisory committee")
        if sized and not (size := rules.size(sized)).holds(self.people):
            words = {"count": self.people, "smallest": size.smallest, "largest": size.largest}
            yield (
                ngettext(
                    "%(count)s person; there should be %(smallest)s to %(largest)s",
                    "%(count)s people; there should be %(smallest)s to %(largest)s",
                    self.people,
                )
                % words
            )
