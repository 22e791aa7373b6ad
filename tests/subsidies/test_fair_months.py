"""What makes a draft out of date and a confirmation lapse: what the month pays or prints, nothing else (rules §5)."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jygroups.lib.months import Month
from registry.models import Appointment, EmploymentSpell, Member, Position, Subdistrict
from registry.services import versions
from subsidies.freshness import changed_people
from subsidies.models import Correction, SheetLine
from subsidies.services import checks, corrections, differences, seals, sheets, workflow
from tests import factories

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def person(community):
    return factories.member(community, account="6228480003000027320", bank="甘肃银行")


@pytest.fixture
def office(person, group):
    return factories.appointment(person, group, Position.GROUP_LEADER, date(2021, 1, 5))


@pytest.fixture
def sheet(office, community, clerk):
    """A draft that its only community has confirmed."""
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    return sheet


def is_fresh(sheet, user) -> bool:
    """Whether the draft is up to date by every measure, and its confirmation stands after computing it again."""
    changed = changed_people(user, [sheet])[sheet.pk]
    assert changed == len(differences.of([sheet]))
    [again] = sheets.prepare(MAY, [sheet.subdistrict])
    assert not changed_people(user, [again])
    return not changed and all(checks.confirmed(again).values())


def save(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    versions.save(row, actor=None)


def planned_end(person, office, group):
    save(office, last_day=date(2024, 5, 2), end_reason="resignation")


def later_office(person, office, group):
    factories.appointment(person, group.committee, Position.DEPUTY_DIRECTOR, date(2024, 5, 2))


def later_employment(person, office, group):
    factories.employment(person, date(2024, 5, 2))


def another_phone(person, office, group):
    save(person, phone="13900000000")


def another_note(person, office, group):
    save(office, note="已谈话", basis="会议记录")


def employment_long_ago(person, office, group):
    factories.employment(person, date(2022, 1, 1), date(2022, 3, 31))


def old_office_within_the_other(person, office, group):
    factories.appointment(person, group.committee, first_day=date(2022, 1, 1), last_day=date(2022, 12, 31))


def the_record_handed_over(person, office, group):
    save(person, community=factories.community("620201001002", "胜利社区"))


@pytest.mark.parametrize(
    "change",
    [
        planned_end, later_office, later_employment, another_phone, another_note, employment_long_ago,
        old_office_within_the_other, the_record_handed_over,
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_what_the_month_does_not_turn_on_leaves_draft_and_confirmation(sheet, person, office, group, clerk, change):
    change(person, office, group)
    assert is_fresh(sheet, clerk)


def an_end_before_the_day(person, office, group):
    save(office, last_day=date(2024, 4, 30), end_reason="resignation")


def another_first_day(person, office, group):
    save(office, first_day=date(2020, 1, 5))


def employed_on_the_day(person, office, group):
    factories.employment(person, date(2024, 5, 1), date(2024, 5, 1))


def an_office_deleted(person, office, group):
    office.delete()


def a_second_office_held_on_the_day(person, office, group):
    factories.appointment(person, group.committee, first_day=date(2023, 1, 1))


def another_account(person, office, group):
    save(person, account="6228480003000099999")


def another_name(person, office, group):
    save(person, name="李四")


def the_group_renamed(person, office, group):
    save(group, name="东小组")


def the_group_in_another_place(person, office, group):
    save(group, ordinal=7)


def a_hold(person, office, group):
    factories.hold(person, factories.user("holder"), MAY.first_day, None)


def a_back_pay_accepted(person, office, group):
    factories.correction(person, group.committee.community, date(2024, 3, 1), state="accepted")


@pytest.mark.parametrize(
    "change",
    [
        an_end_before_the_day, another_first_day, employed_on_the_day, an_office_deleted,
        a_second_office_held_on_the_day, another_account, another_name, the_group_renamed,
        the_group_in_another_place, a_hold, a_back_pay_accepted,
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_what_the_month_pays_or_prints_makes_both_lapse(sheet, person, office, group, clerk, change):
    change(person, office, group)
    assert changed_people(clerk, [sheet]) == {sheet.pk: 1}
    assert not is_fresh(sheet, clerk)


def test_a_draft_frozen_with_later_facts_by_an_earlier_release_stays_fresh_and_confirmed(
    office, person, community, clerk
):
    save(office, last_day=date(2024, 12, 31), end_reason="expiry")
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    line = sheet.lines.get()
    line.facts["life"]["appointments"][0]["last_day"] = "2024-12-31"
    line.sheet = sheet
    line.digest = seals.line_digest(line)
    line.save()
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    save(person, phone="13900000000")
    assert is_fresh(sheet, clerk)


def test_a_last_day_entered_late_is_named_as_what_changed_and_a_planned_one_is_not(
    sheet, person, office, community, clerk, secretary
):
    factories.brought_to(sheet, "approved")
    save(office, last_day=date(2024, 6, 30), end_reason="expiry")
    assert corrections.propose() == 0
    office.last_day = date(2024, 4, 20)
    versions.save(office, actor=secretary)
    assert corrections.propose() == 1
    [fact] = Correction.objects.get().facts
    assert (fact["was"]["last"], fact["now"]["last"], fact["who"]) == ("", "2024-04-20", "secretary")


def test_who_entered_an_office_is_named_though_its_planned_end_was_entered_by_another(
    sheet, office, person, community, clerk, secretary
):
    factories.brought_to(sheet, "approved")
    office.first_day = date(2020, 1, 5)
    versions.save(office, actor=secretary)
    office.last_day, office.end_reason = date(2024, 9, 30), "resignation"
    versions.save(office, actor=clerk)
    assert corrections.propose() == 1
    [fact] = Correction.objects.get().facts
    assert (fact["now"]["first"], fact["now"]["last"], fact["who"]) == ("2020-01-05", "", "secretary")


def test_an_office_deleted_after_its_end_was_planned_names_who_deleted_it(sheet, office, secretary):
    factories.brought_to(sheet, "approved")
    save(office, last_day=date(2024, 9, 30), end_reason="resignation")
    versions.remove(office, actor=secretary, reason="误登")
    assert corrections.propose() == 1
    [fact] = Correction.objects.get().facts
    assert (fact["was"]["last"], fact["now"], fact["who"]) == ("", None, "secretary")


def test_a_person_in_office_in_two_subdistricts_makes_stale_only_the_sheet_the_line_belongs_to(
    sheet, community, stranger, clerk, finance
):
    both = factories.member(community, "两处者")
    factories.appointment(both, community.committee, Position.COMMITTEE_MEMBER)
    factories.appointment(both, stranger.committee, Position.DEPUTY_DIRECTOR)
    assert is_fresh(sheet, clerk)  # the line belongs to the other sheet, which is not computed yet
    [there] = sheets.prepare(MAY, [stranger.subdistrict])
    assert not changed_people(finance, [sheet, there])
    Appointment.objects.get(member=both, position=Position.DEPUTY_DIRECTOR).delete()
    assert changed_people(finance, [sheet, there]) == {sheet.pk: 1, there.pk: 1}
    sheets.prepare(MAY, Subdistrict.objects.all())
    assert not changed_people(finance, [sheet, there])


def test_a_confirmation_is_not_taken_while_a_line_would_move_to_another_community(
    sheet, office, community, sibling, clerk, secretary
):
    save(office, last_day=date(2024, 4, 30), end_reason="transfer")
    factories.appointment(office.member, factories.group(sibling), first_day=date(2024, 5, 1))
    with pytest.raises(workflow.Refused):
        workflow.confirm(sheet=sheet, community=community, actor=secretary)


def test_freshness_asks_as_many_queries_for_many_changed_people_as_for_one(sheet, community, group, clerk):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            changed_people(clerk, [sheet])
        return len(captured)

    factories.appointment(factories.member(community), group)
    one = queries()
    for _each in range(10):
        member = factories.member(community)
        factories.appointment(member, group)
        factories.employment(member, date(2024, 1, 1), date(2024, 1, 31))
    assert queries() == one
    sheets.prepare(MAY, [community.subdistrict])
    for model in (Member, Appointment, EmploymentSpell):
        for row in model.objects.all():
            row.save()
    assert queries() <= one
    assert SheetLine.objects.count() == 12
