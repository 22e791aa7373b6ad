"""Photos of a form that is refused are kept for the next attempt, for the same session and form alone."""

import io
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from jygroups.lib import clock, store
from registry.models import Attachment, Report, Role, Visit
from registry.records import files
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(group):
    return factories.user("head", Role.GROUP_LEADER, group=group)


@pytest.fixture
def visitor(community, group):
    member = factories.member(community)
    factories.appointment(member, group)
    return member


def photo(name="楼道.jpg", color="red") -> SimpleUploadedFile:
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), color).save(stream, "JPEG")
    return SimpleUploadedFile(name, stream.getvalue())


def send(client, visitor, **fields):
    given = {"kind": "full", "day": clock.today(), "visitor": visitor.pk, "said": "在家", **fields}
    return client.post(reverse("visit-add"), given)


def kept(answer) -> list[str]:
    boxes = BeautifulSoup(answer.content, "html.parser").select("[name=photos-kept]")
    assert all(box.has_attr("checked") for box in boxes)
    return [box["value"] for box in boxes]


def refused(client, visitor, **fields) -> list[str]:
    answer = send(client, visitor, household="", **fields)
    assert answer.status_code == 422
    return kept(answer)


def test_they_go_with_the_next_attempt_beside_new_ones(client, user, visitor):
    client.force_login(user)
    [key] = refused(client, visitor, photos=photo())
    shown = client.get(reverse("attachment-kept", args=[key]))
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Cache-Control"] == "no-store"
    both = refused(client, visitor, **{"photos": photo("门口.jpg", "blue"), "photos-kept": key})
    assert len(both) == 2
    assert send(client, visitor, household="301", **{"photos-kept": both}).status_code == 302
    assert [each.name for each in Visit.objects.get().attachments.all()] == ["楼道.jpg", "门口.jpg"]
    assert client.get(reverse("attachment-kept", args=[key])).status_code == 404


def test_what_is_not_ticked_is_left_out_and_swept(client, user, visitor, monkeypatch):
    client.force_login(user)
    [key] = refused(client, visitor, photos=photo())
    digest = client.session["kept_files"][0]["digest"]
    assert send(client, visitor, household="301").status_code == 302
    assert not Visit.objects.get().attachments.exists()
    assert client.get(reverse("attachment-kept", args=[key])).status_code == 404
    files.sweep(older_than=-timedelta(minutes=1).total_seconds())
    with pytest.raises(store.Missing):
        store.get(digest)


def test_sound_ones_are_kept_beside_one_that_is_refused(client, user, visitor):
    client.force_login(user)
    answer = send(client, visitor, household="301", photos=[photo(), SimpleUploadedFile("a.jpg", b"MZ")])
    assert "photos" in answer.context["form"].errors
    assert len(kept(answer)) == 1


def test_nobody_else_and_no_other_form_has_them(client, user, visitor):
    client.force_login(user)
    [key] = refused(client, visitor, photos=photo())
    other = Client()
    other.force_login(user)
    assert other.get(reverse("attachment-kept", args=[key])).status_code == 404
    assert send(other, visitor, household="301", **{"photos-kept": key}).status_code == 302
    report = {"kind": "property", "severity": "ordinary", "what": "路灯", "noticed_on": clock.today(), "at_once": "no"}
    assert client.post(reverse("report-add"), report | {"photos-kept": key}, follow=True).status_code == 200
    assert Report.objects.exists()
    assert not Attachment.objects.exists()
    client.logout()
    assert client.get(reverse("attachment-kept", args=[key])).status_code == 302
