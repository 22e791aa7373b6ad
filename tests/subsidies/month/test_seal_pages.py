"""The seals' page: the chain of closed sheets, and what of it is not as it was sealed."""

from dataclasses import dataclass, fields
from decimal import Decimal

import pytest
from django.urls import reverse

from jygroups.lib import constraints
from jygroups.lib.months import Month
from subsidies import engine
from subsidies.models import SheetLine, Standard, Step
from subsidies.month import closing, sheets, workflow
from tests import factories

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def closed(community, group, clerk, leader, finance):
    """May and June, approved."""
    factories.appointment(factories.member(community, "李建荣", account="622848000000000001"), group)
    found = []
    for month in (MAY, MAY.next):
        [sheet] = sheets.prepare(month, [community.subdistrict])
        workflow.confirm(sheet=sheet, community=community, actor=clerk)
        for step, actor in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
            sheet = workflow.take(step, sheet=sheet, actor=actor)
        found.append(sheet)
    return found


def test_the_chain_is_shown_by_the_beginning_of_its_seals(client, auditor, closed):
    client.force_login(auditor)
    text = client.get(reverse("seals")).text
    for sheet in closed:
        assert text.count(f"{sheet.seal[:12]}…") == (2 if sheet.month == MAY.first_day else 1)
        assert sheet.seal not in text
    assert "核验结果" not in text


def test_an_intact_month_is_reported_as_intact(client, auditor, closed):
    client.force_login(auditor)
    assert "均与封存时一致" in client.post(reverse("seals-verify")).text


def test_a_line_changed_past_the_guards_is_named_with_its_sheet(client, finance, closed):
    constraints.remove_triggers()
    line = SheetLine.objects.get(month=MAY.first_day)
    SheetLine.objects.filter(pk=line.pk).update(net=line.net + 50, gross=line.gross + 50)
    client.force_login(finance)
    answer = client.post(reverse("seals-verify"))
    assert "有1份发放表与封存时不符" in answer.text
    [(_subdistrict, rows)] = answer.context["chains"].items()
    assert {sheet: found[0].line for sheet, found in rows.broken.items()} == {line.sheet_id: line}


def test_nobody_else_verifies(client, secretary, clerk, leader, civil, sysadmin):
    for user in (secretary, clerk, leader, civil, sysadmin):
        client.force_login(user)
        assert client.get(reverse("seals")).status_code == 403
        assert client.post(reverse("seals-verify")).status_code == 403


def test_a_later_parameter_of_the_rules_leaves_earlier_seals_valid():
    """Under its default; where it is set, the seal covers it."""

    @dataclass(frozen=True)
    class Later(engine.Standard):
        ceiling: Decimal | None = None

    rules = Standard.objects.get().rules()
    values = {each.name: getattr(rules, each.name) for each in fields(rules)}
    for content in (closing.rules_content, closing.rules_data):
        assert content(Later(**values)) == content(rules)
        assert content(Later(**values, ceiling=Decimal(900))) != content(rules)
    assert {each.name for each in fields(rules)} >= closing.FIRST_RULES
