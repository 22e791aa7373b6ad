"""The draft of an adjustment plan on today's roster: what it changes, and what prevents it 〔三(一)〕."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib import clock
from registry.models import (
    GROUP_POSITIONS,
    Appointment,
    Building,
    GroupPlan,
    Member,
    PlanBuilding,
    PlanItem,
    PlanPerson,
    Position,
    ProvisionKey,
    ResidentsGroup,
)
from registry.people.offices.services import FARTHEST_AHEAD
from registry.plans.snapshots import BuildingShape, GroupShape, PersonShape, PlanSnapshot
from registry.provisions import queries as provisions
from registry.terms.reelections.places import Office, Problem

OFFICES = [Office.GROUP_LEADER, Office.ACTING_LEADER, Office.GROUP_MEMBER]


@dataclass
class Cover:
    """A building, its row in the draft, and the groups (as items) that cover it before and after."""

    building: Building
    row: PlanBuilding | None
    before: PlanItem | None
    after: PlanItem | None


@dataclass
class Place:
    """A person, the row in the draft, and group and office before and after."""

    member: Member
    held: Appointment | None
    row: PlanPerson | None
    before: PlanItem | None
    after: PlanItem | None
    office: Office

    @property
    def key(self) -> str:
        return f"office-{self.held.pk}" if self.held else f"member-{self.member.pk}"

    @property
    def office_before(self) -> Office | None:
        return Office.of(self.held.position, self.held.acting) if self.held else None

    @property
    def changes(self) -> bool:
        return (self.before, self.office_before) != (self.after, self.office)


@dataclass
class PlanDraft:
    plan: GroupPlan
    items: list[PlanItem]
    covers: list[Cover]
    places: list[Place]
    groups: list[ResidentsGroup]  # all the committee ever had
    late: list[ResidentsGroup] = field(default_factory=list)  # standing, and unknown to the draft
    coming: list[Appointment] = field(default_factory=list)  # in office only after the day

    @property
    def standing(self) -> list[PlanItem]:
        return [item for item in self.items if not item.dissolves]

    @cached_property
    def snapshot(self) -> PlanSnapshot:
        def key(item: PlanItem | None) -> int | None:
            return item.pk if item else None

        return PlanSnapshot(
            [
                GroupShape(item.pk, item.name, "" if item.creates else item.group.name, item.dissolves)  # type: ignore[union-attr]
                for item in self.items
            ],
            [
                BuildingShape(
                    each.building.name, each.building.kind, each.building.households or 0,
                    each.building.residents or 0, key(each.before), key(each.after),
                )
                for each in self.covers
            ],
            [
                PersonShape(
                    each.member.name, key(each.before), each.office_before or "", key(each.after),
                    each.office if each.after else "",
                )
                for each in self.places
            ],
        )  # fmt: skip

    @cached_property
    def problems(self) -> list[Problem]:
        """All errors of the plan, and what is only unusual."""
        return [*self._of_plan(), *self._of_names(), *self._of_buildings(), *self._of_people()]

    @property
    def refusals(self) -> list[Problem]:
        return [each for each in self.problems if each.refuses]

    @property
    def warnings(self) -> list[Problem]:
        return [each for each in self.problems if not each.refuses]

    def _of_plan(self) -> Iterator[Problem]:
        place, day, today = str(self.plan.community), self.plan.effective_on, clock.today()
        if not self.snapshot.acts and not any(each.changes for each in self.places):
            yield Problem(place, _("the plan changes nothing yet"), refuses=True)
        if not self.plan.grounds.strip():
            yield Problem(place, _("give the grounds on which the groups are to change"), refuses=True)
        if day < today and self.plan.is_open:
            yield Problem(place, _("the day on which it takes effect has passed; choose a later one"), refuses=True)
        if day > today + FARTHEST_AHEAD:
            yield Problem(place, _("it would take effect more than a year ahead; correct the day"), refuses=True)
        for group in self.late:
            yield Problem(group.name, _("set up since this was drafted; save the draft once more"), refuses=True)
        for item in self.items:
            if item.group and item.group.dissolved_on:
                yield Problem(item.name, _("dissolved since this was drafted; begin a new draft"), refuses=True)

    def _of_names(self) -> Iterator[Problem]:
        names = Counter(item.name for item in self.standing)
        ours = {item.group_id for item in self.items}
        taken = {group.name for group in self.groups if group.pk not in ours}
        taken |= {item.group.name for item in self.items if item.dissolves and item.group}
        for item in self.standing:
            if names[item.name] > 1:
                yield Problem(item.name, _("two groups of this name; rename one"), refuses=True)
            elif item.name in taken:
                yield Problem(item.name, _("a dissolved group has this name; choose another"), refuses=True)

    def _of_buildings(self) -> Iterator[Problem]:
        """Every building is covered once 〔三(一) 全覆盖〕; that it is no more than once, its single row sees to."""
        for cover in self.covers:
            if cover.after is None:
                yield Problem(cover.building.name, _("covered by no group; give it to one"), refuses=True)
            elif cover.after.dissolves:
                text = _("its group %(group)s is dissolved; give it to another") % {"group": cover.after.name}
                yield Problem(cover.building.name, text, refuses=True)
        covering = {cover.after.pk for cover in self.covers if cover.after}
        for item in self.standing:
            if item.pk not in covering:
                yield Problem(item.name, _("covers no building"), refuses=self.is_touched(item))

    def _of_people(self) -> Iterator[Problem]:
        size = provisions.on(self.plan.effective_on).size(ProvisionKey.GROUP_SIZE)
        inside: dict[int, list[Place]] = defaultdict(list)
        for place in self.places:
            if place.after is None:
                continue
            inside[place.after.pk].append(place)
            if place.after.dissolves:
                words: dict[str, object] = {"name": place.member.name}
                yield Problem(place.after.name, _("%(name)s has no group afterwards") % words, refuses=True)
            if place.held and place.changes and place.held.first_day == self.plan.effective_on:
                words = {"name": place.member.name, "date": place.held.first_day}
                text = _("%(name)s comes into the present office only on %(date)s") % words
                yield Problem(place.before.name if place.before else "", text, refuses=True)
        ended = {item.group_id for item in self.items if item.dissolves}
        for office in self.coming:
            if office.group_id in ended:
                words = {"name": office.member.name, "date": office.first_day}
                text = _("%(name)s takes office in it on %(date)s, when it is dissolved") % words
                yield Problem(office.group.name, text, refuses=True)  # type: ignore[union-attr]
        for item in self.standing:
            places, strict = inside[item.pk], self.is_touched(item)
            for name, count in Counter(place.member for place in places).items():
                if count > 1:
                    text = _("%(name)s stands here more than once; take one out") % {"name": name}
                    yield Problem(item.name, text, refuses=True)
            people = len({place.member.pk for place in places})
            if not size.holds(people):
                words = {"count": people, "smallest": size.smallest, "largest": size.largest}
                text = ngettext(
                    "%(count)s person; there should be %(smallest)s to %(largest)s",
                    "%(count)s people; there should be %(smallest)s to %(largest)s",
                    people,
                )
                yield Problem(item.name, text % words, refuses=strict)
            leaders = sum(place.office.position == Position.GROUP_LEADER for place in places)
            if leaders > 1:
                yield Problem(item.name, _("two leaders, elected or acting; leave one"), refuses=True)
            elif not leaders:
                yield Problem(item.name, _("names no leader"), refuses=strict)

    def is_touched(self, item: PlanItem) -> bool:
        """Whether anything of the group is to be another than it is."""
        return self.snapshot.is_touched(self.snapshot.by_key[item.pk])


def draft_of(plan: GroupPlan) -> PlanDraft:
    """The draft on the roster as it will be on its day, by what is known today. A constant number of queries."""
    day = plan.effective_on
    groups = list(ResidentsGroup.objects.filter(committee__community=plan.community_id).order_by("ordinal"))
    by_key = {group.pk: group for group in groups}
    items = list(plan.items.order_by("ordinal"))
    of_group: dict[int | None, PlanItem] = {}
    for item in items:
        item.plan = plan
        if item.group_id:
            item.group = by_key[item.group_id]
            of_group[item.group_id] = item
    of_key = {item.pk: item for item in items}
    moved = {row.building_id: row for row in plan.buildings.all()}
    covers = [
        Cover(
            building, row := moved.get(building.pk), of_group.get(building.group_id),
            of_key[row.item_id] if row else of_group.get(building.group_id),
        )
        for building in Building.objects.filter(community=plan.community_id).order_by("pk")
    ]  # fmt: skip
    rows = list(plan.people.select_related("member"))
    by_office = {row.appointment_id: row for row in rows if row.appointment_id}
    offices = (
        Appointment.objects.filter(group__in=by_key, position__in=GROUP_POSITIONS)
        .filter(Q(last_day=None) | Q(last_day__gte=day))
        .select_related("member")
        .order_by("group__ordinal", "position", "pk")
    )
    places, coming = [], []
    for held in offices:
        held.committee = plan.community.committee
        if held.first_day > day:
            held.group = by_key[held.group_id or 0]
            coming.append(held)
            continue
        place_row, before = by_office.get(held.pk), of_group.get(held.group_id)
        held.group = by_key[held.group_id or 0]
        if place_row:
            after = of_key.get(place_row.item_id or 0)
            office = Office.of(place_row.position, place_row.acting)
        else:
            after, office = before, Office.of(held.position, held.acting)
        places.append(Place(held.member, held, place_row, before, after, office))
    places += [
        Place(row.member, None, row, None, of_key[row.item_id or 0], Office.of(row.position, row.acting))
        for row in rows
        if row.member
    ]
    known = {item.group_id for item in items}
    late = [group for group in groups if group.pk not in known and group.dissolved_on is None]
    return PlanDraft(plan, items, covers, places, groups, late, coming)


def snapshot_of(plan: GroupPlan) -> PlanSnapshot:
    """As it was filed; before that, as the draft is now."""
    return PlanSnapshot.of_json(plan.picture) if plan.picture else draft_of(plan).snapshot


def first_of_next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)
