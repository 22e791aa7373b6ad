"""The roster of a group and of a committee, edited in place."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import pasted
from registry.imports import roster_files as rosters
from registry.imports.roster import RosterResource
from registry.models import Appointment, EmploymentSpell, Member, PastedRows, Position, Role, Term
from tests import factories

CASES = Path(__file__).resolve().parents[2] / "cases"

HTMX = {"HX-Request": "true"}


@pytest.fixture
def leading(community, group):
    return factories.appointment(factories.member(community, "李建国"), group, Position.GROUP_LEADER)


@pytest.fixture
def sitting(community, group):
    return factories.appointment(factories.member(community, "王秀英", account="622848000000000000"), group)


@pytest.fixture
def other_group(community):
    return factories.group(community, 2)


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def url(name, target, query="") -> str:
    return reverse(name, args=[target.pk]) + query


def new(**fields) -> dict:
    """What is sent to add somebody."""
    today = timezone.localdate().isoformat()
    return {
        "id_number": factories.id_number(), "name": "赵敏", "position": "group_member", "first_day": today,
        "phone": "", "bank": "", "account": "", "employed": "", "employed_from": "", "employer": "", "basis": "",
    } | fields  # fmt: skip


# What is shown


def test_the_keepers_see_acts_and_others_a_list_to_read(client, secretary, leader, finance, leading, sitting, group):
    for user, may in ((secretary, True), (leader, False), (finance, False)):
        client.force_login(user)
        page = soup(client.get(group.get_absolute_url()))
        assert (user.username, len(page.select(".roster tbody tr"))) == (user.username, 2)
        assert (user.username, bool(page.select(".add-row, #roster .more-acts"))) == (user.username, may)


def test_a_group_leader_reads_names_and_offices_and_nothing_else(client, leading, sitting, group):
    client.force_login(factories.user("leader", Role.GROUP_LEADER, group=group))
    text = soup(client.get(group.get_absolute_url())).text  # no keys in addresses
    assert "王秀英" in text
    for hidden in ("6202*", "6228", "添加成员", "换组", "变更记录"):
        assert hidden not in text


def test_who_is_still_to_come_and_whose_term_is_over_is_marked(client, secretary, leading, community):
    Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31))
    group = leading.group
    soon = factories.appointment(
        factories.member(community, "赵敏"), group, first_day=timezone.localdate() + timedelta(days=9)
    )
    client.force_login(secretary)
    rows = soup(client.get(group.get_absolute_url())).select(".roster tbody tr")
    assert "任期已满" in rows[0].text
    assert f"{soon.first_day} 起任" in rows[1].text


# Adding


def test_a_number_nobody_has_fills_in_birth_sex_and_age(client, secretary, group):
    client.force_login(secretary)
    number = factories.id_number(date(1970, 1, 1), 22)
    answer = client.post(url("group-appoint", group), {"id_number": number}, headers=HTMX)
    page = soup(answer)
    assert answer.status_code == 200
    assert "1970-01-01" in page.select_one(".known").text
    assert page.select_one("[name=name]").has_attr("data-first")
    assert page.select_one("[name=id_number]")["value"] == number


def test_the_same_works_page_by_page_without_javascript(client, secretary, group):
    client.force_login(secretary)
    page = soup(client.get(url("group-appoint", group)))
    assert [field["name"] for field in page.select("main form.act [name]")] == ["csrfmiddlewaretoken", "id_number"]
    sent = new()
    page = soup(client.post(url("group-appoint", group), {"id_number": sent["id_number"]}))
    assert {field["name"] for field in page.select("main form.act [name]")} == {"csrfmiddlewaretoken", *sent}
    answer = client.post(url("group-appoint", group), sent)
    assert answer["Location"] == group.get_absolute_url()
    office = Appointment.objects.get()
    assert (office.member.name, office.group, office.member.community) == (
        "赵敏",
        group,
        secretary.posts_today[0].community,
    )
    assert "撤销" in client.get(group.get_absolute_url()).text


def test_somebody_in_sight_is_found_and_only_the_office_is_asked(client, clerk, sibling, group):
    known = factories.appointment(factories.member(sibling, "周平"), sibling.committee)
    client.force_login(clerk)
    page = soup(client.post(url("group-appoint", group), {"id_number": known.member.id_number}, headers=HTMX))
    assert "周平" in page.select_one(".known").text
    assert not page.select("[name=name], [name=account]")
    sent = {"id_number": known.member.id_number, "position": "group_member", "first_day": "2026-07-01", "basis": ""}
    client.post(url("group-appoint", group), sent)
    assert known.member.appointments.filter(group=group).exists()
    assert Member.objects.count() == 1


def test_of_somebody_elsewhere_there_is_only_the_hint(client, secretary, sibling, group):
    elsewhere = factories.appointment(factories.member(sibling, "金丝雀"), sibling.committee).member
    client.force_login(secretary)
    for sent in ({"id_number": elsewhere.id_number}, new(id_number=elsewhere.id_number)):
        for headers in (HTMX, {}):
            answer = client.post(url("group-appoint", group), sent, headers=headers)
            assert answer.status_code == 422
            assert "请联系街道办事处" in answer.text
            assert "金丝雀" not in answer.text
            assert "胜利" not in answer.text
    assert Appointment.objects.count() == 1


def test_a_refused_form_keeps_what_was_typed_and_shows_every_problem(client, secretary, leading, group):
    client.force_login(secretary)
    sent = new(name="张 三 丰", phone="12", account="34", position="group_leader", first_day="2099-01-01")
    answer = client.post(url("group-appoint", group), sent, headers=HTMX)
    page = soup(answer)
    assert answer.status_code == 422
    assert {link["href"] for link in page.select(".summary a")} == {
        "#id_name", "#id_phone", "#id_account", "#id_first_day",
    }  # fmt: skip
    assert page.select_one("[name=name]")["value"] == "张 三 丰"
    assert page.select_one("[name=first_day]")["value"] == "2099-01-01"
    assert Appointment.objects.count() == 1


def test_who_is_employed_is_added_with_the_employment(client, secretary, community):
    client.force_login(secretary)
    sent = new(position="deputy_director", employed="yes", employed_from="2024-01-01", employer="某公司")
    client.post(url("committee-appoint", community.committee), sent)
    assert EmploymentSpell.objects.get().first_day == date(2024, 1, 1)
    assert Appointment.objects.get().position == Position.DEPUTY_DIRECTOR


# Acts


def test_an_act_answers_with_the_roster_and_a_button_that_takes_it_back(client, secretary, sitting, group):
    client.force_login(secretary)
    form = soup(client.get(url("office-end", sitting), headers=HTMX))
    assert "只有0人" in form.text
    sent = {"last_day": timezone.localdate() - timedelta(days=1), "end_reason": "resignation", "note": ""}
    answer = client.post(
        url("office-end", sitting),
        sent,
        headers=HTMX | {"HX-Current-URL": f"http://testserver/areas/groups/{group.pk}/"},
    )
    page = soup(answer)
    assert answer["HX-Retarget"] == "#roster"
    assert page.select_one("#messages")["hx-swap-oob"] == "true"
    assert "离任 · 王秀英" in page.select_one("#messages").text
    assert page.select_one(".undo [name=next]")["value"] == f"/areas/groups/{group.pk}/"
    assert "王秀英" in page.select_one("#former").text
    client.post(reverse("undo"), {"token": page.select_one(".undo [name=token]")["value"]})
    assert Appointment.objects.get().last_day is None


def test_a_leader_is_changed_from_the_row_of_the_successor(client, secretary, leading, sitting, group):
    client.force_login(secretary)
    page = soup(client.get(url("leader-change", group, f"?successor={sitting.pk}")))
    assert page.select_one("[name=successor] [selected]").text == "王秀英"
    assert "李建国" not in [option.text for option in page.select("[name=successor] option")]
    client.post(
        url("leader-change", group), {"successor": sitting.pk, "first_day": "2026-07-01", "end_reason": "", "basis": ""}
    )
    [now] = group.appointments.in_office(date(2026, 7, 1)).filter(position=Position.GROUP_LEADER)
    assert now.member == sitting.member


def test_the_leader_is_changed_twice_a_day_and_undone(client, city):
    file = CASES / "leader-changed-twice-a-day/roster.csv"
    rosters.load_roster(FileTable.read(file, shape=rosters.SHAPE), name=file.name)
    first, second, _third = Appointment.objects.order_by("pk")
    group, today = first.group, timezone.localdate()
    client.force_login(factories.user("clerk", Role.CLERK, subdistrict=group.committee.community.subdistrict))
    for office in (first, second):
        sent = {"successor": office.pk, "first_day": today.isoformat(), "end_reason": "", "basis": ""}
        assert client.post(url("leader-change", group), sent).status_code == 302
    leaders = group.appointments.in_office(today).filter(position=Position.GROUP_LEADER)
    assert [office.member.name for office in leaders] == ["钱试乙"]
    button = soup(client.get(group.get_absolute_url())).select("form.undo [name=token]")[-1]
    client.post(reverse("undo"), {"token": button["value"]})
    assert [office.member.name for office in leaders.all()] == ["赵试甲"]


def test_a_later_leader_is_named_with_a_link_to_correct_the_office(client, secretary, leading, sitting, group):
    today = timezone.localdate()
    later = factories.appointment(factories.member(group.committee.community, "赵敏"), group)
    client.force_login(secretary)
    sent = {"end_reason": "", "basis": ""}
    client.post(url("leader-change", group), sent | {"successor": later.pk, "first_day": today + timedelta(days=9)})
    answer = client.post(url("leader-change", group), sent | {"successor": sitting.pk, "first_day": today})
    assert answer.status_code == 422
    office = Appointment.objects.get(member=later.member, position=Position.GROUP_LEADER)
    assert soup(answer).select(f"main a[href='{url('office-correct', office)}']")


def test_a_move_is_offered_to_groups_the_user_keeps_and_to_no_other(client, secretary, sitting, other_group, sibling):
    elsewhere = factories.group(sibling)
    client.force_login(secretary)
    options = soup(client.get(url("office-move", sitting))).select("[name=to] option")
    assert {option["value"] for option in options} - {""} == {str(other_group.pk)}
    sent = {"to": elsewhere.pk, "first_day": "2026-07-01", "position": "group_member", "basis": ""}
    assert client.post(url("office-move", sitting), sent).status_code == 422
    client.post(url("office-move", sitting), sent | {"to": other_group.pk})
    assert other_group.appointments.get().first_day == date(2026, 7, 1)


def correction(office, **fields) -> dict:
    return {
        "version": office.version, "position": office.position, "first_day": office.first_day, "last_day": "",
        "end_reason": "", "basis": "", "note": "", "reason": "笔误",
    } | fields  # fmt: skip


def test_a_correction_has_to_say_why(client, secretary, sitting):
    client.force_login(secretary)
    sent = correction(sitting, first_day="2021-02-01", reason="")
    assert "原因" in soup(client.post(url("office-correct", sitting), sent)).select_one(".summary").text
    client.post(url("office-correct", sitting), sent | {"reason": "笔误"})
    sitting.refresh_from_db()
    assert (sitting.first_day, sitting.version) == (date(2021, 2, 1), 2)


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["in place", "page"])
def test_who_comes_second_sees_both_values_and_chooses(client, secretary, sitting, headers):
    client.force_login(secretary)
    mine = correction(sitting, first_day="2021-03-01")
    client.post(url("office-correct", sitting), correction(sitting, first_day="2021-02-01"))
    answer = client.post(url("office-correct", sitting), mine, headers=headers)
    page = soup(answer)
    assert answer.status_code == 409
    assert page.select_one("[name=first_day]")["value"] == "2021-03-01"
    assert "2021-02-01" in page.select_one(".doubt").text
    sitting.refresh_from_db()
    assert sitting.first_day == date(2021, 2, 1)
    choice = mine | {"version": page.select_one("[name=version]")["value"], "keep-first_day": "mine"}
    client.post(url("office-correct", sitting), choice)
    sitting.refresh_from_db()
    assert sitting.first_day == date(2021, 3, 1)


def test_the_facts_of_a_person_are_edited_in_the_row(client, secretary, sitting):
    client.force_login(secretary)
    row = soup(client.get(url("roster-person", sitting), headers=HTMX))
    assert row.select_one("[name=account]")["value"].startswith("6228**")
    assert {field["form"] for field in row.select("input.form-control")} == {"person-form"}
    sent = {
        "version": 1,
        "name": "王秀英",
        "phone": "",
        "bank": "甘肃银行",
        "account": row.select_one("[name=account]")["value"],
    }
    answer = client.post(url("roster-person", sitting), sent, headers=HTMX)
    assert answer["HX-Retarget"] == "#roster"
    assert soup(answer).select_one("a[autofocus]")["href"] == url("roster-person", sitting)
    member = Member.objects.get()
    assert (member.bank, member.account) == ("甘肃银行", "622848000000000000")
    answer = client.post(url("roster-person", sitting), sent | {"phone": "12"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#act")


def test_a_person_kept_elsewhere_is_not_edited_here_but_the_office_is(client, secretary, sibling, group):
    office = factories.appointment(factories.member(sibling, "周平"), group)
    client.force_login(secretary)
    page = client.get(group.get_absolute_url()).text
    assert url("roster-person", office) not in page
    assert url("office-end", office) in page
    assert client.get(url("roster-person", office)).status_code == 403
    assert client.get(url("office-employment", office)).status_code == 403


def test_employment_is_set_and_ended_from_the_row(client, secretary, sitting):
    client.force_login(secretary)
    sent = {
        "version": "",
        "employer": "某公司",
        "kind": "unit",
        "first_day": "2026-01-01",
        "last_day": "",
        "evidence": "",
    }
    client.post(url("office-employment", sitting), sent)
    spell = EmploymentSpell.objects.get()
    assert (spell.member, spell.first_day) == (sitting.member, date(2026, 1, 1))
    client.post(url("office-employment", sitting), sent | {"version": 1, "last_day": "2026-06-30"})
    spell.refresh_from_db()
    assert spell.last_day == date(2026, 6, 30)


# Who may


@pytest.mark.parametrize("name", ["office-end", "office-move", "office-correct", "office-employment", "roster-person"])
@pytest.mark.parametrize(
    ("role", "status"),
    [("secretary", 200), ("clerk", 200), ("leader", 403), ("finance", 403), ("auditor", 403), ("sysadmin", 403)],
)
def test_each_act_is_for_who_keeps_the_roster(client, request, sitting, name, role, status):
    client.force_login(request.getfixturevalue(role))
    assert client.get(url(name, sitting)).status_code == status


def test_no_act_by_a_permission_from_elsewhere(client, secretary, stranger):
    """A secretary who leads another subdistrict sees its offices, and keeps none of them."""
    secretary.posts.create(role=Role.LEADER, subdistrict=stranger.subdistrict, first_day=date(2020, 1, 1))
    office = factories.appointment(factories.member(stranger), factories.group(stranger))
    client.force_login(secretary)
    assert client.get(office.group.get_absolute_url()).status_code == 200
    assert client.get(url("office-end", office)).status_code == 403
    assert client.post(url("group-appoint", office.group), new()).status_code == 403


# Pasting

ROW = "赵敏\t{number}\t组员\t2026.7.1\t非在职\t13900000000\t甘肃银行\t6228480003000027320"


def test_pasted_rows_are_looked_at_first_and_saved_together(client, secretary, group, community):
    client.force_login(secretary)
    number = factories.id_number()
    sent = {"rows": ROW.format(number=number)}
    answer = client.post(url("group-paste", group), sent)
    page = soup(answer)
    assert (answer.status_code, Member.objects.count()) == (200, 0)
    assert number not in page.select_one("table").text
    assert "共1行＝读取1行" in page.text
    assert number in PastedRows.objects.get().content.decode()
    answer = client.post(url("group-paste", group), sent | {"save": "1"})
    assert answer["Location"] == group.get_absolute_url()
    office = Appointment.objects.get()
    assert (office.group, office.member.id_number, office.member.bank) == (group, number, "甘肃银行")
    assert office.history.get().history_user == secretary


def test_the_page_to_paste_names_the_columns_that_are_required(client, secretary, group):
    assert set(pasted.ORDER[:5]) == {*RosterResource.REQUIRED} - {"社区"}
    client.force_login(secretary)
    assert "必填列：姓名、身份证号、职务、任职日期、在职情况；" in client.get(url("group-paste", group)).text


def test_pasted_titles_may_stand_in_any_order(client, secretary, group):
    client.force_login(secretary)
    text = f"身份证号\t在职情况\t姓名\t任职日期\t职务\n{factories.id_number()}\t在职\t赵敏\t20260701\t组长"
    client.post(url("group-paste", group), {"rows": text, "save": "1"})
    assert Appointment.objects.get().position == Position.GROUP_LEADER
    assert EmploymentSpell.objects.exists()


def test_what_is_wrong_stands_in_its_cell_and_nothing_is_saved(client, secretary, group):
    client.force_login(secretary)
    good, bad = factories.id_number(), "62029919700101001X"
    text = "\n".join([ROW.format(number=good), ROW.format(number=bad).replace("2026.7.1", "明天")])
    answer = client.post(url("group-paste", group), {"rows": text, "save": "1"})
    page = soup(answer)
    assert (answer.status_code, Member.objects.count()) == (422, 0)
    rows = page.select("main table tbody tr:not([data-new])")
    assert [len(row.select(".bad")) for row in rows] == [0, 2]
    assert "校验码" in rows[1].select(".bad")[0].text
    assert not page.select("button[name=save]")


def test_rows_of_another_community_are_refused(client, secretary, sibling, group):
    client.force_login(secretary)
    titles = "社区\t姓名\t身份证号\t职务\t任职日期\t在职情况"
    text = f"{titles}\n胜利社区\t赵敏\t{factories.id_number()}\t委员\t20260701\t非在职"
    answer = client.post(url("group-paste", group), {"rows": text, "save": "1"})
    assert (answer.status_code, Member.objects.count()) == (422, 0)
