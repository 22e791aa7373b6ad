"""A secretary pastes rows, corrects them in the table by keyboard, pastes a block into it, and saves."""

from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from registry.imports.pasted import ORDER
from registry.models import Appointment, Member, ResidentsGroup
from tests import factories
from tests.browser.conftest import fits

NUMBERS = [factories.id_number(order=order) for order in range(911, 915)]
FILL = """([field, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def name_of_focus(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_pasted_rows_are_corrected_in_their_cells(visit):
    page = visit("secretary.fumin")
    group = ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=2)
    before = Appointment.objects.filter(group=group).count()
    page.goto(group.get_absolute_url())
    page.get_by_role("link", name="从表格粘贴").click()
    rows = [
        "\t".join(ORDER),
        f"赵新民\t{NUMBERS[0]}\t成员\t2026-10-01\t非在职",
        "钱桂香\t62029919700101001X\t成员\t2026-10-01\t非在职",
        f"孙立国\t{NUMBERS[2]}\t成员\t明天\t非在职",
    ]
    page.fill("[name=rows]", "\n".join(rows))
    page.get_by_role("button", name="检查").click()
    page.wait_for_selector("[data-grid]")
    assert fits(page)
    assert name_of_focus(page) == "身份证号 3"
    described = page.locator(":focus").get_attribute("aria-describedby")
    assert "校验码" in page.inner_text(f"#{described}")
    assert [each["id"] for each in Axe().run(page, "form.pasted").response["violations"]] == []

    page.fill("[aria-label='身份证号 3']", NUMBERS[1])
    page.keyboard.press("Enter")
    assert name_of_focus(page) == "身份证号 4"
    page.focus("[aria-label='任职日期 4']")
    page.keyboard.press("Control+d")
    assert page.input_value("[aria-label='任职日期 4']") == "2026-10-01"
    block = f"李华\t{NUMBERS[3]}\t成员\t2026-10-01\t非在职\n周明\t12"
    page.evaluate(FILL, [page.query_selector("[aria-label='姓名 5']"), block])
    assert page.input_value("[aria-label='身份证号 6']") == "12"
    page.get_by_role("button", name="重新检查").last.click()
    page.wait_for_load_state()
    assert name_of_focus(page) == "身份证号 6"
    assert not page.locator("[aria-invalid=true][aria-label$=' 4']").count()

    page.get_by_label("第6行不录入").check()
    page.get_by_role("button", name="重新检查").last.click()
    page.wait_for_selector("button[name=save]")
    assert "您选择不录入的 1" in page.inner_text("main")
    page.get_by_role("button", name="全部保存").click()
    page.wait_for_url(f"**{group.get_absolute_url()}")
    assert Appointment.objects.filter(group=group).count() == before + 4
    assert len(Member.objects.with_id_numbers(NUMBERS)) == 4


def test_on_a_phone_a_value_fills_its_column_and_the_columns_are_chosen(visit):
    page = visit("secretary.fumin")
    is_phone = page.viewport_size["width"] < 500
    group = ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=2)
    page.goto(reverse("group-paste", args=[group.pk]))
    rows = [
        f"赵新民\t{number}\t成员\t{day}\t非在职"
        for number, day in zip(NUMBERS, ["2026-10-01", "", "明天", ""], strict=True)
    ]
    page.fill("[name=rows]", "\n".join(["\t".join(ORDER), *rows]))
    page.get_by_role("button", name="检查").click()
    page.wait_for_selector("[data-grid]")
    page.focus("[aria-label='任职日期 2']")
    fill = page.get_by_role("button", name="填入本列下方的空单元格")
    assert fill.is_visible() == is_phone
    assert page.locator("[data-title]").first.is_visible()
    if is_phone:
        fill.click()
        days = [page.input_value(f"[aria-label='任职日期 {row}']") for row in range(2, 7)]
        assert days == ["2026-10-01", "2026-10-01", "明天", "2026-10-01", ""]
        assert fits(page)


def test_typed_cells_are_not_left_without_a_question(visit):
    page, asked = visit("secretary.fumin"), []
    group = ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=2)
    page.goto(reverse("group-paste", args=[group.pk]))
    page.fill("[name=rows]", "\t".join(ORDER) + f"\n赵新民\t{NUMBERS[0][:-1]}\t成员\t2026-10-01\t非在职")
    page.get_by_role("button", name="检查").click()
    page.wait_for_selector("[data-grid]")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.fill("[aria-label='身份证号 2']", NUMBERS[0])
    page.locator(".trail a, .breadcrumb a").last.click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.input_value("[aria-label='身份证号 2']") == NUMBERS[0]
    page.get_by_role("button", name="重新检查").last.click()
    page.wait_for_selector("button[name=save]")
    page.get_by_role("button", name="以后再继续").click()
    page.wait_for_url(f"**{group.get_absolute_url()}")
    assert asked == ["beforeunload"]


def test_a_duplicated_tab_undoes_nothing_of_the_other(visit):
    page = visit("secretary.fumin")
    group = ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=2)
    page.goto(reverse("group-paste", args=[group.pk]))
    rows = f"赵新民\t{NUMBERS[0][:-1]}\t成员\t2026-10-01\t非在职\n钱桂香\t1\t成员\t2026-10-01\t非在职"
    page.fill("[name=rows]", "\t".join(ORDER) + "\n" + rows)
    page.get_by_role("button", name="检查").click()
    page.wait_for_selector("[data-grid]")
    name, html, other = page.input_value("[name=window]"), page.content(), page.context.new_page()
    other.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    other.goto(page.url)
    other.unroute(page.url)
    other.wait_for_function("name => document.querySelector('[name=window]').value !== name", arg=name)
    page.fill("[aria-label='身份证号 2']", NUMBERS[0])
    page.get_by_role("button", name="重新检查").last.click()
    page.wait_for_load_state()
    other.fill("[aria-label='身份证号 3']", NUMBERS[1])
    with other.expect_response(page.url) as answer:
        other.get_by_role("button", name="重新检查").last.click()
    assert answer.value.status == 409
    assert other.input_value("[aria-label='身份证号 2']") == NUMBERS[0]
    # The same tab goes on under its name.
    page.fill("[aria-label='身份证号 3']", NUMBERS[1])
    page.get_by_role("button", name="重新检查").last.click()
    page.wait_for_selector("button[name=save]")
    assert page.input_value("[name=window]") == name
