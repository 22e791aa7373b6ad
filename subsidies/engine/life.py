"""The facts about one person on which a decision is based."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .standard import Position


@dataclass(frozen=True, slots=True)
class Appointment:
    """One position held in one body (任职), both days inclusive; no last day means still in office."""

    position: Position
    first_day: date
    last_day: date | None
    community_code: str
    body: str  # the committee's or group's lasting key, such as 110101001001/03

    def __post_init__(self) -> None:
        _refuse_reversed(self.first_day, self.last_day)

    def in_office(self, on: date) -> bool:
        return self.first_day <= on <= (self.last_day or date.max)

    def known_on(self, on: date) -> "Appointment":
        """The same appointment without its last day if that is after `on`."""
        return replace(self, last_day=None) if self.last_day and self.last_day > on else self


@dataclass(frozen=True, slots=True)
class EmploymentSpell:
    """Days on which the person is employed elsewhere (在职), both inclusive; None leaves that end open."""

    first_day: date | None
    last_day: date | None

    def __post_init__(self) -> None:
        _refuse_reversed(self.first_day, self.last_day)

    def covers(self, on: date) -> bool:
        return (self.first_day or date.min) <= on <= (self.last_day or date.max)

    def known_on(self, on: date) -> "EmploymentSpell":
        """The same spell without its last day if that is after `on`."""
        return replace(self, last_day=None) if self.last_day and self.last_day > on else self


@dataclass(frozen=True, slots=True)
class Life:
    """All facts about a person that affect the stipend; the order within either tuple has no meaning."""

    appointments: tuple[Appointment, ...]
    employment: tuple[EmploymentSpell, ...] = ()

    def known_on(self, on: date) -> "Life":
        """The life up to and including `on`: without facts that begin later, and without last days that are later.

        A decision whose reference date is `on` comes out the same.
        """
        return Life(
            tuple(row.known_on(on) for row in self.appointments if row.first_day <= on),
            tuple(row.known_on(on) for row in self.employment if row.first_day is None or row.first_day <= on),
        )

    def to_data(self) -> dict[str, list[dict[str, str | None]]]:
        """The same facts in JSON types, to be stored with the decision that is based on them."""
        return {
            "appointments": [
                {
                    "position": appointment.position.value,
                    "first_day": appointment.first_day.isoformat(),
                    "last_day": _text(appointment.last_day),
                    "community_code": appointment.community_code,
                    "body": appointment.body,
                }
                for appointment in self.appointments
            ],
            "employment": [
                {"first_day": _text(spell.first_day), "last_day": _text(spell.last_day)} for spell in self.employment
            ],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Life":
        """The life from which `to_data` made `data`; ValueError or KeyError for any other data."""
        return cls(
            appointments=tuple(
                Appointment(
                    position=Position(row["position"]),
                    first_day=date.fromisoformat(row["first_day"]),
                    last_day=_day(row["last_day"]),
                    community_code=row["community_code"],
                    body=row["body"],
                )
                for row in data["appointments"]
            ),
            employment=tuple(
                EmploymentSpell(_day(row["first_day"]), _day(row["last_day"])) for row in data["employment"]
            ),
        )


def _refuse_reversed(first_day: date | None, last_day: date | None) -> None:
    if first_day is not None and last_day is not None and last_day < first_day:
        raise ValueError(f"the last day {last_day} is before the first day {first_day}")


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
