"""Without room on the disk each way in and out says so, and leaves nothing that is half done."""

import errno
import os

import psycopg.errors
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import ImportRun, Member, MemberFile
from subsidies.month import sheets
from tests import factories

HEADING, ROW = "社区,姓名,身份证号,职务,任职日期,在职情况", "福民社区,张三,{},委员,2026-01-05,非在职"


@pytest.fixture
def full_disk(monkeypatch):
    """No file takes a byte more."""

    def refuse(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)


@pytest.fixture
def full_database(committed, client, secretary, monkeypatch):
    """The database takes no page more: truly on SQLite; on PostgreSQL, as that reports it. The secretary is in."""
    client.force_login(secretary)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # no page is left that another test freed
            [pages] = cursor.execute("PRAGMA page_count").fetchone()
            cursor.execute(f"PRAGMA max_page_count = {pages}")
            yield
            cursor.execute("PRAGMA max_page_count = 4294967294")
        return

    def refuse(*args, **kwargs):
        raise OperationalError("could not extend file") from psycopg.errors.DiskFull()

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.query.QuerySet._insert", refuse)
        yield


def test_a_file_that_finds_no_room_is_reported_and_leaves_nothing(
    client, secretary, community, full_disk, settings, tmp_path
):
    settings.FILES_DIR = tmp_path / "files"
    person = factories.member(community)
    client.force_login(secretary)
    client.raise_request_exception = False
    paper = SimpleUploadedFile("paper.pdf", b"%PDF-1.7 a fictional paper")
    answer = client.post(reverse("file-add", args=[person.pk]), {"kind": "identity", "file": paper})
    assert answer.status_code == 507
    assert "空间" in answer.text
    assert not MemberFile.objects.exists()
    assert [path for path in settings.FILES_DIR.rglob("*") if path.is_file()] == []


def test_an_upload_for_which_the_database_has_no_room_is_reported(client, full_database):
    client.raise_request_exception = False
    text = "\n".join([HEADING, *(ROW.format(factories.id_number()) for _ in range(2_000))])
    roster = SimpleUploadedFile("roster.csv", text.encode())
    answer = client.post(reverse("import-upload"), {"kind": "roster", "file": roster})
    assert answer.status_code == 507
    assert not ImportRun.objects.exists()
    assert not Member.objects.exists()


@pytest.mark.usefixtures("standard")
def test_an_export_that_finds_no_room_leaves_no_file(community, group, full_disk, tmp_path):
    factories.appointment(factories.member(community), group)
    sheets.prepare(Month(2024, 5), [community.subdistrict])
    with pytest.raises(CommandError, match="磁盘已满"):
        call_command("export_month", "2024-05", "--format", "csv", "--output", tmp_path / "month.csv")
    assert list(tmp_path.iterdir()) == []
