"""What is kept how long, as of today: rule by rule, and person by person."""

from dataclasses import dataclass
from datetime import date

from django.db.models import BooleanField, Case, F, Max, Q, QuerySet, Value, When

from registry.models import Erasure, Provision
from registry.models.erasures import OPEN
from registry.provisions import retention
from registry.provisions.retention import Period, Rule, obstacles

NOBODY = date.min  # a day by which no period began


@dataclass(frozen=True)
class Standing:
    """A rule, its period, and how many rows are over it today: to be erased, or kept by something."""

    rule: Rule
    period: Period | None
    due: int
    kept: int
    open: Erasure | None
    last: date | None  # on which something was last erased by it

    @property
    def provision(self) -> Provision | None:
        return self.period.provision if self.period else None

    @property
    def words(self) -> str:
        return retention.kept_for(self.period)


def standings() -> list[Standing]:
    """All rules as of today."""
    periods = retention.periods()
    waiting = {each.rule: each for each in Erasure.objects.filter(state__in=OPEN)}
    done = dict(Erasure.objects.order_by().values_list("rule").annotate(Max("done_at__date")))
    found = []
    for rule in retention.rules():
        period = periods.get(rule.key)
        over = due = 0
        if period:
            over, due = rule.over(period.until).count(), rule.due(period.until).count()
        found.append(Standing(rule, period, due, over - due, waiting.get(rule.key), done.get(rule.key)))
    return found


def over(rule: Rule, period: Period | None) -> QuerySet:
    """The people whose period of the rule is over, each with `since` and, by place in obstacles(), what keeps them."""
    rows = rule.over(period.until if period else NOBODY)
    kept = {
        f"kept_{place}": Case(
            When(pk__in=obstacle.people().order_by().values("owner"), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        for place, obstacle in enumerate(obstacles())
    }
    return rows.annotate(**kept).select_related("community").order_by(F("since"), "pk")


def reasons(row) -> list[str]:
    """What keeps the data of a person of `over`, in words."""
    return [str(each.words) for place, each in enumerate(obstacles()) if getattr(row, f"kept_{place}")]


def is_kept() -> Q:
    """Of rows of `over`: whether anything keeps them."""
    found = Q(pk__in=[])
    for place in range(len(obstacles())):
        found |= Q(**{f"kept_{place}": True})
    return found
