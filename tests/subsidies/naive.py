"""A second way to the same answer, slow and plain: it looks at single days and shares only the facts' types.

A day is its ordinal here, and what a person has served is a set of days.
"""

from collections import namedtuple
from datetime import timedelta

from subsidies.engine import Position

Answer = namedtuple("Answer", "outcome home paid days_served deemed_start full_years rate increment amount")

GROUP_POSITIONS = {Position.GROUP_LEADER, Position.GROUP_MEMBER}


def answer(life, month, standard):
    on = reference_date(month, standard.reference_day)
    today = on.toordinal()

    candidates = [appointment for appointment in life.appointments if today in days_of(appointment, today)]
    if not candidates:
        return Answer("not_in_office", None, None, 0, None, 0, None, 0, 0)
    home = foremost(candidates, standard.rates)
    if any(today in days_of(spell, today) for spell in life.employment):
        return Answer("employed", home, None, 0, None, 0, None, 0, 0)
    if home.position not in standard.rates:
        return Answer("unpaid_position", home, None, 0, None, 0, None, 0, 0)

    days = counted_days(life, today, standard)
    if standard.service_basis == "continuous":
        days = last_run(days)
    start = on + timedelta(days=1) - timedelta(days=len(days)) if days else None
    years = anniversaries_come(start, on) if start else 0
    if standard.max_years is not None and years > standard.max_years:
        years = standard.max_years
    rate = standard.rates[home.position]
    increment = sum(standard.yearly_increment for _ in range(years))
    return Answer("paid", home, home, len(days), start, years, rate, increment, rate + increment)


def reference_date(month, day):
    """Forward from the first of the month until the day is reached or the month is over."""
    on = month
    while on.day < day and (on + timedelta(days=1)).month == month.month:
        on += timedelta(days=1)
    return on


def days_of(spell, today):
    """The days of an appointment or an employment spell that are not after today."""
    first = 1 if spell.first_day is None else spell.first_day.toordinal()
    last = today if spell.last_day is None else spell.last_day.toordinal()
    return range(first, min(last, today) + 1)


def foremost(candidates, rates):
    """One test after another, each leaving the best of those that the tests before it left."""
    tests = [
        lambda appointment: appointment.position not in rates,
        lambda appointment: -rates.get(appointment.position, 0),
        lambda appointment: appointment.position in GROUP_POSITIONS,
        lambda appointment: appointment.first_day,
        lambda appointment: appointment.community_code,
        lambda appointment: appointment.body,
    ]
    for test in tests:
        best = min(test(candidate) for candidate in candidates)
        candidates = [candidate for candidate in candidates if test(candidate) == best]
    (only,) = candidates
    return only


def counted_days(life, today, standard):
    days = set()
    for appointment in life.appointments:
        days.update(days_of(appointment, today))
    if standard.service_counted_from is not None:
        days = {day for day in days if day >= standard.service_counted_from.toordinal()}
    if not standard.counts_employed_service:
        for spell in life.employment:
            employed = days_of(spell, today)
            days = {day for day in days if day not in employed}
    return days


def last_run(days):
    """Back from the last of the days for as long as each is there."""
    run = set()
    day = max(days, default=0)
    while day in days:
        run.add(day)
        day -= 1
    return run


def anniversaries_come(start, on):
    years = 0
    while anniversary(start, years + 1) <= (on.year, on.month, on.day):
        years += 1
    return years


def anniversary(start, years):
    """As (year, month, day), so that no calendar arithmetic is borrowed."""
    year = start.year + years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if (start.month, start.day) == (2, 29) and not leap:
        return year, 2, 28
    return year, start.month, start.day
