"""信息报告: deadlines by severity, the steps of a report, who may see it, and that nothing of it is lost."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from jygroups.lib.refusals import Refused
from registry.models import (
    HANDLED_IN_TIME,
    Alarm,
    Building,
    Mediation,
    Report,
    ReportEvent,
    ReportKind,
    ReportState,
    ReportStep,
    Role,
    Severity,
)
from registry.work.reports import deadlines as report_rules
from registry.work.reports import services as reports
from tests import factories

TODAY = timezone.localdate()


@pytest.fixture
def hazard(group, secretary):
    return factories.report(group, secretary)


@pytest.mark.parametrize(
    ("severity", "take", "handle"),
    [(Severity.URGENT, 0, 2), (Severity.SERIOUS, 1, 7), (Severity.ORDINARY, 3, 15)],
)
def test_the_severity_sets_the_deadlines(group, secretary, severity, take, handle):
    report = factories.report(group, secretary, severity=severity)
    assert (report.take_by, report.handle_by) == (TODAY + timedelta(days=take), TODAY + timedelta(days=handle))


def test_the_subdistrict_is_informed_at_once_of_what_is_not_ordinary(db):
    assert report_rules.informed_at_once(TODAY) == [Severity.SERIOUS, Severity.URGENT]


def test_a_report_goes_its_way_and_each_step_leaves_its_line(hazard, secretary, clerk):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="物业李经理", comment="今天去看")
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="已清理")
    reports.take(ReportStep.CONFIRMED, report=hazard, actor=clerk, comment="已到现场看过")
    assert hazard.state == ReportState.CONFIRMED
    assert list(hazard.events.values_list("step", "name", "comment")) == [
        (ReportStep.REPORTED, "secretary", ""),
        (ReportStep.TAKEN, "secretary", "由物业李经理办理。 今天去看"),
        (ReportStep.HANDLED, "secretary", "已清理"),
        (ReportStep.CONFIRMED, "clerk", "已到现场看过"),
    ]


def test_of_two_who_take_a_report_up_the_second_is_informed_who_was_first(hazard, secretary, clerk):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    with pytest.raises(Refused, match="secretary"):
        reports.take(ReportStep.TAKEN, report=hazard, actor=clerk, handler="乙")
    assert (hazard.handler, hazard.events.filter(step=ReportStep.TAKEN).count()) == ("甲", 1)


def test_what_was_settled_on_the_spot_waits_for_confirmation_alone(group, secretary):
    report = factories.report(
        group, secretary, settled=True, kind=ReportKind.DISPUTE, outcome="双方握手言和", mediation=Mediation.AGREED
    )
    assert (report.state, report.handler) == (ReportState.HANDLED, "secretary")
    assert report.visit_back_by == TODAY + timedelta(days=30)


@pytest.fixture
def urgent(group, secretary):
    return factories.report(group, secretary, severity=Severity.URGENT, alarm=Alarm.NOT_RAISED)


@pytest.mark.parametrize("alarm", [Alarm.RAISED, Alarm.NOT_NEEDED])
def test_an_urgent_hazard_is_not_settled_before_its_alarm_is_answered(urgent, secretary, clerk, alarm):
    reports.take(ReportStep.TAKEN, report=urgent, actor=secretary, handler="物业")
    with pytest.raises(Refused, match="报警"):
        reports.take(ReportStep.HANDLED, report=urgent, actor=secretary, outcome="已清理")
    assert Report.objects.get().state == ReportState.TAKEN
    reports.take(ReportStep.HANDLED, report=urgent, actor=secretary, outcome="已清理", alarm=alarm)
    reports.take(ReportStep.CONFIRMED, report=urgent, actor=clerk, comment="已看过")
    assert (urgent.alarm, urgent.state) == (alarm, ReportState.CONFIRMED)


def test_an_urgent_hazard_with_an_open_alarm_is_settled_neither_on_the_spot_nor_by_confirming(group, secretary, clerk):
    facts = {"severity": Severity.URGENT, "alarm": Alarm.NOT_RAISED}
    with pytest.raises(Refused):
        factories.report(group, secretary, settled=True, **facts)
    report = factories.report(group, secretary, settled=True, **facts | {"alarm": Alarm.RAISED})
    Report.objects.update(alarm="")  # as one of before
    with pytest.raises(Refused):
        reports.take(ReportStep.CONFIRMED, report=report, actor=clerk, comment="已看过")
    factories.report(group, secretary, settled=True, **facts | {"severity": Severity.SERIOUS})


def test_who_handled_an_urgent_hazard_does_not_confirm_it(group, secretary, clerk):
    for severity, may in ((Severity.URGENT, False), (Severity.SERIOUS, True)):
        row = factories.report(group, secretary, severity=severity)
        reports.take(ReportStep.TAKEN, report=row, actor=clerk, handler="物业")
        reports.take(ReportStep.HANDLED, report=row, actor=secretary, outcome="已清理")
        assert reports.is_own_handler(row, secretary) is not may
        if not may:
            with pytest.raises(Refused):
                reports.take(ReportStep.CONFIRMED, report=row, actor=secretary, comment="已看过")
        reports.take(ReportStep.CONFIRMED, report=row, actor=secretary if may else clerk, comment="已看过")


def test_who_is_named_as_the_handler_of_an_urgent_hazard_does_not_confirm_it(group, secretary, clerk):
    row = factories.report(group, secretary, severity=Severity.URGENT)
    reports.take(ReportStep.TAKEN, report=row, actor=secretary, handler=clerk.get_full_name())
    reports.take(ReportStep.HANDLED, report=row, actor=secretary, outcome="已清理")
    with pytest.raises(Refused):
        reports.take(ReportStep.CONFIRMED, report=row, actor=clerk, comment="已看过")


def test_a_hazard_needs_no_visit_back(hazard, secretary):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="已清理")
    assert hazard.visit_back_by is None


def test_what_is_not_settled_is_handled_again_with_new_days(hazard, secretary, clerk):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    Report.objects.filter(pk=hazard.pk).update(handle_by=TODAY - timedelta(days=1))
    hazard.refresh_from_db()
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="已清理")
    reports.take(ReportStep.RETURNED, report=hazard, actor=clerk, comment="又堆上了")
    assert (hazard.state, hazard.handled_at) == (ReportState.TAKEN, None)
    assert hazard.handle_by == TODAY + timedelta(days=15)


def test_what_is_passed_on_is_taken_up_again_by_the_subdistrict_and_only_once(hazard, secretary):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    reports.take(ReportStep.ESCALATED, report=hazard, actor=secretary, comment="需多部门协调")
    assert (hazard.state, hazard.at_subdistrict, hazard.handler) == (ReportState.REPORTED, True, "")
    with pytest.raises(Refused):
        reports.take(ReportStep.ESCALATED, report=hazard, actor=secretary, comment="再提交")


def test_a_report_sleeps_neither_before_nor_after_it_is_taken_up(hazard, secretary):
    late = TODAY + timedelta(days=4)
    assert list(Report.objects.overdue(TODAY)) == []
    assert list(Report.objects.overdue(late)) == [hazard]
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    assert list(Report.objects.overdue(late)) == []
    assert list(Report.objects.overdue(TODAY + timedelta(days=16))) == [hazard]
    assert hazard.is_late(TODAY + timedelta(days=16))
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="已清理")
    assert list(Report.objects.overdue(TODAY + timedelta(days=99))) == []


@pytest.mark.parametrize(("take_by", "handle_by"), [(None, None), (None, 3), (2, None), (2, 3)])
@pytest.mark.parametrize("days", [1, 3, 4])
def test_a_page_and_a_list_call_the_same_reports_late(hazard, take_by, handle_by, days):
    hazard.take_by, hazard.handle_by = (given and TODAY + timedelta(given) for given in (take_by, handle_by))
    hazard.save()
    day = TODAY + timedelta(days)
    assert hazard.is_late(day) is (hazard in Report.objects.overdue(day))


def test_what_has_no_limit_is_handled_in_time(hazard, secretary):
    hazard.handle_by = None
    hazard.save()
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="已清理")
    assert list(Report.objects.filter(HANDLED_IN_TIME)) == [hazard]


def test_another_severity_has_other_days_counted_from_the_report(hazard, secretary):
    hazard.severity = Severity.URGENT
    reports.change(hazard, actor=secretary, comment="", severity_changed=True)
    assert (hazard.take_by, hazard.handle_by) == (TODAY, TODAY + timedelta(days=2))


def test_after_a_return_another_severity_leaves_the_days_that_began_with_it(hazard, secretary, clerk):
    reports.take(ReportStep.TAKEN, report=hazard, actor=secretary, handler="甲")
    reports.take(ReportStep.HANDLED, report=hazard, actor=secretary, outcome="已清理")
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        reports.take(ReportStep.RETURNED, report=hazard, actor=clerk, comment="没有清理")
        hazard.severity = Severity.URGENT
        reports.change(hazard, actor=secretary, comment="", severity_changed=True)
    assert (hazard.take_by, hazard.handle_by) == (TODAY, TODAY + timedelta(days=7))


def test_what_is_settled_is_never_changed_but_for_the_visit_back(group, secretary, clerk):
    report = factories.report(group, secretary, settled=True, kind=ReportKind.DISPUTE, outcome="和解")
    reports.take(ReportStep.CONFIRMED, report=report, actor=clerk, comment="属实")
    with pytest.raises(DatabaseError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(outcome="别的")
    reports.take(ReportStep.VISITED_BACK, report=report, actor=secretary, on=TODAY, comment="未再争执")
    assert Report.objects.get(pk=report.pk).visited_back_on == TODAY


def test_the_database_refuses_a_step_past_another(hazard):
    now = timezone.now()
    with pytest.raises(DatabaseError), transaction.atomic():
        Report.objects.filter(pk=hazard.pk).update(state=ReportState.HANDLED, taken_at=now, handled_at=now)


def test_a_line_of_the_time_line_is_neither_changed_nor_taken_away(hazard):
    for act in (lambda rows: rows.update(comment="别的"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act(ReportEvent.objects.filter(report=hazard))


def test_a_report_names_no_building_of_another_community(group, secretary, sibling):
    building = Building.objects.create(community=sibling, name="别处1栋")
    with pytest.raises(ValidationError, match="其他社区"):
        factories.report(group, secretary, building=building)


def test_a_groups_people_see_their_own_groups_reports_alone(hazard, community, group, secretary, sibling):
    elsewhere = factories.report(factories.group(community, 2), secretary)
    member = factories.user("member", Role.GROUP_MEMBER, group=group)
    other = factories.user("other", Role.SECRETARY, community=sibling)
    assert list(Report.objects.visible_to(member)) == [hazard]
    assert set(Report.objects.visible_to(secretary)) == {hazard, elsewhere}
    assert list(Report.objects.visible_to(other)) == []
    assert list(ReportEvent.objects.visible_to(member).values_list("report", flat=True)) == [hazard.pk]
