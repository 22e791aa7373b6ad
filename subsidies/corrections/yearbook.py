"""年度台账: what a year came to for each person of an area, by the stages of the ledger (rules.md §5).

A row counts the months that communities of the area paid in the year, so the rows of two areas add up to those of both.
Only the balance is the person's own: of all months to the end of the year, whichever community paid them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, Max, OuterRef, QuerySet, Sum

from registry.models import Community, Member, User
from subsidies.bank import arrivals
from subsidies.corrections import ledger
from subsidies.corrections.ledger import CLOSED, NOTHING, PERSON, Sums
from subsidies.models import PayStage, Repayment, SheetLine
from subsidies.month import heads


@dataclass(frozen=True)
class Person:
    """A person of the area, by the community that paid last in the year."""

    pk: int
    name: str
    community: str


@dataclass(frozen=True)
class Row:
    """A person's year in yuan; without what is known of the whole person where the user does not see all of it."""

    member: Member
    community: str
    sums: Sums
    should_be: Decimal | None  # for the year, by today's register
    balance: Decimal | None  # of all months to the end of the year
    foots: bool


def lines(user: User, year: int) -> QuerySet[SheetLine]:
    """The closed lines of the year that the user's communities paid or hold."""
    found = SheetLine.objects.filter(heads.LISTED, month__year=year, sheet__state__in=CLOSED)
    return found.filter(community__in=Community.objects.visible_to(user))


def people(found: QuerySet[SheetLine]) -> list[Person]:
    """Whose lines these are, by community and name; two queries."""
    rows = found.annotate(person=PERSON).order_by().values("person", "community__code", "community__name")
    last = {}
    for row in sorted(rows.annotate(last=Max("month")), key=lambda row: (row["last"], row["community__code"])):
        last[row["person"]] = (row["community__code"], row["community__name"])
    names = Member.objects.filter(pk__in=found.annotate(person=PERSON).order_by().values("person"))
    members = sorted(
        names.values_list("pk", "name", "pinyin"), key=lambda row: (last[row[0]][0], row[2], row[1], row[0])
    )
    return [Person(pk, name, last[pk][1]) for pk, name, _pinyin in members]


def rows(found: QuerySet[SheetLine], chosen: Sequence[Person], user: User, year: int) -> list[Row]:
    """The year of each of these people; as many queries for one as for a hundred."""
    keys = [person.pk for person in chosen]
    counted = set(found.annotate(person=PERSON).filter(person__in=keys).order_by().values_list("pk", flat=True))
    members, books, partly = Member.objects.in_bulk(keys), ledger.books(keys), ledger.partly_visible(keys, user)
    result = []
    for person in chosen:
        book, sums, should_be = books[person.pk], Sums(), NOTHING
        for entry in book.of_year(year):
            of_area = [line for line in entry.lines if line.pk in counted]
            for line in of_area:
                sums.add(line)
            if of_area:
                sums.repaid += entry.sums.repaid
            if of_area or not entry.lines:
                should_be += entry.should_be
        before = [entry.balance for entry in book.entries if entry.month.year <= year]
        known = person.pk not in partly
        result.append(
            Row(
                member=members[person.pk],
                community=person.community,
                sums=sums,
                should_be=should_be if known else None,
                balance=before[-1] if known else None,
                foots=sums.foots and book.foots,
            )
        )
    return result


def total(found: QuerySet[SheetLine]) -> Sums:
    """The lines by stage, added up by the database; what was due is added up apart, so that the two can be compared."""
    sums = Sums(due=found.aggregate(yuan=Sum("net"))["yuan"] or NOTHING)
    for stage, yuan in arrivals.with_stage(found).order_by().values_list("stage").annotate(Sum("net")):
        name = "refused" if stage == PayStage.BOUNCED else stage
        setattr(sums, name, getattr(sums, name) + yuan)
    owed = {"person": OuterRef("correction__member"), "month": OuterRef("correction__month")}
    repayments = Repayment.objects.filter(Exists(found.annotate(person=PERSON).filter(**owed)))
    sums.repaid = repayments.aggregate(yuan=Sum("amount"))["yuan"] or NOTHING
    return sums


def added(found: Sequence[Row], name: str) -> Decimal:
    """The column of what is known of whole people, over those rows that have it."""
    return sum((getattr(row, name) or NOTHING for row in found), NOTHING)
