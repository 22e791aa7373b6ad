"""A database of an earlier version comes to this one with its rows, goes back, and comes again."""

import json
from datetime import date

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError

from jygroups.lib import client, constraints
from jygroups.lib.months import Month
from registry.access.posts import services as posts
from registry.models import Act, AuditEntry, Post, PostState, Role, SigningKey, User
from registry.records import audit, heads
from subsidies.models import Sheet, SheetLine, Step
from subsidies.month import seals, sheets, workflow
from tests import factories

MAY = Month(2024, 5)
# The newest migrations of the version of the morning of 30 November 2026.
EARLIER = {"subsidies": "0022_bank_files_in_the_old_workbook_format", "registry": "0013_two_persons_stated"}


@pytest.fixture
def rows(committed, community, group, clerk, leader, finance, sysadmin, standard):
    """A closed sheet, posts, versions and entries."""
    factories.appointment(factories.member(community, "李建荣", account="6228480000000000011"), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    for step, actor in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=actor)
    post = Post(user=factories.user("newcomer"), role=Role.SECRETARY, community=community, first_day=date(2024, 1, 1))
    posts.give(post, actor=sysadmin)
    with client.acting_from("10.0.0.1"):
        audit.record(Act.EXPORT, "甲", user=finance, lines=3)


def go_back() -> None:
    for app, name in EARLIER.items():
        call_command("migrate", app, name, verbosity=0)


def write_again_by_the_first_scheme() -> None:
    """The entries as the earlier version made them: there were no certificates yet, so no closing names one."""
    constraints.remove_triggers()
    previous = ""
    with connection.cursor() as cursor:
        for entry in list(AuditEntry.objects.defer("scheme").order_by("id")):
            entry.previous = previous
            entry.details.pop("certificate", None)
            previous = min(audit._first_digests(entry))
            sql = "UPDATE registry_auditentry SET previous = %s, digest = %s, details = %s WHERE id = %s"
            cursor.execute(sql, [entry.previous, previous, json.dumps(entry.details), entry.pk])


def kept() -> list[list[dict]]:
    """What has to be the same afterwards: all but who gave and answered posts, which the earlier version lacks."""
    models = (User, Post, User.history, Post.history, Sheet, SheetLine)
    rows = [list(getattr(model, "objects", model).order_by("pk").values()) for model in models]
    later = {"given_by_id", "answered_by_id", "answered_at", "refusal", "state"}
    return [[{name: row[name] for name in row.keys() - later} for row in each] for each in rows]


def test_a_database_of_before_goes_forwards_back_and_forwards_again(rows):
    before = kept()
    go_back()
    write_again_by_the_first_scheme()
    call_command("migrate", verbosity=0)
    assert audit.verify().faults == []
    entries = list(AuditEntry.objects.order_by("id").values())
    assert entries[-1]["scheme"] == 2
    assert kept() == before

    go_back()
    call_command("migrate", verbosity=0)
    assert audit.verify().faults == []
    assert list(AuditEntry.objects.order_by("id").values()) == entries
    audit.record(Act.EXPORT, "乙")
    assert audit.verify().faults == []
    assert (kept(), list(seals.verify()), constraints.missing()) == (before, [], [])


def test_signed_heads_are_not_given_up(rows):
    heads.issue()
    with pytest.raises(IrreversibleError, match="backup"):
        go_back()
    call_command("migrate", verbosity=0)
    assert SigningKey.objects.exists()
    assert audit.verify().faults == []


def test_a_post_that_waits_gives_nothing_after_going_back(rows, sysadmin):
    post = posts.give(Post(user=factories.user("x"), role=Role.FINANCE, first_day=date(2024, 1, 1)), actor=sysadmin)
    assert post.state == PostState.WAITING
    go_back()
    call_command("migrate", verbosity=0)
    assert not Post.objects.filter(pk=post.pk).exists()


def test_missing_triggers_are_reported_together_and_installed_again(db):
    constraints.remove_triggers()
    [warning] = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert (warning.id, warning.msg.count(", ") + 1) == ("jygroups.W001", len(constraints.missing()))
    constraints.install_triggers()
    assert checks.run_checks(tags=[checks.Tags.database], databases=["default"]) == []
