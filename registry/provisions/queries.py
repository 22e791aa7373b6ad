"""The provisions, read by the day to which they are applied."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from jygroups.lib.once import once
from registry.models import Provision, ProvisionKey

IN_FORCE, TO_COME, EARLIER = "in-force", "to-come", "earlier"
ANY_NUMBER = 32_767  # the largest that a column of figures has


class Size(NamedTuple):
    """How many people a body should have, both inclusive."""

    smallest: int
    largest: int

    def holds(self, people: int) -> bool:
        return self.smallest <= people <= self.largest


@dataclass(frozen=True)
class InForce:
    """What is in force on a day, by key. What is not prescribed is not required."""

    rows: dict[str, Provision]

    def size(self, key: ProvisionKey) -> Size:
        """Any size where none is prescribed."""
        row = self.rows.get(key)
        return Size(row.value or 0, ANY_NUMBER if row.largest is None else row.largest) if row else Size(0, ANY_NUMBER)

    def figure(self, key: ProvisionKey) -> int | None:
        row = self.rows.get(key)
        return row.value if row else None

    def least(self, key: ProvisionKey) -> int:
        """A minimum; 0 where none is prescribed."""
        return self.figure(key) or 0

    def text(self, key: ProvisionKey) -> str:
        row = self.rows.get(key)
        return row.text if row else ""


@once
def _by_day() -> list[Provision]:
    return sorted(Provision.objects.all(), key=lambda row: row.in_force_from or date.min)


class Provisions:
    """All provisions, from one query; to be read for several days."""

    def __init__(self) -> None:
        self.rows = _by_day()

    def on(self, day: date) -> InForce:
        """The newest of each key that is in force on the day."""
        return InForce({row.key: row for row in self.rows if (row.in_force_from or date.min) <= day})

    def states(self, day: date) -> dict[int, str]:
        """By primary key, whether it is in force on the day, to come, or was in force before."""
        current = {row.pk for row in self.on(day).rows.values()}
        return {
            row.pk: IN_FORCE if row.pk in current
            else TO_COME if (row.in_force_from or date.min) > day
            else EARLIER
            for row in self.rows
        }  # fmt: skip


def on(day: date) -> InForce:
    """What is in force on the day; one query."""
    return Provisions().on(day)
