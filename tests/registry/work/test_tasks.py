"""What committees give their groups to do 〔二(八)〕."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry.models import Role, Task
from registry.records.findings import findings
from tests import factories

SOON = timezone.localdate() + timedelta(days=10)


@pytest.fixture
def head(group):
    return factories.user("head", Role.GROUP_LEADER, group=group)


def test_a_secretary_gives_a_task_to_several_groups_at_once(client, secretary, community, group):
    other = factories.group(community, 2)
    client.force_login(secretary)
    answer = client.post(reverse("task-give"), {"what": "发放通知", "due_on": SOON, "groups": [group.pk, other.pk]})
    assert answer.status_code == 302
    assert {task.group for task in Task.objects.all()} == {group, other}
    assert {(task.given_by, task.given_on) for task in Task.objects.all()} == {(secretary, timezone.localdate())}
    assert Task.history.filter(history_user=secretary).count() == 2


def test_no_task_goes_to_a_group_of_another_community_and_none_is_due_before_today(client, secretary, group, sibling):
    client.force_login(secretary)
    foreign = {"what": "发放通知", "due_on": SOON, "groups": [factories.group(sibling).pk]}
    assert client.post(reverse("task-give"), foreign).status_code == 422
    late = {"what": "发放通知", "due_on": "2020-01-01", "groups": [group.pk]}
    answer = client.post(reverse("task-give"), late)
    assert answer.status_code == 422
    assert "发放通知" in answer.text
    assert not Task.objects.exists()


def test_the_groups_leader_reports_it_as_done_once(client, head, group):
    task = factories.task(group)
    client.force_login(head)
    address = reverse("task-done", args=[task.pk])
    assert client.post(address, {"outcome": "", "done_on": timezone.localdate()}).status_code == 422
    assert client.post(address, {"outcome": "已发放", "done_on": "2019-01-01"}).status_code == 422
    assert client.post(address, {"outcome": "已发放", "done_on": timezone.localdate()}).status_code == 302
    client.post(address, {"outcome": "再次", "done_on": timezone.localdate()})
    task.refresh_from_db()
    assert (task.outcome, task.done_on) == ("已发放", timezone.localdate())


def test_another_groups_leader_sees_no_task_of_this_one(client, community, group):
    task = factories.task(group, what="只给一组")
    client.force_login(factories.user("other", Role.GROUP_LEADER, group=factories.group(community, 2)))
    assert client.get(task.get_absolute_url()).status_code == 404
    assert client.get(reverse("task-done", args=[task.pk])).status_code == 404
    assert "只给一组" not in client.get(reverse("tasks")).text


@pytest.mark.parametrize(
    ("fields", "reported"),
    [({}, True), ({"withdrawn": True}, False), ({"done_on": date(2026, 1, 9), "outcome": "已办"}, False)],
)
def test_an_overdue_task_is_a_finding_until_it_is_done_or_withdrawn(secretary, group, fields, reported):
    factories.task(group, due_on=date(2026, 1, 10), **fields)
    day = date(2026, 1, 10)
    assert not _overdue(secretary, day)  # the last day counts
    assert bool(_overdue(secretary, day + timedelta(days=1))) is reported


def test_several_overdue_tasks_of_a_group_are_one_finding(secretary, group):
    for _number in range(3):
        factories.task(group, due_on=date(2026, 1, 10))
    [finding] = _overdue(secretary, date(2026, 2, 1))
    assert "3" in finding.text


def _overdue(user, day):
    return [each for each in findings(user, day) if each.kind.key == "tasks-overdue"]


def test_an_open_task_waits_for_the_groups_leader_and_nobody_else(client, secretary, community, group, head):
    factories.task(group, what="发放通知", due_on=SOON)
    other = factories.user("other", Role.GROUP_LEADER, group=factories.group(community, 2))
    shown = {}
    for user in (head, other, secretary):
        client.force_login(user)
        shown[user.username] = "发放通知" in client.get(reverse("todo")).text
    assert shown == {"head": True, "other": False, secretary.username: False}
