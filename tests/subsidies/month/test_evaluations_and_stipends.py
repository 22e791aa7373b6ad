"""A grade is no stipend: evaluations leave what is paid as it is."""

from datetime import date

from jygroups.lib.months import Month
from registry.models import Position, RoundStep, Subdistrict
from registry.work.evaluations import services as evaluations
from subsidies.month import sheets
from subsidies.month.freshness import changed_people
from tests import factories


def test_an_evaluation_leaves_the_months_sheet_fresh_and_its_lines_alike(standard, community, group, clerk):
    member = factories.member(community)
    factories.appointment(member, group, Position.GROUP_LEADER)
    (sheet,) = sheets.prepare(Month(2026, 10), Subdistrict.objects.all())
    before = list(sheet.lines.values())
    round = factories.evaluation_round(community.committee, first_day=date(2026, 1, 1))
    row = factories.evaluation(round, group)
    row.scores = {name: 0 for name, _weight in round.criteria}
    evaluations.give(round=round, rows=[row], actor=clerk)
    evaluations.take(RoundStep.FINISH, round=round, actor=clerk)
    evaluations.take(RoundStep.CLOSE, round=round, actor=clerk)
    assert row.grade == "fail"
    assert changed_people(clerk, [sheet]) == {}
    (again,) = sheets.prepare(Month(2026, 10), Subdistrict.objects.all())
    ignored = {"id", "created_at", "updated_at", "version", "computed_at"}
    assert [{k: v for k, v in line.items() if k not in ignored} for line in again.lines.values()] == [
        {k: v for k, v in line.items() if k not in ignored} for line in before
    ]
