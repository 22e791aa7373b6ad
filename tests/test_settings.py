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
    """What a fresh process says of its settings."""
    ours = {"DATABASE_URL", "DATA_DIR", "DEBUG", "HTTPS", "DJANGO_SETTINGS_MODULE", *keys.NAMES}
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
    """The modules that a fresh process has imported after these statements."""
    program = f"import sys; {statements}; print(*sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_command_starts_without_the_heavy_libraries():
    assert len(imported("import django; django.setup()")) < 1000
    libraries = {"cn2an", "msoffcrypto", "openpyxl", "pypinyin", "python_calamine"}
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


@pytest.mark.parametrize("name", ["DEBUG", "HTTPS", "SESSION_COOKIE_SECURE"])
def test_a_trial_is_plain_http_and_never_debugs_unasked(tmp_path, name):
    assert settings_of(f"settings.{name}", DATA_DIR=str(tmp_path)).stdout.strip() == "False"


def test_a_real_site_is_https_with_host_cookies(tmp_path):
    answer = settings_of(
        "settings.HTTPS, settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_NAME, settings.SECURE_HSTS_SECONDS > 0",
        DATABASE_URL="postgres://u:p@127.0.0.1/x",
        DATA_DIR=str(tmp_path),
        **SECRETS,
    )
    assert answer.stdout.strip() == "True True __Host-sessionid True"


def test_the_check_before_deployment_finds_nothing(tmp_path):
    tests_own = {"HTTPS", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment = {name: value for name, value in os.environ.items() if name not in tests_own}
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT,
        env=environment
        | SECRETS
        | {"DATABASE_URL": "postgres://u:p@127.0.0.1/x", "DJANGO_SETTINGS_MODULE": "jygroups.settings"},
        capture_output=True,
        text=True,
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_fresh_set_of_keys_is_complete_and_never_the_same(capsys):
    one, two = keys.fresh(), keys.fresh()
    assert [line.partition("=")[0] for line in one.splitlines()] == list(keys.NAMES)
    assert not set(one.splitlines()) & set(two.splitlines())


def test_setup_is_safe_to_repeat(db):
    from tests.registry.roster_rows import contents

    call_command("setup")
    before = contents()
    call_command("setup")
    assert contents() == before
