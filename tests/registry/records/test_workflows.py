"""Steps of every workflow: reported once, after the commit, and only if they were taken."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from jygroups.lib.refusals import Overtaken, Refused
from registry.models import (
    PLAN_STEPS,
    REPORT_STEPS,
    ROUND_STEPS,
    TRANSFER_STEPS,
    EvaluationRound,
    GroupPlan,
    PlanStep,
    Report,
    ReportState,
    ReportStep,
    Transfer,
)
from registry.plans.services import PLANS
from registry.records.workflow import step_taken
from registry.work.reports import services as reports
from subsidies.models import STEPS, Sheet
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken():
    """The steps reported: sender, step, state before, actor, comment."""
    found = []

    def receiver(sender, *, record, step, source, actor, comment, **_more):
        found.append((sender, step, source, record.state, actor, comment))

    step_taken.connect(receiver)
    yield found
    step_taken.disconnect(receiver)


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """A block whose transaction is committed at its end."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def report(group, secretary):
    return factories.report(group, secretary)


def test_a_step_is_reported_once_after_the_commit(report, secretary, taken, commit):
    with commit():
        reports.take(ReportStep.TAKEN, report=report, actor=secretary, handler="物业", comment="今天去看")
        assert taken == []
    [event] = taken
    assert event == (
        Report, ReportStep.TAKEN, ReportState.REPORTED, ReportState.TAKEN, secretary, "由物业办理。 今天去看",
    )  # fmt: skip


def test_a_step_that_is_refused_is_not_reported(report, secretary, clerk, taken, commit):
    stale = Report.objects.get(pk=report.pk)
    with commit():
        reports.take(ReportStep.TAKEN, report=report, actor=secretary, handler="物业")
    with commit(), pytest.raises(Overtaken, match="secretary"):
        reports.take(ReportStep.TAKEN, report=stale, actor=clerk, handler="社区")
    with commit(), pytest.raises(Refused):
        reports.take(ReportStep.ESCALATED, report=report, actor=factories.user("nobody"), comment="提交")
    assert len(taken) == 1
    assert stale.handler == "物业"  # read again


def test_a_receiver_that_fails_changes_nothing(report, secretary, taken, commit):
    def failing(**_entered):
        raise OSError("no network")

    step_taken.connect(failing)
    try:
        with commit():
            reports.take(ReportStep.TAKEN, report=report, actor=secretary, handler="物业")
    finally:
        step_taken.disconnect(failing)
    assert Report.objects.get().state == ReportState.TAKEN
    assert len(taken) == 1


def test_what_was_shown_in_another_version_or_is_deleted_is_not_taken(community, taken):
    plan = GroupPlan.objects.create(community=community, title="方案", effective_on=timezone.localdate())
    with pytest.raises(Overtaken):
        PLANS.take(PlanStep.SUBMIT, plan, actor=None, seen=plan.version + 1)
    GroupPlan.objects.all().delete()
    with pytest.raises(Overtaken):
        PLANS.take(PlanStep.SUBMIT, plan, actor=None)
    assert taken == []


def test_a_step_that_needs_a_comment_asks_for_it(report, community):
    plan = GroupPlan.objects.create(
        community=community, title="方案", effective_on=timezone.localdate(), state="submitted"
    )
    with pytest.raises(ValidationError) as refusal:
        PLANS.take(PlanStep.REJECT, plan, actor=None, comment="  ")
    assert list(refusal.value.message_dict) == ["comment"]


@pytest.mark.parametrize(
    ("model", "steps"),
    [
        (Sheet, STEPS), (Report, REPORT_STEPS), (GroupPlan, PLAN_STEPS), (EvaluationRound, ROUND_STEPS),
        (Transfer, TRANSFER_STEPS),
    ],
)  # fmt: skip
def test_a_table_of_steps_names_states_fields_and_permissions_that_exist(model, steps):
    states = set(model._meta.get_field("state").flatchoices)
    codes = {code for code, _words in states}
    for step, rule in steps.items():
        assert {str(state) for state in rule.sources} <= codes
        assert rule.target is None or str(rule.target) in codes
        assert set(rule.not_by) <= set(steps)
        if rule.signature:
            assert model._meta.get_field(rule.signature).related_model._meta.label == "registry.User"
        assert all(steps[other].signature for other in rule.not_by), step
