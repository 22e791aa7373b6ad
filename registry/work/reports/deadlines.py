"""How soon a report is to be taken up and handled, by how bad it is, and who is informed at once 〔二(四), 四(四)〕.

The day of the report decides which deadlines hold for it.
"""

from datetime import date, timedelta

from registry.models import ProvisionKey, Severity
from registry.provisions import queries as provisions
from registry.provisions.queries import InForce


def deadlines(severity: str, day: date, rules: InForce | None = None) -> tuple[date | None, date | None]:
    """The last days on which what is reported on the day is taken up, and is handled, in time; None without limit."""
    rules = rules or provisions.on(day)
    take, handle = (ProvisionKey(f"report_{severity}_{step}") for step in ("take", "handle"))
    return _after(day, rules, take), _after(day, rules, handle)


def visit_back_by(day: date, rules: InForce | None = None) -> date | None:
    """The last day on which a dispute settled on the day is visited back in time; None without limit."""
    return _after(day, rules or provisions.on(day), ProvisionKey.VISIT_BACK)


def informed_at_once(day: date) -> list[str]:
    """The severities of which the subdistrict is informed at once, rather than when it is late."""
    mildest = provisions.on(day).text(ProvisionKey.INFORMED_FROM)
    return Severity.values[Severity.values.index(mildest) :] if mildest else []


def _after(day: date, rules: InForce, key: ProvisionKey) -> date | None:
    days = rules.figure(key)
    return None if days is None else day + timedelta(days=days)
