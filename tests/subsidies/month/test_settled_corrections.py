"""A sheet settles the corrections that stand when it is approved, also where others come to the same amount."""

from datetime import date
from decimal import Decimal

import pytest

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Position
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState, Settlement, Step
from subsidies.month import differences, sheets, workflow
from subsidies.month.freshness import changed_people
from tests import factories

APRIL = Month(2024, 4)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture(params=[-300, 100])
def two(request, community, group):
    """A person is due 300 a month; of two corrections of the same amount, the draft settles that of January.

    Both recoveries are accepted, of which the month bears one; of the other two, only that of January.
    """
    person = factories.member(community, account="622848000000000001")
    factories.appointment(person, group, Position.GROUP_LEADER, date(2023, 6, 1))
    second = CorrectionState.ACCEPTED if request.param < 0 else CorrectionState.DEFERRED
    should_be = Decimal(300 + request.param)
    return [
        factories.correction(person, community, date(2024, month, 1), state=state, should_be=should_be)
        for month, state in ((1, CorrectionState.ACCEPTED), (2, second))
    ]


@pytest.fixture
def sheet(two, community, clerk):
    [sheet] = sheets.prepare(APRIL, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    return sheet


def test_a_draft_that_settles_what_was_written_off_is_out_of_date(two, sheet, community, clerk):
    assert [row.correction for row in Settlement.objects.all()] == [two[0]]
    corrections.decide(correction=two[0], state=CorrectionState.WRITTEN_OFF, actor=clerk, reason="核实")
    Correction.objects.filter(pk=two[1].pk).update(state=CorrectionState.ACCEPTED)
    assert changed_people(clerk, [sheet]) == {sheet.pk: 1}
    assert [each.line.name for each in differences.of([sheet])] == ["张三"]
    with pytest.raises(Refused, match="重新核算"):
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    with pytest.raises(Refused, match="重新核算"):
        workflow.confirm(sheet=sheet, community=community, actor=clerk)
    [sheet] = sheets.prepare(APRIL, [community.subdistrict])
    assert [row.correction for row in Settlement.objects.all()] == [two[1]]
    assert differences.of([sheet]) == []


def test_what_is_not_accepted_is_not_approved(two, sheet, clerk, leader, finance):
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    Correction.objects.filter(pk=two[0].pk).update(state=CorrectionState.WRITTEN_OFF)
    with pytest.raises(Refused, match="张三"):
        workflow.take(Step.APPROVE, sheet=sheet, actor=finance)
