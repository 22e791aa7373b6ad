"""Trainings: who is invited and signed in, how many a term needs by when, and who has missed all."""

from datetime import date, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from registry.models import Activity, Attendance, Position, Term
from registry.records.findings import findings
from registry.work.trainings import queries as trainings
from tests import factories
from tests.test_routes import filled_in


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 11, 24), tick=True):
        yield


@pytest.fixture
def term(db):
    return Term.objects.create(ordinal=2, first_day=date(2026, 1, 1), last_day=date(2030, 12, 31))


@pytest.fixture
def people(community, group, sibling, stranger):
    """In office: one in the own committee, two in its group, one in the sibling's; one in the other subdistrict."""
    found = {name: factories.member(community, name) for name in ("甲委", "甲组", "甲员")}
    found["乙委"], found["丙委"] = factories.member(sibling, "乙委"), factories.member(stranger, "丙委")
    factories.appointment(found["甲委"], community.committee)
    factories.appointment(found["甲组"], group, Position.GROUP_LEADER)
    factories.appointment(found["甲员"], group)
    factories.appointment(found["乙委"], sibling.committee)
    factories.appointment(found["丙委"], stranger.committee)
    return found


def form_of(client, address):
    return filled_in(BeautifulSoup(client.get(address).text, "html.parser").select_one("form.edit"))


def enter(client, **fields):
    """Enter a training on the page, with what is proposed but for these fields."""
    address = reverse("training-add")
    data = form_of(client, address) | {"title": ["任职培训"], "place": ["会议室"], **fields}
    answer = client.post(address, data)
    assert answer.status_code == 302, answer.text
    return Activity.objects.latest("pk")


def names(training):
    return set(training.attendances.values_list("member__name", flat=True))


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 1, 1), 0),
        (date(2028, 7, 1), 0),
        (date(2028, 7, 3), 1),
        (date(2030, 7, 4), 1),
        (date(2030, 7, 5), 2),
        (date(2030, 12, 31), 2),
    ],
)
def test_the_first_training_is_due_at_half_the_term_the_second_half_a_year_before_its_end(term, day, due):
    assert trainings.due(term, day) == due


def test_everybody_of_the_subdistrict_in_office_that_day_is_on_the_list_once(client, clerk, term, people, community):
    factories.appointment(people["甲组"], community.committee)
    factories.appointment(factories.member(community, "离员"), community.committee, last_day=date(2026, 1, 5))
    client.force_login(clerk)
    training = enter(client)
    assert names(training) == {"甲委", "甲组", "甲员", "乙委"}
    assert training.attendances.count() == 4
    assert training.term == term
    assert training.attendances.get(member=people["甲组"]).group is None  # for the committee, before the group


def test_who_is_left_out_goes_from_the_list_unless_signed_in(client, clerk, people, community, sibling):
    client.force_login(clerk)
    training = enter(client)
    training.attendances.filter(member=people["甲员"]).update(came=True)
    address = reverse("training-edit", args=[training.pk])
    data = form_of(client, address) | {"committees": [sibling.pk], "groups": []}
    assert client.post(address, data).status_code == 302
    assert names(training) == {"甲员", "乙委"}
    none = client.post(address, form_of(client, address) | {"committees": [], "groups": []})
    assert none.status_code == 422
    assert "请至少勾选" in none.text


def test_who_takes_office_before_the_day_is_put_on_the_list_by_a_click(client, clerk, people, community, group):
    client.force_login(clerk)
    training = enter(client, day=["2026-12-20"])
    factories.appointment(factories.member(community, "新员"), group, first_day=date(2026, 12, 1))
    page = client.get(training.get_absolute_url())
    assert "1人不在名单上" in page.text
    client.post(reverse("training-invite", args=[training.pk]))
    assert "新员" in names(training)
    assert "不在名单上" not in client.get(training.get_absolute_url()).text


def test_a_secretary_signs_in_the_own_people_and_no_others(client, clerk, secretary, people, community, sibling):
    client.force_login(clerk)
    training = enter(client)
    client.force_login(secretary)
    address = reverse("training-sign-in", args=[training.pk, community.code])
    data = form_of(client, address)
    came = [name for name in data if name.endswith("-excuse")][0].replace("excuse", "came")
    assert client.post(address, data | {came: ["on"]}).status_code == 302
    assert list(training.attendances.filter(came=True).values_list("member__name", flat=True)) == ["甲委"]
    assert client.get(reverse("training-sign-in", args=[training.pk, sibling.code])).status_code == 404
    assert client.get(reverse("training-edit", args=[training.pk])).status_code == 403
    page = client.get(training.get_absolute_url()).text
    assert sibling.name not in page
    assert "乙委" not in client.get(reverse("training-sheet", args=[training.pk])).text


def test_who_came_and_is_excused_is_reported_and_what_was_typed_stays(client, clerk, people, community):
    client.force_login(clerk)
    training = enter(client)
    address = reverse("training-sign-in", args=[training.pk, community.code])
    data = form_of(client, address)
    excuse = [name for name in data if name.endswith("-excuse")][0]
    answer = client.post(address, data | {excuse: ["住院"], excuse.replace("excuse", "came"): ["on"]})
    assert answer.status_code == 422
    assert "已到会的不应再填请假事由" in answer.text
    assert 'value="住院"' in answer.text
    assert not Attendance.objects.filter(came=True).exists()


@pytest.fixture
def held(term, people, community):
    """Two trainings of the term: 甲组 came to both, 甲员 to one, 甲委 to none; 乙委 was invited once."""
    rows = [factories.training(community.subdistrict, day=date(2026, month, 1)) for month in (3, 9)]
    for number, row in enumerate(rows):
        factories.attendance(row, people["甲组"], community.committee)
        factories.attendance(row, people["甲员"], community.committee, came=number == 0)
        factories.attendance(row, people["甲委"], community.committee, came=False)
    factories.attendance(rows[0], people["乙委"], people["乙委"].community.committee, came=False)
    return rows


@pytest.mark.parametrize(
    ("state", "expected"), [("missed", {"甲委"}), ("fewer", {"甲员"}), ("enough", {"甲组"}), ("waiting", {"乙委"})]
)
def test_people_are_distinguished_by_what_they_took_part_in(client, clerk, held, state, expected):
    client.force_login(clerk)
    address = f"{reverse('training-people')}?state={state}"
    assert {row.name for row in client.get(address).context["table"].data} == expected
    exported = client.post(address, {"export": "csv"})
    assert all(name in exported.content.decode("utf-8-sig") for name in expected)


def test_only_the_subdistricts_trainings_of_this_term_that_were_held_count(term, people, community, clerk, held):
    for fields in ({"day": date(2025, 12, 31)}, {"day": date(2026, 12, 24)}):
        row = factories.training(community.subdistrict, **fields)
        factories.attendance(row, people["甲委"], community.committee)
    own = factories.training(community.committee, hours=2)
    factories.attendance(own, people["甲委"], community.committee)
    (progress,) = trainings.progress(clerk, term, date(2026, 11, 24))
    assert (progress.held, progress.planned, progress.hours) == (2, 1, 6)
    assert dict(progress.people) == {"missed": 1, "fewer": 1, "enough": 1, "waiting": 1}
    member = trainings.took_part(clerk, term, date(2026, 11, 24)).get(pk=people["甲委"].pk)
    assert (member.invited, member.came, member.hours) == (2, 0, 2)


def kinds(user, day):
    return [(finding.kind.key, finding.place) for finding in findings(user, day) if "train" in finding.kind.key]


def test_people_who_missed_all_are_found(clerk, held):
    assert kinds(clerk, date(2026, 11, 24)) == [("training-missed", "福民社区")]


def test_a_subdistrict_behind_its_terms_pace_is_found_until_it_trains(clerk, term, people, community, sibling):
    day = date(2028, 8, 1)
    assert kinds(clerk, day) == []  # nothing of the kind is recorded here yet
    factories.training(community.subdistrict, day=date(2025, 1, 1))
    assert kinds(clerk, date(2028, 6, 1)) == []
    assert kinds(clerk, day) == [("training", "福民社区"), ("training", "胜利社区")]
    factories.group(sibling)
    row = factories.training(community.subdistrict, day=date(2028, 7, 20))
    assert kinds(clerk, day) == []
    row.groups_invited.remove(*row.groups_invited.filter(committee=sibling.committee))
    assert kinds(clerk, day) == [("training", "胜利社区")]


def test_groups_not_evaluated_for_a_year_are_found(clerk, term, community, group):
    def found(day):
        return [each.place for each in findings(clerk, day) if each.kind.key == "not-evaluated"]

    assert found(date(2027, 1, 3)) == []  # nothing of the kind is recorded here yet
    factories.training(community.subdistrict, day=date(2026, 3, 2))
    assert found(date(2026, 12, 31)) == []
    assert found(date(2027, 1, 3)) == ["福民社区"]
    round = factories.evaluation_round(community.subdistrict, last_day=date(2026, 12, 31), first_day=date(2026, 7, 1))
    factories.evaluation(round, group, points=80)
    assert found(date(2027, 1, 3)) == ["福民社区"]
    type(round).objects.filter(pk=round.pk).update(state="closed", closed_at="2027-01-01T00:00Z")
    assert found(date(2027, 1, 3)) == []
    assert found(date(2028, 1, 3)) == ["福民社区"]


def test_a_training_deleted_counts_no_more_and_leaves_its_history(client, clerk, held, term):
    client.force_login(clerk)
    address = reverse("training-remove", args=[held[0].pk])
    assert "4人的名单" in client.get(address).text
    client.post(address)
    (progress,) = trainings.progress(clerk, term, date(2026, 11, 24))
    assert progress.held == 1
    assert Activity.history.filter(id=held[0].pk, history_type="-").exists()


def test_a_community_without_groups_is_trained_with_its_committee(clerk, term, people, community, sibling):
    day = term.last_day - timedelta(days=900)
    factories.training(community.subdistrict, day=day)
    assert kinds(clerk, day) == []
