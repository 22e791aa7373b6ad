"""Visits noted, what residents asked followed up to its end, and buildings given to who visits them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db import transaction

from registry.models import Assignment, Building, Member, ProvisionKey, User, Visit
from registry.provisions import queries as provisions
from registry.records import files, versions


@transaction.atomic
def note(visit: Visit, *, photos: Iterable[files.Taken] = (), actor: User) -> None:
    """Save a visit, new or changed. What was asked and not answered at once is due within the prescribed days."""
    if not visit.asked:
        visit.due_on, visit.outcome, visit.settled_on = None, "", None
    else:
        visit.due_on = visit.due_on or answer_by(visit.day)
        visit.settled_on = max(visit.day, visit.settled_on or visit.day) if visit.outcome else None
    versions.save(visit, actor=actor)
    files.attach(visit, files=photos, actor=actor)


def answer_by(day: date) -> date | None:
    """The last day on which what residents asked on the day is answered in time; None without limit."""
    days = provisions.on(day).figure(ProvisionKey.ANSWER)
    return None if days is None else day + timedelta(days=days)


def settle(visit: Visit, *, outcome: str, on: date, actor: User) -> None:
    """What residents asked has come to its end."""
    visit.outcome, visit.settled_on = outcome, on
    versions.save(visit, actor=actor, reason="settled")


@transaction.atomic
def assign(wanted: Mapping[Building, Member | None], *, actor: User) -> int:
    """Give each building to who visits it, or to nobody; how many that changed."""
    present = {
        row.building_id: row for row in Assignment.objects.filter(building__in=wanted).select_for_update(of=("self",))
    }
    changed, gone = 0, list[Assignment]()
    for building, member in wanted.items():
        row = present.get(building.pk)
        if (row.member_id if row else None) == (member.pk if member else None):
            continue
        changed += 1
        if member:
            row = row or Assignment(building=building)
            row.member = member
            versions.save(row, actor=actor)
        elif row:
            gone.append(row)
    versions.delete(gone, actor=actor, reason="unassigned")
    return changed
