"""Each duty of the document has a place where it is done and a measure that sees it."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from jygroups.lib.half_years import HalfYear
from registry.compliance import set_up, standing
from registry.compliance.standing import State
from registry.models import (
    Act,
    Activity,
    ActivityKind,
    Attendance,
    AuditEntry,
    Building,
    EvaluationRound,
    Position,
    ReportKind,
    Representative,
    Subdistrict,
    Term,
    Visit,
)
from registry.records.duties import DUTIES
from tests import factories
from tests.routes import OFFICES, ROUTES

HALF = HalfYear(2026, 1)
BY_KEY = {duty.key: duty for duty in DUTIES}
INSIDE, LATER = date(2026, 3, 2), date(2026, 7, 20)
# The clauses by which groups have something to do, or are looked after: 二 工作职责, 四 制度建设, 五 队伍建设.
CLAUSES = {
    "二(一)": {"meetings"},
    "二(二)": {"representatives"},
    "二(三)": {"reports"},
    "二(四)": {"reports"},
    "二(五)": {"reports"},
    "二(六)": {"reports"},
    "二(七)": {"meetings"},
    "二(八)": {"tasks"},
    "四(一)": {"meetings"},
    "四(二)": {"visit-coverage"},
    "四(三)": {"meetings"},
    "四(四)": {"reports"},
    "五(一)": {"trainings"},
    "五(二)": {"evaluations"},
}


@pytest.mark.parametrize("clause", CLAUSES)
def test_each_clause_has_its_pages(clause):
    assert {duty.page for duty in DUTIES if duty.clause == clause} == CLAUSES[clause]


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.key)
def test_who_works_with_the_registers_can_open_the_page_of_a_duty(duty):
    assert ROUTES[duty.page].roles >= OFFICES
    assert not ROUTES[duty.page].of_place


def test_each_duty_has_its_words_and_a_place_in_the_document():
    assert len(BY_KEY) == len(DUTIES)
    assert {duty.clause[0] for duty in DUTIES} == set("一二三四五")
    with override("zh-hans"):
        for duty in DUTIES:
            words = [duty.short, duty.words, duty.unit, duty.period.value]
            assert all(re.search("[\u4e00-\u9fff]", str(text)) for text in words), duty.key


def test_duties_come_in_the_documents_order():
    keys = [duty.key for duty in DUTIES]
    assert keys[:3] == ["director", "at-work", "representatives"]
    of_groups = ["coverage", "plans", "size", "leader", "term", "committee"]
    assert keys[9:15] == of_groups, "the clauses of 三, and the order within each"
    assert keys[-3:] == ["information", "training", "evaluation"]


@pytest.fixture
def term(db):
    return Term.objects.create(ordinal=2, first_day=date(2026, 1, 1), last_day=date(2030, 12, 31))


@pytest.fixture
def leader_of(group, term):
    member = factories.member(group.committee.community, "组长")
    factories.appointment(member, group, Position.GROUP_LEADER, first_day=date(2026, 1, 1))
    return member


def measured(key: str, community, today=LATER, half=HALF) -> standing.Standing:
    return standing.of([community], half, today).of(BY_KEY[key], [community])


def reported(key: str, community, **when) -> tuple[int, int, State]:
    row = measured(key, community, **when)
    return row.done, row.due, row.state


def hold(group, kind, day=INSIDE, **fields) -> Activity:
    return Activity.objects.create(group=group, committee=group.committee, kind=kind, day=day, **fields)


@pytest.mark.parametrize(
    ("key", "kind"),
    [("meetings", "meeting"), ("meetings", "joint"), ("study", "study"), ("civic", "civic"), ("at-work", "study")],
)
def test_what_a_group_holds_in_the_half_year_counts_and_nothing_else(community, group, key, kind):
    other = factories.group(community, 2)
    hold(other, kind, day=HALF.first_day - timedelta(days=1))
    hold(other, kind, day=HALF.last_day + timedelta(days=1))
    assert reported(key, community) == (0, 2, State.FAILS)
    hold(group, kind)
    hold(group, kind)
    row = measured(key, community)
    assert (row.done, row.due, row.lacking) == (1, 2, [other.pk])


def test_what_can_still_be_done_in_the_half_year_does_not_fail_yet(community, group):
    assert reported("study", community, today=HALF.last_day) == (0, 1, State.UNDER_WAY)
    assert reported("study", community, today=HALF.last_day + timedelta(days=1)) == (0, 1, State.FAILS)
    hold(group, "study")
    assert reported("study", community, today=INSIDE) == (1, 1, State.HOLDS)


def test_a_review_counts_for_the_half_year_it_reviews_whenever_it_was_held(community, group):
    hold(group, "review", day=LATER, half_year=HALF.first_day)
    assert reported("review", community) == (1, 1, State.HOLDS)
    assert reported("review", community, half=HALF.next) == (0, 1, State.UNDER_WAY)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("disputes", ReportKind.DISPUTE), ("hazards", ReportKind.HAZARD), ("opinions", ReportKind.OPINION),
        ("property", ReportKind.PROPERTY), ("property", ReportKind.ENVIRONMENT),
    ],
)  # fmt: skip
def test_reports_count_once_their_day_has_passed_by_whether_they_were_handled_by_then(
    secretary, community, group, key, kind
):
    assert reported(key, community) == (0, 0, State.NOTHING_DUE)
    for handled in (date(2026, 3, 10), date(2026, 3, 11), None):
        report = factories.report(group, secretary, kind=kind)
        moment = handled and datetime(
            handled.year, handled.month, handled.day, 12, tzinfo=timezone.get_current_timezone()
        )
        _set(report, handle_by=date(2026, 3, 10), taken_at=timezone.now(), state="taken")
        if moment:
            _set(report, handled_at=moment, state="handled")
    late = factories.report(group, secretary, kind=kind)
    _set(late, handle_by=date(2026, 7, 20))
    row = measured(key, community)
    assert (row.done, row.due, row.state, row.lacking) == (1, 3, State.FAILS, [group.pk])
    assert reported(key, community, half=HALF.next) == (0, 0, State.NOTHING_DUE)  # its day is today


def _set(row, **values):
    """Past the model's own checks: when something happened is not to be reported by today's clock."""
    type(row).objects.filter(pk=row.pk).update(**values)


def test_tasks_count_once_their_day_has_passed_unless_withdrawn(community, group):
    day = date(2026, 3, 10)
    factories.task(group, due_on=day, done_on=day, outcome="已办")
    factories.task(group, due_on=day, done_on=day + timedelta(days=1), outcome="已办")
    factories.task(group, due_on=day, withdrawn=True)
    assert reported("tasks", community) == (1, 2, State.FAILS)
    assert reported("tasks", community, today=day - timedelta(days=1)) == (0, 0, State.NOTHING_DUE)


def test_a_building_is_visited_by_a_full_visit_in_the_half_year(community, group, leader_of):
    covered = [Building.objects.create(community=community, group=group, name=f"{number}号楼") for number in (1, 2, 3)]
    Building.objects.create(community=community, name="无组楼")
    factories.visit(covered[0], leader_of, day=INSIDE, kind="full")
    factories.visit(covered[1], leader_of, day=INSIDE, kind="key")
    factories.visit(covered[2], leader_of, day=HALF.first_day - timedelta(days=1), kind="full")
    assert reported("visits", community) == (1, 3, State.FAILS)
    assert reported("coverage", community) == (3, 4, State.FAILS)


def test_what_residents_ask_is_answered_by_its_day(community, group, leader_of):
    building = Building.objects.create(community=community, group=group, name="1号楼")
    due = date(2026, 3, 20)
    for settled in (due, due + timedelta(days=1), None):
        factories.visit(
            building,
            leader_of,
            day=INSIDE,
            asked="修灯",
            due_on=due,
            settled_on=settled,
            outcome="已修" if settled else "",
        )
    assert reported("requests", community) == (1, 3, State.FAILS)


def test_a_leader_is_elected_by_the_meeting_that_elected_this_person(community, group, leader_of):
    assert reported("leader", community) == (0, 1, State.FAILS)
    hold(group, ActivityKind.ELECTION, elected=factories.member(community, "别人"))
    assert reported("leader", community) == (0, 1, State.FAILS)
    hold(group, ActivityKind.ELECTION, elected=leader_of)
    assert reported("leader", community) == (1, 1, State.HOLDS)


def test_representatives_are_those_of_the_running_term(community, group, term):
    before = Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31))
    Representative.objects.create(group=group, term=before, name="旧代表")
    assert reported("representatives", community) == (0, 1, State.UNDER_WAY)
    Representative.objects.create(group=group, term=term, name="新代表")
    assert reported("representatives", community) == (1, 1, State.HOLDS)


def test_the_director_is_the_party_secretary(community, term):
    director = factories.member(community, "主任")
    factories.appointment(director, community.committee, Position.DIRECTOR, first_day=date(2026, 1, 1))
    assert reported("director", community) == (0, 1, State.FAILS)
    community.party_secretary = director
    community.save()
    assert reported("director", community) == (1, 1, State.HOLDS)


def test_a_group_has_three_to_five_people(community, group, leader_of):
    for number in range(2):
        assert reported("size", community) == (0, 1, State.FAILS)
        factories.appointment(factories.member(community, f"成员{number}"), group, first_day=date(2026, 1, 1))
    assert reported("size", community) == (1, 1, State.HOLDS)


def test_offices_of_a_term_that_is_over_do_not_hold(community, group, term):
    before = Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31))
    old = factories.appointment(factories.member(community, "旧人"), group, first_day=date(2021, 1, 1))
    _set(old, term=before)
    new = factories.appointment(factories.member(community, "新人"), group, first_day=date(2026, 1, 1))
    _set(new, term=term)
    assert reported("term", community) == (1, 2, State.FAILS)


def test_a_group_set_up_without_a_plan_does_not_hold(community, group):
    assert reported("plans", community) == (0, 0, State.NOTHING_DUE)
    _set(group, established_on=INSIDE, placeholder=False)
    assert reported("plans", community) == (0, 1, State.FAILS)
    assert reported("plans", community, half=HALF.previous) == (0, 0, State.NOTHING_DUE)


def test_two_trainings_of_the_term_are_needed_and_only_those_that_somebody_came_to_count(
    community, group, leader_of, term
):
    for number, came in enumerate([True, False, True]):
        training = Activity.objects.create(
            kind=ActivityKind.TRAINING, subdistrict=community.subdistrict, day=INSIDE, term=term, title=f"第{number}次"
        )
        attends = Attendance(activity=training, member=leader_of, committee=group.committee, group=group, came=came)
        attends.save()
        expected = {0: 0, 1: 0, 2: 1}[number]
        assert reported("training", community)[:2] == (expected, 1)
    assert reported("training", community)[2] is State.HOLDS


def test_evaluations_count_once_their_round_is_closed_and_for_a_year(community, group):
    round_ = EvaluationRound.objects.create(
        subdistrict=community.subdistrict, subjects="groups", name="2025年度", first_day=date(2025, 1, 1),
        last_day=date(2025, 12, 31), criteria=[["工作", 100]],
    )  # fmt: skip
    round_.evaluations.create(committee=group.committee, group=group, total=90, grade="excellent")
    assert reported("evaluation", community) == (0, 1, State.FAILS)
    _set(round_, state="closed", closed_at=timezone.now())
    assert reported("evaluation", community) == (1, 1, State.HOLDS)
    assert reported("evaluation", community, half=HalfYear(2027, 1), today=date(2027, 7, 1)) == (0, 1, State.FAILS)


@pytest.mark.usefixtures("city")
def test_the_set_up_is_that_of_the_annexes():
    rows = {each.subdistrict.code: each for each in set_up.of(Subdistrict.objects.all(), date(2026, 1, 1))}
    assert {code: (each.committees_due, each.groups_due) for code, each in rows.items()} == {
        "620201001": (17, 80),
        "620201002": (14, 55),
    }
    assert all(each.holds for each in rows.values())


def test_only_the_communities_in_sight_stand_on_the_page(client, secretary, community, sibling, group):
    client.force_login(secretary)
    page = client.get(reverse("compliance")).text
    assert community.name in page
    assert sibling.name not in page
    assert client.get(reverse("compliance-community", args=[sibling.code])).status_code == 404


def test_no_page_of_it_shows_what_was_said_on_a_visit(client, auditor, community, group, leader_of):
    building = Building.objects.create(community=community, group=group, name="1号楼")
    factories.visit(building, leader_of, day=timezone.localdate(), said="张家的事", asked="修灯", due_on=LATER)
    client.force_login(auditor)
    for name, args in (("compliance", []), ("compliance-community", [community.code]), ("compliance-report", [])):
        page = client.get(reverse(name, args=args)).text
        assert "张家的事" not in page
        assert "修灯" not in page
    assert Visit.objects.visible_to(auditor).count() == 0


@pytest.mark.usefixtures("city")
def test_the_report_is_handed_out_as_a_workbook_and_logged(client, civil):
    client.force_login(civil)
    answer = client.post(reverse("compliance-report") + "?half=2026-1")
    assert answer.content.startswith(b"PK")
    assert AuditEntry.objects.filter(act=Act.EXPORT, details__what="half-year report", user=civil).exists()


def test_nonsense_for_a_half_year_shows_the_one_under_way(client, civil, community):
    client.force_login(civil)
    for asked in ("2026-3", "x", "2099-1", "%27"):
        page = client.get(reverse("compliance") + f"?half={asked}")
        assert page.status_code == 200
        assert str(HalfYear.of(timezone.localdate())) in page.text
