"""A decision in words a non-programmer can follow."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from jygroups.lib.months import Month
from registry.demo import city as demo
from registry.models import Appointment, Position, Subdistrict
from subsidies.explanations import decisions as explanations
from subsidies.month import sheets
from tests import factories

pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def cross_holder(community, group):
    """Once a group member, gone for two years, now a committee member and a group leader."""
    person = factories.member(community, "李建荣")
    factories.appointment(person, group, Position.GROUP_MEMBER, date(2021, 1, 15), date(2022, 12, 31))
    factories.appointment(person, community.committee, Position.COMMITTEE_MEMBER, date(2025, 3, 1))
    factories.appointment(person, group, Position.GROUP_LEADER, date(2026, 1, 1))
    return person


def explain(capsys, person, month="2026-10") -> str:
    call_command("explain_payment", person.id_number, month)
    return capsys.readouterr().out


def test_it_shows_why_450_and_not_350_or_800(capsys, cross_holder):
    text = explain(capsys, cross_holder)
    assert "450.00 元" in text.splitlines()[0]
    for part in [
        "居民小组长",
        "居民委员会成员",
        "2023-03-16",
        "716",
        "580",
        "1,296",
        "350.00",
        "800.00",
        "三(三)",
        "2026-10-01",
    ]:
        assert part in text


def test_it_is_in_chinese_throughout(capsys, cross_holder):
    words = explain(capsys, cross_holder)
    assert [word for word in words.split() if word.isascii() and word.isalpha()] == []


def test_it_is_in_english_for_who_asks_in_english(capsys, cross_holder):
    with translation.override("en"):
        assert "group leader" in explain(capsys, cross_holder)


def test_it_shows_no_whole_id_number(capsys, cross_holder):
    assert cross_holder.id_number not in explain(capsys, cross_holder)


def test_employment_is_named_as_the_reason_for_nothing(capsys, cross_holder):
    factories.employment(cross_holder, date(2026, 9, 1))
    text = explain(capsys, cross_holder)
    assert "0.00 元" in text.splitlines()[0]
    assert "2026-09-01" in text


def test_a_month_out_of_office_is_explained(capsys, cross_holder):
    assert "不在任" in explain(capsys, cross_holder, "2024-05")


def test_a_closed_month_is_explained_from_what_was_frozen(capsys, cross_holder, community):
    (sheet,) = sheets.prepare(Month(2026, 10), [community.subdistrict])
    factories.brought_to(sheet, "approved")
    Appointment.objects.filter(position=Position.GROUP_LEADER).delete()
    assert "450.00 元" in explain(capsys, cross_holder)


@pytest.mark.parametrize("number", ["62029919700101001", "620299197001010011", "620299197001019998"])
def test_a_wrong_or_unknown_number_ends_with_1_and_the_reason(cross_holder, number):
    with pytest.raises(CommandError, match=number) as refused:
        call_command("explain_payment", number, "2026-10")
    assert refused.value.returncode == 1


def test_every_line_of_the_demo_has_an_explanation(city):
    demo.load(work=False)
    for sheet in sheets.prepare(Month(2026, 10), Subdistrict.objects.all()):
        for line in sheet.lines.select_related("sheet__standard").prefetch_related("sheet__standard__rates"):
            explanation = explanations.explain(line.decision(), line.facts["bodies"])
            assert explanation.decision.amount == line.gross
            assert explanation.steps
