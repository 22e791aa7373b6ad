"""Anniversaries and full years (满年数)."""

from datetime import date


def anniversary(start: date, years: int) -> date:
    """The day `years` after `start`; 29 February falls on the 28th in common years 〔民法典 第二百零二条〕.

    >>> anniversary(date(2020, 2, 29), 1), anniversary(date(2020, 2, 29), 4)
    (datetime.date(2021, 2, 28), datetime.date(2024, 2, 29))
    """
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


def full_years(start: date, on: date, *, ceiling: int | None = None) -> int:
    """How many anniversaries of `start` are not after `on`, at most `ceiling` 〔三(三) 工作每满1年〕.

    None when `on` is before `start`.

    >>> full_years(date(2020, 2, 29), date(2021, 2, 28))
    1
    >>> full_years(date(2021, 1, 1), date(2021, 12, 31))
    0
    >>> full_years(date(2018, 1, 1), date(2021, 1, 1), ceiling=2)
    2
    """
    years = on.year - start.year
    if anniversary(start, years) > on:
        years -= 1
    years = max(years, 0)
    return years if ceiling is None else min(years, ceiling)
