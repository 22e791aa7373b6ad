"""Users: added with a one-time password, blocked, unlocked, tied to a person; and how a sign-in lasts and ends."""

import re
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.users import services as users
from registry.models import Act, AuditEntry, Post, Role, User
from tests import factories

STRONG = "三人行必有我师焉择其善者而从之"


def signed_in(username, password="secret") -> Client:
    """A user who has signed in and typed the password again."""
    client = Client()
    client.post(reverse("login"), {"username": username, "password": password})
    client.post(reverse("confirm-password"), {"password": password})
    return client


def is_in(client) -> bool:
    return client.get(reverse("roles")).status_code == 200


def shown_password(answer) -> str:
    return re.search(r'id="one-time-password">([^<]+)<', answer.text)[1]


def new_user(**data) -> dict:
    return {"username": "newcomer", "name": "新人", "role": "", "area": "", "first_day": "20240101", **data}


class TestAdding:
    def test_a_new_user_signs_in_with_the_one_time_password_and_chooses_an_own_one_before_all_else(
        self, sysadmin, community
    ):
        client = signed_in("sysadmin")
        data = new_user(role="secretary", area=f"community-{community.pk}", last_day="2099-12-31")
        password = shown_password(client.post(reverse("user-add"), data))
        user = User.objects.get(username="newcomer")
        assert (user.name, user.posts.get().community, user.posts.get().last_day) == (
            "新人",
            community,
            date(2099, 12, 31),
        )

        newcomer = signed_in("newcomer", password)
        for page in (reverse("workbench"), community.get_absolute_url(), reverse("users")):
            assert newcomer.get(page)["Location"] == reverse("password")
        assert "一次性密码" in newcomer.get(reverse("password")).text
        change = {"password": password, "new_password": STRONG, "repeated": STRONG}
        assert newcomer.post(reverse("password"), change).status_code == 302
        assert newcomer.get(community.get_absolute_url()).status_code == 200
        assert is_in(signed_in("newcomer", STRONG))
        assert not is_in(signed_in("newcomer", password))

    def test_the_one_time_password_stands_nowhere_in_clear(self, sysadmin):
        client = signed_in("sysadmin")
        answer = client.post(reverse("user-add"), new_user())
        password = shown_password(answer)
        assert re.fullmatch(r"([a-z2-9]{4}-){2}[a-z2-9]{4}", password)
        assert answer["Cache-Control"] == "no-store"
        assert password not in client.get(reverse("users")).text
        assert all(password not in str(entry.details) for entry in AuditEntry.objects.all())
        assert AuditEntry.objects.filter(act=Act.PASSWORD, user=sysadmin, subject="newcomer").exists()

    def test_a_clerk_adds_users_with_a_post_of_the_own_communities_only(self, clerk, community, stranger):
        client = signed_in("clerk")
        for refused in ({}, {"role": "secretary", "area": f"community-{stranger.pk}"}, {"role": "finance"}):
            answer = client.post(reverse("user-add"), new_user(**refused))
            assert (answer.status_code, User.objects.filter(username="newcomer").exists()) == (422, False)
        answer = client.post(reverse("user-add"), new_user(role="secretary", area=f"community-{community.pk}"))
        assert shown_password(answer)
        with pytest.raises(PermissionDenied):
            users.add(User(username="x", name="x"), post=None, actor=clerk)

    def test_what_is_wrong_is_reported_together_and_nothing_is_half_saved(self, sysadmin, secretary):
        answer = signed_in("sysadmin").post(reverse("user-add"), new_user(username="secretary", role="leader"))
        assert answer.status_code == 422
        assert set(answer.context["user_form"].errors) == {"username"}
        assert set(answer.context["form"].errors) == {"area"}
        assert User.objects.count() == 2


class TestWhoKeepsWhom:
    """Rows: who acts. Columns: upon whom. The clerk's reach ends where a user holds another post than his to give."""

    @pytest.mark.parametrize(
        ("actor", "editable"),
        [
            ("sysadmin", {"sysadmin2", "clerk", "leader", "secretary", "finance", "auditor", "civil", "both"}),
            ("clerk", {"secretary"}),
            *((role, set()) for role in ("leader", "secretary", "finance", "auditor", "civil")),
        ],
    )
    def test_each_role_sets_passwords_of_whom_the_rule_allows(
        self, sysadmin, clerk, leader, secretary, finance, auditor, civil, community, actor, editable
    ):
        factories.user("sysadmin2", Role.SYSTEM_ADMINISTRATOR)
        both = factories.user("both", Role.SECRETARY, community=community)
        Post.objects.create(user=both, role=Role.FINANCE, first_day=date(2099, 1, 1))
        doer = User.objects.get(username=actor)
        assert {user.username for user in User.objects.all() if doer.has_perm("registry.keep_user", user)} == editable
        client = signed_in(actor)
        for user in User.objects.exclude(username__in=editable):
            old = user.password
            for name in ("user-password", "user-edit", "user-active", "user-unlock"):
                answer = client.post(reverse(name, args=[user.pk]))
                assert (name, user.username, answer.status_code in (403, 404)) == (name, user.username, True)
            assert User.objects.get(pk=user.pk).password == old

    def test_a_superuser_is_edited_by_superusers_alone(self, sysadmin):
        root = User.objects.create_superuser("root", name="root")
        assert not sysadmin.has_perm("registry.keep_user", root)
        assert User.objects.create_superuser("root2", name="root2").has_perm("registry.keep_user", root)


class TestPasswords:
    def test_a_one_time_password_ends_the_users_sessions_and_lifts_the_lock(self, clerk, secretary):
        theirs = signed_in("secretary")
        assert is_in(theirs)
        for _ in range(5):
            signed_in("secretary", "wrong")
        client = signed_in("clerk")
        password = shown_password(client.post(reverse("user-password", args=[secretary.pk])))
        assert not is_in(theirs)
        assert signed_in("secretary", password).get(reverse("workbench"))["Location"] == reverse("password")

    def test_setting_one_asks_for_the_own_password_when_it_was_not_typed_since_the_sign_in(self, clerk, secretary):
        client = Client()
        client.post(reverse("login"), {"username": "clerk", "password": "secret"})
        page = reverse("user-password", args=[secretary.pk])
        for answer in (client.get(page), client.post(page)):
            assert answer["Location"] == f"{reverse('confirm-password')}?next={page.replace('/', '%2F')}"
        assert not User.objects.get(pk=secretary.pk).must_change_password
        confirm = answer["Location"]
        assert client.post(confirm, {"password": "wrong"}).status_code == 422
        assert client.post(confirm, {"password": "secret"})["Location"] == page
        assert client.get(page).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            assert client.get(page).status_code == 302

    def test_the_confirmation_never_leads_off_the_site(self, clerk):
        client = signed_in("clerk")
        answer = client.post(reverse("confirm-password") + "?next=https://elsewhere.example/", {"password": "secret"})
        assert answer["Location"] == "/"

    def test_who_does_not_confirm_goes_back_to_the_page_before(self, clerk, secretary):
        client = Client()
        client.post(reverse("login"), {"username": "clerk", "password": "secret"})
        before, page = (reverse(name, args=[secretary.pk]) for name in ("user", "user-password"))
        asked = client.get(page)["Location"]
        shown = client.get(asked, headers={"referer": f"http://testserver{before}"}).text
        assert f'href="http://testserver{before}" data-leave' in shown
        again = client.post(asked, {"password": "wrong", "back": before}, headers={"referer": asked}).text
        assert f'href="{before}" data-leave' in again
        for elsewhere in ("https://elsewhere.example/", page, ""):
            assert 'href="/" data-leave' in client.get(asked, headers={"referer": elsewhere}).text

    @pytest.mark.parametrize(
        "junk", ["http://[::1", "http://[x]/", "//[", "/\\[", "http://testserver:port/[", "\x85", "é"]
    )
    def test_what_is_no_address_leads_nowhere_and_does_no_harm(self, clerk, secretary, junk):
        client = Client(headers={"hx-current-url": junk, "referer": junk})
        assert client.get(reverse("login"), {"next": junk}).status_code == 200
        client.post(reverse("login"), {"username": "clerk", "password": "secret", "next": junk})
        page, confirm = reverse("user-password", args=[secretary.pk]), reverse("confirm-password")
        asked = client.get(page, headers={"hx-request": "true"})["HX-Redirect"]
        assert asked == f"{confirm}?next={page.replace('/', '%2F')}"
        for address in (asked, f"{confirm}?{urlencode({'next': junk})}"):
            assert client.get(address).status_code == 200
            assert client.post(address, {"password": "wrong", "back": junk, "next": junk}).status_code == 422
        assert client.post(reverse("text-size"), {"next": junk})["Location"] == "/"
        assert client.post(reverse("set_language"), {"next": junk, "language": "en"}).status_code == 302

    def test_guessing_at_the_confirmation_locks_the_name_like_the_sign_in(self, clerk):
        client = signed_in("clerk")
        answers = [client.post(reverse("confirm-password"), {"password": "wrong"}).status_code for _ in range(5)]
        assert answers == [422] * 4 + [429]
        assert client.post(reverse("confirm-password"), {"password": "secret"}).status_code == 429

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"password": "wrong"}, "password"),
            ({"repeated": "另外一串完全不同的字"}, "repeated"),
            ({"new_password": "12345678", "repeated": "12345678"}, "new_password"),
            ({"new_password": "short", "repeated": "short"}, "new_password"),
            ({"new_password": "secret", "repeated": "secret"}, "new_password"),
        ],
    )
    def test_a_bad_change_of_password_is_refused_beside_the_field(self, secretary, data, field):
        client = signed_in("secretary")
        answer = client.post(
            reverse("password"), {"password": "secret", "new_password": STRONG, "repeated": STRONG, **data}
        )
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {field})
        assert User.objects.get(pk=secretary.pk).check_password("secret")

    def test_changing_the_own_password_keeps_this_session_and_ends_the_others(self, secretary):
        here, there = signed_in("secretary"), signed_in("secretary")
        here.post(reverse("password"), {"password": "secret", "new_password": STRONG, "repeated": STRONG})
        assert (is_in(here), is_in(there)) == (True, False)

    def test_a_fragment_asked_for_before_the_own_password_is_chosen_leads_the_whole_page_there(self, secretary):
        client = signed_in("secretary")
        User.objects.filter(pk=secretary.pk).update(must_change_password=True)
        answer = client.get(reverse("workbench"), headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == reverse("password")


class TestSessions:
    def test_a_blocked_user_is_out_at_the_next_request_and_back_only_by_signing_in(self, clerk, secretary):
        theirs = signed_in("secretary")
        assert is_in(theirs)
        users.set_active(secretary, False, actor=clerk)
        assert not is_in(theirs)
        assert not is_in(signed_in("secretary"))
        users.set_active(secretary, True, actor=clerk)
        assert is_in(signed_in("secretary"))

    def test_a_post_ended_closes_its_pages_at_the_next_request(self, secretary, community):
        theirs = signed_in("secretary")
        assert theirs.get(community.get_absolute_url()).status_code == 200
        secretary.posts.update(last_day=timezone.localdate() - timedelta(days=1))
        assert theirs.get(community.get_absolute_url()).status_code == 403

    def test_a_sign_in_lasts_eight_hours_however_busy(self, secretary):
        start = timezone.now()
        with time_machine.travel(start):
            client = signed_in("secretary")
            assert is_in(client)
        for minutes in range(14, 8 * 60, 14):
            with time_machine.travel(start + timedelta(minutes=minutes)):
                assert is_in(client)
        with time_machine.travel(start + timedelta(hours=8, minutes=1)):
            answer = client.get(reverse("workbench"))
            assert answer["Location"] == f"{reverse('login')}?next={reverse('workbench')}"

    def test_a_sign_in_ends_after_fifteen_idle_minutes(self, secretary):
        start = timezone.now()
        with time_machine.travel(start):
            client = signed_in("secretary")
            assert is_in(client)
        with time_machine.travel(start + timedelta(minutes=16)):
            assert not is_in(client)

    def test_the_page_shows_when_one_had_signed_in_before(self, secretary):
        with time_machine.travel("2026-05-20T01:30:00Z"):
            assert "上次登录" not in signed_in("secretary").get(reverse("workbench")).text
        with time_machine.travel("2026-05-21T01:30:00Z"):
            client = signed_in("secretary")
            assert "2026-05-20 09:30" in client.get(reverse("workbench")).text


class TestPages:
    def test_a_locked_user_is_reported_counted_and_unlocked(self, clerk, secretary):
        for _ in range(5):
            signed_in("secretary", "wrong")
        client = signed_in("clerk")
        assert "已锁定" in client.get(reverse("users"), {"state": "locked"}).text
        assert "此后输错密码次数" in client.get(secretary.get_absolute_url()).text
        client.post(reverse("user-unlock", args=[secretary.pk]))
        assert is_in(signed_in("secretary"))
        with time_machine.travel(timezone.now() + timedelta(minutes=1)):
            assert client.get(reverse("users"), {"state": "locked"}).context["table"].rows.data.data.count() == 0

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, {"sysadmin", "secretary", "clerk", "finance", "off"}),
            ({"q": "secre"}, {"secretary"}),
            ({"role": "finance"}, {"finance"}),
            ({"role": "leader"}, set()),
            ({"area": "city"}, {"sysadmin", "finance"}),
            ({"area": "subdistrict"}, {"clerk", "secretary"}),
            ({"area": "community"}, {"secretary"}),
            ({"state": "disabled"}, {"off"}),
            ({"state": "without"}, {"off"}),
            ({"state": "never"}, {"secretary", "clerk", "finance", "off"}),
            ({"state": "ending"}, {"finance"}),
            ({"state": "one_time"}, {"clerk"}),
            ({"state": "locked"}, set()),
        ],
    )
    def test_the_list_is_filtered(self, sysadmin, secretary, clerk, finance, community, query, found):
        off = factories.user("off")
        User.objects.filter(pk=off.pk).update(is_active=False)
        User.objects.filter(pk=clerk.pk).update(must_change_password=True)
        finance.posts.update(last_day=timezone.localdate() + timedelta(days=30))
        areas = {"subdistrict": community.subdistrict_id, "community": community.pk}
        if query.get("area") in areas:
            query = {"area": f"{query['area']}-{areas[query['area']]}"}
        table = signed_in("sysadmin").get(reverse("users"), query).context["table"]
        assert {row.record.username for row in table.rows} == found

    def test_the_list_is_exported_in_the_words_it_shows(self, sysadmin, secretary):
        answer = signed_in("sysadmin").post(reverse("users"), {"export": "csv"})
        assert "福民社区 社区书记" in answer.content.decode("utf-8-sig")

    def test_two_who_rename_a_user_see_both_names(self, sysadmin, secretary):
        client = signed_in("sysadmin")
        page = reverse("user-edit", args=[secretary.pk])
        data = {"username": "secretary", "name": "甲", "version": 1}
        assert client.post(page, data).status_code == 302
        answer = client.post(page, data | {"name": "乙"})
        assert answer.status_code == 409
        assert {"甲", "乙"} <= set(re.findall("[甲乙]", answer.text))

    def test_each_change_leaves_who_when_and_what_on_the_users_page(self, sysadmin, secretary):
        client = signed_in("sysadmin")
        client.post(reverse("user-edit", args=[secretary.pk]), {"username": "secretary", "name": "李四", "version": 1})
        client.post(reverse("user-active", args=[secretary.pk]))
        text = client.get(secretary.get_absolute_url()).text
        for part in ("<del>secretary</del>", "<ins>李四</ins>", "停用用户", "修改用户"):
            assert part in text


class TestThePersonAUserIs:
    @pytest.fixture
    def person(self, group, community):
        member = factories.member(community, "王五")
        factories.appointment(member, group)
        return member

    @pytest.fixture
    def user(self, group):
        return factories.user("group.1", Role.GROUP_LEADER, group=group)

    def test_a_clerk_ties_a_groups_user_to_a_person_of_the_group(self, clerk, user, person, community, sibling):
        client = signed_in("clerk")
        elsewhere = factories.member(sibling, "赵六")
        factories.appointment(elsewhere, factories.group(sibling))
        page = reverse("user-member", args=[user.pk])
        assert "赵六" not in client.get(page).text
        assert client.post(page, {"member": elsewhere.pk}).status_code == 422
        assert client.post(page, {"member": person.pk}).status_code == 302
        assert User.objects.get(pk=user.pk).member == person
        assert "王五" in client.get(user.get_absolute_url()).text

    def test_the_system_administrator_sees_that_there_is_one_and_not_whom(self, sysadmin, clerk, user, person):
        users.tie(user, person, actor=clerk)
        client = signed_in("sysadmin")
        text = client.get(user.get_absolute_url()).text
        assert "王五" not in text
        assert "已关联" in text
        assert client.get(reverse("user-member", args=[user.pk])).status_code == 403
