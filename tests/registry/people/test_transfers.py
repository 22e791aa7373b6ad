"""Transfers between subdistricts: agreed by both sides, done in one step, and shown to each side as far as it needs."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.id_numbers import masked
from jygroups.lib.refusals import Refused
from registry.models import Appointment, AuditEntry, Member, Position, Role, Transfer, TransferState
from registry.people.duplicates import services as duplicates
from registry.people.transfers import services
from registry.people.transfers.todo import lines
from registry.records import versions
from registry.records.todo import Urgency
from tests import factories

pytestmark = pytest.mark.django_db
FIRST = date(2026, 11, 2)


@pytest.fixture
def person(community):
    return factories.member(community, "王调动", account="6228480003000027320", phone="13900000000")


@pytest.fixture
def office(person, group):
    return factories.appointment(person, group, Position.GROUP_LEADER)


@pytest.fixture
def there(stranger):
    return factories.group(stranger, 2)


@pytest.fixture
def receiver(stranger):
    return factories.user("receiver", Role.CLERK, subdistrict=stranger.subdistrict)


def send(office, body, actor, **given):
    given = {"position": Position.GROUP_MEMBER, "first_day": FIRST, "basis": "调函〔2026〕3号", **given}
    return services.send(member=office.member, office=office, body=body, actor=actor, **given)


@pytest.fixture
def sent(office, there, clerk):
    return send(office, there, clerk)


def test_nothing_changes_before_the_other_side_accepts(sent, office, person, community):
    office.refresh_from_db()
    person.refresh_from_db()
    assert (office.last_day, person.community) == (None, community)
    assert Appointment.objects.count() == 1


def test_accepting_ends_the_old_office_begins_the_new_and_hands_the_record_over(sent, office, person, there, receiver):
    services.end(TransferState.ACCEPTED, transfer=sent, actor=receiver)
    office.refresh_from_db()
    person.refresh_from_db()
    new = Appointment.objects.exclude(pk=office.pk).get()
    assert (office.last_day, office.end_reason) == (FIRST - timedelta(days=1), "transfer")
    assert (new.member, new.group, new.position, new.first_day, new.last_day) == (
        person,
        there,
        "group_member",
        FIRST,
        None,
    )
    assert (new.basis, person.community) == ("调函〔2026〕3号", there.committee.community)
    sent.refresh_from_db()
    assert (sent.state, sent.ended_by) == ("accepted", receiver)
    assert person.history.first().history_user == receiver
    acts = AuditEntry.objects.filter(act="transfer").order_by("id")
    assert [(each.user.username, each.details["what"]) for each in acts] == [
        ("clerk", "sent"),
        ("receiver", "accepted"),
    ]


def test_an_office_whose_end_is_entered_already_is_carried_on(office, there, clerk, receiver):
    office.last_day, office.end_reason = FIRST - timedelta(days=1), "other"
    versions.save(office, actor=clerk)
    services.end(TransferState.ACCEPTED, transfer=send(office, there, clerk), actor=receiver)
    assert Appointment.objects.get(group=there).last_day is None


def test_a_committees_office_may_be_what_awaits(office, stranger, clerk, receiver):
    row = send(office, stranger.committee, clerk, position=Position.COMMITTEE_MEMBER)
    services.end(TransferState.ACCEPTED, transfer=row, actor=receiver)
    assert Appointment.objects.get(committee=stranger.committee).position == Position.COMMITTEE_MEMBER


@pytest.mark.parametrize("step", [TransferState.DECLINED, TransferState.WITHDRAWN])
def test_declined_or_withdrawn_it_leaves_everything_and_can_be_sent_again(sent, office, there, clerk, receiver, step):
    services.end(step, transfer=sent, actor=receiver if step == TransferState.DECLINED else clerk, comment="编制已满")
    office.refresh_from_db()
    assert office.last_day is None
    with pytest.raises(Refused):
        services.end(TransferState.ACCEPTED, transfer=sent, actor=receiver)
    assert send(office, there, clerk).is_waiting


def test_only_one_waits_for_a_person(sent, office, there, clerk):
    with pytest.raises(ValidationError):
        send(office, there, clerk)


@pytest.mark.parametrize("user", ["clerk", "secretary", "finance"])
def test_only_the_receiving_clerk_accepts_and_declines(sent, user, request):
    actor = request.getfixturevalue(user)
    for step in (TransferState.ACCEPTED, TransferState.DECLINED):
        with pytest.raises(Refused):
            services.end(step, transfer=sent, actor=actor, comment="不同意")


def test_only_the_clerk_of_the_side_that_keeps_the_record_sends(office, there, secretary, receiver):
    for actor in (secretary, receiver):
        with pytest.raises(ValidationError):
            send(office, there, actor)


def test_within_the_subdistrict_nobody_is_transferred(office, sibling, clerk):
    with pytest.raises(ValidationError):
        send(office, factories.group(sibling), clerk)


def test_who_holds_both_posts_does_not_agree_with_oneself(office, there, stranger, clerk):
    row = send(office, there, clerk)
    factories.Post.objects.create(
        user=clerk, role=Role.CLERK, subdistrict=stranger.subdistrict, first_day=date(2020, 1, 1)
    )
    del clerk.posts_today
    with pytest.raises(Refused):
        services.end(TransferState.ACCEPTED, transfer=row, actor=clerk)


@pytest.mark.parametrize("change", ["deleted", "ended before", "taken already"])
def test_what_has_changed_since_is_refused_whole(sent, office, there, person, receiver, change):
    if change == "deleted":
        versions.remove(office, actor=None, reason="误登")
    elif change == "ended before":
        office.last_day, office.end_reason = FIRST - timedelta(days=9), "resignation"
        versions.save(office, actor=None)
    else:
        factories.appointment(person, there, first_day=FIRST)
    count = Appointment.objects.count()
    with pytest.raises((Refused, ValidationError)):
        services.end(TransferState.ACCEPTED, transfer=sent, actor=receiver)
    sent.refresh_from_db()
    assert (sent.is_waiting, Appointment.objects.count()) == (True, count)


def test_a_record_that_was_handed_over_since_is_not_taken(sent, office, person, sibling, receiver):
    person.refresh_from_db()
    person.community = sibling
    versions.save(person, actor=None, reason="移交")
    with pytest.raises(Refused):
        services.end(TransferState.ACCEPTED, transfer=sent, actor=receiver)
    office.refresh_from_db()
    assert office.last_day is None


def test_a_person_with_a_transfer_under_way_is_not_merged(sent, person, community):
    other = factories.member(community, "王调动")
    assert any("调动" in reason for reason in duplicates.plan(person, other).against)


def test_a_past_transfer_goes_to_the_record_that_stays(sent, person, community, clerk):
    services.end(TransferState.WITHDRAWN, transfer=sent, actor=clerk)
    other = factories.member(community, "王调动")
    duplicates.merge(
        survivor=other, other=person, chosen=[], seen=(other.version, Member.objects.get(pk=person.pk).version),
        actor=clerk,
    )  # fmt: skip
    sent.refresh_from_db()
    assert sent.member == other


# Pages ------------------------------------------------------------------------------------------------------


def test_the_receiving_side_sees_what_it_needs_and_not_the_person(client, sent, person, receiver):
    client.force_login(receiver)
    text = client.get(sent.get_absolute_url()).text
    for shown in ("王调动", "福民社区", "居民小组长", "大众社区", "调函〔2026〕3号", masked(person.id_number)):
        assert shown in text
    for hidden in (person.id_number, person.account, person.phone, person.get_absolute_url()):
        assert hidden not in text
    assert client.get(person.get_absolute_url()).status_code == 404
    client.post(reverse("transfer-accept", args=[sent.pk]))
    assert client.get(person.get_absolute_url()).status_code == 200


def test_who_has_nothing_to_do_with_it_does_not_see_it(client, sent):
    elsewhere = factories.community("620201003001", "远处社区")
    client.force_login(factories.user("far", Role.CLERK, subdistrict=elsewhere.subdistrict))
    assert client.get(sent.get_absolute_url()).status_code == 404
    assert "王调动" not in client.get(reverse("transfers")).text


def test_a_clerk_sends_from_the_members_page_and_the_other_side_answers_from_the_workbench(
    client, office, person, there, clerk, receiver
):
    client.force_login(clerk)
    url = reverse("member-transfer", args=[person.pk])
    assert url in client.get(person.get_absolute_url()).text
    given = {"office": office.pk, "body": f"group-{there.pk}", "position": "group_leader", "first_day": "2026-11-02"}
    assert client.post(url, {**given, "body": ""}).status_code == 422
    row_url = client.post(url, given)["Location"]
    assert url not in client.get(person.get_absolute_url()).text
    assert [(line.urgency, line.url) for line in lines(clerk, timezone.localdate())] == [(Urgency.OTHERS, row_url)]
    assert [(line.urgency, line.url) for line in lines(receiver, timezone.localdate())] == [(Urgency.YOU, row_url)]
    client.force_login(receiver)
    assert row_url in client.get(reverse("workbench")).text
    listed = client.get(reverse("transfers")).text
    assert "待您处理" in listed
    assert f'href="{row_url}"' in listed
    accept = reverse("transfer-accept", args=[Transfer.objects.get().pk])
    assert accept in client.get(row_url).text
    assert "2026" in client.get(accept).text
    client.post(accept)
    assert not [*lines(receiver, timezone.localdate()), *lines(clerk, timezone.localdate())]
    assert Appointment.objects.get(group=there).position == "group_leader"


def test_declining_asks_for_a_reason_that_the_giving_side_reads(client, sent, clerk, receiver):
    client.force_login(receiver)
    url = reverse("transfer-decline", args=[sent.pk])
    assert client.post(url, {"reason": ""}).status_code == 422
    client.post(url, {"reason": "编制已满"})
    client.force_login(clerk)
    assert "编制已满" in client.get(sent.get_absolute_url()).text


def test_an_offer_is_not_open_where_no_office_of_ones_own_side_is_held(client, person, clerk):
    client.force_login(clerk)
    factories.appointment(person, factories.group(person.community), last_day=timezone.localdate() - timedelta(days=9))
    assert reverse("member-transfer", args=[person.pk]) not in client.get(person.get_absolute_url()).text


def test_the_writers_lock_is_taken_before_the_members_as_accepting_does(client, person, clerk, lock_order):
    client.force_login(clerk)
    for name in ("member-transfer", "member-hand-over", "member-edit"):
        lock_order.clear()
        client.post(reverse(name, args=[person.pk]))
        assert lock_order[:2] == ["writers", "Member"]
