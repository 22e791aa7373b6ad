"""What makes a draft out of date and a confirmation lapse: what the month pays or prints, nothing else (rules §5)."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, AuditEntry, EmploymentSpell, Member, Position, Subdistrict, User
from registry.records import versions
from subsidies.corrections import proposals
from subsidies.models import Correction, SheetLine, Standard
from subsidies.month import checks, differences, seals, sheets, workflow
from subsidies.month.freshness import changed_people
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
    assert proposals.propose() == 0
    office.last_day = date(2024, 4, 20)
    versions.save(office, actor=secretary)
    assert proposals.propose() == 1
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
    assert proposals.propose() == 1
    [fact] = Correction.objects.get().facts
    assert (fact["now"]["first"], fact["now"]["last"], fact["who"]) == ("2020-01-05", "", "secretary")


def test_an_office_deleted_after_its_end_was_planned_names_who_deleted_it(sheet, office, secretary):
    factories.brought_to(sheet, "approved")
    save(office, last_day=date(2024, 9, 30), end_reason="resignation")
    versions.remove(office, actor=secretary, reason="误登")
    assert proposals.propose() == 1
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
    with pytest.raises(Refused):
        workflow.confirm(sheet=sheet, community=community, actor=secretary)


def test_freshness_asks_as_many_queries_for_many_changed_people_as_for_one(sheet, community, group, clerk):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            changed_people(User.objects.get(pk=clerk.pk), [sheet])
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


# A community's own computation ------------------------------------------------------------------------------


@pytest.fixture
def two(sheet, community, sibling, clerk):
    """The draft with a line in each of two communities, both confirmed."""
    factories.appointment(factories.member(sibling, "胜利人"), sibling.committee)
    sheets.prepare(MAY, [community.subdistrict])
    sheet.refresh_from_db()
    workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
    return sheet


def recalculate(sheet, community, actor):
    return sheets.prepare_lines(sheet=sheet, community=community, actor=actor)


def lines(sheet) -> list[tuple]:
    return list(sheet.lines.order_by("ordinal").values_list("ordinal", "name", "net"))


def test_a_secretary_computes_the_own_lines_and_no_others(two, community, sibling, group, secretary, clerk):
    newcomer = factories.member(community, "新来者")
    factories.appointment(newcomer, group, first_day=date(2024, 1, 1))
    factories.correction(newcomer, community, date(2024, 3, 1), state="accepted")
    factories.appointment(factories.member(sibling, "胜利新人"), sibling.committee)
    before = two.lines.filter(community=sibling).values("pk", "digest", "computed_at")
    stood = list(before)
    assert recalculate(two, community, secretary) == []
    assert list(before) == stood
    assert lines(two) == [(1, "张三", 450), (2, "新来者", 250), (3, "胜利人", 350)]
    two.refresh_from_db()
    assert (two.people, two.gross, two.adjustment, two.net) == (3, 1000, 50, 1050)
    standing = checks.confirmed(two)
    assert (standing[community.pk], standing[sibling.pk] is None) == (None, False)
    assert changed_people(clerk, [two]) == {two.pk: 1}  # the sibling's newcomer
    assert not changed_people(secretary, [two])
    workflow.confirm(sheet=two, community=community, actor=secretary)
    event = two.events.filter(step="prepare").latest("id")
    assert (event.by, event.comment) == (secretary, community.name)
    assert AuditEntry.objects.filter(act="prepare", user=secretary, details__community=community.name).exists()


def test_who_left_goes_from_the_draft_with_the_settlement(two, community, office, secretary):
    factories.correction(office.member, community, date(2024, 3, 1), state="accepted", should_be=200)
    sheets.prepare(MAY, [community.subdistrict])
    save(office, last_day=date(2024, 4, 30), end_reason="resignation")
    assert recalculate(two, community, secretary) == []
    assert lines(two) == [(1, "胜利人", 350)]
    two.refresh_from_db()
    assert (two.people, two.adjustment, two.net) == (1, 0, 350)


@pytest.mark.parametrize("by", ["community", "sibling"])
def test_who_moves_between_communities_is_left_to_the_clerk_neither_lost_nor_doubled(
    two, office, community, sibling, clerk, by, request
):
    save(office, last_day=date(2024, 3, 31), end_reason="transfer")
    factories.appointment(office.member, factories.group(sibling), first_day=date(2024, 4, 1))
    before = lines(two)
    left = recalculate(two, request.getfixturevalue(by), clerk)
    assert [line.name for line in left] == ["张三"]
    assert sorted(lines(two)) == sorted(before)
    sheets.prepare(MAY, [community.subdistrict])
    assert [(name, net) for _ordinal, name, net in lines(two)] == [("胜利人", 350), ("张三", 350)]


def test_who_went_to_another_subdistrict_is_left_to_the_clerk(two, office, community, stranger, secretary):
    save(office, last_day=date(2024, 3, 31), end_reason="transfer")
    factories.appointment(office.member, factories.group(stranger), first_day=date(2024, 4, 1))
    assert [line.name for line in recalculate(two, community, secretary)] == ["张三"]
    assert SheetLine.objects.filter(member=office.member).count() == 1


def test_lines_of_other_communities_and_of_sheets_past_draft_are_not_computed(two, community, sibling, secretary):
    with pytest.raises(Refused):
        recalculate(two, sibling, secretary)
    factories.brought_to(two, "submitted")
    with pytest.raises(Refused, match="草稿"):
        recalculate(two, community, secretary)


def test_under_another_standard_the_clerk_computes_the_whole(two, community, secretary, finance):
    new = Standard.objects.create(effective_month=date(2024, 4, 1), document="新标准", yearly_increment=60)
    new.rates.create(position=Position.GROUP_LEADER, amount=400)
    Standard.objects.filter(pk=new.pk).update(state="in_force", in_force_by=finance, in_force_at=timezone.now())
    with pytest.raises(Refused, match="经办"):
        recalculate(two, community, secretary)


def test_a_secretary_recalculates_from_the_page_and_confirms(client, two, community, sibling, group, secretary):
    factories.appointment(factories.member(community, "新来者", account="622848000000000009"), group)
    client.force_login(secretary)
    url = reverse("community-compute", args=[MAY, community.code])
    assert url in client.get(two.get_absolute_url()).text
    assert f'formaction="{url}"' in client.get(reverse("community-confirm", args=[MAY, community.code])).text
    answer = client.post(url, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("community-confirm", args=[MAY, community.code])
    assert "新来者" in answer.text
    assert url not in answer.text
    assert client.post(reverse("community-compute", args=[MAY, sibling.code])).status_code == 404
    shown = client.get(reverse("sheet-events", args=[MAY, two.subdistrict.code])).text
    assert shown.count(community.name) > 0
