"""Forecast of the cost of future months by today's rules or others, under assumptions. Writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Community, Member, Position, Subdistrict, Term, User
from registry.people.bodies import vacancies
from registry.people.bodies.vacancies import Lack
from subsidies import engine, facts
from subsidies.standards.rules import Rules

AHEAD = 36  # months
NOTHING = Decimal(0)
Standards = Sequence[tuple[Month, engine.Standard]]  # the one of each month


@dataclass(frozen=True)
class Assumptions:
    """The assumptions about people and offices."""

    nobody_reelected: bool = False  # offices end with their term; otherwise people in office stay
    filled_from: Month | None = None  # the seats vacant today are filled from this month on; None: they stay empty


@dataclass
class Outlook:
    """The cost in yuan of each month, subdistrict and position, and how many are paid it."""

    months: list[Month]
    yuan: dict[tuple[Month, int, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    people: Counter[tuple[Month, int, str]] = field(default_factory=Counter)
    anniversaries: Counter[tuple[Month, int]] = field(default_factory=Counter)  # full years that begin to be paid
    growth: dict[tuple[Month, int], Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # since month one

    def total(
        self, months: Iterable[Month], subdistrict: Subdistrict | None = None, position: str | None = None
    ) -> Decimal:
        """The yuan of these months together, of everything or of one subdistrict or position."""
        wanted = set(months)
        return sum(
            (
                yuan
                for (month, area, held), yuan in self.yuan.items()
                if month in wanted
                and (subdistrict is None or area == subdistrict.pk)
                and (position is None or held == position)
            ),
            NOTHING,
        )

    def paid(self, month: Month, position: str | None = None) -> int:
        """How many are paid in the month."""
        return sum(
            count
            for (each, _area, held), count in self.people.items()
            if each == month and (position is None or held == position)
        )

    def by_month(self, subdistrict: Subdistrict | None = None) -> list[Decimal]:
        return [self.total([month], subdistrict) for month in self.months]


@dataclass(frozen=True)
class Difference:
    """A person with another amount under the other rules in their first month; yuan."""

    member: Member
    community: Community
    position: str
    was: Decimal
    will: Decimal

    @property
    def difference(self) -> Decimal:
        return self.will - self.was

    @property
    def label(self) -> str:
        return str(Position(self.position).label)


@dataclass
class Comparison:
    """Today's rules beside others, over the same people and months."""

    since: Month
    now: Outlook
    then: Outlook
    people: list[Difference]

    @property
    def gain(self) -> list[Difference]:
        return [each for each in self.people if each.difference > 0]

    @property
    def lose(self) -> list[Difference]:
        return [each for each in self.people if each.difference < 0]


class City:
    """All people in office in the coming months, read once."""

    def __init__(self, first: Month, user: User, assumptions: Assumptions = Assumptions()):  # noqa: B008 - frozen
        self.first, self.assumptions = first, assumptions
        self.communities = {each.code: each for each in Community.objects.select_related("subdistrict")}
        self.rules = Rules()
        terms = dict(Term.objects.values_list("pk", "last_day")) if assumptions.nobody_reelected else {}
        self.lives: list[tuple[Member | None, engine.Life]] = [
            (person.member, _until(person, terms, first)) for person in facts.people_from(first.first_day)
        ]
        if assumptions.filled_from:
            self.lives += [(None, life) for life in _newcomers(user, assumptions.filled_from)]

    def today(self, months: Iterable[Month]) -> Standards:
        """The adopted Standard in force in each month; months before the first are left out."""
        found = [(month, self.rules.of(month)) for month in months]
        return [(month, standard) for month, standard in found if standard]

    def outlook(self, rules: Standards) -> Outlook:
        outlook = Outlook([month for month, _standard in rules])
        for _member, life in self.lives:
            self._add(outlook, life, rules)
        return outlook

    def compare(self, other: engine.Standard, *, since: Month, months: Sequence[Month]) -> Comparison:
        """All adopted Standards beside the same with one of them changed from a month on.

        `other` is an adopted Standard with changes, recognised by its effective month: it replaces that one in the
        months in which that one is in force. Other Standards, future ones too, decide their months as before.
        """
        now = self.today(months)
        then = [
            (month, other if month >= since and standard.effective_month == other.effective_month else standard)
            for month, standard in now
        ]
        answer = Comparison(since, Outlook([month for month, _ in now]), Outlook([month for month, _ in now]), [])
        for member, life in self.lives:
            was, will = self._add(answer.now, life, now), self._add(answer.then, life, then)
            for (month, _standard), before, after in zip(now, was, will, strict=True):
                if month == since and member and before.amount != after.amount:
                    decided = after if after.paid else before
                    assert decided.home
                    assert decided.paid
                    home = self.communities[decided.home.community_code]
                    answer.people.append(
                        Difference(member, home, decided.paid.position.value, before.amount, after.amount)
                    )
        answer.people.sort(key=lambda each: (each.difference, each.community.code, each.member.pinyin, each.member.pk))
        return answer

    def _add(self, outlook: Outlook, life: engine.Life, rules: Standards) -> list[engine.Decision]:
        decisions = list(engine.project(life, [(month.first_day, standard) for month, standard in rules]))
        first: engine.Decision | None = None
        last: engine.Decision | None = None
        for (month, _standard), decision in zip(rules, decisions, strict=True):
            if decision.paid and decision.home and decision.amount:
                area = self.communities[decision.home.community_code].subdistrict_id
                cell = month, area, decision.paid.position.value
                outlook.yuan[cell] += decision.amount
                outlook.people[cell] += 1
                first = first or decision
                assert decision.increment is not None
                assert first.increment is not None
                outlook.growth[month, area] += decision.increment - first.increment
                if last and last.paid and decision.full_years > last.full_years:
                    outlook.anniversaries[month, area] += 1
            last = decision
        return decisions


def months_from(first: Month, count: int = AHEAD) -> list[Month]:
    found = [first]
    while len(found) < count:
        found.append(found[-1].next)
    return found


def _until(person: facts.Person, terms: dict[int, date], first: Month) -> engine.Life:
    """The life with its open offices ended with their term, where that ends in the months to come."""
    offices = []
    for fact, row in person.appointments.items():
        last = terms.get(row.term_id or 0)
        ends = fact.last_day is None and last is not None and last >= first.first_day
        offices.append(replace(fact, last_day=last) if ends else fact)
    return replace(person.life, appointments=tuple(offices))


def _newcomers(user: User, since: Month) -> Iterator[engine.Life]:
    """A life for each vacant seat, without days served before."""
    lacking: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for vacancy in vacancies.find(user, clock.today()):
        code = vacancy.community.code
        body = f"{code}/{vacancy.group.ordinal:03}" if vacancy.group else code
        lacking[code, body][vacancy.lack] += vacancy.seats
    for (code, body), lacks in lacking.items():
        for position in _positions(lacks):
            yield engine.Life((engine.Appointment(engine.Position(position), since.first_day, None, code, body),))


def _positions(lacks: Counter[str]) -> Iterator[str]:
    """The positions that fill the seats of one body: its heads first, who also count as members."""
    heads = [Lack.DIRECTOR, Lack.DEPUTY_DIRECTOR, Lack.GROUP_LEADER]
    filled = 0
    for lack in heads:
        if lacks[lack]:
            filled += 1
            yield Position(lack.value)
    if lacks[Lack.SUPERVISION_DIRECTOR]:
        yield Position.SUPERVISION_DIRECTOR
    yield from [Position.COMMITTEE_MEMBER] * (lacks[Lack.COMMITTEE_SIZE] - filled)
    yield from [Position.GROUP_MEMBER] * (lacks[Lack.GROUP_SIZE] - filled)


# The year ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SubdistrictForecast:
    """The forecast of a subdistrict's cost in a year, in yuan, by reason."""

    subdistrict: Subdistrict
    today: Decimal  # those in office, each at the amount of the year's first month, for as long as they are;
    # growth and anniversaries too are by the Standard of the first month
    growth: Decimal  # full years reached in the course of the year
    anniversaries: int
    restated: Decimal  # the effect of Standards that begin during the year, signed
    filled: Decimal  # if the vacant seats were filled from its first month on
    ended: Decimal  # if nobody whose term ends in it were elected again: zero or less

    @property
    def wanted(self) -> Decimal:
        """What the year needs with every seat filled and everyone elected again."""
        return self.today + self.growth + self.restated + self.filled


def of_year(year: int, user: User) -> list[SubdistrictForecast]:
    """The plan of each subdistrict, from the same months under different assumptions; some month has a Standard."""
    first = Month(year, 1)
    months = months_from(first, 12)
    looks: list[Outlook] = []
    for assumptions in (Assumptions(), Assumptions(filled_from=first), Assumptions(nobody_reelected=True)):
        city = City(first, user, assumptions)
        rules = city.today(months)
        looks.append(city.outlook(rules))
        if assumptions == Assumptions():
            of_january = [(month, rules[0][1]) for month, _standard in rules]
            unchanged = looks[0] if of_january == rules else city.outlook(of_january)
    stays, filled, ends = looks
    plans = []
    for area in Subdistrict.objects.visible_to(user):
        total, before = stays.total(months, area), unchanged.total(months, area)
        growth = sum((unchanged.growth[month, area.pk] for month in months), NOTHING)
        plans.append(
            SubdistrictForecast(
                area,
                today=before - growth,
                growth=growth,
                anniversaries=sum(unchanged.anniversaries[month, area.pk] for month in months),
                restated=total - before,
                filled=filled.total(months, area) - total,
                ended=ends.total(months, area) - total,
            )
        )
    return plans
