"""Re-elections: what one act writes, what it refuses, and what it leaves of anybody's service."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import (
    Appointment,
    AuditEntry,
    DistinctPersons,
    Election,
    EndReason,
    Member,
    Outcome,
    Position,
    Role,
    Term,
)
from registry.people.offices import services as offices
from registry.terms.reelections import queries as elections
from registry.terms.reelections import services as reelection
from registry.terms.reelections.places import Office
from subsidies import engine, facts
from subsidies.models import Standard
from tests import factories

FIRST, EVE = date(2026, 1, 1), date(2025, 12, 31)
LEADER, MEMBER = Position.GROUP_LEADER, Position.GROUP_MEMBER


def draft(community, term, choices=(), newcomers=(), *, actor=None, first_day=FIRST, basis=""):
    plan = elections.plan(community, term)
    return reelection.save_draft(
        community=community, term=term, seen=plan.election.version if plan.election else 0, first_day=first_day,
        basis=basis, choices={row.pk: choice for row, choice in choices}, newcomers=newcomers, actor=actor,
    )  # fmt: skip


def carry_out(term, *communities, actor, **options):
    seen = {plan.community.pk: plan.digest for plan in elections.plans(communities, term)}
    return reelection.carry_out(communities=communities, term=term, seen=seen, actor=actor, **options)


def held(member) -> list[tuple]:
    return [
        (row.position, row.first_day, row.last_day, row.term_id) for row in member.appointments.order_by("first_day")
    ]


def everything() -> list:
    return [
        sorted(model._base_manager.values_list())
        for model in (Appointment, Appointment.history.model, Member, Election, AuditEntry)
    ]


def test_that_newcomers_are_other_persons_is_decided_with_it_at_no_cost_for_each(clerk, community, group, terms):
    known = [factories.member(community, "戊新", id_number=factories.id_number(date(1966, 3, 4), n)) for n in (1, 2, 3)]
    number = factories.id_number(date(1966, 3, 4), 9)
    draft(community, terms[1], newcomers=[reelection.Newcomer(Office.GROUP_MEMBER, group, None, None, "戊新", number)])

    def cost(*others: Member) -> int:
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            written = carry_out(terms[1], community, actor=clerk, apart={number: others}, why="已核对")
            found = [row for row in written if isinstance(row, DistinctPersons)]
            assert [(row.first, row.reason, row.is_decided) for row in found] == [(o, "已核对", True) for o in others]
            transaction.set_rollback(True)
        return len(asked)

    cost(known[0])
    assert cost(known[0]) == cost(*known)


def test_who_is_not_mentioned_stays_in_the_same_office_in_the_new_term(clerk, community, terms, people):
    carry_out(terms[1], community, actor=clerk)
    for row in people.values():
        assert held(row.member) == [
            (row.position, date(2021, 1, 1), EVE, terms[0].pk),
            (row.position, FIRST, None, terms[1].pk),
        ]
        assert row.member.appointments.first().end_reason == EndReason.EXPIRY


def test_one_act_lets_go_moves_and_takes_in_and_records_who_did_it(clerk, community, group, term, people):
    number = factories.id_number()
    draft(
        community, term,
        choices=[
            (people["甲长"], (Outcome.STAY, Office.GROUP_MEMBER)),
            (people["乙员"], (Outcome.STAY, Office.ACTING_LEADER)),
            (people["丙员"], (Outcome.GO, Office.GROUP_MEMBER)),
        ],
        newcomers=[
            reelection.Newcomer(Office.GROUP_MEMBER, group, name="戊新", id_number=number),
            reelection.Newcomer(Office.DIRECTOR, member=people["甲长"].member),
        ],
        basis="公告1号",
    )  # fmt: skip
    assert Appointment.objects.count() == 4  # a draft touches no office
    carry_out(term, community, actor=clerk)
    now = {
        (row.member.name, row.position, row.acting)
        for row in Appointment.objects.in_office(FIRST).select_related("member")
    }
    assert now == {
        ("甲长", MEMBER, False),
        ("乙员", LEADER, True),
        ("戊新", MEMBER, False),
        ("丁委", Position.COMMITTEE_MEMBER, False),
        ("甲长", Position.DIRECTOR, False),
    }
    assert Member.objects.get(name="戊新").id_number == number
    assert {row.basis for row in Appointment.objects.filter(term=term)} == {"公告1号"}
    gone = Appointment.objects.get(member__name="丙员")
    assert (gone.last_day, gone.end_reason) == (EVE, EndReason.EXPIRY)
    assert gone.history.first().history_user == clerk
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user) == ("reelection", clerk)
    assert {name: entry.details[name] for name in ("stay", "go", "new", "other_office")} == {
        "stay": 3, "go": 1, "new": 2, "other_office": 2,
    }  # fmt: skip
    assert number not in str(entry.details)


def test_every_body_of_every_community_is_handled_in_one_act(clerk, community, sibling, term, people):
    other = factories.appointment(factories.member(sibling, "己员"), factories.group(sibling))
    carry_out(term, community, sibling, actor=clerk)
    for each in (community, sibling):
        plan = elections.plan(each, term)
        assert (plan.state, plan.open_bodies) == (elections.State.DONE, 0)
    assert len(held(other.member)) == 2
    assert Election.objects.filter(carried_out_by=clerk).count() == 2


def test_one_problem_anywhere_leaves_everything_as_it_was_and_all_are_listed(
    clerk, community, sibling, group, term, people
):
    far = factories.group(sibling)
    factories.appointment(factories.member(sibling), far, LEADER)
    second = factories.appointment(factories.member(sibling), far)
    draft(sibling, term, [(second, (Outcome.STAY, Office.GROUP_LEADER))])
    young = factories.id_number(date(2012, 5, 1))
    draft(
        community, term,
        newcomers=[
            reelection.Newcomer(Office.GROUP_MEMBER, group, member=people["乙员"].member),
            reelection.Newcomer(Office.GROUP_MEMBER, group, name="少年", id_number=young),
        ],
    )  # fmt: skip
    before = everything()
    with pytest.raises(Refused) as refused:
        carry_out(term, community, sibling, actor=clerk)
    reported = " ".join(map(str, refused.value.problems))
    assert len(refused.value.problems) == 3
    assert all(word in reported for word in ("两名组长", "乙员", "少年"))
    assert everything() == before


def test_a_small_group_a_missing_leader_and_a_missing_director_are_reported_and_hinder_nothing(
    clerk, community, group, term, people
):
    draft(community, term, [(people["甲长"], (Outcome.GO, Office.GROUP_LEADER))])
    plan = elections.plan(community, term)
    reported = " ".join(map(str, plan.warnings))
    assert plan.refusals == []
    assert [word for word in ("缺组长", "2人", "缺主任") if word not in reported] == []
    carry_out(term, community, actor=clerk)


def test_doing_it_twice_has_one_effect_and_the_second_is_informed_who_was_first(clerk, community, term, people):
    plan = elections.plan(community, term)
    carry_out(term, community, actor=clerk)
    before = everything()
    for digest in (plan.digest, elections.plan(community, term).digest):
        with pytest.raises(Overtaken, match="clerk"):
            reelection.carry_out(communities=[community], term=term, seen={community.pk: digest}, actor=clerk)
    with pytest.raises(Overtaken):
        draft(community, term, [(people["甲长"], (Outcome.GO, Office.GROUP_LEADER))])
    assert everything() == before


def test_what_changed_after_it_was_looked_at_is_not_carried_out(clerk, community, term, people):
    seen = {community.pk: elections.plan(community, term).digest}
    offices.carry_out(
        offices.end_office(office=people["丙员"], last_day=date(2025, 6, 1), end_reason=EndReason.DEATH), actor=clerk
    )
    with pytest.raises(Overtaken):
        reelection.carry_out(communities=[community], term=term, seen=seen, actor=clerk)
    assert not Appointment.objects.filter(term=term).exists()


def test_who_saves_second_overwrites_nothing(community, term, people):
    draft(community, term, [(people["乙员"], (Outcome.GO, Office.GROUP_MEMBER))])
    with pytest.raises(Overtaken):
        reelection.save_draft(
            community=community, term=term, seen=0, first_day=FIRST, basis="", newcomers=[], actor=None,
            choices={people["乙员"].pk: (Outcome.STAY, Office.GROUP_MEMBER)},
        )  # fmt: skip
    assert [seat.name for seat in elections.plan(community, term).seats if seat.outcome == Outcome.GO] == ["乙员"]


def test_a_draft_saved_unchanged_changes_nothing(community, term, people):
    assert not draft(community, term, [(row, (Outcome.STAY, Office(row.position))) for row in people.values()])
    assert not Election.objects.exists()


def test_a_change_takes_back_what_was_handed_over(secretary, community, term, people):
    reelection.hand_over(community=community, term=term, digest=elections.plan(community, term).digest, actor=secretary)
    assert elections.plan(community, term).state is elections.State.HANDED_OVER
    draft(community, term, [(people["乙员"], (Outcome.GO, Office.GROUP_MEMBER))])
    assert elections.plan(community, term).state is elections.State.DRAFT


def test_an_end_known_already_goes_with_the_new_office(clerk, community, term, people):
    row = people["丙员"]
    row.last_day, row.end_reason = date(2026, 3, 18), EndReason.RESIGNATION
    row.save()
    carry_out(term, community, actor=clerk)
    assert [(days[1], days[2]) for days in held(row.member)] == [
        (date(2021, 1, 1), EVE),
        (FIRST, date(2026, 3, 18)),
    ]
    assert row.member.appointments.last().end_reason == EndReason.RESIGNATION


def test_a_late_re_election_keeps_people_in_their_old_offices_until_the_day_before(clerk, community, term, people):
    draft(community, term, first_day=date(2026, 4, 15))
    carry_out(term, community, actor=clerk)
    assert [days[1:3] for days in held(people["甲长"].member)] == [
        (date(2021, 1, 1), date(2026, 4, 14)),
        (date(2026, 4, 15), None),
    ]


def test_somebody_registered_out_of_sight_meanwhile_is_not_taken(clerk, community, stranger, group, term, people):
    number = factories.id_number()
    draft(community, term, newcomers=[reelection.Newcomer(Office.GROUP_MEMBER, group, name="戊新", id_number=number)])
    factories.member(stranger, "戊新", id_number=number)
    with pytest.raises(Refused, match="戊新"):
        carry_out(term, community, actor=clerk)
    assert not Appointment.objects.filter(term=term).exists()


def test_somebody_registered_in_sight_meanwhile_is_found(clerk, community, sibling, group, term, people):
    number = factories.id_number()
    draft(community, term, newcomers=[reelection.Newcomer(Office.GROUP_MEMBER, group, name="戊新", id_number=number)])
    known = factories.member(sibling, "戊新", id_number=number)
    carry_out(term, community, actor=clerk)
    assert [row.group for row in known.appointments.all()] == [group]


# Offices left over ----------------------------------------------------------------------------------------


def test_renewing_an_office_past_its_term_leaves_no_day_out(clerk, terms, people):
    left = people["丙员"]
    ending = reelection.Ending(left, EVE, EndReason.EXPIRY)
    reelection.settle(renewed=[people["乙员"]], endings=[ending], term=terms[1], actor=clerk)
    assert held(people["乙员"].member) == [
        (MEMBER, date(2021, 1, 1), EVE, terms[0].pk),
        (MEMBER, FIRST, None, terms[1].pk),
    ]
    assert [days[2] for days in held(left.member)] == [EVE]


def test_two_who_settle_one_office_are_one(clerk, term, people):
    first, second = (Appointment.objects.get(pk=people["乙员"].pk) for _ in range(2))
    reelection.settle(renewed=[first], endings=[], term=term, actor=clerk)
    with pytest.raises(Overtaken):
        reelection.settle(renewed=[second], endings=[], term=term, actor=clerk)
    assert len(held(people["乙员"].member)) == 2


# Service --------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2021, 1, 1), date(2025, 12, 1))
LIFE = st.tuples(DAYS, st.sampled_from([Outcome.STAY, Outcome.GO]), st.booleans())


def decided(member, month: Month) -> engine.Decision:
    rules = Standard.objects.in_force(month).prefetch_related("rates").first().rules()
    return engine.decide(facts.person(member).life, month.first_day, rules)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(roster=st.lists(LIFE, min_size=1, max_size=5), months=st.integers(1, 60))
def test_full_years_run_on_for_who_stays_and_end_for_who_goes(standard, roster, months):
    """Over random rosters: the decision of any later month is the same as without a re-election, years and start."""
    with transaction.atomic():
        community = factories.community()
        group = factories.group(community, 9)
        Term.objects.create(ordinal=101, first_day=date(2021, 1, 1), last_day=EVE)
        term = Term.objects.create(ordinal=102, first_day=FIRST, last_day=date(2030, 12, 31))
        clerk = factories.user(f"clerk{next(factories.serial)}", Role.CLERK, subdistrict=community.subdistrict)
        people = []
        for first_day, outcome, leads in roster:
            leads = leads and not any(row.position == LEADER for row, _ in people)
            row = factories.appointment(factories.member(community), group, LEADER if leads else MEMBER, first_day)
            people.append((row, outcome))
        month = Month.of(FIRST + timedelta(days=30 * months))
        before = {row.member_id: decided(row.member, month) for row, _ in people}
        draft(
            community,
            term,
            [(row, (outcome, Office(row.position))) for row, outcome in people if outcome == Outcome.GO],
        )
        carry_out(term, community, actor=clerk)
        for row, outcome in people:
            after = decided(row.member, month)
            if outcome == Outcome.GO:
                assert after.outcome is engine.Outcome.NOT_IN_OFFICE
            else:
                was = before[row.member_id]
                assert (after.deemed_start, after.full_years, after.amount) == (
                    was.deemed_start, was.full_years, was.amount,
                )  # fmt: skip
                assert len(after.service) == 1
        transaction.set_rollback(True)


def test_service_is_broken_for_who_went_and_came_back(standard, clerk, community, group, term, people):
    draft(community, term, [(people["丙员"], (Outcome.GO, Office.GROUP_MEMBER))])
    carry_out(term, community, actor=clerk)
    back = Member.objects.get(name="丙员")
    offices.carry_out(
        offices.appoint(member=back, body=group, position=MEMBER, first_day=date(2026, 7, 1)), actor=clerk
    )
    decision = decided(back, Month(2026, 10))
    assert len(decision.service) == 2
    assert decision.deemed_start == date(2021, 1, 1) + timedelta(days=181)


def test_an_acting_leader_is_called_so_and_paid_as_leader(standard, community, group, terms):
    row = factories.appointment(factories.member(community), group, LEADER)
    row.acting = True
    row.save()
    assert row.get_position_display() == "代理居民小组长"
    assert decided(row.member, Month(2021, 2)).rate == 300
