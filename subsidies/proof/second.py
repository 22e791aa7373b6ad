"""A second method that decides a line of a month, independent of subsidies/engine: standard library only, one file.

It reads the frozen facts and the rules as JSON data. A life is a row of single days, a bit of a number for each, from
the first day of office on; the days are counted. Amounts are counted in fen. An audit pack holds
this file, so that its verifier decides each line without the application.
"""

from datetime import date, timedelta

METHOD, VERSION = "day by day", 1
GROUP_POSITIONS = ("group_leader", "group_member")
DAY = timedelta(days=1)


def decide(facts: dict, month: str, rules: dict) -> dict:
    """The content of a line: outcome, community, group, position, deemed start, years and amounts, as JSON values.

    `facts` are the line's frozen facts, `month` the first day as 2024-05-01, `rules` those of the Standard. Community
    and group (its number, None for a committee) are None for a person who is not in office any more, whose line only
    settles earlier months. Any other form of the data raises ValueError, KeyError or TypeError.
    """
    on = _reference_date(date.fromisoformat(month), rules["reference_day"])
    appointments = [row for row in facts["life"]["appointments"] if _covers(row, on)]
    if not appointments:
        return _line("settled")
    home = _foremost(appointments, rules["rates"])
    if any(_covers(row, on) for row in facts["life"]["employment"]):
        return _line("employed", home)
    rate = rules["rates"].get(home["position"])
    if rate is None:
        return _line("unpaid_position", home)
    days = _days_that_count(facts["life"], on, rules)
    start, years = on - (days - 1) * DAY, 0
    while days and _anniversary(start, years + 1) <= (on.year, on.month, on.day):
        years += 1
    if rules["max_years"] is not None and years > rules["max_years"]:
        years = rules["max_years"]
    increment = sum(_fen(rules["yearly_increment"]) for _year in range(years))
    amount = _fen(rate) + increment
    if not amount:
        return _line("unpaid_position", home)
    if "hold" in facts:
        return _line("held", home)
    return _line("paid", home) | {
        "position": home["position"],
        "deemed_start": start.isoformat() if days else None,
        "full_years": years,
        "rate": _yuan(_fen(rate)),
        "increment": _yuan(increment),
        "gross": _yuan(amount),
    }


def _line(outcome: str, home: dict | None = None) -> dict:
    body = home["body"].partition("/")[2] if home else ""
    return {
        "outcome": outcome,
        "community": home["community_code"] if home else None,
        "group": int(body) if body.isdigit() else None,
        "position": "",
        "deemed_start": None,
        "full_years": None,
        "rate": None,
        "increment": None,
        "gross": "0.00",
    }


def _reference_date(month: date, day: int) -> date:
    """Forward from the first of the month until the day is reached or the month is over."""
    on = month
    while on.day < day and (on + DAY).month == month.month:
        on += DAY
    return on


def _covers(row: dict, on: date) -> bool:
    """Whether the day lies in an appointment or an employment; dates in this form sort as texts."""
    day = on.isoformat()
    return (row["first_day"] is None or row["first_day"] <= day) and (row["last_day"] is None or day <= row["last_day"])


def _foremost(appointments: list[dict], rates: dict) -> dict:
    """One test after another, each leaving the best of those that the tests before it left."""
    tests = (
        lambda row: row["position"] not in rates,
        lambda row: -_fen(rates.get(row["position"], "0")),
        lambda row: row["position"] in GROUP_POSITIONS,
        lambda row: row["first_day"],
        lambda row: row["community_code"],
        lambda row: row["body"],
        lambda row: row["position"],
        lambda row: row["last_day"] or "9999",
    )
    for test in tests:
        if len(appointments) > 1:
            best = min(test(row) for row in appointments)
            appointments = [row for row in appointments if test(row) == best]
    return appointments[0]


def _days_that_count(life: dict, on: date, rules: dict) -> int:
    """How many days up to and including `on` count toward full years."""
    base = min(date.fromisoformat(row["first_day"]) for row in life["appointments"])
    served = 0
    for row in life["appointments"]:
        served |= _bits(row, base, on)
    if (since := rules["service_counted_from"]) is not None:
        served &= _bits({"first_day": since, "last_day": None}, base, on)
    if not rules["counts_employed_service"]:
        for row in life["employment"]:
            served &= ~_bits(row, base, on)
    if rules["service_basis"] == "continuous":
        top = served.bit_length()
        gap = ((1 << top) - 1 & ~served).bit_length()  # up to the last day not served
        served = served >> gap
    return served.bit_count()


def _bits(row: dict, base: date, on: date) -> int:
    """A bit for each day of the row from `base` up to and including `on`."""
    first = base if row["first_day"] is None else max(base, date.fromisoformat(row["first_day"]))
    last = on if row["last_day"] is None else min(on, date.fromisoformat(row["last_day"]))
    length = (last - first).days + 1
    return (1 << length) - 1 << (first - base).days if length > 0 else 0


def _anniversary(start: date, years: int) -> tuple[int, int, int]:
    """As year, month and day, so that no calendar arithmetic is borrowed; 29 February falls on the 28th else."""
    year = start.year + years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if (start.month, start.day) == (2, 29) and not leap:
        return year, 2, 28
    return year, start.month, start.day


def _fen(yuan: str) -> int:
    whole, _point, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0")[:2])


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
