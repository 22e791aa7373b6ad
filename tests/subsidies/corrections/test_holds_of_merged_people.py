"""Holds of a person whose months stand on the sheets under a record that was merged since."""

from datetime import date

import pytest
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Position
from registry.people.duplicates import services as duplicates
from subsidies.corrections import holds
from subsidies.models import Correction
from tests import factories
from tests.subsidies.corrections.test_corrections import close

MAY, JULY = Month(2024, 5), Month(2024, 7)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def hold(community, group, clerk):
    """Held from May on, and closed so until July; then merged into another record, which has the hold now."""
    other = factories.member(community, "张三", account="622848000000000001")
    factories.appointment(other, group, Position.GROUP_LEADER, first_day=date(2023, 6, 1))
    hold = holds.hold(member=other, first=MAY, last=None, reason="核查", actor=clerk)
    for month in JULY.run_up(3):
        close(month)
    survivor = factories.member(community, "张三")
    seen = (survivor.version, other.version)
    duplicates.merge(survivor=survivor, other=other, chosen=(), seen=seen, actor=clerk)
    hold.refresh_from_db()
    assert hold.member == survivor
    return hold


def test_its_release_shows_the_months_held_and_proposes_the_last(client, clerk, hold):
    client.force_login(clerk)
    url = reverse("hold-release", args=[hold.pk])
    page = client.get(url)
    assert (page.context["held"], page.context["form"]["last"].value()) == (3, "2024-07")
    client.post(url, {"last": "2024-07", "release": "forfeit", "reason": "核清"})
    assert not Correction.objects.exists()


def test_the_list_counts_its_months(client, clerk, hold):
    client.force_login(clerk)
    [row] = client.get(reverse("holds")).context["table"].data
    assert row.months == 3


def test_no_closed_month_of_it_is_held_again(clerk, hold):
    holds.release(hold=hold, pay=False, last=JULY, reason="核清", actor=clerk)
    with pytest.raises(Refused):
        holds.check_hold(member=hold.member, first=JULY, actor=clerk)
    holds.check_hold(member=hold.member, first=JULY.next, actor=clerk)
