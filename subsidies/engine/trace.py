"""A decision as data: every step, from which a page makes its texts."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .life import Appointment, EmploymentSpell, Life
from .service import ServiceSpell
from .standard import Position, Standard


class Outcome(StrEnum):
    """The outcome of the month for the person."""

    PAID = "paid"
    EMPLOYED = "employed"  # employed elsewhere on the reference date
    UNPAID_POSITION = "unpaid_position"  # in office, but in no position with a rate
    NOT_IN_OFFICE = "not_in_office"  # no part of the month


class Verdict(StrEnum):
    """Why an appointment is the paid one, or the first reason it is not.

    The last four give the reason why another position of the same rate comes after the paid one.
    """

    PAID = "paid"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    EMPLOYED = "employed"  # nothing is paid to who is employed elsewhere
    NO_RATE = "no_rate"
    LOWER_RATE = "lower_rate"
    COMMITTEE_BEFORE_GROUP = "committee_before_group"
    EARLIER_FIRST_DAY = "earlier_first_day"
    LOWER_COMMUNITY_CODE = "lower_community_code"
    SAME_COMMUNITY = "same_community"  # alike in all of these: the body whose key comes first


@dataclass(frozen=True, slots=True)
class Considered:
    """An appointment, the monthly yuan of its position if that has a rate, and the verdict on it."""

    appointment: Appointment
    rate: Decimal | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person is paid for a month, with every step of the decision; amounts in yuan."""

    outcome: Outcome
    month: date  # its first day
    reference_date: date
    standard: Standard
    life: Life = field(compare=False)  # the facts it was made from, in whatever order
    considered: tuple[Considered, ...]  # in office on the reference date, highest first; then the others
    employment: EmploymentSpell | None = None  # what covers the reference date
    # From here on nothing is filled in unless the outcome is paid.
    service: tuple[ServiceSpell, ...] = ()  # the spells that count, earliest first
    days_served: int = 0  # in those spells
    deemed_start: date | None = None  # None when no day counts
    years_before_ceiling: int = 0
    full_years: int = 0  # those that earn the increment
    rate: Decimal | None = None
    increment: Decimal = Decimal(0)  # for all the full years together
    amount: Decimal = Decimal(0)  # rate + increment

    @property
    def paid(self) -> Appointment | None:
        """The appointment that is paid, if one is."""
        return self.home if self.outcome is Outcome.PAID else None

    @property
    def home(self) -> Appointment | None:
        """The appointment whose community is responsible for the person this month; None when not in office."""
        return None if self.outcome is Outcome.NOT_IN_OFFICE else self.considered[0].appointment

    @property
    def each_year(self) -> Decimal:
        """What a full year adds in the first position considered, the paid one if one is paid."""
        return self.standard.increment_of(self.considered[0].appointment.position)

    def amount_as(self, position: Position) -> Decimal | None:
        """The month in that position with the same full years; None where it has no rate."""
        rate = self.standard.rates.get(position)
        return None if rate is None else rate + self.full_years * self.standard.increment_of(position)
