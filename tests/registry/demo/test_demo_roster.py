"""The demo's rosters: fictional, valid by themselves, and showing each case worth seeing."""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
HEADER = (
    "街道,社区,居民小组,姓名,身份证号,联系电话,职务,任职日期,离任日期,离任原因,在职情况,"
    "在职起始日期,在职截止日期,工作单位,人员来源,开户银行,银行账号,备注"
)
# What a person's rows agree on.
PERSONAL = [
    *("姓名", "联系电话", "在职情况", "在职起始日期", "在职截止日期", "工作单位", "人员来源"),
    *("开户银行", "银行账号", "备注"),
]
POSITIONS = ["居委会主任", "居委会副主任", "居务监督委员会主任", "居民委员会成员", "居民小组长", "居民小组成员"]
HEAD, _, SUPERVISOR, COMMITTEE_MEMBER, LEADER, MEMBER = POSITIONS
SOURCES = {"社区聘用工作者", "联防员(网格员)", "协管员", "零就业人员", "其他"}
FUMIN, DAZHONG = "福民社区", "大众社区"
OPEN = date.max  # the last day of who is still in office
# The file holds on any later day: nothing in it begins or ends after these.
LAST_BEGINNING, LAST_ENDING = date(2026, 11, 1), date(2026, 10, 31)
GROUPS_OF_TWO = {
    (FUMIN, "第三居民小组"),
    ("德惠社区", "第二居民小组"),
    (DAZHONG, "第三居民小组"),
}
GROUPS_WITHOUT_LEADER = {
    (FUMIN, "第四居民小组"),
    (DAZHONG, "第四居民小组"),
    ("兰新社区", "第二居民小组"),
}


def read(name):
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text, otherwise=None):
    return date.fromisoformat(text) if text else otherwise


ROWS = read("demo_roster.csv")
BUILDINGS = read("demo_groups.csv")
COMMUNITIES = {row["community"]: row for row in read("communities.csv")}
GROUPS = [(row["community"], row["group"]) for row in read("groups.csv")]

PEOPLE = defaultdict(list)
BODIES = defaultdict(list)
for row in ROWS:
    row["first"] = day(row["任职日期"])
    row["last"] = day(row["离任日期"], OPEN)
    own = SUPERVISOR if row["职务"] == SUPERVISOR else "居民委员会"
    row["body"] = row["社区"], row["居民小组"] or own
    PEOPLE[row["身份证号"]].append(row)
    BODIES[row["body"]].append(row)


def in_office(rows, on):
    return [row for row in rows if row["first"] <= on <= row["last"]]


def days_served(rows, until):
    """Each day in office up to and including `until`, once."""
    days = set()
    for row in rows:
        for n in range((min(row["last"], until) - row["first"]).days + 1):
            days.add(row["first"] + timedelta(n))
    return days


def overlaps(rows):
    rows = sorted(rows, key=lambda row: row["first"])
    return [
        (one["姓名"], one["任职日期"], two["任职日期"])
        for one, two in zip(rows, rows[1:], strict=False)
        if two["first"] <= one["last"]
    ]


def test_the_columns_are_those_of_the_roster():
    raw = (FIXTURES / "demo_roster.csv").read_bytes()
    assert raw.decode("utf-8").splitlines()[0] == HEADER
    assert b"\r" not in raw


def test_rosters_cover_every_community_and_group():
    subdistricts = Counter(row["subdistrict"] for row in COMMUNITIES.values())
    groups = Counter(COMMUNITIES[name]["subdistrict"] for name, _ in GROUPS)
    assert subdistricts == {"雄关街道": 17, "钢城街道": 14}
    assert groups == {"雄关街道": 80, "钢城街道": 55}
    assert {body for body in BODIES if body[1].endswith("居民小组")} == set(GROUPS)
    assert {row["社区"] for row in ROWS if not row["居民小组"]} == set(COMMUNITIES)
    for row in ROWS:
        assert row["街道"] == COMMUNITIES[row["社区"]]["subdistrict"]


def test_every_group_is_marked_as_a_placeholder():
    assert {row["placeholder"] for row in read("groups.csv")} == {"yes"}


def test_the_two_terms_follow_each_other():
    one, two = read("terms.csv")
    assert (one["ordinal"], two["ordinal"]) == ("1", "2")
    assert day(one["last_day"]) + timedelta(1) == day(two["first_day"])
    assert two["last_day"] == "2030-12-31"


def test_id_numbers_are_of_the_unissued_county_with_a_date_and_a_check_digit():
    for number, (row, *_) in PEOPLE.items():
        assert len(number) == 18
        assert number.startswith("620299")
        assert date.fromisoformat(number[6:14]) < row["first"]
        digits = [10 if sign == "X" else int(sign) for sign in number]
        total = sum(n * 2 ** (17 - place) for place, n in enumerate(digits))
        assert total % 11 == 1, row["姓名"]


def test_phones_and_accounts_are_well_formed_and_nobody_elses():
    for column, length in (("联系电话", 11), ("银行账号", 19)):
        given = [rows[0][column] for rows in PEOPLE.values() if rows[0][column]]
        assert len(given) == len(set(given))
        assert {len(text) for text in given} == {length}
    for account in given:
        doubled = "".join(str(2 * int(n)) for n in account[-2::-2])
        assert sum(map(int, account[::-2] + doubled)) % 10 == 0, account


def test_personal_columns_agree_on_all_rows_of_a_person():
    for number, rows in PEOPLE.items():
        for column in PERSONAL:
            assert len({row[column] for row in rows}) == 1, (number, column)


def test_a_position_is_in_a_group_exactly_when_it_is_a_groups():
    for row in ROWS:
        assert row["职务"] in POSITIONS
        assert bool(row["居民小组"]) == (row["职务"] in (LEADER, MEMBER))
        assert row["人员来源"] in SOURCES


def test_everyone_is_of_age_on_taking_office():
    for number, rows in PEOPLE.items():
        born = date.fromisoformat(number[6:14])
        youngest = min(row["first"] for row in rows) - born
        oldest = max(row["first"] for row in rows) - born
        assert 27 < youngest.days / 365.25 <= oldest.days / 365.25 < 73, number


def test_no_one_holds_two_offices_in_a_body_on_a_day():
    for body, rows in BODIES.items():
        for number in {row["身份证号"] for row in rows}:
            own = [row for row in rows if row["身份证号"] == number]
            assert not overlaps(own), body


def test_no_group_has_two_leaders_on_a_day():
    for group in GROUPS:
        leaders = [row for row in BODIES[group] if row["职务"] == LEADER]
        assert not overlaps(leaders), group


def test_a_committee_has_one_head_and_one_of_each_office_on_a_day():
    for community in COMMUNITIES:
        for position in POSITIONS[:3]:
            holders = [row for row in ROWS if (row["社区"], row["职务"]) == (community, position)]
            assert not overlaps(holders), community
            assert len(in_office(holders, LAST_BEGINNING)) == 1, community


def test_no_group_is_past_five_on_any_day():
    for group in GROUPS:
        for on in {row["first"] for row in BODIES[group]}:
            assert len(in_office(BODIES[group], on)) <= 5, (group, on)


def test_groups_have_three_to_five_people_and_a_leader_but_the_named():
    small, leaderless = set(), set()
    for group in GROUPS:
        now = in_office(BODIES[group], LAST_BEGINNING)
        if len(now) < 3:
            assert len(now) == 2
            small.add(group)
        if LEADER not in {row["职务"] for row in now}:
            leaderless.add(group)
    assert small == GROUPS_OF_TWO
    assert leaderless == GROUPS_WITHOUT_LEADER


def test_nothing_begins_or_ends_later_than_the_demo_may_be_shown():
    for row in ROWS:
        assert row["first"] <= LAST_BEGINNING
        assert row["first"] <= row["last"]
        assert row["last"] == OPEN or row["last"] <= LAST_ENDING
        assert bool(row["离任原因"]) == bool(row["离任日期"])
        assert day(row["在职起始日期"], date.min) <= LAST_BEGINNING
        assert day(row["在职截止日期"], date.min) <= LAST_ENDING


def test_employment_agrees_with_its_spell():
    for row in ROWS:
        first, last = day(row["在职起始日期"]), day(row["在职截止日期"])
        if row["在职情况"] == "在职":
            assert row["工作单位"]
            assert last is None
        else:
            assert row["在职情况"] == "非在职"
            assert (first is None) == (last is None)
            assert first is None or first <= last


def test_a_tenth_to_an_eighth_are_employed():
    employed = sum(rows[0]["在职情况"] == "在职" for rows in PEOPLE.values())
    assert 0.10 <= employed / len(PEOPLE) <= 0.125


def test_loading_warns_of_few_rows_only():
    founded = {(row["社区"], row["居民小组"]): row["成立日期"] for row in BUILDINGS}
    for row in ROWS:
        if row["居民小组"]:
            assert founded[row["body"]] <= row["任职日期"]
    assert 0 < sum(row["任职日期"] < "2021-01-01" for row in ROWS) < 10


def test_rows_stand_by_community_committee_group_position_and_first_day():
    order = {group: place for place, group in enumerate(GROUPS)}

    def place(row):
        return (
            COMMUNITIES[row["社区"]]["community_code"],
            order.get((row["社区"], row["居民小组"]), -1),
            POSITIONS.index(row["职务"]),
            row["first"],
        )

    assert sorted(ROWS, key=place) == ROWS


def test_every_building_is_listed_once_and_every_group_covers_some():
    assert len({(row["社区"], row["楼院"]) for row in BUILDINGS}) == len(BUILDINGS)
    covered = {(row["社区"], row["居民小组"]) for row in BUILDINGS if row["居民小组"]}
    assert covered == set(GROUPS)
    for row in BUILDINGS:
        assert row["类型"] in {"楼栋", "院落", "门栋"}
        assert 0 < int(row["户数"]) < int(row["人数"])
        assert bool(row["成立日期"]) == bool(row["居民小组"])
    for community in COMMUNITIES:
        own = [row for row in BUILDINGS if row["社区"] == community]
        assert 20 <= len(own) <= 48
        assert 1000 <= sum(int(row["户数"]) for row in own) <= 3000


def test_fumin_covers_46_of_its_48_buildings():
    own = [row for row in BUILDINGS if row["社区"] == FUMIN]
    assert (len(own), sum(bool(row["居民小组"]) for row in own)) == (48, 46)


# --- the cases worth seeing: each of them in 福民社区 and in 大众社区 ---


def together(rows, one, other):
    """Someone who held both positions on one day."""
    return any(
        a["职务"] == one and b["职务"] == other and max(a["first"], b["first"]) <= min(a["last"], b["last"])
        for a in rows
        for b in rows
    )


def begins(rows):
    return min(row["first"] for row in rows)


def spell(rows):
    return rows[0]["在职情况"], day(rows[0]["在职起始日期"])


def returned(rows):
    days = sorted(days_served(rows, LAST_BEGINNING))
    return (days[-1] - days[0]).days + 1 > len(days)


def promoted(rows):
    return any(
        (a["职务"], b["职务"], a["body"]) == (MEMBER, LEADER, b["body"])
        and a["last"] < OPEN
        and a["last"] + timedelta(1) == b["first"]
        for a in rows
        for b in rows
    )


CASES = {
    "member of the committee and leader": lambda r: together(r, COMMITTEE_MEMBER, LEADER),
    "head of the committee and member of a group": lambda r: together(r, HEAD, MEMBER),
    "member of the committee and of a group": lambda r: together(r, COMMITTEE_MEMBER, MEMBER),
    "employed, no dates known": lambda r: spell(r) == ("在职", None),
    "employed since before taking office": lambda r: spell(r)[0] == "在职" and (spell(r)[1] or OPEN) < begins(r),
    "employed since later": lambda r: spell(r)[0] == "在职" and (spell(r)[1] or date.min) > begins(r),
    "employed once": lambda r: spell(r)[0] == "非在职" and spell(r)[1] is not None,
    "served, left, served again": returned,
    "left in the middle of a month of 2026": lambda r: any(
        row["last"].year == 2026 and 1 < row["last"].day < 28 for row in r
    ),
    "took office on 29 February": lambda r: any((row["first"].month, row["first"].day) == (2, 29) for row in r),
    "took office before the first term": lambda r: begins(r) < date(2021, 1, 1),
    "made leader of the own group": promoted,
    "by-elected": lambda r: date(2021, 4, 1) < begins(r) < date(2025, 12, 31),
    "first term over, neither renewed nor ended": lambda r: any(
        row["first"] < date(2026, 1, 1) and row["last"] == OPEN for row in r
    ),
    "no account": lambda r: not r[0]["银行账号"],
    "㛃 in the name": lambda r: "㛃" in r[0]["姓名"],
    "𠮷 in the name": lambda r: "𠮷" in r[0]["姓名"],
    "a dot in the name": lambda r: "·" in r[0]["姓名"],
    "a surname of two characters": lambda r: r[0]["姓名"][:2] in ("欧阳", "司马", "上官", "诸葛"),
    "a surname read otherwise": lambda r: r[0]["姓名"][0] in "曾单仇解查盖",
}


@pytest.mark.parametrize("community", [FUMIN, DAZHONG])
@pytest.mark.parametrize("case", CASES)
def test_each_case_is_shown(case, community):
    def here(rows):
        return any(row["社区"] == community for row in rows)

    shown = [rows for rows in PEOPLE.values() if CASES[case](rows)]
    assert len(shown) > 1
    assert any(here(rows) for rows in shown)


def test_someone_serves_across_communities_and_someone_across_subdistricts():
    wide = {
        rows[0]["姓名"]: len({row["街道"] for row in rows})
        for rows in PEOPLE.values()
        if len({row["社区"] for row in rows}) > 1
    }
    assert wide == {"毛丽琴": 1, "阳𠮷": 2}


def test_every_surname_read_otherwise_is_there():
    surnames = Counter(rows[0]["姓名"][0] for rows in PEOPLE.values())
    assert all(surnames[surname] > 1 for surname in "曾单仇解查盖")


def test_some_people_share_a_name_and_are_distinguished_by_id_number():
    names = Counter(rows[0]["姓名"] for rows in PEOPLE.values())
    assert {name for name, count in names.items() if count > 1} == {
        "王秀英",
        "张建军",
        "马秀兰",
        "李玉兰",
        "张玉珍",
    }


def test_the_explained_stipend_is_450_yuan_in_october_2026():
    """A leader's 300 and three full years, although in office since early 2021."""
    [rows] = [rows for rows in PEOPLE.values() if rows[0]["姓名"] == "李建荣"]
    reference = date(2026, 10, 1)
    held = {(row["社区"], row["职务"]) for row in in_office(rows, reference)}
    assert held == {(FUMIN, COMMITTEE_MEMBER), (FUMIN, LEADER)}
    assert begins(rows) == date(2021, 1, 15)
    start = reference + timedelta(1 - len(days_served(rows, reference)))
    assert start == date(2023, 3, 16)
    assert spell(rows) == ("非在职", None)
    assert 300 + 50 * (2026 - start.year) == 450
