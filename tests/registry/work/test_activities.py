"""Stored activities: who holds them, who sees them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry.models import Activity, ActivityKind, Attendance, Role
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 20)


@pytest.fixture
def community():
    return factories.community()


@pytest.fixture
def group(community):
    return factories.group(community)


def activity(group=None, **fields) -> Activity:
    body = {"committee": group.committee, "group": group} if group else {}
    return Activity.objects.create(**{"kind": ActivityKind.MEETING, "day": DAY, **body, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="of nobody"),
        pytest.param({"half_year": date(2026, 1, 1)}, id="a half-year of what is no review"),
        pytest.param({"kind": ActivityKind.REVIEW}, id="a review of no half-year"),
    ],
)
def test_the_database_refuses_an_activity_that_cannot_be(group, fields):
    of_group = {"group": group} if fields else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        activity(**of_group, **fields)


def test_a_committee_holds_no_group_meeting_and_a_subdistrict_only_trainings(community):
    with pytest.raises(IntegrityError), transaction.atomic():
        activity(committee=community.committee)
    with pytest.raises(IntegrityError), transaction.atomic():
        activity(subdistrict=community.subdistrict)
    assert activity(subdistrict=community.subdistrict, kind=ActivityKind.TRAINING).pk


def test_a_group_of_another_committee_is_refused(group):
    other = factories.community("620201001002", "祁峰社区")
    with pytest.raises(ValidationError, match="另一个居民委员会"):
        Activity(kind=ActivityKind.MEETING, day=DAY, group=group, committee=other.committee).full_clean()


def test_a_groups_people_see_its_meetings_and_the_trainings_it_is_invited_to(community, group):
    other = factories.group(community, 2)
    own, committee = activity(group), activity(kind=ActivityKind.COMMITTEE, committee=community.committee)
    activity(other)
    invited, elsewhere = (
        activity(subdistrict=community.subdistrict, kind=ActivityKind.TRAINING, title=title) for title in ("甲", "乙")
    )
    invited.groups_invited.add(group)
    leader = factories.user("leader", Role.GROUP_LEADER, group=group)
    secretary = factories.user("secretary", Role.SECRETARY, community=community)
    assert set(Activity.objects.visible_to(leader)) == {own, invited}
    assert {committee, elsewhere, invited, own} < set(Activity.objects.visible_to(secretary))


def test_of_a_subdistricts_training_a_secretary_sees_who_came_of_the_own_community_alone(community, group):
    elsewhere = factories.group(factories.community("620201001002", "祁峰社区"))
    training = activity(subdistrict=community.subdistrict, kind=ActivityKind.TRAINING)
    for each in (group, elsewhere):
        member = factories.member(each.committee.community)
        Attendance.objects.create(activity=training, member=member, committee=each.committee, group=each, came=True)
    secretary = factories.user("secretary", Role.SECRETARY, community=community)
    assert [each.group for each in Attendance.objects.visible_to(secretary)] == [group]
