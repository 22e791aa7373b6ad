"""Visits: noted in a minute, visible to group, community and subdistrict alone, followed up to their end."""

import io
from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from PIL import Image

from jygroups.lib.half_years import HalfYear
from registry.models import Attachment, Building, Role, Visit, VisitKind
from registry.records.findings import findings
from registry.work.visits import coverage
from registry.work.visits import services as visits
from tests import factories
from tests.routes import ROUTES
from tests.test_routes import patterns

TODAY = date(2026, 11, 24)
pytestmark = pytest.mark.django_db
SECRET = "邻居家里的事"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def building(community, group):
    return Building.objects.create(community=community, name="1号楼", group=group, households=40)


@pytest.fixture
def member(community, group):
    row = factories.member(community, "王秀英")
    factories.appointment(row, group)
    return row


@pytest.fixture
def phone(client, member, group):
    """The member, signed in on the phone."""
    user = factories.user("member", Role.GROUP_MEMBER, group=group)
    user.member = member
    user.save()
    client.force_login(user)
    return client


def filled(building, member, **fields) -> dict:
    """What the page sends: what is filled in already, and what is typed."""
    return {"building": building.pk, "kind": "full", "day": "2026-11-24", "visitor": member.pk, **fields}


def photo() -> SimpleUploadedFile:
    stream = io.BytesIO()
    Image.new("RGB", (30, 20)).save(stream, "JPEG")
    return SimpleUploadedFile("楼道.jpg", stream.getvalue())


def test_a_visit_is_one_page_and_one_save(phone, building, member, group):
    page = phone.get(reverse("visit-add"))
    form = page.context["form"]
    assert (form["day"].value(), form["visitor"].value(), form["kind"].value()) == (TODAY, member.pk, "full")
    answer = phone.post(reverse("visit-add"), filled(building, member, said="一切都好", photos=[photo()]))
    visit = Visit.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, visit.get_absolute_url())
    assert (visit.group, visit.visitor, visit.day, visit.said) == (group, member, TODAY, "一切都好")
    assert visit.attachments.get().content_type == "image/jpeg"
    assert "一切都好" in phone.get(visit.get_absolute_url()).text


def test_the_first_own_building_not_visited_yet_is_filled_in(phone, building, member, community, group):
    visits.assign({building: member}, actor=None)
    assert phone.get(reverse("visit-add")).context["form"]["building"].value() == building.pk
    factories.visit(building, member, day=TODAY)
    assert phone.get(reverse("visit-add")).context["form"]["building"].value() is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"building": ""}, "household"),
        ({"day": "2026-11-25"}, "day"),
        ({"outcome": "修好了"}, "asked"),
        ({"visitor": ""}, "visitor"),
        ({"kind": "elsewhere"}, "kind"),
        ({"photos": [SimpleUploadedFile("a.jpg", b"MZ")]}, "photos"),
    ],
)
def test_an_error_is_shown_beside_the_field_and_what_was_typed_stays(phone, building, member, changes, field):
    answer = phone.post(reverse("visit-add"), filled(building, member, said="留着这句") | changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "留着这句" in answer.text
    assert not Visit.objects.exists()
    assert not Attachment.objects.exists()


def test_what_residents_ask_is_followed_up_to_its_end(phone, building, member):
    phone.post(reverse("visit-add"), filled(building, member, asked="路灯不亮"))
    visit = Visit.objects.get()
    assert (visit.due_on, visit.is_waiting) == (date(2026, 12, 9), True)
    settle = reverse("visit-settle", args=[visit.pk])
    assert phone.post(settle, {"outcome": "", "on": "2026-11-24"}).status_code == 422
    assert phone.post(settle, {"outcome": "修好了", "on": "2026-11-23"}).status_code == 422
    assert phone.post(settle, {"outcome": "修好了", "on": "2026-11-24"}).status_code == 302
    visit.refresh_from_db()
    assert (visit.outcome, visit.settled_on, visit.is_waiting) == ("修好了", TODAY, False)


def test_what_is_answered_on_the_spot_is_settled_that_day(phone, building, member):
    phone.post(reverse("visit-add"), filled(building, member, asked="怎样办高龄补贴", outcome="已讲清"))
    assert Visit.objects.get().settled_on == TODAY


def test_one_of_the_group_changes_the_own_visits_and_no_others(phone, building, member, community, group):
    own = factories.visit(building, member)
    colleague = factories.member(community, "李强")
    factories.appointment(colleague, group)
    other = factories.visit(building, colleague)
    assert phone.get(reverse("visit-edit", args=[own.pk])).status_code == 200
    assert phone.get(reverse("visit-edit", args=[other.pk])).status_code == 403
    assert phone.get(other.get_absolute_url()).status_code == 200
    noted_for_another = filled(building, colleague, said="替他记的")
    assert phone.post(reverse("visit-add"), noted_for_another).status_code == 422


def test_who_comes_second_sees_both_values(phone, building, member):
    visit = factories.visit(building, member)
    data = filled(building, member, said="第二个人写的", version=visit.version)
    visit.said = "第一个人写的"
    visit.save()
    answer = phone.post(reverse("visit-edit", args=[visit.pk]), data | {"day": "2026-11-02"})
    assert answer.status_code == 409
    assert "第一个人写的" in answer.text
    assert "第二个人写的" in answer.text


# Sight --------------------------------------------------------------------------------------------------------


@pytest.fixture
def strangers(community, sibling, stranger):
    """Whoever has no business with the group's notes: a neighbour of another group, other communities, the city."""
    neighbours = factories.group(community, 2)
    return [
        factories.user("neighbour.leader", Role.GROUP_LEADER, group=neighbours),
        factories.user("neighbour.member", Role.GROUP_MEMBER, group=neighbours),
        factories.user("secretary.sibling", Role.SECRETARY, community=sibling),
        factories.user("clerk.other", Role.CLERK, subdistrict=stranger.subdistrict),
        factories.user("leader.other", Role.LEADER, subdistrict=stranger.subdistrict),
        *(factories.user(role, role) for role in (Role.FINANCE, Role.CIVIL_AFFAIRS, Role.AUDITOR)),
        factories.user("admin", Role.SYSTEM_ADMINISTRATOR),
    ]


class _Rows:
    """Whatever a route asks for of a place: rows of the group whose notes are secret."""

    def __init__(self, rows: dict):
        self.rows = rows

    def __getattr__(self, name):
        return self.rows.get(name, self)

    def __str__(self):
        return "1"


def test_nobody_else_reads_a_note_by_any_route(client, standard, building, member, group, community, strangers):
    visit = factories.visit(building, member, said=SECRET, asked=SECRET, household=SECRET, people=SECRET)
    [file] = factories.attached(visit, strangers[0], name=f"{SECRET}.pdf", content=b"%PDF- " + SECRET.encode())
    rows = {
        "visit": visit, "attachment": file, "group": group, "committee": group.committee, "community": community,
        "subdistrict": community.subdistrict, "building": building, "member": member,
    }  # fmt: skip
    client.raise_request_exception = False
    names = {each.name for each in patterns(get_resolver())} & set(ROUTES)
    for user in strangers:
        client.force_login(user)
        own = {str(post.role) for post in user.posts.all()}  # elsewhere they are refused: tests/test_routes.py
        for name in sorted(names):
            route = ROUTES[name]
            if route.method != "get" or not route.roles & own:
                continue
            try:
                address = reverse(name, args=route.args(_Rows(rows)))
            except Exception:  # noqa: BLE001, S112 - of rows that this test has none of
                continue
            answer = client.get(address)
            assert SECRET not in answer.content.decode(errors="replace"), (user.username, name)
        for format_ in ("xlsx", "csv"):
            assert SECRET not in client.post(reverse("visits"), {"export": format_}).content.decode(errors="replace")
        assert client.get(reverse("attachment", args=[file.pk])).status_code == 404
        assert client.get(visit.get_absolute_url()).status_code in (403, 404)
        assert list(Visit.objects.visible_to(user)) == []
        assert list(Attachment.objects.visible_to(user)) == []


def test_the_group_its_community_and_its_subdistrict_read_it(
    client, phone, secretary, clerk, leader, building, member, group
):
    visit = factories.visit(building, member, said=SECRET)
    assert SECRET in phone.get(visit.get_absolute_url()).text
    for user in (secretary, clerk, leader):
        client.force_login(user)
        assert SECRET in client.get(visit.get_absolute_url()).text
        assert "1号楼" in client.get(reverse("visiting-list", args=[group.pk])).text


def test_who_sees_the_whole_city_and_keeps_one_community_reads_that_ones_notes_alone(
    client, secretary, sibling, building, member
):
    factories.Post.objects.create(user=secretary, role=Role.AUDITOR, first_day=date(2020, 1, 1))
    far = factories.group(sibling)
    house = Building.objects.create(community=sibling, name="9号楼", group=far)
    other = factories.visit(house, factories.member(sibling))
    own = factories.visit(building, member)
    client.force_login(secretary)
    assert client.get(own.get_absolute_url()).status_code == 200
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get(reverse("visiting-list", args=[far.pk])).status_code == 404


def test_the_city_sees_counts(client, civil, building, member):
    factories.visit(building, member, day=date(2026, 8, 1), said=SECRET)
    client.force_login(civil)
    page = client.get(reverse("visit-coverage"))
    assert (page.context["part"], page.context["whole"], page.context["figures"].full) == (1, 1, 1)
    assert client.get(reverse("visits")).status_code == 403


# Who visits what, and what was visited ------------------------------------------------------------------------


def test_buildings_are_given_out_on_one_page(client, secretary, building, member, group):
    client.force_login(secretary)
    page = reverse("assignments", args=[group.pk])
    assert client.post(page, {f"building-{building.pk}": member.pk}).status_code == 302
    assert building.assignment.member == member
    assert "王秀英" in client.get(reverse("visiting-list", args=[group.pk])).text
    client.post(page, {f"building-{building.pk}": ""})
    assert not type(building.assignment).objects.exists()


def test_who_has_left_the_group_visits_nothing_any_more(client, secretary, building, member, group):
    visits.assign({building: member}, actor=None)
    member.appointments.update(last_day=date(2026, 6, 30))
    client.force_login(secretary)
    page = client.get(reverse("visiting-list", args=[group.pk]))
    assert page.context["rows"][0]["member"] is None
    answer = client.post(reverse("assignments", args=[group.pk]), {f"building-{building.pk}": member.pk})
    assert answer.status_code == 422


def test_only_a_full_coverage_visit_in_the_half_year_covers_a_building(building, member, community, group, clerk):
    second = Building.objects.create(community=community, name="2号楼", group=group)
    factories.visit(building, member, day=date(2026, 7, 1))
    factories.visit(building, member, day=date(2026, 6, 30), kind=VisitKind.KEY)
    factories.visit(second, member, day=date(2026, 12, 31), kind=VisitKind.KEY)
    now, before = HalfYear(2026, 2), HalfYear(2026, 1)
    assert [(each.part, each.whole) for each in coverage.groups(clerk, now)] == [(1, 2)]
    assert [(each.part, each.whole) for each in coverage.groups(clerk, before)] == [(0, 2)]
    counts = coverage.of_buildings([building.pk, second.pk], [before, now])
    assert counts == {
        building.pk: {now: coverage.Visited(full=1), before: coverage.Visited(key=1)},
        second.pk: {now: coverage.Visited(key=1)},
    }


def found(user, day=TODAY) -> list:
    kinds = ("unanswered", "not-visited", "to-visit")
    return [(each.kind.key, each.text) for each in findings(user, day) if each.kind.key in kinds]


def test_what_is_still_to_visit_is_reported_in_the_last_two_months_and_what_was_not_visited_after(
    building, member, clerk, civil
):
    assert found(clerk) == []  # as long as no visits are recorded here
    factories.visit(building, member, day=date(2026, 8, 1), kind=VisitKind.KEY)
    assert found(clerk) == [("to-visit", "2026年下半年1栋楼院中还有1栋待走访")]
    assert found(civil, date(2027, 1, 2)) == [("not-visited", "2026年下半年只走访了1栋楼院中的0栋")]


def test_a_request_past_its_day_is_reported_to_the_user_who_may_read_it_without_its_words(
    building, member, clerk, civil
):
    factories.visit(building, member, day=date(2026, 10, 1), asked=SECRET)
    assert found(clerk) == [("unanswered", "有1件居民诉求逾期未答复")]
    assert found(civil) == []


def test_the_demo_has_a_year_of_visits_in_every_group(city):
    from registry.demo import city as demo
    from registry.imports import groups as group_files
    from registry.imports import roster_files as rosters
    from registry.models import ResidentsGroup
    from registry.work.visits import demo as demo_visits

    group_files.load_groups(demo._table("demo_groups.csv"), name="demo_groups.csv")
    rosters.load_roster(demo.roster_table(), name="demo_roster.csv")
    demo_visits.add(TODAY)
    of_groups = set(Visit.objects.values_list("group", flat=True))
    assert len(of_groups) == ResidentsGroup.objects.exclude(appointments=None).count() == 135
    waiting = Visit.objects.waiting()
    assert waiting.filter(due_on__lt=TODAY).exists()
    assert not Visit.objects.filter(day__gt=TODAY).exists()
