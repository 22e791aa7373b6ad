"""How a bank's answer is read: what is asked, proposed and remembered, and whom a row fits."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils.translation import override

from jygroups.lib.spreadsheets import parser, row_kinds, sandbox
from subsidies.bank import accounts, mapping, matching, proposals, reading, words
from subsidies.bank.answers import Understanding
from subsidies.bank.elsewhere import Elsewhere
from subsidies.bank.reading import COLUMNS, HOLDS, UNIT, Choices
from subsidies.models import PaymentItem, PayResult, PayStage

NAMES = {
    "赵试甲": "6228480003000027320",
    "钱试乙": "6222021001116245702",
    "孙试": "6217003810032345671",
    "李试丁": "27020101040054431",
}
PEOPLE = [
    PaymentItem(pk=number, line_id=number, name=name, account=account, amount=Decimal(200 + 50 * number))
    for number, (name, account) in enumerate(NAMES.items(), 1)
]
GIVEN = {"account": "账号", "amount": "金额", "name": "户名", "state": "状态"}
TITLES = ["序号", *GIVEN.values()]
ROWS = [
    TITLES,
    ["1", "6228480003000027320", "250.00", "赵试甲", "成功"],
    ["2", "6222021001116245702", "300.00", "钱试乙", "失败"],
    ["3", "6217003810032345671", "350.00", "孙试", "处理中"],
    ["4", "27020101040054431", "400.00", "李试丁", "成功"],
]
OUTCOMES = {"赵试甲": words.PAID, "钱试乙": words.REFUSED, "孙试": words.PENDING, "李试丁": words.PAID}


def read(content, given=None, choices=None, people=PEOPLE, name="回盘.csv") -> Understanding:
    """The file understood, with the mapping if one is given; `content` are rows, sheets of them, or bytes."""
    choices = choices or Choices()
    choices.words = choices.words or words.lists({}, words.DEFAULT)
    if isinstance(content, bytes):
        content = parser.read(content, separator=choices.separator).sheets
    found = content if isinstance(content, dict) else {"": content}
    file = reading.tables({name: sandbox.ReadSheet(rows) for name, rows in found.items()}, choices.headers, people)
    understood = Understanding(None, file, choices, people, [])
    questions = []
    if given:
        choices, questions = mapping.applied(given, understood)
    questions += reading.questions(file, choices, people, file_name=name)
    return replace(understood, choices=choices, questions=questions)


def replaced(person, **values) -> PaymentItem:
    kept = {name: getattr(person, name) for name in ("pk", "line_id", "name", "account", "amount")}
    return PaymentItem(**kept | values)


def matched(understood: Understanding):
    assert understood.questions == []
    rows, _skipped = reading.rows_of(understood.file, understood.choices, understood.people)
    recorded = {person.pk: PayResult(stage=PayStage.IN_TRANSIT) for person in understood.people}
    return matching.match(rows, understood.people, recorded, {}, {})


def outcomes(found) -> dict[str, str]:
    """By name the outcome in the file."""
    assert found.unmatched == found.doubles == found.contrary == []
    lists = {words.PAID: found.paid, words.REFUSED: found.refused, words.PENDING: found.pending}
    return {match.item.name: meaning for meaning, matches in lists.items() for match in matches}


def abouts(understood: Understanding) -> list[str]:
    return [question.about for question in understood.questions]


# What is asked -----------------------------------------------------------------------------------------------------


def test_columns_that_nobody_has_chosen_are_asked_and_proposed():
    understood = read(ROWS)
    assert abouts(understood) == [COLUMNS]
    assert understood.questions[0].give == GIVEN


def test_a_known_word_may_be_given_another_meaning():
    found = matched(read(ROWS, GIVEN | {words.PENDING: ["成功", "处理中"]}))
    assert outcomes(found) == OUTCOMES | {"赵试甲": words.PENDING, "李试丁": words.PENDING}


@pytest.mark.parametrize(
    ("title", "name", "proposed"),
    [
        ("支付未成功原因", "", "refused"),
        ("失败原因", "", "refused"),
        ("退票原因", "", "refused"),
        ("错误说明", "", "refused"),
        ("备注", "", ""),
        ("备注", "失败清单", "refused"),
        ("备注", "未成功", "refused"),
        ("备注", "成功", "paid"),
        ("备注", "成功失败明细", ""),
        ("备注", "处理中", "pending"),
        ("备注", "明细", ""),
    ],
)
def test_what_a_list_holds_is_proposed_by_its_titles_or_its_name(title, name, proposed):
    assert proposals.holds(["姓名", "账号", "金额", title], name) == proposed


def test_amounts_in_fen_are_asked_though_the_columns_are_known():
    rows = [TITLES, *([*row[:2], row[2].replace(".", ""), *row[3:]] for row in ROWS[1:])]
    assert abouts(read(rows, GIVEN)) == [UNIT]
    assert outcomes(matched(read(rows, GIVEN | {"in_fen": True}))) == OUTCOMES


# Sheets and headers ------------------------------------------------------------------------------------------------


def test_sheets_without_outcomes_are_asked_one_by_one_and_may_be_left_out():
    book = {"成功": [ROWS[0][:4], ROWS[1][:4]], "失败": [ROWS[0][:4], ROWS[2][:4]]}
    columns = {name: title for name, title in GIVEN.items() if name != "state"}
    asked = read(book, columns)
    assert abouts(asked) == [HOLDS, HOLDS]
    assert [each.give for each in asked.questions] == [{"sheets": {"成功": "paid"}}, {"sheets": {"失败": "refused"}}]
    found = matched(read(book, columns | {"sheets": {"成功": "skip", "失败": "refused"}}))
    assert outcomes(found) == {"钱试乙": words.REFUSED}


def test_sheets_with_titles_of_their_own_are_read():
    second = [["卡号", "姓名", "发放金额", "处理结果"], *([row[1], row[3], row[2], row[4]] for row in ROWS[3:])]
    understood = read({"一": ROWS[:3], "二": second})
    layouts = [reading.proposed(table, understood.choices, PEOPLE) for table in understood.file.tables]
    choices = replace(understood.choices, layouts=layouts)
    assert outcomes(matched(read({"一": ROWS[:3], "二": second}, choices=choices))) == OUTCOMES


@pytest.mark.parametrize("first", ["", "成功明细"])
@pytest.mark.parametrize("has_titles", [True, False])
def test_what_stands_below_another_table_is_asked_about_by_itself(first, has_titles):
    titles = ROWS[0][:4]
    rows = [[first], titles, ROWS[1][:4], ["失败明细"], *([titles] if has_titles else []), ROWS[2][:4]]
    columns = {name: title for name, title in GIVEN.items() if name != "state"}
    name = first or "row 1"
    with override("en"):
        # One outcome for the whole file cannot be that of a table without a name beside a list of failures.
        asked = [HOLDS] if first else [HOLDS, HOLDS]
        assert abouts(read(rows, columns | {"only": "refused" if first else "paid"})) == asked
        found = matched(read(rows, columns | {"sheets": {name: "paid", "失败明细": "refused"}}))
    assert outcomes(found) == {"赵试甲": words.PAID, "钱试乙": words.REFUSED}


def test_rows_between_a_label_and_the_titles_of_the_next_page_are_read():
    given = GIVEN | {"sheets": {}}
    understood = read([["成功明细"], *ROWS[:2], ["失败明细"], ROWS[2], TITLES, *ROWS[3:]], given)
    assert outcomes(matched(understood)) == OUTCOMES


def test_a_person_above_the_titles_that_are_chosen_is_a_row_left_over():
    rows = [ROWS[1], ROWS[2], TITLES, ROWS[3]]
    given = {"account": "账号", "amount": "金额", "only": "refused"}
    understood = read(rows, given, choices=Choices(headers={"": 3}))
    found = matched(understood)
    assert [(row.number, row.name) for row, _why in found.unmatched] == [(1, "赵试甲"), (2, "钱试乙")]
    assert found.rest == ()  # the one who is missing may be among rows that were not read


@pytest.mark.parametrize(
    "given",
    [
        {"paid": ["处理中"], "pending": ["处理中"]},
        {"paid": ["成功"], "refused": ["成功。"]},
        {"paid": [""], "pending": [" "]},
    ],
)
def test_a_word_of_two_meanings_is_no_mapping(given):
    with pytest.raises(ValueError, match="两个列表"):
        mapping.check(given)


def test_a_header_row_that_is_chosen_is_taken():
    given = {"account": "甲", "amount": "乙", "name": "丙", "state": "丁"}
    rows = [["一"], ["二", "三"], ["零", *given.values()], *ROWS[1:]]
    assert outcomes(matched(read(rows, given, Choices(headers={"": 3})))) == OUTCOMES


def test_a_layout_is_remembered_for_exactly_its_titles():
    learnt = read(ROWS, GIVEN).choices

    def asked(rows):
        file = reading.tables({"": sandbox.ReadSheet(rows)}, {}, PEOPLE)
        return {each.about for each in reading.questions(file, reading.remembered(file, learnt), PEOPLE)}

    assert asked(ROWS) == set()
    assert asked([["批次", "1", "笔数", "4", "金额", "1300", "日期"], *ROWS]) == set()  # a heading may be wider
    for changed in ([*TITLES, "新列"], TITLES[::-1], [TITLES[0] + "1", *TITLES[1:]], TITLES[:-1]):
        assert COLUMNS in asked([changed, *ROWS[1:]])


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "~", "^", " ", "@"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_separator_is_found(separator, encoding):
    content = "\r\n".join(separator.join(row) for row in ROWS).encode(encoding)
    choices = Choices(separator=separator if separator in " @" else "")
    assert outcomes(matched(read(content, GIVEN, choices))) == OUTCOMES


# Accounts and names ------------------------------------------------------------------------------------------------


def test_a_masked_account_without_its_name_or_with_two_who_fit_matches_nobody():
    rows = [TITLES, *([row[0], f"{row[1][:4]}****{row[1][-4:]}", *row[2:]] for row in ROWS[1:])]
    assert outcomes(matched(read(rows, GIVEN))) == OUTCOMES
    nameless = GIVEN | {"name": ""}
    assert len(matched(read(rows, nameless)).unmatched) == len(PEOPLE)
    twin = PaymentItem(pk=9, line_id=9, name="赵试甲", account="6228000000000007320", amount=Decimal(250))
    found = matched(read(rows, GIVEN, people=[*PEOPLE, twin]))
    assert [row.number for row, _why in found.unmatched] == [2]


@pytest.mark.parametrize(
    ("stated", "number", "fits"),
    [
        ("6228****7320", "6228480003000027320", True),
        ("6228****7321", "6228480003000027320", False),
        ("6229****7320", "6228480003000027320", False),
        ("6228****", "6228480003000027320", None),
        ("****20", "6228480003000027320", None),
        ("622848000300002732", "6228480003000027320", False),
        ("6228-4800-0300-0027-320", "6228480003000027320", True),
        ('="6228480003000027320"', "6228480003000027320", True),
        ("'6228480003000027320", "6228480003000027320", True),
        ("\u202d6228 4800 0300 0027 320\u202c", "6228480003000027320", True),
        ("６２２８４８０００３００００２７３２０", "6228480003000027320", True),
        ("6.22848E+18", "6228480003000027320", None),
        ("无", "6228480003000027320", None),
        ("", "6228480003000027320", None),
        ("6228*4800*7320", "6228480003000027320", False),
        ("尾号为7320的账户", "6228480003000027320", True),
        ("账号尾号7320", "6228480003000027320", True),
        ("6228*0003*7320", "6228480003000027320", True),
        ("6228480003000027320.0", "6228480003000027320", True),
        ("6228480003000027320.5", "6228480003000027320", None),
        ("账号：6228480003000027320", "6228480003000027320", True),
        ("收款账号:6228****7320", "6228480003000027320", True),
        ("6228480003000027320（农行）", "6228480003000027320", True),
        ("（农行）6228480003000027320，", "6228480003000027320", True),
        ("6228480003000027320(6222)", "6228480003000027320", None),
        ("6228480003000027320元", "6228480003000027320", None),
    ],
)
def test_an_account_is_read_as_banks_write_it(stated, number, fits):
    account = accounts.account(stated)
    assert (account.fits(number) if account else None) is fits


@pytest.mark.parametrize(
    ("name", "stated", "same"),
    [
        ("张三", "张\u3000三", True),
        ("张三", " 张 三 ", True),
        ("张三", "张四", False),
        ("阿依古丽·买买提", "阿依古丽•买买提", True),
        ("赵试甲", "赵*甲", True),
        ("赵试甲", "**甲", True),
        ("赵试甲", "钱*甲", False),
        ("赵试甲", "***", False),
        ("王试·壬", "王试●壬", True),
        ("王试甲壬", "王•壬", True),
    ],
)
def test_a_name_is_read_as_banks_write_it(name, stated, same):
    assert accounts.same_name(name, stated) is same


def test_every_reason_to_skip_a_row_has_words():
    assert set(row_kinds.WORDS) == set(row_kinds.Reason)


def test_a_row_that_fits_two_namesakes_here_is_not_explained_by_another_payment():
    namesakes = [replaced(PEOPLE[0], pk=10, account="6228480003000099320"), PEOPLE[0], PEOPLE[1]]
    found = matched(
        read([TITLES, ["1", "6228****320", "250.00", "赵试甲", "成功"], *ROWS[2:3]], GIVEN, people=namesakes)
    )
    [(_row, why)] = found.unmatched
    found.explain(Elsewhere(why={0: "of another payment"}))
    assert found.unmatched[0][1] == why
    assert "不止一人" in why
