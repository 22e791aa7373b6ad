"""The lost second factor of a user with power: removed only once a second person agrees."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.factors import services as factors
from registry.access.posts.independence import let_in_by
from registry.access.users import services as users
from registry.models import Act, AuditEntry, Notification, Role, SecondFactor, User
from tests import factories
from tests.registry.access.seen_by import again, confirmed, texts
from tests.registry.access.test_factors import app_code, set_up

REASON = {"reason": "手机丢失，本人到场"}


def ask(user) -> SecondFactor:
    """The administrator asks on the page for the removal of the user's factor."""
    set_up(user)
    page = reverse("user-second-factor-remove", args=[user.pk])
    assert confirmed("sysadmin").post(page, REASON)["Location"] == user.get_absolute_url()
    return SecondFactor.objects.get(user=user)


def answer(name, factor, step="agree", **more):
    data = {"seen": factors.moment_of(factor), **more}
    return confirmed(name).post(reverse(f"factor-removal-{step}", args=[factor.pk]), data)


def stays(user) -> bool:
    return again(user).has_second_factor


def test_one_administrator_alone_acts_as_nobody_with_power(sysadmin, second, clerk, leader, finance, civil):
    client = confirmed("sysadmin")
    for user in (clerk, leader, finance, civil, second):
        factor = ask(user)
        assert answer("sysadmin", factor)["Location"] == reverse("workbench")
        password = client.post(reverse("user-password", args=[user.pk])).context["password"]
        other = Client()
        other.post(reverse("login"), {"username": user.username, "password": password})
        assert other.get(reverse("workbench"))["Location"].startswith(reverse("second-factor"))
        assert stays(user)


@pytest.mark.parametrize("name", ["second", "leader"])
def test_a_second_person_is_asked_on_the_workbench_and_agrees(sysadmin, second, clerk, leader, name):
    factor = ask(clerk)
    page = reverse("factor-removal-agree", args=[factor.pk])
    assert any("clerk" in text for text in texts(User.objects.get(username=name)))
    assert "手机丢失" in confirmed(name).get(page).text
    theirs = Client()
    theirs.force_login(clerk)
    assert answer(name, factor).status_code == 302
    assert not stays(clerk)
    assert theirs.get(reverse("roles")).status_code == 302  # signed out
    [entry] = AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="removed")
    assert (entry.user.username, entry.details["asked_by"]) == (name, "sysadmin")
    shown = confirmed("clerk").get(reverse("second-factor-set-up")).text
    assert "手机丢失" in shown
    assert "sysadmin" in shown


def test_of_who_has_no_power_one_person_removes_it(sysadmin, secretary):
    set_up(secretary)
    confirmed("sysadmin").post(reverse("user-second-factor-remove", args=[secretary.pk]), REASON)
    assert not stays(secretary)


def test_neither_a_leader_elsewhere_nor_one_for_the_city_nor_the_user(
    sysadmin, second, clerk, finance, stranger, leader
):
    factories.user("leader.elsewhere", Role.LEADER, subdistrict=stranger.subdistrict)
    of_clerk, of_finance = ask(clerk), ask(finance)
    assert answer("leader.elsewhere", of_clerk).status_code == 404
    assert answer("leader", of_finance).status_code == 404
    of_leader = ask(leader)
    assert confirmed_with_factor(leader, of_leader).status_code == 404
    for user in (clerk, finance, leader):
        assert stays(user)


def confirmed_with_factor(user, factor):
    """The user, who has a factor and showed it, answers."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["second_factor_shown"] = True
    session.save()
    factories.confirm(client)
    return client.post(reverse("factor-removal-agree", args=[factor.pk]), {"seen": factors.moment_of(factor)})


@pytest.mark.parametrize("by_who", ["asker", "user"])
def test_whom_the_asker_or_the_user_let_in_is_no_second_person(sysadmin, second, finance, by_who):
    factor = ask(finance)
    third = factories.user("third", Role.SYSTEM_ADMINISTRATOR)
    users.set_one_time_password(second, actor=sysadmin if by_who == "asker" else third)
    User.objects.filter(pk=second.pk).update(must_change_password=False)
    if by_who == "user":  # let in since it was asked for, by whomever
        assert AuditEntry.objects.filter(subject="second", at__gt=factor.removal_at).exists()
    assert answer("second", factor).status_code == 422
    assert stays(finance)
    assert answer("third", factor).status_code == 302
    assert not stays(finance)


def test_a_refused_request_lets_nobody_in_but_an_agreed_one_does_so_by_both(sysadmin, second, finance):
    answer("second", ask(finance), "refuse", reason="本人未申请")
    assert not let_in_by(finance)
    SecondFactor.objects.all().delete()
    answer("second", ask(finance))
    assert let_in_by(finance) == {sysadmin.pk, second.pk}


def test_it_is_refused_with_a_reason_or_withdrawn(sysadmin, second, finance):
    for name in ("second", "sysadmin"):
        SecondFactor.objects.all().delete()
        factor = ask(finance)
        assert answer(name, factor, "refuse").status_code == 422
        assert answer(name, factor, "refuse", reason="本人未申请").status_code == 302
        assert stays(finance)
        assert factors.waiting_removal(finance) is None
        assert answer("second", factor).status_code == 404


def test_one_can_refuse_on_the_page_to_agree_and_the_asker_withdraws(sysadmin, second, finance):
    factor = ask(finance)
    agree, refuse = (reverse(f"factor-removal-{step}", args=[factor.pk]) for step in ("agree", "refuse"))
    assert f'href="{refuse}"' in confirmed("second").get(agree).text
    for name, is_own in (("sysadmin", True), ("second", False)):
        client = confirmed(name)
        for page in (refuse, finance.get_absolute_url()):
            shown = client.get(page).text
            assert ("撤回" in shown, "不同意" in shown) == (is_own, not is_own)
    answer("sysadmin", factor, "refuse", reason="本人找到了手机")
    assert AuditEntry.objects.latest("id").details["what"] == "removal withdrawn"


@pytest.mark.parametrize("agreed", [True, False])
def test_where_it_is_optional_the_user_is_notified_of_the_request_and_of_its_end(
    sysadmin, second, finance, settings, agreed
):
    settings.SECOND_FACTOR = "optional"
    theirs = Client()
    theirs.force_login(finance)
    session = theirs.session
    session["second_factor_shown"] = True
    session.save()
    factor = ask(finance)
    [row] = Notification.objects.filter(user=finance)
    assert "手机丢失" in theirs.get(reverse("notifications")).text
    answer("second", factor, "agree" if agreed else "refuse", reason="未见本人")
    row.refresh_from_db()
    assert row.read_at
    kinds = Notification.objects.filter(user=finance).unread().values_list("kind", flat=True)
    assert list(kinds) == ["own-factor-removed"] * agreed
    again_in = Client()
    again_in.force_login(again(finance))
    assert ("手机丢失" in again_in.get(reverse("notifications")).text) == agreed


def test_what_was_asked_for_again_since_is_not_agreed_to(sysadmin, second, finance):
    factor = ask(finance)
    SecondFactor.objects.update(removal_at=timezone.now())
    assert answer("second", factor).status_code == 409
    assert stays(finance)


def test_the_asker_has_to_keep_the_user_still(sysadmin, second, finance):
    factor = ask(finance)
    User.objects.filter(pk=sysadmin.pk).update(is_active=False)
    assert answer("second", factor).status_code == 422
    assert stays(finance)


def test_who_shows_the_factor_ends_it_and_is_shown_who_asked(sysadmin, second, finance):
    factor = ask(finance)
    client = Client()
    client.post(reverse("login"), {"username": "finance", "password": "secret"})
    client.post(reverse("second-factor"), {"code": app_code(finance)})
    shown = client.get(reverse("workbench")).text
    assert "sysadmin" in shown
    assert "手机丢失" in shown
    assert answer("second", factor).status_code == 404
    assert stays(finance)


def test_the_users_page_shows_that_it_waits(sysadmin, second, finance):
    factor = ask(finance)
    own, others = (confirmed(name).get(finance.get_absolute_url()).text for name in ("sysadmin", "second"))
    agree = reverse("factor-removal-agree", args=[factor.pk])
    assert (agree in own, agree in others) == (False, True)
    page = reverse("user-second-factor-remove", args=[finance.pk])
    assert page not in others
    assert confirmed("second").post(page, REASON).status_code == 302
    assert SecondFactor.objects.get().removal_by == sysadmin


def test_the_command_removes_it_where_no_two_could(sysadmin, finance, clerk, leader):
    set_up(finance)
    set_up(clerk)
    with pytest.raises(CommandError, match="sysadmin"):  # with the leader
        call_command("remove_second_factor", "clerk", "--reason", "手机遗失")
    call_command("remove_second_factor", "finance", "--reason", "手机遗失")
    assert (stays(finance), stays(clerk)) == (False, True)


def test_the_database_takes_no_removal_asked_for_by_the_user(finance):
    set_up(finance)
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondFactor.objects.update(removal_by=finance, removal_at=timezone.now())
