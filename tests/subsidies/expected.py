"""A month of the demo worked out from its files alone, by the naive second way."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from subsidies import engine
from tests.subsidies import naive

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
POSITIONS = {
    "居委会主任": engine.Position.DIRECTOR,
    "居委会副主任": engine.Position.DEPUTY_DIRECTOR,
    "居务监督委员会主任": engine.Position.SUPERVISION_DIRECTOR,
    "居民委员会成员": engine.Position.COMMITTEE_MEMBER,
    "居民小组长": engine.Position.GROUP_LEADER,
    "居民小组成员": engine.Position.GROUP_MEMBER,
}
LABELS = {position: label for label, position in POSITIONS.items()}
STANDARD = engine.Standard(
    effective_month=date(2020, 12, 1),
    document="",
    rates={
        POSITIONS["居委会副主任"]: Decimal(500),
        POSITIONS["居务监督委员会主任"]: Decimal(500),
        POSITIONS["居民委员会成员"]: Decimal(200),
        POSITIONS["居民小组长"]: Decimal(300),
        POSITIONS["居民小组成员"]: Decimal(200),
    },
    yearly_increment=Decimal(50),
)
REASONS = {"paid": "", "employed": "核定日在职", "unpaid_position": "该职务不享受工作补贴"}


def read(name):
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


AREAS = {row["community"]: row for row in read("communities.csv")}
ROWS = defaultdict(list)
for row in read("demo_roster.csv"):
    ROWS[row["身份证号"]].append(row)


def day(text):
    return date.fromisoformat(text) if text else None


def ordinal(group):
    return "一二三四五六七八九十".index(group[1]) + 1 if group else 0


def appointment(row):
    code = AREAS[row["社区"]]["community_code"]
    kind = f"{ordinal(row['居民小组']):03}" if row["居民小组"] else row["职务"]
    first, last = day(row["任职日期"]), day(row["离任日期"])
    return engine.Appointment(POSITIONS[row["职务"]], first, last, code, f"{code}/{kind}")


def life(rows):
    one = rows[0]
    ends = day(one["在职起始日期"]), day(one["在职截止日期"])
    employed = one["在职情况"] == "在职" or any(ends)
    spells = (engine.EmploymentSpell(*ends),) if employed else ()
    return engine.Life(tuple(appointment(row) for row in rows), spells)


def month(first_day):
    """A row of the csv for each person considered, by ID number, every cell as text."""
    found = {}
    for number, rows in ROWS.items():
        answer = naive.answer(life(rows), first_day, STANDARD)
        if answer.outcome == "not_in_office":
            continue
        (home,) = (row for row in rows if appointment(row) == answer.home)
        area, paid = AREAS[home["社区"]], answer.paid
        found[number] = {
            "month": f"{first_day:%Y-%m}",
            "subdistrict_code": area["subdistrict_code"],
            "community_code": area["community_code"],
            "community": home["社区"],
            "group": home["居民小组"],
            "name": home["姓名"],
            "id_number": number,
            "position": LABELS[paid.position] if paid else "",
            "deemed_start": str(answer.deemed_start) if paid else "",
            "full_years": str(answer.full_years) if paid else "",
            "rate": f"{answer.rate:.2f}" if paid else "",
            "increment": f"{answer.increment:.2f}" if paid else "",
            "gross": f"{answer.amount:.2f}",
            "adjustment": "0.00",
            "net": f"{answer.amount:.2f}",
            "outcome": str(answer.outcome),
            "reason": REASONS[answer.outcome],
        }
    return found
