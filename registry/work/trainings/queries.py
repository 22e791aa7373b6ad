"""How many trainings a term has to have, how many it had, and who took part 〔五(一)〕."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, DecimalField, Q, Sum
from django.db.models.functions import Coalesce

from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Community,
    Member,
    ProvisionKey,
    Subdistrict,
    Term,
    User,
)
from registry.provisions import queries as provisions

LEEWAY = timedelta(days=180)  # the last training is due so long before the term ends, to leave time to hold it


def needed(term: Term) -> int:
    """How many trainings the term has to have at least, by what is in force on its first day; one query."""
    return provisions.on(term.first_day).least(ProvisionKey.TRAININGS)


def due(term: Term, day: date) -> int:
    """How many trainings should have been held by the day.

    The document has a number for the term, no dates. It is measured at the term's pace: of two, the first is due when
    half of the term is over, the second half a year before its end.
    """
    wanted, length = needed(term), term.last_day - term.first_day
    return sum(
        day > min(term.first_day + length * each / wanted, term.last_day - LEEWAY) for each in range(1, wanted + 1)
    )


def trainings(user: User):
    return Activity.objects.visible_to(user).filter(kind=ActivityKind.TRAINING)


@dataclass
class Progress:
    """A subdistrict's trainings of the term so far, and its people in office now by how many they took part in."""

    subdistrict: Subdistrict
    needed: int
    held: int = 0
    planned: int = 0
    hours: float = 0
    people: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def is_enough(self) -> bool:
        return self.held >= self.needed

    @property
    def everybody(self) -> int:
        return sum(self.people.values())


ENOUGH, FEWER, MISSED, WAITING = "enough", "fewer", "missed", "waiting"


def took_part(user: User, term: Term, today: date):
    """People in office today in the user's sight, with the subdistrict's trainings of the term so far.

    Each has `invited` and `came`, of those by subdistricts, and `hours`, of all.
    """
    held = Q(attendances__activity__kind=ActivityKind.TRAINING, attendances__activity__term=term,
             attendances__activity__day__lte=today)  # fmt: skip
    by_subdistrict = held & Q(attendances__activity__subdistrict__isnull=False)
    in_office = Appointment.objects.visible_to(user).in_office(today)
    return Member.objects.filter(pk__in=in_office.values("member")).annotate(
        invited=Count("attendances", filter=by_subdistrict),
        came=Count("attendances", filter=by_subdistrict & Q(attendances__came=True)),
        hours=Coalesce(
            Sum("attendances__activity__hours", filter=held & Q(attendances__came=True)), 0, output_field=DecimalField()
        ),
    )


def condition(state: str, term: Term) -> Q:
    """Of rows of `took_part`: enough trainings, fewer than that, all missed, or not invited to that many yet."""
    wanted = needed(term)
    enough, missed = Q(came__gte=wanted), Q(came=0, invited__gte=wanted)
    return {
        ENOUGH: enough,
        FEWER: ~enough & ~missed & Q(invited__gte=wanted),
        MISSED: missed,
        WAITING: ~enough & Q(invited__lt=wanted),
    }[state]


def state_of(invited: int, came: int, wanted: int) -> str:
    """The same of one row."""
    if came >= wanted:
        return ENOUGH
    if invited < wanted:
        return WAITING
    return FEWER if came else MISSED


def progress(user: User, term: Term, today: date) -> list[Progress]:
    """How far each subdistrict in sight is with the term's trainings; two queries for people, two for trainings."""
    communities = Community.objects.visible_to(user).select_related("subdistrict")
    wanted = needed(term)
    found = {each.subdistrict_id: Progress(each.subdistrict, wanted) for each in communities}
    for pk, day, hours in trainings(user).filter(term=term).values_list("subdistrict", "day", "hours"):
        if pk in found and day <= today:
            found[pk].held += 1
            found[pk].hours += hours or 0
        elif pk in found:
            found[pk].planned += 1
    rows = took_part(user, term, today).order_by()
    for pk, invited, came in rows.values_list("community__subdistrict", "invited", "came"):
        if pk in found:
            found[pk].people[state_of(invited, came, wanted)] += 1
    return sorted(found.values(), key=lambda each: each.subdistrict.code)
