"""How the site starts, and when it refuses to."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from jygroups.lib import keys

PROJECT = Path(__file__).resolve().parents[1]
SECRETS = dict(line.split("=", 1) for line in keys.fresh().splitlines())


def settings_of(expression: str, **environment) -> subprocess.CompletedProcess:
    """The settings of a fresh process."""
    ours = {"DATABASE_URL", "DATA_DIR", "DEBUG", "HTTPS", "SECOND_FACTOR", "DJANGO_SETTINGS_MODULE", *keys.NAMES}
    return subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({expression})"],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name not in ours}
        | {"DJANGO_SETTINGS_MODULE": "jygroups.settings"}
        | environment,
        capture_output=True,
        text=True,
    )


def imported(statements: str) -> list[str]:
    """The modules that a fresh process has imported after these statements, without those that measure coverage."""
    program = f"import sys; {statements}; print(*sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_a_command_starts_without_the_heavy_libraries():
    ours = {"jygroups", "registry", "subsidies"}
    foreign = [name for name in imported("import django; django.setup()") if name.partition(".")[0] not in ours]
    assert len(foreign) < 850
    libraries = {"cn2an", "msoffcrypto", "openpyxl", "pypinyin", "python_calamine", "xlwt"}
    assert libraries.isdisjoint(imported("import django; django.setup(); import jygroups.urls"))


def test_a_trial_makes_its_keys_once_for_its_owner_alone(tmp_path):
    first = settings_of("settings.SECRET_KEY", DATA_DIR=str(tmp_path / "var"))
    second = settings_of("settings.SECRET_KEY", DATA_DIR=str(tmp_path / "var"))
    assert len(first.stdout.strip()) > 50
    assert first.stdout == second.stdout
    assert stat.S_IMODE((tmp_path / "var/keys.env").stat().st_mode) == 0o600


def test_a_trial_that_lost_its_keys_makes_no_others(tmp_path):
    (tmp_path / "db.sqlite3").touch()
    answer = settings_of("settings.SECRET_KEY", DATA_DIR=str(tmp_path))
    assert answer.returncode != 0
    assert "keys.env is missing" in answer.stderr
    assert not (tmp_path / "keys.env").exists()


@pytest.mark.parametrize("missing", SECRETS)
def test_a_real_database_without_secrets_is_refused_with_the_cure(tmp_path, missing):
    given = {name: value for name, value in SECRETS.items() if name != missing}
    answer = settings_of("settings.DEBUG", DATABASE_URL=f"sqlite:///{tmp_path}/db", DATA_DIR=str(tmp_path), **given)
    assert answer.returncode != 0
    assert missing in answer.stderr
    assert "python -m jygroups.lib.keys" in answer.stderr
    assert not (tmp_path / "keys.env").exists()


def test_a_key_whose_id_is_given_twice_is_refused_at_the_start(tmp_path):
    twice = SECRETS | {"DATA_KEYS": f"k1:{keys.data_key()},{SECRETS['DATA_KEYS']}"}
    answer = settings_of("settings.DEBUG", DATABASE_URL=f"sqlite:///{tmp_path}/db", DATA_DIR=str(tmp_path), **twice)
    assert answer.returncode != 0
    assert "DATA_KEYS holds two keys with the id k1" in answer.stderr


@pytest.mark.parametrize("name", ["DEBUG", "HTTPS", "SESSION_COOKIE_SECURE"])
def test_a_trial_is_plain_http_and_never_debugs_unasked(tmp_path, name):
    assert settings_of(f"settings.{name}", DATA_DIR=str(tmp_path)).stdout.strip() == "False"


REAL = {"DATABASE_URL": "postgres://u:p@127.0.0.1/x", **SECRETS}


def test_a_real_site_is_https_with_host_cookies(tmp_path):
    answer = settings_of(
        "settings.HTTPS, settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_NAME, settings.SECURE_HSTS_SECONDS > 0",
        DATA_DIR=str(tmp_path),
        **REAL,
    )
    assert answer.stdout.strip() == "True True __Host-sessionid True"


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, "optional"),
        (REAL, "required"),
        (REAL | {"SECOND_FACTOR": "optional"}, "optional"),
        ({"SECOND_FACTOR": "off"}, ""),
    ],
)
def test_a_real_site_demands_a_second_factor_unless_it_is_made_optional(tmp_path, environment, found):
    answer = settings_of("settings.SECOND_FACTOR", DATA_DIR=str(tmp_path), **environment)
    assert answer.stdout.strip() == found
    assert ("not «off»" in answer.stderr) is (not found)


def test_the_check_before_deployment_finds_nothing(tmp_path):
    tests_own = {"HTTPS", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment = {name: value for name, value in os.environ.items() if name not in tests_own}
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT,
        env=environment
        | SECRETS
        | {"DATABASE_URL": "postgres://u:p@127.0.0.1/x", "DJANGO_SETTINGS_MODULE": "jygroups.settings"}
        | {"TRUSTED_PROXIES": "10.0.0.1, unix"},
        capture_output=True,
        text=True,
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_fresh_set_of_keys_is_complete_and_never_the_same(capsys):
    one, two = keys.fresh(), keys.fresh()
    assert [line.partition("=")[0] for line in one.splitlines()] == list(keys.NAMES)
    assert not set(one.splitlines()) & set(two.splitlines())


def test_setup_is_safe_to_repeat(db):
    from tests.registry.imports.roster_rows import contents

    call_command("setup")
    before = contents()
    call_command("setup")
    assert contents() == before


PROVIDER = {
    "OIDC_ISSUER": "https://id.example.gov.cn", "OIDC_CLIENT_ID": "jygroups", "OIDC_CLIENT_SECRET": "secret",
    "OIDC_AUTHORIZATION_URL": "https://id.example.gov.cn/authorize",
    "OIDC_TOKEN_URL": "https://id.example.gov.cn/token", "OIDC_JWKS_URL": "https://id.example.gov.cn/jwks",
}  # fmt: skip


def test_an_identity_provider_is_off_until_it_is_configured_in_full(tmp_path):
    def answer(**environment):
        return settings_of("settings.OIDC_ISSUER, settings.OIDC_USE_PKCE", DATA_DIR=str(tmp_path), **environment)

    assert answer().stdout.strip() == "True"
    assert answer(**REAL, **PROVIDER).stdout.strip() == "https://id.example.gov.cn True"
    wrong = {
        "OIDC_CLIENT_SECRET": {name: value for name, value in PROVIDER.items() if name != "OIDC_CLIENT_SECRET"},
        "not «HS256»": PROVIDER | {"OIDC_ALGORITHM": "HS256"},
        "not «none»": PROVIDER | {"OIDC_ALGORITHM": "none"},
        "https alone, not at http://id": PROVIDER | {"OIDC_TOKEN_URL": "http://id.example.gov.cn/token"},
    }
    for reason, given in wrong.items():
        refused = answer(**REAL, **given)
        assert (refused.returncode, reason in refused.stderr) == (1, True), refused.stderr
