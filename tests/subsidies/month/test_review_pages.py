"""The tabs of a sheet: differences that add up, people not paid with the reason, settlements, unusual lines."""

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import Appointment, Position
from subsidies.corrections import proposals
from subsidies.corrections import services as corrections
from subsidies.exports.month_csv import month_csv
from subsidies.exports.workbook import workbook
from subsidies.models import Correction, CorrectionState, Hold, Settlement, Sheet, State
from subsidies.month import sheets
from tests import factories

APRIL, MAY = Month(2024, 4), Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


def open_tab(client, user, name, sheet):
    client.force_login(user)
    answer = client.get(reverse(name, args=[Month.of(sheet.month), sheet.subdistrict.code]))
    assert answer.status_code == 200
    return answer


def person(place, body, name, *args, **kwargs):
    account = factories.id_number()[:17] + "0"
    return factories.appointment(factories.member(place, name, account=account), body, *args, **kwargs).member


@pytest.fixture
def two_months(community, sibling, group):
    """One who stays, one joins, one leaves, one reaches a year; and one of another community joins."""
    person(community, group, "留任者")
    person(community, group, "新任者", first_day=date(2024, 4, 20))
    person(community, group, "离任者", last_day=date(2024, 4, 20))
    person(community, group, "满年者", first_day=date(2021, 5, 1))
    person(sibling, sibling.committee, "别处者", first_day=date(2024, 4, 20))
    return [sheets.prepare(month, [community.subdistrict])[0] for month in (APRIL, MAY)]


def test_the_differences_come_kind_by_kind_to_the_difference_of_the_totals(client, leader, two_months):
    before, sheet = two_months
    answer = open_tab(client, leader, "sheet-changes", sheet)
    assert [(row["kind"], row["count"], row["yuan"]) for row in answer.context["kinds"]] == [
        ("joined", 2, 400), ("left", 1, -350), ("anniversary", 1, 50),
    ]  # fmt: skip
    assert sum(row["yuan"] for row in answer.context["kinds"]) == sheet.net - before.net
    for words in (f"{before.net:,.2f}", f"{sheet.net:,.2f}", "+100.00", "−350.00"):
        assert words in answer.text


def test_a_secretarys_differences_add_up_over_the_own_lines(client, secretary, two_months):
    answer = open_tab(client, secretary, "sheet-changes", two_months[1])
    assert answer.context["compared"].difference == -100
    assert (answer.context["before"].totals.net, answer.context["visible"].totals.net) == (1000, 900)
    assert "别处者" not in answer.text
    assert str(int(two_months[1].net)) not in re.sub("[,.]", "", answer.text)


def test_a_first_month_is_compared_with_nothing(client, leader, two_months):
    assert "无从比较" in open_tab(client, leader, "sheet-changes", two_months[0]).text


def test_who_is_not_paid_is_reported_with_the_reason(client, leader, clerk, community, group):
    employed = person(community, group, "在职者")
    factories.employment(employed, date(2023, 2, 1))
    person(community, community.committee, "主任者", Position.DIRECTOR)
    held = person(community, group, "暂停者")
    Hold.objects.create(member=held, first_month=MAY.first_day, reason="账号核查", by=clerk)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    answer = open_tab(client, leader, "sheet-unpaid", sheet)
    assert {row["line"].name: row["why"] for row in answer.context["rows"].data} == {
        "在职者": "核定日在职（自2023-02-01起）",
        "主任者": "该职务不享受工作补贴",
        "暂停者": "暂停发放：账号核查",
    }
    assert "不发放（3）" in answer.text


def test_who_began_after_the_reference_day_is_listed_with_the_first_month_that_pays(
    client, leader, secretary, community, sibling, group
):
    person(community, group, "新任者", first_day=date(2024, 5, 20))
    person(community, group, "月底者", first_day=date(2024, 5, 31))
    person(community, group, "下月者", first_day=date(2024, 6, 1))
    person(community, group, "即离者", first_day=date(2024, 5, 2), last_day=date(2024, 5, 30))
    employed = person(community, group, "在职者", first_day=date(2024, 5, 2))
    factories.employment(employed, date(2023, 2, 1))
    moved = person(community, group, "调任者", last_day=date(2024, 5, 9))
    factories.appointment(moved, community.committee, first_day=date(2024, 5, 10))
    person(sibling, sibling.committee, "别处者", first_day=date(2024, 5, 2))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    for user, others in ((leader, ["别处者"]), (secretary, [])):
        answer = open_tab(client, user, "sheet-unpaid", sheet)
        listed = {row["line"].name: row["why"] for row in answer.context["rows"].data}
        assert list(listed) == ["即离者", "新任者", "月底者", "在职者", *others]
        assert f"不发放（{4 + len(others)}）" in answer.text
    assert listed["新任者"] == "2024-05-20（核定日2024-05-01之后）任职，自2024年6月起发放"
    assert "核定日在职" in listed["在职者"]
    assert "2024年6月" in listed["即离者"]
    rows = list(openpyxl.load_workbook(io.BytesIO(workbook(sheet)))["不发放人员"].values)
    assert [row[3] for row in rows if isinstance(row[0], int)] == ["即离者", "新任者", "月底者", "在职者", "别处者"]
    assert listed["新任者"] in {row[6] for row in rows}
    assert "新任者" not in month_csv([sheet]).decode("utf-8-sig")


def test_an_approved_sheet_s_list_is_what_was_known_then(client, leader, community, group):
    person(community, group, "留任者")
    person(community, group, "新任者", first_day=date(2024, 5, 20))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    sheet.approved_at = timezone.now()
    factories.brought_to(sheet, State.APPROVED)
    person(community, group, "补录者", first_day=date(2024, 5, 20))
    answer = open_tab(client, leader, "sheet-unpaid", sheet)
    assert [row["line"].name for row in answer.context["rows"].data] == ["新任者"]


def test_what_a_sheet_settles_is_reported_by_person_and_month_and_adds_up(
    client, leader, secretary, clerk, community, group
):
    paid = person(community, group, "补发者", first_day=date(2024, 1, 1))
    for month in (APRIL,):
        [sheet] = sheets.prepare(month, [community.subdistrict])
        factories.brought_to(sheet, State.APPROVED)
    Appointment.objects.filter(member=paid).update(first_day=date(2021, 1, 1))
    proposals.propose()
    corrections.decide(
        correction=Correction.objects.get(), state=CorrectionState.ACCEPTED, actor=clerk, reason="补录任职"
    )
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    answer = open_tab(client, leader, "sheet-settlements", sheet)
    [row] = answer.context["rows"]
    assert (
        sum(each.amount for each, _reasons in row.settlements)
        == row.line.adjustment
        == sheet.adjustment
        == Decimal(150)
    )
    for words in ("2024年4月", "+150.00", "补录任职", "补扣（1）", "2021-01-01"):  # the last: which fact changed
        assert words in answer.text
    assert "2021-01-01" not in open_tab(client, secretary, "sheet-settlements", sheet).text
    assert "+150.00" in answer.text
    for name in ("line", "line-statement"):
        assert "+150.00" in client.get(reverse(name, args=[MAY, paid.pk])).text
    assert Settlement.objects.count() == 1


def odd(answer):
    return {each.kind.value: [(line.name, detail) for line, detail in each.lines] for each in answer.context["odd"]}


def test_lines_out_of_the_ordinary_are_named_with_the_reason(
    client, leader, secretary, community, sibling, group, settings
):
    settings.REVIEW_AGE = 75
    twin, other = person(community, group, "同号甲"), person(sibling, sibling.committee, "同号乙")
    other.account = twin.account
    other.save()
    old = factories.member(
        community, "高龄者", id_number=factories.id_number(date(1949, 4, 30)), account="622848000000000007"
    )
    factories.appointment(old, group)
    both = person(community, group, "两处者")
    factories.appointment(both, sibling.committee, Position.DEPUTY_DIRECTOR, first_day=date(2024, 4, 15))
    sheets.prepare(APRIL, [community.subdistrict])
    person(community, group, "初次者", first_day=date(2024, 4, 20))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    found = odd(open_tab(client, leader, "sheet-unusual", sheet))
    assert found == {
        "first": [("初次者", "200.00元")],
        "largest": [("两处者", "+300.00元")],
        "same_account": [("同号甲", "2人共用"), ("同号乙", "2人共用")],
        "age": [("高龄者", "75岁")],
        "communities": [("两处者", "福民社区、胜利社区")],
    }
    found = odd(open_tab(client, secretary, "sheet-unusual", sheet))
    assert found["same_account"] == [("同号甲", "2人共用")]
    assert "communities" not in found  # that line is of the other community


def test_in_a_first_month_nobody_is_out_of_the_ordinary_for_being_new(client, leader, two_months):
    assert "first" not in odd(open_tab(client, leader, "sheet-unusual", two_months[0]))


def test_a_statement_has_the_reason_and_room_for_signatures_and_no_whole_number(client, secretary, clerk, two_months):
    sheet = Sheet.objects.get(month=MAY.first_day)
    line = sheet.lines.get(name="满年者")
    client.force_login(secretary)
    text = client.get(reverse("line-statement", args=[MAY, line.member_id])).text
    for words in ("核定单", "350.00", "叁佰伍拾元整", "三(三)", "本人签字", "财政审批（盖章）", "草稿，未经审批"):
        assert words in text
    assert line.id_number not in text
    assert line.account not in text
    stranger = sheet.lines.get(name="别处者")
    assert client.get(reverse("line-statement", args=[MAY, stranger.member_id])).status_code == 404


def test_the_print_rules_of_a_statement_name_parts_that_it_has(client, secretary, two_months):
    line = Sheet.objects.get(month=MAY.first_day).lines.get(name="满年者")
    client.force_login(secretary)
    text = client.get(reverse("line-statement", args=[MAY, line.member_id])).text
    rules = Path(finders.find("css/subsidies.css")).read_text(encoding="utf-8")
    parts = set(re.findall(r"\.statement \.([\w-]+)", rules))
    assert parts
    assert not [part for part in parts if f'class="{part}"' not in text]
    assert "补贴标准：" in text
