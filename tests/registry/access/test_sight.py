"""Who sees which rows: `visible_to` is the only gate."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from jygroups.lib import id_numbers
from registry.models import (
    Appointment,
    Building,
    Community,
    EmploymentSpell,
    Member,
    Post,
    ResidentsCommittee,
    ResidentsGroup,
    Role,
    Subdistrict,
    User,
)
from registry.models.roles import PERMISSIONS
from tests import factories

SCOPED = [Subdistrict, Community, ResidentsCommittee, ResidentsGroup, Building, Member, Appointment, EmploymentSpell]


@pytest.fixture
def rows(community, sibling, stranger):
    """In each community a building, and a person who holds an office and is employed."""
    for place in (community, sibling, stranger):
        body = factories.group(place)
        person = factories.member(place, {"福民社区": "福民人", "胜利社区": "胜利人", "大众社区": "大众人"}[place.name])
        factories.appointment(person, body)
        factories.employment(person)
        Building.objects.create(community=place, group=body, name=f"{place.name}1号楼")


def counts(user) -> list[int]:
    return [model.objects.visible_to(user).count() for model in SCOPED]


@pytest.mark.usefixtures("rows")
class TestRowsInSight:
    def test_a_secretary_sees_one_community(self, secretary):
        assert counts(secretary) == [1] * len(SCOPED)
        assert Member.objects.visible_to(secretary).get().name == "福民人"

    @pytest.mark.parametrize("role", ["clerk", "leader"])
    def test_a_subdistrict_sees_its_communities(self, request, role):
        assert counts(request.getfixturevalue(role)) == [1, 2, 2, 2, 2, 2, 2, 2]

    @pytest.mark.parametrize("role", ["finance", "civil", "auditor"])
    def test_the_city_sees_all(self, request, role):
        assert counts(request.getfixturevalue(role)) == [2, 3, 3, 3, 3, 3, 3, 3]

    def test_the_system_administrator_sees_no_records(self, sysadmin):
        assert counts(sysadmin) == [0] * len(SCOPED)
        assert User.objects.visible_to(sysadmin).count() == User.objects.count()

    def test_a_user_without_a_post_sees_nothing(self):
        assert counts(factories.user("nobody")) == [0] * len(SCOPED)

    def test_a_post_that_has_ended_gives_nothing(self, secretary):
        secretary.posts.update(last_day="2024-01-01")
        assert counts(User.objects.get(pk=secretary.pk)) == [0] * len(SCOPED)

    def test_a_disabled_user_sees_nothing(self, finance):
        finance.is_active = False
        assert counts(finance) == [0] * len(SCOPED)
        assert not finance.has_perm("registry.view_member")

    def test_who_is_not_signed_in_sees_nothing(self):
        assert counts(AnonymousUser()) == [0] * len(SCOPED)

    def test_a_superuser_kept_for_repair_sees_all(self):
        assert counts(User.objects.create_superuser("root", name="root")) == [2, 3, 3, 3, 3, 3, 3, 3]

    def test_a_group_leader_sees_the_own_group_alone(self, community):
        group = ResidentsGroup.objects.get(committee__community=community)
        factories.appointment(factories.member(community, "委员"), community.committee)
        user = factories.user("leader.1", Role.GROUP_LEADER, group=group)
        assert counts(user) == [0, 0, 0, 1, 1, 1, 1, 1]
        assert Member.objects.visible_to(user).get().name == "福民人"


def test_a_member_is_visible_wherever_an_office_is_or_was_held(community, sibling, secretary):
    person = factories.member(sibling)
    assert not Member.objects.visible_to(secretary).exists()
    factories.appointment(person, community.committee, last_day="2021-06-30")
    assert Member.objects.visible_to(secretary).get() == person


def test_a_row_reached_twice_is_listed_once(community, clerk):
    person = factories.member(community)
    for ordinal in (1, 2, 3):
        factories.appointment(person, factories.group(community, ordinal))
    assert Member.objects.visible_to(clerk).count() == 1
    assert Subdistrict.objects.visible_to(clerk).count() == 1


class TestPermissionsOnRecords:
    def test_a_permission_counts_where_the_post_that_gives_it_is(self, clerk, community, stranger):
        Post.objects.create(user=clerk, role=Role.SECRETARY, community=stranger, first_day="2020-01-01")
        both = User.objects.get(pk=clerk.pk)
        assert set(Community.objects.visible_to(both)) >= {community, stranger}
        assert both.has_perm("registry.change_community", community)
        assert not both.has_perm("registry.change_community", stranger)
        assert both.has_perm("registry.change_appointment", factories.group(stranger))

    def test_a_list_and_a_page_give_the_same_answer(self, rows, secretary, clerk, finance):
        for user in (secretary, clerk, finance):
            for model in (Community, Building, Member, Appointment, EmploymentSpell):
                needed = model.change_permission()
                may = {row.pk for row in model.objects.all() if user.has_perm(needed, row)}
                assert may == set(model.objects.visible_to(user, needed).values_list("pk", flat=True))

    def test_seeing_a_person_through_an_office_is_not_keeping_the_record(self, community, sibling, secretary):
        person = factories.member(sibling)
        factories.appointment(person, community.committee)
        assert secretary.has_perm("registry.view_member", person)
        assert not secretary.has_perm("registry.change_member", person)

    def test_what_is_a_subdistricts_takes_a_post_there(self, community, secretary, clerk):
        assert Subdistrict.objects.visible_to(secretary).get() == community.subdistrict
        assert not secretary.has_perm("registry.change_election", community.subdistrict)
        assert clerk.has_perm("registry.change_election", community.subdistrict)

    @pytest.mark.parametrize("user", ["superuser", "anonymous", "disabled"])
    def test_a_visits_own_rule_holds_for_every_user(self, community, secretary, user):
        group = factories.group(community)
        building = Building.objects.create(community=community, group=group, name="1号楼")
        visit = factories.visit(building, factories.member(community))
        assert secretary.has_perm("registry.change_visit", visit)
        secretary.is_active = False
        asked = {
            "superuser": User.objects.create_superuser("root", name="root"),
            "anonymous": AnonymousUser(),
            "disabled": secretary,
        }[user]
        assert not asked.has_perm("registry.change_visit", visit)


def test_every_role_has_permissions_and_only_finance_and_clerks_export():
    assert set(PERMISSIONS) == set(Role)
    assert {role for role, granted in PERMISSIONS.items() if "subsidies.export_sheet" in granted} == {
        Role.FINANCE, Role.CLERK,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["finance", "clerk", "secretary", "auditor", "civil", "leader"])
def test_the_admin_is_closed_to_who_works_with_the_pages(client, request, role):
    client.force_login(request.getfixturevalue(role))
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:registry_member_changelist")).status_code == 302


ADMIN_PAGES = [
    "registry_subdistrict", "registry_community", "registry_residentscommittee", "registry_term", "registry_member",
    "registry_residentsgroup", "registry_building", "registry_employmentspell", "registry_appointment",
    "registry_auditentry", "subsidies_standard", "subsidies_rate", "subsidies_sheet", "subsidies_sheetline",
]  # fmt: skip


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_the_system_administrator_has_users_and_posts_in_the_admin_and_no_records(client, sysadmin, page):
    sysadmin.is_staff = True
    sysadmin.save()
    client.force_login(sysadmin)
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 403


@pytest.mark.parametrize("page", [*ADMIN_PAGES, "registry_user", "registry_post"])
def test_every_model_can_be_searched_in_the_admin_for_repair(client, page, community, group, standard):
    person = factories.member(community)
    factories.appointment(person, group)
    client.force_login(User.objects.create_superuser("root", name="root"))
    answer = client.get(reverse(f"admin:{page}_changelist"), {"q": "620299"})
    assert answer.status_code == 200


def test_a_whole_id_number_finds_its_person_in_the_admin_and_is_shown_masked(client, community):
    person = factories.member(community, "李㛃")
    factories.member(community, "王五")
    client.force_login(User.objects.create_superuser("root", name="root"))
    page = client.get(reverse("admin:registry_member_changelist"), {"q": person.id_number}).content.decode()
    assert "李㛃" in page
    assert "王五" not in page
    rows = page.partition('id="result_list"')[2].partition("</table>")[0]
    rows = re.sub(r'href="[^"]*"', "", rows)  # a link leads back to the search as it was typed
    assert id_numbers.masked(person.id_number) in rows
    assert person.id_number not in rows


def test_a_second_person_of_one_id_number_is_reported_in_words_in_the_admin(client, community):
    person = factories.member(community)
    client.force_login(User.objects.create_superuser("root", name="root"))
    blank = {
        f"{inline}-{part}_FORMS": "0"
        for inline in ("employment_spells", "appointments")
        for part in ("TOTAL", "INITIAL")
    }
    answer = client.post(
        reverse("admin:registry_member_add"),
        {"name": "李四", "id_number": person.id_number, "community": community.pk, **blank},
    )
    assert answer.status_code == 200
    assert "id_number" in answer.context["adminform"].form.errors
    assert Member.objects.count() == 1


def test_an_admin_save_leaves_a_version_with_who_and_when(client, community):
    root = User.objects.create_superuser("root", name="root")
    client.force_login(root)
    client.post(
        reverse("admin:registry_community_change", args=[community.pk]),
        {"code": community.code, "name": "新名社区", "subdistrict": community.subdistrict_id},
    )
    version = Community.objects.get(pk=community.pk).history.first()
    assert (version.name, version.history_user, version.prev_record.name) == ("新名社区", root, "福民社区")


def test_signing_in_is_no_edit_of_the_user(client, secretary):
    client.post(reverse("login"), {"username": "secretary", "password": "secret"})
    user = User.objects.get(pk=secretary.pk)
    assert user.last_login
    assert (user.version, user.history.count()) == (1, 1)
    user.name = "另一人"
    user.save()
    assert (user.version, user.history.count()) == (2, 2)


def test_the_admin_gives_the_system_administrator_nothing_to_change(client, sysadmin, secretary):
    sysadmin.is_staff = True
    sysadmin.save()
    client.force_login(sysadmin)
    for page in (reverse("admin:registry_user_add"), reverse("admin:registry_post_add")):
        assert client.get(page).status_code == 403
    page = client.get(reverse("admin:registry_user_change", args=[secretary.pk]))
    assert (page.status_code, page.context["has_change_permission"]) == (200, False)
