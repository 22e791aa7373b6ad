"""The store of files: encrypted, each content once, deleted when no row refers to it; photos without hidden data."""

import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from jygroups.lib import photos, store
from jygroups.lib.encryption import Unreadable
from registry.models import Attachment, Building, Role
from registry.records import files
from registry.records.file_forms import AttachmentsField
from tests import factories

PDF = b"%PDF-1.7 a fictional paper"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def lying(settings):
    return lambda: list(settings.FILES_DIR.glob("*/*"))


def photo(form="JPEG", size=(80, 40), **kwargs) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (10, 120, 140)).save(stream, form, **kwargs)
    return stream.getvalue()


def shot_on_a_phone() -> bytes:
    """A photo on its side, with camera, time and place."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "HONORCAMERA"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (39.0, 46.0, 21.0)
    return photo(exif=exif.tobytes(), comment=b"HONORCAMERA")


def test_a_content_lies_there_once_sealed_and_comes_back(lying):
    assert store.put(PDF) == store.put(PDF)
    [path] = lying()
    assert PDF[:8] not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert store.get(path.name) == PDF


def test_a_damaged_or_missing_file_is_reported_and_never_handed_out(lying):
    digest = store.put(PDF)
    [path] = lying()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(Unreadable):
        store.get(digest)
    store.drop(digest)
    with pytest.raises(store.Missing):
        store.get(digest)


def test_a_write_that_is_cut_off_leaves_nothing(lying, monkeypatch):
    monkeypatch.setattr(store, "encrypt_file", lambda content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.put(PDF)
    assert lying() == []


def test_what_no_row_knows_of_is_swept_once_it_is_a_day_old(community, clerk, lying, capsys):
    row = factories.file(factories.member(community), clerk, content=PDF)
    store.put(b"nobody's")
    call_command("sweep_files")
    assert len(lying()) == 2  # young: its row may be on its way
    assert files.sweep(older_than=-1) == 1
    assert [path.name for path in lying()] == [row.digest]


def test_a_content_that_two_rows_know_of_goes_with_the_second(lying, committed):
    community = factories.community()
    actor = factories.user("clerk", Role.CLERK, subdistrict=community.subdistrict)
    person = factories.member(community)
    first, second = factories.file(person, actor), factories.file(person, actor)
    files.remove(first, actor=actor, reason="重复")
    assert len(lying()) == 1
    files.remove(second, actor=actor, reason="传错了")
    assert lying() == []


def test_a_photo_keeps_its_pixels_and_loses_where_and_with_what_it_was_taken():
    given = shot_on_a_phone()
    assert b"HONORCAMERA" in given
    cleaned = photos.cleaned(given)
    assert b"HONORCAMERA" not in cleaned
    with Image.open(io.BytesIO(cleaned)) as image:
        assert (image.size, dict(image.getexif())) == ((40, 80), {})  # upright
        assert image.getpixel((5, 5)) == pytest.approx((10, 120, 140), abs=4)


def test_a_png_loses_its_texts_and_stays_what_it_is():
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Author", "HONORCAMERA")
    cleaned = photos.cleaned(photo("PNG", pnginfo=texts))
    assert b"HONORCAMERA" not in cleaned
    with Image.open(io.BytesIO(cleaned)) as image:
        assert (image.format, image.size) == ("PNG", (80, 40))


def test_a_large_photo_is_made_smaller():
    with Image.open(io.BytesIO(photos.cleaned(photo(size=(3000, 1500)), longest=1000))) as image:
        assert image.size == (1000, 500)


@pytest.mark.parametrize("content", [b"", PDF, b"\xff\xd8\xff\xe0", photo()[:200], photo(size=(9000, 9000))])
def test_what_is_no_picture_or_too_many_pixels_is_refused(content):
    with pytest.raises(photos.Unreadable):
        photos.cleaned(content)


def test_a_photo_is_decoded_by_another_process_alone(monkeypatch):
    monkeypatch.setattr(photos, "decoded", None)
    monkeypatch.setattr(photos.Image, "open", None)
    assert photos.cleaned(photo()).startswith(b"\xff\xd8")


def test_several_files_are_taken_and_each_that_is_refused_is_named():
    field = AttachmentsField()
    good, bad = SimpleUploadedFile("好.jpg", photo()), SimpleUploadedFile("坏.exe", b"MZ")
    assert [each.name for each in field.clean([good])] == ["好.jpg"]
    assert field.clean([]) == field.clean(None) == []
    with pytest.raises(Exception, match=r"坏\.exe"):
        field.clean([good, bad])
    with pytest.raises(Exception, match="9"):
        field.clean([good] * 10)


@pytest.fixture
def attachment(community, group, clerk):
    building = Building.objects.create(community=community, name="1号楼", group=group)
    visit = factories.visit(building, factories.member(community))
    [row] = files.attach(visit, files=[files.taken("a.jpg", photo())], actor=clerk)
    return row


def test_a_file_of_a_record_is_served_to_the_user_who_sees_the_record(client, attachment, secretary):
    client.force_login(secretary)
    answer = client.get(reverse("attachment", args=[attachment.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert attachment.record.attachments.get() == attachment


def test_for_everybody_else_there_is_no_such_file(
    client, attachment, group, sibling, auditor, finance, civil, sysadmin
):
    neighbours = factories.group(group.committee.community, 2)
    others = [
        auditor, finance, civil, sysadmin,
        factories.user("neighbour", Role.GROUP_MEMBER, group=neighbours),
        factories.user("other", Role.SECRETARY, community=sibling),
    ]  # fmt: skip
    for user in others:
        client.force_login(user)
        assert (user.username, client.get(reverse("attachment", args=[attachment.pk])).status_code) == (
            user.username, 404,
        )  # fmt: skip


def test_a_photo_is_deleted_with_a_reason_and_the_history_of_its_record_shows(
    client, attachment, clerk, secretary, leader, django_capture_on_commit_callbacks
):
    visit, page = attachment.record, reverse("attachment-remove", args=[attachment.pk])
    client.force_login(leader)  # who reads the visit and does not keep it
    assert page not in client.get(visit.get_absolute_url()).text
    assert client.post(page, {"reason": "错拍"}).status_code == 403
    client.force_login(secretary)
    assert page in client.get(visit.get_absolute_url()).text
    assert client.post(page, {"reason": ""}).status_code == 422
    assert visit.attachments.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(page, {"reason": "拍到他人身份证"})["Location"] == visit.get_absolute_url()
    assert not visit.attachments.exists()
    assert not (settings.FILES_DIR / attachment.digest[:2] / attachment.digest).exists()
    reported = client.get(reverse("history", args=["visit", visit.pk])).text
    assert "附件 a.jpg" in reported
    assert "拍到他人身份证" in reported


def test_a_file_of_no_record_is_refused_by_the_database(attachment):
    with pytest.raises(Exception, match="attachment_of_one_record"):
        Attachment.objects.filter(pk=attachment.pk).update(visit=None)
