"""Old workbooks with merged, hidden and broken cells: uncertain rows are not compared, and what is hidden is named."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl.comments import Comment
from openpyxl.styles import Font

from jygroups.lib.spreadsheets import sandbox
from subsidies.models import ComparisonResult, ParallelLine, ParallelRun
from tests.subsidies.comparison.test_old_workbooks import ADD, MONTH, compared, in_process, people  # noqa: F401

pytestmark = pytest.mark.usefixtures("in_process")

IN_ITS_OWN_PROCESS = sandbox._parsed


def book(people, change, **more) -> bytes:  # noqa: F811
    workbook = openpyxl.Workbook()
    own = workbook.active
    own.append(["姓名", "身份证号", "金额"])
    for person in people:
        own.append([*person])
    for name, rows in more.items():
        other = workbook.create_sheet(name)
        other.sheet_state = "hidden"
        for row in rows:
            other.append(row)
    change(own)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


@pytest.fixture
def answer(tmp_path, people):  # noqa: F811
    """The command's exit code and answer for a workbook that is changed."""

    def run(change, **more):
        path = tmp_path / "旧表.xlsx"
        path.write_bytes(book(people, change, **more))
        return compared(path)

    return run


@pytest.mark.parametrize("cells", ["A2:A3", "B2:B3", "C2:C3", "B2:C2"])
def test_rows_of_a_merged_cell_are_not_compared_and_the_cell_is_named(answer, people, cells):  # noqa: F811
    code, found = answer(lambda own: own.merge_cells(cells))
    asked = [each["question"] for each in found["questions"]]
    assert code == 1
    assert found["alike"] == len(people) - len({cell[1] for cell in cells.split(":")})
    assert any(cells in text for text in asked)


def test_an_amount_without_a_value_is_not_compared_with_nothing(answer, people):  # noqa: F811
    code, found = answer(lambda own: own.__setitem__("C3", "=SUM(D3:E3)"))
    assert (code, found["alike"]) == (1, len(people) - 1)
    [question] = found["questions"]
    assert "金额" in question["question"]
    assert "3" in question["question"]


def test_what_is_hidden_is_compared_and_named(answer, people):  # noqa: F811
    def change(own):
        own.row_dimensions[3].hidden = True
        own.column_dimensions["B"].hidden = True

    code, found = answer(change, 备份=[["姓名", "身份证号", "金额"], *map(list, people)])
    assert (code, found["alike"]) == (0, len(people))
    assert found["skipped"]["hidden_rows"] == {"count": 1, "rows": ["3"]}
    assert found["skipped"]["hidden_columns"]["rows"] == ["身份证号"]
    assert found["skipped"]["hidden_sheets"]["rows"] == ["备份"]


def test_the_page_shows_what_is_hidden_and_the_rows_that_are_not_compared(client, clerk, people):  # noqa: F811
    def change(own):
        own.row_dimensions[3].hidden = True
        own.merge_cells("C5:C6")

    client.force_login(clerk)
    upload = SimpleUploadedFile("旧表.xlsx", book(people, change))
    code = client.get(ADD).context["form"].fields["subdistrict"].queryset.get().code
    assert client.post(ADD, {"month": MONTH, "file": upload, "subdistrict": code}).status_code == 302
    run = ParallelRun.objects.get()
    assert set(ParallelLine.objects.filter(kind=ComparisonResult.UNREADABLE).values_list("number", flat=True)) == {5, 6}
    text = client.get(reverse("parallel-run", args=[run.pk])).text
    assert "文件里隐藏的行，仍已比对1行（第3行）" in text
    assert "C5:C6" in text
    assert "无法读取的行（按原因）" in text
    assert "× 2</strong>" in text


def test_a_workbook_whose_only_table_is_hidden_is_refused_with_the_sheets_name(tmp_path, people):  # noqa: F811
    workbook = openpyxl.load_workbook(io.BytesIO(book(people, lambda own: None)))
    workbook.active.title = "藏表"
    workbook.create_sheet("空")
    workbook["藏表"].sheet_state = "hidden"
    workbook.active = 1
    path = tmp_path / "旧表.xlsx"
    workbook.save(path)
    code, found = compared(path)
    assert code == 1
    assert "藏表" in found["questions"][0]["question"]


def test_struck_rows_are_not_compared_and_those_with_comments_are_named(answer, people):  # noqa: F811
    def change(own):
        own["C3"].font = Font(strike=True)
        own["A4"].comment = Comment("停发", "李")

    code, found = answer(change)
    assert (code, found["alike"]) == (1, len(people) - 1)
    assert "C3" in found["questions"][0]["question"]
    assert found["skipped"]["comments"]["rows"] == ["4"]


def test_the_page_asks_for_a_workbook_s_password(client, clerk, people, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sandbox, "_parsed", IN_ITS_OWN_PROCESS)
    client.force_login(clerk)
    code = client.get(ADD).context["form"].fields["subdistrict"].queryset.get().code
    locked = sandbox.locked(book(people, lambda own: None), "机密")

    def sent(**more):
        upload = SimpleUploadedFile("旧表.xlsx", locked)
        return client.post(ADD, {"month": MONTH, "file": upload, "subdistrict": code, **more})

    page = sent()
    assert page.status_code == 422
    assert 'name="password"' in page.text
    assert "密码不对" in sent(password="wrong").text
    assert sent(password="机密").status_code == 302
