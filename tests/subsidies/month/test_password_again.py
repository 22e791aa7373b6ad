"""The password is asked again before a sheet is endorsed or approved, also just after the sign-in."""

import pytest
from django.urls import reverse

from registry.models import Subdistrict
from subsidies.models import Sheet
from subsidies.month import sheets
from tests import factories
from tests.world import MONTH


@pytest.mark.parametrize(
    ("user", "before", "step"), [("leader", "submitted", "endorse"), ("finance", "endorsed", "approve")]
)
def test_who_has_just_signed_in_types_it_again(standard, community, leader, finance, client, user, before, step):
    [sheet] = sheets.prepare(MONTH, Subdistrict.objects.filter(pk=community.subdistrict_id))
    factories.brought_to(sheet, before)
    client.post(reverse("login"), {"username": user, "password": "secret"})
    page = f"{sheet.get_absolute_url()}{step}/"
    for method in (client.get, client.post):
        assert method(page)["Location"].startswith(reverse("confirm-password"))
    assert Sheet.objects.get(pk=sheet.pk).state == before
    client.post(reverse("confirm-password"), {"password": "secret"})
    assert client.get(page).status_code == 200
