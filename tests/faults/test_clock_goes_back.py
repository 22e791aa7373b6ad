"""The server's clock is set back while a month goes to the bank, and jumps ahead while somebody is signed in."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import AuditEntry
from registry.records import audit
from subsidies.bank import payments
from subsidies.models import PayStage, State, Step
from subsidies.month import arrivals, seals, sheets, workflow
from tests import factories

MAY = Month(2024, 5)


@pytest.mark.usefixtures("standard")
@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=8), timedelta(days=40)])
def test_set_back_between_any_two_steps_a_month_is_closed_paid_and_proved(
    community, group, clerk, leader, finance, back
):
    factories.appointment(factories.member(community, account="6228480000000000011"), group)
    moment = timezone.now()

    def set_back():
        nonlocal moment
        moment -= back
        clock.move_to(moment)

    with time_machine.travel(moment) as clock:
        [sheet] = sheets.prepare(MAY, [community.subdistrict])
        set_back()
        workflow.confirm(sheet=sheet, community=community, actor=clerk)
        for step, user in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
            set_back()
            sheet = workflow.take(step, sheet=sheet, actor=user)
        set_back()
        payments.first(sheet, actor=finance)
        set_back()
        factories.answered(sheet)
        set_back()
        sheet = workflow.take(Step.SETTLE, sheet=sheet, actor=finance)
        assert sheet.state == State.PAID
        assert list(seals.verify()) == []
        assert audit.verify().faults == []
        numbers = AuditEntry.objects.order_by("id").values_list("id", flat=True)
        assert list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))
        assert [each.stage for each in arrivals.newest(sheet.lines.all()).values()] == [PayStage.ARRIVED]


def test_after_a_jump_ahead_a_session_has_ended(secretary):
    client = Client()
    client.post(reverse("login"), {"username": "secretary", "password": "secret"})
    assert client.get(reverse("workbench")).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert client.get(reverse("workbench"))["Location"].startswith(reverse("login"))
