"""The snapshot of an adjustment plan: groups, buildings and people before and after, in plain words and figures.

Plain values, so that it can be stored as it was filed: pages and papers show what was asked for.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from registry.terms.reelections.places import Office


@dataclass(frozen=True)
class GroupShape:
    """A group; `was` is its name before, empty for a new one."""

    key: int
    name: str
    was: str
    dissolves: bool = False

    @property
    def creates(self) -> bool:
        return not self.was

    @property
    def stands(self) -> bool:
        return not self.dissolves


@dataclass(frozen=True)
class BuildingShape:
    """A building, and the keys of the groups that cover it before and after."""

    name: str
    kind: str
    households: int
    residents: int
    before: int | None
    after: int | None

    @property
    def moves(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class PersonShape:
    """A person, and group and office before and after; no group after: leaves, none before: comes in."""

    name: str
    before: int | None
    office_before: str
    after: int | None
    office_after: str

    @property
    def was(self) -> str:
        return Office(self.office_before).label if self.office_before else ""

    @property
    def office(self) -> str:
        return Office(self.office_after).label if self.office_after else ""

    @property
    def leads(self) -> bool:
        return self.office_after in (Office.GROUP_LEADER, Office.ACTING_LEADER)

    @property
    def led(self) -> bool:
        return self.office_before in (Office.GROUP_LEADER, Office.ACTING_LEADER)

    @property
    def changes(self) -> bool:
        return (self.before, self.office_before) != (self.after, self.office_after)


@dataclass(frozen=True)
class Side:
    """A group on one side of the snapshot."""

    group: GroupShape
    buildings: list[BuildingShape]
    people: list[PersonShape]

    @property
    def households(self) -> int:
        return sum(each.households for each in self.buildings)

    @property
    def residents(self) -> int:
        return sum(each.residents for each in self.buildings)


@dataclass(frozen=True)
class Move:
    """A person, with the names of the groups before and after."""

    person: PersonShape
    group_before: str
    group_after: str

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def was(self) -> str:
        return self.person.was

    @property
    def office(self) -> str:
        return self.person.office


@dataclass(frozen=True)
class PlanSnapshot:
    groups: list[GroupShape]
    buildings: list[BuildingShape]
    people: list[PersonShape]

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: dict) -> "PlanSnapshot":
        return cls(
            [GroupShape(**each) for each in stored["groups"]],
            [BuildingShape(**each) for each in stored["buildings"]],
            [PersonShape(**each) for each in stored["people"]],
        )

    @cached_property
    def before(self) -> list[Side]:
        return [self._side(each, "before") for each in self.groups if not each.creates]

    @cached_property
    def after(self) -> list[Side]:
        return [self._side(each, "after") for each in self.groups if each.stands]

    def _side(self, group: GroupShape, side: str) -> Side:
        return Side(
            group,
            [each for each in self.buildings if getattr(each, side) == group.key],
            sorted(
                (each for each in self.people if getattr(each, side) == group.key),
                key=lambda each: not (each.led if side == "before" else each.leads),
            ),
        )

    @cached_property
    def flows(self) -> Counter[tuple[int | None, int | None]]:
        """How many buildings go from which group to which."""
        return Counter((each.before, each.after) for each in self.buildings)

    @property
    def uncovered(self) -> list[BuildingShape]:
        return [each for each in self.buildings if each.after is None]

    @property
    def households(self) -> int:
        return sum(each.households for each in self.buildings)

    @property
    def residents(self) -> int:
        return sum(each.residents for each in self.buildings)

    @property
    def serving(self) -> list[PersonShape]:
        return [each for each in self.people if each.after is not None]

    @property
    def moving(self) -> list["Move"]:
        """Those whose group or office changes, by the group they go to."""
        order = [None, *self.by_key]
        moved = [each for each in self.people if each.changes]
        return [
            Move(each, self._name(each.before, before=True), self._name(each.after, before=False))
            for each in sorted(moved, key=lambda each: (order.index(each.after), not each.leads))
        ]

    def _name(self, key: int | None, *, before: bool) -> str:
        group = self.by_key.get(key) if key is not None else None
        if group is None:
            return ""
        return group.was if before else group.name

    @property
    def leaving(self) -> list[PersonShape]:
        return [each for each in self.people if each.after is None]

    def is_touched(self, group: GroupShape) -> bool:
        """Whether anything of the group is to be another than it is."""
        return (
            group.creates
            or group.dissolves
            or group.name != group.was
            or any(group.key in (each.before, each.after) and each.moves for each in self.buildings)
            or any(group.key in (each.before, each.after) and each.changes for each in self.people)
        )

    @cached_property
    def acts(self) -> list[str]:
        """What the plan does, a sentence for each group it touches."""
        return [text for group in self.groups if self.is_touched(group) for text in self.acts_of(group)]

    @property
    def sentence(self) -> str:
        return _("; ").join(self.acts)

    def acts_of(self, group: GroupShape) -> Iterator[str]:
        names = {each.key: each.was or each.name for each in self.groups}
        if group.creates:
            sources = self._sources(group)
            ended = [key for key in sources if self.by_key[key].dissolves]
            words = {"name": group.name, "others": _(", ").join(names[key] for key in sources)}
            if sources and len(ended) == len(sources):
                yield _("%(others)s are merged into the new %(name)s") % words
            elif sources:
                yield _("%(name)s is set up, split off from %(others)s") % words
            else:
                yield _("%(name)s is set up") % words
            return
        if group.dissolves:
            targets = list(dict.fromkeys(each.after for each in self.buildings if each.before == group.key))
            targets = targets or list(dict.fromkeys(each.after for each in self.people if each.before == group.key))
            shown = _(", ").join(self.by_key[key].name for key in targets if key is not None)
            words = {"name": group.was, "others": shown}
            yield (
                _("%(name)s is dissolved and merged into %(others)s") % words
                if shown
                else _("%(name)s is dissolved") % words
            )
            return
        if group.name != group.was:
            yield _("%(was)s is renamed %(name)s") % {"was": group.was, "name": group.name}
        gained = [each.name for each in self.buildings if each.after == group.key and each.before is None]
        if gained:
            yield _("%(name)s covers more: %(buildings)s") % {"name": group.name, "buildings": _(", ").join(gained)}
        for (source, target), _count in self.flows.items():
            if target == group.key and source not in (None, group.key) and self.by_key[source].stands:
                moved = [each.name for each in self.buildings if (each.before, each.after) == (source, target)]
                words = {"name": group.name, "other": names[source], "buildings": _(", ").join(moved)}
                yield _("%(name)s takes over from %(other)s: %(buildings)s") % words

    def _sources(self, group: GroupShape) -> list[int]:
        found = [each.before for each in self.buildings if each.after == group.key]
        found = found or [each.before for each in self.people if each.after == group.key]
        return list(dict.fromkeys(key for key in found if key is not None))

    @cached_property
    def by_key(self) -> dict[int, GroupShape]:
        return {each.key: each for each in self.groups}
