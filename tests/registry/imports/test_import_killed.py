"""A process that is killed while it loads a file leaves nothing, and what broke off is loaded by starting it again."""

import signal
import time

import pytest
from django.core.cache.backends.filebased import FileBasedCache

ROWS = 800
GIVEN_IN = """
from datetime import date
from registry.models import Community, Post, Role, User
from registry.imports import services as imports
from tests import factories
imports._in_own_process = print  # this test starts it itself
user = User.objects.create(username="secretary", name="secretary")
community = Community.objects.get(name="福民社区")
Post.objects.create(user=user, role=Role.SECRETARY, community=community, first_day=date(2020, 1, 1))
rows = [f"福民社区,张三,{factories.id_number()},委员,2026-01-05,非在职" for _ in range(ROWS)]
text = "\\n".join(["社区,姓名,身份证号,职务,任职日期,在职情况", *rows])
run = imports.upload(kind="roster", name="roster.csv", content=text.encode(), actor=user)
imports.carry_out(run)
imports.confirm(run, actor=user)
"""
COUNTED = """
from registry.models import *
run = ImportRun.objects.get()
stored = [Member.objects, Member.history, Appointment.objects, AuditEntry.objects]
print(run.state, *(rows.count() for rows in stored))
"""


@pytest.fixture
def manage(sites, tmp_path):
    return sites(tmp_path / "var").start


def counted(manage) -> str:
    out, _err = manage("shell", "-v", "0", "-c", COUNTED).communicate()
    return out.split("\n")[-2]


def test_a_killed_load_leaves_nothing_and_is_done_once_when_started_again(manage, tmp_path):
    assert manage("setup").wait() == 0
    assert manage("shell", "-v", "0", "-c", f"ROWS = {ROWS}\n{GIVEN_IN}").wait() == 0
    reported = FileBasedCache(tmp_path / "var/cache", {})
    work = manage("run_import", "1")
    while work.poll() is None and (reported.get("import-1") or (0, None, 0))[0] <= ROWS:
        time.sleep(0.01)
    assert reported.get("import-1")[0] > ROWS  # it has begun to write
    work.send_signal(signal.SIGKILL)
    work.wait()
    assert counted(manage) == "confirmed 0 0 0 0"
    assert manage("run_import", "1").wait() == 0
    assert counted(manage) == f"loaded {ROWS} {ROWS} {ROWS} 1"
