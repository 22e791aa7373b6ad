"""How communities stand with the document's duties in a half-year."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jygroups.lib.half_years import HalfYear
from registry.models import Community, ResidentsGroup, User
from registry.records.duties import DUTIES, Duty, MeasureContext, Measured, Period


class State(Enum):
    """How a duty stands, with the meaning of its badge."""

    HOLDS = "done", _("fulfilled")
    UNDER_WAY = "others", _("under way")
    FAILS = "wrong", _("not fulfilled")
    NOTHING_DUE = "none", _("nothing due")

    def __init__(self, meaning: str, word: str | Promise):
        self.meaning, self.word = meaning, word


@dataclass
class Standing:
    """A duty in an area: how much of what is due is done, and the groups that lack."""

    duty: Duty
    can_be_met: bool  # whether the rest can still be done in time
    done: int = 0
    due: int = 0
    lacking: list[int] = field(default_factory=list)

    def add(self, count: Measured) -> None:
        self.done += count.done
        self.due += count.due
        if count.done < count.due and count.group is not None:
            self.lacking.append(count.group)

    @property
    def state(self) -> State:
        if not self.due:
            return State.NOTHING_DUE
        if self.done >= self.due:
            return State.HOLDS
        return State.UNDER_WAY if self.can_be_met else State.FAILS

    @property
    def percent(self) -> int:
        """Rounded down: 100 only when all is done."""
        return 100 * self.done // self.due if self.due else 100


@dataclass
class Standings:
    """All duties of some communities in a half-year."""

    context: MeasureContext
    found: dict[str, dict[int, Standing]]

    def of(self, duty: Duty, communities: Iterable[Community]) -> Standing:
        """The duty in an area: its communities' standings added up."""
        total = Standing(duty, can_be_met(duty, self.context))
        for community in communities:
            one = self.found[duty.key][community.pk]
            total.done, total.due = total.done + one.done, total.due + one.due
            total.lacking += one.lacking
        return total

    def rows(self, communities: list[Community]) -> list[Standing]:
        """Each duty in the area, in the document's order."""
        return [self.of(duty, communities) for duty in DUTIES]

    def groups(self) -> dict[int, ResidentsGroup]:
        return {group.pk: group for group in self.context.groups}


def can_be_met(duty: Duty, context: MeasureContext) -> bool:
    return (duty.period is Period.HALF_YEAR and not context.is_over) or (
        duty.period is Period.TERM and not context.is_term_over
    )


def of(communities: Iterable[Community], half: HalfYear, today: date) -> Standings:
    """The duties of the communities, as numbers and names of groups. The caller checks what the user may see."""
    context = MeasureContext(list(communities), half, today)
    found: dict[str, dict[int, Standing]] = {}
    for duty in DUTIES:
        by_community = {community.pk: Standing(duty, can_be_met(duty, context)) for community in context.communities}
        for count in duty.measure(context):
            by_community[count.community].add(count)
        found[duty.key] = by_community
    return Standings(context, found)


def visible_communities(user: User):
    """The communities in the user's areas, by subdistrict and code."""
    return Community.objects.visible_to(user).select_related("subdistrict").order_by("subdistrict__code", "code")
