"""Provisions of the law and the city: each read by the day it is applied to, entered by civil affairs, with history."""

from datetime import date, timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jygroups.lib import constraints
from registry.imports.overlaps import past
from registry.models import PROVISIONS, Meant, Provision, ProvisionKey, ReportKind, Severity, Term
from registry.people.bodies import vacancies
from registry.people.bodies.checks import groups_of_right_size, incomplete_committees, short_or_leaderless_groups
from registry.people.offices import services as offices
from registry.people.offices.warnings import of_leaving
from registry.provisions import queries as provisions
from registry.provisions import services
from registry.provisions.queries import ANY_NUMBER, Provisions
from registry.terms.forms import TermForm, last_day_of
from registry.terms.reelections import queries as reelections
from registry.work.reports import deadlines
from registry.work.trainings import queries as trainings
from registry.work.visits.services import answer_by
from tests import factories
from tests.registry.imports.roster_rows import load, row
from tests.registry.provisions.provision_steps import CHANGE, EVE, TODAY, K, provision


@pytest.fixture(autouse=True)
def today(db):
    with time_machine.travel(TODAY, tick=True):
        yield


def people(body, count):
    community = body.committee.community if hasattr(body, "committee") else body.community
    return [factories.appointment(factories.member(community, f"成员{place}"), body) for place in range(count)]


# Read by day ---------------------------------------------------------------------------------------------


def test_every_key_is_declared_and_prescribed_for_all_days():
    assert set(PROVISIONS) == set(ProvisionKey) == set(Provisions().on(date(1990, 1, 1)).rows)


@pytest.mark.parametrize("key", list(ProvisionKey))
def test_each_is_read_by_the_day_it_is_applied_to(key):
    values = {"text": "urgent"} if PROVISIONS[key].meant is Meant.TEXT else {"value": 44, "largest": 55}
    new = provision(key, **{name: values[name] for name in PROVISIONS[key].fields})
    found = Provisions()
    assert found.on(EVE).rows[key] != new
    assert found.on(CHANGE).rows[key] == found.on(date.max).rows[key] == new


def test_what_is_not_prescribed_is_not_required(community, group, finance):
    Provision.objects.all().delete()
    rules = provisions.on(TODAY)
    assert rules.size(K.GROUP_SIZE) == (0, ANY_NUMBER)
    assert (rules.least(K.YOUNGEST), rules.figure(K.TERM), rules.text(K.PLAN_BASIS)) == (0, None, "")
    people(group, 1)
    assert [each.kind.key for each in short_or_leaderless_groups(finance, TODAY)] == ["no-leader"]
    report = factories.report(group, finance, kind=ReportKind.DISPUTE, dispute="neighbours", parties="甲与乙")
    assert (report.take_by, report.handle_by, report.is_late(date.max)) == (None, None, False)
    assert deadlines.visit_back_by(TODAY) is None
    assert deadlines.informed_at_once(TODAY) == []
    assert answer_by(TODAY) is None


def test_it_is_one_query_however_many_rows():
    for years in range(20):
        provision(K.GROUP_SIZE, date(2030 + years, 1, 1), value=3, largest=9)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        provisions.on(TODAY)
    assert len(queries) == 1


# Where each counts ---------------------------------------------------------------------------------------


def test_a_group_of_seven_is_too_large_until_the_day_on_which_five_to_nine_are_prescribed(finance, group):
    people(group, 7)
    provision(K.GROUP_SIZE, value=5, largest=9)
    kinds = [{each.kind.key for each in short_or_leaderless_groups(finance, day)} for day in (EVE, CHANGE)]
    assert kinds == [{"too-many", "no-leader"}, {"no-leader"}]


def test_a_group_of_four_lacks_one_from_the_day_on(finance, group):
    people(group, 4)
    provision(K.GROUP_SIZE, value=5, largest=9)
    lacks = [
        [each.seats for each in vacancies.find(finance, day) if each.lack == vacancies.Lack.GROUP_SIZE]
        for day in (EVE, CHANGE)
    ]
    assert lacks == [[], [1]]


def test_who_leaves_a_group_leaves_it_too_small_by_the_size_of_today(group):
    office = people(group, 5)[0]
    assert of_leaving(office) == []
    provision(K.GROUP_SIZE, TODAY, value=5, largest=9)
    assert "5–9" in of_leaving(office)[0]


def test_a_committee_of_ten_is_too_large_until_the_law_allows_eleven(finance, community):
    people(community.committee, 10)
    provision(K.COMMITTEE_SIZE, value=5, largest=11)
    texts = [next(iter(incomplete_committees(finance, day))).text for day in (EVE, CHANGE)]
    assert ["10" in text for text in texts] == [True, False]


def test_the_duty_on_the_size_of_groups_is_measured_by_its_day(group):
    class Context:
        groups = [group]  # noqa: RUF012

        def of_each_group(self, done):
            return [group.pk in done]

    people(group, 7)
    provision(K.GROUP_SIZE, value=5, largest=9)
    found = []
    for Context.day in (EVE, CHANGE):
        found += groups_of_right_size(Context())
    assert found == [False, True]


def test_a_roster_warns_of_a_group_by_the_size_of_the_day_on_which_it_grows():
    sizes = {date(2026, 1, 1): 5, CHANGE: 9}
    held = [factories.Appointment(first_day=date(2026, 1, 1)) for _each in range(5)]
    assert [*past(sizes.get, [*held, factories.Appointment(first_day=CHANGE)])] == []
    more = [factories.Appointment(first_day=date(2026, 1, 1)) for _each in range(2)]
    # each of them, not just the first, with how many there will be in the end
    assert [*past(sizes.get, [*held, *more])] == [(each, 7) for each in more]


def test_a_roster_warns_of_a_new_office_that_begins_before_the_last_one_of_a_full_group():
    full = [factories.Appointment(pk=number, first_day=CHANGE) for number in range(1, 6)]
    new = factories.Appointment(first_day=EVE)
    ended = factories.Appointment(first_day=EVE, last_day=EVE)
    assert [*past(lambda day: 5, [new, *full, ended])] == [(new, 6)]


@pytest.mark.parametrize(("first_day", "is_refused"), [(EVE, False), (CHANGE, True)])
def test_who_takes_office_has_the_age_prescribed_for_the_day(group, first_day, is_refused):
    provision(K.YOUNGEST, value=18)
    member = factories.member(group.committee.community, id_number=factories.id_number(date(2010, 1, 1)))
    try:
        offices.appoint(member=member, body=group, position="group_member", first_day=first_day)
        refused = False
    except ValidationError as error:
        refused = "18" in str(error)
    assert refused is is_refused


@pytest.mark.parametrize(("day", "is_refused"), [(date(2026, 1, 1), True), (date(2026, 1, 2), False)])
def test_a_roster_refuses_by_the_age_of_the_day(group, day, is_refused):
    provision(K.YOUNGEST, date(2026, 1, 1), value=30)
    provision(K.YOUNGEST, date(2026, 1, 2), value=16)
    loaded = load(row(身份证号=factories.id_number(date(2000, 1, 1)), 任职日期=day.isoformat()))
    assert any("30" in str(problem) for problem in loaded.problems) is is_refused


def test_an_election_warns_of_a_body_by_the_size_on_the_day_of_taking_office(community, group):
    term = Term.objects.create(ordinal=1, first_day=date(2022, 1, 1), last_day=EVE)
    new = Term.objects.create(ordinal=2, first_day=CHANGE, last_day=date(2031, 12, 31))
    for office in people(group, 7):
        office.term = term
        office.save()
    texts = lambda: " ".join(each.text for each in reelections.plan(community, new).warnings)  # noqa: E731
    assert "7" in texts()
    provision(K.GROUP_SIZE, value=5, largest=9)
    assert "7" not in texts()


def test_a_term_needs_as_many_trainings_as_prescribed_on_its_first_day():
    provision(K.TRAININGS, value=6)
    before = Term(first_day=EVE, last_day=date(2031, 12, 30))
    after = Term(first_day=CHANGE, last_day=date(2031, 12, 31))
    assert (trainings.needed(before), trainings.needed(after)) == (2, 6)
    assert trainings.due(after, after.last_day) == 6


def test_a_term_is_as_long_as_prescribed_on_its_first_day():
    provision(K.TERM, value=3)
    assert (last_day_of(EVE), last_day_of(CHANGE)) == (date(2031, 12, 30), date(2029, 12, 31))
    form = TermForm({"ordinal": 3, "first_day": CHANGE, "last_day": "2031-12-31"})
    assert "3" in form.errors["last_day"][0]


def test_a_term_without_prescribed_length_has_the_last_day_that_is_entered():
    Provision.objects.filter(key=K.TERM).delete()
    assert "last_day" in TermForm({"ordinal": 3, "first_day": CHANGE}).errors
    assert TermForm({"ordinal": 3, "first_day": CHANGE, "last_day": "2030-12-31"}).is_valid()


@pytest.mark.parametrize("severity", Severity.values)
def test_a_report_has_the_deadlines_of_the_day_of_the_report(group, secretary, severity):
    before = deadlines.deadlines(severity, EVE)
    provision(f"report_{severity}_take", value=20)
    provision(f"report_{severity}_handle", value=40)
    assert deadlines.deadlines(severity, EVE) == before
    with time_machine.travel(CHANGE, tick=True):
        report = factories.report(group, secretary, severity=severity)
    assert (report.take_by, report.handle_by) == (date(2027, 1, 21), date(2027, 2, 10))


def test_a_report_handed_in_before_keeps_its_deadline(group, secretary):
    report = factories.report(group, secretary, severity=Severity.ORDINARY)
    provision(K.ORDINARY_HANDLE, TODAY, value=90)
    report.refresh_from_db()
    assert report.handle_by == TODAY + timedelta(days=15)


def test_the_subdistrict_is_informed_from_the_severity_of_the_day():
    provision(K.INFORMED_FROM, text=Severity.ORDINARY)
    assert deadlines.informed_at_once(EVE) == [Severity.SERIOUS, Severity.URGENT]
    assert deadlines.informed_at_once(CHANGE) == Severity.values


def test_visits_back_and_answers_are_due_by_the_day_they_count_from():
    provision(K.VISIT_BACK, value=10)
    provision(K.ANSWER, value=5)
    assert [deadlines.visit_back_by(day) - day for day in (EVE, CHANGE)] == [timedelta(30), timedelta(10)]
    assert [answer_by(day) - day for day in (EVE, CHANGE)] == [timedelta(15), timedelta(5)]


# Stored and loaded ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"value": 5, "largest": 3},
        {"value": None, "text": ""},
        {"value": 3, "text": "三"},
        {"value": 3, "largest": 5, "in_force_from": None},  # there is one without a day
    ],
)
def test_the_database_refuses(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Provision.objects.create(key=K.GROUP_SIZE, clause="某文件", **{"in_force_from": CHANGE} | fields)


def test_loading_adds_what_is_missing_and_leaves_what_is_there():
    Provision.objects.filter(key=K.GROUP_SIZE).update(largest=7)
    Provision.objects.filter(key=K.TRAININGS).delete()
    services.load_missing()
    services.load_missing()
    assert provisions.on(TODAY).size(K.GROUP_SIZE) == (3, 7)
    assert provisions.on(TODAY).least(K.TRAININGS) == 2
    assert Provision.objects.count() == len(ProvisionKey)


@pytest.mark.parametrize(
    "changes",
    [{"key": "height"}, {"value": ""}, {"clause": ""}, {"key": "report_informed_from", "value": "", "text": "bad"}],
)
def test_a_row_of_the_citys_file_that_cannot_be_is_refused(changes):
    given = {"key": "group_size", "value": "3", "largest": "", "text": "", "clause": "某", "in_force_from": ""}
    given |= {"largest": "5"} if changes.get("key") is None else {}
    with pytest.raises(ValidationError):
        services.read([given | changes])


def test_a_database_of_before_gets_what_the_code_had(community):
    Provision.objects.all().delete()
    for name in ("0009_first_provisions", "0024_periods_of_retention"):
        import_module(f"registry.migrations.{name}").fill(apps, None)
    rules = provisions.on(date(1990, 1, 1))
    assert set(rules.rows) == set(ProvisionKey)
    assert (rules.size(K.GROUP_SIZE), rules.size(K.COMMITTEE_SIZE)) == ((3, 5), (5, 9))
    assert [rules.least(key) for key in (K.YOUNGEST, K.OF_AGE, K.TRAININGS, K.TERM)] == [16, 18, 2, 5]
    assert [deadlines.deadlines(each, TODAY, rules)[1] - TODAY for each in ("urgent", "serious", "ordinary")] == [
        timedelta(2), timedelta(7), timedelta(15),
    ]  # fmt: skip


def test_a_database_without_areas_gets_nothing_by_an_upgrade():
    Provision.objects.all().delete()
    import_module("registry.migrations.0009_first_provisions").fill(apps, None)
    assert not Provision.objects.exists()


def test_going_back_to_a_database_before_gives_what_has_no_limit_a_day(group, finance):
    Provision.objects.all().delete()
    report = factories.report(group, finance)
    backwards = import_module("registry.migrations.0008_provisions").give_deadlines
    constraints.remove_triggers()  # as before each migration
    backwards(apps, None)
    constraints.install_triggers()
    report.refresh_from_db()
    assert report.take_by == report.handle_by == date.max
    assert not report.is_late(date(9999, 12, 30))
