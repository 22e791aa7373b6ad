"""The history of a row: who did what when and why, old and new in words, to those who see the row."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib import constraints
from registry.models import Building, EndReason, Member, Position, Provision, Subjects, Term
from registry.records import history, versions
from tests import factories

OLD, NEW = "622848000000000018", "622848123456780018"  # alike in what a mask shows


@pytest.fixture
def person(community):
    return factories.member(community, "张三", phone="13800000000", account=OLD)


def change(row, actor=None, reason="", **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    versions.save(row, actor=actor, reason=reason)


def in_words(row, viewer) -> dict[str, tuple[str, str]]:
    """The newest version's changes."""
    newest = history.of_row(row, viewer=viewer)[0]
    return {each.label: (each.old, each.new) for each in newest.changes}


def test_a_change_shows_who_why_and_each_field_old_and_new(secretary, person):
    change(person, secretary, "本人来电", bank="建行", phone="13900000000")
    newest, first = history.of_row(person, viewer=secretary)
    assert (newest.who, newest.reason, newest.act, first.act) == ("secretary", "本人来电", "~", "+")
    assert in_words(person, secretary) == {"开户银行": ("空", "建行"), "联系电话": ("1380***0000", "1390***0000")}


def test_no_version_holds_a_whole_number_and_a_change_within_the_mask_is_shown(secretary, person):
    change(person, secretary, account=NEW)
    [(old, new)] = in_words(person, secretary).values()
    assert old != new
    assert "已变更" in new
    text = str(history.of_row(person, viewer=secretary))
    assert [number for number in (OLD, NEW, person.id_number, person.phone) if number in text] == []


def test_choices_days_and_related_rows_are_reported_in_words(secretary, person, group):
    office = factories.appointment(person, group, Position.GROUP_MEMBER)
    change(office, secretary, last_day=date(2024, 5, 20), end_reason=EndReason.RESIGNATION)
    assert in_words(office, secretary) == {"离任日期": ("空", "2024-05-20"), "离任原因": ("空", "辞职")}
    first = history.of_row(office, viewer=secretary)[-1]
    assert {each.label: each.new for each in first.changes}["居民小组"] == "第一居民小组"


def test_a_version_without_visible_changes_is_left_out(secretary, person):
    change(person, secretary)
    assert len(history.of_row(person, viewer=secretary)) == 1


def test_what_refers_out_of_sight_is_not_named(secretary, community, sibling):
    building = Building.objects.create(community=community, name="1号楼", group=factories.group(community))
    other = factories.group(sibling, 2)
    constraints.remove_triggers()
    Building.history.filter(id=building.pk).update(group=other)
    text = str(history.of_row(building, viewer=secretary))
    assert "其他辖区" in text
    assert other.name not in text


def test_a_members_history_holds_offices_and_employment_but_no_office_out_of_sight(
    secretary, person, group, sibling
):  # fmt: skip
    factories.appointment(person, group)
    factories.appointment(person, sibling.committee)
    factories.employment(person)
    rows = {each.row for each in history.of_row(person, viewer=secretary)}
    assert rows == {"成员", "任职 第一居民小组 居民小组成员", "在职经历 某公司"}


def test_what_was_deleted_is_still_reported(secretary, person, group):
    office = factories.appointment(person, group)
    office.delete()
    acts = [each.act for each in history.of_row(person, viewer=secretary) if each.row.startswith("任职")]
    assert sorted(acts) == ["+", "-"]


def test_a_history_costs_the_same_queries_however_long_it_is(secretary, person, group):
    factories.appointment(person, group)

    def count():
        with CaptureQueriesContext(connection) as queries:
            history.of_row(Member.objects.get(pk=person.pk), viewer=secretary)
        return len(queries)

    secretary.posts_today  # noqa: B018
    few = count()
    for number in range(30):
        change(person, secretary, bank=str(number))
        factories.appointment(person, factories.group(group.committee.community, 2) if number == 0 else group.committee,
                              first_day=date(2021 + number, 1, 1), last_day=date(2021 + number, 2, 1))  # fmt: skip
    assert count() == few


@pytest.mark.parametrize("kind", sorted(set(history.KINDS) - {"post"}))
def test_each_kind_of_row_has_its_history_and_none_out_of_ones_area(client, secretary, city_rows, kind):
    client.force_login(secretary)
    own, foreign = city_rows[kind]
    assert client.get(reverse("history", args=[kind, own.pk])).status_code == 200
    if foreign:
        assert client.get(reverse("history", args=[kind, foreign.pk])).status_code == 404


@pytest.fixture
def city_rows(city, community, stranger, secretary):
    """Of each kind a row in 福民社区 and one in 大众社区."""

    def rows(place):
        body = place.committee.groups.first()
        person = factories.member(place)
        meeting = factories.meeting(body)
        office = factories.appointment(person, body)
        third = factories.community("620299001001", "外社区")
        round = factories.evaluation_round(place.committee, subjects=Subjects.MEMBERS)
        building = Building.objects.create(community=place, name="1号楼", group=body)
        return {
            "visit": factories.visit(building, person),
            "document-template": factories.document_template(secretary, place=place),
            "report": factories.report(body, secretary),
            "task": factories.task(body),
            "subdistrict": place.subdistrict,
            "community": place,
            "committee": place.committee,
            "group": body,
            "building": building,
            "member": person,
            "appointment": office,
            "transfer": factories.transfer(office, third.committee, secretary),
            "employment": factories.employment(person),
            "file": factories.file(person, secretary),
            "meeting": meeting,
            "representative": factories.representative(meeting),
            "evaluation-round": round,
            "evaluation": factories.evaluation(round, body, person, points=80),
        }

    own, foreign = rows(community), rows(stranger)
    return {kind: (own[kind], foreign[kind]) for kind in own} | {
        "term": (Term.objects.first(), None),
        "provision": (Provision.objects.first(), None),
    }


def test_an_unknown_kind_is_not_there_and_a_post_is_not_for_a_secretary(client, secretary):
    client.force_login(secretary)
    assert client.get(reverse("history", args=["user", 1])).status_code == 404
    assert client.get(reverse("history", args=["post", secretary.posts.get().pk])).status_code == 403
