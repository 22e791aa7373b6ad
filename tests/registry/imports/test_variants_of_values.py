"""Values of cells as offices type and programs write them, dates of all kinds, and who is the same person."""

from datetime import date

import pytest

from jygroups.lib.spreadsheets import sandbox
from registry.models import Appointment, Member
from tests import factories
from tests.registry.imports.disguises import HEADER, as_text, with_openpyxl, with_raw_xml
from tests.registry.imports.roster_rows import ACCOUNT, load, row
from tests.registry.imports.variants import LAST_DAY, LOADED, PEOPLE, REASON, changed, refused
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
WRITERS = {
    "openpyxl": lambda rows: with_openpyxl({"花名册": rows}),
    "XML": lambda rows: with_raw_xml({"花名册": rows}),
    "csv": lambda rows: as_text(rows),
    "tabs": lambda rows: as_text(rows, "gb18030", "\t"),
}
ID = PEOPLE[1][4]
WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")
WRAPPED = [
    "{}", " {} ", "\u3000{}", "\u00a0{}\u00a0", "'{}", "’{}", '="{}"', "\u200b{}", "\ufeff{}", "\u202d{}\u202c",
    "{}\u2060", "{}\n", "\t{}",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(sandbox, "_parsed", read_in_process)


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("writer", ["XML"])
def test_what_stands_around_a_value_is_no_part_of_it(wrapped, writer):
    rows = [HEADER, *([wrapped.format(cell) if cell else "" for cell in each] for each in PEOPLE)]
    assert refused(WRITERS[writer](rows)) == LOADED


SAME = {
    "联系电话": ["138-0000-0001", "138 0000 0001", "+86 138 0000 0001", "8613800000001", "13800000001".translate(WIDE)],
    "身份证号": [
        f"{ID[:6]} {ID[6:14]} {ID[14:]}", f"{ID[:6]}-{ID[6:14]}-{ID[14:]}", ID.translate(WIDE),
        f"{ID[:9]}\u200b{ID[9:]}",
        f"{ID[:6]}–{ID[6:14]}–{ID[14:]}",
    ],
    "离任日期": [
        "2023-06-30 00:00:00", "2023/6/30", "2023.6.30", "2023年6月30日", "20230630", "2023-6-30", "2023/06/30 0:00",
        "2023-06-30T00:00:00", "2023 年 6 月 30 日", "2023-06-30".translate(WIDE), "2023—06—30", "2023年6月30日 星期五",
        "2023-06-30 12:00:00 AM", "2023。6。30",
    ],
    "街道": ["雄关", "雄关街道办事处", "雄 关 街 道", "雄关街道　"],
    "社区": ["福民", "福民 社区", "福民社区居民委员会", "福民社区居委会"],
    "居民小组": ["第1居民小组", "第１居民小组", "1组", "一组", "第一小组", "第一组"],
    "职务": ["组员", "小组成员", "居 民 小 组 成 员"],
    "在职情况": ["否", "不在职", "非 在 职"],
    "姓名": ["钱试乙 ", "\u3000钱试乙", "钱试\u200b乙", "钱\u00ad试乙"],
}  # fmt: skip


@pytest.mark.parametrize(("title", "text"), [(title, text) for title, texts in SAME.items() for text in texts])
def test_one_value_in_many_spellings_is_the_same(title, text):
    content = as_text(
        changed((3, HEADER.index(title), text)), "gb18030" if not {*text} & {*"\u200b\u00ad"} else "utf-8-sig"
    )
    assert refused(content) == LOADED


NOT_A_DAY = [
    "不详", "?", "2023-06", "2023", "2023-02-30", "06-30", "45107", "45107.0", "明年", "2023-13-01", "30/6/2023",
    "6月30日", "2023-06-30 至 2023-07-01", "#REF!", "约2023-06-30",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_A_DAY)
@pytest.mark.parametrize("writer", ["csv"])
def test_a_last_day_that_is_none_is_refused_in_its_cell(text, writer):
    assert refused(WRITERS[writer](changed((3, LAST_DAY, text)))) == {(3, "离任日期")}


@pytest.mark.parametrize(
    "text", ["无", "—", "——", "-", "/", "／", "至今", "在任", "现任", "暂无", "没有", "N/A", "未离任", "\u3000", "'"]
)
def test_a_last_day_that_there_is_none_of_is_empty_in_every_file(text):
    words = [(2, LAST_DAY, text), (5, LAST_DAY, text), (2, REASON, "无"), (5, REASON, "/")]
    assert refused(WRITERS["tabs"](changed(*words))) == LOADED
    with_others = changed(*words, rows=[each if place != 1 else [*each] for place, each in enumerate(PEOPLE)])
    assert refused(WRITERS["XML"](with_others)) == LOADED


# The same person --------------------------------------------------------------------------------------------

BORN = date(1970, 1, 1)
KNOWN, NEW, OLDER = (factories.id_number(BORN, order) for order in (601, 602, 603))
ELSEWHERE = {"社区": "胜利社区", "居民小组": "第二居民小组", "任职日期": "2024-01-05"}
ONE = {"姓名": "赵试甲", "身份证号": KNOWN, "联系电话": "13800000000", "银行账号": ACCOUNT}
ASKED = {
    "birth date": ({}, True),
    "phone": ({"身份证号": factories.id_number(date(1971, 2, 3), 604), "联系电话": "13800000000"}, True),
    "phone with dashes": ({"身份证号": factories.id_number(date(1971, 2, 3), 604), "联系电话": "138-0000-0000"}, True),
    "account": ({"身份证号": factories.id_number(date(1971, 2, 3), 604), "银行账号": ACCOUNT}, True),
    "account in blocks": (
        {"身份证号": factories.id_number(date(1971, 2, 3), 604), "银行账号": f"{ACCOUNT[:4]} {ACCOUNT[4:]}"}, True,
    ),
    "office": (
        {
            "身份证号": factories.id_number(date(1971, 2, 3), 604), "社区": "福民社区", "居民小组": "第一居民小组",
            "任职日期": "2021-01-05",
        },
        True,
    ),
    "name with blanks": ({"姓名": "\u3000赵试甲\u00a0"}, True),
    "another name": ({"姓名": "钱试乙"}, False),
    "namesake": ({"身份证号": factories.id_number(date(1971, 2, 3), 604)}, False),
    "known number": ({"身份证号": KNOWN, "联系电话": "13800000000"}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_a_new_number_of_somebody_who_may_be_registered_is_asked_about(name):
    cells, is_asked = ASKED[name]
    assert load(row(**ONE)).problems == []
    new = row(**{"姓名": "赵试甲", "身份证号": NEW, **ELSEWHERE, **cells})
    asked = load(new, must_answer=True)
    assert (asked.asking > 0, bool(asked.problems)) == (is_asked, is_asked)
    assert {each.row for each in asked.problems} == ({2} if is_asked else set())
    assert Appointment.objects.count() == (1 if is_asked else 2)


@pytest.mark.parametrize(
    "spelt", [KNOWN, KNOWN.lower(), f"'{KNOWN}", f"{KNOWN[:6]} {KNOWN[6:]}", KNOWN.translate(WIDE)]
)
def test_a_number_that_was_corrected_still_finds_its_person(spelt):
    load(row(**ONE))
    member = Member.objects.get()
    loaded = load(row(**{**ONE, "身份证号": NEW, **ELSEWHERE}), must_answer=True)
    [question] = loaded.questions
    answers = {question.key: ("same", "")}
    assert load(row(**{**ONE, "身份证号": NEW, **ELSEWHERE}), must_answer=True, answers=answers).problems == []
    assert Member.objects.get().id_number == NEW
    again = load(row(**{**ONE, "身份证号": spelt, **ELSEWHERE}), must_answer=True)
    assert {each.row for each in again.findings} == {2}
    assert Member.objects.get() == member
