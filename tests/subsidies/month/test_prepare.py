"""Computing a month: who is on which sheet, what stays frozen, what a recomputation does."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jygroups.lib import client
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, AuditEntry, Position, Subdistrict
from subsidies import engine
from subsidies.models import Sheet, SheetLine, Standard, State
from subsidies.month import sheets
from tests import factories

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


def prepare(month=MAY, subdistricts=None):
    return sheets.prepare(month, subdistricts or list(Subdistrict.objects.all()))


def test_a_line_has_what_was_decided(community, group):
    person = factories.member(community, bank="甘肃银行", account="6228480003000027320")
    factories.appointment(person, group, Position.GROUP_LEADER, date(2021, 1, 5))
    (sheet,) = prepare()
    line = sheet.lines.get()
    assert (line.outcome, line.position, line.community, line.group) == ("paid", "group_leader", community, group)
    assert (line.deemed_start, line.full_years) == (date(2021, 1, 5), 3)
    assert (line.rate, line.increment, line.gross, line.adjustment, line.net) == (300, 150, 450, 0, 450)
    assert (line.name, line.id_number, line.bank, line.account) == (
        person.name, person.id_number, "甘肃银行", "6228480003000027320",
    )  # fmt: skip
    assert (sheet.people, sheet.gross, sheet.net, sheet.state) == (1, Decimal(450), Decimal(450), State.DRAFT)


def test_who_is_not_in_office_on_the_reference_date_is_no_part_of_the_month(community, group):
    person = factories.member(community)
    factories.appointment(person, group, first_day=date(2021, 1, 1), last_day=date(2024, 4, 30))
    factories.appointment(factories.member(community), group, first_day=date(2024, 5, 2))
    (sheet,) = prepare()
    assert list(sheet.lines.all()) == []


def test_who_is_employed_or_in_an_unpaid_position_has_a_line_of_nothing(community, group):
    employed, director = factories.member(community, "李四"), factories.member(community, "王五")
    factories.appointment(employed, group)
    factories.employment(employed, first_day=date(2024, 1, 1))
    factories.appointment(director, community.committee, Position.DIRECTOR)
    (sheet,) = prepare()
    lines = {line.name: (line.outcome, line.position, line.net, line.rate) for line in sheet.lines.all()}
    assert lines == {"李四": ("employed", "", 0, None), "王五": ("unpaid_position", "", 0, None)}
    assert (sheet.people, sheet.net) == (0, 0)


def test_a_person_belongs_to_the_sheet_of_the_paid_position(community, stranger, group):
    person = factories.member(community)
    factories.appointment(person, community.committee, Position.COMMITTEE_MEMBER)
    factories.appointment(person, factories.group(stranger), Position.GROUP_LEADER)
    here, there = prepare()
    assert (here.lines.count(), there.lines.count()) == (0, 1)
    assert there.lines.get().community == stranger


def test_one_not_paid_belongs_where_the_first_office_would_be_paid(community, stranger, group):
    person = factories.member(community)
    factories.appointment(person, group, Position.GROUP_MEMBER)
    factories.appointment(person, stranger.committee, Position.COMMITTEE_MEMBER)
    factories.employment(person)
    here, there = prepare()
    assert (here.lines.count(), there.lines.count()) == (0, 1)  # equal rates: the committee before the group


def test_lines_stand_in_their_order(community, sibling, group):
    second = factories.group(community, 2)
    for name, body, position in [
        ("赵一", factories.group(sibling), Position.GROUP_MEMBER),
        ("钱二", second, Position.GROUP_LEADER),
        ("孙三", group, Position.GROUP_MEMBER),
        ("李四", group, Position.GROUP_LEADER),
        ("安五", group, Position.GROUP_MEMBER),
        ("吴六", community.committee, Position.COMMITTEE_MEMBER),
        ("郑七", community.committee, Position.DEPUTY_DIRECTOR),
    ]:
        factories.appointment(factories.member(community, name), body, position)
    (sheet,) = prepare()
    assert [line.name for line in sheet.lines.order_by("ordinal")] == [
        "郑七",
        "吴六",
        "李四",
        "安五",
        "孙三",
        "钱二",
        "赵一",
    ]


def test_a_draft_is_computed_again_with_the_facts_of_today(community, group):
    stays, goes = factories.member(community, "李四"), factories.member(community, "王五")
    for person in (stays, goes):
        factories.appointment(person, group)
    prepare()
    before = SheetLine.objects.get(member=stays).pk
    Appointment.objects.get(member=goes).delete()
    factories.appointment(factories.member(community, "赵六"), group)
    (sheet,) = prepare()
    assert {line.name for line in sheet.lines.all()} == {"李四", "赵六"}
    assert SheetLine.objects.get(member=stays).pk == before
    assert (sheet.people, sheet.net) == (2, 700)
    assert Sheet.objects.count() == 1


def test_computing_twice_gives_the_same_lines(community, group):
    factories.appointment(factories.member(community), group)
    prepare()
    before = list(SheetLine.objects.values("member", "ordinal", "outcome", "gross", "net", "facts", "position"))
    prepare()
    assert list(SheetLine.objects.values("member", "ordinal", "outcome", "gross", "net", "facts", "position")) == before


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ENDORSED, State.APPROVED, State.PAID])
def test_a_sheet_past_draft_is_not_computed_again_and_is_named(community, group, stranger, state):
    factories.appointment(factories.member(community), group)
    here, there = prepare()
    factories.brought_to(here, state)
    factories.appointment(factories.member(stranger), factories.group(stranger))
    with pytest.raises(Refused, match="雄关街道2024年5月"):
        prepare()
    assert there.lines.count() == 0  # all of them, or none
    prepare(subdistricts=[stranger.subdistrict])
    assert there.lines.count() == 1


def test_a_line_past_draft_keeps_its_person_when_the_facts_move_elsewhere(community, group, stranger):
    person = factories.member(community)
    factories.appointment(person, group)
    here, there = prepare()
    factories.brought_to(here, State.APPROVED)
    factories.appointment(person, factories.group(stranger), Position.GROUP_LEADER)
    prepare(subdistricts=[stranger.subdistrict])
    assert SheetLine.objects.get(member=person).sheet == here


def test_a_person_who_moves_between_drafts_is_on_one_of_them_and_both_totals_follow(community, group, stranger):
    person = factories.member(community)
    factories.appointment(person, group)
    here, there = prepare()
    factories.appointment(person, factories.group(stranger), Position.GROUP_LEADER)
    prepare(subdistricts=[stranger.subdistrict])
    here.refresh_from_db()
    there.refresh_from_db()
    assert SheetLine.objects.get(member=person).sheet == there
    assert (here.people, here.net, there.people, there.net) == (0, 0, 1, 450)


def test_who_leaves_a_sheet_for_one_that_is_not_computed_is_named(community, group, stranger):
    person = factories.member(community, "李四")
    factories.appointment(person, group)
    here, there = prepare()
    factories.brought_to(there, State.SUBMITTED)
    factories.appointment(person, factories.group(stranger), Position.GROUP_LEADER)
    (sheet,) = prepare(subdistricts=[community.subdistrict])
    assert sheet.moved == ("李四 (钢城街道)",)
    assert "李四" in sheets.moved_words(sheet)
    (again,) = prepare(subdistricts=[community.subdistrict])
    assert sheets.moved_words(again) == ""


def test_one_person_has_one_line_a_month(community, group):
    factories.appointment(factories.member(community), group)
    prepare()
    line = SheetLine.objects.get()
    line.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)


@pytest.mark.parametrize("change", [{"net": 1}, {"adjustment": 1}, {"gross": 0, "net": -1, "adjustment": -1}])
def test_a_net_that_does_not_add_up_or_is_below_zero_is_refused(community, group, change):
    factories.appointment(factories.member(community), group)
    prepare()
    with pytest.raises(IntegrityError), transaction.atomic():
        SheetLine.objects.update(**change)


def test_the_frozen_facts_give_the_same_decision_whatever_the_registry_has_now(community, group):
    person = factories.member(community)
    office = factories.appointment(person, group, first_day=date(2021, 1, 5))
    prepare()
    office.last_day = date(2021, 12, 31)
    office.save()
    line = SheetLine.objects.select_related("sheet__standard").get()
    assert line.decision().amount == line.gross == 350
    assert line.facts["bodies"] == {"620201001001/001": "福民社区第一居民小组"}


def test_a_month_before_the_first_standard_is_refused(community):
    with pytest.raises(Refused, match="2020年11月"):
        prepare(Month(2020, 11))
    assert Sheet.objects.count() == 0


def test_each_month_has_the_newest_standard_not_later_than_it(community, group):
    first = Standard.objects.get()
    second = Standard.objects.create(
        state="in_force", effective_month=date(2024, 6, 1), document="新文件", yearly_increment=60
    )
    second.rates.create(position=Position.GROUP_MEMBER, amount=220)
    factories.appointment(factories.member(community), group, first_day=date(2021, 1, 1))
    assert prepare()[0].standard == first
    assert prepare(MAY.next)[0].standard == second
    assert [line.net for line in SheetLine.objects.order_by("month")] == [350, 400]


def test_a_computation_is_in_the_audit_log(community, clerk):
    with client.acting_from("127.0.0.1"):
        sheets.prepare(MAY, [community.subdistrict], actor=clerk)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user, entry.subject, entry.address) == ("prepare", clerk, "雄关街道2024年5月", "127.0.0.1")


def test_a_month_costs_the_same_queries_for_one_person_and_for_many(community, group):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            prepare()
        return len(queries)

    factories.appointment(factories.member(community), group)
    prepare()
    one = cost()
    for _ in range(15):
        person = factories.member(community)
        factories.appointment(person, group)
        factories.employment(person, date(2020, 1, 1), date(2020, 2, 1))
    assert cost() == one


def test_registry_and_engine_have_the_same_positions():
    assert [position.value for position in Position] == [position.value for position in engine.Position]
    assert [p for p in Position if p.in_group] == [p.value for p in engine.Position if p.in_group]
