"""A secretary edits a group's roster by keyboard alone, on a laptop and on a phone."""

from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from registry.models import Appointment, EndReason, Member, Position, ResidentsGroup
from tests import factories
from tests.browser.conftest import LAPTOP, fits


@pytest.fixture
def group(site):
    return ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=1)


@pytest.fixture
def roster(visit, group):
    page = visit("secretary.fumin")
    page.goto(group.get_absolute_url())
    page.wait_for_selector("#roster .why")  # the amounts have come
    return page


def focus_on(page) -> str:
    """The words of what has the cursor."""
    return page.evaluate("document.activeElement === document.body ? '' : document.activeElement.textContent.trim()")


def tab_to(page, words: str, *, most: int = 80) -> None:
    """Press Tab until what is called so has the cursor."""
    for _step in range(most):
        if words in focus_on(page):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {words}")


def open_act(page, name: str, act: str) -> None:
    """From the top of the page to an act in somebody's row."""
    page.evaluate("document.activeElement.blur()")
    tab_to(page, f"更多操作：{name}")
    page.keyboard.press("Enter")
    for _step in range(8):
        page.keyboard.press("ArrowDown")
        if focus_on(page) == act:
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#act form")


def type_day(page, day: date) -> None:
    """Type a day into the date field that has the cursor, in the order of the browser's language."""
    order = page.evaluate(
        "new Intl.DateTimeFormat(undefined, {year: 'numeric', month: '2-digit', day: '2-digit'})"
        ".formatToParts(new Date()).map((part) => part.type).filter((type) => type !== 'literal')"
    )
    parts = {"year": f"{day.year:04}", "month": f"{day.month:02}", "day": f"{day.day:02}"}
    page.keyboard.type("".join(parts[name] for name in order))


def tab_into(page, name: str) -> None:
    for _step in range(20):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead into {name}")


def reported(page) -> str:
    page.wait_for_selector("#messages .note-done")
    return page.inner_text("#messages")


def test_a_member_is_added_by_the_id_number(roster, group):
    page, number = roster, factories.id_number(date(1971, 2, 3), 41)
    tab_into_page = 90
    for _step in range(tab_into_page):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "add-number":
            break
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_selector("#act [name=name]:focus")
    assert "1971-02-03" in page.inner_text("#act .known")
    page.keyboard.type("赵敏")
    page.wait_for_selector("#act .effects")
    assert "200.00元" in page.inner_text("#act .effects")
    assert fits(page)
    page.keyboard.press("Enter")
    assert "任职 · 赵敏" in reported(page)
    office = Appointment.objects.get(member__name="赵敏")
    assert (office.group, office.first_day) == (group, timezone.localdate())
    page.wait_for_selector("tr:focus-within:has-text('赵敏')")
    # And taken back.
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "撤销")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已撤销")
    assert not Member.objects.filter(name="赵敏").exists()


def test_an_office_ends_with_its_effect_reported_before(roster, group):
    page = roster
    open_act(page, "王桂香", "离任")
    page.wait_for_selector("#act [name=last_day]:focus")
    page.wait_for_selector("#act .effects")
    assert "已离任" in page.inner_text("#act .effects")
    tab_into(page, "end_reason")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "离任 · 王桂香" in reported(page)
    office = Appointment.objects.get(group=group, member__name="王桂香")
    assert (office.last_day, office.end_reason) == (timezone.localdate(), EndReason.RESIGNATION)


def test_the_leader_changes_in_one_act(roster, group):
    page, tomorrow = roster, timezone.localdate() + timedelta(days=1)
    open_act(page, "贾瑞娟", "改选组长")
    page.wait_for_selector("#act [name=successor]:focus")
    tab_into(page, "first_day")
    type_day(page, tomorrow)
    page.wait_for_selector("#act .effects li:nth-child(2)")
    assert "任居民小组长" in page.inner_text("#act .effects")
    page.keyboard.press("Enter")
    assert "改选组长" in reported(page)
    [leads] = group.appointments.in_office(tomorrow).filter(position=Position.GROUP_LEADER)
    assert leads.member.name == "贾瑞娟"
    old = group.appointments.in_office(tomorrow).get(member__name="李建荣")
    assert old.position == Position.GROUP_MEMBER


def test_somebody_moves_to_another_group(roster, group):
    page = roster
    open_act(page, "李㛃", "换组")
    page.wait_for_selector("#act [name=to]:focus")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#act .effects")
    assert "不变" in page.inner_text("#act .effects")
    tab_into(page, "position")
    tab_into(page, "basis")
    page.keyboard.press("Enter")
    assert "换组 · 李㛃" in reported(page)
    office = Appointment.objects.in_office(timezone.localdate()).get(member__name="李㛃", committee=group.committee)
    assert office.group != group


@pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])  # a phone has no such keys
def test_the_arrows_walk_the_rows_and_a_row_is_edited_in_place(roster, group):
    page = roster
    tab_to(page, "编辑: 李建荣")
    page.keyboard.press("ArrowDown")
    assert focus_on(page) == "编辑: 范晓玲"
    page.keyboard.press("Enter")
    page.wait_for_selector("tr.editing [name=name]:focus")
    assert fits(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("tr.editing", state="detached")
    page.wait_for_selector("#roster [data-row]:focus")
    assert focus_on(page) == "编辑: 范晓玲"
    page.keyboard.press("Enter")
    page.wait_for_selector("tr.editing [name=name]:focus")
    tab_into(page, "bank")
    page.keyboard.press("Control+a")
    page.keyboard.type("兰州银行")
    page.keyboard.press("Enter")
    assert "范晓玲" in reported(page)
    assert Member.objects.filter(name="范晓玲", bank="兰州银行").exists()
    page.wait_for_selector("#roster [data-row]:focus")
    assert focus_on(page) == "编辑: 范晓玲"


@pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])
def test_a_form_below_the_roster_is_left_by_escape(roster):
    page = roster
    open_act(page, "王桂香", "更正")
    page.wait_for_selector("#act :focus")
    page.keyboard.press("Escape")
    page.wait_for_selector("#act form", state="detached")
    assert focus_on(page).endswith("更多操作：王桂香")


def test_nothing_serious_is_found_by_axe_in_the_roster_and_its_forms(roster):
    page = roster
    open_act(page, "王桂香", "更正")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
