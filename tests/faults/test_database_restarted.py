"""PostgreSQL is restarted under the site, and is away for a while: a cluster, two roles and a site of the test's own.

Run it by itself with its figures: DATABASE_URL=postgres://… .venv/bin/pytest -n 0 -s tests/faults
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.db import connection

from jygroups.lib import keys

pytestmark = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is not restarted")
SET_UP = """
import django; django.setup()
from django.core.management import call_command
from django.test import Client
from registry.models import User
call_command("setup", verbosity=0)
call_command("grant_application", "site", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
client = Client()
client.force_login(User.objects.create_superuser("repair", password="x"))
print(client.cookies["sessionid"].value)
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Cluster:
    def __init__(self, folder: Path):
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.folder, self.port = folder, free_port()
        self.is_root = os.geteuid() == 0
        folder.mkdir()
        if self.is_root:  # as which PostgreSQL refuses to work
            shutil.chown(folder, "postgres")
        self._run(
            "initdb", "-D", folder, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-U", "postgres"
        )
        self.start()
        sql = ("CREATE ROLE owner LOGIN", "CREATE ROLE site LOGIN", "CREATE DATABASE groups OWNER owner")
        self._run("psql", "-q", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", *(f"--command={x}" for x in sql))

    def _run(self, program: str, *arguments) -> None:
        command = [str(self.bin / program), *map(str, arguments)]
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if self.is_root else {}
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)

    def _control(self, act: str) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", self.folder, "-w", "-m", "fast", "-l", self.folder / "log", "-o", options, act)

    def start(self) -> None:
        self._control("start")

    def stop(self) -> None:
        self._control("stop")

    def address(self, role: str) -> str:
        return f"postgres://{role}@127.0.0.1:{self.port}/groups"


class Site:
    """gunicorn with two processes, asked for the workbench by somebody who is signed in."""

    def __init__(self, cluster: Cluster, folder: Path):
        unset = {"DATABASE_URL", "DATA_DIR"}
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        environment |= {name: os.environ[name] for name in keys.NAMES} | {"DJANGO_SETTINGS_MODULE": "jygroups.settings"}
        environment |= {"DATA_DIR": str(folder), "HTTPS": "off", "SECOND_FACTOR": "optional"}
        environment["DATABASE_URL"] = cluster.address("owner")
        done = subprocess.run(
            [sys.executable, "-c", SET_UP], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        self.session, self.port = done.stdout.split()[-1], free_port()
        environment["DATABASE_URL"] = cluster.address("site")
        command = ["-m", "gunicorn", "jygroups.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "2"]
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log
            )
        self.until(200)

    def get(self) -> tuple[int, dict, str]:
        browser = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            browser.request("GET", "/workbench/", headers={"Cookie": f"sessionid={self.session}"})
            answer = browser.getresponse()
            return answer.status, dict(answer.headers), answer.read().decode()
        except ConnectionRefusedError:
            return 0, {}, ""  # gunicorn is still starting
        finally:
            browser.close()

    def until(self, status: int) -> float:
        """The seconds until a request is answered like this."""
        began = time.monotonic()
        while self.get()[0] != status:
            assert time.monotonic() < began + 60, self.log.read_text()
            time.sleep(0.1)
        return time.monotonic() - began

    def statuses(self, requests: int) -> Counter:
        return Counter(self.get()[0] for _each in range(requests))


@pytest.fixture
def cluster():
    with TemporaryDirectory() as folder:  # pytest's own is closed to the user who the server is
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "cluster")
        yield cluster
        cluster.stop()


@pytest.fixture
def site(cluster, tmp_path):
    site = Site(cluster, tmp_path)
    yield site
    site.process.terminate()
    site.process.wait()


def test_a_restart_is_not_noticed_and_while_it_is_away_there_is_a_page_that_says_so(cluster, site):
    assert site.statuses(10) == {200: 10}
    cluster.stop()
    cluster.start()
    restarted = site.statuses(20)
    sys.stdout.write(f"\nrestarted: {dict(restarted)}\n")
    assert restarted == {200: 20}

    cluster.stop()
    began = time.monotonic()
    status, headers, page = site.get()
    waited = time.monotonic() - began
    away = site.statuses(2)
    cluster.start()
    back = site.until(200)
    afterwards = site.statuses(20)
    figures = f"away: {status} after {waited:.1f} s, {dict(away)}; back after {back:.1f} s: {dict(afterwards)}"
    sys.stdout.write(f"{figures}\n")
    assert (status, headers["Retry-After"], "数据库" in page, "Traceback" in page) == (503, "10", True, False)
    assert (away, afterwards) == ({503: 2}, {200: 20})
    assert waited < 8
    assert back < 5
    assert "Traceback" not in site.log.read_text()
