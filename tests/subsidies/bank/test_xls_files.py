"""Banks whose programs take and give .xls alone: the payment written, previewed and refused, and the answer read."""

import io
from dataclasses import replace

import pytest
import xlwt
from django.urls import reverse
from python_calamine import CalamineWorkbook

from jygroups.lib.spreadsheets import sandbox
from subsidies.bank import files
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankFileKind, BankTemplate
from tests.subsidies.bank import answering
from tests.subsidies.bank.steps import MAY, NAMES, row, url
from tests.subsidies.bank.test_bank_files import OCCASION, PEOPLE
from tests.subsidies.bank.test_template_pages import template_data

pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def template(sheet):
    """The ready workbook, as .xls."""
    BankTemplate.objects.filter(name="批量转账工作簿").update(kind=BankFileKind.XLS)
    return BankTemplate.objects.get(name="批量转账工作簿")


def cells(content: bytes) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("代发").to_python()


def test_numbers_are_text_and_amounts_are_numbers_and_the_bytes_are_the_same_each_time(template):
    template.header, template.footer, template.has_total = "{month}|{count}", "完", True
    [content] = files.files(template, PEOPLE, OCCASION)
    assert content.startswith(bytes.fromhex("d0cf11e0a1b11ae1"))
    assert cells(content) == [
        ["2024-05|2", "", "", "", "", ""],
        ["序号", "收款账号", "收款户名", "收款行名称", "金额(元)", "用途"],
        [1, "622848000000000001", "张三", "农行", 350, "2024年5月工作补贴"],
        [2, "6228480000000000023", "阿·䶮𠮷", "", 1200.5, "2024年5月工作补贴"],
        [2, "合计", "", "", 1550.5, ""],
        ["完", "", "", "", "", ""],
    ]
    assert files.files(template, PEOPLE, OCCASION) == [content]
    [rows] = [sheet.rows for sheet in sandbox.read_sheets(content).values()]  # as an upload is read
    assert rows[2][1:3] == ["622848000000000001", "张三"]


def test_no_cell_is_a_formula(template):
    [content] = files.files(template, [replace(PEOPLE[0], name="=1+1", bank="@x")], OCCASION)
    assert cells(content)[1][2:4] == ["=1+1", "@x"]


def test_more_lines_than_the_format_has_are_refused_before_anything_is_written(template):
    many = PEOPLE[:1] * 65_536
    [problem] = files.problems(template, many)
    assert "65536" in problem
    assert files.problems(template, many[1:]) == []
    template.rows_per_file = 1_000
    assert files.problems(template, many) == []


def test_the_file_of_a_payment_ends_with_xls(template, sheet, finance):
    made = exports.export([sheet], "bank", actor=finance, options=Options(template=template))
    assert made.name == "雄关街道2024年5月工作补贴代发文件.xls"
    assert {line[2] for line in cells(made.content)[1:]} == set(NAMES)


def test_a_template_becomes_one_of_xls_on_its_page_and_shows_the_file(page, sheet):
    template = BankTemplate.objects.get(name="批量转账工作簿")
    data = template_data(page, template.pk) | {"kind": "xls"}
    assert "阿卜杜热合曼·买买提" in page.post(url("bank-template", template.pk), data | {"preview": "1"}).text
    page.post(url("bank-template", template.pk), data)
    template.refresh_from_db()
    assert template.kind == BankFileKind.XLS
    assert "旧版工作簿（xls）" in page.get(reverse("bank-templates")).text


def test_an_answer_in_xls_is_taken_in(payment, tmp_path):
    book = xlwt.Workbook()
    answer = book.add_sheet("回单")
    lines = [
        "姓名,账号,金额,处理结果,失败原因",
        *(row(name) for name in NAMES[:3]),
        row(NAMES[3], "失败", "账号不存在"),
    ]
    for number, line in enumerate(lines):
        for place, cell in enumerate(line.split(",")):
            answer.write(number, place, float(cell) if cell == "350.00" else cell)
    book.save(tmp_path / "回单.xls")
    mapping = {"state": "处理结果", "paid": ["成功"], "refused": ["失败"]}
    code, result, errors = answering.command(tmp_path / "回单.xls", MAY, "620201001", mapping)
    assert (code, result["arrived"], result["refused"]) == (0, 3, 1), errors
    assert answering.standing() == dict.fromkeys(NAMES[:3], "arrived") | {NAMES[3]: "refused"}
