"""年度台账: a year's account of each person of an area, by the stages of the ledger (rules.md §5).

A row counts the months for which communities of the area are responsible, so the rows of two areas add up to those of
both. Each row adds up: carried over + arrived − repaid − due by today's register = balance. For a person whom no other
community paid, that is the balance of all months to the end of the year.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jygroups.lib.yuan import YuanSum
from registry.models import Community, Member, User
from subsidies.corrections import ledger, ledger_words, proposals
from subsidies.corrections.ledger import NOTHING, Account, Book, Entry, Sums
from subsidies.models import CLOSED_STATES, Correction, PayStage, SheetLine
from subsidies.month import arrivals, heads


@dataclass(frozen=True)
class YearRow:
    """A person's year, by the community responsible for the newest month."""

    member: Member
    community: Community
    account: Account
    partly: bool  # whether communities outside the area are responsible for other months up to the end of the year
    foots: bool
    given_up: Decimal = NOTHING  # of the months up to the end of the year, as `written_off`, which is signed
    written_off: Decimal = NOTHING

    @property
    def remark(self) -> str:
        """Which parts of the balance stay, in words; empty for none."""
        return _("; ").join(ledger_words.parts(self.given_up, self.written_off))


def lines(user: User, year: int) -> QuerySet[SheetLine]:
    """The year's closed lines of the user's communities, paid or on hold."""
    found = SheetLine.objects.filter(heads.LISTED, month__year=year, sheet__state__in=CLOSED_STATES)
    return found.filter(community__in=Community.objects.visible_to(user))


def rows(area: Collection[Community], year: int) -> list[YearRow]:
    """The people paid by these communities in the year and those with a balance; by community and name.

    A constant number of queries.
    """
    communities = {each.pk: each for each in area}
    keys = _people(communities, year)
    members = Member.objects.defer("phone", "account").in_bulk(keys)
    found = []
    for key, book in ledger.books(keys).items():
        own = [entry for entry in book.entries if entry.month.year <= year and _own(entry, communities)]
        account = _account(own, communities, year)
        if any(account.amounts) or any(_is_listed(entry, communities) for entry in own if entry.month.year == year):
            community = own[-1].community if own[-1].community in communities else own[-1].lines[-1].community_id
            row = _row(members[key], communities[community], account, book, communities, year)
            given_up = sum((entry.of(communities).sums.given_up for entry in own), NOTHING)
            written_off = sum((entry.written_off for entry in own if entry.community in communities), NOTHING)
            found.append(replace(row, given_up=given_up, written_off=written_off))
    return sorted(found, key=lambda row: (row.community.code, row.member.pinyin, row.member.name, row.member.pk))


def _people(communities: Collection[int], year: int) -> set[int]:
    """The people with a closed line or correction of these communities up to the end of the year."""
    last = date(year, 12, 31)
    paid = SheetLine.objects.filter(community__in=communities, month__lte=last, sheet__state__in=CLOSED_STATES)
    corrected = Correction.objects.filter(community__in=communities, month__lte=last).order_by()
    people = paid.annotate(person=proposals.PERSON).order_by().values_list("person", flat=True)
    return {*people.distinct(), *corrected.values_list("member", flat=True).distinct()}


def _own(entry: Entry, communities: Collection[int]) -> bool:
    return entry.community in communities or any(line.community_id in communities for line in entry.lines)


def _is_listed(entry: Entry, communities: Collection[int]) -> bool:
    return any(heads.is_listed(line) for line in entry.lines if line.community_id in communities)


def _account(entries: Iterable[Entry], communities: Collection[int], year: int) -> Account:
    before, of_year = Account(), Account()
    for entry in entries:
        if entry.month.year < year:
            before += entry.of(communities)
        else:
            of_year += entry.of(communities)
    return Account(before.balance, of_year.sums, of_year.should_be)


def _row(
    member: Member, community: Community, account: Account, book: Book, communities: Collection[int], year: int
) -> YearRow:
    """A person's row; checks that it has the whole ledger's balance if all months belong to the area."""
    to_year = [entry for entry in book.entries if entry.month.year <= year]
    answering = {entry.community for entry in to_year} | {line.community_id for each in to_year for line in each.lines}
    partly = not answering <= set(communities)
    foots = account.sums.foots and book.foots and (partly or account.balance == to_year[-1].balance)
    return YearRow(member, community, account, partly, foots)


def legend(found: Collection[YearRow]) -> str:
    """Which parts of the balance of all these people stay; empty where there are none."""
    given_up = sum((row.given_up for row in found), NOTHING)
    return ledger_words.contained(given_up, sum((row.written_off for row in found), NOTHING))


def total(found: QuerySet[SheetLine]) -> Sums:
    """The lines by stage, added up by the database; what was due is added up apart, so that the two can be compared."""
    sums = Sums(due=found.aggregate(yuan=YuanSum("net"))["yuan"] or NOTHING)
    for stage, yuan in arrivals.with_stage(found).order_by().values_list("stage").annotate(YuanSum("net")):
        name = "refused" if stage == PayStage.BOUNCED else stage
        setattr(sums, name, getattr(sums, name) + yuan)
    return sums
