"""An adjustment plan from the draft to the next month's sheet, as its people take it through the browser."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from jygroups.lib.months import Month
from registry.models import Appointment, Building, GroupPlan, Member, Position, ResidentsGroup, Subdistrict
from subsidies.corrections import proposals
from subsidies.models import SheetLine
from subsidies.month import sheets
from tests import factories
from tests.browser.conftest import LAPTOP, fits

FUMIN, SUBDISTRICT = "620201001001", "620201001"
PAPER = {"width": 718, "height": 1047}  # A4 within its margins
BEFORE, AFTER = Month(2026, 11), Month(2026, 12)


@pytest.fixture
def clock(monkeypatch):
    """Sets the day that it is."""

    def set_to(day: date) -> None:
        monkeypatch.setattr("jygroups.lib.clock.today", lambda: day)

    return set_to


@pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])
def test_two_groups_are_merged_and_a_third_is_split_and_the_next_month_is_right_to_the_yuan(visit, clock):
    clock(date(2026, 11, 24))
    for sheet in sheets.prepare(BEFORE, Subdistrict.objects.filter(code=SUBDISTRICT)):
        factories.brought_to(sheet, "approved")
    paid = amounts(BEFORE)

    # The clerk begins at the community, merges the second group into the first, and splits the third.
    clerk = visit("clerk.xiongguan")
    clerk.goto(f"/areas/communities/{FUMIN}/")
    clerk.get_by_role("link", name="调整小组设置").click()
    press(clerk, "开始起草")
    clerk.fill("[name=number]", "雄街办〔2026〕12号")
    clerk.fill("[name=grounds]", "第二居民小组所辖楼院与第一居民小组相连，第三居民小组管理幅度偏大。")
    clerk.select_option("[name=merge_from]", label="第二居民小组")
    clerk.select_option("[name=merge_into]", label="第一居民小组")
    press(clerk, "合并")
    assert "第二居民小组并入第一居民小组" in clerk.inner_text("#messages")
    clerk.select_option("[name=split_of]", label="第三居民小组")
    press(clerk, "拆分")
    assert "第一居民小组: 9人，应为3—5人" in clerk.inner_text(".note-wrong")
    assert fits(clerk)

    # Nine are too many and one is too few: those of the second group go where people are needed.
    for name, target in {
        "石玉霞": "第三居民小组", "康志斌": "第三居民小组", "买买提·艾力": "第六居民小组", "赵永宁": "第六居民小组",
    }.items():  # fmt: skip
        clerk.get_by_label(name, exact=True).select_option(label=target)
    for building in Building.objects.filter(community__code=FUMIN, group=None):
        clerk.get_by_label(building.name, exact=True).select_option(label="第六居民小组")
    clerk.get_by_role("button", name="保存并核对").first.click()
    clerk.wait_for_load_state()
    assert clerk.locator(".note-wrong").count() == 0
    assert "撤销第二居民小组" in clerk.inner_text(".flow figcaption")
    assert fits(clerk)

    # It prints as the request that the subdistrict files.
    clerk.get_by_role("link", name="打印请示").click()
    clerk.wait_for_load_state()
    letter = clerk.inner_text(".letter")
    for words in (
        "雄街办〔2026〕12号", "雄关街道办事处关于调整福民社区居民小组设置的请示", "管理幅度偏大", "新设第六居民小组",
        "2026年12月1日", "妥否，请批示",
    ):  # fmt: skip
        assert words in letter
    window = clerk.viewport_size
    clerk.emulate_media(media="print")
    clerk.set_viewport_size(PAPER)
    assert not clerk.locator(".side").is_visible()
    assert fits(clerk)
    clerk.set_viewport_size(window)
    clerk.emulate_media(media="screen")

    # The leader sees it on the workbench and submits it.
    leader = visit("leader.xiongguan")
    lead(leader, "福民社区居民小组调整方案")
    leader.get_by_role("link", name="上报市政府").click()
    leader.wait_for_load_state()
    assert "16处楼院改由其他小组管理" in leader.inner_text("main")  # nine, five, and two that no group covered
    assert "5人变动小组或职务" in leader.inner_text("main")
    press(leader, "上报市政府")
    assert "已上报" in leader.inner_text("#messages")

    # Civil affairs sees it, and enters the municipal government's decision with its document.
    civil = visit("civil")
    lead(civil, "福民社区居民小组调整方案")
    civil.get_by_role("link", name="登记批复").click()
    press(civil, "登记批复")
    assert "批复文号" in civil.inner_text(".summary")  # an approval without a document is none
    civil.fill("[name=document]", "嘉政函〔2026〕35号")
    press(civil, "登记批复")
    assert "2026-12-01起自动生效" in civil.inner_text("main")
    assert fits(civil)

    # Nothing changes before the day; on the day everything does, once.
    call_command("apply_plans")
    assert group(2).dissolved_on is None
    clock(date(2026, 12, 1))
    call_command("apply_plans")
    call_command("apply_plans")
    plan = GroupPlan.objects.get(community__code=FUMIN)
    assert plan.state == "applied"
    assert (group(2).dissolved_on, group(2).approved_by) == (date(2026, 12, 1), plan)
    assert people(1) == {"李建荣", "王桂香", "范晓玲", "李㛃", "贾瑞娟"}
    assert people(3) == {"王秀英", "石玉霞", "康志斌"}
    assert people(6) == {"侯建新", "买买提·艾力", "赵永宁"}
    assert not Building.objects.filter(community__code=FUMIN, group=None)
    for old in Appointment.objects.filter(group=group(2), last_day=date(2026, 11, 30)):
        assert old.member.appointments.filter(group__in=[group(3), group(6)], first_day=date(2026, 12, 1)).exists()
    civil.goto(plan.get_absolute_url())
    assert "已于2026-12-01生效" in civil.inner_text("main")

    # The next month: who led a group before has a member's stipend, who leads one now a leader's, with all the years.
    sheets.prepare(AFTER, Subdistrict.objects.filter(code=SUBDISTRICT))
    due = amounts(AFTER)
    fumin = {member.pk: member.name for member in Member.objects.filter(community__code=FUMIN)}
    changed = {name: (paid[pk], due[pk]) for pk, name in fumin.items() if pk in paid and paid[pk] != due.get(pk)}
    assert changed == {"买买提·艾力": (Decimal(550), Decimal(450)), "侯建新": (Decimal(450), Decimal(550))}
    person = Member.objects.get(name="买买提·艾力")
    clerk.goto(f"/months/{AFTER}/members/{person.pk}/")
    assert "450.00" in clerk.inner_text("main")

    # What was paid stays paid, and nothing of it is to be corrected.
    assert amounts(BEFORE) == paid
    assert proposals.propose() == 0


def amounts(month: Month) -> dict[int, Decimal]:
    lines = SheetLine.objects.filter(sheet__month=month.first_day, sheet__subdistrict__code=SUBDISTRICT)
    return dict(lines.values_list("member", "gross"))


def group(ordinal: int) -> ResidentsGroup:
    return ResidentsGroup.objects.get(committee__community__code=FUMIN, ordinal=ordinal)


def people(ordinal: int) -> set[str]:
    day = date(2026, 12, 1)
    offices = group(ordinal).appointments.in_office(day).select_related("member")
    assert sum(office.position == Position.GROUP_LEADER for office in offices) == 1
    return {office.member.name for office in offices}


def lead(page, words: str) -> None:
    page.locator(".todo li", has_text=words).get_by_role("link").click()
    page.wait_for_load_state()


def press(page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).first.click()
    page.wait_for_load_state()
