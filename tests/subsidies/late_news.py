"""What offices learn of late: facts of months before, at random."""

import random
from datetime import timedelta

from jygroups.lib.months import Month
from tests import factories


def news(rng: random.Random, month: Month, people: list, bodies: list) -> None:
    """Something is learnt in the month about somebody, mostly of months before it."""
    person = rng.choice(people)
    past = month.first_day - timedelta(days=rng.randrange(150))
    office = person.appointments.order_by("-first_day").first()
    match rng.randrange(6):
        case 0:  # had left already
            if office and office.last_day is None and office.first_day <= past:
                office.last_day = past
                office.save()
        case 1:  # was employed
            factories.employment(person, past, past + timedelta(days=rng.randrange(90)))
        case 2:  # had begun earlier, or later
            if office:
                first = office.first_day + timedelta(days=rng.randrange(-400, 400))
                if first <= (office.last_day or month.first_day) and not person.appointments.exclude(
                    pk=office.pk
                ).filter(group=office.group, last_day__gte=first):
                    office.first_day = first
                    office.save()
        case 3:  # had been taken into another body
            body = rng.choice(bodies)
            held = person.appointments.filter(committee=getattr(body, "committee", body))
            if not held.filter(group=body if hasattr(body, "ordinal") else None).exists():
                factories.appointment(person, body, first_day=past)
        case 4:  # came back to where the office had ended
            if office and office.last_day and office.last_day < past:
                factories.appointment(person, office.body, office.position, first_day=past)
        case 5:  # was never employed after all
            if spell := person.employment_spells.first():
                spell.delete()
