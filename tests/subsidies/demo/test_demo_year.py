"""The demo's year: closed months with all that happens to one, and this month waiting at different people."""

import io

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from jygroups.lib.months import Month
from registry.demo import city as demo
from registry.models import Transfer
from subsidies.bank import ready_templates
from subsidies.demo import year as demo_year
from subsidies.models import (
    Budget,
    Correction,
    CorrectionState,
    DebtNotice,
    Hold,
    Notice,
    NoticeResult,
    PayResult,
    PayStage,
    Sheet,
    SheetEvent,
    Standard,
    State,
    Step,
)
from subsidies.month import seals
from tests.subsidies.late_facts import ledger

OCTOBER = Month(2026, 10)


@pytest.mark.usefixtures("city")
def test_months_are_closed_sealed_and_paid_and_this_one_waits(monkeypatch):
    monkeypatch.setattr(demo_year, "CLOSED_MONTHS", 5)  # instead of twelve, which take long
    ready_templates.load_missing()
    with time_machine.travel("2026-10-24T02:00:00Z", tick=False):
        demo.load(250, work=False)
        assert list(demo_year.bring_about(OCTOBER)) == OCTOBER.run_up(6)
        assert list(demo_year.bring_about(OCTOBER)) == []
        now = timezone.now()
    assert set(Sheet.objects.exclude(month=OCTOBER.first_day).values_list("state", flat=True)) == {State.PAID}
    assert Sheet.objects.filter(state=State.PAID).count() == 10
    assert list(Sheet.objects.of(OCTOBER).values_list("state", flat=True)) == [State.DRAFT, State.ENDORSED]
    assert list(seals.verify()) == []
    assert SheetEvent.objects.filter(step=Step.RETURN).exists()
    assert not SheetEvent.objects.filter(at__gt=now).exists()
    assert PayResult.objects.filter(stage=PayStage.REFUSED).count() >= 2
    assert set(Hold.objects.values_list("release", flat=True)) == {"", "pay"}
    states = set(Correction.objects.values_list("state", flat=True))
    assert {CorrectionState.ACCEPTED, CorrectionState.PROPOSED} <= states
    owing = list(Correction.objects.with_debt().filter(is_debt=True))
    assert len({each.member_id for each in owing}) == DebtNotice.objects.count() == 2
    assert sorted(bool(each.repaid) for each in owing) == [False, True]
    settled = Correction.objects.filter(settlements__line__sheet__state=State.PAID).select_related("member")
    assert settled
    assert all(ledger(each.member).outstanding == 0 for each in settled)
    assert Transfer.objects.get().state == "accepted"  # the few people are all of one subdistrict, which offers
    assert Budget.objects.exists()
    notices = Notice.objects.exclude(sheet__month=OCTOBER.first_day)
    assert set(notices.values_list("result", flat=True)) == {NoticeResult.NO_OBJECTION, NoticeResult.ANSWERED}
    assert notices.filter(photos=None).exists()
    assert notices.exclude(photos=None).exists()
    assert Notice.objects.filter(sheet__month=OCTOBER.first_day, closed_on=None).exists()
    assert Standard.objects.filter(state="draft").get().drafted_by.username == "civil"


@pytest.mark.usefixtures("city")
def test_just_after_a_reelection_when_every_office_is_new_the_months_go_through_all_the_same(monkeypatch):
    monkeypatch.setattr(demo_year, "CLOSED_MONTHS", 1)
    ready_templates.load_missing()
    demo.load(250, work=False)
    list(demo_year.bring_about(Month(2026, 2)))
    assert list(Sheet.objects.order_by("month", "pk").values_list("state", flat=True)) == [
        State.PAID, State.PAID, State.DRAFT, State.ENDORSED,
    ]  # fmt: skip


def test_a_month_before_any_standard_is_refused_in_words(standard):
    with pytest.raises(CommandError, match="2019年5月"):
        call_command("demo", "--no-serve", "--month", "2019-05", stdout=io.StringIO())
