"""By when a month is confirmed, submitted and approved, who is late, and who sets the days."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from jygroups.lib.months import Month
from registry.records import versions
from subsidies.models import Deadlines, Step
from subsidies.month import approval_flow, sheets, workflow
from tests import factories

OCTOBER, FEBRUARY = Month(2026, 10), Month(2027, 2)
pytestmark = pytest.mark.django_db


def deadlines(month=None, **days):
    row = Deadlines(month=month and month.first_day, **days)
    versions.save(row, actor=None)
    return row


def test_a_month_has_the_usual_days_unless_it_has_its_own():
    assert Deadlines.objects.of([OCTOBER])[OCTOBER].on(Step.CONFIRM, OCTOBER) == date(2026, 10, 10)
    deadlines(confirm_day=8)
    own = deadlines(OCTOBER, confirm_day=12)
    found = Deadlines.objects.of([OCTOBER, FEBRUARY])
    assert (found[OCTOBER], found[FEBRUARY].confirm_day) == (own, 8)


def test_a_day_past_the_months_end_is_its_last():
    assert Deadlines(approve_day=31).on(Step.APPROVE, FEBRUARY) == date(2027, 2, 28)


def test_days_out_of_order_and_a_second_set_for_a_month_are_refused():
    with pytest.raises(ValidationError, match="依次"):
        deadlines(confirm_day=16)
    for month in (None, OCTOBER):
        deadlines(month)
        with pytest.raises(ValidationError):
            deadlines(month)


@pytest.fixture
def sheet(community, sibling, group, standard):
    for place, body in ((community, group), (sibling, sibling.committee)):
        person = factories.member(place, f"{place.name[:2]}人", account=f"6228480000000{place.code[-5:]}")
        factories.appointment(person, body)
    return sheets.prepare(OCTOBER, [community.subdistrict])[0]


@pytest.mark.parametrize(("today", "late"), [(10, 0), (11, 1), (31, 21)])
def test_who_has_not_confirmed_by_the_day_is_late_from_the_next_on(sheet, community, clerk, today, late):
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    flow = approval_flow.of([sheet])[sheet.pk]
    flow.today = date(2026, 10, today)
    assert (flow.missing, flow.late) == (["胜利社区"], late)


def test_each_step_is_late_by_its_own_day(sheet, community, sibling, clerk, leader):
    for place in (community, sibling):
        workflow.confirm(sheet=sheet, community=place, actor=clerk)

    def late():
        flow = approval_flow.of([sheet])[sheet.pk]
        flow.today = date(2026, 10, 22)
        return flow.awaited, flow.late

    assert late() == (Step.SUBMIT, 7)
    sheet = workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    assert late() == (Step.ENDORSE, 2)
    sheet = workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    assert late() == (Step.APPROVE, 2)


def test_what_is_late_is_reported_on_the_months_the_sheet_and_the_workbench(client, sheet, clerk, monkeypatch):
    monkeypatch.setattr("jygroups.lib.clock.today", lambda: date(2026, 10, 13))
    client.force_login(clerk)
    for path in (reverse("months"), sheet.get_absolute_url(), reverse("workbench")):
        assert "逾期3天" in client.get(path).text


def test_finance_sets_the_days_of_a_month_and_gives_them_up_again(client, finance):
    client.force_login(finance)
    page = reverse("month-deadlines", args=[OCTOBER])
    answer = client.post(page, {"confirm_day": 12, "submit_day": 16, "approve_day": 18}, follow=True)
    assert "2026年10月办理期限已设定" in answer.text
    row = Deadlines.objects.get()
    assert (row.month, row.confirm_day, row.history.get().history_user) == (OCTOBER.first_day, 12, finance)
    client.post(page, {"usual": "1"})
    assert not Deadlines.objects.exists()
    assert (
        client.post(reverse("usual-deadlines"), {"confirm_day": 20, "submit_day": 16, "approve_day": 18}).status_code
        == 422
    )


def test_others_read_the_days_and_set_none(client, secretary, clerk, auditor):
    for user in (secretary, clerk, auditor):
        client.force_login(user)
        assert "2" in client.get(reverse("deadlines")).text
        assert client.get(reverse("usual-deadlines")).status_code == 403
        assert client.post(reverse("month-deadlines", args=[OCTOBER]), {"confirm_day": 1}).status_code == 403
