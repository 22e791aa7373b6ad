"""People who may be on the register twice, and merging two records into one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import (
    Act,
    Appointment,
    Community,
    DistinctPersons,
    EmploymentSpell,
    Member,
    MemberFile,
    Position,
    Transfer,
    User,
)
from registry.people.duplicates import likeness
from registry.people.duplicates.likeness import Known
from registry.records import audit, locks, merging, versions

DECIDE = "registry.tell_apart"  # the permission to decide that two are not the same person
# What the clerk chooses of either record: every field that people fill in, a bank with its account; the ID number is
# that of the record that stays.
CHOSEN: dict[str, list[str]] = {}
for _field in Member._meta.concrete_fields:
    if _field.editable and not _field.primary_key and _field.name not in ("id_number", "merged_into"):
        CHOSEN.setdefault("account" if _field.name == "bank" else _field.name, []).append(_field.name)


@dataclass
class Pair:
    """Two members who may be one person, and what they have in common."""

    first: Member
    second: Member
    reasons: list[str]
    stated: "Decision | None" = None  # that they are two, by somebody who may not decide


@dataclass
class Decision:
    """That a member and another person are two, by whom and when."""

    other: Member
    by: User | None
    at: datetime
    reason: str


def deciding(user: User | None) -> frozenset[int] | None:
    """The keys of the communities on whose people the user decides; None for everywhere, as without a user."""
    return user.community_keys(DECIDE) if user else None


def decides(user: User) -> likeness.Wanted:
    """Whether the user has to decide on two people; at the city on those of two subdistricts."""
    within = dict(Community.objects.visible_to(user, DECIDE).values_list("pk", "subdistrict"))
    at_city = user.reach(DECIDE).everywhere

    def is_theirs(one: Known, other: Known) -> bool:
        places = within.get(one.community), within.get(other.community)
        return places[0] != places[1] if at_city else all(places)

    return is_theirs


def pairs(user: User, among: Member | None = None) -> list[Pair]:
    """Undecided pairs of people the user sees, at most MOST; `among`: with that one. In a constant number of queries.

    First those the user has to decide on, of these first those that are about more than an account. The same ID number
    twice is refused by the database itself.
    """
    visible = Member.objects.visible_to(user)
    if among:
        found, _chosen = likeness.of(visible.filter(pk=among.pk), visible)
    else:
        is_theirs = decides(user)
        found = likeness.everyone(visible, is_theirs, lambda one, other: not is_theirs(one, other))
        found.sort(key=lambda pair: (not is_theirs(pair.first, pair.second), not pair.may_be_one))
    found = found[: likeness.MOST]
    keys = {person.key for pair in found for person in (pair.first, pair.second)}
    people = Member.objects.select_related("community__subdistrict").defer("phone", "account").in_bulk(keys)
    rows = DistinctPersons.objects.filter(is_decided=False, first__in=keys, second__in=keys)
    stated = {
        (row.first_id, row.second_id): Decision(row.second, by, row.updated_at, row.reason)
        for row, by in _with_who(rows.select_related("second"))
    }
    return [
        Pair(
            people[one.first.key],
            people[one.second.key],
            [*map(str, one.reasons)],
            stated.get((one.first.key, one.second.key)),
        )
        for one in found
    ]


def _with_who(rows: Iterable[DistinctPersons]) -> list[tuple[DistinctPersons, User | None]]:
    """Each row with the user who saved it last; one query more."""
    rows = list(rows)
    made = DistinctPersons.history.filter(id__in=[row.pk for row in rows]).order_by("history_id")
    by = {version.id: version.history_user for version in made.select_related("history_user")}
    return [(row, by.get(row.pk)) for row in rows]


def keep_apart(one: Member, other: Member, *, actor: User | None, reason: str = "") -> DistinctPersons:
    """Record that the two are not the same person, so that nobody is asked again unless a number is corrected."""
    first, second = sorted((one, other), key=lambda each: each.pk)
    decision = DistinctPersons.objects.filter(first=first, second=second).first()
    decision = decision or DistinctPersons(first=first, second=second)
    decision.reason, decision.is_decided = reason, True
    versions.save(decision, actor=actor, reason=_("Not the same person"))
    return decision


def keep_new_apart(found: Iterable[tuple[Member, Member, str]], *, actor: User | None) -> list[DistinctPersons]:
    """Record of somebody just registered and somebody else, with the reason, that they are two persons.

    They stay undecided where the actor may not decide.
    """
    places, rows = deciding(actor), []
    for one, other, reason in found:
        first, second = sorted((one, other), key=lambda each: each.pk)
        is_decided = places is None or {first.community_id, second.community_id} <= places
        rows.append(DistinctPersons(first=first, second=second, reason=reason, is_decided=is_decided))
    versions.create(rows, actor=actor, reason=_("Not the same person"))
    return rows


def ask_again(one: Member, other: Member, *, actor: User, reason: str = "") -> None:
    """Revoke that the two are not the same person: they are undecided again."""
    for decision in DistinctPersons.objects.filter(first__in=[one, other], second__in=[one, other]):
        versions.remove(decision, actor=actor, reason=reason or _("To be decided again"))


def decisions(user: User, member: Member) -> list[Decision]:
    """Whom the member was found not to be, as far as the user sees them; the newest first. In two queries."""
    rows = DistinctPersons.objects.visible_to(user).filter(Q(first=member) | Q(second=member), is_decided=True)
    rows = rows.select_related("first__community", "second__community").order_by("-updated_at", "-pk")
    return [
        Decision(row.second if row.first_id == member.pk else row.first, by, row.updated_at, row.reason)
        for row, by in _with_who(rows)
    ]


@dataclass
class MergePlan:
    """What a merge does: which offices move, which are one office twice and so are joined, what stands against it."""

    survivor: Member
    other: Member
    offices: list[Appointment] = field(default_factory=list)  # move
    joined: list[tuple[Appointment, list[Appointment], date | None]] = field(default_factory=list)
    spells: list[EmploymentSpell] = field(default_factory=list)
    repeated: list[EmploymentSpell] = field(default_factory=list)  # the survivor has them already
    files: list[MemberFile] = field(default_factory=list)
    against: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        """Offices that go because another one holds their days."""
        return sum(len(rows) for _remaining, rows, _last in self.joined)


def plan(survivor: Member, other: Member) -> MergePlan:
    """What merging `other` into `survivor` would do; nothing is written."""
    made = MergePlan(survivor, other)
    rows = Appointment.objects.filter(member__in=[survivor, other]).select_related("committee__community", "group")
    bodies: dict[tuple, list[Appointment]] = defaultdict(list)
    for office in rows.order_by("first_day", "pk"):
        bodies[office.committee_id, office.group_id, office.position == Position.SUPERVISION_DIRECTOR].append(office)
    for offices in bodies.values():
        for cluster in _overlapping(offices):
            _place(made, cluster)
    mine = {(spell.first_day, spell.last_day) for spell in survivor.employment_spells.all()}
    for spell in other.employment_spells.all():
        (made.repeated if (spell.first_day, spell.last_day) in mine else made.spells).append(spell)
    made.files = list(other.files.all())
    if Transfer.objects.waiting().filter(member__in=[survivor, other]).exists():
        made.against.append(_("A transfer to another subdistrict waits for an answer; withdraw it first."))
    if hasattr(other, "user") and hasattr(survivor, "user"):
        made.against.append(_("Both have a sign-in of their own; ask the system administrator to disconnect one."))
    return made


def _place(made: MergePlan, cluster: list[Appointment]) -> None:
    moving = [office for office in cluster if office.member_id == made.other.pk]
    if len(cluster) == 1:
        made.offices += moving
    elif len({office.position for office in cluster}) > 1:
        words = {"body": _body(cluster[0]), "offices": "; ".join(_days(office) for office in cluster)}
        made.against.append(
            _("In %(body)s the two hold different positions on the same days: %(offices)s. Correct one of them first.")
            % words
        )
    elif moving:
        remaining = next((office for office in cluster if office.member_id == made.survivor.pk), cluster[0])
        ends = [office.last_day for office in cluster]
        last = None if None in ends else max(day for day in ends if day)
        made.joined.append((remaining, [office for office in cluster if office != remaining], last))


def _overlapping(offices: list[Appointment]) -> list[list[Appointment]]:
    """The offices, in the order of their first days, in clusters that share days."""
    clusters: list[list[Appointment]] = []
    end = date.min
    for office in offices:
        if not clusters or office.first_day > end:
            clusters.append([])
            end = date.min
        clusters[-1].append(office)
        end = max(end, office.last_day or date.max)
    return clusters


def _body(office: Appointment) -> str:
    return office.committee.community.name + (office.group.name if office.group else "")


def _days(office: Appointment) -> str:
    return f"{office.get_position_display()} {office.first_day} – {office.last_day or '…'}"


@transaction.atomic
def merge(
    *,
    survivor: Member,
    other: Member,
    chosen: Iterable[str],
    seen: tuple[int, int],
    actor: User,
) -> MergePlan:
    """Make one of two records: everything the other had is the survivor's; the other is hidden and never paid again.

    `chosen` names what of CHOSEN is taken from the other; `seen` are the versions of survivor and other that the
    clerk was shown. Lines of sheets stay as they are. Raises Refused.
    """
    locks.hold(locks.WRITERS)
    people = Member.objects.filter(merged_into=None).select_for_update().in_bulk([survivor.pk, other.pk])
    if len(people) < 2 or seen != tuple(people[key].version for key in (survivor.pk, other.pk)):
        raise Refused(_("One of the two has been changed; check both again."))
    survivor, other = people[survivor.pk], people[other.pk]
    made = plan(survivor, other)
    if made.against:
        raise Refused(" ".join(made.against))
    reason = _("merged with %(name)s") % {"name": other.name}
    try:
        with transaction.atomic():
            _carry_out(made, set(chosen), actor, reason)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    except (IntegrityError, ProtectedError) as error:
        raise Refused(_("An office that is there twice is named by something else; correct that first.")) from error
    audit.record(
        Act.MERGE,
        versions.named(survivor),
        user=actor,
        survivor=survivor.pk,
        other=other.pk,
        offices=len(made.offices),
        joined=made.dropped,
        employment=len(made.spells),
        files=len(made.files),
    )
    return made


def _carry_out(made: MergePlan, chosen: set[str], actor: User, reason: str) -> None:
    survivor, other = made.survivor, made.other
    for remaining, dropped, last in made.joined:
        last_one = max([remaining, *dropped], key=lambda each: each.last_day or date.max)
        remaining.first_day = min(each.first_day for each in [remaining, *dropped])
        remaining.last_day, remaining.end_reason = last, last_one.end_reason if last else ""
        remaining.member = survivor
        for office in dropped:
            versions.remove(office, actor=actor, reason=reason)
        versions.save(remaining, actor=actor, reason=reason)
    for spell in made.repeated:
        versions.remove(spell, actor=actor, reason=reason)
    for row in [*made.offices, *made.spells]:
        row.member = survivor  # type: ignore[attr-defined]
        versions.save(row, actor=actor, reason=reason)
    merging.carry_out(merging.Merge(survivor, other, actor, reason))
    for name in chosen & CHOSEN.keys():
        for each in CHOSEN[name]:
            setattr(survivor, each, getattr(other, each))
    versions.save(survivor, actor=actor, reason=reason)
    other.merged_into = survivor
    versions.save(other, actor=actor, reason=reason)
