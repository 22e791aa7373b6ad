"""Answers with merged, hidden and broken cells: what may be another row's is not recorded, and the cell is named."""

import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl.comments import Comment
from openpyxl.styles import Font

from jygroups.lib.spreadsheets import sandbox
from subsidies.models import BankAnswer
from tests.subsidies.bank import answering
from tests.subsidies.bank.answering import Page, read_in_process
from tests.subsidies.bank.test_late_arrivals import CODE, MAY, page, sheet, standing  # noqa: F401

pytestmark = pytest.mark.usefixtures("standard", "sheet")
IN_ITS_OWN_PROCESS = sandbox._parsed
GIVEN = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr("jygroups.lib.spreadsheets.sandbox._parsed", read_in_process)


@pytest.fixture
def people(sheet):  # noqa: F811
    """Account, name and amount of the payment's people."""
    items = sheet.payments.get().items.order_by("line__ordinal")
    return [(item.account, item.name, f"{item.amount:.2f}") for item in items]


def book(people, change, *, day=False) -> bytes:
    """All people paid, by an .xlsx whose sheet is changed."""
    workbook = openpyxl.Workbook()
    own = workbook.active
    own.append(["账号", "姓名", "金额", "处理结果", *(["交易日期"] if day else [])])
    for person in people:
        own.append([*person, "成功", *(["2099-01-01"] if day else [])])
    change(own)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


@pytest.fixture
def taken(tmp_path):
    """The command with this content: its exit code, JSON and standard error."""

    def run(content: bytes, **given):
        path = tmp_path / "回盘.xlsx"
        path.write_bytes(content)
        return answering.command(path, MAY, CODE, json.dumps(GIVEN | given))

    return run


@pytest.mark.parametrize(("column", "letter"), [("account", "A"), ("name", "B"), ("amount", "C"), ("state", "D")])
def test_a_merged_cell_that_money_depends_on_is_refused_for_each_of_its_rows(taken, people, column, letter):
    code, result, errors = taken(book(people, lambda own: own.merge_cells(f"{letter}2:{letter}3")))
    assert (code, result["arrived"]) == (0, len(people) - 2)
    assert [each["row"] for each in result["unmatched"]] == ["Sheet 2", "Sheet 3"]
    assert f"{letter}2:{letter}3" in errors
    assert {standing(name) for _account, name, _amount in people[:2]} == {"in_transit"}


@pytest.mark.parametrize("letter", ["A", "C", "D"])
def test_a_formula_without_a_value_is_refused_and_its_cell_named(taken, people, letter):
    def change(own):
        own[f"{letter}3"] = "=VLOOKUP(B3,X!A:B,2,0)"

    code, result, errors = taken(book(people, change))
    assert (code, result["arrived"], result["questions"]) == (0, len(people) - 1, [])
    assert [each["row"] for each in result["unmatched"]] == ["Sheet 3"]
    assert f"{letter}3" in errors
    assert standing(people[1][1]) == "in_transit"


def test_nobody_left_out_is_concluded_while_a_row_is_refused(taken, people):
    content = book(people, lambda own: own.merge_cells("C2:C3"))
    _code, result, _errors = taken(content, only="refused", rest="paid")
    assert result["arrived"] == 0


@pytest.mark.parametrize(
    "change", [lambda own: own.merge_cells("E2:E4"), lambda own: own.__setitem__("E3", "=TODAY()")]
)
def test_a_merged_or_broken_day_is_asked_about_with_its_cell(taken, people, change):
    code, result, errors = taken(book(people, change, day=True))
    assert (code, result["arrived"]) == (1, 0)
    assert "confirmed" in [question["about"] for question in result["questions"]]
    assert "E2:E4" in errors or "E3" in errors


def test_hidden_rows_and_columns_are_named_and_read(taken, people):
    def change(own):
        own.row_dimensions[3].hidden = True
        own.column_dimensions["C"].hidden = True

    code, result, errors = taken(book(people, change))
    assert (code, result["arrived"]) == (0, len(people))
    assert "隐藏的，仍已读取，请核对：金额" in errors
    assert "请核对：第3行" in errors


def test_the_page_names_the_merged_cell_and_the_hidden_row(page, sheet, people):  # noqa: F811
    def change(own):
        own.merge_cells("C2:C3")
        own.row_dimensions[4].hidden = True

    answer = Page(page, MAY, CODE, sheet.payments.get(), "回盘.xlsx", book(people, change))
    if answer.step == "columns":
        answer.send(
            "columns", **{"says": "column", "state": "处理结果", "account": "账号", "amount": "金额", "name": "姓名"}
        )
    assert "C2:C3" in answer.response.text
    assert "请核对：第4行" in answer.response.text


def test_rows_that_fit_nobody_are_counted_by_cause(taken, people):
    def change(own):
        for number in range(3):
            own.append([f"62170038100323456{number}0", "无此人", "1.00", "成功"])

    _code, result, errors = taken(book(people, change))
    assert len(result["unmatched"]) == 3
    places = [str(len(people) + 2 + number) for number in range(3)]
    assert any(line.endswith(f"× 3：第{'、'.join(places)}行") for line in errors.splitlines())


def test_struck_and_commented_rows_are_named(taken, people):
    def change(own):
        own["B2"].font = Font(strike=True)
        own["C3"].comment = Comment("待核实", "李")

    code, result, errors = taken(book(people, change))
    assert (code, result["arrived"]) == (0, len(people) - 1)
    assert [each["row"] for each in result["unmatched"]] == ["Sheet 2"]
    assert "B2" in errors
    assert "待核实" in errors


def test_the_page_asks_for_a_workbook_s_password(client, finance, sheet, people, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sandbox, "_parsed", IN_ITS_OWN_PROCESS)
    client.force_login(finance)
    locked = sandbox.locked(book(people, lambda own: None), "机密")

    def sent(**more):
        data = {"file": SimpleUploadedFile("回盘.xlsx", locked), "payment": sheet.payments.get().pk, **more}
        return client.post(reverse("bank-answer-add", args=[MAY, CODE]), data)

    page = sent()  # noqa: F811
    assert page.status_code == 422
    assert 'name="password"' in page.text
    assert "密码不对" in sent(password="wrong").text
    assert sent(password="机密").status_code == 302
    assert BankAnswer.objects.get().content[:2] == b"PK"
