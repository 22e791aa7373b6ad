"""Notifications about sheets and about a user's money: each step, what is overdue, and what the bank refused."""

from functools import partial

import pytest
from django.core.management import call_command

from jygroups.lib.months import Month
from registry.models import Notification, Role
from subsidies.models import Sheet, Step
from subsidies.month import sheets, workflow
from tests import factories

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def member(community, group):
    member = factories.member(community, "人一", account="622848000000000001")
    factories.appointment(member, group)
    return member


@pytest.fixture
def users(secretary, clerk, leader, finance, stranger):
    """Of the area, of the city, and of another area, where nobody is notified."""
    factories.user("clerk2", Role.CLERK, subdistrict=stranger.subdistrict)
    factories.user("leader2", Role.LEADER, subdistrict=stranger.subdistrict)
    factories.user("secretary2", Role.SECRETARY, community=stranger)
    factories.user("finance2", Role.FINANCE)


@pytest.fixture
def sheet(users, member, community, clerk, commit):
    with commit():
        [sheet] = sheets.prepare(MAY, [community.subdistrict], actor=clerk)
    return sheet


def notified() -> set[tuple[str, str]]:
    return {(row.user.username, row.kind) for row in Notification.objects.unread()}


def test_each_step_tells_whose_turn_it_is_and_takes_back_what_waited(
    sheet, community, secretary, clerk, leader, finance, commit
):
    assert notified() == {("secretary", "sheet-computed")}
    with commit():
        workflow.confirm(sheet=sheet, community=community, actor=secretary)
    assert notified() == {("clerk", "sheet-confirmed")}
    with commit():
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    assert notified() == {("leader", "sheet-submitted")}
    with commit():
        workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment="核对账号")
    assert notified() == {("clerk", "sheet-returned")}
    with commit():
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    with commit():
        workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    assert notified() == {("finance", "sheet-endorsed"), ("finance2", "sheet-endorsed")}
    with commit():
        workflow.take(Step.APPROVE, sheet=sheet, actor=finance)
    assert notified() == {("clerk", "sheet-approved"), ("leader", "sheet-approved")}


def test_who_is_overdue_is_notified_once(sheet, community, secretary, commit):
    Notification.objects.all().delete()
    for _run in range(2):
        call_command("send_notifications")
    assert notified() == {("secretary", "late-confirm")}
    Notification.objects.update(read_at=sheet.computed_at)
    call_command("send_notifications")
    assert Notification.objects.count() == 1
    with commit():
        workflow.confirm(sheet=sheet, community=community, actor=secretary)
    call_command("send_notifications")
    assert {(user, kind) for user, kind in notified() if kind.startswith("late")} == {("clerk", "late-submit")}


def test_the_clerk_is_notified_of_a_refusal_of_the_area_and_to_the_person(sheet, member, group, community, commit):
    own = factories.user("own", Role.GROUP_MEMBER, group=group)
    own.member = member
    own.save()
    sheet = Sheet.objects.get(pk=sheet.pk)
    Notification.objects.all().delete()
    factories.brought_to(sheet, "approved")
    with commit():
        factories.answered(sheet, refused=["人一"])
    assert notified() == {("clerk", "bank-refused"), ("own", "own-refused")}
    for row in Notification.objects.all():
        assert (row.area, row.month) == (row.area, MAY.first_day)
        assert "人一" not in row.area
