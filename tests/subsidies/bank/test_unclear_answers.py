"""Answers that contradict themselves or leave something out: what is not recorded is never counted, but asked."""

import io
import json
from pathlib import Path

import openpyxl
import pytest

from subsidies.bank import answers
from subsidies.models import BankAnswer, PayResult
from tests.subsidies.bank import answering
from tests.subsidies.bank.answering import read_in_process
from tests.subsidies.bank.test_late_arrivals import (
    CODE,
    MAY,
    NAMES,
    file,
    form_of,
    hand_in,
    page,  # noqa: F401
    row,
    sheet,  # noqa: F401
    standing,
    take_in,
)

pytestmark = pytest.mark.usefixtures("standard", "sheet")
COLUMNS = {"account": "账号", "amount": "金额", "name": "姓名"}
STATE = COLUMNS | {"state": "处理结果"}


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr("jygroups.lib.sheets._parsed", read_in_process)


@pytest.fixture
def command(tmp_path):
    """The command with this content and mapping: its exit code and JSON."""

    def run(content: bytes, /, name="回盘.csv", **given):
        path: Path = tmp_path / name
        path.write_bytes(content)
        code, result, _errors = answering.command(path, MAY, CODE, json.dumps(given))
        arrived = PayResult.objects.filter(stage="arrived", answer__isnull=False).count()
        assert result["arrived"] in (0, arrived)  # what is printed was recorded
        return code, result

    return run


def text(titles: str, *rows: str) -> bytes:
    return "\r\n".join([titles, *rows]).encode("gb18030")


def book(**parts) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in parts.items():
        own = workbook.create_sheet(name)
        for cells in rows:
            own.append(cells)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def abouts(result) -> list[str]:
    return [question["about"] for question in result["questions"]]


# The people whom the file does not name ------------------------------------------------------------------------------


def test_they_are_concluded_also_from_a_list_that_is_known_already(command):
    failures = file(row("孙三", "失败", "销户"))
    code, result = command(failures, **STATE)
    assert (code, result["refused"], result["in_transit"]) == (0, 1, 2)
    assert command(failures, **STATE)[0] == 1  # the very file, nothing said of the others
    code, result = command(failures, **STATE, rest="paid")
    assert (code, result["arrived"], result["known"], result["in_transit"]) == (0, 2, 1, 0)
    assert [standing(name) for name in NAMES] == ["arrived", "arrived", "refused"]


@pytest.mark.parametrize(
    ("rows", "given"),
    [
        ([], COLUMNS | {"only": "refused"}),
        ([row("孙三", "处理中")], STATE),
        ([row("孙三", "失败"), "吴五,6228480003000054431,500.00,失败,"], STATE),
        (["吴五,6228480003000054431,500.00,失败,"], STATE),
        ([row("孙三"), row("钱二", "失败")], STATE),
    ],
)
def test_where_the_file_shows_nothing_of_them_nothing_is_counted(command, rows, given):
    code, result = command(file(*rows), **given, rest="paid")
    assert code == 1
    assert not any(result[name] for name in answering.COUNTS)
    assert not BankAnswer.objects.exists()


def test_the_page_offers_the_choice_again_once_the_list_is_handed_in_again(page, sheet, finance):  # noqa: F811
    payment = sheet.payments.get()
    take_in(payment, finance, row("孙三", "失败", "销户"))
    again = hand_in(payment, finance, file(row("孙三", "失败", "销户")))
    data = form_of(page, again)
    assert page.post(again.get_absolute_url(), data).status_code == 422  # to stay in transit records nothing
    page.post(again.get_absolute_url(), data | {"rest": "paid"})
    assert [standing(name) for name in NAMES] == ["arrived", "arrived", "refused"]
    again.refresh_from_db()
    assert (again.paid, again.refused, again.in_transit) == (2, 0, 0)
    with pytest.raises(answers.Again):
        hand_in(payment, finance, file(row("孙三", "失败", "销户")))
