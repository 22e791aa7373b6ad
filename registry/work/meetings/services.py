"""Minutes of meetings: written whole, with who came, what was decided and whom the meeting named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Attendance,
    Position,
    Record,
    Representative,
    ResidentsGroup,
    Resolution,
    Term,
    User,
)
from registry.records import files, versions


@dataclass(frozen=True)
class Presence:
    """Whether somebody came, else why not."""

    came: bool
    excuse: str = ""


@dataclass(frozen=True)
class Decision:
    """What was put to the vote; without counts it was agreed without one."""

    text: str
    votes_for: int | None = None
    against: int | None = None
    abstained: int | None = None
    carried: bool = True

    @property
    def votes(self) -> int:
        """Cast in all."""
        return sum(count or 0 for count in (self.votes_for, self.against, self.abstained))


@dataclass(frozen=True)
class Nominee:
    """Somebody who represents residents, by name and household."""

    name: str
    household: str = ""


def expected(body, day: date) -> list[Appointment]:
    """Who should come to a meeting of a group or committee: the holders of an office in it on the day, by rank."""
    of_body = {"group": body} if isinstance(body, ResidentsGroup) else {"committee": body, "group": None}
    offices = Appointment.objects.filter(**of_body).in_office(day).select_related("member")
    by_rank = sorted(offices, key=lambda office: (Position(office.position).rank, office.member.pinyin, office.pk))
    return list({office.member_id: office for office in reversed(by_rank)}.values())[::-1]


@transaction.atomic
def save(
    activity: Activity,
    *,
    presences: Mapping[int, Presence],
    decisions: Sequence[Decision] = (),
    people: Sequence[Nominee] | None = None,
    actor: User | None,
) -> Activity:
    """Write the minutes: presences by member, decisions in order, and the representatives it recommended.

    Rows that are not given any more are deleted. Raises ValidationError.
    """
    if activity.pk is None:
        activity.added_by = actor
    if people and Term.objects.of(activity.day) is None:
        raise ValidationError({"day": _("No term holds this day, so nobody can be recommended for one.")})
    versions.save(activity, actor=actor, reason=_("Minutes"))
    body = {"committee": activity.committee, "group": activity.group}
    _keep(
        {row.member_id: row for row in activity.attendances.all()},
        {key: {"member_id": key, **body, **asdict(presence)} for key, presence in presences.items()},
        new=lambda: Attendance(activity=activity),
        actor=actor,
    )
    _keep(
        {row.ordinal: row for row in activity.resolutions.all()},
        {ordinal: {"ordinal": ordinal, **asdict(each)} for ordinal, each in enumerate(decisions, 1)},
        new=lambda: Resolution(activity=activity),
        actor=actor,
    )
    _check_carried(activity, people or ())
    if people is not None:
        _recommend(activity, people, actor)
    return activity


def _check_carried(activity: Activity, people: Iterable[Nominee]) -> None:
    """Raises ValidationError where the minutes name somebody on whom the vote did not carry."""
    elected = activity.kind == ActivityKind.ELECTION and activity.elected
    if elected and (why := activity.why_lost(elected.name)):
        raise ValidationError({"elected": why})
    if lost := [why for person in people if (why := activity.why_lost(person.name))]:
        raise ValidationError({"people": lost})


def _keep(stored: dict, wanted: dict, *, new, actor: User | None) -> None:
    """Make the stored rows the wanted ones, by key; an unchanged row gets no new version."""
    versions.delete([stored[key] for key in stored.keys() - wanted.keys()], actor=actor, reason=_("Minutes"))
    for key, fields in wanted.items():
        row: Record = stored.get(key) or new()
        if row.pk and all(getattr(row, name) == value for name, value in fields.items()):
            continue
        for name, value in fields.items():
            setattr(row, name, value)
        versions.save(row, actor=actor, reason=_("Minutes"))


def _recommend(activity: Activity, people: Iterable[Nominee], actor: User | None) -> None:
    """Who is there of this term already is taken as this meeting's; who is named no more goes."""
    wanted = set(people)
    known = {
        Nominee(row.name, row.household): row
        for row in Representative.objects.filter(group=activity.group, term=activity.term)
    }
    gone = [row for person, row in known.items() if row.meeting_id == activity.pk and person not in wanted]
    versions.delete(gone, actor=actor, reason=_("Minutes"))
    for person in people:
        row = known.get(person) or Representative(group=activity.group, term=activity.term, **asdict(person))
        if row.meeting_id != activity.pk:
            row.meeting = activity
            versions.save(row, actor=actor, reason=_("Recommended by the group's meeting"))


@transaction.atomic
def remove(activity: Activity, *, actor: User, reason: str) -> None:
    """Delete minutes that were entered by mistake; representatives they recommended stay."""
    for file in activity.attachments.all():
        files.remove(file, actor=actor, reason=reason)
    parts = [*activity.attendances.all(), *activity.resolutions.all()]
    versions.remove(activity, actor=actor, reason=reason, parts=parts)


@dataclass(frozen=True)
class ElectionState:
    """What became of a leader's election: `leads` since when, or by which office the elected one can come to lead.

    Neither where the vote was `lost`, which is the reason.
    """

    leads: Appointment | None
    office: Appointment | None
    lost: str = ""


def election_state(activity: Activity, today: date) -> ElectionState | None:
    """None for what elected nobody."""
    if activity.kind != ActivityKind.ELECTION or not activity.elected:
        return None
    if why := activity.why_lost(activity.elected.name):
        return ElectionState(leads=None, office=None, lost=why)
    offices = Appointment.objects.filter(group=activity.group_id, member=activity.elected_id).in_office(today)
    office = offices.select_related("member").first()
    leads = office and office.position == Position.GROUP_LEADER and not office.acting
    return ElectionState(leads=office if leads else None, office=None if leads else office)


def basis(activity: Activity) -> str:
    """The minutes as the basis of a change of office: 2026-05-20 第一居民小组推选居民小组长会议记录."""
    words = {"day": activity.day, "group": activity.group, "kind": ActivityKind(activity.kind).label}
    return _("Minutes of %(day)s: %(group)s, %(kind)s") % words
