"""An explanation is true under every parameter, and the same on the page, on the 核定单 and by the command."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from random import Random

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Position, Subdistrict
from subsidies import engine
from subsidies.corrections import holds, proposals
from subsidies.corrections import services as corrections
from subsidies.engine import Appointment, EmploymentSpell, Life, Outcome, ServiceBasis, decide
from subsidies.explanations import decisions as explanations
from subsidies.explanations.decisions import Circumstances, OnHold
from subsidies.models import Correction, SheetLine, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies import expected, naive
from tests.subsidies.engine.test_engine_against_naive import make_life, make_month, make_standard

LEADER, DIRECTOR = engine.Position.GROUP_LEADER, engine.Position.DIRECTOR
MONTH = Month(2026, 10)


def office(first, last=None, position=LEADER, body="620201001001/001"):
    return Appointment(position, first, last, "620201001001", body)


def words(life, standard=expected.STANDARD, month=MONTH, circumstances=None) -> str:
    found = explanations.explain(decide(life, month.first_day, standard), {}, circumstances or Circumstances())
    return "\n".join([found.summary, *(line for step in found.steps for line in [*step.findings, step.clause])])


# A break, days while employed, and a long service, whatever the parameters are.
BROKEN = Life(
    (office(date(2018, 3, 15), date(2020, 5, 31)), office(date(2021, 1, 15), body="620201001001/002")),
    (EmploymentSpell(date(2022, 1, 1), date(2022, 6, 30)),),
)
FROM = date(2019, 1, 1)


@pytest.mark.parametrize(
    ("basis", "employed_counts", "counted_from", "ceiling", "reference_day"),
    list(product(ServiceBasis, (True, False), (None, FROM), (None, 2), (1, 15, 31))),
)
def test_each_parameter_is_reported_where_it_matters_and_only_there(
    basis, employed_counts, counted_from, ceiling, reference_day
):
    standard = replace(
        expected.STANDARD, service_basis=basis, counts_employed_service=employed_counts,
        service_counted_from=counted_from, max_years=ceiling, reference_day=reference_day,
    )  # fmt: skip
    text = words(BROKEN, standard)
    second = naive.answer(BROKEN, MONTH.first_day, standard)
    assert ("不计（在职期间不计）" in text) is not employed_counts
    assert ("不计（只计连续任期）" in text) is (basis is ServiceBasis.CONTINUOUS)
    assert ("不计（2019-01-01 前不计）" in text) is (counted_from is not None)
    assert ("封顶" in text) is (ceiling is not None)
    assert ("增发" in text) is (ceiling is None)
    assert f"合计 {second.days_served:,} 天" in text
    listed = re.findall(r"^(?:不计（.*?）：)?(\S+) 至 (\S+)：([\d,]+) 天", text, re.M)
    assert sum(int(days.replace(",", "")) for *_ends, days in listed) >= second.days_served
    whole = basis is ServiceBasis.CUMULATIVE and counted_from is None
    none = basis is ServiceBasis.CONTINUOUS
    assert ("✕ 已离任，任职天数计入年限" in text) is whole
    assert ("✕ 已离任，任职天数不计入年限" in text) is none
    assert ("✕ 已离任，部分任职天数计入年限" in text) is (not whole and not none)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "2027-01-15 满6年，自2027年2月起增发，为 600.00 元。"),
        ({"reference_day": 15}, "2027-01-15 满6年，自2027年1月起增发，为 600.00 元。"),
        ({"reference_day": 31}, "2027-01-15 满6年，自2027年1月起增发，为 600.00 元。"),
        ({"max_years": 5}, "年限已封顶（5年），再满年不再增加。"),
        ({"max_years": 6}, "2027-01-15 满6年，自2027年2月起增发，为 600.00 元。"),
        ({"yearly_increment": Decimal(0)}, "补贴标准的年限增长为0元，满年不增加补贴。"),
        ({"service_counted_from": date(2027, 5, 2)}, "2028-05-02 满1年，自2028年6月起增发，为 350.00 元。"),
    ],
)
def test_the_first_month_that_pays_more_is_named(changes, sentence):
    assert sentence in words(Life((office(date(2021, 1, 15)),)), replace(expected.STANDARD, **changes))


@pytest.mark.parametrize(
    ("employment", "counts", "sentence"),
    [
        ((date(2026, 12, 1), date(2027, 3, 31)), True, "2027-01-15 满6年，自2027年4月起增发"),
        ((date(2026, 12, 1), date(2027, 3, 31)), False, "2027-05-16 满6年，自2027年6月起增发"),
        ((date(2026, 12, 1), None), True, "按现有登记，以后月份不再增加。"),
        ((date(2026, 9, 1), date(2027, 1, 31)), True, "按现有登记，自2027年2月起发放：600.00 元。"),
        ((date(2026, 9, 1), None), True, "按现有登记，以后月份均不发放。"),
    ],
)
def test_an_employment_on_record_moves_the_month_that_pays_more(employment, counts, sentence):
    life = Life((office(date(2021, 1, 15)),), (EmploymentSpell(*employment),))
    assert sentence in words(life, replace(expected.STANDARD, counts_employed_service=counts))


def test_an_office_that_ends_and_another_standard_are_reported():
    ends = Life((office(date(2021, 1, 15), date(2026, 12, 31)),))
    assert "按现有登记，以后月份不再增加。" in words(ends)
    later = replace(expected.STANDARD, effective_month=date(2026, 12, 1), document="新标准",
                    rates={LEADER: Decimal(999)})  # fmt: skip
    text = words(Life((office(date(2021, 1, 15)),)), circumstances=Circumstances(later=[later]))
    assert "自2026年12月起增发，为 1,249.00 元（执行新标准）。" in text


@pytest.mark.parametrize(
    ("hold", "sentences"),
    [
        (OnHold("核查", date(2026, 9, 1)), ["自2026年9月起暂停发放，本月不发：核查", "暂停发放期间不增发。"]),
        (OnHold("核查", date(2026, 9, 1), date(2027, 2, 1)),
         ["2026年9月至2027年2月暂停发放，本月不发：核查", "自2027年3月起增发，为 600.00 元"]),
        (OnHold("核查", date(2027, 1, 1), date(2027, 3, 1)), ["550.00 元（居民小组长）", "自2027年4月起增发"]),
    ],
)  # fmt: skip
def test_a_hold_stands_among_the_steps(hold, sentences):
    text = words(Life((office(date(2021, 1, 15)),)), circumstances=Circumstances(holds=[hold]))
    for sentence in sentences:
        assert sentence in text
    assert text.startswith("0.00 元：暂停发放：核查") is hold.covers(MONTH.first_day)


def test_the_director_is_not_paid_for_the_party_secretary_holds_the_post():
    alone = Life((office(date(2021, 1, 1), position=DIRECTOR, body="620201001001"),))
    assert "由社区党组织书记兼任〔一(二)〕" in words(alone)
    rated = replace(expected.STANDARD, rates={DIRECTOR: Decimal(600)})
    assert "一(二)" not in words(alone, rated)
    other = Life((office(date(2021, 1, 1), position=engine.Position.COMMITTEE_MEMBER, body="620201001001"),))
    unrated = replace(expected.STANDARD, rates={})
    assert "补贴标准未列此职务" in words(other, unrated)
    assert "一(二)" not in words(other, unrated)


def test_a_rate_of_0_is_no_payment():
    standard = replace(expected.STANDARD, rates={LEADER: Decimal(0)}, yearly_increment=Decimal(0))
    assert words(Life((office(date(2021, 1, 15)),)), standard).startswith("0.00 元：基础补贴为0元")


def named_month(text: str) -> Month | None:
    found = re.search(r"自(\d+)年(\d+)月起增发", text)
    return Month(int(found[1]), int(found[2])) if found else None


@pytest.mark.parametrize("seed", range(6))
def test_the_named_month_is_the_first_that_pays_more_by_the_second_way(seed):
    """Over random lives, parameters, later Standards and holds."""
    random, seen = Random(seed), Counter()
    for _life in range(60):
        life = make_life(random)
        month = Month.of(make_month(random, life))
        standard = replace(make_standard(random), effective_month=date(2000, 1, 1))
        decision = decide(life, month.first_day, standard)
        if decision.outcome is not Outcome.PAID:
            continue
        later = []
        if random.random() < 0.3:
            later = [replace(make_standard(random), effective_month=month.next.next.first_day)]
        holds = []
        if random.random() < 0.3:
            first = month.next.next
            holds = [OnHold("", first.first_day, random.choice([None, first.next.next.first_day]))]
        text = words(life, standard, month, Circumstances(later, holds))
        named, each = named_month(text), month.next
        last = max([month, *(Month.of(day) for day in days_of(life) if day)])
        end = named or Month(min(last.year, 2030) + 2, 12)
        while each <= end:
            by = later[0] if later and later[0].effective_month <= each.first_day else standard
            held = any(hold.covers(each.first_day) for hold in holds)
            amount = 0 if held else naive.answer(life, each.first_day, by).amount
            assert (amount > decision.amount) is (each == named), (each, text)
            each = each.next
        seen["named" if named else "none"] += 1
        seen["ceiling"] += "封顶" in text
    assert min(seen.values()) > 3
    assert len(seen) == 3


def days_of(life):
    for spell in [*life.appointments, *life.employment]:
        yield from (spell.first_day, spell.last_day)


# One text ------------------------------------------------------------------------------------------------------


@pytest.fixture
def corrected(standard, community, group, clerk):
    """Paid as a member in September; a leader since June, as is known now: 100 more are settled in October."""
    person = factories.member(community, "李建国", account="622848000000000001")
    held = factories.appointment(person, group, Position.GROUP_MEMBER, date(2021, 1, 15))
    [september] = sheets.prepare(MONTH.previous, Subdistrict.objects.all())
    factories.brought_to(september, State.APPROVED)
    held.position = Position.GROUP_LEADER
    held.save()
    proposals.propose()
    corrections.decide(correction=Correction.objects.get(), state="accepted", actor=clerk, reason="任职登记有误")
    sheets.prepare(MONTH, Subdistrict.objects.all())
    return person


def steps_on(client, name, person) -> list[str]:
    page = BeautifulSoup(client.get(reverse(name, args=[MONTH, person.pk])).text, "html.parser")
    return [" ".join(each.text.split()) for each in page.select(".steps li p, .steps li h3")]


def by_command(capsys, person) -> list[str]:
    call_command("explain_payment", person.id_number, str(MONTH))
    _summary, _standard, *lines = capsys.readouterr().out.splitlines()
    found: list[str] = []
    clause: list[str] = []
    for line in lines:
        title = re.fullmatch(r"\d+\. (\S+?)(?: 〔(.*)〕)?", line)
        if title is None:
            found.insert(len(found) - len(clause), line.strip())
            continue
        clause = [f"〔{title[2]}〕"] if title[2] else []
        found += [title[1], *clause]
    return [" ".join(each.split()) for each in found]


def test_page_statement_and_command_show_the_same(client, capsys, secretary, corrected):
    client.force_login(secretary)
    page = steps_on(client, "line", corrected)
    assert page == steps_on(client, "line-statement", corrected) == by_command(capsys, corrected)
    assert "应发 550.00 元，以前月份补扣 +100.00 元，实发 650.00 元。" in page
    [settled] = [line for line in page if line.startswith("2026年9月：")]
    assert "原核定 450.00 元，应为 550.00 元，本月补扣 +100.00 元。变更事实：" in settled
    assert "居民小组长" in settled


def test_a_hold_is_reported_alike(client, capsys, secretary, clerk, corrected):
    holds.hold(member=corrected, first=MONTH, last=None, reason="账号核查", actor=clerk)
    sheets.prepare(MONTH, Subdistrict.objects.all())
    client.force_login(secretary)
    page = steps_on(client, "line", corrected)
    assert page == steps_on(client, "line-statement", corrected) == by_command(capsys, corrected)
    assert "自2026年10月起暂停发放，本月不发：账号核查" in page
    SheetLine.objects.filter(month=MONTH.first_day).delete()  # not computed: by the register, the same
    assert "自2026年10月起暂停发放，本月不发：账号核查" in by_command(capsys, corrected)
