"""Two-step verification: who has to set it up, how it is asked for, what throttles guessing, and how it ends."""

import re
from base64 import b32decode
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from registry.access.factors import services as factors
from registry.models import Act, AuditEntry, RecoveryCode, SecondFactor, User

PHONE_OFF = "000000"  # not checked against the secret: one try in a million would be right


@pytest.fixture(autouse=True)
def required(settings):
    settings.SECOND_FACTOR = "required"


def app_code(user, moment=None) -> str:
    """What the user's app shows; the one that is being set up, if there is one."""
    factor = SecondFactor.objects.get(user=user)
    totp = TOTP(bytes.fromhex(factor.pending or factor.secret))
    totp.time = (moment or timezone.now()).timestamp()
    return f"{totp.token():06}"


def set_up(user) -> list[str]:
    """Give the user a factor, and return its recovery codes, which are noted."""
    factors.being_set_up(user)
    codes = factors.set_up(user, app_code(user, timezone.now() - timedelta(seconds=30)))
    assert codes
    factors.note_codes(user)
    return codes


def with_password(user) -> Client:
    client = Client()
    client.post(reverse("login"), {"username": user.username, "password": "secret"})
    return client


def page_of(client, address=None) -> str:
    """Where the client is led who asks for a page; empty where it is shown."""
    answer = client.get(address or reverse("roles"))
    return answer["Location"].split("?")[0] if answer.status_code == 302 else ""


def confirmed(client) -> Client:
    client.post(reverse("confirm-password"), {"password": "secret"})
    return client


class TestWhoNeedsOne:
    @pytest.mark.parametrize("role", ["sysadmin", "clerk", "leader", "finance", "civil"])
    def test_a_role_that_decides_or_administers_sets_one_up_before_its_first_page(self, role, request):
        client = with_password(request.getfixturevalue(role))
        for address in (reverse("workbench"), reverse("roles"), "/admin/", reverse("account"), reverse("password")):
            assert page_of(client, address) == reverse("second-factor-set-up")
        assert client.post(reverse("second-factor-off")).status_code == 302
        answer = client.get(reverse("workbench"), headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == reverse("second-factor-set-up")

    @pytest.mark.parametrize("role", ["secretary", "auditor"])
    def test_other_roles_may_set_one_up(self, role, request):
        user = request.getfixturevalue(role)
        assert page_of(with_password(user)) == ""
        set_up(user)
        assert page_of(with_password(user)) == reverse("second-factor")

    def test_the_superuser_of_the_command_line_sets_one_up_too(self, db):
        root = User.objects.create_superuser("root", name="root", password="secret")
        assert page_of(with_password(root), "/admin/") == reverse("second-factor-set-up")

    def test_none_is_demanded_where_the_setting_makes_it_optional(self, finance, settings):
        settings.SECOND_FACTOR = "optional"
        assert page_of(with_password(finance)) == ""
        set_up(finance)
        assert page_of(with_password(finance)) == reverse("second-factor")

    def test_a_post_given_during_a_session_demands_it_at_the_next_page(self, secretary):
        client = with_password(secretary)
        assert page_of(client) == ""
        secretary.posts.create(role="finance", first_day="2020-01-01")
        assert page_of(client) == reverse("second-factor-set-up")

    def test_a_post_given_after_the_factor_was_switched_off_demands_another(self, secretary):
        set_up(secretary)
        client = with_password(secretary)
        client.post(reverse("second-factor"), {"code": app_code(secretary)})
        assert confirmed(client).post(reverse("second-factor-off")).status_code == 302
        assert page_of(client) == ""
        secretary.posts.create(role="finance", first_day="2020-01-01")
        assert page_of(client) == reverse("second-factor-set-up")


class TestSettingUp:
    def test_the_page_shows_the_secret_as_picture_and_text_and_a_code_of_the_app_confirms_it(self, clerk):
        client = with_password(clerk)
        page = reverse("second-factor-set-up")
        text = client.get(page + "?next=/roles/").text
        [secret] = re.findall(r'class="secret">([A-Z2-7 ]+)<', text)
        assert b32decode(secret.replace(" ", "")).hex() == SecondFactor.objects.get(user=clerk).pending
        assert '<svg viewBox="' in text
        assert " style=" not in text
        assert "otpauth://totp/" in text
        assert client.get(page).text.count(secret) == 1  # the same, until it is confirmed
        assert client.post(page, {"code": PHONE_OFF}).status_code == 422
        answer = client.post(page + "?next=/roles/", {"code": app_code(clerk)})
        codes = re.findall(r"<li>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</li>", answer.text)
        assert len(set(codes)) == factors.RECOVERY_CODES == factors.codes_left(clerk)
        assert f'action="{reverse("recovery-codes")}?next=%2Froles%2F"' in answer.text
        assert page_of(client) == reverse("recovery-codes")
        assert client.post(reverse("recovery-codes") + "?next=/roles/", {"noted": ""})["Location"] == "/roles/"
        assert page_of(client) == ""

    def test_a_secret_that_another_session_was_shown_counts_no_more(self, clerk):
        page = reverse("second-factor-set-up")
        with_password(clerk).get(page)
        client, before = with_password(clerk), SecondFactor.objects.get(user=clerk).pending
        assert client.post(page, {"code": app_code(clerk)}).status_code == 422
        assert SecondFactor.objects.get(user=clerk).pending != before
        assert client.post(page, {"code": app_code(clerk)}).status_code == 200

    def test_codes_that_were_not_noted_are_made_again_before_any_other_page(self, clerk):
        client = with_password(clerk)
        client.get(reverse("second-factor-set-up"))
        client.post(reverse("second-factor-set-up"), {"code": app_code(clerk, timezone.now() - timedelta(seconds=30))})
        client.post(reverse("logout"))
        client = with_password(clerk)
        client.post(reverse("second-factor"), {"code": app_code(clerk)})
        assert page_of(client, reverse("account")) == reverse("recovery-codes")
        assert "恢复码尚未记下" in client.get(reverse("recovery-codes")).text
        codes = re.findall(r"<li>([a-z2-9-]{14})</li>", client.post(reverse("recovery-codes"), {"renew": ""}).text)
        assert len(codes) == factors.RECOVERY_CODES
        assert page_of(client) == reverse("recovery-codes")
        assert client.post(reverse("recovery-codes"), {"noted": ""})["Location"] == reverse("home")
        assert page_of(client) == ""
        assert factors.check(clerk, codes[0])

    def test_another_phone_takes_over_once_it_is_confirmed(self, clerk):
        [code, *_] = set_up(clerk)
        client = with_password(clerk)
        client.post(reverse("second-factor"), {"code": app_code(clerk)})
        page, before = reverse("second-factor-set-up"), SecondFactor.objects.get(user=clerk)
        assert page_of(client, page) == reverse("confirm-password")
        assert "更换手机" in confirmed(client).get(page).text
        assert client.post(page, {"code": code}).status_code == 422  # a recovery code confirms no app
        assert factors.codes_left(clerk) == factors.RECOVERY_CODES
        assert SecondFactor.objects.get(user=clerk).secret == before.secret
        assert client.post(page, {"code": app_code(clerk)})["Location"] == reverse("account")
        after = SecondFactor.objects.get(user=clerk)
        assert (after.secret != before.secret, after.pending) == (True, "")
        assert factors.codes_left(clerk) == factors.RECOVERY_CODES
        with time_machine.travel(timezone.now() + timedelta(minutes=5)):
            later, old = app_code(clerk), TOTP(bytes.fromhex(before.secret))
            old.time = timezone.now().timestamp()
            assert not factors.check(clerk, f"{old.token():06}")
            assert factors.check(clerk, later)
        assert AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="app changed", user=clerk).exists()

    def test_neither_secret_nor_recovery_codes_stand_in_the_database(self, clerk):
        codes = set_up(clerk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM registry_secondfactor")
            [(stored,)] = cursor.fetchall()
            cursor.execute("SELECT digest FROM registry_recoverycode")
            digests = {digest for (digest,) in cursor.fetchall()}
        assert stored.startswith("a2:")
        assert SecondFactor.objects.get().secret not in stored
        assert all(code.replace("-", "") not in digests for code in codes)

    def test_who_need_not_have_one_types_the_password_first(self, secretary):
        client = Client()
        client.force_login(secretary)
        assert page_of(client, reverse("second-factor-set-up")) == reverse("confirm-password")
        assert client.post(reverse("second-factor-set-up"), {"code": PHONE_OFF}).status_code == 302


class TestSigningIn:
    def test_nothing_opens_before_the_code_and_the_page_asked_for_opens_after_it(self, clerk):
        set_up(clerk)
        client = with_password(clerk)
        asked = client.get("/roles/?a=1")
        assert asked["Location"] == reverse("second-factor") + "?next=%2Froles%2F%3Fa%3D1"
        for address in ("/admin/", reverse("account"), reverse("second-factor-set-up"), reverse("recovery-codes")):
            assert page_of(client, address) == reverse("second-factor")
        for address in (reverse("second-factor-off"), reverse("recovery-codes"), reverse("confirm-password")):
            assert client.post(address, {"password": "secret"})["Location"] == reverse("second-factor")
        before = client.session.session_key
        assert client.post(asked["Location"], {"code": app_code(clerk)})["Location"] == "/roles/?a=1"
        assert client.session.session_key != before
        assert page_of(client) == ""
        assert page_of(with_password(clerk)) == reverse("second-factor")

    def test_it_never_leads_off_the_site(self, clerk):
        set_up(clerk)
        page = reverse("second-factor") + "?next=https://elsewhere.example/"
        assert with_password(clerk).post(page, {"code": app_code(clerk)})["Location"] == "/"

    def test_a_one_time_password_is_changed_only_after_the_code(self, secretary):
        set_up(secretary)
        User.objects.filter(pk=secretary.pk).update(must_change_password=True)
        client = with_password(secretary)
        assert page_of(client, reverse("password")) == reverse("second-factor")
        client.post(reverse("second-factor"), {"code": app_code(secretary)})
        assert page_of(client) == reverse("password")

    def test_a_code_counts_once_and_for_ninety_seconds(self, clerk):
        set_up(clerk)
        code = app_code(clerk)
        assert factors.check(clerk, code)
        assert not factors.check(clerk, code)
        later = timezone.now() + timedelta(hours=1)
        with time_machine.travel(later):
            assert not factors.check(clerk, app_code(clerk, later - timedelta(seconds=61)))
            assert factors.check(clerk, app_code(clerk, later - timedelta(seconds=30)))

    def test_a_recovery_code_counts_once_however_it_is_written(self, clerk):
        one, two, *_ = set_up(clerk)
        client = with_password(clerk)
        assert client.post(reverse("second-factor"), {"code": f" {one.upper().replace('-', ' ')}"}).status_code == 302
        assert "已使用一个恢复码，剩余9个" in client.get(reverse("roles")).text
        again = with_password(clerk).post(reverse("second-factor"), {"code": one})
        assert again.status_code == 422
        assert "恢复码错误或已使用" in again.text
        assert factors.check(clerk, two)
        assert factors.codes_left(clerk) == factors.RECOVERY_CODES - 2
        assert AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="recovery code used").count() == 2

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "²²²²²²", "１２３４５６", "a" * 40, "\0", "000000'--"])
    def test_a_malformed_code_is_refused(self, clerk, code):
        set_up(clerk)
        assert with_password(clerk).post(reverse("second-factor"), {"code": code}).status_code == 422

    def test_guessing_waits_longer_each_time_and_is_logged(self, clerk):
        set_up(clerk)
        moment, waits = timezone.now(), []
        for _ in range(14):
            with time_machine.travel(moment, tick=False):
                answer = with_password(clerk).post(reverse("second-factor"), {"code": PHONE_OFF})
                assert "验证码错误、" in answer.text
                until = factors.wait_until(SecondFactor.objects.get(user=clerk))
            waits.append((until - moment).total_seconds() if until else 0)
            moment = until or moment
        assert waits[:6] == [0, 0, 30, 60, 120, 240]
        assert waits[-1] == 15 * 60
        assert AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="wrong code", user=clerk).count() == 14

    def test_no_code_is_taken_while_one_has_to_wait_and_the_right_one_ends_it(self, clerk):
        set_up(clerk)
        start = timezone.now()
        with time_machine.travel(start, tick=False):
            for _ in range(3):
                factors.check(clerk, PHONE_OFF)
            answer = with_password(clerk).post(reverse("second-factor"), {"code": app_code(clerk)})
            assert (answer.status_code, "30秒" in answer.text) == (422, True)
        later = start + timedelta(seconds=31)
        with time_machine.travel(later, tick=False):
            assert factors.check(clerk, app_code(clerk, later))
            assert SecondFactor.objects.get(user=clerk).failures == 0


class TestEnding:
    def test_new_recovery_codes_end_the_former_ones(self, clerk):
        [old, *_] = set_up(clerk)
        client = with_password(clerk)
        client.post(reverse("second-factor"), {"code": app_code(clerk)})
        assert "新的恢复码" in confirmed(client).get(reverse("recovery-codes")).text
        answer = client.post(reverse("recovery-codes"))
        assert len(re.findall(r"<li>[a-z2-9-]{14}</li>", answer.text)) == factors.RECOVERY_CODES
        assert not factors.check(clerk, old)
        assert RecoveryCode.objects.count() == factors.RECOVERY_CODES

    def test_who_need_not_have_it_switches_it_off_after_the_password(self, secretary):
        set_up(secretary)
        client = Client()
        client.force_login(secretary)
        client.post(reverse("second-factor"), {"code": app_code(secretary)})
        assert client.post(reverse("second-factor-off"))["Location"].startswith(reverse("confirm-password"))
        assert client.get(reverse("account")).text.count(reverse("second-factor-off")) == 1
        assert confirmed(client).post(reverse("second-factor-off"))["Location"] == reverse("account")
        assert not SecondFactor.objects.exists()
        assert AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="removed", user=secretary).exists()

    def test_who_must_have_it_cannot_switch_it_off(self, clerk):
        set_up(clerk)
        client = with_password(clerk)
        client.post(reverse("second-factor"), {"code": app_code(clerk)})
        assert confirmed(client).post(reverse("second-factor-off")).status_code == 403
        assert reverse("second-factor-off") not in client.get(reverse("account")).text
        with pytest.raises(PermissionDenied):
            factors.remove(clerk, actor=clerk)

    def test_who_keeps_the_user_removes_a_lost_one_after_the_password(self, clerk, secretary, sysadmin, settings):
        settings.SECOND_FACTOR = "optional"
        set_up(secretary)
        client = Client()
        client.force_login(clerk)
        page = reverse("user-second-factor-remove", args=[secretary.pk])
        assert page in client.get(secretary.get_absolute_url()).text
        assert client.post(page)["Location"].startswith(reverse("confirm-password"))
        assert SecondFactor.objects.exists()
        assert "本人" in confirmed(client).get(page).text
        assert client.post(page).status_code == 422
        assert client.post(page, {"reason": "手机丢失"})["Location"] == secretary.get_absolute_url()
        assert not SecondFactor.objects.exists()
        [entry] = AuditEntry.objects.filter(act=Act.SECOND_FACTOR, details__what="removed")
        assert (entry.user, entry.subject, entry.details["reason"]) == (clerk, "secretary", "手机丢失")
        assert "手机丢失" in client.get(secretary.get_absolute_url()).text
        assert "手机丢失" in confirmed(with_password(secretary)).get(reverse("second-factor-set-up")).text
        assert page not in client.get(secretary.get_absolute_url()).text

    def test_nobody_removes_that_of_a_user_he_does_not_keep(self, clerk, secretary, finance):
        set_up(finance)
        for actor in (clerk, secretary):
            with pytest.raises(PermissionDenied):
                factors.remove(finance, actor=actor)
