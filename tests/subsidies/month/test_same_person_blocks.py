"""Nobody who may be on the register twice is paid before somebody has decided on it."""

from datetime import date

import pytest
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Member, Role
from registry.people.duplicates import services as duplicates
from subsidies.models import Sheet, State, Step
from subsidies.month import sheets, workflow
from tests import factories

MONTH = Month(2024, 1)
BORN = date(1966, 3, 4)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def two(community, sibling):
    """People of two communities, both paid, with one name and birth date."""
    found = []
    for order, place in enumerate((community, sibling)):
        number, account = factories.id_number(BORN, 700 + order), f"62284800000000001{order}"
        found.append(factories.member(place, "赵试甲", id_number=number, account=account))
        factories.appointment(found[-1], place.committee)
    return found


def computed(subdistrict) -> Sheet:
    [sheet] = sheets.prepare(MONTH, [subdistrict])
    return Sheet.objects.get(pk=sheet.pk)


@pytest.fixture
def sheet(two, community):
    return computed(community.subdistrict)


def confirm_all(sheet, places, actor):
    workflow.confirm_all(sheet=sheet, communities=places, actor=actor)


def test_neither_confirmed_nor_submitted_until_it_is_decided(client, clerk, sheet, two, community, sibling):
    with pytest.raises(Refused, match="赵试甲"):
        confirm_all(sheet, [sibling], clerk)
    client.force_login(clerk)
    page = client.get(sheet.get_absolute_url()).text
    assert "疑似重复登记，尚未判定" in page
    assert two[1].get_absolute_url() in page
    confirm = reverse("community-confirm", args=[MONTH, sibling.code])
    assert two[1].get_absolute_url() in client.get(confirm).text
    duplicates.keep_apart(*two, actor=clerk)
    assert "疑似重复登记" not in client.get(sheet.get_absolute_url()).text
    confirm_all(sheet, [community, sibling], clerk)
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    sheet.refresh_from_db()
    assert sheet.state == State.SUBMITTED


def test_a_likeness_found_after_the_confirmation_stops_the_submission(clerk, sheet, two, community, sibling):
    duplicates.keep_apart(*two, actor=clerk)
    confirm_all(sheet, [community, sibling], clerk)
    duplicates.ask_again(*two, actor=clerk)
    with pytest.raises(Refused, match="赵试甲"):
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)


def test_merged_and_computed_again_it_is_submitted(clerk, sheet, two, community, sibling):
    one, other = (Member.objects.get(pk=each.pk) for each in two)
    duplicates.merge(survivor=one, other=other, chosen=[], seen=(one.version, other.version), actor=clerk)
    sheet = computed(community.subdistrict)
    confirm_all(sheet, [community], clerk)
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    assert sheet.lines.count() == 1


@pytest.mark.parametrize(("ended", "blocks"), [(0, True), (1, False)], ids=["earlier record", "later record"])
def test_it_is_the_later_record_that_is_not_paid(clerk, community, sibling, two, ended, blocks):
    two[ended].appointments.update(last_day=date(2023, 6, 30))
    sheet = computed(community.subdistrict)
    if blocks:
        with pytest.raises(Refused, match="赵试甲"):
            confirm_all(sheet, [sibling], clerk)
    else:
        confirm_all(sheet, [community], clerk)


def test_a_record_of_another_subdistrict_is_not_named_and_holds_up_the_later_alone(
    client, clerk, civil, community, stranger
):
    places = {stranger: "622848000000000020", community: "622848000000000021"}
    people = [
        factories.member(place, "赵试甲", id_number=factories.id_number(BORN, 710 + order), account=places[place])
        for order, place in enumerate(places)
    ]
    for person in people:
        factories.appointment(person, person.community.committee)
    elsewhere = factories.user("elsewhere", Role.CLERK, subdistrict=stranger.subdistrict)
    confirm_all(computed(stranger.subdistrict), [stranger], elsewhere)
    sheet = computed(community.subdistrict)
    with pytest.raises(Refused, match="赵试甲"):
        confirm_all(sheet, [community], clerk)
    client.force_login(clerk)
    page = client.get(sheet.get_absolute_url()).text
    assert people[1].get_absolute_url() in page
    assert stranger.name not in page
    assert people[0].get_absolute_url() not in page
    client.force_login(civil)
    client.post(reverse("tell-apart", args=[person.pk for person in people]), {"reason": "已核对证件"})
    confirm_all(sheet, [community], clerk)
