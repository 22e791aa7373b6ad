"""How long personal data is kept, from when on, and what happens then. The periods are provisions, so civil affairs
enters what the city decides.

A package declares its rules, and what keeps a person's data longer, in its privacy.py; these are imported when they are
first asked for.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from django.apps import apps
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.models import Member, Provision, ProvisionKey, User
from registry.models.provisions import DAYS
from registry.provisions.queries import on


@dataclass(frozen=True)
class Reason:
    """For whom and why something is erased: the user of its new version, and the words of that."""

    rule: str
    actor: User | None
    words: str


@dataclass(frozen=True)
class Rule:
    """One kind of data. `over` gives the rows whose period began by a day and that are there still, with `since`.

    `free` leaves out those that something keeps. `erase` erases rows by key once two users agree, and returns figures;
    `parts` gives further keys that go with these, each with the key it goes with. `sweep` erases without being asked
    what is over on the day, and returns how many rows. With neither the data stays, and is appraised by people.
    """

    key: ProvisionKey
    what: str | Promise
    begins: str | Promise
    after: str | Promise
    over: Callable[[date], QuerySet]
    free: Callable[[QuerySet], QuerySet] = lambda rows: rows
    erase: Callable[[Collection[int], Reason], Counter[str]] | None = None
    parts: Callable[[Collection[int]], dict[int, int]] = lambda keys: {}
    sweep: Callable[[date], int] | None = None

    def due(self, until: date) -> QuerySet:
        """What is erased now, where periods that began by the day are over."""
        return self.free(self.over(until))

    @property
    def needs_two(self) -> bool:
        return self.erase is not None

    @property
    def is_of_people(self) -> bool:
        """Whether its rows are people of the register."""
        return self.over(date.min).model is Member


@dataclass(frozen=True)
class Obstacle:
    """What keeps a person's data beyond its period: `people` gives rows with `owner`, the key of the person."""

    words: str | Promise
    people: Callable[[], QuerySet]


_RULES: dict[str, Rule] = {}
_OBSTACLES: list[Obstacle] = []


@cache
def load_declarations() -> None:
    """Import every privacy.py of the project's apps."""
    for app in apps.get_app_configs():
        if hasattr(app, "declare_privacy"):
            app.declare_privacy()


def declare(rule: Rule) -> None:
    _RULES[rule.key] = rule


def keeps(words: str | Promise) -> Callable[[Callable[[], QuerySet]], Callable[[], QuerySet]]:
    """Register the decorated function as an obstacle."""

    def register(people: Callable[[], QuerySet]) -> Callable[[], QuerySet]:
        _OBSTACLES.append(Obstacle(words, people))
        return people

    return register


def rules() -> list[Rule]:
    """All rules, in the order in which the provisions are declared."""
    load_declarations()
    return [_RULES[key] for key in ProvisionKey if key in _RULES]


def rule_of(key: str) -> Rule:
    """Raises KeyError."""
    load_declarations()
    return _RULES[key]


def obstacles() -> list[Obstacle]:
    load_declarations()
    return _OBSTACLES


@dataclass(frozen=True)
class Period:
    """How long something is kept as of today: periods that began by `until` are over."""

    provision: Provision

    @property
    def until(self) -> date:
        return self._moved(clock.today(), -1)

    def ends(self, since: date) -> date:
        """The first day on which a period that began on `since` is over; from 29 February on often 1 March."""
        day = self._moved(since, 1)
        return day if self._moved(day, -1) >= since else day + timedelta(days=1)

    def _moved(self, day: date, direction: int) -> date:
        """The day a period later, or with -1 earlier."""
        value = direction * (self.provision.value or 0)
        if self.provision.declared.unit is DAYS:
            return day + timedelta(days=value)
        return clock.years_before(day, -value)


def periods() -> dict[str, Period]:
    """By key, the periods in force today. Without one nothing is ever due."""
    load_declarations()
    return {key: Period(row) for key, row in on(clock.today()).rows.items() if key in _RULES}


def kept_for(period: Period | None) -> str:
    return period.provision.words if period else _("not prescribed")
