"""How soon a report is to be taken up and handled, by how bad it is, and who is informed at once.

The document asks for reports without delay 〔二(三)(四), 四(四)〕 and names no days; these are the city's.
"""

from datetime import date, timedelta
from typing import NamedTuple

from registry.models import Severity


class Rule(NamedTuple):
    """Days from the report on; and whether the subdistrict is informed at once, rather than when it is late."""

    take_days: int
    handle_days: int
    tells_subdistrict: bool


# Newest first: a later rule adds its line, and holds for what is reported from its day on.
RULES: list[tuple[date, dict[str, Rule]]] = [
    (
        date.min,
        {
            Severity.URGENT: Rule(take_days=0, handle_days=2, tells_subdistrict=True),
            Severity.SERIOUS: Rule(take_days=1, handle_days=7, tells_subdistrict=True),
            Severity.ORDINARY: Rule(take_days=3, handle_days=15, tells_subdistrict=False),
        },
    )
]
VISIT_BACK = timedelta(days=30)  # after a dispute was settled


def rule(severity: str, day: date) -> Rule:
    return next(rules for since, rules in RULES if since <= day)[severity]


def deadlines(severity: str, day: date) -> tuple[date, date]:
    """The last days on which what is reported on the day is taken up, and is handled, in time."""
    found = rule(severity, day)
    return day + timedelta(days=found.take_days), day + timedelta(days=found.handle_days)


def informed_at_once(day: date) -> list[str]:
    """The severities of which the subdistrict is informed at once."""
    return [severity for severity in Severity.values if rule(severity, day).tells_subdistrict]
