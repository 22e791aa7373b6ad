"""Adjustment plans: what they refuse, and what they do to groups, offices and buildings on their day."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from jygroups.lib.refusals import Refused
from registry.models import (
    Appointment,
    Building,
    GroupPlan,
    PlanState,
    PlanStep,
    Position,
    Post,
    ResidentsGroup,
    Role,
    User,
)
from registry.plans import drafts
from registry.plans import services as plans
from registry.plans.services import Choices, Overtaken
from registry.records.findings import findings
from registry.terms.reelections.places import Office
from tests import factories

TODAY = timezone.localdate()
FIRST_DAY = date(2021, 1, 1)
DOCUMENT = "嘉政函〔2026〕35号"
pytestmark = pytest.mark.django_db


@pytest.fixture
def groups(community):
    """Three groups with two buildings and four people each, the first of whom leads."""
    made = []
    for ordinal in (1, 2, 3):
        group = factories.group(community, ordinal)
        for number in (1, 2):
            Building.objects.create(community=community, name=f"{ordinal}-{number}号楼", group=group, households=50)
        for number in range(4 if ordinal == 3 else 2):
            person = factories.member(community, f"{group.name[1]}组{'甲乙丙丁'[number]}")
            factories.appointment(person, group, Position.GROUP_MEMBER if number else Position.GROUP_LEADER)
        made.append(group)
    return made


@pytest.fixture
def draft(community, groups, clerk):
    return begun(community, clerk)


def begun(community, clerk) -> GroupPlan:
    plan = plans.begin(community=community, actor=clerk)
    plan.grounds = "便于管理、便于服务、便于居民自治"
    plans.save(plan=plan, seen=plan.version, choices=Choices(), actor=clerk)
    return plan


def item(plan, group):
    return plan.items.get(group=group)


def merged(plan, groups, actor) -> None:
    """The second group goes into the first."""
    plans.merge(plan=plan, items=[item(plan, groups[1])], into=item(plan, groups[0]), actor=actor)


def leader_of(plan) -> User:
    """The user who may submit the plan."""
    found = User.objects.filter(username="leader").first()
    return found or factories.user("leader", Role.LEADER, subdistrict=plan.community.subdistrict)


def approved(plan, civil, day=TODAY) -> GroupPlan:
    plans.take(PlanStep.SUBMIT, plan=plan, seen=plan.version, actor=leader_of(plan))
    plans.approve(
        plan=plan, seen=plan.version, document=DOCUMENT, decided_on=TODAY, effective_on=day, actor=civil
    )  # fmt: skip
    return plan


def reasons(plan) -> str:
    return str(Refused(*drafts.draft_of(plan).refusals))


def test_a_draft_begins_as_things_stand_and_there_is_one_at_a_time(draft, community, clerk):
    assert drafts.draft_of(draft).snapshot.acts == []
    assert plans.begin(community=community, actor=clerk) == draft


def test_a_plan_that_changes_nothing_is_refused(draft, clerk):
    with pytest.raises(Refused):
        plans.take(PlanStep.SUBMIT, plan=draft, seen=draft.version, actor=leader_of(draft))


def test_a_merger_dissolves_one_group_into_the_other_and_everybody_serves_on_without_a_day_between(
    draft, groups, clerk, civil
):
    merged(draft, groups, clerk)
    approved(draft, civil)
    first, second, _third = groups
    second.refresh_from_db()
    assert draft.state == PlanState.APPLIED
    assert (second.dissolved_on, second.approved_by) == (TODAY, draft)
    assert second.buildings.count() == 0
    assert first.buildings.count() == 4
    serving = Appointment.objects.filter(group=first).in_office(TODAY)
    assert sorted(each.position for each in serving) == ["group_leader"] + ["group_member"] * 3
    for old in Appointment.objects.filter(group=second):
        new = old.member.appointments.get(group=first)
        assert (old.last_day + timedelta(days=1), new.basis) == (new.first_day, DOCUMENT)


def test_who_stays_in_a_group_keeps_the_office_as_it_is(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    stayed = list(groups[0].appointments.values_list("pk", "version"))
    approved(draft, civil)
    assert set(stayed) <= set(groups[0].appointments.filter(last_day=None).values_list("pk", "version"))


def test_a_split_sets_up_a_group_with_half_of_the_buildings_and_people(draft, community, groups, clerk, civil):
    plan, third = draft, groups[2]
    new = plans.split(plan=plan, item=item(plan, third), actor=clerk)
    assert new.name == "第四居民小组"
    assert "第三居民小组: 2" in reasons(plan)  # two people each are too few
    assert "第四居民小组: 2" in reasons(plan)
    people = {
        factories.member(community, name).pk: (key, Office.GROUP_MEMBER)
        for name, key in [("新甲", new.pk), ("新乙", item(plan, third).pk)]
    }
    plans.save(plan=plan, seen=plan.version, choices=Choices(newcomers=people), actor=clerk)
    approved(plan, civil)
    made = ResidentsGroup.objects.get(name="第四居民小组")
    assert (made.established_on, made.approved_by, made.ordinal) == (TODAY, plan, 4)
    assert (made.buildings.count(), third.buildings.count()) == (1, 1)
    assert made.appointments.in_office(TODAY).count() == third.appointments.in_office(TODAY).count() == 3
    leader = made.appointments.get(position=Position.GROUP_LEADER)
    assert leader.acting  # until the new group's meeting elects
    assert plan.items.get(creates=True).group == made


def test_a_plan_is_refused_with_all_that_is_wrong_with_it(draft, community, groups, clerk):
    Building.objects.create(community=community, name="无主楼")
    first = item(draft, groups[0])
    choices = Choices(groups={first.pk: (groups[1].name, False), item(draft, groups[2]).pk: (groups[2].name, True)})
    plans.save(plan=draft, seen=draft.version, choices=choices, actor=clerk)
    with pytest.raises(Refused) as refused:
        plans.take(PlanStep.SUBMIT, plan=draft, seen=draft.version, actor=leader_of(draft))
    assert {each.place for each in refused.value.problems} == {
        "无主楼", "3-1号楼", "3-2号楼", groups[1].name, groups[2].name,
    }  # fmt: skip
    assert sum(each.place == groups[2].name for each in refused.value.problems) == 4  # each of its people


def test_a_group_left_as_it_is_may_be_too_small_a_changed_one_not(draft, groups, clerk):
    merged(draft, groups, clerk)
    groups[2].appointments.filter(position=Position.GROUP_MEMBER).delete()
    plan = draft
    assert reasons(plan) == ""
    assert [each.place for each in drafts.draft_of(plan).warnings] == [groups[2].name]
    choices = Choices(buildings={groups[0].buildings.first().pk: item(plan, groups[2]).pk})
    plans.save(plan=plan, seen=plan.version, choices=choices, actor=clerk)
    assert groups[2].name in reasons(plan)


def test_a_changed_group_names_one_leader(draft, groups, clerk):
    leader = groups[0].appointments.get(position=Position.GROUP_LEADER)
    merged(draft, groups, clerk)
    choices = Choices(people={leader.pk: (item(draft, groups[0]).pk, Office.GROUP_MEMBER)})
    plans.save(plan=draft, seen=draft.version, choices=choices, actor=clerk)
    assert "第一居民小组" in reasons(draft)
    other = groups[1].appointments.get(position=Position.GROUP_LEADER)
    choices = Choices(people={other.pk: (item(draft, groups[0]).pk, Office.GROUP_LEADER)})
    plans.save(plan=draft, seen=draft.version, choices=choices, actor=clerk)
    assert reasons(draft) == ""


def test_what_is_put_back_as_it_was_leaves_no_row_in_the_draft(draft, groups, clerk):
    building, first, second = groups[0].buildings.first(), item(draft, groups[0]), item(draft, groups[1])
    for target, rows in [(second, 1), (second, 1), (first, 0)]:
        choices = Choices(buildings={building.pk: target.pk})
        plans.save(plan=draft, seen=draft.version, choices=choices, actor=clerk)
        assert draft.buildings.count() == rows


def test_a_plan_waits_for_its_day_and_is_put_into_force_once(draft, groups, clerk, civil, monkeypatch):
    merged(draft, groups, clerk)
    day = TODAY + timedelta(days=20)
    approved(draft, civil, day)
    assert draft.state == PlanState.APPROVED
    assert plans.apply_due(TODAY) == ([], [])
    assert groups[1].appointments.filter(last_day=None).count() == 2
    monkeypatch.setattr("jygroups.lib.clock.today", lambda: day)
    assert plans.apply_due(day) == ([draft], [])
    assert plans.apply_due(day) == ([], [])
    assert {each.last_day for each in groups[1].appointments.all()} == {day - timedelta(days=1)}


def test_what_changed_on_the_roster_since_it_was_filed_is_carried_as_it_is_then(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    plans.take(PlanStep.SUBMIT, plan=draft, seen=draft.version, actor=leader_of(draft))
    filed = draft.picture
    gone = groups[1].appointments.get(position=Position.GROUP_MEMBER)
    Appointment.objects.filter(pk=gone.pk).update(last_day=TODAY - timedelta(days=1))
    plans.approve(
        plan=draft, seen=draft.version, document=DOCUMENT, decided_on=TODAY, effective_on=TODAY, actor=civil
    )  # fmt: skip
    assert not gone.member.appointments.filter(group=groups[0])
    assert draft.picture == filed
    assert gone.member.name in str(filed)


def test_a_plan_that_the_roster_does_not_bear_any_more_is_refused_whole(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    plans.take(PlanStep.SUBMIT, plan=draft, seen=draft.version, actor=leader_of(draft))
    groups[0].appointments.all().delete()
    with pytest.raises(Refused):
        plans.approve(
            plan=draft, seen=draft.version, document=DOCUMENT, decided_on=TODAY, effective_on=TODAY, actor=civil
        )
    draft.refresh_from_db()
    assert draft.state == PlanState.SUBMITTED
    assert ResidentsGroup.objects.filter(dissolved_on=None).count() == 3


def test_an_approval_names_its_document_and_lies_before_the_change(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    plans.take(PlanStep.SUBMIT, plan=draft, seen=draft.version, actor=leader_of(draft))
    with pytest.raises(ValidationError) as refused:
        plans.approve(
            plan=draft, seen=draft.version, document="", decided_on=TODAY + timedelta(days=1),
            effective_on=TODAY, actor=civil,
        )  # fmt: skip
    assert set(refused.value.message_dict) == {"document", "decided_on", "effective_on"}


def test_nobody_decides_on_what_he_submitted(draft, groups, clerk):
    merged(draft, groups, clerk)
    leader_of(draft).posts.create(role=Role.CIVIL_AFFAIRS, first_day=date(2020, 1, 1))
    with pytest.raises(Refused):
        approved(draft, leader_of(draft))
    assert GroupPlan.objects.get().state == PlanState.SUBMITTED


def test_a_rejected_plan_has_the_reason_and_is_drafted_on(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    plans.take(PlanStep.SUBMIT, plan=draft, seen=draft.version, actor=leader_of(draft))
    with pytest.raises(ValidationError):
        plans.take(PlanStep.REJECT, plan=draft, seen=draft.version, comment=" ", actor=civil)
    plans.take(PlanStep.REJECT, plan=draft, seen=draft.version, comment="请说明理由", actor=civil)
    plans.save(plan=draft, seen=draft.version, choices=Choices(), actor=clerk)
    assert (draft.state, draft.picture) == (PlanState.DRAFT, None)
    assert drafts.draft_of(draft).snapshot.acts  # what was drafted is still there


def test_who_comes_second_is_informed_and_changes_nothing(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    stale = draft.version
    plans.take(PlanStep.SUBMIT, plan=draft, seen=stale, actor=leader_of(draft))
    for step in (PlanStep.SUBMIT, PlanStep.TAKE_BACK):
        with pytest.raises(Overtaken):
            plans.take(step, plan=draft, seen=stale, actor=leader_of(draft))
    assert GroupPlan.objects.get().state == PlanState.SUBMITTED


def test_the_groups_own_people_who_sign_in_go_with_their_office(draft, groups, clerk, civil):
    old = groups[1].appointments.get(position=Position.GROUP_LEADER)
    user = factories.user("own", Role.GROUP_LEADER, group=groups[1])
    user.member = old.member
    user.save()
    helper = factories.user("helper", Role.GROUP_MEMBER, group=groups[1])
    merged(draft, groups, clerk)
    approved(draft, civil)
    post = user.posts.get(last_day=None)
    assert (post.group, post.role, post.first_day) == (groups[0], Role.GROUP_MEMBER, TODAY)
    assert Post.objects.get(user=helper).last_day == TODAY - timedelta(days=1)


def test_who_is_to_come_into_a_group_after_it_is_dissolved_stands_in_the_way(draft, community, groups, clerk):
    merged(draft, groups, clerk)
    coming = factories.member(community, "将任人")
    factories.appointment(coming, groups[1], first_day=draft.effective_on + timedelta(days=9))
    assert "将任人" in reasons(draft)


def test_a_group_changed_without_a_plan_is_reported_and_one_by_a_plan_is_not(draft, groups, clerk, civil):
    merged(draft, groups, clerk)
    approved(draft, civil)
    assert not reported(clerk, "no-plan")
    ResidentsGroup.objects.filter(pk=groups[2].pk).update(established_on=date(2024, 5, 1))
    [finding] = reported(clerk, "no-plan")
    assert (finding.group, "2024-05-01" in finding.text) == (groups[2].pk, True)


def test_an_approved_plan_whose_day_passed_is_reported_until_it_is_put_into_force(draft, groups, clerk, civil, capsys):
    merged(draft, groups, clerk)
    approved(draft, civil, TODAY + timedelta(days=1))
    assert not reported(clerk, "plan-left-over")
    GroupPlan.objects.update(effective_on=TODAY)
    assert [finding.url for finding in reported(clerk, "plan-left-over")] == [draft.get_absolute_url()]
    call_command("apply_plans")
    assert str(draft) in capsys.readouterr().out
    assert not reported(clerk, "plan-left-over")


def test_the_daily_job_shows_which_plan_the_register_does_not_bear(draft, groups, clerk, civil, capsys):
    merged(draft, groups, clerk)
    approved(draft, civil, TODAY + timedelta(days=1))
    GroupPlan.objects.update(effective_on=TODAY)
    groups[0].appointments.all().delete()
    with pytest.raises(CommandError):
        call_command("apply_plans")
    assert groups[0].name in capsys.readouterr().err
    assert GroupPlan.objects.get().state == PlanState.APPROVED


def reported(user, kind):
    return [finding for finding in findings(user, TODAY) if finding.kind.key == kind]
