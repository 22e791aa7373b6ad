"""What the measures of the document's duties look at: the communities in question, a half-year, and a day in it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from jygroups.lib.half_years import HalfYear
from registry.models import Activity, Community, ResidentsCommittee, ResidentsGroup, Term


@dataclass(frozen=True)
class Count:
    """How much of what is due is done, in a community, or in one group of it."""

    community: int
    group: int | None
    done: int
    due: int = 1


@dataclass
class Scene:
    """`day` is today, or the half-year's last day once it is over; what stands is counted as on that day."""

    communities: list[Community]
    half: HalfYear
    today: date

    @property
    def day(self) -> date:
        return min(self.today, self.half.last_day)

    @property
    def is_over(self) -> bool:
        """Whether the half-year is: what has not been done by then will not be."""
        return self.today > self.half.last_day

    @cached_property
    def term(self) -> Term | None:
        return Term.objects.of(self.day)

    @property
    def is_term_over(self) -> bool:
        return self.term is None or self.today > self.term.last_day

    @cached_property
    def committees(self) -> list[ResidentsCommittee]:
        return list(ResidentsCommittee.objects.filter(community__in=self.communities))

    @cached_property
    def groups(self) -> list[ResidentsGroup]:
        """Those that stand on the day."""
        rows = ResidentsGroup.objects.standing_on(self.day).filter(committee__in=self.committees)
        return list(rows.select_related("committee__community"))

    @cached_property
    def held(self) -> Counter[tuple[int, str]]:
        """By group and kind, how many activities it held in the half-year."""
        rows = Activity.objects.filter(group__in=self.groups, day__range=(self.half.first_day, self.day))
        return Counter(rows.values_list("group", "kind").order_by())

    def of_each_group(self, done) -> Iterator[Count]:
        """A count for each group, by whether its key is `done`."""
        for group in self.groups:
            yield Count(group.committee.community_id, group.pk, int(group.pk in done))
