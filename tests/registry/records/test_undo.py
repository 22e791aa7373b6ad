"""Taking back what was just saved."""

from datetime import date, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.refusals import Refused
from registry.models import (
    Appointment,
    AuditEntry,
    Building,
    Community,
    EmploymentSpell,
    EndReason,
    Member,
    Position,
    Record,
    Representative,
    ResidentsCommittee,
)
from registry.people.offices import services as offices
from registry.records import undo, versions
from tests import factories
from tests import world as worlds
from tests.routes import ROUTES
from tests.test_routes import filled_in

ON = date(2026, 7, 1)


@pytest.fixture
def sitting(community, group):
    return factories.appointment(factories.member(community, "王秀英"), group)


def offered(rf, user, rows) -> str:
    """The token of the message's button."""
    request = rf.get("/")
    request.user, request.session = user, {}
    request._messages = FallbackStorage(request)
    undo.offer(request, "已保存", rows)
    [message] = request._messages
    return message.extra_tags.removeprefix(undo.MARK)


def ended(office, actor) -> list:
    proposal = offices.end_office(office=office, last_day=ON, end_reason=EndReason.RESIGNATION)
    return offices.carry_out(proposal, actor=actor)


def test_a_change_is_taken_back_and_leaves_a_version_and_an_entry(client, rf, secretary, sitting):
    rows = ended(sitting, secretary)
    client.force_login(secretary)
    answer = client.post(reverse("undo"), {"token": offered(rf, secretary, rows), "next": "/areas/"})
    assert answer["Location"] == "/areas/"
    sitting.refresh_from_db()
    assert (sitting.last_day, sitting.end_reason, sitting.version) == (None, "", 3)
    version = sitting.history.first()
    assert (version.history_user, version.history_change_reason) == (secretary, "撤销")
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.user) == ("undo", "任职", secretary)


def test_what_was_just_made_is_deleted_again(rf, secretary, group):
    member = Member(name="赵敏", id_number=factories.id_number())
    proposal = offices.appoint(member=member, body=group, position=Position.GROUP_MEMBER, first_day=ON)
    token = offered(rf, secretary, offices.carry_out(proposal, actor=secretary))
    undo.take_back(token, actor=secretary)
    assert not Member.objects.exists()
    assert not Appointment.objects.exists()
    assert [version.history_type for version in Member.history.all()] == ["-", "+"]


def test_a_change_of_leader_is_taken_back_whole(rf, secretary, community, sitting, group):
    leading = factories.appointment(factories.member(community, "李建国"), group, Position.GROUP_LEADER)
    proposal = offices.change_leader(group=group, successor=sitting, first_day=ON)
    token = offered(rf, secretary, offices.carry_out(proposal, actor=secretary))
    assert Appointment.objects.count() == 4
    undo.take_back(token, actor=secretary)
    assert set(Appointment.objects.values_list("pk", "position", "last_day")) == {
        (leading.pk, Position.GROUP_LEADER, None),
        (sitting.pk, Position.GROUP_MEMBER, None),
    }


def test_encrypted_numbers_come_back_as_they_were(rf, secretary, community):
    member = factories.member(community, phone="13800000000", account="622848000000000000")
    member.account = "622848000000000001"
    versions.save(member, actor=secretary)
    undo.take_back(offered(rf, secretary, [member]), actor=secretary)
    member = Member.objects.get()
    assert (member.account, member.phone) == ("622848000000000000", "13800000000")


def test_what_has_been_changed_again_is_not_taken_back(rf, secretary, sitting):
    token = offered(rf, secretary, ended(sitting, secretary))
    office = Appointment.objects.get()
    office.note = "新"
    versions.save(office, actor=secretary)
    with pytest.raises(Refused):
        undo.take_back(token, actor=secretary)
    assert Appointment.objects.get().last_day == ON


def test_undoing_twice_undoes_once(rf, secretary, sitting):
    token = offered(rf, secretary, ended(sitting, secretary))
    undo.take_back(token, actor=secretary)
    with pytest.raises(Refused):
        undo.take_back(token, actor=secretary)


def test_a_member_on_whom_something_has_been_built_stays(rf, secretary, community, group):
    member = Member(name="赵敏", id_number=factories.id_number(), community=community)
    versions.save(member, actor=secretary)
    token = offered(rf, secretary, [member])
    factories.appointment(member, group)
    with pytest.raises(Refused):
        undo.take_back(token, actor=secretary)
    assert Member.objects.exists()


def test_only_who_saved_it_takes_it_back(client, rf, secretary, clerk, sitting):
    token = offered(rf, secretary, ended(sitting, secretary))
    client.force_login(clerk)
    assert client.post(reverse("undo"), {"token": token}).status_code == 403
    assert Appointment.objects.get().last_day == ON


def test_nobody_takes_back_what_the_post_no_longer_allows(client, rf, secretary, sitting):
    token = offered(rf, secretary, ended(sitting, secretary))
    secretary.posts.update(last_day=timezone.localdate() - timedelta(days=1))
    client.force_login(secretary)
    assert client.post(reverse("undo"), {"token": token}).status_code == 403
    assert Appointment.objects.get().last_day == ON


def test_an_hour_later_it_is_too_late(rf, secretary, sitting):
    with time_machine.travel("2026-07-02 08:00"):
        token = offered(rf, secretary, ended(sitting, secretary))
    with time_machine.travel("2026-07-02 09:01"), pytest.raises(Refused, match="更正"):
        undo.take_back(token, actor=secretary)


@pytest.mark.parametrize("model", [each for each in apps.get_models() if issubclass(each, Record)])
def test_undo_is_offered_for_no_row_that_the_user_may_not_change_and_asks_of_every_kind(rf, auditor, model):
    request = rf.get("/")
    request.user, request.session = auditor, {}
    request._messages = FallbackStorage(request)
    undo.offer(request, "已保存", [model(pk=1)])
    assert [message.extra_tags for message in request._messages] == [""]


def test_a_token_made_up_does_nothing(client, secretary):
    client.force_login(secretary)
    answer = client.post(reverse("undo"), {"token": "x", "next": "https://elsewhere.example/"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))


def test_the_message_has_the_button_and_escapes_its_words(client, rf, secretary, sitting):
    client.force_login(secretary)
    request = rf.get("/")
    request.user, request.session = secretary, client.session
    request._messages = FallbackStorage(request)
    undo.offer(request, "<b>王秀英</b>", ended(sitting, secretary))
    response = client.get(reverse("members"))
    request._messages.update(response)
    client.cookies.update(response.cookies)
    page = BeautifulSoup(client.get(reverse("members")).text, "html.parser")
    [form] = page.select("form.undo")
    assert form["action"] == reverse("undo")
    assert form.select_one("[name=next]")["value"] == reverse("members")
    assert "<b>王秀英</b>" in page.select_one("[role=status]").text


# What each page that offers undo is sent besides what its form holds, by role.
SAVED: dict = {
    "member-edit": ("secretary", {"bank": "甘肃银行", "reason": "核对"}),
    "member-hand-over": ("clerk", lambda world: {"community": world.sibling.community.pk}),
    "community-edit": ("clerk", {"name": "新名社区"}),
    "committee-edit": ("clerk", {"established_on": "2021-01-05"}),
    "building-add": ("secretary", {"name": "新楼", "kind": "building", "group": ""}),
    "building-edit": ("secretary", {"households": "11"}),
    "buildings-cover": ("secretary", {}),
    "employment-add": ("secretary", {"employer": "某厂", "kind": "unit", "first_day": "2026-01-01", "last_day": ""}),
    "employment-edit": ("secretary", {"employer": "某厂"}),
    "office-end": ("secretary", {"last_day": "2026-11-01", "end_reason": "resignation"}),
    "office-move": ("secretary", lambda world: {"to": world.own.other_group.pk, "first_day": "2026-11-01"}),
    "office-correct": ("secretary", {"first_day": "2021-02-01", "reason": "误录"}),
    "office-employment": ("secretary", {"employer": "某厂", "kind": "unit", "first_day": "2026-11-01"}),
    "roster-person": ("secretary", {"bank": "甘肃银行"}),
    "representative-add": ("secretary", {"name": "新代表", "household": "1号楼"}),
    "representative-edit": ("secretary", {"household": "1号楼"}),
}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", SAVED)
def test_whatever_offers_undo_can_be_undone(db, world, name):
    route = ROUTES[name]
    role, changes = SAVED[name]
    changes = changes(world) if callable(changes) else changes
    client = Client()
    client.force_login(world.users[role])
    page = reverse(name, args=route.args(world.own))
    if route.method == "get":
        form = BeautifulSoup(client.get(page).text, "html.parser").select_one("main form[method=post]:not(.undo)")
        data = filled_in(form) | changes
    else:
        data = route.data(world.own)
    before = registered()
    answer = client.post(page, data, follow=True)
    [button] = BeautifulSoup(answer.text, "html.parser").select("form.undo")
    assert registered() != before
    answer = client.post(reverse("undo"), filled_in(button), follow=True)
    assert "已撤销" in answer.text
    assert registered() == before


def registered() -> dict[str, list]:
    """The content of the registers, without versions and times."""
    apart = {"version", "updated_at", "created_at"}
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in apart}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in (Appointment, Building, Community, EmploymentSpell, Member, Representative, ResidentsCommittee)
    }
