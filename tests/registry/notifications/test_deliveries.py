"""What leaves: in the robots' forms and by mail, once, without anything personal, again after a failure."""

import base64
import hashlib
import hmac
import io
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from jygroups.lib import clock, outgoing
from jygroups.lib.outgoing import Unsent
from registry.models import Delivery, Notification, NotificationSettings, Robot, Role
from registry.notifications import deliveries, digests, services
from registry.notifications.kinds import KINDS
from tests import factories
from tests.registry.notifications.chat_server import chat_server
from tests.subsidies.month.test_month_together import at_once

pytestmark = pytest.mark.django_db
SECRET = "SEC0123456789abcdef"


@pytest.fixture
def report(group, secretary):
    return factories.report(group, secretary, what="王某某家漏水", reporter=None)


@pytest.fixture
def robot(chat, community):
    return factories.robot(
        name="雄关群", address=f"{chat.url}/send?key=k1", subdistrict=community.subdistrict, is_active=True
    )


def notify(report, *users):
    services.notify(KINDS["report-new"], report, users)


def run() -> str:
    out = io.StringIO()
    call_command("send_notifications", stdout=out)
    return out.getvalue()


def test_nothing_is_sent_unless_somebody_chose_it(chat, report, secretary):
    notify(report, secretary)
    run()
    assert (Delivery.objects.count(), chat.taken, mail.outbox) == (0, [], [])


def test_wecom_is_told_in_its_form_once_for_all_users(chat, robot, report, secretary, clerk):
    notify(report, secretary, clerk)
    run()
    run()
    [(query, data)] = chat.taken
    assert query == {"key": "k1"}
    assert data["msgtype"] == "text"
    [row] = Delivery.objects.all()
    assert (row.state, row.attempts, row.outcome) == ("sent", 1, "ok")


def test_dingtalk_is_sent_its_signature(chat, robot, report, secretary):
    Robot.objects.all().delete()
    factories.robot(
        form="dingtalk", address=f"{chat.url}/robot/send?access_token=t", secret=SECRET, is_active=True,
        subdistrict=report.group.committee.community.subdistrict,
    )  # fmt: skip
    notify(report, secretary)
    run()
    [(query, data)] = chat.taken
    signed = f"{query['timestamp']}\n{SECRET}".encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert (query["access_token"], query["sign"], data["msgtype"]) == ("t", expected, "text")
    assert abs(int(query["timestamp"]) / 1000 - timezone.now().timestamp()) < 60


def test_nothing_personal_leaves(chat, robot, report, secretary, settings):
    settings.SITE_URL = "https://groups.example"
    NotificationSettings.objects.create(user=secretary, mail="s@example.gov.cn", waits="at_once")
    notify(report, secretary)
    run()
    row = Notification.objects.get(user=secretary)
    place = f"{report.group.committee.community.name}{report.group.name}"
    assert chat.texts == [f"{place}：有信息报告待受理\nhttps://groups.example/notifications/"]
    [message] = mail.outbox
    assert message.subject == f"{place}：有信息报告待受理"
    assert message.body == f"{message.subject}\nhttps://groups.example/notifications/{row.pk}/"
    assert message.to == ["s@example.gov.cn"]


def test_a_robot_is_not_told_of_another_subdistrict_nor_one_of_the_city_of_what_is_no_city_matter(
    chat, robot, report, secretary, stranger
):
    factories.robot(name="钢城群", address=f"{chat.url}/2", subdistrict=stranger.subdistrict, is_active=True)
    factories.robot(name="市级群", address=f"{chat.url}/3", is_active=True)
    factories.robot(name="停用", address=f"{chat.url}/4", subdistrict=robot.subdistrict)
    notify(report, secretary)
    assert [row.robot for row in Delivery.objects.all()] == [robot]


def test_a_refusal_is_repeated_after_growing_pauses_and_then_given_up(chat, robot, report, secretary):
    chat.body = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'
    notify(report, secretary)
    moment, waited = clock.now(), []
    for _attempt in range(len(deliveries.PAUSES) + 2):
        with clock.at(moment):
            run()
        row = Delivery.objects.get()
        waited.append(row.next_at - moment)
        moment = row.next_at + timedelta(seconds=1)
    assert waited[: len(deliveries.PAUSES)] == deliveries.PAUSES
    assert (row.state, row.attempts, row.outcome) == ("failed", len(deliveries.PAUSES), "93000 invalid webhook url")
    assert len(chat.taken) == len(deliveries.PAUSES)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (302, b"", "302"),
        (500, b"", "500"),
        (200, b"<html>", "群机器人的格式"),
        (200, b"[]", "群机器人的格式"),
        (200, b'{"errcode": 0, "errmsg": "' + b"x" * 300_000 + b'"}', "群机器人的格式"),  # read up to its bound
    ],
)
def test_another_answer_than_a_robots_is_a_failure(chat, robot, report, secretary, status, body, outcome):
    chat.status, chat.body = status, body
    with chat_server() as elsewhere:
        chat.headers = {"Location": elsewhere.url}
        notify(report, secretary)
        run()
        assert elsewhere.taken == []  # no redirect is followed
    row = Delivery.objects.get()
    assert row.state == "waiting"
    assert outcome in row.outcome
    assert "key" not in row.outcome


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/", "http://127.0.0.1/", "ftp://example.com/", "https://", "https://user@example.com/",
        "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://169.254.169.254/latest",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://0.0.0.0/", "https://example.com:99999/", "x",
    ],
)  # fmt: skip
def test_nothing_is_sent_in_clear_or_into_the_internal_network(address, settings):
    settings.WEBHOOK_NETWORKS = []
    with pytest.raises(Unsent):
        outgoing.post(address, b"{}")


def test_a_network_that_the_settings_name_is_reached(settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16")]
    assert outgoing._checked("10.1.2.3", 443) == "10.1.2.3"
    with pytest.raises(Unsent):
        outgoing._checked("10.2.2.3", 443)


def test_each_users_digest_is_sent_once_in_the_morning(secretary, clerk, report):
    for user in (secretary, clerk):
        NotificationSettings.objects.create(user=user, mail=f"{user}@example.gov.cn", waits="daily")
    morning = timezone.localtime().replace(hour=8, minute=1)
    with clock.at(morning - timedelta(hours=5)):
        notify(report, secretary)
    assert digests.queue(morning - timedelta(hours=1)) == 0
    assert [digests.queue(morning), digests.queue(morning)] == [1, 0]
    with clock.at(morning):
        run()
    [message] = mail.outbox
    assert message.to == ["secretary@example.gov.cn"]
    assert message.subject == "1条未读消息"
    assert "有信息报告待受理" in message.body
    assert "漏水" not in message.body


def test_a_digest_holds_only_what_its_reader_may_still_see(secretary, report):
    NotificationSettings.objects.create(user=secretary, mail="s@example.gov.cn", waits="daily")
    morning = timezone.localtime().replace(hour=8, minute=1)
    with clock.at(morning - timedelta(hours=5)):
        notify(report, secretary)
    secretary.posts.update(last_day=timezone.localdate() - timedelta(days=1))
    assert digests.queue(morning) == 0


def test_two_runs_at_once_send_each_message_once(committed, settings):
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    community = factories.community()
    group, secretary = factories.group(community), factories.user("secretary", Role.SECRETARY, community=community)
    with chat_server() as chat:
        factories.robot(address=f"{chat.url}/a", subdistrict=community.subdistrict, is_active=True)
        for number in range(8):
            notify(factories.report(group, secretary, what=f"事{number}"), secretary)
        assert [answer for answer in at_once(run, run, run) if isinstance(answer, Exception)] == []
        assert len(chat.taken) == 8
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_the_administrator_sees_the_log_and_tests_a_robot(client, chat, robot, sysadmin):
    client.force_login(sysadmin)
    answer = client.post(reverse("robot-test", args=[robot.pk]), follow=True)
    assert "测试消息" in chat.texts[0]
    assert "已收到测试消息" in answer.text
    chat.body = b'{"errcode": 310000, "errmsg": "sign not match"}'
    answer = client.post(reverse("robot-test", args=[robot.pk]), follow=True)
    assert "sign not match" in answer.text
    page = client.get(reverse("deliveries")).text
    assert "sign not match" in page
    assert "停止发送" in page  # a test is not repeated


def test_the_address_and_the_secret_are_stored_encrypted_and_never_shown(client, sysadmin, settings):
    client.force_login(sysadmin)
    data = {"name": "群", "form": "dingtalk", "address": "https://oapi.example/send?access_token=t0k3n",
            "secret": SECRET, "is_active": "on"}  # fmt: skip
    client.post(reverse("robot-add"), data)
    robot = Robot.objects.get()
    with connection.cursor() as cursor:
        for table in ("registry_robot", "registry_historicalrobot"):
            cursor.execute(f"SELECT address, secret FROM {table}")
            assert not {"t0k3n", SECRET} & set("".join(cursor.fetchone()).split("="))
    page = client.get(reverse("robot-edit", args=[robot.pk])).text
    assert "t0k3n" not in page
    assert SECRET not in page
    kept = {**data, "address": "", "secret": "", "name": "新名", "version": robot.version}
    client.post(reverse("robot-edit", args=[robot.pk]), kept)
    robot.refresh_from_db()
    assert (robot.name, robot.secret) == ("新名", SECRET)
    assert "t0k3n" in robot.address
    answer = client.post(reverse("robot-add"), {**data, "name": "二", "address": "http://oapi.example/"})
    assert answer.status_code == 422


def test_what_was_read_or_sent_long_ago_is_cleared(secretary, clerk, report, settings):
    old = timezone.now() - timedelta(days=settings.NOTIFICATION_DAYS + 1)
    factories.notification(secretary, report, at=old)
    unread = factories.notification(clerk, report, at=old, read_at=None)
    Delivery.objects.create(user=secretary, text="x", at=old, next_at=old, state="sent")
    run()
    assert list(Notification.objects.all()) == [unread]
    assert not Delivery.objects.exists()
