"""Corrections, holds and ledgers in the browser: who sees what, what is shown before an act, and that it adds up."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, AuditEntry, EmploymentSpell, Position
from registry.records import versions
from subsidies.corrections import holds, proposals
from subsidies.corrections import ledger as ledgers
from subsidies.corrections import services as corrections
from subsidies.explanations import changed_fact_texts
from subsidies.models import Correction, CorrectionState, Hold, Outcome, SheetLine, Stage, Standard
from subsidies.month import sheets
from tests import factories
from tests.subsidies.corrections.test_corrections import JANUARY, accept, close
from tests.subsidies.late_facts import ledger

pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def person(community, group):
    person = factories.member(community, "张三", account="622848000000000001")
    factories.appointment(person, group, Position.GROUP_LEADER, first_day=date(2023, 6, 1))
    return person


@pytest.fixture
def left_late(person, secretary):
    """January and February are closed; then it is registered that the office had ended in December."""
    for month in (JANUARY, JANUARY.next):
        close(month)
    office = Appointment.objects.get(member=person)
    office.last_day = date(2023, 12, 31)
    versions.save(office, actor=secretary, reason="补登")
    proposals.propose()
    return list(Correction.objects.order_by("month"))


def decide_url(rows, state):
    return f"{reverse('corrections-decide')}?state={state}" + "".join(f"&pk={row.pk}" for row in rows)


# What changed -----------------------------------------------------------------------------------------------


def test_a_proposal_shows_which_fact_changed_who_changed_it_and_when(left_late, secretary):
    [reason] = changed_fact_texts.reasons(left_late[0])
    assert "2023-12-31" in reason
    assert "secretary" in reason
    assert "group_leader" not in reason  # positions are shown by their names
    version = Appointment.history.order_by("history_id").last()
    assert left_late[0].facts[0]["when"][:10] == f"{timezone.localtime(version.history_date):%Y-%m-%d}"


def test_a_deleted_employment_names_who_deleted_it(person, clerk):
    spell = factories.employment(person, date(2024, 1, 1), date(2024, 1, 31))
    close(JANUARY)
    versions.remove(spell, actor=clerk, reason="误登")
    proposals.propose()
    [row] = Correction.objects.all()
    assert (row.difference, row.facts[0]["now"], row.facts[0]["who"]) == (300, None, "clerk")
    assert not EmploymentSpell.objects.exists()


def test_a_proposal_of_the_same_facts_stays_the_version_it_is(left_late):
    before = list(Correction.objects.values_list("pk", "version"))
    proposals.propose()
    assert list(Correction.objects.values_list("pk", "version")) == before


# The list ---------------------------------------------------------------------------------------------------


def test_a_secretary_sees_the_corrections_of_the_own_community_alone(client, secretary, person, sibling, clerk):
    other = factories.correction(factories.member(sibling, "李四"), sibling)
    own = factories.correction(person, person.community)
    for user, seen in ((secretary, {own}), (clerk, {own, other})):
        client.force_login(user)
        text = client.get(reverse("corrections") + "?stage=all").text
        assert {row for row in (own, other) if row.member.name in text} == seen
    client.force_login(secretary)
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get(reverse("member-ledger", args=[other.member_id])).status_code == 404


def test_only_who_decides_is_offered_boxes_and_acts(client, left_late, secretary, clerk, finance, leader):
    for user, offered in ((clerk, True), (secretary, False), (leader, False), (finance, False)):
        client.force_login(user)
        page = client.get(reverse("corrections") + "?stage=decide").text
        assert ('form="decide"' in page) is offered
        assert (f'name="state" value="{CorrectionState.WRITTEN_OFF}"' in page) is offered


def test_the_list_is_exported_with_an_entry_in_the_audit_log(client, clerk, left_late):
    client.force_login(clerk)
    answer = client.post(reverse("corrections") + "?stage=all", {"export": "csv"})
    assert "-300" in answer.content.decode("utf-8-sig")
    assert AuditEntry.objects.filter(act="export", user=clerk).exists()


def test_the_pages_ask_as_many_queries_for_many_corrections_as_for_few(client, clerk, person):
    client.force_login(clerk)
    factories.correction(person, person.community)
    factories.hold(person, clerk)
    factories.hold(factories.member(person.community), clerk)  # whether two records are one person is asked from two on
    pages = [reverse("corrections"), reverse("holds"), reverse("member-ledger", args=[person.pk]), reverse("workbench")]

    def counts():
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                client.get(page)
            found.append(len(queries))
        return found

    few = counts()
    for number in range(1, 9):
        factories.correction(person, person.community, month=date(2025, number, 1))
        factories.hold(factories.member(person.community), clerk)
    assert counts() == few


# Deciding ---------------------------------------------------------------------------------------------------


def test_what_is_decided_is_reported_in_numbers_and_done_for_all_at_once(client, clerk, left_late, person, community):
    factories.appointment(person, community.committee, first_day=date(2024, 3, 1))  # months come
    client.force_login(clerk)
    url = decide_url(left_late, CorrectionState.WRITTEN_OFF)
    assert "600" in client.get(url).text
    assert Correction.objects.filter(state=CorrectionState.PROPOSED).count() == 2
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422
    client.post(url, {"reason": "无法追回"})
    assert (
        list(Correction.objects.values_list("state", "reason", "decided_by__username"))
        == [("written_off", "无法追回", "clerk")] * 2
    )


def test_one_that_cannot_be_decided_leaves_all_undecided_and_what_was_typed_stays(client, clerk, left_late):
    corrections.decide(correction=left_late[0], state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    sheets.prepare(Month(2024, 3), [left_late[0].subdistrict])
    close(Month(2024, 3))
    factories.correction(left_late[0].member, left_late[0].community, month=date(2023, 12, 1))
    corrections.decide(correction=left_late[1], state=CorrectionState.DEFERRED, actor=clerk, reason="核实")
    client.force_login(clerk)
    both = Correction.objects.exclude(month=left_late[0].month)
    answer = client.post(decide_url(both, CorrectionState.DEFERRED), {"reason": "待核实原件"})
    assert answer.status_code == 422
    assert "待核实原件" in answer.text
    assert Correction.objects.get(month=date(2023, 12, 1)).state == CorrectionState.PROPOSED


@pytest.mark.parametrize("state", [CorrectionState.ACCEPTED, CorrectionState.WRITTEN_OFF])
def test_a_large_one_waits_for_finance_which_decides_it(client, clerk, finance, person, state):
    Standard.objects.update(clerk_limit=Decimal(100))
    close(JANUARY)
    Appointment.objects.update(last_day=date(2023, 12, 31))
    factories.appointment(person, person.community.committee, first_day=date(2024, 2, 1))  # months come
    proposals.propose()
    [row] = Correction.objects.all()
    client.force_login(clerk)
    assert "100" in client.get(decide_url([row], state)).text
    client.post(decide_url([row], state), {"reason": "离任"})
    [row] = Correction.objects.with_settled()
    assert (row.state, row.asked, row.stage) == (CorrectionState.PROPOSED, state, Stage.FINANCE)
    client.force_login(finance)
    assert person.name in client.get(reverse("corrections")).text
    assert "?stage=finance" in client.get(reverse("workbench")).text
    client.post(decide_url([row], state), {"reason": "同意"})
    row.refresh_from_db()
    assert (row.state, row.asked, row.decided_by) == (state, "", finance)


def test_finance_decides_nothing_that_it_was_not_asked(client, finance, left_late):
    client.force_login(finance)
    assert client.get(decide_url(left_late, CorrectionState.ACCEPTED)).status_code == 403
    with pytest.raises(Refused):
        corrections.decide(correction=left_late[0], state=CorrectionState.ACCEPTED, actor=finance, reason="核实")


def test_a_clerk_does_not_accept_what_finance_wrote_off(client, clerk, finance, left_late):
    row = left_late[0]
    written_off = {"state": CorrectionState.WRITTEN_OFF, "reason": "无法追回", "document": "嘉财函〔2024〕5号"}
    corrections.decide(correction=row, actor=finance, **written_off)
    client.force_login(clerk)
    answer = client.post(decide_url([row], CorrectionState.ACCEPTED), {"reason": ""})
    assert answer.status_code == 422
    assert "现为“核销”" in answer.text
    row.refresh_from_db()
    assert row.state == CorrectionState.WRITTEN_OFF


def test_what_is_settled_is_not_decided_again(clerk, person):
    close(JANUARY)
    Appointment.objects.update(first_day=date(2022, 6, 1))
    accept(clerk)
    close(JANUARY.next)
    with pytest.raises(Refused):
        corrections.decide(
            correction=Correction.objects.get(), state=CorrectionState.WRITTEN_OFF, actor=clerk, reason="误"
        )


def test_a_clerk_does_not_decide_for_the_other_subdistrict(client, clerk, stranger):
    row = factories.correction(factories.member(stranger, "李四"), stranger)
    client.force_login(clerk)
    assert client.post(decide_url([row], CorrectionState.ACCEPTED), {"reason": ""}).status_code == 404
    assert client.get(decide_url([], CorrectionState.ACCEPTED)).status_code == 302
    row.refresh_from_db()
    assert row.state == CorrectionState.PROPOSED


def test_looking_for_corrections_now_shows_what_came_of_it(client, clerk, person):
    close(JANUARY)
    client.force_login(clerk)
    client.post(reverse("corrections-propose"))
    assert not Correction.objects.exists()
    Appointment.objects.update(first_day=date(2022, 6, 1))
    page = client.post(reverse("corrections-propose"), follow=True).text
    assert "+50.00" in page
    assert Correction.history.latest("history_id").history_user == clerk


def test_the_page_of_a_correction_explains_the_amount_and_its_settlement(client, clerk, left_late, person, community):
    factories.appointment(person, community.committee, first_day=date(2024, 3, 1))
    accept(clerk)
    close(Month(2024, 3))
    client.force_login(clerk)
    page = client.get(left_late[0].get_absolute_url()).text
    assert "2023-12-31" in page
    assert "−200.00" in page  # March bore 200 of the 300
    [row] = Correction.objects.with_settled().filter(pk=left_late[0].pk)
    assert (row.settled, row.carried, row.stage) == (-200, -100, Stage.OPEN)


# The ledger -------------------------------------------------------------------------------------------------


def test_a_ledger_always_balances(clerk, finance, left_late, person, community):
    def check():
        book = ledgers.of(person, clerk)
        assert book.foots
        assert book.whole
        assert book.sums.due == ledger(person).paid
        assert not book.entries or book.entries[-1].balance == book.balance
        return book

    assert check().uncorrected == -600
    corrections.decide(correction=left_late[0], state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    assert check().outstanding == -300
    factories.appointment(person, community.committee, first_day=date(2024, 3, 1))
    close(Month(2024, 3))
    book = check()
    assert (book.outstanding, book.uncorrected, book.sums.due) == (-100, -300, 600)
    corrections.decide(correction=left_late[1], state=CorrectionState.WRITTEN_OFF, actor=clerk, reason="无法追回")
    close(Month(2024, 4))
    book = check()
    assert (book.outstanding, book.uncorrected, book.sums.to_pay) == (0, -300, book.sums.due)


def test_a_secretary_is_shown_no_balance_over_months_of_another_community(client, secretary, person, sibling, clerk):
    close(JANUARY)
    Appointment.objects.filter(member=person).update(last_day=date(2024, 1, 31))
    factories.appointment(person, sibling.committee, first_day=date(2024, 2, 1))
    close(JANUARY.next)
    assert not ledgers.of(person, secretary).whole
    assert ledgers.of(person, clerk).whole
    client.force_login(secretary)
    page = client.get(reverse("member-ledger", args=[person.pk])).text
    assert "结转余额" not in page


# Holds ------------------------------------------------------------------------------------------------------


def held(client, person, **fields):
    data = {"member": person.pk, "first": "2024-02", "last": "", "reason": "账户异常", **fields}
    return client.post(reverse("hold-add"), data)


def test_a_hold_is_reported_before_it_is_saved(client, clerk, person):
    close(JANUARY)
    client.force_login(clerk)
    shown = held(client, person)
    assert "300.00" in shown.text
    assert not Hold.objects.exists()
    held(client, person, seen="1")
    [hold] = Hold.objects.all()
    assert (hold.member, hold.first_month, hold.last_month, hold.by) == (person, date(2024, 2, 1), None, clerk)
    close(JANUARY.next)
    line = SheetLine.objects.get(month=date(2024, 2, 1), member=person)
    assert (line.outcome, line.net, line.facts["hold"]["reason"]) == (Outcome.HELD, 0, "账户异常")
    assert "账户异常" in client.get(line.get_absolute_url()).text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"first": "2024-01"}, "first"),
        ({"last": "2024-01"}, "last"),
        ({"reason": ""}, "reason"),
        ({"first": "x"}, "first"),
    ],
)
def test_a_hold_that_cannot_be_is_refused_and_keeps_what_was_typed(client, clerk, person, fields, wrong):
    close(JANUARY)
    client.force_login(clerk)
    answer = held(client, person, seen="1", **fields)
    assert answer.status_code == 422
    assert f'value="{person.pk}" selected' in answer.text
    assert not Hold.objects.exists()


def test_nobody_holds_back_payments_out_of_the_own_area(client, clerk, secretary, stranger):
    person = factories.member(stranger)
    factories.appointment(person, stranger.committee)
    client.force_login(clerk)
    assert held(client, person, seen="1").status_code == 422
    with pytest.raises(Refused):
        holds.hold(member=person, first=JANUARY, last=None, reason="核查", actor=clerk)
    client.force_login(secretary)
    assert client.get(reverse("hold-add")).status_code == 403


@pytest.mark.parametrize(("release", "proposed"), [("pay", [300]), ("forfeit", [])])
def test_a_release_pays_what_was_held_or_not_as_chosen(client, clerk, person, release, proposed):
    hold = holds.hold(member=person, first=JANUARY, last=None, reason="核查", actor=clerk)
    close(JANUARY)
    client.force_login(clerk)
    url = reverse("hold-release", args=[hold.pk])
    assert "300.00" in client.get(url).text
    assert client.post(url, {"last": "2024-01", "reason": "核清"}).status_code == 422  # the choice is missing
    assert client.post(url, {"last": "2023-12", "release": release, "reason": "核清"}).status_code == 422
    client.post(url, {"last": "2024-01", "release": release, "reason": "核清"})
    hold.refresh_from_db()
    assert (hold.release, hold.release_reason, hold.released_by) == (release, "核清", clerk)
    assert list(Correction.objects.values_list("difference", flat=True)) == proposed
    assert client.get(url).status_code == 302  # once
    if proposed:
        assert "核查" in changed_fact_texts.reasons(Correction.objects.get())[0]


@pytest.mark.parametrize(("pay", "proposed"), [(True, {1: 300, 2: 300}), (False, {2: 300})])
def test_a_release_proposes_what_it_changes_for_its_person_alone(community, group, clerk, person, pay, proposed):
    """January is released; February was held and closed too, and is paid after it, as the hold ends before it."""
    other = factories.member(community, "李四", account="622848000000000002")
    factories.appointment(other, group, first_day=date(2023, 6, 1))
    hold = holds.hold(member=person, first=JANUARY, last=None, reason="核查", actor=clerk)
    for month in (JANUARY, JANUARY.next):
        close(month)
    factories.employment(other, date(2024, 1, 1))
    holds.release(hold=hold, pay=pay, last=JANUARY, reason="核清", actor=clerk)
    rows = Correction.objects.values_list("member", "month__month", "difference")
    assert {(member, month): yuan for member, month, yuan in rows} == {
        (person.pk, month): yuan for month, yuan in proposed.items()
    }


def test_the_release_that_pays_nothing_shows_the_months_it_leaves_to_be_paid(client, clerk, person):
    hold = holds.hold(member=person, first=JANUARY, last=None, reason="核查", actor=clerk)
    for month in (JANUARY, JANUARY.next):
        close(month)
    client.force_login(clerk)
    words = {"last": "2024-01", "release": "forfeit", "reason": "核清"}
    answer = client.post(reverse("hold-release", args=[hold.pk]), words)
    assert answer.url.startswith(reverse("corrections"))


def test_a_correction_that_has_become_another_is_not_decided_by_the_old_form(client, left_late, clerk, person):
    client.force_login(clerk)
    url = decide_url(left_late, "accepted")
    old = client.get(url).context["form"]["seen"].value()
    office = Appointment.objects.get(member=person)
    office.last_day = date(2024, 1, 31)  # January was right after all
    versions.save(office, actor=clerk, reason="更正")
    office.first_day = date(2022, 6, 1)
    versions.save(office, actor=clerk, reason="更正")
    proposals.propose()
    rows = list(Correction.objects.filter(state=CorrectionState.PROPOSED))
    answer = client.post(decide_url(rows, "accepted"), {"seen": old}, follow=True)
    assert "请重新核对" in answer.text
    assert not Correction.objects.filter(state=CorrectionState.ACCEPTED).exists()
    client.post(decide_url(rows, "accepted"), {"seen": answer.context["form"]["seen"].value()})
    assert Correction.objects.filter(state=CorrectionState.ACCEPTED).count() == len(rows)
