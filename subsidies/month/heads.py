"""How many people a month pays, holds and leaves out: one count, used by every page, paper and file.

A person counts as paid if net > 0, as in the bank's file; this includes people who left office and are only settled
for earlier months. A person on hold is paid nothing until the release. All others on the sheet have nothing to be paid.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from subsidies.models import Outcome, SheetLine

PAID = Q(net__gt=0)
LEFT = Q(net__gt=0, outcome=Outcome.SETTLED)
HELD = Q(outcome=Outcome.HELD)
# The rows of the 发放表: people with an amount for the month, even if recoveries use all of it, and people on hold.
LISTED = ~Q(gross=0) | ~Q(adjustment=0) | HELD
COUNTS = {
    "paid": Count("pk", filter=PAID),
    "left": Count("pk", filter=LEFT),
    "held": Count("pk", filter=HELD & ~PAID),
    "nothing": Count("pk", filter=~PAID & ~HELD),
}


@dataclass(frozen=True)
class Heads:
    """Of a month's lines, or of a part of them, the people in each case; together they are all the people."""

    paid: int = 0
    left: int = 0  # of those paid
    held: int = 0
    nothing: int = 0

    @property
    def unpaid(self) -> int:
        return self.held + self.nothing

    def __str__(self):
        words = {"paid": self.paid, "left": self.left, "held": self.held, "nothing": self.nothing}
        if self.left:
            return _("paid: %(paid)s (of these %(left)s left office: earlier months only), on hold: %(held)s, "
                     "nothing to be paid: %(nothing)s") % words  # fmt: skip
        return _("paid: %(paid)s, on hold: %(held)s, nothing to be paid: %(nothing)s") % words


def is_listed(line: SheetLine) -> bool:
    """The same as LISTED."""
    return bool(line.gross or line.adjustment or line.outcome == Outcome.HELD)


def of(lines: Iterable[SheetLine]) -> Heads:
    """The same as `counted`, for lines already in memory."""
    paid = left = held = nothing = 0
    for line in lines:
        if line.net > 0:
            paid += 1
            left += line.outcome == Outcome.SETTLED
        elif line.outcome == Outcome.HELD:
            held += 1
        else:
            nothing += 1
    return Heads(paid, left, held, nothing)


def counted(lines: QuerySet[SheetLine]) -> Heads:
    return Heads(**lines.order_by().aggregate(**COUNTS))
