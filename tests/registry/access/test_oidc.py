"""Signing in at an identity provider: a real one on this machine, over HTTP, and what a false one would try."""

import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.factors import services as factors
from registry.access.oidc import accounts
from registry.models import Act, AuditEntry, ProviderAccount, User
from tests import factories
from tests.registry.access import identity_provider
from tests.registry.access.test_factors import app_code, set_up

SIGN_IN, CALLBACK = "/oidc/", "/oidc/callback/"


@pytest.fixture
def provider(settings, db):
    cache.clear()
    with identity_provider.running() as found:
        settings.OIDC_ISSUER = found.url
        settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = identity_provider.CLIENT, identity_provider.SECRET
        settings.OIDC_OP_AUTHORIZATION_ENDPOINT = f"{found.url}/authorize"
        settings.OIDC_OP_TOKEN_ENDPOINT = f"{found.url}/token"
        settings.OIDC_OP_JWKS_ENDPOINT = f"{found.url}/jwks"
        settings.OIDC_OP_USER_ENDPOINT = f"{found.url}/userinfo"
        settings.OIDC_RP_SIGN_ALGO = "RS256"
        yield found


def to_provider(client, address=SIGN_IN) -> str:
    """The browser at the provider: the address that it is sent back to."""
    asked = client.get(address)["Location"]
    return requests.get(asked, allow_redirects=False, timeout=10).headers["Location"].replace("http://testserver", "")


def come_back(client, address=SIGN_IN):
    return client.get(to_provider(client, address))


def entries() -> list[tuple]:
    return list(AuditEntry.objects.order_by("id").values_list("act", "subject", "details__what"))


def test_the_page_has_the_button_only_where_a_provider_is_configured(client, provider, settings):
    page = client.get(reverse("login") + "?next=/roles/")
    assert "统一身份认证" in page.text
    assert 'href="/oidc/?next=%2Froles%2F"' in page.text
    assert "form-action 'self'" in page["Content-Security-Policy"]
    settings.OIDC_ISSUER = ""
    assert "统一身份认证" not in client.get(reverse("login")).text
    for address in (SIGN_IN, CALLBACK):
        assert client.get(address)["Location"] == reverse("login")


def test_who_is_known_here_is_signed_in_and_led_to_the_page_asked_for(client, secretary, provider):
    answer = come_back(client, f"{SIGN_IN}?next=/roles/")
    assert (answer.status_code, answer["Location"]) == (302, "/roles/")
    assert client.get("/roles/").status_code == 200
    assert int(client.session["_auth_user_id"]) == secretary.pk
    assert entries() == [
        (Act.PROVIDER_ACCOUNT, "secretary", "bound"),
        (Act.SIGN_IN, "secretary", "identity provider"),
    ]
    assert User.objects.count() == 1
    assert not [name for name in dict(client.session.items()) if "token" in name]


def test_nobody_is_added_and_who_may_not_sign_in_reads_why(client, secretary, provider):
    User.objects.filter(pk=secretary.pk).update(is_active=False)
    for name in ("newcomer", "secretary", "Secretary"):
        provider.name = name
        answer = come_back(client)
        assert (answer.status_code, name in answer.text) == (403, True)
        assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1
    assert {act for act, *_rest in entries()} == {Act.SIGN_IN_FAILED}
    assert "newcomer" not in str(entries())


def test_the_superuser_for_repair_never_comes_from_there(client, provider):
    User.objects.create_superuser("root", name="root", password="secret")
    provider.name = "root"
    assert come_back(client).status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_name_that_comes_too_often_is_locked_as_after_wrong_passwords(client, secretary, provider):
    User.objects.filter(pk=secretary.pk).update(is_active=False)
    assert [come_back(client).status_code for _ in range(5)] == [403] * 4 + [429]
    assert [act for act, *_rest in entries()] == [Act.SIGN_IN_FAILED, Act.LOCKED]


def test_an_address_that_is_locked_gets_no_further(secretary, provider, settings):
    settings.FAILURES_PER_ADDRESS = 1
    client = Client(REMOTE_ADDR="203.0.113.9")
    client.post(reverse("login"), {"username": "secretary", "password": "wrong"})
    assert come_back(client).status_code == 429
    assert "_auth_user_id" not in client.session


class TestAnotherAccount:
    """The name is one that a provider may give again; the account (`sub`) is not."""

    def test_the_first_sign_in_binds_the_account_and_another_of_the_name_is_refused(self, secretary, provider):
        assert [come_back(Client()).status_code for _ in range(2)] == [302, 302]
        account = ProviderAccount.objects.get()
        assert (account.user, account.issuer, account.subject) == (secretary, provider.url, "number of secretary")
        provider.subject = "number of the successor"
        client = Client()
        answer = come_back(client)
        assert answer.status_code == 403
        for words in ("另一个账号", "系统管理员"):
            assert words in answer.text
        assert "_auth_user_id" not in client.session
        assert entries()[-1] == (Act.SIGN_IN_FAILED, "secretary", "another account")
        assert ProviderAccount.objects.get().subject == account.subject

    def test_an_account_bound_to_one_user_signs_no_other_in(self, secretary, clerk, provider):
        come_back(Client())
        provider.name, provider.subject = "clerk", "number of secretary"
        assert come_back(Client()).status_code == 403
        assert not ProviderAccount.objects.filter(user=clerk).exists()

    def test_another_account_confirms_nothing(self, secretary, provider):
        client = Client()
        come_back(client)
        provider.subject = "number of the successor"
        answer = come_back(client)
        assert (answer.status_code, "未能确认" in answer.text) == (403, True)
        assert "confirmed_at" not in client.session

    def test_a_confirmation_binds_too(self, client, secretary, provider):
        client.force_login(secretary)
        assert come_back(client).status_code == 302
        assert ProviderAccount.objects.get().user == secretary

    def test_each_provider_has_accounts_of_its_own(self, secretary, provider, settings):
        ProviderAccount.objects.create(
            user=secretary, issuer="https://former.example", subject="7", bound_at=timezone.now()
        )
        assert come_back(Client()).status_code == 302
        assert ProviderAccount.objects.filter(user=secretary).count() == 2

    def test_who_administers_the_user_releases_it_after_the_password(self, secretary, clerk, provider):
        theirs = Client()
        come_back(theirs)
        client = Client()
        client.force_login(clerk)
        page = reverse("user-account-release", args=[secretary.pk])
        assert page in client.get(secretary.get_absolute_url()).text
        assert client.post(page)["Location"].startswith(reverse("confirm-password"))
        client.post(reverse("confirm-password"), {"password": "secret"})
        assert "secretary" in client.get(page).text
        assert client.post(page)["Location"] == secretary.get_absolute_url()
        assert entries()[-1] == (Act.PROVIDER_ACCOUNT, "secretary", "released")
        assert theirs.get("/roles/")["Location"].startswith(reverse("login"))
        assert page not in client.get(secretary.get_absolute_url()).text
        assert client.post(page)["Location"] == secretary.get_absolute_url()  # there is none any more
        provider.subject = "number of the successor"
        assert come_back(Client()).status_code == 302
        assert ProviderAccount.objects.get().subject == "number of the successor"

    def test_nobody_releases_that_of_a_user_whom_another_administers(self, secretary, finance, clerk, provider):
        provider.name = "finance"
        come_back(Client())
        for actor in (clerk, secretary, finance):
            with pytest.raises(PermissionDenied):
                accounts.release(finance, actor=actor)


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def required(self, settings):
        settings.SECOND_FACTOR = "required"

    def test_ours_is_asked_for_unless_the_providers_is_accepted(self, clerk, provider, settings):
        set_up(clerk)
        provider.name, provider.token = "clerk", {"amr": ["pwd", "mfa"]}
        client = Client()
        come_back(client)
        assert client.get("/roles/")["Location"].startswith(reverse("second-factor"))
        client.post(reverse("second-factor"), {"code": app_code(clerk)})
        assert client.get("/roles/").status_code == 200
        settings.OIDC_SECOND_FACTOR = ["acr=gold", "amr=mfa"]
        client = Client()
        come_back(client)
        assert client.get("/roles/").status_code == 200

    def test_who_has_none_here_sets_one_up_unless_the_providers_is_accepted(self, clerk, provider, settings):
        provider.name, provider.token = "clerk", {"amr": ["pwd"], "acr": "gold"}
        settings.OIDC_SECOND_FACTOR = ["amr=mfa"]
        client = Client()
        come_back(client)
        assert client.get("/roles/")["Location"].startswith(reverse("second-factor-set-up"))
        settings.OIDC_SECOND_FACTOR = ["amr=mfa", "acr=gold"]
        client = Client()
        come_back(client)
        assert client.get("/roles/").status_code == 200


class TestConfirming:
    """The password again, for who has none here."""

    @pytest.fixture
    def client(self, secretary, provider):
        secretary.set_unusable_password()
        secretary.save()
        client = Client()
        come_back(client)
        return client

    def test_signing_in_again_there_counts_as_the_password_again(self, client):
        page = client.get(reverse("confirm-password") + "?next=/roles/")
        assert 'name="password"' not in page.text
        assert 'href="/oidc/?next=%2Froles%2F"' in page.text
        asked = parse_qs(urlsplit(client.get(SIGN_IN)["Location"]).query)
        assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
        before = client.session["signed_in_at"]
        assert come_back(client, f"{SIGN_IN}?next=/roles/")["Location"] == "/roles/"
        assert time.time() - client.session["confirmed_at"] < 60
        assert client.session["signed_in_at"] == before
        assert client.get(reverse("password"))["Location"] == reverse("account")

    @pytest.mark.parametrize("token", [{"auth_time": 1_000}, {"auth_time": None}, {"auth_time": "now"}])
    def test_an_older_sign_in_there_is_not_enough(self, client, provider, token):
        provider.token = token
        assert come_back(client).status_code == 403
        assert "confirmed_at" not in client.session

    def test_a_sign_in_there_counts_once(self, client, provider):
        now = int(time.time())
        for auth_time, status in [(now - 3600, 403), (now, 302), (now, 403), (now + 1, 302)]:
            provider.token = {"auth_time": auth_time}
            assert come_back(client).status_code == status

    def test_a_sign_in_there_just_before_the_one_here_is_not_enough(self, secretary, provider):
        provider.token = {"auth_time": int(time.time())}
        client = Client()
        assert [come_back(client).status_code for _ in range(2)] == [302, 403]
        assert "confirmed_at" not in client.session

    def test_another_person_confirms_nothing(self, client, clerk, provider):
        provider.name = "clerk"
        assert come_back(client).status_code == 403
        assert "confirmed_at" not in client.session
        assert int(client.session["_auth_user_id"]) == User.objects.get(username="secretary").pk

    def test_a_whole_number_is_shown_only_after_it(self, client, community):
        member = factories.member(community)
        address = reverse("reveal", args=[member.pk, "id_number"])
        asked = client.post(address, {"purpose": "to check"})
        assert asked["Location"].startswith(reverse("confirm-password"))
        come_back(client)
        assert member.id_number in client.post(address, {"purpose": "to check"}).text


def unsigned(provider):
    return lambda claims: jwt.encode(claims, None, "none", {"kid": "1"})


def with_the_clients_secret(provider):
    return lambda claims: jwt.encode(claims, identity_provider.SECRET, "HS256", {"kid": "1"})


def by_another(provider):
    return identity_provider.IdentityProvider(provider.url).sign


def without_a_key(provider):
    return lambda claims: jwt.encode(claims, provider.key, "RS256")


class TestAttacks:
    @pytest.mark.parametrize(
        "token",
        [
            {"iss": "https://elsewhere.example"},
            {"aud": "another application"},
            {"aud": ["jygroups", "another application"]},
            {"aud": ["jygroups", "another"], "azp": "another"},
            {"nonce": "another"},
            {"nonce": None},
            {"exp": 1_000},
            {"exp": None},
            {"iat": 4_000_000_000},
            {"sub": "number of another"},
        ],
        ids=str,
    )
    def test_a_token_that_is_not_for_this_sign_in_is_refused(self, client, secretary, provider, token):
        provider.token = token
        self.assert_refused(client)

    @pytest.mark.parametrize("sign", [unsigned, with_the_clients_secret, by_another, without_a_key])
    def test_a_token_that_the_provider_has_not_signed_is_refused(self, client, secretary, provider, sign):
        provider.sign = sign(provider)
        self.assert_refused(client)

    @pytest.mark.parametrize("answer", [(500, {}), (200, {}), (200, {"id_token": "a.b.c"}), (200, {"id_token": 5})])
    def test_an_answer_that_is_none_is_refused(self, client, secretary, provider, answer):
        provider.exchange = lambda form: answer
        self.assert_refused(client)

    def test_a_provider_that_is_away_gives_a_page(self, client, secretary, provider, settings):
        settings.OIDC_OP_TOKEN_ENDPOINT = "http://127.0.0.1:1/token"
        self.assert_refused(client)

    @pytest.mark.parametrize("subject", ["", "1" * 256])
    def test_an_account_that_cannot_be_told_from_others_is_refused(self, client, secretary, provider, subject):
        provider.subject = subject
        self.assert_refused(client)

    def assert_refused(self, client):
        answer = come_back(client)
        assert answer.status_code == 403
        assert "_auth_user_id" not in client.session
        assert [act for act, *_rest in entries()] == [Act.SIGN_IN_FAILED]

    def test_a_state_counts_once_and_in_the_browser_that_asked(self, client, secretary, provider):
        address = to_provider(client)
        assert Client().get(address).status_code == 403
        assert client.get(address).status_code == 302
        client.post(reverse("logout"))
        provider.codes = {parse_qs(urlsplit(address).query)["code"][0]: {}}
        assert client.get(address).status_code == 403
        assert client.get(f"{CALLBACK}?code=1&state=").status_code == 403
        assert client.get(f"{CALLBACK}?error=access_denied").status_code == 403

    def test_a_page_elsewhere_cannot_lock_the_address(self, secretary, provider, settings):
        settings.FAILURES_PER_ADDRESS = 2
        client = Client(REMOTE_ADDR="203.0.113.9")
        assert [client.get(f"{CALLBACK}?state=x").status_code for _ in range(4)] == [403] * 4
        assert entries() == []
        to_provider(client, f"{SIGN_IN}?next=/roles/")
        client.get(f"{CALLBACK}?state=x")
        assert client.session["oidc_login_next"] == "/roles/"

    def test_answers_that_cannot_be_used_lock_the_address_for_a_while(self, secretary, provider, settings):
        settings.FAILURES_PER_ADDRESS = 2
        provider.exchange = lambda form: (500, {})
        client = Client(REMOTE_ADDR="203.0.113.9")
        assert [come_back(client).status_code for _ in range(3)] == [403, 403, 429]

    def test_a_page_elsewhere_cannot_sign_anybody_out(self, client, secretary, provider):
        come_back(client)
        assert client.get(f"{CALLBACK}?error=x&state=y")["Location"] == reverse("home")
        assert client.get("/roles/").status_code == 200

    @pytest.mark.parametrize("onward", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
    def test_it_never_leads_off_the_site(self, client, secretary, provider, onward):
        assert come_back(client, f"{SIGN_IN}?next={onward}")["Location"] == reverse("workbench")

    def test_neither_code_nor_state_is_kept_of_a_failure(self, client, secretary, provider):
        from axes.models import AccessAttempt

        provider.name = "newcomer"
        address = to_provider(client)
        client.get(address)
        kept = AccessAttempt.objects.get().get_data
        assert not [each for values in parse_qs(urlsplit(address).query).values() for each in values if each in kept]


def test_a_user_is_added_without_a_password_here(sysadmin, provider, client):
    client.force_login(sysadmin)
    client.post(reverse("confirm-password"), {"password": "secret"})
    fields = {
        "username": "zhang",
        "name": "张三",
        "without_password": "on",
        "role": "auditor",
        "first_day": "2026-01-01",
    }
    answer = client.post(reverse("user-add"), fields)
    added = User.objects.get(username="zhang")
    assert (answer.status_code, answer["Location"]) == (302, added.get_absolute_url())
    assert not added.has_usable_password()
    assert not added.must_change_password
    assert (Act.PASSWORD, "zhang", "no password") in entries()
    assert factors.codes_left(added) == 0


def test_a_one_time_password_need_not_be_changed_by_who_signs_in_there(secretary, provider):
    User.objects.filter(pk=secretary.pk).update(must_change_password=True)
    client = Client()
    come_back(client)
    assert client.get("/roles/").status_code == 200
