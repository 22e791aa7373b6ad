"""The people of the offices on a good day: each finds what waits, does it, and sees what came of it."""

from datetime import date, timedelta

import openpyxl
from django.utils import timezone

from registry.models import (
    Appointment,
    AuditEntry,
    Community,
    EndReason,
    Member,
    Post,
    ResidentsGroup,
    Role,
    Term,
    User,
)
from tests import factories
from tests.browser.conftest import fits


def lead(page, words: str) -> None:
    """Follow the first link so called."""
    page.get_by_role("link", name=words).first.click()
    page.wait_for_load_state()


def press(page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.click()
    page.wait_for_load_state()


def text(page) -> str:
    assert fits(page)
    return page.inner_text("main")


def exported(page, folder):
    """The sheet of what the page shows."""
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 Excel").click()
    download.value.save_as(folder / "list.xlsx")
    return openpyxl.load_workbook(folder / "list.xlsx").active


def test_a_secretary_fills_a_vacancy_and_takes_an_ended_office_back(visit):
    page, group = visit("secretary.fumin"), ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=3)
    wrong, right = "620299197102030419", factories.id_number(date(1971, 2, 3), 41)
    page.locator(".todo li", has_text="第三居民小组 只有2人").get_by_role("link").click()
    page.wait_for_load_state()
    assert "第三居民小组 · 小组成员不足" in text(page)
    assert page.input_value("[name=seat]") == f"group-{group.pk}:group_member"
    typed = {"person": wrong, "name": "赵敏", "basis": "补选结果公告"}
    for name, value in typed.items():
        page.fill(f"[name={name}]", value)
    press(page, "保存")
    assert "校验码" in text(page)
    assert {name: page.input_value(f"[name={name}]") for name in typed} == typed  # refused, and all of it still there
    page.fill("[name=person]", right)
    press(page, "保存")
    assert "赵敏补选为居民小组成员" in page.inner_text("#messages")
    assert Appointment.objects.filter(group=group, member__name="赵敏", basis="补选结果公告", last_day=None).exists()

    page.wait_for_selector("#roster .why")
    row = page.locator("#roster tr", has_text="侯建新")
    row.locator("summary").click()
    row.get_by_role("link", name="离任").click()
    page.wait_for_selector("#act .effects")
    assert "已离任" in page.inner_text("#act .effects")
    page.select_option("#act [name=end_reason]", EndReason.RESIGNATION)
    page.wait_for_timeout(600)  # the preview waits for the typing to pause
    page.wait_for_selector(".htmx-request", state="detached")
    page.locator("#act button.btn-primary").click()
    page.wait_for_selector("#messages :text('离任 · 侯建新')")
    office = Appointment.objects.get(group=group, member__name="侯建新", term__ordinal=2)
    assert office.last_day == timezone.localdate()
    press(page, "撤销")
    page.wait_for_selector("text=已撤销")
    office.refresh_from_db()
    assert (office.last_day, office.end_reason) == (None, "")
    page.goto("/workbench/")
    assert "第三居民小组 只有2人" not in text(page)


def test_who_comes_second_to_a_record_sees_both_values_and_chooses(visit):
    member = Member.objects.get(name="赵永宁")
    first, second = visit("secretary.fumin"), visit("clerk.xiongguan")
    for page, bank in ((first, "兰州银行"), (second, "中国银行")):
        page.goto(f"/members/{member.pk}/edit/")
        page.fill("[name=bank]", bank)
    press(first, "保存")
    assert "兰州银行" in text(first)
    press(second, "保存")
    assert "兰州银行" in second.inner_text(".doubt")
    assert second.input_value("[name=bank]") == "中国银行"
    assert Member.objects.get(pk=member.pk).bank == "兰州银行"
    second.get_by_label("用我填的").check()
    press(second, "保存")
    assert "中国银行" in text(second)
    assert Member.objects.get(pk=member.pk).bank == "中国银行"


def test_a_leader_looks_through_the_areas_and_the_clerk_settles_what_the_address_sent_shows(visit, tmp_path):
    leader, clerk = visit("leader.xiongguan"), visit("clerk.xiongguan")
    leader.goto("/areas/")
    assert "580 / 590" in text(leader)
    lead(leader, "福民社区")
    assert "福民街坊4号院、福民街坊5号院" in text(leader)
    leader.locator(".figures > *", has_text="缺额").locator("a").click()
    leader.wait_for_load_state()
    shown = leader.inner_text("main table tbody")
    assert "缺组长" in shown
    assert "德惠社区" not in shown
    clerk.goto(leader.url.removeprefix(clerk.evaluate("location.origin")))
    assert [row.split() for row in clerk.locator("main table tbody tr th").all_inner_texts()] == [
        row.split() for row in leader.locator("main table tbody tr th").all_inner_texts()
    ]

    clerk.goto(f"/users/{User.objects.get(username='secretary.fumin').pk}/")
    lead(clerk, "授予岗位")
    sibling, tomorrow = Community.objects.get(name="胜利社区"), timezone.localdate() + timedelta(days=1)
    clerk.select_option("[name=role]", Role.SECRETARY)
    clerk.wait_for_selector(".htmx-request", state="detached")
    clerk.fill(".field:has(#id_area) input", "slsq")
    clerk.keyboard.press("Enter")
    clerk.fill("[name=first_day]", f"{tomorrow}")
    press(clerk, "授予岗位")
    assert "胜利社区 社区书记" in text(clerk)
    assert Post.objects.get(user__username="secretary.fumin", community=sibling).first_day == tomorrow

    clerk.goto("/duplicates/")
    lead(clerk, "核对合并")
    assert "胜利社区 第四居民小组" in text(clerk)
    press(clerk, "合并")
    assert "巩学义" in text(clerk)
    assert Member.objects.filter(name="巩学义", merged_into=None).count() == 1

    clerk.goto("/areas/subdistricts/620201001/groups/")
    sheet = exported(clerk, tmp_path)
    assert [row[2].value for row in sheet.iter_rows()].count("第一居民小组") == 17


def test_finance_finds_somebody_by_pinyin_and_asks_why_and_for_the_account(visit):
    page = visit("finance")
    page.fill("form.search [name=q]", "lijianrong")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=lijianrong")
    lead(page, "李建荣")
    member = Member.objects.get(pk=int(page.url.rstrip("/").rpartition("/")[2]))
    page.get_by_role("link", name="显示: 银行账号").click()
    page.fill("[name=purpose]", "办理发放")
    page.get_by_role("button", name="显示").click()
    page.wait_for_selector(".shown")
    assert page.inner_text(".shown") == member.account
    assert AuditEntry.objects.get(act="reveal").details["purpose"] == "办理发放"
    page.locator("td a", has_text="核定依据").first.click()
    page.wait_for_load_state()
    explanation = text(page)
    for part in ("450.00", "350.00", "800.00", "居民小组长", "三(三)"):
        assert part in explanation
    assert member.account not in page.content()  # gone when the page is left


def test_civil_affairs_prepares_the_next_term_and_the_clerk_carries_a_reelection_out(visit, tmp_path):
    civil = visit("civil")
    civil.goto("/terms/")
    lead(civil, "设立新一届")
    civil.fill("[name=first_day]", "2031-01-01")
    press(civil, "保存")
    assert "2031-01-01 – 2035-12-31" in text(civil)
    assert Term.objects.filter(ordinal=3).exists()
    civil.goto("/registers/expiring/?state=over")
    assert "王桂香" in text(civil)
    if civil.viewport_size["width"] > 600:  # nothing is exported on a phone
        assert "王桂香" in [row[0].value for row in exported(civil, tmp_path).iter_rows()]

    group = ResidentsGroup.objects.get(committee__community__name="德惠社区", ordinal=4)
    goes = Appointment.objects.get(group=group, member__name="常萍")
    term = Term.objects.get(ordinal=2)
    civil.goto(f"/terms/{term.pk}/")
    lead(civil, "德惠社区")
    assert "办理换届" not in text(civil)  # the subdistrict's office
    clerk = visit("clerk.xiongguan")
    clerk.goto(f"/terms/{term.pk}/")
    clerk.get_by_role("row", name="德惠社区").get_by_role("link", name="准备名单").click()
    assert fits(clerk)
    clerk.locator(f"[name=held-{goes.pk}-outcome][value=go]").check()
    panel = clerk.locator("section", has=clerk.get_by_role("heading", name="第四居民小组"))
    panel.locator("summary").click()
    panel.locator("[name$='-0-person']").fill(factories.id_number(date(1980, 1, 1)))
    panel.locator("[name$='-0-name']").fill("戊新")
    press(clerk, "保存并核对")
    assert "18人连任 · 2人离任 · 2人新当选" in text(clerk)
    lead(clerk, "办理换届")
    clerk.wait_for_selector(".stipend-effect .note")
    reported = text(clerk)
    assert "常萍" in reported
    assert "戊新" in reported
    press(clerk, "确认办理")
    assert "已换届" in text(clerk)
    in_group = Appointment.objects.filter(group=group, term=term).values_list("member__name", flat=True)
    assert set(in_group) == {"范永昌", "康玉霞", "王玉梅", "戊新"}
