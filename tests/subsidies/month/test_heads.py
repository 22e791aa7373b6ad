"""All papers of a month have the same heads: page, workbook, summary, notice, csv, city and messages."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Position, Subdistrict
from subsidies.bank import payments
from subsidies.corrections import proposals
from subsidies.corrections import services as corrections
from subsidies.exports.city import city_summary
from subsidies.exports.month_csv import month_csv
from subsidies.exports.notice import Objections, notice
from subsidies.exports.workbook import workbook
from subsidies.models import Correction, Hold, Sheet, SheetLine, State
from subsidies.month import heads, seals, sheets, workflow
from subsidies.month.heads import Heads
from tests import factories

CASE = Path(__file__).parents[2] / "cases/zero-rate-heads/roster.csv"
MAY = Month(2024, 5)


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content), data_only=True)


def texts(page):
    return [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]


def person(community, body, name, position=Position.GROUP_MEMBER, **office):
    found = factories.member(community, name, account=f"6228480000{factories.id_number()[-8:-1]}")
    return found, factories.appointment(found, body, position, **office)


@pytest.fixture
def mixed(standard, community, group, clerk):
    """May: one paid, one paid less a recovery, one whose all is recovered, one held, one employed, one employed with
    back pay, one director, and one who left with back pay."""
    rows = {}
    for name in ("照发", "扣减", "扣尽", "暂停", "在职", "在职补发", "离任补发"):
        rows[name] = person(community, group, name, first_day=date(2021, 1, 1))
    person(community, community.committee, "主任", Position.DIRECTOR)
    for month in (Month(2024, 3), Month(2024, 4)):
        [sheet] = sheets.prepare(month, Subdistrict.objects.all())
        factories.brought_to(sheet, State.APPROVED)
    factories.employment(rows["在职"][0], date(2024, 5, 1))
    factories.employment(rows["在职补发"][0], date(2024, 5, 1))
    rows["扣减"][1].first_day = date(2022, 1, 1)
    rows["扣减"][1].save()
    factories.employment(rows["扣尽"][0], date(2024, 3, 1), date(2024, 4, 20))
    for name in ("在职补发", "离任补发"):
        office = rows[name][1]
        office.position = Position.GROUP_LEADER if name == "在职补发" else Position.GROUP_MEMBER
        office.first_day = date(2020, 1, 1)
        office.last_day = date(2024, 4, 15) if name == "离任补发" else None
        office.save()
    Hold.objects.create(member=rows["暂停"][0], first_month=MAY.first_day, reason="核查", by=clerk)
    factories.standard(MAY, {Position.GROUP_MEMBER: 200, Position.GROUP_LEADER: 300}, clerk_limit=100_000)
    proposals.propose()
    for each in Correction.objects.filter(state="proposed"):
        corrections.decide(correction=each, state="accepted", actor=clerk, reason="更正")
    [sheet] = sheets.prepare(MAY, Subdistrict.objects.all())
    return sheet


MIXED = Heads(paid=4, left=1, held=1, nothing=3)
SENTENCE = "发放4人（其中离任结算1人），暂停发放1人，无补贴可发3人"


def test_the_people_of_each_case_are_counted_once(mixed):
    net = dict(mixed.lines.values_list("name", "net"))
    assert {name for name, yuan in net.items() if yuan > 0} == {"照发", "扣减", "在职补发", "离任补发"}
    assert heads.of(mixed.lines.all()) == heads.counted(mixed.lines.all()) == MIXED
    assert mixed.people == 4
    listed = mixed.lines.filter(heads.LISTED)
    assert {line.pk for line in mixed.lines.all() if heads.is_listed(line)} == {line.pk for line in listed}


def test_page_and_papers_have_the_same_heads(client, clerk, mixed):
    book = opened(workbook(mixed))
    payroll, summary, _changes, unpaid, *_settled = book.worksheets
    for page in (payroll, summary, unpaid, opened(city_summary([mixed])).active):
        assert any(SENTENCE in text for text in texts(page)), page.title
    rows = list(payroll.iter_rows(min_row=4, values_only=True))
    assert [row[3] for row in rows if row[1] == "合计" or row[2] == "小计"] == ["4人", "4人"]
    for page, first in ((summary, 2), (opened(city_summary([mixed])).active, 3)):
        total = next(row for row in page.iter_rows(values_only=True) if row[1] == "合计")
        assert list(total[first : first + 8]) == [0, 0, 0, 0, 0, 2, 2, 4]
    assert {row[3] for row in unpaid.iter_rows(min_row=4, values_only=True)} == {"暂停", "在职", "主任", "扣尽"}
    reason = next(row[6] for row in unpaid.iter_rows(min_row=4, values_only=True) if row[3] == "扣尽")
    assert reason == "本月应发全部用于扣回以前月份多发"
    posted = texts(opened(notice(mixed, Objections())).active)
    assert "共发放4人（其中离任结算1人），单位：元" in posted
    assert sum(name in posted for name in ("照发", "扣减", "在职补发", "离任补发")) == 4
    lines = list(csv.DictReader(io.StringIO(month_csv([mixed]).decode("utf-8-sig"))))
    assert sum(float(line["net"]) > 0 for line in lines) == 4
    client.force_login(clerk)
    page = client.get(mixed.get_absolute_url())
    assert page.context["visible"].totals.people == 4
    assert SENTENCE in page.text
    assert "不发放（4）" in page.text
    assert len(client.get(reverse("sheet-unpaid", args=[MAY, "620201001"])).context["table"].rows) == 4
    confirm = client.get(reverse("community-confirm", args=[MAY, "620201001001"]))
    assert SENTENCE in confirm.text
    assert confirm.context["totals"]["people"] == 4


def test_the_bank_is_given_as_many(mixed, finance):
    factories.brought_to(mixed, State.APPROVED)
    payment = payments.first(Sheet.objects.get(pk=mixed.pk), actor=finance)
    assert payment.items.count() == 4


@pytest.fixture
def zero(city, capsys):
    """The case: a Standard of nothing from January 2027, four people in office."""
    factories.standard(Month(2027, 1), dict.fromkeys(Position, 0), increment=0)
    loaded = rosters.load_roster(FileTable.read(CASE, shape=rosters.SHAPE), name="roster")
    assert not loaded.problems
    [sheet, _other] = sheets.prepare(Month(2027, 1), Subdistrict.objects.order_by("code"))
    return sheet


def test_who_gets_nothing_by_a_rate_of_0_is_not_counted_as_paid(client, finance, zero):
    assert zero.people == 0
    assert heads.counted(zero.lines.all()) == Heads(nothing=4)
    sentence = "发放0人，暂停发放0人，无补贴可发4人"
    book = opened(workbook(zero))
    for name in ("发放表", "汇总表", "不发放人员"):
        assert any(sentence in text for text in texts(book[name])), name
    assert len([row for row in book["不发放人员"].iter_rows(min_row=4, values_only=True) if row[0]]) == 4
    assert "基础补贴为0元，且无年限增长" in texts(book["不发放人员"])
    assert "共发放0人，单位：元" in texts(opened(notice(zero, Objections())).active)
    lines = list(csv.DictReader(io.StringIO(month_csv([zero]).decode("utf-8-sig"))))
    assert [(line["outcome"], line["position"], line["net"]) for line in lines] == [("unpaid_position", "", "0.00")] * 4
    client.force_login(finance)
    text = client.get(zero.get_absolute_url()).text
    assert sentence in text
    assert "不发放（4）" in text


def test_such_lines_keep_their_seal_and_years_are_paid_alone(zero):
    factories.brought_to(zero, State.APPROVED)
    assert [found for found in seals.verify() if found.line] == []
    grown = factories.standard(Month(2027, 2), dict.fromkeys(Position, 0), increment=50, document="三号")
    [february, _other] = sheets.prepare(Month(2027, 2), Subdistrict.objects.order_by("code"))
    assert february.standard == grown
    assert heads.counted(february.lines.all()) == Heads(paid=4)
    assert set(february.lines.values_list("gross", flat=True)) == {300}


# What a paper shows about itself --------------------------------------------------------------------------------------


@pytest.fixture
def approved(standard, community, group, clerk, leader, finance):
    person(community, group, "李建国")
    [sheet] = sheets.prepare(MAY, [community.subdistrict], actor=clerk)
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    for step, actor in (("submit", clerk), ("endorse", leader), ("approve", finance)):
        sheet = workflow.take(step, sheet=sheet, actor=actor)
    return Sheet.objects.select_related("subdistrict", "standard").get(pk=sheet.pk)


def test_the_papers_name_who_signed_and_when_and_by_which_document(approved):
    content = workbook(approved)
    book = opened(content)
    day = rf"{date.today().year}年\d+月\d+日"
    for name in ("发放表", "汇总表"):
        found = texts(book[name])
        for label, who in (("制表人", "clerk"), ("审核人", "leader"), ("批准", "finance")):
            assert any(re.fullmatch(rf"{label}：{who}　{day}", text) for text in found), (name, label)
        assert "单位负责人（盖章）：" in found
        assert any(text.endswith("发放依据：嘉政办发〔2020〕97号") for text in found)
    assert any(re.search(rf"批准日期：{day}", text) for text in texts(book["发放表"]))
    properties = book.properties
    assert properties.title == "嘉峪关市雄关街道2024年5月居民委员会和居民小组成员工作补贴发放表"
    assert properties.creator == "雄关街道办事处"
    assert abs((properties.created - approved.approved_at.replace(tzinfo=None)).total_seconds()) < 8 * 3600 + 1
    assert workbook(approved) == content


def test_the_notice_and_the_summary_have_their_own_properties(approved):
    posted = opened(notice(approved, Objections()))
    assert posted.properties.title.endswith("公示")
    assert "试算" not in posted.active["A1"].value
    city = opened(city_summary([approved]))
    assert (city.properties.creator, city.properties.title) == ("嘉峪关市", city.active["A1"].value)


def test_a_notice_of_what_is_not_approved_is_a_trial(mixed):
    title = opened(notice(mixed, Objections())).active["A1"].value
    assert "公示（试算）" in title
    assert "草稿" in title


def test_a_sheet_that_was_returned_has_no_signatures_left(approved, standard, community, clerk, leader):
    [june] = sheets.prepare(Month(2024, 6), [community.subdistrict], actor=clerk)
    workflow.confirm(sheet=june, community=community, actor=clerk)
    for step, actor in (("submit", clerk), ("endorse", leader)):
        june = workflow.take(step, sheet=june, actor=actor)
    june = workflow.take("return", sheet=june, actor=leader, comment="再核")
    found = texts(opened(workbook(Sheet.objects.get(pk=june.pk)))["发放表"])
    assert "审核人：" in found
    assert any(text.startswith("制表人：clerk") for text in found)  # who computed it


def test_export_month_writes_the_same_papers(mixed, tmp_path):
    call_command("export_month", str(MAY), "--format", "notice", "--output", str(tmp_path))
    [path] = tmp_path.iterdir()
    assert "试算" in openpyxl.load_workbook(path).active["A1"].value
    assert SheetLine.objects.filter(heads.PAID).filter(month=MAY.first_day).count() == 4


def test_the_corrections_that_a_sheet_settles_are_listed_with_id_numbers_and_total(client, clerk, mixed):
    book = opened(workbook(mixed))
    assert book.sheetnames[:4] == ["发放表", "汇总表", "变动表", "不发放人员"]
    page = book["补扣明细"]
    assert page["A1"].value == "嘉峪关市雄关街道2024年5月居民委员会和居民小组成员工作补贴补扣明细表（草稿）"
    rows = [row for row in page.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
    numbers = {line.name: line.id_number for line in mixed.lines.all()}
    assert all(row[3] == numbers[row[2]] for row in rows)
    [total] = [row[9] for row in page.iter_rows(values_only=True) if row[1] == "合计"]
    assert total == sum(row[9] for row in rows) == mixed.adjustment
    assert any("居民小组成员" in row[8] for row in rows)
    assert "clerk" not in " ".join(row[8] for row in rows)
    client.force_login(clerk)
    shown = client.get(reverse("sheet-settlements", args=[MAY, "620201001"])).text
    assert "雄关街道2024年5月发放表所结补扣（4人）" in shown
    assert all(number not in shown for number in numbers.values())
    assert numbers["扣减"][-4:] in shown
