"""Answers of banks, made at random: other words, titles, orders, sheets, separators, masks, units, sums and footers.

Each comes with the outcomes that it was made from, and with what a user would choose who reads it.
"""

import io
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

import openpyxl
from django.utils import timezone

from subsidies.bank.words import DEFAULT, MEANINGS, PAID, PENDING, REFUSED
from tests.subsidies.bank.generated_words import (
    ABOVE,
    AMOUNTS,
    BELOW,
    DATED,
    DAYS,
    FAILURES_REASON,
    MASKS,
    NAMES,
    NEW_WORDS,
    OTHERS,
    REASONS,
    SUMMARY,
    TITLES,
    WRAPS,
)


@dataclass(frozen=True)
class Person:
    name: str
    account: str
    amount: Decimal


@dataclass
class Answer:
    """A file; the outcome by name; and what a user chooses who reads it."""

    name: str
    content: bytes
    outcomes: dict[str, str]
    columns: dict[str, str]  # titles
    sheets: dict[str, str] = field(default_factory=dict)  # the outcome of all rows of a sheet, a text's under ""
    words: dict[str, str] = field(default_factory=dict)  # what the words mean that are on no list
    in_fen: bool = False
    separator: str = ""
    rest: str = ""  # what became of the others, where the user chooses one
    is_masked: bool = False
    day: str = ""  # on which the bank paid, and one that it cannot have been
    wrong_day: str = ""

    @property
    def mapping(self) -> dict:
        """The same choices for the command."""
        found: dict = {**self.columns}
        if self.sheets:
            found |= {"only": self.sheets[""]} if "" in self.sheets else {"sheets": self.sheets}
        for word, meaning in self.words.items():
            found.setdefault(meaning, []).append(word)
        if self.in_fen:
            found["in_fen"] = True
        return found | {key: value for key in ("separator", "rest") if (value := getattr(self, key))}

    def stages(self, people: list[Person], before: dict[str, str] | None = None) -> dict[str, str]:
        """By name where everybody stands afterwards, who stood in transit or as given before."""
        stood = before or {}
        ends = {PAID: "arrived", REFUSED: "refused", PENDING: "in_transit"}
        found = {}
        for person in people:
            stage = stood.get(person.name, "in_transit")
            outcome = self.outcomes.get(person.name) or (self.rest if stage == "in_transit" else "")
            if stage == "in_transit" and outcome:
                stage = ends[outcome]
            elif stage == "arrived" and outcome == REFUSED:
                stage = "bounced"
            found[person.name] = stage
        return found


class Maker:
    """Makes one answer of a kind for the people of a payment."""

    def __init__(self, seed: int, kind: str, people: list[Person]):
        self.random, self.kind, self.people = Random(f"{kind} {seed}"), kind, people
        pick = self.random.choice
        self.is_workbook = kind == "sheets" or (kind != "separators" and pick([True, False, False]))
        self.in_fen = kind == "fen"
        self.titles = {name: pick(titles) for name, titles in TITLES.items()}
        if self.in_fen:
            self.titles["amount"] = pick(["金额", "交易金额", "金额(分)", "发生额"])
        self.others = self.random.sample(sorted(OTHERS), self.random.randrange(5))
        wraps = [each for each in WRAPS if not self.is_workbook or each("1")[0] != "="]  # which would be a formula
        self.account = pick(MASKS if kind == "masked" else wraps)
        self.amount = (lambda yuan: f"{int(yuan * 100)}") if self.in_fen else pick(AMOUNTS)
        self.day = pick(DAYS)
        self.cell_name = pick([lambda n: f"{n[0]}*{n[2:]}" if len(n) > 2 else n, *NAMES] if kind == "masked" else NAMES)
        self.order = [*TITLES, *self.others]
        self.random.shuffle(self.order)
        self.printed = date(2026, 11, 18)
        self.outcome = self._outcomes((6, 2, 1))
        self.words = {meaning: self.random.choice(DEFAULT[meaning]) for meaning in MEANINGS}

    def _outcomes(self, weights) -> dict[str, str]:
        """What becomes of each; where there are people enough each outcome once at least."""
        names = [person.name for person in self.people]
        found = dict(zip(names, self.random.choices(MEANINGS, weights, k=len(names)), strict=True))
        possible = [meaning for meaning, weight in zip(MEANINGS, weights, strict=True) if weight]
        return found | dict(zip(self.random.sample(names, len(possible)), possible, strict=True))

    def make(self) -> Answer:
        answer = getattr(self, f"_{self.kind}", self._states)()
        self._date(answer)
        return answer

    def _date(self, answer: Answer) -> None:
        """The bank had the file on 12 November, and it is 29 November or later."""
        answer.day = f"2026-11-{self.random.randrange(12, 30)}"
        if self.random.random() < 0.25:
            answer.wrong_day = self.random.choice(["1999-01-01", "2026-11-11", "2026-10-31", "2099-12-31"])

    # Kinds ----------------------------------------------------------------------------------------------------------

    def _states(self) -> Answer:
        """Each row has its outcome."""
        return self._written(self.people)

    def _unknown(self) -> Answer:
        """Outcomes in words that are on no list."""
        self.words = {meaning: self.random.choice(NEW_WORDS[meaning]) for meaning in MEANINGS}
        answer = self._written(self.people)
        answer.words = {word: meaning for meaning, word in self.words.items()}
        return answer

    def _lists(self) -> Answer:
        """Failures alone, or successes alone, mostly without a column of outcomes."""
        meaning = self.random.choice([REFUSED, REFUSED, PAID])
        people = [person for person in self.people if self.outcome[person.name] == meaning]
        has_state = self.random.random() < 0.25
        if not has_state:
            self.order.remove("state")
            if meaning == REFUSED:
                self.titles["reason"] = self.random.choice(FAILURES_REASON)
            else:
                self.order.remove("reason")
        answer = self._written(people)
        answer.sheets = {} if has_state else {self._sheet_names(["Sheet1"])[0]: meaning}
        answer.rest = self.random.choice(["", PAID if meaning == REFUSED else REFUSED])
        return answer

    def _masked(self) -> Answer:
        """Accounts of which the bank shows the ends."""
        answer = self._written(self.people)
        answer.is_masked = True
        return answer

    def _sheets(self) -> Answer:
        """Several sheets, one for each outcome or each with a column of outcomes, beside covers and summaries."""
        if self.random.random() < 0.4:  # each row has its outcome
            half = self.random.randrange(2, len(self.people) - 1)
            names = self.random.choice([("一", "二"), ("Sheet1", "Sheet2"), ("雄关", "其他"), ("农行卡", "他行卡")])
            parts = {names[0]: self.people[:half], names[1]: self.people[half:]}
            return self._book(parts, {})
        self.order.remove("state")
        pools = {
            PAID: ["成功", "成功明细", "支付成功"],
            REFUSED: ["失败", "失败明细", "退票"],
            PENDING: ["处理中", "在途", "待处理"],
        }
        meanings = [PAID, REFUSED, *([PENDING] if self.random.random() < 0.5 else [])]
        if PENDING not in meanings:
            self.outcome = self._outcomes((6, 2, 0))
        named = {self.random.choice(pools[meaning]): meaning for meaning in meanings}
        if self.random.random() < 0.2:
            named = {f"Sheet{number}": meaning for number, meaning in enumerate(meanings, 1)}
        parts = {name: [p for p in self.people if self.outcome[p.name] == meaning] for name, meaning in named.items()}
        return self._book(parts, named)

    def _stacked(self) -> Answer:
        """Successes and failures one below the other, each with a label and titles, which may differ."""
        self.order.remove("state")
        self.outcome = self._outcomes((6, 2, 0))
        labels = {
            self.random.choice(["成功明细", "成功", "代发成功清单"]): PAID,
            self.random.choice(["失败明细", "失败", "未成功明细", "退票清单"]): REFUSED,
        }
        rows: list[list[str]] = []
        whole, alike = self.order, self.random.choice(["titles", "once", ""])  # once: titles above the first alone
        for label, meaning in self.random.sample([*labels.items()], 2):
            self.order = whole if alike or meaning == REFUSED else [name for name in whole if name != "reason"]
            people = [person for person in self.people if self.outcome[person.name] == meaning]
            if rows and alike == "once":
                rows += [[label], *(self._person(number, person) for number, person in enumerate(people, 1))]
            else:
                rows += [[label], *self.table(people)]
        self.order = whole
        answer = self._text(rows, self.random.choice([",", "\t", "|"]))
        answer.outcomes = dict(self.outcome)
        answer.columns = {name: self._title(name) for name in TITLES if name in whole}
        answer.sheets = labels
        return answer

    def _untitled(self) -> Answer:
        """Rows without titles, below a line with their number and sum or none."""
        return self._written(self.people)

    def later(self, stages: dict[str, str]) -> Answer:
        """A further answer of the same titles: of who is in transit the last word, of some who arrived a return."""
        back = [p for p in self.people if stages[p.name] == "arrived"]
        back = self.random.sample(back, min(len(back), self.random.randrange(1, 4)))
        waiting = [p for p in self.people if stages[p.name] == "in_transit"]
        self.printed = timezone.localdate()
        if self.kind == "bounced":
            self.words = self.words | {
                REFUSED: self.random.choice(["退票", "已退票", "退汇", "退回", "已冲正", "已退汇"])
            }
            people, self.outcome = back, {p.name: REFUSED for p in back}
        else:
            self.outcome = {p.name: self.random.choice([PAID, PAID, REFUSED]) for p in waiting}
            people = waiting
            if self.random.random() < 0.5 or not waiting:  # the whole list once more
                self.outcome = {
                    p.name: {"arrived": PAID, "refused": REFUSED}.get(stages[p.name], "") for p in self.people
                } | self.outcome
                people = self.people
        answer = self._written(people)
        self._date(answer)
        return answer

    # Files ----------------------------------------------------------------------------------------------------------

    def _sheet_names(self, names: list[str]) -> list[str]:
        return names if self.is_workbook else [""]

    def _written(self, people: list[Person]) -> Answer:
        if self.is_workbook:
            answer = self._book({"Sheet1": people}, {}, covers=False)
        else:
            separators = (
                ["\t", ";", "|", ",", " ", "~", "^", "@"] if self.kind == "separators" else [",", ",", "\t", "|"]
            )
            separator = self.random.choice(separators)
            answer = self._text(self.table(people, separator), separator)
            answer.separator = separator if separator in " @" else ""
        answer.outcomes = {person.name: self.outcome[person.name] for person in people}
        answer.columns = {name: self._title(name) for name in TITLES if name in self.order}
        answer.in_fen = self.in_fen
        return answer

    def _text(self, rows: list[list[str]], separator: str) -> Answer:
        encoding = self.random.choice(["utf-8", "utf-8-sig", "gb18030", "gb18030", "utf-16"])
        end = self.random.choice(["\n", "\r\n"])
        text = end.join(separator.join(_quoted(cell, separator) for cell in row) for row in rows)
        name = self.random.choice(["回盘.csv", "result.txt", "20261118_0001.RET"])
        return Answer(name, (text + self.random.choice(["", end])).encode(encoding), {}, {})

    def _book(self, parts: dict[str, list[Person]], outcomes: dict[str, str], *, covers: bool = True) -> Answer:
        book = openpyxl.Workbook()
        book.remove(book.active)
        if covers and self.random.random() < 0.5:
            parts = {"封面": [], **parts} if self.random.random() < 0.5 else {**parts, "说明": []}
        for name, people in parts.items():
            sheet = book.create_sheet(name)
            rows = self.table(people) if people else [["代发工资回单"], ["总笔数", "12"], ["总金额", "99"]]
            for row in rows:
                sheet.append(row)
        target = io.BytesIO()
        book.save(target)
        answer = Answer("回单.xlsx", target.getvalue(), {}, {}, sheets=outcomes)
        answer.outcomes = {p.name: self.outcome[p.name] for people in parts.values() for p in people}
        answer.columns = {name: self._title(name) for name in TITLES if name in self.order}
        return answer

    def _title(self, name: str) -> str:
        if self.kind == "untitled":
            return f"#{self.order.index(name) + 1}"
        return "".join(self.titles[name].split())

    def table(self, people: list[Person], separator: str = "") -> list[list[str]]:
        """Headings, titles, a row for each person, sums and footers."""
        titles = [self.titles.get(name, name) for name in self.order]
        rows = [self._person(number, person) for number, person in enumerate(people, 1)]
        if separator == " ":
            titles = ["".join(title.split()) for title in titles]
            return [titles, *([["".join(cell.split()) or "-" for cell in row] for row in rows])]
        total = self.amount(sum((person.amount for person in people), Decimal(0)))
        if self.kind == "untitled":
            return [*self.random.choice([[], [[str(len(people)), total]]]), *rows]
        sampled = self.random.sample(ABOVE, self.random.randrange(3))
        facts = {"day": self.printed, "count": len(people), "total": total}
        above = [[cell.format(**facts) for cell in row] for row in sampled]
        above += [list(row) for row in SUMMARY] if self.random.random() < 0.2 else []
        below = [list(row) for row in self.random.sample(BELOW, self.random.randrange(3))]
        if self.random.random() < 0.15:
            rows.insert(self.random.randrange(len(rows) + 1), [""] * len(titles))
        if self.random.random() < 0.15:
            rows.insert(self.random.randrange(len(rows) + 1), titles)
        return [*above, titles, *rows, *self._sum(people), *below]

    def _person(self, number: int, person: Person) -> list[str]:
        outcome = self.outcome[person.name]
        cell = {
            **OTHERS,
            **dict.fromkeys(DATED, self.day(self.printed)),
            "account": self.account(person.account),
            "amount": self.amount(person.amount),
            "name": self.cell_name(person.name),
            "state": self.words.get(outcome, ""),
            "reason": "" if outcome == PAID else self.random.choice(REASONS),
            "序号": str(number),
            "流水号": f"20261118{self.random.randrange(10**5):05}",
        }
        return [cell[name] for name in self.order]

    def _sum(self, people: list[Person]) -> list[list[str]]:
        """A row of sums, or none."""
        if self.random.random() < 0.5:
            return []
        total, count = sum(person.amount for person in people), str(len(people))
        place, width = self.order.index("amount"), len(self.order)
        shown = self.amount(total)
        if self.random.random() < 0.3:
            return [["合计笔数", count, "合计金额", shown]]
        row = [""] * width
        label = self.random.choice(["合计", "总计", "合  计", "小计", "共计：", f"共{count}笔"])
        left = [at for at in range(place) if self.order[at] not in ("state", "reason", "摘要", "用途")]
        row[self.random.choice(left) if left else place] = label
        row[place] = shown
        return [row]


def _quoted(cell: str, separator: str) -> str:
    return f'"{cell}"' if separator in cell else cell
