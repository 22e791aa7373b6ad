"""A backup brings back every table and file; one that is damaged, cut off or foreign is named and changes nothing."""

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from jygroups.lib import constraints, keys, store
from jygroups.lib.months import Month
from jygroups.lib.portable import PortableTable, digested
from registry.models import Act, Appointment, AuditEntry, ImportRun, KnownKey, Member, MemberFile, Subdistrict
from registry.records import audit, backups, files, heads, known_keys, locks
from subsidies.models import Sheet, SheetEvent, SheetLine, Step
from subsidies.month import seals, sheets, workflow
from tests import factories
from tests.benchmarks.test_city_roster import MEASURED
from tests.registry.records.test_key_rotation import given_new

PAPER = b"%PDF-1.7 a paper"
EARLIER = {"registry": "0017_known_keys", "subsidies": "0023_certificates_of_the_second_method"}
LOG = AuditEntry._meta.db_table


@pytest.fixture
def rows(committed, community, group, clerk, leader, finance, standard, settings, tmp_path):
    """A closed sheet with its history, a file of a person, one that was deleted again, and a file in the database."""
    settings.FILES_DIR = tmp_path / "files"
    known_keys.record_first()
    person = factories.member(community, "李建荣", account="6228480000000000011")
    factories.appointment(person, group)
    [sheet] = sheets.prepare(Month(2024, 5), Subdistrict.objects.filter(pk=community.subdistrict_id))
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    for step, actor in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=actor)
    factories.file(person, clerk, content=PAPER)
    files.remove(factories.file(person, clerk), actor=clerk, reason="传错了")
    ImportRun.objects.create(
        kind="roster", name="x", file=b"\x00\xff" * 9, digest="1", uploaded_by=clerk, address="10.0.0.1",
        findings=[["姓名", {"b": 1, "a": None}]],
    )  # fmt: skip
    heads.issue()


@pytest.fixture
def backup(rows, tmp_path) -> Path:
    call_command("backup", tmp_path / "a.bak")
    return tmp_path / "a.bak"


def contents(models=()) -> dict[str, dict]:
    """Rows and digest of every table, or of these models."""
    with transaction.atomic():
        return {
            model._meta.db_table: digested(PortableTable(model).blocks())
            for model in models or backups._tables().values()
        }


def contents_in_every_version() -> dict[str, dict]:
    """The same of tables that migrations leave as they are."""
    models = (Member, Member.history.model, MemberFile, Appointment, Sheet, SheetLine, SheetEvent)
    return contents(models)


@pytest.fixture
def empty(settings, tmp_path):
    """Makes the database and the store empty."""

    def empty() -> None:
        constraints.remove_triggers()
        with transaction.atomic():
            for name, model in backups._tables().items():
                if name not in backups.OF_MIGRATIONS:
                    PortableTable(model).clear()
        constraints.install_triggers()
        settings.FILES_DIR = tmp_path / "empty"

    return empty


def test_every_table_and_file_is_restored_and_seals_and_log_are_whole(backup, empty, capsys):
    before, entries, deleted = contents(), AuditEntry.objects.count(), MemberFile.history.latest("id").id
    empty()
    assert contents() != before
    call_command("restore", backup)
    after = contents()
    assert after.pop(LOG)["rows"] == before.pop(LOG)["rows"] == entries  # the entry of the backup is not in it
    assert after == before
    newest = AuditEntry.objects.latest("id")
    assert (newest.act, newest.details["files"]) == (Act.RESTORE, 1)
    assert (list(seals.verify()), heads.verify().faults, constraints.missing()) == ([], [], [])
    assert store.get(MemberFile.objects.get().digest) == PAPER
    assert Member.objects.get().account == "6228480000000000011"
    assert bytes(ImportRun.objects.defer(None).get().file) == b"\x00\xff" * 9
    again = factories.file(Member.objects.get(), MemberFile.objects.get().added_by)
    assert again.pk > deleted  # whose history would otherwise become the new row's
    output = capsys.readouterr().out
    assert "1" in output
    assert ("grant_application" in output) == (connection.vendor == "postgresql")


@pytest.mark.parametrize("is_rotated", [True, False])
def test_restored_with_a_newer_seal_key_the_log_is_whole_whether_it_is_rotated_to_or_not(
    backup, empty, settings, is_rotated
):
    old, new = settings.SEAL_KEY, keys.digest_key()
    settings.SEAL_KEY, settings.OLD_SEAL_KEYS = new, [old]
    empty()
    call_command("restore", backup)
    assert known_keys.due() == {"SEAL_KEY": keys.fingerprint(old)}
    if is_rotated:
        call_command("rotate_keys")
    else:
        settings.SEAL_KEY, settings.OLD_SEAL_KEYS = old, [new]
    assert (known_keys.problems(), known_keys.due()) == ([], {})
    audit.record(Act.EXPORT, "甲")
    assert (list(seals.verify()), heads.verify().faults) == ([], [])


def test_a_backup_made_before_is_restored_with_both_keys_given(rows, settings, tmp_path):
    manifest = backups.write(tmp_path / "before")
    given_new(settings, "INDEX_KEY", "SEAL_KEY")
    call_command("rotate_keys")
    backups._refuse_other_keys(manifest["about"]["keys"])  # raises nothing
    after = backups.write(tmp_path / "after")["about"]["keys"]
    settings.OLD_INDEX_KEYS = []
    backups._refuse_other_keys(after)
    with pytest.raises(backups.Refused, match="INDEX_KEY"):
        backups._refuse_other_keys(manifest["about"]["keys"])
    settings.OLD_SEAL_KEYS = []
    with pytest.raises(backups.Refused, match="SEAL_KEY"):
        backups._refuse_other_keys(after)


def test_a_backup_is_for_its_owner_alone_logged_and_replaces_none(backup):
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.glob("*.bak*")] == ["a.bak"]
    entry = AuditEntry.objects.latest("id")
    assert (entry.act, entry.subject, entry.details["files"]) == (Act.BACKUP, "a.bak", 1)
    content = backup.read_bytes()
    assert entry.details["sha256"] == hashlib.sha256(content).hexdigest()
    for secret in (PAPER, *(known_keys.first(kind)[1].encode() for kind in known_keys.Kind), "李建荣".encode()):
        assert secret not in content
    with pytest.raises(CommandError, match=r"a\.bak"):
        call_command("backup", backup)
    assert backup.read_bytes() == content


def test_a_backup_is_written_through_no_link(rows, tmp_path):
    other, link = tmp_path / "other", tmp_path / "link.bak"
    other.write_text("of somebody else")
    (tmp_path / ".a.bak.part").symlink_to(other)
    call_command("backup", tmp_path / "a.bak")
    assert other.read_text() == "of somebody else"
    assert (tmp_path / "a.bak").lstat().st_mode == 0o100600
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(CommandError):
        call_command("backup", link)
    assert link.is_symlink()


def test_what_is_wrong_with_a_backup_is_named(backup, tmp_path, settings, capsys):
    call_command("verify_backup", backup)
    content, wrong = backup.read_bytes(), tmp_path / "wrong.bak"
    middle = len(content) // 2
    damaged = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for changed, words in ((damaged, "损坏"), (content[:-100], "结尾"), (content + b"x", "结尾"), (PAPER, "不是")):
        wrong.write_bytes(changed)
        with pytest.raises(CommandError, match=words) as refused:
            call_command("verify_backup", wrong)
        assert refused.value.returncode == 1
    with pytest.raises(CommandError) as refused:
        call_command("verify_backup", tmp_path / "nowhere")
    assert refused.value.returncode == 2
    settings.DATA_KEYS = {"k1": keys.data_key()}
    with pytest.raises(CommandError, match=r"DATA_KEYS k1"):
        call_command("verify_backup", backup)


def test_neither_a_filled_database_nor_other_keys_nor_a_damaged_backup_change_anything(backup, empty, settings):
    filled = contents()
    with pytest.raises(CommandError, match="DATA_DIR"):
        call_command("restore", backup)
    assert contents() == filled
    empty()
    before, content = contents(), backup.read_bytes()
    given, settings.INDEX_KEY = settings.INDEX_KEY, keys.digest_key()
    with pytest.raises(CommandError, match="INDEX_KEY"):
        call_command("restore", backup)
    settings.INDEX_KEY = given
    backup.write_bytes(content[:-40] + b"!" + content[-39:])  # in the manifest, when all else has been read
    with pytest.raises(CommandError, match="损坏"):
        call_command("restore", backup)
    assert (contents(), constraints.missing()) == (before, [])
    backup.write_bytes(content)
    call_command("restore", backup)


@pytest.fixture
def of_earlier_version(rows, tmp_path, monkeypatch):
    """The backup of a database that this version has yet to bring up to date."""
    needed = list(known_keys.needed())
    monkeypatch.setattr(known_keys, "needed", lambda *_: needed)
    for app, name in EARLIER.items():
        call_command("migrate", app, name, verbosity=0)
    loader = MigrationLoader(connection)
    newest = [node for node in loader.graph.leaf_nodes() if node[0] not in EARLIER] + [*EARLIER.items()]
    try:
        with (tmp_path / "old.bak").open("wb") as target, locks.snapshot():
            applied = set(loader.applied_migrations) & set(loader.disk_migrations)
            backups._written(target, applied, loader.project_state(newest).apps)
    finally:
        call_command("migrate", verbosity=0)
    return tmp_path / "old.bak"


def test_a_backup_of_an_earlier_version_is_restored_as_it_was_and_brought_up_to_date(of_earlier_version, empty):
    before = contents_in_every_version()
    empty()
    call_command("restore", of_earlier_version)
    assert contents_in_every_version() == before
    assert AuditEntry.objects.latest("id").act == Act.RESTORE
    assert not set(MigrationLoader(connection).disk_migrations) - set(MigrationLoader(connection).applied_migrations)
    assert (list(seals.verify()), audit.verify().faults, constraints.missing()) == ([], [], [])
    assert {(row.kind, row.state) for row in KnownKey.objects.all()} == {(kind, "in_use") for kind in KnownKey.Kind}
    assert (known_keys.problems(), known_keys.due()) == ([], {})


def test_where_it_cannot_be_brought_up_to_date_it_stays_as_of_the_backup(of_earlier_version, empty, monkeypatch):
    def without_newest(name, *target, **options):
        if name == "migrate" and not target:
            raise DatabaseError("no room")
        call_command(name, *target, **options)

    empty()
    monkeypatch.setattr(backups, "call_command", without_newest)
    with pytest.raises(CommandError, match=r"no room.*setup"):
        call_command("restore", of_earlier_version)
    assert AuditEntry.objects.latest("id").act == Act.RESTORE
    call_command("migrate", verbosity=0)
    assert (list(seals.verify()), audit.verify().faults, constraints.missing()) == ([], [], [])


def test_a_backup_of_a_newer_version_is_refused(rows, empty, tmp_path):
    with (tmp_path / "new.bak").open("wb") as target, locks.snapshot():
        backups._written(target, {("registry", "9999_of_tomorrow")})
    empty()
    with pytest.raises(CommandError, match="9999_of_tomorrow"):
        call_command("restore", tmp_path / "new.bak")


def test_files_deleted_meanwhile_are_in_the_backup_and_those_missing_before_are_named(rows, tmp_path, monkeypatch):
    [row] = MemberFile.objects.all()
    digests = files.digests

    def with_a_deletion(*given):
        for digest in digests(*given):
            store.drop(digest)  # as a person does now
            yield digest

    monkeypatch.setattr(files, "digests", with_a_deletion)
    assert backups.write(tmp_path / "a.bak")["faults"] == []
    assert files.sweep(older_than=-1) == 0
    store.drop(row.digest)
    with pytest.raises(CommandError, match="1"):
        call_command("backup", tmp_path / "b.bak")
    [fault] = backups.verify(tmp_path / "b.bak")["faults"]
    assert row.digest in fault


def test_each_night_old_backups_go_once_there_is_a_new_one(tmp_path):
    service = (site_settings.BASE_DIR / "docs/jygroups-backup.service").read_text()
    [line] = re.findall(r"^ExecStopPost=/bin/sh -c '(.*-delete.*)'$", service, re.MULTILINE)  # also where others fail
    for command in ("sweep_files", "erase_due --apply"):
        assert f"ExecStopPost=/srv/jygroups/.venv/bin/python manage.py {command}" in service.splitlines()
    old, new = tmp_path / "old.backup", tmp_path / "new.backup"
    old.touch()
    os.utime(old, (0, 0))
    for is_written in (False, True):
        if is_written:
            new.touch()
        subprocess.run(["/bin/sh", "-c", line.replace("/var/backups/jygroups", str(tmp_path))], check=True)
        assert old.exists() != is_written
    assert new.exists()


# In processes of their own ----------------------------------------------------------------------------------

FILLED = """
import os
from registry.models import *
from registry.records import files
from tests import factories
user = User.objects.create(username="clerk", name="clerk")
person = factories.member(Community.objects.first())
for number in range(60):
    factories.file(person, user, content=b"%PDF-" + os.urandom(1 << 20))
"""


def cost(site, *arguments) -> float:
    """Megabytes at most of a command."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "manage.py", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=site_settings.BASE_DIR, env=site.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[0])


def test_with_many_files_the_memory_is_the_same_a_full_disk_leaves_nothing_and_a_killed_restore_neither(
    sites, tmp_path
):
    site, target = sites(tmp_path / "var"), sites(tmp_path / "other")
    assert site.run("setup").returncode == 0
    few = cost(site, "backup", tmp_path / "few.bak")
    assert site.run("shell", "-v", "0", "-c", FILLED).returncode == 0
    assert cost(site, "backup", tmp_path / "many.bak") < few + 20
    assert cost(site, "verify_backup", tmp_path / "many.bak") < few + 20

    most = 16 << 20
    limited = site.start(
        "backup", tmp_path / "full.bak", stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )  # fmt: skip
    _out, errors = limited.communicate()
    assert (limited.returncode, "full.bak: File too large" in errors) == (1, True)
    assert {path.name for path in tmp_path.glob("*.bak*")} | {path.name for path in tmp_path.glob(".*")} == {
        "few.bak", "many.bak",
    }  # fmt: skip

    target.folder.mkdir()
    if (own := site.folder / "keys.env").exists():
        shutil.copy(own, target.folder)
    work = target.start("restore", tmp_path / "many.bak")
    while work.poll() is None and not any((target.folder / "files").glob("??/*")):
        time.sleep(0.01)
    work.send_signal(signal.SIGKILL)
    assert work.wait() == -signal.SIGKILL
    restored = target.run("restore", tmp_path / "many.bak")  # which it does with an empty database only
    assert (restored.returncode, restored.stderr) == (0, "")
    assert len(list((target.folder / "files").glob("??/[!.]*"))) == 60
