"""What an adjustment plan does to the register: groups, offices, buildings and posts, all or none."""

from collections.abc import Mapping
from copy import copy
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.access.posts import services as posts
from registry.models import Appointment, Building, EndReason, ResidentsGroup, Term, User
from registry.people.offices import services as offices
from registry.plans.drafts import Place, PlanDraft
from registry.records import versions
from registry.terms.reelections.places import Office, Problem

DAY = timedelta(days=1)


def carry_out(plan_draft: PlanDraft, actor: User | None) -> None:
    """Groups, offices, buildings and posts as the plan has them. Raises Refused for what the register refuses."""
    plan, day = plan_draft.plan, plan_draft.plan.effective_on
    reason = _("Adjustment plan %(document)s") % {"document": plan.document or plan.title}
    groups = {item.pk: item.group for item in plan_draft.items}
    try:
        with transaction.atomic():
            for item in plan_draft.items:
                if item.creates:
                    groups[item.pk] = ResidentsGroup(
                        committee=plan.community.committee, name=item.name, ordinal=item.ordinal,
                        established_on=day, approved_by=plan,
                    )  # fmt: skip
                    versions.save(groups[item.pk], actor=actor, reason=reason)  # type: ignore[arg-type]
            for row in office_rows(plan_draft, groups):
                versions.save(row, actor=actor, reason=reason)
            for place in plan_draft.places:
                if place.held and place.changes:
                    _carry_post(place, groups[place.after.pk] if place.after else None, plan.effective_on, actor)
            _write_groups(plan_draft, actor, reason)
            moved: list[Building] = []
            for cover in plan_draft.covers:
                if cover.after and cover.after != cover.before:
                    cover.building.group = groups[cover.after.pk]
                    moved.append(cover.building)
            versions.update(moved, fields=["group"], actor=actor, reason=reason)
            for item in plan_draft.items:
                if item.creates:
                    item.group = groups[item.pk]
                    versions.save(item, actor=actor, reason=reason)
    except ValidationError as error:
        raise Refused(*[Problem(str(plan), message, refuses=True) for message in error.messages]) from error
    except IntegrityError as error:
        text = _("another office has been registered that one of these overlaps")
        raise Refused(Problem(str(plan), text, refuses=True)) from error


def office_rows(plan_draft: PlanDraft, groups: Mapping[int, ResidentsGroup | None]) -> list[Appointment]:
    """The offices as the plan would leave them, in the order in which they can be saved; `groups` by item.

    Who changes group or office is carried over without a day between. All old offices end before a new one begins.
    """
    day, basis = plan_draft.plan.effective_on, plan_draft.plan.document
    term = Term.objects.of(day)
    ended: list[Appointment] = []
    begun: list[Appointment] = []
    for place in plan_draft.places:
        group = groups[place.after.pk] if place.after else None
        position, acting = place.office.position, place.office is Office.ACTING_LEADER
        if place.held is None:
            begun.append(
                Appointment(
                    member=place.member, committee=plan_draft.plan.community.committee, group=group, position=position,
                    acting=acting, first_day=day, basis=basis, term=term,
                )
            )  # fmt: skip
        elif group is None:
            left = copy(place.held)
            left.last_day, left.end_reason = day - DAY, EndReason.OTHER
            left.note = left.note or str(plan_draft.plan)
            ended.append(left)
        elif place.changes:
            olds, news = offices.split(place.held, day, group=group, position=position, acting=acting, basis=basis)
            ended += olds
            begun += news
    return [*ended, *begun]


def foreseen_offices(plan_draft: PlanDraft) -> list[Appointment]:
    """The same of a plan not in force yet, whose new groups have no row; nothing where it cannot be carried out."""
    groups = {item.pk: item.group or ResidentsGroup(name=item.name, ordinal=item.ordinal) for item in plan_draft.items}
    try:
        return office_rows(plan_draft, groups)
    except ValidationError:
        return []


def _carry_post(place: Place, group: ResidentsGroup | None, day: date, actor: User | None) -> None:
    """A group's own people who sign in see the group they are in."""
    assert place.held
    assert place.held.group
    posts.carry(
        member=place.member, of=place.held.group, to=group, position=place.office.position, day=day, actor=actor
    )


def _write_groups(plan_draft: PlanDraft, actor: User | None, reason: str) -> None:
    """Dissolve, rename, and note by which plan, on every group that the plan touches."""
    for item in sorted(plan_draft.items, key=lambda item: not item.dissolves):
        group = item.group
        if item.creates or group is None or not plan_draft.is_touched(item):
            continue
        if item.dissolves:
            group.dissolved_on = plan_draft.plan.effective_on
            posts.close(group=group, day=plan_draft.plan.effective_on, actor=actor)
        else:
            group.name = item.name
        group.approved_by = plan_draft.plan
        versions.save(group, actor=actor, reason=reason)
