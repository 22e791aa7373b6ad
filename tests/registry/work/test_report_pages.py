"""信息报告 on the screen: handing one in, its steps by who may do them, the list, the figures, what is overdue."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from registry.models import Alarm, Attachment, Building, Report, ReportKind, ReportState, ReportStep, Role, Severity
from registry.records.findings import findings
from registry.work.reports import services as reports
from registry.work.reports import todo
from tests import factories

TODAY = timezone.localdate()
HAZARD = {"kind": "hazard", "what": "井盖松动", "severity": "urgent", "alarm": "raised", "noticed_on": TODAY,
          "at_once": "no"}  # fmt: skip


@pytest.fixture
def group_member(group):
    return factories.user("group_member", Role.GROUP_MEMBER, group=group)


@pytest.fixture
def hazard(group, secretary):
    return factories.report(group, secretary)


def send(client, user, name, data, *args, follow=False):
    client.force_login(user)
    return client.post(reverse(name, args=args), data, follow=follow)


def test_a_groups_member_reports_with_one_form(client, group_member, group):
    answer = send(client, group_member, "report-add", HAZARD, follow=True)
    report = Report.objects.get()
    assert (report.group, report.severity, report.alarm) == (group, Severity.URGENT, "raised")
    assert "已上报" in answer.text


def test_a_photo_goes_with_the_report_and_is_shown(client, group_member):
    content = io.BytesIO()
    Image.new("RGB", (30, 20)).save(content, "JPEG")
    photo = SimpleUploadedFile("井盖.jpg", content.getvalue(), "image/jpeg")
    answer = send(client, group_member, "report-add", {**HAZARD, "photos": photo}, follow=True)
    [attachment] = Attachment.objects.all()
    assert attachment.report == Report.objects.get()
    assert attachment.get_absolute_url() in answer.text


def test_a_photo_of_one_groups_report_is_not_there_for_another_groups_people(client, group, community, secretary):
    report = factories.report(group, secretary)
    [photo] = factories.attached(report, secretary, name="井盖.pdf")
    other = factories.user("other", Role.GROUP_MEMBER, group=factories.group(community, 2))
    for user, status in ((secretary, 200), (other, 404)):
        client.force_login(user)
        assert client.get(photo.get_absolute_url()).status_code == status
        assert client.get(report.get_absolute_url()).status_code == status


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alarm": ""}, "alarm"),
        ({"kind": ""}, "kind"),
        ({"kind": "dispute"}, "dispute"),
        ({"at_once": "yes"}, "outcome"),
        ({"what": ""}, "what"),
        ({"noticed_on": TODAY + timedelta(days=1)}, "noticed_on"),
    ],
)
def test_what_is_lacking_is_shown_beside_its_field_and_nothing_is_stored(client, group_member, change, field):
    answer = send(client, group_member, "report-add", HAZARD | change)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Report.objects.exists()


def test_what_the_kind_does_not_ask_for_is_left_out(client, group_member):
    send(client, group_member, "report-add", HAZARD | {"kind": "opinion", "parties": "甲与乙", "dispute": "family"})
    report = Report.objects.get()
    assert (report.alarm, report.parties, report.dispute) == ("", "", "")


def test_a_user_of_several_groups_chooses_whose_report_it_is(client, secretary, group, community):
    factories.group(community, 2)
    client.force_login(secretary)
    address = reverse("report-add")
    assert "group" in client.get(address).context["form"].fields
    assert client.get(f"{address}?group={group.pk}").context["group"] == group


def test_nobody_reports_for_another_community(client, secretary, sibling, group):
    other = factories.group(sibling)
    client.force_login(secretary)
    assert client.post(f"{reverse('report-add')}?group={other.pk}", HAZARD).status_code == 404
    assert not Report.objects.exists()


def test_a_report_goes_its_way_on_the_screen(client, secretary, group_member, hazard):
    send(client, secretary, "report-take", {"handler": "网格员"}, hazard.pk)
    send(client, secretary, "report-handle", {"outcome": "已更换"}, hazard.pk)
    answer = send(client, group_member, "report-confirm", {"comment": "已看过"}, hazard.pk, follow=True)
    hazard.refresh_from_db()
    assert hazard.state == ReportState.CONFIRMED
    assert [text in answer.text for text in ("网格员", "已更换", "已看过")] == [True] * 3


def test_a_step_done_twice_has_one_effect_and_the_second_is_informed(client, secretary, clerk, hazard):
    send(client, secretary, "report-take", {"handler": "甲"}, hazard.pk)
    answer = send(client, secretary, "report-take", {"handler": "乙"}, hazard.pk, follow=True)
    assert "先一步" in answer.text
    assert Report.objects.get(pk=hazard.pk).handler == "甲"


def test_what_was_passed_on_is_handled_by_the_subdistrict_alone(client, secretary, clerk, hazard):
    send(client, secretary, "report-escalate", {"comment": "需要协调"}, hazard.pk)
    assert send(client, secretary, "report-take", {"handler": "甲"}, hazard.pk).status_code == 403
    assert send(client, clerk, "report-take", {"handler": "街道"}, hazard.pk).status_code == 302
    assert Report.objects.get(pk=hazard.pk).handler == "街道"


def test_the_community_alone_is_offered_to_pass_a_report_on_to_the_subdistrict(client, secretary, clerk, hazard):
    offered = {}
    for user in (secretary, clerk):
        client.force_login(user)
        text = client.get(hazard.get_absolute_url()).text
        offered[user] = reverse("report-escalate", args=[hazard.pk]) in text
    assert offered == {secretary: True, clerk: False}


def test_what_is_handled_is_not_edited_any_more(client, secretary, group):
    report = factories.report(group, secretary, settled=True, outcome="已清理")
    answer = send(client, secretary, "report-edit", HAZARD, report.pk, follow=True)
    assert "不能再更改" in answer.text
    assert Report.objects.get(pk=report.pk).severity == Severity.ORDINARY


def test_an_edit_stands_in_the_time_line_with_what_was_changed(client, secretary, hazard):
    send(client, secretary, "report-edit", HAZARD | {"version": hazard.version}, hazard.pk)
    hazard.refresh_from_db()
    assert hazard.handle_by == TODAY + timedelta(days=2)
    assert "紧急程度" in hazard.events.last().comment


def test_a_dispute_is_not_visited_back_before_it_was_settled(client, secretary, group):
    report = factories.report(group, secretary, settled=True, kind=ReportKind.DISPUTE, outcome="和解")
    early = {"on": TODAY - timedelta(days=1), "comment": "好"}
    assert send(client, secretary, "report-visit-back", early, report.pk).status_code == 422
    assert send(client, secretary, "report-visit-back", {"on": TODAY, "comment": "好"}, report.pk).status_code == 302


@pytest.mark.parametrize(
    ("state", "found"), [("open", ["一", "三"]), ("reported", ["三"]), ("overdue", ["一"]), ("handled", ["二"])]
)
def test_the_list_is_narrowed_by_how_far_reports_are(client, secretary, group, state, found):
    one, two, _three = (factories.report(group, secretary, what=word) for word in "一二三")
    for report in (one, two):
        reports.take(ReportStep.TAKEN, report=report, actor=secretary, handler="甲")
    reports.take(ReportStep.HANDLED, report=two, actor=secretary, outcome="好")
    Report.objects.filter(pk=one.pk).update(handle_by=TODAY - timedelta(days=1))
    client.force_login(secretary)
    page = client.get(reverse("reports"), {"state": state, "sort": "reported_at"})
    assert [row.record.what for row in page.context["table"].rows] == found


def kinds(user, day):
    return [finding.kind.key for finding in findings(user, day) if "report" in finding.kind.key]


def test_a_report_nobody_took_up_or_handled_is_a_finding_for_community_and_subdistrict(secretary, clerk, hazard):
    for user in (secretary, clerk):
        assert kinds(user, TODAY + timedelta(days=3)) == []
        assert kinds(user, TODAY + timedelta(days=4)) == ["report-not-taken"]
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    assert kinds(secretary, TODAY + timedelta(days=15)) == []
    assert kinds(secretary, TODAY + timedelta(days=16)) == ["report-late"]


def test_a_dispute_not_visited_back_is_a_finding(secretary, group):
    report = factories.report(group, secretary, settled=True, kind=ReportKind.DISPUTE, outcome="和解")
    late = report.visit_back_by + timedelta(days=1)

    def found():
        return [each for each in findings(secretary, late) if each.kind.key == "visit-back"]

    assert [each.group for each in found()] == [group.pk]
    reports.take(ReportStep.VISITED_BACK, report=report, actor=secretary, on=TODAY, comment="好")
    assert found() == []


def test_each_is_informed_what_waits_for_him(secretary, clerk, leader, group_member, group, hazard):
    factories.report(group, secretary, severity=Severity.URGENT)
    factories.report(group, secretary, settled=True, outcome="好")
    passed_on = factories.report(group, secretary)
    reports.take(ReportStep.ESCALATED, report=passed_on, actor=secretary, comment="需协调")

    def lines(user):
        return [(line.urgency.key, line.url.rpartition("=")[2]) for line in todo.reports(user, TODAY)]

    assert lines(secretary) == [("you", "reported"), ("you", "handled")]
    assert lines(clerk) == [("you", "subdistrict"), ("others", "told")]
    assert lines(leader) == [("others", "told")]
    assert lines(group_member) == [("you", "handled")]


def test_the_figures_count_by_kind_month_and_place_what_the_user_sees(client, secretary, group, community, sibling):
    building = Building.objects.create(community=community, name="1号楼", group=group)
    for _time in range(2):
        factories.report(group, secretary, building=building)
    factories.report(group, secretary, kind=ReportKind.OPINION, settled=True, outcome="好")
    factories.report(factories.group(sibling), secretary)
    client.force_login(secretary)
    found = client.get(reverse("report-figures")).context
    assert (found["total"].reports, found["total"].in_time, found["total"].decided) == (3, 1, 1)
    assert {kind: counted[-1] for kind, counted, _sum in found["matrix"] if counted[-1]} == {"hazard": 2, "opinion": 1}
    assert [(row["building__name"], row["reports"]) for row in found["buildings"]] == [("1号楼", 2)]


def test_the_phone_shows_a_groups_people_what_they_do_there(client, group_member, secretary, community):
    client.force_login(group_member)
    assert reverse("report-add") in client.get(reverse("workbench")).text
    client.force_login(secretary)
    assert 'class="phone-acts"' not in client.get(reverse("workbench")).text


def test_handling_an_urgent_hazard_asks_whether_the_alarm_was_raised(client, secretary, group):
    row = factories.report(group, secretary, severity=Severity.URGENT, alarm=Alarm.NOT_RAISED)
    send(client, secretary, "report-take", {"handler": "网格员"}, row.pk)
    answer = send(client, secretary, "report-handle", {"outcome": "已切断电源"}, row.pk)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["alarm"])
    send(client, secretary, "report-handle", {"outcome": "已切断电源", "alarm": "raised"}, row.pk)
    row.refresh_from_db()
    assert (row.state, row.alarm) == (ReportState.HANDLED, Alarm.RAISED)


def test_an_urgent_hazard_is_not_reported_as_settled_with_its_alarm_open(client, group_member):
    entered = {"severity": "urgent", "alarm": "not_raised", "at_once": "yes", "outcome": "已处理"}
    answer = send(client, group_member, "report-add", HAZARD | entered)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["alarm"])


def test_who_handled_an_urgent_hazard_is_offered_no_confirmation(client, secretary, group_member, group):
    row = factories.report(group, secretary, settled=True, severity=Severity.URGENT, alarm=Alarm.RAISED)
    page = send(client, secretary, "report-confirm", {"comment": "已看过"}, row.pk, follow=True)
    assert reverse("report-confirm", args=[row.pk]) not in page.text
    assert "须由他人确认" in page.text
    row.refresh_from_db()
    assert row.state == ReportState.HANDLED
    send(client, group_member, "report-confirm", {"comment": "已看过"}, row.pk)
    row.refresh_from_db()
    assert row.state == ReportState.CONFIRMED


def test_what_was_handled_again_is_not_confirmed_by_the_old_form(client, hazard, secretary, clerk):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="甲结果")
    client.force_login(clerk)
    url = reverse("report-confirm", args=[hazard.pk])
    page = client.get(url)
    old = page.context["form"]["seen"].value()
    assert "Seen" not in page.text  # a hidden field is drawn without its label
    reports.take(ReportStep.RETURNED, report=hazard, actor=clerk, comment="未清理")
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="乙结果")
    answer = client.post(url, {"comment": "属实", "seen": old}, follow=True)
    assert "请重新核对" in answer.text
    hazard.refresh_from_db()
    assert hazard.state == ReportState.HANDLED
    client.post(url, {"comment": "属实", "seen": hazard.version})
    hazard.refresh_from_db()
    assert hazard.state == ReportState.CONFIRMED
