"""Adjustment plans: drafted and submitted by the subdistrict, decided by the city, in force on their day 〔三(一)〕."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.numerals import numeral
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import (
    PLAN_STEPS,
    Community,
    GroupPlan,
    Member,
    PlanBuilding,
    PlanItem,
    PlanPerson,
    PlanState,
    PlanStep,
    ResidentsGroup,
    User,
)
from registry.plans import application, drafts
from registry.plans.drafts import Place, PlanDraft
from registry.records import locks, versions
from registry.records.workflow import Workflow
from registry.terms.reelections.places import Office, Problem


@dataclass(frozen=True)
class Choices:
    """The choices of a draft: for groups by the keys of their items, for buildings and people by their own.

    A building goes to an item; a person, by the key of the office held, to an item in an office, or to None and leaves.
    """

    groups: Mapping[int, tuple[str, bool]] = field(default_factory=dict)  # name, and whether it is dissolved
    buildings: Mapping[int, int] = field(default_factory=dict)
    people: Mapping[int, tuple[int | None, Office]] = field(default_factory=dict)
    newcomers: Mapping[int, tuple[int | None, Office]] = field(default_factory=dict)  # by member; None: not after all


class PlanWorkflow(Workflow[GroupPlan]):
    def save(self, step, record, actor, comment):
        if step != PlanStep.APPLY:  # which leaves the comment of the decision
            record.comment = comment
        super().save(step, record, actor, comment)


PLANS = PlanWorkflow(GroupPlan, PLAN_STEPS, related=("community__subdistrict",))


# Drafting -----------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, community: Community, actor: User | None, today: date | None = None) -> GroupPlan:
    """A draft in which nothing changes yet, or the plan of the community that is under way."""
    locks.hold(locks.WRITERS)
    today = today or clock.today()
    under_way = community.plans.filter(state__in=[PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED]).first()
    if under_way:
        return under_way
    plan = GroupPlan(
        community=community,
        title=_("Plan to adjust the residents' groups of %(community)s") % {"community": community.name},
        effective_on=drafts.first_of_next_month(today),
    )
    versions.save(plan, actor=actor, reason=_("Plan drafted"))
    _add_standing(plan, actor)
    return plan


def _add_standing(plan: GroupPlan, actor: User | None) -> None:
    """An item for each group that stands and has none yet."""
    groups = ResidentsGroup.objects.filter(committee__community=plan.community_id, dissolved_on=None)
    for group in groups.exclude(plan_items__plan=plan).order_by("ordinal"):
        item = PlanItem(plan=plan, group=group, name=group.name, ordinal=group.ordinal)
        versions.save(item, actor=actor, reason=_("Plan drafted"))


@transaction.atomic
def save(*, plan: GroupPlan, seen: int, choices: Choices, actor: User | None) -> None:
    """Save a draft: the plan with its fields, and what becomes of groups, buildings and people.

    `seen` is the version on which it was written. Raises Overtaken, and ValidationError for what the models refuse.
    A rejected plan is a draft again.
    """
    PLANS.hold(plan, PlanState.DRAFT, PlanState.REJECTED, seen=seen)
    reason = _("Plan drafted")
    reopened = plan.state == PlanState.REJECTED
    if reopened:
        plan.state = PlanState.DRAFT
        plan.picture = plan.submitted_at = plan.submitted_by = None
        if GroupPlan.objects.exclude(pk=plan.pk).filter(
            community=plan.community_id, state__in=[PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED]
        ):
            raise Overtaken(_("Another plan of this community is under way."))
    versions.save(plan, actor=actor, reason=reason)
    _add_standing(plan, actor)
    plan_draft = drafts.draft_of(plan)
    for item in plan_draft.items:
        name, dissolves = choices.groups.get(item.pk, (item.name, item.dissolves))
        if (name, dissolves) != (item.name, item.dissolves):
            item.name, item.dissolves = name, dissolves
            versions.save(item, actor=actor, reason=reason)
    items = {item.pk: item for item in plan_draft.items}
    for cover in plan_draft.covers:
        if cover.building.pk in choices.buildings:
            cover.after = items[choices.buildings[cover.building.pk]]
    for place in plan_draft.places:
        if place.held and place.held.pk in choices.people:
            key, office = choices.people[place.held.pk]
            place.after, place.office = items[key] if key else None, office
        elif place.held is None and place.member.pk in choices.newcomers:
            key, office = choices.newcomers[place.member.pk]
            place.after, place.office = items[key] if key else None, office
    known = {place.member.pk for place in plan_draft.places if place.held is None}
    members = Member.objects.in_bulk([pk for pk in choices.newcomers if pk not in known])
    for pk, (key, office) in choices.newcomers.items():
        if pk in members and key:
            plan_draft.places.append(Place(members[pk], None, None, None, items[key], office))
    _keep(plan_draft, actor)


def _keep(plan_draft: PlanDraft, actor: User | None) -> None:
    """Save of each building and person what differs from today's roster, and forget what does not any more."""
    reason = _("Plan drafted")
    for cover in plan_draft.covers:
        row = cover.row
        if cover.after is None or cover.after == cover.before:
            if row:
                versions.remove(row, actor=actor, reason=reason)
            continue
        if row and row.item_id == cover.after.pk:
            continue
        row = row or PlanBuilding(plan=plan_draft.plan, building=cover.building)
        row.item = cover.after
        versions.save(row, actor=actor, reason=reason)
    for place in plan_draft.places:
        line = place.row
        stays = place.held is not None and not place.changes
        if stays or (place.held is None and place.after is None):
            if line:
                versions.remove(line, actor=actor, reason=reason)
            continue
        wanted = (place.after.pk if place.after else None, place.office)
        if line and (line.item_id, Office.of(line.position, line.acting)) == wanted:
            continue
        line = line or PlanPerson(
            plan=plan_draft.plan, appointment=place.held, member=None if place.held else place.member
        )
        line.item, line.position = place.after, place.office.position
        line.acting = place.office is Office.ACTING_LEADER
        versions.save(line, actor=actor, reason=reason)


@transaction.atomic
def merge(*, plan: GroupPlan, items: Iterable[PlanItem], into: PlanItem, actor: User | None) -> None:
    """Dissolve groups into another: it takes over their buildings and people, who are its members from then on."""
    PLANS.hold(plan, PlanState.DRAFT, seen=plan.version)
    plan_draft = drafts.draft_of(plan)
    into = next(item for item in plan_draft.items if item.pk == into.pk)
    merged = {item.pk for item in items} - {into.pk}
    for item in plan_draft.items:
        if item.pk in merged and not item.creates:
            item.dissolves = True
            versions.save(item, actor=actor, reason=_("Plan drafted"))
    for cover in plan_draft.covers:
        if cover.after and cover.after.pk in merged:
            cover.after = into
    for place in plan_draft.places:
        if place.after and place.after.pk in merged:
            place.after, place.office = into, Office.GROUP_MEMBER
    _keep(plan_draft, actor)
    gone = [item for item in plan_draft.items if item.pk in merged and item.creates]
    versions.delete(gone, actor=actor, reason=_("Plan drafted"))


@transaction.atomic
def split(*, plan: GroupPlan, item: PlanItem, actor: User | None) -> PlanItem:
    """Set up a new group with half of a group's buildings and people, as a beginning to be adjusted.

    The first of them is to lead it until the new group's meeting elects 〔三(二) 由居民小组会议推选〕.
    """
    PLANS.hold(plan, PlanState.DRAFT, seen=plan.version)
    new = add_group(plan=plan, actor=actor)
    plan_draft = drafts.draft_of(plan)
    new = next(each for each in plan_draft.items if each.pk == new.pk)
    covers = [cover for cover in plan_draft.covers if cover.after == item]
    for cover in covers[(len(covers) + 1) // 2 :]:
        cover.after = new
    places = [place for place in plan_draft.places if place.after == item]
    places.sort(key=lambda place: place.office is Office.GROUP_MEMBER)  # who leads stays
    for number, place in enumerate(places[(len(places) + 1) // 2 :]):
        place.after = new
        place.office = Office.GROUP_MEMBER if number else Office.ACTING_LEADER
    _keep(plan_draft, actor)
    return new


def add_group(*, plan: GroupPlan, actor: User | None) -> PlanItem:
    """A new group under the next number that the committee has not used."""
    used = ResidentsGroup.objects.filter(committee__community=plan.community_id).values_list("ordinal", flat=True)
    ordinal = max([*used, *plan.items.values_list("ordinal", flat=True)], default=0) + 1
    item = PlanItem(plan=plan, name=f"第{numeral(ordinal)}居民小组", ordinal=ordinal, creates=True)
    versions.save(item, actor=actor, reason=_("Plan drafted"))
    return item


@transaction.atomic
def drop_group(*, plan: GroupPlan, item: PlanItem, actor: User | None) -> None:
    """Do without a new group after all; what was given to it stays where it is."""
    PLANS.hold(plan, PlanState.DRAFT, seen=plan.version)
    if item.creates:
        versions.remove(item, actor=actor, reason=_("Plan drafted"))


@transaction.atomic
def discard(*, plan: GroupPlan, seen: int, actor: User) -> None:
    """Discard a draft; its versions stay."""
    PLANS.hold(plan, PlanState.DRAFT, PlanState.REJECTED, seen=seen)
    versions.remove(plan, actor=actor, reason=_("Draft discarded"))


# Its steps ----------------------------------------------------------------------------------------------------


def take(step: PlanStep, *, plan: GroupPlan, seen: int, actor: User | None, comment: str = "", **entered) -> None:
    """Take the step on the plan as the user saw it. Raises Refused, Overtaken, ValidationError."""
    PLANS.take(step, plan, actor=actor, seen=seen, comment=comment, **entered)


@PLANS.effect(PlanStep.SUBMIT)
def _submit(plan: GroupPlan, actor: User | None) -> None:
    """File the plan with the city as it stands."""
    plan_draft = drafts.draft_of(plan)
    _check(plan_draft)
    plan.picture, plan.submitted_at = plan_draft.snapshot.to_json(), clock.now()


@PLANS.effect(PlanStep.TAKE_BACK)
def _take_back(plan: GroupPlan, actor: User | None) -> None:
    plan.picture = plan.submitted_at = plan.submitted_by = None


@PLANS.effect(PlanStep.REJECT)
def _reject(plan: GroupPlan, actor: User | None) -> None:
    plan.decided_at = clock.now()


@PLANS.effect(PlanStep.APPROVE)
def _approve(plan: GroupPlan, actor: User | None, *, document: str, decided_on: date, effective_on: date) -> None:
    problems: dict[str, str] = {}
    if not document.strip():
        problems["document"] = _("Give the number of the document by which it is approved.")
    if decided_on > clock.today():
        problems["decided_on"] = _("This day is still to come.")
    if effective_on < decided_on:
        problems["effective_on"] = _("Groups change on the day of the decision at the earliest.")
    if problems:
        raise ValidationError(problems)
    plan.document, plan.decided_on, plan.effective_on = document.strip(), decided_on, effective_on
    plan.decided_at = clock.now()
    if effective_on > clock.today():
        _check(drafts.draft_of(plan))


@PLANS.effect(PlanStep.APPLY)
def _apply(plan: GroupPlan, actor: User | None) -> None:
    """Put an approved plan into force, whole or not at all."""
    if plan.effective_on > clock.today():
        raise Refused(Problem(str(plan), _("it takes effect on %(date)s") % {"date": plan.effective_on}, refuses=True))
    plan_draft = drafts.draft_of(plan)
    if plan_draft.refusals:
        raise Refused(*plan_draft.refusals)
    application.carry_out(plan_draft, actor)
    plan.applied_at = clock.now()


@transaction.atomic
def approve(
    *, plan: GroupPlan, seen: int, document: str, decided_on: date, effective_on: date, comment: str = "",
    actor: User | None,
) -> bool:  # fmt: skip
    """The municipal government approves by its document. Whether the plan is in force at once, its day having come.

    Raises Refused, Overtaken, and ValidationError by the name of the field to correct.
    """
    take(
        PlanStep.APPROVE, plan=plan, seen=seen, actor=actor, comment=comment,
        document=document, decided_on=decided_on, effective_on=effective_on,
    )  # fmt: skip
    at_once = plan.effective_on <= clock.today()
    if at_once:
        PLANS.take(PlanStep.APPLY, plan, actor=actor)
    return at_once


def apply_due(today: date) -> tuple[list[GroupPlan], list[tuple[GroupPlan, Refused]]]:
    """Put into force every approved plan whose day has come; those that cannot be, each with its reasons.

    Done twice it has one effect.
    """
    done, refused = [], []
    for plan in GroupPlan.objects.due(today).order_by("effective_on", "pk"):
        try:
            PLANS.take(PlanStep.APPLY, plan, actor=None)
        except Overtaken:
            continue
        except Refused as error:
            refused.append((plan, error))
        else:
            done.append(plan)
    return done, refused


# What they share ----------------------------------------------------------------------------------------------


def _check(plan_draft: PlanDraft) -> None:
    """Refuse the plan's errors, and what only the register itself would refuse: it is tried and rolled back."""
    if plan_draft.refusals:
        raise Refused(*plan_draft.refusals)
    with transaction.atomic():
        application.carry_out(plan_draft, actor=None)
        transaction.set_rollback(True)
