"""Killed at any moment of computing, approving or exporting a month, a process leaves nothing partial or double."""

import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import connections

from jygroups.lib.months import Month
from registry.models import Act, AuditEntry, Role
from registry.records import seal_keys
from subsidies.models import Sheet, SheetEvent, SheetLine, State, Step
from subsidies.month import seals, sheets, workflow
from subsidies.standards import services as standards
from tests import factories

KILLS = 50
PEOPLE = 40
FORK = multiprocessing.get_context("fork")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def area(committed):
    standards.load_missing()
    community = factories.community()
    group = factories.group(community)
    for number in range(PEOPLE):
        person = factories.member(community, "众人", account=f"6228480000000000{number:02}")
        factories.appointment(person, group if number % 2 else community.committee)
    return community.subdistrict


def run(work, *, kill_after: float | None = None) -> float:
    """Do the work in a process of its own, killed after some seconds; how many it took otherwise."""
    connections.close_all()
    for connection in connections.all():
        connection.close_pool() if hasattr(connection, "close_pool") else None

    def in_child():
        with suppress(BaseException):
            work()
        os.kill(os.getpid(), signal.SIGKILL)  # none of the tests' own endings is for the child

    began = time.monotonic()
    child = FORK.Process(target=in_child)
    child.start()
    child.join(kill_after)
    child.kill()
    child.join()
    return time.monotonic() - began


def assert_chained() -> None:
    previous = ""
    for entry in AuditEntry.objects.order_by("id"):
        assert (entry.previous, entry.digest) == (previous, seal_keys.digest(entry))
        previous = entry.digest


def killed_at_any_moment(work, check) -> int:
    """Kill the work at KILLS moments: at once, spread over the time it takes, and long after. How often it had ended.

    `check` returns whether it happened, after asserting that nothing is partial or double.
    """
    took = run(work)
    assert check()
    rng, ended = random.Random(took), 0
    for share in (0, *(rng.random() * 1.1 for _again in range(KILLS - 2)), 20):
        run(work, kill_after=share * took)
        ended += check()
    return ended


def test_a_killed_computation_leaves_the_draft_as_it_was_or_whole(area):
    month = Month(2024, 5)
    sheets.prepare(month, [area])
    events = SheetEvent.objects.count()

    def whole() -> bool:
        nonlocal events
        sheet = Sheet.objects.get()
        lines = list(SheetLine.objects.all())
        assert len(lines) == PEOPLE
        assert {line.computed_at for line in lines} == {sheet.computed_at}
        assert sheet.net == sum(line.net for line in lines)
        before, events = events, SheetEvent.objects.count()
        assert SheetEvent.objects.latest("pk").at == sheet.computed_at
        assert AuditEntry.objects.filter(act=Act.PREPARE).count() == events
        return events > before

    first = Sheet.objects.get().computed_at
    ended = killed_at_any_moment(lambda: sheets.prepare(month, [area]), whole)
    assert Sheet.objects.get().computed_at > first
    assert 0 < ended < KILLS
    assert_chained()


def test_a_killed_approval_has_happened_once_or_not_at_all(area):
    finance = factories.user("finance", Role.FINANCE)
    month = Month(2024, 1)
    for _number in range(KILLS + 1):
        [sheet] = sheets.prepare(month, [area])
        factories.brought_to(Sheet.objects.get(pk=sheet.pk), State.ENDORSED)
        month = month.next

    def next_sheet() -> Sheet:
        return Sheet.objects.filter(state=State.ENDORSED).order_by("month").first()

    approved = 0

    def once() -> bool:
        nonlocal approved
        for sheet in Sheet.objects.all():
            approvals = sheet.events.filter(step=Step.APPROVE).count()
            assert (sheet.state == State.APPROVED, bool(sheet.seal), approvals) in [(True, True, 1), (False, False, 0)]
        before, approved = approved, Sheet.objects.filter(state=State.APPROVED).count()
        return approved > before

    killed_at_any_moment(lambda: workflow.take(Step.APPROVE, sheet=next_sheet(), actor=finance), once)
    while sheet := next_sheet():
        workflow.take(Step.APPROVE, sheet=sheet, actor=finance)
    once()
    assert list(seals.verify()) == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_killed_export_leaves_the_file_whole_or_none_and_a_rerun_gives_the_same_bytes(area, form, tmp_path):
    [sheet] = sheets.prepare(Month(2024, 5), [area])
    factories.brought_to(Sheet.objects.get(pk=sheet.pk), State.APPROVED)

    def export(name: str):
        path = tmp_path / f"{name}.{form}"
        call_command("export_month", "2024-05", "--subdistrict", area.code, "--format", form, "--output", str(path))
        return path

    good = export("good").read_bytes()

    def whole() -> bool:
        path = tmp_path / f"killed.{form}"
        written = path.exists()
        assert not written or path.read_bytes() == good
        path.unlink(missing_ok=True)
        return written

    ended = killed_at_any_moment(lambda: export("killed"), whole)
    assert AuditEntry.objects.filter(act=Act.EXPORT).count() >= ended + 2
    assert export("again").read_bytes() == good
    assert_chained()
