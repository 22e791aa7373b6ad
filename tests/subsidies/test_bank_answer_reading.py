"""Generated answers of banks: other words, titles, orders, sheets, units and masks, read as they are meant."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jygroups.lib import located, reader
from subsidies.bank import accounts, mapping, matching, proposals, reading, words
from subsidies.bank.answers import Understanding
from subsidies.bank.reading import COLUMNS, HOLDS, UNIT, WORDS, Choices
from subsidies.models import PaymentItem, PayResult, PayStage

SEEDS = range(40)
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "试验甲乙丙丁戊己庚辛"
TITLES = {
    "account": ["帐号", "账号", "收款账号", "卡号", "银行账号", "收款人账号", "对方帐号"],
    "amount": ["金额", "发放金额", "交易金额", "实发金额", "金额(元)", "代发金额"],
    "name": ["姓名", "户名", "收款户名", "收款人名称", "客户名称"],
    "state": ["处理结果", "状态", "交易状态", "处理标志", "结果", "交易结果"],
    "reason": ["失败原因", "原因", "备注", "错误信息", "附言"],
}
OTHERS = ["序号", "单位名称", "币种", "日期", "流水号", "手续费"]


@dataclass
class Bank:
    """Random people of a payment, and what becomes of each."""

    rng: random.Random
    people: list[PaymentItem]
    outcome: dict[str, str]  # by account

    @classmethod
    def of(cls, seed: int) -> "Bank":
        rng = random.Random(seed)
        people = [
            PaymentItem(
                pk=number,
                line_id=number,
                name=rng.choice(SURNAMES) + rng.choice(GIVEN) + GIVEN[number % 10],
                account=f"62{rng.randrange(10**15, 10**16)}{number:03}"[: rng.choice([19, 21])],
                amount=Decimal(rng.choice([200, 250, 350, 1250, "1300.50"])).quantize(Decimal("0.01")),
            )
            for number in range(1, rng.randrange(5, 30))
        ]
        assert len({person.account for person in people}) == len(people)
        outcome = {person.account: rng.choices(words.MEANINGS, [6, 2, 1])[0] for person in people}
        for meaning, person in zip(words.MEANINGS, people, strict=False):  # each once
            outcome[person.account] = meaning
        return cls(rng, people, outcome)

    def titles(self, *, without: tuple[str, ...] = ()) -> dict[str, str]:
        return {name: self.rng.choice(titles) for name, titles in TITLES.items() if name not in without}

    def rows(self, titles, people, said, *, account=lambda text: text, amount=str) -> list[list[str]]:
        """Titles and a row for each person, the columns in a random order with others among them."""
        order = [*titles, *self.rng.sample(OTHERS, self.rng.randrange(4))]
        self.rng.shuffle(order)
        found = [[titles.get(name, name) for name in order]]
        for number, person in enumerate(people, 1):
            cell = {
                "account": account(person.account),
                "amount": amount(person.amount),
                "name": person.name,
                "state": said[self.outcome[person.account]],
                "reason": "" if self.outcome[person.account] == words.PAID else "账户状态不正常",
                "序号": str(number),
                "手续费": "0.00",
            }
            found.append([cell.get(name, "x") for name in order])
        return found

    def read(self, content, choices=None, given=None, name="回盘.csv"):
        """The file understood, with the mapping if one is given; `content` are rows, sheets of them, or bytes."""
        choices = choices or Choices()
        choices.words = choices.words or words.lists({}, words.DEFAULT)
        if isinstance(content, bytes):
            found = reader.read(content, whole=True, separator=choices.separator)
        else:
            found = content if isinstance(content, dict) else {"": content}
        file = reading.tables(found, choices.headers, self.people)
        understood = Understanding(None, file, choices, self.people, [])
        questions = []
        if given:
            choices, questions = mapping.applied(given, understood)
        questions += reading.questions(file, choices, self.people, file_name=name)
        return replace(understood, choices=choices, questions=questions)

    def matched(self, understood):
        assert understood.questions == []
        rows, skipped = reading.said(understood.file, understood.choices)
        recorded = {person.pk: PayResult(stage=PayStage.IN_TRANSIT) for person in self.people}
        found = matching.match(rows, self.people, recorded, {})
        sent = [table for table in understood.file.tables if understood.choices.sheets.get(table.name) != reading.SKIP]
        assert len(rows) + len(skipped) == sum(len(table.rows) for table in sent)
        return found

    def check(self, found, people=None, expected=None):
        """Everybody of the file is where the bank put them, and nobody else."""
        expected = expected or self.outcome
        people = self.people if people is None else people
        for meaning, matches in (
            (words.PAID, found.paid),
            (words.REFUSED, found.refused),
            (words.PENDING, found.pending),
        ):
            said = {person.pk for person in people if expected[person.account] == meaning}
            assert {match.item.pk for match in matches} == said
        assert found.unmatched == found.doubles == found.contrary == []
        assert {item.pk for item in found.unanswered} == {item.pk for item in self.people} - {
            item.pk for item in people
        }


@pytest.fixture(params=SEEDS)
def bank(request):
    return Bank.of(request.param)


def given(titles, **more):
    return titles | more


def text(rows, separator=",", end="\r\n", encoding="gb18030") -> bytes:
    return end.join(separator.join(f'"{cell}"' if separator in cell else cell for cell in row) for row in rows).encode(
        encoding
    )


def common(bank) -> dict[str, str]:
    return {meaning: bank.rng.choice(list(words.DEFAULT[meaning])) for meaning in words.MEANINGS}


# What the words mean -----------------------------------------------------------------------------------------------


def test_known_words_are_read_whatever_titles_and_order_the_columns_have(bank):
    titles, said = bank.titles(), common(bank)
    rows = bank.rows(titles, bank.people, said)
    bank.check(bank.matched(bank.read(rows, given=titles)))
    asked = bank.read(rows)
    assert {question.about for question in asked.questions} <= {COLUMNS, HOLDS}
    assert asked.questions[0].about == COLUMNS


def test_the_columns_proposed_are_those_of_the_bank(bank):
    titles, said = bank.titles(), common(bank)
    understood = bank.read(bank.rows(titles, bank.people, said))
    [table] = understood.file.tables
    layout = reading.proposed(table, understood.choices, bank.people)
    assert {name: getattr(layout, name) for name in titles} == titles


def test_other_words_are_asked_with_their_counts_and_then_mean_what_is_chosen(bank):
    titles = bank.titles()
    said = dict(
        zip(
            words.MEANINGS,
            bank.rng.sample(["结清", "挂账", "P1", "E99", "清算", "甲类", "乙类", "Y", "N"], 3),
            strict=True,
        )
    )
    rows = bank.rows(titles, bank.people, said)
    [question] = bank.read(rows, given=titles).questions
    assert question.about == WORDS
    count = Counter(bank.outcome.values())
    assert question.counts == {said[meaning].casefold(): count[meaning] for meaning in words.MEANINGS}
    chosen = titles | {meaning: [said[meaning]] for meaning in words.MEANINGS}
    bank.check(bank.matched(bank.read(rows, given=chosen)))


def test_a_known_word_may_be_given_another_meaning(bank):
    titles, said = bank.titles(), common(bank)
    rows = bank.rows(titles, bank.people, said)
    moved = titles | {words.PENDING: [said[words.PAID], said[words.PENDING]]}
    found = bank.matched(bank.read(rows, given=moved))
    assert found.paid == []
    expected = {
        account: words.PENDING if meaning == words.PAID else meaning for account, meaning in bank.outcome.items()
    }
    bank.check(found, expected=expected)


# Lists of one outcome ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meaning", [words.REFUSED, words.PAID])
def test_a_list_without_outcomes_is_asked_and_is_what_is_chosen(bank, meaning):
    titles = bank.titles(without=("state",) if meaning == words.REFUSED else ("state", "reason"))
    people = [person for person in bank.people if bank.outcome[person.account] == meaning]
    rows = bank.rows(titles, people, common(bank))
    for mapped in (None, titles):
        assert HOLDS in {question.about for question in bank.read(rows, given=mapped).questions}
    found = bank.matched(bank.read(rows, given=titles | {"only": meaning}))
    bank.check(found, people)
    assert found.rest == ((words.PAID if meaning == words.REFUSED else words.REFUSED,) if found.unanswered else ())


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


# Sheets ------------------------------------------------------------------------------------------------------------


def test_all_sheets_with_such_a_table_are_read_and_others_reported(bank):
    said, titles = common(bank), bank.titles(without=("state",))
    parts = {meaning: [p for p in bank.people if bank.outcome[p.account] == meaning] for meaning in words.MEANINGS}
    names = {words.PAID: "成功", words.REFUSED: "失败", words.PENDING: "处理中"}
    content = {"封面": [["代发工资回单"], ["总笔数", str(len(bank.people))], ["总金额", "99"]]}
    content |= {names[meaning]: bank.rows(titles, people, said) for meaning, people in parts.items()}
    understood = bank.read(content, given=titles)
    assert [question.about for question in understood.questions] == [HOLDS] * 3
    assert [question.give for question in understood.questions] == [{"sheets": {name: m}} for m, name in names.items()]
    assert understood.file.ignored == [("封面", 3)]
    bank.check(bank.matched(bank.read(content, given=titles | {"sheets": {name: m for m, name in names.items()}})))
    left_out = {names[words.PAID]: "skip", names[words.REFUSED]: words.REFUSED, names[words.PENDING]: words.PENDING}
    found = bank.matched(bank.read(content, given=titles | {"sheets": left_out}))
    bank.check(found, [p for p in bank.people if bank.outcome[p.account] != words.PAID])


def test_sheets_with_titles_of_their_own_and_a_column_of_outcomes_are_read(bank):
    said = common(bank)
    half = len(bank.people) // 2
    first, second = bank.titles(), bank.titles(without=("reason",))
    content = {"一": bank.rows(first, bank.people[:half], said), "二": bank.rows(second, bank.people[half:], said)}
    understood = bank.read(content)
    layouts = [reading.proposed(table, understood.choices, bank.people) for table in understood.file.tables]
    bank.check(bank.matched(bank.read(content, replace(understood.choices, layouts=layouts))))


# Accounts, names, amounts ------------------------------------------------------------------------------------------

MASKS = [
    lambda a: f"{a[:4]}****{a[-4:]}",
    lambda a: f"{a[:4]} **** **** {a[-4:]}",
    lambda a: f"{a[:6]}{'*' * (len(a) - 10)}{a[-4:]}",
    lambda a: f"…{a[-4:]}",
    lambda a: f"...{a[-6:]}",
    lambda a: f"尾号{a[-4:]}",
    lambda a: f"尾号：{a[-4:]}",
    lambda a: a[-4:],
    lambda a: f"{a[:6]}xxxxxx{a[-4:]}",
    lambda a: f"{a[:4]}＊＊＊＊{a[-4:]}",
    lambda a: f"{a[:4]}●●●●{a[-3:]}",
]


def test_masked_accounts_are_matched_by_their_ends_with_name_and_amount(bank):
    titles, said, mask = bank.titles(), common(bank), bank.rng.choice(MASKS)
    found = bank.matched(bank.read(bank.rows(titles, bank.people, said, account=mask), given=titles))
    bank.check(found)
    new = len(found.paid) + len(found.refused)
    assert len(found.masked) == new


def test_a_masked_account_without_its_name_or_with_two_who_fit_matches_nobody(bank):
    mask, said = bank.rng.choice(MASKS), common(bank)
    nameless = bank.titles(without=("name",))
    found = bank.matched(bank.read(bank.rows(nameless, bank.people, said, account=mask), given=nameless))
    assert found.new == []
    assert len(found.unmatched) == len(bank.people)
    first = bank.people[0]
    twin = PaymentItem(
        pk=99, line_id=99, name=first.name, amount=first.amount, account=f"{first.account[:8]}000{first.account[-9:]}"
    )
    titles = bank.titles()
    rows = bank.rows(titles, bank.people, said, account=mask)
    bank.people.append(twin)
    found = bank.matched(bank.read(rows, given=titles))
    assert [row.number for row, _why in found.unmatched] == [2]


@pytest.mark.parametrize(
    ("said", "number", "fits"),
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
        ("6228*0003*7320", "6228480003000027320", True),
    ],
)
def test_an_account_is_read_as_banks_write_it(said, number, fits):
    account = accounts.account(said)
    assert (account.fits(number) if account else None) is fits


@pytest.mark.parametrize(
    ("name", "said", "same"),
    [
        ("张三", "张\u3000三", True),
        ("张三", " 张 三 ", True),
        ("张三", "张四", False),
        ("阿依古丽·买买提", "阿依古丽•买买提", True),
        ("赵试甲", "赵*甲", True),
        ("赵试甲", "**甲", True),
        ("赵试甲", "钱*甲", False),
        ("赵试甲", "***", False),
    ],
)
def test_a_name_is_read_as_banks_write_it(name, said, same):
    assert accounts.same_name(name, said) is same


WRAPS = [
    lambda a: f'="{a}"',
    lambda a: f"'{a}",
    lambda a: f" {a[:4]} {a[4:8]} {a[8:]} ",
    lambda a: f"{a[:6]}-{a[6:]}",
    lambda a: f"\ufeff{a}",
]
AMOUNTS = [
    lambda y: f"{y:,.2f}",
    lambda y: f"¥{y}",
    lambda y: f"￥{y:,.2f}",
    lambda y: f"{y}元",
    lambda y: f"RMB {y}",
    lambda y: f"{y.normalize():f}",
    lambda y: f" {y}00 ",
]  # fmt: skip


def test_wrapped_accounts_and_amounts_with_separators_and_signs_are_read(bank):
    titles, said = bank.titles(), common(bank)
    options = {"account": bank.rng.choice(WRAPS), "amount": bank.rng.choice(AMOUNTS)}
    bank.check(bank.matched(bank.read(bank.rows(titles, bank.people, said, **options), given=titles)))


def test_amounts_in_fen_are_proposed_asked_and_read(bank):
    titles, said = bank.titles(), common(bank)
    rows = bank.rows(titles, bank.people, said, amount=lambda yuan: f"{int(yuan * 100)}")
    understood = bank.read(rows, given=titles)
    assert [question.about for question in understood.questions] == [UNIT]
    [table] = understood.file.tables
    assert reading.proposed(table, Choices(words=understood.choices.words), bank.people).in_fen
    bank.check(bank.matched(bank.read(rows, given=titles | {"in_fen": True})))


# Titles, sums, separators, memory ----------------------------------------------------------------------------------


def test_headings_sums_and_footers_are_about_nobody(bank):
    titles, said = bank.titles(), common(bank)
    rows = bank.rows(titles, bank.people, said)
    width, place = len(rows[0]), rows[0].index(titles["amount"])
    total = sum(person.amount for person in bank.people)

    def row(first, amount=""):
        cells = [""] * width
        cells[place] = amount
        cells[0] = cells[0] or first
        return cells

    above = bank.rng.sample([["代发工资处理结果清单"], ["批次号：", "20261101"], ["打印日期：2026-11-30"], []], 2)
    below = bank.rng.sample(
        [
            row("合计", f"{total}"), row("总计", f"{total:,.2f}"), row("共计："), row("", f"{total}"),
            ["合计笔数", str(len(bank.people)), f"{total}"], ["制表人：李试", "", "复核人：王试"], [], rows[0],
            ["备注：本清单由银行系统生成"], ["第1页共1页"],
        ],
        4,
    )  # fmt: skip
    content = [*above, *rows, *below]
    found = bank.matched(bank.read(content, given=titles))
    bank.check(found)


def test_a_first_line_of_count_and_sum_without_titles_is_about_nobody(bank):
    said, total = common(bank), sum(person.amount for person in bank.people)
    rows = [[str(len(bank.people)), f"{total}"]]
    rows += [
        [str(n), p.name, p.account, f"{p.amount}", said[bank.outcome[p.account]]] for n, p in enumerate(bank.people, 1)
    ]
    mapped = {"name": "#2", "account": "#3", "amount": "#4", "state": "#5"}
    bank.check(bank.matched(bank.read(rows, given=mapped)))


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", " "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_separator_is_found(separator, encoding):
    for seed in range(2):
        bank = Bank.of(seed)
        titles, said = bank.titles(), common(bank)
        content = text(bank.rows(titles, bank.people, said), separator, bank.rng.choice(["\n", "\r\n"]), encoding)
        choices = Choices(separator=separator if separator == " " else "")
        bank.check(bank.matched(bank.read(content, choices, given=titles)))


def test_a_header_row_that_is_chosen_is_taken(bank):
    titles, said = {"account": "甲", "amount": "乙", "name": "丙", "state": "丁"}, common(bank)
    rows = [["一"], ["二", "三"], *bank.rows(titles, bank.people, said)]
    bank.check(bank.matched(bank.read(rows, Choices(headers={"": 3}), given=titles)))


def test_a_layout_is_remembered_for_exactly_its_titles(bank):
    titles, said = bank.titles(), common(bank)
    rows = bank.rows(titles, bank.people, said)
    learnt = bank.read(rows, given=titles).choices
    [table] = reading.tables({"": rows}, {}, bank.people).tables
    again = reading.remembered(reading.File([table], []), learnt)
    assert reading.questions(reading.File([table], []), again, bank.people) == []
    for changed in ([*rows[0], "新列"], rows[0][::-1], [rows[0][0] + "1", *rows[0][1:]]):
        other = reading.tables({"": [changed, *rows[1:]]}, {}, bank.people)
        abouts = {
            question.about for question in reading.questions(other, reading.remembered(other, learnt), bank.people)
        }
        assert COLUMNS in abouts


def test_every_reason_to_skip_a_row_has_words():
    assert set(located.WORDS) == set(located.Reason)
