"""Posts with power: in effect only once a second person agrees, and nothing to anybody before."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jygroups.lib import clock
from jygroups.lib.refusals import Overtaken, Refused
from registry.access.posts import services as posts
from registry.access.users import services as users
from registry.models import Act, AuditEntry, Post, PostState, Role, User
from registry.models.roles import PERMISSIONS, POWERFUL
from tests import databases, factories
from tests.registry.access.seen_by import again, confirmed, lines, texts

TODAY = timezone.localdate()
DAY = timedelta(days=1)
AGREE, REFUSE = PostState.IN_EFFECT, PostState.REFUSED


def test_the_roles_that_need_two_people_are_those_that_submit_endorse_approve_decide_or_administer():
    """The rule apart from the code; what is declared as power leads to these roles and to no other."""
    needed = {
        "subsidies.submit_sheet", "subsidies.endorse_sheet", "subsidies.approve_sheet", "registry.decide_groupplan",
        "registry.give_post", "registry.keep_user",
    }  # fmt: skip
    assert {role for role in Role if PERMISSIONS[role] & needed} == set(POWERFUL)
    assert set(Role) - set(POWERFUL) == {Role.AUDITOR, Role.SECRETARY, Role.GROUP_LEADER, Role.GROUP_MEMBER}


class TestWaiting:
    @pytest.mark.parametrize("role", POWERFUL)
    def test_a_post_with_power_gives_nothing_before_a_second_person_agrees(self, given, newcomer, second, role):
        post = given(role)
        user = again(newcomer)
        assert (post.state, user.posts_today, user.get_all_permissions()) == (PostState.WAITING, [], set())
        assert not user.reach().everywhere
        posts.answer(AGREE, post, actor=second, seen=post.version)
        user = again(newcomer)
        assert user.get_all_permissions() == PERMISSIONS[role]

    def test_a_post_without_power_is_in_effect_at_once(self, given, newcomer):
        assert given(Role.SECRETARY).state == PostState.IN_EFFECT
        assert again(newcomer).has_perm("registry.add_member")

    def test_the_one_who_waits_is_in_no_list_of_holders(self, given, second, newcomer, sysadmin):
        given(Role.SYSTEM_ADMINISTRATOR)
        assert posts.administrators() == 2
        page = confirmed("sysadmin").get(reverse("users"), {"role": Role.SYSTEM_ADMINISTRATOR}).text
        assert "newcomer" not in page
        User.objects.create_superuser("root", name="root")
        shown = confirmed("root").get(reverse("admin:registry_user_changelist"), {"role": Role.SYSTEM_ADMINISTRATOR})
        assert set(shown.context["cl"].result_list) == {sysadmin, second}
        with databases.as_owner():  # the application cannot: versions name who made them
            User.objects.filter(username="root").delete()
        waiting = confirmed("sysadmin").get(reverse("users"), {"state": "waiting"}).text
        assert "newcomer" in waiting
        posts.end(second.posts.get(), last_day=TODAY, actor=sysadmin)
        with pytest.raises(ValidationError), transaction.atomic():
            posts.end(sysadmin.posts.get(), last_day=TODAY, actor=second)

    def test_whoever_waits_for_power_is_not_in_a_clerks_hands(self, given, clerk, newcomer, community):
        Post.objects.create(user=newcomer, role=Role.SECRETARY, community=community, first_day=date(2020, 1, 1))
        assert clerk.has_perm("registry.keep_user", newcomer)
        post = given(Role.FINANCE)
        assert not again(clerk).has_perm("registry.keep_user", newcomer)
        Post.objects.filter(pk=post.pk).update(state="refused", refusal="x")
        assert again(clerk).has_perm("registry.keep_user", newcomer)

    def test_a_leader_who_agrees_to_clerks_does_not_manage_users(self, given, leader, newcomer):
        given()
        assert not leader.has_perm("registry.view_user")
        assert set(User.objects.visible_to(leader)) == {leader}


class TestWhoAgrees:
    def test_neither_the_giver_nor_the_receiver(self, given, sysadmin, newcomer):
        post = given(Role.SYSTEM_ADMINISTRATOR)
        Post.objects.create(user=newcomer, role=Role.SYSTEM_ADMINISTRATOR, first_day=TODAY - DAY, last_day=TODAY - DAY)
        for actor in (sysadmin, newcomer):
            with pytest.raises(Refused):
                posts.answer(AGREE, post, actor=again(actor), seen=post.version)
        superuser = User.objects.create_superuser("root", name="root")
        posts.answer(AGREE, post, actor=superuser, seen=post.version)
        for second in ("given_by", "user"):
            with pytest.raises(IntegrityError), transaction.atomic():
                Post.objects.filter(pk=post.pk).update(answered_by=getattr(post, second))

    def test_a_leader_of_the_subdistrict_and_of_no_other(self, given, leader, stranger):
        post = given()
        elsewhere = factories.user("leader.elsewhere", Role.LEADER, subdistrict=stranger.subdistrict)
        with pytest.raises(Refused):
            posts.answer(AGREE, post, actor=elsewhere, seen=post.version)
        assert confirmed("leader.elsewhere").get(reverse("post", args=[post.pk])).status_code == 404
        posts.answer(AGREE, post, actor=leader, seen=post.version)
        post.refresh_from_db()
        assert (post.state, post.answered_by) == (PostState.IN_EFFECT, leader)

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.CIVIL_AFFAIRS, Role.SYSTEM_ADMINISTRATOR])
    def test_posts_at_the_city_are_agreed_to_by_administrators_alone(self, given, leader, role):
        post = given(role)
        with pytest.raises(Refused):
            posts.answer(AGREE, post, actor=leader, seen=post.version)

    def test_the_first_answer_stands(self, given, leader, second):
        post = given()
        posts.answer(AGREE, post, actor=leader, seen=post.version)
        with pytest.raises(Overtaken):
            posts.answer(REFUSE, post, actor=second, seen=post.version - 1, comment="不")

    def test_nobody_agrees_to_what_has_changed_or_ended_meanwhile(self, given, second, newcomer):
        post = given(last_day=TODAY)
        Post.objects.filter(pk=post.pk).update(first_day=TODAY - 9 * DAY, last_day=TODAY - DAY)
        with pytest.raises(Refused):
            posts.answer(AGREE, post, actor=second, seen=post.version)


class TestOneWhoSignsInAsTwo:
    """An administrator who lets in a second one again is able to sign in as that one too."""

    @pytest.mark.parametrize("role", [Role.SYSTEM_ADMINISTRATOR, Role.LEADER])
    def test_the_whole_chain_through_the_pages(self, given, sysadmin, community, third, role):
        place = {"subdistrict": community.subdistrict} if role == Role.LEADER else {}
        other = factories.user("other", role, **place)
        post, giver = given(Role.CLERK), confirmed("sysadmin")
        shown = giver.post(reverse("user-password", args=[other.pk]))
        giver.post(reverse("user-second-factor-remove", args=[other.pk]), {"reason": "手机丢失"})
        client = Client()
        client.post(reverse("login"), {"username": "other", "password": shown.context["password"]})
        new = "jygroups-new-1"
        data = {"password": shown.context["password"], "new_password": new, "repeated": new}
        assert client.post(reverse("password"), data).status_code == 302
        factories.confirm(client)
        page = reverse("post-agree", args=[post.pk])
        assert "third" in client.post(page, {"version": post.version}).text
        post.refresh_from_db()
        assert (post.state, post.answered_by) == (PostState.WAITING, None)
        assert confirmed("third").post(page, {"version": post.version}).status_code == 302

    @pytest.fixture
    def third(self, db):
        return factories.user("third", Role.SYSTEM_ADMINISTRATOR)

    @pytest.mark.parametrize(
        "act",
        [
            lambda user, actor: users.set_one_time_password(user, actor=actor),
            lambda user, actor: users.set_active(user, True, actor=actor),
            lambda user, actor: users.change(user, actor=actor),
        ],
    )
    def test_whom_the_giver_let_in_agrees_only_after_thirty_days(self, given, sysadmin, second, third, act):
        post = given()
        with clock.at(clock.now() - 29 * DAY):
            act(second, sysadmin)
        with pytest.raises(Refused, match="third"), transaction.atomic():
            posts.answer(AGREE, post, actor=again(second), seen=post.version)
        with clock.at(clock.now() + 2 * DAY):
            posts.answer(AGREE, post, actor=again(second), seen=post.version)

    def test_by_way_of_another_or_renamed_since_counts_too(self, given, sysadmin, second, third):
        post = given()
        users.set_one_time_password(second, actor=third)
        second = again(second)
        second.username = "renamed"
        users.change(second, actor=third)
        users.set_one_time_password(third, actor=sysadmin)
        with pytest.raises(Refused), transaction.atomic():
            posts.answer(AGREE, post, actor=again(second), seen=post.version)

    def test_whom_somebody_else_let_in_agrees_to_what_is_given_afterwards(self, given, second, third):
        before = given()
        users.set_one_time_password(second, actor=third)
        after = given(Role.LEADER)
        with pytest.raises(Refused), transaction.atomic():
            posts.answer(AGREE, before, actor=again(second), seen=before.version)
        posts.answer(AGREE, after, actor=again(second), seen=after.version)


class TestAfterwards:
    def test_nobody_agrees_to_the_post_of_a_giver_who_may_give_no_more(self, given, second, sysadmin):
        post = given()
        sysadmin.posts.update(last_day=TODAY - DAY)
        with pytest.raises(Refused), transaction.atomic():
            posts.answer(AGREE, post, actor=second, seen=post.version)
        sysadmin.posts.update(last_day=None)
        User.objects.filter(pk=sysadmin.pk).update(is_active=False)
        with pytest.raises(Refused), transaction.atomic():
            posts.answer(AGREE, post, actor=second, seen=post.version)
        posts.answer(REFUSE, post, actor=second, seen=post.version, comment="不在此岗")

    def test_the_database_lets_no_given_post_with_power_take_effect_without_a_second_person(self, given):
        post = given()
        with pytest.raises(IntegrityError), transaction.atomic():
            Post.objects.filter(pk=post.pk).update(state=PostState.IN_EFFECT)

    def test_it_begins_no_earlier_than_the_agreement(self, given, second):
        post = given()
        Post.objects.filter(pk=post.pk).update(first_day=TODAY - 9 * DAY)
        posts.answer(AGREE, post, actor=second, seen=post.version)
        assert post.first_day == TODAY

    def test_a_refused_one_may_be_given_again_and_stays_on_record(self, given, second, newcomer):
        post = given()
        with pytest.raises(ValidationError):
            posts.answer(REFUSE, post, actor=second, seen=post.version, comment=" ")
        posts.answer(REFUSE, post, actor=second, seen=post.version, comment="不在此岗")
        assert again(newcomer).posts_today == []
        assert given().state == PostState.WAITING
        with pytest.raises(ValidationError), transaction.atomic():
            given()

    def test_one_administrator_cannot_prolong_what_two_agreed_to(self, given, second, sysadmin):
        post = given(last_day=TODAY + 9 * DAY)
        with pytest.raises(ValidationError):  # it waits
            posts.end(post, last_day=TODAY, actor=sysadmin)
        posts.answer(AGREE, post, actor=second, seen=post.version)
        with pytest.raises(ValidationError, match="同意"):
            posts.end(post, last_day=TODAY + 10 * DAY, actor=sysadmin)
        posts.end(post, last_day=TODAY, actor=sysadmin)
        with pytest.raises(ValidationError):
            posts.transfer(Post.objects.get(pk=post.pk), to=factories.user("x"), first_day=TODAY + DAY, actor=sysadmin)

    def test_handing_one_on_waits_too(self, sysadmin, clerk, leader):
        new = posts.transfer(clerk.posts.get(), to=factories.user("next"), first_day=TODAY + DAY, actor=sysadmin)
        assert (new.state, new.given_by, clerk.posts.get().last_day) == (PostState.WAITING, sysadmin, TODAY)

    def test_the_log_has_who_gave_and_who_agreed(self, given, second, sysadmin):
        post = given()
        posts.answer(AGREE, post, actor=second, seen=post.version)
        entries = AuditEntry.objects.filter(act=Act.POST).order_by("id")
        assert [(each.user, each.details["what"]) for each in entries] == [(sysadmin, "given"), (second, "agreed to")]

    def test_all_three_read_of_it_on_their_workbench(self, given, second, sysadmin, newcomer, leader):
        post = given()
        for each in (second, leader, sysadmin, newcomer):
            assert any(post.in_words in text for text in texts(each))
        posts.answer(REFUSE, post, actor=second, seen=post.version, comment="不在此岗")
        assert texts(second) == []
        for each in (sysadmin, newcomer):
            [line] = texts(each)
            assert "不在此岗" in line
            client = Client()
            client.force_login(each)
            page = client.get(reverse("workbench")).text
            assert "不在此岗" in page
            assert "已答复" in page
            assert "待他人处理" not in page
        with time_machine.travel(clock.now() + timedelta(days=8)):
            assert texts(sysadmin) == texts(newcomer) == []

    def test_the_receiver_is_spoken_to_and_finds_the_post_at_the_own_account(self, given, newcomer, sysadmin):
        post = given()
        [line] = lines(newcomer)
        assert line.text.startswith("您的")
        assert post.in_words in confirmed("newcomer").get(line.url).text
        assert newcomer.username not in confirmed("sysadmin").get(reverse("users"), {"state": "without"}).text
        assert newcomer not in confirmed("sysadmin").get(reverse("workbench")).context["without_post"]


class TestPages:
    def test_given_checked_and_agreed_to_through_the_pages(self, sysadmin, second, newcomer, community):
        area = f"subdistrict-{community.subdistrict_id}"
        data = {"role": "leader", "area": area, "first_day": TODAY.isoformat()}
        giver, other = confirmed("sysadmin"), confirmed("second")
        assert giver.post(reverse("post-add", args=[newcomer.pk]), data).status_code == 302
        post = newcomer.posts.get()
        assert giver.get(reverse("post-agree", args=[post.pk])).status_code == 403
        assert reverse("post-agree", args=[post.pk]) not in giver.get(reverse("post", args=[post.pk])).text
        assert reverse("post", args=[post.pk]) in other.get(reverse("posts")).text
        assert reverse("post-agree", args=[post.pk]) in other.get(reverse("post", args=[post.pk])).text
        page = reverse("post-agree", args=[post.pk])
        assert other.post(page, {"version": post.version}).status_code == 302
        assert again(newcomer).has_perm("subsidies.endorse_sheet")
        assert "second" in other.get(newcomer.get_absolute_url()).text
        assert other.post(page, {"version": post.version}).status_code == 409

    def test_a_refusal_needs_a_reason(self, given, second):
        post = given()
        page = reverse("post-refuse", args=[post.pk])
        assert confirmed("second").post(page, {"version": post.version, "comment": ""}).status_code == 422
        assert confirmed("second").post(page, {"version": post.version, "comment": "不在此岗"}).status_code == 302
        assert "不在此岗" in confirmed("sysadmin").get(post.user.get_absolute_url()).text

    def test_giving_and_agreeing_ask_for_the_password(self, given, sysadmin, second, newcomer):
        post = given()
        for user, page in (
            (sysadmin, reverse("user-add")),
            (sysadmin, reverse("post-add", args=[newcomer.pk])),
            (second, reverse("post-agree", args=[post.pk])),
            (second, reverse("post-refuse", args=[post.pk])),
        ):
            client = Client()
            client.force_login(user)
            for answer in (client.get(page), client.post(page, {"version": post.version})):
                assert answer["Location"].startswith(reverse("confirm-password"))

    def test_the_admin_changes_no_post_and_sets_no_password(self, sysadmin, newcomer):
        User.objects.create_superuser("root", name="root")
        root = confirmed("root")
        assert root.get(reverse("admin:registry_post_add")).status_code == 403
        assert root.get(reverse("admin:registry_user_delete", args=[sysadmin.pk])).status_code == 403
        assert root.get(reverse("admin:registry_user_add")).status_code == 403
        page = reverse("admin:auth_user_password_change", args=[newcomer.pk])
        assert root.post(page)["Location"] == reverse("user-password", args=[newcomer.pk])
        assert root.post(reverse("admin:password_change"))["Location"] == reverse("password")
        page = reverse("admin:registry_post_change", args=[sysadmin.posts.get().pk])
        assert root.post(page, {"role": Role.FINANCE}).status_code == 403


def test_posts_from_before_stay_in_effect(finance):
    """The default of the migration."""
    assert Post._meta.get_field("state").default == PostState.IN_EFFECT
    assert again(finance).has_perm("subsidies.approve_sheet")
