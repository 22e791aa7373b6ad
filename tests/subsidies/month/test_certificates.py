"""The second method decides every line again before a sheet is submitted; both results are shown where they differ."""

import time
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from jygroups.lib import constraints
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Position
from subsidies import engine
from subsidies.models import Certificate, Hold, SheetLine, State, Step
from subsidies.month import certificates, seals, sheets, workflow
from subsidies.month.certificates import rules_data
from subsidies.proof import second
from tests import factories

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def confirmed(community, group, clerk):
    """May of one community with a line of each outcome."""
    for number, (name, body) in enumerate([("甲", group), ("乙", community.committee), ("丙", group)], 1):
        person = factories.member(community, name, account=f"62284800000000000{number}")
        office = factories.appointment(person, body)
    factories.employment(office.member, first_day=date(2024, 1, 1))
    director = factories.member(community, "丁")
    factories.appointment(director, community.committee, Position.DIRECTOR)
    held = factories.member(community, "戊", account="622848000000000005")
    factories.appointment(held, group)
    Hold.objects.create(member=held, first_month=MAY.first_day, reason="核实中", by=clerk)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    return sheet


@pytest.fixture
def engine_that_pays_a_yuan_more(monkeypatch):
    """A fault of the first engine, with which a sheet is computed."""

    def faulty(life, month, standard, decide=engine.decide):
        decision = decide(life, month, standard)
        if decision.outcome is not engine.Outcome.PAID:
            return decision
        object.__setattr__(decision, "amount", decision.amount + 1)
        object.__setattr__(decision, "increment", decision.increment + 1)
        return decision

    monkeypatch.setattr(engine, "decide", faulty)


def test_a_submission_records_that_both_methods_agree(confirmed, clerk):
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    row = Certificate.objects.get()
    assert (row.sheet, row.lines, row.gross) == (sheet, 5, sheet.gross)
    assert (row.method, row.method_version) == (second.METHOD, second.VERSION)
    assert {line.outcome for line in sheet.lines.all()} == {"paid", "employed", "unpaid_position", "held"}
    assert certificates.of(sheet, certificates.lines_of(sheet)) == row


def test_a_difference_blocks_the_submission_and_is_shown_with_both_results(
    engine_that_pays_a_yuan_more, community, group, clerk, client
):
    factories.appointment(factories.member(community, "甲", account="622848000000000001"), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    with pytest.raises(Refused, match="甲.*351.00.*350.00"):
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    sheet.refresh_from_db()
    assert (sheet.state, Certificate.objects.count()) == (State.DRAFT, 0)
    client.force_login(clerk)
    page = client.get(reverse("sheet-submit", args=[MAY, sheet.subdistrict.code])).text
    assert "351.00" in page
    assert "350.00" in page


def test_facts_that_cannot_be_read_are_a_difference(confirmed):
    line = certificates.lines_of(confirmed)[0]
    line.facts = {"life": {"appointments": [{"position": "group_member"}]}}
    [found] = certificates.compare([line], confirmed.standard.rules())
    assert "KeyError" in str(found)


@pytest.mark.parametrize(
    ("name", "value"), [("full_years", 9), ("deemed_start", date(2001, 1, 1)), ("rate", 7), ("outcome", "employed")]
)
def test_each_figure_of_a_line_is_compared(confirmed, name, value):
    line = next(each for each in certificates.lines_of(confirmed) if each.outcome == "paid")
    setattr(line, name, value)
    [found] = certificates.compare([line], confirmed.standard.rules())
    assert set(found.values) == {name}


def test_a_returned_sheet_needs_another_certificate(confirmed, clerk, leader, community, group):
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    sheet = workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment="漏人")
    assert certificates.of(sheet, certificates.lines_of(sheet)) is None
    factories.appointment(factories.member(community, "己", account="622848000000000006"), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    sheet = workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    assert certificates.of(sheet, certificates.lines_of(sheet)).lines == 6
    assert Certificate.objects.count() == 2


def test_a_sheet_submitted_before_there_were_certificates_gets_one_at_the_approval(confirmed, clerk, leader, finance):
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    constraints.remove_triggers()
    Certificate.objects.all().delete()
    constraints.install_triggers()
    sheet = workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    sheet = workflow.take(Step.APPROVE, sheet=sheet, actor=finance)
    assert certificates.of(sheet, certificates.lines_of(sheet)).lines == 5
    assert list(seals.verify()) == []


def test_the_sheets_page_shows_the_certificate(client, confirmed, clerk):
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    client.force_login(clerk)
    assert certificates.of(sheet, certificates.lines_of(sheet)).digest[:12] in client.get(sheet.get_absolute_url()).text


def test_a_line_changed_by_sql_after_the_submission_is_shown_and_stops_the_endorsement(
    client, confirmed, clerk, leader, finance
):
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    number = certificates.of(sheet, certificates.lines_of(sheet)).digest[:12]
    SheetLine.objects.filter(name="甲").update(bank="别的银行")
    client.force_login(leader)
    page = client.get(sheet.get_absolute_url()).text
    assert (number in page, "不再适用" in page, "甲。" in page) == (False, True, True)
    factories.confirm(client)
    assert "甲。" in client.get(reverse("sheet-endorse", args=[MAY, sheet.subdistrict.code])).text
    with pytest.raises(Refused, match="甲"):
        workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    sheet = workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment="被改动")
    with pytest.raises(Refused, match="甲"):
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    [sheet] = sheets.prepare(MAY, [sheet.subdistrict])
    for step, user in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader)):
        sheet = workflow.take(step, sheet=sheet, actor=user)
    SheetLine.objects.filter(name="乙").update(bank="别的银行")
    with pytest.raises(Refused, match="乙"):
        workflow.take(Step.APPROVE, sheet=sheet, actor=finance)


def test_a_sheet_without_a_certificate_says_so(client, confirmed, clerk, leader, finance):
    client.force_login(clerk)
    assert "第二种算法" not in client.get(confirmed.get_absolute_url()).text
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    constraints.remove_triggers()
    Certificate.objects.all().delete()
    assert "批准时出具" in client.get(sheet.get_absolute_url()).text
    for step, user in ((Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=user)
    assert "没有复算证明" not in client.get(sheet.get_absolute_url()).text
    Certificate.objects.all().delete()
    assert "没有复算证明" in client.get(sheet.get_absolute_url()).text


@pytest.mark.usefixtures("as_owner")
def test_a_certificate_is_never_changed_and_verifying_names_one_that_was(confirmed, clerk, leader, finance):
    sheet = confirmed
    for step, user in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.update(lines=9)
    constraints.remove_triggers()
    Certificate.objects.update(lines=9)
    assert [str(found) for found in seals.verify()] != []


def test_the_second_method_is_not_slower_than_the_first(confirmed):
    """On lives as they are: the cost of each grows with the lines alone."""
    line = next(each for each in certificates.lines_of(confirmed) if each.outcome == "paid")
    rules = confirmed.standard.rules()
    data = rules_data(rules)

    def seconds(decide):
        began = time.process_time()
        for _ in range(2_000):
            decide()
        return time.process_time() - began

    ours = min(seconds(lambda: second.decide(line.facts, "2024-05-01", data)) for _ in range(3))
    first = min(
        seconds(lambda: engine.decide(engine.Life.from_data(line.facts["life"]), line.month, rules)) for _ in range(3)
    )
    assert ours <= first, f"{ours / 2_000 * 1e6:.0f} µs against {first / 2_000 * 1e6:.0f} µs"
