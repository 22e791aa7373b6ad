"""The look-up of known vulnerabilities ends well where the data is out of reach, and only then without a report."""

import shutil
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("log", "status", "words"),
    [
        ("ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed", 0, "NOT CHECKED"),
        ("requests.exceptions.ReadTimeout: HTTPSConnectionPool: Read timed out.", 0, "NOT CHECKED"),
        ("ERROR:pip_audit._cli:requirement django does not contain a hash", 1, "FAILED"),
        ("", 1, "FAILED"),
    ],
)
def test_only_a_fault_of_the_network_is_let_pass(tmp_path, log, status, words):
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    (tmp_path / ".ci").mkdir()
    shutil.copy(settings.BASE_DIR / ".ci/vulnerabilities", tmp_path / ".ci")
    (programs / "python").symlink_to(sys.executable)
    (programs / "pip-audit").write_text(f'#!/bin/sh\necho "{log}" >&2\nexit 1\n')
    (programs / "pip-audit").chmod(0o755)
    done = subprocess.run([tmp_path / ".ci/vulnerabilities"], capture_output=True, text=True, check=False)
    assert (done.returncode, words in done.stdout) == (status, True), done.stdout + done.stderr
