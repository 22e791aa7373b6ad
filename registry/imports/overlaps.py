"""Offices held at the same time."""

from collections.abc import Iterator
from datetime import date

from registry.models import Appointment


def pairs(offices: list[Appointment]) -> Iterator[tuple[Appointment, Appointment]]:
    """Pairs that share a day, the one that began earlier first."""
    longest = None
    for office in sorted(offices, key=lambda office: office.first_day):
        if longest and office.first_day <= (longest.last_day or date.max):
            yield longest, office
        if longest is None or (office.last_day or date.max) > (longest.last_day or date.max):
            longest = office


def first_past(most: int, offices: list[Appointment]) -> Appointment | None:
    """The first office by which more than `most` people are there at once."""
    ordered = sorted(offices, key=lambda office: office.first_day)
    for place, office in enumerate(ordered):
        if sum((each.last_day or date.max) >= office.first_day for each in ordered[: place + 1]) > most:
            return office
    return None
