"""Late news about closed months: proposed, decided, settled; the ledger of each member balances."""

import random
from datetime import date
from decimal import Decimal

import pytest

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Member, Position, Role, Subdistrict
from registry.people.duplicates import services as duplicates
from subsidies import facts
from subsidies.corrections import holds, proposals
from subsidies.corrections import services as corrections
from subsidies.models import (
    Correction,
    CorrectionState,
    Outcome,
    Rate,
    Settlement,
    Sheet,
    SheetLine,
    Standard,
    State,
    Step,
)
from subsidies.month import changes, differences, seals, sheets, workflow
from tests import factories
from tests.subsidies import naive
from tests.subsidies.late_facts import ledger, news

JANUARY = Month(2024, 1)
pytestmark = pytest.mark.usefixtures("standard")


def close(month: Month) -> list[Sheet]:
    """Compute the month's sheets and close them, past the checks on the way, which have tests of their own."""
    made = sheets.prepare(month, list(Subdistrict.objects.all()))
    for sheet in made:
        sheet = Sheet.objects.select_related("subdistrict", "standard").get(pk=sheet.pk)
        for state in (State.SUBMITTED, State.ENDORSED):
            factories.brought_to(sheet, state) if state == State.SUBMITTED else None
        factories.brought_to(Sheet.objects.get(pk=sheet.pk), State.APPROVED)
    return made


@pytest.fixture
def person(community, group):
    person = factories.member(community, account="622848000000000001")
    factories.appointment(person, group, Position.GROUP_LEADER, first_day=date(2023, 6, 1))
    return person


def accept(clerk, **which):
    proposals.propose()
    for correction in Correction.objects.filter(state=CorrectionState.PROPOSED, **which):
        corrections.decide(correction=correction, state=CorrectionState.ACCEPTED, actor=clerk, reason="核实")


def nets(person) -> list:
    return list(SheetLine.objects.filter(member=person).order_by("month").values_list("gross", "adjustment", "net"))


def test_nothing_is_proposed_while_the_facts_stay(person):
    close(JANUARY)
    assert proposals.propose() == 0


def test_a_leaving_reported_late_is_recovered_month_by_month_and_never_below_zero(person, community, clerk):
    for month in (JANUARY, JANUARY.next, JANUARY.next.next):
        close(month)
    office = Appointment.objects.get()
    office.last_day = date(2023, 12, 31)
    office.save()
    factories.appointment(person, community.committee, first_day=date(2024, 4, 1))  # 200 a month, 900 to recover
    accept(clerk)
    rows = Correction.objects.order_by("month").values_list("month", "was", "should_be", "difference")
    assert list(rows) == [(month, 300, 0, -300) for month in (date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))]
    for month in (Month(2024, 4), Month(2024, 5), Month(2024, 6), Month(2024, 7), Month(2024, 8), Month(2024, 9)):
        close(month)
    assert [row[1:] for row in nets(person)[3:]] == [(-200, 0), (-200, 0), (-200, 0), (-200, 0), (-100, 100), (0, 250)]
    assert ledger(person).outstanding == 0


def test_an_office_reported_late_is_paid_with_the_next_month(person, community, group, clerk):
    close(JANUARY)
    late = factories.member(community, "李四", account="622848000000000002")
    factories.appointment(late, group, first_day=date(2023, 12, 1))
    accept(clerk)
    close(JANUARY.next)
    assert nets(late) == [(200, 200, 400)]


def test_who_left_long_ago_is_paid_what_is_owed_on_a_line_of_its_own(person, community, group, clerk):
    gone = factories.member(community, "李四", account="622848000000000002")
    office = factories.appointment(gone, group, first_day=date(2023, 1, 1), last_day=date(2023, 12, 31))
    close(JANUARY)
    office.last_day = date(2024, 1, 31)
    office.save()
    accept(clerk)
    [february] = [sheet for sheet in close(JANUARY.next) if sheet.subdistrict == community.subdistrict]
    line = february.lines.get(member=gone)
    assert (line.outcome, line.gross, line.adjustment, line.net) == (Outcome.SETTLED, 0, 250, 250)
    assert close(JANUARY.next.next)[0].lines.filter(member=gone).count() == 0
    assert (
        changes.against_previous(february).difference
        == february.net - Sheet.objects.get(month=JANUARY.first_day, subdistrict=community.subdistrict).net
    )


def test_who_never_had_an_office_is_paid_what_is_owed_in_the_community_of_the_correction(
    community, clerk, stranger, client, finance
):
    """An office recorded late was accepted for a closed month, and its record taken back since."""
    close(JANUARY)
    late = factories.member(community, "李四", account="622848000000000002")
    factories.appointment(late, factories.group(community, 2), first_day=date(2023, 12, 1))
    accept(clerk)
    late.appointments.all().delete()
    made = {sheet.subdistrict: sheet for sheet in sheets.prepare(JANUARY.next, list(Subdistrict.objects.all()))}
    line = SheetLine.objects.get(member=late, month=JANUARY.next.first_day)
    assert (line.sheet, line.community, line.group) == (made[community.subdistrict], community, None)
    assert (line.outcome, line.gross, line.adjustment, line.net) == (Outcome.SETTLED, 0, 200, 200)
    sheet = Sheet.objects.select_related("subdistrict", "standard").get(pk=line.sheet_id)
    assert differences.of([sheet]) == []
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    factories.brought_to(workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk), State.APPROVED)
    assert list(seals.verify()) == []
    client.force_login(finance)
    for page in (line.get_absolute_url(), sheet.get_absolute_url(), late.get_absolute_url()):
        assert client.get(page).status_code == 200


def test_a_draft_computed_twice_settles_once(person, clerk, community):
    close(JANUARY)
    Appointment.objects.update(first_day=date(2022, 6, 1))
    accept(clerk)
    for _again in range(2):
        sheets.prepare(JANUARY.next, list(Subdistrict.objects.all()))
    assert list(Settlement.objects.values_list("amount", flat=True)) == [50]
    assert nets(person)[-1] == (350, 50, 400)


def test_a_deferred_and_a_written_off_correction_settle_nothing_and_are_not_proposed_again(person, clerk):
    close(JANUARY)
    close(JANUARY.next)
    Appointment.objects.update(first_day=date(2022, 6, 1))
    proposals.propose()
    first, second = Correction.objects.order_by("month")
    for row, state in ((first, CorrectionState.DEFERRED), (second, CorrectionState.WRITTEN_OFF)):
        with pytest.raises(Refused):
            corrections.decide(correction=row, state=state, actor=clerk, reason=" ")
        corrections.decide(correction=row, state=state, actor=clerk, reason="核实中")
    assert proposals.propose() == 0
    close(Month(2024, 3))
    assert nets(person)[-1][1] == 0
    book = ledger(person)
    assert (book.undecided, book.written_off, book.outstanding) == (50, 50, 0)


def test_a_proposal_goes_when_the_facts_are_put_back(person):
    close(JANUARY)
    Appointment.objects.update(last_day=date(2023, 12, 31))
    assert proposals.propose() == 1
    Appointment.objects.update(last_day=None)
    assert proposals.propose() == 0


def test_a_large_recovery_waits_for_finance(person, clerk, finance):
    Standard.objects.update(clerk_limit=Decimal(100))
    for month in (JANUARY, JANUARY.next):
        close(month)
    Appointment.objects.update(last_day=date(2023, 12, 31))
    proposals.propose()
    row = Correction.objects.first()
    row = corrections.decide(correction=row, state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    assert (row.state, row.asked) == ("proposed", "accepted")
    row = corrections.decide(correction=row, state=CorrectionState.ACCEPTED, actor=finance, reason="")
    assert (row.state, row.asked, row.decided_by) == ("accepted", "", finance)


def test_months_past_the_look_back_are_left_alone(person):
    Standard.objects.update(look_back=2)
    month = JANUARY
    for _ in range(4):
        close(month)
        month = month.next
    Appointment.objects.update(first_day=date(2020, 1, 1))
    proposals.propose()
    assert [row.month for row in Correction.objects.order_by("month")] == [date(2024, 3, 1), date(2024, 4, 1)]


@pytest.mark.parametrize(("pay", "owed"), [(True, 300), (False, 0)])
def test_what_was_held_is_paid_on_release_or_not_as_chosen(person, clerk, pay, owed):
    hold = holds.hold(member=person, first=JANUARY, last=None, reason="核查", actor=clerk)
    close(JANUARY)
    line = SheetLine.objects.get()
    assert (line.outcome, line.net) == (Outcome.HELD, 0)
    assert proposals.propose() == 0
    holds.release(hold=hold, pay=pay, last=JANUARY, reason="核清", actor=clerk)
    accept(clerk)
    close(JANUARY.next)
    assert nets(person)[-1] == (300, owed, 300 + owed)


def test_a_hold_does_not_reach_into_closed_months(person, clerk):
    close(JANUARY)
    with pytest.raises(Refused):
        holds.hold(member=person, first=JANUARY, last=None, reason="核查", actor=clerk)


# A month that another subdistrict's sheet is about to pay -----------------------------------------------------------


@pytest.fixture
def moved(person, community, stranger):
    """The office is corrected to a subdistrict whose January is closed, after both were computed: the other's sheet."""
    made = {sheet.subdistrict: sheet for sheet in sheets.prepare(JANUARY, list(Subdistrict.objects.all()))}
    factories.brought_to(made[stranger.subdistrict], State.APPROVED)

    def move(state=State.DRAFT) -> Sheet:
        if state != State.DRAFT:
            factories.brought_to(made[community.subdistrict], state)
        there = {"group": factories.group(stranger), "committee": stranger.committee}
        Appointment.objects.filter(member=person).update(**there)
        return Sheet.objects.select_related("subdistrict", "standard").get(subdistrict=community.subdistrict)

    return move


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ENDORSED])
def test_a_month_on_a_sheet_under_approval_is_proposed_only_once_that_is_returned(moved, person, leader, state):
    sheet = moved(state)
    assert proposals.propose() == 0
    assert list(proposals.compared([person.pk])) == []
    workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment="重新核算")
    assert proposals.propose() == 1


def test_a_month_that_a_draft_would_pay_is_proposed_and_the_draft_is_out_of_date(moved, person, clerk):
    sheet = moved()
    proposals.propose()
    [row] = Correction.objects.all()
    there = factories.user("clerk2", Role.CLERK, subdistrict=row.subdistrict)
    corrections.decide(correction=row, state=CorrectionState.ACCEPTED, actor=there, reason="核实")
    assert [(each.line.name, each.now) for each in differences.of([sheet])] == [(person.name, None)]


# A year of late news --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_year_of_late_facts_ends_with_everybody_paid_what_the_final_facts_give(
    seed, community, sibling, clerk, finance
):
    rng = random.Random(seed)
    Standard.objects.update(clerk_limit=Decimal(150), look_back=24)
    bodies = [factories.group(community, n) for n in (1, 2)] + [factories.group(sibling), community.committee]
    people = []
    for number in range(8):
        person = factories.member(community, "众人", account=f"6228480000000000{number:02}")
        factories.appointment(
            person, rng.choice(bodies), first_day=date(2020 + rng.randrange(4), rng.randrange(1, 13), 1)
        )
        people.append(person)
    months, month = [], JANUARY
    for _ in range(12):
        months.append(month)
        proposals.propose()
        for row in Correction.objects.filter(state=CorrectionState.PROPOSED):
            if rng.random() < 0.8:
                row = corrections.decide(correction=row, state=CorrectionState.ACCEPTED, actor=clerk, reason="核实")
                if row.asked:
                    corrections.decide(correction=row, state=CorrectionState.ACCEPTED, actor=finance, reason="同意")
        previous = month.previous
        for sheet in close(month):
            if Sheet.objects.of(previous).filter(subdistrict=sheet.subdistrict).exists():
                sheet = Sheet.objects.select_related("standard").get(pk=sheet.pk)
                found = changes.against_previous(sheet)
                assert found.difference == sheet.net - found.previous.net
        if month == Month(2024, 8):  # a raised Standard, learnt of late
            raised = Standard.objects.create(
                state="in_force",
                effective_month=date(2024, 5, 1),
                document="补发文件",
                yearly_increment=60,
                clerk_limit=150,
            )
            for position, amount in (("group_leader", 350), ("group_member", 220), ("committee_member", 240)):
                Rate.objects.create(standard=raised, position=position, amount=amount)
        if month == Month(2024, 3):  # somebody is entered once more, under a mistyped number
            double = factories.member(sibling, people[0].name, account="622848000000000099")
            factories.appointment(double, factories.group(sibling, 2), first_day=date(2024, 2, 1))
        if month == Month(2024, 9):  # and paid by both records until that is found
            one, other = (Member.objects.get(pk=each.pk) for each in (people[0], double))
            assert SheetLine.objects.filter(member=other, net__gt=0).exists()
            duplicates.merge(survivor=one, other=other, chosen=(), seen=(one.version, other.version), actor=clerk)
        for _ in range(3):
            news(rng, month, people, bodies)
        month = month.next
    proposals.propose()
    rules = {m: Standard.objects.in_force(m).prefetch_related("rates").first().rules() for m in months}
    for person in people:
        life = facts.person(person).life
        due = sum(naive.answer(life, m.first_day, rules[m]).amount for m in months)
        book = ledger(person)
        assert book.due == due
        assert book.written_off == 0
        assert all(net >= 0 for _gross, _adjustment, net in nets(person))
    assert Settlement.objects.exists()
    assert not any(broken for broken in seals.verify() if broken.line)
