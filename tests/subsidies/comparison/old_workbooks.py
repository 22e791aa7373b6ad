"""Old workbooks as offices keep them, made at random: other words, titles, orders, sheets, slips, totals, footers."""

import csv
import io
from dataclasses import dataclass
from random import Random

import openpyxl

NAMES = ["姓名", "姓  名", "人员姓名", "成员姓名", "领取人", "姓名（签字前）"]
ID_NUMBERS = ["身份证号", "身份证号码", "公民身份号码", "居民身份证号码", "身份证\n号码", "证件号码"]
SINGLE = [
    "金额",
    "补贴金额",
    "发放金额（元）",
    "实发金额",
    "本月实发",
    "应发补贴",
    "补贴合计",
    "生活补贴（元/月）",
    "误工补助",
]
PARTS = ["基础补贴", "年限增长"]
OTHERS = {
    "社区": ["和诚社区", "福民社区"],
    "职务": ["居民小组成员"],
    "联系电话": ["13899990000", ""],
    "开户银行": ["甘肃银行"],
    "银行账号": ["6228480003000027320"],
    "任职时间": ["2021-01-01", "2021年1月"],
    "签领": [""],
    "发放月数": ["1"],
}
NOTES = ["合计含补发", "小计200", "总计", "合 计", "制表人：李试", "姓名有误", "注：合计", "本页小计", "", "", ""]
LABELS = ["合计", "合  计", "总计", "合\u3000计：", "总 计", "共计", "合计（大写）"]
PART_LABELS = ["小计", "小  计", "本页小计", "本页合计", "和诚社区小计", "累计"]
FOOTERS = [
    ["制表人：李试", "", "审核人：王试"],
    ["制表人", "李试", "审核", "王试"],
    ["单位负责人（签字）：", "", "经办人："],
    ["备注：合计中含补发"],
    ["", "单位（盖章）"],
    ["说明：本表一式三份，街道、社区、财政各一份"],
    ["2026年11月30日"],
    ["", "以下空白"],
]
HEADINGS = [
    ["雄关街道2026年11月居民小组成员工作补贴发放表"],
    ["编制单位：雄关街道", "", "", "金额单位：元"],
    ["2026年11月"],
    [],
]
KINDS = ("notes", "slips", "totals", "groups", "sheets", "texts")


@dataclass
class Old:
    """A file, and how many rows its sheets with people have."""

    name: str
    content: bytes
    rows: int


class Maker:
    """Makes one workbook of a kind for the people, each with name, ID number and yuan."""

    def __init__(self, seed: int, kind: str, people: list[tuple[str, str, int]]):
        self.random, self.kind, self.people = Random(f"{kind} {seed}"), kind, people
        pick = self.random.choice
        self.name, self.id_number = pick(NAMES), pick(ID_NUMBERS)
        self.others = self.random.sample(sorted(OTHERS), self.random.randrange(4))
        self.remark = pick(["备注", "说明"]) if kind == "notes" or pick([True, False]) else ""
        self.amounts = self._amounts()
        # "" stands for the amounts, in one block.
        self.columns = [self.name, self.id_number, "", *self.others, *([self.remark] if self.remark else [])]
        self.random.shuffle(self.columns)
        self.columns = [*(["序号"] if pick([True, True, False]) else []), *self.columns]
        self.header = self._header()
        self.is_workbook = kind == "sheets" or (kind != "texts" and self.random.random() < 0.3)

    def _amounts(self) -> list[str]:
        """The titles of the amounts, of which the last column is compared."""
        if self.kind == "groups" or self.random.random() < 0.3:
            return [*PARTS, self.random.choice(["实发", "实发金额", "应发合计", "合计"])]
        if self.random.random() < 0.2:
            return ["应发", "扣款", "实发"]
        return [self.random.choice(SINGLE)]

    def _header(self) -> list[list[str]]:
        """On two lines for a group of amounts."""
        flat = [title for column in self.columns for title in (self.amounts if column == "" else [column])]
        if self.kind != "groups" and (len(self.amounts) == 1 or self.random.random() < 0.5):
            return [flat]
        group, at = self.random.choice(["补贴金额", "工作补贴（元）", "金额"]), self.columns.index("")
        upper = [*flat[:at], group, *[""] * (len(self.amounts) - 1), *flat[at + len(self.amounts) :]]
        lower = [title if at <= place < at + len(self.amounts) else "" for place, title in enumerate(flat)]
        return [upper, lower]

    def person(self, number: int, name: str, id_number: str, yuan: int) -> list[str]:
        values = {self.name: self._name(name), self.id_number: self._number(id_number), "序号": str(number)}
        values[self.remark] = self.random.choice(NOTES) if self.remark else ""
        row = []
        for column in self.columns:
            if column == "":
                parts = [str(yuan - 50), "50"] if self.amounts[0] == PARTS[0] else [str(yuan), "0"]
                row += [*(parts if len(self.amounts) > 1 else []), self._yuan(yuan)]
            else:
                row.append(values[column] if column in values else self.random.choice(OTHERS[column]))
        return row

    def _name(self, name: str) -> str:
        return self.random.choice([name, name, f" {name} ", f"{name}\u200b", f"'{name}"])

    def _number(self, number: str) -> str:
        wrapped = [number, number, f"\u202d{number}\u202c", f"'{number}", f"{number}\xa0", f'="{number}"']
        return self.random.choice(wrapped[:-1] if self.is_workbook else wrapped)

    def _yuan(self, yuan: int) -> str:
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(yuan))
        return self.random.choice([str(yuan), f"{yuan}.00", f"¥{yuan}", f"{yuan}元", f" {yuan} ", wide])

    def total(self, label: str, yuan: int) -> list[str]:
        """The label left of the amounts, in the name's column, or in the remarks; the sums below the amounts."""
        at = self.columns.index("")
        row = [""] * len(self.header[0])
        if self.remark and self.random.random() < 0.2:
            place = self.columns.index(self.remark)
            row[place + (len(self.amounts) - 1 if place > at else 0)] = "合计"
            row[at + len(self.amounts) - 1] = f"{yuan}.00"
            return row
        left = [place for place in range(at) if self.columns[place] != self.remark]
        name = self.columns.index(self.name)
        row[self.random.choice(left) if left else name + len(self.amounts) - 1] = label
        if len(self.amounts) > 1:
            row[at] = str(yuan)
        row[at + len(self.amounts) - 1] = f"{yuan}.00"
        return row

    def table(self, people: list[tuple[str, str, int]]) -> list[list[str]]:
        header = self.header
        heading = [list(each) for each in self.random.sample(HEADINGS, self.random.randrange(3))]
        rows = [*heading, *([] if self.kind == "slips" else header)]
        for number, (name, id_number, yuan) in enumerate(people, 1):
            if self.kind == "slips":
                rows += [*(heading if self.random.random() < 0.3 else []), *header]
            rows.append(self.person(number, name, id_number, yuan))
            if self.kind == "slips" and self.random.random() < 0.5:
                rows.append([])
            if self.kind == "totals" and number % 3 == 0:
                rows.append(
                    self.total(self.random.choice(PART_LABELS), sum(each[2] for each in people[number - 3 : number]))
                )
                if self.random.random() < 0.4:
                    rows += [[], *heading, *header]  # a page ends
        rows += [[str(len(people) + 1), *[""] * 3] if self.columns[0] == "序号" else []] * self.random.randrange(3)
        if self.kind != "slips":
            rows.append(self.total(self.random.choice(LABELS), sum(each[2] for each in people)))
        rows += [list(each) for each in self.random.sample(FOOTERS, self.random.randrange(3))]
        while not any(rows[-1]):
            rows.pop()
        return rows

    def make(self) -> Old:
        if self.is_workbook:
            return self._workbook()
        rows = self.table(self.people)
        separator = self.random.choice("\t;|,") if self.kind == "texts" else ","
        target = io.StringIO(newline="")
        csv.writer(target, delimiter=separator).writerows(rows)
        encoding = self.random.choice(["utf-8", "utf-8-sig"])
        return Old("旧表.csv", target.getvalue().encode(encoding), len(rows))

    def _workbook(self) -> Old:
        book = openpyxl.Workbook()
        book.remove(book.active)
        if self.random.random() < 0.5:
            cover = book.create_sheet("封面")
            for row in (["居民小组补贴"], ["经办：李试"]):
                cover.append(row)
        half = len(self.people) // 2 if self.kind == "sheets" else 0
        count = 0
        for name, people in (("和诚社区", self.people[:half]), ("福民社区", self.people[half:])):
            if people:
                sheet = book.create_sheet(name)
                for row in self.table(people):
                    sheet.append(row)
                    count += 1
        target = io.BytesIO()
        book.save(target)
        return Old("旧表.xlsx", target.getvalue(), count)
