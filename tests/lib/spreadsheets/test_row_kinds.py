"""Finding a table in the rows of a file: its header, the people, and everything that is about nobody."""

import pytest

from jygroups.lib.spreadsheets import headers, row_kinds
from jygroups.lib.spreadsheets.row_kinds import Reason

KNOWN = {
    "name": ("姓名", "户名"),
    "number": ("身份证", "身份证号码", "账号"),
    "amount": ("金额", "实发", "应发", "补贴"),
}
ID = ["620299197001010017", "620299197002020030", "620299197003030054"]
PEOPLE = [["1", "赵试甲", ID[0], "200"], ["2", "钱试乙", ID[1], "200"], ["3", "孙试丙", ID[2], "200"]]
TITLES = ["序号", "姓名", "身份证号", "金额"]
PERSON = None


def body(rows, chosen=None):
    titles = headers.find(rows, KNOWN, chosen)
    places = {column: titles.names.index(titles.fitting(words)[0]) for column, words in PLACES.items()}
    found = row_kinds.body(rows, titles, identifying=[places["name"], places["number"]], amounts=[places["amount"]])
    assert sorted([number for number, _cells in found.rows] + [each.number for each in found.skipped]) == [
        *range(1, len(rows) + 1)
    ]
    return found


PLACES = {
    "name": ["姓名", "户名"],
    "number": ["身份证号", "身份证号码", "账号"],
    "amount": ["实发", "金额", "补贴金额"],
}


class TestTitles:
    @pytest.mark.parametrize(
        ("rows", "number", "names"),
        [
            ([TITLES, *PEOPLE], 1, TITLES),
            (
                [["雄关街道2024年5月补贴金额发放表"], ["编制单位：雄关街道", "", "", "金额单位：元"], TITLES, *PEOPLE],
                3,
                TITLES,
            ),
            ([[""]] * 9 + [["说明", "见金额"], TITLES, *PEOPLE], 11, TITLES),
            ([["身 份 证\n号", "姓\u3000名", "金额(元)"]], 1, ["身份证号", "姓名", "金额(元)"]),
            ([["姓名", "金额", "金额", ""]], 1, ["姓名", "金额", "金额#3", "#4"]),
            (
                [
                    ["序号", "姓名", "身份证号", "补贴金额", "", ""],
                    ["", "", "", "基础补贴", "年限增长", "实发"],
                    *PEOPLE,
                ],
                1,
                ["序号", "姓名", "身份证号", "补贴金额/基础补贴", "补贴金额/年限增长", "补贴金额/实发"],
            ),
            (
                [["表"], ["序号", "人员", "", "补贴"], ["", "姓名", "身份证号", "实发"], *PEOPLE],
                2,
                ["序号", "人员/姓名", "人员/身份证号", "补贴/实发"],
            ),
            (
                [["序号", "姓名", "身份证", "金额"], ["", "", "号码", "（元）"], *PEOPLE],
                1,
                ["序号", "姓名", "身份证/号码", "金额/(元)"],
            ),
            (
                [["姓名", "身份证号", "发放", "", ""], ["", "", "补贴", "", "扣款"], ["", "", "应发", "实发", ""]],
                1,
                ["姓名", "身份证号", "发放/补贴/应发", "发放/补贴/实发", "发放/扣款"],
            ),
        ],
    )
    def test_the_header_is_found_below_headings_on_one_line_or_several(self, rows, number, names):
        found = headers.find(rows, KNOWN)
        assert found.number == number
        assert [name.replace("（元）", "(元)") for name in found.names] == names

    @pytest.mark.parametrize(
        "following",
        [
            ["和诚社区", "", "", ""],
            ["", "孙试丙", "", ""],
            ["合计", "", "", "600"],
            ["1", "", "", ""],
            ["", "", "", "0"],
        ],
    )
    def test_a_row_below_the_header_is_no_second_line_of_it(self, following):
        assert headers.find([TITLES, following, *PEOPLE], KNOWN).last == 0

    @pytest.mark.parametrize(
        "rows",
        [
            [],
            [[]],
            [["随便", "什么"]],
            [["金额"]],
            [["622848000000000001", "户名金额", "账号", "350"]],
            [[""]] * 15 + [TITLES],
        ],
    )
    def test_a_file_without_such_titles_has_no_header(self, rows):
        assert headers.find(rows, KNOWN) is None

    def test_a_header_that_the_user_chose_is_taken_whatever_its_content(self):
        rows = [["月报"], ["谁", "号", "钱"], *PEOPLE]
        assert headers.find(rows, KNOWN, 2).names == ["谁", "号", "钱", "#4"]
        for number in (0, 6):
            with pytest.raises(ValueError, match=str(number)):
                headers.find(rows, KNOWN, number)

    def test_a_file_without_titles_has_numbered_ones_and_loses_no_row(self):
        titles = headers.untitled(PEOPLE)
        assert titles.names == ["#1", "#2", "#3", "#4"]
        assert len(row_kinds.body(PEOPLE, titles, identifying=[1, 2], amounts=[3]).rows) == 3

    def test_a_title_fits_a_word_exactly_apart_from_its_unit_and_group(self):
        titles = headers.find([["姓名", "补贴金额", "", "金额/元", "备注"], ["", "应发", "实发（元）", "", ""]], KNOWN)
        assert titles.fitting(["实发", "应发"]) == ["补贴金额/实发（元）", "补贴金额/应发"]
        assert titles.fitting(["金额"]) == ["金额/元"]
        assert titles.fitting(["发"]) == []


class TestRows:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (["", "", "", ""], Reason.EMPTY),
            ([], Reason.EMPTY),
            (["合计", "", "", "600"], Reason.TOTAL),
            (["合  计", "", "", "600"], Reason.TOTAL),
            (["合\u3000计：", "", "", "600"], Reason.TOTAL),
            (["", "小计", "", "400"], Reason.TOTAL),
            (["", "合计", "3人", "600"], Reason.TOTAL),
            (["合计", "3人", "3", "600"], Reason.TOTAL),
            (["本页小计", "", "", "400"], Reason.TOTAL),
            (["和诚社区小计", "", "", "400"], Reason.TOTAL),
            (["总计（大写）：陆佰元整", "", "", ""], Reason.TOTAL),
            (["合计（大写）", "陆佰元整", "", "600"], Reason.TOTAL),
            (["共3人", "", "", "600"], Reason.TOTAL),
            (["总笔数", "总金额", "3", "600"], Reason.TOTAL),
            (["", "", "", "600"], Reason.TOTAL),  # the bare sum
            (["制表人：李试", "", "审核人：王试", ""], Reason.FOOTER),
            (["制表人", "李试", "审核人", "王试"], Reason.FOOTER),
            (["审核:", "", "", ""], Reason.FOOTER),
            (["单位（盖章）", "", "", ""], Reason.FOOTER),
            (["", "单位负责人：王", "", ""], Reason.FOOTER),
            (["注：合计含补发", "", "", ""], Reason.FOOTER),
            (["2026年11月30日", "", "", ""], Reason.FOOTER),
            (["", "以下空白", "", ""], Reason.FOOTER),
            (["", "第1页共3页", "", ""], Reason.FOOTER),
            (["和诚社区", "", "", ""], Reason.FOOTER),
            (["4", "", "", ""], Reason.PREFILLED),
            (["4", "", "", "0"], Reason.PREFILLED),
            (["4", "", "", "0.00"], Reason.PREFILLED),
            (TITLES, Reason.TITLES),
            (["序号", "姓 名", "身份证号", "金额"], Reason.TITLES),
            (["", "姓名", "身份证号", ""], Reason.TITLES),
            (["", "", "和诚社区补贴表", ""], Reason.HEADING),
            (["4", "李试丁", ID[0], "200"], PERSON),
            (["4", "李试丁", "", "200"], PERSON),
            (["4", "李试丁", "", ""], PERSON),
            (["", "李试丁", "", ""], PERSON),
            (["4", "", "", "200"], PERSON),
            (["合计", "李试丁", ID[0], "200"], PERSON),
            (["合计", "李试丁", "", "200"], PERSON),
            (["4", "总计", ID[0], "200"], PERSON),
            (["4", "", "6202991970****0017", "200"], PERSON),
            (["4", "张3", "", ""], PERSON),
            (["制表人：4", "李试丁", ID[0], "200"], PERSON),
            (["制表人：李试", "", "", f"身份证号{ID[0]}"], PERSON),
            ([f"4;李试丁;{ID[0]};200", "", "", ""], PERSON),
            (["", "", "", "123"], PERSON),  # no sum of what stands above
        ],
    )
    def test_a_row_is_skipped_by_its_place_and_shape_and_never_with_a_person(self, row, reason):
        rows = [["", "", "和诚社区补贴表"], TITLES, *PEOPLE, row]
        found = body(rows)
        last = {each.number: each.reason for each in found.skipped}.get(6)
        assert last == reason
        assert len(found.rows) == 3 + (reason is PERSON)

    @pytest.mark.parametrize("note", ["合计含补发", "小计", "总计200", "制表人：李", "姓名", "注：合计", "备注"])
    @pytest.mark.parametrize("place", range(5))
    def test_a_note_drops_nobody_wherever_its_column_stands(self, note, place):
        titles = [*TITLES[:place], "备注", *TITLES[place:]]
        rows = [[*row[:place], note if number == 1 else "", *row[place:]] for number, row in enumerate(PEOPLE)]
        assert len(body([titles, *rows]).rows) == 3

    def test_slips_repeat_heading_and_titles_above_each_person(self):
        heading = ["2026年11月工资条", "", "", ""]
        group, sub = ["序号", "姓名", "身份证号", "补贴金额", ""], ["", "", "", "应发", "实发"]
        rows = [row for person in PEOPLE for row in (heading, group, sub, [*person, "200"], [])]
        found = body(rows)
        assert [cells[1] for _number, cells in found.rows] == ["赵试甲", "钱试乙", "孙试丙"]
        assert {each.reason for each in found.skipped} == {Reason.HEADING, Reason.TITLES, Reason.EMPTY}

    def test_the_rows_come_unwrapped_with_their_numbers_and_as_wide_as_the_titles(self):
        found = body([TITLES, [], ["1", "\u202d赵试甲\u202c", f'="{ID[0]}"', "'200"], ["2", "钱试乙"]])
        assert found.rows == [(3, ["1", "赵试甲", ID[0], "200"]), (4, ["2", "钱试乙", "", ""])]

    def test_the_text_of_a_skipped_row_is_shown_with_long_numbers_masked(self):
        found = body([TITLES, *PEOPLE, ["制表人：李试", "", "", "账号6228480003000027320"]])
        assert found.skipped[-1].text == "制表人：李试 账号6228***********7320"

    def test_sums_of_parts_and_of_the_whole_are_recognised_without_a_label(self):
        rows = [TITLES, *PEOPLE[:2], ["", "", "", "400"], *PEOPLE[1:], ["", "", "", "400.00"]]
        assert [each.number for each in body(rows).skipped] == [1, 4, 7]
