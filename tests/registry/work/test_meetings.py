"""Minutes of meetings: written on one page, with who came, what was decided, and what follows from it."""

from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from registry.models import Activity, Appointment, Attachment, Position, Representative, Role
from registry.people.duplicates import services as duplicates
from registry.people.offices import services as offices
from registry.work.meetings import checks
from registry.work.meetings import services as meetings
from registry.work.meetings.forms import usual_half_year
from registry.work.meetings.services import Decision, Nominee, Presence
from tests import factories

DAY = date(2026, 5, 20)


@pytest.fixture
def page(client, secretary, group, people):
    """The user signed in fills in the form of a meeting of the kind; fields not given stay as offered."""
    client.force_login(secretary)

    def send(kind="meeting", unticked=(), address=None, **changes):
        address = address or reverse("group-meeting-add", args=[kind, group.pk])
        form = BeautifulSoup(client.get(address).text, "html.parser").select_one("form.edit")
        data = {}
        for field in form.select("input[name], select[name], textarea[name]"):
            if field.get("type") in ("checkbox", "file"):
                if field.has_attr("checked"):
                    data[field["name"]] = "on"
            elif field.name == "select":
                chosen = field.select_one("option[selected]") or field.select_one("option")
                data[field["name"]] = chosen["value"]
            else:
                data[field["name"]] = field.text.strip() if field.name == "textarea" else field.get("value", "")
        for person in unticked:
            data.pop(f"came_{people[person].member_id}", None)
        return client.post(address, data | changes)

    return send


def test_everybody_in_office_is_ticked_and_one_save_keeps_the_minutes(page, group, secretary):
    answer = page(record="商议冬季供暖", text_1="联系供热公司", votes_for_1="2", unticked=["乙员"])
    row = Activity.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, row.get_absolute_url())
    assert (row.day, row.group, row.added_by) == (timezone.localdate(), group, secretary)
    assert {each.member.name: each.came for each in row.attendances.all()} == {
        "甲长": True, "乙员": False, "丙员": True,
    }  # fmt: skip
    assert [(each.text, each.votes_for, each.carried) for each in row.resolutions.all()] == [("联系供热公司", 2, True)]


def test_more_votes_than_people_are_refused_beside_the_field_and_nothing_is_lost(page):
    answer = page(record="商议", text_1="决议", votes_for_1="4")
    assert answer.status_code == 422
    assert "共4票，而到会仅3人" in answer.text
    assert "商议" in answer.text
    assert not Activity.objects.exists()
    assert page(record="商议", text_1="决议", votes_for_1="4", residents_came="1").status_code == 302


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"record": ""}, "这个字段是必填项"),
        ({"record": "x", "day": "2099-01-01"}, "日期未到"),
        ({"record": "x", "votes_for_1": "1"}, "请填写表决事项"),
        ({"record": "x", "begins_at": "10:00", "ends_at": "09:00"}, "结束时间早于开始时间"),
        ({"record": "x", "unticked": ["甲长", "乙员", "丙员"]}, "没有勾选到会人员"),
    ],
)
def test_what_cannot_be_is_refused_in_words(page, changes, problem):
    answer = page(**changes)
    assert answer.status_code == 422
    assert problem in answer.text


def test_a_day_on_which_others_were_in_office_asks_who_came_of_those(page, people):
    gone = people["丙员"]
    gone.first_day = DAY
    gone.save()
    answer = page(record="x", day="2026-05-19")
    assert answer.status_code == 422
    assert "该日在任人员不同" in answer.text
    assert "丙员" not in answer.text


def test_changed_minutes_keep_the_versions_of_what_did_not_change(page, group, people):
    page(record="x", text_1="一", text_2="二")
    row = Activity.objects.get()
    page(address=reverse("meeting-edit", args=[row.pk]), unticked=["乙员"], text_2="三")
    assert [each.text for each in row.resolutions.all()] == ["一", "三"]
    assert [each.version for each in row.resolutions.all()] == [1, 2]
    assert {each.member.name: each.version for each in row.attendances.all()} == {"甲长": 1, "乙员": 2, "丙员": 1}


def test_who_comes_second_is_informed_of_the_first(client, page, secretary):
    page(record="先")
    row = Activity.objects.get()
    address = reverse("meeting-edit", args=[row.pk])
    stale = row.version
    page(address=address, record="中")
    answer = page(address=address, record="后", version=str(stale))
    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.record == "中"


@pytest.mark.parametrize(
    ("day", "half_year"),
    [
        (date(2026, 7, 10), "2026年上半年"),
        (date(2026, 8, 31), "2026年上半年"),
        (date(2026, 9, 1), "2026年下半年"),
        (date(2026, 1, 5), "2025年下半年"),
        (date(2026, 6, 28), "2026年上半年"),
    ],
)
def test_a_review_is_usually_of_the_half_year_just_ended(day, half_year):
    assert str(usual_half_year(day)) == half_year


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [("2026-01-01",) * 2, ("2025-07-01",) * 2, ("2019-01-01", None), ("2031-07-01", None), ("x", None)],
)
def test_the_form_of_a_review_is_for_the_half_year_that_was_asked_for(client, page, group, asked, chosen):
    with time_machine.travel(date(2026, 11, 30)):
        shown = client.get(reverse("group-meeting-add", args=["review", group.pk]), {"half_year": asked})
    assert shown.context["form"]["half_year"].value() == (chosen or "2026-07-01")


def test_an_election_leads_into_the_change_of_leader_with_the_minutes_as_basis(client, page, people, group):
    answer = page("election", elected=people["乙员"].member_id, votes_for_1="2", against_1="1")
    row = Activity.objects.get()
    assert [each.text for each in row.resolutions.all()] == ["推选乙员为居民小组长。"]
    change = answer["Location"]
    assert change.startswith(reverse("leader-change", args=[group.pk]))
    form = BeautifulSoup(client.get(change).text, "html.parser")
    assert form.select_one("[name=successor] option[selected]").text == "乙员"
    assert form.select_one("[name=first_day]")["value"] == row.day.isoformat()
    assert form.select_one("[name=basis]")["value"] == f"{row.day} 第一居民小组推选居民小组长会议记录"
    basis = form.select_one("[name=basis]")["value"]
    entered = {"successor": people["乙员"].pk, "first_day": row.day, "basis": basis, "end_reason": ""}
    client.post(reverse("leader-change", args=[group.pk]), entered)
    state = meetings.election_state(row, timezone.localdate())
    assert (state.leads.member.name, state.leads.basis) == ("乙员", basis)
    assert "任居民小组长" in client.get(row.get_absolute_url()).text


LOST = {"residents_came": "9", "votes_for_1": "3", "against_1": "9"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (LOST, "3票同意、9票反对"),
        ({"votes_for_1": "1", "against_1": "1"}, "1票同意、1票反对"),
        ({"carried_1": "no"}, "未通过"),
        ({"unticked": ["乙员", "丙员"]}, "未过半数"),
        ({"residents_expected": "40", "residents_came": "5"}, "未过半数"),
    ],
)
def test_nobody_is_elected_by_a_lost_vote_or_without_a_quorum(page, people, changes, words):
    answer = page("election", elected=people["乙员"].member_id, **changes)
    assert answer.status_code == 422
    assert words in BeautifulSoup(answer.text, "html.parser").select_one(".errorlist").text
    assert not Activity.objects.exists()


def test_a_lost_vote_is_stored_with_nobody_elected_and_leads_nowhere(page):
    answer = page("election", text_1="推选乙员为居民小组长", **LOST)
    row = Activity.objects.get()
    assert answer["Location"] == row.get_absolute_url()
    assert meetings.election_state(row, timezone.localdate()) is None


def test_the_service_refuses_whom_the_vote_did_not_carry(people, group, term):
    everybody = {each.member_id: meetings.Presence(came=True) for each in people.values()}
    lost = [meetings.Decision("推选", votes_for=3, against=9)]
    facts = {"committee": group.committee, "group": group, "day": DAY}
    election = Activity(kind="election", elected=people["乙员"].member, **facts)
    naming = Activity(kind="recommendation", **facts)
    for row, named, field in ((election, None, "elected"), (naming, [meetings.Nominee("王秀英")], "people")):
        with pytest.raises(ValidationError) as refused:
            meetings.save(row, presences=everybody, decisions=lost, people=named, actor=None)
        assert list(refused.value.message_dict) == [field]
    assert not Activity.objects.exists()
    assert not Representative.objects.exists()


def test_an_election_lost_by_its_minutes_does_not_count_wherever_it_is_stored(client, secretary, people, group, terms):
    row = factories.meeting(group, kind="election", came=[people["甲长"].member], elected=people["乙员"].member)
    row.resolutions.update(votes_for=3, against=9)
    state = meetings.election_state(row, timezone.localdate())
    assert (state.leads, state.office) == (None, None)
    client.force_login(secretary)
    text = client.get(row.get_absolute_url()).text
    assert "乙员未当选" in text
    assert reverse("leader-change", args=[group.pk]) not in text
    assert checks.leaders_and_elections(secretary, timezone.localdate())[1] == {}


def test_a_recommendation_that_was_voted_down_names_nobody(page):
    answer = page("recommendation", people="王秀英 3号楼", day="2026-05-20", text_1="推荐王秀英为居民代表", **LOST)
    assert answer.status_code == 422
    assert not Representative.objects.exists()


def test_an_acting_leader_who_is_elected_leads_in_full_with_service_unbroken(people, group, terms):
    acting = people["甲长"]
    acting.acting = True
    acting.save()
    offices.carry_out(offices.change_leader(group=group, successor=acting, first_day=DAY), actor=None)
    held = Appointment.objects.filter(member=acting.member).order_by("first_day")
    assert [(each.position, each.acting) for each in held] == [
        (Position.GROUP_LEADER, True),
        (Position.GROUP_LEADER, False),
    ]
    assert (held[1].first_day - held[0].last_day).days == 1


def test_a_group_leader_writes_the_own_groups_minutes_and_cannot_change_the_leader(client, people, group):
    client.force_login(factories.user("gl", Role.GROUP_LEADER, group=group))
    other = factories.group(group.committee.community, 2)
    assert client.get(reverse("group-meeting-add", args=["meeting", other.pk])).status_code == 404
    start = client.get(reverse("meeting-start")).text
    assert reverse("group-meeting-add", args=["review", group.pk]) in start
    row = factories.meeting(group, kind="election", came=[people["甲长"].member], elected=people["乙员"].member)
    answer = client.get(row.get_absolute_url()).text
    assert "由社区办理改选组长" in answer
    assert reverse("leader-change", args=[group.pk]) not in answer


def test_a_recommendation_names_representatives_of_the_term_once_each(page, group, term):
    page("recommendation", people="王秀英 3号楼2单元301\n\n李建国、5号楼\n王秀英 3号楼2单元301", day="2026-05-20")
    row = Activity.objects.get()
    found = [(each.name, each.household, each.term) for each in Representative.objects.all()]
    assert found == [("王秀英", "3号楼2单元301", term), ("李建国", "5号楼", term)]
    page(address=reverse("meeting-edit", args=[row.pk]), people="李建国 5号楼")
    assert [each.name for each in row.representatives.all()] == ["李建国"]


def test_representatives_whom_the_minutes_no_longer_recommend_stay_when_the_minutes_go(group, secretary, term):
    row = factories.meeting(group, kind="recommendation")
    representative = factories.representative(row, "王秀英")
    meetings.remove(row, actor=secretary, reason="重复")
    representative.refresh_from_db()
    assert representative.meeting is None


def test_a_photo_is_stored_with_the_minutes_and_visible_to_who_sees_them(client, page, group, stranger):
    page(record="x", photos=SimpleUploadedFile("签到.pdf", b"%PDF-1.7 fictional"))
    [file] = Attachment.objects.all()
    assert file.activity.group == group
    assert client.get(file.get_absolute_url()).status_code == 200
    client.force_login(factories.user("other", Role.SECRETARY, community=stranger))
    assert client.get(file.get_absolute_url()).status_code == 404


def test_minutes_print_with_all_that_belongs_to_them(client, secretary, group, people):
    came, absent = [people["甲长"].member], [people["乙员"].member]
    row = factories.meeting(group, came=came, absent=absent, place="活动室", record="第一行\n第二行", residents_came=12)
    client.force_login(secretary)
    text = BeautifulSoup(client.get(reverse("minutes", args=[row.pk])).text, "html.parser").article.text
    for words in (
        "会 议 记 录",
        "2026年5月20日",
        "活动室",
        "成员1人，居民12人",
        "乙员（请假）",
        "第二行",
        "到会人员签字",
    ):
        assert words in text


def test_merged_records_came_where_either_of_them_did(community, group):
    one, two = (factories.member(community, "同名") for _ in range(2))
    both = factories.meeting(group, absent=[one], came=[two])
    alone = factories.meeting(group, came=[two])
    clerk = factories.user("clerk", Role.CLERK, subdistrict=community.subdistrict)
    duplicates.merge(survivor=one, other=two, chosen=[], seen=(one.version, two.version), actor=clerk)
    assert [(each.member, each.came) for each in both.attendances.all()] == [(one, True)]
    assert [each.member for each in alone.attendances.all()] == [one]


def test_a_person_recommended_twice_is_one_representative(group, secretary, term):
    rows = [Activity(kind="recommendation", committee=group.committee, group=group, day=DAY) for _ in range(2)]
    for row in rows:
        meetings.save(
            row, presences={}, decisions=[Decision("同意")], people=[Nominee("王秀英", "3号楼")], actor=secretary
        )
    assert [each.meeting for each in Representative.objects.all()] == [rows[1]]


def test_who_did_not_come_is_stored_with_the_reason(group, people, secretary):
    row = Activity(kind="study", committee=group.committee, group=group, day=DAY)
    meetings.save(row, presences={people["乙员"].member_id: Presence(came=False, excuse="住院")}, actor=secretary)
    assert [(each.came, each.excuse) for each in row.attendances.all()] == [(False, "住院")]
