"""The demo's old spreadsheet: a month as an office maintained it by hand, with typical errors."""

from collections.abc import Iterator
from decimal import Decimal

from jygroups.lib.months import Month
from registry.models import User
from subsidies.comparison import services as comparison
from subsidies.models import Outcome, ParallelRun, Sheet, SheetLine

YEARLY_INCREMENT, MEMBER_RATE = Decimal(50), Decimal(200)  # yuan


def compare(sheet: Sheet, *, clerk: User) -> ParallelRun:
    """Compare the sheet with the spreadsheet that it replaces."""
    rows = [f"{name},{number},{amount}" for name, number, amount in _rows(sheet)]
    text = "\r\n".join(["姓名,身份证号,补贴金额（元）", *rows])
    month, subdistrict = Month.of(sheet.month), sheet.subdistrict
    name = f"{subdistrict.name}{month}补贴表（旧）.csv"
    return comparison.compare(
        month=month, subdistrict=subdistrict, name=name, content=text.encode("gb18030"), actor=clerk
    )


def _rows(sheet: Sheet) -> Iterator[tuple[str, str, Decimal]]:
    """The people of the sheet as the spreadsheet has them; a few of them with errors."""
    for place, line in enumerate(
        sheet.lines.filter(outcome__in=[Outcome.PAID, Outcome.EMPLOYED]).order_by("ordinal"), 1
    ):
        row = _row(place, line)
        if row[2]:
            yield row
        if place % 150 == 0:
            yield row  # twice


def _row(place: int, line: SheetLine) -> tuple[str, str, Decimal]:
    amount, number = line.gross, line.id_number
    if line.outcome == Outcome.EMPLOYED:
        amount = MEMBER_RATE if place % 3 == 0 else Decimal(0)  # employed yet paid
    elif place % 61 == 0:
        amount = Decimal(0)  # forgotten
    elif place % 23 == 0 and line.full_years:
        amount -= YEARLY_INCREMENT  # an anniversary missed
    elif place % 2 and (other := _second_rate(line)):
        amount += other  # two offices added up
    elif place % 89 == 0:
        amount += 5  # mistyped
    if place % 101 == 0:
        number = number[:-1]  # a digit missing
    return line.name, number, amount


def _second_rate(line: SheetLine) -> Decimal | None:
    """The rate of another office that the person holds beside the paid one."""
    decision = line.decision()
    held = [each.rate for each in decision.considered if each.appointment.in_office(decision.reference_date)]
    return held[1] if len(held) > 1 else None
