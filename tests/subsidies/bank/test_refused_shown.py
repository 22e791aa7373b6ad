"""A refused payment is shown to the person, to the community's secretary and to the subdistrict's clerk."""

import pytest
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Position, Role, Subdistrict
from registry.people.duplicates import services as duplicates
from subsidies.bank import ready_templates
from subsidies.models import SheetLine
from subsidies.month import sheets
from tests import factories

OCTOBER = Month(2026, 10)
NOTE = "2026年10月 300.00元：银行退回（账户不存在）"
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def person(community):
    return factories.member(community, "退回者", account="6228480003000027320", bank="甘肃银行")


@pytest.fixture
def refused(person, group):
    ready_templates.load_missing()
    factories.appointment(person, group, Position.GROUP_LEADER, OCTOBER.first_day)
    factories.appointment(factories.member(group.committee.community, "到账者", account="622848000000000033"), group)
    [sheet] = sheets.prepare(OCTOBER, Subdistrict.objects.all())
    factories.brought_to(sheet, "approved")
    factories.answered(sheet, refused=["退回者"])
    return sheet


def shown(client, user, url="workbench", *args) -> str:
    client.force_login(user)
    return client.get(reverse(url, args=args)).text


def test_the_person_sees_it_on_the_phone_with_what_to_do(client, refused, person, group):
    own = factories.user("own", Role.GROUP_LEADER, group=group)
    own.member = person
    own.save()
    sheets.prepare(OCTOBER.next, Subdistrict.objects.all())  # a newer month does not hide it
    for text in (shown(client, own), shown(client, own, "line", OCTOBER, person.pk)):
        assert NOTE in text
        assert "找社区书记更正" in text


def test_who_was_paid_sees_nothing_of_it(client, refused, group):
    line = SheetLine.objects.get(name="到账者")
    own = factories.user("own", Role.GROUP_MEMBER, group=group)
    own.member = line.member
    own.save()
    assert "银行退回" not in shown(client, own)
    assert "银行退回" not in shown(client, own, "line", OCTOBER, line.member_id)


def test_secretary_and_clerk_see_it_on_the_workbench_and_on_the_persons_months(
    client, refused, person, secretary, clerk
):
    for user in (secretary, clerk):
        assert reverse("member-edit", args=[person.pk]) in shown(client, user)
        assert NOTE in shown(client, user, "member-stipends", person.pk)


def test_where_another_community_keeps_the_record_both_sides_see_it(
    client, refused, person, stranger, secretary, clerk
):
    person.community = stranger
    person.save()
    line = SheetLine.objects.get(member=person)
    for user in (secretary, clerk):
        text = shown(client, user)
        assert line.get_absolute_url() in text
        assert reverse("member-edit", args=[person.pk]) not in text
    keeper = factories.user("keeper", Role.SECRETARY, community=stranger)
    assert reverse("member-edit", args=[person.pk]) in shown(client, keeper)


def test_of_a_merged_person_the_record_that_stays_is_to_be_corrected(client, refused, person, stranger, clerk):
    survivor = factories.member(person.community, "退回者", account=person.account)
    seen = (survivor.version, person.version)
    duplicates.merge(survivor=survivor, other=person, chosen=(), seen=seen, actor=clerk)
    text = shown(client, clerk)
    assert reverse("member-edit", args=[survivor.pk]) in text
    assert reverse("member-edit", args=[person.pk]) not in text
    survivor.refresh_from_db()
    survivor.community = stranger
    survivor.save()
    keeper = factories.user("keeper", Role.SECRETARY, community=stranger)
    assert reverse("member-edit", args=[survivor.pk]) in shown(client, keeper)
    survivor.account = "6228480003000027338"
    survivor.save()
    assert "请核实并更正账号" not in shown(client, clerk)


def test_other_communities_see_nothing_of_it(client, refused, sibling, stranger):
    for number, place in enumerate((sibling, stranger)):
        assert "退回者" not in shown(client, factories.user(f"u{number}", Role.SECRETARY, community=place))
