"""A month as the people of the offices go through it, on a laptop and on a phone."""

import openpyxl
import pytest

from registry.models import Community
from tests.browser.conftest import LAPTOP, MONTH


def test_a_clerk_computes_the_month_asks_why_450_and_takes_the_workbook(visit, tmp_path):
    page = visit("clerk.xiongguan")
    page.goto("/months/")
    page.locator("main form [name=month]").first.fill(str(MONTH))
    page.locator("main form button", has_text="核算").first.click()
    page.wait_for_load_state()
    page.goto(f"/months/{MONTH}/620201001/")
    assert "152,100.00" in page.inner_text("main")
    page.get_by_role("link", name="福民社区").click()
    page.goto(page.get_by_role("link", name="李建荣").get_attribute("href"))
    explanation = page.inner_text("main")
    for part in ("450.00", "350.00", "800.00", "居民小组长", "居民委员会成员", "三(三)"):
        assert part in explanation
    page.go_back()
    page.get_by_role("link", name="导出", exact=True).click()
    page.fill("[name=purpose]", "归档")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载").click()
    assert download.value.suggested_filename == "雄关街道2026年10月工作补贴发放表（草稿）.xlsx"
    download.value.save_as(tmp_path / "month.xlsx")
    assert openpyxl.load_workbook(tmp_path / "month.xlsx").sheetnames == ["发放表", "汇总表", "变动表", "不发放人员"]


def test_a_secretary_sees_the_own_community_and_cannot_export(visit):
    page = visit("secretary.fumin")
    page.goto(f"/months/{MONTH}/620201001/")
    text = page.inner_text("#lines")
    assert "李建荣" in text
    others = Community.objects.exclude(name="福民社区").values_list("name", flat=True)
    assert [name for name in others if name in text] == []
    assert page.get_by_role("link", name="导出", exact=True).count() == 0


@pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])
def test_the_language_can_be_changed_and_stays(visit):
    page = visit("finance")
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.goto("/months/")
    assert page.evaluate("document.documentElement.lang") == "en"
