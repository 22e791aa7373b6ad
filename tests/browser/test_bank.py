"""A month's money from the approved sheet to the last account, as finance takes it through the browser."""

from decimal import Decimal

import pytest

from registry.demo import city as demo
from registry.models import Subdistrict
from subsidies.bank import ready_templates
from subsidies.models import PayResult, Sheet, SheetLine, State
from subsidies.month import sheets
from tests import factories
from tests.browser.conftest import LAPTOP, MONTH, fits

CODE = "620201001"
PAYMENT = f"/months/{MONTH}/{CODE}/payment/"


@pytest.fixture
def sheet(site):
    """The subdistrict's month, approved; everybody on it has an account."""
    ready_templates.load_missing()
    area = Subdistrict.objects.filter(code=CODE)
    lines = SheetLine.objects.filter(sheet__subdistrict__code=CODE, net__gt=0).select_related("member")
    for serial, line in enumerate(line for line in lines if not line.account):
        line.member.account = f"62284800030001{serial:04}"
        line.member.save()
    [sheet] = sheets.prepare(MONTH, area)
    factories.brought_to(sheet, State.APPROVED)
    return sheet


@pytest.mark.parametrize("visit", [LAPTOP], indirect=True, ids=["laptop"])
def test_a_month_is_paid_refused_tried_once_more_given_up_and_closed(sheet, visit, tmp_path, settings):
    page, remembered = visit("finance"), settings.PASSWORD_REMEMBERED
    page.goto(PAYMENT)
    settings.PASSWORD_REMEMBERED = 0  # as if the sign-in was long ago
    lead(page, "生成批次")
    for each in page.locator("main select").all():  # whose account another person has too
        each.select_option("approved")
    make(page)
    page.wait_for_url("**/password/confirm/**")
    settings.PASSWORD_REMEMBERED = remembered
    assert "/password/confirm/" in page.url
    assert fits(page)
    page.fill("[name=password]", demo.PASSWORD)
    press(page, "下一步")

    # The bank's file holds everybody on the sheet, once.
    sent = handed_out(page, "10月代发")
    assert len(sent) == sheet.lines.filter(net__gt=0).count()
    assert sum(Decimal(row["金额"]) for row in sent) == sheet.net
    assert fits(page)

    # The bank refuses two; the columns are chosen once, and nothing is recorded before the preview.
    first, second = sent[3], sent[8]
    answer = written(tmp_path / "回盘1.txt", sent, {first["帐号"]: "账户不存在", second["帐号"]: "户名不符"})
    hand_in(page, answer)
    assert page.locator("[name=account]").input_value() == "帐号"
    assert page.locator("[name=reason]").input_value() == "失败原因"
    press(page, "核对")
    seen = page.inner_text("main")
    assert fits(page)
    assert page.locator(".figures dd").all_inner_texts()[:2] == [str(len(sent) - 2), "2"]
    for row, reason in ((first, "账户不存在"), (second, "户名不符")):
        assert row["姓名"] in seen
        assert reason in seen
    assert not PayResult.objects.exclude(step="send").exists()
    press(page, "确认登记")
    assert f"已登记：到账{len(sent) - 2}人，退回2人，退票0人" in page.inner_text("#messages")

    # Both are tried once more as they are; the retry's file holds just those two.
    lead(page, "生成重发批次")
    for row in (first, second):
        page.get_by_label(f"{row['姓名']}的核定").select_option("approved")
    assert fits(page)
    make(page)
    again = handed_out(page, "重发退回人员")
    assert [row["帐号"] for row in again] == [first["帐号"], second["帐号"]]

    # One is paid, one refused; the columns are known by now.
    second_answer = written(tmp_path / "回盘2.txt", again, {second["帐号"]: "账户已销户"})
    hand_in(page, second_answer)
    assert page.locator("[name=account]").count() == 0
    press(page, "确认登记")
    assert "已登记：到账1人，退回1人，退票0人" in page.inner_text("#messages")
    assert page.get_by_role("link", name="本月办结").count() == 0  # one is open still

    # The last is given up with a reason, and the month closed.
    lead(page, "不再发放")
    press(page, "不再发放")
    assert "/give-up/" in page.url  # the reason is required
    page.fill("[name=reason]", "本人书面放弃")
    assert fits(page)
    press(page, "不再发放")
    assert "元已核定不再发放" in page.inner_text("#messages")
    lead(page, "本月办结")
    assert fits(page)
    press(page, "本月办结")
    assert "本月办结" in page.inner_text("#messages")
    page.goto(f"/months/{MONTH}/{CODE}/")
    assert "已发放" in page.inner_text(".head")
    assert Sheet.objects.get(pk=sheet.pk).state == State.PAID

    # The bank's answer once more changes nothing and reports it.
    before = list(PayResult.objects.order_by("pk").values())
    hand_in(page, answer)  # as the answer to the second payment
    assert "第1批" in page.inner_text("main")
    assert fits(page)
    hand_in(page, answer, batch=1)
    assert "本次没有任何改动" in page.inner_text("#messages")
    assert fits(page)
    assert list(PayResult.objects.order_by("pk").values()) == before


def lead(page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).click()
    page.wait_for_load_state()


def press(page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def make(page) -> None:
    """The people and the total of the decisions are shown first."""
    press(page, "下一步：人数与合计")
    assert "尚未生成" in page.inner_text("main .note-you")
    page.locator("main form button.btn-primary").click()
    page.wait_for_load_state()


def handed_out(page, purpose: str) -> list[dict[str, str]]:
    """The people in the bank's file, by the text template, downloaded from the page of exports."""
    assert page.get_by_label("银行代发文件").is_checked()
    assert page.get_by_label("公示天数").is_hidden()  # asked of the notice alone
    page.get_by_label("银行文件模板").select_option("代发工资文本（竖线分隔）")
    page.get_by_label("每家银行一个文件").uncheck()
    page.fill("[name=purpose]", purpose)
    with page.expect_download() as download:
        page.locator("main").get_by_role("button", name="下载", exact=True).click()
    titles, *rows = download.value.path().read_text("gb18030").splitlines()
    return [dict(zip(titles.split("|"), row.split("|"), strict=True)) for row in rows]


def written(path, sent: list[dict[str, str]], refused: dict[str, str]):
    """What the bank answers to the file: the accounts refused, each with its reason; all others are paid."""
    rows = ["帐号|姓名|金额|处理结果|失败原因"]
    for row in sent:
        reason = refused.get(row["帐号"], "")
        rows.append("|".join([row["帐号"], row["姓名"], row["金额"], "失败" if reason else "成功", reason]))
    path.write_text("\r\n".join(rows), "gb18030")
    return path


def hand_in(page, file, batch: int | None = None) -> None:
    """Take the file to the page of the bank's answer; it is looked at first."""
    page.goto(f"{PAYMENT}answer/")
    if batch:
        page.select_option("[name=payment]", index=page.locator("[name=payment] option").count() - batch)
    page.set_input_files("[name=file]", file)
    assert fits(page)
    press(page, "上传并核对")
