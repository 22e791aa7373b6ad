"""Files of a record: only of the kind of its name, encrypted at rest, each look logged, gone with a reason."""

import io
import zipfile

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registry.models import AuditEntry, MemberFile
from registry.records import files
from tests import factories

PDF = b"%PDF-1.7 a fictional paper"


def office(part: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(part, "<x/>")
    return stream.getvalue()


def at_rest(row):
    """Where the content of a row lies."""
    return settings.FILES_DIR / row.digest[:2] / row.digest


@pytest.fixture
def person(community):
    return factories.member(community)


def hand_in(client, person, name="证件.pdf", content=PDF, **data):
    given = SimpleUploadedFile(name, content)
    return client.post(reverse("file-add", args=[person.pk]), {"kind": "identity", "file": given, **data})


def test_a_file_is_handed_in_sealed_and_comes_back_as_an_attachment_with_an_entry(client, secretary, person):
    client.force_login(secretary)
    assert hand_in(client, person, title="身份证复印件").status_code == 302
    row = MemberFile.objects.get()
    assert (row.member, row.added_by, row.size, row.content_type) == (person, secretary, len(PDF), "application/pdf")
    assert PDF[:8] not in at_rest(row).read_bytes()
    assert "身份证复印件" in client.get(person.get_absolute_url()).text
    answer = client.post(reverse("file", args=[row.pk]))
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["X-Content-Type-Options"], "no-store" in answer["Cache-Control"]) == ("nosniff", True)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user, entry.details["file"]) == ("file", secretary, row.pk)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.JPEG", b"\xff\xd8\xff\xe1"), ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.docx", office("word/document.xml")), ("a.xlsx", office("xl/workbook.xml")),
    ],
)  # fmt: skip
def test_a_file_is_taken_by_its_ending(name, content):
    assert files.content_type(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"), ("a", PDF), ("a.pdf.html", PDF), ("a.svg", b"<svg>"), ("a.pdf", b"<script>"),
        ("a.png", PDF), ("a.docx", office("xl/workbook.xml")), ("a.xlsx", b"PK\x03\x04broken"), ("a.pdf", b""),
        ("a.pdf", PDF + bytes(files.LARGEST)), ("a.jpg", b"\xff\xd8\xff\xe0 of no picture"),
    ],
)  # fmt: skip
def test_what_is_something_else_or_too_large_is_refused_with_the_cure(client, secretary, person, name, content):
    client.force_login(secretary)
    answer = hand_in(client, person, name, content, title="留着")
    assert answer.status_code == 422
    assert "file" in answer.context["form"].errors
    assert 'value="留着"' in answer.text
    assert not MemberFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ("证\u202efdp.pdf", "证fdp.pdf"), ('"<script>.pdf', "script.pdf"), ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
        ("😀.pdf", "😀.pdf"),
    ],
)  # fmt: skip
def test_a_hostile_name_is_made_harmless(name, safe):
    assert files.safe_name(name) == safe


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=1.pdf", "%00.pdf", "../../a.pdf", "<img src=x>.pdf", "'; --.pdf"])
def test_a_hostile_name_breaks_neither_the_page_nor_the_download(client, secretary, person, name):
    client.force_login(secretary)
    assert hand_in(client, person, name).status_code in (302, 422)
    for row in MemberFile.objects.all():
        answer = client.post(reverse("file", args=[row.pk]))
        assert answer.status_code == 200
        assert "Set-Cookie: x" not in answer["Content-Disposition"]
    assert "<img src=x" not in client.get(person.get_absolute_url()).text


def test_a_file_is_deleted_with_a_reason_that_stays(client, secretary, person, django_capture_on_commit_callbacks):
    row = factories.file(person, secretary)
    client.force_login(secretary)
    address = reverse("file-remove", args=[row.pk])
    assert client.post(address, {"reason": ""}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, {"reason": "传错了人"}).status_code == 302
    assert not MemberFile.objects.exists()
    assert not at_rest(row).exists()
    assert "传错了人" in client.get(reverse("history", args=["member", person.pk])).text


def test_files_go_with_the_record_not_with_every_office(client, secretary, sibling, group):
    person = factories.member(sibling)
    factories.appointment(person, group)
    row = factories.file(person, secretary, title="别处的材料")
    client.force_login(secretary)
    assert "别处的材料" not in client.get(person.get_absolute_url()).text
    assert client.post(reverse("file", args=[row.pk])).status_code == 404
    assert client.post(reverse("file-remove", args=[row.pk]), {"reason": "试试"}).status_code == 404
    assert hand_in(client, person).status_code == 403


def test_a_leader_may_look_and_changes_nothing(client, leader, person):
    row = factories.file(person, leader)
    client.force_login(leader)
    assert client.post(reverse("file", args=[row.pk])).status_code == 200
    assert client.post(reverse("file-remove", args=[row.pk]), {"reason": "试试"}).status_code == 403
    assert hand_in(client, person).status_code == 403
