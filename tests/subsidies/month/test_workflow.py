"""A sheet's way to the bank: each step by whom it is for, once, with its event; nothing approved changes."""

import io
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from jygroups.lib import constraints
from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import Appointment, Role
from registry.models.roles import PERMISSIONS, roles_with
from subsidies.models import STEPS, Confirmation, Sheet, SheetEvent, SheetLine, State, Step
from subsidies.models.steps import MOVES
from subsidies.month import approval_flow, checks, differences, seals, sheets, workflow
from tests import factories

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def sheet(community, sibling, group):
    """May of one subdistrict: two people of one community and one of another, each with an account."""
    for place, body, number in [(community, group, 1), (community, community.committee, 2), (sibling, None, 3)]:
        person = factories.member(place, f"人{'一二三'[number - 1]}", account=f"62284800000000000{number}")
        factories.appointment(person, body or factories.group(sibling))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    return sheet


@pytest.fixture
def people(clerk, leader, finance):
    return {Step.SUBMIT: clerk, Step.ENDORSE: leader, Step.APPROVE: finance, Step.SETTLE: finance}


@pytest.fixture
def confirmed(sheet, community, sibling, clerk):
    for place in (community, sibling):
        workflow.confirm(sheet=sheet, community=place, actor=clerk)
    return sheet


def go(sheet, people, *steps):
    for step in steps:
        sheet = workflow.take(step, sheet=sheet, actor=people[step])
    return sheet


@pytest.fixture
def approved(confirmed, people):
    return go(confirmed, people, Step.SUBMIT, Step.ENDORSE, Step.APPROVE)


def test_a_sheet_goes_from_draft_to_paid_with_an_event_for_each_step(approved, people):
    factories.answered(approved)
    sheet = go(approved, people, Step.SETTLE)
    assert sheet.state == State.PAID
    events = [(event.step, event.from_state, event.to_state, event.by) for event in sheet.events.all()]
    assert events[0][:3] == ("prepare", "draft", "draft")
    assert [event[0] for event in events[1:3]] == ["confirm", "confirm"]
    assert events[3:] == [
        ("submit", "draft", "submitted", people[Step.SUBMIT]),
        ("endorse", "submitted", "endorsed", people[Step.ENDORSE]),
        ("approve", "endorsed", "approved", people[Step.APPROVE]),
        ("settle", "approved", "paid", people[Step.SETTLE]),
    ]


@pytest.mark.parametrize("role", ["secretary", "leader", "finance", "civil", "auditor", "sysadmin"])
def test_a_sheet_is_submitted_by_its_clerk_alone(confirmed, request, role):
    with pytest.raises(Refused):
        workflow.take(Step.SUBMIT, sheet=confirmed, actor=request.getfixturevalue(role))
    assert Sheet.objects.get().state == State.DRAFT


def test_the_clerk_of_another_subdistrict_takes_no_step(confirmed, stranger):
    other = factories.user("other", Role.CLERK, subdistrict=stranger.subdistrict)
    with pytest.raises(Refused):
        workflow.take(Step.SUBMIT, sheet=confirmed, actor=other)


@pytest.mark.parametrize("step", [Step.ENDORSE, Step.APPROVE, Step.SETTLE, Step.RETURN])
def test_a_draft_is_only_submitted(confirmed, people, leader, step):
    with pytest.raises(Refused):
        workflow.take(step, sheet=confirmed, actor=people.get(step, leader), comment="?")


def test_a_sheet_waits_for_every_community(sheet, community, people, clerk):
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    with pytest.raises(Refused, match="胜利社区"):
        go(sheet, people, Step.SUBMIT)


def test_a_confirmation_lapses_when_its_lines_change_and_no_other_does(confirmed, community, sibling, group, people):
    Appointment.objects.filter(group=group).update(first_day=date(2020, 12, 1))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    standing = checks.confirmed(sheet)
    assert standing[community.pk] is None
    assert standing[sibling.pk] is not None
    with pytest.raises(Refused, match="福民社区"):
        go(sheet, people, Step.SUBMIT)


def test_a_recomputation_that_changes_nothing_leaves_the_confirmations(confirmed, community):
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    assert all(checks.confirmed(sheet).values())


def test_a_sheet_that_is_out_of_date_is_neither_confirmed_nor_submitted(confirmed, community, group, people, clerk):
    factories.appointment(factories.member(community, account="622848000000000009"), group, first_day=date(2024, 1, 1))
    assert [each.line.name for each in differences.of([confirmed])] == ["张三"]
    with pytest.raises(Refused, match="重新核算"):
        go(confirmed, people, Step.SUBMIT)
    with pytest.raises(Refused, match="重新核算"):
        workflow.confirm(sheet=confirmed, community=community, actor=clerk)


def test_who_moves_between_communities_holds_up_both_and_whose_account_changes_only_the_own(
    sheet, community, sibling, group, clerk
):
    third = SheetLine.objects.get(sheet=sheet, community=sibling).member
    third.account = "622848000000000009"
    third.save()
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    third.appointments.update(last_day=date(2024, 4, 14))
    factories.appointment(third, group, first_day=date(2024, 4, 15))
    for place in (community, sibling):
        with pytest.raises(Refused, match="花名册"):
            workflow.confirm(sheet=sheet, community=place, actor=clerk)


def test_a_secretary_confirms_the_own_community_alone(sheet, community, sibling, secretary):
    workflow.confirm(sheet=sheet, community=community, actor=secretary)
    with pytest.raises(Refused):
        workflow.confirm(sheet=sheet, community=sibling, actor=secretary)


def test_confirming_twice_is_confirming_once(sheet, community, secretary):
    first = workflow.confirm(sheet=sheet, community=community, actor=secretary)
    assert workflow.confirm(sheet=sheet, community=community, actor=secretary) == first
    assert Confirmation.objects.count() == 1
    assert SheetEvent.objects.filter(step=Step.CONFIRM).count() == 1


def test_a_clerk_confirms_for_several_communities_or_for_none(sheet, community, sibling, stranger, clerk):
    with pytest.raises(Refused):
        workflow.confirm_all(sheet=sheet, communities=[community, stranger], actor=clerk)
    assert not Confirmation.objects.exists()
    assert len(workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)) == 2
    assert all(checks.confirmed(sheet).values())


def test_a_person_without_an_account_and_two_with_one_account_stand_in_the_way(confirmed, community, people, clerk):
    one, two, _three = SheetLine.objects.order_by("ordinal")
    for line, account in ((one, ""), (two, "622848000000000003")):
        line.member.account = account
        line.member.save()
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    with pytest.raises(Refused) as refused:
        go(sheet, people, Step.SUBMIT)
    assert one.name in str(refused.value)
    assert two.name in str(refused.value)


def test_three_people_stand_behind_a_sheet(confirmed, clerk, leader, community):
    """Who holds all posts takes one of the steps alone, and the database agrees."""
    for role in (Role.LEADER,):
        clerk.posts.create(role=role, subdistrict=community.subdistrict, first_day=date(2020, 1, 1))
    clerk.posts.create(role=Role.FINANCE, first_day=date(2020, 1, 1))
    del clerk.posts_today
    sheet = workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    with pytest.raises(Refused, match="其他人"):
        workflow.take(Step.ENDORSE, sheet=sheet, actor=clerk)
    sheet = workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    with pytest.raises(Refused, match="其他人"):
        workflow.take(Step.APPROVE, sheet=sheet, actor=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(state=State.APPROVED, approved_by=clerk)


def test_a_return_has_the_reason_and_the_flow_begins_again(confirmed, people, leader):
    sheet = go(confirmed, people, Step.SUBMIT)
    with pytest.raises(ValidationError, match="comment"):
        workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment=" ")
    sheet = workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment="第三小组账号请核对")
    assert (sheet.state, sheet.submitted_by) == (State.DRAFT, None)
    assert sheet.events.last().comment == "第三小组账号请核对"
    assert go(sheet, people, Step.SUBMIT, Step.ENDORSE).state == State.ENDORSED


def test_who_comes_second_is_informed_who_was_first(approved, people):
    other = factories.user("finance2", Role.FINANCE)
    with pytest.raises(Overtaken, match="finance"):
        workflow.take(Step.APPROVE, sheet=approved, actor=other)
    assert approved.events.filter(step=Step.APPROVE).count() == 1


def test_months_are_approved_in_their_order(approved, community, clerk, people):
    [june, july] = [sheets.prepare(month, [community.subdistrict])[0] for month in (MAY.next, MAY.next.next)]
    for sheet in (june, july):
        for place in community.subdistrict.communities.all():
            if sheet.lines.filter(community=place).exists():
                workflow.confirm(sheet=sheet, community=place, actor=clerk)
    with pytest.raises(Refused, match="2024年6月"):
        go(july, people, Step.SUBMIT)
    june = go(june, people, Step.SUBMIT, Step.ENDORSE, Step.APPROVE)
    july = go(july, people, Step.SUBMIT, Step.ENDORSE, Step.APPROVE)
    assert (june.previous_seal, july.previous_seal) == (approved.seal, june.seal)
    assert list(seals.verify()) == []


def test_no_month_is_skipped_and_none_is_put_before_a_later_one(approved, community, sibling, clerk, people):
    area = community.subdistrict
    [july] = sheets.prepare(MAY.next.next, [area])
    workflow.confirm_all(sheet=july, communities=[community, sibling], actor=clerk)
    with pytest.raises(Refused, match="2024年6月"):
        go(july, people, Step.SUBMIT)
    [june] = sheets.prepare(MAY.next, [area])
    workflow.confirm_all(sheet=june, communities=[community, sibling], actor=clerk)
    go(june, people, Step.SUBMIT, Step.ENDORSE, Step.APPROVE)
    july = go(july, people, Step.SUBMIT)
    with pytest.raises(Refused, match="雄关街道2024年5月"):
        sheets.prepare(MAY.previous, [area])
    assert not Sheet.objects.of(MAY.previous).exists()


# What is closed stays as it is ------------------------------------------------------------------------------

COLUMNS = [field.column for field in SheetLine._meta.concrete_fields]
OPEN = {"id_number", "account", "updated_at"}  # ciphertexts, which a change of keys renews
OTHER = {"net": "net + 1, gross = gross + 1", "id": "id + 1000", "facts": "'{}'", "month": "'2024-06-01'"}


def execute(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - OPEN))
def test_no_column_of_a_closed_line_is_changed_by_sql(approved, column):
    field = next(field for field in SheetLine._meta.concrete_fields if field.column == column)
    kind = field.get_internal_type()
    value = OTHER.get(column) or {
        "CharField": "'x'", "DateField": "'2001-01-01'", "DateTimeField": "'2001-01-01'",
        "DecimalField": f"coalesce({column}, 0) + 1",
    }.get(kind, f"coalesce({column}, 0) + 1")  # fmt: skip
    with pytest.raises(IntegrityError):
        execute(f"UPDATE subsidies_sheetline SET {column} = {value}")


def test_a_closed_line_is_not_deleted_and_none_is_put_beside_it(approved, community):
    with pytest.raises(IntegrityError):
        execute("DELETE FROM subsidies_sheetline")
    line = SheetLine.objects.first()
    line.pk, line.member = None, factories.member(community)
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)


@pytest.mark.usefixtures("as_owner")
def test_a_closed_sheet_is_not_changed_and_goes_nowhere_but_to_paid(approved):
    for change in ("net = net + 1, gross = gross + 1", "seal = 'x'", "state = 'draft'", "approved_by_id = NULL"):
        with pytest.raises(IntegrityError):
            execute(f"UPDATE subsidies_sheet SET {change}")
    for table in ("subsidies_sheetevent", "subsidies_confirmation"):
        with pytest.raises(IntegrityError):
            execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("column", ["id_number", "account"])
def test_a_number_of_a_closed_line_is_not_emptied(approved, column):
    line = SheetLine.objects.latest("pk")
    with pytest.raises(IntegrityError):
        execute(f"UPDATE subsidies_sheetline SET {column} = '' WHERE id = {line.pk}")


def test_a_new_ciphertext_of_the_same_number_leaves_the_seal_whole(approved):
    line = SheetLine.objects.first()
    line.save(update_fields=["id_number", "account", "updated_at"])
    assert list(seals.verify()) == []


# What got through is named ----------------------------------------------------------------------------------


@pytest.fixture
def unguarded(approved):
    """The sheet, in the hands of the database's owner, who takes the guards away."""
    constraints.remove_triggers()
    return approved


def broken():
    error = io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("verify_seals", stderr=error)
    assert failure.value.returncode == 1
    return error.getvalue()


@pytest.mark.parametrize(
    "change", ["net = net + 50, gross = gross + 50", "name = '另一人'", "full_years = 9", "bank = 'x'"]
)
def test_a_changed_line_is_named(unguarded, change):
    execute(f"UPDATE subsidies_sheetline SET {change} WHERE ordinal = 2")
    assert "雄关街道2024年5月 · 2 " in broken()


def test_a_swapped_account_is_named(unguarded):
    one, two, _three = SheetLine.objects.order_by("ordinal")
    one.account, two.account = two.account, one.account
    for line in (one, two):
        line.save()
    text = broken()
    assert "2024年5月 · 1 " in text
    assert "2024年5月 · 2 " in text


def test_a_deleted_line_and_a_changed_total_are_reported_for_the_sheet(unguarded):
    execute("DELETE FROM subsidies_sheetline WHERE ordinal = 3")
    assert "雄关街道2024年5月" in broken()


def test_a_line_whose_digest_was_forged_does_not_follow_from_its_facts(unguarded):
    line = SheetLine.objects.select_related("sheet__subdistrict", "community", "group").first()
    line.gross = line.net = line.gross + 50
    line.digest = seals.line_digest(line)
    line.save()
    assert line.name in broken()


def test_closed_sheets_that_are_whole_end_with_0(approved, capsys):
    call_command("verify_seals")
    assert "1" in capsys.readouterr().out


def test_every_step_names_a_permission_of_the_one_table_of_who_may_take_it():
    assert all(roles_with(each.permission) for each in STEPS.values())
    assert MOVES == (
        ("draft", "submitted"), ("submitted", "endorsed"), ("submitted", "draft"), ("endorsed", "approved"),
        ("endorsed", "draft"), ("approved", "paid"),
    )  # fmt: skip


def test_who_may_endorse_is_read_from_that_table_by_service_page_and_workbench(confirmed, people, leader, monkeypatch):
    endorse = STEPS[Step.ENDORSE].permission
    monkeypatch.setitem(PERMISSIONS, Role.LEADER, PERMISSIONS[Role.LEADER] - {endorse})
    monkeypatch.setitem(PERMISSIONS, Role.CLERK, PERMISSIONS[Role.CLERK] | {endorse})
    second = factories.user("clerk2", Role.CLERK, subdistrict=confirmed.subdistrict)
    sheet = go(confirmed, people, Step.SUBMIT)
    assert approval_flow.of([sheet])[sheet.pk].holders == ["clerk2"]  # the first clerk has submitted it
    may = [approval_flow.Rights(user).may(Step.ENDORSE, sheet) for user in (people[Step.SUBMIT], leader, second)]
    assert may == [False, False, True]
    with pytest.raises(Refused):
        workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    assert workflow.take(Step.ENDORSE, sheet=sheet, actor=second).state == State.ENDORSED
