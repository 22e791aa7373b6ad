"""Posts: who may give which, to whom and where; ended and handed on by the day; never the last administrator's."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from registry.access.posts import services as posts
from registry.access.users import services as users
from registry.models import (
    CITY_ROLES,
    GROUP_ROLES,
    SUBDISTRICT_ROLES,
    Act,
    AuditEntry,
    Post,
    PostState,
    Role,
    User,
    area_of,
)
from registry.models.roles import PERMISSIONS, ROLE_ACTS, ROLES
from tests import factories

TODAY = timezone.localdate()
DAY = timedelta(days=1)
SINCE = date(2024, 1, 1)


@pytest.fixture
def places(community, sibling, stranger):
    """By name, a community with its subdistrict and a group."""
    return {
        name: {"subdistrict": each.subdistrict, "community": each, "group": factories.group(each)}
        for name, each in (("own", community), ("sibling", sibling), ("other", stranger))
    }


def area(role, place) -> dict:
    field = area_of(role)
    return {field: place[field]} if field else {}


def holder(role, place) -> User:
    return factories.user(f"holder.{role}", role, **area(role, place))


# The rule, apart from the code: what each role gives, and how far.
GIVEN_BY = {
    Role.SYSTEM_ADMINISTRATOR: {(role, name) for role in Role for name in ("own", "sibling", "other")},
    Role.CLERK: {
        (role, name) for role in (Role.SECRETARY, Role.GROUP_LEADER, Role.GROUP_MEMBER) for name in ("own", "sibling")
    },
}


class TestWhoGives:
    @pytest.mark.parametrize("giver", Role)
    def test_each_role_gives_what_the_rule_says_and_nothing_else(self, places, giver):
        actor = holder(giver, places["own"])
        for name, place in places.items():
            newcomer = factories.user(f"newcomer.{name}")
            for role in Role:
                post = Post(user=newcomer, role=role, first_day=SINCE, last_day=SINCE, **area(role, place))
                may = (role, name) in GIVEN_BY.get(giver, set())
                if role in CITY_ROLES and name != "own":
                    continue
                if may:
                    posts.give(post, actor=actor)
                else:
                    with pytest.raises(PermissionDenied):
                        posts.give(post, actor=actor)

    @pytest.mark.parametrize("giver", Role)
    def test_each_role_ends_and_hands_on_only_what_it_could_give(self, places, giver):
        actor = holder(giver, places["own"])
        for name, place in places.items():
            successor = factories.user(f"successor.{name}")
            for role in Role:
                if role in CITY_ROLES and name != "own":
                    continue
                post = factories.user(f"{name}.{role}", role, **area(role, place)).posts.get()
                if (role, name) in GIVEN_BY.get(giver, set()):
                    posts.transfer(post, to=successor, first_day=TODAY, actor=actor)
                    continue
                for act in (
                    lambda post=post: posts.end(post, last_day=TODAY, actor=actor),
                    lambda post=post, to=successor: posts.transfer(post, to=to, first_day=TODAY, actor=actor),
                    lambda post=post: posts.withdraw(post, actor=actor),
                ):
                    with pytest.raises(PermissionDenied):
                        act()

    @pytest.mark.parametrize("role", Role)
    def test_nobody_gives_himself_a_post(self, places, role, sysadmin, clerk):
        for actor in (sysadmin, clerk, User.objects.create_superuser("root", name="root")):
            post = Post(user=actor, role=role, first_day=SINCE, **area(role, places["own"]))
            with pytest.raises((PermissionDenied, ValidationError)):  # the latter where he holds it already
                posts.give(post, actor=actor)

    def test_nobody_ends_or_prolongs_or_takes_over_a_post_for_himself(self, sysadmin, clerk, secretary):
        with pytest.raises(PermissionDenied):
            posts.end(sysadmin.posts.get(), last_day=TODAY, actor=sysadmin)
        with pytest.raises(PermissionDenied):
            posts.transfer(secretary.posts.get(), to=clerk, first_day=TODAY, actor=clerk)

    def test_a_clerk_whose_post_has_ended_gives_nothing(self, clerk, secretary, community):
        clerk.posts.update(last_day=TODAY - DAY)
        ended = User.objects.get(pk=clerk.pk)
        assert not ended.has_perm("registry.give_post", secretary.posts.get())
        assert not User.objects.visible_to(ended).exclude(pk=clerk.pk).exists()

    def test_a_secretary_elsewhere_does_not_widen_what_a_clerk_gives(self, clerk, stranger):
        Post.objects.create(user=clerk, role=Role.SECRETARY, community=stranger, first_day=SINCE)
        actor = User.objects.get(pk=clerk.pk)
        newcomer = factories.user("newcomer")
        with pytest.raises(PermissionDenied):
            posts.give(Post(user=newcomer, role=Role.SECRETARY, community=stranger, first_day=SINCE), actor=actor)


class TestSight:
    def test_a_clerk_sees_the_users_of_the_own_secretaries_and_groups_alone(
        self, clerk, secretary, leader, finance, sysadmin, places
    ):
        person = factories.user("group.1", Role.GROUP_LEADER, group=places["sibling"]["group"])
        factories.user("secretary.other", Role.SECRETARY, community=places["other"]["community"])
        assert set(User.objects.visible_to(clerk)) == {secretary, person}

    def test_the_system_administrator_sees_all_but_the_superuser_kept_for_repair(self, sysadmin, secretary, finance):
        User.objects.create_superuser("root", name="root")
        assert set(User.objects.visible_to(sysadmin)) == {sysadmin, secretary, finance}

    def test_of_a_user_with_posts_elsewhere_a_clerk_sees_the_own_posts_alone(self, client, clerk, secretary, stranger):
        Post.objects.create(user=secretary, role=Role.SECRETARY, community=stranger, first_day=SINCE)
        client.force_login(clerk)
        for page in (secretary.get_absolute_url(), reverse("users")):
            text = client.get(page).text
            assert "福民社区" in text
            assert "大众社区" not in text


class TestDays:
    def test_a_post_ends_after_its_last_day(self, sysadmin, finance):
        posts.end(finance.posts.get(), last_day=TODAY, actor=sysadmin)
        assert User.objects.get(pk=finance.pk).has_perm("subsidies.export_sheet")
        posts.end(finance.posts.get(), last_day=TODAY - DAY, actor=sysadmin)
        assert not User.objects.get(pk=finance.pk).has_perm("subsidies.export_sheet")

    def test_a_post_cannot_end_before_it_begins(self, sysadmin, finance):
        with pytest.raises(ValidationError):
            posts.end(finance.posts.get(), last_day=date(2019, 12, 31), actor=sysadmin)

    def test_a_transfer_ends_one_and_begins_the_other_on_the_next_day(self, clerk, secretary, community):
        old = secretary.posts.get()
        old.last_day = TODAY + 90 * DAY
        old.save()
        successor = factories.user("successor")
        new = posts.transfer(old, to=successor, first_day=TODAY + 10 * DAY, actor=clerk)
        old.refresh_from_db()
        assert old.last_day + DAY == new.first_day == TODAY + 10 * DAY
        assert (new.user, new.role, new.community, new.last_day) == (
            successor, Role.SECRETARY, community, TODAY + 90 * DAY,
        )  # fmt: skip
        entries = AuditEntry.objects.filter(act=Act.POST).order_by("id")
        assert [(entry.user, entry.details["what"]) for entry in entries] == [(clerk, "handed on"), (clerk, "given")]

    @pytest.mark.parametrize("first_day", [date(2020, 1, 1), date(2019, 5, 1)])
    def test_a_transfer_before_the_post_began_is_refused_whole(self, clerk, secretary, first_day):
        with pytest.raises(ValidationError), transaction.atomic():
            posts.transfer(secretary.posts.get(), to=factories.user("next"), first_day=first_day, actor=clerk)
        assert secretary.posts.get().last_day is None

    def test_a_transfer_to_who_holds_the_post_already_is_refused_whole(self, clerk, secretary, community):
        other = factories.user("second", Role.SECRETARY, community=community)
        with pytest.raises(ValidationError, match="已"), transaction.atomic():
            posts.transfer(secretary.posts.get(), to=other, first_day=TODAY, actor=clerk)
        assert secretary.posts.get().last_day is None

    def test_a_post_that_has_not_begun_is_withdrawn_and_its_history_stays(self, clerk, secretary, community):
        post = Post(user=secretary, role=Role.GROUP_LEADER, group=factories.group(community), first_day=TODAY + DAY)
        posts.give(post, actor=clerk)
        key = post.pk
        posts.withdraw(post, actor=clerk)
        assert not Post.objects.filter(pk=key).exists()
        assert [each.history_type for each in Post.history.filter(id=key)] == ["-", "+"]
        with pytest.raises(ValidationError):
            posts.withdraw(secretary.posts.get(), actor=clerk)

    @pytest.mark.parametrize("role", Role)
    def test_the_same_post_twice_on_a_day_is_refused_in_words_and_by_the_database(self, places, sysadmin, role):
        user = factories.user("somebody", role, **area(role, places["own"]))
        again = Post(user=user, role=role, first_day=TODAY, **area(role, places["own"]))
        with pytest.raises(ValidationError):
            posts.give(again, actor=sysadmin)
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()

    def test_the_same_post_again_after_its_end_and_two_secretaries_at_once_are_fine(self, clerk, secretary, community):
        posts.end(secretary.posts.get(), last_day=TODAY - 9 * DAY, actor=clerk)
        posts.give(Post(user=secretary, role=Role.SECRETARY, community=community, first_day=TODAY), actor=clerk)
        second = factories.user("second")
        posts.give(Post(user=second, role=Role.SECRETARY, community=community, first_day=TODAY), actor=clerk)
        assert Post.objects.filter(community=community).count() == 3


class TestTheLastSystemAdministrator:
    """What would leave nobody who keeps users is refused; the acts come from a superuser, who may all."""

    @pytest.fixture
    def root(self, db):
        return User.objects.create_superuser("root", name="root")

    def test_cannot_be_ended_or_kept_out(self, root, sysadmin):
        for act in (
            lambda: posts.end(sysadmin.posts.get(), last_day=TODAY + 30 * DAY, actor=root),
            lambda: users.set_active(sysadmin, False, actor=root),
        ):
            with pytest.raises(ValidationError, match="系统管理员"), transaction.atomic():
                act()
        assert User.objects.get(pk=sysadmin.pk).is_active
        assert sysadmin.posts.get().last_day is None

    def test_hands_on_only_once_a_second_person_has_agreed_to_another(self, root, sysadmin):
        following = factories.user("next")
        with pytest.raises(ValidationError, match="系统管理员"), transaction.atomic():
            posts.transfer(sysadmin.posts.get(), to=following, first_day=TODAY + DAY, actor=root)
        new = posts.give(Post(user=following, role=Role.SYSTEM_ADMINISTRATOR, first_day=TODAY), actor=sysadmin)
        posts.answer(PostState.IN_EFFECT, new, actor=root, seen=new.version)
        posts.end(sysadmin.posts.get(), last_day=TODAY, actor=root)
        assert User.objects.get(pk=following.pk).gives_every_post

    def test_a_second_one_lets_the_first_go_unless_he_is_disabled_or_begins_too_late(self, root, sysadmin):
        post = sysadmin.posts.get()
        second = factories.user("second")
        given = Post.objects.create(user=second, role=Role.SYSTEM_ADMINISTRATOR, first_day=TODAY + 10 * DAY)
        with pytest.raises(ValidationError), transaction.atomic():
            posts.end(post, last_day=TODAY + 5 * DAY, actor=root)
        second.is_active = False
        second.save()
        post.refresh_from_db()
        with pytest.raises(ValidationError), transaction.atomic():
            posts.end(post, last_day=TODAY + 20 * DAY, actor=root)
        second.is_active = True
        second.save()
        post.refresh_from_db()
        posts.end(post, last_day=TODAY + 9 * DAY, actor=root)
        with pytest.raises(ValidationError), transaction.atomic():
            posts.end(given, last_day=TODAY + 40 * DAY, actor=root)

    def test_two_of_them_cannot_remove_each_other_at_once(self, sysadmin):
        second = factories.user("second", Role.SYSTEM_ADMINISTRATOR)
        posts.end(sysadmin.posts.get(), last_day=TODAY, actor=second)
        with pytest.raises(ValidationError), transaction.atomic():
            posts.end(second.posts.get(), last_day=TODAY, actor=User.objects.get(pk=sysadmin.pk))


class TestPages:
    def test_a_role_offers_the_areas_that_go_with_it(self, client, sysadmin, secretary, group):
        client.force_login(sysadmin)
        factories.confirm(client)
        page = reverse("post-add", args=[secretary.pk])

        def kinds(role):
            field = client.get(page, {"role": role}).context["form"].fields["area"]
            return {value.partition("-")[0] for _heading, rows in field.choices[1:] for value, _label in rows}

        assert kinds("") == {"subdistrict", "community", "group"}  # as without JavaScript
        assert {role: kinds(role) for role in Role} == {
            role: {area_of(role)} if area_of(role) else set() for role in Role
        }

    @pytest.mark.parametrize("role", Role)
    def test_a_role_at_another_kind_of_area_is_refused_beside_the_field_and_what_was_typed_stays(
        self, client, sysadmin, secretary, group, role
    ):
        client.force_login(sysadmin)
        factories.confirm(client)
        wrong = group.committee.community.subdistrict if role not in SUBDISTRICT_ROLES else group
        kind = "group" if role in SUBDISTRICT_ROLES else "subdistrict"
        answer = client.post(
            reverse("post-add", args=[secretary.pk]),
            {"role": role, "area": f"{kind}-{wrong.pk}", "first_day": "20240520", "last_day": "5月"},
        )
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"area", "last_day"}
        assert 'value="5月"' in answer.text
        assert secretary.posts.count() == 1

    def test_a_clerk_is_offered_own_areas_and_cannot_name_others(self, client, clerk, secretary, stranger, finance):
        client.force_login(clerk)
        factories.confirm(client)
        page = reverse("post-add", args=[secretary.pk])
        assert "大众社区" not in client.get(page).text
        for data in ({"role": "secretary", "area": f"community-{stranger.pk}"}, {"role": "finance", "area": ""}):
            assert client.post(page, data | {"first_day": "20240520"}).status_code == 422
        assert secretary.posts.count() == 1

    def test_two_who_end_one_post_do_not_overwrite_each_other(self, client, sysadmin, finance):
        post = finance.posts.get()
        client.force_login(sysadmin)
        factories.confirm(client)
        page = reverse("post-end", args=[post.pk])
        assert client.post(page, {"last_day": "2026-12-31", "version": post.version}).status_code == 302
        answer = client.post(page, {"last_day": "2027-12-31", "version": post.version})
        assert answer.status_code == 409
        assert finance.posts.get().last_day == date(2026, 12, 31)

    def test_the_own_post_offers_no_acts_and_refuses_them(self, client, sysadmin):
        client.force_login(sysadmin)
        factories.confirm(client)
        post = sysadmin.posts.get()
        assert reverse("post-end", args=[post.pk]) not in client.get(sysadmin.get_absolute_url()).text
        for name in ("post-end", "post-transfer"):
            assert client.get(reverse(name, args=[post.pk])).status_code == 403
        assert client.get(reverse("post-add", args=[sysadmin.pk])).status_code == 403


class TestWords:
    def test_a_permission_belongs_to_one_act(self):
        permissions = [each for _title, acts in ROLE_ACTS for act in acts for each in act.permissions.split()]
        assert sorted(permissions) == sorted(set().union(*PERMISSIONS.values()))

    def test_the_page_names_every_role_and_is_open_to_who_has_no_post(self, client, db):
        assert {each.role for each in ROLES} == set(Role)
        client.force_login(factories.user("nobody"))
        text = client.get(reverse("roles")).text
        assert all(str(role.label) in text for role in Role)


def test_the_roles_of_areas_are_all_roles():
    assert {*CITY_ROLES, *SUBDISTRICT_ROLES, Role.SECRETARY, *GROUP_ROLES} == set(Role)
