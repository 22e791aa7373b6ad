"""Answers with days and months: before the payment, still to come, or older than what is recorded."""

from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.utils import timezone

from jygroups.lib.months import Month
from subsidies.bank import named_dates, payments
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, PayResult, Sheet, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank import answering
from tests.subsidies.bank.answering import Page, read_in_process, standing
from tests.subsidies.bank.steps import MAY, NAMES, row

CODE = "620201001"
STATE = {"account": "账号", "amount": "金额", "name": "姓名", "state": "处理结果"}
MADE = date(2024, 5, 20)
TITLES = "姓名,账号,金额,处理结果,失败原因"
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr("jygroups.lib.spreadsheets.sandbox._parsed", read_in_process)


@pytest.fixture
def made(sheet, finance, monkeypatch):
    """May went to the bank on 20 May."""
    with monkeypatch.context() as patched:
        patched.setattr("django.utils.timezone.now", lambda: timezone.make_aware(datetime(2024, 5, 20, 9)))
        payment = payments.first(sheet, actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


@pytest.fixture
def command(tmp_path):
    def run(text: str, month: Month = MAY, file_name: str = "回盘.csv", **given):
        path = tmp_path / file_name
        path.write_bytes(text.encode("gb18030"))
        return answering.command(path, month, CODE, given)

    return run


def dated(days, title="交易日期", states=("成功",) * 4, above=(), below=()):
    """The people with their days in a column."""
    rows = [f"{row(name, state)},{day}" for name, day, state in zip(NAMES, days, states, strict=False)]
    return "\r\n".join([*above, f"{TITLES},{title}", *rows, *below])


def abouts(result):
    return [question["about"] for question in result["questions"]]


# Before the payment, or still to come --------------------------------------------------------------------------------

EARLY = ["2024-05-19", "20240519", "2024/5/19", "2024年5月19日", "2024.05.19", "20240519093000", "2024-05-19 09:30:00",
         "45431"]  # fmt: skip


@pytest.mark.parametrize("early", EARLY)
@pytest.mark.parametrize("title", ["交易日期", "入账日期", "date"])
def test_a_row_dated_before_the_day_of_the_payment_is_asked_about(made, command, title, early):
    if title == "date" and early != EARLY[0]:
        return
    text = dated(["2024-05-20", early], title)
    code, result, _errors = command(text, **STATE)
    assert (code, abouts(result), standing()) == (1, ["confirmed"], dict.fromkeys(NAMES, "in_transit"))
    assert "第3行钱二：2024-05-19" in result["questions"][0]["question"]
    assert command(text, **STATE, confirmed=True)[1]["arrived"] == 2


def test_the_page_asks_for_a_tick_for_rows_dated_before_the_payment(page, made):
    walk = Page(page, MAY, CODE, made, "回盘.csv", dated(["2024-05-19"]).encode("gb18030")).send("columns")
    assert "2024-05-20" in walk.form("preview").doubts[0]
    assert walk.send("form", rest="stay").response.status_code == 422
    walk.send("form", rest="stay", confirmed="on")
    assert standing()["赵一"] == "arrived"


@pytest.mark.parametrize(
    ("title", "day"),
    [("出生日期", "1970-01-01"), ("开户日期", "2020-05-01"), ("打印时间", "2024-05-01"), ("到期日", "2030-01-01"),
     ("交易时间", "09:30:00"), ("交易时间", "上午9:30"), ("交易时间", "9时30分15秒"),
     ("交易日期", ""), ("交易日期", "—"), ("交易日期", "00000000")],
)  # fmt: skip
def test_days_of_something_else_are_ignored(made, command, title, day):
    code, result, _errors = command(dated([day], title), **STATE)
    assert (code, result["arrived"]) == (0, 1)


def test_a_day_still_to_come_is_asked_about(made, command):
    day = f"{timezone.localdate() + timedelta(1)}"
    for text in (dated([day]), dated([""], above=[f"打印日期：{day}"])):
        code, result, _errors = command(text, **STATE)
        assert (code, abouts(result)) == (1, ["confirmed"])
        assert day in result["questions"][0]["question"]


@pytest.mark.parametrize(
    ("where", "day"), [("above", "2024-05-19"), ("below", "2024-05-19"), ("above", "二〇二四年五月十九日")]
)
def test_a_file_printed_before_the_payment_is_asked_about_unless_its_rows_have_days(made, command, where, day):
    line = {where: [f"打印日期：{day},,,,,"]}
    code, result, _errors = command(dated([""], **line), **STATE)
    assert (code, abouts(result)) == (1, ["confirmed"])
    assert command(dated(["2024-05-20"], **line), **STATE)[0] == 0
    assert command(dated([""], **{where: ["打印日期：2024-05-20,,,,,"]}), **STATE, confirmed=False)[0] == 0


@pytest.mark.parametrize(
    ("title", "month"), [("所属月份", "2024年4月"), ("发放月份", "202404"), ("摘要", "2024年4月补贴")]
)
def test_rows_of_an_earlier_month_are_asked_about(made, command, title, month):
    code, result, _errors = command(dated([month, month], title), **STATE)
    assert (code, abouts(result)) == (1, ["confirmed"])
    assert command(dated(["2024年5月", "2024年5月"], title), **STATE)[0] == 0


def test_the_day_of_the_file_is_the_day_that_is_recorded(page, made, command):
    command(dated(["2024-05-21", "2024-05-22"]), **STATE)
    assert {f"{each.day}" for each in PayResult.objects.filter(step="arrive")} == {"2024-05-22"}
    text = dated(["", "", "2024-05-23"])
    walk = Page(page, MAY, CODE, made, "回盘.csv", text.encode("gb18030"))
    assert walk.form("form")["day"].value() == date(2024, 5, 23)


UNCLEAR = ["2024-13-45", "2024-02-30", "24/05/03", "5月29日", "06/07/2024", "1714700000", "2024年5月21日前", "昨天"]


@pytest.mark.parametrize("day", UNCLEAR)
def test_a_day_that_cannot_be_read_for_certain_is_asked_about(made, command, day):
    code, result, _errors = command(dated(["2024-05-21", day]), **STATE)
    assert (code, abouts(result), standing()) == (1, ["confirmed"], dict.fromkeys(NAMES, "in_transit"))
    assert f"第3行钱二：{day}" in result["questions"][0]["question"]
    assert command(dated(["2024-05-21", day]), **STATE, confirmed=True)[1]["arrived"] == 2


OUTSIDE = ["01/01/1999", "36161", "２０２４－０５－０３", "2024–05–03", "2024年5月三日", "2126-01-01", "9999-12-31",
           "2024 05 03", "March 3 2024", "3-Mar-24", "2024年4月"]  # fmt: skip


@pytest.mark.parametrize("day", OUTSIDE)
def test_a_day_before_the_payment_or_still_to_come_is_read_however_it_is_written(made, command, day):
    code, result, _errors = command(dated([day]), **STATE)
    assert (code, abouts(result)) == (1, ["confirmed"])
    assert "无法确定" not in result["questions"][0]["question"]


SINCE = ["２０２４－０５－２１", "2024–05–21", "2024年5月二十一日", "2024 05 21", "May 21 2024", "21-May-24",
         "21/05/2024", "05/21/2024", "45433.396", "20240521 093000", "2024-05-21-09.30.15.123456", "2024/5/21 9:30",
         "24年5月21日", "2024-05-21（星期二）"]  # fmt: skip


@pytest.mark.parametrize("day", SINCE)
def test_a_day_since_the_payment_is_recorded_however_it_is_written(made, command, day):
    assert command(dated([day]), **STATE)[0] == 0
    assert f"{PayResult.objects.get(step='arrive').day}" == "2024-05-21"


def test_the_order_of_day_and_month_is_that_of_another_cell_of_the_column(made, command):
    assert command(dated(["06/07/2024", "25/07/2024"]), **STATE)[1]["arrived"] == 2
    assert PayResult.objects.get(step="arrive", line__name="赵一").day == date(2024, 7, 25)
    assert abouts(command(dated(["", "", "13/05/2024", "05/13/2024"]), **STATE)[1]) == ["confirmed"]


def test_a_time_beside_a_day_is_not_asked_about(made, command):
    rows = [f"{row(name)},20240521,093000" for name in NAMES]
    assert command("\r\n".join([f"{TITLES},交易日期,交易时间", *rows]), **STATE)[0] == 0


TITLES_OF_DAYS = ["TransDate", "TRANS_DATE", "交易时刻", "完成于", "入账时间", "记账日", "记帐日", "交易年月日",
                  "交易日（yyyymmdd）", "处理时间", "PostingTime", "清算日"]  # fmt: skip


@pytest.mark.parametrize("title", TITLES_OF_DAYS)
def test_columns_of_days_are_known_by_their_titles(made, command, title):
    assert abouts(command(dated(["2024-05-19"], title), **STATE)[1]) == ["confirmed"]
    assert command(dated(["2024-05-20"], title), **STATE)[0] == 0


@pytest.mark.parametrize("title", ["PrintDate", "Update", "开户日", "ExpiryDate"])
def test_columns_of_other_days_are_left_out(made, command, title):
    assert command(dated(["1999-01-01"], title), **STATE)[0] == 0


# Another month -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["雄关街道2024年{}月代发回盘.csv", "2024-0{}.csv", "{}月回盘.csv", "２０２４年{}月.csv"]
)
def test_an_earlier_month_in_the_file_s_name_is_asked_about(made, command, name):
    text = "\r\n".join([TITLES, *map(row, NAMES)])
    assert abouts(command(text, file_name=name.format(4), **STATE)[1]) == ["confirmed"]
    assert command(text, file_name=name.format(5), **STATE)[0] == 0


EARLIER = {
    "above": ["雄关街道２０２４年４月补贴,,,,", "2024年3-4月补贴,,,,", "Apr 2024,,,,", "24年四月份,,,,"],
    "below": ["备注：2024年4月工资,,,,", "说明：4月份补贴,,,,"],
}


@pytest.mark.parametrize(("where", "line"), [(where, line) for where, lines in EARLIER.items() for line in lines])
def test_an_earlier_month_around_the_table_is_asked_about(made, command, where, line):
    code, result, _errors = command(dated([""] * 4, **{where: [line]}), **STATE)
    assert (code, abouts(result)) == (1, ["confirmed"])
    assert "文件中最近的日期为" in result["questions"][0]["question"]
    own = line.replace("4月", "5月").replace("４月", "５月").replace("Apr", "May").replace("四", "五")
    assert command(dated([""] * 4, **{where: [own]}), **STATE)[0] == 0


@pytest.mark.parametrize("name", ["Apr 2024", "4月", "2024 April", "202404"])
def test_an_earlier_month_in_the_sheet_s_name_is_asked_about(made, tmp_path, name):
    book = openpyxl.Workbook()
    book.active.title = name
    for line in [TITLES, *map(row, NAMES)]:
        book.active.append(line.split(","))
    book.save(tmp_path / "回盘.xlsx")
    _code, result, _errors = answering.command(tmp_path / "回盘.xlsx", MAY, CODE, STATE)
    assert abouts(result) == ["confirmed"]


@pytest.mark.parametrize("title", ["摘要", "款项名称", "附言"])
def test_an_earlier_month_in_most_rows_is_asked_about(made, command, title):
    assert abouts(command(dated(["4月份补贴", "", "4月份补贴", "4月"], title), **STATE)[1]) == ["confirmed"]
    assert command(dated(["5月份补贴", "", "5月份补贴", "5月"], title), **STATE)[0] == 0
    assert named_dates.days("2024年9-10月补贴") == []
    assert {each.month for each in named_dates.months_alone("2024年9-10月补贴")} == {9, 10}


@pytest.mark.parametrize("text", ["2024年2月30日", "20241345", "6228480000202405", "1202405191", "v2024.5"])
def test_what_is_no_day_of_the_calendar_is_none(text):
    assert named_dates.days(text) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [("二〇二四年五月三日", (5, 3)), ("二○二四年十二月二十一日", (12, 21)), ("二零二四年十月三十日", (10, 30))],
)
def test_a_day_in_chinese_numerals_is_read(text, day):
    assert named_dates.days(text) == [date(2024, *day)]


# Older than what is recorded -----------------------------------------------------------------------------------------


def refused(day, **lines):
    return dated([day], states=["失败"], **lines)


@pytest.mark.parametrize("text", [refused("2024-05-21"), refused("", above=["打印日期：2024-05-21"])])
def test_an_old_list_of_failures_handed_in_late_sends_nobody_back_unasked(page, made, command, text):
    command(dated(["2024-05-25"] * 4), **STATE)
    code, result, _errors = command(text, **STATE)
    assert (code, abouts(result), standing()["赵一"]) == (1, ["bounced"], "arrived")
    assert command(text, **STATE, bounced=[])[0] == 1
    walk = Page(page, MAY, CODE, made, "回盘.csv", text.encode("gb18030"))
    if walk.step == "columns":
        walk.send("columns")
    found = walk.form("preview")
    assert (found.bounced, [match.item.name for match in found.overruled]) == ([], ["赵一"])
    assert walk.send("form").response.status_code == 422
    walk.send("form", bounced=[found.overruled[0].item.pk])
    assert standing()["赵一"] == "bounced"


@pytest.mark.parametrize("word", ["退票", "失败"])
def test_a_list_since_the_arrival_sends_back_without_a_question(made, command, word):
    command(dated(["2024-05-25"] * 4), **STATE)
    code, result, _errors = command(dated(["2024-05-26"], states=[word]), **STATE)
    assert (code, result["bounced"]) == (0, 1)


def test_an_old_list_with_the_word_for_a_return_is_asked_about_too(made, command):
    command(dated(["2024-05-25"] * 4), **STATE)
    code, result, _errors = command(dated(["2024-05-21"], states=["退票"]), **STATE)
    assert (code, abouts(result)) == (1, ["bounced"])


# The same rows for another month -------------------------------------------------------------------------------------


@pytest.fixture
def june(made, command, community, finance):
    """May is answered by a file without days; June has the same people and amounts."""
    assert command("\r\n".join([TITLES, *map(row, NAMES)]), **STATE)[1]["arrived"] == 4
    [sheet] = sheets.prepare(MAY.next, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    payment = payments.first(Sheet.objects.get(pk=sheet.pk), actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


def test_the_rows_of_may_saved_again_are_taken_in_for_june_only_if_confirmed(page, june, command):
    text = "\r\n".join([TITLES, *map(row, reversed(NAMES)), "", ""])
    code, result, _errors = command(text, MAY.next)
    assert (code, abouts(result)) == (1, ["confirmed"])
    assert "2024年5月第1批" in result["questions"][0]["question"]
    walk = Page(page, MAY.next, CODE, june, "回盘.csv", text.encode("gb18030"))
    assert walk.send("form").response.status_code == 422
    walk.send("form", confirmed="on")
    assert BankAnswer.objects.latest("pk").paid == 4


def test_rows_that_show_that_they_are_of_june_are_taken_in_without_a_question(june, command):
    text = "\r\n".join(["2024年6月代发,,,,", TITLES, *map(row, NAMES)])
    assert command(text, MAY.next)[1]["arrived"] == 4


def test_rows_with_days_since_the_payment_was_made_are_of_june(june, command):
    assert command(dated([f"{timezone.localdate()}"] * 4), MAY.next, **STATE)[1]["arrived"] == 4


# Two months in transit ----------------------------------------------------------------------------------------------


@pytest.fixture
def both(made, community, finance):
    """May and June are with the bank, with the same people and amounts."""
    [sheet] = sheets.prepare(MAY.next, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    payment = payments.first(Sheet.objects.get(pk=sheet.pk), actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


@pytest.mark.parametrize("count", [1, 4])
def test_an_answer_that_fits_two_payments_in_transit_is_asked_about(page, both, command, count):
    text = "\r\n".join([TITLES, *map(row, NAMES[:count])])
    for month, other in ((MAY, "6"), (MAY.next, "5")):
        code, result, _errors = command(text, month, **STATE)
        assert (code, abouts(result)) == (1, ["confirmed"])
        assert f"2024年{other}月第1批" in result["questions"][0]["question"]
    walk = Page(page, MAY.next, CODE, both, "回盘.csv", text.encode("gb18030")).send("columns")
    assert "2024年5月第1批" in " ".join(walk.form("preview").doubts)
    assert walk.send("form", rest="stay").response.status_code == 422
    walk.send("form", rest="stay", confirmed="on")
    assert BankAnswer.objects.latest("pk").paid == count


def test_the_month_in_the_file_distinguishes_two_payments_in_transit(both, command):
    text = "\r\n".join(["2024年6月代发,,,,", TITLES, *map(row, NAMES)])
    assert abouts(command(text, **STATE)[1]) == ["confirmed"]
    assert command(text, MAY.next, **STATE)[1]["arrived"] == 4


def test_days_before_the_other_payment_was_made_distinguish_two_payments_in_transit(both, command):
    assert command(dated(["2024-05-21"] * 4), **STATE)[1]["arrived"] == 4


# Two months below each other -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["2024年{}月代发明细", "{}月份", "代发月份：2024年{}月,,,,", "2024年{}月,代发,,,"])
@pytest.mark.parametrize("first", ["4", "5"])
def test_two_months_below_each_other_are_separated_and_the_other_one_is_asked_about(made, command, heading, first):
    other = "5" if first == "4" else "4"
    blocks = {first: NAMES, other: NAMES[:2]} if first == "4" else {first: NAMES[:2], other: NAMES}
    lines = [line for month, names in blocks.items() for line in [heading.format(month), TITLES, *map(row, names)]]
    code, result, _errors = command("\r\n".join(lines), **STATE)
    assert (code, abouts(result)) == (1, ["sheets"])
    code, result, _errors = command("\r\n".join(lines), **STATE, **result["questions"][0]["give"])
    assert (code, result["arrived"], result["in_transit"]) == (0, 2, 2)


def test_one_month_over_several_pages_is_one_table(made, command):
    page_of = ["2024年5月代发明细", TITLES]
    code, result, _errors = command(
        "\r\n".join([*page_of, *map(row, NAMES[:2]), *page_of, *map(row, NAMES[2:])]), **STATE
    )
    assert (code, result["arrived"]) == (0, 4)


def test_an_undated_failure_of_who_has_arrived_is_asked_about_and_a_return_is_not(made, command):
    command(dated(["2024-05-25"] * 4), **STATE)
    code, result, _errors = command("\r\n".join([TITLES, row("赵一", "失败", "账户已销户")]), **STATE)
    assert (code, abouts(result), standing()["赵一"]) == (1, ["bounced"], "arrived")
    code, result, _errors = command("\r\n".join([TITLES, row("赵一", "退票", "账户已销户")]), **STATE)
    assert (code, result["bounced"], standing()["赵一"]) == (0, 1, "bounced")
