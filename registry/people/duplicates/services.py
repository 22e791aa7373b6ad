"""People who may be on the register twice, and merging two records into one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, islice

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError, Q
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import (
    Act,
    Appointment,
    DistinctPersons,
    EmploymentSpell,
    Member,
    MemberFile,
    Position,
    Transfer,
    User,
)
from registry.records import audit, locks, merging, versions

MOST = 100  # pairs of one kind; who has settled these is shown the next
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
    reasons: list[str] = field(default_factory=list)


def pairs(user: User, among: Member | None = None) -> list[Pair]:
    """Pairs with the same account, or the same name and birth date, of people the user sees; `among`: with that one.

    The same ID number twice is refused by the database itself. Who was found to be two persons is left out.
    """
    visible = Member.objects.visible_to(user).order_by()
    if among:
        by_account, by_name = Q(account_index=among.account_index), Q(name=among.name, birth_date=among.birth_date)
        alike = (by_account if among.account else Q(pk=None)) | by_name
    else:
        # Asked within one query each, so that a register without any costs as many.
        accounts = visible.exclude(account_index="").values("account_index").annotate(count=Count("pk"))
        names = visible.values("name", "birth_date").annotate(count=Count("pk"))
        alike = Q(account_index__in=accounts.filter(count__gt=1).values("account_index")) | Q(
            name__in=names.filter(count__gt=1).values("name")
        )
    found: dict[tuple[int, int], Pair] = {}
    people = list(visible.filter(alike).select_related("community__subdistrict").order_by("pk"))
    apart = set(DistinctPersons.objects.visible_to(user).values_list("first", "second"))
    for reason, key in (
        (_("the same bank account"), lambda each: each.account_index),
        (_("the same name and birth date"), lambda each: (each.name, each.birth_date)),
    ):
        groups = defaultdict(list)
        for person in people:
            if value := key(person):
                groups[value].append(person)
        for group in groups.values():
            alike_pairs = (
                two
                for two in combinations(group, 2)
                if (among is None or among in two) and (two[0].pk, two[1].pk) not in apart
            )
            for first, second in islice(alike_pairs, MOST):
                found.setdefault((first.pk, second.pk), Pair(first, second)).reasons.append(reason)
    return list(found.values())[:MOST]


def keep_apart(one: Member, other: Member, *, actor: User) -> None:
    """Record that the two are not the same person, so that they are not shown again."""
    first, second = sorted((one, other), key=lambda each: each.pk)
    if not DistinctPersons.objects.filter(first=first, second=second).exists():
        versions.save(DistinctPersons(first=first, second=second), actor=actor)


@dataclass
class Plan:
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
        return sum(len(rows) for _kept, rows, _last in self.joined)


def plan(survivor: Member, other: Member) -> Plan:
    """What merging `other` into `survivor` would do; nothing is written."""
    made = Plan(survivor, other)
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
        made.against.append(_("Both have a sign-in of their own; ask the system administrator to take one away."))
    return made


def _place(made: Plan, cluster: list[Appointment]) -> None:
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
        kept = next((office for office in cluster if office.member_id == made.survivor.pk), cluster[0])
        ends = [office.last_day for office in cluster]
        last = None if None in ends else max(day for day in ends if day)
        made.joined.append((kept, [office for office in cluster if office != kept], last))


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
    address: str | None = None,
) -> Plan:
    """Make one of two records: everything the other had is the survivor's; the other is hidden and never paid again.

    `chosen` names what of CHOSEN is taken from the other; `seen` are the versions of survivor and other that the
    clerk looked at. Lines of sheets stay as they are. Raises Refused.
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
        survivor.name,
        user=actor,
        address=address,
        survivor=survivor.pk,
        other=other.pk,
        offices=len(made.offices),
        joined=made.dropped,
        employment=len(made.spells),
        files=len(made.files),
    )
    return made


def _carry_out(made: Plan, chosen: set[str], actor: User, reason: str) -> None:
    survivor, other = made.survivor, made.other
    for kept, dropped, last in made.joined:
        last_one = max([kept, *dropped], key=lambda each: each.last_day or date.max)
        kept.first_day = min(each.first_day for each in [kept, *dropped])
        kept.last_day, kept.end_reason = last, last_one.end_reason if last else ""
        kept.member = survivor
        for office in dropped:
            versions.remove(office, actor=actor, reason=reason)
        versions.save(kept, actor=actor, reason=reason)
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
