"""Who is told what: each step to those whose turn it is, and nobody of another area; read marks; what is shown."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.access.posts import services as posts
from registry.models import (
    GroupPlan,
    Notification,
    PlanStep,
    Post,
    PostState,
    ReportStep,
    Role,
    TransferState,
)
from registry.notifications import services
from registry.notifications.kinds import KINDS
from registry.people.transfers import services as transfers
from registry.plans.services import PLANS
from registry.work.reports import services as reports
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def strangers(stranger):
    """The users of another subdistrict, none of whom is ever told."""
    return [
        factories.user("clerk2", Role.CLERK, subdistrict=stranger.subdistrict),
        factories.user("leader2", Role.LEADER, subdistrict=stranger.subdistrict),
        factories.user("secretary2", Role.SECRETARY, community=stranger),
        factories.user("group2", Role.GROUP_LEADER, group=factories.group(stranger)),
    ]


def notified(*, unread: bool = False) -> set[tuple[str, str]]:
    rows = Notification.objects.unread() if unread else Notification.objects.all()
    return {(row.user.username, row.kind) for row in rows}


@pytest.fixture
def group_leader(group):
    return factories.user("group_leader", Role.GROUP_LEADER, group=group)


@pytest.fixture
def report(group, group_leader, commit):
    with commit():
        return factories.report(group, group_leader)


def test_a_report_is_told_to_its_community_then_to_its_group(secretary, clerk, report, strangers, commit):
    with commit():
        reports.take(ReportStep.TAKEN, report=report, actor=secretary, handler="物业")
    assert notified(unread=True) == set()  # nothing waits for anybody any more
    with commit():
        reports.take(ReportStep.HANDLED, report=report, actor=secretary, outcome="修好了")
    assert notified(unread=True) == {("group_leader", "report-handled")}


def test_a_new_report_waits_for_the_secretary_alone(secretary, clerk, report, strangers):
    assert notified() == {("secretary", "report-new")}


def test_a_report_passed_on_waits_for_the_clerk(secretary, clerk, report, strangers, commit):
    with commit():
        reports.take(ReportStep.ESCALATED, report=report, actor=secretary, comment="请街道处理")
    assert notified(unread=True) == {("clerk", "report-passed-on")}
    row = Notification.objects.get(kind="report-passed-on")
    assert (row.area, row.subdistrict) == (f"{report.group.committee.community.name}{report.group.name}",
                                           report.group.committee.community.subdistrict)  # fmt: skip


def test_a_plan_waits_for_civil_affairs_and_comes_back_decided(community, clerk, leader, civil, strangers, commit):
    plan = GroupPlan.objects.create(community=community, title="方案", effective_on=date(2030, 1, 1))
    with commit():
        PLANS.record(PlanStep.SUBMIT, _in(plan, "submitted", leader), "draft", actor=leader)
    assert notified() == {("civil", "plan-submitted")}
    with commit():
        PLANS.record(PlanStep.REJECT, _in(plan, "rejected", leader), "submitted", actor=civil)
    assert notified(unread=True) == {("clerk", "plan-rejected"), ("leader", "plan-rejected")}


def _in(plan, state, submitted_by):
    plan.state, plan.submitted_by = state, submitted_by
    return plan


def test_a_transfer_waits_for_the_receiving_clerk_and_comes_back(community, stranger, clerk, strangers, commit):
    member = factories.member(community)
    office = factories.appointment(member, factories.group(community))
    row = factories.transfer(office, stranger.committee, clerk)
    with commit():
        transfers.TRANSFERS.record(TransferState.SENT, row, "", actor=clerk)
    assert notified() == {("clerk2", "transfer-sent")}
    with commit():
        transfers.end(TransferState.DECLINED, transfer=row, actor=strangers[0], comment="岗位已满")
    assert notified(unread=True) == {("clerk", "transfer-declined")}


def test_a_post_with_power_waits_for_a_second_person(community, clerk, leader, sysadmin, strangers, commit):
    newcomer = factories.user("newcomer")
    post = Post(user=newcomer, role=Role.CLERK, subdistrict=community.subdistrict, first_day=date(2026, 1, 1))
    with commit():
        posts.give(post, actor=sysadmin)
    assert notified() == {("leader", "post-given")}
    with commit():
        posts.answer(PostState.IN_EFFECT, post, actor=leader, seen=post.version)
    assert notified(unread=True) == {("sysadmin", "post-agreed"), ("newcomer", "own-post")}


def test_the_same_is_told_again_only_once_it_was_read(secretary, report):
    kind = KINDS["report-new"]
    assert [len(services.notify(kind, report, [secretary])) for _each in range(2)] == [
        0,
        0,
    ]  # shown by the report itself
    Notification.objects.update(read_at=timezone.now())
    assert [len(services.notify(kind, report, [secretary])) for _each in range(2)] == [1, 0]


def test_the_bell_counts_and_the_list_shows_what_is_unread(client, secretary, report):
    client.force_login(secretary)
    page = client.get(reverse("notifications")).text
    assert "有信息报告待受理" in page
    assert "未读" in page
    row = Notification.objects.get(user=secretary)
    answer = client.get(row.get_absolute_url())
    assert answer["Location"] == report.get_absolute_url()
    assert not Notification.objects.unread().exists()
    assert "未读" not in client.get(reverse("notifications")).text


def test_all_are_marked_as_read_and_nobody_elses(client, secretary, clerk, report):
    services.notify(KINDS["report-new"], report, [clerk])
    client.force_login(secretary)
    client.post(reverse("notifications-read"))
    assert {row.user for row in Notification.objects.unread()} == {clerk}


def test_who_has_lost_the_right_sees_neither_text_nor_link(client, secretary, clerk, report):
    Post.objects.filter(user=secretary).update(last_day=timezone.localdate() - timedelta(days=1))
    client.force_login(secretary)
    page = client.get(reverse("notifications")).text
    assert "有信息报告待受理" not in page
    assert report.what not in page
    assert report.group.name not in page
    row = Notification.objects.get(user=secretary)
    assert row.get_absolute_url() not in page
    assert client.get(row.get_absolute_url())["Location"] == reverse("notifications")


def test_the_list_asks_as_many_queries_for_one_as_for_forty(client, secretary, report):
    client.force_login(secretary)
    counts = []
    for number in (1, 40):
        for _each in range(number):
            factories.notification(secretary, report)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("notifications"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_the_count_of_the_bell_is_read_from_its_index(secretary):
    plan = secretary.notifications.unread().order_by().values("read_at")[:100].explain()
    assert connection.vendor != "sqlite" or "COVERING INDEX notification_by_reading" in plan


def test_settings_want_an_address_and_store_a_version(client, secretary):
    client.force_login(secretary)
    page = reverse("notification-settings")
    assert client.post(page, {"waits": "at_once"}).status_code == 422
    client.post(page, {"waits": "at_once", "bank": "daily", "mail": "s@example.gov.cn"})
    row = secretary.notification_settings
    assert (row.mail, row.waits, row.decided, row.overdue, row.bank) == ("s@example.gov.cn", "at_once", "", "", "daily")
    assert row.history.get().history_user == secretary
