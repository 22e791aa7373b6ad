"""Passwords that were had before, those that get old, and the command for a lost second factor."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import Act, AuditEntry, FormerPassword, Role, SecondFactor, User
from tests import factories
from tests.registry.access.test_factors import set_up, with_password


def change(client, password, new):
    data = {"password": password, "new_password": new, "repeated": new}
    return client.post(reverse("password"), data)


def test_none_of_the_last_five_is_chosen_again(secretary, settings):
    client = with_password(secretary)
    chosen = [f"Wenhua-Lu-{number}-Nan" for number in range(6)]
    for present, new in zip(["secret", *chosen], chosen, strict=False):
        assert change(client, present, new).status_code == 302
    assert FormerPassword.objects.filter(user=secretary).count() == 5
    assert [change(client, chosen[-1], each).status_code for each in chosen[1:]] == [422] * 5
    assert "最近用过" in change(client, chosen[-1], chosen[2]).text
    assert change(client, chosen[-1], chosen[0]).status_code == 302
    settings.PASSWORD_HISTORY = 0
    assert change(client, chosen[0], chosen[5]).status_code == 302
    assert chosen[5] not in str(list(FormerPassword.objects.values()))


def test_the_password_in_force_when_the_first_is_chosen_is_not_chosen_again(secretary):
    secretary.set_password("Wenhua-Lu-1-Nan")
    secretary.save()
    client = Client()
    client.post(reverse("login"), {"username": "secretary", "password": "Wenhua-Lu-1-Nan"})
    assert change(client, "Wenhua-Lu-1-Nan", "Wenhua-Lu-2-Nan").status_code == 302
    assert change(client, "Wenhua-Lu-2-Nan", "Wenhua-Lu-1-Nan").status_code == 422


def test_what_a_password_has_to_be_is_said_in_the_words_of_this_site(secretary):
    text = with_password(secretary).get(reverse("password")).text
    assert "密码至少12个字符。" in text
    assert "最近5次" in text
    assert "你的" not in text


def test_a_password_that_is_too_short_is_refused_in_the_language_of_the_page(secretary):
    text = change(with_password(secretary), "secret", "abc").text
    assert "密码太短，至少12个字符。" in text
    assert "too short" not in text


def test_the_cursor_is_in_the_password_after_a_wrong_one(secretary):
    for page in ("login", "login-code"):
        client = Client()
        assert "autofocus" in field(client.get(reverse(page)).text, "username")
        tried = client.post(reverse(page), {"username": "secretary", "password": "wrong", "code": "123456"}).text
        assert "autofocus" in field(tried, "password")
        assert "autofocus" not in field(tried, "username")


def field(page: str, name: str) -> str:
    """The element of a field in the page."""
    return str(BeautifulSoup(page, "html.parser").select_one(f"input[name={name}]"))


def test_one_is_changed_from_the_account_and_leads_back_to_it(secretary):
    client = with_password(secretary)
    page = client.get(reverse("password")).text
    assert "当前密码" in page
    assert f'href="{reverse("account")}" data-leave' in page
    assert change(client, "secret", "Wenhua-Lu-7-Nan")["Location"] == reverse("account")


def test_a_first_one_is_chosen_on_a_page_without_a_menu_and_leads_to_the_first_page(secretary):
    User.objects.filter(pk=secretary.pk).update(must_change_password=True)
    client = with_password(secretary)
    page = client.get(reverse("password")).text
    assert 'class="side"' not in page
    assert f'action="{reverse("logout")}"' in page
    assert "一次性密码" in page
    assert change(client, "secret", "Wenhua-Lu-7-Nan")["Location"] == "/"


class TestDays:
    @pytest.fixture(autouse=True)
    def days(self, settings):
        settings.PASSWORD_DAYS = 90

    def test_one_that_is_too_old_is_changed_before_any_other_page(self, secretary):
        client = with_password(secretary)
        assert client.get(reverse("roles"))["Location"] == reverse("password")  # from before it was kept
        assert "90天" in client.get(reverse("password")).text
        assert change(client, "secret", "Wenhua-Lu-7-Nan").status_code == 302
        assert client.get(reverse("roles")).status_code == 200
        for days, status in [(89, 200), (91, 302)]:
            with time_machine.travel(timezone.now() + timedelta(days=days)):
                again = Client()
                again.post(reverse("login"), {"username": "secretary", "password": "Wenhua-Lu-7-Nan"})
                assert again.get(reverse("roles")).status_code == status

    def test_none_gets_old_without_the_setting(self, secretary, settings):
        settings.PASSWORD_DAYS = 0
        assert with_password(secretary).get(reverse("roles")).status_code == 200


class TestLostFactor:
    """Of an administrator whom no other can help."""

    def remove(self, name="sysadmin", *more):
        call_command("remove_second_factor", name, "--reason", "手机遗失，本人到场", *more)

    def test_it_is_removed_on_the_server_with_an_entry_and_the_reason_is_read(self, sysadmin, secretary, capsys):
        set_up(sysadmin)
        client = with_password(sysadmin)
        self.remove()
        assert "sysadmin" in capsys.readouterr().out
        assert not SecondFactor.objects.exists()
        assert client.get(reverse("roles"))["Location"].startswith(reverse("login"))  # its sessions ended
        [entry] = AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="removed on the server")
        assert (entry.subject, entry.user, entry.details["reason"]) == ("sysadmin", None, "手机遗失，本人到场")
        client = with_password(sysadmin)
        client.post(reverse("confirm-password"), {"password": "secret"})
        assert "手机遗失" in client.get(reverse("second-factor-set-up")).text

    def test_it_is_refused_where_another_administrator_can_do_it(self, sysadmin, second):
        set_up(sysadmin)
        factories.user("third", Role.SYSTEM_ADMINISTRATOR)
        with pytest.raises(CommandError, match="其他管理员.*second.*--force"):
            self.remove()
        assert SecondFactor.objects.exists()
        User.objects.filter(pk=second.pk).update(is_active=False)
        self.remove()

    def test_where_no_other_can_sign_in_either_it_is_forced_and_the_log_names_them(self, sysadmin, second):
        set_up(sysadmin)
        set_up(second)
        factories.user("third", Role.SYSTEM_ADMINISTRATOR)
        self.remove("sysadmin", "--force")
        assert not SecondFactor.objects.filter(user=sysadmin).exists()
        assert AuditEntry.objects.latest("id").details["others"] == "second, third"

    def test_without_a_factor_or_a_user_it_says_so(self, sysadmin):
        with pytest.raises(CommandError, match="没有"):
            self.remove()
        with pytest.raises(CommandError, match="nobody"):
            self.remove("nobody")
