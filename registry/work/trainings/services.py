"""Trainings 〔五(一)〕: held by a subdistrict or a committee, with the people of those invited, and who came."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from registry.models import COMMITTEE_FIRST, Activity, Appointment, Attendance, Community, ResidentsGroup, User
from registry.records import versions


@transaction.atomic
def save(
    *, training: Activity, committees: Iterable[Community], groups: Iterable[Community], actor: User | None
) -> None:
    """Save a training; invited are the committees, and all groups, of these communities. Raises ValidationError.

    Everybody in office there on its day should come; who is no longer wanted and has not come is taken off the list.
    """
    if training._state.adding:
        training.added_by = actor
    versions.save(training, actor=actor, reason=_("Training"))
    training.committees_invited.set(community.committee for community in committees)
    standing = ResidentsGroup.objects.standing_on(training.day)
    training.groups_invited.set(standing.filter(committee__community__in=list(groups)))
    wanted = {row.member_id for row in expected(training)}
    rows = training.attendances.filter(came=False, excuse="").exclude(member__in=wanted)
    versions.delete(list(rows), actor=actor, reason=_("No longer invited"))
    invite(training=training, actor=actor)


@transaction.atomic
def invite(*, training: Activity, actor: User | None) -> int:
    """Put everybody on the list who should come and is not on it; how many they are."""
    missing = missing_of(training)
    versions.create(missing, actor=actor, reason=_("Invited"))
    return len(missing)


def missing_of(training: Activity) -> list[Attendance]:
    """Who should come and is not on the list: took office after it was made."""
    there = set(training.attendances.values_list("member", flat=True))
    return [row for row in expected(training) if row.member_id not in there]


def expected(training: Activity) -> list[Attendance]:
    """Everybody in office on the training's day in the bodies invited, once each; for the committee before a group."""
    invited = Q(group=None, committee__in=training.committees_invited.all()) | Q(
        group__in=training.groups_invited.all()
    )
    offices = Appointment.objects.in_office(training.day).filter(invited).order_by(COMMITTEE_FIRST, "pk")
    found: dict[int, Attendance] = {}
    for office in offices:
        found.setdefault(
            office.member_id,
            Attendance(
                activity=training,
                member_id=office.member_id,
                committee_id=office.committee_id,
                group_id=office.group_id,
            ),
        )
    return list(found.values())


@transaction.atomic
def sign_in(*, rows: Sequence[Attendance], actor: User) -> None:
    """Write who came, and the excuses of who did not."""
    versions.update(rows, fields=["came", "excuse"], actor=actor, reason=_("Signed in"))


@transaction.atomic
def remove(*, training: Activity, actor: User) -> None:
    """Delete a training that was not held, with its list."""
    attendances = list(training.attendances.all())
    training.committees_invited.clear()
    training.groups_invited.clear()
    versions.remove(training, actor=actor, reason=_("Training deleted"), parts=attendances)
