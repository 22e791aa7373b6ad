"""The site as an app on a phone: open to everyone, and nothing of any user is kept on the device."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse


def test_the_manifest_names_the_app_and_icons_that_are_there(client, db):
    answer = client.get(reverse("manifest"))
    assert answer["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert found["start_url"] == reverse("workbench")
    assert {each["sizes"] for each in found["icons"]} == {"192x192", "512x512"}
    assert all(finders.find(each["src"].split("static/")[1]) for each in found["icons"])


def test_the_worker_keeps_the_page_without_a_connection_and_its_styles_only(client, secretary):
    client.force_login(secretary)
    answer = client.get(reverse("worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    [files] = re.findall(r"FILES = \[(.*?)\]", answer.text)
    kept = [each.encode().decode("unicode_escape") for each in re.findall(r'"(.*?)"', files)]
    assert [each for each in kept if "/static/" not in each] == [reverse("offline")]


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_page_without_a_connection_names_nobody(client, secretary, signed_in):
    if signed_in:
        client.force_login(secretary)
    answer = client.get(reverse("offline"))
    assert "网络未连接" in answer.text
    assert secretary.get_full_name() not in answer.text
    assert "<script" not in answer.text
