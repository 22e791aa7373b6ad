"""People whom words find."""

from collections import defaultdict

from django.db.models import Q

from jygroups.lib import clock
from registry.models import Appointment, Member, User


def people_named(user: User, words: str, most: int, within: Q = Q()) -> list[Member]:  # noqa: B008
    """People in sight, of those within, whom the words find, each with the `offices` held today that the user sees."""
    if not words:
        return []
    found = (
        Member.objects.visible_to(user)
        .filter(within)
        .search(words)
        .select_related("community")
        .defer("phone", "account")
    )
    people = list(found[:most])
    offices = defaultdict(list)
    today = Appointment.objects.visible_to(user).in_office(clock.today()).filter(member__in=people)
    for office in today.select_related("committee__community", "group").order_by("first_day", "pk"):
        offices[office.member_id].append(office)
    for person in people:
        person.offices = offices[person.pk]  # type: ignore[attr-defined]
    return people
