"""Rounds of evaluation: points, totals and grades, who sees what when, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse

from jygroups.lib.refusals import Refused
from registry.models import Evaluation, EvaluationRound, Grade, RoundState, RoundStep, Subjects
from registry.work.evaluations import services as evaluations
from tests import factories
from tests.test_routes import filled_in


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 11, 24), tick=True):
        yield


@pytest.fixture
def groups(community, sibling, stranger):
    """Two groups of the own community, one of the sibling and one of the other subdistrict."""
    own = [factories.group(community, ordinal) for ordinal in (1, 2)]
    return [*own, factories.group(sibling), factories.group(stranger)]


@pytest.fixture
def opened(community, groups, clerk):
    """The subdistrict's round over its groups."""
    row = EvaluationRound(
        subdistrict=community.subdistrict, subjects=Subjects.GROUPS, name="上半年评议",
        criteria=[["走访", 60], ["会议", 40]], first_day=date(2026, 1, 1), last_day=date(2026, 6, 30),
    )  # fmt: skip
    evaluations.open_round(round=row, actor=clerk)
    return row


def give(round, points, actor, **fields):
    """The same points for each criterion to every line."""
    rows = list(round.evaluations.in_order())
    for row in rows:
        row.round = round
        row.scores = {name: points for name, _weight in round.criteria}
        for name, value in fields.items():
            setattr(row, name, value)
    evaluations.give(round=round, rows=rows, actor=actor)


def page(round):
    return reverse("evaluation-round", args=[round.pk])


def matrix(client, round):
    """What a browser would send of the matrix, by line and criterion."""
    return filled_in(BeautifulSoup(client.get(page(round)).text, "html.parser").select_one("form.edit"))


def fields_of(data, kind):
    return [name for name in data if f"-{kind}" in name]


@pytest.mark.parametrize(
    ("points", "total", "grade"),
    [
        ((100, 100), "100.0", Grade.EXCELLENT),
        ((90, 90), "90.0", Grade.EXCELLENT),
        ((89, 90), "89.4", Grade.GOOD),
        ((80, 80), "80.0", Grade.GOOD),
        ((79, 81), "79.8", Grade.PASS),
        ((60, 60), "60.0", Grade.PASS),
        ((59, 60), "59.4", Grade.FAIL),
        ((0, 0), "0.0", Grade.FAIL),
    ],
)
def test_the_total_is_the_mean_by_weight_and_the_grade_its_band(opened, points, total, grade):
    found = opened.total(dict(zip(("走访", "会议"), points, strict=True)))
    assert (str(found), opened.grade(found)) == (total, grade)


def test_the_total_is_rounded_half_up(opened):
    opened.criteria = [["甲", 25], ["乙", 75]]
    assert opened.total({"甲": 83, "乙": 84}) == Decimal("83.8")  # 83.75


def test_a_line_that_lacks_a_criterion_has_no_total(opened):
    assert opened.total({"走访": 80}) is None


def test_a_subdistricts_round_holds_each_of_its_groups_that_stood(opened, groups):
    assert {row.group for row in opened.evaluations.all()} == set(groups[:3])


def test_a_committees_round_holds_the_people_of_its_groups(community, groups, secretary):
    member = factories.member(community)
    factories.appointment(member, groups[0])
    factories.appointment(factories.member(community), community.committee)
    factories.appointment(factories.member(community), groups[1], last_day=date(2026, 5, 1))
    row = EvaluationRound(
        committee=community.committee, subjects=Subjects.MEMBERS, name="成员评议", criteria=[["出勤", 100]],
        first_day=date(2026, 1, 1), last_day=date(2026, 6, 30),
    )  # fmt: skip
    evaluations.open_round(round=row, actor=secretary)
    assert [(each.group, each.member) for each in row.evaluations.all()] == [(groups[0], member)]


@pytest.mark.parametrize(
    "criteria", [[], [["走访", 60]], [["走访", 60], ["走访", 40]], [[str(n), 10] for n in range(10)]]
)
def test_criteria_that_cannot_be_are_refused(opened, criteria):
    opened.criteria = criteria
    with pytest.raises(ValidationError):
        opened.full_clean()


def test_points_are_given_on_one_page_and_some_may_wait(client, clerk, opened):
    client.force_login(clerk)
    data = matrix(client, opened)
    first, second, *_rest = fields_of(data, "points")
    data[first], data[second] = ["90"], ["95"]
    assert client.post(page(opened), data).status_code == 302
    rows = list(opened.evaluations.in_order())
    assert [(row.total, row.grade) for row in rows] == [(Decimal("92.0"), "excellent"), (None, ""), (None, "")]
    assert rows[0].history.count() == 2
    assert rows[1].history.count() == 1


def test_every_wrong_cell_is_reported_and_nothing_typed_is_lost(client, clerk, opened):
    client.force_login(clerk)
    data = matrix(client, opened)
    first, second, third, *_rest = fields_of(data, "points")
    ticked = fields_of(data, "remarks")[2].replace("remarks", "left_out")
    data |= {first: ["101"], second: ["很好"], third: ["77"], ticked: ["on"]}
    answer = client.post(page(opened), data)
    assert answer.status_code == 422
    summary = BeautifulSoup(answer.text, "html.parser").select(".summary li")
    assert len(summary) == 3
    assert 'value="101"' in answer.text
    assert 'value="很好"' in answer.text
    assert 'value="77"' in answer.text
    assert not opened.evaluations.exclude(scores={}).exists()


def test_who_comes_second_sees_both_points_and_chooses(client, clerk, opened):
    client.force_login(clerk)
    data = matrix(client, opened)
    field = fields_of(data, "points")[0]
    client.post(page(opened), data | {field: ["70"]})
    answer = client.post(page(opened), data | {field: ["90"]})
    assert answer.status_code == 409
    assert "<strong>70</strong>" in answer.text
    data = filled_in(BeautifulSoup(answer.text, "html.parser").select_one("form.edit"))
    keep = {f"keep-{field}": ["mine"]}
    assert client.post(page(opened), data | keep).status_code == 302
    assert opened.evaluations.in_order()[0].scores == {"走访": 90}


def test_a_round_is_not_scored_while_points_lack(client, clerk, opened):
    client.force_login(clerk)
    answer = client.post(reverse("evaluation-finish", args=[opened.pk]), follow=True)
    assert "还有3个未评完分" in answer.text
    opened.refresh_from_db()
    assert opened.state == RoundState.OPEN


def test_who_is_not_evaluated_needs_a_remark_and_no_points(client, clerk, opened):
    client.force_login(clerk)
    data = matrix(client, opened)
    for remarks in fields_of(data, "remarks"):
        data |= {remarks: ["已撤销"], remarks.replace("remarks", "left_out"): ["on"]}
    assert client.post(page(opened), data).status_code == 302
    evaluations.take(RoundStep.FINISH, round=opened, actor=clerk)
    assert opened.state == RoundState.SCORED
    assert set(opened.evaluations.values_list("total", "grade")) == {(None, "")}


def test_a_closed_round_takes_no_points_and_is_not_taken_away(client, clerk, opened):
    give(opened, 88, clerk)
    evaluations.take(RoundStep.FINISH, round=opened, actor=clerk)
    evaluations.take(RoundStep.CLOSE, round=opened, actor=clerk)
    row = opened.evaluations.in_order()[0]
    row.scores = {"走访": 1, "会议": 1}
    for act in (
        lambda: evaluations.give(round=opened, rows=[row], actor=clerk),
        lambda: evaluations.change(round=opened, actor=clerk),
        lambda: evaluations.take(RoundStep.REOPEN, round=opened, actor=clerk),
        lambda: evaluations.take(RoundStep.CLOSE, round=opened, actor=clerk),
        lambda: evaluations.remove(round=opened, actor=clerk),
    ):
        with pytest.raises(Refused):
            act()
    client.force_login(clerk)
    client.post(page(opened), {})
    client.post(reverse("evaluation-remove", args=[opened.pk]))
    assert set(opened.evaluations.values_list("total", flat=True)) == {Decimal("88.0")}


def test_results_are_those_evaluateds_only_when_the_round_is_closed(client, clerk, secretary, opened, groups):
    give(opened, 88, clerk, remarks="走访扎实")
    client.force_login(secretary)
    assert "走访扎实" not in client.get(page(opened)).text
    assert not Evaluation.objects.visible_to(secretary).exists()
    evaluations.take(RoundStep.FINISH, round=opened, actor=clerk)
    evaluations.take(RoundStep.CLOSE, round=opened, actor=clerk)
    assert "走访扎实" in client.get(page(opened)).text
    assert {row.group for row in Evaluation.objects.visible_to(secretary)} == set(groups[:2])
    notices = client.get(reverse("evaluation-notices", args=[opened.pk])).text
    assert notices.count("88.0") == 2


def test_a_secretary_keeps_no_round_of_the_subdistrict(client, secretary, opened):
    client.force_login(secretary)
    for name in ("evaluation-edit", "evaluation-close", "evaluation-remove"):
        assert client.get(reverse(name, args=[opened.pk])).status_code == 403
    assert client.post(page(opened), {}).status_code == 403
    offered = client.get(reverse("evaluation-add")).context["form"].fields["what"].choices
    assert {value.split("-")[0] for value, _label in offered} == {"committee"}


def test_a_clerk_of_another_subdistrict_does_not_learn_of_the_round(client, stranger, opened):
    other = factories.user("clerk2", "clerk", subdistrict=stranger.subdistrict)
    client.force_login(other)
    assert client.get(page(opened)).status_code == 404


def test_a_round_is_opened_with_what_is_proposed(client, clerk, groups):
    client.force_login(clerk)
    answer = client.get(reverse("evaluation-add"))
    data = filled_in(BeautifulSoup(answer.text, "html.parser").select_one("form.edit"))
    assert client.post(reverse("evaluation-add"), data).status_code == 302
    row = EvaluationRound.objects.get()
    assert (row.name, row.last_day, row.evaluations.count()) == ("2026年下半年工作评议", date(2026, 12, 31), 3)
    again = client.post(reverse("evaluation-add"), data)
    assert again.status_code == 422
    assert "已有同名的评议" in again.text


def test_a_changed_weight_recalculates_all_totals_and_keeps_the_points(client, clerk, opened):
    give(opened, 80, clerk)
    rows = list(opened.evaluations.all())
    rows[0].round, rows[0].scores = opened, {"走访": 100, "会议": 50}
    evaluations.give(round=opened, rows=rows[:1], actor=clerk)
    client.force_login(clerk)
    address = reverse("evaluation-edit", args=[opened.pk])
    data = filled_in(BeautifulSoup(client.get(address).text, "html.parser").select_one("form.edit"))
    client.post(address, data | {"weight_0": ["50"], "weight_1": ["50"]})
    rows[0].refresh_from_db()
    assert (rows[0].total, rows[0].grade) == (Decimal("75.0"), "pass")


def test_weights_that_do_not_make_a_hundred_are_reported(client, clerk, opened):
    client.force_login(clerk)
    address = reverse("evaluation-edit", args=[opened.pk])
    data = filled_in(BeautifulSoup(client.get(address).text, "html.parser").select_one("form.edit"))
    answer = client.post(address, data | {"weight_0": ["61"]})
    assert answer.status_code == 422
    assert "101%" in answer.text
    assert 'value="61"' in answer.text


def test_the_history_of_a_line_shows_each_points_in_words(client, clerk, opened):
    give(opened, 60, clerk)
    give(opened, 90, clerk, remarks="复核后更正")
    row = opened.evaluations.in_order()[0]
    client.force_login(clerk)
    reported = client.get(reverse("history", args=["evaluation", row.pk])).text
    assert "会议 60、走访 60" in reported
    assert "会议 90、走访 90" in reported
    assert "复核后更正" in reported
    assert page(opened) in reported
