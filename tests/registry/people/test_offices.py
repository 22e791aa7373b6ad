"""The acts on offices: what they write, what they refuse in words, and that service runs on across them."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import Appointment, EmploymentSpell, EndReason, Member, Position, Term
from registry.people.offices import services as offices
from subsidies import engine, facts
from subsidies.models import Standard
from tests import factories

SINCE, ON = date(2021, 1, 1), date(2026, 7, 1)
EVE = ON - timedelta(days=1)


@pytest.fixture
def other_group(community):
    return factories.group(community, 2)


@pytest.fixture
def terms(db):
    return [
        Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31)),
        Term.objects.create(ordinal=2, first_day=date(2026, 1, 1), last_day=date(2030, 12, 31)),
    ]


@pytest.fixture
def leading(community, group):
    return factories.appointment(factories.member(community, "李建国"), group, Position.GROUP_LEADER)


@pytest.fixture
def sitting(community, group):
    return factories.appointment(factories.member(community, "王秀英"), group)


def refusals(act, **facts) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        act(**facts)
    return refused.value.message_dict


def held(member: Member) -> list[tuple]:
    """The person's offices: group or committee, position, first and last day."""
    return [
        (office.group_id, office.position, office.first_day, office.last_day)
        for office in member.appointments.order_by("first_day", "pk")
    ]


def decided(member: Member) -> engine.Decision:
    month = Month(2026, 10)
    rules = Standard.objects.in_force(month).first().rules()
    return engine.decide(facts.person(member).life, month.first_day, rules)


def new_member(**fields) -> Member:
    return Member(**{"name": "赵敏", "id_number": factories.id_number(), **fields})


# Taking office


def test_a_new_members_record_is_in_the_community_and_the_office_has_its_term(terms, secretary, community, group):
    proposal = offices.appoint(member=new_member(), body=group, position=Position.GROUP_MEMBER, first_day=ON)
    assert not Member.objects.exists()  # a proposal is not yet an act
    member, office = offices.carry_out(proposal, actor=secretary)
    assert (member.community, office.group, office.committee) == (community, group, community.committee)
    assert office.term == terms[1]
    for row in (member, office):
        version = row.history.get()
        assert (version.history_user, version.history_change_reason) == (secretary, "任职")


def test_who_takes_office_may_be_employed_elsewhere(group):
    spell = EmploymentSpell(first_day=SINCE, employer="某公司")
    proposal = offices.appoint(
        member=new_member(), body=group, position=Position.GROUP_MEMBER, first_day=ON, employment=spell
    )
    offices.carry_out(proposal, actor=None)
    assert EmploymentSpell.objects.get().member.name == "赵敏"


def test_somebody_on_the_register_takes_a_second_office(sitting, community):
    proposal = offices.appoint(
        member=sitting.member, body=community.committee, position=Position.COMMITTEE_MEMBER, first_day=ON
    )
    [office] = offices.carry_out(proposal, actor=None)
    assert (office.member, office.group) == (sitting.member, None)


def test_every_problem_is_reported_by_its_field(group, community):
    taken = factories.member(community)
    member = new_member(name="张 三 丰", id_number=taken.id_number, phone="123", account="12")
    reported = refusals(
        offices.appoint, member=member, body=group, position=Position.DIRECTOR, first_day=date(2099, 1, 1)
    )
    assert set(reported) == {"name", "id_number", "phone", "account", "position", "first_day"}
    assert reported["id_number"] == ["此人已在册，请联系街道办事处。"]


@pytest.mark.parametrize(
    ("born", "is_refused"), [(date(2010, 7, 1), False), (date(2010, 7, 2), True)], ids=["16", "a day less"]
)
def test_nobody_takes_office_under_16(group, born, is_refused):
    member = new_member(id_number=factories.id_number(born, 7))
    facts = {"member": member, "body": group, "position": Position.GROUP_MEMBER, "first_day": ON}
    if is_refused:
        assert list(refusals(offices.appoint, **facts)) == ["first_day"]
    else:
        assert offices.appoint(**facts)


def test_a_second_office_in_the_same_body_is_refused_with_the_first(sitting, group):
    reported = refusals(
        offices.appoint, member=sitting.member, body=group, position=Position.GROUP_MEMBER, first_day=ON
    )
    assert "王秀英" in reported["first_day"][0]
    assert "2021-01-01" in reported["first_day"][0]


def test_a_second_leader_is_refused_with_the_name_of_the_first(leading, group):
    reported = refusals(offices.appoint, member=new_member(), body=group, position=Position.GROUP_LEADER, first_day=ON)
    assert "李建国" in reported["position"][0]


def test_a_dissolved_group_takes_nobody(community):
    group = factories.group(community, dissolved_on=ON)
    reported = refusals(offices.appoint, member=new_member(), body=group, position=Position.GROUP_MEMBER, first_day=ON)
    assert list(reported) == ["first_day"]


# Leaving office


def test_an_office_ends_with_its_last_day_and_reason(sitting, secretary):
    proposal = offices.end_office(office=sitting, last_day=EVE, end_reason=EndReason.RESIGNATION, note="搬迁")
    offices.carry_out(proposal, actor=secretary)
    sitting.refresh_from_db()
    assert (sitting.last_day, sitting.end_reason, sitting.note) == (EVE, EndReason.RESIGNATION, "搬迁")
    assert sitting.history.first().history_change_reason == "离任"


def test_an_office_cannot_end_before_it_began_nor_twice(sitting):
    reported = refusals(
        offices.end_office, office=sitting, last_day=SINCE - timedelta(days=1), end_reason=EndReason.RESIGNATION
    )
    assert list(reported) == ["last_day"]
    sitting.last_day = date(2022, 1, 1)
    sitting.save()
    with pytest.raises(ValidationError, match="2022-01-01"):
        offices.end_office(office=sitting, last_day=ON, end_reason=EndReason.RECALL)


def test_a_planned_end_may_come_earlier(sitting):
    sitting.last_day = timezone.localdate() + timedelta(days=30)
    sitting.save()
    proposal = offices.end_office(office=sitting, last_day=timezone.localdate(), end_reason=EndReason.RESIGNATION)
    [office] = offices.carry_out(proposal, actor=None)
    assert office.last_day == timezone.localdate()


# Another leader


def test_the_leader_changes_in_one_act_and_the_old_one_stays(standard, leading, sitting, group):
    before = [decided(leading.member), decided(sitting.member)]
    offices.carry_out(offices.change_leader(group=group, successor=sitting, first_day=ON, basis="决议"), actor=None)
    assert held(sitting.member) == [
        (group.pk, Position.GROUP_MEMBER, SINCE, EVE),
        (group.pk, Position.GROUP_LEADER, ON, None),
    ]
    assert held(leading.member) == [
        (group.pk, Position.GROUP_LEADER, SINCE, EVE),
        (group.pk, Position.GROUP_MEMBER, ON, None),
    ]
    after = [decided(leading.member), decided(sitting.member)]
    assert [decision.full_years for decision in after] == [decision.full_years for decision in before] == [5, 5]
    assert [decision.deemed_start for decision in after] == [SINCE, SINCE]
    assert [decision.amount for decision in before] == [550, 450]
    assert [decision.amount for decision in after] == [450, 550]
    closed = sitting.member.appointments.order_by("first_day")[0]
    assert closed.end_reason == EndReason.TRANSFER


def test_the_old_leader_may_leave_the_group_for_good(leading, sitting, group):
    proposal = offices.change_leader(group=group, successor=sitting, first_day=ON, end_reason=EndReason.RESIGNATION)
    offices.carry_out(proposal, actor=None)
    assert held(leading.member) == [(group.pk, Position.GROUP_LEADER, SINCE, EVE)]
    assert leading.member.appointments.get().end_reason == EndReason.RESIGNATION


def test_a_group_without_a_leader_gets_one(sitting, group):
    offices.carry_out(offices.change_leader(group=group, successor=sitting, first_day=ON), actor=None)
    assert held(sitting.member)[1:] == [(group.pk, Position.GROUP_LEADER, ON, None)]


@pytest.mark.parametrize("day", [SINCE, SINCE + timedelta(days=1), EVE, ON])
def test_on_every_day_there_is_one_leader_after_any_change(leading, sitting, group, day):
    offices.carry_out(offices.change_leader(group=group, successor=sitting, first_day=ON), actor=None)
    assert group.appointments.in_office(day).filter(position=Position.GROUP_LEADER).count() == 1


def test_a_leader_leads_already_and_a_stranger_does_not_lead(leading, group, other_group, community):
    stranger = factories.appointment(factories.member(community), other_group)
    for successor in (leading, stranger):
        reported = refusals(offices.change_leader, group=group, successor=successor, first_day=ON)
        assert list(reported) == ["successor"]


def test_a_change_takes_a_day_after_the_office_began_and_before_it_ends(leading, sitting, group):
    assert list(refusals(offices.change_leader, group=group, successor=sitting, first_day=SINCE)) == ["first_day"]
    sitting.last_day = EVE
    sitting.save()
    assert list(refusals(offices.change_leader, group=group, successor=sitting, first_day=ON)) == ["first_day"]


def led(group, successor, day=ON, **facts) -> None:
    offices.carry_out(offices.change_leader(group=group, successor=successor, first_day=day, **facts), actor=None)


def leaders_on(group, day) -> list[str]:
    offices_then = group.appointments.in_office(day).filter(position=Position.GROUP_LEADER)
    return [office.member.name for office in offices_then]


def test_a_second_new_leader_from_the_same_day_takes_the_place_of_the_first(
    standard, leading, sitting, community, group
):
    third = factories.appointment(factories.member(community, "赵敏"), group)
    led(group, sitting, basis="误")
    led(group, third, basis="决议")
    assert held(third.member)[1:] == [(group.pk, Position.GROUP_LEADER, ON, None)]
    # The first led for no day, and has served without a break.
    assert held(sitting.member) == [
        (group.pk, Position.GROUP_MEMBER, SINCE, EVE),
        (group.pk, Position.GROUP_MEMBER, ON, None),
    ]
    corrected = sitting.member.appointments.get(first_day=ON)
    assert (corrected.version, corrected.basis) == (2, "")
    assert [version.position for version in corrected.history.all()] == [Position.GROUP_MEMBER, Position.GROUP_LEADER]
    assert (leaders_on(group, EVE), leaders_on(group, ON)) == (["李建国"], ["赵敏"])
    months = [decided(each.member) for each in (leading, sitting, third)]
    assert [each.amount for each in months] == [450, 450, 550]
    assert {each.full_years for each in months} == {5}


def test_the_old_leader_leads_again_from_the_day_of_a_slip(leading, sitting, group):
    led(group, sitting)
    led(group, leading.member.appointments.get(first_day=ON))
    assert held(leading.member) == [
        (group.pk, Position.GROUP_LEADER, SINCE, EVE),
        (group.pk, Position.GROUP_LEADER, ON, None),
    ]
    assert (leaders_on(group, EVE), leaders_on(group, ON)) == (["李建国"], ["李建国"])


def test_who_was_appointed_leader_today_is_replaced_from_today(sitting, community, group):
    today = timezone.localdate()
    slip = factories.appointment(factories.member(community, "赵敏"), group, Position.GROUP_LEADER, first_day=today)
    led(group, sitting, today)
    assert held(slip.member) == [(group.pk, Position.GROUP_MEMBER, today, None)]
    assert leaders_on(group, today) == ["王秀英"]


def test_who_led_for_no_day_does_not_leave_the_group_by_it(leading, sitting, community, group):
    third = factories.appointment(factories.member(community, "赵敏"), group)
    led(group, sitting)
    reported = refusals(
        offices.change_leader, group=group, successor=third, first_day=ON, end_reason=EndReason.RESIGNATION
    )
    assert list(reported) == ["end_reason"]


def test_a_leader_before_a_later_one_is_refused_with_a_link_to_correct_that_one(leading, sitting, community, group):
    third = factories.appointment(factories.member(community, "赵敏"), group)
    led(group, sitting)
    [reported] = refusals(offices.change_leader, group=group, successor=third, first_day=EVE)["first_day"]
    later = sitting.member.appointments.get(first_day=ON)
    assert "王秀英" in reported
    assert reverse("office-correct", args=[later.pk]) in reported


def test_a_planned_end_goes_on_to_the_new_office(leading, sitting, group):
    sitting.last_day, sitting.end_reason = date(2026, 12, 31), EndReason.RESIGNATION
    sitting.save()
    offices.carry_out(offices.change_leader(group=group, successor=sitting, first_day=ON), actor=None)
    assert held(sitting.member)[1] == (group.pk, Position.GROUP_LEADER, ON, date(2026, 12, 31))


# Another group


def test_a_move_leaves_service_unbroken(standard, sitting, group, other_group):
    before = decided(sitting.member)
    offices.carry_out(offices.move(office=sitting, to=other_group, first_day=ON), actor=None)
    assert held(sitting.member) == [
        (group.pk, Position.GROUP_MEMBER, SINCE, EVE),
        (other_group.pk, Position.GROUP_MEMBER, ON, None),
    ]
    after = decided(sitting.member)
    assert (after.deemed_start, after.full_years, after.amount) == (
        before.deemed_start, before.full_years, before.amount,
    )  # fmt: skip
    assert len(after.service) == 1


def test_a_leader_who_moves_is_a_member_there_unless_elected(leading, other_group):
    [_, begun] = offices.move(office=leading, to=other_group, first_day=ON).rows
    assert begun.position == Position.GROUP_MEMBER


def test_a_move_goes_elsewhere_and_to_who_is_not_there_yet(sitting, group, other_group):
    assert list(refusals(offices.move, office=sitting, to=group, first_day=ON)) == ["to"]
    factories.appointment(sitting.member, other_group, first_day=date(2026, 1, 1))
    assert list(refusals(offices.move, office=sitting, to=other_group, first_day=ON)) == ["first_day"]


# What was registered wrongly


def test_a_correction_is_no_change_of_office(secretary, sitting):
    sitting.first_day = date(2026, 3, 1)
    offices.carry_out(offices.correct(office=sitting, reason="核对任命文件"), actor=secretary)
    [office] = Appointment.objects.filter(member=sitting.member)
    assert (office.pk, office.first_day, office.version) == (sitting.pk, date(2026, 3, 1), 2)
    version = office.history.first()
    assert version.history_change_reason == "更正：核对任命文件"
    assert version.prev_record.first_day == SINCE


def test_a_corrected_day_takes_its_own_term(terms, sitting):
    sitting.term = terms[0]
    sitting.save()
    sitting.first_day = ON
    [office] = offices.carry_out(offices.correct(office=sitting, reason="笔误"), actor=None)
    assert office.term == terms[1]


def test_a_correction_is_held_to_the_same_rules(leading, sitting):
    sitting.position = Position.GROUP_LEADER
    assert list(refusals(offices.correct, office=sitting, reason="笔误")) == ["position"]
    sitting.position, sitting.end_reason = Position.GROUP_MEMBER, EndReason.RECALL
    assert list(refusals(offices.correct, office=sitting, reason="笔误")) == ["end_reason"]
    sitting.end_reason, sitting.last_day = "", date(2020, 1, 1)
    assert list(refusals(offices.correct, office=sitting, reason="笔误")) == ["last_day"]


# Employment


def test_employment_that_overlaps_another_is_refused_with_it(sitting):
    factories.employment(sitting.member, date(2022, 1, 1), date(2022, 12, 31))
    reported = refusals(offices.employ, spell=EmploymentSpell(member=sitting.member, first_day=date(2022, 12, 31)))
    assert "2022-01-01" in reported["first_day"][0]
    assert offices.employ(spell=EmploymentSpell(member=sitting.member, first_day=date(2023, 1, 1)))


# Two at once


def test_who_comes_second_is_informed_and_nothing_is_saved(sitting, other_group):
    first = offices.end_office(office=sitting, last_day=EVE, end_reason=EndReason.RESIGNATION)
    second = offices.move(office=sitting, to=other_group, first_day=ON)
    offices.carry_out(first, actor=None)
    with pytest.raises(ValidationError, match="已有他人"):
        offices.carry_out(second, actor=None)
    assert len(held(sitting.member)) == 1


def test_what_the_database_alone_sees_is_reported_in_words(monkeypatch, sitting, group):
    proposal = offices.appoint(member=new_member(), body=group, position=Position.GROUP_LEADER, first_day=ON)
    factories.appointment(factories.member(group.committee.community), group, Position.GROUP_LEADER)
    monkeypatch.setattr(Appointment, "full_clean", lambda self, *args, **kwargs: None)
    with pytest.raises(ValidationError, match="刷新"):
        offices.carry_out(proposal, actor=None)
    assert not Member.objects.filter(name="赵敏").exists()
