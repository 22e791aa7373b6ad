"""Answers that contradict themselves or leave something out: what is not recorded is never counted, but asked."""

import io
import json
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone

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
    monkeypatch.setattr("jygroups.lib.spreadsheets.sandbox._parsed", read_in_process)


@pytest.fixture
def command(tmp_path):
    """The command with this content and mapping: its exit code and JSON."""

    def run(content: bytes, file_name="回盘.csv", /, **given):
        path: Path = tmp_path / file_name
        path.write_bytes(content)
        events = PayResult.objects.filter(stage="arrived", answer__isnull=False)
        before = events.count()
        code, result, _errors = answering.command(path, MAY, CODE, json.dumps(given))
        assert result["arrived"] == events.count() - before  # what is printed was recorded
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
    assert command(failures, **STATE)[0] == 1  # the very file, without an outcome for the others
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


# Sheets of another month, and hidden ones ----------------------------------------------------------------------------

TITLES = ["姓名", "账号", "金额", "处理结果"]


def cells(name: str, state: str = "成功") -> list[str]:
    return row(name, state).split(",")[:4]


def months_beside(april: str, may: str, titles=("2024年4月代发", "2024年5月代发")) -> bytes:
    old, new = [[[title]] if title else [] for title in titles]
    return book(**{april: [*old, TITLES, *map(cells, NAMES)], may: [*new, TITLES, *map(cells, NAMES[:2])]})


@pytest.mark.parametrize(
    "content",
    [
        months_beside("4月", "5月"),
        months_beside("四月份", "五月份", ("", "")),
        months_beside("Sheet1", "Sheet2"),
        months_beside("Sheet1", "Sheet2", ("2024年4月代发，打印日期2024年5月3日", "")),
        months_beside("202404", "202405", (f"打印日期：{timezone.localdate()}",) * 2),
        months_beside("6月", "5月", ("", "")),
    ],
)
def test_a_sheet_of_another_month_is_asked_about_and_never_merged(command, content):
    for given in (STATE, STATE | {"only": "paid"} | {"state": ""}, STATE | {"in_fen": False}):
        code, result = command(content, "回盘.xlsx", **{key: value for key, value in given.items() if value})
        assert code == 1
        assert "sheets" in abouts(result)
    [question] = [each for each in command(content, "回盘.xlsx", **STATE)[1]["questions"] if each["about"] == "sheets"]
    code, result = command(content, "回盘.xlsx", **STATE, **question["give"])
    assert (code, result["arrived"], result["in_transit"]) == (0, 2, 1)
    assert standing("孙三") == "in_transit"


def test_sheets_that_name_this_month_or_the_day_they_were_printed_are_read_without_a_question(command):
    printed = [[f"打印日期：{timezone.localdate()}"], TITLES]
    parts = {"成功": [*printed, *map(cells, NAMES[:2])], "失败": [*printed, cells("孙三", "失败")]}
    code, result = command(book(**parts), "回盘.xlsx", **STATE)
    assert (code, result["arrived"], result["refused"]) == (0, 2, 1)


def test_the_page_leaves_the_sheet_of_another_month_to_be_chosen(page, sheet, finance):  # noqa: F811
    walk = answering.Page(page, MAY, CODE, sheet.payments.get(), "回盘.xlsx", months_beside("4月", "5月"))
    assert walk.step == "columns"
    assert "2024年4月" in walk.response.text
    form = walk.form("columns")
    assert (form["says"].value(), form["says-1"].value()) == ("", "column")
    assert walk.send("columns").response.status_code == 422
    walk.send("columns", says="skip")
    assert {match.item.name for match in walk.form("preview").paid} == {*NAMES[:2]}


def test_a_hidden_sheet_is_named_and_asked_about_where_it_looks_like_an_answer(command):
    import_ = openpyxl.Workbook()
    shown, hidden = import_.active, import_.create_sheet("失败隐藏")
    hidden.sheet_state = "hidden"
    for own, state in ((shown, "成功"), (hidden, "失败")):
        for each in [TITLES, *(cells(name, state) for name in NAMES)]:
            own.append(each)
    notes = import_.create_sheet("字典")
    notes.sheet_state = "veryHidden"
    notes.append(["成功"])
    target = io.BytesIO()
    import_.save(target)
    code, result = command(target.getvalue(), "回盘.xlsx", **STATE)
    assert (code, abouts(result)) == (1, ["sheets"])
    [question] = result["questions"]
    assert "失败隐藏" in question["question"]
    code, result = command(target.getvalue(), "回盘.xlsx", **STATE, **question["give"])
    assert (code, result["arrived"]) == (0, 3)


def test_one_meaning_for_all_sheets_is_not_taken_for_one_whose_titles_contradict_it(command):
    parts = {
        "Sheet1": [TITLES[:3], *(cells(name)[:3] for name in NAMES[:2])],
        "Sheet2": [[*TITLES[:3], "失败原因"], [*cells("孙三")[:3], "户名不符"]],
    }
    code, result = command(book(**parts), "回盘.xlsx", only="paid")
    assert (code, abouts(result)) == (1, ["holds", "holds"])
    code, result = command(book(**parts), "回盘.xlsx", sheets={"Sheet1": "paid", "Sheet2": "refused"})
    assert (code, result["arrived"], result["refused"]) == (0, 2, 1)


def test_one_meaning_for_two_sheets_without_a_hint_is_asked_for_each_of_them(command):
    parts = {f"Sheet{number}": [TITLES[:3], cells(name)[:3]] for number, name in enumerate(NAMES[:2], 1)}
    code, result = command(book(**parts), "回盘.xlsx", only="paid")
    gives = [question["give"] for question in result["questions"]]
    assert (code, gives) == (1, [{}, {}])
    code, result = command(book(**parts), "回盘.xlsx", only="paid", sheets={"Sheet1": "paid", "Sheet2": "skip"})
    assert (code, result["arrived"], result["in_transit"]) == (0, 1, 2)
    parts = {"成功": parts["Sheet1"], "失败": parts["Sheet2"]}
    assert [each["give"] for each in command(book(**parts), "回盘.xlsx", only="paid")[1]["questions"]] == [
        {"sheets": {"失败": "refused"}}
    ]


# Columns and rows that contradict each other -------------------------------------------------------------------------


def beside(title: str, *others: str, states=("成功", "成功", "成功")) -> bytes:
    """The three people with their states and a further column."""
    rows = [f"{','.join(cells(*each))},{other}" for *each, other in zip(NAMES, states, others, strict=True)]
    return text(f"姓名,账号,金额,处理结果,{title}", *rows)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("入账状态", ["成功", "失败", "成功"]),
        ("备注", ["", "退票", ""]),
        ("失败原因", ["", "账户已冻结", ""]),
        ("备注", ["", "入账失败，账户销户", ""]),
        ("失败原因", ["", "不允许入账", ""]),
    ],
)
@pytest.mark.parametrize("is_remembered", [False, True])
def test_columns_that_contradict_each_other_are_asked_about(command, title, words, is_remembered):
    given = STATE
    if is_remembered:
        assert command(beside(title, "", "", "", states=["处理中", "处理中", "成功"]), **STATE)[0] == 0
        given = {}
    code, result = command(beside(title, *words), **given)
    assert (code, abouts(result)) == (1, ["confirmed"])
    assert "钱二" in result["questions"][0]["question"]
    assert not PayResult.objects.filter(line__name="钱二", stage="arrived").exists()
    assert command(beside(title, *words), **given, confirmed=True)[0] == 0


@pytest.mark.parametrize("remark", ["", "上月退回补发", "户名无误", "工资", "5月"])
def test_a_remark_that_does_not_contradict_it_is_not_asked_about(command, remark):
    code, result = command(beside("备注", "", remark, ""), **STATE)
    assert (code, result["arrived"]) == (0, 3)


def test_a_code_that_stands_in_every_row_contradicts_nothing(command):
    code, result = command(beside("返回码", *["0000"] * 3, states=["成功", "失败", "成功"]), **STATE)
    assert (code, result["arrived"], result["refused"]) == (0, 2, 1)


@pytest.mark.parametrize(("constant", "title"), [("0000", "返回码"), ("成功", "受理状态")])
def test_the_column_that_distinguishes_outcomes_is_proposed(command, constant, title):
    rows = [
        f"{name},{row(name).split(',')[1]},350.00,{constant},{'失败' if name == '钱二' else '成功'}" for name in NAMES
    ]
    code, result = command(text(f"姓名,账号,金额,{title},处理结果", *rows))
    assert (code, result["questions"][0]["give"]["state"]) == (1, "处理结果")


def full_list() -> bytes:
    rows = [",".join([*cells(name)[:3], "户名不符" if name == "孙三" else ""]) for name in NAMES]
    return text("姓名,账号,金额,失败原因", *rows)


def test_a_full_list_with_a_few_reasons_is_asked_about(command, page, sheet):  # noqa: F811
    code, result = command(full_list(), **COLUMNS)
    [question] = [each for each in result["questions"] if each["about"] == "holds"]
    assert (code, question["give"]) == (1, {"state": "失败原因", "paid": ["(空)"]})
    assert command(full_list(), only="paid")[0] == 1
    code, result = command(full_list(), only="refused")
    assert (code, abouts(result)) == (1, ["confirmed"])
    walk = answering.Page(page, MAY, CODE, sheet.payments.get(), "回盘.csv", full_list())
    assert not walk.form("columns")["says"].value()
    code, result = command(full_list(), **COLUMNS, **question["give"], refused=["户名不符"])
    assert (code, result["arrived"], result["refused"]) == (0, 2, 1)


def test_the_total_of_a_list_of_failures_is_no_person_without_a_reason(command):
    rows = [",".join([*cells(name)[:3], "户名不符"]) for name in NAMES]
    failures = text("姓名,账号,金额,失败原因", *rows, "合计,3笔,1050,")
    code, result = command(failures, **COLUMNS)
    [question] = [each for each in result["questions"] if each["about"] == "holds"]
    assert (code, question["give"]) == (1, {"only": "refused"})


@pytest.mark.parametrize(
    "rows",
    [
        ["赵一,622848000000000001,350.00,成功", "赵一,622848000000000001,-350.00,成功"],
        ["赵一,622848000000000001,350.00,成功", "赵一,622848000000000001,100.00,失败"],
        ["赵一,622848000000000001,200.00,成功", "赵一,622848000000000001,150.00,失败"],
    ],
)
def test_a_person_whose_rows_do_not_agree_is_held_and_named(command, rows):
    code, result = command(text("姓名,账号,金额,处理结果", *rows, ",".join(cells("钱二"))), **STATE)
    assert (code, result["arrived"], result["in_transit"]) == (0, 1, 2)
    assert "赵一" in {each["name"] for each in result["unmatched"]}
    assert standing("赵一") == "in_transit"


# The outcome of a list that has none, and its totals ------------------------------------------------------------------


def test_a_column_that_the_file_does_not_have_is_named_with_those_that_it_has(command):
    result = command(full_list(), **COLUMNS | {"account": "卡号码"}, state="结果码")[1]
    asked = {each["question"].split("现有列")[0]: each["give"] for each in result["questions"]}
    assert asked == {"account所指的“卡号码”列不存在。": {}, "state所指的“结果码”列不存在。": {}}


def test_a_list_that_shows_nothing_of_its_outcome_is_asked_without_a_ready_answer(command, page, sheet):  # noqa: F811
    plain = text("姓名,账号,金额", *[",".join(cells(name)[:3]) for name in NAMES])
    code, result = command(plain, **COLUMNS)
    [question] = [each for each in result["questions"] if each["about"] == "holds"]
    assert (code, question["give"]) == (1, {})
    assert all(each in question["question"] for each in ('{"only": "paid"}', '{"only": "refused"}', "重复发放"))
    walk = answering.Page(page, MAY, CODE, sheet.payments.get(), "回盘.csv", plain)
    assert not walk.form("columns")["says"].value()
    assert "重复发放" in walk.response.text
    assert "--mapping" not in walk.response.text


def test_a_sheet_that_shows_nothing_of_its_outcome_is_asked_by_its_name(command):
    rows = [TITLES[:3], *(cells(name)[:3] for name in NAMES)]
    _code, result = command(book(甲=rows[:3], 乙=[rows[0], rows[3]]), "回盘.xlsx", **COLUMNS)
    asked = [each for each in result["questions"] if each["about"] == "holds"]
    assert [each["give"] for each in asked] == [{}, {}]
    assert '{"sheets": {"乙": "refused"}}' in asked[1]["question"]


@pytest.mark.parametrize(
    ("total", "shown"),
    [
        ("合计,,1400.00,,", ("1,400.00元", "1,050.00元")),
        ("合计,4笔,1050.00,,", ("4笔", "3笔")),
        ("合计,4,,,", ("4笔", "3笔")),
        ("合计笔数,4,合计金额,1400.00,", ("4笔", "1,400.00元", "3笔", "1,050.00元")),
        ("合计,,700.00,,", ("700.00元", "1,050.00元", "仅与成功的各行相符")),
        ("合计,2笔,350.00,,", ("2笔", "350.00元", "3笔", "1,050.00元")),
    ],
)
def test_a_total_that_the_rows_do_not_give_is_confirmed_first(command, page, sheet, total, shown):  # noqa: F811
    content = file(row("赵一"), row("钱二"), row("孙三", "失败", "销户"), total)
    code, result = command(content, **STATE)
    [question] = result["questions"]
    assert (code, question["about"], question["give"]) == (1, "confirmed", {"confirmed": True})
    assert all(each in question["question"] for each in shown)
    answer = hand_in(sheet.payments.get(), sheet.payments.get().by, content)
    data = form_of(page, answer)
    assert all(each in page.get(answer.get_absolute_url()).text for each in shown)
    assert page.post(answer.get_absolute_url(), data).status_code == 422
    answers.discard(answer, actor=sheet.payments.get().by)
    code, result = command(content, **STATE, confirmed=True)
    assert (code, result["arrived"], result["refused"]) == (0, 2, 1)


def test_a_total_above_the_titles_is_compared_too(command):
    table = ["姓名,账号,金额,处理结果", *[",".join(cells(name)) for name in NAMES[:2]]]
    assert abouts(command(text("总笔数：3 总金额：1050.00,,,", *table), **STATE)[1]) == ["confirmed"]
    assert command(text("总笔数：2 总金额：700.00,,,", *table), **STATE)[0] == 0


@pytest.mark.parametrize(
    "rows",
    [
        [row("赵一"), "小计,,350.00,,", row("钱二"), row("孙三"), "小计,,700.00,,", "合计,,1050.00,,"],
        [row("赵一"), "合计,1笔,350.00,,", row("钱二"), row("孙三"), "合计,2笔,700.00,,", "总计,3笔,1050.00,,"],
        [row("赵一"), row("钱二"), row("孙三", "失败", "销户"), "成功合计,2笔,700.00,,", "失败合计,1笔,350.00,,"],
        [row("赵一"), row("钱二"), row("孙三", "失败", "销户"), "合计,2笔,700.00,成功,"],
        [row("赵一"), row("钱二"), row("孙三"), "小计,,9.00,,", "合计,,1050.00,手续费3.00元,"],
        [*map(row, NAMES), "总笔数,3,总金额,1050.00,"],
        [*map(row, NAMES), "合计,,,,", "合计 以下空白"],
        [*map(row, NAMES), "共3笔，合计金额1050.00元，手续费0.00元"],
    ],
)
def test_totals_that_agree_are_not_asked_about(command, rows):
    code, result = command(file(*rows), **STATE)
    assert (code, result["questions"]) == (0, [])


def test_the_totals_of_several_banks_below_the_list_are_not_asked_about(command):
    banks = ["工商银行", "农业银行", "工商银行"]
    rows = [f"{','.join(cells(name))},{bank}" for name, bank in zip(NAMES, banks, strict=True)]
    totals = ["工商银行合计,2笔,700.00,,", "农业银行合计,1笔,350.00,,", "合计,3笔,1050.00,,"]
    code, result = command(text("姓名,账号,金额,处理结果,开户银行", *rows, *totals), **STATE)
    assert (code, result["questions"]) == (0, [])


def test_a_list_of_failures_may_state_what_the_whole_payment_was(command):
    content = text("总笔数：3 成功：2笔 失败：1笔,,,", "姓名,账号,金额,失败原因", "孙三,622848000000000003,350.00,销户")
    code, result = command(content, **COLUMNS, only="refused")
    assert (code, result["refused"]) == (0, 1)
