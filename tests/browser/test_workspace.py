"""A month's page in the browser: communities opened one by one, a line explained beside the table, tabs in place."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LAPTOP, MONTH

pytestmark = pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])
SHEET = f"/months/{MONTH}/620201001/"


@pytest.fixture
def page(visit):
    page = visit("clerk.xiongguan")
    answer = page.goto(SHEET)
    assert len(answer.body()) < 150_000
    return page


def test_a_large_sheet_is_folded_and_shows_twelve_lines_of_a_community_that_is_opened(page):
    assert page.locator("[data-line]").count() == 0
    page.get_by_role("link", name="胜利社区").click()
    expect(page.locator("[data-line]").first).to_be_visible()
    boxes = [each.bounding_box() for each in page.locator("#lines tbody tr").all()]
    assert sum(box["y"] + box["height"] <= 768 for box in boxes) >= 12
    button = page.get_by_role("button", name="胜利社区")
    button.click()
    expect(page.locator("[data-line]").first).to_be_hidden()


def test_a_line_is_explained_beside_the_table_and_the_arrows_go_on(page):
    page.get_by_role("link", name="胜利社区").click()
    first, second = page.locator("[data-line]").nth(0), page.locator("[data-line]").nth(1)
    first.click()
    panel = page.locator("#line-panel")
    expect(panel.get_by_role("heading", level=2)).to_contain_text(first.inner_text())
    expect(panel).to_contain_text("核定日")
    page.keyboard.press("ArrowDown")
    expect(panel.get_by_role("heading", level=2)).to_contain_text(second.inner_text())
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()
    expect(second).to_be_focused()
    assert page.url.endswith(SHEET)


def test_the_tabs_are_changed_in_place_and_keep_their_address(page):
    page.get_by_role("link", name="不发放").click()
    page.wait_for_url("**/unpaid/")
    expect(page.locator("#workspace")).to_contain_text("不发放原因")
    page.go_back()
    page.wait_for_url(f"**{SHEET}")
    expect(page.locator("#lines")).to_be_visible()


def test_lines_follow_the_typing_of_a_name(page):
    page.get_by_label("姓名或拼音首字母").press_sequentially("ljr")
    expect(page.locator("[data-line]").first).to_be_visible()
    assert page.get_by_label("姓名或拼音首字母").input_value() == "ljr"


def test_the_paper_has_every_line(page):
    page.goto(f"{SHEET}?all=1")
    assert page.locator("[data-line]").count() > 60
