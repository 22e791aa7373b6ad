"""Offices held at the same time."""

from collections import defaultdict
from collections.abc import Callable, Iterator
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


def first_past(most: Callable[[date], int], offices: list[Appointment]) -> Appointment | None:
    """The first office by which more people are there at once than `most` gives for its first day."""
    ordered = sorted(offices, key=lambda office: office.first_day)
    for place, office in enumerate(ordered):
        if sum((each.last_day or date.max) >= office.first_day for each in ordered[: place + 1]) > most(
            office.first_day
        ):
            return office
    return None


def with_namesakes(new: list[Appointment]) -> Iterator[tuple[Appointment, date]]:
    """Those of the new people's offices whose body has somebody of the same name then, with the day since when.

    It may be the same person under an ID number that was corrected. One query.
    """
    committees = {office.committee_id for office in new if office.committee_id}
    held = defaultdict(list)
    registered = Appointment.objects.filter(committee__in=committees, member__merged_into=None)
    for *key, first, last in registered.values_list("committee", "group", "member__name", "first_day", "last_day"):
        held[tuple(key)].append((first, last or date.max))
    for office in new:
        there = held[office.committee_id, office.group_id, office.member.name]
        if since := [first for first, last in there if office.first_day and office.first_day <= last]:
            yield office, min(since)
