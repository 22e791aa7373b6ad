"""The frame in the browser: folds that stay open, what waits beside the menu, and the search box by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LAPTOP

pytestmark = pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])


def test_a_fold_opened_by_the_reader_stays_open_on_the_next_page(visit):
    page = visit("clerk.xiongguan")
    fold = page.locator(".side [data-menu-fold=work]")
    fold.locator("summary").click()
    expect(fold.get_by_role("link", name="培训")).to_be_visible()
    page.goto("/months/")
    expect(fold.get_by_role("link", name="培训")).to_be_visible()
    fold.locator("summary").click()
    page.goto("/workbench/")
    expect(fold.get_by_role("link", name="培训")).to_be_hidden()


def test_what_waits_is_counted_beside_the_menu_once_the_page_is_there(visit):
    page = visit("secretary.fumin")
    expect(page.locator(".side a", has_text="补贴发放").locator(".waiting")).to_contain_text("1")


def test_the_keyboard_leads_to_a_page_from_anywhere(visit):
    page = visit("finance")
    for keys in ("/", "Control+k"):
        page.goto("/standards/")
        page.keyboard.press(keys)
        page.keyboard.type("银行")
        expect(page.locator(".suggestions a")).to_have_text(["银行代发"])
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/payments/")


def test_the_bar_and_the_menu_stay_while_the_page_scrolls(visit):
    page = visit("clerk.xiongguan")
    page.evaluate("window.scrollTo(0, 1500)")
    expect(page.locator(".bar")).to_be_in_viewport()
    expect(page.locator(".side a[aria-current]")).to_be_in_viewport()
    entries = page.locator(".side a, .side summary")
    assert entries.evaluate_all("all => all.filter(each => each.checkVisibility()).length") <= 9
