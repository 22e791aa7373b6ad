"""Looking ahead: the same people under other rules and assumptions, and the year's budget."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Act, Appointment, AuditEntry, Position, Term
from subsidies import engine
from subsidies.models import Budget, Standard
from subsidies.standards import forecast
from subsidies.standards.forecast import Assumptions, City
from tests import factories
from tests.subsidies import naive

FIRST = Month(2024, 6)
MONTHS = forecast.months_from(FIRST)
FORECAST = reverse("forecast")


@pytest.fixture(autouse=True)
def may(standard):
    with time_machine.travel(date(2024, 5, 10), tick=False):
        yield


@pytest.fixture
def people(community, sibling, group):
    """A leader, two members, one employed for a while, one who leaves, one who comes."""
    other = factories.group(sibling)
    term = Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31))
    rows = [
        (group, Position.GROUP_LEADER, date(2021, 1, 5), None),
        (group, Position.GROUP_MEMBER, date(2023, 6, 1), None),
        (other, Position.GROUP_LEADER, date(2022, 2, 28), date(2025, 3, 14)),
        (other, Position.GROUP_MEMBER, date(2021, 9, 15), None),
        (community.committee, Position.DEPUTY_DIRECTOR, date(2024, 11, 2), None),
    ]
    found = []
    for body, position, first_day, last_day in rows:
        member = factories.member(community)
        factories.appointment(member, body, position, first_day, last_day)
        found.append(member)
    Appointment.objects.update(term=term)
    factories.employment(found[3], date(2024, 9, 1), date(2025, 2, 1))
    return found


def rules():
    return Standard.objects.get().rules()


def city(user, **assumptions):
    return City(FIRST, user, Assumptions(**assumptions))


def test_the_months_to_come_cost_what_deciding_each_person_and_month_gives(people, finance):
    here = city(finance)
    outlook = here.outlook(here.today(MONTHS))
    for month in MONTHS:
        due = sum(naive.answer(life, month.first_day, rules()).amount for _member, life in here.lives)
        assert outlook.total([month]) == due
    assert outlook.total(MONTHS) == sum(outlook.by_month())


def test_rules_that_are_the_same_change_nothing_for_anybody(people, finance):
    found = city(finance).compare(rules(), since=FIRST, months=MONTHS)
    assert found.now.yuan == found.then.yuan
    assert found.people == []


def test_a_higher_rate_is_gained_by_its_holders_from_its_month_on(people, finance):
    rates = {**rules().rates, engine.Position.GROUP_LEADER: Decimal(400)}
    since = MONTHS[2]
    found = city(finance).compare(replace(rules(), rates=rates), since=since, months=MONTHS)
    assert found.then.by_month()[:2] == found.now.by_month()[:2]
    assert [(each.member, each.difference) for each in found.gain] == [(people[0], 100), (people[2], 100)]
    assert found.lose == []
    assert found.then.total([since]) - found.now.total([since]) == 200


@pytest.fixture
def later(people):
    """A second Standard, adopted, from the third month ahead on."""
    return factories.standard(MONTHS[2], {Position.GROUP_LEADER: 450, Position.GROUP_MEMBER: 250}, increment=60)


def test_each_month_costs_what_the_standard_in_force_in_it_gives(later, finance):
    here = city(finance)
    outlook = here.outlook(here.today(MONTHS))
    for month in MONTHS:
        by = Standard.objects.in_force(month).first().rules()
        assert outlook.total([month]) == sum(naive.answer(life, month.first_day, by).amount for _m, life in here.lives)


@pytest.mark.parametrize(("changed", "since", "differ"), [(0, 1, [1]), (1, 2, range(2, 36)), (1, 5, range(5, 36))])
def test_a_changed_standard_leaves_the_months_of_the_others_alone(later, finance, changed, since, differ):
    base = [each.rules() for each in Standard.objects.order_by("effective_month")][changed]
    other = replace(base, rates={**base.rates, engine.Position.GROUP_LEADER: Decimal(1000)})
    found = city(finance).compare(other, since=MONTHS[since], months=MONTHS)
    pairs = zip(found.now.by_month(), found.then.by_month(), strict=True)
    assert [place for place, (now, then) in enumerate(pairs) if now != then] == list(differ)


def test_the_page_changes_the_standard_that_is_chosen(client, finance, later):
    client.force_login(finance)
    assert "二号文件" in client.get(FORECAST).text
    form = client.get(FORECAST, {"standard": "2024-08"}).context["form"]
    assert (form.standard.document, form.first) == ("二号文件", Month(2024, 8))
    assert form["rate_group_leader"].initial == 450
    refused = client.get(FORECAST, asked(standard="2020-12", since="2024-09"))
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"since"})
    # Where none is named, it is that of the month asked for.
    assert client.get(FORECAST, asked(since="2024-09")).context["form"].standard.document == "二号文件"


def test_a_standard_that_takes_effect_within_the_year_is_distinguished_from_growth(people, finance):
    [before] = forecast.of_year(2025, finance)
    factories.standard(Month(2025, 7), {Position.GROUP_LEADER: 450, Position.GROUP_MEMBER: 250}, increment=60)
    [plan] = forecast.of_year(2025, finance)
    assert (plan.today, plan.growth, plan.anniversaries) == (before.today, before.growth, before.anniversaries)
    here = City(Month(2025, 1), finance)
    months = forecast.months_from(Month(2025, 1), 12)
    assert plan.restated
    assert plan.today + plan.growth + plan.restated == here.outlook(here.today(months)).total(months)


def test_a_year_has_a_budget_once_a_standard_decides_a_month_of_it(client, finance, people):
    Standard.objects.update(effective_month=date(2024, 7, 1))
    client.force_login(finance)
    assert client.get(reverse("budget", args=[2024])).status_code == 200
    assert client.get(FORECAST).status_code == 200
    assert client.get(reverse("budget", args=[2023])).status_code == 404


def test_who_loses_by_a_ceiling_is_reported(people, finance):
    found = city(finance).compare(replace(rules(), max_years=1), since=FIRST, months=MONTHS)
    assert [each.member for each in found.lose] == [people[0], people[2], people[3]]
    assert sum(each.difference for each in found.people) == found.then.total([FIRST]) - found.now.total([FIRST])


def test_with_nobody_elected_again_offices_end_with_their_term(people, finance):
    here = city(finance, nobody_reelected=True)
    outlook = here.outlook(here.today(MONTHS))
    assert outlook.total([Month(2025, 12)]) > 0
    assert outlook.total([Month(2026, 1)]) == 0


def test_vacant_seats_are_filled_with_newcomers_who_serve_from_then_on(people, finance, group, community, sibling):
    """Each group of two lacks one; of the committee the chair of the supervision is paid, besides its people."""
    stays, filled = city(finance), city(finance, filled_from=MONTHS[3])
    before, after = (here.outlook(here.today(MONTHS)) for here in (stays, filled))
    assert after.by_month()[:3] == before.by_month()[:3]
    members = after.paid(MONTHS[3], Position.GROUP_MEMBER) - before.paid(MONTHS[3], Position.GROUP_MEMBER)
    assert members == 2
    assert after.paid(MONTHS[3], Position.SUPERVISION_DIRECTOR) == 2
    year_later = MONTHS[15]
    gained = {month: after.total([month], position=Position.SUPERVISION_DIRECTOR) for month in (MONTHS[3], year_later)}
    assert gained[year_later] - gained[MONTHS[3]] == 2 * 50


def test_a_year_s_plan_adds_up(people, finance, community):
    [plan] = forecast.of_year(2025, finance)
    here = City(Month(2025, 1), finance)
    months = forecast.months_from(Month(2025, 1), 12)
    assert plan.today + plan.growth == here.outlook(here.today(months)).total(months)
    assert plan.subdistrict == community.subdistrict
    # In 2025: 06-01, 09-15 and 11-02; the leader's of 01-05 is seen in February, the other's in March.
    assert plan.anniversaries == 5
    assert plan.ended == 0
    Term.objects.update(last_day=date(2025, 6, 30))
    [plan] = forecast.of_year(2025, finance)
    assert plan.ended == -here.outlook(here.today(months)).total(months[6:])


def asked(**changes):
    values = {
        "rate_deputy_director": "500", "rate_supervision_director": "500", "rate_committee_member": "200",
        "rate_group_leader": "300", "rate_group_member": "200", "yearly_increment": "50", "reference_day": "1",
        "service_basis": "cumulative", "counts_employed_service": "on", "since": "2024-06",
    }  # fmt: skip
    return values | changes


def test_the_page_shows_what_a_change_costs_and_names_who_gains(client, finance, people):
    client.force_login(finance)
    page = client.get(FORECAST, asked(rate_group_leader="400"))
    assert page.status_code == 200
    assert "多支出 4,600.00 元" in page.text  # 36 months of one leader, 10 of the other, who leaves in March 2025
    assert "2 人增加" in page.text
    headings = [each.text for each in BeautifulSoup(page.text, "html.parser").select("th")]
    assert "调整后" in headings
    assert "更正" not in headings


def test_what_cannot_be_is_reported_and_what_was_typed_stays(client, finance, people):
    client.force_login(finance)
    page = client.get(FORECAST, asked(reference_day="40", rate_group_leader="-1", since="2024-01"))
    assert page.status_code == 422
    form = page.context["form"]
    assert set(form.errors) == {"reference_day", "rate_group_leader", "since"}
    assert 'value="40"' in page.text


def test_the_workbook_holds_the_months_the_rules_and_the_people(client, finance, people):
    client.force_login(finance)
    query = "&".join(f"{name}={value}" for name, value in asked(rate_group_leader="400").items())
    answer = client.post(f"{reverse('forecast-workbook')}?{query}")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    months, rules_, persons = book.worksheets
    assert months.max_row == 3 + 36 + 1
    assert [row[0].value for row in persons.iter_rows(min_row=4)] == ["福民社区", "胜利社区"]
    assert ("居民小组长", "300.00", "400") in list(rules_.iter_rows(min_row=4, values_only=True))
    assert AuditEntry.objects.get(act=Act.EXPORT).user == finance


def test_finance_sets_the_budget_and_sees_how_much_is_spent(client, finance, people, community):
    client.force_login(finance)
    page = reverse("budget-edit", args=[2024, community.subdistrict.code])
    assert client.post(page, {"amount": "120000", "version": ""}).status_code == 302
    [budget] = Budget.objects.all()
    assert (budget.amount, budget.history.get().history_user) == (120_000, finance)
    assert "120,000.00" in client.get(reverse("budget", args=[2024])).text
    assert client.post(page, {"amount": "-1", "version": "1"}).status_code == 422
