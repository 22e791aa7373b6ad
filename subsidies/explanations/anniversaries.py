"""The days on which a person's full years are reached, for a page to mark."""

from collections.abc import Iterable
from datetime import date, timedelta

from subsidies.engine import ServiceSpell
from subsidies.engine.years import anniversary, full_years


def reached(service: Iterable[ServiceSpell]) -> list[date]:
    """The first day with one full year, with two, and so on 〔三(三) 工作每满1年〕; spells as the engine counts them.

    Within a spell the deemed start stays the same: each day adds one day served.
    """
    found: list[date] = []
    served = 0
    for spell in service:
        start = spell.first_day - timedelta(days=served)
        for year in range(len(found) + 1, full_years(start, spell.last_day) + 1):
            found.append(max(anniversary(start, year), spell.first_day))
        served += spell.days
    return found
