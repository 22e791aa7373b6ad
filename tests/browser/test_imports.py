"""A secretary imports a roster: template, two mistakes, the mended file, what came of it, and back again."""

import openpyxl

from registry.models import Appointment, Member
from tests import factories

NUMBERS = [factories.id_number(order=order) for order in (901, 902)]


def filled(template, path, **cells):
    """The template with two people, and with the cells given in the second one's row."""
    book = openpyxl.load_workbook(template)
    sheet = book["花名册"]
    titles = [cell.value for cell in sheet[2]]
    for place, (name, number) in enumerate(zip(("赵新民", "钱桂香"), NUMBERS, strict=True)):
        cells_given = {
            "社区": "福民社区", "居民小组": "第二居民小组", "姓名": name, "身份证号": number, "职务": "居民小组成员",
            "任职日期": "2026-10-01", "在职情况": "非在职",
        }  # fmt: skip
        for title, text in (cells_given | (cells if place else {})).items():
            sheet.cell(4 + place, titles.index(title) + 1).value = text
    book.save(path)
    return path


def test_a_secretary_imports_a_roster_and_takes_it_back(visit, tmp_path):
    page = visit("secretary.fumin")
    before = Appointment.objects.count()
    page.goto("/imports/")
    with page.expect_download() as download:
        page.get_by_role("link", name="花名册模板").click()
    template = tmp_path / "template.xlsx"
    download.value.save_as(template)

    page.get_by_role("link", name="上传文件").click()
    wrong = filled(template, tmp_path / "wrong.xlsx", 居民小组="第九居民小组", 任职日期="2026-02-30")
    page.set_input_files("[name=file]", wrong)
    page.get_by_role("button", name="上传并核对").click()
    page.wait_for_url("**/imports/*/")
    text = page.inner_text("main")
    for part in ("有误未导入", "钱桂香", "第九居民小组", "2026-02-30"):
        assert part in text
    assert "赵新民" not in text  # rows with problems come first
    page.get_by_role("button", name="下载带批注的工作簿").click()
    page.fill("[name=purpose]", "改正花名册")
    with page.expect_download() as download:
        page.locator("main").get_by_role("button", name="下载", exact=True).click()
    assert download.value.suggested_filename.endswith(".xlsx")

    page.locator("main").get_by_role("link", name="返回").click()
    page.get_by_role("link", name="上传改正后的文件").click()
    page.set_input_files("[name=file]", filled(template, tmp_path / "right.xlsx"))
    page.get_by_role("button", name="上传并核对").click()
    page.wait_for_url("**/imports/*/")
    assert "待确认" in page.inner_text("main")
    assert Appointment.objects.count() == before
    page.get_by_role("button", name="确认导入 2 行").click()
    page.wait_for_load_state()
    assert "已导入" in page.inner_text("main")
    assert Appointment.objects.count() == before + 2
    page.get_by_role("link", name="查看").first.click()
    page.wait_for_load_state()
    assert "赵新民" in page.inner_text("main")

    page.go_back()
    page.get_by_role("link", name="撤销本次导入").click()
    assert "删除新增的成员：2项" in page.inner_text("main")
    page.get_by_role("button", name="确认撤销").click()
    page.wait_for_load_state()
    assert "已撤销" in page.inner_text("main")
    assert Appointment.objects.count() == before
    assert not Member.objects.with_id_numbers(NUMBERS)
