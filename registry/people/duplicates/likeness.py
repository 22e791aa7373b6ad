"""Who may be one person under two ID numbers: what two people have in common, and whether somebody has decided on it.

A pair nobody has decided on is undecided, however the second of the two was saved: nothing has to be stored for it.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from itertools import combinations, islice
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from jygroups.lib import id_numbers
from registry.models import Appointment, DistinctPersons, Member, ResidentsCommittee, ResidentsGroup

MOST = 100  # pairs of people who have one thing in common; who has decided on these is shown the next
TOGETHER = 2_000  # rows of a query, and people it is about
FOREVER = date.min, date.max


class Likeness(Enum):
    """What two people have in common besides the ID number."""

    ACCOUNT = _("the same bank account")
    NAME_AND_ACCOUNT = _("the same name and bank account")
    BIRTH_DATE = _("the same name and birth date")
    PHONE = _("the same name and phone")
    OFFICE = _("the same name, in the same body at the same time")
    NUMBER = _("an ID number that the other had before")

    def __str__(self):
        return str(self.value)


@dataclass(eq=False, slots=True)
class Known:
    """What somebody is known by. `key` is the member's, 0 for somebody new."""

    key: int
    name: str
    birth_date: date
    phone: str
    account: str  # its blind index
    community: int = 0  # the key of the one to which the record belongs
    # Blind indices of the ID numbers, former ones too, and since when the register has each.
    numbers: dict[str, datetime | None] = field(default_factory=dict)
    # Committee and group (None: of the committee itself), first and last day.
    offices: list[tuple[tuple[int, int | None], date, date]] = field(default_factory=list)
    of: Any = None  # what the caller knows of somebody new

    @classmethod
    def new(cls, member: Member, *, of: Any = None) -> "Known":
        """Somebody who is not on the register yet, by a valid ID number."""
        born = id_numbers.birth_date(member.id_number)
        numbers: dict[str, datetime | None] = {member.id_number_index or "": None}
        return cls(0, member.name, born, member.phone, member.account_index, numbers=numbers, of=of)

    def holds(self, body: ResidentsGroup | ResidentsCommittee, first: date | None, last: date | None = None) -> None:
        """Note an office in the body."""
        place = (body.committee_id, body.pk) if isinstance(body, ResidentsGroup) else (body.pk, None)
        self.offices.append((place, first or date.min, last or date.max))

    def marks(self, reason: Likeness) -> Iterator[tuple[Hashable, tuple[date, date]]]:
        """By what somebody else is found to be alike for the reason; two offices are, if they share a day."""
        match reason:
            case Likeness.ACCOUNT if self.account:
                yield self.account, FOREVER
            case Likeness.NAME_AND_ACCOUNT if self.account:
                yield (self.name, self.account), FOREVER
            case Likeness.BIRTH_DATE:
                yield (self.name, self.birth_date), FOREVER
            case Likeness.PHONE if self.phone:
                yield (self.name, self.phone), FOREVER
            case Likeness.OFFICE:
                yield from (((self.name, body), (first, last)) for body, first, last in self.offices)
            case Likeness.NUMBER:
                yield from ((number, FOREVER) for number in self.numbers)


@dataclass(eq=False, slots=True)
class Alike:
    """Two people and what they have in common."""

    first: Known
    second: Known
    reasons: list[Likeness] = field(default_factory=list)
    since: date | None = None  # when the first came into the body that both are in

    @property
    def may_be_one(self) -> bool:
        """Whether it is about a person and not only about an account that two people share."""
        return self.reasons != [Likeness.ACCOUNT]


Wanted = Callable[[Known, Known], bool]
Decided = dict[tuple[int, int], datetime]  # by the keys of two that they are not one person, and when that was found


def compare(people: Iterable[Known], wanted: Wanted | None = None, decided: Decided | None = None) -> list[Alike]:
    """The wanted pairs who have something in common; the first of two comes first in `people`.

    Pairs decided on are left out, unless one has been given a number of the other's since.
    """
    decided = decided or {}
    found: dict[tuple[int, int], Alike] = {}
    for reason, key, alike in _alike(list(people)):
        both = (
            (one, other, mine[0])
            for (one, mine), (other, theirs) in combinations(alike, 2)
            if one is not other
            and (wanted is None or wanted(one, other))
            and (
                (at := decided.get((one.key, other.key))) is None
                or (reason is Likeness.NUMBER and _is_newer(one, other, key, at))
            )
            and mine[0] <= theirs[1]
            and theirs[0] <= mine[1]
        )
        for one, other, since in islice(both, MOST):
            pair = found.setdefault((id(one), id(other)), Alike(one, other))
            if reason not in pair.reasons:
                pair.reasons.append(reason)
            if reason is Likeness.OFFICE:
                pair.since = min(since, pair.since or since)
    for pair in found.values():
        if {Likeness.NAME_AND_ACCOUNT, Likeness.ACCOUNT} <= {*pair.reasons}:  # one alone where MOST others came first
            pair.reasons.remove(Likeness.ACCOUNT)
    return list(found.values())


def _alike(people: list[Known]) -> Iterator[tuple[Likeness, Hashable, list]]:
    """Each mark that several people have, with these; one reason after the other, since a city has many marks."""
    for reason in Likeness:
        once: set[int] = set()
        again: set[int] = set()  # hashes of marks: few are those of several people, and only these are kept
        for person in people:
            for key, _days in person.marks(reason):
                mark = hash(key)
                (again if mark in once else once).add(mark)
        once.clear()
        buckets = defaultdict(list)
        for person in people:
            for key, days in person.marks(reason):
                if hash(key) in again:
                    buckets[key].append((person, days))
        yield from ((reason, key, alike) for key, alike in buckets.items() if len(alike) > 1)


def _is_newer(one: Known, other: Known, number: Hashable, decided_at: datetime) -> bool:
    """Whether both have had the number only since the decision."""
    return max(each.numbers[number] for each in (one, other)) > decided_at  # type: ignore[index, type-var, operator]


def _versions(people: QuerySet) -> QuerySet:
    """All versions of the people and of records merged into them, with `owner`, the key of the person."""
    keys = people.order_by().values("pk")
    merged = Member.objects.filter(merged_into__in=keys).order_by().values("pk")
    owner = Member.objects.filter(pk=OuterRef("id")).values(owner=Coalesce("merged_into", "pk"))
    return Member.history.filter(Q(id__in=keys) | Q(id__in=merged)).annotate(owner=Subquery(owner)).order_by()


def registered(people: QuerySet, *, names, accounts, numbers) -> list[Known]:
    """Those of the people who have one of the names, accounts or, now or before, ID numbers; in three queries.

    Accounts and numbers are blind indices; each may be a queryset.
    """
    versions = _versions(people).filter(id_number_index__in=numbers)
    had: dict[int, dict[str, datetime | None]] = defaultdict(dict)
    former = versions.values_list("owner", "id_number_index").annotate(since=Min("history_date"))
    for key, number, since in former.iterator(TOGETHER):
        had[key][number] = since
    alike = (
        people.filter(erased_at=None)
        .filter(Q(name__in=names) | Q(account_index__in=accounts) | Q(pk__in=had))
        .order_by()
    )
    columns = ("pk", "name", "birth_date", "phone", "account_index", "community")
    found = {row[0]: Known(*row) for row in alike.order_by("pk").values_list(*columns).iterator(TOGETHER)}
    for key, numbers in had.items():
        if key in found:
            found[key].numbers = numbers
    offices = Appointment.objects.filter(member__in=alike.values("pk")).order_by()
    office = offices.values_list("member", "committee", "group", "first_day", "last_day")
    for key, committee, group, first, last in office.iterator(TOGETHER):
        if key in found:
            found[key].offices.append(((committee, group), first, last or date.max))
    return list(found.values())


def like(new: list[Known], people: QuerySet) -> list[Alike]:
    """The pairs of somebody new with one of the people, or with an earlier one of the new.

    It takes three queries for each batch: a database needs much memory for a query that lists a whole city.
    """
    known: dict[int, Known] = {}
    for place in range(0, len(new), TOGETHER):
        batch = new[place : place + TOGETHER]
        found = registered(
            people,
            names={person.name for person in batch},
            accounts={person.account for person in batch if person.account},
            numbers={number for person in batch for number in person.numbers},
        )
        for each in found:
            known.setdefault(each.key, each).numbers |= each.numbers
    chosen = set(new)
    return compare([*(known[key] for key in sorted(known)), *new], lambda one, other: one in chosen or other in chosen)


def everyone(people: QuerySet, *wanted: Wanted) -> list[Alike]:
    """The undecided pairs among all the people, in the order of what is wanted; in four queries."""
    # Asked within the queries, so that a register without any costs as many.
    present = Member.objects.filter(pk=OuterRef("owner")).values("id_number_index")
    known = registered(
        people,
        names=_repeated(people, "name"),
        accounts=_repeated(people.exclude(account_index=""), "account_index"),
        # Nobody else has the number of a record, so that a shared one is a former one of either.
        numbers=_versions(people).exclude(id_number_index=Subquery(present)).values("id_number_index"),
    )
    decided = _decided(people)
    return [pair for each in wanted for pair in compare(known, each, decided)]


def _repeated(people: QuerySet, column: str) -> QuerySet:
    return people.order_by().values(column).annotate(count=Count("pk")).filter(count__gt=1).values(column)


def of(some: QuerySet, people: QuerySet) -> tuple[list[Alike], set[int]]:
    """The undecided pairs of one of `some` with another one of the people, and the keys of `some`, in five queries."""
    keys = some.order_by().values("pk")
    known = registered(
        people,
        names=some.order_by().values("name"),
        accounts=some.order_by().exclude(account_index="").values("account_index"),
        numbers=_versions(some).values("id_number_index"),
    )
    chosen = set(keys.values_list("pk", flat=True))
    return compare(known, lambda one, other: one.key in chosen or other.key in chosen, _decided(people)), chosen


def _decided(people: QuerySet) -> Decided:
    rows = DistinctPersons.objects.filter(is_decided=True, first__in=people.order_by().values("pk"))
    return {(first, second): at for first, second, at in rows.values_list("first", "second", "updated_at")}


def in_doubt(some: QuerySet) -> set[int]:
    """The keys of those who may be anybody in the city who was registered earlier, as long as nobody decides on it.

    The earlier record is not held up by a later one, which another area may have made.
    """
    alike, chosen = of(some, Member.objects.filter(merged_into=None))
    return {pair.second.key for pair in alike if pair.may_be_one} & chosen
