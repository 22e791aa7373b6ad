"""A month from the community to the seal, as its people take it through the browser."""

import pytest

from registry.models import Community, Member, Subdistrict, User
from subsidies.models import Sheet, SheetLine
from subsidies.month import sheets, workflow
from tests.browser.conftest import LAPTOP, MONTH, fits

SUBDISTRICT, FUMIN = "620201001", "620201001001"
SHEET = f"/months/{MONTH}/{SUBDISTRICT}/"


@pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])
def test_a_sheet_is_confirmed_submitted_returned_corrected_endorsed_and_approved(visit):
    last = nearly_ready()

    # The secretary sees it on the workbench, reads how many people and yuan, and confirms.
    page = visit("secretary.fumin")
    page.goto(f"/months/{MONTH}/communities/{FUMIN}/confirm/")
    assert "19人" in page.inner_text(".answer")
    press(page, "确认福民社区名单")
    assert "福民社区已确认" in page.inner_text("#messages")
    assert fits(page)

    # The clerk sees who has no account, corrects the record, computes again, confirms for that community and submits.
    clerk = visit("clerk.xiongguan")
    clerk.goto(SHEET)
    clerk.emulate_media(media="print")
    assert not any(each.is_visible() for each in clerk.locator("#blocking, .next-line, .todo, .acts a").all())
    clerk.emulate_media(media="screen")
    clerk.locator("#blocking a", has_text=last.name).click()
    clerk.fill("[name=account]", "622848000300010865")
    press(clerk, "保存")
    clerk.goto(SHEET)
    press(clerk, "重新核算")
    assert clerk.locator("#blocking").count() == 0
    assert last.community.name in clerk.inner_text(".missing")
    clerk.get_by_role("link", name="代社区确认").click()
    clerk.get_by_label(last.community.name).check()
    press(clerk, "确认勾选的社区")
    assert fits(clerk)
    step(clerk, "提交")
    assert "等待街道审核" in clerk.inner_text("#messages")

    # The leader returns it with a comment, which has to be there.
    leader = visit("leader.xiongguan")
    leader.goto(SHEET)
    leader.locator(".next").get_by_role("link", name="退回").click()
    press(leader, "退回", wait=False)
    assert leader.url.endswith("/return/")  # the field is required
    leader.fill("[name=comment]", "请核对第三小组账号")
    press(leader, "退回")
    assert "草稿" in leader.inner_text(".head")

    # The clerk reads it and submits again; the leader endorses.
    clerk.goto("/workbench/")
    assert "请核对第三小组账号" in clerk.inner_text(".todo")
    clerk.goto(SHEET)
    step(clerk, "提交", "已核对")
    leader.goto(SHEET)
    step(leader, "审核通过")

    # Finance sees why the month differs, approves, and the sheet is sealed.
    finance = visit("finance")
    finance.goto(SHEET)
    assert "审批" in finance.inner_text(".next")
    step(finance, "审批", button="审批通过并封存")
    assert "已审批并封存" in finance.inner_text("#messages")
    assert Sheet.objects.get(subdistrict__code=SUBDISTRICT).seal[:12] in finance.locator("main").text_content()
    finance.goto(f"{SHEET}way/")
    way = finance.inner_text(".events")
    for words in ("福民社区", "请核对第三小组账号", "已核对"):
        assert words in way
    assert fits(finance)
    finance.goto("/seals/")
    press(finance, "全部核验")
    assert "与封存时一致" in finance.inner_text("main")
    assert fits(finance)


def nearly_ready() -> Member:
    """All communities but the secretary's have confirmed; all have accounts but one person, of another community."""
    lines = SheetLine.objects.filter(sheet__subdistrict__code=SUBDISTRICT, net__gt=0).select_related(
        "member__community"
    )
    missing = [line.member for line in lines if not line.account]
    last = next(member for member in missing if member.community.code != FUMIN)
    for serial, member in enumerate(missing):
        if member != last:
            member.account = f"62284800030001{serial:04}"
            member.save()
    [sheet] = sheets.prepare(MONTH, Subdistrict.objects.filter(code=SUBDISTRICT))
    others = Community.objects.filter(subdistrict__code=SUBDISTRICT).exclude(code=FUMIN)
    workflow.confirm_all(sheet=sheet, communities=others, actor=User.objects.get(username="clerk.xiongguan"))
    return last


def step(page, name: str, comment: str = "", button: str = "") -> None:
    """The step offered on the sheet's page: to its own page, and there the button."""
    page.locator(".next").get_by_role("link", name=name, exact=True).click()
    page.wait_for_load_state()
    if comment:
        page.fill("[name=comment]", comment)
    assert fits(page)
    press(page, button or name)


def press(page, name: str, *, wait: bool = True) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()
    if wait:
        page.wait_for_load_state()
